"""CONTRIBUTING.md is correct: its commands, its table of slow tests, its example."""

from __future__ import annotations

import os
import re

import pytest
from support import slow
from support.tools.fetched import SOURCE

from uvlocal.shim.volume.providers import schema


def _read(name: str) -> str:
    with open(os.path.join(SOURCE, name), encoding="utf-8") as file:
        return file.read()


TEXT = _read("CONTRIBUTING.md")


def test_every_command_is_there() -> None:
    """Each `make …` that it or the README names is a target of the Makefile."""
    targets = set(re.findall(r"^([a-z-]+):", _read("Makefile"), re.MULTILINE))
    named = set(re.findall(r"(?:`|\$ )make ([a-z-]+)", TEXT + _read("README.md")))
    assert {"demo", "test", "test-all"} <= named <= targets


@pytest.mark.parametrize("reason", sorted(set(slow.SLOW.values())))
def test_what_is_slow_is_told(reason: str) -> None:
    """Each reason of the table of slow tests is beside `make test-all`."""
    [row] = [line for line in TEXT.splitlines() if line.startswith("| `make test-all` |")]
    assert reason in row


def test_the_example_is_a_row() -> None:
    """The example provider would be valid in the table."""
    match = re.search(r"```python\n(.*?)```", TEXT, re.DOTALL)
    assert match is not None
    row = eval(match[1], vars(schema).copy())  # noqa: S307 - the text is our own
    assert isinstance(row, schema.Provider)


def test_every_folder_is_there() -> None:
    """Each path that it names exists, or is created by setting up the project."""
    made = {".venv", ".cache", "src/uvlocal/launchers", "build/site"}
    for path in re.findall(r"`([\w.-]+/[\w./-]+)`", TEXT):
        assert path in made or os.path.exists(os.path.join(SOURCE, path)), path


def test_every_path_of_the_makefile_is_there() -> None:
    """The tests and programs that its commands name exist."""
    for path in re.findall(
        r"(?<![\w/-])(?:tests|demo|benchmarks)/[\w/]+(?:\.py)?", _read("Makefile")
    ):
        assert os.path.exists(os.path.join(SOURCE, path)), path
