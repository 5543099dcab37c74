"""The safe fixes of `uvlocal doctor --fix`."""

from __future__ import annotations

import os
import tomllib
from typing import TYPE_CHECKING

from uvlocal.manage.environments import discoverable, record, records, trash
from uvlocal.manage.environments.folder_identity import identity_of
from uvlocal.manage.environments.project_state import BACK
from uvlocal.manage.environments.store_lock import held
from uvlocal.manage.errors import UserError
from uvlocal.manage.installation import install
from uvlocal.shim.call import Call
from uvlocal.shim.machine.display import contract_home
from uvlocal.shim.machine.host import System
from uvlocal.shim.store import pointers

if TYPE_CHECKING:
    from collections.abc import Callable

    from uvlocal.manage.findings import Finding


def apply(check: Finding, system: System) -> str:
    """Apply the fix of a finding; return what went wrong, or ""."""
    try:
        return FIXES[check.fix](check.path, system)
    except UserError as error:
        return error.message
    except OSError as error:
        return str(error.strerror or error).lower()


def _install(folder: str, system: System) -> str:
    """Install this uvlocal's shim again, without changing startup files."""
    install.make_shim(folder, system)
    return ""


def _make_private(path: str, system: System) -> str:
    del system
    os.chmod(path, 0o700)
    return ""


def _empty_trash(path: str, system: System) -> str:
    place = os.path.dirname(os.path.dirname(path))
    with held(place):
        _, problems = trash.empty(place, system)
    return "; ".join(problems)


def _update_records(place: str, system: System) -> str:
    """Update the identities of the directories that a backup has restored, in all records."""
    with held(place):
        for entry in records.read([place], system):
            known, identity = entry.record, identity_of(entry.root)
            if known is None or identity is None or (entry.state, entry.why) != ("copy", BACK):
                continue
            with open(entry.record_path, "rb") as file:
                table = tomllib.load(file)
            table |= {"device": identity.device, "inode": identity.inode, "born": identity.born}
            table |= record.surroundings(known.mount_point, system)
            record.write(entry.record_path, table)
    return ""


def _make_discoverable(place: str, system: System) -> str:
    """Create the links by which editors find the environments of a store."""
    why = discoverable.make_all([place], system)
    return f"`{contract_home(discoverable.folder(system), system)}` {why}" if why else ""


def _remove_link(path: str, system: System) -> str:
    system.remove(path)
    discoverable.tidy(system)
    return ""


def _mend_pointer(root: str, system: System) -> str:
    """Point a project's pointer to its environment, or remove it if there is none."""
    call = Call(["sync"], System(environ=system.environ, cwd=root, home=system.home))
    wanted = call.settle().environment
    found = pointers.find(root, wanted, system)
    if not found.ours or found.leads:
        return ""
    if wanted:
        says = pointers.target(root, wanted, system)
        return "" if pointers.put(found, found.kind, says, system) else "it cannot be written"
    return "" if system.remove(found.path) else "it cannot be removed"


#: The function for each name in `Finding.fix`.
FIXES: dict[str, Callable[[str, System], str]] = {
    "install": _install,
    "chmod": _make_private,
    "empty-trash": _empty_trash,
    "update-records": _update_records,
    "make-discoverable": _make_discoverable,
    "remove-link": _remove_link,
    "mend-pointer": _mend_pointer,
}
