"""PowerShell's own grammar reads our PowerShell code; where there is a `pwsh`, others run it."""

from __future__ import annotations

import os

import pytest
import tree_sitter
import tree_sitter_powershell
from fakes import FakeSystem

from uvlocal.manage import completion, shell_code
from uvlocal.manage.cli import app

_SHIM = os.path.join(os.path.dirname(__file__), "..", "..", "shims", "uv.ps1")
_FOLDERS = [
    pytest.param(r"C:\Users\me\AppData\Local\uvlocal\shims", id="usual"),
    pytest.param(r"C:\Users\me\a b\$(calc)`n'x'\“y”;&|#{}()[]", id="hostile"),
    pytest.param(r"\\server\share\d'or", id="unc"),
]


def _errors(code: str) -> list[str]:
    """Return the pieces of `code` that the grammar cannot read."""
    language = tree_sitter.Language(tree_sitter_powershell.language())
    root = tree_sitter.Parser(language).parse(code.encode()).root_node
    found, rest = [], [root]
    while rest:
        node = rest.pop()
        if node.is_error or node.is_missing:
            found.append((node.text or b"").decode())
        rest += node.children
    return found


def test_the_grammar_sees_mistakes() -> None:
    """A missing parenthesis is an error, so that the tests below can fail."""
    assert _errors("if (1 { }")


def test_the_shim_without_a_launcher() -> None:
    """`uv.ps1` is PowerShell."""
    with open(_SHIM, encoding="utf-8") as file:
        assert _errors(file.read()) == []


@pytest.mark.parametrize("folder", _FOLDERS)
@pytest.mark.parametrize("line", [shell_code.path_line, shell_code.alias_line, shell_code.now_line])
def test_lines_for_startup_files(folder: str, line: object) -> None:
    """Whatever the folder is called, the line is PowerShell, and one line."""
    assert callable(line)
    code = line("powershell", folder, FakeSystem(platform="win32", home=r"C:\Users\me"))
    assert _errors(code) == []
    assert "\n" not in code


def test_completion() -> None:
    """What completes `uvlocal` is PowerShell."""
    code = completion.code("powershell", app)
    assert _errors(code) == []
    assert "Register-ArgumentCompleter" in code
