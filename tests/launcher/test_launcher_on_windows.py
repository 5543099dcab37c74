"""The launcher for Windows, run by Windows itself or by wine."""

from __future__ import annotations

import os
import re
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
    asked = re.sub(r' "\d+" "uv"', ' "HANDLE" "uv"', windows.asked(), count=1)
    assert asked == (
        f'"{python}" -I -S -X utf8 -c "{STUB.decode()}" "{package}" "{shim}" "HANDLE" "uv"{tail}'
    )
    assert windows.recorded()[0] == "uv" + tail


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
    assert re.search(r' "\d+" ' + re.escape(f"{quoted} x") + "$", windows.asked())
    assert windows.recorded()[0] == f"{name} x"
    windows.without_python()
    windows.call(" x", name=name)
    assert windows.recorded()[0] == f"{name} x"


def test_the_probe(windows: Windows) -> None:
    """Asked whether it starts, the launcher says who it is, and starts nothing."""
    code, out, said = windows.run(str(windows.root / "shims" / "uv.exe"), contract.PROBE)
    assert (code, out, said) == (0, b"", contract.MARKER + "\n")
    assert not windows.asked()
    assert not windows.record.exists()
    assert windows.call(f" {contract.PROBE} x") == (0, "")
    assert windows.recorded()[0] == f"uv {contract.PROBE} x"


@pytest.fixture(params=["decided", "without Python"])
def either(windows: Windows, request: pytest.FixtureRequest) -> Windows:
    """Return a machine on which Python decides, and one on which the launcher is alone."""
    if request.param != "decided":
        windows.without_python()
    return windows


@pytest.mark.parametrize("code", [0, 1, 255, 300, 0xC0000005, 0xC000013A])
def test_exit_code(either: Windows, code: int) -> None:
    """uv's exit code is the shim's, all 32 bits of it: a crash, Ctrl-C, and numbers above 255."""
    assert either.whole_code(" x", code) == code


def test_the_environment(either: Windows) -> None:
    """uv gets the variables as they came, in the letter case of their names, and open handles."""
    either.environ |= {"http_proxy": "p", "Mixed_Case": "é", "START_HANDLE": "1"}
    assert either.call() == (0, "")
    assert {"http_proxy", "Mixed_Case"} <= either.names()
    assert either.recorded()[1]["MIXED_CASE"] == "é"


def test_what_python_answers(windows: Windows) -> None:
    """The launcher starts the uv that Python names, with the changes that it names."""
    other = windows.put("é/other.exe", launchers.recorder(TARGET))
    windows.answer(other, "NEW=a=é", "Changed=", "gone", "absent")
    windows.environ |= {"changed": "1", "GONE": "1"}
    (windows.root / "real" / "uv.exe").unlink()
    assert windows.call(' "a b" x') == (0, "")
    line, environ = windows.recorded()
    assert (line, environ["NEW"]) == ('uv "a b" x', "a=é")
    assert "GONE" not in environ
    assert environ.get("CHANGED", "") == ""


def test_an_answer_without_uv(windows: Windows) -> None:
    """Where Python has said that there is no uv, that is all, whatever is on PATH."""
    windows.answer("")
    windows.environ["UVLOCAL_TEST_END"] = "127"  # which wine may not take for trouble of its own
    assert windows.call() == (127, "")
    assert not windows.record.exists()


