"""What an environment says of itself, in its `pyvenv.cfg`."""

from __future__ import annotations

import os
import re

#: The most that is read of a `pyvenv.cfg`, in bytes.
_LIMIT = 64 * 1024
_VERSION = re.compile(rb"^\s*version(?:_info)?\s*=\s*(\d+\.\d+(?:\.\d+)?)", re.MULTILINE)


def python_version(environment: str) -> str:
    """Return the version of an environment's Python, as its `pyvenv.cfg` says, "" if unknown.

    Where the system can, the file is read without a trace: its time of access tells of use.
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
