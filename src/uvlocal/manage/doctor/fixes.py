"""What `uvlocal doctor --fix` does: only what is safe, each thing on its own."""

from __future__ import annotations

import os
import tomllib
from typing import TYPE_CHECKING

from uvlocal.manage.environments import record, trash
from uvlocal.manage.environments.folder_identity import identity_of
from uvlocal.manage.environments.store_lock import held
from uvlocal.manage.errors import UserError
from uvlocal.manage.installation import install

if TYPE_CHECKING:
    from collections.abc import Callable

    from uvlocal.manage.findings import Finding
    from uvlocal.shim.machine.host import System


def apply(check: Finding, system: System) -> str:
    """Do what a check says would mend it; return what went wrong, "" for nothing."""
    try:
        return FIXES[check.fix](check.path, system)
    except UserError as error:
        return error.message
    except OSError as error:
        return str(error.strerror or error).lower()


def _install(folder: str, system: System) -> str:
    """Put this uvlocal's shim there once more; startup files are not touched."""
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


def _update_record(path: str, system: System) -> str:
    """Write into a record which folder the project is now."""
    place = os.path.dirname(os.path.dirname(path))
    with held(place):
        known = record.read_record(path, system)
        identity = identity_of(known.root)
        if identity is None:
            return f"`{known.root}` is gone"
        with open(path, "rb") as file:
            table = tomllib.load(file)
        table |= {"device": identity.device, "inode": identity.inode, "born": identity.born}
        table |= record.surroundings(known.mount_point, system)
        record.write(path, table)
    return ""


#: What each name in `Finding.fix` stands for.
FIXES: dict[str, Callable[[str, System], str]] = {
    "install": _install,
    "chmod": _make_private,
    "empty-trash": _empty_trash,
    "update-record": _update_record,
}
