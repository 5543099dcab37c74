"""Figures as text, and tables of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

#: The heads of what `times` and `differences` return.
TIMES = ("median", "quartiles", "minimum")
DIFFERENCES = ("added", "95 % interval", "ratio")
NONE = ("", "", "")


def times(figures: dict[str, float]) -> tuple[str, str, str]:
    """Return median, quartiles and minimum as text."""
    lower, upper = figures["lower"], figures["upper"]
    return (
        f"{figures['median']:.2f} ms",
        f"{lower:.2f} … {upper:.2f}",
        f"{figures['minimum']:.2f}",
    )


def differences(figures: dict[str, float]) -> tuple[str, str, str]:
    """Return what is added, the interval and the ratio as text."""
    return (
        f"{figures['added']:+.2f} ms",
        f"{figures['low']:+.2f} … {figures['high']:+.2f}",
        f"{figures['ratio']:.3f}",
    )


def plain(figures: dict[str, float]) -> str:
    """Return the added time in significant digits, with the error if it may be 0."""
    low, high = figures["low"], figures["high"]
    told = signed(figures["added"])
    return f"{told} ± {signed((high - low) / 2)[1:]} ms" if low <= 0 <= high else f"{told} ms"


def signed(milliseconds: float) -> str:
    """Return three digits at most, with the sign."""
    size = abs(milliseconds)
    digits = 2 if size < 1 else 1 if size < 10 else 0  # noqa: PLR2004 - clear as it is
    return f"{milliseconds:+.{digits}f}"


def of(cell: dict[str, float]) -> str:
    """Return how many succeeded of how many."""
    return f"{cell['good']:.0f} of {cell['of']:.0f}"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table; rows may be shorter than the head."""
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    lines += [f"| {' | '.join([*row, *[''] * (len(head) - len(row))])} |" for row in rows]
    return "\n".join(lines) + "\n"
