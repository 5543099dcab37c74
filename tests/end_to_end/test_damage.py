"""What else sync clients do to a `.venv`: conflict copies, and files emptied to save space."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from support.programs import sync_client
from support.programs.sync_client import SyncClient

if TYPE_CHECKING:
    from support.hosts.worlds import World

RUNS = 3

damages = pytest.mark.parametrize(
    "damage",
    [
        pytest.param("conflict", id="conflict-copies"),
        pytest.param("evict", id="emptied-files"),
    ],
)


@damages
def test_plain_uv_fails(world: World, damage: str) -> None:
    """Without uvlocal the project does not run after one pass: the model is right."""
    project = world.project("home/Dropbox/foo", dependencies=["iniconfig"])
    world.plain("run", "foo", cwd=project).ok()
    assert sync_client.ACTIONS[damage](world.dropbox) > 0
    assert world.plain("run", "foo", cwd=project).code != 0


@damages
def test_through_the_shim_every_run_succeeds(world: World, damage: str) -> None:
    """With uvlocal each of several runs succeeds, a pass of the sync client before each."""
    project = world.project("home/Dropbox/foo", dependencies=["iniconfig"])
    for _ in range(RUNS):
        assert world.uv("run", "foo", cwd=project).ok().out == "hello from foo\n"
        assert sync_client.ACTIONS[damage](world.dropbox) == 0
    assert not os.path.lexists(os.path.join(project, ".venv"))


@damages
def test_through_the_shim_every_run_succeeds_at_any_moment(world: World, damage: str) -> None:
    """With uvlocal each run succeeds while the sync client keeps running."""
    project = world.project("home/Dropbox/foo", dependencies=["iniconfig"])
    seen = world.write("home/Dropbox/foo/.idea/code.py", "x = 1\n")
    with SyncClient(world.dropbox, damage) as client:
        for _ in range(RUNS):
            assert world.uv("run", "foo", cwd=project).ok().out == "hello from foo\n"
    emptied = os.path.getsize(seen) == 0
    copied = os.path.exists(os.path.join(os.path.dirname(seen), "code 2.py"))
    assert emptied or copied, "the sync client did nothing"
    assert client.passes > RUNS
