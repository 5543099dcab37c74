r"""Paths as text: compare them as the file system would, component by component.

On macOS and Windows, two spellings can name one directory: letter case does not matter, macOS
ignores the Unicode form of a name, and Windows puts `\\?\` in front of some paths. `comparable`
normalises a path, so that a directory contains another if its components are a prefix.
"""

from uvlocal.shim.machine.host import System


def comparable(path: str, system: System) -> str:
    """Return the normal form of an absolute `path` for comparison; not for display."""
    if system.platform == "win32":
        path = without_prefix(path)
    path = system.path.normpath(path)
    if path.startswith("//") and system.platform != "win32":
        path = path[1:]  # POSIX keeps two leading slashes; Linux and macOS do not
    if system.platform not in ("win32", "darwin"):
        return path
    if path.isascii():
        return path.lower()
    if system.platform == "darwin":
        try:
            import unicodedata

            path = unicodedata.normalize("NFC", path)
        except ImportError:
            pass  # an interpreter without the module compares as Windows does
    return "".join(map(_fold, path))


def _fold(character: str) -> str:
    """Fold one character as file systems do: one to one, so that `ß` is not `ss`."""
    upper = character.upper()
    if len(upper) != 1:
        return character
    lower = upper.lower()
    return lower if len(lower) == 1 else upper


def without_prefix(path: str) -> str:
    r"""Return a Windows path without the prefix that disables its parsing.

    `\\?\C:\x` is `C:\x`, `\\?\UNC\server\share` is `\\server\share`
    (https://learn.microsoft.com/windows/win32/fileio/naming-a-file).
    """
    path = path.replace("/", "\\")
    if path[:8].upper() == "\\\\?\\UNC\\":
        return "\\\\" + path[8:]
    if path.startswith(("\\\\?\\", "\\\\.\\")) and path[5:6] == ":":
        return path[4:]
    return path


def contains(folder: str, path: str, system: System) -> bool:
    """Return whether `path` is `folder` or below it; both in `comparable` form."""
    separator = system.path.sep
    return path == folder or path.startswith(folder.rstrip(separator) + separator)


def ancestors(path: str, system: System) -> "list[str]":
    """Return `path` and its parents, innermost first, without the root directory.

    On Windows the root of a drive counts as a directory: sync clients create their own drives.
    """
    found = []
    while path:
        above = system.path.dirname(path)
        if above == path:
            if system.platform == "win32":
                found.append(path)
            break
        found.append(path)
        path = above
    return found


def depth(path: str, system: System) -> int:
    """Return how many components an absolute path has; 0 for the root directory."""
    return sum(1 for part in path.replace(system.path.sep, "/").split("/") if part)


def components(path: str, system: System) -> "list[str]":
    """Return the components of a path, without empty ones."""
    return [part for part in path.replace(system.path.sep, "/").split("/") if part]


def relative_to(path: str, folder: str, system: System) -> "str | None":
    """Return `path` relative to `folder`, "" for the folder itself, or None if it is not below."""
    if not folder:
        return None
    separator = system.path.sep
    stem = folder.rstrip(separator) + separator
    given, start = path + separator, stem
    if system.platform == "win32":
        given, start = system.path.normcase(given), system.path.normcase(start)
    return path[len(stem) :] if given.startswith(start) else None


# -- as uv spells them -------------------------------------------------------------------------


def absolute(path: str, directory: str, system: System) -> str:
    """Return `path` made absolute like Rust's `std::path::absolute`: keeps `..`, removes `.`.

    Windows resolves `..` too (https://doc.rust-lang.org/std/path/fn.absolute.html).
    """
    path = system.path.join(directory, path)
    if system.platform == "win32":
        return system.path.normpath(path)
    return "/" + "/".join(part for part in path.split("/") if part not in ("", "."))


def normalised(path: str, system: System) -> str:
    """Return an absolute path without `.`, `..` and repeated separators, symlinks not resolved."""
    path = system.path.normpath(path)
    return path[1:] if path.startswith("//") else path


def parent(path: str, system: System) -> str:
    """Return all but the last component of `path`; as in uv, `.` counts only at the start.

    Returns "" for a bare name and for a root.
    """
    drive, rest = system.path.splitdrive(path)
    parts = rest.replace(system.path.sep, "/").split("/")
    root = "/" if len(parts) > 1 and not parts[0] else ""
    kept = [part for at, part in enumerate(parts) if part and (part != "." or at == 0)]
    return drive + root + "/".join(kept[:-1]) if kept else ""


# -- numbers of devices ------------------------------------------------------------------------


def device_number(device: int) -> str:
    """Return a Linux device number as the mount table writes it (makedev(3))."""
    major = (device >> 8) & 0xFFF | (device >> 32) & ~0xFFF
    minor = device & 0xFF | (device >> 12) & ~0xFF
    return f"{major}:{minor}"


def is_anonymous(device: int) -> bool:
    """Return whether a Linux device number is not a disk's: network, FUSE, memory, btrfs."""
    return device_number(device).startswith("0:")


def search_path(text: str, system: System) -> "list[str]":
    """Return the directories of a PATH. On Windows, `;` in quotes does not separate them."""
    if system.platform != "win32":
        return text.split(":")
    found = [""]
    quoted = False
    for character in text:
        if character == '"':
            quoted = not quoted
        elif character == ";" and not quoted:
            found.append("")
        else:
            found[-1] += character
    return found
