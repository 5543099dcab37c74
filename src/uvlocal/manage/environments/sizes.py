"""What an environment takes on the disk, counted once for each file however many names it has.

uv links the files of an environment to its cache where it can. Such a file is not freed when
the environment goes: it counts as shared. Copies that the disk itself shares (clones of APFS,
Btrfs, XFS) look like any other file and count in full.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

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

    def __init__(self, tell: Callable[[int], None] | None = None) -> None:
        """Begin with nothing; `tell` hears now and then how many files were looked at."""
        self._tell = tell
        self._looked = 0
        self._total = _Count()

    def add(self, path: str) -> Size:
        """Count everything below `path`, links not followed, and return what it takes by itself."""
        count = _Count()
        top = _folder_status(path)
        pending = []
        if top is not None:
            pending.append(path)
            count.add(top)
            self._total.add(top)
        device = top.st_dev if top else 0
        while pending:
            folder = pending.pop()
            for name, status in _listed(folder):
                self._look()
                inside = os.path.join(folder, name)
                if stat.S_ISDIR(status.st_mode):
                    if status.st_dev == device:
                        pending.append(inside)
                    else:
                        count.mount = count.mount or inside
                        continue
                count.add(status)
                self._total.add(status)
        self._total.mount = self._total.mount or count.mount
        return count.size()

    def total(self) -> Size:
        """Return what everything counted so far takes: what two of them share is own here."""
        return self._total.size()

    def _look(self) -> None:
        self._looked += 1
        if self._tell is not None and self._looked % _TELL_EVERY == 0:
            self._tell(self._looked)


class _Count:
    """Adds up files; those with several names wait until all their names were seen."""

    def __init__(self) -> None:
        self.mount = ""
        self._own = self._files = 0
        self._linked: dict[tuple[int, int], list[int]] = {}

    def add(self, status: os.stat_result) -> None:
        is_folder = stat.S_ISDIR(status.st_mode)
        self._files += not is_folder
        if is_folder or status.st_nlink <= 1:
            self._own += _taken(status)
            return
        missing = self._linked.setdefault(
            (status.st_dev, status.st_ino), [status.st_nlink, _taken(status)]
        )
        missing[0] -= 1

    def size(self) -> Size:
        own = sum(taken for missing, taken in self._linked.values() if missing <= 0)
        shared = sum(taken for missing, taken in self._linked.values() if missing > 0)
        return Size(self._own + own, shared, self._files, self.mount)


def _taken(status: os.stat_result) -> int:
    """Return what a file takes on the disk; Windows tells the length only."""
    blocks: int | None = getattr(status, "st_blocks", None)
    return status.st_size if blocks is None else blocks * _BLOCK


def _folder_status(path: str) -> os.stat_result | None:
    try:
        status = os.lstat(path)
    except OSError:
        return None
    return status if stat.S_ISDIR(status.st_mode) else None


def _listed(folder: str) -> list[tuple[str, os.stat_result]]:
    """Return the names in a folder with the status of each; what cannot be read is left out."""
    found = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                try:
                    # On Windows the listing itself does not tell the number of links.
                    status = (
                        os.lstat(entry.path)
                        if os.name == "nt"
                        else entry.stat(follow_symlinks=False)
                    )
                except OSError:
                    continue
                found.append((entry.name, status))
    except OSError:
        pass
    return found
