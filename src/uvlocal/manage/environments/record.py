"""The store's records: one TOML file beside each environment, never inside.

A record names its environment and its project, so that listing, pruning and recognising a moved
project need nothing else. It is not inside the environment, because uv deletes everything there
when it recreates one, and rejects a directory with a stray file.
"""

from __future__ import annotations

import contextlib
import os
import re
import stat
import time
from typing import TYPE_CHECKING, NamedTuple

from uvlocal import __version__
from uvlocal.manage.environments import discoverable
from uvlocal.manage.environments.folder_identity import Identity, identity_of
from uvlocal.manage.environments.store_lock import lock, make_private
from uvlocal.manage.files import atomic
from uvlocal.shim.machine import display
from uvlocal.shim.project import pyproject
from uvlocal.shim.store import lookup, naming
from uvlocal.shim.store.naming import RECORDS
from uvlocal.shim.volume import mounts

if TYPE_CHECKING:
    from uvlocal.shim.call import Call
    from uvlocal.shim.decide import Decision
    from uvlocal.shim.machine.host import System

#: The version of the record format.
RECORD_VERSION = 1
#: The size limit of a record, in bytes; a real one has a few hundred.
_LIMIT = 64 * 1024
#: The identity of an unknown directory.
NOWHERE = Identity(0, 0, 0)
#: The suffix of a record's name.
SUFFIX = ".toml"
#: A simple line in a flat TOML file (https://toml.io/en/v1.0.0). Lines with other spaces or control
#: characters are left to the real parser.
_NUMBER = "0|[1-9][0-9]{0,18}"
_LINE = re.compile(
    r"([A-Za-z0-9_-]+) = "
    r'(?:"([^"\\\x00-\x1f\x7f]*)"'
    rf"|({_NUMBER})"
    rf"|\[((?: (?:{_NUMBER}),)+)\])"
)
#: A list of numbers as `tomli_w` writes it, one per line.
_LIST = re.compile(rf"^([^\n\"]+ = )\[\n((?:    (?:{_NUMBER}),\n)+)\]$", re.MULTILINE)


class Record(NamedTuple):
    """A parsed record; its paths are paths of the machine, not the text in the file.

    `identity` is the identity of the project's root, `mount` that of the directory at
    `mount_point`, `system` that of the root directory, which differs in a container or `chroot`
    that shares the store. `replaced` says that another project has replaced this one at its root.
    `former` is the name of the environment that the project had before it was moved here, or "".
    """

    name: str
    root: str
    mount_point: str
    top: str
    file_system: str
    identity: Identity
    provider: str
    strategy: str
    uvlocal: str
    uv: str
    created: str
    mount: Identity = NOWHERE
    system: Identity = NOWHERE
    replaced: bool = False
    former: str = ""


class BrokenRecordError(Exception):
    """A record is unusable; the message says why."""


# -- writing ----------------------------------------------------------------------


def write_first(call: Call, decision: Decision) -> str | None:
    """Write the record of a project's first redirected call.

    Returns:
        None if another call wrote it: of several concurrent first calls, one does. Otherwise what
        to add to the notice, which may be "": that the project was moved; and in a second line how
        editors find the environment.

    Raises:
        OSError: the store cannot be written.
        BusyError: another process holds the store's lock for too long.
    """
    store, project, volume = call.facts.store, call.facts.project, call.facts.volume
    if store is None or project is None or volume is None:
        return None
    system = call.system
    if is_refused(project.root, system):
        return None
    make_private(store)
    table = content(call, decision)
    path = lookup.record_path(store.path, str(table["name"]), system)
    with lock(store.path):
        if os.path.lexists(path):
            return None
        write(path, table)
    hint = ""
    if call.settings.discoverable:
        why = discoverable.make(decision.environment, system)
        if not why:
            where = display.contract_home(discoverable.folder(system), system)
            hint = f"\nhint: editors that search `{where}` find the environment there"
    return _offer(store.path, str(table["former"]), project.root, system) + hint


