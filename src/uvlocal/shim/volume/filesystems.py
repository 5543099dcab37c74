"""The table of file systems by type, without logic.

The first matching row wins. Sources: coreutils `src/stat.c` and systemd `fstype_is_network` for
most network file systems, the row's own `source` for the others. `uvlocal.shim.volume.mounts` reads
this table.
"""

_COREUTILS = "https://github.com/coreutils/coreutils/blob/master/src/stat.c"
_SYSTEMD = "https://github.com/systemd/systemd/blob/main/src/basic/mountpoint-util.c"
_KIO = "https://github.com/KDE/kio/blob/master/src/core/kmountpoint.cpp"
_MEASURED = "seen in /proc/self/mountinfo on Linux 6.18"


class FileSystem:
    """One row: how a file system is recognised, and what it means for an environment.

    Attributes:
        types: names in the type field; a trailing `*` matches anything.
        kind: `network`, `shared`, `incapable` or `local`.
        label: the name for people, or "" for the type itself.
        prefixes: the device field starts with one of these; empty for any.
        infix: the device field contains this; "" for any.
        option: one of the super options starts with this; "" for any.
        attribute: the mount point has this extended attribute; "" for any.
        backed: the device field is a local directory that contains the files, so that directory's
            volume counts. Without a slash it is the program that got the directory as an argument.
        schemes: the first name below the mount point shows the protocol (`smb-share:server=...`).
        provider: the id of the provider that it belongs to, or "".
        confidence: `high`, `medium` or `low`.
        note: what goes wrong with an environment there, for people, or "".
        source: the evidence for this row.
    """

    __slots__ = (
        "attribute",
        "backed",
        "confidence",
        "infix",
        "kind",
        "label",
        "note",
        "option",
        "prefixes",
        "provider",
        "schemes",
        "source",
        "types",
    )

    def __init__(  # noqa: PLR0913 - a row has as many fields as there are facts
        self,
        types: "tuple[str, ...]",
        kind: str,
        label: str = "",
        *,
        prefixes: "tuple[str, ...]" = (),
        infix: str = "",
        option: str = "",
        attribute: str = "",
        backed: bool = False,
        schemes: bool = False,
        provider: str = "",
        confidence: str = "high",
        note: str = "",
        source: str = _COREUTILS,
    ) -> None:
        self.types = types
        self.kind = kind
        self.label = label
        self.prefixes = prefixes
        self.infix = infix
        self.option = option
        self.attribute = attribute
        self.backed = backed
        self.schemes = schemes
        self.provider = provider
        self.confidence = confidence
        self.note = note
        self.source = source


_SLOW = "many small files are slow, locks may be missing, other machines write here"
_NO_LINKS = "symbolic links, hard links or permissions are missing, many small files are slow"

