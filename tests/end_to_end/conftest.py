"""Worlds for the bug that uvlocal exists for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.tools import hidden_python

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from support.hosts.worlds import World


@pytest.fixture
def hiding_world(make_world: Callable[..., World], uv: str, tmp_path: Path) -> World:
    """Return a world whose files can be hidden, and whose Python skips hidden `.pth` files."""
    reason = hidden_python.unavailable(str(tmp_path))
    if reason:
        pytest.skip(reason)
    return make_world(uv, python=hidden_python.path())
