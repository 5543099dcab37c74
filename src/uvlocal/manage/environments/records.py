"""Read the store: each environment with its record, and what happened to its project.

This changes nothing, and trusts nothing in a store: an unreadable record, a directory without a
record, or a symlink is shown as `broken`, and never pruned.
"""

from __future__ import annotations

import itertools
import os
import stat
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from uvlocal.manage import parallel
from uvlocal.manage.environments.folder_identity import Disk
from uvlocal.manage.environments.project_state import Judge
from uvlocal.manage.environments.record import SUFFIX, BrokenRecordError, Record, read_record
from uvlocal.manage.files import atomic
from uvlocal.manage.files.reader import Reader
from uvlocal.manage.telling import nobody
from uvlocal.shim.call import Call
from uvlocal.shim.machine import directories
from uvlocal.shim.machine.display import contract_home
from uvlocal.shim.store import naming
from uvlocal.shim.store.naming import ENVIRONMENTS, RECORDS
from uvlocal.shim.volume.sync_roots import discovery

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from uvlocal.manage.telling import Tell
    from uvlocal.shim.machine.host import System
    from uvlocal.shim.settings.settings import Settings

#: How long uv may take to create an environment, in seconds; until then its record is in use.
_MAKING = 3600.0
#: The number of projects that a process can check in the time that it takes to start one.
_FEWEST = 100


@dataclass(frozen=True, slots=True)
class Entry:
    """One environment of a store, or something else in its place.

    `state` is one of `project_state.STATES`, `why` a sentence about it. `environment` is the
    environment's path, and `made` says whether something is there. `record` is None if it cannot be
    read, `record_path` is "" if there is no file. `moved_to` is the project's new path, if known.
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
        """The project's root, or "" if no record names one."""
        return self.record.root if self.record else ""


def places(system: System, settings: Settings) -> list[str]:
    """Return this user's existing stores: the one in use, and the default one."""
    found = []
    for store in dict.fromkeys((settings.store, directories.data_directory(system))):
        if not store:
            continue
        folders = (os.path.join(store, name) for name in (ENVIRONMENTS, RECORDS))
        if any(system.is_directory(folder) for folder in folders):
            found.append(store)
    return found


def unread(where: Iterable[str], entries: Iterable[Entry]) -> list[str]:
    """Return the unreadable directories among the projects and in the stores.

    Args:
        where: the stores.
        entries: what `read` returned for them.
    """
    found = [entry.root for entry in entries if entry.state == "unreadable"]
    for path in (os.path.join(store, name) for store in where for name in (ENVIRONMENTS, RECORDS)):
        try:
            os.scandir(path).close()
        except PermissionError:
            found.append(path)
        except OSError:
            pass  # the store is new
    return found


def read(
    where: Iterable[str],
    system: System,
    disk: Disk | None = None,
    current: str = "",
    tell: Tell = nobody,
) -> list[Entry]:
    """Return every environment of the stores, sorted by project and name.

    Args:
        where: the stores.
        system: the machine.
        disk: the disks of the projects; a new one by default.
        current: the root of the project in the current directory, or "". It is recognised as a
            moved project even before a record says so.
        tell: called with how many projects were checked.
    """
    found = [entry for store in where for entry in in_store(store, system)]
    places = roots(found, current)
    parts = parallel.in_parts(
        lambda part, tell: judge(part, places, system, disk, tell),
        found,
        "environment",
        tell,
        fewest=_FEWEST,
    )
    return by_project(itertools.chain.from_iterable(parts))


def by_project(entries: Iterable[Entry]) -> list[Entry]:
    """Return entries in the order in which they are shown."""
    return sorted(entries, key=lambda entry: (not entry.root, entry.root, entry.name))


def roots(entries: Iterable[Entry], current: str = "") -> list[tuple[str, str]]:
    """Return the places where moved projects may be: the root of each, with its mount point."""
    known = [(entry.record.root, entry.record.mount_point) for entry in entries if entry.record]
    return [*known, *([(current, "")] if current else [])]


def judge(
    entries: list[Entry],
    places: list[tuple[str, str]],
    system: System,
    disk: Disk | None = None,
    tell: Tell = nobody,
) -> list[Entry]:
    """Return the entries from `in_store` with the states of their projects.

    Args:
        entries: the entries.
        places: where moved projects may be, from `roots`.
        system: the machine.
        disk: as in `read`.
        tell: as in `read`.
    """
    disk = disk or Disk()
    disk.look_ahead([(system.path.sep, ""), *roots(entries)])
    teller = Judge(places, disk, system)
    shared: dict[str, object] = {}
    judged: list[Entry] = []
    for entry in entries:
        tell("environment", len(judged), len(entries))
        judged.append(_judged(entry, teller, system, shared))
    return judged


