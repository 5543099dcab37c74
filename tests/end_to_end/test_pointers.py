"""Pointers and editors, with the real uv, Unison between two homes, direnv, and mise."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import sys
from typing import TYPE_CHECKING

import pytest
from support.compare import documented, recipes
from support.hosts.worlds import World
from support.tools import version_managers

if TYPE_CHECKING:
    from pathlib import Path

    from support.hosts.worlds import Completed

#: The first uv that reads redirect files.
FILES_FROM = (0, 13, 9)
SETTINGS = "home/.config/uvlocal/uvlocal.toml"
ELSEWHERE = "/elsewhere/uvlocal/envs/foo-0123456789"
#: Python's own caches beside the sources have nothing to do with uv or uvlocal.
NO_BYTECODE = {"PYTHONDONTWRITEBYTECODE": "1"}


def ask_for(world: World, pointer: str) -> None:
    """Set the kind of pointer in the user's settings."""
    world.write(SETTINGS, f'pointer = "{pointer}"\n')


def pointer_of(project: str) -> str:
    """Return the path of a project's pointer."""
    return os.path.join(project, ".venv")


# -- made by the shim ------------------------------------------------------------------------------


def test_symlink_is_made_at_the_first_call(world: World) -> None:
    """The first call creates a link that dangles until uv is done; then every tool finds it."""
    ask_for(world, "symlink")
    project = world.project("home/Dropbox/foo", dependencies=["iniconfig"])
    assert world.uv("run", "foo", cwd=project).ok().out == "hello from foo\n"
    [environment] = world.environments()
    target = os.readlink(pointer_of(project))
    assert not os.path.isabs(target)
    assert os.path.realpath(pointer_of(project)) == environment
    before = world.tree(project)
    for _ in range(2):
        assert world.uv("run", "foo", cwd=project, env=NO_BYTECODE).ok().ours == []
    assert world.tree(project) == before
    python = os.path.join(pointer_of(project), "bin", "python")
    world.run(python, "-c", "import foo").ok()


def test_uv_without_us_follows_the_link(world: World) -> None:
    """An editor that calls the real uv by its path uses the same environment."""
    ask_for(world, "symlink")
    project = world.project("home/Dropbox/foo")
    world.uv("sync", cwd=project).ok()
    plain = world.plain("run", "foo", cwd=project).ok()
    assert plain.out == "hello from foo\n"
    assert os.path.islink(pointer_of(project))
    found = world.plain("python", "find", cwd=project).ok().raw_out
    [environment] = world.environments()
    assert os.path.realpath(os.path.dirname(os.path.dirname(found.strip()))) == environment


def test_link_survives_another_python(world: World) -> None:
    """When uv recreates the environment, the link stays and points to the new one."""
    ask_for(world, "symlink")
    project = world.project("home/Dropbox/foo")
    world.uv("sync", cwd=project).ok()
    [environment] = world.environments()
    os.unlink(os.path.join(environment, "bin", "python"))
    assert world.uv("run", "foo", cwd=project).ok().out == "hello from foo\n"
    assert os.path.realpath(pointer_of(project)) == environment


def test_file_for_a_uv_that_reads_it(world: World) -> None:
    """A redirect file is written only for a uv that reads it: any other would fail on it."""
    ask_for(world, "file")
    project = world.project("home/Dropbox/foo")
    first = world.uv("run", "foo", cwd=project).ok()
    [environment] = world.environments()
    if world.version < FILES_FROM:
        assert not os.path.lexists(pointer_of(project))
        assert "0.13.9" in first.ours[0]
        return
    with open(pointer_of(project), encoding="utf-8") as file:
        [line] = file.read().splitlines()
    assert os.path.normpath(os.path.join(project, line)) == environment
    assert world.plain("run", "foo", cwd=project).ok().out == "hello from foo\n"


@pytest.mark.parametrize(
    ("provider", "kept"), [("syncthing", True), ("nextcloud", False)], ids=["kept", "skipped"]
)
def test_no_link_where_links_are_not_kept(
    newest_world: World, provider: str, *, kept: bool
) -> None:
    """For a client that does not sync links none is created, and the first notice says why."""
    world = newest_world
    ask_for(world, "symlink")
    marker = {"syncthing": ".stfolder/x", "nextcloud": ".csync_journal.db"}[provider]
    world.write(f"home/cloud/{marker}", "")
    project = world.project("home/cloud/foo", packaged=False)
    [line] = world.uv("sync", cwd=project).ok().ours
    assert os.path.lexists(pointer_of(project)) == kept
    assert ("no pointer" in line) == (not kept)


def test_no_pointer_without_an_environment(newest_world: World) -> None:
    """A command without an environment creates no pointer, nor does one that uv rejects."""
    world = newest_world
    ask_for(world, "symlink")
    project = world.project("home/Dropbox/foo")
    world.uv("lock", cwd=project).ok()
    broken = os.path.dirname(world.write("home/Dropbox/bar/pyproject.toml", "[project]\n"))
    assert world.uv("sync", cwd=broken).code != 0
    assert not os.path.lexists(pointer_of(project))
    assert not os.path.lexists(pointer_of(broken))


