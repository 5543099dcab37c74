"""Create recorded decisions on the machines of the launcher's tests, and call for them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from support.compare import recorded
from support.compare.recorded import Recorded

from uvlocal.shim.recall import writer

if TYPE_CHECKING:
    from support.hosts.launchers import Machine

#: Arguments of all kinds.
ODD = [b"run", b"", b"a b", b"\xff\xfe", "é😀".encode(), b"two\nlines", b"--", b"*"]


def record_for(machine: Machine, *words: bytes) -> Recorded:
    """Return a record for a whole command line, without inputs to check."""
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
    """Write a record where a machine's launcher looks for it; return its path."""
    return recorded.lay(machine.path("cache"), found)


def answer(machine: Machine, *words: bytes, program: str = "") -> str:
    """Make a call that must print nothing; return what was started."""
    if os.path.exists(machine.record):
        os.unlink(machine.record)
    result = machine.call(*words, program=program)
    assert (result.code, result.stdout, result.stderr) == (0, "", "")
    return machine.became()
