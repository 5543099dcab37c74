"""Tell whether a missing project is gone, or on a volume that is not mounted.

Used only for a root that cannot be found, such as that of an environment whose project was on a USB
stick or a share: an unmounted project must not be taken for a deleted one.
"""

from uvlocal.shim.machine.host import System
from uvlocal.shim.machine.paths import ancestors, comparable, components, contains
from uvlocal.shim.volume.mounts import Mount, parse_mount_table, unescape

#: Directories for removable volumes, with the number of path components below them that name one:
#: `/media/me/STICK` (udisks), `/mnt/data` (by hand), `/Volumes/Disk` (macOS).
_MOUNT_FOLDERS = {
    "linux": (("/media", 2), ("/run/media", 2), ("/mnt", 1)),
    "darwin": (("/Volumes", 1),),
}
_FIELDS = 3


def unmounted(root: str, system: System) -> "Mount | None":
    """Return the unmounted volume that the root is on, or None if no volume is missing.

    Args:
        root: an absolute path that cannot be found.
        system: the machine.
    """
    if system.platform == "win32":
        drive = system.path.splitdrive(root)[0]
        if drive and not drive.startswith("\\\\") and not system.exists(drive + "\\"):
            return Mount(point=drive + "\\", kind="", device=drive, read_from="the drive's letter")
        return None
    if system.platform == "linux":
        planned = _planned(root, system)
        if planned is not None:
            return planned
    for folder, names in _MOUNT_FOLDERS.get(system.platform, ()):
        if contains(comparable(folder, system), comparable(root, system), system):
            above = ancestors(root, system)
            position = len(above) - len(components(folder, system)) - names
            if position >= 0 and not system.exists(above[position]):
                return Mount(point=above[position], kind="", device="", read_from="its path")
    return None


def _planned(root: str, system: System) -> "Mount | None":
    """Return the innermost mount of `/etc/fstab` above the root that is not mounted (fstab(5))."""
    text = (system.read("/etc/fstab") or b"").decode("utf-8", "surrogateescape")
    mounted = {mount.point for mount in parse_mount_table(system.mount_table())}
    best: "Mount | None" = None
    for line in text.splitlines():
        fields = line.split()
        if len(fields) < _FIELDS or fields[0].startswith("#"):
            continue
        point = unescape(fields[1])
        if not point.startswith("/") or point in mounted:
            continue
        if not contains(comparable(point, system), comparable(root, system), system):
            continue
        if best is None or len(point) > len(best.point):
            best = Mount(
                point=point, kind=fields[2], device=unescape(fields[0]), read_from="/etc/fstab"
            )
    return best