def test_folder_is_never_replaced(newest_world: World) -> None:
    """A `.venv` from before uvlocal stays, whatever the settings are."""
    world = newest_world
    project = world.project("home/Dropbox/foo")
    world.plain("sync", cwd=project).ok()
    before = world.tree(pointer_of(project))
    for kind in ("symlink", "file"):
        ask_for(world, kind)
        world.uv("run", "foo", cwd=project, env=NO_BYTECODE).ok()
        assert world.uvlocal("link", "--pointer", kind, cwd=project).code == 1
    assert world.uvlocal("unlink", cwd=project).code == 1
    assert world.tree(pointer_of(project)) == before


# -- of another machine ----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["link", "file"])
def test_pointer_of_another_machine_stops_nothing(world: World, kind: str) -> None:
    """If no pointer is configured, another machine's is left alone, and uv works."""
    project = world.project("home/Dropbox/foo")
    if kind == "link":
        os.symlink(ELSEWHERE, pointer_of(project))
    else:
        world.write("home/Dropbox/foo/.venv", ELSEWHERE + "\n")
    assert world.plain("sync", cwd=project).code != 0
    before = world.tree(world.dropbox)
    for words in (["run", "foo"], ["sync"], ["lock"], ["tree"], ["pip", "list"]):
        world.uv(*words, cwd=project, env=NO_BYTECODE).ok()
    after = world.tree(world.dropbox)
    assert set(after) - set(before) == {os.path.join("foo", "uv.lock")}
    assert all(after[name] == entry for name, entry in before.items())


def test_pointer_of_another_machine_is_mended_once(newest_world: World) -> None:
    """If a pointer is configured, it is fixed once; if it comes back, it is left alone."""
    world = newest_world
    ask_for(world, "symlink")
    project = world.project("home/Dropbox/foo", packaged=False)
    os.symlink(ELSEWHERE, pointer_of(project))
    world.uv("sync", cwd=project).ok()
    [environment] = world.environments()
    assert os.path.realpath(pointer_of(project)) == environment
    os.unlink(pointer_of(project))
    os.symlink(ELSEWHERE, pointer_of(project))
    world.uv("sync", cwd=project).ok()
    assert os.readlink(pointer_of(project)) == ELSEWHERE


# -- two homes and Unison --------------------------------------------------------------------------


class Pair:
    """Two machines of one person that share their Dropbox folder by Unison."""

    def __init__(self, folder: Path, uv: str, cache: Path) -> None:
        self.folder = folder
        python = os.path.realpath(getattr(sys, "_base_executable", sys.executable))
        self.worlds = [
            World(str(folder / name), uv, cache=str(cache / "pair"), python=python)
            for name in ("here", "there")
        ]
        for world in self.worlds:
            ask_for(world, "symlink")
            world.environment |= NO_BYTECODE
        self.worlds[0].project("home/Dropbox/foo", dependencies=["iniconfig"])

    def sync(self) -> None:
        """Synchronize both with Unison; a conflict is an error."""
        here, there = self.worlds
        state = {"UNISON": str(self.folder / "unison")}
        words = ["-batch", "-ui", "text", "-confirmbigdel=false"]
        here.run("unison", here.dropbox, there.dropbox, *words, env=state).ok()
        assert here.tree(here.dropbox) == there.tree(there.dropbox)

    def run(self, world: World) -> Completed:
        """Run the project's command on one of the machines."""
        result = world.uv("run", "foo", cwd=os.path.join(world.dropbox, "foo"))
        assert result.ok().out == "hello from foo\n"
        return result

    def pointers(self) -> list[str]:
        """Return the target of the pointer on each machine."""
        return [os.readlink(os.path.join(world.dropbox, "foo", ".venv")) for world in self.worlds]


@pytest.fixture
def pair(tmp_path: Path, newest_uv: str, uv_caches: Path) -> Pair:
    """Return two machines."""
    if shutil.which("unison") is None:
        pytest.skip("`unison` is not installed")
    return Pair(tmp_path, newest_uv, uv_caches)


def test_two_homes_share_one_pointer(pair: Pair) -> None:
    """The same link points to each machine's own environment: nothing to fix, no conflict."""
    pair.sync()
    here, there = pair.worlds
    said = set()
    for turn in range(6):
        pair.run(pair.worlds[turn % 2])
        pair.sync()
        said |= set(pair.pointers())
    assert len(said) == 1
    for world in (here, there):
        [environment] = world.environments()
        assert os.path.realpath(os.path.join(world.dropbox, "foo", ".venv")) == environment


def test_two_homes_at_once(pair: Pair) -> None:
    """Both machines create the pointer before the first sync, and there is no conflict."""
    pair.sync()
    for world in pair.worlds:
        pair.run(world)
    pair.sync()
    for world in pair.worlds:
        pair.run(world)


