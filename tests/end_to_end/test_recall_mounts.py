"""Mounts are inputs too: a different mount means a different decision."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

if sys.platform != "linux":
    pytest.skip("the mounts of these tests are Linux'", allow_module_level=True)

from support.compare import recorded
from support.random_worlds.changing_worlds import Asked, ChangingWorld
from support.random_worlds.world_contents import PROJECT
from support.tools.real_mounts import Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from support.tools.real_mounts import Mounts

    Act = Callable[[ChangingWorld, Mounts], object]

NEVER = PROJECT + '[tool.uvlocal]\nmode = "never"\n'
P, Q = "home/Dropbox/p", "home/src/q"


def _mount(world: ChangingWorld, mounts: Mounts, name: str, *options: str) -> None:
    try:
        mounts.run("mount", *options, world.path(name))
    except Unavailable as reason:
        pytest.skip(str(reason))
    mounts.await_mount(world.path(name))


def _memory(name: str, text: str = "", project: str = "") -> Act:
    def act(world: ChangingWorld, mounts: Mounts) -> None:
        os.makedirs(world.path(name), exist_ok=True)
        _mount(world, mounts, name, "-t", "tmpfs", "tmpfs")
        if text:
            world.write(f"{project or name}/pyproject.toml", text)

    return act


def _bind(source: str, name: str) -> Act:
    return lambda world, mounts: _mount(world, mounts, name, "--bind", world.path(source))


def _unmount(name: str) -> Act:
    return lambda world, mounts: mounts.run("umount", world.path(name))


def _nothing(world: ChangingWorld, mounts: Mounts) -> None:
    del world, mounts


@pytest.mark.parametrize(
    ("before", "folder", "change"),
    [
        pytest.param(_nothing, P, _memory(P, NEVER), id="over-the-project"),
        pytest.param(_nothing, P, _memory("home/Dropbox", NEVER, P), id="over-the-folder-above"),
        pytest.param(_nothing, P, _memory("home/.dropbox"), id="over-the-clients-configuration"),
        pytest.param(_nothing, P, _bind("elsewhere", P), id="another-project-over-it"),
        pytest.param(_memory(P, NEVER), P, _unmount(P), id="gone-again"),
        pytest.param(_nothing, P, _bind("elsewhere", "bin2"), id="over-the-real-uv"),
    ],
)
def test_a_mount_that_changes_the_decision(
    tmp_path: Path, mounts: Mounts, before: Act, folder: str, change: Act
) -> None:
    """A mount over an input of a decision is noticed, and so is its removal."""
    world = ChangingWorld(str(tmp_path / "world"), 0)
    world.write("elsewhere/pyproject.toml", NEVER)
    before(world, mounts)
    asked = Asked(folder, ("lock",))
    world.write_down(asked)
    assert world.launch(asked) == world.decide(asked) is not None
    old = world.decide(asked)

    change(world, mounts)

    fresh = world.decide(asked)
    assert fresh != old
    assert world.launch(asked) in (None, fresh)


def test_where_the_mount_table_was_asked(tmp_path: Path, mounts: Mounts) -> None:
    """A decision on a file system without a disk depends on the whole table, and is replayed."""
    world = ChangingWorld(str(tmp_path / "world"), 0)
    _memory(Q, PROJECT)(world, mounts)
    asked = Asked(Q, ("lock",))
    world.write_down(asked)
    [found] = recorded.all_in(world.cache)
    stamps = {path: stamp for stamp, path in found.inputs if stamp[0] == "r"}
    assert set(stamps) == {"/proc/self/mountinfo", world.path(f"{Q}/pyproject.toml")}
    if os.environ.get("PYTEST_XDIST_WORKER"):
        return  # other tests may mount something at any time
    assert world.launch(asked) == world.decide(asked) is not None
    _memory("elsewhere")(world, mounts)
    assert world.launch(asked) is None


@pytest.mark.parametrize("in_place", [True, False])
def test_content_counts_where_no_clock_does(
    tmp_path: Path, mounts: Mounts, *, in_place: bool
) -> None:
    """There a changed file of equal size and times is recognised by its content."""
    world = ChangingWorld(str(tmp_path / "world"), 0)
    _memory(P, PROJECT + '[tool.uvlocal]\nmode = "auto" \n')(world, mounts)
    asked = Asked(P, ("lock",))
    world.write_down(asked)
    path = world.path(f"{P}/pyproject.toml")
    status = os.stat(path)
    name = path if in_place else path + ".new"
    with open(name, "w", encoding="utf-8") as file:
        file.write(NEVER)
    os.utime(name, ns=(status.st_atime_ns, status.st_mtime_ns))
    os.replace(name, path)
    assert os.stat(path).st_size == status.st_size
    assert world.launch(asked) in (None, world.decide(asked))
