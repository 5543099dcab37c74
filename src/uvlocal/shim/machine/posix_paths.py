"""The path rules of `posixpath`, without its import of `os`.

Each function returns the same as its namesake in `posixpath`; a test compares them on random paths
and random trees of symlinks.
"""

from uvlocal.shim.machine.early_os import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

sep = "/"


def isabs(path: str) -> bool:
    """Return whether a path is absolute."""
    return path.startswith("/")


def join(path: str, *more: str) -> str:
    """Join paths; an absolute one discards those before it."""
    for part in more:
        if part.startswith("/") or not path:
            path = part
        elif path.endswith("/"):
            path += part
        else:
            path = f"{path}/{part}"
    return path


def split(path: str) -> "tuple[str, str]":
    """Return the directory and the last component, which is "" after a slash."""
    folder, slash, name = path.rpartition("/")
    return folder.rstrip("/") or folder + slash, name


def dirname(path: str) -> str:
    """Return the directory part of a path."""
    return split(path)[0]


def basename(path: str) -> str:
    """Return the last component of a path, or "" after a slash."""
    return path[path.rfind("/") + 1 :]


def splitdrive(path: str) -> "tuple[str, str]":
    """Return "" and the path: there are no drives."""
    return "", path


def normcase(path: str) -> str:
    """Return the path: letter case matters."""
    return path


def normpath(path: str) -> str:
    """Return a path without empty parts, `.`, and `..` after a name; ignores symlinks."""
    if path[:1] == "/" and path[-1:] != "/" and "//" not in path and "/." not in path:
        return path
    # POSIX lets each system define the meaning of exactly two leading slashes.
    start = path[: len(path) - len(path.lstrip("/"))]
    start = start if start == "//" else start[:1]
    parts: "list[str]" = []
    for part in path.split("/"):
        if part in ("", "."):
            continue
        if part != ".." or not (start or parts) or parts[-1:] == [".."]:
            parts.append(part)
        elif parts:
            parts.pop()
    return start + "/".join(parts) or "."


def abspath(path: str) -> str:
    """Return a path as an absolute one.

    Raises:
        FileNotFoundError: the path is relative, and the current directory is gone.
    """
    return normpath(path if isabs(path) else join(os.getcwd(), path))


def realpath(path: str) -> str:
    """Return an absolute path with every symlink replaced by its target."""
    return resolved(path, _link_at)


def resolved(path: str, link_at: "Callable[[str], str | None]") -> str:
    """Return `realpath` of a path, reading symlinks with `link_at`.

    A missing path is not a symlink; neither is one that is part of a symlink loop (as in
    Python 3.13 and later).

    Args:
        path: the path.
        link_at: returns the target of the symlink at a path, or None if it is not one.

    Raises:
        FileNotFoundError: the path is relative, and the current directory is gone.
    """
    done = "/"
    rest = _parts_reversed(path if isabs(path) else join(os.getcwd(), path))
    # The target of each symlink; None while it is being followed, which reveals a loop.
    known: "dict[str, str | None]" = {}
    while rest:
        part = rest.pop()
        if part == _END:
            known[rest.pop()] = done
            continue
        if part == "..":
            done = dirname(done)
            continue
        here = join(done, part)
        target = link_at(here) if here not in known else ""
        if target is None:
            done = here
        elif here not in known:
            known[here] = None
            rest += (here, _END, *_parts_reversed(target))
            done = "/" if isabs(target) else done
        else:
            done = known[here] or here
    return done


#: Marks the end of a symlink's target in a list of parts; the symlink's path precedes it.
_END = ""


def _parts_reversed(path: str) -> "list[str]":
    return [part for part in reversed(path.split("/")) if part not in ("", ".")]


def _link_at(path: str) -> "str | None":
    try:
        return os.readlink(path)
    except OSError:
        return None
