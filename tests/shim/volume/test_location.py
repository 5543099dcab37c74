"""A folder that may never answer is only accessed if that can matter."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest
from support.hosts.fakes import FakeSystem, Link

from uvlocal.shim.call import Call
from uvlocal.shim.machine.host import System
from uvlocal.shim.recall.recording_host import RecordingSystem
from uvlocal.shim.settings.settings import Settings
from uvlocal.shim.volume.location import Sight

if TYPE_CHECKING:
    import os
    from pathlib import Path

ROOT = "/home/me/src/foo"


class Watched(FakeSystem):
    """A machine that records accessed folders."""

    __slots__ = ("asked",)

    asked: list[str]

    def stat(self, path: str) -> os.stat_result | None:
        """Return the status of `path`, and record the access."""
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
    """Paths on a server, and symlinks to it, are not accessed; those on a disk are."""
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
    """A local disk is accessed."""
    system = _machine(of=of)
    Sight(ROOT, ROOT, system, Settings()).folder_at("/mnt/nas/Dropbox")
    assert "/mnt/nas/Dropbox" in system.asked


def test_a_root_on_the_same_volume() -> None:
    """If the root itself is there, the folder is accessed, as it may be the same directory."""
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


# -- macOS and Windows -----------------------------------------------------------------------------


class Dead(FakeSystem):
    """A machine on which access below `dead` fails the test, as the server never answers."""

    __slots__ = ("dead",)

    dead: str

    def _look(self, name: str, *, last: bool) -> tuple[str, object] | None:
        inside = f"{self._resolve(name, last=False) or name}{self.path.sep}".casefold()
        assert not inside.startswith(self.dead.casefold()), f"`{name}` was asked for"
        return super()._look(name, last=last)


def _mac(*, point: str = "/Volumes/nas", of: str = "smbfs", options: str = "") -> Dead:
    system = Dead(platform="darwin", cwd="/Users/me/code/foo")
    system.dead = "/none/"
    system.put("/Users/me/code/foo/pyproject.toml", b"[project]\nname = 'foo'\n")
    system.put(f"{point}/Dropbox", None)
    system.put("/Users/me/link", Link(point))
    system.devices = {point: 99}
    system.mount_rows = [
        ("/dev/disk3s1", "/", "apfs", "local"),
        ("map auto_home", "/System/Volumes/Data/home", "autofs", ""),
        ("//nas/share", point, of, options),
    ]
    system.dead = f"{point}/"
    return system


def _windows() -> Dead:
    system = Dead(platform="win32", cwd=r"C:\code\foo")
    system.dead = "/none/"
    system.put(r"C:\code\foo\pyproject.toml", b"[project]\nname = 'foo'\n")
    system.put(r"Z:\Dropbox", None)
    system.drives = {"Z:": "remote"}
    system.dead = "Z:\\"
    return system


@pytest.mark.parametrize(
    ("key", "folder"),
    [
        pytest.param("synced-roots", "/Volumes/nas", id="synced-root"),
        pytest.param("local-roots", "/Volumes/nas/code", id="local-root"),
        pytest.param("synced-roots", "/volumes/NAS/Dropbox", id="letter-case"),
        pytest.param("synced-roots", "/Users/me/link/Dropbox", id="through-a-link"),
        pytest.param("dropbox", "/Volumes/nas/Dropbox", id="a-client"),
    ],
)
def test_a_dead_volume_of_a_mac(key: str, folder: str) -> None:
    """A call in another project does not access a volume whose server may be gone."""
    system = _mac()
    _name(system, key, folder)
    assert Call(["run", "foo"], system).settle().code == "local-volume"


@pytest.mark.parametrize("key", ["synced-roots", "local-roots", "dropbox"])
@pytest.mark.parametrize("folder", [r"Z:\Dropbox", r"z:\code", r"\\nas\share"])
def test_a_dead_drive_of_windows(key: str, folder: str) -> None:
    """The same for a network drive, and for a share."""
    system = _windows()
    _name(system, key, folder)
    assert Call(["run", "foo"], system).settle().code == "local-volume"


def _name(system: FakeSystem, key: str, folder: str) -> None:
    """Name a folder in the user's settings, or in Dropbox's."""
    home, join = system.home, system.path.join
    if key == "dropbox":
        text = json.dumps({"personal": {"path": folder}}).encode()
        windows = system.platform == "win32"
        system.environ["APPDATA"] = join(home, "AppData", "Roaming")
        above = join(home, "AppData", "Roaming", "Dropbox") if windows else join(home, ".dropbox")
        system.put(join(above, "info.json"), text)
        return
    settings = f"{key} = ['{folder}']\n".encode()
    system.environ["APPDATA"] = join(home, "AppData", "Roaming")
    above = system.environ["APPDATA"] if system.platform == "win32" else join(home, ".config")
    system.put(join(above, "uvlocal", "uvlocal.toml"), settings)


@pytest.mark.parametrize(
    ("of", "options"),
    [
        pytest.param("apfs", "local", id="a-disk"),
        pytest.param("exfat", "local", id="a-stick"),
    ],
)
def test_a_disk_of_a_mac_is_asked(of: str, options: str) -> None:
    """A folder on a local disk is accessed, as it may be the same directory."""
    system = _mac(of=of, options=options)
    sight = Sight("/Users/me/code/foo", "/Users/me/code/foo", system, Settings())
    with pytest.raises(AssertionError, match="was asked for"):
        sight.folder_at("/Volumes/nas/Dropbox")


def test_a_root_on_the_same_volume_of_a_mac() -> None:
    """If the root itself is on the server, or home is, it has already answered."""
    for root, home in (("/Volumes/nas/foo", "/Users/me"), ("/Users/me/foo", "/Volumes/nas/home")):
        system = _mac()
        system.dead = "/none/"
        system.home = home
        system.put(root, None)
        system.touched.clear()
        Sight(root, root, system, Settings()).folder_at("/Volumes/nas/Dropbox")
        assert "/Volumes/nas/Dropbox" in system.touched


@pytest.mark.skipif(sys.platform == "win32", reason="paths of Windows on a simulated Mac")
def test_a_recorded_decision_asks_the_kernel_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Mounts are recorded before a folder, so that the launcher does not access it later.

    When a server mounts the folder, the list of mounts changes, and the launcher stops there. While
    it is mounted, the folder is not recorded at all.
    """
    root, folder = f"{tmp_path}/foo", f"{tmp_path}/nas/Dropbox"
    rows = [("/dev/disk3s1", "/", "apfs", "local")]
    monkeypatch.setattr(System, "mounts", lambda _: rows)
    system = RecordingSystem(platform="darwin", environ={}, cwd=root, home=str(tmp_path))
    Sight(root, root, system, Settings()).folder_at(folder)
    asked = [path for _, path in system.inputs]
    assert asked.index("mounts") < asked.index(folder)
    assert system.complete
    before = system.inputs["m", "mounts"]

    rows.append(("//nas/share", f"{tmp_path}/nas", "smbfs", ""))
    system = RecordingSystem(platform="darwin", environ={}, cwd=root, home=str(tmp_path))
    Sight(root, root, system, Settings()).folder_at(folder)
    assert system.inputs["m", "mounts"] != before
    assert not [path for _, path in system.inputs if path.startswith(folder)]
    assert system.complete
