"""Remove a folder with all that is in it, and nothing else, whatever is put into it meanwhile.

A shared folder is written by others, at any moment: between a look at a folder and its removal a
link can take its place. So a folder is opened, links not followed, and what is in it is removed by
that descriptor (openat(2), unlinkat(2)): that is the folder which was looked at, wherever its name
leads by now. Windows has no such calls; there the paths are followed once more.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import stat
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

#: How many folders are open at once. Further down a folder is moved up first: no nesting, however
#: deep, uses up descriptors, the stack, or the length of a path.
_DEEPEST = 48
#: Opens a folder itself, where a link stands in its place nothing.
_FOLDER = (
    os.O_RDONLY
    | getattr(os, "O_DIRECTORY", 0)
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_CLOEXEC", 0)
)
#: Opens a folder that need not be readable, where the system can.
_WAY = _FOLDER | getattr(os, "O_PATH", 0)


def delete(path: str) -> str:
    """Remove a file, a link, or a folder with all that is in it; return what went wrong.

    The folder in which it is belongs to this user alone.
    """
    if sys.platform == "win32":
        return _delete_by_path(path)
    try:
        above = os.open(os.path.dirname(path), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        return _reason(error)
    try:
        if not _is_folder(os.path.basename(path), above):
            return _attempt(os.unlink, os.path.basename(path), above)
        problem = _empty(os.path.basename(path), above)
        return problem or _attempt(os.rmdir, os.path.basename(path), above)
    except OSError as error:
        return _reason(error)
    finally:
        os.close(above)


def clear(path: str, which: tuple[int, int], last: str) -> str:
    """Remove a folder that others may write to; return what went wrong, "" for nothing.

    Args:
        path: where it is, canonical: a link on the way there is none of the way.
        which: its device and inode; another folder is left alone.
        last: the name in it that goes last.
    """
    if sys.platform == "win32":
        return _clear_by_path(path, last)
    try:
        with _way(os.path.dirname(path)) as above:
            problem = _empty(os.path.basename(path), above, which, last)
            if not problem:
                os.rmdir(os.path.basename(path), dir_fd=above)
            return problem
    except OSError as error:
        return _reason(error)


@contextlib.contextmanager
def _way(path: str) -> Iterator[int]:
    """Open the folder at a canonical path, no link followed on the way."""
    descriptor = os.open(os.sep, _WAY)
    try:
        for name in filter(None, path.split(os.sep)):
            below = os.open(name, _WAY, dir_fd=descriptor)
            os.close(descriptor)
            descriptor = below
        yield descriptor
    finally:
        os.close(descriptor)


def _empty(name: str, above: int, which: tuple[int, int] | None = None, last: str = "") -> str:
    """Remove what is in a folder; return what went wrong."""
    top = _opened(name, above)
    try:
        status = os.fstat(top)
        if which is not None and which != (status.st_dev, status.st_ino):
            return "another folder has taken its place"
        work = _Removal(top)
        for entry in sorted(os.listdir(top), key=lambda entry: (entry == last, entry)):
            work.remove(entry, top, 1)
            work.finish()
        return work.problem
    finally:
        os.close(top)


class _Removal:
    """The removal of what is in the folder `top`; `problem` is what went wrong first."""

    def __init__(self, top: int) -> None:
        self.problem = ""
        self._top = top
        self._moved: list[str] = []

    def remove(self, name: str, folder: int, depth: int) -> None:
        """Remove a name in an open folder."""
        try:
            if not _is_folder(name, folder):
                self._note(_attempt(os.unlink, name, folder))
            elif depth >= _DEEPEST:
                self._move_up(name, folder)
            else:
                self._remove_folder(name, folder, depth)
        except FileNotFoundError:
            pass  # somebody else was faster
        except OSError as error:
            self._note(_reason(error))

    def finish(self) -> None:
        """Remove what was moved up, and what that brings up in turn."""
        while self._moved:
            self.remove(self._moved.pop(), self._top, 1)

    def _remove_folder(self, name: str, folder: int, depth: int) -> None:
        inside = _opened(name, folder)
        try:
            for entry in os.listdir(inside):
                self.remove(entry, inside, depth + 1)
        finally:
            os.close(inside)
        self._note(_attempt(os.rmdir, name, folder))

    def _move_up(self, name: str, folder: int) -> None:
        new = f".uvlocal-{secrets.token_hex(8)}"
        os.rename(name, new, src_dir_fd=folder, dst_dir_fd=self._top)
        self._moved.append(new)

    def _note(self, problem: str) -> None:
        self.problem = self.problem or problem


def _is_folder(name: str, folder: int) -> bool:
    return stat.S_ISDIR(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode)


def _opened(name: str, above: int) -> int:
    """Open a folder; one that may not be read is made readable first."""
    try:
        return os.open(name, _FOLDER, dir_fd=above)
    except PermissionError:
        _make_readable(name, above)
        return os.open(name, _FOLDER, dir_fd=above)


def _make_readable(name: str, above: int) -> None:
    if hasattr(os, "O_PATH"):
        # Linux changes no mode by such a descriptor, but by its name (proc_pid_fd(5)).
        descriptor = os.open(name, _WAY, dir_fd=above)
        try:
            os.chmod(f"/proc/self/fd/{descriptor}", stat.S_IRWXU)
        finally:
            os.close(descriptor)
    else:
        os.chmod(name, stat.S_IRWXU, dir_fd=above, follow_symlinks=False)


def _attempt(function: Callable[..., object], name: str, folder: int) -> str:
    """Remove a name from an open folder; one that is not writable keeps its content."""
    try:
        function(name, dir_fd=folder)
    except FileNotFoundError:
        return ""
    except OSError as error:
        try:
            os.chmod(folder, stat.S_IRWXU)
            function(name, dir_fd=folder)
        except OSError:
            return _reason(error)
    return ""


def _reason(error: BaseException) -> str:
    return str(getattr(error, "strerror", "") or error).lower()


# -- Windows -----------------------------------------------------------------------------------


def _clear_by_path(path: str, last: str) -> str:
    try:
        names = sorted(os.listdir(path), key=lambda name: (name == last, name))
        problems = [_delete_by_path(os.path.join(path, name)) for name in names]
        os.rmdir(path)
    except OSError as error:
        return _reason(error)
    return next(filter(None, problems), "")


def _delete_by_path(path: str) -> str:
    """Remove what is at a path; what is read-only is made writable first."""
    problems: list[str] = []

    def again(function: Callable[..., object], name: str, error: BaseException) -> None:
        if isinstance(error, FileNotFoundError):
            return
        with contextlib.suppress(OSError):
            os.chmod(name, stat.S_IRUSR | stat.S_IWUSR)
        try:
            function(name)
        except OSError as second:
            problems.append(_reason(second))

    try:
        if os.path.islink(path) or not os.path.isdir(path):
            os.unlink(path)
        elif sys.version_info >= (3, 12):
            shutil.rmtree(path, onexc=again)
        else:
            shutil.rmtree(path, onerror=lambda function, name, info: again(function, name, info[1]))
    except OSError as error:
        return _reason(error)
    return next(filter(None, problems), "")
