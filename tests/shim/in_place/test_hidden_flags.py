"""Clearing the hidden flag of `.pth` files in an environment that stays in its project."""

from __future__ import annotations

import os
import stat
import sys
from typing import TYPE_CHECKING

import pytest
from support.hosts.fakes import FakeSystem, Link

from uvlocal.shim.in_place import hidden_flags
from uvlocal.shim.machine.host import System

if TYPE_CHECKING:
    from pathlib import Path

ROOT = "/Users/me/Library/Mobile Documents/com~apple~CloudDocs/foo"
INSIDE = f"{ROOT}/.venv"
PACKAGES = f"{INSIDE}/lib/python3.13/site-packages"
FILES = {f"{INSIDE}/pyvenv.cfg": b"", f"{PACKAGES}/_foo.pth": b"/p/src\n"}


def machine(files: dict[str, bytes]) -> FakeSystem:
    """Return a Mac with these files."""
    return FakeSystem(files, platform="darwin")


def test_clear() -> None:
    """Every `.pth` file is unhidden, also those of packages from an index, and nothing else."""
    more = {"a1_coverage.pth": b"", "seen.pth": b"", "idna/core.py": b""}
    system = machine({**FILES, **{f"{PACKAGES}/{name}": data for name, data in more.items()}})
    system.hidden |= {f"{PACKAGES}/_foo.pth", f"{PACKAGES}/a1_coverage.pth", f"{PACKAGES}/idna"}
    assert hidden_flags.clear(ROOT, system) == 2
    assert system.hidden == {f"{PACKAGES}/idna"}
    assert hidden_flags.clear(ROOT, system) == 0


@pytest.mark.parametrize("part", ["", "/lib", "/lib/python3.13", "/lib/python3.13/site-packages"])
def test_no_link_is_followed(part: str) -> None:
    """A symlink on the way is not followed, as it could lead out of the project."""
    system = machine({name.replace(INSIDE, "/elsewhere"): data for name, data in FILES.items()})
    system.put(f"{ROOT}/pyproject.toml", b"")
    system.put(INSIDE + part, Link("/elsewhere" + part))
    system.hidden |= {"/elsewhere/lib/python3.13/site-packages/_foo.pth", f"{PACKAGES}/_foo.pth"}
    before = set(system.hidden)
    assert hidden_flags.clear(ROOT, system) == 0
    assert system.hidden == before


@pytest.mark.parametrize("files", [{}, {f"{INSIDE}/lib/python3.13": b"x"}, {INSIDE: b"/gone"}])
def test_no_environment(files: dict[str, bytes]) -> None:
    """If there is no environment yet, nothing is done."""
    assert hidden_flags.clear(ROOT, machine(files)) == 0


# -- the flag itself -------------------------------------------------------------------------------


@pytest.mark.parametrize("platform", ["darwin", "linux", "win32"])
def test_which_systems_have_the_flag(platform: str) -> None:
    """Of uv's systems, only macOS has the flag."""
    assert FakeSystem(platform=platform).has_hidden_flag() == (platform == "darwin")


def test_flag_on_this_machine(tmp_path: Path) -> None:
    """A file without the flag is not hidden; a missing one is neither hidden nor unhidden."""
    system = System()
    path = tmp_path / "a.pth"
    path.write_bytes(b"")
    assert not system.is_hidden(str(path))
    assert not system.is_hidden(str(tmp_path / "none"))
    assert not system.show(str(tmp_path / "none"))


def test_flag_is_cleared_alone(tmp_path: Path) -> None:
    """Only this flag is cleared, the others stay."""
    if sys.platform != "darwin":
        pytest.skip("this system has no flag that hides files")
    path = str(tmp_path / "a.pth")
    with open(path, "wb"):
        pass
    os.lchflags(path, stat.UF_HIDDEN | stat.UF_NODUMP)
    system = System()
    assert system.is_hidden(path)
    assert system.show(path)
    assert os.lstat(path).st_flags == stat.UF_NODUMP
