"""Every row of the table of file systems, with real lines of mount tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.hosts.fakes import FakeSystem

from uvlocal.shim.settings.settings import Settings
from uvlocal.shim.volume.filesystems import FILE_SYSTEMS, UNKNOWN
from uvlocal.shim.volume.locate import locate
from uvlocal.shim.volume.mounts import Mount, classify, label_of

if TYPE_CHECKING:
    from uvlocal.shim.volume.filesystems import FileSystem

#: Type, device, super options, then the expected kind and label. The lines of Linux up to the first
#: gap were seen on real mounts.
LINUX = [
    ("ext4", "/dev/vda", "rw,discard", "local", "ext4"),
    ("tmpfs", "tmpfs", "rw,size=1048576k", "local", "tmpfs"),
    ("btrfs", "/dev/loop0", "rw,subvolid=5,subvol=/", "local", "btrfs"),
    ("fuseblk", "/dev/loop1", "rw,user_id=0,default_permissions", "incapable", "exFAT"),
    ("fuse.fusefat", "fusefat", "rw,user_id=0", "incapable", "FAT"),
    ("overlay", "overlay", "rw,lowerdir=/l,upperdir=/u,workdir=/w", "local", "overlay"),
    ("fuse.fuse-overlayfs", "fuse-overlayfs", "rw", "local", "fuse-overlayfs"),
    ("fuse", "/back/bindfs", "rw,allow_other", "local", "bindfs"),
    ("fuse.gocryptfs", "/back/gocryptfs", "rw,max_read=131072", "local", "gocryptfs"),
    ("fuse.sshfs", "me@server:/srv", "rw,user_id=0", "network", "sshfs"),
    ("fuse.rclone", ":local:/back/rclone", "rw", "network", "rclone"),
    ("fuse.rclone", ":webdav{ApFOz}:w", "rw", "network", "rclone"),
    ("fuse.smbnetfs", "smbnetfs", "rw", "network", "SMB"),
    ("fuse.gvfsd-fuse", "gvfsd-fuse", "rw", "network", "gvfs, smb-share"),
    ("fuse", "http://127.0.0.1:49889/d", "rw,allow_other", "network", "WebDAV"),
    ("nfs4", "nas:/export/home", "rw,vers=4.2,addr=10.0.0.1", "network", "NFS"),
    ("nfs", "nas:/export", "rw,vers=3", "network", "NFS"),
    ("cifs", "//nas/share", "rw,vers=3.1.1", "network", "SMB"),
    ("smb3", "//nas/share", "rw", "network", "SMB"),
    ("davfs", "https://cloud.example.com/dav", "rw", "network", "WebDAV"),
    ("fuse", "https://app.koofr.net/dav/Koofr", "rw", "network", "Koofr (WebDAV)"),
    ("fuse.curlftpfs", "curlftpfs#ftp://server/", "rw", "network", "FTP"),
    ("lustre", "10.0.0.1@tcp:/scratch", "rw", "network", "lustre"),
    ("gpfs", "/dev/gpfs0", "rw", "network", "gpfs"),
    ("ceph", "mon:6789:/", "rw", "network", "ceph"),
    ("afs", "#root.cell:", "rw", "network", "afs"),
    ("ocfs2", "/dev/sdb1", "rw,_netdev", "network", "ocfs2"),
    ("fuse.glusterfs", "server:/volume", "rw", "network", "glusterfs"),
    ("fuse.juicefs", "JuiceFS:home", "rw", "network", "juicefs"),
    ("fuse.rclone", "Filen:", "rw", "network", "rclone"),
    ("fuse.kio-fuse", "kio-fuse", "rw", "network", "KIO"),
    ("fuse.onedriver", "onedriver", "rw", "network", "OneDrive (onedriver)"),
    (
        "fuse.google-drive-ocamlfuse",
        "google-drive-ocamlfuse",
        "rw",
        "network",
        "Google Drive (google-drive-ocamlfuse)",
    ),
    (
        "fuse",
        "google-drive-ocamlfuse",
        "rw",
        "network",
        "Google Drive (google-drive-ocamlfuse)",
    ),
    ("fuse", "pCloud.fs", "rw", "network", "pCloud"),
    ("fuse.pCloud.AppImage", "pCloud.fs", "rw", "network", "pCloud"),
    ("fuse.pCloud.AppImage", "other", "rw", "network", "pCloud"),
    ("fuse.seadrive", "seadrive", "rw", "network", "SeaDrive"),
    ("fuse", "seadrive", "rw", "network", "SeaDrive"),
    ("fuse.s3fs", "s3fs", "rw", "network", "s3fs"),
    ("fuse.gcsfuse", "bucket", "rw", "network", "gcsfuse"),
    ("fuse", "mountpoint-s3", "rw", "network", "object store"),
    ("fuse", "me@server:/srv", "rw", "network", "sshfs"),
    ("9p", "drvfs", r"rw,aname=drvfs;path=C:\;uid=1000", "network", "a Windows drive in WSL"),
    ("9p", "C:\\", r"rw,dirsync,aname=drvfs;path=C:\;uid=0", "network", "a Windows drive in WSL"),
    ("drvfs", "C:", "rw", "network", "a Windows drive in WSL"),
    ("virtiofs", "drvfsC0", "rw", "network", "a Windows drive in WSL"),
    ("9p", "hostshare", "rw,trans=virtio", "shared", "the host's folder (9p)"),
    ("virtiofs", "host", "rw", "shared", "the host's folder (virtiofs)"),
    ("fakeowner", "/run/host_mark/Users", "rw", "shared", "the host's folder (Docker Desktop)"),
    ("fuse.grpcfuse", "grpcfuse", "rw", "shared", "the host's folder (Docker Desktop)"),
    ("osxfs", "osxfs", "rw", "shared", "the host's folder (Docker Desktop)"),
    ("vboxsf", "share", "rw", "shared", "the host's folder (VirtualBox)"),
    ("fuse.vmhgfs-fuse", ".host:/", "rw", "shared", "the host's folder (VMware)"),
    ("prl_fs_sf", "Home", "rw", "shared", "the host's folder (Parallels)"),
    ("exfat", "/dev/sdb1", "rw", "incapable", "exFAT"),
    ("vfat", "/dev/sdb1", "rw", "incapable", "FAT"),
    ("fuseblk.fuse2fs", "/dev/sdb1", "rw", "local", "fuseblk.fuse2fs"),
    ("fuse.cryfs", "cryfs@/back", "rw", "local", "cryfs"),
    ("fuse.portal", "portal", "rw", "local", "portal"),
    ("fuse.Editor.AppImage", "Editor.AppImage", "ro", "local", "Editor.AppImage"),
    ("fuse.mergerfs", "a:b", "rw", "local", "mergerfs"),
    ("fuse.encfs", "encfs", "rw", "local", "encfs"),
    ("fuse.shfs", "shfs", "rw", "local", "shfs"),
    ("fuse.lxcfs", "lxcfs", "rw", "local", "lxcfs"),
    ("fuse", "/dev/fuse", "rw", "local", "FUSE"),
    ("fuse", "/dev/sdb1", "rw", "local", "a disk"),
    ("fuse", "something", "rw", "local", "FUSE"),
    ("fuse.something", "something", "rw", "network", "something"),
    ("autofs", "systemd-1", "rw", "network", "automount"),
    ("zfs", "tank/home", "rw", "local", "zfs"),
    ("brandnewfs", "x", "rw", "local", "brandnewfs"),
]
#: Type, device, flags, in the format of psutil.
MACOS = [
    ("apfs", "/dev/disk3s5", "rw,local,journaled", "local", "apfs"),
    ("hfs", "/dev/disk4s1", "rw,local", "local", "hfs"),
    ("exfat", "/dev/disk4s1", "rw,local", "incapable", "exFAT"),
    ("msdos", "/dev/disk4s1", "rw,local", "incapable", "FAT"),
    ("smbfs", "//me@nas/share", "rw", "network", "SMB"),
    ("afpfs", "afp_1", "rw", "network", "AFP"),
    ("webdav", "https://cloud.example.com/", "rw", "network", "WebDAV"),
    ("ftp", "ftp://server/", "ro", "network", "FTP"),
    ("nfs", "nas:/export", "rw", "network", "NFS"),
    ("nfs", "fuse-t:/Drive", "rw", "network", "FUSE-T"),
    ("macfuse", "me@server:/srv", "rw", "network", "sshfs"),
    ("macfuse", "pCloud.fs", "rw", "network", "pCloud"),
    ("macfuse", "/dev/disk4s1", "rw,local", "local", "a disk"),
    ("macfuse", "Vault", "rw,local", "local", "FUSE"),
    ("osxfuse", "rclone", "rw", "network", "rclone"),
    ("vmhgfs", ".host:/", "rw", "shared", "the host's folder (VMware)"),
    ("prl_fs", "none", "rw", "shared", "the host's folder (Parallels)"),
    ("brandnewfs", "x", "rw", "network", "brandnewfs"),
    ("brandnewfs", "x", "rw,local", "local", "brandnewfs"),
]


def _ids(rows: list[tuple[str, str, str, str, str]]) -> list[object]:
    return [pytest.param(*row, id=f"{row[0]}-{row[1]}") for row in rows]


@pytest.mark.parametrize(("kind", "device", "options", "wanted", "label"), _ids(LINUX))
def test_linux(kind: str, device: str, options: str, wanted: str, label: str) -> None:
    """Each line of Linux' mount table gives the expected kind and label."""
    system = FakeSystem({"/vol/smb-share:server=nas,share=s/foo": None})
    system.devices = {"/vol": 99}
    escaped = device.replace("\\", "\\134").replace(" ", "\\040")
    options = options.replace("\\", "\\134")
    system.mount_text = (
        "27 1 254:0 / / rw,relatime - ext4 /dev/vda rw\n"
        f"28 27 0:99 / /vol rw,nosuid shared:1 - {kind} {escaped} {options}\n"
    )
    path = "/vol/smb-share:server=nas,share=s/foo"
    volume = locate(path, path, system, Settings())
    assert (volume.kind, volume.label) == (wanted, label)
    assert (volume.mount_point, volume.file_system) == ("/vol", kind)
    assert "/proc/self/mountinfo" in " ".join(volume.evidence)


