"""The store's trash: environments that are about to be removed.

It is in the store, as a rename is only atomic on the same volume. A name in it is an environment's
name plus a tag; anything else there is not ours.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from typing import TYPE_CHECKING

from uvlocal.manage.environments import discoverable
from uvlocal.manage.files import rmtree
from uvlocal.manage.files.sizes import Meter
from uvlocal.manage.telling import nobody
from uvlocal.shim.machine import display
from uvlocal.shim.machine.paths import contains
from uvlocal.shim.store import naming, pointers
from uvlocal.shim.volume import mounts

if TYPE_CHECKING:
    from uvlocal.manage.telling import Tell
    from uvlocal.shim.machine.host import System

#: The name of the directory in the store.
TRASH = "trash"
_TAG_BYTES = 4


def put(store: str, path: str) -> str:
    """Move an environment to its store's trash atomically; return the new path.

    Raises:
        OSError: it cannot be moved there.
    """
    tagged = new_path(store, path)
    os.rename(path, tagged)
    return tagged


def new_path(store: str, path: str) -> str:
    """Return a free path for an environment in its store's trash, creating the trash if missing.

    Raises:
        OSError: the trash does not exist and cannot be created.
    """
    folder = os.path.join(store, TRASH)
    with contextlib.suppress(FileExistsError):
        os.mkdir(folder, 0o700)
    if not stat.S_ISDIR(os.lstat(folder).st_mode):
        raise NotADirectoryError(0, f"`{folder}` is not a directory")
    return os.path.join(folder, f"{os.path.basename(path)}.{secrets.token_hex(_TAG_BYTES)}")


def put_with_record(store: str, path: str, record: str, project: str, system: System) -> None:
    """Move an environment to the trash; remove its record, its pointer and its link for editors.

    A dangling pointer would make the real uv fail.

    Args:
        store: the store.
        path: the environment, or "" if only the record is left.
        record: the record, or "" if there is none.
        project: the root of the project whose pointer is removed, or "".
        system: the machine.

    Raises:
        OSError: something cannot be removed.
    """
    if path:
        pointer = pointers.find(project, path, system) if project else None
        put(store, path)
        if pointer is not None and pointer.leads:
            with contextlib.suppress(OSError):
                os.unlink(pointer.path)
    name = os.path.basename(path or record.removesuffix(".toml"))
    discoverable.remove(os.path.join(store, naming.ENVIRONMENTS, name), system)
    if record:
        os.unlink(record)


def leftovers(store: str, system: System) -> list[str]:
    """Return what an interrupted call left in the trash."""
    folder = os.path.join(store, TRASH)
    if os.path.islink(folder):
        return []
    return [os.path.join(folder, name) for name in system.listdir(folder) if _is_tagged(name)]


def _is_tagged(name: str) -> bool:
    stem, _, tag = name.rpartition(".")
    return naming.is_our_name(stem) and len(tag) == 2 * _TAG_BYTES


def empty(store: str, system: System, tell: Tell = nobody) -> tuple[int, list[str]]:
    """Empty the trash; return the bytes freed, and what went wrong."""
    meter, problems = Meter(), []
    waiting = leftovers(store, system)
    for number, path in enumerate(waiting):
        tell("environment", number, len(waiting))
        mount = mounted_inside(path, system)
        if mount:
            shown = display.printable(path)
            problems.append(f"`{shown}` stays: another volume is mounted inside, at `{mount}`")
            continue
        meter.add(path)
        trouble = rmtree.delete(path)
        if trouble:
            problems.append(f"`{path}` was not removed completely: {trouble}")
    with contextlib.suppress(OSError):
        os.rmdir(os.path.join(store, TRASH))
    return meter.total().own, problems


def mounted_inside(path: str, system: System) -> str:
    """Return a mount point inside a directory, or ""; its files are not ours to remove."""
    folder = os.path.realpath(path)
    for mount in mounts.parse_mount_table(system.mount_table()):
        if contains(folder, mount.point, system):
            return mount.point
    # Without a mount table, another volume shows by its device number.
    return "" if system.platform == "linux" else Meter().add(path).mount
