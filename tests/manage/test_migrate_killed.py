"""A migration that is killed, anywhere, loses nothing, and the next one finishes."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

#: Into how many tests the kills are divided, so that they can run side by side.
_PARTS = 4


@pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot fork")
@pytest.mark.parametrize("part", range(_PARTS))
def test_killed_at_every_change(tmp_path: Path, part: int) -> None:
    """Killed before any change to the disk, one environment is whole, and it can be finished."""
    program = os.path.join(os.path.dirname(os.path.dirname(__file__)), "kill_migrations.py")
    # A process without threads, so that it can fork.
    result = subprocess.run(
        [sys.executable, program, str(tmp_path), str(part + 1), str(_PARTS)],
        env={**os.environ, "PYTHONPATH": os.path.dirname(program)},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    lines = result.stdout.splitlines()
    assert [line for line in lines if line.startswith("lost")] == []
    assert lines[-1] == "over 0"
    kills = [line.split()[1] for line in lines[:-1]]
    assert len(kills) > 10
    assert {"open", "os.mkdir", "os.remove", "os.rename", "os.rmdir"} >= set(kills) - {"os.chmod"}
