"""What a folder takes on the disk, counted once for each file however many names it has.

uv links the files of an environment to its cache where it can. Such a file is not freed when
the environment goes: it counts as shared. Copies that the disk itself shares (clones of APFS,
Btrfs, XFS) look like any other file and count in full.
"""

from __future__ import annotations

import contextlib
import os
import stat
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from uvlocal.manage.telling import nobody

if TYPE_CHECKING:
    from uvlocal.manage.telling import Tell

#: The unit of `st_blocks`, in bytes (stat(2)), whatever the block size of the file system is.
_BLOCK = 512
#: After how many files the caller hears how far the count is.
_TELL_EVERY = 1000


@dataclass(frozen=True, slots=True)
class Size:
    """What was counted, in bytes.

    `own` is freed when everything counted is removed, `shared` is not, since uv's cache or
    another environment has the same files. `files` is the number of files. `mount` is the first
    folder found that is on another volume, "" for none; nothing in it was counted.
    """

    own: int = 0
    shared: int = 0
    files: int = 0
    mount: str = ""


class Meter:
    """Counts environments, each by itself and all together."""

    def __init__(self, tell: Tell = nobody) -> None:
        """Begin with nothing; `tell` hears now and then how many files were looked at."""
        self._tell = tell
        self._looked = self._told = 0
        self._total = _Count()

    def add(self, path: str) -> Size:
        """Count everything below `path`, links not followed, and return what it takes by itself."""
        count, total = _Count(), self._total
        top = _folder_status(path)
        pending = []
        if top is not None:
            pending.append(path)
            count.own += _taken(top)
        device = top.st_dev if top else 0
        while pending:
            folder = pending.pop()
            statuses = _listed(folder)
            self._look(len(statuses))
            for entry, status in statuses:
                if status.st_nlink == 1 and not stat.S_ISDIR(status.st_mode):
                    count.files += 1
                    count.own += _taken(status)
                elif not stat.S_ISDIR(status.st_mode):
                    count.files += 1
                    count.link(status)
                    total.link(status)
                elif status.st_dev == device:
                    pending.append(entry.path)
                    count.own += _taken(status)
                else:
                    count.mount = count.mount or entry.path
        total.own += count.own
        total.files += count.files
        total.mount = total.mount or count.mount
        return count.size()

    def total(self) -> Size:
        """Return what everything counted so far takes: what two of them share is own here."""
        return self._total.size()

    def _look(self, number: int) -> None:
        self._looked += number
        if self._looked - self._told >= _TELL_EVERY:
            self._told = self._looked
            self._tell("file", self._looked, 0)


class _Count:
    """Adds up files; those with several names wait until all their names were seen."""

    def __init__(self) -> None:
        self.mount = ""
        self.own = self.files = 0
        # By file: how many of its names were not seen yet, and what it takes.
        self._linked: dict[tuple[int, int], tuple[int, int]] = {}

    def link(self, status: os.stat_result) -> None:
        which = (status.st_dev, status.st_ino)
        missing, taken = self._linked.get(which) or (status.st_nlink, _taken(status))
        self._linked[which] = missing - 1, taken

    def size(self) -> Size:
        own = sum(taken for missing, taken in self._linked.values() if missing <= 0)
        shared = sum(taken for missing, taken in self._linked.values() if missing > 0)
        return Size(self.own + own, shared, self.files, self.mount)


if sys.platform == "win32":

    def _taken(status: os.stat_result) -> int:
        """Return what a file takes on the disk; Windows tells the length only."""
        return status.st_size

else:

    def _taken(status: os.stat_result) -> int:
        """Return what a file takes on the disk."""
        return status.st_blocks * _BLOCK


def _folder_status(path: str) -> os.stat_result | None:
    try:
        status = os.lstat(path)
    except OSError:
        return None
    return status if stat.S_ISDIR(status.st_mode) else None


def _listed(folder: str) -> list[tuple[os.DirEntry[str], os.stat_result]]:
    """Return what is in a folder with the status of each; what cannot be read is left out."""
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        return [(entry, status) for entry in entries if (status := _status(entry)) is not None]
    return []


def _status(entry: os.DirEntry[str]) -> os.stat_result | None:
    try:
        # On Windows the listing itself does not tell the number of links.
        return os.lstat(entry.path) if os.name == "nt" else entry.stat(follow_symlinks=False)
    except OSError:
        return None
