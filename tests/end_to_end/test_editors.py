"""Editors find the environment that the real uv makes, by themselves."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest
from support.compare import vscode_locator

if TYPE_CHECKING:
    from support.hosts.worlds import World

if sys.platform == "win32":
    pytest.skip("the worlds here are POSIX's", allow_module_level=True)


def listed(world: World) -> list[vscode_locator.Found]:
    """Return what VS Code lists of our environments."""
    return vscode_locator.listed(world.environment, world.home)


def test_vscode_lists_what_uv_makes(world: World) -> None:
    """After the first `uv sync`, VS Code lists the environment under the project's name."""
    project = world.project("home/Dropbox/foo")
    world.uv("sync", cwd=project).ok()
    [environment] = world.environments()
    [found] = listed(world)
    assert (found.kind, found.name) == ("Uv", "foo")
    assert os.path.realpath(found.prefix) == environment
    world.run(os.path.join(found.prefix, "bin", "python"), "-c", "import foo").ok()


def test_made_anew(world: World) -> None:
    """When uv recreates the environment, the link stays; a `.project` file inside would not."""
    project = world.project("home/Dropbox/foo")
    world.uv("sync", cwd=project).ok()
    [environment] = world.environments()
    dotted = world.write(os.path.join(environment, ".project"), project)
    world.uv("sync", cwd=project).ok()
    assert os.path.exists(dotted)
    os.unlink(os.path.join(environment, "bin", "python"))
    world.uv("sync", cwd=project).ok()
    assert [os.path.realpath(found.prefix) for found in listed(world)] == [environment]
    assert not os.path.exists(dotted)


def test_removed_and_made_anew(world: World) -> None:
    """After `uvlocal remove`, a replayed call creates environment, record and link again."""
    project = world.project("home/Dropbox/foo")
    for _ in range(2):
        world.uv("sync", cwd=project).ok()
    records = list(world.records())
    world.uvlocal("remove", "--yes", cwd=project).ok()
    assert (world.environments(), world.records(), listed(world)) == ([], {}, [])
    assert world.uv("run", "foo", cwd=project).ok().out == "hello from foo\n"
    assert list(world.records()) == records
    assert len(listed(world)) == 1


def test_told_once(world: World) -> None:
    """Only the first redirected project of a user gets the hint about editors, in any store."""
    hint = "hint: editors that search `~/.virtualenvs` find the environment there"
    first = world.uv("sync", cwd=world.project("home/Dropbox/foo")).ok()
    assert first.err.splitlines().count(hint) == 1
    assert first.err.splitlines().index(hint) == first.err.splitlines().index(first.ours[0]) + 1
    second = world.uv("sync", cwd=world.project("home/Dropbox/bar")).ok()
    assert (len(second.ours), hint in second.err) == (1, False)
    other = {"UVLOCAL_STORE": world.path("other")}
    third = world.uv("sync", cwd=world.project("home/Dropbox/third"), env=other).ok()
    assert (len(third.ours), hint in third.err) == (1, False)


def test_told_when_it_is_heard(world: World) -> None:
    """A first call with `--quiet` does not use up the hint."""
    quiet = world.uv("sync", "-q", cwd=world.project("home/Dropbox/foo")).ok()
    assert quiet.err == ""
    assert "hint: editors" in world.uv("sync", cwd=world.project("home/Dropbox/bar")).ok().err
