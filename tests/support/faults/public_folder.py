"""A folder that every user of the machine can reach, for tests that become another one."""

from __future__ import annotations

import contextlib
import os
import stat
import sys
import tempfile
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextlib.contextmanager
def public_folder() -> Iterator[str]:
    """Make a folder that others can enter, programs in it included, or skip the test.

    The folder of temporary files may lie where only its owner can go, as may the source tree.
    """
    for place in (tempfile.gettempdir(), "/tmp", "/var/tmp"):  # noqa: S108 - others are to see it
        if _is_public(place):
            with tempfile.TemporaryDirectory(dir=place) as folder:
                os.chmod(folder, 0o755)  # noqa: S103 - as above
                yield folder
            return
    pytest.skip("no folder of temporary files that another user can enter")


def _is_public(folder: str) -> bool:
    """Return whether others can enter a folder, and start programs below it."""
    folder = os.path.realpath(folder)
    if not os.access(folder, os.W_OK):
        return False
    if sys.platform == "linux" and os.statvfs(folder).f_flag & os.ST_NOEXEC:
        return False
    while os.lstat(folder).st_mode & stat.S_IXOTH:
        if folder == os.path.dirname(folder):
            return True
        folder = os.path.dirname(folder)
    return False
