"""Find the processes that use an environment, which must not be removed.

No system lists the processes of a virtual environment, as its Python is a symlink to another one.
So we check the working directory, the command line, and the variables that activation and `uv run`
set. A process that we may not inspect belongs to another user, and the store is private.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from uvlocal.shim.machine.display import printable
from uvlocal.shim.machine.host import System
from uvlocal.shim.store import pointers

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

#: The variables that name the environment of a process.
_NAMES = ("VIRTUAL_ENV", "UV_PROJECT_ENVIRONMENT", "__PYVENV_LAUNCHER__")
#: How many words of a command line may name a program or script of an environment.
_ARGUMENTS = 3
#: How many pointers are followed from one path, in case of a loop.
_MOST_SPELLINGS = 32


@dataclass(frozen=True, slots=True)
class Process:
    """A process; `texts` are the paths in its command line, variables and working directory."""

    pid: int
    name: str
    texts: tuple[str, ...]


def running() -> Iterator[Process]:
    """Yield every process that we may inspect, including this one."""
    import psutil

    for process in psutil.process_iter():
        texts: list[str] = []
        name = ""
        for ask in (process.exe, process.cwd, process.cmdline, process.environ):
            try:
                answer = ask()
            except (psutil.Error, OSError):
                continue
            texts += _texts(answer)
        try:
            name = printable(process.name())
        except (psutil.Error, OSError):
            continue
        yield Process(process.pid, name, tuple(texts))


def _texts(answer: str | list[str] | Mapping[str, str]) -> list[str]:
    if isinstance(answer, str):
        return [answer]
    if isinstance(answer, list):
        return answer[:_ARGUMENTS]
    path = answer.get("PATH", "").split(os.pathsep)
    return [answer.get(name, "") for name in _NAMES] + path


def users(environments: Iterable[str], processes: Iterable[Process]) -> dict[str, list[Process]]:
    """Return the processes that use each environment; unused environments are left out.

    A path through a pointer, such as `<project>/.venv/bin/python`, is followed to the environment.
    """
    spelled: dict[str, str] = {}
    for environment in environments:
        for path in (environment, os.path.realpath(environment)):
            spelled[os.path.normcase(path)] = environment
    found: dict[str, list[Process]] = {}
    for process in processes:
        used = {
            spelled[folder]
            for text in process.texts
            for path in _spellings(text)
            for folder in _upwards(path)
            if folder in spelled
        }
        for environment in used:
            found.setdefault(environment, []).append(process)
    return found


def _upwards(path: str) -> Iterator[str]:
    """Yield a path and its parents."""
    while path:
        yield path
        above = os.path.dirname(path)
        path = "" if above == path else above


def told(users: list[Process]) -> str:
    """Return the processes that use an environment, for display."""
    more = f" and {len(users) - 1} more" if len(users) > 1 else ""
    return f"`{users[0].name}` (process {users[0].pid}){more}"


def _spellings(text: str) -> Iterator[str]:
    """Yield a path as written, and with pointers in it resolved.

    One pointer may be below another `.venv`, or point to another pointer.
    """
    if not os.path.isabs(text) or "\0" in text:
        return
    seen = {os.path.normpath(text)}
    waiting = list(seen)
    system = System()
    while waiting and len(seen) <= _MOST_SPELLINGS:
        path = waiting.pop()
        yield os.path.normcase(path)
        for above, below in _ways(path):
            target = _led_to(above, system)
            if target:
                other = os.path.normpath(os.path.join(os.path.dirname(above), target, below))
                if other not in seen:
                    seen.add(other)
                    waiting.append(other)


def _ways(path: str) -> Iterator[tuple[str, str]]:
    """Yield each part of a path whose name may be a pointer's, with the rest of the path.

    Nothing else is accessed, as it may be on a disk that does not answer.
    """
    below = ""
    while os.path.dirname(path) != path:
        if "venv" in os.path.basename(path):
            yield path, below
        path, name = os.path.split(path)
        below = os.path.join(name, below) if below else name


def _led_to(path: str, system: System) -> str:
    """Return the target of a symlink or redirect file, or ""."""
    target = system.readlink(path)
    return (pointers.lines_of(path, system) or [""])[0] if target is None else target
