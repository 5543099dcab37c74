"""A project's place, as the signals look at it."""

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

#: How the types of file systems begin that another machine or a program serves: one that may be
#: gone. They are a subset of `filesystems`, in a form that costs nothing to import.
_SERVED = (
    *("9p", "afs", "autofs", "beegfs", "ceph", "cifs", "coda", "davfs", "fuse", "gpfs", "lustre"),
    *("ncp", "nfs", "orangefs", "prl_fs", "smb", "vboxsf", "virtiofs", "vmhgfs"),
)
#: A row of the mount table has so many fields before its type (proc_pid_mountinfo(5)).
_MOUNT_FIELDS = 5
#: As many links as Linux follows in one path (path_resolution(7)).
_LINKS = 40


class Sight:
    """A project's place as the signals see it; what is asked of the disk is asked once."""

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
        #: The root and the folders above it, innermost first.
        self.above = ancestors(root, system)
        self._folders: "dict[str, str] | None" = None
        self._identities: "dict[tuple[int, int], str] | None" = None
        self._mounts: "list[tuple[str, bool]] | None" = None
        self._statuses: "dict[str, os.stat_result | None]" = {}
        #: The providers that are set up on this machine.
        self.configured: "set[str]" = set()
        #: What was asked for and could not be found.
        self.absent: "set[str]" = set()
        self.missing: "list[str]" = []
        self.problems: "list[str]" = []

    def shown(self, path: str) -> str:
        """Return a path for people."""
        return f"`{contract_home(path, self.system)}`"

    def status(self, path: str) -> "os.stat_result | None":
        """Return the status of what `path` leads to, asked once: such a call can take long."""
        if path not in self._statuses:
            self._statuses[path] = self.system.stat(path)
        return self._statuses[path]

    def device(self) -> "int | None":
        """Return the device number of the root, or of the nearest folder above that is there."""
        for path in (self.root, *self.above[1:]):
            status = self.status(path)
            if status is not None:
                return status.st_dev
        return None

    def is_enabled(self, provider: str) -> bool:
        """Return whether the user left a provider on."""
        return self.settings.providers.get(provider, {}).get("enabled") is not False

    def folder_at(self, path: str) -> "str | None":
        """Return the folder at or above the root that `path` is; None where it is none of them.

        Compared as text first. Then by device and inode, which sees through links, letter case,
        Unicode forms, macOS' firmlinks and bind mounts at once.
        """
        folded = comparable(path, self.system)
        if contains(folded, self.folded, self.system):
            if self._folders is None:
                self._folders = {comparable(above, self.system): above for above in self.above}
            return self._folders.get(folded, path)
        if path.startswith("\\\\") or self._may_be_silent(path):
            return None  # asking for a share may take long
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
        """Return whether `path` is on another volume than the root, one that may never answer.

        A file system whose server is gone holds whoever asks it for anything, and no signal but
        SIGKILL ends that: every `uv` of this user would stand still. The root is not in there, as
        it would be on the same device. What is mounted where is asked of the kernel alone. Only
        Linux can tell; elsewhere the folder is asked.
        """
        system = self.system
        if system.platform != "linux" or contains(path, system.cwd, system):
            return False  # what holds the current directory would have held the shell
        if self._mounts is None:
            self._mounts = self._mounted()
        if not any(silent for _, silent in self._mounts):
            return False
        for _ in range(_LINKS):
            path = comparable(path, system)
            above = [mount for mount in self._mounts if contains(mount[0], path, system)]
            if above and max(enumerate(above), key=lambda row: (len(row[1][0]), row[0]))[1][1]:
                return True
            # Nothing on the way to a link may be silent either, as it would contain `path`.
            for link in reversed(ancestors(path, system)):
                target = system.readlink(link)
                if target is not None:
                    path = system.path.join(system.path.dirname(link), target) + path[len(link) :]
                    break
            else:
                return False
        return False

    def _mounted(self) -> "list[tuple[str, bool]]":
        """Return each mount point, and whether what is mounted there may be silent.

        What the root is on, and what home is on, has been asked already.
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
