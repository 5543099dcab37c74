"""A shell in a terminal, controlled by typing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Self

import pexpect

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: The timeout of a command in a terminal, in seconds.
_PATIENCE = 30

#: How a shell prints two joined words. The typed text differs from it, so that its echo is not
#: mistaken for the output.
_MARK = {
    "fish": "echo DO(echo NE) $status",
    "nu": "print $'DO(\"NE\") ($env.LAST_EXIT_CODE)'",
}
_MARK_POSIX = "echo DO'NE' $?"
#: Colours, titles, bells, carriage returns.
_CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07]*\x07|[\x07\r]|\x1b[=>]")


class Terminal:
    """A shell in its own terminal; it ends with the `with` block."""

    def __init__(
        self,
        shell: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        *,
        cwd: str,
        term: str = "dumb",
    ) -> None:
        self._mark = _MARK.get(shell, _MARK_POSIX)
        self.process = pexpect.spawn(
            command[0],
            list(command[1:]),
            env={**environment, "TERM": term},
            cwd=cwd,
            dimensions=(50, 500),
            encoding="utf-8",
            timeout=_PATIENCE,
        )
        # zsh and fish change the terminal between commands: typing must wait for them.
        self.process.delaybeforesend = 0.05
        self.run("cd .")

    def __enter__(self) -> Self:
        """Return this."""
        return self

    def __exit__(self, *failure: object) -> None:
        """End the shell."""
        self.process.close(force=True)

    def run(self, line: str) -> str:
        """Type a command that must succeed, and return its output."""
        code, out = self.try_to_run(line)
        assert code == 0, out
        return out

    def try_to_run(self, line: str) -> tuple[int, str]:
        """Type a command and return its exit code and output."""
        self.process.sendline(line)
        self.process.sendline(self._mark)
        self.process.expect(r"DONE (\d+)")
        match = self.process.match
        assert isinstance(match, re.Match)
        return int(match[1]), _CONTROL.sub("", self.process.before or "")

    def complete(self, start: str, wanted: str) -> None:
        """Type the start of a command and the Tab key, and wait for the rest to appear."""
        self.process.send(start)
        self.process.send("\t")
        self.process.expect_exact(wanted)
        self.process.send("\x15")  # clears the line; an interrupt would race with the next input
        self.run("cd .")
