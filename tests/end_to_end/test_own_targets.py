"""Commands that make no environment in the store leave nothing there, and nothing is reported."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from support.hosts.worlds import World

POINTER = '[tool.uvlocal]\npointer = "symlink"\n'


def _project(world: World) -> str:
    return world.project("home/Dropbox/a", packaged=False, extra=POINTER)


@pytest.mark.parametrize(
    ("arguments", "active"),
    [
        pytest.param(["pip", "install", "six"], True, id="active"),
        pytest.param(["pip", "uninstall", "six"], True, id="uninstall"),
        pytest.param(["pip", "install", "--python", "own", "six"], False, id="python"),
        pytest.param(["pip", "install", "--target", "there", "six"], False, id="target"),
        pytest.param(["pip", "install", "--prefix", "there", "six"], False, id="prefix"),
        pytest.param(["pip", "install", "--dry-run", "--system", "six"], False, id="system"),
        pytest.param(["pip", "install", "six"], False, id="no-environment"),
    ],
)
def test_uv_pip(newest_world: World, arguments: list[str], *, active: bool) -> None:
    """With a target of its own, or without any, `uv pip` knows nothing of the store."""
    world = newest_world
    project = _project(world)
    world.plain("venv", "-q", "own", cwd=project).ok()
    env = {"VIRTUAL_ENV": os.path.join(project, "own")} if active else {}
    for _ in range(2):
        assert world.uv(*arguments, cwd=project, env=env).ours == []
    assert (world.environments(), world.records()) == ([], {})
    assert not os.path.lexists(os.path.join(project, ".venv"))


def test_uv_pip_into_the_kept_environment(newest_world: World) -> None:
    """Without a target of its own `uv pip` uses the environment that is kept."""
    project = _project(newest_world)
    newest_world.uv("sync", "-q", cwd=project).ok()
    newest_world.uv("pip", "install", "-q", "six", cwd=project).ok()
    [environment] = newest_world.environments()
    assert newest_world.installed(environment) == {"six"}


def test_a_command_line_that_uv_refuses(world: World) -> None:
    """A pointer to an environment that uv did not create stops no uv, with or without us."""
    project = _project(world)
    assert world.uv("sync", "--no-such-option", cwd=project).code == 2
    world.plain("sync", "-q", cwd=project).ok()
    assert world.uv("sync", cwd=project).ok().ours == []
