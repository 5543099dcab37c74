"""The start of the command: what needs no command line is answered without typer, and the same."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.hosts.worlds import World

#: Lets typer read every command line.
BY_TYPER = "from uvlocal.manage.commands import main, status; status.PLAIN.clear(); main.main()"
#: Answers, then says on stderr which of these were imported.
TELLS = """
import sys
from uvlocal.manage.commands import main, status
try:
    main.main()
finally:
    sys.stderr.write(" ".join(sorted({"typer", "rich", "pydantic", "psutil"} & set(sys.modules))))
"""


@pytest.fixture
def folders(newest_world: World) -> dict[str, str]:
    """Return a folder with a synced project, one with a local one, and one without."""
    return {
        "synced": newest_world.project("home/Dropbox/foo"),
        "local": newest_world.project("local/foo"),
        "none": newest_world.home,
    }


@pytest.mark.parametrize("variables", [{}, {"_UVLOCAL_COMPLETE": "complete_bash"}], ids=str)
@pytest.mark.parametrize("place", ["synced", "local", "none"])
@pytest.mark.parametrize("word", ["status", "path", "--version", "-V"])
def test_plain_commands_answer_as_typer_has_them(
    newest_world: World, folders: dict[str, str], word: str, place: str, variables: dict[str, str]
) -> None:
    """Output and exit code are the same whether typer reads the command line or nobody."""
    environ = {"COMP_WORDS": "uvlocal st", "COMP_CWORD": "1", **variables}
    done = newest_world.uvlocal(word, cwd=folders[place], env=environ)
    typers = newest_world.run(sys.executable, "-c", BY_TYPER, word, cwd=folders[place], env=environ)
    assert (done.code, done.raw_out, done.raw_err) == (typers.code, typers.raw_out, typers.raw_err)
    assert done.raw_out or done.raw_err


@pytest.mark.parametrize("word", ["status", "path", "--version"])
def test_plain_commands_load_little(
    newest_world: World, folders: dict[str, str], word: str
) -> None:
    """A prompt that asks at every line waits for nothing that takes long to import."""
    world = newest_world
    done = world.run(sys.executable, "-c", TELLS, word, cwd=folders["synced"]).ok()
    assert done.raw_err == ""


def _nobody_reads() -> int:
    reading, writing = os.pipe()
    os.close(reading)
    return writing


def _full() -> int:
    return os.open("/dev/full", os.O_WRONLY)


@pytest.mark.skipif(sys.platform != "linux", reason="the device `/dev/full` is Linux's")
@pytest.mark.parametrize("words", [("status",), ("status", "--json")], ids=" ".join)
@pytest.mark.parametrize(
    ("opened", "ends"),
    [
        pytest.param(_nobody_reads, (0, ""), id="nobody reads"),
        pytest.param(
            _full,
            (1, "error: the output cannot be written: No space left on device\n"),
            id="disk full",
        ),
    ],
)
def test_output_that_cannot_be_written(
    newest_world: World,
    folders: dict[str, str],
    words: tuple[str, ...],
    opened: Callable[[], int],
    ends: tuple[int, str],
) -> None:
    """Output that nobody takes is no traceback: fine if the reader left, else one sentence."""
    out = opened()
    try:
        done = subprocess.run(
            [*newest_world.uvlocal_command, *words],
            cwd=folders["synced"],
            env=newest_world.environment,
            stdout=out,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    finally:
        os.close(out)
    assert (done.returncode, done.stderr) == ends


@pytest.mark.skipif(sys.platform == "win32", reason="a shell of POSIX closes descriptors")
@pytest.mark.parametrize("words", ["status", "path", "list"])
def test_closed_streams(newest_world: World, folders: dict[str, str], words: str) -> None:
    """A command that is started without stdout and stderr does its work all the same."""
    line = f'exec "$0" -m uvlocal {words} >&- 2>&-'
    newest_world.run("/bin/sh", "-c", line, sys.executable, cwd=folders["synced"]).ok()


#: Runs a command `status` that is made for the test.
MADE = """
import sys
from uvlocal.manage.commands import main, status
def made():
    {}
status.PLAIN[("status",)] = made
main.main()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals and pipes of POSIX")
@pytest.mark.parametrize(
    ("does", "code"),
    [
        pytest.param("raise KeyboardInterrupt", 130, id="interrupted"),
        pytest.param("sys.stdout.write('x' * 1_000_000)", 0, id="reader gone in the middle"),
    ],
)
def test_commands_that_are_cut_short(newest_world: World, does: str, code: int) -> None:
    """A person who presses Ctrl-C, or reads no further, sees no traceback."""
    out = _nobody_reads()
    try:
        done = subprocess.run(
            [sys.executable, "-c", MADE.format(does), "status"],
            env=newest_world.environment,
            stdout=out,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    finally:
        os.close(out)
    assert (done.returncode, done.stderr) == (code, "")
