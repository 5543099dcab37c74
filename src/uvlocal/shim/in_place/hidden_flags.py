"""Clear the hidden flag of `.pth` files in an environment that stays in its project.

In iCloud Drive macOS sets the flag UF_HIDDEN (chflags(2)) on everything below a dot-directory, and
CPython's `site` skips `.pth` files that have it (https://github.com/python/cpython/issues/113659).

This is the only part of the shim that looks into a project's environment. It follows no symlinks,
so that nothing outside the project is changed, whatever a shared folder contains.
"""

from uvlocal.shim.machine.early_os import stat
from uvlocal.shim.machine.host import System


def clear(root: str, system: System) -> int:
    """Clear the flag on every `.pth` file in the project's environment; return how many had it.

    Python does not skip other hidden files, so they stay as they are.
    """
    cleared = 0
    for folder in _site_packages(root, system):
        for name in system.listdir(folder):
            path = system.path.join(folder, name)
            if name.endswith(".pth") and system.is_hidden(path) and system.show(path):
                cleared += 1
    return cleared


def _site_packages(root: str, system: System) -> "list[str]":
    """Return the `site-packages` directories of the project's environment.

    Each part of the path must be a real directory: a symlink could point anywhere.
    """
    library = system.path.join(root, ".venv", "lib")
    if not (_is_folder(system.path.dirname(library), system) and _is_folder(library, system)):
        return []
    found = []
    for name in system.listdir(library):
        above = system.path.join(library, name)
        packages = system.path.join(above, "site-packages")
        if _is_folder(above, system) and _is_folder(packages, system):
            found.append(packages)
    return found


def _is_folder(path: str, system: System) -> bool:
    """Return whether `path` itself is a directory, not following symlinks."""
    status = system.lstat(path)
    return status is not None and stat.S_ISDIR(status.st_mode)
