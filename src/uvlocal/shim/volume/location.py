"""A project's location, with cached facts about it."""

from uvlocal.shim.machine.display import contract_home
from uvlocal.shim.machine.host import System
from uvlocal.shim.machine.paths import (
    ancestors,
    comparable,
    contains,
    device_number,
    without_prefix,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os

    from uvlocal.shim.settings.settings import Settings

#: Prefixes of the types of file systems that are served by another machine or a program, which may
#: not answer. They are a subset of `filesystems`, in a form that is cheap to import.
_SERVED = (
    *("9p", "afs", "autofs", "beegfs", "ceph", "cifs", "coda", "davfs", "fuse", "gpfs", "lustre"),
    *("ncp", "nfs", "orangefs", "prl_fs", "smb", "vboxsf", "virtiofs", "vmhgfs"),
)
#: The number of fields before the type in a row of the mount table (proc_pid_mountinfo(5)).
_MOUNT_FIELDS = 5
#: How many symlinks Linux follows in one path (path_resolution(7)).
_LINKS = 40
#: Mounts that macOS always has, for its automounter; nobody syncs files there.
_MAC_HOMES = "/system/volumes/data/home"
#: More prefixes of file system types that a server or a program serves on macOS.
_SERVED_ON_MACOS = ("afp", "macfuse", "osxfuse", "webdav")


class Sight:
    """A project's location; the disk is asked only once for each fact."""

    __slots__ = (
        "_folders",
        "_identities",
        "_mounts",
        "_statuses",
        "above",
        "absent",
        "configured",
        "folded",
        "found",
        "missing",
        "problems",
        "root",
        "settings",
        "system",
    )

    def __init__(self, root: str, found: str, system: System, settings: "Settings") -> None:
        if system.platform == "win32":
            root, found = without_prefix(root), without_prefix(found)
        self.root = root
        self.system = system
        self.settings = settings
        self.folded = comparable(root, system)
        self.found = comparable(found, system) if system.path.isabs(found) else self.folded
        #: The root and its parents, innermost first.
        self.above = ancestors(root, system)
        self._folders: "dict[str, str] | None" = None
        self._identities: "dict[tuple[int, int], str] | None" = None
        self._mounts: "list[tuple[str, bool]] | None" = None
        self._statuses: "dict[str, os.stat_result | None]" = {}
        #: The providers that are set up on this machine.
        self.configured: "set[str]" = set()
        #: Paths that could not be found.
        self.absent: "set[str]" = set()
        self.missing: "list[str]" = []
        self.problems: "list[str]" = []

    def shown(self, path: str) -> str:
        """Return a path for display."""
        return f"`{contract_home(path, self.system)}`"

    def status(self, path: str) -> "os.stat_result | None":
        """Return the cached status of `path`, as the call can take long."""
        if path not in self._statuses:
            self._statuses[path] = self.system.stat(path)
        return self._statuses[path]

    def device(self) -> "int | None":
        """Return the device number of the root, or of its nearest existing parent."""
        for path in (self.root, *self.above[1:]):
            status = self.status(path)
            if status is not None:
                return status.st_dev
        return None

    def is_enabled(self, provider: str) -> bool:
        """Return whether the user has not disabled a provider."""
        return self.settings.providers.get(provider, {}).get("enabled") is not False

    def folder_at(self, path: str) -> "str | None":
        """Return the directory at or above the root that is the same as `path`, or None.

        Compares the text first, then device and inode, which are independent of symlinks, letter
        case, Unicode forms, macOS' firmlinks and bind mounts.
        """
        folded = comparable(path, self.system)
        if contains(folded, self.folded, self.system):
            if self._folders is None:
                self._folders = {comparable(above, self.system): above for above in self.above}
            return self._folders.get(folded, path)
        if path.startswith("\\\\") or self._may_be_silent(path):
            return None  # access to a share may take long
        status = self.status(path)
        if status is None:
            self.absent.add(path)
        if status is None or not status.st_ino:
            return None
        if self._identities is None:
            self._identities = {}
            for above in reversed(self.above):
                there = self.status(above)
                if there is not None:
                    self._identities[there.st_dev, there.st_ino] = above
        return self._identities.get((status.st_dev, status.st_ino))

    def was_reached_through(self, path: str) -> bool:
        """Return whether the user's spelling of the root leads through `path`."""
        return contains(comparable(path, self.system), self.found, self.system)

    def _may_be_silent(self, path: str) -> bool:
        """Return whether `path` is on a volume, other than the root's, that may never answer.

        A file system whose server is gone blocks every access, and only SIGKILL ends that: every
        `uv` of this user would hang. The root cannot be on it, as its device is another one. The
        list of mounts comes from the kernel alone; on Windows it is the type of a drive letter.
        """
        system = self.system
        if contains(comparable(path, system), comparable(system.cwd, system), system):
            return False  # a silent volume here would already have blocked the shell
        if system.platform == "win32":
            return self._is_on_another_server(path)
        if self._mounts is None:
            mac = system.platform == "darwin"
            self._mounts = self._mounted_on_macos() if mac else self._mounted()
        if not any(silent for _, silent in self._mounts):
            return False
        for _ in range(_LINKS):
            path = system.path.normpath(path)
            folded = comparable(path, system)
            above = [mount for mount in self._mounts if contains(mount[0], folded, system)]
            if above and max(enumerate(above), key=lambda row: (len(row[1][0]), row[0]))[1][1]:
                return True
            # Read symlinks from the outside in: a silent volume on the way would contain `path`.
            for link in reversed(ancestors(path, system)):
                target = system.readlink(link)
                if target is not None:
                    path = system.path.join(system.path.dirname(link), target) + path[len(link) :]
                    break
            else:
                return False
        return False

    def _mounted(self) -> "list[tuple[str, bool]]":
        """Return each mount point, and whether the mount may be silent.

        Those of the root and of home have already answered.
        """
        asked = [self.status(path) for path in (*self.above, self.system.home, "/")]
        own = {device_number(status.st_dev) for status in asked if status is not None}
        found = []
        for line in self.system.mount_table().split("\n"):
            before, _, after = line.partition(" - ")
            fields = before.split(" ")
            if len(fields) < _MOUNT_FIELDS:
                continue
            point = fields[4]
            if "\\" in point:
                from uvlocal.shim.volume.mounts import unescape

                point = unescape(point)
            found.append((point, after.startswith(_SERVED) and fields[2] not in own))
        return found

    def _mounted_on_macos(self) -> "list[tuple[str, bool]]":
        """Return the same as `_mounted`, from macOS' list of mounts."""
        system = self.system
        found: "dict[str, bool]" = {}
        for _, point, kind, options in system.mounts():
            folded = comparable(point, system)
            served = "local" not in options.split(",") or kind.lower().startswith(
                (*_SERVED, *_SERVED_ON_MACOS)
            )
            found[folded] = served and folded != _MAC_HOMES
        for place in (self.root, system.home):
            folded = comparable(place, system)
            above = [point for point in found if contains(point, folded, system)]
            if above:
                found[max(above, key=len)] = False
        return list(found.items())

    def _is_on_another_server(self, path: str) -> bool:
        """Return whether a path is on a network drive on Windows, but the root is not."""
        system = self.system
        drive, *own = (
            system.path.splitdrive(one)[0].upper() for one in (path, self.root, system.home)
        )
        return drive not in own and bool(drive) and system.drive_type(drive) == "remote"
