"""The `.venv` in a project: what it is, whether it may go, and how it goes."""

from __future__ import annotations

import contextlib
import os
import stat
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from uvlocal.manage import in_use, packages, removal, trash
from uvlocal.manage.in_use import Process
from uvlocal.shim import display, environment, paths

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from uvlocal.manage.trees import Files
    from uvlocal.shim.system import System

#: The name that uv gives to a project's environment.
NAME = ".venv"
#: How many names of a person's own things are shown.
_SHOWN = 5
#: How many words of a command line may name a program or script of an environment.
_ARGUMENTS = 3
#: How often a folder is emptied again into which a sync client puts things meanwhile.
_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Old:
    """What stands at `path`.

    `state` is `environment`, `remains` (an empty folder, or what is left of an environment),
    `missing`, or `other`; `why` says what `other` is. `device` and `inode` are the folder's
    identity.
    """

    path: str
    state: str
    why: str = ""
    device: int = 0
    inode: int = 0


def look(root: str, system: System, removed: tuple[int, int] | None = None) -> Old:
    """Say what stands at a project's `.venv`, links not followed.

    Args:
        root: the project's root.
        system: the machine.
        removed: device and inode of an environment whose removal was interrupted.
    """
    path = os.path.join(root, NAME)
    status = system.lstat(path)
    if status is None:
        return Old(path, "missing")
    if stat.S_ISLNK(status.st_mode) or not stat.S_ISDIR(status.st_mode) or _is_junction(status):
        what = "a file" if stat.S_ISREG(status.st_mode) else "a link"
        return Old(path, "other", f"`.venv` is {what}, which is left alone")
    which = status.st_dev, status.st_ino
    if environment.exists(path, system):
        return Old(path, "environment", "", *which)
    # Nothing is lost with an empty folder; and what a removal has begun, it may end.
    if which == removed or not system.listdir(path):
        return Old(path, "remains", "", *which)
    why = "`.venv` is no virtual environment, as it has no `pyvenv.cfg`"
    return Old(path, "other", why, *which)


def _is_junction(status: os.stat_result) -> bool:
    return bool(getattr(status, "st_reparse_tag", 0) & 0x20000000)  # a name surrogate, as links are


def obstacle(
    old: Old, system: System, files: Files, processes: Callable[[], Iterable[Process]]
) -> tuple[str, str]:
    """Say why an environment must not go, as a state and a sentence; empty where it may."""
    own = packages.strangers(old.path, files) if old.state == "environment" else []
    if own:
        names = ", ".join(f"`{display.printable(name)}`" for name in own[:_SHOWN])
        more = f" and {len(own) - _SHOWN} more" if len(own) > _SHOWN else ""
        return "own-files", f"`.venv` holds {names}{more}, which no package put there"
    mount = trash.mounted_inside(old.path, system)
    if mount:
        return "mount-inside", f"another volume is mounted at `{mount}`"
    prefix = os.path.realpath(sys.prefix)
    if paths.relative_to(prefix, os.path.realpath(old.path), system) is not None:
        return "in-use", "`.venv` is what uvlocal itself runs from"
    users = in_use.users([old.path], processes()).get(old.path, [])
    if users:
        more = f" and {len(users) - 1} more" if len(users) > 1 else ""
        return "in-use", f"`.venv` is in use by `{users[0].name}` (process {users[0].pid}){more}"
    return "", ""


def programs() -> Iterator[Process]:
    """Yield the processes other than this one and those that it was started from.

    Of each only what it runs and where: a shell in which the environment is active, and what was
    started there, are none of its users.
    """
    import psutil

    ours = {os.getpid()}
    with contextlib.suppress(psutil.Error, OSError):
        ours |= {parent.pid for parent in psutil.Process().parents()}
    for process in psutil.process_iter():
        if process.pid in ours:
            continue
        texts: list[str] = []
        name = ""
        with contextlib.suppress(psutil.Error, OSError):
            texts += process.cmdline()[:_ARGUMENTS]
            name = display.printable(process.name())
        for ask in (process.exe, process.cwd):
            with contextlib.suppress(psutil.Error, OSError):
                texts.append(ask())
        yield Process(process.pid, name, tuple(texts))


def remove(old: Old, system: System) -> str:
    """Remove an environment where it lies; return what went wrong, "" for nothing.

    It is not renamed first. A new name inside a synced folder means that a client moves, or sends
    again, each of its files; a new name outside it means on macOS that evicted files are fetched
    before they go. Instead `pyvenv.cfg` goes last: whoever comes upon the remains, uv or a second
    run of this, sees an environment that can be made anew or removed.
    """
    problem, which = "", (old.device, old.inode)
    for _ in range(_ATTEMPTS):
        now = look(os.path.dirname(old.path), system, which)
        if now.state == "missing":
            return ""
        if now.state == "other" or (now.device, now.inode) != which:
            return "`.venv` has changed meanwhile"
        problem = removal.clear(old.path, which, "pyvenv.cfg")
        if not problem:
            return ""
    return f"`.venv` was not removed completely: {problem}"
