"""Where environments are kept, what they are called, and which variables are ours."""

from uvlocal.shim.builtin import stat
from uvlocal.shim.shared import HAD_PREFIX, MANAGED, SET_PREFIX
from uvlocal.shim.system import System

#: Folders below the store.
ENVIRONMENTS = "envs"
RECORDS = "records"

_HASH_DIGITS = 10
_SLUG_LENGTH = 60
_HEX = frozenset("0123456789abcdef")


# -- places ------------------------------------------------------------------------------------


def data_directory(system: System) -> str:
    """Return the default store: `$XDG_DATA_HOME/uvlocal`; on Windows in `%LOCALAPPDATA%`."""
    return _directory(system, "XDG_DATA_HOME", ".local/share", "LOCALAPPDATA", "")


def cache_directory(system: System) -> str:
    """Return where recorded decisions and other things lie that can be thrown away."""
    return _directory(system, "XDG_CACHE_HOME", ".cache", "LOCALAPPDATA", "cache")


def config_directory(system: System) -> str:
    """Return where the user's `uvlocal.toml` lies."""
    return _directory(system, "XDG_CONFIG_HOME", ".config", "APPDATA", "")


def _directory(
    system: System, xdg: str, default: str, windows_variable: str, windows_below: str
) -> str:
    """Return a folder named `uvlocal`, or "" where there is no home to put it in.

    The XDG base directory specification says that a relative value is to be ignored
    (https://specifications.freedesktop.org/basedir-spec/latest/).
    """
    join, isabs = system.path.join, system.path.isabs
    if system.platform == "win32":
        base = system.environ.get(windows_variable, "")
        if not isabs(base):
            return ""
        return join(base, "uvlocal", windows_below) if windows_below else join(base, "uvlocal")
    base = system.environ.get(xdg, "")
    if not isabs(base):
        if not isabs(system.home):
            return ""
        base = join(system.home, default)
    return join(base, "uvlocal")


def expand_home(text: str, system: System) -> str:
    """Replace a leading `~` by the home directory; other users' homes are not known here."""
    if text == "~":
        return system.home
    if text[:2] in ("~/", "~" + system.path.sep):
        return system.path.join(system.home, text[2:])
    return text


def contract_home(path: str, system: System) -> str:
    """Return `path` as it is shown to people: with `~` for the home directory, fit for one line."""
    return printable(below_home(path, system))


def below_home(path: str, system: System) -> str:
    """Return `path` as people write it: with `~` for the home directory, exact otherwise."""
    for home in (system.home, system.realpath(system.home) if system.home else ""):
        below = relative_to(path, home, system)
        if below is not None:
            return "~" + system.path.sep + below if below else "~"
    return path


