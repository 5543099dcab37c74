"""After thousands of calls nothing has grown: no files, no processes, no locks."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import time

import pytest
from support.faults import hard_cases
from support.hosts.hard_machine import CODE, HardMachine, names

from uvlocal.shim import contract
from uvlocal.shim.recall import writer

if sys.platform != "linux":
    pytest.skip("processes are counted in `/proc`", allow_module_level=True)

CALLS = hard_cases.count(300, 10_000)
PROJECTS = 12
WORDS = (
    *(("run", "x"), ("run", "-q", "tool"), ("run", "--no-sync", "x"), ("sync",), ("lock",)),
    *(("--version",), ("cache", "dir"), ("pip", "list"), ("python", "find"), ("venv",)),
)
VARIABLES: tuple[dict[str, str], ...] = (
    *({}, {}, {}, {}, {"UVLOCAL_MODE": "never"}, {"UVLOCAL_TRACE": "1"}, {"UVLOCAL_QUIET": "1"}),
    *({"VIRTUAL_ENV": "/some/env"}, {"UV_PROJECT_ENVIRONMENT": "/mine"}, {"UVLOCAL_BYPASS": "1"}),
)


def _run(machine: HardMachine, folder: str, words: tuple[str, ...], env: dict[str, str]) -> None:
    result = subprocess.run(
        machine.command(*words),
        cwd=folder,
        env={**machine.environ, **env},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    expected = 0 if words == ("--version",) else CODE
    assert result.returncode == expected, (words, env, result)


def _files(folder: str) -> int:
    return sum(len(files) for _, _, files in os.walk(folder))


def _processes(machine: HardMachine) -> list[str]:
    """Return the processes that were started on the machine, told by their home."""
    mark = f"HOME={machine.home}\0".encode()
    found = []
    for number in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{number}/environ", "rb") as file:
                if mark in file.read():
                    found.append(number)
        except OSError:
            continue  # ended in the meantime, or another user's
    return found


def _measure(machine: HardMachine) -> dict[str, int]:
    """Return how much there is of what must not grow."""
    return {
        "store": len(machine.environments()) + len(machine.records()),
        "locks": len([name for name in names(machine.store) if name.startswith(".")]),
        "cache": len(set(names(machine.cache)) - {contract.DECISIONS}),
        "unfinished": len([name for name in _all_names(machine.cache) if "." in name]),
        "temporary": len(names(machine.path("tmp"))),
        "processes": len(_processes(machine)),
        "projects": _files(machine.dropbox) + _files(machine.path("local")),
        "descriptors": len(os.listdir("/proc/self/fd")),
    }


def _all_names(folder: str) -> list[str]:
    return [name for _, _, files in os.walk(folder) for name in files]


def test_nothing_grows(machine: HardMachine) -> None:
    """A mix of calls in changing folders and variables: the numbers are flat, decisions bounded."""
    source = random.Random(hard_cases.SEED)  # noqa: S311 - the same seed gives the same calls
    folders = [machine.add_project(f"home/Dropbox/p{number}") for number in range(PROJECTS)]
    folders += [machine.add_project(f"local/q{number}") for number in range(PROJECTS)]
    folders += [machine.home, machine.root]
    os.utime(machine.home)
    for folder in folders:
        _run(machine, folder, ("sync",), {})
        shutil.rmtree(os.path.join(folder, ".venv"), ignore_errors=True)
    combinations = len(folders) * len(WORDS) * len(VARIABLES)
    before = _measure(machine)
    most = 0
    for number in range(CALLS):
        # A `sync` without a redirection makes a `.venv`, as uv does; here none is wanted.
        words = source.choice(WORDS)
        env = {} if words == ("sync",) else source.choice(VARIABLES)
        folder = source.choice(folders[:PROJECTS] if words == ("sync",) else folders)
        _run(machine, folder, words, env)
        if number % 97 == 0:
            # Someone edits a project now and then: its decisions are made again.
            path = os.path.join(source.choice(folders[:PROJECTS]), "pyproject.toml")
            now = time.time() - 10
            os.utime(path, (now, now))
            most = max(most, len(names(os.path.join(machine.cache, "decisions"))))
    assert _measure(machine) == before
    decisions = len(names(os.path.join(machine.cache, "decisions")))
    print(f"{CALLS} calls: {before}, {decisions} decisions")  # noqa: T201 - shown with `-s`
    assert max(most, decisions) <= combinations
    assert hard_cases.ALL is False or decisions > PROJECTS


def test_decisions_are_trimmed(machine: HardMachine) -> None:
    """However many decisions were ever recorded, and in whatever folder, few thousand are kept."""
    folder = os.path.join(machine.cache, "decisions")
    machine.call("sync")
    os.makedirs(folder, mode=0o700, exist_ok=True)
    many = writer._MOST + 500
    for number in range(many):
        with open(os.path.join(folder, f"{number:016x}"), "wb"):
            pass
    time.sleep(2.2)  # waits for the clock: only what is old is recorded
    # One in 64 new decisions looks at the number of all.
    for number in range(64 * 20):
        words = ("run", f"--no-sync{number}", "x")
        assert machine.is_right(machine.call(*words), *words)
        if len(names(folder)) < many:
            break
    assert len(names(folder)) <= writer._MOST
