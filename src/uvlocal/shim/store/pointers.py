"""The pointer for editors: `.venv` as a symlink or a redirect file to the environment.

Editors look for `.venv` in the project and ignore variables. A pointer is opt-in, as it is in the
shared folder, where other machines see it too. If both ends are below the home directory, the
pointer is relative, so that it is the same on all machines of one person.
"""

import stat

from uvlocal.shim.machine import paths
from uvlocal.shim.machine.host import System
from uvlocal.shim.machine.paths import comparable, without_prefix
from uvlocal.shim.store import naming

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uvlocal.shim.volume.locate import Volume

NONE, SYMLINK, FILE = "none", "symlink", "file"
#: What else `.venv` may be.
FOLDER, OTHER = "folder", "other"

#: Why no symlink is created in a synced folder, by what its client does to symlinks.
_TROUBLE = {
    "skipped": "leaves symbolic links out",
    "followed": "would sync the whole environment through a symbolic link",
    "refused": "stops at a symbolic link",
}
#: The first uv that reads redirect files.
REDIRECT_FILES_FROM = (0, 13, 9)
#: The size limit of a redirect file, in bytes: it contains one path.
_REDIRECT_LIMIT = 65536
#: How many repaired pointers are remembered.
_REMEMBERED = 32
#: The prefix of a pointer whose repair has started; no path of ours starts with it.
_GOING_TO = "\t"


class Pointer:
    """What is at `.venv` in a project.

    Attributes:
        path: where.
        kind: `none`, `symlink`, `file`, `folder`, or `other`.
        target: the path in the symlink or file, as written.
        ours: uvlocal wrote it, on this machine or another, as the end of the path shows.
        leads: it points to this project's environment on this machine.
    """

    __slots__ = ("kind", "leads", "ours", "path", "target")

    def __init__(self, path: str, kind: str, target: str = "") -> None:
        self.path = path
        self.kind = kind
        self.target = target
        self.ours = False
        self.leads = False


def find(root: str, wanted: str, system: System) -> Pointer:
    """Return what is at `.venv` in the project at `root`, whose environment is at `wanted`."""
    path = system.path.join(root, ".venv")
    status = system.lstat(path)
    if status is None:
        return Pointer(path, NONE)
    if stat.S_ISDIR(status.st_mode):
        return Pointer(path, FOLDER)
    if stat.S_ISLNK(status.st_mode):
        pointer = Pointer(path, SYMLINK, system.readlink(path) or "")
    else:
        lines = lines_of(path, system)
        if len(lines) != 1:  # more lines are somebody else's file
            return Pointer(path, OTHER)
        pointer = Pointer(path, FILE, lines[0])
    if system.platform == "win32":
        pointer.target = without_prefix(pointer.target)
    there = comparable(system.path.join(root, pointer.target), system)
    # Compare as text: another machine may have written it, so it is not followed.
    home = system.realpath(system.home) if system.home else ""
    below = paths.relative_to(wanted, system.home, system)
    places = [wanted, system.path.join(home, below)] if below and home else [wanted]
    pointer.leads = bool(wanted) and there in [comparable(place, system) for place in places]
    store = system.path.dirname(system.path.dirname(wanted))
    pointer.ours = pointer.leads or naming.is_our_environment(pointer.target, store, system)
    return pointer


def lines_of(path: str, system: System) -> "list[str]":
    """Return the lines of a redirect file; uv reads the environment's path from the first."""
    data = system.read(path, _REDIRECT_LIMIT) or b""
    return [line.decode("utf-8", "surrogateescape") for line in data.splitlines()]


def target(root: str, wanted: str, system: System) -> str:
    """Return the path for a pointer from the project at `root` to the environment `wanted`."""
    home = system.realpath(system.home) if system.home else ""
    above = paths.relative_to(root, home, system)
    below = paths.relative_to(wanted, system.home, system)
    if below is None:
        below = paths.relative_to(wanted, home, system)
    if above is None or below is None or not home:
        return wanted
    separator = system.path.sep
    ups = [".."] * (above.count(separator) + 1 if above else 0)
    return separator.join([*ups, *below.split(separator)])


def obstacle(kind: str, volume: "Volume", version: "tuple[int, int, int] | None") -> str:
    """Return why a pointer of this kind must not be created, or "".

    Args:
        kind: `symlink` or `file`.
        volume: the project's volume.
        version: the real uv's version, or None if it is unknown.
    """
    if kind == SYMLINK and volume.kind == "synced" and volume.links != "kept":
        trouble = _TROUBLE.get(volume.links, "is not known to keep symbolic links as links")
        return f"{volume.label} {trouble}"
    if kind == FILE and (version is None or version < REDIRECT_FILES_FROM):
        first = ".".join(map(str, REDIRECT_FILES_FROM))
        this = ".".join(map(str, version)) if version else "of an unknown version"
        return f"redirect files need uv {first} or later, and this is {this}"
    return ""


def put(pointer: Pointer, kind: str, says: str, system: System) -> bool:
    """Write a pointer to `.venv` atomically; never replace a directory, or what is not ours.

    Args:
        pointer: what was found there.
        kind: `symlink` or `file`.
        says: the path to write, see `target`.
        system: the machine.
    """
    if pointer.kind != NONE and not pointer.ours:
        return False
    if kind == SYMLINK:
        return system.put_link(pointer.path, says, over=pointer.ours)
    data = says.encode("utf-8", "surrogateescape") + b"\n"
    return system.put_file(pointer.path, data, over=pointer.ours)


def keep(root: str, wanted: str, kind: str, system: System, memory: str) -> "tuple[Pointer, bool]":
    """Create the pointer if it is missing; repair one of another machine, but only once.

    Otherwise two machines whose pointers differ would repair them forever. A pointer that comes
    back after a repair stays.

    Args:
        root: the project's root.
        wanted: its environment.
        kind: `symlink` or `file`.
        system: the machine.
        memory: the file that lists repaired pointers, or "".

    Returns:
        what was found, and whether it was changed.
    """
    pointer = find(root, wanted, system)
    if pointer.leads or not (pointer.ours or pointer.kind == NONE):
        return pointer, False
    if pointer.ours and not _note(pointer, memory, system, done=False):
        return pointer, False
    changed = put(pointer, kind, target(root, wanted, system), system)
    if pointer.ours:
        _note(pointer, memory, system, done=True)
    return pointer, changed


def _note(pointer: Pointer, memory: str, system: System, *, done: bool) -> bool:
    """Record that a pointer is going to be repaired, or has been.

    Returns:
        whether to repair it: False if it was repaired before, or nothing can be recorded. A repair
        that a killed call started is done again.
    """
    if not memory:
        return False
    line = naming.as_text(pointer.target)
    data = system.read(memory, 64 * 4096) or b""
    noted = data.decode("utf-8", "replace").splitlines()
    if line in noted:
        return False
    others = [other for other in noted if other != _GOING_TO + line]
    text = "\n".join([*others[-_REMEMBERED + 1 :], line if done else _GOING_TO + line]) + "\n"
    return system.write_private(memory, text.encode())
