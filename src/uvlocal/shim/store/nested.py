"""Let a nested `uv` reach the shim, with a symlink to it at the environment's `bin/uv`.

`uv run` and `activate` put that directory first on PATH, before those of version managers and
editors. uv empties or rejects a directory that is not an environment, so the symlink is created
once uv has created the environment. uv (0.5.9 to 0.13.9) leaves it alone, and puts its own program
there if the project depends on the package `uv`.
"""

from uvlocal.shim.machine.early_os import stat
from uvlocal.shim.machine.host import System


def keep(environment: str, launcher: str, system: System) -> bool:
    """Create the symlink if nothing, or a dangling symlink, is there; return whether it resolves.

    Anything else there belongs to the project. On Windows, not every user may create symlinks, and
    version managers put nothing before the shim.

    Args:
        environment: an environment in the store, which exists.
        launcher: the shim's absolute path, or "".
        system: the machine.
    """
    if system.platform == "win32" or not launcher:
        return True
    folder = system.path.join(environment, "bin")
    for path in (environment, folder):  # a symlink would point to a place that is not ours
        status = system.lstat(path)
        if status is None or not stat.S_ISDIR(status.st_mode):
            return False
    return system.keep_link(system.path.join(folder, "uv"), launcher)
