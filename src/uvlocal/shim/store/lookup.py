"""Look at the store, and find what it holds for a project.

There is one: the store that the user or the administrator named, or else the default. Where it
is not on a local volume, or cannot be written, the decision says so, and no other is tried.
"""

from uvlocal.shim.machine import display
from uvlocal.shim.machine.host import System
from uvlocal.shim.settings.settings import Settings
from uvlocal.shim.store import naming
from uvlocal.shim.volume.locate import Volume, locate

#: How many names are tried for a root whose first names belong to other roots.
_NAMES = 4
#: How often a store may vanish while it is looked at. Each time it had to be made again before.
_LOOKS = 8


class Store:
    """Where environments would go, and what is there for this project.

    `volume` is what the store is on; `writable` says whether environments can be made there, a
    guess until somebody tries (`Call.settle`);
    `environment` is the one for this project and `exists` whether it was made already;
    `changeable` says whether uv can change it, and is asked only for a call that may. `record` is
    what the record at `record_path` says, None where none can be read. The `shown` texts have `~`
    for the home directory.
    """

    __slots__ = (
        "changeable",
        "environment",
        "exists",
        "path",
        "record",
        "record_path",
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
        record_path: str = "",
        record: "bytes | None" = None,
        shown: str = "",
        shown_environment: str = "",
    ) -> None:
        self.path = path
        self.environment = environment
        self.exists = exists
        self.writable = writable
        self.changeable = True
        self.record_path = record_path
        self.record = record
        self.volume = volume
        self.shown = shown or path
        self.shown_environment = shown_environment or environment


def nowhere(path: str) -> Store:
    """Return what stands for the absence of a store: the user has no home."""
    volume = Volume("local", "no home directory")
    return Store(path=path, environment="", exists=False, writable=False, volume=volume)


def look(root: str, system: System, settings: Settings) -> "Store | None":
    """Return the store for the project at `root`; None where the user has no place for one."""
    path = settings.store
    if not path:
        return None
    folder = system.path.join(path, naming.ENVIRONMENTS)
    name, record = find_in(path, root, system)
    there = system.path.join(folder, name)
    return Store(
        path=path,
        environment=there,
        exists=naming.exists(there, system),
        writable=system.once(f"can make {folder}", lambda: _can_make(folder, system)),
        volume=system.once(f"volume of {path}", lambda: _volume_of(path, system, settings)),
        record_path=record_path(path, name, system),
        record=record,
        shown=display.contract_home(path, system),
        shown_environment=display.contract_home(there, system),
    )


def can_change(store: Store, system: System) -> bool:
    """Return whether uv can change the environment that is there."""
    return system.can_change(system.path.join(store.environment, "pyvenv.cfg"))


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
    return locate(whole, path, system, settings, known_local=system.home, binds=False)


def _can_make(folder: str, system: System) -> bool:
    """Return whether a folder is there, or can be made, and can be written.

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


def find_in(store: str, root: str, system: System) -> "tuple[str, bytes | None]":
    """Return the environment's name for `root`, and what its record says, None where there is none.

    The name is one that no record gives to another root.
    """
    for salt in range(_NAMES):
        name = naming.name_of(root, system, salt)
        data = system.read(record_path(store, name, system))
        if data is None or is_record_of(data, naming.key_of(root, system)):
            return name, data
    return naming.name_of(root, system), None


def record_path(store: str, name: str, system: System) -> str:
    """Return where the record of an environment lies: beside it, never inside."""
    return system.path.join(store, naming.RECORDS, name + ".toml")


def recorded_provider(root: str, system: System, settings: Settings) -> str:
    """Return the id of the provider that the record of a project's environment names, "" for none.

    Only as `tomli_w` writes it; whatever else stands there names none.
    """
    if not settings.store:
        return ""
    _, record = find_in(settings.store, root, system)
    for line in (record or b"").split(b"\n"):
        key, _, value = line.partition(b" = ")
        if key == b"provider":
            return value.strip(b'"').decode("ascii", "replace")
    return ""


def is_of_another_folder(store: Store, root: str, system: System) -> bool:
    """Return whether another folder seems to have taken a root's place since its record was made.

    Where the disk has another number it was mounted again, and nothing is known; a disk without
    times of birth, or with another number for a folder at each look, tells nothing either. The
    number of a removed folder may be given to the next one.
    """
    known = {}
    for line in (store.record or b"").split(b"\n"):
        key, _, value = line.partition(b" = ")
        if key in (b"device", b"inode", b"born") and value.isdigit():
            known[key] = int(value)
    status, before = system.stat(root), known.get(b"born", 0)
    if status is None or not before or known.get(b"device") != status.st_dev:
        return False
    if known.get(b"inode") != status.st_ino:
        return system.born(root) not in (0, before)
    # A sync client may set that time back, or on Windows to whatever it was elsewhere. Asking takes
    # long, and in a folder that was made anew there is a file that is newer than the record.
    project = system.path.join(root, "pyproject.toml")
    is_newer = _changed(project, system) >= _changed(store.record_path, system)
    return is_newer and system.platform != "win32" and system.born(root) > before


def _changed(path: str, system: System) -> int:
    status = system.stat(path)
    return status.st_ctime_ns if status is not None else 0


def is_record_of(record: bytes, key: str) -> bool:
    """Return whether a record's content speaks of the root with this key.

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
    return recorded is None or recorded == naming.as_text(key)
