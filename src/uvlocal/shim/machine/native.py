"""Facts that need more than one system call: on macOS and Windows, and in databases.

The methods of `host.System` with the same names document these functions. On the wrong system,
each returns an empty value.
"""

import sys

from uvlocal.shim.machine.early_os import fsdecode, fsencode, os, stat

#: `options` of getxattr(2) on macOS: do not follow a symlink.
_XATTR_NOFOLLOW = 1
#: The size limit of an attribute, in bytes; those we need have a few.
_ATTRIBUTE_LIMIT = 4096
#: How many subkeys or values of a registry key are read.
_REGISTRY_LIMIT = 512
#: What `GetDriveTypeW` returns.
DRIVE_TYPES = ("", "", "removable", "fixed", "remote", "cdrom", "ramdisk")


#: statx(2): its arguments, and the offset of the birth time.
_AT_FDCWD = -100
_STATX_BTIME = 0x800
_STATX_SIZE = 256
_BTIME_SECONDS, _BTIME_NANOSECONDS = 80, 88
#: How many steps of SQLite's virtual machine a query may take; ours take a few hundred.
_MOST_STEPS = 1_000_000


def disk_name(path: str) -> str:
    """Return the spelling that macOS has on disk for `path`, or `path` if there is none."""
    if sys.platform != "darwin":
        return path
    try:
        import fcntl

        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            name = fcntl.fcntl(descriptor, fcntl.F_GETPATH, bytes(1024))
        finally:
            os.close(descriptor)
        return fsdecode(name.rstrip(b"\0"))
    except (ImportError, OSError):
        return path


def attribute(path: str, name: str) -> "bytes | None":
    """Return an extended attribute, or on Windows an alternate data stream.

    Raises:
        OSError: there is none.
    """
    if sys.platform == "linux":
        return os.getxattr(path, name, follow_symlinks=False)
    if sys.platform == "darwin":
        import ctypes

        library = ctypes.CDLL(None)
        value = ctypes.create_string_buffer(_ATTRIBUTE_LIMIT)
        library.getxattr.restype = ctypes.c_ssize_t
        length = library.getxattr(
            fsencode(path),
            name.encode(),
            value,
            ctypes.c_size_t(_ATTRIBUTE_LIMIT),
            ctypes.c_uint32(0),
            ctypes.c_int(_XATTR_NOFOLLOW),
        )
        return value.raw[:length] if length >= 0 else None
    if sys.platform == "win32":
        descriptor = os.open(f"{path}:{name}", os.O_RDONLY | os.O_BINARY)
        try:
            return os.read(descriptor, _ATTRIBUTE_LIMIT)
        finally:
            os.close(descriptor)
    return None


def drive_type(drive: str) -> str:
    """Return the type of a drive such as `C:`, or "" if it is unknown."""
    if sys.platform != "win32":
        return ""
    import ctypes

    return DRIVE_TYPES[ctypes.windll.kernel32.GetDriveTypeW(drive + "\\")]


def logical_drives() -> int:
    """Return the existing drives as a bit mask, the lowest bit for `A:`; 0 if there are none.

    Source: https://learn.microsoft.com/windows/win32/api/fileapi/nf-fileapi-getlogicaldrives
    """
    if sys.platform != "win32":
        return 0
    import ctypes

    return int(ctypes.windll.kernel32.GetLogicalDrives())


def final_name(path: str) -> str:
    """Return Windows' own name for the target of a path, or "" if it does not exist.

    `ntpath.realpath` uses the same name for existing paths.
    """
    if sys.platform != "win32":
        return ""
    import nt

    try:
        # `ntpath` uses the same private function; there is no public one.
        return str(vars(nt)["_getfinalpathname"](path))
    except (OSError, ValueError):
        return ""


def registry(key: str) -> "tuple[list[str], dict[str, str], str]":
    """Return the keys below a registry key, its values, and when it was last written."""
    if sys.platform != "win32":
        return [], {}, ""
    import winreg

    hives = {
        "HKCU": winreg.HKEY_CURRENT_USER,
        "HKLM": winreg.HKEY_LOCAL_MACHINE,
        "HKCR": winreg.HKEY_CLASSES_ROOT,
    }
    hive, _, rest = key.partition("\\")
    keys: "list[str]" = []
    values: "dict[str, str]" = {}
    with winreg.OpenKey(hives[hive], rest) as handle:
        key_count, value_count, written = winreg.QueryInfoKey(handle)
        for position in range(min(key_count, _REGISTRY_LIMIT)):
            keys.append(winreg.EnumKey(handle, position))
        for position in range(min(value_count, _REGISTRY_LIMIT)):
            name, value, kind = winreg.EnumValue(handle, position)
            if kind == winreg.REG_EXPAND_SZ:
                value = winreg.ExpandEnvironmentStrings(value)
            if isinstance(value, (str, int)):
                values[name] = str(value)
    return keys, values, str(written)


def query(path: str, query: str) -> "list[tuple[object, ...]] | None":
    """Return the rows that a query finds in an SQLite database, or None if it cannot be read.

    Raises:
        ImportError: this Python has no SQLite.
        OSError: there is no such file.
    """
    import sqlite3

    if not stat.S_ISREG(os.stat(path).st_mode):
        return None
    escaped = path.replace("%", "%25").replace("?", "%3f").replace("#", "%23")
    if not escaped.startswith("/"):
        escaped = "/" + escaped.replace("\\", "/")
    try:
        database = sqlite3.connect(f"file://{escaped}?mode=ro&immutable=1", uri=True)
    except (sqlite3.Error, sqlite3.Warning):
        return None
    try:
        database.set_progress_handler(lambda: 1, _MOST_STEPS)
        return database.execute(query).fetchmany(_REGISTRY_LIMIT)
    except (sqlite3.Error, sqlite3.Warning):
        return None
    finally:
        database.close()


def born(path: str) -> int:
    """Return when a file was created, in microseconds since 1970, or 0 if unknown.

    On Linux that is statx(2), which Python does not offer
    (https://man7.org/linux/man-pages/man2/statx.2.html).
    """
    if sys.platform != "linux":
        try:
            status = os.stat(path)
        except (OSError, ValueError):
            return 0
        # Before Python 3.12, `st_ctime` is the creation time on Windows.
        unknown = status.st_ctime if sys.platform == "win32" else 0
        return int(getattr(status, "st_birthtime", unknown) * 1e6)
    import ctypes

    buffer = ctypes.create_string_buffer(_STATX_SIZE)
    try:
        call = ctypes.CDLL(None).statx
        if call(_AT_FDCWD, fsencode(path), 0, _STATX_BTIME, buffer) != 0:
            return 0
    except (OSError, AttributeError):
        return 0  # a C library without the call
    answer = buffer.raw
    if not int.from_bytes(answer[:4], sys.byteorder) & _STATX_BTIME:
        return 0
    seconds = answer[_BTIME_SECONDS : _BTIME_SECONDS + 8]
    nanoseconds = answer[_BTIME_NANOSECONDS : _BTIME_NANOSECONDS + 4]
    whole = int.from_bytes(seconds, sys.byteorder, signed=True) * 1_000_000
    return whole + int.from_bytes(nanoseconds, sys.byteorder) // 1000
