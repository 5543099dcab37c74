"""How wide the terminal is, and text that fits it: the only module that asks.

A terminal without a size (CI, `script`, some editors) counts as 80 columns wide, one narrower than
40 as 40: nothing of ours is readable in less, and the terminal itself breaks the lines then.
"""

from __future__ import annotations

import os
import sys
import textwrap
from typing import TextIO

_USUAL, _NARROWEST = 80, 40
#: Lines of prose are no longer, however wide the terminal is.
WIDEST = 100


def columns(stream: TextIO | None = None) -> int:
    """Return how wide the terminal is that a stream (stdout if None) leads to, at least 40.

    `COLUMNS` comes first. Without a terminal the answer is 80.
    """
    return max(_said_by_user() or _measured(stream or sys.stdout) or _USUAL, _NARROWEST)


def prose_width() -> int:
    """Return how wide lines of prose are."""
    return min(columns(), WIDEST)


def wrapped(text: str, width: int, indent: str = "") -> list[str]:
    """Return text in lines of a width, at least one; a word that is longer is left whole.

    `indent` comes before every line but the first.
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
