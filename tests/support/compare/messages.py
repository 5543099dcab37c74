"""List the messages of the commands, from the code, so that someone can read them all.

`python tests/support/compare/messages.py` prints one per line, with `{}` for each value.
"""

from __future__ import annotations

import ast
import os
import sys
from typing import NamedTuple

_HERE = os.path.dirname(os.path.abspath(__file__))
#: The package whose messages are listed.
MANAGE = os.path.join(_HERE, "..", "..", "..", "src", "uvlocal", "manage")
#: Files with code for shells, which is not prose.
_CODE = ("shell_snippets.py", "completion.py")


class Message(NamedTuple):
    """A text with at least two spaces, and its place."""

    place: str
    text: str


def messages() -> list[Message]:
    """Return every text in the package that may be printed, in the order of the files."""
    found = []
    for folder, _, files in sorted(os.walk(MANAGE)):
        for name in sorted(files):
            if not name.endswith(".py") or name in _CODE:
                continue
            path = os.path.join(folder, name)
            with open(path, encoding="utf-8") as file:
                tree = ast.parse(file.read())
            place = os.path.relpath(path, MANAGE)
            found += [Message(f"{place}:{line}", text) for line, text in _texts(tree)]
    return found


def _texts(tree: ast.AST) -> list[tuple[int, str]]:
    nodes = list(ast.walk(tree))
    inside = {id(part) for node in nodes if isinstance(node, ast.JoinedStr) for part in node.values}
    # Skip docstrings; those of commands are tested with their help.
    inside |= {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    found = []
    for node in nodes:
        if id(node) in inside or not isinstance(node, ast.Constant | ast.JoinedStr):
            continue
        parts = node.values if isinstance(node, ast.JoinedStr) else [node]
        text = "".join(
            str(part.value) if isinstance(part, ast.Constant) else "{}" for part in parts
        )
        if text.strip().count(" ") > 1:
            found.append((node.lineno, text))
    return found


if __name__ == "__main__":
    sys.stdout.writelines(f"{place}: {text!r}\n" for place, text in messages())
