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
    from collections.abc import Callable

_Answer = TypeVar("_Answer")

#: How long a disk may take to say what is at a path, in seconds: a dead server never answers.
PATIENCE = 3.0

#: The most folders that are looked at where a moved project is looked for.
_MOST_FOLDERS = 1000


class SilentError(Exception):
    """A disk that did not answer in time, or not to this user."""


class DeniedError(SilentError):
    """A place that this user may not look at: what is there is not known."""


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
    """The disks that projects lie on; every question has to be answered in time.

    What did not answer once is not asked again. What this user may not look at is not taken for
    gone: every method raises `DeniedError` there (EACCES; EPERM from macOS' privacy rules).
    """

    def __init__(self, patience: float = PATIENCE) -> None:
        """Begin without a disk known to be silent."""
        self._patience = patience
        self._silent: set[str] = set()
        self._asker: _Asker | None = None

    def identity(self, path: str, mount_point: str = "") -> Identity | None:
        """Return which folder is at `path`, None where none is.

        Raises:
            SilentError: the disk mounted at `mount_point` does not answer.
        """
        return self._ask(path, mount_point, lambda: _identity(path))

    def status(self, path: str, mount_point: str = "") -> os.stat_result | None:
        """Return the status of `path` itself, None where nothing is.

        Raises:
            SilentError: the disk mounted at `mount_point` does not answer.
        """
        return self._ask(path, mount_point, lambda: _status(path))

    def folders(self, path: str, mount_point: str = "") -> list[str]:
        """Return the names of the folders in `path`, the first thousand.

        Raises:
            SilentError: the disk mounted at `mount_point` does not answer.
        """
        return self._ask(path, mount_point, lambda: _folders(path))

    def statuses(self, paths: list[str], mount_point: str = "") -> list[os.stat_result | None]:
        """Return the status of each path on one disk, as `status` does.

        Raises:
            SilentError: the disk mounted at `mount_point` does not answer.
        """
        return self._ask(paths[0], mount_point, lambda: [_status(path) for path in paths])

    def _ask(self, path: str, mount_point: str, question: Callable[[], _Answer]) -> _Answer:
        # What hangs below the root directory is another disk, mounted since.
        disk = mount_point if os.path.dirname(mount_point) != mount_point else path
        if disk in self._silent:
            raise SilentError(disk)
        if self._asker is None:
            self._asker = _Asker()
        answers = self._asker.ask(lambda: _answered(question), self._patience)
        if not answers:
            self._silent.add(disk)
            self._asker = None  # it waits for that disk
            raise SilentError(disk)
        answer: _Answer | PermissionError = answers[0]
        if isinstance(answer, PermissionError):
            raise DeniedError(path)
        return answer


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
    """Return which folder is at `path`, None where none is, or where nobody may look."""
    try:
        return _identity(path)
    except PermissionError:
        return None


def _identity(path: str) -> Identity | None:
    try:
        status = os.stat(path)
        if not stat.S_ISDIR(status.st_mode):
            return None
        return Identity(status.st_dev, status.st_ino, native.born(path))
    except PermissionError:
        raise
    except (OSError, ValueError):
        return None


def _status(path: str) -> os.stat_result | None:
    try:
        return os.lstat(path)
    except PermissionError:
        raise
    except (OSError, ValueError):
        return None


def _folders(path: str) -> list[str]:
    try:
        with os.scandir(path) as entries:
            found = (entry.name for entry in entries if entry.is_dir(follow_symlinks=False))
            return sorted(itertools.islice(found, _MOST_FOLDERS))
    except PermissionError:
        raise
    except OSError:
        return []


def _answered(question: Callable[[], _Answer]) -> _Answer | PermissionError:
    """Return the answer, or that it was refused, so that one thread can hand it to another."""
    try:
        return question()
    except PermissionError as error:
        return error
