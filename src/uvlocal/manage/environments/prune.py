"""Remove environments without a project, and records without an environment: plan, then remove.

An environment is removed in three steps, and the machine may crash after any of them: it is moved
to the store's `trash`, its record is removed, its files are removed. The next call removes what is
left in `trash`. An environment stays if it has no record, if its volume is not mounted, or if it is
in use; symlinks are never followed.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from uvlocal.manage.environments import in_use, listing, records, trash
from uvlocal.manage.environments.folder_identity import Disk
from uvlocal.manage.environments.store_lock import held
from uvlocal.manage.errors import USAGE, UserError
from uvlocal.manage.files import atomic
from uvlocal.manage.files.sizes import Meter
from uvlocal.manage.telling import nobody
from uvlocal.shim.machine.host import System
from uvlocal.shim.settings import settings as all_settings
from uvlocal.shim.store import naming

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from uvlocal.manage.environments.in_use import Process
    from uvlocal.manage.environments.records import Entry
    from uvlocal.manage.telling import Tell

#: How many environments are checked together before their removal: each check looks at every
#: running process.
_AT_ONCE = 32
#: The units of an age, in seconds.
_UNITS = {"h": 3600, "d": 86400, "w": 7 * 86400, "y": 365 * 86400}


@dataclass(frozen=True, slots=True)
class Candidate:
    """An environment to remove, or to keep; `why` is the reason.

    `size` is what its removal frees, in bytes. `project` is "" if no record names one. `last_used`
    is a UTC time, or "".
    """

    name: str
    state: str
    why: str
    project: str
    environment: str
    record: str
    store: str
    size: int
    last_used: str


@dataclass(frozen=True, slots=True)
class Plan:
    """The environments to remove, and those to keep although their project is not certainly there.

    `leftovers` are what an interrupted call left in a store's `trash`. `size` is what the whole
    removal frees, in bytes: files that two environments share are freed when both are removed.
    `unread_folders` is how many projects and stores could not be read.
    """

    remove: tuple[Candidate, ...]
    keep: tuple[Candidate, ...]
    leftovers: tuple[str, ...]
    size: int
    unread_folders: int = 0

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to do."""
        return not self.remove and not self.leftovers


@dataclass(frozen=True, slots=True)
class Pruned:
    """What was done, or would be; `version` is the version of the JSON format.

    `removed` and `kept` are candidates, `freed` is in bytes, `problems` are sentences. If nobody
    agreed (`agreed` is false, as with `dry_run`), `removed` and `freed` are what would be removed.
    `unread_folders` is as in the plan.
    """

    version: int
    dry_run: bool
    agreed: bool
    removed: tuple[Candidate, ...]
    kept: tuple[Candidate, ...]
    leftovers: tuple[str, ...]
    freed: int
    problems: tuple[str, ...]
    unread_folders: int


def age(text: str) -> float:
    """Parse an age such as `90d` or `12w`, and return it in seconds.

    Raises:
        UserError: it is invalid.
    """
    number, unit = text[:-1], text[-1:].lower()
    if unit not in _UNITS or not (number.isascii() and number.isdigit()):
        raise UserError(
            f"`{text}` is not a valid age",
            "use a number and a unit, such as `90d`, `12w`, or `1y`",
            USAGE,
        )
    return int(number) * _UNITS[unit]


# -- the plan ----------------------------------------------------------------------------------


def plan(
    older_than: float | None = None,
    environ: dict[str, str] | None = None,
    *,
    now: float | None = None,
    processes: Iterable[Process] | None = None,
    tell: Tell = nobody,
) -> Plan:
    """Return a plan for every environment of this user, without changing anything.

    Args:
        older_than: also remove environments not used for this many seconds, even if their project
            exists.
        environ: the environment variables, by default those of this process.
        now: the time, in seconds since 1970.
        processes: the running processes, by default those of this machine.
        tell: called with the progress.
    """
    limit = None if older_than is None else (time.time() if now is None else now) - older_than
    return look(
        lambda entry, used: _reason(entry, used, limit),
        environ,
        by_age=limit is not None,
        processes=processes,
        tell=tell,
    )


def look(
    reason: Callable[[Entry, float | None], tuple[str, str]],
    environ: dict[str, str] | None = None,
    *,
    by_age: bool = False,
    processes: Iterable[Process] | None = None,
    tell: Tell = nobody,
) -> Plan:
    """Return a plan of what to remove for a reason, without changing anything.

    Args:
        reason: gets an environment and its last use; returns why to remove it, and why to keep it
            anyway; either may be "".
        environ: as in `plan`, like the others.
        by_age: whether `reason` needs the last use, which is slow to find; else it gets None.
        processes: the running processes.
        tell: called with the progress.
    """
    system = System(environ=environ)
    places = records.places(system, all_settings.load(system))
    disk = Disk()
    entries = records.read(places, system, disk, listing.current_root(system), tell)
    chosen = []
    for entry in entries:
        used = listing.last_used(entry, disk) if by_age else None
        why, stays = reason(entry, used)
        if why:
            used = used if by_age else listing.last_used(entry, disk)
            chosen.append((entry, why, stays, used))
    made = [entry.environment for entry, *_ in chosen if entry.made]
    running = in_use.running() if processes is None else processes
    users = in_use.users(made, running) if made else {}
    meter = Meter(tell)
    remove: list[Candidate] = []
    keep: list[Candidate] = []
    for entry, why, spared, used in chosen:
        stays = spared or _obstacle(entry, users.get(entry.environment, []), system)
        size = 0 if stays else meter.add(entry.environment).own
        candidate = _candidate(entry, stays or why, size, used)
        (keep if stays else remove).append(candidate)
    leftovers = [path for place in places for path in trash.leftovers(place, system)]
    for path in leftovers:
        meter.add(path)
    unread = len(records.unread(places, entries))
    return Plan(tuple(remove), tuple(keep), tuple(leftovers), meter.total().own, unread)


