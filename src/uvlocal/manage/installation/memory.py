"""What was made for the shim: nothing else is ever taken away again."""

from __future__ import annotations

import contextlib
import os
import tomllib
from dataclasses import dataclass

from uvlocal.manage.files.atomic import replace
from uvlocal.manage.installation.shim_dir import read
from uvlocal.shim.store import naming

#: What was made for the shim, so that it can be undone.
MEMORY = "uvlocal-installed.toml"


@dataclass(frozen=True, slots=True)
class Memory:
    """What did not exist before the shim was installed; nothing else is ever taken away.

    `folders` are the folders, outermost first; `user_path` says whether the user's PATH in the
    Windows registry was made too.
    """

    folders: tuple[str, ...] = ()
    user_path: bool = False


def remembered(folder: str) -> Memory:
    """Return what was made when the shim in `folder` was installed, as far as that is known."""
    data = read(os.path.join(folder, MEMORY))
    try:
        table = tomllib.loads((data or b"").decode())
    except ValueError:
        return Memory()
    folders = table.get("folders", [])
    known = isinstance(folders, list) and all(isinstance(path, str) for path in folders)
    return Memory(tuple(folders) if known else (), table.get("user-path") is True)


def remember(folder: str, memory: Memory) -> None:
    """Write down what was made, unless that is known.

    Raises:
        OSError: the folder cannot be written.
    """
    import tomli_w

    if memory == remembered(folder):
        return
    table = {
        "version": 1,
        # A path that is no text is not remembered: its folder stays, which does no harm.
        "folders": [path for path in memory.folders if naming.as_text(path) == path],
        "user-path": memory.user_path,
    }
    replace(os.path.join(folder, MEMORY), tomli_w.dumps(table).encode(), 0o600)


def missing_folders(path: str) -> list[str]:
    """Return `path` and the folders above it that are not there, outermost first."""
    found: list[str] = []
    while path and not os.path.lexists(path) and os.path.dirname(path) != path:
        found.insert(0, path)
        path = os.path.dirname(path)
    return found


def remove_if_empty(folder: str) -> bool:
    """Remove a folder if nothing is in it; return whether that happened."""
    with contextlib.suppress(OSError):
        os.rmdir(folder)
        return True
    return False
