"""A folder that may never answer is asked only where the answer can matter."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.hosts.fakes import FakeSystem, Link

from uvlocal.shim.settings.settings import Settings
from uvlocal.shim.volume.location import Sight

if TYPE_CHECKING:
    import os

ROOT = "/home/me/src/foo"


class Watched(FakeSystem):
    """A machine that notes of which folders it was asked."""

    __slots__ = ("asked",)

    asked: list[str]

    def stat(self, path: str) -> os.stat_result | None:
        """Return the status of what `path` leads to, and note the question."""
        self.asked.append(path)
        return super().stat(path)


def _machine(
    *, of: str = "fuse.sshfs", point: str = "/mnt/nas", platform: str = "linux"
) -> Watched:
    system = Watched({f"{ROOT}/pyproject.toml": b""}, platform=platform)
    system.asked = []
    system.put("/mnt/nas/Dropbox", None)
    system.put("/home/me/link", Link("/mnt/nas"))
    system.put("/home/me/up", Link("../../mnt"))
    system.devices = {"/mnt/nas": 99}
    system.mount_text = (
        "20 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
        f"28 20 0:99 / {point.replace(' ', chr(92) + '040')} rw - {of} nas:/ rw\n"
        "29 20 8:2 / /mnt/nas/inner rw - ext4 /dev/sdb1 rw\n"
    )
    return system


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        pytest.param("/mnt/nas", False, id="mount-point"),
        pytest.param("/mnt/nas/Dropbox", False, id="below"),
        pytest.param("/mnt/nas/inner/Dropbox", True, id="another-disk-below"),
        pytest.param("/mnt/nas2", True, id="beside"),
        pytest.param("/home/me/link", False, id="link"),
        pytest.param("/home/me/link/Dropbox", False, id="below-a-link"),
        pytest.param("/home/me/up/nas", False, id="through-a-link"),
        pytest.param("/home/me/Dropbox", True, id="on-the-disk"),
    ],
)
def test_what_may_be_silent(path: str, *, asked: bool) -> None:
    """What a server serves is not asked, nor what leads there; what is on a disk is."""
    system = _machine()
    assert Sight(ROOT, ROOT, system, Settings()).folder_at(path) is None
    assert (path in system.asked) is asked
    assert not [name for name in system.asked if name.startswith("/mnt/nas/D")]


@pytest.mark.parametrize("of", ["fuse", "fuse.rclone", "nfs4", "cifs", "9p", "autofs"])
def test_what_is_served(of: str) -> None:
    """Another machine's file system, or a program's, may be silent."""
    system = _machine(of=of)
    Sight(ROOT, ROOT, system, Settings()).folder_at("/mnt/nas/Dropbox")
    assert "/mnt/nas/Dropbox" not in system.asked


@pytest.mark.parametrize("of", ["ext4", "tmpfs", "btrfs", "overlay"])
def test_what_is_not_served(of: str) -> None:
    """A disk of this machine is asked."""
    system = _machine(of=of)
    Sight(ROOT, ROOT, system, Settings()).folder_at("/mnt/nas/Dropbox")
    assert "/mnt/nas/Dropbox" in system.asked


def test_a_root_on_the_same_volume() -> None:
    """Where the root itself lies there, the folder is asked: it may be the same by another name."""
    system = _machine()
    root = "/mnt/nas/foo"
    system.put(f"{root}/pyproject.toml", b"")
    Sight(root, root, system, Settings()).folder_at("/mnt/nas/Dropbox")
    assert "/mnt/nas/Dropbox" in system.asked


def test_a_mount_point_with_a_space() -> None:
    """The mount table's escapes are understood."""
    system = _machine(point="/mnt/my nas")
    Sight(ROOT, ROOT, system, Settings()).folder_at("/mnt/my nas/Dropbox")
    assert "/mnt/my nas/Dropbox" not in system.asked


def test_other_systems() -> None:
    """Where no mount table can be read the folder is asked."""
    system = _machine(platform="darwin")
    Sight(ROOT, ROOT, system, Settings()).folder_at("/mnt/nas/Dropbox")
    assert "/mnt/nas/Dropbox" in system.asked
