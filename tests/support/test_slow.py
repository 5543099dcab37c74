"""`make test` and `make test-all` together run every test once."""

from __future__ import annotations

import ast
import os

import pytest
from support import slow
from support.tools import fetched, real_uv


@pytest.mark.parametrize("row", slow.SLOW)
def test_each_row_is_there(row: str) -> None:
    """A row names an existing directory, file, or test."""
    name, _, function = row.partition("::")
    path = os.path.join(slow.HERE, name)
    assert os.path.exists(path)
    if function:
        with open(path, encoding="utf-8") as file:
            tree = ast.parse(file.read())
        assert function in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize(
    ("path", "function", "version", "expected"),
    [
        pytest.param("shim/test_decide.py", "test_x", "", False, id="no row"),
        pytest.param("stress/test_kills.py", "test_x", "", True, id="a folder"),
        pytest.param("launcher/test_tidy.py", "test_x", "", True, id="a file"),
        pytest.param("build/test_build.py", "test_linux", "", True, id="a test"),
        pytest.param("build/test_build.py", "test_x", "", False, id="another test of the file"),
        pytest.param("stressful/test_x.py", "test_x", "", False, id="a name that begins like it"),
        pytest.param("shim/test_x.py", "test_x", real_uv.NEWEST, False, id="the newest uv"),
        pytest.param("shim/test_x.py", "test_x", real_uv.ERAS[0], True, id="an older uv"),
    ],
)
def test_which_tests_are_slow(
    monkeypatch: pytest.MonkeyPatch, path: str, function: str, version: str, *, expected: bool
) -> None:
    """A row applies to everything below it, and to nothing else."""
    monkeypatch.setitem(fetched.ENVIRONMENT, "UVLOCAL_TEST_UV", "all")
    assert slow.is_slow(os.path.join(slow.HERE, path), function, version) is expected


def test_an_older_uv_that_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """If only an older uv is selected, its tests do not count as slow."""
    monkeypatch.setitem(fetched.ENVIRONMENT, "UVLOCAL_TEST_UV", real_uv.ERAS[0])
    assert not slow.is_slow(os.path.join(slow.HERE, "shim", "x.py"), "test_x", real_uv.ERAS[0])


def test_both_commands_run_in_ci() -> None:
    """One command runs the slow tests, the other the rest, and CI runs both."""
    with open(os.path.join(fetched.SOURCE, "Makefile"), encoding="utf-8") as file:
        makefile = file.read()
    with open(os.path.join(fetched.SOURCE, ".ci", "run"), encoding="utf-8") as file:
        ci = file.read()
    assert '-m "not slow"' in makefile
    assert "-m slow" in makefile
    assert "make test test-all" in ci
