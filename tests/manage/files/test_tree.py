"""Listing directories, their cost, and conflict copies."""

from __future__ import annotations

import os
import stat
import sys
from typing import TYPE_CHECKING
from unittest.mock import Mock

import pytest
from support import systems

from uvlocal.manage.files.tree import (
    Budget,
    Cost,
    Entry,
    Files,
    Tally,
    describe,
    is_conflict,
    measure,
)

if TYPE_CHECKING:
    from pathlib import Path


def budget(entries: int = 1000, seconds: float = 1000, depth: int = 10) -> Budget:
    """Return a budget with a stopped clock."""
    return Budget(entries, seconds, depth, clock=lambda: 0.0)


class Tree(Files):
    """A disk made of a dictionary, from directory to entries."""

    def __init__(self, tree: dict[str, list[Entry]]) -> None:
        self.tree = tree
        self.listed: list[str] = []

    def entries(self, folder: str, *, sizes: bool) -> list[Entry]:
        """Return the dictionary's value."""
        assert sizes
        self.listed.append(folder)
        return self.tree.get(folder, [])


@pytest.mark.parametrize(
    ("name", "beside", "is_copy"),
    [
        pytest.param("x 2.py", ("x.py",), True, id="icloud"),
        pytest.param("x 12.py", ("x.py",), True, id="icloud-many"),
        pytest.param("x 2", ("x",), True, id="icloud-folder"),
        pytest.param("certifi-1.0 2.dist-info", ("certifi-1.0.dist-info",), True, id="metadata"),
        pytest.param("x (1).py", ("x.py",), True, id="google"),
        pytest.param("x (1)", ("x",), True, id="google-folder"),
        pytest.param("x.sync-conflict-20240131-120000-ABCDEF.py", (), True, id="syncthing"),
        pytest.param("x (me's conflicted copy 2024-01-31).py", (), True, id="dropbox"),
        pytest.param("x (Conflicted Copy 2024).py", (), True, id="nextcloud"),
        pytest.param("x 2.py", (), False, id="no-original"),
        pytest.param("x 2.py", ("y.py", "x.pyc"), False, id="another-original"),
        pytest.param("x 2024.py", ("x.py",), False, id="a-year"),
        pytest.param("x 2a.py", ("x.py",), False, id="no-number"),
        pytest.param("x ().py", ("x.py",), False, id="empty"),
        pytest.param("conflict.py", (), False, id="a-module"),
        pytest.param("x.py", ("x.py",), False, id="plain"),
        pytest.param(" 2", ("",), True, id="degenerate"),
    ],
)
def test_conflict_copies(name: str, beside: tuple[str, ...], is_copy: bool) -> None:
    """A name is a copy by its text, or by a number after the name of something beside it."""
    assert is_conflict(name, {name, *beside}) is is_copy


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        pytest.param({"st_mode": stat.S_IFREG, "st_size": 5}, Entry("x", "file", 5), id="file"),
        pytest.param({"st_mode": stat.S_IFDIR, "st_size": 5}, Entry("x", "folder", 5), id="folder"),
        pytest.param({"st_mode": stat.S_IFLNK, "st_size": 5}, Entry("x", "link", 5), id="link"),
        pytest.param({"st_mode": stat.S_IFIFO, "st_size": 0}, Entry("x", "other", 0), id="pipe"),
        pytest.param(
            {"st_mode": stat.S_IFREG, "st_size": 5, "st_flags": 0x8000},
            Entry("x", "file", 5, hidden=True),
            id="macos-hidden",
        ),
        pytest.param(
            {"st_mode": stat.S_IFREG, "st_size": 5, "st_flags": 0x40000020},
            Entry("x", "file", 5, evicted=True),
            id="macos-dataless",
        ),
        pytest.param(
            {"st_mode": stat.S_IFREG, "st_size": 5, "st_file_attributes": 0x400020},
            Entry("x", "file", 5, evicted=True),
            id="windows-recall-on-access",
        ),
        pytest.param(
            {"st_mode": stat.S_IFDIR, "st_size": 0, "st_file_attributes": 0x40010},
            Entry("x", "folder", 0, evicted=True),
            id="windows-recall-on-open",
        ),
        pytest.param(
            {"st_mode": stat.S_IFDIR, "st_size": 0, "st_reparse_tag": 0xA0000003},
            Entry("x", "link", 0),
            id="windows-junction",
        ),
        pytest.param(
            {"st_mode": stat.S_IFDIR, "st_size": 0, "st_reparse_tag": 0x9000601A},
            Entry("x", "folder", 0),
            id="windows-cloud-folder",
        ),
    ],
)
def test_a_status_says(facts: dict[str, int], expected: Entry) -> None:
    """Flags for hidden and evicted files of each system are recognised on all systems."""
    assert describe("x", Mock(spec_set=list(facts), **facts)) == expected