def printable(text: str) -> str:
    r"""Return `text` fit to be shown in one line: what is not printable is escaped as in Python.

    A name in a shared folder is anybody's: a newline in it would forge a message of ours, an escape
    sequence (ECMA-48) would steer the terminal, a direction override (U+202E) would turn the rest
    of the line around. Bytes that are no text become `\xNN`.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else _escaped(c) for c in text)


def _escaped(character: str) -> str:
    number = ord(character)
    # How Python spells a byte that is no UTF-8 (PEP 383).
    byte = number - 0xDC00 if 0xDC80 <= number <= 0xDCFF else -1  # noqa: PLR2004 - as PEP 383 says
    return repr(character)[1:-1] if byte < 0 else f"\\x{byte:02x}"


def relative_to(path: str, folder: str, system: System) -> "str | None":
    """Return `path` relative to `folder`, "" for the folder itself, None where it is not below."""
    if not folder:
        return None
    separator = system.path.sep
    stem = folder.rstrip(separator) + separator
    given, start = path + separator, stem
    if system.platform == "win32":
        given, start = system.path.normcase(given), system.path.normcase(start)
    return path[len(stem) :] if given.startswith(start) else None


# -- names -------------------------------------------------------------------------------------


def name_of(root: str, system: System, salt: int = 0) -> str:
    """Return the environment's name: a readable slug of the root's name, then 10 hex digits.

    The digits are a hash of the canonical root, written relative to home where it lies below it
    (`~/Dropbox/code/foo`), so that a folder has the same name on every machine of one person.
    `salt` gives further names to two roots whose first names collide; a record tells them apart.
    """
    data = key_of(root, system).encode("utf-8", "surrogatepass")
    if salt:
        data += b"\0%d" % salt
    return slug(system.path.basename(root)) + "-" + hash_digits(data)


def key_of(root: str, system: System) -> str:
    """Return what the hash in a name is made of: the root, relative to home where it is below."""
    below = relative_to(root, system.realpath(system.home) if system.home else "", system)
    return (root if below is None else "~/" + below).replace(system.path.sep, "/")


def as_text(path: str) -> str:
    r"""Return a path as text that a TOML file can hold: bytes that are no UTF-8 as `\xNN`."""
    return path.encode("utf-8", "surrogatepass").decode("utf-8", "backslashreplace")


def slug(name: str) -> str:
    """Return `name` with only letters, digits, `.`, `_` and `-`, legal on every system."""
    kept = []
    for character in name[: 4 * _SLUG_LENGTH]:
        if character.isascii() and (character.isalnum() or character in "._-"):
            kept.append(character)
        elif kept and kept[-1] != "-":
            kept.append("-")
    # A leading dot would hide the folder, and hidden folders are what macOS marks; Windows drops
    # trailing dots.
    return "".join(kept)[:_SLUG_LENGTH].strip("-._") or "project"


def hash_digits(data: bytes) -> str:
    """Return 10 hex digits: the hash of `data`, folded to 40 bits.

    It need not resist an attacker: before an environment is used, its record is compared with the
    whole root (`stores.name_in`).
    """
    value = fnv(data)
    return format((value >> 40) ^ (value & 0xFFFFFFFFFF), "010x")


def fnv(data: bytes) -> int:
    """Return FNV-1a (64 bit) of `data`; `hashlib` is neither built in nor frozen.

    http://www.isthe.com/chongo/tech/comp/fnv/
    """
    value = 0xCBF29CE484222325
    for byte in data:
        value = (value ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return value


def is_our_name(name: str) -> bool:
    """Say whether `name` has the shape `<slug>-<10 hex digits>`."""
    stem, dash, digits = name.rpartition("-")
    return bool(stem and dash) and len(digits) == _HASH_DIGITS and _HEX.issuperset(digits)


def is_our_environment(path: str, store: str, system: System) -> bool:
    """Say whether `path` is an environment of ours, by its end `envs/<name>-<10 hex digits>`.

    `store` may be "", then a folder named `uvlocal` must hold `envs`.
    """
    folder, name = system.path.split(path.rstrip(system.path.sep))
    above, environments = system.path.split(folder)
    if environments != ENVIRONMENTS or not is_our_name(name):
        return False
    if store and system.path.normcase(above) == system.path.normcase(store):
        return True
    return system.path.basename(above) == "uvlocal" or not store


# -- variables ---------------------------------------------------------------------------------


def is_on(environ: "dict[str, str]", switch: str) -> bool:
    """Say whether a switch such as `UVLOCAL_QUIET` is on: set, not empty, and not `0`."""
    return environ.get(switch, "") not in ("", "0")


class Changes:
    """What is to be done to the environment before uv starts.

    `values` maps a name to its new value, or to None where the variable is to be removed.
    """

    __slots__ = ("values",)

    def __init__(self) -> None:
        """Begin without changes."""
        self.values: "dict[str, str | None]" = {}

    def applied_to(self, environ: "dict[str, str]") -> "dict[str, str]":
        """Return a copy of `environ` with the changes made."""
        result = dict(environ)
        for name, value in self.values.items():
            if value is None:
                result.pop(name, None)
            else:
                result[name] = value
        return result


def take_back(environ: "dict[str, str]") -> Changes:
    """Return the changes that give the user back what an outer call of ours replaced.

    A marked variable that still has the marked value is ours; one that has another value was set
    by somebody in between (by `uv run`, say) and is left alone.
    """
    changes = Changes()
    for name in MANAGED:
        mark, earlier = SET_PREFIX + name, HAD_PREFIX + name
        if mark in environ:
            if environ.get(name) == environ[mark]:
                changes.values[name] = environ.get(earlier)
            changes.values[mark] = None
        if earlier in environ:
            changes.values[earlier] = None
    return changes


def put_on(changes: Changes, environ: "dict[str, str]", wanted: "dict[str, str]") -> None:
    """Add the variables that a decision wants, each with its marks."""
    user = changes.applied_to(environ)
    for name, value in wanted.items():
        changes.values[name] = value
        changes.values[SET_PREFIX + name] = value
        if name in user:
            changes.values[HAD_PREFIX + name] = user[name]


# -- what lies there ---------------------------------------------------------------------------


def exists(environment: str, system: System) -> bool:
    """Say whether a virtual environment is there already (`pyvenv.cfg`, PEP 405)."""
    return system.is_file(system.path.join(environment, "pyvenv.cfg"))


def is_private(status: "object | None", uid: int) -> bool:
    """Say whether a file or folder belongs to the user (or root) and nobody else may write it."""
    if status is None:
        return False
    mode, owner = status.st_mode, status.st_uid  # type: ignore[attr-defined]
    return uid < 0 or (owner in (uid, 0) and not mode & (stat.S_IWGRP | stat.S_IWOTH))