def claim(call: Call, decision: Decision) -> str | None:
    """Create the record and an empty directory for an environment that uv is about to create.

    uv accepts an empty directory for its environment (0.5.9 to 0.13.9), also behind a pointer in
    the project, while a dangling pointer would make it fail.

    Returns:
        the same as `write_first`.

    Raises:
        OSError: the store cannot be written.
        BusyError: another process holds the store's lock for too long.
    """
    store, project = call.facts.store, call.facts.project
    if store is None or project is None or is_refused(project.root, call.system):
        return None
    make_private(store)
    folder = decision.environment
    is_new = True
    try:
        os.mkdir(folder, 0o700)
    except FileExistsError:  # perhaps created by a concurrent first call
        is_new = False
    try:
        added = write_first(call, decision)
        if added is None:  # there is a record: still check that the store is writable
            path = lookup.record_path(store.path, os.path.basename(folder), call.system)
            with atomic.made(path, b"\n"):
                pass
    except OSError:
        if is_new:
            with contextlib.suppress(OSError):
                os.rmdir(folder)
        raise
    return added


def content(call: Call, decision: Decision) -> dict[str, object]:
    """Return the current content of a redirected project's record."""
    store, project, volume = call.facts.store, call.facts.project, call.facts.volume
    system = call.system
    if store is None or project is None or volume is None:
        msg = "a redirected project has a store, a root and a volume"
        raise ValueError(msg)
    former = moved_from(store.path, project.root, system)
    which = identity_of(project.root)
    version = call.uv_version()
    # The decision may not have needed the mount.
    mount = mounts.find(project.root, which.device if which else None, system)
    mount_point = mount.point if mount else volume.mount_point
    return {
        "version": RECORD_VERSION,
        "name": system.path.basename(decision.environment),
        "root": naming.as_text(project.root),
        "key": naming.as_text(naming.key_of(project.root, system)),
        "mount-point": naming.as_text(mount_point),
        "file-system": mount.type if mount else volume.file_system,
        "top": naming.as_text(volume.top),
        "device": which.device if which else 0,
        "inode": which.inode if which else 0,
        "born": which.born if which else 0,
        **surroundings(mount_point, system),
        "provider": volume.provider or "",
        "strategy": decision.strategy or "",
        "uvlocal": __version__,
        "uv": ".".join(map(str, version)) if version else "",
        "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "former": former.name if former else "",
    }


def surroundings(mount_point: str, system: System) -> dict[str, object]:
    """Return a record's fields about a project's mount and root directory."""
    return {"mount": _numbers(mount_point), "system": _numbers(system.path.sep)}


def _numbers(folder: str) -> list[int]:
    """Return the identity of a directory as a record contains it."""
    found = (identity_of(folder) if folder else None) or NOWHERE
    return [found.device, found.inode, found.born]


def write(path: str, table: dict[str, object]) -> None:
    """Write a record; the caller holds the store's lock.

    Raises:
        OSError: it cannot be written.
    """
    import tomli_w

    atomic.replace(path, tomli_w.dumps(table).encode())


def _offer(store: str, name: str, root: str, system: System) -> str:
    """Return the notice that the project had the environment `name` at another path, or ""."""
    former = moved_from(store, root, system, name) if name else None
    if former is None:
        return ""
    was = display.contract_home(former.root, system)
    return f"; the project was at `{was}` before, run `uvlocal adopt` to reuse that environment"


def is_refused(root: str, system: System) -> bool:
    """Return whether uv will reject the project, so that it creates no environment.

    Then we write no record and no notice, and leave the message to uv. Only obvious cases are
    detected.
    """
    data = system.read(os.path.join(root, "pyproject.toml"))
    if data is None:
        return True
    try:
        project = pyproject.parse(data.decode("utf-8-sig")).get("project")
    except (ValueError, RecursionError):
        return True
    if not isinstance(project, dict):
        return project is not None
    dynamic = project.get("dynamic", [])
    has_version = "version" in project or (isinstance(dynamic, list) and "version" in dynamic)
    return "name" not in project or not has_version


# -- reading ----------------------------------------------------------------------


def read_record(path: str, system: System) -> Record:
    """Read a record.

    Raises:
        BrokenRecordError: it cannot be read, or is unusable.
    """
    status = system.lstat(path)
    data = system.read(path, _LIMIT) if status and stat.S_ISREG(status.st_mode) else None
    if data is None:
        raise BrokenRecordError("its record cannot be read")
    try:
        table = _parsed(data.decode())
    except (ValueError, RecursionError):
        raise BrokenRecordError("its record is not valid TOML") from None
    version = table.get("version")
    if isinstance(version, int) and version > RECORD_VERSION:
        raise BrokenRecordError("its record was written by a newer uvlocal")
    record = _record_of(table, system)
    name = os.path.basename(path).removesuffix(SUFFIX)
    if version != RECORD_VERSION or record.name != name or not naming.is_our_name(name):
        raise BrokenRecordError("its record is for another environment")
    if not system.path.isabs(record.root):
        raise BrokenRecordError("its record does not name a project")
    return record


