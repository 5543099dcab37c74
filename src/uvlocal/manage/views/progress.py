"""Show the progress of work that takes more than a second, in one line on stderr.

The line is only shown on a terminal. It is cleared when the work ends, before anything else is
printed.
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

#: The delay before the line is shown, and the time between two updates, in seconds.
_PATIENCE, _BETWEEN = 1.0, 0.1
#: The width of the bar, and the escape sequence that clears the line (ECMA-48).
_WIDTH, _CLEAR = 20, "\r\x1b[K"


class Progress:
    """The line, as a context manager; it is called as `telling.Tell`."""

    def __init__(self) -> None:
        """Show nothing yet."""
        self._next = time.monotonic() + _PATIENCE
        self._is_seen = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
        self._is_there = False

    def __enter__(self) -> Self:
        """Return the line itself."""
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
        """Show the progress, if it is time to."""
        if not self._is_seen or time.monotonic() < self._next:
            return
        text = count(done, what)
        if total:
            filled = min(_WIDTH * done // total, _WIDTH)
            text = f"[{'=' * filled:<{_WIDTH}}] {done:,} of {count(total, what)}"
        # Some terminals wrap a line that reaches the edge; then it would not be cleared.
        self._write(text[: columns(sys.stderr) - 1])
        self._next = time.monotonic() + _BETWEEN

    def _write(self, text: str) -> None:
        self._is_there = bool(text)
        with contextlib.suppress(OSError):
            sys.stderr.write(_CLEAR + text)
            sys.stderr.flush()
