"""List the environments in the store, with their project, size, and last use."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from uvlocal.manage import parallel
from uvlocal.manage.environments import records
from uvlocal.manage.environments.folder_identity import Disk, SilentError
from uvlocal.manage.environments.pyvenv import python_version
from uvlocal.manage.files.sizes import Meter, Size
from uvlocal.manage.telling import nobody
from uvlocal.shim.machine.host import System
from uvlocal.shim.project import discovery as projects
from uvlocal.shim.settings import settings as all_settings
from uvlocal.shim.volume.providers.table import PROVIDERS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from uvlocal.manage.environments.records import Entry
    from uvlocal.manage.telling import Tell

#: The paths that uv changes in an environment when it installs something.
_CHANGED = ("", "bin", "Scripts", "pyvenv.cfg", os.path.join("Lib", "site-packages"))
#: The paths that people and uv change when they work on a project.
_WORKED_ON = ("", "pyproject.toml", "uv.lock")
#: The number of environments that a process can describe in the time that it takes to start one.
_FEWEST = 10
#: States of environments whose project exists.
_WITH_PROJECT = ("ok", "copy", "unused")


@dataclass(frozen=True, slots=True)
class Environment:
    """One environment; unknown values are "" or None.

    `state` is one of `project_state.STATES`, `why` a sentence about it, or "" if all is well.
    `environment` is its path, `record` its record's path, and `exists` says whether it exists.
    `volume` is the name of the project's volume, `provider` the id of the sync client. `size` is
    what its removal frees, `shared_size` what it shares with uv's cache, in bytes; None if that was
    not measured. `created` and `last_used` are UTC times (RFC 3339).
    """

    name: str
    state: str
    why: str
    project: str
    moved_to: str
    environment: str
    exists: bool
    record: str
    store: str
    volume: str
    provider: str
    file_system: str
    strategy: str
    python: str
    size: int | None
    shared_size: int | None
    files: int | None
    created: str
    last_used: str
    uvlocal: str
    uv: str


@dataclass(frozen=True, slots=True)
class Environments:
    """Every environment of this user; `version` is the version of the JSON format.

    `stores` are the existing stores. `size` and `shared_size` are totals: files that two
    environments share are freed when both are removed. `unread_folders` is how many
    directories of projects, stores and environments could not be read.
    """

    version: int
    stores: tuple[str, ...]
    environments: tuple[Environment, ...]
    size: int | None
    shared_size: int | None
    unread_folders: int


def of(
    environ: dict[str, str] | None = None,
    *,
    sizes: bool = True,
    tell: Tell = nobody,
) -> Environments:
    """Return every environment of this user.

    Args:
        environ: the environment variables, by default those of this process.
        sizes: whether to measure sizes, which takes about a second per ten thousand files.
        tell: called with the progress.
    """
    system = System(environ=environ)
    settings = all_settings.load(system)
    places = records.places(system, settings)
    entries = [entry for store in places for entry in records.in_store(store, system)]
    roots = records.roots(entries, current_root(system))
    parts = parallel.in_parts(
        lambda part, tell: _described(part, roots, system, tell, sizes=sizes),
        entries,
        "environment",
        tell,
        fewest=_FEWEST,
    )
    meter = Meter()
    found: dict[tuple[str, str], Environment] = {}
    judged: list[Entry] = []
    for some, environments, measured in parts:
        judged += some
        found |= {(one.store, one.name): one for one in environments}
        meter.include(measured)
    total = meter.total() if sizes else None
    return Environments(
        version=1,
        stores=tuple(places),
        environments=tuple(found[entry.store, entry.name] for entry in records.by_project(judged)),
        size=total.own if total else None,
        shared_size=total.shared if total else None,
        unread_folders=len(records.unread(places, judged)) + meter.unread,
    )


def _described(
    entries: list[Entry],
    roots: list[tuple[str, str]],
    system: System,
    tell: Tell,
    *,
    sizes: bool,
) -> tuple[list[Entry], list[Environment], Meter]:
    """Return entries from `records.in_store` with their states and in detail, and their sizes."""
    number, disk, meter = len(entries), Disk(), Meter()
    # Each is looked at twice, which counts as half each time.
    judged = records.judge(
        entries, roots, system, disk, lambda what, done, total: tell(what, done // 2, total)
    )
    worked_on = (_worked_on(entry) for entry in judged if entry.state in _WITH_PROJECT)
    disk.look_ahead_at(path for paths in worked_on for path in paths)
    found = []
    for entry in judged:
        used = last_used(entry, disk)  # first, as reading the environment counts as a use
        size = meter.add(entry.environment) if sizes else None
        found.append(_environment(entry, size, used))
        tell("environment", (number + len(found)) // 2, number)
    return judged, found, meter


def current_root(system: System) -> str:
    """Return the root of the project in the current directory, or ""."""
    found = projects.discover(system.cwd, system) if system.cwd else None
    return found.root if found is not None else ""


def _environment(entry: Entry, size: Size | None, used: float | None) -> Environment:
    record = entry.record
    return Environment(
        name=entry.name,
        state=entry.state,
        why=entry.why,
        project=entry.root,
        moved_to=entry.moved_to,
        environment=entry.environment,
        exists=entry.made,
        record=entry.record_path,
        store=entry.store,
        volume=volume_label(entry),
        provider=record.provider if record else "",
        file_system=record.file_system if record else "",
        strategy=record.strategy if record else "",
        python="" if os.path.islink(entry.environment) else python_version(entry.environment),
        size=size.own if size else None,
        shared_size=size.shared if size else None,
        files=size.files if size else None,
        created=record.created if record else "",
        last_used=as_time(used),
        uvlocal=record.uvlocal if record else "",
        uv=record.uv if record else "",
    )


def volume_label(entry: Entry) -> str:
    """Return the name of the project's volume: the sync client, or the file system."""
    record = entry.record
    if record is None:
        return ""
    label = next((row.label for row in PROVIDERS if row.id == record.provider), record.provider)
    # A folder that the user marked as synced has no provider, but a top.
    of_the_user = "synced" if record.top not in ("", record.mount_point) else ""
    return label or of_the_user or record.file_system


