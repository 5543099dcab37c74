"""Run many commands of uvlocal, each in a process of its own, without starting Python for each.

    python forked_commands.py

reads lines of JSON, `{"arguments": [...], "cwd": "...", "environ": {...}, "seconds": 20}`, and
answers each with `{"code": 0, "out": "...", "err": "..."}`; what is no text is escaped as Python
escapes it (PEP 383). A command that takes longer is ended, with the code -14. `Commands` is the
other end of that.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import traceback
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from uvlocal.manage import adopt, cli, doctor, link, migrate, prune, scan, settings, status

# What most commands import is imported once.
from uvlocal.manage.main import main as command

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

IMPORTED = (adopt, cli, doctor, link, migrate, prune, scan, settings, status)

#: The exit code of a command that took too long: ended by SIGALRM.
HUNG = -14


class Ended(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str


class Commands:
    """A process that runs commands, from `with` to its end."""

    def __enter__(self) -> Self:
        """Start it."""
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-X", "utf8", os.path.abspath(__file__)],
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
        """End it, and wait for that."""
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


def _child(arguments: list[str], cwd: str, environ: dict[str, str], seconds: int) -> int:
    """Be the command; return its exit code."""
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
    except BaseException:  # noqa: BLE001 - what Python would do with it, it does here
        traceback.print_exc()
        return 1
    return 0


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
            finally:
                os._exit(code)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        said = []
        for file in (out, err):
            file.seek(0)
            said.append(file.read().decode("utf-8", "surrogateescape"))
    return {"code": code, "out": said[0], "err": said[1]}


def main() -> None:
    """Answer until there are no more orders."""
    for line in sys.stdin:
        sys.stdout.write(json.dumps(_run(json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
