"""A `System` that records each fact it was asked for, so that a decision can be revalidated later.

Each input gets a *stamp*, text that the launcher can make anew with one system call or two, and
compare. The first letter of a stamp is its kind:

    s  what `stat` says of a file: device, inode, mode, owner, size, mtime, ctime; of a folder too,
       where it was listed
    l  the same of `lstat`
    d  what `stat` says of a folder, as far as it does not change with the folder's content
    k  the same of `lstat`
    a  `stat` fails, whatever the reason;  A  `lstat` fails;  e  `lstat` finds something
    r  the content of a file, as `summed` has it
    t  what a symbolic link says
    n  the name that macOS or Windows itself has for what a path leads to
    w  whether this user may write into a folder
    o  whether this user may open a file for writing
    p  that this user may not start a file, whatever its mode says
    x  an extended attribute:  x NAME = hexadecimal value, or  x NAME ! where it is absent
    f  whether a file has macOS' flag UF_HIDDEN, links not followed; elsewhere none has it
    q  when a key of Windows' registry was last changed;  Q  there is no such key
    $  the value of an environment variable, its name in the place of the path
    v  what kind of drive a letter stands for, as a number;  m  which letters stand for drives

`r` and `t` are for file systems of whose clock nothing is known: another machine's, or a program's;
for the mount table; and `r` for all of Windows, where a file's times can be put back without trace.
What cannot be stamped at all (a database, a file that may not be read, a link on Windows) makes
`complete` False, and then nothing is recorded. `recall` writes stamps down, `shims/launcher`
makes them anew.
"""

import sys
import time

from uvlocal.shim import contract
from uvlocal.shim.machine import posix_paths
from uvlocal.shim.machine.early_os import os, stat
from uvlocal.shim.machine.host import READ_LIMIT, System, version_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_MOUNTS = "/proc/self/mountinfo"
#: FILE_ATTRIBUTE_DIRECTORY of Windows.
_DIRECTORY = 0x10
#: The beginning of 1970 in steps of 100 ns since that of 1601, as Windows counts time.
_SINCE_1601 = 116_444_736_000_000_000
#: The Mersenne prime 2^61 - 1: two contents have the same rest by accident once in 10^18 times.
_PRIME = (1 << 61) - 1


def summed(data: bytes) -> str:
    """Return the length of `data`, and what is left of it as one number, divided by a prime.

    One operation each in Python and in C; a loop over bytes is too slow in Python.
    """
    return f"{len(data)}:{rest_of(data)}"


def rest_of(data: bytes) -> int:
    """Return `data`, read as a number with its first byte the highest, modulo 2^61 - 1."""
    return int.from_bytes(data, "big") % _PRIME


def whole(letter: str, status: os.stat_result) -> str:
    """Return the stamp of all that tells one version of a file from another."""
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
    """Return the stamp of a folder that stays the same while files come and go in it."""
    if sys.platform == "win32":
        return letter + ":".join(map(str, windows_numbers(status)[:3]))
    numbers = (status.st_dev, status.st_ino, status.st_mode, status.st_uid)
    return letter + ":".join([str(number & 0xFFFFFFFFFFFFFFFF) for number in numbers])


