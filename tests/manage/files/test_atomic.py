"""Atomic writes, and cleaning up after killed writers."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from uvlocal.manage.files import atomic

if TYPE_CHECKING:
    from pathlib import Path

posix = pytest.mark.skipif(sys.platform == "win32", reason="modes are of POSIX")


@pytest.fixture(scope="module")
def gone() -> int:
    """Return the id of a process that has ended."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    return process.pid


def test_replace(tmp_path: Path) -> None:
    """The new content replaces the old, and no draft is left."""
    path = tmp_path / "file"
    for content in (b"old", b"new"):
        atomic.replace(str(path), content)
        assert path.read_bytes() == content
    assert os.listdir(tmp_path) == ["file"]


@posix
def test_modes(tmp_path: Path) -> None:
    """A replaced file has the requested mode, a created one the umask's."""
    before = os.umask(0o027)
    try:
        atomic.replace(str(tmp_path / "replaced"), b"", 0o644)
        atomic.create(str(tmp_path / "created"), b"")
    finally:
        os.umask(before)
    modes = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("replaced", "created")]
    assert modes == [0o644, 0o640]


def _no_links(*_: object) -> None:
    raise OSError(errno.EPERM, "not supported")


@pytest.mark.parametrize("links", [True, False], ids=["hard-links", "no-hard-links"])
def test_create(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, links: bool) -> None:
    """A file is created if nothing exists; an existing one stays, and no draft is left."""
    if not links:
        monkeypatch.setattr(os, "link", _no_links)
    path = tmp_path / "file"
    atomic.create(str(path), b"ours")
    assert path.read_bytes() == b"ours"
    with pytest.raises(OSError, match=r"exists|not supported"):
        atomic.create(str(path), b"again")
    assert path.read_bytes() == b"ours"
    assert os.listdir(tmp_path) == ["file"]


def test_what_cannot_be_written(tmp_path: Path) -> None:
    """If the last step fails, the draft goes and the error is reported."""
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match=r"."):
        atomic.replace(str(tmp_path / "folder"), b"x")
    assert os.listdir(tmp_path) == ["folder"]


def test_drafts_of_the_dead_go(tmp_path: Path, gone: int) -> None:
    """A draft whose writer is gone is removed by the next writer; everything else stays."""
    number = 10**30
    end = "0123abcd"
    kept = [f".new-{os.getpid()}-{end}", f".new-{gone}-notes.md", ".new-x", f".other-{gone}-{end}"]
    for name in (*kept, f".new-{gone}-{end}", f".new-{number}-{end}"):
        (tmp_path / name).touch()
    folder = f".new-{gone}-ffffffff"
    (tmp_path / folder).mkdir()
    atomic.replace(str(tmp_path / "file"), b"x")
    assert sorted(os.listdir(tmp_path)) == sorted([*kept, folder, "file"])


def test_a_folder_that_is_gone(tmp_path: Path) -> None:
    """Sweeping a missing directory is not an error; writing there is."""
    atomic.sweep(str(tmp_path / "none"))
    with pytest.raises(FileNotFoundError):
        atomic.replace(str(tmp_path / "none" / "file"), b"x")
