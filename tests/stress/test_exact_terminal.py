"""Terminals, job control, signals and pipes: a shim has become uv, so they are uv's own."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from support.compare.side_by_side import WAYS, plain

if TYPE_CHECKING:
    from pathlib import Path

    from support.compare.side_by_side import SideBySide

if not sys.platform.startswith("linux"):
    pytest.skip("compares processes as /proc shows them", allow_module_level=True)

import pexpect
from support.programs import reports

#: How long to wait for what must happen, in seconds.
_PATIENCE = 30

#: Waits for something to read. Python answers no signal that comes right before a `read`, so it is
#: never left in one for long.
_UNTIL_READABLE = """
import select
while not select.select([0], [], [], 0.05)[0]:
    pass
"""

#: Says when it is ready, and which signal it gets; ends with that, or with its standard input.
LISTEN = f"""
import os, signal, sys
def tell(number, frame):
    os.write(1, b"got %d\\n" % number)
    os._exit(7)
for number in {{signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGUSR1,
               signal.SIGUSR2, signal.SIGALRM}}:
    signal.signal(number, tell)
os.write(1, b"ready\\n")
{_UNTIL_READABLE}
"""

#: Says what it sees of its terminal, now and whenever its size changes, until a line is typed.
LOOK = f"""
import os, signal, sys
def show(*_):
    os.write(1, b"size %d %d\\n" % os.get_terminal_size())
signal.signal(signal.SIGWINCH, show)
print([os.isatty(n) for n in range(3)], os.tcgetpgrp(0) == os.getpgrp(), flush=True)
show()
{_UNTIL_READABLE}
print("said", sys.stdin.readline().strip(), flush=True)
"""

#: Waits for a line, as a program that is stopped and continued in the meantime. An interrupt takes
#: effect in one place alone, so that its traceback is always the same.
WAIT = """
import select, signal
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
print("ready", flush=True)
while not select.select([0], [], [], 0.05)[0]:
    if signal.sigpending():
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
print("said", input())
"""


@pytest.fixture(scope="module")
def calls(tmp_path_factory: pytest.TempPathFactory, newest_uv: str, uv_caches: Path) -> SideBySide:
    """Return the ways to call uv in a local project that was already synced."""
    root = tmp_path_factory.mktemp("terminal") / "world"
    found = reports.local_calls(str(root), newest_uv, str(uv_caches))
    for name, code in (("listen", LISTEN), ("look", LOOK), ("wait", WAIT)):
        found.world.write(f"{name}.py", code)
    for way in WAYS:
        os.makedirs(found.world.path(f"by-{way}"))
        os.symlink(found.program(way), found.world.path(f"by-{way}/uv"))
    return found


def spawn(
    calls: SideBySide, way: str, command: list[str], term: str = "xterm"
) -> pexpect.spawn[bytes]:
    """Start a command in a terminal of its own, where `uv` is by the way."""
    calls.lay_out(way)
    path = f"{calls.world.path(f'by-{way}')}:{calls.world.environment['PATH']}"
    return pexpect.spawn(
        command[0],
        command[1:],
        env=calls.environment({"PATH": path, "TERM": term, "PS1": "> "}),
        cwd=calls.folder,
        dimensions=(30, 100),
        timeout=_PATIENCE,
    )


def script(calls: SideBySide, name: str) -> str:
    """Return the path of one of the programs above."""
    return calls.world.path(f"{name}.py")


# -- pipes -----------------------------------------------------------------------------------------

COPY = "import sys; sys.stdout.buffer.write(sys.stdin.buffer.read())"


@pytest.mark.parametrize(
    ("arguments", "stdin"),
    [
        pytest.param(["run", "python", "-c", COPY], bytes(range(256)), id="every byte"),
        pytest.param(["run", "python", "-c", COPY], b"\0\xff" * 500_000, id="a megabyte"),
        pytest.param(["run", "python", "-c", COPY], b"", id="nothing"),
        pytest.param(["run", "-"], b"import sys; print(sys.argv)", id="a program"),
        pytest.param(["run", "-", "a", ""], b"import sys; print(sys.argv)", id="with arguments"),
        pytest.param(["run", "-"], b"syntax error", id="a broken program"),
        pytest.param(
            ["run", "-"], b"# /// script\n# dependencies = []\n# ///\nprint(1)", id="inline"
        ),
        pytest.param(["pip", "compile", "-"], b"six==0.0.0.1", id="requirements"),
    ],
)
def test_standard_input(calls: SideBySide, arguments: list[str], stdin: bytes) -> None:
    """What comes through a pipe reaches uv and its program whole."""
    calls.compare(arguments, stdin=stdin)


def test_a_reader_that_has_gone(calls: SideBySide) -> None:
    """Where nobody reads the output anymore the call ends as bare uv would have."""

    def make(way: str) -> tuple[int, bytes]:
        calls.lay_out(way)
        read, write = os.pipe()
        os.close(read)
        with calls.start(way, ["help", "run"], stdout=write, stderr=subprocess.PIPE) as process:
            os.close(write)
            _, err = process.communicate(timeout=_PATIENCE)
            return process.returncode, plain(err)

    calls.same(make)


# -- signals ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP", "SIGINT", "SIGQUIT", "SIGUSR1", "SIGALRM"])
def test_signals(calls: SideBySide, name: str) -> None:
    """A signal that is sent to the shim's process is uv's to handle."""
    number = signal.Signals[name]

    def make(way: str) -> tuple[int, bytes]:
        calls.lay_out(way)
        command = ["run", "python", script(calls, "listen")]
        pipe = subprocess.PIPE
        # In a group of its own, as what a shell starts: uv asks that before it hands on SIGINT.
        with calls.start(way, command, stdin=pipe, stdout=pipe, process_group=0) as process:
            assert process.stdout is not None
            assert process.stdin is not None
            assert process.stdout.readline() == b"ready\n"
            process.send_signal(number)
            code = process.wait(_PATIENCE)
            process.stdin.close()  # where uv died and told nobody
            return code, process.stdout.read()

    calls.same(make)


@pytest.mark.parametrize("name", ["SIGKILL", "SIGABRT"])
def test_deadly_signals(calls: SideBySide, name: str) -> None:
    """A signal that cannot be handled ends the process, and whoever waits sees by what."""
    number = signal.Signals[name]

    def make(way: str) -> int:
        calls.lay_out(way)
        command = ["run", "python", script(calls, "listen")]
        pipe = subprocess.PIPE
        with calls.start(way, command, stdin=pipe, stdout=pipe) as process:
            assert process.stdout is not None
            process.stdout.readline()
            process.send_signal(number)
            return process.wait(_PATIENCE)

    calls.same(make)


def test_stopped_and_continued(calls: SideBySide) -> None:
    """The shim's process can be stopped from outside, is then stopped, and goes on as before."""

    def make(way: str) -> tuple[bool, int, bytes]:
        calls.lay_out(way)
        command = ["run", "python", script(calls, "wait")]
        pipe = subprocess.PIPE
        with calls.start(way, command, stdin=pipe, stdout=pipe) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n"
            process.send_signal(signal.SIGSTOP)
            _, status = os.waitpid(process.pid, os.WUNTRACED)
            process.send_signal(signal.SIGCONT)
            out, _ = process.communicate(b"hello\n", timeout=_PATIENCE)
            return os.WIFSTOPPED(status), process.returncode, out

    assert calls.same(make) == (True, 0, b"said hello\n")


