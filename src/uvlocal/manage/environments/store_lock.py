"""Create the store's directories, and lock it for writers of records."""

from __future__ import annotations

import contextlib
import os
import stat
from typing import TYPE_CHECKING

from uvlocal.manage.errors import UserError
from uvlocal.shim.machine.host import make_private_folder
from uvlocal.shim.store import naming

if TYPE_CHECKING:
    from collections.abc import Iterator

    from uvlocal.shim.store.lookup import Store

#: How long to wait for the lock, in seconds.
_PATIENCE = 5.0
#: The name of the lock in a store.
LOCK = ".lock"


class BusyError(Exception):
    """Another process holds the store's lock for too long."""


@contextlib.contextmanager
def lock(store: str) -> Iterator[None]:
    """Hold the lock that every writer of records takes.

    Raises:
        BusyError: another process holds it for too long.
        OSError: it cannot be created, or is a file of someone else.
    """
    from filelock import FileLock, Timeout

    path = os.path.join(store, LOCK)
    # Older versions of filelock truncate the file.
    if os.path.lexists(path) and not is_ours(path):
        msg = f"`{path}` is not a lock file of uvlocal"
        raise OSError(0, msg)
    file = FileLock(path, timeout=_PATIENCE, mode=0o600)
    try:
        file.acquire()
    except Timeout as error:
        raise BusyError(store) from error
    try:
        yield
    finally:
        file.release()


def is_ours(path: str) -> bool:
    """Return whether a file can be our lock, which is empty."""
    try:
        status = os.lstat(path)
    except OSError:
        return False
    return stat.S_ISREG(status.st_mode) and status.st_size == 0


@contextlib.contextmanager
def held(place: str) -> Iterator[None]:
    """Hold a store's lock in a command.

    Raises:
        UserError: the lock cannot be acquired.
    """
    try:
        with lock(place):
            yield
    except BusyError:
        raise UserError(f"another process is using `{place}`", "try again later") from None
    except OSError as error:
        raise UserError(f"`{place}` cannot be written: {error.strerror}") from error


def make_private(store: Store) -> None:
    """Create the store and its directories, private to this user whatever the umask.

    Raises:
        OSError: they cannot be created.
    """
    for name in (naming.ENVIRONMENTS, naming.RECORDS):
        make_private_folder(os.path.join(store.path, name))
