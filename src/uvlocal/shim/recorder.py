"""A `System` that remembers what it was asked, so that an answer can be told to be still valid.

Each input gets a *stamp*, text that the launcher can make anew with one system call and compare.
The first letter of a stamp is its kind:

    s  what `stat` says of a file, or of a folder that was listed: device, inode, mode, owner, size,
       mtime, ctime
    l  the same of `lstat`
    d  what `stat` says of a folder, as far as it does not change with the folder's content
    k  the same of `lstat`
    a  `stat` finds nothing;  A  `lstat` finds nothing;  e  `lstat` finds something
    w  whether this user may write into a folder
    x  an extended attribute:  x NAME = hexadecimal value, or  x NAME ! where it is absent
    m  a hash of the mount table

What cannot be stamped so (a registry, a database, a permission error) makes `complete` False, and
then nothing is recorded. `recall` writes stamps down, `shims/launcher.c` makes them anew.
"""

import errno
import os
import stat

from uvlocal.shim.environment import fnv
from uvlocal.shim.system import System

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_ABSENT = (errno.ENOENT, errno.ENOTDIR)
_MOUNTS = "/proc/self/mountinfo"
#: As many links as Linux follows in one path (path_resolution(7)).
_LINKS = 40


def whole(letter: str, status: os.stat_result) -> str:
    """Return the stamp of all that tells one version of a file from another."""
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
    numbers = (status.st_dev, status.st_ino, status.st_mode, status.st_uid)
    return letter + ":".join([str(number & 0xFFFFFFFFFFFFFFFF) for number in numbers])


class RecordingSystem(System):
    """The machine, and a note of each fact that was asked of it.

    `inputs` maps a path and a kind of question to the stamp of the first answer; `newest` is the
    latest ctime among them, in nanoseconds; `complete` says whether every answer has a stamp.
    """

    __slots__ = ("complete", "inputs", "newest")

    def __init__(self) -> None:
        """Begin with nothing asked."""
        super().__init__()
        self.complete = True
        self.inputs: "dict[tuple[str, str], str]" = {}
        self.newest = 0

    def _note(self, path: str, stamp: str, status: "os.stat_result | None" = None) -> None:
        # `a` and `s` answer one question, so do `A` and `l`: two different answers within one
        # call mean that something changed meanwhile.
        question = "stat" if stamp[0] in "asd" else "lstat" if stamp[0] in "Alk" else stamp[:1]
        if stamp[0] == "x":
            question = stamp.partition("=")[0].rstrip("!")
        before = self.inputs.setdefault((question, path), stamp)
        if before != stamp:
            self.complete = False
        if status is not None and stamp[0] in "sl":
            self.newest = max(self.newest, status.st_ctime_ns)

    def _ask(
        self, path: str, ask: "Callable[[str], os.stat_result]", letters: str
    ) -> "os.stat_result | None":
        absent, file, folder = letters[0], letters[1], letters[2]
        try:
            status = ask(path)
        except OSError as error:
            if error.errno not in _ABSENT:
                self.complete = False
            self._note(path, absent)
            return None
        except ValueError:  # a NUL in the path
            self.complete = False
            return None
        is_folder = stat.S_ISDIR(status.st_mode)
        self._note(path, identity(folder, status) if is_folder else whole(file, status), status)
        return status

    # -- what has a stamp ------------------------------------------------------------------------

    def stat(self, path: str) -> "os.stat_result | None":
        """Return the status of what `path` leads to, or None."""
        return self._ask(path, os.stat, "asd")

    def lstat(self, path: str) -> "os.stat_result | None":
        """Return the status of `path` itself, or None."""
        return self._ask(path, os.lstat, "Alk")

    def exists(self, path: str) -> bool:
        """Say whether something is at `path`; that alone is noted."""
        found = System.lstat(self, path) is not None
        if found:
            self._note(path, "e")
        else:
            self.lstat(path)
        return found

    def readlink(self, path: str) -> "str | None":
        """Return what the symbolic link at `path` says, or None."""
        self.lstat(path)
        return System.readlink(self, path)

    def realpath(self, path: str) -> str:
        """Return the canonical form of `path`; every folder and link on the way is noted."""
        self._note_way(path)
        return System.realpath(self, path)

    def _note_way(self, path: str) -> None:
        rest = path
        for _ in range(_LINKS):
            link = self._first_link(rest)
            if not link:
                return
            target = self.readlink(link) or ""
            # Not normalised: `..` after a link leads up from where the link leads to.
            rest = self.path.join(self.path.dirname(link), target) + rest[len(link) :]
        self.complete = False

    def _first_link(self, path: str) -> str:
        """Note every folder down to the first link in `path`, and return that; "" for none."""
        position = 0
        while position < len(path):
            position = path.find(self.path.sep, position + 1)
            if position < 0:
                position = len(path)
            upper = path[:position]
            status = self.lstat(upper)
            if status is None:
                return ""
            if stat.S_ISLNK(status.st_mode):
                return upper
        return ""

    def listdir(self, path: str) -> "list[str]":
        """Return the names in a folder; its mtime tells when they change."""
        try:
            status = os.stat(path)
        except (OSError, ValueError):
            self.stat(path)
            return System.listdir(self, path)
        self.inputs["listing", path] = whole("s", status)
        self.newest = max(self.newest, status.st_ctime_ns)
        return System.listdir(self, path)

    def can_write(self, path: str) -> bool:
        """Say whether this user may create entries in a directory."""
        answer = System.can_write(self, path)
        self._note(path, "w1" if answer else "w0")
        return answer

    def attribute(self, path: str, name: str) -> "bytes | None":
        """Return an extended attribute, None where there is none."""
        value = System.attribute(self, path, name)
        self._note(path, f"x{name}!" if value is None else f"x{name}={value.hex()}")
        return value

    def mount_table(self) -> str:
        """Return what is mounted; a hash of it is noted, since such a file has no other stamp."""
        data = System.read(_UNWATCHED, _MOUNTS) or b""
        self._note(_MOUNTS, "m" + format(fnv(data), "016x"))
        return data.decode("utf-8", "surrogateescape")

    # -- what has none ---------------------------------------------------------------------------

    def _give_up(self) -> None:
        self.complete = False


def _without_stamp(name: str) -> None:
    """Let a method of `System` that has no stamp make the record incomplete."""
    method = getattr(System, name)

    def ask(self: RecordingSystem, *arguments: object, **options: object) -> object:
        self._give_up()
        return method(self, *arguments, **options)

    ask.__name__ = name
    ask.__doc__ = method.__doc__
    setattr(RecordingSystem, name, ask)


#: What changes something, or asks what no system call of the launcher could ask again. A test
#: holds that every method of `System` is either here or above.
WITHOUT_STAMP = (
    "drive_type",
    "is_alive",
    "is_hidden",
    "lock",
    "make_directory",
    "mounts",
    "put_file",
    "put_link",
    "query",
    "registry_keys",
    "registry_stamp",
    "registry_values",
    "remove",
    "set_attribute",
    "show",
)
for _name in WITHOUT_STAMP:
    _without_stamp(_name)

#: Reads without notes.
_UNWATCHED = System(environ={}, cwd="/", home="/")
