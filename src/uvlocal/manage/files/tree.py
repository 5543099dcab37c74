"""What lies in a folder: read without following links, and without fetching what was evicted.

Sync clients can keep a file's name here and its content in the cloud. Asking such a file for its
status costs nothing; opening it, or listing such a folder, fetches it and may take long. So what
was evicted is counted and left alone.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import stat
import time
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

#: The most that is read of one file, in bytes: what says where a package came from is short.
_READ_LIMIT = 1024 * 1024
#: BSD flags of macOS (`sys/stat.h`): hidden from people, and content not here.
UF_HIDDEN = 0x8000
SF_DATALESS = 0x40000000
#: Attributes of Windows: content not here (offline), fetched on open, fetched on access.
#: https://learn.microsoft.com/windows/win32/fileio/file-attribute-constants
_RECALLED = 0x1000 | 0x40000 | 0x400000
#: A junction of Windows, which leads elsewhere as a link does (`IO_REPARSE_TAG_MOUNT_POINT`).
_JUNCTION = 0xA0000003


class Entry(NamedTuple):
    """One name in a folder; `kind` is `file`, `folder`, `link` or `other`, `size` in bytes.

    `hidden` is macOS' flag, `evicted` says that the content is in the cloud alone.
    """

    name: str
    kind: str
    size: int = 0
    hidden: bool = False
    evicted: bool = False


class Tally(NamedTuple):
    """What a folder holds in sum.

    `folders` are the paths of those that are here, `files` is the number of all else, `bytes` the
    sizes of the files. `hidden` counts hidden `.pth` files of packages, `evicted` what is in the
    cloud alone.
    """

    names: list[str]
    folders: list[str]
    files: int
    bytes: int
    hidden: int = 0
    evicted: int = 0

    @classmethod
    def of(cls, entries: list[Entry], folder: str) -> Tally:
        """Return the sum of what a folder holds."""
        in_packages = os.path.basename(folder) in ("site-packages", "dist-packages")
        folders = [entry for entry in entries if entry.kind == "folder"]
        return cls(
            [entry.name for entry in entries],
            [os.path.join(folder, entry.name) for entry in folders if not entry.evicted],
            len(entries) - len(folders),
            sum(entry.size for entry in entries if entry.kind == "file"),
            sum(in_packages and _is_hidden_pth(entry) for entry in entries),
            sum(entry.evicted for entry in entries),
        )


class Files:
    """The seam to the disk: lists a folder. Tests give one that is made of a dictionary."""

    def entries(self, folder: str, *, sizes: bool) -> list[Entry]:
        """Return what a folder holds, in no order; nothing where it cannot be read.

        Args:
            folder: the folder, which the caller knows to be none that was evicted.
            sizes: whether sizes and flags of files are wanted; they cost a call for each.
        """
        with contextlib.suppress(OSError), os.scandir(folder) as listing:
            return [_entry(entry, sizes=sizes) for entry in listing]
        return []

    def tally(self, folder: str) -> Tally:
        """Return what a folder holds in sum: names, folders and sizes, as `entries` has them."""
        if _HAS_FLAGS or type(self) is not Files:
            return Tally.of(self.entries(folder, sizes=True), folder)
        # Without flags there is little to look at: not one object for each of many files.
        names: list[str] = []
        folders: list[str] = []
        size = 0
        with contextlib.suppress(OSError), os.scandir(folder) as listing:
            for entry in listing:
                names.append(entry.name)
                try:
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(entry.path)
                    elif entry.is_file(follow_symlinks=False):
                        size += entry.stat(follow_symlinks=False).st_size
                except OSError:
                    continue  # gone since, or not for us
        return Tally(names, folders, len(names) - len(folders), size)

    def status(self, path: str) -> os.stat_result | None:
        """Return the status of `path` itself, links not followed, or None."""
        try:
            return os.lstat(path)
        except (OSError, ValueError):
            return None

    def read(self, path: str) -> bytes:
        """Return the content of a file that `status` showed to be a file and here, or b"".

        By now it may be a link or a FIFO: the first is not followed, the second not waited for.
        """
        flags = (getattr(os, name, 0) for name in ("O_NONBLOCK", "O_NOFOLLOW", "O_BINARY"))
        try:
            with open(os.open(path, os.O_RDONLY | sum(flags)), "rb") as file:
                is_file = stat.S_ISREG(os.fstat(file.fileno()).st_mode)
                return file.read(_READ_LIMIT) if is_file else b""
        except (OSError, ValueError):
            return b""


#: Whether a folder's own status tells more than its name does. Asking is a call for each folder.
_HAS_FLAGS = hasattr(os.stat_result, "st_flags") or hasattr(os.stat_result, "st_file_attributes")


def _is_hidden_pth(entry: Entry) -> bool:
    return entry.hidden and entry.kind != "folder" and entry.name.endswith(".pth")


def _entry(entry: os.DirEntry[str], *, sizes: bool) -> Entry:
    try:
        if not sizes and not _HAS_FLAGS:
            kind = "folder" if entry.is_dir(follow_symlinks=False) else "file"
            return Entry(entry.name, "link" if entry.is_symlink() else kind)
        return describe(entry.name, entry.stat(follow_symlinks=False))
    except OSError:
        return Entry(entry.name, "other")  # gone since, or not for us


def describe(name: str, status: os.stat_result) -> Entry:
    """Return what a status says of the entry `name`."""
    flags: int = getattr(status, "st_flags", 0)
    attributes: int = getattr(status, "st_file_attributes", 0)
    return Entry(
        name,
        _kind(status),
        status.st_size,
        hidden=bool(flags & UF_HIDDEN),
        evicted=bool(flags & SF_DATALESS or attributes & _RECALLED),
    )


def _kind(status: os.stat_result) -> str:
    if stat.S_ISLNK(status.st_mode) or getattr(status, "st_reparse_tag", 0) == _JUNCTION:
        return "link"
    if stat.S_ISDIR(status.st_mode):
        return "folder"
    return "file" if stat.S_ISREG(status.st_mode) else "other"


class Budget:
    """How much may be looked at; the search ends where it is spent, and says so.

    `spent` is "" or what ran out: `entries`, `time` or `depth`. Depth alone ends only the branch.
    """

    def __init__(
        self,
        entries: int,
        seconds: float,
        depth: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Start the clock."""
        self.entries = entries
        self.depth = depth
        self.spent = ""
        self._clock = clock
        self._end = clock() + seconds

    def allows(self) -> bool:
        """Return whether one more folder may be listed."""
        if self.entries <= 0:
            self.spent = "entries"
        elif self._clock() >= self._end:
            self.spent = "time"
        return self.spent in ("", "depth")

    def seconds(self) -> float:
        """Return how many seconds are left."""
        return self._end - self._clock()

    def allows_depth(self, depth: int) -> bool:
        """Return whether a folder so far below the start may be listed."""
        if depth <= self.depth:
            return True
        self.spent = self.spent or "depth"
        return False


