"""The strategy `no-metadata`, with the real uv and a Python that skips hidden `.pth` files."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest
from support.programs import hidden_shim, sync_client
from support.programs.counted_python import CountedPython
from support.tools import hidden_python

if TYPE_CHECKING:
    from support.hosts.worlds import World

RUNS = 5


@pytest.fixture
def synced_world(hiding_world: World) -> World:
    """Return a world whose uvlocal knows the hidden flag, and keeps environments in place."""
    world = hiding_world
    hidden_shim.install(world)
    world.environment["UVLOCAL_STRATEGY"] = "no-metadata"
    return world


def packages(project: str) -> str:
    """Return the folder of installed packages in a project."""
    library = os.path.join(project, ".venv", "lib")
    [python] = os.listdir(library)
    return os.path.join(library, python, "site-packages")


def metadata(project: str, name: str = "foo-0.1.0") -> set[str]:
    """Return the names of an installed package's metadata files."""
    return set(os.listdir(os.path.join(packages(project), f"{name}.dist-info")))


def test_every_run_succeeds(synced_world: World) -> None:
    """Each of several runs succeeds, a pass of the sync client before each."""
    world = synced_world
    project = world.project("home/Dropbox/foo", dependencies=["iniconfig"])
    for _ in range(RUNS):
        assert world.uv("run", "foo", cwd=project).ok().out == "hello from foo\n"
        assert sync_client.hide(world.dropbox) > 0
    assert world.environments() == []


def test_every_run_installs_again(world: World) -> None:
    """If the system has no flag to clear, uv reinstalls what Python no longer finds."""
    project = world.project("home/Dropbox/foo", dependencies=["iniconfig"])
    world.environment["UVLOCAL_STRATEGY"] = "no-metadata"
    world.uv("sync", cwd=project).ok()
    for _ in range(2):
        [pth] = [name for name in os.listdir(packages(project)) if name.endswith("foo.pth")]
        os.unlink(os.path.join(packages(project), pth))
        assert world.uv("run", "foo", cwd=project).ok().out == "hello from foo\n"


def test_an_environment_from_before_works_again(synced_world: World) -> None:
    """An environment that uv made without uvlocal, and that was hidden already, works again."""
    world = synced_world
    project = world.project("home/Dropbox/foo", dependencies=["iniconfig"])
    world.plain("sync", cwd=project).ok()
    sync_client.hide(world.dropbox)
    assert world.plain("run", "foo", cwd=project).code == 1
    assert world.uv("run", "foo", cwd=project).ok().out == "hello from foo\n"


def test_workspace(synced_world: World) -> None:
    """Every member of a workspace is found again, from wherever uv is called."""
    world = synced_world
    members = ["packages/alpha", "packages/beta"]
    project = world.project("home/Dropbox/club", members=members)
    world.uv("sync", "--all-packages", cwd=project).ok()
    sync_client.hide(world.dropbox)
    below = os.path.join(project, "packages", "alpha")
    world.uv("run", "--all-packages", "python", "-c", "import alpha, beta, club", cwd=below).ok()


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(["sync"], id="sync"),
        pytest.param(["run", "foo"], id="run"),
        pytest.param(["add", "six"], id="add"),
        pytest.param(["remove", "iniconfig"], id="remove"),
    ],
)
def test_no_command_writes_metadata(world: World, words: list[str]) -> None:
    """Whatever command installs the project, uv writes no metadata of its own, `UV_NO_SYNC` aside.

    `uv sync` has no option of that name.
    """
    project = world.project("home/Dropbox/foo", dependencies=["iniconfig"])
    environ = {"UVLOCAL_STRATEGY": "no-metadata", "UV_NO_SYNC": str(int(words == ["sync"]))}
    world.uv(*words, cwd=project, env=environ).ok()
    assert "METADATA" in metadata(project)
    assert not {"INSTALLER", "direct_url.json"} & metadata(project)
    assert world.environments() == []


