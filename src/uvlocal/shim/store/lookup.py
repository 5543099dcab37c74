"""Look at the store, and find a project's environment in it.

There is one store: the one that the user or the administrator set, or else the default. If it is
not on a local volume, or not writable, the decision says so, and no other place is tried.
"""

from uvlocal.shim.machine import display
from uvlocal.shim.machine.host import System
from uvlocal.shim.settings.settings import Settings
from uvlocal.shim.store import naming
from uvlocal.shim.volume.locate import Volume, locate

#: How many names are tried for a root whose first names are taken by other roots.
_NAMES = 4
#: How often the store may disappear and reappear while we look at it.
_LOOKS = 8


class Store:
    """The store, and this project's environment in it.

    `volume` is the store's volume. `writable` says whether environments can be created there, which
    is a guess until `Call.settle` tries. `environment` is the path of this project's environment,
    and `exists` whether uv has created it. `changeable` says whether uv can change it; it is
    checked only for a call that may. `record` is the content of the record at `record_path`, or
    None if it cannot be read. The `shown` texts have `~` for the home directory.
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
    """Return the `Store` that means there is none, as the user has no home directory."""
    volume = Volume("local", "no home directory")
    return Store(path=path, environment="", exists=False, writable=False, volume=volume)


def look(root: str, system: System, settings: Settings) -> "Store | None":
    """Return the store for the project at `root`, or None if the user has no home directory."""
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
    """Return whether uv can change the existing environment."""
    return system.can_change(system.path.join(store.environment, "pyvenv.cfg"))


def existing_ancestor(path: str, system: System) -> str:
    """Return the nearest existing path at or above `path`, which may not be a directory."""
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
    """Return whether a directory exists, or can be created, and is writable.

    Someone may be removing the store right now. If a directory disappears between two checks, start
    again, further up.
    """
    for _ in range(_LOOKS):
        there = existing_ancestor(folder, system)
        if system.is_directory(there) and system.can_write(there):
            return True
        if system.exists(there):
            return False
    return False


def find_in(store: str, root: str, system: System) -> "tuple[str, bytes | None]":
    """Return the environment's name for `root` and its record, or None if there is none.

    No record uses that name for another root.
    """
    for salt in range(_NAMES):
        name = naming.name_of(root, system, salt)
        data = system.read(record_path(store, name, system))
        if data is None or is_record_of(data, naming.key_of(root, system)):
            return name, data
    return naming.name_of(root, system), None


def record_path(store: str, name: str, system: System) -> str:
    """Return the path of an environment's record, which is beside it, never inside."""
    return system.path.join(store, naming.RECORDS, name + ".toml")


def recorded_provider(root: str, system: System, settings: Settings) -> str:
    """Return the id of the provider in the record of a project's environment, or "".

    Only the format that `tomli_w` writes is read.
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
    """Return whether another directory seems to have replaced a root since its record was written.

    If the device number differs, the disk was mounted again, and nothing is known. Nothing is known
    either on a disk without birth times or with unstable inode numbers. A new directory may get the
    inode number of a removed one.
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
    # A sync client may reset the birth time, or on Windows copy it from elsewhere. Reading it is
    # slow, and a directory that was created again has a file that is newer than the record.
    project = system.path.join(root, "pyproject.toml")
    is_newer = _changed(project, system) >= _changed(store.record_path, system)
    return is_newer and system.platform != "win32" and system.born(root) > before


def _changed(path: str, system: System) -> int:
    status = system.stat(path)
    return status.st_ctime_ns if status is not None else 0


def is_record_of(record: bytes, key: str) -> bool:
    """Return whether a record is for the root with this key.

    One line is usually enough to tell; only an unusual path needs the parser. A broken record
    counts as this root's, as it did before it broke.
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
