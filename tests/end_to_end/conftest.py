"""Fixtures: worlds that reproduce the bug, and the wheel."""

from __future__ import annotations

import importlib.util
import os
import shutil
from typing import TYPE_CHECKING

import pytest
from filelock import FileLock
from support.hosts import launchers
from support.tools import fetched, hidden_python, sources

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


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the wheel, built once from a temporary copy of the sources.

    `UVLOCAL_TEST_WHEEL` names another wheel to test instead, such as a released one.
    """
    given = os.environ.get("UVLOCAL_TEST_WHEEL")
    if given:
        return os.path.abspath(given)
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    folder = str(shared / "wheel")
    with FileLock(f"{folder}.lock"):
        if not os.path.isdir(folder):
            copy = str(tmp_path_factory.mktemp("sources") / "uvlocal")
            sources.copy(copy)
            launchers.build_all(copy)
            # The compiler is large: an installed one is not unpacked a second time.
            here = all(map(importlib.util.find_spec, ("hatchling", "ziglang")))
            isolation = ["--no-build-isolation"] if here else []
            fetched.pip("wheel", "--no-deps", *isolation, "--wheel-dir", f"{folder}.new", copy)
            shutil.rmtree(copy)
            os.replace(f"{folder}.new", folder)
    [name] = os.listdir(folder)
    return os.path.join(folder, name)
