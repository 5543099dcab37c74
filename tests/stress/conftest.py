"""Fixtures of the hard tests: a machine for faults; the run's header reports their amount."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
from support.faults import hard_cases
from support.hosts.hard_machine import HardMachine

if TYPE_CHECKING:
    from pathlib import Path


def pytest_report_header() -> str:
    """Tell the seed, so that a failure can be seen again."""
    much = "everything" if hard_cases.ALL else "a bounded part"
    return f"hard tests: {much}, UVLOCAL_HARD_SEED={hard_cases.SEED}"


@pytest.fixture
def machine(tmp_path: Path) -> HardMachine:
    """Return a machine with a small program in uv's place."""
    if sys.platform == "win32":
        pytest.skip("the program in uv's place is a shell script")
    return HardMachine(str(tmp_path / "machine"))
