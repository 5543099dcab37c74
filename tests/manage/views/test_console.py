"""What is printed for people: fit for a terminal, coloured by nobody but us."""

from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING

import pytest

from uvlocal.manage.views import console

if TYPE_CHECKING:
    from collections.abc import Callable


class Terminal(io.StringIO):
    """A stream that is a terminal."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        """Say so."""
        return True


def terminal_of(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Return the terminal that stdout and stderr are from now on."""
    stream = Terminal()
    for name in ("NO_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "stdout", stream)
    monkeypatch.setattr(sys, "stderr", stream)
    return stream


@pytest.mark.parametrize("show", [console.data, console.talk])
@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("a\x1b[31mb", r"a\x1b[31mb", id="escape-sequence"),
        pytest.param("a\u202eb\x9b", r"a\u202eb\x9b", id="direction"),
        pytest.param("a\rb\tc", r"a\rb\tc", id="return"),
        pytest.param("a\nb", "a\nb", id="lines"),
    ],
)
def test_what_is_shown(
    monkeypatch: pytest.MonkeyPatch, show: Callable[[str], None], text: str, shown: str
) -> None:
    """What would steer the terminal is escaped; lines of ours stay lines."""
    terminal = terminal_of(monkeypatch)
    show(text)
    assert terminal.getvalue() == shown + "\n"


def test_colours_are_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """A colour of ours reaches the terminal, and nothing steers it inside."""
    terminal = terminal_of(monkeypatch)
    console.data(console.painted("a\x1b[0mb", "31") + " c")
    assert terminal.getvalue() == "\x1b[31ma\\x1b[0mb\x1b[0m c\n"


def test_no_colour_without_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """Into a pipe nothing is coloured."""
    console.data(console.painted("a", "31"))
    assert capsys.readouterr().out == "a\n"


def test_code_is_exact(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a program reads is as it is."""
    terminal = terminal_of(monkeypatch)
    console.code("a\x1b\u202e")
    assert terminal.getvalue() == "a\x1b\u202e\n"
