"""A project's place, as the signals look at it."""

from uvlocal.shim.environment import contract_home
from uvlocal.shim.paths import ancestors, comparable, contains, without_prefix
from uvlocal.shim.system import System

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os

    from uvlocal.shim.settings import Settings


class Sight:
    """A project's place as the signals see it; what is asked of the disk is asked once."""

    __slots__ = (
        "_folders",
        "_identities",
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
        """Take the canonical root and the user's spelling of it."""
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
        """Say whether the user left a provider on."""
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
        if path.startswith("\\\\"):
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
        """Say whether the user's spelling of the root leads through `path`."""
        return contains(comparable(path, self.system), self.found, self.system)
