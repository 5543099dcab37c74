"""Clear the hidden flag of `.pth` files in an environment that stays in its project.

In iCloud Drive macOS gives all that lies below a dot-folder the flag UF_HIDDEN (chflags(2)), and
`site` of CPython skips `.pth` files that have it (https://github.com/python/cpython/issues/113659).

This is the one place of the shim that looks into a project's environment. It follows no link, so
that nothing outside the project is changed, whatever a shared folder holds.
"""

from uvlocal.shim.machine.early_os import stat
from uvlocal.shim.machine.host import System


def clear(root: str, system: System) -> int:
    """Clear the flag of every `.pth` file in the project's environment; return of how many.

    Other hidden files are found as always, so they stay as they are.
    """
    cleared = 0
    for folder in _site_packages(root, system):
        for name in system.listdir(folder):
            path = system.path.join(folder, name)
            if name.endswith(".pth") and system.is_hidden(path) and system.show(path):
                cleared += 1
    return cleared


def _site_packages(root: str, system: System) -> "list[str]":
    """Return the folders of installed packages in the project's environment.

    Each part of the way must be a folder itself: a link could lead anywhere.
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
    """Return whether there is a folder at `path` itself, links not followed."""
    status = system.lstat(path)
    return status is not None and stat.S_ISDIR(status.st_mode)
