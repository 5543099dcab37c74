"""The lists for a first hour on a real Mac or Windows: each command exists, each row is whole."""

from __future__ import annotations

import re
import shlex

import pytest
import typer
from support.compare import documented

from uvlocal.manage.commands.app import app

TEXT = documented.read("docs/first-hour.md")
#: What is typed: text in backticks, of which a row may hold several, and a line several commands.
TYPED = [
    part.strip()
    for span in re.findall(r"`([^`]+)`", TEXT.replace(r"\|", "|"))
    for part in re.split(r";|\|\||\$\(|(?<=\w)\)", span)
]
OURS = sorted({one for one in TYPED if one.startswith("uvlocal ")})


def parsed(line: str) -> None:
    """Let the program read a command line as far as it can without running it.

    Raises:
        click.UsageError: there is no such command, option or argument.
    """
    words = shlex.split(line.partition(" >")[0])[1:]
    command = typer.main.get_command(app)
    context = command.make_context("uvlocal", [], resilient_parsing=True)
    while hasattr(command, "commands"):
        name = words.pop(0)
        assert name in command.commands, line
        command = command.commands[name]
    command.make_context(command.name, words, parent=context)


@pytest.mark.parametrize("line", OURS)
def test_each_command_is_one(line: str) -> None:
    """Every command of uvlocal, with its options, is one that there is."""
    parsed(line)


@pytest.mark.parametrize("line", ["uvlocal nonsense", "uvlocal doctor --nonsense"])
def test_another_is_seen(line: str) -> None:
    """The guard itself works: a command or an option that is not there is told."""
    with pytest.raises(Exception, match="nonsense"):
        parsed(line)


def test_each_row_says_what_else_it_would_mean() -> None:
    """A row is a command, what should be seen, and what it means otherwise."""
    rows = [line for line in TEXT.splitlines() if line.startswith("| ")]
    assert len(rows) > 20
    for row in rows:
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1]]
        assert len(cells) == 3, row
        assert all(cells), row


def test_a_mac_forgets_its_permissions_first() -> None:
    """Prompts say nothing where Terminal was asked before."""
    mac = TEXT.partition("## On a Mac")[2].partition("## On Windows")[0]
    first = next(line for line in mac.splitlines() if line.startswith("| `"))
    assert first.startswith("| `tccutil reset All com.apple.Terminal` |")
