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

#: Tests of the shim that a stand-in for a Mac cannot run, each with what it lacks.
_NEEDS_A_MAC = {
    "in_place/test_hidden_flags.py::test_flag_is_cleared_alone": "lchflags",
    "in_place/test_hidden_flags.py::test_flag_on_this_machine": "lchflags",
    "machine/test_native.py::test_disk_name_on_a_mac": "a disk that folds case",
    "machine/test_native.py::test_mounts_of_a_mac": "getfsstat",
    "recall/test_bytecode.py": "a child process that is on a Mac as well",
    "uv/test_handover.py::test_become_passes_entries_that_no_mapping_holds": "programs for a Mac",
}


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


def test_the_shim_as_on_a_mac() -> None:
    """What is tested of the shim on Linux passes as on a Mac too, but for a few tests."""
    words = [word for name in _NEEDS_A_MAC for word in ("--deselect", f"tests/shim/{name}")]
    done = _run("darwin", "-m", "not slow", "--tb=short", *words, "tests/shim")
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr


@pytest.mark.parametrize("name", _NEEDS_A_MAC)
def test_each_row_is_there(name: str) -> None:
    """A row names a file of tests, or a test in one."""
    file, _, function = name.partition("::")
    with open(os.path.join(fetched.SOURCE, "tests", "shim", file), encoding="utf-8") as tests:
        assert f"def {function}(" in tests.read() or not function


def test_a_file_that_cannot_be_collected_is_seen(tmp_path: os.PathLike[str]) -> None:
    """The guard itself works: a file that wants a module of POSIX at its top is an error."""
    path = os.path.join(tmp_path, "test_planted.py")
    with open(path, "w", encoding="utf-8") as file:
        file.write("import resource\n")
    assert _run("darwin", "--collect-only", path).returncode == pytest.ExitCode.NO_TESTS_COLLECTED
    assert "'resource'" in _run("win32", "--collect-only", path).stdout
