"""Every command in the documents works when pasted, or a table says why no test runs it."""

from __future__ import annotations

import ast
import os
import shlex
import sys
import tomllib
from typing import TYPE_CHECKING

import pytest
from support.compare import documented, not_run
from support.tools.fetched import SOURCE

if TYPE_CHECKING:
    from support.hosts.worlds import Completed, World

#: `docs/cli.md` has the examples of `--help`, which `tests/manage/commands/test_help.py` runs.
DOCUMENTS = [name for name in documented.documents() if name != "docs/cli.md"]
COMMANDS = {name: documented.commands(documented.read(name)) for name in DOCUMENTS}
_LISTED = {**not_run.ELSEWHERE, **not_run.NOT_RUN}
TRIED = [
    pytest.param(name, marks=() if name == "README.md" else pytest.mark.slow)
    for name in DOCUMENTS
    if set(COMMANDS[name]) - set(_LISTED)
]


@pytest.mark.skipif(sys.platform == "win32", reason="the commands are a POSIX shell's")
@pytest.mark.parametrize("name", TRIED)
def test_commands_work(newest_world: World, name: str) -> None:
    """The commands of a document work one after the other, in a project in Dropbox."""
    world = newest_world
    project = world.project("home/Dropbox/hello")
    os.makedirs(world.path("home/Sync/fast"))
    world.install_shim()
    program = f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m uvlocal "$@"\n'
    os.chmod(world.write("bin/uvlocal", program), 0o755)  # noqa: S103 - a program
    world.uv("sync", "-q", cwd=project).ok()
    for command in COMMANDS[name]:
        if command not in _LISTED:
            _typed(world, command, project).ok()


def _typed(world: World, line: str, project: str) -> Completed:
    """Run a command line, through a shell only if needed, as that is slower."""
    words = shlex.split(line.replace("~", world.home))
    if words[0] == "uvlocal" and not any(character in line for character in "$|;"):
        return world.uvlocal(*words[1:], cwd=project)
    return world.run("bash", "-c", line, cwd=project)


def test_the_table_is_needed() -> None:
    """Each row of the table of exceptions is a command of some document."""
    assert set(_LISTED) <= {line for lines in COMMANDS.values() for line in lines}
    assert not set(not_run.ELSEWHERE) & set(not_run.NOT_RUN)


@pytest.mark.parametrize("test", sorted(set(not_run.ELSEWHERE.values())))
def test_the_other_tests_are_there(test: str) -> None:
    """A test that is listed as running a command is a function of its file."""
    name, _, function = test.partition("::")
    with open(os.path.join(SOURCE, name), encoding="utf-8") as file:
        tree = ast.parse(file.read())
    assert function in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("name", documented.documents())
def test_blocks_are_of_a_known_kind(name: str) -> None:
    """No block of another kind contains commands, and each TOML block is valid."""
    for block in documented.blocks(documented.read(name)):
        assert block.language in {"console", "bash", "toml", "json", "nix", "python"}
        if block.language == "toml":
            tomllib.loads(block.text)
