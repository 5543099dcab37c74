"""Marks for tests that mean nothing on some systems: each says why.

A file of which nothing means anything there skips itself at its top, before it imports what that
system does not have. `tests/support/programs/test_other_system.py` holds that.
"""

from __future__ import annotations

import os
import sys
import tempfile

import pytest


def posix_only(reason: str) -> pytest.MarkDecorator:
    """Leave a test out on Windows."""
    return pytest.mark.skipif(sys.platform == "win32", reason=reason)


def linux_only(reason: str) -> pytest.MarkDecorator:
    """Leave a test out on everything but Linux."""
    return pytest.mark.skipif(sys.platform != "linux", reason=reason)


def need_posix(reason: str) -> None:
    """Leave out, on Windows, whatever asks for the fixture that calls this."""
    if sys.platform == "win32":
        pytest.skip(reason)


def _can_link() -> bool:
    with tempfile.TemporaryDirectory() as folder:
        try:
            os.symlink("target", os.path.join(folder, "link"))
        except OSError:
            return False
    return True


#: Leaves a test out where this user may make no symbolic links: on Windows that is a privilege.
needs_links = pytest.mark.skipif(not _can_link(), reason="this user may make no symbolic links")
