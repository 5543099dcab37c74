"""The other strategies, with the real uv and a Python that skips hidden `.pth` files."""

from __future__ import annotations

import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import hidden_python
import hidden_shim
import pytest
import sync_client

from uvlocal.shim.system import System

if TYPE_CHECKING:
    from worlds import Completed, World

RUNS = 5
#: How many calls are made at once.
PARALLEL = 8
#: The first uv that keeps others out of an environment while it installs; Dropbox' mark on Linux.
LOCKS_FROM = (0, 7, 0)
MARK = "user.com.dropbox.ignored"


@pytest.fixture
def synced_world(hiding_world: World) -> World:
    """Return a world whose uvlocal knows the hidden flag, with a synced folder without a mark."""
    world = hiding_world
    hidden_shim.install(world)
    world.forget_client()
    return world


def use(world: World, strategy: str) -> None:
    """Let every call of a world use a strategy."""
    world.environment["UVLOCAL_STRATEGY"] = strategy


def packages(project: str) -> str:
    """Return the folder of installed packages in a project."""
    library = os.path.join(project, ".venv", "lib")
    [python] = os.listdir(library)
    return os.path.join(library, python, "site-packages")


def metadata(project: str, name: str = "foo-0.1.0") -> set[str]:
    """Return the names of what is known of an installed package."""
    return set(os.listdir(os.path.join(packages(project), f"{name}.dist-info")))


def at_once(world: World, *command: str, cwd: str) -> list[Completed]:
    """Run a command several times at once."""
    with ThreadPoolExecutor(PARALLEL) as pool:
        running = [pool.submit(world.uv, *command, cwd=cwd) for _ in range(PARALLEL)]
        return [run.result() for run in running]


# -- both that stay in the project -----------------------------------------------------------------


def test_every_run_succeeds(synced_world: World) -> None:
    """Each of several runs succeeds, a pass of the sync client before each."""
    world = synced_world
    use(world, "no-metadata")
    project = world.project("home/Dropbox/foo", dependencies=["iniconfig"])
    for _ in range(RUNS):
        assert world.uv("run", "foo", cwd=project).ok().out == "hello from foo\n"
        assert sync_client.hide(world.dropbox) > 0
    assert world.environments() == []


def test_an_environment_from_before_is_healed(synced_world: World) -> None:
    """An environment that uv made without uvlocal, and that is broken already, works again."""
    world = synced_world
    project = world.project("home/Dropbox/foo", dependencies=["iniconfig"])
    world.plain("sync", cwd=project).ok()
    sync_client.hide(world.dropbox)
    assert world.plain("run", "foo", cwd=project).code == 1
    use(world, "no-metadata")
    assert world.uv("run", "foo", cwd=project).ok().out == "hello from foo\n"


@pytest.mark.parametrize("state", ["fresh", "hidden"])
def test_parallel_runs(synced_world: World, state: str) -> None:
    """Of several runs at once all succeed, in a fresh project and after a pass of the client."""
    world = synced_world
    if world.version < LOCKS_FROM:
        pytest.skip("this uv lets several calls install into one environment at once")
    use(world, "no-metadata")
    project = world.project("home/Dropbox/foo", dependencies=["iniconfig"])
    for _ in range(RUNS):
        results = at_once(world, "run", "foo", cwd=project)
        assert [str(result) for result in results if result.code != 0] == []
        if state == "hidden":
            sync_client.hide(world.dropbox)
        else:
            shutil.rmtree(os.path.join(project, ".venv"))


def test_workspace(synced_world: World) -> None:
    """Every member of a workspace is found again, from wherever uv is called."""
    world = synced_world
    use(world, "no-metadata")
    members = ["packages/alpha", "packages/beta"]
    project = world.project("home/Dropbox/club", members=members)
    world.uv("sync", "--all-packages", cwd=project).ok()
    sync_client.hide(world.dropbox)
    below = os.path.join(project, "packages", "alpha")
    world.uv("run", "--all-packages", "python", "-c", "import alpha, beta, club", cwd=below).ok()


# -- no-metadata -----------------------------------------------------------------------------------


