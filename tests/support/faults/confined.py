"""Keeps what a test writes inside one folder, whatever its random changes come to.

A link that leads out, or a variable that names another place, would otherwise let a test write into
the machine that it runs on: as root nothing stops it. Python tells an audit hook of each write
before it is made (PEP 578), so that a write to another place fails, and the test with it.
"""

from __future__ import annotations

import contextlib
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

#: The events that change what is at a path, and where in their arguments that path stands, with the
#: folder that it is relative to. Source: https://docs.python.org/3/library/audit_events.html
_CHANGES: dict[str, tuple[tuple[int, int], ...]] = {
    "os.link": ((1, 3),),
    "os.mkdir": ((0, 2),),
    "os.remove": ((0, 1),),
    "os.rename": ((0, 2), (1, 3)),
    "os.rmdir": ((0, 1),),
    "os.symlink": ((1, 2),),
}
#: The same of those that follow a link; the path stands first.
_FOLLOWS = ("os.chmod", "os.chown", "os.removexattr", "os.setxattr", "os.truncate", "os.utime")
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
#: Where the program itself writes: byte code, and what nobody will read.
_HARMLESS = ("/__pycache__/", "/dev/null")

_folders: list[str] = []
_found: list[str] = []
_installed: list[bool] = []


@contextlib.contextmanager
def to(folder: str) -> Iterator[None]:
    """Let this process change nothing outside a folder meanwhile.

    Raises:
        AssertionError: it tried to; the change has not been made.
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
    """Refuse a change elsewhere; what catches the refusal is found out at the end."""
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
    """Return whether a path is inside; to make the folder itself once more changes nothing."""
    inside = path.startswith(_folders[-1] + os.sep)
    again = event == "os.mkdir" and path == _folders[-1]
    return inside or again or any(part in path for part in _HARMLESS)


def _is_writing(path: object, flags: object) -> bool:
    """Return whether a file is opened by its name, to be written."""
    return not isinstance(path, int) and isinstance(flags, int) and bool(flags & _WRITES)


def _absolute(path: object, folder: object) -> str:
    """Return an absolute path; a number stands for what it is open on (proc_pid_fd(5))."""
    if isinstance(path, int):
        return _opened(path)
    text = os.fsdecode(path) if isinstance(path, (str, bytes, os.PathLike)) else ""
    above = _opened(folder) if isinstance(folder, int) and folder >= 0 else os.getcwd()
    return os.path.join(above, text)


def _opened(number: int) -> str:
    """Return what a descriptor is open on."""
    if sys.platform == "darwin":
        import fcntl  # noqa: PLC0415 - Windows, where nobody asks, has no such module

        return os.fsdecode(fcntl.fcntl(number, fcntl.F_GETPATH, bytes(1024)).rstrip(b"\0"))
    return os.readlink(f"/proc/self/fd/{number}")