def test_a_uv_that_does_not_start(windows: Windows) -> None:
    """A uv that Python names and Windows does not start is an error."""
    broken = windows.root / "broken" / "uv.exe"
    broken.parent.mkdir()
    broken.write_text("no program")
    windows.answer(windows.path("broken/uv.exe"))
    code, said = windows.call()
    assert (code, said) == (127, f"error: failed to start `{windows.path('broken/uv.exe')}`\n")


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"uvlocal-answer 0\x000\x00C:\\uv.exe\x00end\x00", id="of another format"),
        pytest.param(b"uvlocal-answer 1\x001\x00NEW=1\x00C:\\uv.exe\x00en", id="cut off"),
        pytest.param(b"uvlocal-answer 1\x000\x00C:\\uv.exe\x00end\x00x", id="more than that"),
        pytest.param(b"x" * 300000, id="too much"),
    ],
)
def test_no_answer(windows: Windows, answer: bytes) -> None:
    """A Python that ends without a whole answer is followed by the real uv, unchanged."""
    (windows.root / "answer").write_bytes(answer)
    code, said = windows.call(' "a b" x')
    python, shim = windows.path("python/python.exe"), windows.path("shims/uv.exe")
    line, environ = windows.recorded()
    assert (code, line, "NEW" in environ) == (0, 'uv "a b" x', False)
    assert said == (
        f"warning: uvlocal's Python `{python}` did not answer; running the real uv unchanged\n"
        f"hint: run `uvlocal install` to repair this, or delete `{shim}` to remove the shim\n"
    )


def test_an_interrupted_python(windows: Windows) -> None:
    """Where Ctrl-C ends Python, the call ends so, and there is no uv."""
    windows.environ["UVLOCAL_TEST_PYTHON_END"] = str(0xC000013A)
    assert windows.whole_code(" x", 0xC000013A) == 0xC000013A
    assert windows.asked()
    assert not windows.record.exists()


@pytest.mark.skipif(sys.platform != "linux", reason="looks for the processes in /proc")
def test_python_has_ended_when_uv_runs(windows: Windows) -> None:
    """While uv runs, no Python of ours does: so uv may remove or replace it."""
    windows.environ |= {"UVLOCAL_TEST_END": "w", "UVLOCAL_TEST_PYTHON_LINGERS": "1"}
    mark = windows.path("mark-of-uv")
    with windows.started(f" {mark}") as process:
        running = sorted(map(int, _processes(mark)))
        assert windows.asked()
        assert len(running) == 2  # the launcher, then uv
        assert not list(_processes(windows.path("python/python.exe")))
        os.kill(running[0], 9)
        process.communicate(timeout=60)


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
    assert ("error: no uv found in any of these places:\n" in said) is not found


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
    assert re.search(re.escape(f' "{package}" "{shim}" ') + r'"\d+" ".*" x$', windows.asked())
    assert windows.recorded()[0] == f'"{shim}" x'

    windows.without_python()
    assert windows.run(launcher, "x") == (0, b"", "")
    assert windows.recorded()[0] == f'"{shim}" x'


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


@pytest.mark.parametrize(
    ("key", "code"),
    [
        ("START_C", 42),
        pytest.param(
            "START_BREAK",
            43,
            marks=pytest.mark.skipif(sys.platform != "win32", reason="wine has no Ctrl-Break"),
        ),
    ],
)
def test_interrupt(either: Windows, key: str, code: int) -> None:
    """Ctrl-C and Ctrl-Break are uv's to answer: the launcher waits, and ends as uv does."""
    either.environ |= {"UVLOCAL_TEST_END": "w", "START_INTERRUPT": either.path("record"), key: "1"}
    assert either.call() == (code, "")


def test_who_waits_for_the_end_of_the_output(either: Windows) -> None:
    """A uv that closes its output, and lives on, has closed it for whoever reads it."""
    either.environ["UVLOCAL_TEST_END"] = "c"
    either.environ["START_PIPES"] = "1"
    assert either.call() == (42, "")


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
def test_who_ends_the_launcher_ends_uv(either: Windows) -> None:
    """A launcher that is killed takes uv with it."""
    either.environ["UVLOCAL_TEST_END"] = "w"
    mark = either.path("mark-of-uv")
    with either.started(f" {mark}") as process:
        found = list(_processes(mark))
        assert len(found) == 2  # the launcher, then uv
        os.kill(min(map(int, found)), 9)
        process.communicate(timeout=60)
    deadline = time.monotonic() + 60
    while list(_processes(mark)):
        assert time.monotonic() < deadline
        time.sleep(0.01)
