"""The tables of uv's command line, compared with the newest uv's own help."""

from __future__ import annotations

import functools
import subprocess

import pytest
from support.tools.uv_flags import FLAGS

from uvlocal.shim.request import commands

Options = dict[str, tuple[set[str], set[str]]]

#: Other names of options that take a value; uv's completions show no aliases.
ALIASES = [
    ("run", "--trusted-host"),
    ("run", "--preview-feature"),
    ("run", "--config-settings"),
    ("add", "--constraint"),
    ("add", "--requirement"),
    ("export", "--no-install-package"),
    ("export", "--only-install-package"),
    ("pip install", "--constraint"),
    ("pip install", "--override"),
    ("pip install", "--build-constraint"),
    ("pip install", "--requirement"),
    ("pip compile", "--unsafe-package"),
    ("build", "--build-constraint"),
]


#: The commands whose options matter.
CONCERNED = [
    name
    for name, (role, _) in commands.COMMANDS.items()
    if role != commands.NONE or name in {"version", "build", "pip"}
]


@pytest.fixture(scope="module")
def options(newest_uv: str) -> Options:
    """Return the options of each uv command, with and without a value, including hidden ones."""
    return options_of(newest_uv)


@functools.cache
def options_of(uv: str) -> Options:
    """Ask a uv for the options of its commands."""
    return read_completions(
        subprocess.run(
            [uv, "generate-shell-completion", "zsh"],
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        ).stdout
    )


def read_completions(text: str) -> Options:
    """Read zsh completions as uv writes them.

    Nested commands are in nested `case` blocks; `--x=[` and `-x+[` take a value, `--x[` does not.
    """
    found: Options = {}
    outer: list[str] = []
    context = name = ""
    here: tuple[set[str], set[str]] = (set(), set())
    for line in map(str.strip, text.splitlines()):
        if line.startswith("case $"):
            outer.append(context)
        elif line == "esac":
            context = outer.pop()
        elif line.startswith("curcontext=") and ":uv" in line:
            context = line.partition(":uv")[2].partition("-command-")[0].replace("-", " ", 1)
        elif line[:1] == "(" and line[-1:] == ")" and " " not in line:
            name = line[1:-1]
        elif line.startswith("_arguments"):
            here = found.setdefault(f"{context.strip()} {name}".strip(), (set(), set()))
        elif line.startswith("&& ret"):
            here = (set(), set())
        elif line[:1] == "'":
            _note(line[1:], here)
    return found


def _note(line: str, options: tuple[set[str], set[str]]) -> None:
    """Note the option that a line such as `(--a --b)*--extra=[...` describes."""
    if line[:1] == "(":
        line = line.partition(")")[2]
    option = line.removeprefix("*").partition("[")[0]
    if option[:1] == "-":
        takes_value = option[-1] in "=+"
        options[0 if takes_value else 1].add(option.rstrip("=+"))


def test_completions_are_read(options: Options) -> None:
    """Parsing the completions gives known facts about uv."""
    assert "--with" in options["run"][0]
    assert "-w" in options["run"][0]
    assert "--script" in options["run"][1]
    assert "--script" in options["sync"][0]
    assert {"pip install", "python find", "workspace metadata", "tool run"} <= set(options)


def test_every_command_is_known(options: Options) -> None:
    """The table has exactly the commands of the newest uv."""
    known = {
        name
        for name in options
        if name and (" " not in name or name.split(" ")[0] in commands.NAMESPACES)
    }
    assert set(commands.COMMANDS) == known


def test_namespaces_are_commands() -> None:
    """A namespace is a command, and only namespaces have subcommands in the table."""
    nested = {name.split(" ")[0] for name in commands.COMMANDS if " " in name}
    assert nested == commands.NAMESPACES
    assert nested <= set(commands.COMMANDS)


@pytest.mark.parametrize("command", CONCERNED)
def test_options_with_a_value(command: str, every_uv: str) -> None:
    """For each command that concerns us, the options of each uv are in the right table."""
    taking = commands.VALUES | commands.VALUES_OF.get(command, frozenset())
    with_value, without = options_of(every_uv).get(command, (set(), set()))
    assert with_value - taking == set()
    assert without & taking == set()


def test_every_version_of_the_commands(every_uv: str) -> None:
    """The tables have all commands and global options of every uv."""
    found = options_of(every_uv)
    top = {name for name in found if " " not in name or name.split(" ")[0] in commands.NAMESPACES}
    assert top - {""} <= set(commands.COMMANDS)
    assert found[""][0] <= commands.GLOBAL_VALUES
    assert found[""][1] & commands.GLOBAL_VALUES == set()


def test_every_flag_was_looked_at(options: Options) -> None:
    """A flag that a new uv adds or removes must be reviewed: does it affect the project?"""
    assert set[str]().union(*(options[command][1] for command in ["", *CONCERNED])) == FLAGS


def test_global_options(options: Options) -> None:
    """Options before the command are in the right table."""
    with_value, without = options[""]
    aliases = {"--trusted-host", "--preview-feature"}
    assert with_value == commands.GLOBAL_VALUES - aliases
    assert without & commands.GLOBAL_VALUES == set()


@pytest.mark.parametrize(("command", "option"), ALIASES)
def test_aliases_take_a_value(command: str, option: str, newest_uv: str) -> None:
    """Aliases of options take a value too, and uv accepts them."""
    result = subprocess.run(
        [newest_uv, *command.split(), option],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert "a value is required" in result.stdout
    assert option in commands.VALUES | commands.VALUES_OF.get(command, frozenset())


@pytest.mark.parametrize("alias", [alias for alias in commands.ALIASES if alias[0] != "-"])
def test_aliases_of_commands(alias: str, newest_uv: str) -> None:
    """An alias of a command shows that command's help."""
    said = [
        subprocess.run(
            [newest_uv, *name.split(), "--help"], stdout=subprocess.PIPE, text=True, check=True
        ).stdout
        for name in (alias, commands.ALIASES[alias])
    ]
    assert said[0] == said[1]


@pytest.mark.parametrize(
    ("known", "option"),
    [
        pytest.param(commands.TAKES_ACTIVE, "--active", id="active"),
        pytest.param(commands.TAKES_NO_PROJECT, "--no-project", id="no-project"),
    ],
)
def test_who_takes_a_flag(known: frozenset[str], option: str, options: Options) -> None:
    """A flag is listed for exactly the commands with a project's environment that have it."""
    concerned = {
        name for name, (role, _) in commands.COMMANDS.items() if role == commands.PROJECT
    } | {"version"}
    assert known == {name for name in concerned if option in options[name][1]}
