"""The README and the pages of `docs` are correct: tables, commands, names, and length."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

import pytest
import typer
from support.compare import documented, readme_tables

from uvlocal.manage.commands.app import app
from uvlocal.shim.settings import settings
from uvlocal.shim.volume.providers.table import PROVIDERS

if TYPE_CHECKING:
    from support.hosts.worlds import World

README = documented.read("README.md")
ALL = "\n".join(map(documented.read, documented.documents()))

#: The most words of prose that the README may have.
_MOST_WORDS = 1000


@pytest.mark.parametrize("document", readme_tables.DOCUMENTS)
def test_tables_are_those_of_the_code(document: str) -> None:
    """The tables match the code (`make tables` rewrites them)."""
    with open(document, encoding="utf-8") as file:
        text = file.read()
    assert readme_tables.rewritten(text, readme_tables.DOCUMENTS[document]) == text


def test_every_command_exists() -> None:
    """A command that is named is one of uvlocal's."""
    commands = set(re.findall(r"`uvlocal ([a-z]+)|\$ uvlocal ([a-z]+)", ALL))
    named = {one or other for one, other in commands}
    known = typer.main.get_command(app).commands  # type: ignore[attr-defined] # a group
    assert {"status", "install"} <= named <= set(known)


@pytest.mark.parametrize(
    "name",
    [
        *settings.VARIABLES.values(),
        "UVLOCAL_UV",
        "UVLOCAL_BYPASS",
        "UVLOCAL_QUIET",
        "UVLOCAL_TRACE",
    ],
)
def test_every_variable_is_told(name: str) -> None:
    """Each variable is in the page on settings."""
    assert f"`{name}`" in documented.read("docs/settings.md")


def test_length() -> None:
    """The README is short: at most 1,000 words of prose."""
    words = re.findall(r"[\w'.`/~-]*\w[\w'.`/~-]*", documented.prose(README))
    assert 500 < len(words) <= _MOST_WORDS


def test_the_first_screen() -> None:
    """The first 60 lines show the error, how to try it, how to test it, how to install it."""
    screen = "\n".join(README.splitlines()[:60])
    for promise in ("ModuleNotFoundError", "make demo", "make test", "uvlocal install"):
        assert promise in screen


def test_ci_runs_what_the_readme_says() -> None:
    """The commands that test the project are those that CI runs."""
    with open(os.path.join(os.path.dirname(readme_tables.README), ".ci", "run")) as file:
        in_ci = {word for line in file if line.startswith("make ") for word in line.split()}
    assert "`make test-all`" in README
    assert {"make test"} == {line for line in documented.commands(README) if "make test" in line}
    assert {"test", "test-all", "docs"} <= in_ci


def test_what_you_then_see(newest_world: World) -> None:
    """The status that the README shows is what a newcomer gets for a project of that name."""
    world = newest_world
    project = world.project("home/Dropbox/hello")
    shown = world.uvlocal("status", cwd=project).ok().raw_out
    match = re.search(r"\$ uvlocal status\n(.*?)```", README, re.DOTALL)
    assert match is not None
    for line in match[1].splitlines():
        assert line in shown.splitlines(), shown


def test_how_many_sync_clients() -> None:
    """The README states as many sync clients as the table has."""
    clients = [provider for provider in PROVIDERS if provider.id != "hides-files"]
    assert f"knows {len(clients)} sync clients" in README
