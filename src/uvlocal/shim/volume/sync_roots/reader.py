"""The interface for probes: it records their inputs, and collects the folders they find."""

from uvlocal.shim.machine.directories import expand_home
from uvlocal.shim.machine.display import contract_home
from uvlocal.shim.machine.host import System
from uvlocal.shim.machine.paths import without_prefix
from uvlocal.shim.volume.providers.schema import Place, Provider
from uvlocal.shim.volume.providers.table import BY_ID, PROVIDERS
from uvlocal.shim.volume.sync_roots import cache
from uvlocal.shim.volume.sync_roots.model import ABSENT, SyncRoot, stamp

#: The maximum number of folders from one place; nobody syncs more.
_MOST_ROOTS = 200
#: The suffix for the name of a file that is damaged now.
_EARLIER = " (when it could last be read)"


class Reader:
    """Reads for a probe: records every input, and collects the folders found."""

    __slots__ = (
        "_complaints",
        "inputs",
        "left",
        "place",
        "problems",
        "provider",
        "roots",
        "system",
    )

    def __init__(self, system: System) -> None:
        self.system = system
        self.inputs: "dict[str, str]" = {}
        self.roots: "list[SyncRoot]" = []
        self.problems: "list[str]" = []
        self._complaints: "list[tuple[Provider, str]]" = []
        self.begin(BY_ID["icloud"], BY_ID["icloud"].places[0])

    def begin(self, provider: Provider, place: Place) -> None:
        """Start with another place of the table."""
        self.provider = provider
        self.place = place
        self.left = _MOST_ROOTS

    def rely_on(self, name: str) -> str:
        """Record and return the state of an input before it is read."""
        if name not in self.inputs:
            self.inputs[name] = stamp(name, self.system)
        return self.inputs[name]

    def read(self, path: str) -> "bytes | None":
        """Return the content of a configuration file; complain if it exists but is unreadable."""
        self.rely_on(path)
        data = self.system.read(path)
        if data is None and self.system.lstat(path) is not None:
            self.complain(path, "cannot be read")
        return data

    def text(self, path: str) -> str:
        """Return the content of a configuration file as text, or "" if there is none."""
        return (self.read(path) or b"").decode("utf-8-sig", "surrogateescape")

    def names(self, folder: str) -> "list[str]":
        """Return the names in a configuration directory."""
        self.rely_on(folder)
        return self.system.listdir(folder)

    def exists(self, path: str) -> bool:
        """Return whether a path exists, without depending on its content."""
        return self.rely_on("?" + path) != ABSENT

    def values(self, key: str) -> "dict[str, str]":
        """Return the values of a registry key."""
        self.rely_on("&" + key)
        return self.system.registry_values(key)

    def keys(self, key: str) -> "list[str]":
        """Return the names of the keys below a registry key."""
        self.rely_on("&" + key)
        return self.system.registry_keys(key)

    def rows(self, path: str, query: str) -> "list[tuple[object, ...]]":
        """Return the rows that a query finds in an SQLite database."""
        self.rely_on(path)
        rows = self.system.query(path, query)
        if rows is None:
            if self.system.exists(path):
                self.complain(path, "cannot be read")
            return []
        return rows

    def expand(self, path: str) -> str:
        """Replace a leading `~` by the home directory."""
        return expand_home(path.strip(), self.system)

    def add(  # noqa: PLR0913 - what a configuration can say of a folder
        self,
        path: object,
        read_from: str,
        *,
        options: "list[str] | None" = None,
        stale: str = "",
        names: "list[str] | None" = None,
        only_known: bool = False,
    ) -> None:
        """Add a folder that the configuration names; ignore anything but an absolute path.

        Args:
            path: the folder.
            read_from: the file or registry key that names it.
            options: what else the configuration says, see `SyncRoot`.
            stale: why the client may not be in use.
            names: Windows' names for the client; the first matching row is its provider.
            only_known: ignore the folder if no row matches.
        """
        system = self.system
        if not isinstance(path, str) or "\0" in path or self.left <= 0:
            return
        path = self.expand(path)
        if system.platform == "win32":
            path = without_prefix(path)
        if not system.path.isabs(path):
            return
        provider, label = self.provider, ""
        if names is not None:
            known = _by_names(names)
            if known is None and only_known:
                return
            provider = known or provider
            label = "" if known else _printable(names)
        root = SyncRoot(
            provider.id,
            system.path.normpath(path),
            f"`{contract_home(read_from, system)}`",
            confidence=self.place.confidence,
            options=options or (),
            stale=stale,
            label=label,
        )
        self.roots.append(root)
        self.left -= 1

    def complain(self, path: str, what: str) -> None:
        """Record a problem of a configuration file."""
        shown = contract_home(path, self.system)
        self._complaints.append((self.provider, f"`{shown}` {what}"))

    def conclude(self) -> None:
        """Word the problems; for a damaged configuration, use the folders it named before.

        Some clients write their configuration in place: a call at that moment finds half a file,
        and must not create an environment in a folder that was synced a second ago.
        """
        if not self._complaints:
            return
        known = {(root.provider, root.path) for root in self.roots}
        damaged = {provider.id for provider, _ in self._complaints}
        kept = set()
        for root in cache.remembered(self.system):
            if root.provider in damaged and (root.provider, root.path) not in known:
                root.read_from = root.read_from.removesuffix(_EARLIER) + _EARLIER
                self.roots.append(root)
                kept.add(root.provider)
        for provider, said in self._complaints:
            folders = f"its {provider.label} folders"
            if provider.id in kept:
                self.problems.append(
                    f"{said}, so uvlocal assumes the {provider.label} folders that it named before"
                )
            else:
                self.problems.append(f"{said}, so {folders} are unknown")


def _by_names(names: "list[str]") -> "Provider | None":
    """Return the provider that Windows' names for a client belong to, or None."""
    for provider in PROVIDERS:
        for pattern in provider.windows_names:
            wanted = pattern.lstrip("*").lower()
            for name in names:
                position = name.lower().find(wanted)
                if position == 0 or (position > 0 and pattern.startswith("*")):
                    return provider
    return None


def _printable(names: "list[str]") -> str:
    """Return the best name for display, or "" if none is printable."""
    fit = [name for name in reversed(names) if name.isprintable() and name[:1].isalnum()]
    return f"{fit[0]} (a Windows sync root)" if fit else ""