def _parsed(text: str) -> dict[str, object]:
    """Parse a record's text.

    Raises:
        ValueError: it is not valid TOML.
        RecursionError: it is nested too deeply.
    """
    table = plain_table(text)
    if table is not None:
        return table
    import tomllib

    return tomllib.loads(text)


def plain_table(text: str) -> dict[str, object] | None:
    """Parse a flat TOML file; return None if it contains more than simple lines.

    Almost every record is such a file, and the import of the real parser takes longer than the rest
    of `uvlocal status`. Anything in doubt is left to that parser.
    """
    table: dict[str, object] = {}
    text = _LIST.sub(_on_one_line, text)
    for line in text.removesuffix("\n").split("\n"):
        found = _LINE.fullmatch(line)
        if found is None or found[1] in table:
            return None
        key, string, number, numbers = found.groups()
        if string is not None:
            table[key] = string
        elif number is not None:
            table[key] = int(number)
        else:
            table[key] = [int(one) for one in numbers[:-1].split(",")]
    return table


def _on_one_line(found: re.Match[str]) -> str:
    return f"{found[1]}[{found[2].replace('    ', ' ').replace(chr(10), '')}]"


def _record_of(table: dict[str, object], system: System) -> Record:
    def text(key: str) -> str:
        value = table.get(key, "")
        return value if isinstance(value, str) and "\0" not in value else ""

    def number(key: str) -> int:
        value = table.get(key, 0)
        return value if isinstance(value, int) else 0

    def identity(key: str) -> Identity:
        value = table.get(key)
        known = isinstance(value, list) and [type(one) for one in value] == [int, int, int]
        return Identity(*value) if isinstance(value, list) and known else NOWHERE

    return Record(
        name=text("name"),
        root=_root(from_text(text("root"), system), from_text(text("key"), system), system),
        mount_point=from_text(text("mount-point"), system),
        top=from_text(text("top"), system),
        file_system=text("file-system"),
        identity=Identity(number("device"), number("inode"), number("born")),
        provider=text("provider"),
        strategy=text("strategy"),
        uvlocal=text("uvlocal"),
        uv=text("uv"),
        created=text("created"),
        mount=identity("mount"),
        system=identity("system"),
        replaced=table.get("replaced") is True,
        former=text("former"),
    )


def _root(root: str, key: str, system: System) -> str:
    """Return a project's root, below the current home directory if that was renamed."""
    moved = key.startswith("~/") and system.path.isabs(root) and system.lstat(root) is None
    if not moved or not system.home:
        return root
    below = os.path.join(system.realpath(system.home), *key.split("/")[1:])
    return root if system.lstat(below) is None else below


def from_text(text: str, system: System) -> str:
    r"""Return the path that `naming.as_text` encoded.

    `\xff` is a byte that is not UTF-8, or these four characters in a name: whichever exists.
    """
    if "\\x" not in text or system.platform == "win32":
        return text
    data = re.sub(
        rb"\\x([0-9a-f]{2})", lambda found: bytes.fromhex(found[1].decode()), text.encode()
    )
    try:
        path = data.decode("utf-8", "surrogatepass")
    except ValueError:
        return text
    return path if "\0" not in path and system.lstat(text) is None else text


def moved_from(store: str, root: str, system: System, name: str = "") -> Record | None:
    """Return the record of the project that is now at `root`, if it was moved there, or None.

    Cheap enough for a project's first call: a record is parsed only if it contains the inode.
    Later calls pass `name`, which the project's own record contains: then only that record is read.
    """
    status = system.stat(root)
    if status is None:
        return None
    folder = os.path.join(store, RECORDS)
    wanted = f"\ninode = {status.st_ino}\n".encode()
    for file in [name + SUFFIX] if name else system.listdir(folder):
        path = os.path.join(folder, file)
        if wanted not in (system.read(path, _LIMIT) or b""):
            continue
        try:
            record = read_record(path, system)
        except BrokenRecordError:
            continue
        if record.root == root:
            continue
        identity, there = identity_of(root), identity_of(record.root)
        if identity is None or (there and there.is_same(identity)):
            continue
        if record.identity.is_same(identity):
            return record
    return None
