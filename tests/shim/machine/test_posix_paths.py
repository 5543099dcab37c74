"""Our own path rules are the same as in `posixpath`."""

from __future__ import annotations

import errno
import os
import posixpath
import random
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from uvlocal.shim.machine import posix_paths

if TYPE_CHECKING:
    from pathlib import Path

#: Special names, similar names, and arbitrary text.
PARTS = st.sampled_from(["a", "b.c", ".", "..", "...", ".x", "", " ", "\n", "é", "\udce9", "a b"])
PATHS = st.builds(
    lambda slashes, parts, end: "/" * slashes + "/".join(parts) + end,
    st.integers(0, 4),
    st.lists(PARTS, max_size=6),
    st.sampled_from(["", "/", "//", "/.", "/.."]),
)
ONE_PATH = ("basename", "dirname", "isabs", "normcase", "normpath", "split", "splitdrive")


@given(PATHS)
@example("")
@example("//")
@example("///a//../..")
def test_one_path(path: str) -> None:
    """Every function of one path gives the same as in `posixpath`."""
    for name in ONE_PATH:
        found = getattr(posix_paths, name)(path)
        assert found == getattr(posixpath, name)(path), (name, path)


@given(PATHS)
def test_an_absolute_path(path: str) -> None:
    """A relative path is one in the current directory."""
    assert posix_paths.abspath(path) == posixpath.abspath(path)


@given(st.lists(PATHS, min_size=1, max_size=4))
def test_several_paths(paths: list[str]) -> None:
    """Paths are joined like in `posixpath`."""
    assert posix_paths.join(*paths) == posixpath.join(*paths)


def test_separator() -> None:
    """The separator is that of `posixpath`."""
    assert posix_paths.sep == posixpath.sep


def random_links(root: str, chance: random.Random) -> list[str]:
    """Create random directories, files and symlinks, with loops; return possible paths."""
    names = ["a", "b", "c", "d"]
    places = [root]
    for _ in range(chance.randint(3, 14)):
        path = os.path.join(chance.choice(places), chance.choice(names))
        if os.path.lexists(path) or not os.path.realpath(path).startswith(root + "/"):
            continue
        kind = chance.random()
        if kind < 1 / 3:
            try:
                os.mkdir(path)
            except OSError:  # a parent is a file, or a dangling symlink
                continue
            places.append(path)
        else:
            target = "/".join(chance.choices([*names, "..", "."], k=chance.randint(1, 4)))
            if chance.random() < 1 / 3:
                target = os.path.join(root, target)
            try:
                os.symlink(target, path)
            except OSError:
                continue
            places.append(path)
    return names


def is_loop(path: str) -> bool:
    """Return whether the system itself detects a loop."""
    try:
        os.stat(path)
    except OSError as error:
        return error.errno == errno.ELOOP
    return False


def has_circles(root: str) -> bool:
    """Return whether symlinks below a directory may form a loop, even through missing paths."""
    for folder, folders, files in os.walk(root):
        for name in (*folders, *files):
            path = os.path.join(folder, name)
            if not os.path.exists(path) and (is_loop(path) or ".." in os.readlink(path)):
                return True
    return False


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
def test_links(tmp_path: Path) -> None:
    """Symlinks are resolved like in `posixpath.realpath`, even loops and dangling ones."""
    chance = random.Random(20261122)  # noqa: S311 - only shuffles
    links = 0
    # Before 3.13, Python ignored what follows a loop, so trees with one are skipped.
    knows_circles = sys.version_info >= (3, 13)
    for number in range(300 if knows_circles else 2000):
        root = os.path.join(os.path.realpath(tmp_path), str(number))
        os.mkdir(root)
        names = random_links(root, chance)
        if not knows_circles and has_circles(root):
            continue
        for _ in range(20):
            parts = chance.choices([*names, "..", "."], k=chance.randint(1, 6))
            path = os.path.join(root, *parts)
            found = posix_paths.realpath(path)
            assert found == os.path.realpath(path), path
            links += os.path.normpath(path) != found
    assert links > 1000
