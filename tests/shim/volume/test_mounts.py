"""Mount tables as text, and the one mount that a path is on."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.hosts.fakes import FakeSystem

from uvlocal.shim.machine.host import System
from uvlocal.shim.machine.paths import device_number, is_anonymous
from uvlocal.shim.settings.settings import Settings
from uvlocal.shim.volume.locate import locate
from uvlocal.shim.volume.mounts import Mount, choose, find, origins, parse_mount_table, unescape

TABLE = r"""
22 27 0:21 / /proc rw,relatime - proc proc rw
27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw,discard
40 27 0:40 / /mnt/auto rw shared:2 - autofs systemd-1 rw,fd=5
41 40 0:41 / /mnt/auto rw shared:3 master:4 - nfs4 nas:/export rw,addr=10.0.0.1
42 27 0:42 / /mnt/with\040space\011tab\134slash rw - fuse.sshfs me@server:/a\040b rw
43 27 0:43 / /mnt/au rw - tmpfs tmpfs rw
44 27 0:44 /@home /btrfs rw - btrfs /dev/sdb1 rw,subvol=/@home
45 27 0:45 / /empty-source rw - tmpfs  rw
not a line at all
46 27 0:46 / /cut
""".strip()


def makedev(major: int, minor: int) -> int:
    """Return a device number as on Linux (makedev(3))."""
    low = (major & 0xFFF) << 8 | (minor & 0xFF)
    return (major & ~0xFFF) << 32 | (minor & ~0xFF) << 12 | low


def _find(path: str, device: int | None = None) -> Mount | None:
    system = FakeSystem()
    return choose(parse_mount_table(TABLE), path, device, system)


@pytest.mark.parametrize(
    ("path", "point", "kind"),
    [
        pytest.param("/", "/", "ext4", id="root"),
        pytest.param("/home/me/foo", "/", "ext4", id="below-root"),
        pytest.param("/mnt/auto/foo", "/mnt/auto", "nfs4", id="automount-and-mount-last-wins"),
        pytest.param("/mnt/automatic/foo", "/", "ext4", id="prefix-without-separator"),
        pytest.param("/mnt/au/foo", "/mnt/au", "tmpfs", id="shorter-name"),
        pytest.param("/mnt/with space\ttab\\slash/x", None, "fuse.sshfs", id="escapes"),
        pytest.param("/empty-source/x", "/empty-source", "tmpfs", id="empty-source"),
        pytest.param("/cut/x", "/", "ext4", id="line-cut-off"),
    ],
)
def test_by_prefix(path: str, point: str | None, kind: str) -> None:
    """The longest mount point that is a prefix by components wins, the last one at a tie."""
    mount = _find(path)
    assert mount is not None
    assert mount.type == kind
    assert mount.point == (point or path.rpartition("/")[0])


def test_fields() -> None:
    """Device, options and number are unescaped, optional fields are skipped."""
    mount = _find("/mnt/with space\ttab\\slash")
    assert mount is not None
    assert (mount.device, mount.options, mount.number) == ("me@server:/a b", "rw", "0:42")


def test_device_number_first() -> None:
    """A covered mount is found by the path's own device number."""
    table = "1 0 0:50 / /a/b rw - nfs n:/ rw\n2 0 0:51 / /a rw - tmpfs t rw\n"
    mounts = parse_mount_table(table)
    system = FakeSystem()
    covered = choose(mounts, "/a/b/foo", makedev(0, 51), system)
    assert covered is not None
    assert covered.type == "tmpfs"
    unknown = choose(mounts, "/a/b/foo", makedev(0, 99), system)
    assert unknown is not None
    assert unknown.type == "nfs", "a number that no row has (a btrfs subvolume) does not count"


@pytest.mark.parametrize(
    ("major", "minor"),
    [
        pytest.param(0, 53, id="anonymous"),
        pytest.param(254, 0, id="disk"),
        pytest.param(259, 70000, id="large-minor"),
        pytest.param(4095, 255, id="large-major"),
    ],
)
def test_device_number(major: int, minor: int) -> None:
    """Device numbers are split like on Linux, on every system."""
    assert device_number(makedev(major, minor)) == f"{major}:{minor}"
    if sys.platform == "linux":
        assert makedev(major, minor) == os.makedev(major, minor)
    assert is_anonymous(makedev(major, minor)) == (major == 0)


