"""Set the environment of a project aside if another project has replaced it at its root.

A directory that is deleted and then created or cloned again would inherit everything installed for
the old one. The old environment is renamed atomically in its store, and its record says `replaced`:
`uvlocal adopt` can still reuse it, and `uvlocal prune` removes it.

Cases that only look like this are left alone: a directory restored from a backup, another directory
at this path in a container or another root directory, a disk that was mounted again or has no birth
times.
"""

from __future__ import annotations

import contextlib
import os
import tomllib
from typing import TYPE_CHECKING

from uvlocal.manage.environments import in_use, record, relocate
from uvlocal.manage.environments.folder_identity import identity_of
from uvlocal.manage.environments.store_lock import lock
from uvlocal.shim.store import lookup, naming

if TYPE_CHECKING:
    from uvlocal.manage.environments.folder_identity import Identity
    from uvlocal.manage.environments.record import Record
    from uvlocal.shim.call import Call
    from uvlocal.shim.decide import Decision
    from uvlocal.shim.machine.host import System

#: The resolution of a file system with coarse timestamps, in microseconds.
_COARSE = 2_000_000


def set_aside(call: Call, decision: Decision) -> str | None:
    """Set the environment of a former project aside, and write a new record for the root.

    Returns:
        what to add to the notice, or None if nothing was set aside.

    Raises:
        OSError: something cannot be written; nothing was changed.
        BusyError: another process holds the store's lock for too long.
        BrokenRecordError: the record is unusable.
    """
    store, project, system = call.facts.store, call.facts.project, call.system
    if store is None or project is None or record.is_refused(project.root, system):
        return None
    name = os.path.basename(decision.environment)
    path = lookup.record_path(store.path, name, system)
    with lock(store.path):
        known, here = record.read_record(path, system), identity_of(project.root)
        if here is None or not is_replaced(known, here, system):
            return None
        with open(path, "rb") as file:
            table = tomllib.load(file)
        if _is_brought_back(project.root, here):
            numbers = {"device": here.device, "inode": here.inode, "born": here.born}
            record.write(path, table | numbers)
            return None
        users = in_use.users([decision.environment], in_use.running())
        if [user for user in users.get(decision.environment, []) if user.pid != os.getpid()]:
            call.is_lasting = False
            return None
        kept = _name(known, system)
        with contextlib.ExitStack() as undo:
            if os.path.isdir(decision.environment):
                new = os.path.join(store.path, naming.ENVIRONMENTS, kept)
                relocate.move(decision.environment, new, store.path, undo)
                other = lookup.record_path(store.path, kept, system)
                undo.callback(system.remove, other)
                record.write(other, table | {"name": kept, "replaced": True})
            record.write(path, record.content(call, decision))
            undo.pop_all()
    store.exists, store.record = False, None
    return f"; the environment of the project that was here before is kept as `{kept}`"


def is_for_another(known: Record, system: System) -> bool:
    """Return whether the next call of uv will set a record's environment aside."""
    here = identity_of(known.root)
    if here is None or not is_replaced(known, here, system):
        return False
    try:
        return not _is_brought_back(known.root, here)
    except OSError:
        return False  # there is no project


def is_replaced(known: Record, here: Identity, system: System) -> bool:
    """Return whether another directory has certainly replaced the one in a record."""
    mount, top = identity_of(known.mount_point), identity_of(system.path.sep)
    same_place = (
        mount is not None
        and top is not None
        and mount.is_still(known.mount)
        and top.is_still(known.system)
    )
    return same_place and known.identity.is_other(here) and here.born != known.identity.born


def _is_brought_back(root: str, here: Identity) -> bool:
    """Return whether a directory's content is older than itself, as after a restore or re-sync."""
    changed = os.stat(os.path.join(root, "pyproject.toml")).st_mtime_ns // 1000
    return changed + _COARSE < here.born


def _name(known: Record, system: System) -> str:
    """Return a unique name for the environment that is set aside."""
    which = f"{naming.key_of(known.root, system)}\0{known.identity.inode} {known.identity.born}"
    digits = naming.hash_digits(which.encode("utf-8", "surrogatepass"))
    return f"{naming.slug(os.path.basename(known.root))}-{digits}"
