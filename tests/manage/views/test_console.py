"""Output for people is safe for a terminal, with only our own colours."""

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
        """Return True."""
        return True


def terminal_of(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Make stdout and stderr a fake terminal, and return it."""
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
    """Control characters are escaped, except our own line breaks."""
    terminal = terminal_of(monkeypatch)
    show(text)
    assert terminal.getvalue() == shown + "\n"


def test_colours_are_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """Our colours reach the terminal, with control characters escaped inside."""
    terminal = terminal_of(monkeypatch)
    console.data(console.painted("a\x1b[0mb", "31") + " c")
    assert terminal.getvalue() == "\x1b[31ma\\x1b[0mb\x1b[0m c\n"


def test_no_colour_without_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """A pipe gets no colours."""
    console.data(console.painted("a", "31"))
    assert capsys.readouterr().out == "a\n"


def test_code_is_exact(monkeypatch: pytest.MonkeyPatch) -> None:
    """Output for programs is unchanged."""
    terminal = terminal_of(monkeypatch)
    console.code("a\x1b\u202e")
    assert terminal.getvalue() == "a\x1b\u202e\n"
