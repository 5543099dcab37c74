"""Read an environment's `pyvenv.cfg`."""

from __future__ import annotations

import os
import re

#: The size limit of a `pyvenv.cfg`, in bytes.
_LIMIT = 64 * 1024
_VERSION = re.compile(rb"^\s*version(?:_info)?\s*=\s*(\d+\.\d+(?:\.\d+)?)", re.MULTILINE)


def python_version(environment: str) -> str:
    """Return the Python version in an environment's `pyvenv.cfg`, or "".

    If the system supports it, reading does not change the access time, which is a sign of use.
    """
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    path = os.path.join(environment, "pyvenv.cfg")
    if not os.path.isfile(path):
        return ""
    for quiet in (getattr(os, "O_NOATIME", 0), 0):
        try:
            descriptor = os.open(path, flags | quiet)
        except OSError:
            continue
        try:
            found = _VERSION.search(os.read(descriptor, _LIMIT))
        except OSError:
            return ""
        finally:
            os.close(descriptor)
        return found[1].decode() if found else ""
    return ""
