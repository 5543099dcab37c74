"""The launcher for Windows, run by Windows itself or by wine."""

from __future__ import annotations

import os
import shutil
import sys
import time
from typing import TYPE_CHECKING

import pytest
from support.hosts import launchers
from support.hosts.launchers import MARKER, STUB
from support.hosts.windows_machine import TARGET

from uvlocal.shim import contract

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.hosts.windows_machine import Windows

#: Command lines as a shell would pass them, without the program's name. They must reach uv
#: unchanged, character for character.
TAILS = [
    pytest.param("", id="nothing"),
    pytest.param(" run x", id="plain"),
    pytest.param('   run\t "a b"  c ', id="blanks between and at the end"),
    pytest.param(' "" ""', id="empty arguments"),
    pytest.param(r' a\"b "c\\" d\\e \\', id="backslashes"),
    pytest.param(' say "an unfinished quote', id="a quote never closed"),
    pytest.param(' "a""b" """', id="doubled quotes"),
    pytest.param(" %PATH% ^& | > <", id="what a shell would take"),
    pytest.param(" é 漢字 😀", id="no ASCII"),
    pytest.param(" * ? [a]", id="patterns"),
    pytest.param(" " + "x" * 20000, id="long"),
]


@pytest.mark.parametrize("tail", TAILS)
def test_uv_gets_the_command_line_as_it_was(windows: Windows, tail: str) -> None:
    """uv gets the shim's command line unchanged, including quotes and blanks."""
    windows.without_python()
    assert windows.call(tail) == (0, "")
    assert windows.recorded()[0] == "uv" + tail


@pytest.mark.parametrize("tail", TAILS)
def test_python_gets_the_rest_as_it_was(windows: Windows, tail: str) -> None:
    """Python gets its own arguments in quotes, then the user's, unchanged."""
    assert windows.call(tail) == (0, "")
    python, package, shim = map(windows.path, ("python/python.exe", "package", "shims/uv.exe"))
    assert windows.recorded()[0] == (
        f'"{python}" -I -S -X utf8 -c "{STUB.decode()}" "{package}" "{shim}" "-" "uv"{tail}'
    )


@pytest.mark.parametrize(
    ("name", "quoted"),
    [
        pytest.param(r'"C:\a b\uv.exe"', r'"C:\a b\uv.exe"', id="quoted whole"),
        pytest.param(r'C:\"a b"\uv', r'"C:\a b\uv"', id="quoted in part"),
        pytest.param('""', '""', id="empty"),
        pytest.param("C:\\a\\", '"C:\\a\\\\"', id="a backslash at the end"),
    ],
)
def test_the_programs_name(windows: Windows, name: str, quoted: str) -> None:
    """The name by which uv was called reaches Python as one argument, and uv unchanged."""
    windows.call(" x", name=name)
    assert windows.recorded()[0].endswith(f' "-" {quoted} x')
    windows.without_python()
    windows.call(" x", name=name)
    assert windows.recorded()[0] == f"{name} x"


@pytest.mark.parametrize("code", [0, 1, 2, 77, 255])
def test_exit_code(windows: Windows, code: int) -> None:
    """uv's exit code is the shim's."""
    windows.without_python()
    windows.environ["UVLOCAL_TEST_END"] = str(code)
    assert windows.call()[0] == code


@pytest.mark.parametrize(
    ("folders", "found"),
    [
        pytest.param(("shims", "real"), True, id="the shim first"),
        pytest.param(("copy", "marked", "real"), True, id="a copy, and another shim"),
        pytest.param((".", "real"), True, id="the current directory"),
        pytest.param(('"QUOTED;FOLDER"', "empty"), True, id="a quoted folder with a separator"),
        pytest.param(("empty",), False, id="nowhere"),
        pytest.param((".", "shims"), False, id="only the current directory and the shim"),
    ],
)
def test_path(windows: Windows, folders: tuple[str, ...], *, found: bool) -> None:
    """uv is searched on PATH, without the shim itself and the current directory."""
    windows.without_python()
    windows.put("copy/uv.exe", launchers.launcher(TARGET))
    windows.put("uv.exe", launchers.recorder(TARGET))
    windows.put("quo;ted/uv.exe", launchers.recorder(TARGET))
    marked = windows.root / "marked" / "uv.exe"
    marked.parent.mkdir()
    marked.write_bytes(MARKER)
    quoted = f'"{windows.path("quo;ted")}"'
    windows.folders(*(quoted if name.startswith('"') else name for name in folders))
    code, said = windows.call()
    assert (code, windows.record.exists()) == ((0, True) if found else (127, False))
    assert ("error: no uv found, these places were tried:\n" in said) is not found


def test_the_recorded_uv(windows: Windows) -> None:
    """If PATH has none, the recorded uv is used; the configuration is UTF-8."""
    recorded = windows.put("é 漢字/uv.exe", launchers.recorder(TARGET))
    windows.configure(uv=recorded)
    windows.folders("empty")
    code, said = windows.call(" x")
    conf, shim = windows.path("shims/uvlocal-launcher.conf"), windows.path("shims/uv.exe")
    assert (code, windows.recorded()[0]) == (0, "uv x")
    assert said == (
        f"warning: `{conf}` is damaged; running the real uv unchanged\n"
        f"hint: run `uvlocal install` to repair this, or delete `{shim}` to remove the shim\n"
    )


def test_a_wish_that_cannot_be_fulfilled(windows: Windows) -> None:
    """A UVLOCAL_UV that does not exist is an error, its name shown in UTF-8."""
    windows.without_python()
    wish = windows.environ["UVLOCAL_UV"] = windows.path("é/uv.exe")
    code, said = windows.call()
    assert code == 127
    assert said == (
        f"error: `UVLOCAL_UV` names `{wish}`, which does not exist\n\n"
        "hint: set `UVLOCAL_UV` to the path of the real uv, or unset it\n"
    )


