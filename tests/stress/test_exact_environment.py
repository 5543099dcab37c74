"""Odd environments, folders and names: every shim hands on to uv what bare uv would get."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from support.compare.side_by_side import plain
from support.faults import hard_cases

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from support.compare.side_by_side import SideBySide

if not sys.platform.startswith("linux"):
    pytest.skip("compares processes as /proc shows them", allow_module_level=True)

from support.programs import reports
from support.programs.reports import command, entries, raw_report


@pytest.fixture(scope="module")
def calls(tmp_path_factory: pytest.TempPathFactory, newest_uv: str, uv_caches: Path) -> SideBySide:
    """Return the ways to call uv in a local project that was already synced."""
    root = tmp_path_factory.mktemp("environment") / "world"
    return reports.local_calls(str(root), newest_uv, str(uv_caches))


# -- entries ---------------------------------------------------------------------------------------

ENTRIES = [
    pytest.param(
        [b"INPUT_NODE-VERSION=1", b"a.b=2", b"1=3", b"BASH_FUNC_x%%=() { :; }"], id="names"
    ),
    pytest.param([b"no equals sign", b"x"], id="without an equals sign"),
    pytest.param([b"=", b"=C:=C:\\x", b"=ExitCode=1"], id="without a name"),
    pytest.param([b"TWICE=1", b"TWICE=2", b"TWICE=1"], id="twice"),
    pytest.param([b"", b"AFTER=1"], id="an empty entry"),
    pytest.param([b"B=\xff\xfe", b"\xffN=1", b"L=a\nb\tc "], id="bytes"),
    pytest.param([b"EMPTY="], id="empty"),
    pytest.param([b"LONG=" + b"x" * 100_000], id="100 kB"),
    pytest.param([b"V%d=%d" % (n, n) for n in range(2000)], id="many"),
    pytest.param([b"LC_ALL=C"], id="a C locale"),
    pytest.param([b"LC_CTYPE=POSIX"], id="a POSIX locale"),
    pytest.param([b"PYTHONPATH=/nowhere", b"PYTHONSAFEPATH=1"], id="Python's own"),
    pytest.param([b"IFS=x", b"ENV=/nowhere", b"BASH_ENV=/nowhere", b"CDPATH=/"], id="the shells'"),
    pytest.param([b"UV=/nowhere", b"UV_RUN_RECURSION_DEPTH=3"], id="uv's own"),
]


@pytest.mark.parametrize("more", ENTRIES)
def test_entries(calls: SideBySide, more: list[bytes]) -> None:
    """Whatever is in the environment reaches uv, and through it the program, as by bare uv."""
    variables = [*entries(calls.environment()), *more]
    argv = [b"uv", *command(calls)]
    calls.same(lambda way: raw_report(calls, way, argv, variables))
    assert calls.recorded()


# -- variables that uvlocal itself reads -----------------------------------------------------------

PLACES: list[tuple[str, dict[str, str | None]]] = [
    ("no HOME", {"HOME": None}),
    ("an empty HOME", {"HOME": ""}),
    ("a relative HOME", {"HOME": "some/where"}),
    ("a HOME that is not there", {"HOME": "/nowhere/at/all"}),
    ("a HOME that is a file", {"HOME": "/etc/passwd"}),
    ("a HOME with a newline", {"HOME": "/nowhere\n"}),
    ("no PATH", {"PATH": None}),
    ("an empty PATH", {"PATH": ""}),
    ("a PATH of nothing but colons", {"PATH": ":::"}),
    ("a PATH of relative folders", {"PATH": ".:bin:../bin:~/bin"}),
    ("a PATH that ends with a colon", {"PATH": "{path}:"}),
    ("a PATH with a newline", {"PATH": "/now\nhere:{path}"}),
    ("a PATH with bytes that are no text", {"PATH": "/\udcff:{path}"}),
    ("a PATH of folders that are not there", {"PATH": "/nowhere:/nowhere/else"}),
    ("no TMPDIR", {"TMPDIR": None}),
    ("no LANG", {"LANG": None}),
    ("a PWD that lies", {"PWD": "/nowhere"}),
]


@pytest.mark.parametrize("change", [pytest.param(change, id=name) for name, change in PLACES])
def test_places(calls: SideBySide, change: dict[str, str | None]) -> None:
    """With a HOME or PATH of any kind uv runs as it would have, and says no more."""
    path = calls.world.environment["PATH"]
    changed = {name: value and value.replace("{path}", path) for name, value in change.items()}
    variables = entries(calls.environment(changed))
    argv = [b"uv", *command(calls)]
    found, _, _ = calls.same(lambda way: raw_report(calls, way, argv, variables))
    assert found["code"] == 0


# -- argv[0] ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [b"", b"uv", b"-uv", b"/no/such/uv", b"uvx", b"python", b"\xff", b"uv\n", b"x" * 5000],
    ids=repr,
)
def test_argument_zero(calls: SideBySide, name: bytes) -> None:
    """uv behaves as by its own file, under whatever name it is called."""
    variables = entries(calls.environment())
    calls.same(lambda way: raw_report(calls, way, [name, *command(calls)], variables))
    calls.same(lambda way: raw_report(calls, way, [name, b"--frobnicate"], variables))


def test_no_arguments_at_all(calls: SideBySide) -> None:
    """Without even an argv[0] uv answers as it would have."""
    variables = entries(calls.environment())

    def make(way: str) -> tuple[int, bytes, bytes]:
        found, out, err = raw_report(calls, way, [], variables)
        return found["code"], plain(out), plain(err)

    calls.same(make)


# -- the current directory -------------------------------------------------------------------------


def _delete() -> None:
    os.mkdir("gone")
    os.chdir("gone")
    os.rmdir("../gone")


def _forbid() -> None:
    """Go where nobody may look, without root's right to look anyway."""
    os.mkdir("forbidden")
    os.chdir("forbidden")
    os.chmod(".", 0)
    _give_up_rights()


