"""Kill a program before each system call that changes a file, with one run for each.

strace(1) counts the system calls of a kind, and kills the program at the given one before the
kernel executes it. Child processes are not traced.
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

#: System calls that change files; not every kernel has all of them.
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
    """Return why this does not work on this machine, or ""."""
    if not _STRACE:
        return "`strace` is not installed"
    result = subprocess.run(
        [_STRACE, "-o", os.devnull, "-e", "inject=mkdir,mkdirat:signal=KILL:when=2", "true"],
        capture_output=True,
        check=False,
    )
    return "`strace` may not watch programs here" if result.returncode else ""


def steps(machine: HardMachine, command: list[str], cwd: str = "") -> list[str]:
    """Run a command to its end, and return the strace option that kills it at each change."""
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
                break  # uv's changes are not ours
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
    """Run a command, killed at a step; return whether it was killed before it ended."""
    log = machine.path("strace.log")
    name = step.removeprefix("inject=").partition(":")[0]  # injection needs tracing
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
    """Return whether most runs were killed, as a step is rarely missed."""
    return sum(killed) * 2 > len(killed)
