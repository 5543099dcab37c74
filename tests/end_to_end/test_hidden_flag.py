"""The bug: a sync client hides `.venv`, Python skips its `.pth`, the project is not found."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from support.programs import sync_client
from support.programs.sync_client import SyncClient
from support.tools import hidden_python

if TYPE_CHECKING:
    from support.hosts.worlds import World

RUNS = 5


def test_plain_uv_loses_the_project_after_one_pass(hiding_world: World) -> None:
    """Without uvlocal the second run fails, and uv sees nothing to repair: the model is right."""
    world = hiding_world
    project = world.project("home/Dropbox/foo", dependencies=["iniconfig"])
    assert world.plain("run", "foo", cwd=project).ok().out == "hello from foo\n"
    assert sync_client.hide(world.dropbox) > 0
    second = world.plain("run", "foo", cwd=project)
    assert second.code == 1
    assert "ModuleNotFoundError: No module named 'foo'" in second.err
    world.plain("sync", cwd=project).ok()
    assert world.plain("run", "foo", cwd=project).code == 1


def test_only_the_pth_file_matters(hiding_world: World) -> None:
    """The model is no stricter than CPython: with the `.pth` shown again, the project is back."""
    world = hiding_world
    project = world.project("home/Dropbox/foo")
    world.plain("sync", cwd=project).ok()
    sync_client.hide(world.dropbox)
    for folder, _, files in os.walk(os.path.join(project, ".venv")):
        for name in files:
            if name.endswith(".pth"):
                hidden_python.show(os.path.join(folder, name))
    assert world.plain("run", "foo", cwd=project).ok().out == "hello from foo\n"


def test_through_the_shim_every_run_succeeds(hiding_world: World) -> None:
    """With uvlocal each of several runs succeeds, a pass of the sync client before each."""
    world = hiding_world
    project = world.project("home/Dropbox/foo", dependencies=["iniconfig"])
    for _ in range(RUNS):
        assert world.uv("run", "foo", cwd=project).ok().out == "hello from foo\n"
        sync_client.hide(world.dropbox)
    assert not os.path.lexists(os.path.join(project, ".venv"))


def test_through_the_shim_every_run_succeeds_at_any_moment(hiding_world: World) -> None:
    """With uvlocal each run succeeds while the sync client keeps running."""
    world = hiding_world
    project = world.project("home/Dropbox/foo", dependencies=["iniconfig"])
    seen = world.write("home/Dropbox/foo/.idea/workspace.xml", "")
    with SyncClient(world.dropbox) as client:
        for _ in range(RUNS):
            assert world.uv("run", "foo", cwd=project).ok().out == "hello from foo\n"
    assert hidden_python.is_hidden(seen), "the sync client did nothing"
    assert client.passes > RUNS


def test_plain_uv_fails_at_any_moment(hiding_world: World) -> None:
    """Without uvlocal the project breaks while the client runs: the model is right."""
    world = hiding_world
    project = world.project("home/Dropbox/foo")
    world.plain("sync", cwd=project).ok()
    with SyncClient(world.dropbox):
        assert world.plain("run", "foo", cwd=project).code == 1
