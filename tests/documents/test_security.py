"""Each promise of `SECURITY.md` names existing tests."""

from __future__ import annotations

import ast
import os
import re

import pytest
from support.compare import readme_tables

ROOT = os.path.dirname(readme_tables.README)
with open(os.path.join(ROOT, "SECURITY.md"), encoding="utf-8") as _file:
    TEXT = _file.read()

#: The rows of its tables: a promise, and its tests.
PROMISES = re.findall(r"^\| (?!promise)([^|]+) \| ([^|]+) \|$", TEXT, re.MULTILINE)
#: Every test that it names, as `FILE::FUNCTION`.
TESTS = sorted(set(re.findall(r"`(tests/[^`]+)`", TEXT)) - {"tests/documents/test_security.py"})


def test_there_are_promises() -> None:
    """The tables are found, and each of their rows is a promise."""
    rows = [line for line in TEXT.splitlines() if line.startswith("|") and "---" not in line]
    assert len(PROMISES) == len(rows) - TEXT.count("| promise | tests |") > 0


@pytest.mark.parametrize(("promise", "tests"), PROMISES)
def test_each_promise_names_its_tests(promise: str, tests: str) -> None:
    """Each promise has tests beside it, and nothing else."""
    assert promise.endswith(".")
    assert re.fullmatch(r"(`tests/[\w/]+\.py::test_\w+` ?)+", tests)


@pytest.mark.parametrize("test", TESTS)
def test_each_test_is_there(test: str) -> None:
    """A test that is named is a function of its file."""
    name, _, function = test.partition("::")
    with open(os.path.join(ROOT, name), encoding="utf-8") as file:
        tree = ast.parse(file.read())
    assert function in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_the_readme_leads_here() -> None:
    """The README links to the page."""
    with open(readme_tables.README, encoding="utf-8") as file:
        assert "](SECURITY.md)" in file.read()
