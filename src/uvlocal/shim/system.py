"""The seam between uvlocal and the machine: one method per outside fact.

Everything that the decision rests on is read through a `System`. The tests give a system made of
a dictionary, so that the rules of macOS and Windows are tested on Linux and back. A fact that
cannot be had is `None` (or empty), never an exception: no file of a sync client and no strange
volume may stop uv.
"""

import ntpath
import os
import posixpath
import stat
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    class PathRules(Protocol):
        """What is used of `posixpath` and `ntpath`."""

        sep: str

        def abspath(self, path: str, /) -> str: ...
        def basename(self, p: str, /) -> str: ...
        def dirname(self, p: str, /) -> str: ...
        def isabs(self, s: str, /) -> bool: ...
        def join(self, a: str, /, *paths: str) -> str: ...
        def normcase(self, s: str, /) -> str: ...
        def normpath(self, path: str, /) -> str: ...
        def realpath(self, filename: str, /) -> str: ...
        def split(self, p: str, /) -> tuple[str, str]: ...
        def splitdrive(self, p: str, /) -> tuple[str, str]: ...


#: The most that is read of any one configuration file, in bytes. Real ones are a few kilobytes;
#: a larger file is treated as unreadable, so that no call ever waits for one.
READ_LIMIT = 4 * 1024 * 1024


class System:
    """The machine this process runs on.

    `platform` is `sys.platform` and enters the program here only; `path` is the module of path
    rules that goes with it; `environ` is the environment as text; `cwd` is the physical current
    directory, empty when it has been deleted; `home` is the user's home directory, empty when
    nothing names one; `uid` is the effective user id, -1 where there is none.
    """

    __slots__ = ("cwd", "environ", "home", "path", "platform", "uid")

    def __init__(
        self,
        *,
        platform: str = sys.platform,
        environ: "dict[str, str] | None" = None,
        cwd: "str | None" = None,
        home: "str | None" = None,
    ) -> None:
        """Take the facts given, and ask the operating system for the others."""
        self.platform = platform
        self.path: "PathRules" = ntpath if platform == "win32" else posixpath
        self.environ = dict(os.environ) if environ is None else environ
        self.cwd = _current_directory() if cwd is None else cwd
        self.home = _home_directory(self.environ, platform) if home is None else home
        self.uid = os.geteuid() if sys.platform != "win32" else -1

    # -- files ---------------------------------------------------------------------------------

    def stat(self, path: str) -> "os.stat_result | None":
        """Return the status of what `path` leads to, or None."""
        try:
            return os.stat(path)
        except (OSError, ValueError):
            return None

    def lstat(self, path: str) -> "os.stat_result | None":
        """Return the status of `path` itself, links not followed, or None."""
        try:
            return os.lstat(path)
        except (OSError, ValueError):
            return None

    def is_file(self, path: str) -> bool:
        """Say whether `path` leads to a regular file."""
        found = self.stat(path)
        return found is not None and stat.S_ISREG(found.st_mode)

    def is_directory(self, path: str) -> bool:
        """Say whether `path` leads to a directory."""
        found = self.stat(path)
        return found is not None and stat.S_ISDIR(found.st_mode)

    def read(self, path: str, limit: int = READ_LIMIT) -> "bytes | None":
        """Return the content of a regular file of at most `limit` bytes, or None.

        The file is opened without waiting and looked at before it is read: a FIFO or a device
        put where a configuration file is expected must not hold uv up.
        """
        flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        try:
            if not self.is_file(path):
                return None
            descriptor = os.open(path, flags | getattr(os, "O_CLOEXEC", 0))
        except (OSError, ValueError):
            return None
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode) or status.st_size > limit:
                return None
            chunks = []
            while chunk := os.read(descriptor, 1 << 20):
                chunks.append(chunk)
                if sum(map(len, chunks)) > limit:
                    return None
            return b"".join(chunks)
        except OSError:
            return None
        finally:
            os.close(descriptor)

    def readlink(self, path: str) -> "str | None":
        """Return what the symbolic link at `path` says, or None where there is no link."""
        try:
            return os.readlink(path)
        except (OSError, ValueError):
            return None

    def realpath(self, path: str) -> str:
        """Return the canonical form of `path`: absolute, links resolved.

        On macOS the name that the disk itself has, so that letter case and Unicode form do not
        matter (`fcntl(2)`, F_GETPATH).
        """
        try:
            resolved = self.path.realpath(path)
        except (OSError, ValueError):
            return path
        if self.platform == "darwin":
            return _disk_name(resolved)
        return resolved

    def listdir(self, path: str) -> "list[str]":
        """Return the sorted names in a *configuration* directory; never called on a project."""
        try:
            return sorted(os.listdir(path))
        except (OSError, ValueError):
            return []

    def can_write(self, path: str) -> bool:
        """Say whether this user may create entries in the directory `path`."""
        try:
            return os.access(path, os.W_OK | os.X_OK)
        except (OSError, ValueError):
            return False


def _current_directory() -> str:
    try:
        return os.getcwd()
    except OSError:
        return ""


def _home_directory(environ: "dict[str, str]", platform: str) -> str:
    """Return the home directory as uv finds it: the variable first, then the user database."""
    if platform == "win32":
        return environ.get("USERPROFILE", "")
    home = environ.get("HOME", "")
    if home:
        return home
    if sys.platform != "win32":
        try:
            import pwd  # noqa: PLC0415 - built in, and needed only without HOME

            return pwd.getpwuid(os.getuid()).pw_dir
        except (ImportError, KeyError):
            return ""
    return ""


def _disk_name(path: str) -> str:
    """Return the name that macOS itself has for `path`, or `path` where it has none."""
    if sys.platform != "darwin":
        return path
    try:
        import fcntl  # noqa: PLC0415 - an extension module, needed on macOS only

        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            name = fcntl.fcntl(descriptor, fcntl.F_GETPATH, bytes(1024))
        finally:
            os.close(descriptor)
        return os.fsdecode(name.rstrip(b"\0"))
    except (ImportError, OSError):
        return path
