"""Write files whole or not at all, and take away what a writer left that was killed.

A file is written beside its place, under a name that tells by which process. Whoever writes there
next removes the drafts of processes that are gone.
"""

from __future__ import annotations

import contextlib
import os
import re
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

#: How the name of a file begins that is not finished.
PREFIX = ".new-"
#: The whole name: with the number of the process that writes it.
_NAME = re.compile(re.escape(PREFIX) + r"([0-9]+)-[0-9a-f]{8}")


def replace(path: str, content: bytes, mode: int = 0o600) -> None:
    """Write a file so that a reader sees the old content or the new, never a part.

    Raises:
        OSError: the folder cannot be written.
    """
    with made(path, content) as draft:
        os.chmod(draft, mode)
        os.replace(draft, path)


def rewrite(path: str, content: bytes) -> None:
    """Put other content into a file, which keeps its mode, owner and attributes, in one step.

    Raises:
        OSError: there is no such file, or its folder cannot be written.
    """
    import shutil

    status = os.stat(path)
    with made(path, content) as draft:
        shutil.copystat(path, draft)
        os.utime(draft)
        if sys.platform != "win32":
            with contextlib.suppress(OSError):  # only root may give files away
                os.chown(draft, status.st_uid, status.st_gid)
        os.replace(draft, path)


def create(path: str, content: bytes) -> None:
    """Write a file, with the usual permissions, that nobody ever sees empty or a part of.

    Raises:
        FileExistsError: something is there; it stays as it is.
        OSError: the folder cannot be written.
    """
    with made(path, content, 0o666) as draft:
        try:
            os.link(draft, path)
        except FileExistsError:
            raise
        except OSError:  # no hard links on this volume
            if os.path.lexists(path):
                raise
            os.rename(draft, path)


@contextlib.contextmanager
def made(path: str, content: bytes, mode: int = 0o600) -> Iterator[str]:
    """Write what is to become `path` to a file beside it, down to the disk, and tell its path.

    What is still there at the end goes.

    Raises:
        OSError: the folder cannot be written.
    """
    folder = os.path.dirname(path)
    sweep(folder)
    draft = os.path.join(folder, f"{PREFIX}{os.getpid()}-{os.urandom(4).hex()}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    descriptor = os.open(draft, flags, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        yield draft
    finally:
        _remove(draft)


def sweep(folder: str) -> None:
    """Remove the drafts in a folder whose writers are gone."""
    with contextlib.suppress(OSError):
        for name in os.listdir(folder):
            ours = _NAME.fullmatch(name)
            if ours is not None and not _runs(int(ours[1])):
                _remove(os.path.join(folder, name))


def _runs(process: int) -> bool:
    import psutil  # drafts are rare

    try:
        return psutil.pid_exists(process)
    except OverflowError:  # no process has such a number
        return False


def _remove(path: str) -> None:
    with contextlib.suppress(OSError):
        os.unlink(path)
