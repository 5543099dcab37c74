r"""What a path is mounted from: Linux's mount table, rows of other systems, Windows' drives.

The kernel produces the mount table itself: reading it does not contact a remote server, while
`statfs` on a dead one would block.
"""

from uvlocal.shim.machine.host import System
from uvlocal.shim.machine.paths import (
    comparable,
    components,
    contains,
    device_number,
    without_prefix,
)
from uvlocal.shim.volume.filesystems import FILE_SYSTEMS, UNKNOWN, UNKNOWN_REMOTE, FileSystem

#: An escaped character in the mount table is a backslash and three octal digits.
_ESCAPE_LENGTH = 4
#: The mount point, device number etc. come before the separator, type and device after it.
_FIELDS_BEFORE, _FIELDS_AFTER = 5, 2


class Mount:
    """One mounted file system.

    `device` is the field of that name, which for a network file system names the server; `number`
    is the device number as `major:minor`, or "" if it is unknown; `root` is the directory of the
    file system that is mounted, "/" for all of it or if it is unknown; `read_from` says for people
    where the row comes from.
    """

    __slots__ = ("device", "number", "options", "point", "read_from", "root", "type")

    def __init__(  # noqa: PLR0913 - the fields of a row
        self,
        *,
        point: str,
        kind: str,
        device: str,
        read_from: str,
        options: str = "",
        number: str = "",
        root: str = "/",
    ) -> None:
        self.point = point
        self.type = kind
        self.device = device
        self.options = options
        self.number = number
        self.root = root
        self.read_from = read_from


def parse_mount_table(text: str) -> "list[Mount]":
    """Parse `/proc/self/mountinfo`; skip invalid lines.

    Format: https://man7.org/linux/man-pages/man5/proc_pid_mountinfo.5.html
    """
    mounts = []
    for line in text.split("\n"):
        before, separator, after = line.partition(" - ")
        left, right = before.split(" "), after.split(" ")
        if not separator or len(left) < _FIELDS_BEFORE or len(right) < _FIELDS_AFTER:
            continue
        mounts.append(
            Mount(
                point=unescape(left[4]),
                kind=right[0],
                device=unescape(right[1]),
                options=unescape(" ".join(right[2:])),
                number=left[2],
                root=unescape(left[3]),
                read_from="/proc/self/mountinfo",
            )
        )
    return mounts


def unescape(field: str) -> str:
    r"""Decode escapes such as `\040`; bytes that are not UTF-8 stay as they are."""
    if "\\" not in field:
        return field
    data = field.encode("utf-8", "surrogateescape")
    found = bytearray()
    position = 0
    while position < len(data):
        digits = data[position + 1 : position + _ESCAPE_LENGTH]
        escaped = data[position] == ord("\\") and len(digits) == _ESCAPE_LENGTH - 1
        if escaped and digits.isdigit() and max(digits) < ord("8") and digits[0] < ord("4"):
            found.append(int(digits, 8))
            position += _ESCAPE_LENGTH
        else:
            found.append(data[position])
            position += 1
    return found.decode("utf-8", "surrogateescape")


def choose(
    mounts: "list[Mount]", path: str, device: "int | None", system: System
) -> "Mount | None":
    """Return the mount that `path` is on, from rows in the order of mounting.

    A row with the path's own device number is right even if another mount covers it. If no row has
    it (a btrfs subvolume has its own number, for example), the longest mount point wins. At a tie
    the last row wins: an automount and what it mounted share a mount point.
    """
    wanted = comparable(path, system)
    above = [mount for mount in mounts if contains(comparable(mount.point, system), wanted, system)]
    if device is not None:
        number = device_number(device)
        above = [mount for mount in above if mount.number == number] or above
    best: "Mount | None" = None
    for mount in above:
        if best is None or len(mount.point) >= len(best.point):
            best = mount
    return best


