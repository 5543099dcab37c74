"""A directory that every user can access, for tests that run as another user."""

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
    """Create a directory that other users can access, or skip the test.

    The directory for temporary files may be private, and so may the source tree.
    """
    for place in (tempfile.gettempdir(), "/tmp", "/var/tmp"):  # noqa: S108 - others must see it
        if _is_public(place):
            with tempfile.TemporaryDirectory(dir=place) as folder:
                os.chmod(folder, 0o755)  # noqa: S103 - as above
                yield folder
            return
    pytest.skip("no folder of temporary files that another user can enter")


def _is_public(folder: str) -> bool:
    """Return whether others can access a directory, and start programs in it."""
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
