"""`make demo` shows what it promises."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

from support.tools import hidden_python
from support.tools.fetched import SOURCE

if TYPE_CHECKING:
    from pathlib import Path


def test_the_demo_shows_the_failure_and_the_cure(tmp_path: Path) -> None:
    """Plain uv loses the project after one pass of the sync client; with uvlocal it is not lost."""
    done = subprocess.run(
        [sys.executable, os.path.join(SOURCE, "demo", "main_job.py"), os.path.join(SOURCE, "src")],
        env={**os.environ, "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    plain, cured = done.stdout.split("\nWith uvlocal\n")
    failures = plain.count("ModuleNotFoundError: No module named 'hello'")
    assert failures == (0 if hidden_python.unavailable(str(tmp_path)) else 1)
    assert cured.count("Hello from hello!") == 2
    assert "ModuleNotFoundError" not in cured
    assert os.listdir(tmp_path) == []
