"""Commands that ignore `UV_PROJECT_ENVIRONMENT` but use an environment, with the real uv."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest
from support.programs.counted_python import CountedPython
from support.tools import real_uv

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.hosts.worlds import World

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="looks into `bin`")

SHOW = "import os, sys; print(os.environ.get('VIRTUAL_ENV'), sys.prefix)"


def synced(world: World) -> str:
    """Make a project in Dropbox, and its environment."""
    project = world.project("home/Dropbox/foo", dependencies=["iniconfig"])
    world.uv("sync", cwd=project).ok()
    return project


def test_run_without_the_project(world: World) -> None:
    """`uv run --no-project` runs in the kept environment, without a message of ours."""
    project = synced(world)
    [environment] = world.environments()
    words = ("run", "--no-project", "python", "-c", SHOW)
    recalled = CountedPython(world).wait_for_recall(*words, cwd=project)
    for result in (world.uv(*words, cwd=project, env={"UVLOCAL_STORE": world.store}), recalled):
        assert result.raw_out == f"{environment} {environment}\n"
        assert result.ours == []
    assert not os.path.lexists(os.path.join(project, ".venv"))


@pytest.mark.parametrize(
    "setting", ["no-build-isolation = true", 'no-build-isolation-package = ["foo"]', ""]
)
@pytest.mark.parametrize("place", ["pyproject.toml", "uv.toml"])
def test_build(newest_world: World, setting: str, place: str) -> None:
    """`uv build` builds in the kept environment, whoever turned isolation off."""
    world = newest_world
    project = world.project("home/Dropbox/foo", dependencies=["hatchling"])
    table = f"[tool.uv]\n{setting}\n" if place == "pyproject.toml" else f"{setting}\n"
    world.uv("sync", cwd=project).ok()
    with open(os.path.join(project, place), "a", encoding="utf-8") as file:
        file.write(table)
    # With isolation no wheel of the build backend is available, so the build fails.
    alone = {"UV_FIND_LINKS": None, "UV_CACHE_DIR": world.path("cache")}
    code = world.uv("build", "--wheel", "-o", world.path("out"), cwd=project, env=alone).code
    assert (code == 0) is bool(setting)


@pytest.fixture
def world_with_uvx(make_world: Callable[..., World]) -> World:
    """Return a world whose real uv has its uvx beside it."""
    return make_world(real_uv.beside_uvx(real_uv.NEWEST))


@pytest.mark.parametrize("words", [("uvx",), ("uv", "tool", "run"), ("uv", "tool", "uvx")])
def test_tools_see_the_environment(world_with_uvx: World, words: tuple[str, ...]) -> None:
    """A tool that looks for `VIRTUAL_ENV` finds the kept environment, and runs in its own."""
    world = world_with_uvx
    project = synced(world)
    [environment] = world.environments()
    tool = (*words, "--from", "idna", "python", "-c", SHOW)
    python = CountedPython(world)
    recalled = python.wait_for_recall(*tool[1:], cwd=project, program=tool[0])
    decided = world.run(*tool, cwd=project, env={"UVLOCAL_STORE": world.store}).ok()
    for result in (decided, recalled):
        seen, prefix = result.raw_out.split()
        assert seen == environment
        assert prefix != environment
        assert result.ours == []
    active = world.run(*tool, cwd=project, env={"VIRTUAL_ENV": "/mine"}).ok()
    assert active.raw_out.startswith("/mine ")
    local = world.project("local/foo", packaged=False)
    assert world.run(*tool, cwd=local).ok().raw_out.startswith("None ")


def test_uvx_is_uvx(world_with_uvx: World) -> None:
    """The shim's uvx prints the same, and has the same exit code, as the real one."""
    world = world_with_uvx
    folder = world.install_shim()
    plain = os.path.join(os.path.dirname(world.real_uv), "uvx")
    for words in (["--version"], ["--help"], [], ["--no-such-option"]):
        real, ours = (world.run(program, *words) for program in (plain, f"{folder}/uvx"))
        assert (ours.code, ours.raw_out, ours.raw_err) == (real.code, real.raw_out, real.raw_err)


def test_without_a_uvx(newest_world: World) -> None:
    """If the real uv has no uvx, the exit code is 127, as in a shell."""
    world = newest_world
    world.install_shim()
    world.environment["PATH"] = os.pathsep.join(
        [world.shim_directory, os.path.dirname(world.real_uv)]
    )
    result = world.run(os.path.join(world.shim_directory, "uvx"), "ty")
    assert result.code == 127
    assert result.err.startswith("error: no uvx found")


@pytest.mark.parametrize("command", ["find", "no-project"])
def test_a_broken_environment(newest_world: World, command: str) -> None:
    """If the kept environment's Python is gone, uv ignores it like a broken `.venv`."""
    world = newest_world
    project = synced(world)
    [environment] = world.environments()
    for name in os.listdir(os.path.join(environment, "bin")):
        if name.startswith("python"):
            os.unlink(os.path.join(environment, "bin", name))
    words = {
        "find": ("python", "find"),
        "no-project": ("run", "--no-project", "python", "-c", "import sys; print(sys.executable)"),
    }[command]
    plain = world.plain(*words, cwd=project).ok()
    assert world.uv(*words, cwd=project).ok().raw_out == plain.raw_out
