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
#: `ATTR_CMN_FULLPATH` of getattrlist(2); the offset of its reference in the result; the size of the
#: result with the longest path on macOS (`MAXPATHLEN`).
_FULL_PATH = 0x08000000
_REFERENCE = 4
_NAME_SIZE = 12 + 1024
#: The offsets of flags and texts in macOS' `struct statfs`, the texts with their lengths; its size
#: (`sys/mount.h`, with 64-bit inodes). `MNT_NOWAIT`; the flag `MNT_LOCAL`.
_STATFS_FLAGS, _STATFS_TYPE, _STATFS_POINT, _STATFS_DEVICE = 64, (72, 16), (88, 1024), (1112, 1024)
_STATFS_SIZE = 2168
_NO_WAIT = 2
_LOCAL = 0x1000
#: How many subkeys or values of a registry key are read.
_REGISTRY_LIMIT = 512
#: The results of `GetDriveTypeW`: unknown, no such drive, or its type.
DRIVE_TYPES = ("", "absent", "removable", "fixed", "remote", "cdrom", "ramdisk")


#: statx(2): its arguments, and the offset of the birth time.
_AT_FDCWD = -100
_STATX_BTIME = 0x800
_STATX_SIZE = 256
_BTIME_SECONDS, _BTIME_NANOSECONDS = 80, 88
#: How many steps of SQLite's virtual machine a query may take; ours take a few hundred.
_MOST_STEPS = 1_000_000


def disk_name(path: str) -> str:
    """Return the spelling that macOS has on disk for `path`, or `path` if there is none.

    It is metadata (getattrlist(2)): nothing is opened, which could block on a FIFO, or make macOS
    ask the user whether the terminal may access `~/Documents`.
    """
    if sys.platform != "darwin":
        return path
    try:
        import ctypes

        answer = ctypes.create_string_buffer(_NAME_SIZE)
        library = ctypes.CDLL(None)
        if library.getattrlist(
            fsencode(path),
            attributes_wanted(_FULL_PATH),
            answer,
            ctypes.c_size_t(_NAME_SIZE),
            ctypes.c_uint32(0),
        ):
            return path
        return fsdecode(full_path_in(answer.raw)) or path
    except (ImportError, OSError, AttributeError):
        return path


def attributes_wanted(common: int) -> bytes:
    """Return an `attrlist`: the number of attribute groups, and the requested attributes."""
    numbers = (common, 0, 0, 0, 0)
    groups = b"".join(number.to_bytes(4, sys.byteorder) for number in numbers)
    return len(numbers).to_bytes(2, sys.byteorder) + bytes(2) + groups


def full_path_in(answer: bytes) -> bytes:
    """Return the path in what getattrlist(2) wrote, b"" where it holds none.

    It holds the length of all of it, then a reference to the path: where that begins, counted from
    the reference itself, and its length with the NUL at its end.
    """
    _, offset, size = (
        int.from_bytes(answer[at : at + 4], sys.byteorder, signed=at == _REFERENCE)
        for at in (0, _REFERENCE, _REFERENCE + 4)
    )
    path = answer[_REFERENCE + offset :][:size].rstrip(b"\0")
    return path if path.startswith(b"/") else b""


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


def mounts() -> "list[tuple[str, str, str, str]] | None":
    """Return device, mount point, type and options of each mount on macOS, or None if unknown.

    getfsstat(2) tells what the kernel knows, and asks no server. Of the options only `local` is
    told.
    """
    if sys.platform != "darwin":
        return None
    import ctypes

    library = ctypes.CDLL(None)
    # The first is the name for 64-bit inodes on x86-64; arm64 has no others.
    getfsstat = getattr(library, "getfsstat$INODE64", None) or library.getfsstat
    count = getfsstat(None, ctypes.c_int(0), ctypes.c_int(_NO_WAIT))
    room = (max(count, 0) + 4) * _STATFS_SIZE
    buffer = ctypes.create_string_buffer(room)
    count = getfsstat(buffer, ctypes.c_int(room), ctypes.c_int(_NO_WAIT))
    return mounts_in(buffer.raw[: count * _STATFS_SIZE]) if count > 0 else None


def mounts_in(data: bytes) -> "list[tuple[str, str, str, str]]":
    """Return the result of macOS' getfsstat(2): consecutive `struct statfs`."""
    found = []
    for at in range(0, len(data), _STATFS_SIZE):
        row = data[at : at + _STATFS_SIZE]
        flags = int.from_bytes(row[_STATFS_FLAGS : _STATFS_FLAGS + 4], sys.byteorder)
        device, point, kind = [
            fsdecode(row[start : start + length].partition(b"\0")[0])
            for start, length in (_STATFS_DEVICE, _STATFS_POINT, _STATFS_TYPE)
        ]
        found.append((device, point, kind, "local" if flags & _LOCAL else ""))
    return found


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
