"""Write files atomically, and clean up after writers that were killed.

A file is first written as a draft beside its path, under a name with the writer's process id. The
next writer there removes the drafts of processes that are gone.
"""

from __future__ import annotations

import contextlib
import os
import re
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

#: The prefix of a draft's name.
PREFIX = ".new-"
#: A draft's whole name, with the id of its writer.
_NAME = re.compile(re.escape(PREFIX) + r"([0-9]+)-[0-9a-f]{8}")


def replace(path: str, content: bytes, mode: int = 0o600) -> None:
    """Replace a file atomically: a reader sees either the old or the new content.

    Raises:
        OSError: the directory is not writable.
    """
    with made(path, content) as draft:
        os.chmod(draft, mode)
        os.replace(draft, path)


def rewrite(path: str, content: bytes) -> None:
    """Replace a file's content atomically, keeping its mode, owner and attributes.

    Raises:
        OSError: there is no such file, or its directory is not writable.
    """
    import shutil

    status = os.stat(path)
    with made(path, content) as draft:
        shutil.copystat(path, draft)
        os.utime(draft)
        if sys.platform != "win32":
            with contextlib.suppress(OSError):  # only root may change the owner
                os.chown(draft, status.st_uid, status.st_gid)
        os.replace(draft, path)


def create(path: str, content: bytes) -> None:
    """Create a file atomically, with the usual permissions.

    Raises:
        FileExistsError: the path exists; nothing was changed.
        OSError: the directory is not writable.
    """
    with made(path, content, 0o666) as draft:
        try:
            os.link(draft, path)
        except FileExistsError:
            raise
        except OSError:  # this volume has no hard links
            if os.path.lexists(path):
                raise
            os.rename(draft, path)


@contextlib.contextmanager
def made(path: str, content: bytes, mode: int = 0o600) -> Iterator[str]:
    """Write and sync a draft beside `path`, and yield the draft's path.

    Removes the draft at the end if it is still there.

    Raises:
        OSError: the directory is not writable.
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
    """Remove the drafts in a directory whose writers are gone."""
    with contextlib.suppress(OSError):
        for name in os.listdir(folder):
            ours = _NAME.fullmatch(name)
            if ours is not None and not _runs(int(ours[1])):
                _remove(os.path.join(folder, name))


def _runs(process: int) -> bool:
    import psutil  # drafts are rare

    try:
        return psutil.pid_exists(process)
    except OverflowError:  # not a valid process id
        return False


def _remove(path: str) -> None:
    with contextlib.suppress(OSError):
        os.unlink(path)
