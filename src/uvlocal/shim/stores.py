"""Choose the store, and find what it holds for a project.

The store should lie on a local volume: sending environments from one remote place to another
helps nobody. Where the default one does not (a network home, as on many clusters), other places of
this user are looked at; a store that the user named is never replaced.
"""

from uvlocal.shim import directories, display, environment
from uvlocal.shim.builtin import stat
from uvlocal.shim.settings import Settings
from uvlocal.shim.system import System
from uvlocal.shim.volume import Volume, locate

#: How many names are tried for a root whose first names belong to other roots.
_NAMES = 4
#: How often a store may vanish while it is looked at. Each time it had to be made again before.
_LOOKS = 8


class Store:
    """Where environments would go, and what is there for this project.

    `volume` is what the store lies on; `writable` says whether environments can be made there;
    `environment` is the one for this project and `exists` whether it was made already. The
    `shown` texts have `~` for the home directory.
    """

    __slots__ = (
        "environment",
        "exists",
        "path",
        "shown",
        "shown_environment",
        "volume",
        "writable",
    )

    def __init__(  # noqa: PLR0913 - a record: each argument is a field
        self,
        *,
        path: str,
        environment: str,
        exists: bool,
        writable: bool,
        volume: Volume,
        shown: str = "",
        shown_environment: str = "",
    ) -> None:
        """Hold the facts."""
        self.path = path
        self.environment = environment
        self.exists = exists
        self.writable = writable
        self.volume = volume
        self.shown = shown or path
        self.shown_environment = shown_environment or environment


def nowhere(path: str) -> Store:
    """Return what stands for the absence of a store: the user has no home."""
    volume = Volume("local", "no home directory")
    return Store(path=path, environment="", exists=False, writable=False, volume=volume)


def choose(root: str, system: System, settings: Settings) -> "Store | None":
    """Return the store for the project at `root`; None where the user has no place for one.

    The first candidate on a local volume is taken; where there is none, the first candidate, so
    that the decision can say what is wrong with it.
    """
    chosen: "Store | None" = None
    for path in candidates(system, settings):
        volume = _volume_of(path, system, settings)
        if chosen is None or volume.kind == "local":
            chosen = _look(path, volume, root, system)
        if chosen.volume.kind == "local" and (chosen.writable or chosen.exists):
            return chosen
    return chosen


def candidates(system: System, settings: Settings) -> "list[str]":
    """Return the places for a store, best first."""
    if settings.origins.get("store"):
        return [settings.store]
    places = [settings.store] if settings.store else []
    cache = directories.cache_directory(system)
    if cache:
        places.append(system.path.join(cache, "store"))
    shared = _shared_place(system)
    if shared and _is_ours_alone(shared, system):
        places.append(shared)
    return places


def _shared_place(system: System) -> str:
    """Return this user's folder in the place for large temporary files, which all may write."""
    if system.platform == "win32" or system.uid < 0:
        return ""
    return f"/var/tmp/uvlocal-{system.uid}"  # noqa: S108 - owner and mode are checked


def claim(store: str, system: System) -> None:
    """Make the store in the place for all, for this user alone, before anything is put into it.

    Raises:
        OSError: it cannot be made, or is not this user's alone: somebody was faster.
    """
    if store != _shared_place(system):
        return
    system.make_private_directory(store)
    if system.lstat(store) is None or not _is_ours_alone(store, system):
        msg = f"`{store}` is not this user's alone"
        raise PermissionError(msg)


def _is_ours_alone(path: str, system: System) -> bool:
    """Say whether a folder in a place that all may write is absent, or this user's alone."""
    status = system.lstat(path)
    if status is None:
        return True
    private = not status.st_mode & (stat.S_IRWXG | stat.S_IRWXO)
    return stat.S_ISDIR(status.st_mode) and status.st_uid == system.uid and private


def existing_ancestor(path: str, system: System) -> str:
    """Return the nearest thing at or above `path` that is there, which may be in the way."""
    while system.lstat(path) is None:
        above = system.path.dirname(path)
        if above == path:
            break
        path = above
    return path


def _volume_of(path: str, system: System, settings: Settings) -> Volume:
    there = existing_ancestor(path, system)
    rest = path[len(there) :].lstrip(system.path.sep)
    canonical = system.realpath(there)
    whole = system.path.join(canonical, rest) if rest else canonical
    return locate(whole, path, system, settings, known_local=system.home)


def _look(path: str, volume: Volume, root: str, system: System) -> Store:
    name = name_in(path, root, system)
    folder = system.path.join(path, environment.ENVIRONMENTS)
    there = system.path.join(folder, name)
    return Store(
        path=path,
        environment=there,
        exists=environment.exists(there, system),
        writable=_can_make(folder, system),
        volume=volume,
        shown=display.contract_home(path, system),
        shown_environment=display.contract_home(there, system),
    )


def _can_make(folder: str, system: System) -> bool:
    """Say whether a folder is there, or can be made, and can be written.

    Somebody may be removing the store at this moment. What has gone between two looks says nothing
    against it: the look is begun again, further up.
    """
    for _ in range(_LOOKS):
        there = existing_ancestor(folder, system)
        if system.is_directory(there) and system.can_write(there):
            return True
        if system.exists(there):
            return False
    return False


def name_in(store: str, root: str, system: System) -> str:
    """Return the environment's name for `root`, one that no record gives to another root."""
    for salt in range(_NAMES):
        name = environment.name_of(root, system, salt)
        data = system.read(record_path(store, name, system))
        if data is None or is_record_of(data, environment.key_of(root, system)):
            return name
    return environment.name_of(root, system)


def record_path(store: str, name: str, system: System) -> str:
    """Return where the record of an environment lies: beside it, never inside."""
    return system.path.join(store, environment.RECORDS, name + ".toml")


def is_record_of(record: bytes, key: str) -> bool:
    """Say whether a record's content speaks of the root with this key.

    Most records are told by one line; only an unusual path needs the parser. A record that
    cannot be read is taken for ours, as before it broke.
    """
    plain = '"' not in key and "\\" not in key and key.isprintable()
    if plain and f'\nkey = "{key}"\n'.encode("utf-8", "surrogatepass") in b"\n" + record:
        return True
    import tomllib

    try:
        recorded = tomllib.loads(record.decode()).get("key")
    except (ValueError, RecursionError):
        return True
    return recorded is None or recorded == environment.as_text(key)
