"""Which processes use an environment: none in use is ever removed.

No system lists the processes of a virtual environment: its Python is a link to another one. What
tells is the working directory, the command line, and the variables that activation and `uv run`
set. Where a process may not be looked at, it belongs to another user, and the store is this user's
alone.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from uvlocal.shim.machine.display import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

#: The variables that name the environment of a process.
_NAMES = ("VIRTUAL_ENV", "UV_PROJECT_ENVIRONMENT", "__PYVENV_LAUNCHER__")
#: How many arguments of a command line may name a program or script of an environment.
_ARGUMENTS = 3


@dataclass(frozen=True, slots=True)
class Process:
    """What is known of a process; `pid` is its number, `texts` the paths that it speaks of."""

    pid: int
    name: str
    texts: tuple[str, ...]


def running() -> Iterator[Process]:
    """Yield every process that may be looked at, this one included."""
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
    """Return for each environment the processes that use it, nothing for one that none uses.

    The path of a pointer, `<project>/.venv/bin/python`, is followed to the environment.
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
    """Yield a path and the folders above it."""
    while path:
        yield path
        above = os.path.dirname(path)
        path = "" if above == path else above


def told(users: list[Process]) -> str:
    """Return whom an environment is used by, for people."""
    more = f" and {len(users) - 1} more" if len(users) > 1 else ""
    return f"`{users[0].name}` (process {users[0].pid}){more}"


def _spellings(text: str) -> Iterator[str]:
    """Yield a path as it is written, and as it is where it leads through a pointer."""
    if not os.path.isabs(text):
        return
    yield os.path.normcase(os.path.normpath(text))
    folder, pointer, below = text.partition(f"{os.sep}.venv")
    if pointer and below[:1] in ("", os.sep):
        try:
            target = os.path.join(folder, os.readlink(folder + pointer))
        except (OSError, ValueError):
            return
        yield os.path.normcase(os.path.normpath(target + below))