@pytest.mark.parametrize(("kind", "device", "options", "wanted", "label"), _ids(MACOS))
def test_macos(kind: str, device: str, options: str, wanted: str, label: str) -> None:
    """Each row of macOS' list of volumes gives the expected kind and label."""
    system = FakeSystem({"/Volumes/vol/foo": None, "/System/Volumes/Data": None}, platform="darwin")
    system.devices = {"/Volumes/vol": 99}
    system.mount_rows = [
        ("/dev/disk3s1s1", "/", "apfs", "ro,local,rootfs"),
        (device, "/Volumes/vol", kind, options),
    ]
    volume = locate("/Volumes/vol/foo", "/Volumes/vol/foo", system, Settings())
    assert (volume.kind, volume.label, volume.top) == (wanted, label, "/Volumes/vol")


@pytest.mark.parametrize(
    ("path", "wanted", "label"),
    [
        pytest.param(r"C:\src\foo", "local", "local disk", id="system-drive"),
        pytest.param(r"D:\src\foo", "local", "ntfs", id="other-drive"),
        pytest.param(r"E:\src\foo", "incapable", "exFAT", id="stick"),
        pytest.param(r"F:\src\foo", "incapable", "FAT", id="card"),
        pytest.param(r"Z:\src\foo", "network", "a Windows share", id="mapped"),
        pytest.param(r"\\nas\share\foo", "network", "a Windows share", id="unc"),
        pytest.param(r"\\?\UNC\nas\share\foo", "network", "a Windows share", id="long-unc"),
        pytest.param(r"\\?\C:\src\foo", "local", "local disk", id="long"),
        pytest.param(r"\\wsl$\Debian\home\me\foo", "shared", "a Linux of WSL", id="wsl"),
        pytest.param(r"\\wsl.localhost\Debian\foo", "shared", "a Linux of WSL", id="wsl-localhost"),
    ],
)
def test_windows(path: str, wanted: str, label: str) -> None:
    """Shares, mapped drives, sticks and WSL are distinguished by path, drive and file system."""
    system = FakeSystem(platform="win32", environ={"SYSTEMDRIVE": "C:"})
    system.put(path, None)
    system.drives = {"Z:": "remote", "E:": "removable"}
    system.mount_rows = [
        ("C:\\", "C:\\", "NTFS", "rw,fixed"),
        ("D:\\", "D:\\", "NTFS", "rw,fixed"),
        ("E:\\", "E:\\", "exFAT", "rw,removable"),
        ("F:\\", "F:\\", "FAT32", "rw,removable"),
    ]
    volume = locate(path, path, system, Settings())
    assert (volume.kind, volume.label) == (wanted, label)


