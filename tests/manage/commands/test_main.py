"""The entry point, and its behaviour when the output is closed."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.hosts.worlds import World


@pytest.fixture
def folders(newest_world: World) -> dict[str, str]:
    """Return a folder with a synced project, one with a local one, and one without."""
    return {
        "synced": newest_world.project("home/Dropbox/foo"),
        "local": newest_world.project("local/foo"),
        "none": newest_world.home,
    }


def test_a_shell_that_asks_gets_completions(newest_world: World, folders: dict[str, str]) -> None:
    """A shell that completes a command line gets words, whatever the command line is."""
    environ = {"COMP_WORDS": "uvlocal st", "COMP_CWORD": "1", "_UVLOCAL_COMPLETE": "complete_bash"}
    done = newest_world.uvlocal("status", cwd=folders["synced"], env=environ)
    assert done.raw_out.split() == ["status"]


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
    """Unwritable output gives no traceback: success if the reader left, else one message."""
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
    """A command also works without stdout and stderr."""
    line = f'exec "$0" -m uvlocal {words} >&- 2>&-'
    newest_world.run("/bin/sh", "-c", line, sys.executable, cwd=folders["synced"]).ok()


#: Runs a fake command `status`.
MADE = """
import sys
from uvlocal.manage.commands import main, quick
def made(words):
    {}
quick.answered = made
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
    """Ctrl-C, or a reader that stops, gives no traceback."""
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
