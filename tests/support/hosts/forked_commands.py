"""Run many uvlocal commands, each in its own process, without starting Python for each.

Starting Python and importing typer takes longer than most commands.

    python forked_commands.py

reads lines of JSON, `{"arguments": [...], "cwd": "...", "environ": {...}, "seconds": 20}`, and
answers each with `{"code": 0, "out": "...", "err": "..."}`; bytes that are not text are escaped as
in PEP 383. A command that takes longer is killed, with the code -14. `Commands` is the client.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import io
import json
import os
import signal
import subprocess
import sys
import tempfile
import traceback
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from uvlocal.manage.commands import app

# Import only once what most commands need.
from uvlocal.manage.commands.main import main as command
from uvlocal.manage.doctor import checkup
from uvlocal.manage.environments import adopt, prune
from uvlocal.manage.projects import link, migrate, scan, status
from uvlocal.manage.settings import show

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType

IMPORTED = (adopt, app, checkup, link, migrate, prune, scan, show, status)

#: Variables for measuring coverage, and those that Windows programs need.
_PASSED_ON = ("COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG", "SYSTEMROOT")

#: The exit code of a command that took too long: ended by SIGALRM.
HUNG = -14


class Ended(NamedTuple):
    """The result of a command."""

    code: int
    out: str
    err: str


class Commands:
    """A process that runs commands, as a context manager."""

    def __enter__(self) -> Self:
        """Start it."""
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-X", "utf8", os.path.abspath(__file__)],
            # Import once, without variables that affect the output.
            env=passed_on(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop it, and wait for its end."""
        self._process.communicate()

    def run(
        self, arguments: list[str], cwd: str, environ: Mapping[str, str], seconds: int = 20
    ) -> Ended:
        """Run one command."""
        order = {"arguments": arguments, "cwd": cwd, "environ": dict(environ), "seconds": seconds}
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        return Ended(answer["code"], answer["out"], answer["err"])


def passed_on() -> dict[str, str]:
    """Return the variables of the test environment that each command gets."""
    return {name: os.environ[name] for name in _PASSED_ON if name in os.environ}


@functools.cache
def shared() -> Commands:
    """Return the process that runs commands for all tests here, started on first use."""
    commands = Commands()
    atexit.register(commands.__exit__, None, None, None)
    return commands.__enter__()


def run(arguments: Sequence[str], cwd: str, environ: Mapping[str, str], seconds: int) -> Ended:
    """Run one command in the shared process, or in its own if that would differ.

    Raises:
        TimeoutError: it took longer than that.
    """
    steering = {name for name in environ if name.startswith(("PYTHON", "LC_"))}
    if sys.platform != "win32" and steering <= {"PYTHONDONTWRITEBYTECODE"}:
        ended = shared().run(list(arguments), cwd, environ, seconds)
        if ended.code == HUNG:
            raise TimeoutError(f"`uvlocal {' '.join(arguments)}` took longer than {seconds} s")
        return ended
    result = subprocess.run(
        [sys.executable, "-m", "uvlocal", *arguments],
        cwd=cwd,
        env=environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="surrogateescape",
        timeout=seconds,
        check=False,
    )
    return Ended(result.returncode, result.stdout, result.stderr)


def _child(arguments: list[str], cwd: str, environ: dict[str, str], seconds: int) -> int:
    """Run the command in this process; return its exit code."""
    if sys.platform == "win32":
        raise NotImplementedError
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(environ)
    signal.alarm(seconds)
    sys.argv = ["uvlocal", *arguments]
    try:
        command()
    except SystemExit as done:
        return done.code if isinstance(done.code, int) else int(done.code is not None)
    except BaseException:  # noqa: BLE001 - handled like Python does
        traceback.print_exc()
        return 1
    return 0


def _save_coverage() -> None:
    """Save the coverage data, if any, which `os._exit` would lose."""
    if "coverage" in sys.modules:
        measured = sys.modules["coverage"].Coverage.current()
        if measured is not None:
            measured.stop()
            measured.save()


def _run(order: dict[str, Any]) -> dict[str, object]:
    if sys.platform == "win32":
        raise NotImplementedError
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        child = os.fork()
        if child == 0:
            code = 1
            try:
                for number, file in ((1, out), (2, err)):
                    os.dup2(file.fileno(), number)
                os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
                code = _child(**order)
                sys.stdout.flush()
                sys.stderr.flush()
                _save_coverage()
            finally:
                os._exit(code)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        said = []
        for file in (out, err):
            file.seek(0)
            said.append(file.read().decode("utf-8", "surrogateescape"))
    return {"code": code, "out": said[0], "err": said[1]}


def main() -> None:
    """Run commands until the input ends."""
    with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()):
        app.app(["config", "--help"])  # so that only the first command imports it
    for line in sys.stdin:
        sys.stdout.write(json.dumps(_run(json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