def _forbid_above() -> None:
    os.makedirs("above/below")
    os.chdir("above/below")
    os.chmod("..", 0)
    _give_up_rights()


def _give_up_rights() -> None:
    """Drop CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH: `execve` gives no more than the bounding set.

    See prctl(2), PR_CAPBSET_DROP, and capabilities(7).
    """
    drop_from_bounding_set = 24
    for capability in (1, 2):
        ctypes.CDLL(None).prctl(drop_from_bounding_set, capability, 0, 0, 0)


def _enter(*names: bytes) -> Callable[[], None]:
    def enter() -> None:
        for name in names:
            os.mkdir(name)
            os.chdir(name)

    return enter


FOLDERS = [
    pytest.param(_delete, id="deleted"),
    pytest.param(_forbid, id="forbidden"),
    pytest.param(_forbid_above, id="below a forbidden one"),
    pytest.param(lambda: os.chdir("/"), id="the root"),
    pytest.param(_enter(*[b"x" * 200] * 10), id="long"),
    pytest.param(_enter(b"a\nb"), id="with a newline"),
    pytest.param(_enter(b"\xff"), id="no text"),
]


@pytest.mark.parametrize(
    "line", ["run python -c 0", "sync --dry-run", "pip list"][: hard_cases.count(2, 3)]
)
@pytest.mark.parametrize("enter", FOLDERS)
def test_folders(calls: SideBySide, enter: Callable[[], object], line: str) -> None:
    """In a folder of any kind a shim does and says what uv does, once for all."""

    def make(way: str) -> tuple[int, bytes, bytes]:
        calls.lay_out(way)
        pipe = subprocess.PIPE
        process = calls.start(way, line.split(), stdout=pipe, stderr=pipe, preexec_fn=enter)
        out, err = process.communicate(timeout=60)
        return process.returncode, plain(out), plain(err)

    calls.same(make)
