"""Copies of the sources, as a build in a fresh clone would see them."""

from __future__ import annotations

import shutil

from support.tools.fetched import SOURCE

#: What is no part of the sources.
_NOT_COPIED = shutil.ignore_patterns(
    ".git", ".venv", ".cache", "build", "dist", ".*_cache", "__pycache__", ".hypothesis"
)


def copy(folder: str) -> None:
    """Copy the sources into a folder that does not exist yet."""
    shutil.copytree(SOURCE, folder, ignore=_NOT_COPIED)
