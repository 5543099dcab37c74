"""The interface between uvlocal and the machine: one method per outside fact.

Everything that a decision depends on is read through a `System`. The tests pass a fake made of a
dictionary, so that every system's rules are tested on every system. A fact that cannot be read is
`None` (or empty), never an exception: no sync client's file and no odd volume may stop uv.
"""

import sys

from uvlocal.shim.machine import early_os, posix_paths
from uvlocal.shim.machine.early_os import os, stat

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Protocol, TypeVar

    T = TypeVar("T")

    class PathRules(Protocol):
        """The functions that are used of `posix_paths` and `ntpath`."""

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


#: The size limit of a configuration file, in bytes. Real ones have a few kilobytes; a larger file
#: is treated as unreadable, so that no call waits for it.
READ_LIMIT = 4 * 1024 * 1024
#: The suffix of files in a project while they are being created.
DRAFT = ".uvlocal"


class System:
    """The machine this process runs on.

    `platform` is `sys.platform`, which is read nowhere else; `path` is the matching module of path
    rules; `environ` is the environment as text; `cwd` is the physical current directory, or "" if
    it was deleted; `home` is the user's home directory, or "" if it is unknown; `uid` is the
    effective user id, or -1 if the system has none.

    Arguments that are not given are read from the operating system.
    """

    __slots__ = ("_known", "cwd", "environ", "home", "path", "platform", "uid")

    def __init__(
        self,
        *,
        platform: str = sys.platform,
        environ: "dict[str, str] | None" = None,
        cwd: "str | None" = None,
        home: "str | None" = None,
    ) -> None:
        self.platform = platform
        self.path: "PathRules" = _windows_paths() if platform == "win32" else posix_paths
        self.environ = early_os.environ() if environ is None else environ
        self.cwd = _current_directory() if cwd is None else cwd
        self.home = _home_directory(self.environ, platform) if home is None else home
        self._known: "dict[str, object]" = {}
        self.uid = -1
        if sys.platform != "win32":
            self.uid = os.geteuid()

    def once(self, name: str, ask: "Callable[[], T]") -> "T":
        """Return the cached result of `ask`, so that no fact of a call is gathered twice."""
        if name not in self._known:
            self._known[name] = ask()
        return self._known[name]  # type: ignore[return-value] # the result of `ask`

    def share(self, known: "dict[str, object]") -> None:
        """Share the cache of `once` between the calls of one command."""
        self._known = known

    # -- files ---------------------------------------------------------------------------------

    def stat(self, path: str) -> "os.stat_result | None":
        """Return the status of `path`, following symlinks, or None."""
        try:
            return os.stat(path)
        except (OSError, ValueError):
            return None

    def lstat(self, path: str) -> "os.stat_result | None":
        """Return the status of `path` itself, not following symlinks, or None."""
        try:
            return os.lstat(path)
        except (OSError, ValueError):
            return None

    def exists(self, path: str) -> bool:
        """Return whether anything exists at `path`, a dangling symlink included.

        Used instead of `lstat` if only the existence matters.
        """
        return self.lstat(path) is not None

    def version(self, path: str) -> str:
        """Return a text that changes with a file's content, or a directory's names, or "".

        It consists of size, inode, mtime and ctime: a file can be replaced by one of equal size and
        mtime, but not with the same ctime and inode.
        """
        return version_of(self.stat(path))

    def is_file(self, path: str) -> bool:
        """Return whether `path` is a regular file, following symlinks."""
        found = self.stat(path)
        return found is not None and stat.S_ISREG(found.st_mode)

    def is_directory(self, path: str) -> bool:
        """Return whether `path` is a directory, following symlinks."""
        found = self.stat(path)
        return found is not None and stat.S_ISDIR(found.st_mode)

    def read(self, path: str, limit: int = READ_LIMIT) -> "bytes | None":
        """Return the content of a regular file of at most `limit` bytes, or None.

        The file is opened without blocking and checked before it is read: a FIFO or a device in
        the place of a configuration file must not block uv.
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

    def variable(self, name: str) -> str:
        """Return the environment variable that a setting refers to, or "" if it is unset."""
        return self.environ.get(name.upper() if self.platform == "win32" else name, "")

    def readlink(self, path: str) -> "str | None":
        """Return the target of the symlink at `path`, or None if it is not one."""
        try:
            return os.readlink(path)
        except (OSError, ValueError):
            return None

    def realpath(self, path: str) -> str:
        """Return the canonical form of `path`: absolute, with symlinks resolved.

        On macOS this is the spelling on disk, whatever the letter case and Unicode form of `path`
        (`getattrlist(2)`, ATTR_CMN_FULLPATH).
        """
        try:
            resolved = self._resolved(path)
        except (OSError, ValueError):
            return path
        if self.platform == "darwin":
            from uvlocal.shim.machine import native

            return native.disk_name(resolved)
        return resolved

    def _resolved(self, path: str) -> str:
        return self.path.realpath(path)

    def listdir(self, path: str) -> "list[str]":
        """Return the sorted names in a *configuration* directory.

        Never called on a project, except on its environment (`hidden_flags`).
        """
        try:
            return sorted(os.listdir(path))
        except (OSError, ValueError):
            return []

    def can_write(self, path: str) -> bool:
        """Return whether this user may create entries in the directory `path`."""
        try:
            return os.access(path, os.W_OK | os.X_OK)
        except (OSError, ValueError):
            return False

    def can_change(self, path: str) -> bool:
        """Return whether this user may change the file at `path`, without changing it.

        Opens it for writing, as `access(2)` wrongly says yes in some sandboxes (Landlock). Only
        a regular file is opened.
        """
        flags = os.O_WRONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        try:
            if not stat.S_ISREG(os.stat(path).st_mode):
                return False
            os.close(os.open(path, flags | getattr(os, "O_CLOEXEC", 0)))
        except (OSError, ValueError):
            return False
        return True

    def can_start(self, path: str) -> bool:
        """Return whether this user may execute the file at `path`; on Windows always true."""
        try:
            return sys.platform == "win32" or os.access(path, os.X_OK)
        except (OSError, ValueError):
            return False

    def attribute(self, path: str, name: str) -> "bytes | None":
        """Return an extended attribute of `path` itself, or None if it has none.

        On Windows this is an alternate data stream. `name` is the full name, on Linux with `user.`.
        """
        try:
            if sys.platform == "linux":
                return os.getxattr(path, name, follow_symlinks=False)
            from uvlocal.shim.machine import native

            return native.attribute(path, name)
        except (ImportError, OSError, ValueError, AttributeError):
            return None

    def has_hidden_flag(self) -> bool:
        """Return whether this system has the file flag UF_HIDDEN."""
        return self.platform == "darwin"

    def is_hidden(self, path: str) -> bool:
        """Return whether `path` itself has the flag UF_HIDDEN of macOS and the BSDs.

        Source: chflags(2), and `site.addpackage` in CPython, which skips `.pth` files with it.
        """
        return bool(getattr(self.lstat(path), "st_flags", 0) & stat.UF_HIDDEN)

    def show(self, path: str) -> bool:
        """Clear the flag UF_HIDDEN of `path` itself; return whether that worked."""
        if sys.platform == "darwin":
            try:
                os.lchflags(path, os.lstat(path).st_flags & ~stat.UF_HIDDEN)
            except (OSError, ValueError):
                return False
            return True
        return False

    def born(self, path: str) -> int:
        """Return when a directory was created, in microseconds since 1970, or 0 if unknown.

        A recorded decision needs no stamp of it: a directory that was created again also has
        another `pyproject.toml`.
        """
        try:
            from uvlocal.shim.machine import native

            return native.born(path)
        except (ImportError, OSError, ValueError):
            return 0

    def query(self, path: str, query: str) -> "list[tuple[object, ...]] | None":
        """Return the rows that a query finds in an SQLite database, or None if it cannot be read.

        Another program may be writing to the database, so it is opened without a lock
        (`immutable`), and nobody waits. Changes that are only in its log are not seen. A query that
        takes too long is aborted.
        """
        try:
            from uvlocal.shim.machine import native

            return native.query(path, query)
        except (ImportError, OSError, ValueError):
            return None

    def make_private_directory(self, path: str) -> bool:
        """Create a private directory and its missing parents; return whether it exists."""
        try:
            make_private_folder(path)
        except (OSError, ValueError, RecursionError):
            return False
        return True

    def write_private(self, path: str, data: bytes) -> bool:
        """Replace a file of ours atomically; return whether that worked. Only for caches.

        The file is private to the user, and so is its directory, which is created if missing.
        Nothing is written to a directory that others can write to, or that belongs to others.
        """
        folder = self.path.dirname(path)
        if not self.make_private_directory(folder) or not self.is_private(folder, stat.S_IFDIR):
            return False
        return _put_beside(path, f"{path}.{os.getpid()}", lambda at: write_new(at, data, 0o600))

    def remove(self, path: str) -> bool:
        """Remove a file or symlink; return whether that worked."""
        return _removed(path)

    def put_link(self, path: str, target: str, *, over: bool) -> bool:
        """Create a symlink at `path`; return whether that worked.

        With `over`, it atomically replaces what is there, unless that is a directory.
        """

        def make(at: str) -> None:
            os.symlink(target, at, target_is_directory=True)

        return _put(path, make, over=over, whole=True)

    def keep_link(self, path: str, target: str) -> bool:
        """Create a symlink at `path` if nothing exists there; return whether it resolves now."""
        if self.stat(path) is None:
            self.put_link(path, target, over=self.readlink(path) is not None)
        return self.stat(path) is not None

    def put_file(self, path: str, data: bytes, *, over: bool) -> bool:
        """Create a file at `path`, with the usual permissions; `over` as in `put_link`."""
        return _put(path, lambda at: write_new(at, data, 0o666), over=over)

    def is_private(self, path: str, kind: int) -> bool:
        """Return whether `path` is this user's, of that `kind` (`stat.S_IFREG`), and private.

        Windows keeps `%LOCALAPPDATA%` private by itself.
        """
        status = self.lstat(path)
        if status is None or stat.S_IFMT(status.st_mode) != kind:
            return False
        writable = stat.S_IWGRP | stat.S_IWOTH
        return self.uid < 0 or (status.st_uid == self.uid and not status.st_mode & writable)

    # -- volumes -------------------------------------------------------------------------------

    def mount_table(self) -> str:
        """Return what is mounted, in the format of Linux's `/proc/self/mountinfo`, or "".

        Reading it touches no remote server (proc_pid_mountinfo(5)).
        """
        data = self.read("/proc/self/mountinfo") if self.platform == "linux" else None
        return (data or b"").decode("utf-8", "surrogateescape")

    def mounts(self) -> "list[tuple[str, str, str, str]]":
        """Return device, mount point, type and options of each mount, except on Linux.

        On macOS this is `getfsstat(MNT_NOWAIT)`, which does not wait for a server. On Windows it
        lists only local drives, as asking a remote one may take long (see `drive_type`).
        """
        if self.platform == "linux":
            return []
        try:
            if self.platform == "darwin":
                from uvlocal.shim.machine import native

                return native.mounts() or []
            import psutil

            rows = psutil.disk_partitions(all=False)
            return [(row.device, row.mountpoint, row.fstype, row.opts) for row in rows]
        except (ImportError, OSError, ValueError, RuntimeError, AttributeError):
            return []

    def command_lines(self, program: str) -> "list[list[str]]":
        """Return the command lines of the running processes named `program`, on Linux (proc(5))."""
        found = []
        for name in os.listdir("/proc") if self.platform == "linux" else ():
            try:
                with open(f"/proc/{name}/cmdline", "rb") as file:
                    words = file.read(READ_LIMIT).decode("utf-8", "surrogateescape").split("\0")
            except OSError:
                continue
            if words[0].rpartition("/")[2] == program:
                found.append(words[:-1])
        return found

    def drive_type(self, drive: str) -> str:
        """Return `fixed`, `removable`, `remote`, ... for a Windows drive such as `C:`, or "".

        No server is asked.

        Source: https://learn.microsoft.com/windows/win32/api/fileapi/nf-fileapi-getdrivetypew
        """
        try:
            from uvlocal.shim.machine import native

            return native.drive_type(drive)
        except (ImportError, OSError, ValueError, AttributeError):
            return ""

    def registry_keys(self, key: str) -> "list[str]":
        r"""Return the names of the keys below a registry key such as `HKCU\Software`."""
        try:
            from uvlocal.shim.machine import native

            return native.registry(key)[0]
        except (ImportError, OSError, ValueError):
            return []

    def registry_values(self, key: str) -> "dict[str, str]":
        """Return the values of a registry key, numbers as text; "" names the default value."""
        try:
            from uvlocal.shim.machine import native

            return native.registry(key)[1]
        except (ImportError, OSError, ValueError):
            return {}

    def registry_stamp(self, key: str) -> str:
        """Return a text that changes with a registry key's values, or "" if there is no key."""
        try:
            from uvlocal.shim.machine import native

            return native.registry(key)[2]
        except (ImportError, OSError, ValueError):
            return ""


