"""`clang-tidy` finds nothing in the launcher."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from support import systems
from support.hosts.launchers import hook
from support.tools import fetched

if TYPE_CHECKING:
    from pathlib import Path

#: For each system, the compiler's name of one target, and clang's. This processor, because only one
#: version of clang can parse the vector types in the headers of the other.
TARGETS = {
    "linux": ("linux-aarch64", "aarch64-linux-musl"),
    "macos": ("macos-aarch64", "arm64-apple-macos11"),
    "windows": ("windows-aarch64", "aarch64-w64-windows-gnu"),
}


def headers(target: str) -> list[str]:
    """Return the header folders that the launchers' compiler uses for a target."""
    command = [sys.executable, "-m", "ziglang", "cc", "-target", hook.TARGETS[target]]
    said = subprocess.run(
        [*command, "-E", "-v", "-x", "c", os.devnull], capture_output=True, text=True, check=True
    ).stderr
    listed = said.partition("#include <...> search starts here:")[2].partition("End of search")[0]
    return [os.path.join(fetched.SOURCE, line.strip()) for line in listed.strip().splitlines()]


def tidied(path: str, system: str) -> subprocess.CompletedProcess[str]:
    """Check a file as compiled for a system."""
    target, triple = TARGETS[system]
    program = os.path.join(os.path.dirname(sys.executable), "clang-tidy")
    includes = [f"-isystem{folder}" for folder in headers(target)]
    flags = [flag for flag in hook._FLAGS if flag.startswith(("-std=", "-W"))]
    flags += [f"--target={triple}", "-nostdinc", *includes]
    if system == "windows":
        flags.append("-ffreestanding")
    configuration = f"--config-file={os.path.join(fetched.SOURCE, '.clang-tidy')}"
    return subprocess.run(
        [program, "--quiet", configuration, path, "--", *flags],
        cwd=fetched.SOURCE,
        capture_output=True,
        text=True,
        check=False,
    )


pytestmark = systems.posix_only("there is no `clang-tidy` for Windows on arm")


@pytest.mark.parametrize("system", TARGETS)
def test_nothing_is_found(system: str) -> None:
    """No check of `.clang-tidy` finds anything, whatever system the launcher is for."""
    found = tidied(hook.SOURCE, system)
    assert (found.returncode, found.stdout) == (0, ""), found.stdout + found.stderr


def test_something_would_be_found(tmp_path: Path) -> None:
    """An error is found: memory that is used after it was freed."""
    path = tmp_path / "wrong.c"
    path.write_text("#include <stdlib.h>\nint f(int *p)\n{\n    free(p);\n    return *p;\n}\n")
    found = tidied(str(path), "linux")
    assert found.returncode
    assert "clang-analyzer-unix.Malloc" in found.stdout