@systems.needs_links
def test_a_real_folder(tmp_path: Path) -> None:
    """Files, directories and symlinks are distinguished; symlinks are not followed."""
    (tmp_path / "file").write_bytes(b"12345")
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to("folder")
    found = Files().entries(str(tmp_path), sizes=True)
    kinds = {entry.name: entry.kind for entry in found}
    assert kinds == {"file": "file", "folder": "folder", "link": "link"}
    assert {entry.name: entry.size for entry in found}["file"] == 5
    names = Files().entries(str(tmp_path), sizes=False)
    assert {entry.name: entry.kind for entry in names} == kinds
    assert Files().tally(str(tmp_path)) == Tally.of(found, str(tmp_path))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no FIFOs among its files")
@pytest.mark.parametrize("kind", ["link", "fifo"])
def test_what_took_the_place_of_a_file(tmp_path: Path, kind: str) -> None:
    """A symlink that replaced a file is not followed, and a FIFO does not block."""
    path = tmp_path / "file"
    if kind == "link":
        (tmp_path / "other").write_text("x")
        path.symlink_to("other")
    elif sys.platform != "win32":
        os.mkfifo(path)
    assert Files().read(str(path)) == b""


def test_an_unreadable_folder(tmp_path: Path) -> None:
    """What cannot be listed or read is empty, not an error."""
    assert Files().entries(str(tmp_path / "none"), sizes=True) == []
    assert Files().status(str(tmp_path / "none")) is None
    assert Files().status("a\0b") is None
    assert Files().read(str(tmp_path)) == b""


def test_an_unread_folder_counts_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that may not be read is in the cost, and not in the reader's own count as well."""
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text("12345")
    scandir = os.scandir

    def refuse(path: str) -> object:
        if path.endswith("two"):
            raise PermissionError(path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    reader = Files()
    assert measure(str(tmp_path), reader, budget()) == Cost(1, 5, complete=False, unread=1)
    assert reader.unread == 0
    assert reader.entries(str(tmp_path / "two"), sizes=False) == []
    assert reader.unread == 1


def test_measure() -> None:
    """Everything except directories counts, with sizes, and with what is wrong."""
    packages = "/env/lib/python3.12/site-packages"
    tree = Tree(
        {
            "/env": [Entry("lib", "folder"), Entry("pyvenv.cfg", "file", 100)],
            "/env/lib": [Entry("python3.12", "folder")],
            "/env/lib/python3.12": [Entry("site-packages", "folder")],
            packages: [
                Entry("a.pth", "file", 10, hidden=True),
                Entry("b.pth", "file", 10),
                Entry("c.py", "file", 10, hidden=True),
                Entry("c 2.py", "file", 10),
                Entry("link", "link", 7),
                Entry("cloud.py", "file", 1000, evicted=True),
                Entry("far", "folder", evicted=True),
                Entry("model", "folder"),
            ],
            f"{packages}/model": [Entry("weights.pth", "file", 50, hidden=True)],
        }
    )
    assert measure("/env", tree, budget()) == Cost(
        files=8, bytes=1190, hidden=1, conflicts=1, evicted=2, complete=True
    )
    assert f"{packages}/far" not in tree.listed


def test_a_link_loop_ends(tmp_path: Path) -> None:
    """A symlink to the top is counted, but not followed."""
    if sys.platform == "win32":
        pytest.skip("links need a privilege on Windows")
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "top").symlink_to(tmp_path)
    assert measure(str(tmp_path), Files(), budget()).files == 1


def test_a_budget_of_entries() -> None:
    """A count stops at its limit, and is marked incomplete."""
    tree = Tree({"/env": [Entry(str(number), "folder") for number in range(10)]})
    limit = budget(entries=12)
    cost = measure("/env", tree, limit)
    assert not cost.complete
    assert limit.spent == "entries"
    assert len(tree.listed) == 2


def test_a_budget_of_time() -> None:
    """A count stops at its time limit."""
    ticks = iter(range(100))
    limit = Budget(1000, 3, 10, clock=lambda: next(ticks))
    tree = Tree({"/env": [Entry(str(number), "folder") for number in range(10)]})
    assert not measure("/env", tree, limit).complete
    assert limit.spent == "time"
    assert len(tree.listed) == 2


def test_a_budget_of_depth() -> None:
    """The depth limit only ends a branch, not the whole search."""
    limit = budget(depth=2)
    assert limit.allows_depth(2)
    assert not limit.allows_depth(3)
    assert limit.allows()
    assert limit.spent == "depth"


def test_names_that_are_no_text(tmp_path: Path) -> None:
    """A name of bytes that are not UTF-8 is listed."""
    if sys.platform != "linux":
        pytest.skip("only Linux takes such names")
    with open(os.fsencode(tmp_path) + b"/\xff.py", "wb"):
        pass
    assert [one.name for one in Files().entries(str(tmp_path), sizes=True)] == ["\udcff.py"]
