"""Errors for users: a sentence, a hint, and an exit code."""

from __future__ import annotations

#: Exit codes of every command.
FINE, FINDINGS, USAGE = 0, 1, 2


class UserError(Exception):
    """An error that the user can fix.

    `message` is in uv's voice, without the prefix `error: `; `hint` is the command that fixes it,
    or "". `code` is the exit code: 1 for findings, 2 for wrong usage.
    """

    def __init__(self, message: str, hint: str = "", code: int = FINDINGS) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.code = code
