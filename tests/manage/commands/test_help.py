"""`--help` of every command: readable at any width, with exit codes and examples that work."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import sys
from typing import TYPE_CHECKING, NamedTuple

import pytest
import typer

from uvlocal.manage.commands.app import app

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.hosts.worlds import Completed, World


class Command(NamedTuple):
    """A command and its words."""

    words: tuple[str, ...]
    names: tuple[str, ...]


def _commands(group: object, words: tuple[str, ...] = ()) -> Iterator[Command]:
    """Yield a group and every command in it."""
    parameters = group.params  # type: ignore[attr-defined] # typer does not name click's class
    yield Command(words, tuple(name for one in parameters for name in one.opts))
    for name, command in getattr(group, "commands", {}).items():
        yield from _commands(command, (*words, name))


COMMANDS = list(_commands(typer.main.get_command(app)))
_IDS = [" ".join(one.words) or "uvlocal" for one in COMMANDS]


def help_of(words: tuple[str, ...], width: int) -> str:
    """Return the output of `--help` in a terminal of a width."""
    command = typer.main.get_command(app)
    context = command.make_context("uvlocal", [], terminal_width=width, resilient_parsing=True)
    for word in words:
        command = command.commands[word]  # type: ignore[attr-defined] # as above
        context = command.make_context(word, [], parent=context, resilient_parsing=True)
    return command.get_help(context)


def examples(text: str) -> list[str]:
    """Return the commands that a help shows as examples."""
    return re.findall(r"^ {6}(\S.*)$", text.partition("Examples:\n")[2], re.MULTILINE)


@pytest.mark.parametrize("command", COMMANDS, ids=_IDS)
@pytest.mark.parametrize("width", [40, 80])
def test_help(command: Command, width: int) -> None:
    """Every option and the exit codes are shown, nothing is cut, and no line is too long."""
    text = help_of(command.words, width)
    missing = [name for name in command.names if name.startswith("-") and name not in text]
    assert not missing
    assert not re.search(r"…|\.\.\.$|<bool>", text.replace("]...", "]"), re.MULTILINE), text
    assert "Exit codes: 0" in text
    assert examples(text)
    above = text.partition("Examples:")[0]
    assert max(map(len, above.splitlines())) <= width
    assert max(map(len, text.splitlines())) <= 80
    assert text.isascii()


def test_help_is_no_markup() -> None:
    """Square brackets are text, not markup."""
    assert "`[tool.uvlocal]`" in help_of(("config", "set"), 80)


def test_wrong_usage_is_an_error_like_others(newest_world: World) -> None:
    """A wrong command line is one error, with a hint, and exit code 2."""
    done = newest_world.uvlocal("config", "set", "mode")
    assert (done.code, done.out) == (2, "")
    assert done.err == (
        "error: missing argument `VALUE`\n\nhint: `uvlocal config set --help` shows the options\n"
    )
    assert newest_world.uvlocal().code == 2


_NO_VENV = "rm -r .venv"
#: Commands to run before an example.
_BEFORE = {
    "uvlocal link": _NO_VENV,
    "uvlocal unlink": f"{_NO_VENV}; uvlocal link",
    "uvlocal config remove-root ~/Dropbox": "uvlocal config add-root ~/Dropbox",
}
_NOBODY = "there is nobody to ask"
_NO_RECORD = "the environment there has no record, so it is not taken for ours"
#: Examples that exit with 1 in the test, and why.
_FINDS = {
    "uvlocal adopt": "this project was not moved",
    "uvlocal doctor": "the shim is not installed",
    "uvlocal doctor --fix": "the shim is not installed",
    "uvlocal doctor --json": "the shim is not installed",
    "uvlocal doctor --report": "the shim is not installed",
    "uvlocal install": _NOBODY,
    "uvlocal install --shell zsh": _NOBODY,
    "uvlocal install --no-rc": _NOBODY,
    "uvlocal remove": _NO_RECORD,
    "uvlocal remove --all": _NO_RECORD,
    "uvlocal remove --yes": _NO_RECORD,
    "uvlocal scan": "an environment is at risk",
    "uvlocal scan ~/Dropbox": "an environment is at risk",
    "uvlocal uninstall": _NOBODY,
    "uvlocal uninstall --environments": _NOBODY,
    "uvlocal migrate --keep-extra": _NOBODY,
    "uvlocal migrate --all": _NOBODY,
}


@pytest.mark.skipif(sys.platform == "win32", reason="the examples are a POSIX shell's")
def test_examples_work(newest_world: World) -> None:
    """Every example can be pasted: it exits with 0, or with 1 for the reason above."""
    world = newest_world
    project = world.project("home/Dropbox/code/foo", packaged=False)
    world.plain("venv", cwd=project).ok()
    environment = world.uvlocal("path", cwd=project).ok().raw_out.strip()
    world.plain("venv", environment).ok()
    os.chmod(world.write("bin/fish", "#!/bin/sh\ncat"), 0o755)  # noqa: S103 - a program
    command = f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m uvlocal "$@"\n'
    os.chmod(world.write("bin/uvlocal", command), 0o755)  # noqa: S103 - a program
    fresh = world.path("fresh")
    shutil.copytree(world.home, fresh, symlinks=True)
    lines = {line for one in COMMANDS for line in examples(help_of(one.words, 80))}
    wrong = []
    for line in sorted(lines):
        if line in _BEFORE:
            _typed(world, _BEFORE[line], project).ok()
        done = _typed(world, line, project)
        if done.code != (line in _FINDS):
            wrong.append(str(done))
        shutil.rmtree(world.home)
        shutil.copytree(fresh, world.home, symlinks=True)
    assert not wrong, "\n".join(wrong)


def _typed(world: World, line: str, project: str) -> Completed:
    """Run a command line, through a shell only if needed, as that is slower."""
    words = shlex.split(line.replace("~", world.home))
    if words[0] == "uvlocal" and not any(character in line for character in "$|;"):
        return world.uvlocal(*words[1:], cwd=project)
    return world.run("bash", "-c", line.replace("| source", "| fish"), cwd=project)
