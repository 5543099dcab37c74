"""Fixtures for the tests of the commands: a machine with a store, and transcripts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support import systems
from support.compare.transcripts import Transcripts
from support.hosts.machines import Machine

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """Return a user's machine without uv."""
    systems.need_posix("the machines here are POSIX's")
    return Machine(str(tmp_path / "machine"))


@pytest.fixture
def transcripts(request: pytest.FixtureRequest) -> Transcripts:
    """Return the transcripts of the commands; `--update-transcripts` rewrites them."""
    return Transcripts(update=bool(request.config.getoption("--update-transcripts")))
