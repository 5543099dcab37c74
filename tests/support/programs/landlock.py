"""Run a program that may only write below some paths, like agents' sandboxes (Landlock).

    python landlock.py PATH ... -- PROGRAM ARGUMENT ...

`access(2)` still says yes to everything. Exit code 77: this kernel has no Landlock.
Source: landlock(7).
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys

UNAVAILABLE = 77
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_NO_NEW_PRIVILEGES = 38
_WRITE_FILE = 1 << 1
#: The rights to write, remove, create, move and truncate files of all kinds.
_WRITE = sum(1 << bit for bit in (1, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14))
_PATH_BENEATH = 1


def _call(*arguments: object) -> int:
    result = ctypes.CDLL(None, use_errno=True).syscall(*arguments)
    if result < 0:
        sys.stderr.write(f"no Landlock: {os.strerror(ctypes.get_errno())}\n")
        sys.exit(UNAVAILABLE)
    return int(result)


def main(arguments: list[str]) -> None:
    """Restrict this process, and become the program."""
    cut = arguments.index("--")
    rules = _call(_CREATE_RULESET, struct.pack("Q", _WRITE), 8, 0)
    for path in arguments[:cut]:
        allowed = _WRITE if os.path.isdir(path) else _WRITE_FILE
        file = os.open(path, getattr(os, "O_PATH", 0))
        _call(_ADD_RULE, rules, _PATH_BENEATH, struct.pack("=Qi", allowed, file), 0)
    ctypes.CDLL(None).prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    _call(_RESTRICT_SELF, rules, 0)
    os.execvp(arguments[cut + 1], arguments[cut + 1 :])  # noqa: S606 - a program without a shell


if __name__ == "__main__":
    main(sys.argv[1:])
