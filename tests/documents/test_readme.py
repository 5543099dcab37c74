"""What the README says holds: its tables, its commands, its names."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

import pytest
from support.compare import readme_tables
from support.hosts import forked_commands

from uvlocal.shim.settings import settings

if TYPE_CHECKING:
    from support.hosts.worlds import World

with open(readme_tables.README, encoding="utf-8") as _file:
    README = _file.read()

#: Every `uvlocal ...` that stands in code.
COMMANDS = sorted(
    set(re.findall(r"`uvlocal ([a-z]+)", README)) | set(re.findall(r"\$ uvlocal ([a-z]+)", README))
)


@pytest.mark.parametrize("document", readme_tables.DOCUMENTS)
def test_tables_are_those_of_the_code(document: str) -> None:
    """The tables are made from the code's (`tests/support/compare/readme_tables.py`)."""
    with open(document, encoding="utf-8") as file:
        text = file.read()
    assert readme_tables.rewritten(text, readme_tables.DOCUMENTS[document]) == text


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_exists(command: str) -> None:
    """A command that the README names can be asked for its help."""
    done = forked_commands.run([command, "--help"], os.getcwd(), os.environ, 60)
    assert done.code == 0, done.err


@pytest.mark.parametrize("key", [*settings.USER_KEYS])
def test_every_setting_is_told(key: str) -> None:
    """Each key of the user's file stands in the README."""
    assert f"`{key}`" in README or f"{key} = " in README or f"[{key}." in README


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
    """Each variable stands in the README."""
    assert name in README


def test_the_first_screen() -> None:
    """The first 60 lines show the error, how to try it, how to test it, how to install it."""
    screen = "\n".join(README.splitlines()[:60])
    for promise in ("ModuleNotFoundError", "make demo", "make test", "uvlocal install"):
        assert promise in screen


def test_what_you_then_see(newest_world: World) -> None:
    """The status that the README shows is what a newcomer gets for a project of that name."""
    world = newest_world
    project = world.project("home/Dropbox/hello")
    shown = world.uvlocal("status", cwd=project).ok().raw_out
    match = re.search(r"\$ uvlocal status\n(.*?)```", README, re.DOTALL)
    assert match is not None
    for line in match[1].splitlines():
        assert line in shown.splitlines(), shown


def test_links_lead_somewhere() -> None:
    """A relative link in the README leads to a file of the project."""
    folder = readme_tables.README.rpartition("/")[0]
    for target in re.findall(r"\]\((?!https?:|#)([^)]+)\)", README):
        with open(f"{folder}/{target.partition('#')[0]}", "rb"):
            pass
