"""The folders that this machine's sync clients are configured with.

The folders in configuration files are cached (`cache`), so that if nothing changed, a call costs a
few `stat` calls and no parser.
"""

from uvlocal.shim.machine.directories import expand
from uvlocal.shim.machine.display import contract_home
from uvlocal.shim.machine.host import System
from uvlocal.shim.machine.paths import comparable
from uvlocal.shim.volume.providers.table import PROVIDERS
from uvlocal.shim.volume.sync_roots import cache
from uvlocal.shim.volume.sync_roots.model import SyncRoot

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uvlocal.shim.volume.providers.schema import Place, Provider


def configured(system: System) -> "tuple[list[SyncRoot], list[str]]":
    """Return the configured folders, and the problems of the configuration as sentences."""
    return system.once("configured roots", lambda: _read_all(system))


def _read_all(system: System) -> "tuple[list[SyncRoot], list[str]]":
    places = _configuration(system)
    expected = [name for _, _, names in places for name in names]
    kept = cache.load(expected, system)
    if kept is None:
        from uvlocal.shim.volume.sync_roots import read  # only if a configuration has changed

        kept = read.read(places, expected, system)
    roots, problems = kept
    return roots + _immediate(system), problems


def _configuration(system: System) -> "list[tuple[Provider, Place, list[str]]]":
    """Return each place that a probe reads, with the inputs that decide whether to read it."""
    found: "list[tuple[Provider, Place, list[str]]]" = []
    seen: "set[tuple[str, str]]" = set()
    for provider in PROVIDERS:
        for place in provider.places:
            if system.platform not in place.platforms:
                continue
            if place.how == "file":
                path = expand(place.where, system)
                needs = expand(place.needs, system) if place.needs else ""
                # Two templates may be the same file: `$CONFIG` is `~/.config` for most users.
                if path and (place.probe, path) not in seen:
                    seen.add((place.probe, path))
                    found.append((provider, place, [path, "?" + needs] if needs else [path]))
            elif place.how == "registry":
                found.append((provider, place, ["&" + place.where]))
    return found


def _immediate(system: System) -> "list[SyncRoot]":
    """Return the folders that need no probe: those in a variable, and fixed ones."""
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
                roots.append(
                    SyncRoot(provider.id, path, read_from, confidence=confidence, stale=stale)
                )
    return roots


def _unlinked(path: str, place: "Place", system: System) -> str:
    """Return why a variable may be stale, or "": it outlives the account that it was set for."""
    accounts = system.registry_keys(place.needs)
    folders = [
        system.registry_values(f"{place.needs}\\{account}").get("UserFolder", "")
        for account in accounts
    ]
    wanted = comparable(path, system)
    if not accounts or any(folder and comparable(folder, system) == wanted for folder in folders):
        return ""
    return f"no account below `{place.needs}` has that folder"
