"""Confine the writes of a test to one directory, whatever its random changes do.

A symlink out of it, or a variable with another path, could otherwise make a test write to the
machine that it runs on, and nothing stops root. Python calls an audit hook before each write (PEP
578), so a write to another place fails, and the test with it.
"""

from __future__ import annotations

import contextlib
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

#: The events that change a path, and the positions of the path and of the directory that it is
#: relative to in their arguments. Source: https://docs.python.org/3/library/audit_events.html
_CHANGES: dict[str, tuple[tuple[int, int], ...]] = {
    "os.link": ((1, 3),),
    "os.mkdir": ((0, 2),),
    "os.remove": ((0, 1),),
    "os.rename": ((0, 2), (1, 3)),
    "os.rmdir": ((0, 1),),
    "os.symlink": ((1, 2),),
}
#: The events that follow a symlink; the path is the first argument.
_FOLLOWS = ("os.chmod", "os.chown", "os.removexattr", "os.setxattr", "os.truncate", "os.utime")
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
#: Where the program itself writes: bytecode, and `/dev/null`.
_HARMLESS = ("/__pycache__/", "/dev/null")

_folders: list[str] = []
_found: list[str] = []
_installed: list[bool] = []


@contextlib.contextmanager
def to(folder: str) -> Iterator[None]:
    """Prevent this process from changing anything outside a directory.

    Raises:
        AssertionError: it tried to; the change was not made.
    """
    if not _installed:
        _installed.append(True)
        sys.addaudithook(_look)
    _folders.append(os.path.realpath(folder))
    try:
        yield
    finally:
        _folders.pop()
        found = _found.copy()
        _found.clear()
    assert not found, found


def _look(event: str, arguments: tuple[object, ...]) -> None:
    """Refuse a change elsewhere; if the code catches the error, it is reported at the end."""
    if not _folders:
        return
    paths = []
    if event in _CHANGES:
        for at, folder in _CHANGES[event]:
            above, name = os.path.split(_absolute(arguments[at], arguments[folder]))
            paths.append(os.path.join(os.path.realpath(above), name))
    elif event in _FOLLOWS or (event == "open" and _is_writing(arguments[0], arguments[2])):
        paths.append(os.path.realpath(_absolute(arguments[0], -1)))
    for path in paths:
        if not _is_allowed(event, path):
            _found.append(f"{event} {path}")
            raise AssertionError(_found[-1])


def _is_allowed(event: str, path: str) -> bool:
    """Return whether a path is inside; creating the existing directory itself is fine too."""
    inside = path.startswith(_folders[-1] + os.sep)
    again = event == "os.mkdir" and path == _folders[-1]
    return inside or again or any(part in path for part in _HARMLESS)


def _is_writing(path: object, flags: object) -> bool:
    """Return whether a file is opened by its name for writing."""
    return not isinstance(path, int) and isinstance(flags, int) and bool(flags & _WRITES)


def _absolute(path: object, folder: object) -> str:
    """Return an absolute path; a number is a descriptor (proc_pid_fd(5))."""
    if isinstance(path, int):
        return _opened(path)
    text = os.fsdecode(path) if isinstance(path, (str, bytes, os.PathLike)) else ""
    above = _opened(folder) if isinstance(folder, int) and folder >= 0 else os.getcwd()
    return os.path.join(above, text)


def _opened(number: int) -> str:
    """Return the path of a descriptor."""
    if sys.platform == "darwin":
        import fcntl  # noqa: PLC0415 - Windows does not have it, or need it

        return os.fsdecode(fcntl.fcntl(number, fcntl.F_GETPATH, bytes(1024)).rstrip(b"\0"))
    return os.readlink(f"/proc/self/fd/{number}")