def test_two_homes_with_different_stores(pair: Pair) -> None:
    """Machines whose pointers differ fix each other's once, then leave them; uv always works."""
    pair.sync()
    there = pair.worlds[1]
    there.environment["UVLOCAL_STORE"] = there.path("fast/uvlocal")
    said = []
    for turn in range(8):
        pair.run(pair.worlds[turn % 2])
        pair.sync()
        said.append(pair.pointers()[0])
    changes = sum(one != other for one, other in itertools.pairwise(said))
    assert changes <= 2
    assert len(set(said[3:])) == 1


def test_two_homes_of_which_one_wants_no_pointer(pair: Pair) -> None:
    """A machine without a configured pointer works with the other's, which dangles there."""
    here, there = pair.worlds
    here.environment["UVLOCAL_STORE"] = here.path("fast/uvlocal")
    ask_for(there, "none")
    pair.sync()
    for turn in range(4):
        pair.run(pair.worlds[turn % 2])
        pair.sync()
    assert (
        pair.pointers()
        == [
            os.path.join(here.path("fast/uvlocal/envs"), name)
            for name in os.listdir(here.path("fast/uvlocal/envs"))
        ]
        * 2
    )


# -- the commands ----------------------------------------------------------------------------------


def test_link_and_unlink(world: World) -> None:
    """`uvlocal link` creates a pointer, `unlink` removes it, and the environment stays."""
    project = world.project("home/Dropbox/foo")
    world.uv("sync", cwd=project).ok()
    made = json.loads(world.uvlocal("link", "--json", cwd=project).ok().raw_out)
    assert (made["kind"], made["changed"], made["portable"]) == ("symlink", True, True)
    assert world.plain("run", "foo", cwd=project).ok().out == "hello from foo\n"
    world.uvlocal("unlink", cwd=project).ok()
    assert not os.path.lexists(pointer_of(project))
    assert world.environments() == [made["environment"]]


def test_vscode_interpreter_runs_the_project(newest_world: World) -> None:
    """The path shown for VS Code, with the home inserted, is a Python that has the project."""
    world = newest_world
    project = world.project("home/Dropbox/foo", dependencies=["iniconfig"])
    world.uv("sync", cwd=project).ok()
    shown = world.uvlocal("link", "--vscode", "--json", cwd=project).ok()
    path: str = json.loads(shown.raw_out)["settings"]["python.defaultInterpreterPath"]
    assert path.startswith("${env:HOME}/")
    python = path.replace("${env:HOME}", world.home)
    world.run(python, "-c", "import foo, iniconfig").ok()
    shown = world.uvlocal("link", "--vscode", "--user", "--json", cwd=project).ok()
    [folder] = json.loads(shown.raw_out)["settings"]["python-envs.globalSearchPaths"]
    assert python.startswith(folder.replace("~", world.home) + "/")


# -- other tools -----------------------------------------------------------------------------------


@pytest.mark.parametrize("recipe", [recipes.DIRENV, recipes.MISE, recipes.JUPYTER])
def test_the_documentation_has_the_recipes(recipe: str) -> None:
    """The commands here are those of the documentation, word for word."""
    assert recipe in documented.read("docs/programs.md").replace("\n$ ", "\n")


@pytest.fixture
def synced_project(newest_world: World) -> str:
    """Return a project with its environment, in a world with `uvlocal` on PATH."""
    world = newest_world
    words = " ".join(f"'{word}'" for word in world.uvlocal_command)
    os.chmod(world.write("bin/uvlocal", f'#!/bin/sh\nexec {words} "$@"\n'), 0o700)
    project = world.project("home/Dropbox/foo", dependencies=["iniconfig"])
    world.uv("sync", cwd=project).ok()
    return project


SHOW = "import foo, iniconfig, os, sys; print(sys.prefix == os.environ['VIRTUAL_ENV'])"


def test_direnv(newest_world: World, synced_project: str) -> None:
    """With direnv the environment is active in the project's folder, for `uv pip` as well."""
    world, direnv = newest_world, shutil.which("direnv")
    if direnv is None:
        pytest.skip("`direnv` is not installed")
    world.write("home/.config/direnv/direnvrc", recipes.DIRENV)
    world.write("home/Dropbox/foo/.envrc", "layout uvlocal\n")
    world.run(direnv, "allow", cwd=synced_project).ok()
    words = [direnv, "exec", synced_project]
    assert world.run(*words, "python", "-c", SHOW).ok().out == "True\n"
    freeze = world.run(*words, "uv", "pip", "freeze").ok().raw_out.splitlines()
    assert freeze == [f"-e file://{synced_project}", "iniconfig==2.1.0"]
    inside = world.run(*words, "uv", "run", "foo", cwd=synced_project).ok()
    assert (inside.out, "VIRTUAL_ENV" in inside.err) == ("hello from foo\n", False)


def test_mise(newest_world: World, synced_project: str) -> None:
    """With mise the environment is active in the project's folder."""
    world, mise = newest_world, version_managers.mise_program()
    if not mise:
        pytest.skip("mise is neither installed nor on npm for this system")
    world.write("home/Dropbox/foo/mise.toml", recipes.MISE)
    world.run(mise, "trust", cwd=synced_project).ok()
    result = world.run(mise, "exec", "--", "python", "-c", SHOW, cwd=synced_project).ok()
    assert result.out == "True\n"
