"""Kill a program before each system call with which it changes a file, one run for each.

strace(1) counts the system calls of a kind, and ends the program at the one that is named before
the kernel does it. What the program starts is not followed.
"""

from __future__ import annotations

import functools
import os
import re
import shutil
import subprocess
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from support.hosts.hard_machine import HardMachine

#: What changes something; a kernel that lacks one of these has another of them.
_CALLS = (
    *("mkdir", "mkdirat", "rename", "renameat", "renameat2", "rmdir", "unlink", "unlinkat"),
    *("symlink", "symlinkat", "link", "linkat", "chmod", "fchmod", "fchmodat", "ftruncate"),
    *("open", "openat", "write", "fsync", "utimensat", "flock"),
)
_STRACE = shutil.which("strace") or ""
_LINE = re.compile(r"(\w+)\((.*)")
_STDERR = 2


@functools.cache
def unavailable() -> str:
    """Return why programs cannot be killed so on this machine, or "" if they can."""
    if not _STRACE:
        return "`strace` is not installed"
    result = subprocess.run(
        [_STRACE, "-o", os.devnull, "-e", "inject=mkdir,mkdirat:signal=KILL:when=2", "true"],
        capture_output=True,
        check=False,
    )
    return "`strace` may not watch programs here" if result.returncode else ""


def steps(machine: HardMachine, command: list[str], cwd: str = "") -> list[str]:
    """Run a command to its end, and return each change as the words by which strace kills there."""
    log = machine.path("strace.log")
    calls = ",".join((*_CALLS, "execve"))
    watched = [_STRACE, "-qq", "-o", log, "-e", "signal=none", "-e", f"trace={calls}", *command]
    subprocess.run(
        watched,
        cwd=cwd or machine.project,
        env=machine.environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    found = []
    counts: Counter[str] = Counter()
    with open(log, encoding="utf-8", errors="replace") as file:
        for line in file:
            match = _LINE.match(line)
            if match is None:
                continue
            name, arguments = match.groups()
            if name == "execve" and arguments.startswith(f'"{machine.uv}"'):
                break  # what uv does is not ours
            counts[name] += 1
            if name in _CALLS and _is_change(name, arguments):
                found.append(f"inject={name}:signal=KILL:when={counts[name]}")
    os.unlink(log)
    return found


def _is_change(name: str, arguments: str) -> bool:
    if name in ("open", "openat"):
        return "O_CREAT" in arguments
    if name == "write":
        descriptor = arguments.partition(",")[0]
        return descriptor.isdigit() and int(descriptor) > _STDERR
    return True


def kill(machine: HardMachine, step: str, command: list[str], cwd: str = "") -> bool:
    """Run a command, killed at a step; return whether it was killed, and did not end before."""
    log = machine.path("strace.log")
    name = step.removeprefix("inject=").partition(":")[0]  # what is not traced is not injected
    result = subprocess.run(
        [_STRACE, "-qq", "-o", log, "-e", f"trace={name}", "-e", step, *command],
        cwd=cwd or machine.project,
        env=machine.environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    os.unlink(log)
    return result.returncode in (-9, 128 + 9)


def most(killed: list[bool]) -> bool:
    """Return whether most of some runs were killed: a step may be missed, but hardly ever is."""
    return sum(killed) * 2 > len(killed)
