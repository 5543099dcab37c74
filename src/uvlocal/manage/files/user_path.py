"""The directory argument of a command."""

from __future__ import annotations

import os

from uvlocal.manage.errors import USAGE, UserError
from uvlocal.shim.machine.host import System
from uvlocal.shim.settings import settings
from uvlocal.shim.volume.locate import unmounted


def folder(path: str | None) -> str:
    """Return the named directory as an absolute path, as after `cd`.

    Raises:
        UserError: it does not exist, or is not a directory.
    """
    if path is None:
        return System().cwd
    if not os.path.isdir(path):
        if os.path.lexists(path):
            raise UserError(f"`{path}` is not a directory", code=USAGE)
        system = System()
        missing = unmounted(os.path.abspath(path), system, settings.load(system))
        why = f": {missing.evidence[0]}" if missing is not None else ""
        raise UserError(f"`{path}` does not exist{why}", code=USAGE)
    return os.path.realpath(path)
