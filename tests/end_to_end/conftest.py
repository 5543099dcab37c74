"""Worlds for the bug that uvlocal exists for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import hidden_python
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from worlds import World


@pytest.fixture
def hiding_world(make_world: Callable[..., World], uv: str, tmp_path: Path) -> World:
    """Return a world whose files can be hidden, and whose Python skips hidden `.pth` files."""
    reason = hidden_python.unavailable(str(tmp_path))
    if reason:
        pytest.skip(reason)
    return make_world(uv, python=hidden_python.path())