# -- times -------------------------------------------------------------------------------------


def last_used(entry: Entry, disk: Disk) -> float | None:
    """Return the last sign of use, in seconds since 1970, or None if there is none.

    uv writes nothing when it only runs a program. The signs are: the last installation; the last
    start of the environment's Python, which reads `pyvenv.cfg`, if the disk records access times
    (Linux once a day by default, macOS and Windows may not); the last change of the project's
    `pyproject.toml` or `uv.lock`.
    """
    times = [] if os.path.islink(entry.environment) else list(_signs_of_use(entry.environment))
    if entry.record is not None:
        created = as_seconds(entry.record.created)
        times += [] if created is None else [created]
        if entry.state in _WITH_PROJECT:
            times += _signs_of_work(entry, disk)
    return max(times, default=None)


def _signs_of_use(environment: str) -> Iterator[float]:
    folders = [os.path.join(environment, name) for name in _CHANGED]
    try:
        names = os.listdir(os.path.join(environment, "lib"))
    except OSError:
        names = []
    folders += [os.path.join(environment, "lib", name, "site-packages") for name in names]
    for path in folders:
        try:
            status = os.lstat(path)
        except OSError:
            continue
        yield status.st_mtime
        if path.endswith("pyvenv.cfg"):
            yield status.st_atime


def _signs_of_work(entry: Entry, disk: Disk) -> Iterator[float]:
    try:
        found = [disk.status(*path) for path in _worked_on(entry)]
    except SilentError:
        return
    yield from (status.st_mtime for status in found if status is not None)


def _worked_on(entry: Entry) -> list[tuple[str, str]]:
    """Return the paths that show work on a project, each with its mount point."""
    mount_point = entry.record.mount_point if entry.record else ""
    return [(os.path.join(entry.root, name), mount_point) for name in _WORKED_ON]


def as_time(seconds: float | None) -> str:
    """Return a time in the form `2026-11-22T16:27:21Z`, or ""."""
    if seconds is None:
        return ""
    try:
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
    except (OverflowError, ValueError, OSError):
        return ""  # a wrong clock or a faulty disk


def as_seconds(text: str) -> float | None:
    """Parse a time as in `as_time` to seconds since 1970; return None if it is invalid."""
    import calendar

    # Not `strptime`, which is ten times slower: a list needs this for each line.
    parts = (text[:4], text[5:7], text[8:10], text[11:13], text[14:16], text[17:19])
    try:
        seconds = float(calendar.timegm(tuple(map(int, parts))))
    except (ValueError, OverflowError):
        return None
    return seconds if as_time(seconds) == text else None
