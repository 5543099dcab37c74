"""The paths and names of environments, and how to recognise ours."""

from uvlocal.shim.machine.early_os import stat
from uvlocal.shim.machine.host import System
from uvlocal.shim.machine.paths import relative_to

#: Directories in the store.
ENVIRONMENTS = "envs"
RECORDS = "records"

_HASH_DIGITS = 10
_SLUG_LENGTH = 60
_HEX = frozenset("0123456789abcdef")


# -- names -------------------------------------------------------------------------------------


def name_of(root: str, system: System, salt: int = 0) -> str:
    """Return the environment's name: a readable slug of the root's name, then 10 hex digits.

    The digits are a hash of the canonical root, written relative to home if it is below it
    (`~/Dropbox/code/foo`), so that a folder has the same name on all machines of one person.
    `salt` gives another name if two roots collide; a record tells them apart.
    """
    data = key_of(root, system).encode("utf-8", "surrogatepass")
    if salt:
        data += b"\0%d" % salt
    return slug(system.path.basename(root)) + "-" + hash_digits(data)


def key_of(root: str, system: System) -> str:
    """Return the text that a name's hash is made from: the root, relative to home if below it."""
    below = relative_to(root, system.realpath(system.home) if system.home else "", system)
    return (root if below is None else "~/" + below).replace(system.path.sep, "/")


def as_text(path: str) -> str:
    r"""Return a path as text for a TOML file, with bytes that are not UTF-8 as `\xNN`."""
    return path.encode("utf-8", "surrogatepass").decode("utf-8", "backslashreplace")


def slug(name: str) -> str:
    """Return `name` with only letters, digits, `.`, `_` and `-`, legal on every system."""
    kept = []
    for character in name[: 4 * _SLUG_LENGTH]:
        if character.isascii() and (character.isalnum() or character in "._-"):
            kept.append(character)
        elif kept and kept[-1] != "-":
            kept.append("-")
    # A leading dot would hide the directory, which triggers macOS' hidden flags; Windows drops
    # trailing dots.
    return "".join(kept)[:_SLUG_LENGTH].strip("-._") or "project"


def hash_digits(data: bytes) -> str:
    """Return 10 hex digits: the hash of `data`, folded to 40 bits.

    It need not resist attacks: before an environment is used, its record is compared with the full
    root (`lookup.find_in`).
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
    """Return whether `name` has the shape `<slug>-<10 hex digits>`."""
    stem, dash, digits = name.rpartition("-")
    return bool(stem and dash) and len(digits) == _HASH_DIGITS and _HEX.issuperset(digits)


def is_our_environment(path: str, store: str, system: System) -> bool:
    """Return whether `path` is an environment of ours: `<store>/envs/<name>-<10 hex digits>`.

    It must be in `store`, which may be "", or in a directory named `uvlocal`, like the default
    store of every machine.
    """
    above, _ = system.path.split(_in_envs(path, system))
    if not above:
        return False
    known = store and system.path.normcase(above) == system.path.normcase(store)
    return bool(known) or system.path.basename(above) == "uvlocal"


def has_our_shape(path: str, system: System) -> bool:
    """Return whether the end of `path` looks like an environment of ours."""
    return bool(_in_envs(path, system))


def _in_envs(path: str, system: System) -> str:
    """Return the parent of an environment if that is `envs` and the name is ours, else ""."""
    folder, name = system.path.split(path.rstrip(system.path.sep))
    return folder if system.path.basename(folder) == ENVIRONMENTS and is_our_name(name) else ""


# -- what exists --------------------------------------------------------------------------------


def exists(environment: str, system: System) -> bool:
    """Return whether the virtual environment exists (`pyvenv.cfg`, PEP 405)."""
    return system.is_file(system.path.join(environment, "pyvenv.cfg"))


def is_private(status: "object | None", uid: int) -> bool:
    """Return whether the user (or root) owns a file or directory that nobody else may write to."""
    if status is None:
        return False
    mode, owner = status.st_mode, status.st_uid  # type: ignore[attr-defined]
    return uid < 0 or (owner in (uid, 0) and not mode & (stat.S_IWGRP | stat.S_IWOTH))
