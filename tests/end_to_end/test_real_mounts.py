"""Real mounts: each is recognised, and uv works where plain uv does not."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest
from support.tools import real_mounts
from support.tools.real_mounts import Mounts, Unavailable

from uvlocal.shim.machine.host import System
from uvlocal.shim.settings.settings import Settings
from uvlocal.shim.volume.locate import Volume, locate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from support.hosts.worlds import World

#: What each mount is: kind, label, whether plain uv fails there.
EXPECTED = {
    "tmpfs": ("local", "tmpfs", False),
    "btrfs": ("local", "btrfs", False),
    "overlay": ("local", "overlay", False),
    "fuse-overlayfs": ("local", "fuse-overlayfs", False),
    "bindfs": ("local", "bindfs", False),
    "gocryptfs": ("local", "gocryptfs", False),
    "encfs": ("local", "encfs", False),
    "cryfs": ("local", "cryfs", False),
    "mergerfs": ("local", "mergerfs", False),
    "ntfs": ("local", "NTFS", False),
    "exfat": ("incapable", "exFAT", True),
    "vfat": ("incapable", "FAT", True),
    "rclone": ("network", "rclone", True),
    "sshfs": ("network", "sshfs", True),
    "smbnetfs": ("network", "SMB", True),
}
#: Where a lock file cannot be replaced, so that no uv can sync, wherever the environment is.
CANNOT_LOCK = {"smbnetfs"}


@pytest.fixture
def mounts(tmp_path: Path) -> Iterator[Mounts]:
    """Return an object that mounts, and unmounts everything after the test."""
    folder = tmp_path.resolve() / "mounts"
    folder.mkdir()
    found = Mounts(folder)
    try:
        yield found
    finally:
        found.close()
        left = [name.name for name in folder.iterdir() if real_mounts.mounted_at(str(name))]
        assert left == [], "every mount is gone after the test"


def bring_up(mounts: Mounts, make: Callable[..., str], *arguments: str) -> str:
    """Mount something, or skip the test with the reason why this machine cannot."""
    try:
        return make(mounts, *arguments)
    except Unavailable as error:
        pytest.skip(str(error))


def located(path: str, home: str = "") -> Volume:
    """Locate a folder as a call on this machine would; without a home nothing is cached."""
    system = System(environ={"HOME": home}, home=home)
    return locate(system.realpath(path), path, system, Settings())


def test_every_mount_is_expected() -> None:
    """Each mount of the helper is one of the table above."""
    assert list(EXPECTED) == list(real_mounts.MOUNTS)


@pytest.mark.parametrize("name", EXPECTED)
def test_kind(name: str, mounts: Mounts) -> None:
    """A real mount is recognised from this machine's own mount table."""
    point = bring_up(mounts, real_mounts.MOUNTS[name])
    kind, label, _ = EXPECTED[name]
    volume = located(os.path.join(point, "foo"))
    assert (volume.kind, volume.label, volume.mount_point) == (kind, label, point)
    assert "/proc/self/mountinfo" in " ".join(volume.evidence)


@pytest.mark.parametrize("name", [name for name in EXPECTED if name not in CANNOT_LOCK])
def test_uv(name: str, mounts: Mounts, newest_world: World) -> None:
    """Through the shim uv works on every mount; on a local one it is left alone."""
    point = bring_up(mounts, real_mounts.MOUNTS[name])
    kind, label, fails = EXPECTED[name]
    world = newest_world
    project = world.project(os.path.join(point, "foo"), dependencies=["iniconfig"])
    world.uv("sync", cwd=project).ok()
    assert world.uv("run", "foo", cwd=project).ok().out == "hello from foo\n"
    assert world.uv("run", "foo", cwd=project).ok().out == "hello from foo\n"
    assert len(world.environments()) == (kind != "local")
    assert os.path.lexists(os.path.join(project, ".venv")) == (kind == "local")
    status = json.loads(world.uvlocal("status", project, "--json").raw_out)
    assert label in json.dumps(status)
    codes = [
        world.plain("sync", cwd=project).code,
        world.plain("run", "foo", cwd=project).code,
        world.plain("run", "foo", cwd=project).code,
    ]
    assert any(codes) is fails, codes


