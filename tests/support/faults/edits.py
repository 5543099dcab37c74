"""Edits that a stamp of only size and mtime would not detect."""

from __future__ import annotations

import os


def write(path: str, text: str = "x") -> None:
    """Write a file, and create its parents."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def rewrite(path: str, text: str) -> None:
    """Overwrite the start of a file, keeping its size, and restore its times."""
    status = os.stat(path)
    assert len(text.encode()) <= status.st_size
    with open(path, "r+", encoding="utf-8") as file:
        file.write(text)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def replace(path: str, text: str) -> None:
    """Replace a file by another one of the same size and times."""
    status = os.stat(path)
    assert len(text.encode()) == status.st_size
    write(path + ".new", text)
    os.utime(path + ".new", ns=(status.st_atime_ns, status.st_mtime_ns))
    os.replace(path + ".new", path)
