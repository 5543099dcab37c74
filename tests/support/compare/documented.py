"""Parse the documents: prose, links, headings, and commands that a reader may paste."""

from __future__ import annotations

import os
import re
from typing import NamedTuple

from support.tools.fetched import SOURCE

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_TABLE = re.compile(r"^\|.*$", re.MULTILINE)
_LINK = re.compile(r"!?\[([^\]]*)\]\(([^)\s]+)\)")


class Block(NamedTuple):
    """A block of code, and its language."""

    language: str
    text: str


def documents() -> list[str]:
    """Return every document for readers, relative to the root of the project."""
    names = [name for name in os.listdir(SOURCE) if name.endswith(".md")]
    names += [f"docs/{name}" for name in os.listdir(f"{SOURCE}/docs") if name.endswith(".md")]
    return sorted(names)


def read(name: str) -> str:
    """Return the text of a document."""
    with open(os.path.join(SOURCE, name), encoding="utf-8") as file:
        return file.read()


def blocks(text: str) -> list[Block]:
    """Return the blocks of code."""
    return [Block(*found) for found in _FENCE.findall(text)]


def commands(text: str) -> list[str]:
    """Return what a reader may paste, without comments."""
    return [
        line[2:].partition("  #")[0].strip()
        for block in blocks(text)
        if block.language == "console"
        for line in block.text.splitlines()
        if line.startswith("$ ")
    ]


def prose(text: str) -> str:
    """Return the prose, without code blocks, tables, comments and link targets."""
    for pattern in (_FENCE, _COMMENT, _TABLE):
        text = pattern.sub("", text)
    return re.sub(r"!\[[^\]]*\]\([^)]*\)", "", _LINK.sub(r"\1", text))


def links(text: str) -> list[str]:
    """Return the targets of links and pictures outside code."""
    bare = re.sub(r"`[^`\n]*`", "`code`", _FENCE.sub("", text))
    return [target for _, target in _LINK.findall(bare)]


def anchors(text: str) -> set[str]:
    """Return the anchors of the headings, which are the same on GitHub and on the site."""
    headings = re.findall(r"^#+ (.+)$", _FENCE.sub("", text), re.MULTILINE)
    return {slug(_LINK.sub(r"\1", heading)) for heading in headings}


def slug(heading: str) -> str:
    """Return a heading's anchor: lowercase, with a dash for each space."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")
