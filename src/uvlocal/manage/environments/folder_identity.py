"""The identity of a directory, independent of its path: how a moved project is recognised.

A directory keeps its inode number when it is moved on its disk. That alone proves nothing: ext4
reuses the number of a removed directory for the next new one, as seen within milliseconds. So the
birth time counts as well; if the file system has none, no directory is recognised.
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

#: How long a disk may take to answer, in seconds: a dead server never does.
PATIENCE = 3.0

#: The maximum number of directories in which a moved project is searched for.
_MOST_FOLDERS = 1000
#: How many known questions a thread gets at once: passing an answer back takes longer than the
#: question itself, and the slowest disk that works still answers in time.
_AT_ONCE = 32


class SilentError(Exception):
    """A disk did not answer in time, or denied access."""


class DeniedError(SilentError):
    """This user may not access a path, so nothing is known about it."""


class Identity(NamedTuple):
    """What stays the same when a directory is moved on its disk.

    `device` and `inode` are as in `os.stat`; the device number may change when the machine
    restarts. `born` is in microseconds since 1970, or 0 if unknown.
    """

    device: int
    inode: int
    born: int

    def is_same(self, other: Identity) -> bool:
        """Return whether both are certainly the same directory."""
        return bool(self.born) and (self.inode, self.born) == (other.inode, other.born)

    def is_still(self, other: Identity) -> bool:
        """Return whether both are the same directory, unmoved, as far as the disk can tell."""
        if self.born and other.born:
            return self.is_same(other)
        return bool(self.inode) and (self.device, self.inode) == (other.device, other.inode)

    def is_other(self, other: Identity) -> bool:
        """Return whether both are certainly different directories on the same disk."""
        born = self.born != other.born and bool(self.born and other.born)
        return self.device == other.device and (self.inode != other.inode or born)


class Disk:
    """The disks that projects are on; every call has a timeout.

    A disk that timed out is not asked again. A path that this user may not look at does not count
    as gone: every method raises `DeniedError` for it (EACCES; EPERM from macOS' privacy rules).
    """

    def __init__(self, patience: float = PATIENCE) -> None:
        self._patience = patience
        self._silent: set[str] = set()
        self._asker: _Asker | None = None
        self._known: dict[tuple[object, object], Any] = {}

    def look_ahead(self, folders: Iterable[tuple[str, str]]) -> None:
        """Prefetch the `identity` of many directories, each with its mount point.

        What a disk does not answer now is asked again later.
        """
        self._prepare(_identity, folders)

    def look_ahead_at(self, paths: Iterable[tuple[str, str]]) -> None:
        """Prefetch the `status` of many paths, like `look_ahead`."""
        self._prepare(_status, paths)

    def _prepare(self, question: Callable[[str], object], paths: Iterable[tuple[str, str]]) -> None:
        by_disk: dict[str, list[str]] = {}
        for path, mount_point in paths:
            if (question, path) not in self._known:
                by_disk.setdefault(mount_point, []).append(path)
        for some in by_disk.values():
            for first in range(0, len(some), _AT_ONCE):
                part = some[first : first + _AT_ONCE]
                answers = self._put(lambda: [_answered(question, one) for one in part])  # noqa: B023 - at once
                if not answers:
                    break
                self._known.update(zip(((question, one) for one in part), answers[0], strict=True))

    def identity(self, path: str, mount_point: str = "") -> Identity | None:
        """Return the identity of the directory at `path`, or None if there is none.

        Raises:
            SilentError: the disk mounted at `mount_point` does not answer.
        """
        return self._ask(path, mount_point, _identity)

    def status(self, path: str, mount_point: str = "") -> os.stat_result | None:
        """Return the status of `path` itself, or None if it does not exist.

        Raises:
            SilentError: the disk mounted at `mount_point` does not answer.
        """
        return self._ask(path, mount_point, _status)

    def folders(self, path: str, mount_point: str = "") -> list[str]:
        """Return the names of the first thousand directories in `path`.

        Raises:
            SilentError: the disk mounted at `mount_point` does not answer.
        """
        return self._ask(path, mount_point, _folders)

    def _ask(self, path: str, mount_point: str, question: Callable[[str], _Answer]) -> _Answer:
        if (question, path) in self._known:
            known: _Answer | PermissionError = self._known[question, path]
            return _granted(known, path)
        # A path below the root directory is on another disk, mounted since.
        disk = mount_point if os.path.dirname(mount_point) != mount_point else path
        if disk in self._silent:
            raise SilentError(disk)
        answers = self._put(lambda: _answered(question, path))
        if not answers:
            self._silent.add(disk)
            raise SilentError(disk)
        return _granted(answers[0], path)

    def _put(self, question: Callable[[], _Answer]) -> list[_Answer]:
        """Return the answer to a question in a list, which is empty after a timeout."""
        if self._asker is None:
            self._asker = _Asker()
        answers = self._asker.ask(question, self._patience)
        if not answers:
            self._asker = None  # it still waits for that disk
        return answers


class _Asker:
    """A thread that accesses the disks, one question at a time, while the caller waits.

    A thread blocked by a dead server must not keep the program from exiting.
    """

    def __init__(self) -> None:
        import queue
        import threading

        self._questions: queue.SimpleQueue[Callable[[], object]] = queue.SimpleQueue()
        self._answers: queue.SimpleQueue[object] = queue.SimpleQueue()
        threading.Thread(target=self._run, daemon=True).start()

    def ask(self, question: Callable[[], object], patience: float) -> list[Any]:
        """Return the answer in a list, which is empty after a timeout."""
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
    """Return the identity of the directory at `path`, or None if there is none or it is denied."""
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


def _answered(question: Callable[[str], _Answer], path: str) -> _Answer | PermissionError:
    """Return the answer, or its exception, to pass it to another thread."""
    try:
        return question(path)
    except PermissionError as error:
        return error


def _granted(answer: _Answer | PermissionError, path: str) -> _Answer:
    if isinstance(answer, PermissionError):
        raise DeniedError(path)
    return answer
