"""Marks for tests that do not apply to some systems, with a reason.

If a whole file does not apply, it skips itself at the top, before it imports what that system does
not have. `tests/support/programs/test_other_system.py` checks that.
"""

from __future__ import annotations

import os
import sys
import tempfile

import pytest


def posix_only(reason: str) -> pytest.MarkDecorator:
    """Skip a test on Windows."""
    return pytest.mark.skipif(sys.platform == "win32", reason=reason)


def linux_only(reason: str) -> pytest.MarkDecorator:
    """Skip a test except on Linux."""
    return pytest.mark.skipif(sys.platform != "linux", reason=reason)


def need_posix(reason: str) -> None:
    """Skip, on Windows, tests with the fixture that calls this."""
    if sys.platform == "win32":
        pytest.skip(reason)


def _can_link() -> bool:
    with tempfile.TemporaryDirectory() as folder:
        try:
            os.symlink("target", os.path.join(folder, "link"))
        except OSError:
            return False
    return True


#: Skips a test if this user may not create symlinks, which needs a privilege on Windows.
needs_links = pytest.mark.skipif(not _can_link(), reason="this user may make no symbolic links")
