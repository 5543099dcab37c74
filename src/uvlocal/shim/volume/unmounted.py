"""A project that is not there: gone, or on a volume that is not mounted.

Asked only for a root that cannot be found, as of an environment whose project was last seen on a
stick or a share; what is not mounted now must not be taken for deleted.
"""

from uvlocal.shim.machine.host import System
from uvlocal.shim.machine.paths import ancestors, comparable, components, contains
from uvlocal.shim.volume.mounts import Mount, parse_mount_table, unescape

#: Folders in which systems mount what users plug in, with the number of names that make a volume:
#: `/media/me/STICK` (udisks), `/mnt/data` (by hand), `/Volumes/Disk` (macOS).
_MOUNT_FOLDERS = {
    "linux": (("/media", 2), ("/run/media", 2), ("/mnt", 1)),
    "darwin": (("/Volumes", 1),),
}
_FIELDS = 3


def unmounted(root: str, system: System) -> "Mount | None":
    """Return the volume that the root is on when it is mounted, or None if none is missing.

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
