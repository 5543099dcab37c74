"""A `System` that records each fact it was asked for, so that a decision can be revalidated later.

Each input gets a *stamp*, a text that the launcher can recompute with one or two system calls and
compare. The first letter of a stamp is its kind:

    s  `stat` of a file: device, inode, mode, owner, size, mtime, ctime; also of a listed
       directory
    l  the same with `lstat`
    d  `stat` of a directory, without the parts that change with its content
    k  the same with `lstat`
    a  `stat` fails, for any reason;  A  `lstat` fails;  e  `lstat` succeeds
    r  the content of a file, as a checksum (`summed`)
    t  the target of a symlink
    n  the name that macOS or Windows itself has for the target of a path
    w  whether this user may write to a directory
    o  whether this user may open a file for writing
    p  this user may not execute a file, whatever its mode says
    x  an extended attribute:  x NAME = hexadecimal value, or  x NAME ! if it is absent
    f  whether a file has macOS' flag UF_HIDDEN, symlinks not followed; elsewhere none has it
    q  when a key of Windows' registry was last changed;  Q  there is no such key
    $  the value of an environment variable, with its name instead of a path
    v  the type of a drive letter, as a number
    m  which drive letters exist; on macOS the mounts, as a checksum

`r` and `t` are used for file systems with an unknown clock (another machine's, or a program's) and
for the mount table; `r` also on Windows, where a file's times can be reset without a trace.
Inputs without a stamp (a database, an unreadable file, a symlink on Windows) set `complete` to
False, so that nothing is recorded. `writer` writes the stamps, `shims/launcher` recomputes them.
"""

import sys
import time

from uvlocal.shim import contract
from uvlocal.shim.machine import posix_paths
from uvlocal.shim.machine.early_os import fsencode, os, stat
from uvlocal.shim.machine.host import READ_LIMIT, System, version_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_MOUNTS = "/proc/self/mountinfo"
#: FILE_ATTRIBUTE_DIRECTORY of Windows.
_DIRECTORY = 0x10
#: The start of 1970 in steps of 100 ns since the start of 1601, as Windows counts time.
_SINCE_1601 = 116_444_736_000_000_000
#: The Mersenne prime 2^61 - 1: two contents collide with a probability of about 10^-18.
_PRIME = (1 << 61) - 1


def summed(data: bytes) -> str:
    """Return the length of `data`, and its remainder modulo a prime, as a checksum.

    It is one operation each in Python and in C; a loop over bytes is too slow in Python.
    """
    return f"{len(data)}:{rest_of(data)}"


def rest_of(data: bytes) -> int:
    """Return `data` as a big-endian number modulo 2^61 - 1."""
    return int.from_bytes(data, "big") % _PRIME


def whole(letter: str, status: os.stat_result) -> str:
    """Return the stamp that changes with every change of a file."""
    if sys.platform == "win32":
        return letter + ":".join(map(str, windows_numbers(status)))
    numbers = (
        status.st_dev,
        status.st_ino,
        status.st_mode,
        status.st_uid,
        status.st_size,
        status.st_mtime_ns,
        status.st_ctime_ns,
    )
    return letter + ":".join([str(number & 0xFFFFFFFFFFFFFFFF) for number in numbers])


def identity(letter: str, status: os.stat_result) -> str:
    """Return the stamp of a directory that does not change with the files in it."""
    if sys.platform == "win32":
        return letter + ":".join(map(str, windows_numbers(status)[:3]))
    numbers = (status.st_dev, status.st_ino, status.st_mode, status.st_uid)
    return letter + ":".join([str(number & 0xFFFFFFFFFFFFFFFF) for number in numbers])


