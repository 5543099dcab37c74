"""Removing a directory that others write to removes nothing outside, whatever they do."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from support.programs import fake_uv

from uvlocal.manage.files import rmtree
from uvlocal.manage.projects import old_environments
from uvlocal.shim.machine.host import System

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows removes by path")


class Place:
    """A project with an environment in a shared folder, and a user's own project elsewhere."""

    def __init__(self, root: Path) -> None:
        self.root = os.path.realpath(root)
        self.project = os.path.join(self.root, "shared", "foo")
        self.venv = os.path.join(self.project, ".venv")
        self.mine = os.path.join(self.root, "mine")
        for project in (self.project, self.mine):
            fake_uv.make(os.path.join(project, ".venv"))
            fake_uv.install(os.path.join(project, ".venv"), "foo", "0.1.0", pth=True)
        self.system = System(environ={})

    def all_of_mine(self) -> list[str]:
        """Return the content of the user's own project."""
        return sorted(
            os.path.join(folder, name) for folder, _, names in os.walk(self.mine) for name in names
        )


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """Return a fresh place."""
    return Place(tmp_path)


def swap(path: str, target: str) -> None:
    """Replace a directory by a symlink, as anyone who shares it can."""
    os.rename(path, path + ".aside")
    os.symlink(target, path)


SWAPS = [
    pytest.param(lambda place: swap(place.venv, f"{place.mine}/.venv"), id="environment"),
    pytest.param(lambda place: swap(place.project, place.mine), id="project"),
    pytest.param(lambda place: swap(f"{place.venv}/lib", f"{place.mine}/.venv/lib"), id="library"),
]


@pytest.mark.parametrize("change", SWAPS)
def test_a_link_after_the_look(place: Place, change: Callable[[Place], None]) -> None:
    """A symlink created between the check and the removal is not followed."""
    old = old_environments.look(place.project, place.system)
    before = place.all_of_mine()
    change(place)
    old_environments.remove(old)
    assert place.all_of_mine() == before


@pytest.mark.parametrize("change", SWAPS)
@pytest.mark.parametrize("moment", range(1, 5))
def test_a_link_during_the_removal(
    place: Place, monkeypatch: pytest.MonkeyPatch, change: Callable[[Place], None], moment: int
) -> None:
    """A symlink created while the removal lists its directories is not followed."""
    old = old_environments.look(place.project, place.system)
    before = place.all_of_mine()
    listed: list[object] = []

    def disturbed(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def listing(path: int | str) -> Any:  # noqa: ANN401 - what the function returns
            names = function(path)
            if isinstance(path, int):  # a directory that is being emptied
                listed.append(path)
                if len(listed) == moment and os.path.isdir(f"{place.venv}/lib"):
                    change(place)
            return names

        return listing

    for name in ("listdir", "scandir"):
        monkeypatch.setattr(os, name, disturbed(getattr(os, name)))
    old_environments.remove(old)
    assert len(listed) >= moment
    assert place.all_of_mine() == before


def test_a_link_between_look_and_open(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """A symlink created after a directory was checked is not followed."""
    old = old_environments.look(place.project, place.system)
    before = place.all_of_mine()
    look = os.stat

    def disturbed(path: int | str, **options: Any) -> os.stat_result:  # noqa: ANN401 - as `os.stat`
        status = look(path, **options)
        if path == "lib" and not os.path.islink(f"{place.venv}/lib"):
            swap(f"{place.venv}/lib", f"{place.mine}/.venv/lib")
        return status

    monkeypatch.setattr(os, "stat", disturbed)
    old_environments.remove(old)
    assert os.path.islink(f"{place.venv}/lib") or not os.path.lexists(f"{place.venv}/lib")
    assert place.all_of_mine() == before


def test_another_folder_stays(place: Place) -> None:
    """A directory that replaced the checked one is left alone."""
    old = old_environments.look(place.project, place.system)
    os.rename(place.venv, place.venv + ".aside")
    fake_uv.make(place.venv)
    assert rmtree.clear(place.venv, (old.device, old.inode), "pyvenv.cfg") != ""
    assert os.path.isfile(os.path.join(place.venv, "pyvenv.cfg"))


@pytest.mark.parametrize("depth", [100, 1200])
def test_folders_in_folders(tmp_path: Path, depth: int) -> None:
    """A hundred nested directories are removed; too many give a message, not a crash."""
    top = os.path.realpath(tmp_path / "top")
    os.mkdir(top)
    above = os.open(top, os.O_RDONLY)
    for _ in range(depth):
        os.close(os.open("file", os.O_CREAT, dir_fd=above))
        os.mkdir("folder", dir_fd=above)
        below = os.open("folder", os.O_RDONLY, dir_fd=above)
        os.close(above)
        above = below
    os.close(above)
    problem = rmtree.delete(top)
    left = os.path.lexists(top)
    subprocess.run(["rm", "-rf", top], check=True)  # noqa: S607 - exists on any POSIX system
    assert bool(problem) == left
    assert depth > 100 or not left


def test_the_configuration_goes_last(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """At any moment, what is left looks like an environment."""
    unlink = os.unlink

    def watched(path: str, *, dir_fd: int | None = None) -> None:
        if path != "pyvenv.cfg":
            assert os.path.isfile(os.path.join(place.venv, "pyvenv.cfg"))
        unlink(path, dir_fd=dir_fd)

    monkeypatch.setattr(os, "unlink", watched)
    old = old_environments.look(place.project, place.system)
    assert old_environments.remove(old) == ""
    assert not os.path.lexists(place.venv)
