"""What the strategies do that leave the environment in the project, before uv starts.

This is the one place that looks into a project's environment. It follows no link, so that nothing
outside the project is read or changed, whatever a shared folder holds.
"""

import stat

from uvlocal.shim import environment
from uvlocal.shim.arguments import read
from uvlocal.shim.system import System
from uvlocal.shim.variables import Variables

#: The most that is read of a file in an installed package's metadata, in bytes. An editable
#: package lists a handful of files.
_LIMIT = 65536
#: What uv writes beside a package's own metadata: where it came from, and who installed it. With
#: `UV_NO_INSTALLER_METADATA` it does not, and without the first it takes a local package for one
#: of the same name from an index, so that it installs it again (seen in uv 0.5.9 to 0.13.9).
_ORIGIN, _INSTALLER = "direct_url.json", "INSTALLER"


class Look:
    """What was seen of the environment in a project.

    Attributes:
        root: the project's root.
        absent: there is none yet.
        broken: metadata folders of the local packages whose `.pth` file is missing or hidden, so
            that Python does not find them.
        bare: a local package has no note of where it came from: uv will install it again.
        stamp: a word that is another one once the broken packages were installed again.
    """

    __slots__ = ("absent", "bare", "broken", "root", "stamp")

    def __init__(self, root: str = "", *, absent: bool) -> None:
        """Begin with nothing seen."""
        self.root = root
        self.absent = absent
        self.broken: "list[str]" = []
        self.bare = False
        self.stamp = "absent" if absent else ""

    @property
    def stale(self) -> bool:
        """Whether uv has to install local packages (again)."""
        return self.absent or bool(self.broken)

    @property
    def whole(self) -> bool:
        """Whether uv will find nothing to do for local packages."""
        return not (self.absent or self.broken or self.bare)


def look(root: str, system: System) -> Look:
    """Look at the environment in the project at `root`, and change nothing."""
    inside = system.path.join(root, ".venv")
    seen = Look(root, absent=not environment.exists(inside, system))
    for folder in _site_packages(root, system):
        names = system.listdir(folder)
        for name in names:
            if name.endswith(".dist-info"):
                _look_at(system.path.join(folder, name), folder, frozenset(names), system, seen)
    return seen


def _look_at(
    metadata: str, folder: str, names: "frozenset[str]", system: System, seen: Look
) -> None:
    """Note what is to be noted of one installed package; a link is none."""
    if not _is_folder(metadata, system):
        return
    origin = system.read(system.path.join(metadata, _ORIGIN), _LIMIT)
    # An editable package; `editable` is a key of PEP 610.
    local = origin is not None and b'"editable"' in origin
    bare = origin is None and not system.exists(system.path.join(metadata, _INSTALLER))
    if not (local or bare):
        return
    record = system.read(system.path.join(metadata, "RECORD"), _LIMIT)
    paths = _path_files(record or b"", system.path.basename(metadata), any_folder=local)
    if paths:
        seen.bare = seen.bare or bare
        if any(
            path not in names or system.is_hidden(system.path.join(folder, path)) for path in paths
        ):
            seen.broken.append(metadata)
            # Hiding a file, or taking others out of its folder, changes neither of the two.
            status = system.lstat(system.path.join(metadata, "RECORD"))
            if status is not None:
                seen.stamp += f"{status.st_ino}:{status.st_mtime_ns}/"


def _path_files(record: bytes, metadata: str, *, any_folder: bool) -> "list[str]":
    """Return the `.pth` files that an editable package lists in its `RECORD` (PEP 376).

    Without a note of where a package came from, an editable one is known by having no folder of
    its own; `any_folder` says that this need not be asked.
    """
    found = []
    for line in record.decode("utf-8", "replace").splitlines():
        name = line[1:].partition('"')[0] if line[:1] == '"' else line.partition(",")[0]
        first, slash, _ = name.partition("/")
        if slash and first not in ("..", "__pycache__", metadata) and not any_folder:
            return []
        if name.endswith(".pth") and not slash:
            found.append(name)
    return found


def _site_packages(root: str, system: System) -> "list[str]":
    """Return the folders of installed packages in the project's environment.

    Each part of the way must be a folder itself: a link could lead anywhere.
    """
    join = system.path.join
    inside = join(root, ".venv")
    library = join(inside, "Lib" if system.platform == "win32" else "lib")
    if not (_is_folder(inside, system) and _is_folder(library, system)):
        return []
    above = [library]
    if system.platform != "win32":
        names = [name for name in system.listdir(library) if name.startswith(("python", "pypy"))]
        above = [join(library, name) for name in names if _is_folder(join(library, name), system)]
    folders = [join(folder, "site-packages") for folder in above]
    return [folder for folder in folders if _is_folder(folder, system)]


def _is_folder(path: str, system: System) -> bool:
    """Say whether there is a folder at `path` itself, links not followed."""
    status = system.lstat(path)
    return status is not None and stat.S_ISDIR(status.st_mode)


def installs(arguments: "list[str]", system: System) -> bool:
    """Say whether uv installs what is missing in this call, as it does unless told not to."""
    variables = Variables(system.environ, lambda: None)
    return "--no-sync" not in read(arguments).flags and not variables.on("UV_NO_SYNC")


# -- acts --------------------------------------------------------------------------------------


def heal(seen: Look, system: System) -> None:
    """Make uv install the broken packages again: it sees nothing to repair by itself.

    What is taken away is what uv would not have written without installer metadata, and what it
    writes anew when it installs the package.
    """
    for metadata in seen.broken:
        # In this order a look in between sees a local package all the same.
        for name in (_INSTALLER, _ORIGIN):
            path = system.path.join(metadata, name)
            if system.exists(path):
                system.remove_below(seen.root, path)
