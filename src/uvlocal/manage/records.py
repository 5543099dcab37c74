"""Read the store: each environment with its record, and what became of its project.

Nothing is changed here, and nothing in a store is believed: a record that cannot be read, a folder
that no record names, a link are shown as `broken`, and never pruned.
"""

from __future__ import annotations

import os
import re
import stat
import tomllib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from uvlocal.manage import drafts
from uvlocal.manage.identity import Disk, Identity
from uvlocal.manage.states import Judge
from uvlocal.manage.store import RECORD_VERSION
from uvlocal.shim import environment
from uvlocal.shim.environment import ENVIRONMENTS, RECORDS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from uvlocal.shim.settings import Settings
    from uvlocal.shim.system import System

#: The largest record that is read, in bytes; a real one has a few hundred.
_LIMIT = 64 * 1024
_SUFFIX = ".toml"


@dataclass(frozen=True, slots=True)
class Record:
    """One record as it was written; paths are those of the machine, not the text of the file."""

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


@dataclass(frozen=True, slots=True)
class Entry:
    """One environment of a store, or what stands where one should.

    `state` is one of `states.STATES`, `why` the sentence for it. `environment` is the path where
    the environment is or would be, `made` says whether something is there. `record` is None where
    there is none that can be read, `record_path` is "" where there is no file. `moved_to` is where
    the project is now, where that is known.
    """

    store: str
    name: str
    state: str
    why: str
    environment: str
    made: bool
    record_path: str
    record: Record | None
    moved_to: str = ""

    @property
    def root(self) -> str:
        """The project's root, "" where no record names one."""
        return self.record.root if self.record else ""


class BrokenRecordError(Exception):
    """A record that says nothing usable; the message says why."""


def places(system: System, settings: Settings) -> list[str]:
    """Return the stores of this user that are there: the one in use, and the default one."""
    found = []
    for store in dict.fromkeys((settings.store, environment.data_directory(system))):
        if not store:
            continue
        folders = (os.path.join(store, name) for name in (ENVIRONMENTS, RECORDS))
        if any(system.is_directory(folder) for folder in folders):
            found.append(store)
    return found


def read(
    where: Iterable[str], system: System, disk: Disk | None = None, current: str = ""
) -> list[Entry]:
    """Return every environment of the stores, sorted by project and name.

    Args:
        where: the stores.
        system: the machine.
        disk: is asked what became of the projects; a fresh one by default.
        current: the root of the project that the user is in, "" for none: a folder whose project
            moved there is recognised although no record says so yet.
    """
    disk = disk or Disk()
    found = [entry for store in where for entry in _in_store(store, system)]
    roots = [(entry.record.root, entry.record.mount_point) for entry in found if entry.record]
    judge = Judge([*roots, *([(current, "")] if current else [])], disk, system)
    judged = [_judged(entry, judge) for entry in found]
    return sorted(judged, key=lambda entry: (not entry.root, entry.root, entry.name))


def _judged(entry: Entry, judge: Judge) -> Entry:
    """Return the entry with the state of its project."""
    if entry.record is None or entry.state == "broken":
        return entry
    verdict = judge.verdict(entry.record)
    why = verdict.why
    if verdict.state == "ok" and not entry.made:
        why = "its environment is not made yet, or was removed"
    return replace(entry, state=verdict.state, why=why, moved_to=verdict.moved_to)


# -- what is in a store ------------------------------------------------------------------------


def _in_store(store: str, system: System) -> list[Entry]:
    environments = set(system.listdir(os.path.join(store, ENVIRONMENTS)))
    files = system.listdir(os.path.join(store, RECORDS))
    names = {
        name.removesuffix(_SUFFIX): name for name in files if not name.startswith(drafts.PREFIX)
    }
    return [
        _entry(store, name, names.get(name), system) for name in sorted(environments | {*names})
    ]


def _entry(store: str, name: str, file: str | None, system: System) -> Entry:
    """Return one entry, before anything is known of its project."""
    path = os.path.join(store, ENVIRONMENTS, name)
    record_path = os.path.join(store, RECORDS, file) if file else ""
    record, why = None, "no record says which project it belongs to"
    if file:
        try:
            record, why = read_record(record_path, system), ""
        except BrokenRecordError as error:
            why = str(error)
    status = system.lstat(path)
    why = _strange(path, status, system) or why
    state = "broken" if why else "ok"
    return Entry(store, name, state, why, path, status is not None, record_path, record)


def _strange(path: str, status: os.stat_result | None, system: System) -> str:
    """Say what is wrong with what stands at the place of an environment, "" for nothing."""
    if status is None:
        return ""
    if not environment.is_our_name(os.path.basename(path)):
        return "its name is none that uvlocal gives"
    if stat.S_ISLNK(status.st_mode):
        return "it is a link, which is never followed"
    if not stat.S_ISDIR(status.st_mode):
        return "it is no folder"
    if not environment.exists(path, system) and system.listdir(path):
        return "it is no virtual environment, as it has no `pyvenv.cfg`"
    return ""


def read_record(path: str, system: System) -> Record:
    """Return what a record says.

    Raises:
        BrokenRecordError: it cannot be read, or says nothing usable.
    """
    status = system.lstat(path)
    data = system.read(path, _LIMIT) if status and stat.S_ISREG(status.st_mode) else None
    if data is None:
        raise BrokenRecordError("its record cannot be read")
    try:
        table = tomllib.loads(data.decode())
    except (ValueError, RecursionError):
        raise BrokenRecordError("its record is not valid TOML") from None
    version = table.get("version")
    if isinstance(version, int) and version > RECORD_VERSION:
        raise BrokenRecordError("its record is of a newer uvlocal")
    record = _record_of(table, system)
    name = os.path.basename(path).removesuffix(_SUFFIX)
    if version != RECORD_VERSION or record.name != name or not environment.is_our_name(name):
        raise BrokenRecordError("its record speaks of another environment")
    if not system.path.isabs(record.root):
        raise BrokenRecordError("its record names no project")
    return record


def _record_of(table: dict[str, object], system: System) -> Record:
    def text(key: str) -> str:
        value = table.get(key, "")
        return value if isinstance(value, str) and "\0" not in value else ""

    def number(key: str) -> int:
        value = table.get(key, 0)
        return value if isinstance(value, int) else 0

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
    )


def _root(root: str, key: str, system: System) -> str:
    """Return a project's root, under the home of today where the home has another name now."""
    moved = key.startswith("~/") and system.path.isabs(root) and system.lstat(root) is None
    if not moved or not system.home:
        return root
    below = os.path.join(system.realpath(system.home), *key.split("/")[1:])
    return root if system.lstat(below) is None else below


def from_text(text: str, system: System) -> str:
    r"""Return the path that `environment.as_text` wrote down.

    `\xff` stands for a byte that is no UTF-8, or for these four characters in a name: what is
    there decides.
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


# -- a moved project ----------------------------------------------------------------------------


def moved_from(store: str, identity: Identity | None, system: System) -> Record | None:
    """Return the record of the project that had this folder under a name that is gone.

    Cheap enough for a project's first call: a record is parsed only if it names the inode.
    """
    if identity is None or not identity.born:
        return None
    folder = os.path.join(store, RECORDS)
    wanted = f"\ninode = {identity.inode}\n".encode()
    for name in system.listdir(folder):
        path = os.path.join(folder, name)
        if wanted not in (system.read(path, _LIMIT) or b""):
            continue
        try:
            record = read_record(path, system)
        except BrokenRecordError:
            continue
        if record.identity.is_same(identity) and system.lstat(record.root) is None:
            return record
    return None
