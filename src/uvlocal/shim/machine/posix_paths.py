"""The rules of paths on POSIX systems, as `posixpath` has them, which imports `os`.

Each function gives what the one of the same name in `posixpath` gives; a test holds them side by
side, over random paths and over random trees of links.
"""

from uvlocal.shim.machine.early_os import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

sep = "/"


def isabs(path: str) -> bool:
    """Return whether a path begins at the root directory."""
    return path.startswith("/")


def join(path: str, *more: str) -> str:
    """Return what one path after the other leads to; an absolute one begins anew."""
    for part in more:
        if part.startswith("/") or not path:
            path = part
        elif path.endswith("/"):
            path += part
        else:
            path = f"{path}/{part}"
    return path


def split(path: str) -> "tuple[str, str]":
    """Return the folder and the last name, which is "" after a slash."""
    folder, slash, name = path.rpartition("/")
    return folder.rstrip("/") or folder + slash, name


def dirname(path: str) -> str:
    """Return the folder that a path lies in."""
    return split(path)[0]


def basename(path: str) -> str:
    """Return the last name of a path, "" after a slash."""
    return path[path.rfind("/") + 1 :]


def splitdrive(path: str) -> "tuple[str, str]":
    """Return "" and the path: there are no drives."""
    return "", path


def normcase(path: str) -> str:
    """Return the path: letter case matters."""
    return path


def normpath(path: str) -> str:
    """Return a path without empty parts, `.`, and `..` after a name; links are not looked at."""
    if path[:1] == "/" and path[-1:] != "/" and "//" not in path and "/." not in path:
        return path
    # POSIX leaves it to systems what exactly two slashes at the beginning mean.
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
    """Return a path as it is from the root directory.

    Raises:
        FileNotFoundError: the path is relative, and the current directory is gone.
    """
    return normpath(path if isabs(path) else join(os.getcwd(), path))


def realpath(path: str) -> str:
    """Return a path as it is from the root directory, with every link replaced by its target."""
    return resolved(path, _link_at)


def resolved(path: str, link_at: "Callable[[str], str | None]") -> str:
    """Return `realpath` of a path, told what each link on the way says.

    What is not there is no link; nor is a link that leads round in a circle to itself (as from
    Python 3.13 on).

    Args:
        path: the path.
        link_at: returns what the link at a path says, None where there is none.

    Raises:
        FileNotFoundError: the path is relative, and the current directory is gone.
    """
    done = "/"
    rest = _parts_reversed(path if isabs(path) else join(os.getcwd(), path))
    # Where each link led to; None while it is being followed, which tells a circle.
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


#: Stands in a list of parts where a link ends, after the link's own path; no part is empty.
_END = ""


def _parts_reversed(path: str) -> "list[str]":
    return [part for part in reversed(path.split("/")) if part not in ("", ".")]


def _link_at(path: str) -> "str | None":
    try:
        return os.readlink(path)
    except OSError:
        return None
