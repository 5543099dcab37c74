"""The note of a migration at work, so that a second run can finish one that was killed.

It lies beside the environments, in the store's `migrations`, and is there from before the new
environment is begun until the old one is gone. One migration works in a store at a time.
"""

from __future__ import annotations

import contextlib
import os
import stat
import sys
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import tomli_w

from uvlocal.manage import drafts
from uvlocal.manage.errors import UserError
from uvlocal.manage.record import from_text
from uvlocal.shim import environment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from uvlocal.shim.system import System

#: The folder of the notes in the store.
MIGRATIONS = "migrations"
#: What is being done: the new environment is made, or the old one is removed.
BUILDING, REMOVING = "building", "removing"

_VERSION = 1
_LIMIT = 1024 * 1024
_SUFFIX = ".toml"


@dataclass(frozen=True, slots=True)
class Note:
    """What is known of a migration at work.

    Attributes:
        root: the project's root as `environment.as_text` writes it.
        stage: `building` or `removing`.
        device: of the old environment's folder, with `inode` its identity.
        inode: see `device`.
        made: the new environment is made by this migration, so that it may be thrown away.
        recorded: its record was written by this migration.
        extra: requirements of packages that only the old environment has and the new one gets.
    """

    root: str
    stage: str
    device: int
    inode: int
    made: bool
    recorded: bool
    extra: tuple[str, ...] = ()


def path_of(store: str, name: str) -> str:
    """Return where the note of an environment's migration lies."""
    return os.path.join(store, MIGRATIONS, name + _SUFFIX)


def read(store: str, name: str, system: System) -> Note | None:
    """Return the note of a migration that was interrupted, None where there is none.

    One that says nothing usable stands for a migration that made nothing, so that nothing is
    thrown away on its word.
    """
    path = path_of(store, name)
    status = system.lstat(path)
    if status is None or not stat.S_ISREG(status.st_mode):
        return None
    try:
        table = tomllib.loads((system.read(path, _LIMIT) or b"").decode())
        extra = table["extra"]
        note = Note(
            root=table["root"],
            stage=table["stage"],
            device=table["device"],
            inode=table["inode"],
            made=table["made"] is True,
            recorded=table["recorded"] is True,
            extra=tuple(str(requirement) for requirement in extra),
        )
    except (ValueError, KeyError, TypeError, RecursionError):
        return Note("", BUILDING, 0, 0, made=False, recorded=False)
    return note if note.stage in (BUILDING, REMOVING) and table.get("version") == _VERSION else None


def write(store: str, name: str, note: Note) -> None:
    """Write the note, whole or not at all.

    Raises:
        OSError: the store cannot be written.
    """
    with contextlib.suppress(FileExistsError):
        os.mkdir(os.path.join(store, MIGRATIONS), 0o700)
    table: dict[str, object] = {
        "version": _VERSION,
        "root": note.root,
        "stage": note.stage,
        "device": note.device,
        "inode": note.inode,
        "made": note.made,
        "recorded": note.recorded,
        "extra": list(note.extra),
    }
    drafts.replace(path_of(store, name), tomli_w.dumps(table).encode())


def erase(store: str, name: str) -> None:
    """Remove the note, and the folder of notes where it was the last.

    Whoever holds the lock is the only one to write here, so drafts are those of killed ones.

    Raises:
        OSError: the store cannot be written.
    """
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path_of(store, name))
    folder = os.path.join(store, MIGRATIONS)
    with contextlib.suppress(OSError):
        for draft in os.listdir(folder):
            if draft.startswith(drafts.PREFIX):
                os.unlink(os.path.join(folder, draft))
        os.rmdir(folder)


def interrupted(store: str, system: System) -> list[str]:
    """Return the roots of projects whose migration was interrupted."""
    found = []
    for file in system.listdir(os.path.join(store, MIGRATIONS)):
        name = file.removesuffix(_SUFFIX)
        note = read(store, name, system) if environment.is_our_name(name) else None
        root = from_text(note.root, system) if note is not None else ""
        if system.path.isabs(root) and system.is_directory(root):
            found.append(root)
    return found


@contextlib.contextmanager
def turn(store: str) -> Iterator[int]:
    """Hold the one lock for migrations; yield a descriptor for uv to hold too, -1 for none.

    A killed migration leaves its uv at work. As long as uv has the descriptor open, the lock is
    held, so that nobody begins anew while it still writes.

    Raises:
        UserError: another migration, or the uv of a killed one, is at work.
    """
    path = os.path.join(store, ".migrating")
    if sys.platform == "win32":
        from filelock import FileLock, Timeout

        try:
            with FileLock(path, timeout=0):
                yield -1
        except Timeout:
            raise _busy() from None
        return
    import fcntl

    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise _busy() from None
        yield descriptor
    finally:
        os.close(descriptor)


def _busy() -> UserError:
    message = "another migration is at work, or the uv of one that was interrupted"
    return UserError(message, "try again when it has ended")
