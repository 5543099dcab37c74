"""How far a command is: one line on stderr, for work that takes more than a second.

A person at a terminal sees it, nobody else. It goes when the work is done, and before anything else
is printed.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from typing import TYPE_CHECKING

from uvlocal.manage.views.console import count
from uvlocal.manage.views.terminal import columns

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

#: How long nothing is shown, and how long the same, in seconds.
_PATIENCE, _BETWEEN = 1.0, 0.1
#: How wide the bar is, and how an escape sequence of ECMA-48 clears the line.
_WIDTH, _CLEAR = 20, "\r\x1b[K"


class Progress:
    """The line, from `with` to its end; it is called with what `telling.Tell` hears."""

    def __init__(self) -> None:
        """Begin with nothing shown."""
        self._next = time.monotonic() + _PATIENCE
        self._is_seen = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
        self._is_there = False

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Clear the line."""
        if self._is_there:
            self._write("")

    def __call__(self, what: str, done: int, total: int) -> None:
        """Show how far it is, if that is worth it by now."""
        if not self._is_seen or time.monotonic() < self._next:
            return
        text = count(done, what)
        if total:
            filled = min(_WIDTH * done // total, _WIDTH)
            text = f"[{'=' * filled:<{_WIDTH}}] {done:,} of {count(total, what)}"
        # A line that reaches the edge is broken by some terminals, and then not cleared.
        self._write(text[: columns(sys.stderr) - 1])
        self._next = time.monotonic() + _BETWEEN

    def _write(self, text: str) -> None:
        self._is_there = bool(text)
        with contextlib.suppress(OSError):
            sys.stderr.write(_CLEAR + text)
            sys.stderr.flush()
