"""The folders that sync clients of this machine are set up with, as their configuration says.

What is read from configuration files is kept in a small cache (`roots_cache`), so that a machine
whose clients did not change costs a few `stat` calls and no parser.
"""

from uvlocal.shim import roots_cache
from uvlocal.shim.environment import contract_home, expand_home
from uvlocal.shim.paths import comparable, without_prefix
from uvlocal.shim.places import Place, Provider
from uvlocal.shim.providers import BY_ID, PROVIDERS
from uvlocal.shim.system import System

#: The most folders that are taken from one place of the table; nobody syncs more.
_MOST_ROOTS = 200
#: The folders that `expand` knows: variable, and what stands for it below home where it is unset.
_FOLDERS = {
    "$CONFIG": ("XDG_CONFIG_HOME", ".config"),
    "$DATA": ("XDG_DATA_HOME", ".local/share"),
    "$STATE": ("XDG_STATE_HOME", ".local/state"),
    "$CACHE": ("XDG_CACHE_HOME", ".cache"),
    "%APPDATA%": ("APPDATA", "AppData/Roaming"),
    "%LOCALAPPDATA%": ("LOCALAPPDATA", "AppData/Local"),
    # Places that clients can be told to use instead of their own; nothing stands for these.
    "$CCNET_CONF_DIR": ("CCNET_CONF_DIR", ""),
    "$MUTAGEN_DATA_DIRECTORY": ("MUTAGEN_DATA_DIRECTORY", ""),
    "$STCONFDIR": ("STCONFDIR", ""),
    "$STHOMEDIR": ("STHOMEDIR", ""),
}


class Root:
    """A folder that a client is set up with: whose, where that was read, what else it says.

    `options` are lines of the configuration that matter for exclusions; `stale` is what speaks
    against the client being in use, "" for nothing; `label` is what people call it where the row of
    the provider does not say it.
    """

    __slots__ = ("confidence", "label", "options", "path", "provider", "read_from", "stale")

    def __init__(  # noqa: PLR0913 - the fields of a row
        self,
        provider: str,
        path: str,
        read_from: str,
        *,
        confidence: str = "high",
        options: "tuple[str, ...] | list[str]" = (),
        stale: str = "",
        label: str = "",
    ) -> None:
        """Take the facts as text."""
        self.provider = provider
        self.path = path
        self.read_from = read_from
        self.confidence = confidence
        self.options = tuple(options)
        self.stale = stale
        self.label = label


class Reader:
    """What a probe reads through: remembers every input, and collects the folders found."""

    __slots__ = ("inputs", "left", "place", "problems", "provider", "roots", "system")

    def __init__(self, system: System) -> None:
        """Begin with nothing."""
        self.system = system
        self.inputs: "dict[str, str]" = {}
        self.roots: "list[Root]" = []
        self.problems: "list[str]" = []
        self.begin(BY_ID["icloud"], BY_ID["icloud"].places[0])

    def begin(self, provider: Provider, place: Place) -> None:
        """Go on with another place of the table."""
        self.provider = provider
        self.place = place
        self.left = _MOST_ROOTS

    def rely_on(self, name: str) -> str:
        """Remember the state of an input, as it is before it is read, and return it."""
        if name not in self.inputs:
            self.inputs[name] = roots_cache.stamp(name, self.system)
        return self.inputs[name]

    def read(self, path: str) -> "bytes | None":
        """Return the content of a configuration file; note it where it is there but unreadable."""
        self.rely_on(path)
        data = self.system.read(path)
        if data is None and self.system.lstat(path) is not None:
            self.complain(path, "cannot be read")
        return data

    def text(self, path: str) -> str:
        """Return the content of a configuration file as text, "" where there is none."""
        return (self.read(path) or b"").decode("utf-8-sig", "surrogateescape")

    def names(self, folder: str) -> "list[str]":
        """Return the names in a configuration folder."""
        self.rely_on(folder)
        return self.system.listdir(folder)

    def exists(self, path: str) -> bool:
        """Say whether something is there; its content does not matter."""
        return self.rely_on("?" + path) != roots_cache.ABSENT

    def values(self, key: str) -> "dict[str, str]":
        """Return the values of a registry key."""
        self.rely_on("&" + key)
        return self.system.registry_values(key)

    def keys(self, key: str) -> "list[str]":
        """Return the names of the keys below a registry key."""
        self.rely_on("&" + key)
        return self.system.registry_keys(key)

    def rows(self, path: str, query: str) -> "list[tuple[object, ...]]":
        """Return what a query finds in an SQLite database."""
        self.rely_on(path)
        rows = self.system.query(path, query)
        if rows is None:
            if self.system.exists(path):
                self.complain(path, "cannot be read")
            return []
        return rows

    def expand(self, path: str) -> str:
        """Return a path as it was meant, with `~` for the home directory."""
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
        """Add a folder that the configuration names; what is no absolute path is left out.

        Args:
            path: the folder.
            read_from: the file or registry key that names it.
            options: what else the configuration says, see `Root`.
            stale: what speaks against the client being in use.
            names: what Windows calls the client; the first row that fits them is taken.
            only_known: leave the folder out where no row fits.
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
        root = Root(
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
        """Note that a configuration does not say what it should."""
        shown = contract_home(path, self.system)
        self.problems.append(
            f"`{shown}` {what}, so its {self.provider.label} folders are not known"
        )


def _by_names(names: "list[str]") -> "Provider | None":
    """Return the row that Windows' names for a client belong to."""
    for provider in PROVIDERS:
        for pattern in provider.windows_names:
            wanted = pattern.lstrip("*").lower()
            for name in names:
                position = name.lower().find(wanted)
                if position == 0 or (position > 0 and pattern.startswith("*")):
                    return provider
    return None


