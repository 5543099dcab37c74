"""A machine made of dictionaries, so that every system's rules are tested on every system."""

from __future__ import annotations

import contextlib
import ntpath
import os
import sqlite3
import stat
import unicodedata
from typing import TYPE_CHECKING

from uvlocal.shim.machine import posix_paths
from uvlocal.shim.machine.host import READ_LIMIT, System

if TYPE_CHECKING:
    from collections.abc import Mapping


class Link(str):
    """The target of a symlink, as a value in the tree of a `FakeSystem`."""

    __slots__ = ()


class Special:
    """A special file, such as a FIFO or a device."""


class FakeSystem(System):
    """A `System` whose files are given as `{path: bytes | Link | Special | None}`.

    `None` is an empty directory; parents are created implicitly. Every access to `blocked` paths
    fails, as without permission. Reads are recorded in `touched`, in order.

    Other facts are set after construction: `mount_text` (Linux), `mount_rows`,
    `attributes` as `{(path, name): value}`, `registry` as `{key: {name: value}}`, `drives` as
    `{"Z:": "remote"}`, `running` command lines, `devices` as `{mount point: device number}`,
    `hidden` as the paths with macOS' flag. Methods that write change the tree.
    """

    __slots__ = (
        "attributes",
        "blocked",
        "devices",
        "drives",
        "folds_case",
        "hidden",
        "inodes",
        "modes",
        "mount_rows",
        "mount_text",
        "registry",
        "running",
        "times",
        "touched",
        "tree",
    )

    def __init__(
        self,
        files: Mapping[str, object] | None = None,
        *,
        platform: str = "linux",
        environ: Mapping[str, str] | None = None,
        cwd: str | None = None,
        home: str | None = None,
        blocked: tuple[str, ...] = (),
    ) -> None:
        default_home = {"linux": "/home/me", "darwin": "/Users/me", "win32": r"C:\Users\me"}
        home = default_home[platform] if home is None else home
        super().__init__(
            platform=platform,
            environ={
                name.upper() if platform == "win32" else name: value  # as in `os.environ`
                for name, value in (environ or {}).items()
            },
            cwd=home if cwd is None else cwd,
            home=home,
        )
        self.path = ntpath if platform == "win32" else posix_paths
        self.uid = -1 if platform == "win32" else 1000
        self.folds_case = platform in {"win32", "darwin"}
        self.blocked = blocked
        self.touched: list[str] = []
        self.tree: dict[str, object] = {}
        self.times: dict[str, int] = {}
        self.inodes: dict[str, int] = {}
        self.modes: dict[str, int] = {}
        self.mount_text = ""
        self.running: list[list[str]] = []
        self.mount_rows: list[tuple[str, str, str, str]] = []
        self.attributes: dict[tuple[str, str], bytes] = {}
        self.registry: dict[str, dict[str, str]] = {}
        self.drives: dict[str, str] = {}
        self.devices: dict[str, int] = {}
        self.hidden: set[str] = set()
        for name, content in (files or {}).items():
            self.put(name, content)
        if home:
            self.put(home, None)

    def put(self, name: str, content: object) -> None:
        """Add a file, link or directory, and its parents."""
        if content is not None or self._key(name) not in self.tree:
            self.tree[self._key(name)] = content
            self.inodes.setdefault(self._key(name), len(self.inodes) + 2)
            now = max(self.times.values(), default=0) + 1
            self.times[self._key(name)] = self.times[self._key(self.path.dirname(name))] = now
        parent = self.path.dirname(name)
        if parent != name and self._key(parent) not in self.tree:
            self.put(parent, None)

    def _key(self, name: str) -> str:
        name = self.path.normpath(name)
        if self.platform == "darwin":
            name = unicodedata.normalize("NFC", name)
        return name.casefold() if self.folds_case else name

    def _resolve(self, name: str, *, last: bool = True, depth: int = 0) -> str | None:
        """Resolve symlinks in `name`, in the last part only if `last`; return None for a loop."""
        if depth > 40:
            return None
        drive, rest = self.path.splitdrive(name)
        parts = [part for part in rest.replace(self.path.sep, "/").split("/") if part]
        current = drive + self.path.sep
        for position, part in enumerate(parts):
            if part == ".":
                continue
            if part == "..":
                current = self.path.dirname(current)
                continue
            following = self.path.join(current, part)
            content = self.tree.get(self._key(following))
            if isinstance(content, Link) and (last or position < len(parts) - 1):
                target = self.path.join(current, content)
                resolved = self._resolve(target, depth=depth + 1)
                if resolved is None:
                    return None
                current = resolved
            else:
                current = following
        return current

    def _look(self, name: str, *, last: bool) -> tuple[str, object] | None:
        self.touched.append(name)
        if any(name == block or name.startswith(block + self.path.sep) for block in self.blocked):
            return None
        resolved = self._resolve(name, last=last)
        if resolved is None or self._key(resolved) not in self.tree:
            return None
        return resolved, self.tree[self._key(resolved)]

    def _status(self, found: tuple[str, object] | None) -> os.stat_result | None:
        if found is None:
            return None
        resolved, content = found
        kind, size = stat.S_IFDIR | 0o755, 0
        if isinstance(content, bytes):
            kind, size = stat.S_IFREG | 0o644, len(content)
        elif isinstance(content, Link):
            kind = stat.S_IFLNK | 0o777
        elif isinstance(content, Special):
            kind = stat.S_IFIFO | 0o644
        key = self._key(resolved)
        inode = self.inodes[key]
        kind = stat.S_IFMT(kind) | self.modes.get(key, stat.S_IMODE(kind))
        times = (self.times[key],) * 6
        nanoseconds = tuple(10**9 * time for time in times[:3])
        device = self.device(resolved)
        return os.stat_result((kind, inode, device, 1, 1000, 1000, size, *times, *nanoseconds))

    def device(self, resolved: str) -> int:
        """Return the device number of a resolved path: that of the innermost of `devices`, or 1."""
        inside = [mount for mount in self.devices if f"{resolved}/".startswith(f"{mount}/")]
        return self.devices[max(inside, key=len)] if inside else 1

    def stat(self, path: str) -> os.stat_result | None:
        """Return the status of `path`, following symlinks."""
        return self._status(self._look(path, last=True))

    def lstat(self, path: str) -> os.stat_result | None:
        """Return the status of `path` itself."""
        return self._status(self._look(path, last=False))

    def read(self, path: str, limit: int = READ_LIMIT) -> bytes | None:
        """Return a file's content."""
        found = self._look(path, last=True)
        if found is None or not isinstance(found[1], bytes) or len(found[1]) > limit:
            return None
        return found[1]

    def readlink(self, path: str) -> str | None:
        """Return a link's target."""
        found = self._look(path, last=False)
        return str(found[1]) if found is not None and isinstance(found[1], Link) else None

    def realpath(self, path: str) -> str:
        """Resolve every link."""
        if not self.path.isabs(path):
            path = self.path.join(self.cwd, path)
        return self._resolve(path) or path

    def listdir(self, path: str) -> list[str]:
        """Return the names below a directory."""
        found = self._look(path, last=True)
        if found is None or found[1] is not None:
            return []
        prefix = self._key(found[0]).rstrip(self.path.sep) + self.path.sep
        below = (key[len(prefix) :] for key in self.tree if key.startswith(prefix))
        return sorted({name for name in below if name and self.path.sep not in name})

    def can_write(self, path: str) -> bool:
        """Return whether a directory is there and not blocked."""
        found = self._look(path, last=True)
        return found is not None and found[1] is None

    def can_change(self, path: str) -> bool:
        """Return whether a file is there and not blocked."""
        found = self._look(path, last=True)
        return found is not None and isinstance(found[1], bytes)

    def attribute(self, path: str, name: str) -> bytes | None:
        """Return an attribute of an existing path."""
        found = self._look(path, last=False)
        attributes = {(self._key(at), key): value for (at, key), value in self.attributes.items()}
        return None if found is None else attributes.get((self._key(found[0]), name))

    def is_hidden(self, path: str) -> bool:
        """Return whether a path has macOS' flag."""
        self.touched.append(path)
        return path in self.hidden

    def show(self, path: str) -> bool:
        """Clear the flag."""
        self.hidden.discard(path)
        return True

    def remove(self, path: str) -> bool:
        """Remove a file or link."""
        found = self._look(path, last=False)
        if found is None or found[1] is None:
            return False
        del self.tree[self._key(found[0])]
        return True

    def put_link(self, path: str, target: str, *, over: bool) -> bool:
        """Create a symlink if nothing exists, or replace something that is not a directory."""
        return self._put_over(path, Link(target), over=over)

    def put_file(self, path: str, data: bytes, *, over: bool) -> bool:
        """Create a file in the same way."""
        return self._put_over(path, data, over=over)

    def _put_over(self, path: str, content: object, *, over: bool) -> bool:
        found = self._look(path, last=False)
        if found is not None and (not over or found[1] is None):
            return False
        if not self.can_write(self.path.dirname(path)):
            return False
        self.put(path, content)
        return True

    def query(self, path: str, query: str) -> list[tuple[object, ...]] | None:
        """Run a query on a database in memory."""
        data = self.read(path)
        if data is None:
            return None
        with contextlib.closing(sqlite3.connect(":memory:")) as database:
            try:
                database.deserialize(data)
                return database.execute(query).fetchall()
            except sqlite3.Error:
                return None

    def make_private_directory(self, path: str) -> bool:
        """Create a directory of mode 0700 if nothing exists."""
        if self._key(path) not in self.tree:
            self.put(path, None)
            self.modes[self._key(path)] = 0o700
        return True

    def write_private(self, path: str, data: bytes) -> bool:
        """Write a file to a private directory, which is created if missing."""
        folder = self.path.dirname(path)
        if folder in self.blocked or path in self.blocked:
            return False
        self.put(folder, None)
        if not self.is_private(folder, stat.S_IFDIR):
            return False
        self.put(path, data)
        return True

    def mount_table(self) -> str:
        """Return the test's text, on Linux."""
        self.touched.append("mount table")
        return self.mount_text if self.platform == "linux" else ""

    def mounts(self) -> list[tuple[str, str, str, str]]:
        """Return the test's rows, except on Linux."""
        self.touched.append("mount rows")
        return [] if self.platform == "linux" else self.mount_rows

    def command_lines(self, program: str) -> list[list[str]]:
        """Return the command lines of the processes with a name."""
        return [words for words in self.running if words[0] == program]

    def drive_type(self, drive: str) -> str:
        """Return the type of a drive, by default fixed."""
        return self.drives.get(drive.upper(), "fixed")

    def registry_keys(self, key: str) -> list[str]:
        """Return the names of the keys below a key; parents exist implicitly."""
        prefix = key.casefold() + "\\"
        below = (
            name[len(prefix) :] for name in self.registry if name.casefold().startswith(prefix)
        )
        return sorted({name.split("\\")[0] for name in below})

    def registry_values(self, key: str) -> dict[str, str]:
        """Return the values of a key."""
        folded = {name.casefold(): values for name, values in self.registry.items()}
        return dict(folded.get(key.casefold(), {}))

    def registry_stamp(self, key: str) -> str:
        """Return a text that changes with the values and keys."""
        values, keys = self.registry_values(key), self.registry_keys(key)
        return repr((sorted(values.items()), keys)) if values or keys else ""