class Cost(NamedTuple):
    """What an environment costs where it lies.

    Attributes:
        files: everything but folders; each name counts, since a sync client sends each.
        bytes: the files' sizes as a client sends them, not the blocks on the disk.
        hidden: `.pth` files with macOS' hidden flag: Python skips them.
        conflicts: copies that a sync client made of files or folders that two machines wrote.
        evicted: files and folders whose content is in the cloud alone.
        complete: False where the budget ended the count.
    """

    files: int = 0
    bytes: int = 0
    hidden: int = 0
    conflicts: int = 0
    evicted: int = 0
    complete: bool = True


def measure(folder: str, reader: Files, budget: Budget) -> Cost:
    """Return what everything below `folder` costs; links are counted, not followed."""
    files = size = hidden = conflicts = evicted = 0
    pending = [folder]
    while pending and budget.allows():
        found = reader.tally(pending.pop())
        budget.entries -= len(found.names) + 1
        pending += found.folders
        files += found.files
        size += found.bytes
        hidden += found.hidden
        evicted += found.evicted
        together = "\n".join(found.names)
        if " " in together or "conflict" in together.lower():
            conflicts += sum(map(is_conflict, found.names, itertools.repeat(set(found.names))))
    return Cost(files, size, hidden, conflicts, evicted, complete=not pending)


def is_conflict(name: str, names: set[str]) -> bool:
    """Return whether `name` is a copy that a sync client made beside the original.

    iCloud writes `x 2.py`, Google Drive `x (1).py`, Syncthing `x.sync-conflict-20240131-….py`,
    Dropbox and Nextcloud `x (… conflicted copy …).py`. A number alone proves nothing, so there
    the original must lie beside it, among `names`.
    """
    lower = name.lower()
    if ".sync-conflict-" in lower or "conflicted copy" in lower:
        return True
    # `certifi-2026.10.18 2.dist-info`: the number is before the last or the only extension, and a
    # folder without an extension has it at its end.
    for cut in (name.rfind("."), len(name)):
        stem, space, number = name[: max(cut, 0)].rpartition(" ")
        if space and _is_count(number) and stem + name[cut:] in names:
            return True
    return False


def _is_count(text: str) -> bool:
    if text.startswith("(") and text.endswith(")"):
        text = text[1:-1]
    return text.isascii() and text.isdigit() and len(text) <= 3  # noqa: PLR2004 - a small number
