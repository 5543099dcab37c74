"""Behind a version manager, which puts the real uv's folder first on PATH for its programs.

A nested uv is the shim anyway: the kept environment's `bin/uv` is a link to it.
"""

from __future__ import annotations

import os
import shutil
import sys
from typing import TYPE_CHECKING

import pytest

if sys.platform == "win32":
    pytest.skip("the link is made on POSIX only", allow_module_level=True)

from support.compare import documented
from support.tools import fetched, version_managers

if TYPE_CHECKING:
    from collections.abc import Callable

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


#: What `docs/version-managers.md` tells people to write, by the language of the block.
RECIPES = {
    block.language: block.text
    for block in documented.blocks(documented.read("docs/version-managers.md"))
}


@pytest.fixture
def behind(newest_world: World) -> Callable[[str], World]:
    """Return a function that puts a manager before the shim, which is where users have it."""

    def put(manager: str) -> World:
        newest_world.install_shim(os.path.join(newest_world.store, "shims"))
        if not version_managers.put(newest_world, manager):
            pytest.skip(f"there is no {manager} here, and none can be fetched")
        return newest_world

    return put


@pytest.mark.slow
def test_our_folder_first_in_mise(behind: Callable[[str], World]) -> None:
    """mise puts the folders in `_.path` before the programs that it manages."""
    world = behind("mise")
    world.write("home/.config/mise/config.toml", f'[tools]\nuv = "1.0"\n{RECIPES["toml"]}')
    mise = os.path.realpath(os.path.join(world.home, ".local", "share", "mise", "shims", "uv"))
    found = world.run(mise, "exec", "--", "sh", "-c", "command -v uv").ok().raw_out.strip()
    assert is_shim(world, found)


@pytest.mark.slow
@pytest.mark.parametrize("order", ["ours-last", "theirs-last"])
def test_our_line_after_that_of_pyenv(behind: Callable[[str], World], order: str) -> None:
    """Of the lines in a startup file the last one wins: `uvlocal install` puts ours there."""
    world = behind("pyenv")
    pyenv = f'PATH="{world.path("pyenv/bin")}:$PATH"\neval "$(pyenv init - bash)"\n'
    world.write("home/.bashrc", pyenv if order == "ours-last" else "")
    shims = world.shim_directory
    world.uvlocal("install", "--shim-dir", shims, "--shell", "bash", "--yes").ok()
    if order == "theirs-last":
        with open(f"{world.home}/.bashrc", "a", encoding="utf-8") as file:
            file.write(pyenv)
    found = world.run("bash", "-ic", "command -v uv").ok().raw_out.strip()
    assert is_shim(world, found) == (order == "ours-last")


@pytest.mark.slow
def test_our_folder_first_in_direnv(behind: Callable[[str], World]) -> None:
    """`PATH_add` at the end of `.envrc` puts ours before what the file put there."""
    world = behind("stand-in")
    direnv = shutil.which("direnv")
    if direnv is None:
        pytest.skip("`direnv` is not installed")
    theirs = world.path("manager/version/bin")
    for number, (recipe, ours) in enumerate({"": False, RECIPES["bash"]: True}.items()):
        folder = world.path(f"local/{number}")
        world.write(f"local/{number}/.envrc", f"PATH_add '{theirs}'\n{recipe}")
        world.run(direnv, "allow", cwd=folder).ok()
        ran = world.run(direnv, "exec", folder, "sh", "-c", "command -v uv", cwd=folder).ok()
        assert is_shim(world, ran.raw_out.strip()) == ours


@pytest.mark.slow
def test_our_folder_first_in_a_nix_shell(behind: Callable[[str], World]) -> None:
    """nix-shell runs the hook after it put its own folders first; the standard one stands in."""
    world = behind("stand-in")
    nix = shutil.which("nix-shell")
    if nix is None:
        pytest.skip("`nix-shell` is not installed (Debian: `nix-bin`)")
    setup = f'PATH="{world.path("manager/version/bin")}:$PATH"\nrunHook() {{ eval "${{!1}}"; }}\n'
    world.write("local/stdenv/setup", setup)
    world.write("local/etc/nix.conf", "build-users-group =\nsandbox = false\n")
    env = {f"NIX_{name}_DIR": world.path(f"local/{name}") for name in ("STORE", "STATE", "LOG")}
    env |= {"NIX_CONF_DIR": world.path("local/etc"), "NIX_BUILD_SHELL": "/bin/bash"}
    base = 'name = "shell"; system = builtins.currentSystem; builder = "/bin/sh";'
    for recipe, ours in {"": False, RECIPES["nix"]: True}.items():
        code = f'derivation {{ {base} stdenv = "{world.path("local/stdenv")}"; {recipe} }}'
        shell = world.write("local/shell.nix", code)
        ran = world.run(nix, shell, "--run", "command -v uv", env=env).ok()
        assert is_shim(world, ran.raw_out.strip()) == ours


def test_the_link_comes_back(world: World) -> None:
    """`uv venv --clear` removes the link with everything else, and the next call restores it."""
    here = project(world, "outer", "iniconfig")
    clear = ("--clear",) if world.version >= (0, 8, 0) else ()
    for _ in range(3):
        world.uv("venv", *clear, cwd=here).ok()
        world.uv("sync", cwd=here).ok()
        assert is_shim(world, link_of(world))


def test_without_the_shim(newest_world: World) -> None:
    """After `uvlocal uninstall` the system ignores the dangling link; a shim elsewhere fixes it."""
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
    """The project's own uv replaces the link, is left alone, and the shim is not damaged."""
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