def test_ntfs_by_attribute() -> None:
    """NTFS over FUSE is distinguished from exFAT by an attribute that only ntfs-3g has."""
    system = FakeSystem({"/vol/foo": None})
    mount = Mount(point="/vol", kind="fuseblk", device="/dev/sdb1", read_from="a test")
    assert classify(mount, system).kind == "incapable"
    system.attributes = {("/vol", "system.ntfs_attrib"): b"\x10"}
    row = classify(mount, system)
    assert (row.kind, label_of(row, mount, "/vol/foo", system)) == ("local", "NTFS")


def test_every_row_is_shown() -> None:
    """No row is unreachable: each is the result for one of the lines above."""
    system = FakeSystem({"/v": None})
    shown = set()
    for kind, device, options, _, _ in (*LINUX, *MACOS):
        mount = Mount(point="/v", kind=kind, device=device, options=options, read_from="a test")
        shown.add(id(classify(mount, system)))
    for kind in ("unc", "mapped", "wsl"):
        mount = Mount(point="Z:\\", kind=kind, device="Z:", read_from="a test")
        shown.add(id(classify(mount, system)))
    system.attributes = {("/v", "system.ntfs_attrib"): b""}
    mount = Mount(point="/v", kind="fuseblk", device="/dev/sdb1", read_from="a test")
    shown.add(id(classify(mount, system)))
    assert [row.types for row in FILE_SYSTEMS if id(row) not in shown] == []


