"""Measure directories on disk, counting each file once even if it has several links.

uv links the files of an environment to its cache if possible. Such a file is not freed when the
environment is removed, so it counts as shared. Copies that share blocks (clones on APFS, Btrfs,
XFS) look like any other file and count in full.
"""

from __future__ import annotations

import os
import stat
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from uvlocal.manage.telling import nobody

if TYPE_CHECKING:
    from uvlocal.manage.telling import Tell

#: The unit of `st_blocks`, in bytes, independent of the file system's block size (stat(2)).
_BLOCK = 512
#: How many files are counted between two reports of progress.
_TELL_EVERY = 1000


@dataclass(frozen=True, slots=True)
class Size:
    """A measured size, in bytes.

    `own` is freed when everything counted is removed; `shared` is not, as uv's cache or another
    environment has the same files. `files` is the number of files. `mount` is the first directory
    found on another volume, or ""; nothing in it was counted.
    """

    own: int = 0
    shared: int = 0
    files: int = 0
    mount: str = ""


class Meter:
    """Measures environments, each by itself and all together.

    `unread` is the number of unreadable directories.
    """

    def __init__(self, tell: Tell = nobody) -> None:
        """Start at zero; `tell` is called from time to time with the number of files."""
        self._tell = tell
        self._looked = self._told = 0
        self.unread = 0
        self._total = _Count()

    def add(self, path: str) -> Size:
        """Measure everything below `path`, not following symlinks, and return its own size."""
        count, total = _Count(), self._total
        top = _folder_status(path)
        pending = []
        if top is not None:
            pending.append(path)
            count.own += _taken(top)
        device = top.st_dev if top else 0
        while pending:
            folder = pending.pop()
            try:
                statuses = _listed(folder)
            except PermissionError:
                self.unread += 1
                continue
            self._look(len(statuses))
            for name, status in statuses:
                if status.st_nlink == 1 and not stat.S_ISDIR(status.st_mode):
                    count.files += 1
                    count.own += _taken(status)
                elif not stat.S_ISDIR(status.st_mode):
                    count.files += 1
                    count.link(status)
                elif status.st_dev == device:
                    pending.append(os.path.join(folder, name))
                    count.own += _taken(status)
                else:
                    count.mount = count.mount or os.path.join(folder, name)
        total.include(count)
        return count.size()

    def include(self, other: Meter) -> None:
        """Add everything that another meter measured."""
        self.unread += other.unread
        self._total.include(other._total)

    def total(self) -> Size:
        """Return the size of everything so far; files that two of them share count as own."""
        return self._total.size()

    def _look(self, number: int) -> None:
        self._looked += number
        if self._looked - self._told >= _TELL_EVERY:
            self._told = self._looked
            self._tell("file", self._looked, 0)


class _Count:
    """Adds up files; one with several links counts as own once all its links were seen."""

    def __init__(self) -> None:
        self.mount = ""
        self.own = self.files = 0
        # For each file: how many of its links were seen, how many there are, and its size.
        self._linked: dict[tuple[int, int], tuple[int, int, int]] = {}

    def link(self, status: os.stat_result) -> None:
        self._see((status.st_dev, status.st_ino), (1, status.st_nlink, _taken(status)))

    def _see(self, file: tuple[int, int], links: tuple[int, int, int]) -> None:
        before = self._linked.get(file)
        self._linked[file] = (before[0] + links[0], *links[1:]) if before else links

    def include(self, other: _Count) -> None:
        self.own += other.own
        self.files += other.files
        self.mount = self.mount or other.mount
        for file, links in other._linked.items():
            self._see(file, links)

    def size(self) -> Size:
        own = sum(taken for seen, number, taken in self._linked.values() if seen >= number)
        shared = sum(taken for seen, number, taken in self._linked.values() if seen < number)
        return Size(self.own + own, shared, self.files, self.mount)


if sys.platform == "win32":

    def _taken(status: os.stat_result) -> int:
        """Return the size of a file; on Windows its length, as blocks are unknown."""
        return status.st_size

else:

    def _taken(status: os.stat_result) -> int:
        """Return the size of a file on disk."""
        return status.st_blocks * _BLOCK


def _folder_status(path: str) -> os.stat_result | None:
    try:
        status = os.lstat(path)
    except OSError:
        return None
    return status if stat.S_ISDIR(status.st_mode) else None


def _listed(folder: str) -> list[tuple[str, os.stat_result]]:
    """Return the names in a directory with their status, without those that vanished.

    Raises:
        PermissionError: the directory is unreadable.
    """
    try:
        if sys.platform == "win32":
            return _statuses(folder)
        # Opened, so that its path is not resolved again for each name in it.
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            return _statuses(descriptor)
        finally:
            os.close(descriptor)
    except PermissionError:
        raise
    except OSError:
        return []


def _statuses(folder: str | int) -> list[tuple[str, os.stat_result]]:
    with os.scandir(folder) as entries:
        return [(entry.name, status) for entry in entries if (status := _status(entry)) is not None]


def _status(entry: os.DirEntry[str]) -> os.stat_result | None:
    try:
        # On Windows, a listing does not include the number of links.
        return os.lstat(entry.path) if os.name == "nt" else entry.stat(follow_symlinks=False)
    except OSError:
        return None
