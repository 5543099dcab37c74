"""A program for `uv run` that records everything it was given.

`report` calls it in one of the ways of `side_by_side`, `raw_report` with any bytes as environment
and argv. uv itself passes on less than it gets (no entries without `=`, for example): what matters
is that all ways give the same.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from support.compare.side_by_side import SideBySide
from support.hosts import launchers
from support.hosts.worlds import World

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Report = dict[str, Any]

#: Writes what this process was given to the file in the first argument.
REPORT = r"""
import json, os, resource, signal, sys

def status(name):
    with open("/proc/self/status") as file:
        return [line for line in file if line.startswith(name)]

def folder():
    try:
        return os.getcwd()
    except OSError as error:
        return str(error)

def target(number):
    kind = os.readlink(f"/proc/self/fd/{number}")
    return kind.partition(":")[0] if kind.startswith(("pipe", "socket", "anon")) else kind

with open("/proc/self/environ", "rb") as file:
    variables = file.read().split(b"\0")
umask = os.umask(0)
report = {
    "arguments": [os.fsencode(word).hex() for word in sys.argv[2:]],
    "variables": sorted(v.hex() for v in variables if not v.startswith(b"UVLOCAL_LOOP=")),
    "folder": folder(),
    "umask": umask,
    "limits": {name: resource.getrlimit(number) for name, number in LIMITS.items()},
    "nice": os.nice(0),
    "signals": status("SigIgn") + status("SigBlk"),
    "groups": status("Groups") + status("Uid"),
    "descriptors": {},
    "foreground": os.getpgrp() == os.getsid(0),
}
for name in os.listdir("/proc/self/fd"):
    try:
        report["descriptors"][name] = target(name)
    except OSError:
        pass
with open(sys.argv[1], "w") as file:
    json.dump(report, file)
"""
LIMITS = {name: getattr(resource, name) for name in dir(resource) if name.startswith("RLIMIT_")}

#: The timeout of a call, in seconds; only one that hangs takes longer.
_PATIENCE = 60


def world_of(root: str, uv: str, uv_caches: str) -> World:
    """Return a world for many calls, which keeps everything inside, even with an odd HOME."""
    python = os.path.realpath(getattr(sys, "_base_executable", sys.executable))
    world = World(root, uv, cache=os.path.join(uv_caches, "exact"), python=python)
    world.environment["UVLOCAL_STORE"] = world.store
    world.environment["XDG_CACHE_HOME"] = os.path.join(world.home, ".cache")
    world.environment["XDG_CONFIG_HOME"] = os.path.join(world.home, ".config")
    world.environment["XDG_DATA_HOME"] = os.path.join(world.home, ".local", "share")
    return world


def local_calls(root: str, uv: str, uv_caches: str) -> SideBySide:
    """Return the ways to call uv in a local project that was already synced."""
    world = world_of(root, uv, uv_caches)
    template = world.project("template", packaged=False)
    world.plain("sync", "-q", cwd=template).ok()
    world.write("report.py", f"LIMITS = {LIMITS}\n{REPORT}")
    return SideBySide(world, world.path("local/demo"), template)


def command(calls: SideBySide, *words: bytes) -> list[bytes]:
    """Return uv's arguments for a report."""
    program, path = calls.world.path("report.py"), calls.world.path("report.json")
    return [b"run", b"python", os.fsencode(program), os.fsencode(path), *words]


def prepare(calls: SideBySide, way: str) -> None:
    """Prepare the project, and remove an earlier report."""
    calls.lay_out(way)
    with open(calls.world.path("report.json"), "w", encoding="utf-8"):
        pass


def written(calls: SideBySide, code: int) -> Report:
    """Return the written report, with the exit code of the call."""
    with open(calls.world.path("report.json"), encoding="utf-8") as file:
        text = file.read()
    return {**(json.loads(text) if text else {}), "code": code}


def report(calls: SideBySide, way: str, *words: bytes, **more: Any) -> Report:  # noqa: ANN401 - as Popen
    """Call `uv run` in one way; return what its program was given."""
    prepare(calls, way)
    process = calls.start(way, command(calls, *words), **{"stdin": subprocess.DEVNULL, **more})
    return written(calls, process.wait(_PATIENCE))


def raw_report(
    calls: SideBySide,
    way: str,
    argv: Sequence[bytes],
    variables: Iterable[bytes],
    orders: Iterable[str] = (),
) -> tuple[Report, bytes, bytes]:
    """Call uv in one way with this argv and environment; return the report and the output.

    `orders` are more lines for `starter.c`.
    """
    prepare(calls, way)
    lines = [f"program {os.fsencode(calls.program(way)).hex()}"]
    lines += [f"argument {word.hex()}" for word in argv]
    lines += [f"variable {entry.hex()}" for entry in variables]
    orders_file = calls.world.write("orders", "\n".join([*lines, *orders, ""]))
    process = subprocess.run(
        [launchers.starter(), orders_file],
        cwd=calls.folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=_PATIENCE,
        check=False,
    )
    return written(calls, process.returncode), process.stdout, process.stderr


def entries(variables: Mapping[str, str]) -> list[bytes]:
    """Return an environment as bytes."""
    return [os.fsencode(f"{name}={value}") for name, value in variables.items()]
