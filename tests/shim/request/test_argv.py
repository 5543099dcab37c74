"""Parsing command lines."""

from __future__ import annotations

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uvlocal.shim.request.argv import read

TABLE = [
    # line, command, flags, values, words
    ("", "", "", {}, ""),
    ("run", "run", "", {}, ""),
    ("run x", "run", "", {}, "x"),
    ("run x --no-project y", "run", "", {}, "x --no-project y"),
    ("run -- --x y", "run", "", {}, "--x y"),
    ("run x -- y", "run", "", {}, "x -- y"),
    ("run --isolated x", "run", "--isolated", {}, "x"),
    ("run --no_workspace x", "run", "--no-project", {}, "x"),
    ("run --with a b c", "run", "", {"--with": "a"}, "b c"),
    ("run --with=a b", "run", "", {"--with": "a"}, "b"),
    ("run --with= b", "run", "", {"--with": ""}, "b"),
    ("run --some-day x", "run", "--some-day", {}, "x"),
    ("run --some-day=3 x", "run", "--some-day", {}, "x"),
    ("run -m x", "run", "--module", {}, "x"),
    ("run -s x", "run", "--script", {}, "x"),
    ("run -", "run", "", {}, "-"),
    ("run -qp 3.12 x", "run", "--quiet", {"--python": "3.12"}, "x"),
    ("run -p3.12 x", "run", "", {"--python": "3.12"}, "x"),
    ("run -p=3.12 x", "run", "", {"--python": "3.12"}, "x"),
    ("run -qqp x y", "run", "--quiet", {"--python": "x"}, "y"),
    ("run -vm x", "run", "-v --module", {}, "x"),
    ("add -m x y", "add", "", {"-m": "x"}, "y"),
    ("add --script x y", "add", "", {"--script": "x"}, "y"),
    ("add x -- --y", "add", "", {}, "x --y"),
    ("pip show -f x", "pip show", "-f", {}, "x"),
    ("pip install -f x y", "pip install", "", {"-f": "x"}, "y"),
    ("pip install -e . -t d", "pip install", "", {"-e": ".", "-t": "d"}, ""),
    ("pip --cert x install y", "pip install", "", {"--cert": "x"}, "y"),
    ("pip ls", "pip list", "", {}, ""),
    ("pip", "pip", "", {}, ""),
    ("-q pip -v list --system", "pip list", "--quiet -v --system", {}, ""),
    ("pip list --system --no-system", "pip list", "--no-system", {}, ""),
    ("v", "venv", "", {}, ""),
    ("virtualenv x", "venv", "", {}, "x"),
    ("venv -c", "venv", "-c", {}, ""),
    ("tool run x --project y", "tool run", "", {}, "x --project y"),
    ("tool uvx --from a x", "tool uvx", "", {"--from": "a"}, "x"),
    ("tool install x --project y", "tool install", "", {"--project": "y"}, "x"),
    ("--generate-shell-completion zsh", "generate-shell-completion", "", {}, "zsh"),
    ("--project a run --project b x", "run", "", {"--project": "b"}, "x"),
    ("--project a run x", "run", "", {"--project": "a"}, "x"),
    ("--project=a --directory b sync", "sync", "", {"--project": "a", "--directory": "b"}, ""),
    ("sync --project", "sync", "", {"--project": ""}, ""),
    ("-- run x", "", "", {}, ""),
    ("--preview-feature a lock", "lock", "", {"--preview-features": "a"}, ""),
    ("--preview lock --no-preview", "lock", "--no-preview", {}, ""),
    ("-V", "", "--version", {}, ""),
    ("-h run", "run", "--help", {}, ""),
    ("run --active --no-active x", "run", "--no-active", {}, "x"),
    ("run --no-active --active x", "run", "--active --no-active", {}, "x"),
    ("frobnicate --x y", "frobnicate", "--x", {}, "y"),
]


@pytest.mark.parametrize(("line", "command", "flags", "values", "words"), TABLE)
def test_read(line: str, command: str, flags: str, values: dict[str, str], words: str) -> None:
    """A command line is split into command, flags, values and words like in uv."""
    found = read(shlex.split(line))
    assert found.command == command
    assert found.flags == set(flags.split())
    assert found.values == values
    assert found.words == shlex.split(words)


WORDS = st.sampled_from(
    [
        *(
            "run",
            "pip",
            "install",
            "sync",
            "v",
            "--",
            "-",
            "-p",
            "--project",
            "--directory=x",
            "--x",
        ),
        *("-qp", "-h", "--script", "", "=", "--=", "-=", "--python", "x.py", "python", "find"),
    ]
)


@given(st.lists(WORDS | st.text(max_size=6)))
def test_any_list_is_read(arguments: list[str]) -> None:
    """Parsing any words gives a result, and changes nothing."""
    before = list(arguments)
    line = read(arguments)
    assert arguments == before
    assert all(word in before for word in line.words)


@given(st.lists(WORDS | st.text(max_size=6)))
def test_a_program_keeps_its_arguments(arguments: list[str]) -> None:
    """Whatever follows the program of `uv run` belongs to the program."""
    assert read(["run", "program", *arguments]).words == ["program", *arguments]
    assert read(["run", "--", *arguments]).words == arguments
