"""A project that has a `.venv` already when uvlocal is installed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from support.hosts.worlds import World

OLD = "the project's `.venv` is no longer used, run `uvlocal migrate` to move its packages over"
AFRESH = "to recreate it, run `uvlocal remove`, then `uv sync`"
ACTIVE = "uv no longer uses the `.venv` that is active in this shell; run `deactivate`"


def test_the_first_line_tells_of_it(newest_world: World) -> None:
    """The first call says that the old one is no longer used, and how to move its packages."""
    project = newest_world.project("home/Dropbox/a", packaged=False)
    newest_world.plain("sync", "-q", cwd=project).ok()
    [line] = newest_world.uv("run", "true", cwd=project).ok().ours
    assert line.endswith(OLD)
    assert newest_world.uv("run", "true", cwd=project).ok().ours == []


def test_a_silent_first_call(newest_world: World) -> None:
    """Where the first call was to be silent, the next `uv sync` that may speak tells, once."""
    project = newest_world.project("home/Dropbox/a", packaged=False)
    for words in (["sync", "-q"], ["sync", "-q"], ["run", "true"]):
        assert newest_world.uv(*words, cwd=project).ok().ours == []
    [line] = newest_world.uv("sync", cwd=project).ok().ours
    assert "is synced by Dropbox" in line
    assert line.endswith(AFRESH)
    for command in (["sync"], ["run", "true"]):
        assert newest_world.uv(*command, cwd=project).ok().ours == []


def test_the_pointer_is_removed(newest_world: World) -> None:
    """After `rm -rf .venv && uv sync` a line names what makes the environment afresh."""
    project = newest_world.project("home/Dropbox/a", packaged=False)
    newest_world.uvlocal("config", "set", "pointer", "file").ok()
    newest_world.uv("sync", cwd=project).ok()
    pointer = os.path.join(project, ".venv")
    for _ in range(2):
        os.unlink(pointer)
        [line] = newest_world.uv("sync", cwd=project).ok().ours
        assert line.startswith("uvlocal: `.venv` points to")
        assert line.endswith(AFRESH)
        assert os.path.isfile(pointer)
        assert newest_world.uv("sync", cwd=project).ok().ours == []
    os.unlink(pointer)
    for words in (["sync", "-q"], ["run", "true"]):
        assert newest_world.uv(*words, cwd=project).ok().ours == []
    newest_world.uvlocal("remove", "--yes", cwd=project).ok()
    assert "Creating virtual environment" in newest_world.uv("sync", cwd=project).ok().err


def test_it_is_active(world: World) -> None:
    """uv does not warn at each call; a different `python` is reported when it matters."""
    project = world.project("home/Dropbox/a", packaged=False, dependencies=["iniconfig"])
    world.plain("sync", "-q", cwd=project).ok()
    env = {"VIRTUAL_ENV": os.path.join(project, ".venv")}
    world.uv("sync", "-q", cwd=project, env=env).ok()
    [environment] = world.environments()
    for _ in range(3):  # decided, recorded, recalled
        ran = world.uv("run", "sh", "-c", 'echo "$VIRTUAL_ENV"', cwd=project, env=env).ok()
        assert ran.raw_out == environment + "\n"
        assert "warning" not in ran.err
        assert ran.ours == []
    for _ in range(2):
        added = world.uv("add", "six", cwd=project, env=env).ok()
        assert [line for line in added.ours if ACTIVE in line] == added.ours
        assert len(added.ours) == 1
        assert "warning" not in added.err
    assert world.uv("add", "six", cwd=project).ok().ours == []


def test_uv_pip_inside_uv_run(newest_world: World) -> None:
    """Programs that `uv run` starts get uv's environment, not that of the shell."""
    project = newest_world.project("home/Dropbox/a", packaged=False)
    newest_world.plain("sync", "-q", cwd=project).ok()
    env = {"VIRTUAL_ENV": os.path.join(project, ".venv")}
    newest_world.uv("run", "uv", "pip", "install", "-q", "six", cwd=project, env=env).ok()
    assert newest_world.installed(newest_world.environments()[0]) == {"six"}
    newest_world.uv("pip", "install", "-q", "idna", cwd=project, env=env).ok()
    assert newest_world.installed(os.path.join(project, ".venv")) == {"idna"}
