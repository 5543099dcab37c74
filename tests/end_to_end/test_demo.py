"""`make demo` works as described."""

from __future__ import annotations

import os
import runpy
import subprocess
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING

from support.tools import hidden_python
from support.tools.fetched import SOURCE

if TYPE_CHECKING:
    from pathlib import Path

picture = SimpleNamespace(**runpy.run_path(os.path.join(SOURCE, "demo", "picture.py")))


def test_the_demo_shows_the_failure_and_the_cure(tmp_path: Path) -> None:
    """With plain uv the project breaks after one pass of the sync client, with uvlocal it does not.

    The picture in the README shows the output.
    """
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
    if failures and sys.platform == "linux":
        with open(picture.PICTURE, encoding="utf-8") as file:
            assert picture.svg(picture.panels(done.stdout)) == file.read(), "`make picture`"
