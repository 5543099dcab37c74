"""List directories without following symlinks, and without downloading evicted files.

Sync clients can keep only a file's name here, and its content in the cloud. The status of such a
file is cheap to read; opening it, or listing such a folder, downloads it and may take long. So
evicted files are counted, but never opened.
"""

from __future__ import annotations

import itertools
import os
import stat
import time
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

#: The size limit of a file, in bytes: a package's origin is short.
_READ_LIMIT = 1024 * 1024
#: BSD flags of macOS (`sys/stat.h`): hidden, and evicted.
UF_HIDDEN = 0x8000
SF_DATALESS = 0x40000000
#: Attributes of Windows: content not here (offline), fetched on open, fetched on access.
#: https://learn.microsoft.com/windows/win32/fileio/file-attribute-constants
_RECALLED = 0x1000 | 0x40000 | 0x400000
#: A junction on Windows, which works like a symlink (`IO_REPARSE_TAG_MOUNT_POINT`).
_JUNCTION = 0xA0000003


class Entry(NamedTuple):
    """A directory entry; `kind` is `file`, `folder`, `link` or `other`, `size` in bytes.

    `hidden` is macOS' flag, `evicted` says that the content is only in the cloud.
    """

    name: str
    kind: str
    size: int = 0
    hidden: bool = False
    evicted: bool = False


class Tally(NamedTuple):
    """The summary of a directory.

    `folders` are the paths of its directories except evicted ones, `files` is the number of all
    other entries, `bytes` the total size of the files. `hidden` is the number of hidden `.pth`
    files of packages, `evicted` the number of entries whose content is only in the cloud.
    """

    names: list[str]
    folders: list[str]
    files: int
    bytes: int
    hidden: int = 0
    evicted: int = 0

    @classmethod
    def of(cls, entries: list[Entry], folder: str) -> Tally:
        """Return the summary of a directory with these entries."""
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
    """The interface to the disk, which tests replace by a dictionary.

    `unread` is the number of unreadable directories.
    """

    unread = 0

    def entries(self, folder: str, *, sizes: bool) -> list[Entry]:
        """Return the entries of a directory, in any order; none if it cannot be read.

        Args:
            folder: the directory, which the caller knows is not evicted.
            sizes: whether to get sizes and flags of files, which costs a call for each.
        """
        try:
            with os.scandir(folder) as listing:
                return [_entry(entry, sizes=sizes) for entry in listing]
        except (FileNotFoundError, NotADirectoryError):
            pass  # gone since
        except OSError:
            self.unread += 1
        return []

    def tally(self, folder: str) -> Tally:
        """Return the summary of a directory; an empty one if it cannot be read."""
        if _HAS_FLAGS or type(self) is not Files:
            return Tally.of(self.entries(folder, sizes=True), folder)
        # Without flags there is no need for an object for each file.
        names: list[str] = []
        folders: list[str] = []
        size = 0
        try:
            with os.scandir(folder) as listing:
                for entry in listing:
                    names.append(entry.name)
                    try:
                        if entry.is_dir(follow_symlinks=False):
                            folders.append(entry.path)
                        elif entry.is_file(follow_symlinks=False):
                            size += entry.stat(follow_symlinks=False).st_size
                    except OSError:
                        continue  # removed since, or not readable
        except (FileNotFoundError, NotADirectoryError):
            pass  # gone since
        except OSError:
            self.unread += 1
        return Tally(names, folders, len(names) - len(folders), size)

    def status(self, path: str) -> os.stat_result | None:
        """Return the status of `path` itself, not following symlinks, or None."""
        try:
            return os.lstat(path)
        except (OSError, ValueError):
            return None

    def read(self, path: str) -> bytes:
        """Return the content of a regular file that is not evicted, or b"".

        By now it may be a symlink or a FIFO, which is not followed or waited for.
        """
        flags = (getattr(os, name, 0) for name in ("O_NONBLOCK", "O_NOFOLLOW", "O_BINARY"))
        try:
            with open(os.open(path, os.O_RDONLY | sum(flags)), "rb") as file:
                is_file = stat.S_ISREG(os.fstat(file.fileno()).st_mode)
                return file.read(_READ_LIMIT) if is_file else b""
        except (OSError, ValueError):
            return b""


#: Whether a directory's status has flags, which costs a call for each directory.
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
        return Entry(entry.name, "other")  # removed since, or not readable


def describe(name: str, status: os.stat_result) -> Entry:
    """Return the entry `name` from its status."""
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
    """The limits of a search.

    `spent` is "" or the limit reached: `entries`, `time` or `depth`. The depth limit only ends a
    branch.
    """

    def __init__(
        self,
        entries: int,
        seconds: float,
        depth: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.entries = entries
        self.depth = depth
        self.spent = ""
        self._clock = clock
        self._end = clock() + seconds

    def allows(self) -> bool:
        """Return whether another directory may be listed."""
        if self.entries <= 0:
            self.spent = "entries"
        elif self._clock() >= self._end:
            self.spent = "time"
        return self.spent in ("", "depth")

    def seconds(self) -> float:
        """Return the remaining seconds."""
        return self._end - self._clock()

    def allows_depth(self, depth: int) -> bool:
        """Return whether a directory at this depth may be listed."""
        if depth <= self.depth:
            return True
        self.spent = self.spent or "depth"
        return False


class Cost(NamedTuple):
    """What an environment costs in its place.

    Attributes:
        files: everything except directories; each link counts, as a sync client sends each.
        bytes: the lengths of the files, which a client sends, not the blocks on disk.
        hidden: `.pth` files with macOS' hidden flag, which Python skips.
        conflicts: copies that a sync client made of files or directories that two machines changed.
        evicted: files and directories whose content is only in the cloud.
        complete: False if a limit ended the count, or something could not be read.
        unread: the number of unreadable directories.
    """

    files: int = 0
    bytes: int = 0
    hidden: int = 0
    conflicts: int = 0
    evicted: int = 0
    complete: bool = True
    unread: int = 0


def measure(folder: str, reader: Files, budget: Budget) -> Cost:
    """Return the cost of everything below `folder`; symlinks are counted, not followed.

    The unreadable directories count in the cost, not in `reader.unread`.
    """
    files = size = hidden = conflicts = evicted = 0
    pending = [folder]
    before = reader.unread
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
    unread = reader.unread - before
    reader.unread = before
    return Cost(
        files, size, hidden, conflicts, evicted, complete=not pending and not unread, unread=unread
    )


def is_conflict(name: str, names: set[str]) -> bool:
    """Return whether `name` is a copy that a sync client made beside the original.

    iCloud writes `x 2.py`, Google Drive `x (1).py`, Syncthing `x.sync-conflict-20240131-….py`,
    Dropbox and Nextcloud `x (… conflicted copy …).py`. A number alone proves nothing, so then the
    original must be beside it, among `names`.
    """
    lower = name.lower()
    if ".sync-conflict-" in lower or "conflicted copy" in lower:
        return True
    # `certifi-2026.10.18 2.dist-info`: the number is before the last or the only extension, or at
    # the end of a directory name without an extension.
    for cut in (name.rfind("."), len(name)):
        stem, space, number = name[: max(cut, 0)].rpartition(" ")
        if space and _is_count(number) and stem + name[cut:] in names:
            return True
    return False


def _is_count(text: str) -> bool:
    if text.startswith("(") and text.endswith(")"):
        text = text[1:-1]
    return text.isascii() and text.isdigit() and len(text) <= 3  # noqa: PLR2004 - a small number