@pytest.mark.parametrize(
    ("field", "text"),
    [
        pytest.param(r"a\040b", "a b", id="space"),
        pytest.param(r"C:\134", "C:\\", id="backslash"),
        pytest.param(r"a\04", r"a\04", id="too-short"),
        pytest.param(r"a\09x", r"a\09x", id="no-octal"),
        pytest.param(r"a\777", r"a\777", id="too-large"),
        pytest.param("a\\", "a\\", id="alone-at-the-end"),
        pytest.param("\\303\\251", "é", id="utf-8-bytes"),
        pytest.param("\\377", "\udcff", id="no-utf-8"),
    ],
)
def test_unescape(field: str, text: str) -> None:
    """Escapes become bytes, everything else stays."""
    assert unescape(field) == text


@given(st.text(st.characters(exclude_characters="\0\n")))
def test_any_line(text: str) -> None:
    """Any text is accepted as a mount table."""
    for mount in parse_mount_table(f"{text}\n{text} - {text}\n"):
        assert mount.point is not None


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1))
def test_escapes_round_trip(name: str) -> None:
    """A mount point that the kernel escapes is read back."""
    escaped = name
    for character in "\\ \t\n":
        escaped = escaped.replace(character, f"\\{ord(character):03o}")
    table = f"1 0 0:5 / /{escaped} rw - tmpfs t rw\n"
    if "\r" in name or len(f"/{name}".splitlines()) > 1:
        return  # the kernel escapes more than this test does
    assert [mount.point for mount in parse_mount_table(table)] == [f"/{name}"]


def test_this_machine() -> None:
    """The real table of this machine has a row for the working directory, and `/` as a fallback."""
    system = System()
    if system.platform != "linux":
        pytest.skip("the mount table is Linux'")
    mount = find(os.path.realpath("."), Path().stat().st_dev, system)
    assert mount is not None
    assert mount.point.startswith("/")


# -- when the table is read ------------------------------------------------------------------------


def _disk(path: str, number: int) -> FakeSystem:
    system = FakeSystem({f"{path}/foo": None, "/home/me/.local/share/uvlocal": None})
    system.devices = {"/home": number, path: number}
    system.mount_text = f"1 0 {number >> 8}:{number & 255} / {path} rw - nfs nas:/x rw\n"
    return system


@pytest.mark.parametrize(
    ("number", "known", "read"),
    [
        pytest.param(makedev(254, 0), "/home/me/.local/share/uvlocal", False, id="same-disk"),
        pytest.param(makedev(254, 0), "/home/me/.local/share/absent", False, id="store-to-be"),
        pytest.param(makedev(254, 0), "", True, id="nothing-known"),
        pytest.param(makedev(0, 44), "/home/me/.local/share/uvlocal", True, id="network-home"),
    ],
)
def test_same_disk_as_the_store(number: int, known: str, *, read: bool) -> None:
    """The table is not read for a root on the store's disk, unless home is on a network."""
    system = _disk("/srv", number)
    volume = locate("/srv/foo", "/srv/foo", system, Settings(), known)
    assert ("mount table" in system.touched) is read
    assert volume.kind == ("network" if read else "local")


def test_macos_startup_disk() -> None:
    """On macOS the list of volumes costs an import, and is not needed for the startup disk."""
    files = {"/Users/me/src/foo": None, "/System/Volumes/Data": None, "/Volumes/X/foo": None}
    system = FakeSystem(files, platform="darwin")
    system.devices = {"/Volumes/X": 7}
    assert locate("/Users/me/src/foo", "/Users/me/src/foo", system, Settings()).kind == "local"
    assert "mount rows" not in system.touched
    locate("/Volumes/X/foo", "/Volumes/X/foo", system, Settings())
    assert "mount rows" in system.touched


# -- mounts backed by other folders ---------------------------------------------------------------


def _backed(kind: str, device: str, more: str = "") -> FakeSystem:
    system = FakeSystem({"/vault/foo": None, "/nas/crypt": None, "/home/me/Dropbox/crypt": None})
    system.put("/home/me/.dropbox/info.json", b'{"personal": {"path": "/home/me/Dropbox"}}')
    system.put("/home/me/crypt", None)
    system.mount_text = (
        "1 0 254:0 / / rw - ext4 /dev/vda rw\n"
        "2 1 0:60 / /nas rw - nfs nas:/x rw\n"
        f"3 1 0:61 / /vault rw - {kind} {device} rw\n{more}"
    )
    system.devices = {"/nas": 60, "/vault": 61}
    return system