FILE_SYSTEMS = (
    # -- other machines -------------------------------------------------------------------------
    FileSystem(
        ("nfs",),
        "network",
        "FUSE-T",
        prefixes=("fuse-t:",),
        confidence="low",
        note="a program on this machine serves it over NFS, and may keep its files anywhere",
        source="https://www.fuse-t.org",
    ),
    FileSystem(("nfs", "nfs4"), "network", "NFS", note=_SLOW),
    FileSystem(("cifs", "smb2", "smb3", "smbfs"), "network", "SMB", note=_NO_LINKS),
    FileSystem(("afpfs",), "network", "AFP", note=_NO_LINKS, source=_COREUTILS),
    FileSystem(("webdav", "davfs", "davfs2"), "network", "WebDAV", note=_NO_LINKS, source=_SYSTEMD),
    FileSystem(("ftp", "fuse.curlftpfs", "fuse.ftpfs"), "network", "FTP", note=_NO_LINKS),
    FileSystem(
        (
            "acfs",
            "afs",
            "beegfs",
            "ceph",
            "coda",
            "fhgfs",
            "gfs",
            "gfs2",
            "glusterfs",
            "gpfs",
            "ibrix",
            "kafs",
            "lustre",
            "ncp",
            "ncpfs",
            "ocfs2",
            "orangefs",
            "panfs",
            "pvfs2",
            "wekafs",
        ),
        "network",
        note=_SLOW,
    ),
    FileSystem(
        ("fuse.ceph", "fuse.ceph-fuse", "fuse.glusterfs", "fuse.juicefs", "fuse.moosefs"),
        "network",
        note=_SLOW,
        source=_SYSTEMD,
    ),
    FileSystem(
        ("fuse.sshfs",),
        "network",
        "sshfs",
        note="links created there may dangle, many small files are slow",
        source=_MEASURED,
    ),
    FileSystem(("fuse.smbnetfs", "fuse.usmb"), "network", "SMB", note=_NO_LINKS, source=_MEASURED),
    FileSystem(
        ("fuse", "macfuse", "osxfuse", "fusefs"),
        "network",
        "rclone",
        prefixes=("rclone",),
        provider="rclone",
        note=_NO_LINKS,
        source="https://rclone.org/commands/rclone_mount/",
    ),
    FileSystem(
        ("fuse.rclone", "fuse.rclonefs"),
        "network",
        "rclone",
        prefixes=("Filen:", "filen:"),
        provider="filen",
        confidence="medium",
        note=_NO_LINKS,
        source="https://github.com/FilenCloudDienste/filen-desktop",
    ),
    FileSystem(
        ("fuse.rclone", "fuse.rclonefs"),
        "network",
        "rclone",
        provider="rclone",
        note=_NO_LINKS,
        source=_MEASURED,
    ),
    FileSystem(
        ("fuse.gvfsd-fuse", "fuse.gvfs-fuse-daemon"),
        "network",
        "gvfs",
        schemes=True,
        provider="gvfs",
        note=_NO_LINKS,
        source=_MEASURED,
    ),
    FileSystem(
        ("fuse.kio-fuse",), "network", "KIO", provider="kio-fuse", note=_NO_LINKS, source=_KIO
    ),
    FileSystem(
        ("fuse.onedriver",),
        "network",
        "OneDrive (onedriver)",
        provider="onedriver",
        note=_NO_LINKS,
        source="https://github.com/jstaf/onedriver",
    ),
    FileSystem(
        ("fuse.google-drive-ocamlfuse",),
        "network",
        "Google Drive (google-drive-ocamlfuse)",
        provider="google-drive",
        note=_NO_LINKS,
        source="https://github.com/astrada/google-drive-ocamlfuse",
    ),
    FileSystem(
        ("fuse", "macfuse", "osxfuse", "fusefs"),
        "network",
        "Google Drive (google-drive-ocamlfuse)",
        prefixes=("google-drive-ocamlfuse",),
        provider="google-drive",
        note=_NO_LINKS,
        source="https://github.com/astrada/google-drive-ocamlfuse",
    ),
    FileSystem(
        ("fuse", "fuse.pCloud*", "fuse.pcloud*", "macfuse", "osxfuse", "fusefs"),
        "network",
        "pCloud",
        prefixes=("pCloud.fs",),
        provider="pcloud",
        note=_NO_LINKS,
        source="https://github.com/pcloudcom/console-client",
    ),
    FileSystem(
        ("fuse.pCloud*", "fuse.pcloud*"),
        "network",
        "pCloud",
        provider="pcloud",
        note=_NO_LINKS,
        source="https://github.com/pcloudcom/console-client",
    ),
    FileSystem(
        ("fuse.seadrive", "fuse.SeaDrive"),
        "network",
        "SeaDrive",
        provider="seadrive",
        confidence="medium",
        note=_NO_LINKS,
        source="https://github.com/haiwen/seadrive-gui",
    ),
    FileSystem(
        ("fuse",),
        "network",
        "SeaDrive",
        prefixes=("seadrive",),
        provider="seadrive",
        confidence="medium",
        note=_NO_LINKS,
        source="https://github.com/haiwen/seadrive-gui",
    ),
    FileSystem(
        ("davfs", "fuse"),
        "network",
        "Koofr (WebDAV)",
        infix="koofr",
        provider="koofr",
        confidence="low",
        note=_NO_LINKS,
        source="https://app.koofr.net/help/linkable/webdav",
    ),
    FileSystem(
        (
            "fuse.s3fs",
            "fuse.gcsfuse",
            "fuse.goofys",
            "fuse.geesefs",
            "fuse.mountpoint-s3",
            "fuse.blobfuse",
            "fuse.blobfuse2",
        ),
        "network",
        note=_NO_LINKS,
        confidence="medium",
        source="https://github.com/s3fs-fuse/s3fs-fuse",
    ),
    FileSystem(
        ("fuse",),
        "network",
        "object store",
        prefixes=("s3fs", "mountpoint-s3", "gcsfuse", "goofys", "blobfuse"),
        note=_NO_LINKS,
        confidence="medium",
        source="https://github.com/awslabs/mountpoint-s3",
    ),
    FileSystem(
        ("fuse", "macfuse", "osxfuse", "fusefs"),
        "network",
        "WebDAV",
        prefixes=("http://", "https://"),
        note=_NO_LINKS,
        source=_MEASURED,
    ),
    FileSystem(
        ("unc", "mapped"),
        "network",
        "a Windows share",
        note=_NO_LINKS,
        source="https://learn.microsoft.com/windows/win32/api/fileapi/nf-fileapi-getdrivetypew",
    ),
    # -- a virtual machine's host ---------------------------------------------------------------
    FileSystem(
        ("9p",),
        "network",
        "a Windows drive in WSL",
        option="aname=drvfs",
        note="many small files are slow, permissions and locks are not those of Linux",
        source="https://learn.microsoft.com/windows/wsl/filesystems",
    ),
    FileSystem(
        ("drvfs",),
        "network",
        "a Windows drive in WSL",
        note="many small files are slow, permissions and locks are not those of Linux",
        source="https://learn.microsoft.com/windows/wsl/filesystems",
    ),
    FileSystem(
        ("virtiofs",),
        "network",
        "a Windows drive in WSL",
        prefixes=("drvfs",),
        confidence="low",
        note="many small files are slow, permissions and locks are not those of Linux",
        source="https://github.com/microsoft/WSL",
    ),
    FileSystem(
        ("wsl",),
        "shared",
        "a Linux of WSL",
        note=_NO_LINKS,
        source="https://learn.microsoft.com/windows/wsl/filesystems",
    ),
    FileSystem(("9p",), "shared", "the host's folder (9p)", note=_SLOW),
    FileSystem(("virtiofs", "fuse.virtiofs"), "shared", "the host's folder (virtiofs)", note=_SLOW),
    FileSystem(
        ("fakeowner", "fuse.grpcfuse", "grpcfuse", "osxfs", "fuse.osxfs"),
        "shared",
        "the host's folder (Docker Desktop)",
        note="owners are not real, many small files are slow",
        source="https://docs.docker.com/desktop/",
    ),
    FileSystem(("vboxsf",), "shared", "the host's folder (VirtualBox)", note=_NO_LINKS),
    FileSystem(
        ("vmhgfs", "fuse.vmhgfs-fuse"), "shared", "the host's folder (VMware)", note=_NO_LINKS
    ),
    FileSystem(("prl_fs*", "fuse.prl_fsd"), "shared", "the host's folder (Parallels)", note=_SLOW),
    # -- local, but unable to hold an environment -----------------------------------------------
    FileSystem(
        ("exfat", "fuse.exfat", "fuse.mount.exfat*"),
        "incapable",
        "exFAT",
        note="it has no links",
        source=_MEASURED,
    ),
    FileSystem(
        ("vfat", "msdos", "msdosfs", "fat", "fat12", "fat16", "fat32", "fuse.fusefat"),
        "incapable",
        "FAT",
        note="it has no links",
        source=_MEASURED,
    ),
    FileSystem(("fuseblk",), "local", "NTFS", attribute="system.ntfs_attrib", source=_MEASURED),
    FileSystem(("fuseblk.ext*", "fuseblk.fuse2fs"), "local", source=_MEASURED),
    FileSystem(
        ("fuseblk",), "incapable", "exFAT", note="it has no links", confidence="medium", source=_KIO
    ),
    # -- local, although served by a program ------------------------------------------------------
    FileSystem(
        ("fuse.bindfs", "fuse.gocryptfs", "fuse.encfs", "fuse.securefs", "fuse.unionfs"),
        "local",
        backed=True,
        prefixes=("/",),
        source=_MEASURED,
    ),
    FileSystem(
        ("fuse.encfs",), "local", "encfs", backed=True, prefixes=("encfs",), source=_MEASURED
    ),
    FileSystem(("fuse.cryfs",), "local", "cryfs", backed=True, prefixes=("cryfs@/",), source=_KIO),
    FileSystem(
        (
            "fuse.*.AppImage",
            "fuse.archivemount",
            "fuse.bindfs",
            "fuse.cryfs",
            "fuse.cryptomator",
            "fuse.encfs",
            "fuse.ext2fs",
            "fuse.fuse-ext2",
            "fuse.fuse-nio-adapter",
            "fuse.fuse-overlayfs",
            "fuse.fuse-zip",
            "fuse.fuse2fs",
            "fuse.fuseiso",
            "fuse.gocryptfs",
            "fuse.lxcfs",
            "fuse.mergerfs",
            "fuse.mhddfs",
            "fuse.ntfs-3g",
            "fuse.portal",
            "fuse.revokefs-fuse",
            "fuse.securefs",
            "fuse.shfs",
            "fuse.snapfuse",
            "fuse.squashfuse",
            "fuse.squashfuse_ll",
            "fuse.unionfs",
            "fuse.unionfs-fuse",
            "fuse.veracrypt",
            "fuse.zfs-fuse",
        ),
        "local",
        confidence="medium",
        source=_MEASURED,
    ),
    FileSystem(
        ("fuse", "macfuse", "osxfuse", "fusefs"),
        "local",
        "FUSE",
        prefixes=("/dev/fuse", "/dev/macfuse", "/dev/osxfuse"),
        confidence="low",
        source=_KIO,
    ),
    FileSystem(
        ("fuse", "macfuse", "osxfuse", "fusefs"),
        "local",
        "a disk",
        prefixes=("/dev/",),
        confidence="medium",
        source=_KIO,
    ),
    FileSystem(("fuse",), "local", "bindfs", backed=True, prefixes=("/",), source=_MEASURED),
    FileSystem(
        ("fuse", "macfuse", "osxfuse", "fusefs"),
        "network",
        "sshfs",
        infix=":/",
        confidence="medium",
        note=_SLOW,
        source="https://github.com/libfuse/sshfs",
    ),
    FileSystem(
        ("fuse", "macfuse", "osxfuse", "fusefs", "lifs", "fskit"),
        "local",
        "FUSE",
        confidence="low",
        source=_KIO,
    ),
    FileSystem(
        ("fuse.*",),
        "network",
        confidence="low",
        note="an unknown program serves it",
        source=_SYSTEMD,
    ),
    FileSystem(
        ("autofs",),
        "network",
        "automount",
        confidence="low",
        note="nothing is mounted there now",
        source="https://docs.kernel.org/filesystems/autofs.html",
    ),
    # -- local ------------------------------------------------------------------------------------
    FileSystem(
        (
            "apfs",
            "bcachefs",
            "btrfs",
            "erofs",
            "ext2",
            "ext3",
            "ext4",
            "f2fs",
            "hfs",
            "hfsplus",
            "jfs",
            "nilfs2",
            "ntfs",
            "ntfs3",
            "overlay",
            "overlayfs",
            "ramfs",
            "refs",
            "reiserfs",
            "rootfs",
            "squashfs",
            "tmpfs",
            "ubifs",
            "udf",
            "ufs",
            "xfs",
            "zfs",
        ),
        "local",
    ),
)

#: The row for unknown types. It does not guess: the result has low confidence, and `synced-roots`
#: can correct it.
UNKNOWN = FileSystem(("*",), "local", confidence="low", source="")

#: The same if the system says that the volume is not local (macOS' MNT_LOCAL).
UNKNOWN_REMOTE = FileSystem(
    ("*",), "network", confidence="medium", note=_SLOW, source="statfs(2) of macOS"
)