def windows_numbers(status: os.stat_result) -> "tuple[int, ...]":
    """Return a file's volume, index and kind, its size, and the time of its last change.

    As `GetFileInformationByHandle` tells them, of which CPython makes them: newer versions have
    more digits of the volume's number, and the time is in steps of 100 ns since 1601.
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
    """The machine, and a note of each fact that was asked of it.

    Attributes:
        began: the time of the first question, in nanoseconds.
        complete: every answer has a stamp.
        inputs: the stamp of the first answer to each kind of question about each path.
        newest: the latest ctime of all whose content matters, in nanoseconds.
        newest_listed: the same of folders on file systems with an unknown clock.
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
        """Note an answer; two different ones within one call: something changed meanwhile."""
        if self.inputs.setdefault((question, path), stamp) != stamp:
            self.complete = False

    def _ask(
        self, path: str, ask: "Callable[[str], os.stat_result]", letters: str
    ) -> "os.stat_result | None":
        """Ask `stat` or `lstat`; `letters` are the kinds for nothing, a file, a folder."""
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
        if isinstance(error, ValueError):  # a NUL, which no path can hold
            self.complete = False
            return
        self._note(letters, path, letters[0])

    # -- what has a stamp ------------------------------------------------------------------------

    def stat(self, path: str) -> "os.stat_result | None":
        """Return the status of `path`, following symlinks, or None."""
        return self._ask(path, os.stat, "asd")

    def lstat(self, path: str) -> "os.stat_result | None":
        """Return the status of `path` itself, or None."""
        return self._ask(path, os.lstat, "Alk")

    def exists(self, path: str) -> bool:
        """Return whether something is at `path`; that alone is noted."""
        try:
            os.lstat(path)
        except (OSError, ValueError) as error:
            self._note_failure(path, error, "Alk")
            return False
        self._note("e", path, "e")
        return True

    def version(self, path: str) -> str:
        """Return what differs when a file's content, or the names in a folder, changed."""
        return version_of(self._note_names(path))

    def read(self, path: str, limit: int = READ_LIMIT) -> "bytes | None":
        """Return the content of a regular file of at most `limit` bytes, or None."""
        status = self.stat(path)
        data = System.read(self, path, limit)
        if status is None or not stat.S_ISREG(status.st_mode):
            return data
        if data is None:
            # Too large: its stamp tells that. Anything else has no stamp: no permission, say.
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
        """Return what the symbolic link at `path` says, or None."""
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
        """Let a path lead somewhere; what is noted is how it is then, if that worked."""
        kept = UNWATCHED.keep_link(path, target) and self.stat(path) is not None
        self.complete = self.complete and kept
        return kept

    def realpath(self, path: str) -> str:
        """Return the canonical form of `path`; every folder and link on the way is noted."""
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
            return System._resolved(self, path)  # noqa: SLF001 - the same method of the base
        return posix_paths.resolved(path, self._link_at)

    def _link_at(self, path: str) -> "str | None":
        """Note what is at a path; return what it says if it is a link."""
        status = self.lstat(path)
        if status is None or not stat.S_ISLNK(status.st_mode):
            return None
        return self.readlink(path)

    def listdir(self, path: str) -> "list[str]":
        """Return the names in a folder; its mtime tells when they change."""
        if self._note_names(path) is None:
            return []
        try:
            return sorted(os.listdir(path))
        except (OSError, ValueError):  # a file, whose stamp says so, or no permission
            self.complete = False
            return []

    def _note_names(self, path: str) -> "os.stat_result | None":
        """Note the state of a folder with all that is in it, or of a file."""
        status = self.stat(path)
        if status is not None and stat.S_ISDIR(status.st_mode):
            self._note("names", path, whole("s", status))
            if has_own_clock(status.st_dev):
                self.newest = max(self.newest, status.st_ctime_ns)
            else:
                windows = self.platform == "win32"  # where that is the time of creation
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
        """Return whether this user may start a file; that it may shows when it is started."""
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
        """Return whether `path` itself has the flag UF_HIDDEN; that alone is noted."""
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
        """Return something that changes when a registry key's values do."""
        return self._note_key(key)

    def _note_key(self, key: str) -> str:
        """Note when a key was last changed: its values, or the names below it."""
        written = System.registry_stamp(self, key)
        self._note("q", key, f"q{written}" if written else "Q")
        if written:
            self.newest = max(self.newest, (int(written) - _SINCE_1601) * 100)
        return written

    def drive_type(self, drive: str) -> str:
        """Return what kind of drive a letter stands for; what is unknown has no stamp."""
        from uvlocal.shim.machine import native

        answer = System.drive_type(self, drive)
        self.complete = self.complete and answer != ""
        self._note("v", drive, f"v{native.DRIVE_TYPES.index(answer)}")
        return answer

    def mounts(self) -> "list[tuple[str, str, str, str]]":
        """Return what is mounted; on Windows that changes with the drives, or with a volume.

        A folder's volume is a part of its own stamp. macOS has no stamp for what is mounted.
        """
        if self.platform == "win32":
            from uvlocal.shim.machine import native

            self._note("m", "drives", f"m{native.logical_drives()}")
        else:
            self.complete = False
        return System.mounts(self)

    def mount_table(self) -> str:
        """Return what is mounted; the text itself is stamped, since it has no other stamp."""
        data = System.read(UNWATCHED, _MOUNTS) or b""
        self._note("r", _MOUNTS, "r" + summed(data))
        return data.decode("utf-8", "surrogateescape")


def has_own_clock(device: int) -> bool:
    """Return whether a file's ctime on this device is the kernel's own, and changes with the file.

    So it is on a disk. On Linux a device with an anonymous number is a network or FUSE file system,
    where anybody's clock counts, or btrfs, say, where the content may be summed as well.
    """
    if sys.platform == "linux":
        return os.major(device) != 0
    return device in _STARTUP_DISK


def _startup_disk() -> "tuple[int, ...]":
    """Return the device numbers of macOS' startup disk, which is always a local one."""
    if sys.platform != "darwin":
        return ()
    found = [System.stat(UNWATCHED, path) for path in ("/", "/System/Volumes/Data")]
    return tuple([status.st_dev for status in found if status is not None])


def _without_stamp(name: str) -> None:
    """Let a method of `System` that has no stamp make the record incomplete."""
    method = getattr(System, name)

    def ask(self: RecordingSystem, *arguments: object, **options: object) -> object:
        self.complete = False
        return method(self, *arguments, **options)

    ask.__name__ = name
    ask.__doc__ = method.__doc__
    setattr(RecordingSystem, name, ask)


#: What changes something, or asks what no system call of the launcher could ask again. A test
#: holds that every method of `System` is here, or above, or made of those.
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

#: Reads without notes.
UNWATCHED = System(environ={}, cwd="/", home="/")
_STARTUP_DISK = _startup_disk()
