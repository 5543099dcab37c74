"""Remove a directory tree, and nothing else, even if others write to it at the same time.

Others may write to a shared folder at any moment: between a check of a directory and its removal, a
symlink can replace it. `shutil.rmtree` uses descriptors and follows no symlinks if the system has
descriptors of directories (`shutil.rmtree.avoids_symlink_attacks`); Windows has none, so there
paths are resolved again.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


def delete(path: str, folder: int | None = None) -> str:
    """Remove a file, a symlink, or a directory tree; return what went wrong.

    Args:
        path: the path to remove; its parent is private, or given as `folder`.
        folder: the descriptor of a directory; `path` is then a name in it.
    """
    problem = _attempt(path, folder)
    if problem:
        _make_writable(path, folder)
        problem = _attempt(path, folder)
    return problem


def clear(path: str, which: tuple[int, int], last: str) -> str:
    """Remove a directory that others may write to; return what went wrong, or "".

    Args:
        path: the directory.
        which: its device and inode; if `path` is another directory by now, it is left alone.
        last: the name in it to remove last.
    """
    try:
        with _opened(path) as folder:
            status = os.lstat(path) if folder is None else os.fstat(folder)
            if which != (status.st_dev, status.st_ino):
                return "another directory has replaced it"
            names = os.listdir(path if folder is None else folder)
            problems = [
                delete(os.path.join(path, name) if folder is None else name, folder)
                for name in sorted(names, key=lambda name: (name == last, name))
            ]
        os.rmdir(path)
    except OSError as error:
        return _reason(error)
    return next(filter(None, problems), "")


@contextlib.contextmanager
def _opened(path: str) -> Iterator[int | None]:
    """Open a directory, but not through a symlink; on Windows yield None."""
    if sys.platform == "win32":
        yield None
        return
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _attempt(path: str, folder: int | None) -> str:
    """Remove a path as far as possible; return the first error."""
    problems: list[str] = []

    def note(_: object, __: str, error: BaseException) -> None:
        if not isinstance(error, FileNotFoundError):  # else someone else removed it
            problems.append(_reason(error))

    try:
        if not stat.S_ISDIR(os.lstat(path, dir_fd=folder).st_mode):
            os.unlink(path, dir_fd=folder)
        elif sys.version_info >= (3, 12):
            shutil.rmtree(path, onexc=note, dir_fd=folder)
        else:
            shutil.rmtree(path, onerror=lambda f, p, info: note(f, p, info[1]), dir_fd=folder)
    except (OSError, RecursionError) as error:  # directories may be nested too deeply
        return _reason(error)
    return next(iter(problems), "")


def _make_writable(path: str, folder: int | None) -> None:
    """Make a directory and its parent writable for this user."""
    with contextlib.suppress(OSError, RecursionError):
        if sys.platform == "win32":
            for above, folders, files in os.walk(path):
                for name in (*folders, *files):
                    os.chmod(os.path.join(above, name), stat.S_IRUSR | stat.S_IWUSR)
            return
        if folder is not None:
            os.fchmod(folder, stat.S_IRWXU)
        for *_, descriptor in os.fwalk(path, dir_fd=folder):
            os.fchmod(descriptor, stat.S_IRWXU)


def _reason(error: BaseException) -> str:
    return str(getattr(error, "strerror", "") or error).lower()
