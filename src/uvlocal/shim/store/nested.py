"""Let a nested `uv` meet the shim: the kept environment's `bin/uv` is a link to it.

`uv run` and `activate` put that folder first on PATH, before what a version manager or an editor
puts there. uv empties an environment's folder or refuses it where it finds anything but an
environment, so the link is made once uv has made the environment. uv (0.5.9 to 0.13.9) leaves it
alone, and puts its own program there where the project depends on the package `uv`.
"""

from uvlocal.shim.machine.early_os import stat
from uvlocal.shim.machine.host import System


def keep(environment: str, launcher: str, system: System) -> bool:
    """Make the link where nothing is, or a link that leads nowhere; return whether all is well.

    Whatever else is there belongs to the project. Windows has no links for everybody, and its
    version managers put nothing before the shim.

    Args:
        environment: an environment in the store, which exists.
        launcher: the shim's absolute path, "" for none.
        system: the machine.
    """
    if system.platform == "win32" or not launcher:
        return True
    folder = system.path.join(environment, "bin")
    for path in (environment, folder):  # where either is a link, it leads to no place of ours
        status = system.lstat(path)
        if status is None or not stat.S_ISDIR(status.st_mode):
            return False
    return system.keep_link(system.path.join(folder, "uv"), launcher)
