"""Read the store: each environment with its record, and what became of its project.

Nothing is changed here, and nothing in a store is believed: a record that cannot be read, a folder
that no record names, a link are shown as `broken`, and never pruned.
"""

from __future__ import annotations

import os
import stat
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

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

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from uvlocal.manage.telling import Tell
    from uvlocal.shim.machine.host import System
    from uvlocal.shim.settings.settings import Settings

#: How long uv may take to make an environment, in seconds; until then its record is not unused.
_MAKING = 3600.0


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


def places(system: System, settings: Settings) -> list[str]:
    """Return the stores of this user that are there: the one in use, and the default one."""
    found = []
    for store in dict.fromkeys((settings.store, directories.data_directory(system))):
        if not store:
            continue
        folders = (os.path.join(store, name) for name in (ENVIRONMENTS, RECORDS))
        if any(system.is_directory(folder) for folder in folders):
            found.append(store)
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
        disk: is asked what became of the projects; a fresh one by default.
        current: the root of the project that the user is in, "" for none: a folder whose project
            moved there is recognised although no record says so yet.
        tell: hears of how many it is known what became of their projects.
    """
    found = [entry for store in where for entry in in_store(store, system)]
    judged = judge(found, roots(found, current), system, disk, tell)
    return sorted(judged, key=lambda entry: (not entry.root, entry.root, entry.name))


def roots(entries: Iterable[Entry], current: str = "") -> list[tuple[str, str]]:
    """Return where projects may be that were moved: the root of each, with its mount point."""
    known = [(entry.record.root, entry.record.mount_point) for entry in entries if entry.record]
    return [*known, *([(current, "")] if current else [])]


def judge(
    entries: list[Entry],
    places: list[tuple[str, str]],
    system: System,
    disk: Disk | None = None,
    tell: Tell = nobody,
) -> list[Entry]:
    """Return entries as `in_store` has them with what became of their projects.

    Args:
        entries: what is judged.
        places: where moved projects may be, see `roots`.
        system: the machine.
        disk: as in `read`, like `tell`.
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
    """Return the entry with the state of its project; `shared` is kept from one to the next.

    A record is written before uv starts, so uv may have refused the command line, or failed: then
    there is a record, and an empty folder, of an environment that uv never made.
    """
    if entry.record is None or entry.state == "broken":
        return entry
    verdict = judge.verdict(entry.record)
    state, why = verdict.state, verdict.why
    # Another system that shares the store, a container perhaps, may see the folder otherwise.
    if state in ("ok", "moved") and judge.is_system(entry.record):
        unused = _unused(entry, verdict.moved_to or entry.root, system, shared)
        if unused:
            return replace(entry, state="unused", why=unused)
    if state == "ok" and not naming.exists(entry.environment, system):
        why = "its environment is not made yet, or was removed"
        if not _is_fresh(entry.record_path):
            state, why = "unused", f"{why}; `uvlocal prune` takes its record away"
    return replace(entry, state=state, why=why, moved_to=verdict.moved_to)


def _is_fresh(record_path: str) -> bool:
    """Return whether uv may be making the environment of a record at this moment."""
    try:
        return time.time() - os.lstat(record_path).st_mtime < _MAKING
    except OSError:
        return True


def _unused(entry: Entry, root: str, system: System, shared: dict[str, object]) -> str:
    """Say why the project, which is at `root` now, needs an environment no more, "" where it does.

    What is decided for a `uv sync` there tells, by the files alone: a variable may be set for this
    command only.
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
    if decision.code in _DOES_WITHOUT:
        return f"its project does without: {decision.sentence}"
    other = decision.environment
    if root != entry.root or other == entry.environment or not naming.exists(other, system):
        return ""
    return f"its project uses `{contract_home(other, system)}` now"


#: Variables that say where things are; all others of uv's and ours say what is to be done now.
_KEPT = ("UVLOCAL_STORE", "UVLOCAL_UV", "UV_CACHE_DIR")
#: Codes of decisions by which a project has no environment in a store any more.
_DOES_WITHOUT = ("opted-out", "already-local", "local-volume")


# -- what is in a store ------------------------------------------------------------------------


def in_store(store: str, system: System, only: Collection[str] | None = None) -> list[Entry]:
    """Return what is in a store, of these names if there are any, before projects are looked at."""
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
    if not naming.is_our_name(os.path.basename(path)):
        return "its name is not one that uvlocal gives"
    if stat.S_ISLNK(status.st_mode):
        return "it is a link, which is never followed"
    if not stat.S_ISDIR(status.st_mode):
        return "it is not a directory"
    if not naming.exists(path, system) and system.listdir(path):
        return "it is not a virtual environment, as it has no `pyvenv.cfg`"
    return ""
