"""A real Nushell for the tests: its official npm package, unpacked into the test cache."""

from __future__ import annotations

import functools
import shutil

from support.tools import npm

VERSION = "0.115.1"


@functools.cache
def path() -> str:
    """Return the path of Nushell, or "" if there is none and none can be fetched."""
    return shutil.which("nu") or npm.program("@nushell/linux-x64", VERSION, "bin/nu")
