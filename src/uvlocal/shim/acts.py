"""What few calls do to files: lock one, remove something safely.

The methods of `system.System` with these names say more; this is imported where one is used.
"""

import sys

from uvlocal.shim.builtin import os

#: How long to wait before trying again to get a lock, in seconds.
_PAUSE = 0.02


def lock(path: str, flags: int, patience: float) -> "int | None":
    """Open a file and lock it; return the descriptor, on Windows None.

    Raises:
        OSError: it cannot be opened, or others have it locked for longer than `patience` seconds.
    """
    if sys.platform == "win32":
        return None
    import fcntl
    import time

    flags |= os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    descriptor = os.open(path, flags, 0o600)
    deadline = time.monotonic() + patience
    try:
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(_PAUSE)
            else:
                return descriptor
    except BaseException:
        os.close(descriptor)
        raise


def remove_below(folder: str, path: str) -> None:
    """Remove a file at `path` below `folder`, without following a link on the way from there.

    Raises:
        OSError: it is not there, or a link is on the way.
    """
    if sys.platform == "win32":
        os.unlink(path)
        return
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
    *names, last = path[len(folder) :].strip("/").split("/")
    above = os.open(folder, flags)
    try:
        for name in names:
            below = os.open(name, flags, dir_fd=above)
            os.close(above)
            above = below
        os.unlink(last, dir_fd=above)
    finally:
        os.close(above)
