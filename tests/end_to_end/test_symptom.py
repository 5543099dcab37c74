"""The damage as the signal: an unknown client hides files, and the project is saved.

The project is in a folder that no client is known to sync.
"""

from __future__ import annotations

import os
import shutil
import sys
from typing import TYPE_CHECKING

import pytest
from support.programs import hidden_shim, sync_client
from support.programs.counted_python import CountedPython
from support.tools import hidden_python

if TYPE_CHECKING:
    from support.hosts.worlds import World

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such flag")

SHOW = ("run", "--no-sync", "printenv", "UV_PROJECT_ENVIRONMENT")


@pytest.fixture
def harmed_world(hiding_world: World) -> World:
    """Return a world whose uvlocal knows the flag, with a project that a client has hidden."""
    hidden_shim.install(hiding_world)
    project = hiding_world.project("local/foo")
    hiding_world.uv("run", "foo", cwd=project).ok()
    assert hiding_world.environments() == []
    assert sync_client.hide(hiding_world.local) > 0
    return hiding_world


@pytest.mark.parametrize("repository", [False, True], ids=["no-git", "git"])
def test_once_harmed_never_again(harmed_world: World, *, repository: bool) -> None:
    """Every run succeeds, even once no hidden file is left in the project."""
    world, project = harmed_world, harmed_world.path("local/foo")
    assert world.plain("run", "foo", cwd=project).code == 1
    if repository:
        os.mkdir(os.path.join(project, ".git"))
    first = world.uv("run", "foo", cwd=project).ok()
    assert first.out == "hello from foo\n"
    assert "a client that hides files" in "".join(first.ours)
    shutil.rmtree(os.path.join(project, ".venv"))
    for _ in range(2):
        sync_client.hide(world.local)
        assert world.uv("run", "foo", cwd=project).ok().out == "hello from foo\n"
        assert not os.path.lexists(os.path.join(project, ".venv"))


@pytest.mark.slow  # a decision is recorded once its inputs are two seconds old
def test_a_recalled_call_notices_the_flag(harmed_world: World) -> None:
    """A decision is replayed while the flag is unchanged, and made again when it changes."""
    world, project = harmed_world, harmed_world.path("local/foo")
    venv = os.path.join(project, ".venv")
    hidden_python.show(venv)
    python = CountedPython(world)
    assert world.plain("run", "--no-sync", "true", cwd=project).code == 0
    python.wait_for_recall("run", "--no-sync", "true", cwd=project)
    hidden_python.hide(venv)
    assert not python.recalls("run", "--no-sync", "true", cwd=project)
    world.uv("sync", cwd=project).ok()
    python.wait_for_recall(*SHOW, cwd=project)
    [environment] = world.environments()
    assert world.uv(*SHOW, cwd=project).ok().raw_out == environment + "\n"
    hidden_python.show(venv)
    assert not python.recalls(*SHOW, cwd=project)
    assert world.uv(*SHOW, cwd=project).ok().raw_out == environment + "\n"
