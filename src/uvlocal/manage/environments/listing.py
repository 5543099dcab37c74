"""The environments of the store, each with its project, its size, and when it was last used."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

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

#: What uv changes in an environment when it installs something; where packages are differs.
_CHANGED = ("", "bin", "Scripts", "pyvenv.cfg", os.path.join("Lib", "site-packages"))
#: What people and uv change in a project that is worked on.
_WORKED_ON = ("", "pyproject.toml", "uv.lock")
#: States of environments whose project is there.
_WITH_PROJECT = ("ok", "copy", "unused")


@dataclass(frozen=True, slots=True)
class Environment:
    """One environment; what is not known is "" or None.

    `state` is one of `records.STATES`, `why` the sentence for it, "" where all is well.
    `environment` is its path, and `exists` says whether it is there. `record` is the path of its
    record. `volume` is what people call what the project lies on, `provider` the id of the sync
    client. `size` is what its removal gives back, `shared_size` what it has in common with uv's
    cache, in bytes; None where that was not counted. `created` and `last_used` are UTC times
    (RFC 3339).
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
    """Every environment of this user; `version` is that of the JSON object made of it.

    `stores` are the stores that are there. `size` and `shared_size` are those of all together:
    what two environments share is freed when both go.
    """

    version: int
    stores: tuple[str, ...]
    environments: tuple[Environment, ...]
    size: int | None
    shared_size: int | None


def of(
    environ: dict[str, str] | None = None,
    *,
    sizes: bool = True,
    tell: Tell = nobody,
) -> Environments:
    """Return every environment of this user.

    Args:
        environ: the environment variables, those of this process by default.
        sizes: whether to count files, which takes a second for some ten thousand.
        tell: hears how far this is.
    """
    system = System(environ=environ)
    settings = all_settings.load(system)
    places = records.places(system, settings)
    disk = Disk()
    entries = records.read(places, system, disk, current_root(system), tell)
    disk.look_ahead_at(_worked_on(entry) for entry in entries if entry.state in _WITH_PROJECT)
    meter = Meter(tell) if sizes else None
    found = []
    for entry in entries:
        used = last_used(entry, disk)  # before anything is read, which is a use too
        size = meter.add(entry.environment) if meter else None
        found.append(_environment(entry, size, used))
    total = meter.total() if meter else None
    return Environments(
        version=1,
        stores=tuple(places),
        environments=tuple(found),
        size=total.own if total else None,
        shared_size=total.shared if total else None,
    )


def current_root(system: System) -> str:
    """Return the root of the project that the user is in, "" for none."""
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
    """Return what people call what the project lies on: the sync client, or the file system."""
    record = entry.record
    if record is None:
        return ""
    label = next((row.label for row in PROVIDERS if row.id == record.provider), record.provider)
    # A folder that the user called synced has no provider, but a top.
    of_the_user = "synced" if record.top not in ("", record.mount_point) else ""
    return label or of_the_user or record.file_system


# -- times -------------------------------------------------------------------------------------


def last_used(entry: Entry, disk: Disk) -> float | None:
    """Return when there was last a sign of use, in seconds since 1970; None if nothing tells.

    uv writes nothing when it runs something. The signs are: the last installation; the last start
    of the environment's Python, which reads `pyvenv.cfg`, if the disk keeps times of access (Linux
    by default once a day, macOS and Windows may not); the last change of the project's own
    `pyproject.toml` or `uv.lock`, where the project is there.
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
        found = disk.statuses(*_worked_on(entry))
    except SilentError:
        return
    yield from (status.st_mtime for status in found if status is not None)


def _worked_on(entry: Entry) -> tuple[tuple[str, ...], str]:
    """Return the files that tell of work on a project, and what they are mounted at."""
    mount_point = entry.record.mount_point if entry.record else ""
    return tuple(os.path.join(entry.root, name) for name in _WORKED_ON), mount_point


def as_time(seconds: float | None) -> str:
    """Return a time in the form `2026-11-22T16:27:21Z`, "" for none."""
    if seconds is None:
        return ""
    try:
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
    except (OverflowError, ValueError, OSError):
        return ""  # a clock or a disk that lies


def as_seconds(text: str) -> float | None:
    """Return the seconds since 1970 of a time as in `as_time`, None where it is none."""
    import calendar

    # Not by `strptime`, which takes ten times as long: a list asks this for each line.
    parts = (text[:4], text[5:7], text[8:10], text[11:13], text[14:16], text[17:19])
    try:
        seconds = float(calendar.timegm(tuple(map(int, parts))))
    except (ValueError, OverflowError):
        return None
    return seconds if as_time(seconds) == text else None
