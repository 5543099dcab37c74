"""Rewrite the path of an environment where the environment's own files name it.

That is in the first line of scripts, and in the `activate` files (found by search in environments
that uv 0.5.9 ... 0.13.9 had made); programs and everything else are left as they are.
"""

from __future__ import annotations

import os
import re
import stat

from uvlocal.manage.files import atomic

#: The largest script that is rewritten, in bytes; what is larger is a program.
_LIMIT = 1 << 20
#: The longest first line that every system takes for the name of an interpreter; uv's own limit.
_FIRST_LINE = 127
#: Where scripts are, on POSIX systems and on Windows.
_FOLDERS = ("bin", "Scripts")


def rewrite(environment: str, old: str, new: str) -> int:
    """Replace the path `old` by `new` in the scripts of an environment; return in how many.

    Each file is replaced whole, so that a file that uv's cache has too stays as it is there.

    Raises:
        OSError: a script cannot be written.
    """
    stems = {old: new, os.path.realpath(old): os.path.join(_parent(new), os.path.basename(new))}
    changed = 0
    for path in _scripts(environment):
        if os.path.basename(path).startswith(atomic.PREFIX):
            os.unlink(path)  # of a call that was killed
            continue
        before = _content(path)
        after = before
        for stem, replacement in stems.items():
            after = rewritten(after, os.fsencode(stem), os.fsencode(replacement))
        if after != before:
            atomic.rewrite(path, after)
            changed += 1
    return changed


def _parent(path: str) -> str:
    return os.path.realpath(os.path.dirname(path))


def rewritten(content: bytes, old: bytes, new: bytes) -> bytes:
    """Return a script with one path replaced, everything else as it was."""
    # The name of another environment may begin with this one's.
    content = re.sub(re.escape(old) + rb"(?![\w.-])", lambda _: new, content)
    line, newline, rest = content.partition(b"\n")
    if not line.startswith(b"#!/") or len(line) <= _FIRST_LINE or new not in line:
        return content
    # As uv does it: a shell starts the interpreter, Python takes the line for a text.
    program = line[2:].strip().replace(b"'", b"'\"'\"'")
    shell = b"#!/bin/sh\n'''exec' '" + program + b"' \"$0\" \"$@\"\n' '''"
    return shell + newline + rest


def _scripts(environment: str) -> list[str]:
    found = [os.path.join(environment, "pyvenv.cfg")]
    for folder in (os.path.join(environment, name) for name in _FOLDERS):
        if os.path.isdir(folder) and not os.path.islink(folder):
            found += [os.path.join(folder, name) for name in sorted(os.listdir(folder))]
    return [path for path in found if _is_small_file(path)]


def _is_small_file(path: str) -> bool:
    try:
        status = os.lstat(path)
    except OSError:
        return False
    return stat.S_ISREG(status.st_mode) and status.st_size <= _LIMIT


def _content(path: str) -> bytes:
    """Return a file's content, b"" for a program."""
    with open(path, "rb") as file:
        data = file.read(_LIMIT + 1)
    return b"" if b"\0" in data else data
