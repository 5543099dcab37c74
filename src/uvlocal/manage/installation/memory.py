"""Remember what the installation created, so that only that is removed."""

from __future__ import annotations

import contextlib
import os
import tomllib
from dataclasses import dataclass

from uvlocal.manage.files.atomic import replace
from uvlocal.manage.installation.shim_dir import read
from uvlocal.shim.store import naming

#: The file that lists what was created.
MEMORY = "uvlocal-installed.toml"


@dataclass(frozen=True, slots=True)
class Memory:
    """What the installation created; nothing else is ever removed.

    `folders` are the directories, outermost first; `user_path` says whether the user's PATH in the
    Windows registry was created too.
    """

    folders: tuple[str, ...] = ()
    user_path: bool = False


def remembered(folder: str) -> Memory:
    """Return what the installation of the shim in `folder` created, as far as known."""
    data = read(os.path.join(folder, MEMORY))
    try:
        table = tomllib.loads((data or b"").decode())
    except ValueError:
        return Memory()
    folders = table.get("folders", [])
    known = isinstance(folders, list) and all(isinstance(path, str) for path in folders)
    return Memory(tuple(folders) if known else (), table.get("user-path") is True)


def remember(folder: str, memory: Memory) -> None:
    """Record what was created, unless that is already recorded.

    Raises:
        OSError: the directory is not writable.
    """
    import tomli_w

    if memory == remembered(folder):
        return
    table = {
        "version": 1,
        # A path that is not text is not recorded: its directory stays, which does no harm.
        "folders": [path for path in memory.folders if naming.as_text(path) == path],
        "user-path": memory.user_path,
    }
    replace(os.path.join(folder, MEMORY), tomli_w.dumps(table).encode(), 0o600)


def missing_folders(path: str) -> list[str]:
    """Return the missing directories among `path` and its parents, outermost first."""
    found: list[str] = []
    while path and not os.path.lexists(path) and os.path.dirname(path) != path:
        found.insert(0, path)
        path = os.path.dirname(path)
    return found


def remove_if_empty(folder: str) -> bool:
    """Remove a directory if it is empty; return whether it was removed."""
    with contextlib.suppress(OSError):
        os.rmdir(folder)
        return True
    return False
