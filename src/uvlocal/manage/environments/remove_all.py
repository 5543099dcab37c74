"""Remove every environment of this user, as `uvlocal uninstall --environments` does.

Environments without a readable record stay, and so do those in use. Symlinks are not followed.
"""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from uvlocal.manage.environments import in_use, records, store_lock, trash
from uvlocal.shim.store import naming

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from uvlocal.manage.environments.in_use import Process
    from uvlocal.shim.machine.host import System


@dataclass(frozen=True, slots=True)
class Environment:
    """An environment to remove; `stays` says why it must stay, or is "".

    `path` is "" if only the record is left; `project` is "" if no record names one.
    """

    store: str
    name: str
    path: str
    record: str
    project: str
    stays: str


def plan(
    stores: Iterable[str], system: System, processes: Callable[[], Iterable[Process]]
) -> list[Environment]:
    """Return every environment of these stores, with what prevents its removal."""
    entries = records.read(stores, system)
    paths = [entry.environment for entry in entries if entry.made]
    users = in_use.users(paths, processes()) if paths else {}
    return [
        Environment(
            store=entry.store,
            name=entry.name,
            path=entry.environment if entry.made else "",
            record=entry.record_path,
            project=entry.root,
            stays=entry.why if entry.state == "broken" else _used_by(users.get(entry.environment)),
        )
        for entry in entries
    ]


def _used_by(users: list[Process] | None) -> str:
    return f"in use by {in_use.told(users)}" if users else ""


def remove(
    wanted: Iterable[Environment], system: System, processes: Callable[[], Iterable[Process]]
) -> list[Environment]:
    """Remove environments, checking each once more; return all with their new state."""
    found = []
    for place in dict.fromkeys(one.store for one in wanted):
        mine = [one for one in wanted if one.store == place]
        try:
            with store_lock.lock(place):
                still = {one.path: one.stays for one in plan([place], system, processes)}
                found += [
                    replace(one, stays=one.stays or still.get(one.path, "") or _remove(one, system))
                    for one in mine
                ]
        except (OSError, store_lock.BusyError):
            why = "the store is locked by another process, or not writable"
            found += [replace(one, stays=one.stays or why) for one in mine]
        trash.empty(place, system)
        tidy(place)
    return found


def _remove(one: Environment, system: System) -> str:
    """Remove one environment, its record and its pointer; return what went wrong."""
    mount = trash.mounted_inside(one.path, system) if one.path else ""
    if mount:
        return f"another volume is mounted inside, at `{mount}`"
    try:
        trash.put_with_record(one.store, one.path, one.record, one.project, system)
    except OSError as error:
        return f"cannot be removed: {error.strerror or error}"
    return ""


#: Our directories in a store.
_FOLDERS = (naming.ENVIRONMENTS, naming.RECORDS, trash.TRASH)


def holds(place: str) -> bool:
    """Return whether a store contains any of our directories."""
    return any(os.path.lexists(os.path.join(place, name)) for name in _FOLDERS)


def tidy(place: str) -> None:
    """Remove our empty directories in a store, and then its lock."""
    for name in _FOLDERS:
        with contextlib.suppress(OSError):
            os.rmdir(os.path.join(place, name))
    if holds(place):
        return
    lock = os.path.join(place, store_lock.LOCK)
    if store_lock.is_ours(lock):
        with contextlib.suppress(OSError):
            os.unlink(lock)