def windows_numbers(status: os.stat_result) -> "tuple[int, ...]":
    """Return a file's volume, index and kind, its size, and the time of its last change.

    They are as in `GetFileInformationByHandle`, CPython's source for them: newer versions have more
    digits of the volume number, and the time counts steps of 100 ns since 1601.
    """
    attributes: int = getattr(status, "st_file_attributes", 0)
    return (
        status.st_dev & 0xFFFFFFFF,
        status.st_ino & 0xFFFFFFFFFFFFFFFF,
        attributes & _DIRECTORY,
        status.st_size,
        status.st_mtime_ns // 100 + _SINCE_1601,
    )


class RecordingSystem(System):
    """The machine, with a record of each fact that was asked for.

    Attributes:
        began: the time of the first question, in nanoseconds.
        complete: every answer has a stamp.
        inputs: the stamp of the first answer to each kind of question about each path.
        newest: the latest ctime of everything whose content matters, in nanoseconds.
        newest_listed: the same for directories on file systems with an unknown clock.
    """

    __slots__ = ("_canonical", "began", "complete", "inputs", "newest", "newest_listed")

    def __init__(
        self,
        *,
        platform: str = sys.platform,
        environ: "dict[str, str] | None" = None,
        cwd: "str | None" = None,
        home: "str | None" = None,
    ) -> None:
        super().__init__(platform=platform, environ=environ, cwd=cwd, home=home)
        self.began = time.time_ns()
        self.complete = True
        self.inputs: "dict[tuple[str, str], str]" = {}
        self._canonical: "dict[str, str]" = {}
        self.newest = 0
        self.newest_listed = 0

    def _note(self, question: str, path: str, stamp: str) -> None:
        """Record an answer; if it differs from an earlier one, something has just changed."""
        if self.inputs.setdefault((question, path), stamp) != stamp:
            self.complete = False

    def _ask(
        self, path: str, ask: "Callable[[str], os.stat_result]", letters: str
    ) -> "os.stat_result | None":
        """Call `stat` or `lstat`; `letters` are the kinds for nothing, a file, a directory."""
        try:
            status = ask(path)
        except (OSError, ValueError) as error:
            self._note_failure(path, error, letters)
            return None
        folder = stat.S_ISDIR(status.st_mode)
        stamp = identity(letters[2], status) if folder else whole(letters[1], status)
        self._note(letters, path, stamp)
        return status

    def _note_failure(self, path: str, error: Exception, letters: str) -> None:
        if isinstance(error, ValueError):  # a NUL, which no path can contain
            self.complete = False
            return
        self._note(letters, path, letters[0])

    # -- what has a stamp ------------------------------------------------------------------------

    def stat(self, path: str) -> "os.stat_result | None":
        """Return the status of `path`, following symlinks, or None."""
        return self._ask(path, os.stat, "asd")

    def lstat(self, path: str) -> "os.stat_result | None":
        """Return the status of `path` itself, not following symlinks, or None."""
        return self._ask(path, os.lstat, "Alk")

    def exists(self, path: str) -> bool:
        """Return whether anything exists at `path`; only that is recorded."""
        try:
            os.lstat(path)
        except (OSError, ValueError) as error:
            self._note_failure(path, error, "Alk")
            return False
        self._note("e", path, "e")
        return True

    def version(self, path: str) -> str:
        """Return a text that changes with a file's content, or a directory's names."""
        return version_of(self._note_names(path))

    def read(self, path: str, limit: int = READ_LIMIT) -> "bytes | None":
        """Return the content of a regular file of at most `limit` bytes, or None."""
        status = self.stat(path)
        data = System.read(self, path, limit)
        if status is None or not stat.S_ISREG(status.st_mode):
            return data
        if data is None:
            # The stamp of a file that is too large shows that. Other failures have no stamp.
            self.complete = self.complete and status.st_size > limit
        elif has_own_clock(status.st_dev):
            self.newest = max(self.newest, status.st_ctime_ns)
        elif len(data) <= contract.SUMMED_LIMIT:
            self._note("r", path, "r" + summed(data))
        else:
            self.complete = False
        return data

    def variable(self, name: str) -> str:
        """Return the environment variable that a setting refers to, or "" if it is unset."""
        value = System.variable(self, name)
        self._note("$", name, "$" + value)
        return value

    def readlink(self, path: str) -> "str | None":
        """Return the target of the symlink at `path`, or None."""
        status = self.lstat(path)
        target = System.readlink(self, path)
        if status is None or not stat.S_ISLNK(status.st_mode):
            return target
        if target is None or self.platform == "win32":
            self.complete = False
        elif has_own_clock(status.st_dev):
            self.newest = max(self.newest, status.st_ctime_ns)
        else:
            self._note("t", path, "t" + target)
        return target

    def keep_link(self, path: str, target: str) -> bool:
        """Create a symlink if nothing exists there; record the result if that worked."""
        kept = UNWATCHED.keep_link(path, target) and self.stat(path) is not None
        self.complete = self.complete and kept
        return kept

    def realpath(self, path: str) -> str:
        """Return the canonical form of `path`; record every directory and symlink on the way."""
        if path not in self._canonical:
            self._canonical[path] = System.realpath(self, path)
            if self.platform == "darwin":
                self._note("n", path, "n" + self._canonical[path])
        return self._canonical[path]

    def _resolved(self, path: str) -> str:
        if self.platform == "win32":
            from uvlocal.shim.machine import native

            name = native.final_name(path)
            self.complete = self.complete and name != ""
            self._note("n", path, "n" + name)
            return System._resolved(self, path)  # noqa: SLF001 - the method of the base class
        return posix_paths.resolved(path, self._link_at)

    def _link_at(self, path: str) -> "str | None":
        """Record what is at a path; return its target if it is a symlink."""
        status = self.lstat(path)
        if status is None or not stat.S_ISLNK(status.st_mode):
            return None
        return self.readlink(path)

    def listdir(self, path: str) -> "list[str]":
        """Return the names in a directory; its mtime changes with them."""
        if self._note_names(path) is None:
            return []
        try:
            return sorted(os.listdir(path))
        except (OSError, ValueError):  # a file, as its stamp shows, or no permission
            self.complete = False
            return []

    def _note_names(self, path: str) -> "os.stat_result | None":
        """Record the state of a directory with its names, or of a file."""
        status = self.stat(path)
        if status is not None and stat.S_ISDIR(status.st_mode):
            self._note("names", path, whole("s", status))
            if has_own_clock(status.st_dev):
                self.newest = max(self.newest, status.st_ctime_ns)
            else:
                windows = self.platform == "win32"  # where ctime is the creation time
                changed = status.st_mtime_ns if windows else status.st_ctime_ns
                self.newest_listed = max(self.newest_listed, changed)
        return status

    def can_write(self, path: str) -> bool:
        """Return whether this user may create entries in a directory."""
        answer = System.can_write(self, path)
        self._note("w", path, "w1" if answer else "w0")
        return answer

    def can_change(self, path: str) -> bool:
        """Return whether this user may change a file."""
        answer = System.can_change(self, path)
        self._note("o", path, "o1" if answer else "o0")
        return answer

    def can_start(self, path: str) -> bool:
        """Return whether this user may execute a file; only a no is recorded."""
        answer = System.can_start(self, path)
        if not answer:
            self._note("p", path, "p")
        return answer

    def attribute(self, path: str, name: str) -> "bytes | None":
        """Return an extended attribute, or None if there is none."""
        value = System.attribute(self, path, name)
        stamp = f"x{name}!" if value is None else f"x{name}={value.hex()}"
        self._note(f"x{name}", path, stamp)
        if value is not None and len(value) > contract.ATTRIBUTE_LIMIT:
            self.complete = False
        return value

    def is_hidden(self, path: str) -> bool:
        """Return whether `path` itself has the flag UF_HIDDEN; only that is recorded."""
        answer = System.is_hidden(UNWATCHED, path)
        self._note("f", path, "f1" if answer else "f0")
        return answer

    def registry_keys(self, key: str) -> "list[str]":
        """Return the names of the keys below a registry key."""
        self._note_key(key)
        return System.registry_keys(self, key)

    def registry_values(self, key: str) -> "dict[str, str]":
        """Return the values of a registry key."""
        self._note_key(key)
        return System.registry_values(self, key)

    def registry_stamp(self, key: str) -> str:
        """Return a text that changes with a registry key's values."""
        return self._note_key(key)

    def _note_key(self, key: str) -> str:
        """Record when a key was last changed: its values, or the names below it."""
        written = System.registry_stamp(self, key)
        self._note("q", key, f"q{written}" if written else "Q")
        if written:
            self.newest = max(self.newest, (int(written) - _SINCE_1601) * 100)
        return written

    def drive_type(self, drive: str) -> str:
        """Return the type of a drive; an unknown type has no stamp."""
        from uvlocal.shim.machine import native

        answer = System.drive_type(self, drive)
        self.complete = self.complete and answer != ""
        self._note("v", drive, f"v{native.DRIVE_TYPES.index(answer)}")
        return answer

    def mounts(self) -> "list[tuple[str, str, str, str]]":
        """Return the mounts; on Windows the stamp is the set of drives.

        A directory's own stamp includes its volume. On macOS the stamp is the list itself: mount
        points, types, and whether they are local. Without a list nothing is recorded.
        """
        rows = System.mounts(self)
        if self.platform == "win32":
            from uvlocal.shim.machine import native

            self._note("m", "drives", f"m{native.logical_drives()}")
        elif rows:
            self._note("m", "mounts", "m" + summed(listed_mounts(rows)))
        else:
            self.complete = False
        return rows

    def mount_table(self) -> str:
        """Return the mount table; its stamp is a checksum of the text."""
        data = System.read(UNWATCHED, _MOUNTS) or b""
        self._note("r", _MOUNTS, "r" + summed(data))
        return data.decode("utf-8", "surrogateescape")


