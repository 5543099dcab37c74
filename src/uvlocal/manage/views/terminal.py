"""The width of the terminal, and text wrapped to it.

A terminal without a size (in CI, `script`, some editors) counts as 80 columns wide, one narrower
than 40 as 40: our output is not readable in less, and the terminal itself wraps the lines then.
"""

from __future__ import annotations

import os
import sys
import textwrap
from typing import TextIO

_USUAL, _NARROWEST = 80, 40
#: The maximum width of prose, however wide the terminal is.
WIDEST = 100


def columns(stream: TextIO | None = None) -> int:
    """Return the width of a stream's terminal (by default stdout's), at least 40.

    `COLUMNS` takes precedence. Without a terminal, the width is 80.
    """
    return max(_said_by_user() or _measured(stream or sys.stdout) or _USUAL, _NARROWEST)


def prose_width() -> int:
    """Return the width of prose."""
    return min(columns(), WIDEST)


def wrapped(text: str, width: int, indent: str = "") -> list[str]:
    """Wrap text to a width; return at least one line. Long words are not broken.

    `indent` precedes every line but the first.
    """
    return textwrap.wrap(
        text, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    ) or [""]


def _said_by_user() -> int:
    try:
        return int(os.environ.get("COLUMNS", ""))
    except ValueError:
        return 0


def _measured(stream: TextIO) -> int:
    try:
        return os.get_terminal_size(stream.fileno()).columns
    except (OSError, ValueError):
        return 0
