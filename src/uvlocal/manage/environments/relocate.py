"""Move an environment, and update its path in its own files.

It is in the first line of scripts, and in the `activate` files (found by searching environments of
uv 0.5.9 to 0.13.9); programs and everything else stay as they are.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import shutil
import stat
from typing import TYPE_CHECKING

from uvlocal.manage.environments import trash
from uvlocal.manage.files import atomic, rmtree

if TYPE_CHECKING:
    from collections.abc import Iterable

#: The size limit of a script, in bytes; a larger file is a program.
_LIMIT = 1 << 20
#: The longest interpreter line that every system accepts; the limit of uv.
_FIRST_LINE = 127
#: Where scripts are, on POSIX systems and on Windows.
_FOLDERS = ("bin", "Scripts")


def move(old: str, new: str, store: str, undo: contextlib.ExitStack) -> int:
    """Move an environment to `new`; return the number of rewritten scripts.

    The scripts are rewritten first, so that a broken environment never has the new path. Anything
    at that path is moved to the trash. On another disk the environment is copied, and the old one
    stays.

    Args:
        old: the current path.
        new: the new path, in `store`.
        store: the store whose trash is used.
        undo: gets a callback to undo each step; to be closed if anything fails, here or later.

    Raises:
        OSError: it cannot be moved.
    """
    if _on_one_disk(old, os.path.dirname(new)):
        with contextlib.ExitStack() as attempt:
            changed = rewrite(old, old, new)
            attempt.callback(put_back, changed)
            _make_room(new, store, attempt)
            try:
                os.rename(old, new)
            except OSError as error:
                if error.errno != errno.EXDEV:  # the same disk may be mounted twice
                    raise
            else:
                attempt.callback(os.rename, new, old)
                undo.push(attempt.pop_all())
                return len(changed)
    draft = trash.new_path(store, new)
    undo.callback(rmtree.delete, draft)
    shutil.copytree(old, draft, symlinks=True)
    changed = rewrite(draft, old, new)
    _make_room(new, store, undo)
    os.rename(draft, new)
    undo.callback(os.rename, new, draft)
    return len(changed)


def _on_one_disk(path: str, other: str) -> bool:
    return os.stat(path).st_dev == os.stat(other).st_dev


def _make_room(path: str, store: str, undo: contextlib.ExitStack) -> None:
    if os.path.lexists(path):
        undo.callback(os.rename, trash.put(store, path), path)


def rewrite(environment: str, old: str, new: str) -> list[tuple[str, bytes]]:
    """Replace the path `old` by `new` in the scripts of an environment.

    Each file is replaced, so that a hard link to it in uv's cache does not change.

    Returns:
        the changed scripts, and their former content.

    Raises:
        OSError: a script cannot be written; all are unchanged.
    """
    stems = {old: new, os.path.realpath(old): os.path.join(_parent(new), os.path.basename(new))}
    changed: list[tuple[str, bytes]] = []
    with contextlib.ExitStack() as undo:
        undo.callback(put_back, changed)
        for path in _scripts(environment):
            before = _content(path)
            after = before
            for stem, replacement in stems.items():
                after = rewritten(after, os.fsencode(stem), os.fsencode(replacement))
            if after != before:
                atomic.rewrite(path, after)
                changed.append((path, before))
        undo.pop_all()
    return changed


def put_back(changed: Iterable[tuple[str, bytes]]) -> None:
    """Restore the former content of rewritten scripts."""
    for path, before in changed:
        with contextlib.suppress(OSError):
            atomic.rewrite(path, before)


def _parent(path: str) -> str:
    return os.path.realpath(os.path.dirname(path))


def rewritten(content: bytes, old: bytes, new: bytes) -> bytes:
    """Return a script with one path replaced."""
    # The name of another environment may start with this one's.
    content = re.sub(re.escape(old) + rb"(?![\w.-])", lambda _: new, content)
    line, newline, rest = content.partition(b"\n")
    if not line.startswith(b"#!/") or len(line) <= _FIRST_LINE or new not in line:
        return content
    # Like uv: a shell starts the interpreter, and for Python the line is a string.
    program = line[2:].strip().replace(b"'", b"'\"'\"'")
    shell = b"#!/bin/sh\n'''exec' '" + program + b"' \"$0\" \"$@\"\n' '''"
    return shell + newline + rest


def _scripts(environment: str) -> list[str]:
    found = [os.path.join(environment, "pyvenv.cfg")]
    for folder in (os.path.join(environment, name) for name in _FOLDERS):
        if os.path.isdir(folder) and not os.path.islink(folder):
            atomic.sweep(folder)  # drafts of a killed call
            found += [os.path.join(folder, name) for name in sorted(os.listdir(folder))]
    return [path for path in found if _is_small_file(path)]


def _is_small_file(path: str) -> bool:
    try:
        status = os.lstat(path)
    except OSError:
        return False
    return stat.S_ISREG(status.st_mode) and status.st_size <= _LIMIT


def _content(path: str) -> bytes:
    """Return a file's content, or b"" for a program."""
    with open(path, "rb") as file:
        data = file.read(_LIMIT + 1)
    return b"" if b"\0" in data else data