def listed_mounts(rows: "list[tuple[str, str, str, str]]") -> bytes:
    """Return macOS' mounts as text, in the same form as in the launcher, for a checksum."""
    data = b""
    for _, point, kind, options in rows:
        local = b"l" if "local" in options.split(",") else b"r"
        data += fsencode(point) + b"\0" + fsencode(kind) + b"\0" + local
    return data


def has_own_clock(device: int) -> bool:
    """Return whether the kernel itself sets a file's ctime on this device, at every change.

    This is true for disks. On Linux a device with an anonymous number is a network or FUSE file
    system, whose clock is unknown, or btrfs, for example, where a checksum does no harm.
    """
    if sys.platform == "linux":
        return os.major(device) != 0
    return device in _STARTUP_DISK


def _startup_disk() -> "tuple[int, ...]":
    """Return the device numbers of macOS' startup disk, which is always local."""
    if sys.platform != "darwin":
        return ()
    found = [System.stat(UNWATCHED, path) for path in ("/", "/System/Volumes/Data")]
    return tuple([status.st_dev for status in found if status is not None])


def _without_stamp(name: str) -> None:
    """Make a method of `System` that has no stamp set `complete` to False."""
    method = getattr(System, name)

    def ask(self: RecordingSystem, *arguments: object, **options: object) -> object:
        self.complete = False
        return method(self, *arguments, **options)

    ask.__name__ = name
    ask.__doc__ = method.__doc__
    setattr(RecordingSystem, name, ask)


#: Methods that change something, or whose answer the launcher cannot check with a system call. A
#: test checks that every method of `System` is here, or above, or uses only those.
WITHOUT_STAMP = (
    "command_lines",
    "put_file",
    "put_link",
    "query",
    "remove",
    "show",
)
for _name in WITHOUT_STAMP:
    _without_stamp(_name)

#: Reads without recording.
UNWATCHED = System(environ={}, cwd="/", home="/")
_STARTUP_DISK = _startup_disk()
