"""What a call of uv touches on a simulated Mac, by the folders that macOS guards.

macOS asks the user before a program reads what is in such a folder, or lists it; metadata (stat,
readlink, getxattr, getattrlist) is not guarded, by what people report. Nothing here was seen on a
Mac.
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, NamedTuple

from support.hosts import sample_clients
from support.hosts.fakes import FakeSystem

from uvlocal.shim.call import Call

if TYPE_CHECKING:
    import os

#: Questions about metadata, by the system call; and those about content.
METADATA = ("access", "getattrlist", "getxattr", "lstat", "readlink", "stat")
CONTENT = ("list", "open", "query", "write")

HOME = "/Users/me"
CONTAINER = "Library/Mobile Documents/com~apple~CloudDocs"


class Guarded(NamedTuple):
    """Folders of one kind: what macOS asks before they are read, and a project in one of them."""

    name: str
    folders: tuple[str, ...]
    asks: str
    project: str


GUARDED = (
    Guarded(
        "`~/Desktop`, `~/Documents`, `~/Downloads`",
        tuple(f"{HOME}/{name}" for name in ("Desktop", "Documents", "Downloads")),
        "for the folder",
        f"{HOME}/Documents/foo",
    ),
    Guarded(
        "`~/Library/Mobile Documents` (iCloud Drive)",
        (f"{HOME}/Library/Mobile Documents",),
        "for iCloud Drive",
        f"{HOME}/{CONTAINER}/foo",
    ),
    Guarded(
        "`~/Library/CloudStorage`",
        (f"{HOME}/Library/CloudStorage",),
        "for the client's files",
        f"{HOME}/Library/CloudStorage/Dropbox-Personal/foo",
    ),
    Guarded(
        "`/Volumes`",
        ("/Volumes",),
        "for removable and network volumes",
        "/Volumes/Disk/foo",
    ),
    Guarded(
        "`~/Library/Containers`, `~/Library/Group Containers`",
        (f"{HOME}/Library/Containers", f"{HOME}/Library/Group Containers"),
        "for data of other apps",
        "",
    ),
)
#: A project in a folder that macOS does not guard.
ELSEWHERE = f"{HOME}/code/foo"


class WatchedMac(FakeSystem):
    """A Mac with every sync client, which notes each access: the kind, and the path.

    A name that the disk has for a path is asked for by getattrlist(2), as in `native.disk_name`.
    """

    __slots__ = ("accesses",)

    accesses: set[tuple[str, str]]

    def stat(self, path: str) -> os.stat_result | None:
        """Note the question: it is `stat`."""
        self.accesses.add(("stat", path))
        return super().stat(path)

    def lstat(self, path: str) -> os.stat_result | None:
        """Note the question: it is `lstat`."""
        self.accesses.add(("lstat", path))
        return super().lstat(path)

    def is_hidden(self, path: str) -> bool:
        """Note the question: it is `lstat`."""
        self.accesses.add(("lstat", path))
        return super().is_hidden(path)

    def readlink(self, path: str) -> str | None:
        """Note the question: it is `readlink`."""
        self.accesses.add(("readlink", path))
        return super().readlink(path)

    def realpath(self, path: str) -> str:
        """Note the links on the way, and the question for the name."""
        self.accesses |= {("readlink", path), ("getattrlist", path)}
        return super().realpath(path)

    def attribute(self, path: str, name: str) -> bytes | None:
        """Note a getxattr(2)."""
        self.accesses.add(("getxattr", path))
        return super().attribute(path, name)

    def can_write(self, path: str) -> bool:
        """Note an access(2)."""
        self.accesses.add(("access", path))
        return super().can_write(path)

    def can_change(self, path: str) -> bool:
        """Note an open(2) for writing."""
        self.accesses.add(("write", path))
        return super().can_change(path)

    def read(self, path: str, limit: int = 1 << 22) -> bytes | None:
        """Note an open(2), of what is there."""
        if self.is_file(path):
            self.accesses.add(("open", path))
        return super().read(path, limit)

    def listdir(self, path: str) -> list[str]:
        """Note that a folder is listed."""
        self.accesses.add(("list", path))
        return super().listdir(path)

    def query(self, path: str, query: str) -> list[tuple[object, ...]] | None:
        """Note that a database is read."""
        self.accesses.add(("query", path))
        return super().query(path, query)


def mac(project: str) -> WatchedMac:
    """Return a Mac with every client and a project, and the current directory there."""
    system = WatchedMac(platform="darwin", cwd=project, home=HOME)
    system.accesses = set()
    sample_clients.fill(system)
    system.put(f"{project}/pyproject.toml", b'[project]\nname = "foo"\nversion = "0"\n')
    system.put(f"{project}/.venv/pyvenv.cfg", b"")
    system.put("/Volumes/Disk", None)
    system.mount_rows = [
        ("/dev/disk3s1", "/", "apfs", "rw,local"),
        ("/dev/disk4s1", "/Volumes/Disk", "apfs", "rw,local"),
    ]
    system.devices = {"/Volumes/Disk": 9}
    return system


def accesses(project: str) -> set[tuple[str, str]]:
    """Return what two calls of `uv run` in a project touch: the first one, and the next."""
    system = mac(project)
    for _ in range(2):
        Call(["run", "foo"], system).settle()
    return system.accesses


def within(touched: set[tuple[str, str]], guarded: Guarded) -> set[tuple[str, str]]:
    """Return the accesses in guarded folders."""
    return {
        (kind, path)
        for kind, path in touched
        if any(f"{path}/".startswith(f"{folder}/") for folder in guarded.folders)
    }


def table() -> str:
    """Return a row for each kind of folder: what is touched there."""
    rows = [
        "| folder | macOS asks before it is read | project | metadata | content |",
        "|---|---|---|---|---|",
    ]
    everywhere = [one.project for one in GUARDED if one.project] + [ELSEWHERE]
    for guarded in GUARDED:
        there = [project for project in everywhere if project == guarded.project]
        elsewhere = [project for project in everywhere if project != guarded.project]
        for name, projects in (("there", there), ("elsewhere", elsewhere)):
            if not projects:
                continue
            found = set().union(*(within(accesses(project), guarded) for project in projects))
            kinds = sorted({kind for kind, _ in found if kind in METADATA})
            names = sorted({posixpath.basename(path) for kind, path in found if kind in CONTENT})
            cells = [", ".join(f"`{one}`" for one in cell) or "-" for cell in (kinds, names)]
            rows.append(f"| {guarded.name} | {guarded.asks} | {name} | {' | '.join(cells)} |")
    return "\n".join(rows)