def origins(mount: Mount, path: str, system: System) -> "list[str]":
    """Return the other paths that `path`, on a bind mount of a folder, may have on this machine.

    The mount table says which folder of its file system a mount shows. If another mount shows more
    of the same file system, the folder has a path there too.
    """
    if system.platform != "linux" or mount.root == "/":
        return []
    found = []
    below = path[len(mount.point.rstrip("/")) :]
    for other in system.once("mounts", lambda: parse_mount_table(system.mount_table())):
        whole = other.root.rstrip("/")
        if other.number == mount.number and mount.root.startswith(whole + "/"):
            found.append(other.point.rstrip("/") + mount.root[len(whole) :] + below)
    return found


def find(path: str, device: "int | None", system: System) -> "Mount | None":
    """Return the mount of the canonical `path`, or None if it is unknown.

    Args:
        path: an absolute path with symlinks resolved; it need not exist.
        device: `st_dev` of the path or of its nearest existing parent.
        system: the machine.
    """
    if system.platform == "win32":
        return _find_on_windows(path, system)
    if system.platform == "linux":
        table = system.once("mounts", lambda: parse_mount_table(system.mount_table()))
        return choose(table, path, device, system)
    return choose(_listed(system), path, None, system)


def _listed(system: System) -> "list[Mount]":
    """Return the mounts of a system that lists them."""
    return [
        Mount(
            point=point,
            kind=kind.lower(),
            device=source,
            options=options,
            read_from="the list of mounted volumes",
        )
        for source, point, kind, options in system.mounts()
    ]


def _find_on_windows(path: str, system: System) -> "Mount | None":
    r"""Classify the path by itself, then by the drive's type, and only then by its file system.

    `\\server\share` is a share; `\\wsl$` and `\\wsl.localhost` are a Linux on this machine
    (https://learn.microsoft.com/windows/wsl/filesystems).
    """
    path = without_prefix(path)
    drive = system.path.splitdrive(path)[0]
    if drive.startswith("\\\\"):
        server = (components(drive, system) or [""])[0].lower()
        kind = "wsl" if server in ("wsl$", "wsl.localhost") else "unc"
        return Mount(point=drive, kind=kind, device=drive, read_from="the path itself")
    if not drive or drive.upper() == system.environ.get("SYSTEMDRIVE", "C:").upper():
        return None  # Windows only boots from a local NTFS or ReFS volume
    if system.drive_type(drive) == "remote":
        return Mount(
            point=drive + "\\", kind="mapped", device=drive, read_from="the type of the drive"
        )
    return choose(_listed(system), path, None, system)


def classify(mount: Mount, system: System) -> FileSystem:
    """Return the row of the table that matches a mount, or the one for unknown types."""
    for row in FILE_SYSTEMS:
        if _fits(row, mount, system):
            return row
    if system.platform == "darwin" and "local" not in mount.options.split(","):
        return UNKNOWN_REMOTE
    return UNKNOWN


def _fits(row: FileSystem, mount: Mount, system: System) -> bool:
    if not any(_type_fits(pattern, mount.type) for pattern in row.types):
        return False
    if row.prefixes and not mount.device.startswith(row.prefixes):
        return False
    if row.infix and row.infix not in mount.device.lower():
        return False
    options = mount.options.replace(";", ",").split(",")
    if row.option and not any(option.startswith(row.option) for option in options):
        return False
    return not row.attribute or system.attribute(mount.point, row.attribute) is not None


def _type_fits(pattern: str, name: str) -> bool:
    before, star, after = pattern.partition("*")
    if not star:
        return name == pattern
    long_enough = len(name) >= len(before) + len(after)
    return long_enough and name.startswith(before) and name.endswith(after)


def label_of(row: FileSystem, mount: Mount, path: str, system: System) -> str:
    """Return the name of a mount for people, with the protocol if the path shows it."""
    label = row.label or mount.type.removeprefix("fuse.")
    if row.schemes:
        below = components(path, system)[len(components(mount.point, system)) :]
        scheme = below[0].partition(":")[0] if below else ""
        return f"{label}, {scheme}" if scheme else label
    return label
