"""Our files are private and replaced atomically; the last writer wins."""

from __future__ import annotations

import multiprocessing
import os
import stat
import sys
from typing import TYPE_CHECKING

import pytest

from uvlocal.shim.machine.host import System

if TYPE_CHECKING:
    from pathlib import Path

if sys.platform == "win32":
    pytest.skip("modes and limits of files are POSIX'", allow_module_level=True)

import resource


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return the path of a directory to create."""
    return tmp_path / "cache" / "uvlocal"


def test_write_private(folder: Path) -> None:
    """A file is created, replaced atomically, and private."""
    system = System()
    file = folder / "file"
    for data in (b"first", b"second"):
        assert system.write_private(str(file), data)
        assert file.read_bytes() == data
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert system.is_private(str(file), stat.S_IFREG)
    assert not system.is_private(str(folder), stat.S_IFREG)
    assert [name.name for name in folder.iterdir()] == ["file"]


@pytest.mark.parametrize("place", ["folder", "file-in-the-way", "nul", "target", "others"])
def test_write_private_fails(place: str, folder: Path) -> None:
    """If a file cannot be written, there is no exception, and nothing is left."""
    system = System()
    folder.mkdir(parents=True)
    file = folder / "file"
    if place == "target":
        file.mkdir()
        (file / "full").write_bytes(b"")
    elif place == "others":
        folder.chmod(0o777)
    path = {
        "folder": f"{folder}/file/below/file",
        "file-in-the-way": f"{folder}/file/below",
        "nul": f"{folder}/a\0b",
    }.get(place, str(file))
    if place in ("folder", "file-in-the-way"):
        file.write_bytes(b"")
    before = sorted(os.listdir(folder))
    assert not system.write_private(path, b"data")
    assert sorted(os.listdir(folder)) == before


@pytest.mark.parametrize("put", ["write_private", "put_file"])
def test_a_disk_that_is_full(put: str, folder: Path) -> None:
    """A file that cannot be written completely leaves the old one."""
    system = System()
    path = str(folder / "file")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)

    def write(data: bytes) -> bool:
        if put == "write_private":
            return system.write_private(path, data)
        return system.put_file(path, data, over=True)

    folder.mkdir(parents=True, mode=0o700)
    for old in ([], ["file"]):
        resource.setrlimit(resource.RLIMIT_FSIZE, (10, before[1]))
        try:
            assert not write(b"more than ten bytes")
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
        assert os.listdir(folder) == old
        assert write(b"old")
    assert (folder / "file").read_bytes() == b"old"


def _write_again_and_again(path: str, data: bytes, times: int) -> None:
    for _ in range(times):
        assert System().write_private(path, data)


def test_many_write_at_once(folder: Path) -> None:
    """A concurrent reader sees one complete content, and no draft is left."""
    path = str(folder / "file")
    contents = [letter * 50_000 for letter in (b"a", b"b", b"c", b"d")]
    _write_again_and_again(path, contents[0], 1)
    processes = multiprocessing.get_context("spawn")
    writers = [
        processes.Process(target=_write_again_and_again, args=(path, data, 100))
        for data in contents
    ]
    for writer in writers:
        writer.start()
    seen = set()
    while any(writer.is_alive() for writer in writers):
        seen.add((folder / "file").read_bytes())
    for writer in writers:
        writer.join()
        assert writer.exitcode == 0
    assert seen
    assert seen <= set(contents)
    assert os.listdir(folder) == ["file"]