def test_btrfs_subvolume(mounts: Mounts) -> None:
    """A subvolume is found although no row of the table has its device number."""
    point = bring_up(mounts, real_mounts.btrfs)
    volume = located(os.path.join(point, "sub"))
    assert (volume.kind, volume.label, volume.mount_point) == ("local", "btrfs", point)


@pytest.mark.parametrize("program", ["gocryptfs", "encfs", "cryfs"])
def test_encrypted_folder_in_dropbox(mounts: Mounts, newest_world: World, program: str) -> None:
    """What is mounted from an encrypted folder in Dropbox is in Dropbox."""
    encrypt = {
        "gocryptfs": real_mounts.gocryptfs,
        "encfs": real_mounts.encfs,
        "cryfs": real_mounts.cryfs,
    }[program]
    cipher = os.path.join(newest_world.dropbox, "crypt")
    os.mkdir(cipher)
    point = bring_up(mounts, encrypt, cipher)
    volume = located(os.path.join(point, "foo"), newest_world.home)
    assert (volume.kind, volume.provider) == ("synced", "dropbox")
    project = newest_world.project(os.path.join(point, "foo"))
    newest_world.uv("run", "foo", cwd=project).ok()
    assert len(newest_world.environments()) == 1


def test_bind_mount_of_a_folder_in_dropbox(mounts: Mounts, newest_world: World) -> None:
    """A folder inside a sync root that is mounted elsewhere too is synced there as well."""
    world = newest_world
    project = world.project("home/Dropbox/code/foo", packaged=False)
    point = mounts.make("work")
    mounts.run("mount", "--bind", os.path.dirname(project), point)
    mounts.await_mount(point)
    volume = located(os.path.join(point, "foo"), world.home)
    assert (volume.kind, volume.provider) == ("synced", "dropbox")
    assert volume.evidence[0].startswith(f"`{point}` is a bind mount of `~/Dropbox/code`")
    world.uv("sync", cwd=os.path.join(point, "foo")).ok()
    assert len(world.environments()) == 1
    other = mounts.make("other")
    mounts.run("mount", "--bind", world.local, other)
    mounts.await_mount(other)
    assert located(os.path.join(other, "foo"), world.home).kind == "local"


def test_dot_venv_is_a_mount(mounts: Mounts, newest_world: World) -> None:
    """An environment that a mount keeps off the volume is used there, and left alone."""
    world = newest_world
    project = world.project("home/Dropbox/foo", packaged=False)
    venv = os.path.join(project, ".venv")
    os.mkdir(venv)
    mounts.run("mount", "--bind", mounts.make("volume"), venv)
    mounts.await_mount(venv)
    world.uv("sync", cwd=project).ok()
    assert os.path.exists(os.path.join(venv, "pyvenv.cfg"))
    assert world.environments() == []
    assert "already-local" in world.uvlocal("status", project, "--json").raw_out
    world.uvlocal("migrate", project, "--yes")
    assert os.path.exists(os.path.join(venv, "pyvenv.cfg"))
    assert world.environments() == []


def test_view_of_a_network_folder(mounts: Mounts) -> None:
    """What is mounted from a folder on the network is on the network."""
    remote = bring_up(mounts, real_mounts.rclone)
    point = bring_up(mounts, real_mounts.bindfs, remote)
    volume = located(os.path.join(point, "foo"))
    assert (volume.kind, volume.label, volume.mount_point) == ("network", "rclone", remote)
    assert f"`{point}` shows the content of `{remote}` (bindfs)" in volume.evidence


def test_mount_over_a_mount(mounts: Mounts) -> None:
    """Of two mounts on one mount point, the top one counts."""
    point = bring_up(mounts, real_mounts.rclone)
    mounts.run("mount", "-t", "tmpfs", "tmpfs", point)
    try:
        assert located(point).label == "tmpfs"
    finally:
        mounts.run("umount", point)
    assert located(point).label == "rclone"


def test_store_on_the_same_mount(mounts: Mounts, newest_world: World) -> None:
    """If the store is on the same network mount, nothing is redirected."""
    point = bring_up(mounts, real_mounts.rclone)
    world = newest_world
    project = world.project(os.path.join(point, "foo"), packaged=False)
    world.environment["UVLOCAL_STORE"] = os.path.join(point, "store")
    status = json.loads(world.uvlocal("status", project, "--json").raw_out)
    assert "no-better-place" in json.dumps(status)
