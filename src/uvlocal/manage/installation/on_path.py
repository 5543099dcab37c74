"""Find the programs `uv` on PATH, and uvlocal's shims among them."""

from __future__ import annotations

import os
import stat

from uvlocal.shim.uv import handover

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uvlocal.shim.machine.host import System


def uvs_on_path(system: System) -> list[str]:
    """Return every program `uv` on PATH, in order, including shims."""
    windows = system.platform == "win32"
    name, separator = ("uv.exe", ";") if windows else ("uv", ":")
    folders = system.environ.get("PATH", "").split(separator)
    paths = [system.path.join(path, name) for path in folders if system.path.isabs(path)]
    programs = [path for path in paths if system.is_file(path)]
    return list(dict.fromkeys(path for path in programs if windows or os.access(path, os.X_OK)))


def shim_on_path(system: System) -> str:
    """Return the first uvlocal shim on PATH, or ""."""
    return next((path for path in uvs_on_path(system) if is_ours(path, system)), "")


def is_ours(path: str, system: System) -> bool:
    """Return whether `path` is a shim of ours, not a symlink to one."""
    status = system.lstat(path)
    if status is None or not stat.S_ISREG(status.st_mode):
        return False
    return handover.is_shim(path, status, system, "")
