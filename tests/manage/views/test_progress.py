"""How far a command is: told on a terminal, after a second, and gone when the command ends."""

from __future__ import annotations

import io
import os
import re
import sys
from typing import TYPE_CHECKING

import pexpect
import psutil
import pytest

from uvlocal.manage.views import progress

if TYPE_CHECKING:
    from support.hosts.machines import Machine

if sys.platform == "win32":
    pytest.skip("terminals of POSIX", allow_module_level=True)


class Screen(io.StringIO):
    """A stream that says whether it is a terminal."""

    is_terminal = True

    def isatty(self) -> bool:
        """Say so."""
        return self.is_terminal


def on_screen(monkeypatch: pytest.MonkeyPatch) -> Screen:
    """Return a terminal in the place of stderr."""
    found = Screen()
    monkeypatch.setattr(sys, "stderr", found)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "40")
    return found


def at(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """Let it be so late."""
    monkeypatch.setattr("uvlocal.manage.views.progress.time.monotonic", lambda: seconds)


def test_the_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """It comes after a second, is not written more often than can be read, and goes at the end."""
    screen = on_screen(monkeypatch)
    at(monkeypatch, 100.0)
    with progress.Progress() as tell:
        at(monkeypatch, 100.9)
        tell("file", 1000, 0)
        assert screen.getvalue() == ""
        at(monkeypatch, 101.0)
        tell("file", 2000, 0)
        tell("file", 3000, 0)
        at(monkeypatch, 101.2)
        tell("environment", 1, 2)
    lines = screen.getvalue().split("\r\x1b[K")
    assert lines == ["", "2,000 files", "[==========          ] 1 of 2 environme", ""]


@pytest.mark.parametrize("change", ["no-terminal", "dumb", "soon"])
def test_nothing_is_shown(monkeypatch: pytest.MonkeyPatch, change: str) -> None:
    """In a pipe, on a terminal that cannot clear a line, and for short work there is no line."""
    screen = on_screen(monkeypatch)
    screen.is_terminal = change != "no-terminal"
    monkeypatch.setenv("TERM", "dumb" if change == "dumb" else "xterm")
    at(monkeypatch, 100.0)
    with progress.Progress() as tell:
        at(monkeypatch, 100.5 if change == "soon" else 200.0)
        tell("file", 1, 2)
    assert screen.getvalue() == ""


#: Runs a command line, whose progress is told at once, and stops at the first telling of what is
#: named first; then says which processes it has started.
STOPS = """
import os, signal, sys
import psutil
from uvlocal.manage.commands import main
from uvlocal.manage.views import progress

what = sys.argv.pop(1)
tell = progress.Progress.__call__

def stopping(self, said, done, total):
    tell(self, said, done, total)
    if said == what:
        os.write(1, f"HERE {[child.pid for child in psutil.Process().children()]}".encode())
        signal.pause()

progress._PATIENCE = 0
progress.Progress.__call__ = stopping
main.main()
"""


@pytest.mark.parametrize(
    ("words", "what", "processes"),
    [
        pytest.param("scan", "folder", 0, id="scan, searching"),
        pytest.param("scan", "environment", 1, id="scan, measuring"),
        pytest.param("list", "environment", 0, id="list"),
        pytest.param("prune", "environment", 0, id="prune"),
        pytest.param("doctor", "check", 0, id="doctor"),
        pytest.param("migrate --all", "environment", 1, id="migrate"),
    ],
)
def test_interrupted(machine: Machine, words: str, what: str, processes: int) -> None:
    """Ctrl-C ends the line, leaves no process behind and changes nothing; the code is 130."""
    machine.remove(machine.keep("gone"))
    for number in range(10):
        machine.make_environment(os.path.join(machine.project(f"risk{number}"), ".venv"))
    before = machine.environments(), machine.records()
    child = pexpect.spawn(
        sys.executable,
        ["-c", STOPS, what, *words.split()],
        cwd=machine.home,
        env={**machine.environ, "TERM": "xterm"},
        encoding="utf-8",
        timeout=60,
    )
    child.expect(r"HERE \[([0-9, ]*)\]")
    assert isinstance(child.match, re.Match)
    started = [int(pid) for pid in child.match[1].split(",") if pid]
    assert len(started) >= processes
    child.sendintr()
    child.expect(pexpect.EOF)
    child.close()
    assert (child.exitstatus, child.before) == (130, "^C\r\x1b[K\r\n")
    assert not any(map(psutil.pid_exists, started))
    assert (machine.environments(), machine.records()) == before
