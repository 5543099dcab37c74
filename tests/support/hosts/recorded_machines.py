"""Recorded decisions on the machines of the launcher's tests: made, laid, and asked for."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from support.compare import recorded
from support.compare.recorded import Recorded

from uvlocal.shim.recall import writer

if TYPE_CHECKING:
    from support.hosts.launchers import Machine

#: Words of all kinds, as uv gets them.
ODD = [b"run", b"", b"a b", b"\xff\xfe", "é😀".encode(), b"two\nlines", b"--", b"*"]


def record_for(machine: Machine, *words: bytes) -> Recorded:
    """Return a record for a whole command line on the machine as it is, with nothing to check."""
    pairs = [os.fsdecode(entry).partition("=") for entry in machine.environ]
    environ = {name: value for name, equals, value in pairs if equals}
    return Recorded(
        launcher=machine.shim,
        directory=machine.root,
        words=[os.fsdecode(word) for word in words],
        variables=writer.relevant(environ),
        uv=machine.real,
    )


def lay(machine: Machine, found: Recorded) -> str:
    """Put a record where the launcher of a machine looks for it; return its path."""
    return recorded.lay(machine.path("cache"), found)


def answer(machine: Machine, *words: bytes, program: str = "") -> str:
    """Make a call; say what was started. Nothing is said, whatever it was."""
    if os.path.exists(machine.record):
        os.unlink(machine.record)
    result = machine.call(*words, program=program)
    assert (result.code, result.stdout, result.stderr) == (0, "", "")
    return machine.became()
