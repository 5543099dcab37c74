"""Each message that `docs/troubleshooting.md` explains is one that uvlocal prints."""

from __future__ import annotations

import ast
import os
import re

import pytest
from support.compare import documented
from support.tools.fetched import SOURCE

TEXT = documented.read("docs/troubleshooting.md")
_OURS = TEXT[TEXT.index("## From the shim") :]
MESSAGES = re.findall(r"^### (.+)$", _OURS, re.MULTILINE)


def _texts() -> list[str]:
    """Return every text in the source; `…` stands for what is filled in."""
    found = []
    for folder, _, names in os.walk(os.path.join(SOURCE, "src", "uvlocal")):
        for name in names:
            if name.endswith(".py"):
                with open(os.path.join(folder, name), encoding="utf-8") as file:
                    tree = ast.parse(file.read())
                found += [_text(node) for node in ast.walk(tree)]
    return [text for text in found if text]


def _text(node: ast.AST) -> str:
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part) or "…" for part in node.values)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


TEXTS = "\n".join(_texts())


@pytest.mark.parametrize("message", MESSAGES)
def test_each_message_is_ours(message: str) -> None:
    """The fixed parts of each message are in the source."""
    parts = [part.strip(" `") for part in message.split("…")]
    assert [part for part in parts if part not in TEXTS] == []


def test_there_are_messages() -> None:
    """The page explains many messages, and every heading is one."""
    assert len(MESSAGES) > 15
