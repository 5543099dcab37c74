"""Behind a version manager, which puts the real uv's folder first on PATH for what it starts.

A nested uv meets the shim anyway: the kept environment's `bin/uv` is a link to it.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

if sys.platform == "win32":
    pytest.skip("the link is made on POSIX only", allow_module_level=True)

from support.tools import fetched, version_managers

if TYPE_CHECKING:
    from support.hosts.worlds import World


def project(world: World, name: str, dependency: str) -> str:
    """Write a project in Dropbox."""
    return world.project(f"home/Dropbox/{name}", packaged=False, dependencies=[dependency])


def environment(world: World, name: str) -> str:
    """Return a project's kept environment."""
    [found] = [one for one in world.environments() if f"/{name}-" in one]
    return found


def link_of(world: World) -> str:
    """Return the link in the environment of the project `outer`."""
    return os.path.join(environment(world, "outer"), "bin", "uv")


def is_shim(world: World, path: str) -> bool:
    """Return whether a path points to the world's shim."""
    return os.path.realpath(path) == os.path.join(world.shim_directory, "uv")


@pytest.mark.parametrize(
    "manager",
    [
        "stand-in",
        pytest.param("pyenv", marks=pytest.mark.slow),
        pytest.param("mise", marks=pytest.mark.slow),
    ],
)
def test_a_nested_uv_meets_the_shim(world: World, manager: str) -> None:
    """What the outer project has installed stays, however often the call is made."""
    if not version_managers.put(world, manager):
        pytest.skip(f"there is no {manager} here, and none can be fetched")
    here, there = project(world, "outer", "iniconfig"), project(world, "inner", "six")
    world.uv("sync", cwd=here).ok()
    for _ in range(3):  # decided, recorded, recalled
        world.uv("run", "--no-sync", "sh", "-c", f"cd '{there}' && uv sync", cwd=here).ok()
        assert world.installed(environment(world, "outer")) == {"iniconfig"}
        assert world.installed(environment(world, "inner")) == {"six"}
        assert is_shim(world, link_of(world))
    os.unlink(link_of(world))
    world.uv("run", "--no-sync", "sh", "-c", f"cd '{there}' && uv sync", cwd=here).ok()
    assert is_shim(world, link_of(world))


@pytest.mark.slow
def test_our_folder_first_in_mise(newest_world: World) -> None:
    """mise puts what `_.path` names before the programs that it manages."""
    world = newest_world
    if not version_managers.put(world, "mise"):
        pytest.skip("there is no mise here, and none can be fetched")
    place = world.shim_directory.replace(world.home, "~")
    world.write(
        "home/.config/mise/config.toml", f'[tools]\nuv = "1.0"\n[env]\n_.path = ["{place}"]\n'
    )
    mise = os.path.realpath(os.path.join(world.home, ".local", "share", "mise", "shims", "uv"))
    found = world.run(mise, "exec", "--", "sh", "-c", "command -v uv").ok().raw_out.strip()
    assert is_shim(world, found)


def test_the_link_comes_back(world: World) -> None:
    """`uv venv --clear` takes the link away with all else, and the next call makes it again."""
    here = project(world, "outer", "iniconfig")
    clear = ("--clear",) if world.version >= (0, 8, 0) else ()
    for _ in range(3):
        world.uv("venv", *clear, cwd=here).ok()
        world.uv("sync", cwd=here).ok()
        assert is_shim(world, link_of(world))


def test_without_the_shim(newest_world: World) -> None:
    """After `uvlocal uninstall` the system passes the link over; a shim elsewhere fixes it."""
    world = newest_world
    here = project(world, "outer", "iniconfig")
    for _ in range(2):
        world.uv("sync", cwd=here).ok()
    shims = world.shim_directory
    os.rename(os.path.join(shims, "uv"), os.path.join(shims, "gone"))
    kept = {"UV_PROJECT_ENVIRONMENT": environment(world, "outer")}
    said = world.plain("run", "uv", "--version", cwd=here, env=kept).ok()
    assert said.out.startswith("uv ")
    assert os.path.lexists(link_of(world))
    world.shim_directory = ""
    world.install_shim(world.path("elsewhere"))
    world.uv("sync", cwd=here).ok()
    assert is_shim(world, link_of(world))


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["clone", "copy", "hardlink", "symlink"])
def test_a_project_that_depends_on_uv(world: World, mode: str) -> None:
    """The project's own uv takes the link's place, is left alone, and the shim stays whole."""
    here = project(world, "outer", "iniconfig")
    for _ in range(2):
        world.uv("sync", cwd=here).ok()
    link = link_of(world)
    shim = os.path.join(world.shim_directory, "uv")
    with open(shim, "rb") as file:
        before = file.read()
    folder = world.path("wheels")  # one: not every uv takes a list
    os.mkdir(folder)
    for source in (fetched.wheelhouse(), fetched.tools()):
        for name in os.listdir(source):
            if not os.path.lexists(os.path.join(folder, name)):
                os.symlink(os.path.join(source, name), os.path.join(folder, name))
    wheels = {"UV_FIND_LINKS": folder, "UV_LINK_MODE": mode}
    world.uv("add", "uv", cwd=here, env=wheels).ok()
    for _ in range(2):
        assert world.uv("run", "--no-sync", "uv", "--version", cwd=here).ok().out.startswith("uv ")
        assert os.path.exists(link)
        assert not is_shim(world, link)
    world.uv("remove", "uv", cwd=here, env=wheels).ok()
    world.uv("sync", cwd=here, env=wheels).ok()
    assert is_shim(world, link)
    with open(shim, "rb") as file:
        assert file.read() == before
