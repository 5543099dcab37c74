"""The errors that a person sees: one sentence, a hint, an exit code."""

from __future__ import annotations

#: Exit codes of every command.
FINE, FINDINGS, USAGE = 0, 1, 2


class UserError(Exception):
    """Something that the person who called can mend.

    `message` is in uv's voice, without `error: ` before it; `hint` is the command that mends it,
    or "". `code` is the exit code: 1 for findings, 2 for wrong usage.
    """

    def __init__(self, message: str, hint: str = "", code: int = FINDINGS) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.code = code
