"""The tests can be collected on macOS and Windows: what is not for a system skips itself there."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from support import systems
from support.tools import fetched

pytestmark = [pytest.mark.slow, systems.linux_only("stands in for the other systems")]

#: Starts pytest as on another system; capturing and the cache would ask for what does not exist.
_PYTEST = ("-m", "pytest", "-p", "support.programs.other_system", "-p", "no:cacheprovider")
_OPTIONS = ("-s", "-q", "-n0", "-o", "addopts=--strict-markers --import-mode=importlib")


def _run(system: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run pytest on the tests as on another system."""
    return subprocess.run(
        [sys.executable, *_PYTEST, *_OPTIONS, *arguments],
        cwd=fetched.SOURCE,
        env={
            **os.environ,
            "UVLOCAL_TEST_SYSTEM": system,
            "PYTHONPATH": os.path.join(fetched.SOURCE, "tests"),
        },
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("system", ["darwin", "win32"])
def test_everything_is_collected(system: str) -> None:
    """No file needs what the system lacks before it skips itself."""
    done = _run(system, "--collect-only")
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr
    assert "error" not in done.stdout.splitlines()[-1]


def test_a_file_that_cannot_be_collected_is_seen(tmp_path: os.PathLike[str]) -> None:
    """The guard itself works: a file that wants a module of POSIX at its top is an error."""
    path = os.path.join(tmp_path, "test_planted.py")
    with open(path, "w", encoding="utf-8") as file:
        file.write("import resource\n")
    assert _run("darwin", "--collect-only", path).returncode == pytest.ExitCode.NO_TESTS_COLLECTED
    assert "'resource'" in _run("win32", "--collect-only", path).stdout
