"""Sandboxes that let uv write into the project, but not into the home, where the store is.

In all of them the store looks writable, but is not.
"""

from __future__ import annotations

import os
import shutil
import sys
from typing import TYPE_CHECKING

import pytest

if sys.platform != "linux":
    pytest.skip("the sandboxes of these tests are Linux'", allow_module_level=True)

from support.programs import landlock
from support.programs.counted_python import CountedPython
from support.tools.real_mounts import Unavailable

if TYPE_CHECKING:
    from support.hosts.worlds import Completed, World
    from support.tools.real_mounts import Mounts

NO_STORE = "is synced by Dropbox, but the store `~/.local/share/uvlocal` is not writable"
UNCHANGEABLE = "is read-only here"


def _landlock(paths: list[str]) -> list[str]:
    return [sys.executable, landlock.__file__, *paths, "/dev/null", "--"]


def _bubblewrap(paths: list[str]) -> list[str]:
    binds = [word for path in paths for word in ("--bind", path, path)]
    return ["bwrap", "--ro-bind", "/", "/", "--dev", "/dev", *binds]


def _read_only_mount(paths: list[str]) -> list[str]:
    binds = "".join(f"mount --bind '{path}' '{path}' && " for path in paths)
    code = f'{binds}mount -o remount,ro,bind "$ROOT" && exec "$@"'
    return ["unshare", "--mount", "sh", "-c", f'mount --bind "$ROOT" "$ROOT" && {code}', "sh"]


SANDBOXES = {
    "landlock": _landlock,
    "bubblewrap": _bubblewrap,
    "read-only-mount": _read_only_mount,
}
#: The first is the hardest: there `access(2)` succeeds.
KINDS = ["landlock", *[pytest.param(kind, marks=pytest.mark.slow) for kind in list(SANDBOXES)[1:]]]


class Sandbox:
    """A sandbox of a kind, in which one project of a world can be written."""

    def __init__(self, world: World, kind: str, project: str) -> None:
        """Try it once, and skip the test if this machine does not support it."""
        self.world, self.project = world, project
        cache = world.environment["UV_CACHE_DIR"]
        os.makedirs(cache, exist_ok=True)
        self.prefix = SANDBOXES[kind]([project, world.path("tmp"), cache])
        if shutil.which(self.prefix[0]) is None:
            pytest.skip(f"`{self.prefix[0]}` is not installed")
        tried = self.run("true")
        if tried.code:
            pytest.skip(f"no {kind} here: {tried.raw_err}")
        touched = self.run("sh", "-c", "touch ok && ! touch ~/no 2>/dev/null && rm ok")
        assert touched.code == 0, str(touched)

    def run(self, *command: str) -> Completed:
        """Run a command inside, in the project."""
        env = {"ROOT": self.world.root}
        return self.world.run(*self.prefix, *command, cwd=self.project, env=env)


def _project(world: World, name: str) -> str:
    return world.project(f"home/Dropbox/{name}", packaged=False, dependencies=["iniconfig"])


@pytest.mark.parametrize("kind", KINDS)
def test_a_fresh_project(newest_world: World, kind: str) -> None:
    """uv runs as it would without us, one line says why, and outside the project is redirected."""
    world = newest_world
    project = _project(world, "a")
    world.install_shim()
    sandbox = Sandbox(world, kind, project)
    for _ in range(2):
        ran = sandbox.run("uv", "run", "python", "-c", "import iniconfig").ok()
        assert [line for line in ran.ours if NO_STORE in line] == ran.ours
        assert len(ran.ours) == 1
    assert world.installed(f"{project}/.venv") == {"iniconfig"}
    assert (world.environments(), world.records()) == ([], {})
    world.uv("sync", cwd=project).ok()
    assert [world.installed(path) for path in world.environments()] == [{"iniconfig"}]


@pytest.mark.parametrize("kind", KINDS)
def test_an_environment_that_cannot_be_changed(newest_world: World, kind: str) -> None:
    """It is used, recalled decisions notice, and one line says what to allow."""
    world = newest_world
    project = _project(world, "a")
    show = ("run", "python", "-c", "import sys; print(sys.prefix)")
    world.uv("sync", cwd=project).ok()
    CountedPython(world).wait_for_recall(*show, cwd=project)
    sandbox = Sandbox(world, kind, project)
    ran = sandbox.run("uv", *show).ok()
    assert ran.raw_out == world.environments()[0] + "\n"
    assert len(ran.ours) == 1
    assert UNCHANGEABLE in ran.ours[0]
    assert "allow writing to `~/.local/share/uvlocal`" in ran.ours[0]
    assert len(sandbox.run("uv", "add", "six").ok().ours) == 1
    assert not os.path.lexists(f"{project}/.venv")
    assert world.uv("run", "python", "-c", "import six", cwd=project).ok().ours == []


def test_the_oldest_and_every_other_uv(world: World) -> None:
    """Each uv takes the empty folder for its environment, and installs nothing if told so."""
    project = _project(world, "a")
    world.uv("sync", cwd=project).ok()
    [environment] = world.environments()
    shutil.rmtree(environment)
    os.mkdir(environment)
    world.uv("run", "python", "-c", "import iniconfig", cwd=project).ok()
    sandbox = Sandbox(world, "landlock", project)
    sandbox.run("uv", "add", "-q", "six").ok()
    assert world.installed(environment) == {"iniconfig"}


@pytest.mark.parametrize(
    "place", ["/proc/uvlocal", "/proc/self/uvlocal", "/" + "x" * 300, "/mnt/" + "y/" * 2100]
)
def test_a_place_where_nothing_can_be_made(newest_world: World, place: str) -> None:
    """No file system there, no such name: uv runs unchanged, and one line says so."""
    project = _project(newest_world, "a")
    ran = newest_world.uv("sync", cwd=project, env={"UVLOCAL_STORE": place}).ok()
    assert len(ran.ours) == 1
    assert "uv runs unchanged" in ran.ours[0]
    assert newest_world.installed(f"{project}/.venv") == {"iniconfig"}


@pytest.mark.parametrize("options", ["size=4k", "nr_inodes=3"])
def test_a_full_disk(newest_world: World, mounts: Mounts, options: str) -> None:
    """A store that has no room for a record has none for an environment."""
    world = newest_world
    project = _project(world, "a")
    os.makedirs(world.store)
    try:
        mounts.run("mount", "-t", "tmpfs", "-o", options, "tmpfs", world.store)
    except Unavailable as reason:
        pytest.skip(str(reason))
    mounts.await_mount(world.store)
    with open(os.path.join(world.store, "full"), "wb") as file:
        file.write(b"x" * 4096)
    assert NO_STORE in world.uv("sync", cwd=project).ok().ours[0]
    assert world.installed(f"{project}/.venv") == {"iniconfig"}
    assert (world.environments(), world.records()) == ([], {})