@pytest.mark.parametrize("row", [*FILE_SYSTEMS, UNKNOWN], ids=lambda row: row.types[0])
def test_columns(row: FileSystem) -> None:
    """Every column has a valid value; a row that is not local has a note."""
    assert row.types
    assert row.kind in {"network", "shared", "incapable", "local"}
    assert row.confidence in {"high", "medium", "low"}
    assert bool(row.note) == (row.kind != "local")
    assert not (row.backed and row.kind != "local")
    assert row is UNKNOWN or row.source


@pytest.mark.parametrize(
    ("kind", "device"),
    [
        pytest.param("nfs", "nas:/x", id="nfs"),
        pytest.param("fuse.sshfs", "me@server:/x", id="sshfs"),
        pytest.param("fuse.gvfsd-fuse", "gvfsd-fuse", id="gvfs"),
    ],
)
def test_local_root_contests_a_mount(kind: str, device: str) -> None:
    """The user's roots apply to mounts as well."""
    system = FakeSystem({"/vol/foo": None})
    system.mount_text = f"28 27 0:99 / /vol rw - {kind} {device} rw\n"
    settings = Settings()
    assert locate("/vol/foo", "/vol/foo", system, settings).kind == "network"
    settings.local_roots = ("/vol",)
    assert locate("/vol/foo", "/vol/foo", system, settings).kind == "local"


def test_disabled_provider_of_a_mount() -> None:
    """A mount of a disabled provider is left alone."""
    system = FakeSystem({"/vol/foo": None})
    system.mount_text = "28 27 0:99 / /vol rw - fuse.rclone drive: rw\n"
    settings = Settings()
    assert locate("/vol/foo", "/vol/foo", system, settings).provider == "rclone"
    settings.providers = {"rclone": {"enabled": False}}
    assert locate("/vol/foo", "/vol/foo", system, settings).kind == "local"