def _windows_paths() -> "PathRules":
    """Return the path rules of Windows, imported only where needed."""
    import ntpath

    return ntpath


def version_of(status: "os.stat_result | None") -> str:
    """Return `System.version` for a file with this status."""
    if status is None:
        return ""
    kind = "" if stat.S_ISREG(status.st_mode) else f"{stat.S_IFMT(status.st_mode)}:"
    return f"{kind}{status.st_size}:{status.st_mtime_ns}:{status.st_ctime_ns}:{status.st_ino}"


def write_new(path: str, data: bytes, mode: int) -> None:
    """Write a file that must not exist yet; remove it again if the disk is full."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    descriptor = os.open(path, flags | getattr(os, "O_CLOEXEC", 0), mode)
    written = -1
    try:
        written = os.write(descriptor, data)
    finally:
        os.close(descriptor)
        if written != len(data):
            os.unlink(path)
    if written != len(data):
        msg = "the disk is full"
        raise OSError(msg)


def _put_beside(
    path: str,
    beside: str,
    make: "Callable[[str], None]",
    is_free: "Callable[[], bool]" = lambda: True,
) -> bool:
    """Create something under a temporary name, then rename it; return whether that worked.

    Args:
        path: the final path.
        beside: the temporary path in the same directory; nothing is left there.
        make: creates it at a path.
        is_free: returns, right before the rename, whether `path` may be replaced.
    """
    try:
        make(beside)
        if is_free():
            os.replace(beside, path)
            return True
    except (OSError, ValueError, NotImplementedError):
        pass
    _removed(beside)
    return False


def _put(path: str, make: "Callable[[str], None]", *, over: bool, whole: bool = False) -> bool:
    """Create something at `path`; with `over`, replace what is there unless it is a directory.

    `whole` says that `make` is atomic. If it is not, or replaces something, it creates a temporary
    file beside `path`. The temporary name is always the same: a call that is killed leaves one
    file at most, which the next call removes.
    """

    def is_free() -> bool:
        try:
            return not stat.S_ISDIR(os.lstat(path).st_mode) and over
        except FileNotFoundError:
            return True

    draft = path + DRAFT
    try:
        if not is_free():
            return False
        _removed(draft)
        if whole and not over:
            make(path)
            return True
    except (OSError, ValueError, NotImplementedError):
        return False
    return _put_beside(path, draft, make, is_free)


def _removed(path: str) -> bool:
    """Remove a file or symlink; return whether that worked."""
    try:
        os.unlink(path)
    except (OSError, ValueError):
        return False
    return True


def _own_paths() -> "PathRules":
    """Return the path rules of the machine that this runs on, even in tests of another system."""
    return _windows_paths() if sys.platform == "win32" else posix_paths


def _is_folder(path: str) -> bool:
    try:
        return stat.S_ISDIR(os.stat(path).st_mode)
    except FileNotFoundError:
        return False


def make_private_folder(path: str) -> None:
    """Create a directory and its parents, private to this user whatever the umask.

    Raises:
        OSError: it cannot be created.
    """
    if _is_folder(path):
        return
    above = _own_paths().dirname(path)
    if above != path:
        make_private_folder(above)
    try:
        os.mkdir(path, 0o700)
    except FileExistsError:
        pass  # another process was faster


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
            import pwd

            return pwd.getpwuid(os.getuid()).pw_dir
        except (ImportError, KeyError):
            return ""
    return ""
