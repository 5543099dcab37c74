r"""Paths as text: compare them as the disk would, component by component.

On macOS and Windows two spellings can be one folder: letter case does not matter, macOS does not
tell the Unicode forms of a name apart, Windows has `\\?\` in front of some paths. `comparable`
brings a path into one form, in which a folder contains another if its components come first.
"""

from uvlocal.shim.environment import printable
from uvlocal.shim.system import System


def comparable(path: str, system: System) -> str:
    """Return the one form of an absolute `path` in which paths are compared; not for display."""
    if system.platform == "win32":
        path = without_prefix(path)
    path = system.path.normpath(path)
    if path.startswith("//") and system.platform != "win32":
        path = path[1:]  # POSIX leaves two leading slashes alone; Linux and macOS do not
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
    r"""Return a Windows path without the prefix that turns its parsing off.

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
    """Say whether `path` is `folder` or lies below it; both in `comparable` form."""
    separator = system.path.sep
    return path == folder or path.startswith(folder.rstrip(separator) + separator)


def ancestors(path: str, system: System) -> "list[str]":
    """Return `path` and the folders above it, innermost first; without the root directory.

    On Windows the root of a drive is a folder like others: sync clients make drives of their own.
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
    """Return the parts of a path, without empty ones."""
    return [part for part in path.replace(system.path.sep, "/").split("/") if part]


def quoted(text: str, system: System) -> str:
    """Return a path, exact, fit to be pasted into a command line of this system and to be shown."""
    plain = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+.,/@%=~")
    if system.platform == "win32":
        plain.update("\\:")
    if text and all(c in plain or (not c.isascii() and c.isprintable()) for c in text):
        return text
    if system.platform == "win32":
        return f'"{text}"'
    home = "~/" if text.startswith("~/") else ""  # within quotes it would be a name like others
    rest = text[len(home) :].replace("'", "'\\''")
    if rest.isprintable():
        return f"{home}'{rest}'"
    escaped = printable(text[len(home) :].replace("\\", "\\\\").replace("'", "\\'"))
    return f"{home}$'{escaped}'"  # as bash, zsh and POSIX 2024 read it


def device_number(device: int) -> str:
    """Return a Linux device number as the mount table writes it (makedev(3))."""
    major = (device >> 8) & 0xFFF | (device >> 32) & ~0xFFF
    minor = device & 0xFF | (device >> 12) & ~0xFF
    return f"{major}:{minor}"


def is_anonymous(device: int) -> bool:
    """Say whether a Linux device number stands for no disk: network, FUSE, memory, btrfs."""
    return device_number(device).startswith("0:")