def _reason(entry: Entry, used: float | None, limit: float | None) -> tuple[str, str]:
    """Return why to remove an environment, and why to keep it anyway; either may be ""."""
    is_old = limit is not None and used is not None and used < limit
    if entry.state in ("broken", "volume-not-mounted", "unreadable"):
        return entry.why, entry.why
    if entry.state in ("project-gone", "replaced", "unused"):
        return entry.why, ""
    if is_old:
        return f"last used {listing.as_time(used)[:10]}", ""
    if entry.state == "moved":
        return entry.why, f"{entry.why}; `uvlocal adopt` reuses the environment"
    return "", ""


def _obstacle(entry: Entry, users: list[Process], system: System) -> str:
    """Return what prevents the removal of an environment, or ""."""
    if users:
        return f"in use by {in_use.told(users)}"
    folders = (entry.store, naming.ENVIRONMENTS), (entry.store, naming.RECORDS)
    for folder in (os.path.join(*parts) for parts in folders):
        if os.path.islink(folder):
            return f"`{folder}` is a link, which is not followed"
    mount = trash.mounted_inside(entry.environment, system)
    if mount:
        return f"another volume is mounted inside, at `{mount}`"
    return ""


def _candidate(entry: Entry, why: str, size: int, used: float | None) -> Candidate:
    return Candidate(
        name=entry.name,
        state=entry.state,
        why=why,
        project=entry.root,
        environment=entry.environment if entry.made else "",
        record=entry.record_path,
        store=entry.store,
        size=size,
        last_used=listing.as_time(used),
    )


# -- the removal -------------------------------------------------------------------------------


def apply(
    wanted: Plan,
    environ: dict[str, str] | None = None,
    *,
    processes: Callable[[], Iterable[Process]] = in_use.running,
    tell: Tell = nobody,
) -> Pruned:
    """Execute a plan, checking the environments once more before their removal, some at a time.

    Raises:
        UserError: another process locks a store for too long.
    """
    system = System(environ=environ)
    removed: list[Candidate] = []
    kept = list(wanted.keep)
    problems: list[str] = []
    freed = 0
    for place in dict.fromkeys(candidate.store for candidate in wanted.remove):
        mine = [candidate for candidate in wanted.remove if candidate.store == place]
        with held(place):
            atomic.sweep(os.path.join(place, naming.RECORDS))
            current = listing.current_root(system)
            moved_to = records.roots(records.in_store(place, system), current)
            for first in range(0, len(mine), _AT_ONCE):
                some = mine[first : first + _AT_ONCE]
                changed = _changed(some, moved_to, system, processes)
                for candidate in some:
                    tell("environment", len(removed), len(wanted.remove))
                    trouble = changed[candidate.name] or _remove(candidate, system)
                    if trouble:
                        problems.append(f"`{candidate.name}` was kept: {trouble}")
                        kept.append(candidate)
                    else:
                        removed.append(candidate)
    used = {candidate.store for candidate in removed}
    used |= {os.path.dirname(os.path.dirname(path)) for path in wanted.leftovers}
    for place in sorted(used):
        gone, left = trash.empty(place, system, tell)
        freed += gone
        problems += left
    return Pruned(
        version=1,
        dry_run=False,
        agreed=True,
        removed=tuple(removed),
        kept=tuple(kept),
        leftovers=wanted.leftovers,
        freed=freed,
        problems=tuple(problems),
        unread_folders=wanted.unread_folders,
    )


def planned(wanted: Plan, *, dry_run: bool) -> Pruned:
    """Return a plan as a result that nobody has agreed to (yet)."""
    return Pruned(
        version=1,
        dry_run=dry_run,
        agreed=False,
        removed=wanted.remove,
        kept=wanted.keep,
        leftovers=wanted.leftovers,
        freed=wanted.size,
        problems=(),
        unread_folders=wanted.unread_folders,
    )


def _remove(candidate: Candidate, system: System) -> str:
    """Move an environment to the trash, and remove its record; return what went wrong."""
    try:
        project = candidate.project if candidate.state in ("ok", "copy", "unused") else ""
        trash.put_with_record(
            candidate.store, candidate.environment, candidate.record, project, system
        )
    except OSError as error:
        return str(error.strerror or error).lower()
    return ""


def _changed(
    some: list[Candidate],
    moved_to: list[tuple[str, str]],
    system: System,
    processes: Callable[[], Iterable[Process]],
) -> dict[str, str]:
    """Return what has changed since the plan was made, or "", for each name.

    All are in one store; `moved_to` are the places where their projects may be now.
    """
    found = records.in_store(some[0].store, system, {candidate.name for candidate in some})
    now = {entry.name: entry for entry in records.judge(found, moved_to, system)}
    users = in_use.users([entry.environment for entry in now.values()], processes())
    changed = {}
    for candidate in some:
        entry = now.get(candidate.name)
        if entry is None or (entry.state, entry.root) != (candidate.state, candidate.project):
            changed[candidate.name] = "it has changed since the plan was made"
        else:
            changed[candidate.name] = _obstacle(entry, users.get(entry.environment, []), system)
    return changed