@pytest.mark.skipif(sys.platform == "win32", reason="Python may not make such folders there")
def test_a_long_path(windows: Windows) -> None:
    """In a folder beyond 260 characters the launcher finds itself, its package and other shims.

    wine starts no program from there, so Python and the real uv are elsewhere.
    """
    deep = "/".join(["d" * 60] * 5)
    windows.put(f"{deep}/uv.exe", launchers.launcher(TARGET))
    shutil.copytree(windows.root / "package", windows.root / deep / "package")
    package, python = windows.path(f"{deep}/package"), windows.path("python/python.exe")
    conf = windows.root / deep / "uvlocal-launcher.conf"
    conf.write_text(f"uvlocal 1\npython {python}\npackage {package}\n")
    windows.folders(deep, "real")
    launcher = str(windows.root / deep / "uv.exe")

    assert windows.run(launcher, "x") == (0, b"", "")
    shim = windows.path(f"{deep}/uv.exe")
    assert windows.recorded()[0].endswith(f' "{package}" "{shim}" "-" "{shim}" x')

    windows.without_python()
    assert windows.run(launcher, "x") == (0, b"", "")
    assert windows.recorded()[0] == f'"{shim}" x'


def test_a_python_that_fails(windows: Windows) -> None:
    """If Python exits like one with a damaged package, uv runs."""
    windows.environ["UVLOCAL_TEST_END"] = str(contract.PYTHON_FAILED_CODE)
    code, said = windows.call(' "a b" x')
    package, shim = windows.path("package"), windows.path("shims/uv.exe")
    assert windows.recorded()[0] == 'uv "a b" x'
    assert code in (
        contract.PYTHON_FAILED_CODE,
        contract.PYTHON_FAILED_CODE & 0xFF,
    )  # the latter: wine
    assert said == (
        f"warning: uvlocal's package in `{package}` is damaged; running the real uv unchanged\n"
        f"hint: run `uvlocal install` to repair this, or delete `{shim}` to remove the shim\n"
    )


def test_restore(windows: Windows) -> None:
    """Before uv starts, the variables of an outer call are restored."""
    windows.without_python()
    windows.environ |= {
        "VIRTUAL_ENV": "ours",
        "UVLOCAL_SET_VIRTUAL_ENV": "ours",
        "UVLOCAL_HAD_VIRTUAL_ENV": "theirs é",
        "UV_PROJECT_ENVIRONMENT": "ours",
        "UVLOCAL_SET_UV_PROJECT_ENVIRONMENT": "ours",
        "UV_LINK_MODE": "changed",
        "UVLOCAL_SET_UV_LINK_MODE": "ours",
        "UVLOCAL_HAD_UV_LINK_MODE": "theirs",
    }
    windows.call()
    environ = windows.recorded()[1]
    assert environ["VIRTUAL_ENV"] == "theirs é"
    assert environ["UV_LINK_MODE"] == "changed"
    assert "UV_PROJECT_ENVIRONMENT" not in environ
    assert not [name for name in environ if name.startswith(("UVLOCAL_SET_", "UVLOCAL_HAD_"))]


def test_loop(windows: Windows) -> None:
    """On Windows each round is a new process, so a loop ends by its depth."""
    windows.environ["UVLOCAL_LOOP"] = "1:5:99"
    assert windows.call()[0] == 0
    assert windows.recorded()[1]["UVLOCAL_LOOP"].partition(":")[2] == "1:100"
    windows.environ["UVLOCAL_LOOP"] = "1:1:100"
    code, said = windows.call()
    shim, real = windows.path("shims/uv.exe"), windows.path("real/uv.exe")
    assert code == 127
    assert f"`{shim}` starts `{real}`, and calls are nested more than 100 deep\n" in said


def test_interrupt(windows: Windows) -> None:
    """On Ctrl-C the launcher waits for uv, and exits like it."""
    windows.without_python()
    windows.environ["UVLOCAL_TEST_END"] = "w"
    windows.environ["START_INTERRUPT"] = windows.path("record")
    assert windows.call() == (42, "")


def test_who_waits_for_the_end_of_the_output(windows: Windows) -> None:
    """If uv closes its output but keeps running, the reader sees the end of the output."""
    windows.without_python()
    windows.environ["UVLOCAL_TEST_END"] = "c"
    windows.environ["START_PIPES"] = "1"
    assert windows.call() == (42, "")


def _processes(word: str) -> Iterator[str]:
    """Yield the ids of the processes whose command line contains a word."""
    for entry in os.listdir("/proc"):
        try:
            with open(f"/proc/{entry}/cmdline", "rb") as file:
                if word.encode() in file.read():
                    yield entry
        except OSError:
            continue


@pytest.mark.skipif(sys.platform != "linux", reason="looks for the processes in /proc")
def test_who_ends_the_launcher_ends_uv(windows: Windows) -> None:
    """Killing the launcher kills uv too."""
    windows.without_python()
    windows.environ["UVLOCAL_TEST_END"] = "w"
    mark = windows.path("mark-of-uv")
    with windows.started(f" {mark}") as process:
        found = list(_processes(mark))
        assert len(found) == 2  # the launcher, then uv
        os.kill(min(map(int, found)), 9)
        process.communicate(timeout=60)
    deadline = time.monotonic() + 60
    while list(_processes(mark)):
        assert time.monotonic() < deadline
        time.sleep(0.01)
