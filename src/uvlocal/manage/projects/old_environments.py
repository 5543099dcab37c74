"""The `.venv` in a project: what it is, whether it may be removed, and its removal."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from uvlocal.manage.environments import in_use, trash
from uvlocal.manage.environments.in_use import Process
from uvlocal.manage.projects import packages
from uvlocal.manage.projects.migration_results import RUNS_FROM_IT
from uvlocal.shim.machine import display, paths
from uvlocal.shim.store import naming

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from uvlocal.manage.files.tree import Files
    from uvlocal.shim.machine.host import System

#: The name that uv gives to a project's environment.
NAME = ".venv"
#: How many of the user's own files are shown.
_SHOWN = 5
#: How many words of a command line may name a program or script of an environment.
_ARGUMENTS = 3
#: How often to retry the removal of a directory to which a sync client writes.
_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Old:
    """What is at `path`.

    `state` is `environment` (or an empty directory), `missing`, or `other`; `why` explains `other`.
    `device` and `inode` are the directory's identity.
    """

    path: str
    state: str
    why: str = ""
    device: int = 0
    inode: int = 0


def look(root: str, system: System) -> Old:
    """Return what a project's `.venv` is, not following symlinks."""
    path = os.path.join(root, NAME)
    status = system.lstat(path)
    if status is None:
        return Old(path, "missing")
    if stat.S_ISLNK(status.st_mode) or not stat.S_ISDIR(status.st_mode) or _is_junction(status):
        what = "a file" if stat.S_ISREG(status.st_mode) else "a link"
        return Old(path, "other", f"`.venv` is {what}, which is kept")
    # An empty directory may be removed too.
    if naming.exists(path, system) or not system.listdir(path):
        return Old(path, "environment", "", status.st_dev, status.st_ino)
    return Old(path, "other", "`.venv` has no `pyvenv.cfg`, so it is not a virtual environment")


def _is_junction(status: os.stat_result) -> bool:
    return bool(
        getattr(status, "st_reparse_tag", 0) & 0x20000000
    )  # a name surrogate, like symlinks


def obstacle(
    old: Old,
    system: System,
    files: Files,
    processes: Callable[[], Iterable[Process]],
    new: str = "",
) -> tuple[str, str]:
    """Return why an environment must not be removed, as a state and a sentence, or "" twice.

    Before uv runs, `new` must not be in use either, as uv reinstalls its packages.
    """
    own = packages.strangers(old.path, files)
    if own:
        shown = ", ".join(f"`{display.printable(name)}`" for name in own[:_SHOWN])
        more = f" and {len(own) - _SHOWN} more" if len(own) > _SHOWN else ""
        return "own-files", f"`.venv` contains {shown}{more}, which no package installed"
    mount = trash.mounted_inside(old.path, system)
    if mount:
        return "mount-inside", f"another volume is mounted at `{mount}`"
    prefix = os.path.realpath(sys.prefix)
    if paths.relative_to(prefix, os.path.realpath(old.path), system) is not None:
        return "in-use", RUNS_FROM_IT
    names = {old.path: "`.venv`"}
    if new:
        names[new] = "the project's environment in the store"
    found = in_use.users(names, processes())
    for path, what in names.items():
        users = found.get(path)
        if users:
            more = f" and {len(users) - 1} more" if len(users) > 1 else ""
            return "in-use", f"{what} is in use by `{users[0].name}` (process {users[0].pid}){more}"
    return "", ""


def programs() -> Iterator[Process]:
    """Yield all processes except this one and its parents.

    Variables are left out: a shell with the active environment, and its children, do not count as
    users.
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


def remove(old: Old) -> str:
    """Remove an environment in place; return what went wrong, or "".

    It is not renamed first. A rename inside a synced folder makes a client move, or send again,
    each of its files; a rename out of it makes macOS download evicted files first. Instead
    `pyvenv.cfg` is removed last: whoever finds the rest, uv or a second run of this, sees an
    environment that can be recreated or removed.
    """
    problem = ""
    for _ in range(_ATTEMPTS):
        try:
            _empty(old)
            os.rmdir(old.path)
        except FileNotFoundError:
            return ""
        except OSError as error:
            problem = (error.strerror or str(error)).lower()
        else:
            return ""
    return f"`.venv` was not removed completely: {problem}"


def _empty(old: Old) -> None:
    """Remove the content of the directory that was checked, even if its path changes.

    Others write to a shared folder: a symlink can replace `.venv`, or a directory above it, at any
    moment. So its content is removed through an open descriptor, as `shutil.rmtree` does further
    down. Windows has no such calls, so there paths are used.
    """
    top = _opened(old.path)
    try:
        status = os.lstat(old.path) if top is None else os.fstat(top)
        if (status.st_dev, status.st_ino) != (old.device, old.inode):
            raise OSError(0, "something else is in its place")
        names = os.listdir(old.path if top is None else top)
        for name in sorted(names, key=lambda name: name == "pyvenv.cfg"):
            path = os.path.join(old.path, name) if top is None else name
            if stat.S_ISDIR(os.stat(path, dir_fd=top, follow_symlinks=False).st_mode):
                shutil.rmtree(path, dir_fd=top)
            else:
                os.unlink(path, dir_fd=top)
    finally:
        if top is not None:
            os.close(top)


def _opened(path: str) -> int | None:
    if sys.platform == "win32":
        return None
    return os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