def _judged(entry: Entry, judge: Judge, system: System, shared: dict[str, object]) -> Entry:
    """Return the entry with the state of its project; `shared` is a cache for all entries.

    A record is written before uv starts, so uv may have rejected the command line, or failed: then
    there is a record and an empty directory, but uv never created the environment.
    """
    if entry.record is None or entry.state == "broken":
        return entry
    verdict = judge.verdict(entry.record)
    state, why = verdict.state, verdict.why
    # Another system that shares the store, such as a container, may see the project differently.
    if state in ("ok", "moved") and judge.is_system(entry.record):
        unused = _unused(entry, verdict.moved_to or entry.root, system, shared)
        if unused:
            return replace(entry, state="unused", why=unused)
    if state == "ok" and not naming.exists(entry.environment, system):
        why = "the environment does not exist yet, or was removed"
        if not _is_fresh(entry.record_path):
            state, why = "unused", f"{why}; `uvlocal prune` removes its record"
    return replace(entry, state=state, why=why, moved_to=verdict.moved_to)


def _is_fresh(record_path: str) -> bool:
    """Return whether uv may be creating the environment of a record right now."""
    try:
        return time.time() - os.lstat(record_path).st_mtime < _MAKING
    except OSError:
        return True


def _unused(entry: Entry, root: str, system: System, shared: dict[str, object]) -> str:
    """Return why the project, which is now at `root`, no longer needs its environment, or "".

    This depends on the decision for a `uv sync` there. Most variables are ignored, as they may be
    set only for this command.
    """
    environ = {
        name: value
        for name, value in system.environ.items()
        if not name.startswith(("UV_", "UVLOCAL_")) or name in _KEPT
    }
    reader = Reader(environ=environ, cwd=root, home=system.home)
    reader.share(shared)
    call = Call(["sync"], reader)
    decision = call.settle_without_store()
    if decision is None:
        if entry.store == call.settings.store and entry.name == naming.name_of(root, reader):
            return ""
        decision = call.settle()
    project = call.facts.project
    if project is None or project.root != root or project.code is not None:
        return ""
    if decision.code == "local-volume" and discovery.configured(call.system)[1]:
        return ""  # a client's configuration could not be read, so its folders are unknown
    if decision.code in _DOES_WITHOUT:
        return f"the project no longer needs the environment: {decision.sentence}"
    other = decision.environment
    if root != entry.root or other == entry.environment or not naming.exists(other, system):
        return ""
    return f"the project uses `{contract_home(other, system)}` now"


#: Variables that set a location; all others of uv's and ours only concern the current call.
_KEPT = ("UVLOCAL_STORE", "UVLOCAL_UV", "UV_CACHE_DIR")
#: Codes of decisions with which a project no longer needs an environment in the store.
_DOES_WITHOUT = ("opted-out", "already-local", "local-volume")


# -- what is in a store ------------------------------------------------------------------------


def in_store(store: str, system: System, only: Collection[str] | None = None) -> list[Entry]:
    """Return the entries in a store, by default of every name, without checking their projects."""
    environments = set(system.listdir(os.path.join(store, ENVIRONMENTS)))
    files = system.listdir(os.path.join(store, RECORDS))
    names = {
        name.removesuffix(SUFFIX): name for name in files if not name.startswith(atomic.PREFIX)
    }
    return [
        _entry(store, name, names.get(name), system)
        for name in sorted(environments | {*names})
        if only is None or name in only
    ]


def _entry(store: str, name: str, file: str | None, system: System) -> Entry:
    """Return one entry, before its project is checked."""
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
    """Return what is wrong with the path of an environment, or ""."""
    if status is None:
        return ""
    if not naming.is_our_name(os.path.basename(path)):
        return "its name does not come from uvlocal"
    if stat.S_ISLNK(status.st_mode):
        return "it is a link, which is never followed"
    if not stat.S_ISDIR(status.st_mode):
        return "it is not a directory"
    if not naming.exists(path, system) and system.listdir(path):
        return "it has no `pyvenv.cfg`, so it is not a virtual environment"
    return ""
