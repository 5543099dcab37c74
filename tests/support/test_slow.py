"""`make test` and `make test-all`: between them they run every test once."""

from __future__ import annotations

import ast
import os

import pytest
from support import slow
from support.tools import fetched, real_uv


@pytest.mark.parametrize("row", slow.SLOW)
def test_each_row_is_there(row: str) -> None:
    """A row names a folder, a file, or a test in a file."""
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
    """A row speaks of all that lies below it, and of nothing else."""
    monkeypatch.setitem(fetched.ENVIRONMENT, "UVLOCAL_TEST_UV", "all")
    assert slow.is_slow(os.path.join(slow.HERE, path), function, version) is expected


def test_an_older_uv_that_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where only an older uv is asked for, its tests are no slower than the newest's."""
    monkeypatch.setitem(fetched.ENVIRONMENT, "UVLOCAL_TEST_UV", real_uv.ERAS[0])
    assert not slow.is_slow(os.path.join(slow.HERE, "shim", "x.py"), "test_x", real_uv.ERAS[0])


def test_both_commands_run_in_ci() -> None:
    """One command takes what is slow, the other what is not, and CI calls both."""
    with open(os.path.join(fetched.SOURCE, "Makefile"), encoding="utf-8") as file:
        makefile = file.read()
    with open(os.path.join(fetched.SOURCE, ".ci", "run"), encoding="utf-8") as file:
        ci = file.read()
    assert '-m "not slow"' in makefile
    assert "-m slow" in makefile
    assert "make test test-all" in ci
