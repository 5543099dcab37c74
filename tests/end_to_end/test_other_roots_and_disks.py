"""Real environments on two disks, and under another root directory: none is lost.

Mounts are made in a private mount table, which is gone with the test.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from support.hosts.worlds import Completed, World

if sys.platform != "linux":
    pytest.skip("only Linux has private mount tables", allow_module_level=True)


@pytest.fixture
def private(newest_world: World) -> Iterator[Callable[[str], Callable[..., Completed]]]:
    """Return what prepares a private mount table, and returns what runs a command under it."""
    keepers = []
    chroot = shutil.which("chroot", path="/usr/sbin:/usr/bin:/sbin:/bin") or "chroot"
    user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]

    def prepare(code: str) -> Callable[..., Completed]:
        keeper = subprocess.Popen(
            ["unshare", "--mount", *user, "sh", "-c", f"set -e\n{code}\necho ready; exec cat"],  # noqa: S607 - of this system
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        keepers.append(keeper)
        assert keeper.stdout is not None
        if keeper.stdout.readline() != b"ready\n":
            pytest.skip(f"nothing can be mounted here: {keeper.communicate()[1].decode()}")
        which = ["--user", "--preserve-credentials"] if user else []
        enter = ["nsenter", *which, "--target", str(keeper.pid), "--mount", "--"]

        def run(*command: str, root: str = "/", cwd: str, **env: str) -> Completed:
            inside = ["sh", "-c", 'cd "$0" && exec "$@"', cwd, *command]
            return newest_world.run(*enter, chroot, root, *inside, env=env)

        return run

    yield prepare
    for keeper in keepers:
        keeper.communicate()


def test_adopt_to_another_disk(
    newest_world: World, private: Callable[[str], Callable[..., Completed]]
) -> None:
    """No environment moves to a full disk; one that has room moves there, and works."""
    world = newest_world
    project = world.project("home/Dropbox/foo", dependencies=["six"])
    world.uv("sync", cwd=project).ok()
    [old] = world.environments()
    after = world.path("home/Dropbox/bar")
    os.rename(project, after)
    other = world.path("other")
    os.mkdir(other)
    inside = private(f"mount -t tmpfs -o size=64k tmpfs '{other}'")
    store = {"UVLOCAL_STORE": os.path.join(other, "store")}
    adopt = (*world.uvlocal_command, "adopt", "--from", project)
    before = world.tree(old)

    full = inside(*adopt, cwd=after, **store)
    assert (full.code, "no space left" in full.err) == (1, True), full
    assert world.tree(old) == before
    assert world.run(os.path.join(old, "bin", "python"), "-c", "import six").code == 0

    inside("mount", "-o", "remount,size=64m", other, cwd="/").ok()
    new = inside(*adopt, cwd=after, **store).ok().raw_out.strip()
    assert new.startswith(other)
    assert world.environments() == []
    assert world.records() == {}
    program = os.path.join(new, "bin", "python")
    where = inside(program, "-c", "import six, sys; print(sys.prefix)", cwd=after).ok()
    assert where.raw_out.strip() == new
    ran = inside("uv", "run", "--offline", "foo", cwd=after, **store).ok()
    assert (ran.out, ran.ours) == ("hello from foo\n", [])


@pytest.mark.parametrize("way", ["chroot", "covered"])
def test_prune_under_another_root(
    newest_world: World, private: Callable[[str], Callable[..., Completed]], way: str
) -> None:
    """If the store is shared and the project cannot be seen, its environment stays."""
    world = newest_world
    project = world.project("home/Dropbox/foo")
    world.uv("sync", cwd=project).ok()
    [environment] = world.environments()
    root, code = "/", f"mount -t tmpfs tmpfs '{world.dropbox}'"
    if way == "chroot":
        root, code = world.path("chroot"), _another_root(world)
    inside = private(code)
    seen = inside(*world.uvlocal_command, "prune", "--yes", cwd=world.home, root=root).ok()
    assert world.environments() == [environment], seen
    assert world.installed(environment) == {"foo"}
    listed = inside(*world.uvlocal_command, "list", "--json", cwd=world.home, root=root).ok()
    assert '"state": "volume-not-mounted"' in listed.raw_out


def _another_root(world: World) -> str:
    """Return the code that makes a root directory with all but the projects: a container's, say."""
    root, mine = world.path("chroot"), world.root.split(os.sep)[1]
    if any(path.split(os.sep)[1] == mine for path in (sys.executable, __file__, world.real_uv)):
        pytest.skip(f"Python or uv lies below `/{mine}` itself")
    lines = [f"mkdir -p '{root}{world.dropbox}' '{root}{world.home}/.local'"]
    for name in sorted(os.listdir("/")):
        path = os.path.join("/", name)
        if os.path.islink(path):
            lines.append(f"ln -s '{os.readlink(path)}' '{root}{path}'")
        elif os.path.isdir(path) and name != mine:
            lines.append(f"mkdir -p '{root}{path}' && mount --rbind '{path}' '{root}{path}'")
    lines.append(f"mount --bind '{world.home}/.local' '{root}{world.home}/.local'")
    return "\n".join(lines)