# -- terminals -------------------------------------------------------------------------------------


@pytest.mark.parametrize("term", ["xterm-256color", "dumb"])
@pytest.mark.parametrize(
    "line",
    [
        "--help",
        "help --no-pager run",
        "run --frobnicate",
        "run nothing-there",
        "tree",
        "sync",
        "lock",
    ],
)
def test_the_same_bytes(calls: SideBySide, line: str, term: str) -> None:
    """In a terminal uv writes the same bytes, colours included."""

    def make(way: str) -> tuple[bytes, int | None]:
        process = spawn(calls, way, ["uv", *line.split()], term)
        out = process.read()
        process.close()
        return plain(out), process.exitstatus

    found, _ = calls.same(make)
    assert (b"\x1b[" in found) == (term != "dumb") or not found


def test_progress(calls: SideBySide) -> None:
    """Where uv shows progress in a terminal it does so; what stays on the screen is the same."""

    def make(way: str) -> list[bytes]:
        process = spawn(calls, way, ["uv", "pip", "install", "six", "idna", "packaging"])
        out = process.read()
        process.close()
        assert b"\x1b[2K" in out  # a frame of the progress bar takes back the one before
        lines = plain(out).split(b"\r\n")
        return [re.sub(rb"\x1b\[[0-9;?]*[A-Za-z]", b"", line.split(b"\r")[-1]) for line in lines]

    found = calls.same(make)
    assert b" + six==1.17.0" in found


def test_the_window_and_its_size(calls: SideBySide) -> None:
    """The program has the terminal as its own, in the foreground, and hears of a new size."""

    def make(way: str) -> tuple[set[bytes], int | None]:
        process = spawn(calls, way, ["uv", "run", "python", script(calls, "look")])
        process.expect_exact(b"size 100 30")
        before = process.before
        process.setwinsize(11, 22)
        process.expect_exact(b"size 22 11")
        process.sendline(b"bye")
        rest = process.read()
        process.close()
        assert before is not None
        # The terminal tells uv and the program of the new size, and uv tells the program too: that
        # comes twice if the first time is over by then.
        return set((before + rest.replace(b"size 22 11", b"")).split()), process.exitstatus

    words, code = calls.same(make)
    assert b"False" not in words
    assert {b"True", b"said", b"bye"} <= words
    assert code == 0


# -- job control -----------------------------------------------------------------------------------


def test_job_control(calls: SideBySide) -> None:
    """In a real bash Ctrl-Z stops the call, `fg` brings it back, and Ctrl-C ends it."""

    def make(way: str) -> list[bytes]:
        process = spawn(calls, way, ["bash", "--noprofile", "--norc"], "dumb")
        process.delaybeforesend = None
        seen = []

        def until(text: bytes) -> None:
            process.expect_exact(text)
            assert process.before is not None
            seen.append(process.before.replace(b"\r", b""))

        until(b"> ")
        line = f"uv run python {script(calls, 'wait')}".encode()
        process.sendline(line)
        until(b"ready")
        process.sendcontrol("z")
        until(b"Stopped")
        until(b"> ")
        process.sendline(b"jobs")
        until(b"> ")
        process.sendline(b"fg")
        until(line)
        process.sendline(b"hello")
        until(b"said hello")
        until(b"> ")
        process.sendline(line)
        until(b"ready")
        process.sendcontrol("c")
        until(b"KeyboardInterrupt")
        until(b"> ")
        process.sendline(b"echo code $?")
        until(b"> ")
        process.close()
        return seen

    found = calls.same(make)
    assert b"code 130" in found[-1]