def _printable(names: "list[str]") -> str:
    """Return the best of some names for people, "" where none is fit to be shown."""
    fit = [name for name in reversed(names) if name.isprintable() and name[:1].isalnum()]
    return f"{fit[0]} (a Windows sync root)" if fit else ""


def expand(template: str, system: System) -> str:
    """Return the path that a template of the table stands for, "" where there is no home."""
    first, _, rest = template.partition("/")
    base = system.home
    if first in _FOLDERS:
        variable, below = _FOLDERS[first]
        base = system.environ.get(variable, "")
        if not system.path.isabs(base):
            if not below or not system.path.isabs(system.home):
                return ""
            base = system.path.join(system.home, *below.split("/"))
    if not system.path.isabs(base):
        return ""
    return system.path.join(base, *rest.split("/")) if rest else base


def configured(system: System) -> "tuple[list[Root], list[str]]":
    """Return the folders named by configuration, and what is wrong with it, as sentences."""
    return system.once("configured roots", lambda: _read_all(system))


def _read_all(system: System) -> "tuple[list[Root], list[str]]":
    places = _configuration(system)
    expected = [name for _, _, names in places for name in names]
    kept = roots_cache.load(expected, system)
    if kept is None:
        reader = Reader(system)
        for provider, place, names in places:
            if any([reader.rely_on(name) != roots_cache.ABSENT for name in names]):  # noqa: C419 - all
                _probe(reader, provider, place, names[0].removeprefix("&"))
        roots_cache.save(expected, reader, system)
        kept = reader.roots, reader.problems
    roots, problems = kept
    return roots + _immediate(system), problems


def _configuration(system: System) -> "list[tuple[Provider, Place, list[str]]]":
    """Return each place that is read by a probe, with the inputs that call for reading it."""
    found: "list[tuple[Provider, Place, list[str]]]" = []
    seen: "set[tuple[str, str]]" = set()
    for provider in PROVIDERS:
        for place in provider.places:
            if system.platform not in place.platforms:
                continue
            if place.how == "file":
                path = expand(place.where, system)
                needs = expand(place.needs, system) if place.needs else ""
                # Two templates may stand for one file: `$CONFIG` is `~/.config` for most.
                if path and (place.probe, path) not in seen:
                    seen.add((place.probe, path))
                    found.append((provider, place, [path, "?" + needs] if needs else [path]))
            elif place.how == "registry":
                found.append((provider, place, ["&" + place.where]))
    return found


def _probe(reader: Reader, provider: Provider, place: Place, where: str) -> None:
    """Let the probe of one place read it; a damaged file costs its own folders only."""
    from uvlocal.shim import probes

    reader.begin(provider, place)
    try:
        probes.PROBES[place.probe](reader, where)
    except Exception:  # noqa: BLE001 - a parser may raise anything on a damaged file
        reader.complain(where, "is damaged")


def _immediate(system: System) -> "list[Root]":
    """Return the folders that need no probe: named by a variable, or by being there."""
    roots = []
    for provider in PROVIDERS:
        for place in provider.places:
            if system.platform not in place.platforms:
                continue
            stale = ""
            if place.how == "variable":
                name = place.where.upper() if system.platform == "win32" else place.where
                path = system.environ.get(name, "")
                read_from = f"the variable `{place.where}`"
                if path and place.needs:
                    stale = _unlinked(path, place, system)
            elif place.how == "fixed" and system.exists(expand(place.needs, system)):
                path = expand(place.where, system)
                read_from = f"`{contract_home(expand(place.needs, system), system)}`"
            else:
                continue
            if system.path.isabs(path):
                path = system.path.normpath(path)
                confidence = place.confidence
                roots.append(Root(provider.id, path, read_from, confidence=confidence, stale=stale))
    return roots


def _unlinked(path: str, place: Place, system: System) -> str:
    """Return what speaks against a variable: it survives the account that it was set for."""
    accounts = system.registry_keys(place.needs)
    folders = [
        system.registry_values(f"{place.needs}\\{account}").get("UserFolder", "")
        for account in accounts
    ]
    wanted = comparable(path, system)
    if not accounts or any(folder and comparable(folder, system) == wanted for folder in folders):
        return ""
    return f"no account below `{place.needs}` has that folder"