@pytest.mark.parametrize(
    ("kind", "device", "wanted", "provider"),
    [
        pytest.param("fuse", "/home/me/crypt", "local", None, id="bindfs-of-a-local-folder"),
        pytest.param("fuse", "/nas/crypt", "network", None, id="bindfs-of-nfs"),
        pytest.param("fuse.gocryptfs", "/nas/crypt", "network", None, id="gocryptfs-on-nfs"),
        pytest.param(
            "fuse.gocryptfs",
            "/home/me/Dropbox/crypt",
            "synced",
            "dropbox",
            id="gocryptfs-synced",
        ),
        pytest.param(
            "fuse.cryfs", "cryfs@/home/me/Dropbox/crypt", "synced", "dropbox", id="cryfs-in-dropbox"
        ),
        pytest.param("fuse", "/nowhere", "local", None, id="folder-gone"),
        pytest.param("fuse", "/vault", "local", None, id="over-itself"),
        pytest.param("fuse", "/vault/foo", "local", None, id="inside-itself"),
    ],
)
def test_backed_by_a_folder(kind: str, device: str, wanted: str, provider: str | None) -> None:
    """The volume of the folder that contains the files counts, through several mounts."""
    volume = locate("/vault/foo", "/vault/foo", _backed(kind, device), Settings())
    assert (volume.kind, volume.provider) == (wanted, provider)
    if wanted != "local":
        assert volume.evidence[0].startswith("`/vault` shows the content of `")
        assert volume.contest == "uvlocal config add-root --local /vault/foo"
    else:
        assert volume.mount_point == "/vault"


def test_backed_in_a_circle() -> None:
    """Two mounts that back each other do not loop."""
    more = "4 1 0:62 / /home/me/crypt rw - fuse /vault/foo rw\n"
    system = _backed("fuse", "/home/me/crypt", more)
    system.devices["/home/me/crypt"] = 62
    assert locate("/vault/foo", "/vault/foo", system, Settings()).kind == "local"


@pytest.mark.parametrize(
    ("root", "path", "expected"),
    [
        pytest.param("/me/cloud/code", "/srv/foo", ["/home/me/cloud/code/foo"], id="of-a-folder"),
        pytest.param("/me/cloud/code", "/srv", ["/home/me/cloud/code"], id="the-mount-itself"),
        pytest.param("/", "/srv/foo", [], id="of-all"),
    ],
)
def test_origins(root: str, path: str, expected: list[str]) -> None:
    """A bind mount is traced to its source folder, if that has a path too."""
    system = FakeSystem()
    system.mount_text = (
        "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n"
        "2 1 8:2 / /home rw - ext4 /dev/sda2 rw\n"
        f"3 1 8:2 {root} /srv rw - ext4 /dev/sda2 rw\n"
    )
    mount = find(path, makedev(8, 2), system)
    assert mount is not None
    assert origins(mount, path, system) == expected


@pytest.mark.parametrize(
    ("running", "kind"),
    [
        pytest.param([["encfs", "/home/me/cloud/.enc/", "/m/"]], "synced", id="in-a-sync-root"),
        pytest.param([["encfs", "-S", "/home/me/.enc", "/m"]], "local", id="elsewhere"),
        pytest.param([["encfs", "/home/me/cloud/.enc", "/n"]], "local", id="another-mount"),
        pytest.param([["encfs", "/m"]], "local", id="no-folder"),
        pytest.param([], "local", id="not-to-be-seen"),
    ],
)
def test_what_encfs_was_started_with(running: list[list[str]], kind: str) -> None:
    """EncFS shows its source folder in its command line, not in the mount table."""
    system = FakeSystem({"/m/foo": None, "/home/me/cloud/.enc": None, "/home/me/.enc": None})
    system.mount_text = (
        "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n2 1 0:9 / /m rw - fuse.encfs encfs rw\n"
    )
    system.running = running
    wishes = Settings()
    wishes.synced_roots = ("/home/me/cloud",)
    assert locate("/m/foo", "/m/foo", system, wishes).kind == kind
