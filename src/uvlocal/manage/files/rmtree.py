"""Remove a folder with all that is in it, and nothing else, whatever is put into it meanwhile.

A shared folder is written by others, at any moment: between a look at a folder and its removal a
link can take its place. `shutil.rmtree` works by descriptors and follows none, where the system has
descriptors of folders (`shutil.rmtree.avoids_symlink_attacks`); Windows has none, and there the
paths are followed once more.
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
    """Remove a file, a link, or a folder with all that is in it; return what went wrong.

    Args:
        path: what is to go; its folder belongs to this user alone, or is given as `folder`.
        folder: the descriptor of a folder; `path` is then a name in it.
    """
    problem = _attempt(path, folder)
    if problem:
        _make_writable(path, folder)
        problem = _attempt(path, folder)
    return problem


def clear(path: str, which: tuple[int, int], last: str) -> str:
    """Remove a folder that others may write to; return what went wrong, or "".

    Args:
        path: where it is.
        which: its device and inode; another folder is left alone, wherever `path` leads by now.
        last: the name in it that goes last.
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
    """Open a folder itself, where a link stands in its place nothing; on Windows yield None."""
    if sys.platform == "win32":
        yield None
        return
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _attempt(path: str, folder: int | None) -> str:
    """Remove what is at a path, as far as that goes; return what went wrong first."""
    problems: list[str] = []

    def note(_: object, __: str, error: BaseException) -> None:
        if not isinstance(error, FileNotFoundError):  # else somebody was faster
            problems.append(_reason(error))

    try:
        if not stat.S_ISDIR(os.lstat(path, dir_fd=folder).st_mode):
            os.unlink(path, dir_fd=folder)
        elif sys.version_info >= (3, 12):
            shutil.rmtree(path, onexc=note, dir_fd=folder)
        else:
            shutil.rmtree(path, onerror=lambda f, p, info: note(f, p, info[1]), dir_fd=folder)
    except (OSError, RecursionError) as error:  # of folders in folders there can be too many
        return _reason(error)
    return next(iter(problems), "")


def _make_writable(path: str, folder: int | None) -> None:
    """Let this user change what is in a folder, and the folder that holds it."""
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