def test_without_sync(synced_world: World) -> None:
    """With `--no-sync` nothing is installed, and all hidden `.pth` files work again."""
    world = synced_world
    project = world.project("home/Dropbox/foo", dependencies=["iniconfig"])
    world.uv("sync", cwd=project).ok()
    extra = os.path.dirname(world.write("local/extra/extra_module.py", ""))
    with open(os.path.join(packages(project), "extra.pth"), "w", encoding="utf-8") as file:
        file.write(extra + "\n")
    before = world.tree(packages(project))
    sync_client.hide(world.dropbox)
    words = ["run", "--no-sync", "python", "-B", "-c", "import foo, extra_module"]
    world.uv(*words, cwd=project).ok()
    assert world.tree(packages(project)) == before


def test_no_mark_is_left(world: World) -> None:
    """Neither the project nor the environment has a marker of ours that Dropbox would respect."""
    if sys.platform != "linux":
        pytest.skip("the attributes are listed on Linux only")
    project = world.project("home/Dropbox/foo")
    before = set(os.listdir(project))
    world.uv("sync", cwd=project, env={"UVLOCAL_STRATEGY": "no-metadata"}).ok()
    assert set(os.listdir(project)) - before <= {".venv", "uv.lock"}
    assert os.listxattr(os.path.join(project, ".venv")) == []


def prefix(world: World, project: str) -> str:
    """Return the environment in which a program runs."""
    code = "import sys; print(sys.prefix)"
    found = world.uv("run", "python", "-c", code, cwd=project).ok().raw_out.strip()
    return os.path.realpath(found)


@pytest.mark.parametrize("recalled", [False, True], ids=["decided", "recalled"])
def test_redirect_again(newest_world: World, *, recalled: bool) -> None:
    """Switching strategies takes effect at the next call, in both directions."""
    if recalled and sys.platform != "linux":
        pytest.skip("where flags are to be cleared each call is decided")
    world = newest_world
    settings = "home/.config/uvlocal/uvlocal.toml"
    project = world.project("home/Dropbox/foo")
    python = CountedPython(world)
    inside = os.path.realpath(os.path.join(project, ".venv"))
    for strategy in ("no-metadata", "redirect", "no-metadata"):
        world.write(settings, f'strategy = "{strategy}"\n')
        is_inside = prefix(world, project) == inside
        assert is_inside == (strategy == "no-metadata")
        if recalled:
            python.wait_for_recall("run", "python", "-V", cwd=project)
            assert (prefix(world, project) == inside) == is_inside
    assert len(world.environments()) == 1


@pytest.mark.parametrize("name", ["centralize", "unhide"])
def test_a_strategy_that_is_gone(newest_world: World, name: str) -> None:
    """A strategy of earlier versions is reported in one line, and the default is used."""
    world = newest_world
    world.write("home/.config/uvlocal/uvlocal.toml", f'strategy = "{name}"\n')
    project = world.project("home/Dropbox/foo")
    first, line = world.uv("run", "foo", cwd=project).ok().ours
    assert "is synced by Dropbox" in first
    assert f"`{name}` was removed; use " in line
    assert len(world.environments()) == 1
    assert not os.path.lexists(os.path.join(project, ".venv"))


def test_pointer_of_another_machine(world: World) -> None:
    """Another machine's link, which dangles here, does not make a call fail."""
    world.environment["UVLOCAL_STRATEGY"] = "no-metadata"
    project = world.project("home/Dropbox/foo")
    os.symlink("/elsewhere/uvlocal/envs/foo-0123456789", os.path.join(project, ".venv"))
    assert world.plain("sync", cwd=project).code != 0
    for _ in range(2):
        assert world.uv("run", "foo", cwd=project).ok().out == "hello from foo\n"


def test_hidden_flag_is_modelled(synced_world: World) -> None:
    """The shim of these worlds sees what Python sees: without a strategy the project is lost."""
    world = synced_world
    project = world.project("home/Dropbox/foo")
    world.environment["UVLOCAL_MODE"] = "never"
    world.uv("sync", cwd=project).ok()
    sync_client.hide(world.dropbox)
    assert world.uv("run", "foo", cwd=project).code == 1
    assert hidden_python.is_hidden(packages(project))
