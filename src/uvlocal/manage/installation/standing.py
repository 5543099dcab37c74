"""Check whether the shim is already installed, so that `uvlocal init` need not create it."""

from __future__ import annotations

import os
import sys

from uvlocal.manage.errors import UserError
from uvlocal.manage.installation import shim_dir

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uvlocal.shim.machine.host import System


def folder(named: str | None, system: System) -> str:
    """Return the shim's directory if the shim in it is complete, else "".

    Args:
        named: the directory; None for the default one.
        system: the machine.

    Raises:
        UserError: uvlocal cannot be installed from here.
    """
    refuse_bad_circumstances(system)
    should = shim_dir.Contents(shim_dir.chosen(named, system), system)
    return should.folder if shim_dir.stands(should, system, whatever_uv=True) else ""


def refuse_bad_circumstances(system: System) -> None:
    """Refuse to install from here, or as this user.

    Raises:
        UserError: root would write to another user's home, this uvlocal is temporary, or only this
            Python would see what it writes.
    """
    home = system.stat(system.home) if system.home else None
    if system.uid == 0 and home is not None and home.st_uid != 0:
        raise UserError(
            "this would create files owned by root in another user's home directory",
            "run it without `sudo`",
        )
    if is_in_uv_cache(shim_dir.PACKAGE):
        raise UserError(
            "this uvlocal is installed in uv's cache, which `uv cache prune` clears",
            "run `uv tool install uvlocal`, then `uvlocal install`",
        )
    if system.platform == "win32" and is_store_python(sys.base_prefix):
        raise UserError(
            "this Python is from the Microsoft Store, and other programs cannot see what it writes "
            "to `AppData` and the registry",
            "run `uv tool install --reinstall --python-preference only-managed uvlocal`, then "
            "`uvlocal install`",
        )


def is_store_python(prefix: str) -> bool:
    """Return whether a Python came with the Microsoft Store.

    Such a Python has its own copy of `AppData` and the registry
    (https://docs.python.org/3/using/windows.html#known-issues).
    """
    return "windowsapps" in prefix.lower().replace("\\", "/").split("/")


def is_in_uv_cache(package: str) -> bool:
    """Return whether a package is in uv's cache, as with `uvx`, and so is temporary.

    uv marks its cache with `CACHEDIR.TAG` (https://bford.info/cachedir/), and keeps environments
    in directories such as `archive-v0`.
    """
    folder = package
    while os.path.dirname(folder) != folder:
        above, name = os.path.split(folder)
        temporary = name.startswith(("archive-v", "environments-v", "builds-v"))
        if temporary and os.path.lexists(os.path.join(above, "CACHEDIR.TAG")):
            return True
        folder = above
    return False