def test_no_metadata_only_when_needed(synced_world: World) -> None:
    """The variable is set at the first sync, and when the project is hidden; then never again."""
    world = synced_world
    use(world, "no-metadata")
    project = world.project("home/Dropbox/foo", dependencies=["iniconfig"])
    world.uv("sync", cwd=project).ok()
    assert "INSTALLER" not in metadata(project)
    assert "INSTALLER" not in metadata(project, "iniconfig-2.1.0")
    again = world.uv("run", "foo", cwd=project).ok()
    assert "Installed 1 package" in again.err
    assert "INSTALLER" in metadata(project)
    assert "Installed" not in world.uv("run", "foo", cwd=project).ok().err
    sync_client.hide(world.dropbox)
    assert "Installed 1 package" in world.uv("run", "foo", cwd=project).ok().err
    assert "INSTALLER" not in metadata(project)


def test_no_metadata_leaves_alone_what_uv_would_not_install(synced_world: World) -> None:
    """With `--no-sync` nothing is taken from the environment: uv would not put it back."""
    world = synced_world
    use(world, "no-metadata")
    project = world.project("home/Dropbox/foo")
    world.plain("sync", cwd=project).ok()
    before = metadata(project)
    sync_client.hide(world.dropbox)
    world.uv("run", "--no-sync", "python", "-V", cwd=project).ok()
    assert metadata(project) == before


def test_no_metadata_after_a_sync_that_was_killed(synced_world: World) -> None:
    """A `.pth` file that is missing is put back, where uv itself sees nothing to repair."""
    world = synced_world
    project = world.project("home/Dropbox/foo")
    world.plain("sync", cwd=project).ok()
    [pth] = [name for name in os.listdir(packages(project)) if name.endswith("foo.pth")]
    os.unlink(os.path.join(packages(project), pth))
    assert world.plain("run", "foo", cwd=project).code == 1
    use(world, "no-metadata")
    world.uv("run", "foo", cwd=project).ok()


# -- marks for the sync client ---------------------------------------------------------------------


@pytest.fixture
def dropbox_world(world: World) -> World:
    """Return a world with a Dropbox folder on a file system that can hold marks."""
    probe = os.path.dirname(world.write("probe/file", ""))
    if not System().set_attribute(probe, MARK, b"1"):
        pytest.skip("this file system has no extended attributes")
    use(world, "no-metadata")
    return world


def mark(project: str) -> bytes | None:
    """Return the mark of a project's environment, None for none."""
    return System().attribute(os.path.join(project, ".venv"), MARK)


def test_environment_is_marked_before_it_is_filled(dropbox_world: World) -> None:
    """What stays in a Dropbox folder is marked as left out from the first call on."""
    world = dropbox_world
    project = world.project("home/Dropbox/foo")
    world.uv("sync", cwd=project).ok()
    assert mark(project) == b"1"
    assert os.path.isfile(os.path.join(project, ".venv", "pyvenv.cfg"))


def test_what_is_marked_is_installed_once(dropbox_world: World) -> None:
    """What Dropbox leaves out is installed as usual: no later call has to install it again."""
    project = dropbox_world.project("home/Dropbox/foo")
    environ = {"UVLOCAL_STRATEGY": "no-metadata"}
    dropbox_world.uv("sync", cwd=project, env=environ).ok()
    before = dropbox_world.tree(project)
    assert any(name.endswith("direct_url.json") for name in before)
    dropbox_world.uv("sync", cwd=project, env=environ).ok()
    assert dropbox_world.tree(project) == before


def test_mark_comes_back(dropbox_world: World) -> None:
    """When uv has made the environment anew, the next call marks it again."""
    world = dropbox_world
    project = world.project("home/Dropbox/foo")
    world.uv("sync", cwd=project).ok()
    shutil.rmtree(os.path.join(project, ".venv"))
    world.plain("sync", cwd=project).ok()
    assert mark(project) is None
    world.uv("run", "foo", cwd=project).ok()
    assert mark(project) == b"1"


def test_nothing_is_made_by_a_call_that_makes_nothing(dropbox_world: World) -> None:
    """A command that only reads leaves no empty environment behind."""
    world = dropbox_world
    project = world.project("home/Dropbox/foo")
    world.uv("lock", cwd=project).ok()
    assert not os.path.lexists(os.path.join(project, ".venv"))


# -- what another machine left ---------------------------------------------------------------------


def test_pointer_of_another_machine(world: World) -> None:
    """A link that another machine made, and that leads nowhere here, stops no strategy."""
    use(world, "no-metadata")
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
