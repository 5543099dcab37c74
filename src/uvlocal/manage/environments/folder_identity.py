"""Which folder this is, whatever it is called: how a moved project is known again.

A folder keeps its inode number when it is moved on its disk. That alone proves nothing: ext4 gives
the number of a removed folder to the next new one, seen after a few milliseconds. So the time of
the folder's birth counts as well; where the file system does not tell it, no folder is recognised.
"""

from __future__ import annotations

import itertools
import os
import stat
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from uvlocal.shim.machine import native

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_Answer = TypeVar("_Answer")
_Place = TypeVar("_Place")

#: How long a disk may take to say what is at a path, in seconds: a dead server never answers.
PATIENCE = 3.0

#: The most folders that are looked at where a moved project is looked for.
_MOST_FOLDERS = 1000
#: How many questions are put at once where many are known beforehand: a thread's answer takes
#: longer than what it does for it, and the slowest disk that answers still does so in time.
_AT_ONCE = 16


class SilentError(Exception):
    """A disk that did not answer in time."""


class Identity(NamedTuple):
    """What a folder keeps when it is moved on its disk.

    `device` and `inode` are as in `os.stat`; the device's number may be another after the next
    start of the machine. `born` is in microseconds since 1970, 0 where the disk does not tell.
    """

    device: int
    inode: int
    born: int

    def is_same(self, other: Identity) -> bool:
        """Return whether both are certainly one folder."""
        return bool(self.born) and (self.inode, self.born) == (other.inode, other.born)

    def is_still(self, other: Identity) -> bool:
        """Return whether both are one folder that nobody moves, as far as its disk tells."""
        if self.born and other.born:
            return self.is_same(other)
        return bool(self.inode) and (self.device, self.inode) == (other.device, other.inode)

    def is_other(self, other: Identity) -> bool:
        """Return whether both are certainly two folders, seen on one disk."""
        born = self.born != other.born and bool(self.born and other.born)
        return self.device == other.device and (self.inode != other.inode or born)


class Disk:
    """The disks that projects are on; every question has to be answered in time.

    What did not answer once is not asked again.
    """

    def __init__(self, patience: float = PATIENCE) -> None:
        self._patience = patience
        self._silent: set[str] = set()
        self._asker: _Asker | None = None
        self._known: dict[tuple[object, object], Any] = {}

    def look_ahead(self, folders: Iterable[tuple[str, str]]) -> None:
        """Look at many folders, each with its mount point, whose `identity` is asked for next.

        Whatever a disk does not answer now, it is asked once more then.
        """
        self._prepare(identity_of, folders)

    def look_ahead_at(self, files: Iterable[tuple[tuple[str, ...], str]]) -> None:
        """Look at groups of files, as `look_ahead` does, for `statuses`."""
        self._prepare(_statuses, files)

    def _prepare(
        self, question: Callable[[_Place], object], places: Iterable[tuple[_Place, str]]
    ) -> None:
        by_disk: dict[str, list[_Place]] = {}
        for place, mount_point in places:
            by_disk.setdefault(mount_point, []).append(place)
        for some in by_disk.values():
            for first in range(0, len(some), _AT_ONCE):
                part = some[first : first + _AT_ONCE]
                answers = self._put(lambda: [question(one) for one in part])  # noqa: B023 - at once
                if not answers:
                    break
                self._known.update(zip(((question, one) for one in part), answers[0], strict=True))

    def identity(self, path: str, mount_point: str = "") -> Identity | None:
        """Return which folder is at `path`, or None if none is.

        Raises:
            SilentError: the disk mounted at `mount_point` does not answer.
        """
        return self._ask(path, mount_point, identity_of, path)

    def status(self, path: str, mount_point: str = "") -> os.stat_result | None:
        """Return the status of `path` itself, or None if nothing is.

        Raises:
            SilentError: the disk mounted at `mount_point` does not answer.
        """
        return self._ask(path, mount_point, _status, path)

    def folders(self, path: str, mount_point: str = "") -> list[str]:
        """Return the names of the folders in `path`, the first thousand.

        Raises:
            SilentError: the disk mounted at `mount_point` does not answer.
        """
        return self._ask(path, mount_point, _folders, path)

    def statuses(
        self, paths: tuple[str, ...], mount_point: str = ""
    ) -> list[os.stat_result | None]:
        """Return the status of each path on one disk, as `status` does.

        Raises:
            SilentError: the disk mounted at `mount_point` does not answer.
        """
        return self._ask(paths[0], mount_point, _statuses, paths)

    def _ask(
        self, path: str, mount_point: str, question: Callable[[_Place], _Answer], place: _Place
    ) -> _Answer:
        if (question, place) in self._known:
            known: _Answer = self._known[question, place]
            return known
        # What hangs below the root directory is another disk, mounted since.
        disk = mount_point if os.path.dirname(mount_point) != mount_point else path
        if disk in self._silent:
            raise SilentError(disk)
        answers = self._put(lambda: question(place))
        if not answers:
            self._silent.add(disk)
            raise SilentError(disk)
        return answers[0]

    def _put(self, question: Callable[[], _Answer]) -> list[_Answer]:
        """Return the answer to a question in a list, which is empty where there is none in time."""
        if self._asker is None:
            self._asker = _Asker()
        answers = self._asker.ask(question, self._patience)
        if not answers:
            self._asker = None  # it waits for that disk
        return answers


class _Asker:
    """A thread that asks the disks, one question after the other, while the caller waits.

    A thread that a dead server holds must not hold up the end of the program.
    """

    def __init__(self) -> None:
        import queue
        import threading

        self._questions: queue.SimpleQueue[Callable[[], object]] = queue.SimpleQueue()
        self._answers: queue.SimpleQueue[object] = queue.SimpleQueue()
        threading.Thread(target=self._run, daemon=True).start()

    def ask(self, question: Callable[[], object], patience: float) -> list[Any]:
        """Return the answer in a list, which is empty where there is none in time."""
        import queue

        self._questions.put(question)
        try:
            return [self._answers.get(timeout=patience)]
        except queue.Empty:
            return []

    def _run(self) -> None:
        while True:
            self._answers.put(self._questions.get()())


def identity_of(path: str) -> Identity | None:
    """Return which folder is at `path`, or None if none is."""
    try:
        status = os.stat(path)
        if not stat.S_ISDIR(status.st_mode):
            return None
        return Identity(status.st_dev, status.st_ino, native.born(path))
    except (OSError, ValueError):
        return None


def _status(path: str) -> os.stat_result | None:
    try:
        return os.lstat(path)
    except (OSError, ValueError):
        return None


def _statuses(paths: tuple[str, ...]) -> list[os.stat_result | None]:
    return [_status(path) for path in paths]


def _folders(path: str) -> list[str]:
    try:
        with os.scandir(path) as entries:
            found = (entry.name for entry in entries if entry.is_dir(follow_symlinks=False))
            return sorted(itertools.islice(found, _MOST_FOLDERS))
    except OSError:
        return []
