"""Migrate a project, killed at one change to the disk after the other; then migrate again.

    python kill_migrations.py FOLDER FIRST STEP

kills a migration at its change number FIRST, the next at FIRST + STEP, and so on until one is not
killed any more. After each a second one is killed as well, somewhere, and a third must finish.
Prints a line for each kill: its number, and the change before which it came. Says what is wrong in
a line that begins with `lost`.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from typing import TYPE_CHECKING

import fake_uv
from migrating import Machine

if TYPE_CHECKING:
    from collections.abc import Callable

assert sys.platform != "win32", "Windows cannot fork"

#: What Python tells of before it changes something on the disk
#: (https://docs.python.org/3/library/audit_events.html).
_CHANGES = {"os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.chmod", "os.symlink"}
#: The second kill comes at the change (number * _SPREAD) modulo _MOST.
_SPREAD, _MOST = 7, 40


def _is_change(event: str, arguments: tuple[object, ...]) -> bool:
    if event == "open":
        mode, flags = arguments[1], arguments[2]
        return isinstance(flags, int) and (flags & (os.O_CREAT | os.O_TRUNC)) != 0 and mode != "r"
    return event in _CHANGES


def _in_a_child(work: Callable[..., None], *arguments: object) -> int:
    """Run something in a process of its own; return its exit code, negative for a signal."""
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            work(*arguments)
            code = 0
        except RuntimeError as error:
            sys.stdout.write(f"{error}\n")
            sys.stdout.flush()
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _migrate(folder: str, kill_at: int, log: str) -> None:
    """Migrate, and kill this process before a change; the last change is written to `log`."""
    machine = Machine.__new__(Machine)
    machine.take(folder)
    count = 0

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal count
        if _is_change(event, arguments) and arguments[0] != log:
            count += 1
            if count == kill_at:
                with open(log, "w", encoding="utf-8") as file:
                    file.write(f"{event} {arguments[0]}")
                os.kill(os.getpid(), signal.SIGKILL)

    job = machine.plan()
    if kill_at:
        sys.addaudithook(watch)
    result = job.apply("keep", None, machine.uv)
    if (result.state, result.kept) not in (("migrated", True), ("nothing-to-move", False)):
        message = f"{result.state}: {result.why}"
        raise RuntimeError(message)


def _whole(folder: str) -> list[str]:
    """Return what the old environment holds."""
    return [
        os.path.relpath(os.path.join(current, name), folder)
        for current, folders, files in os.walk(folder)
        for name in (*folders, *files)
    ]


def main(folder: str, first: int, step: int) -> None:
    """Kill, and finish, until a migration is over before its turn."""
    fresh, machine_folder = os.path.join(folder, "fresh"), os.path.join(folder, "machine")
    log = os.path.join(folder, "log")
    machine = Machine(fresh)
    machine.install("six", "1.17.0")
    before = sorted(_whole(machine.old))
    number = first
    while True:
        shutil.rmtree(machine_folder, ignore_errors=True)
        shutil.copytree(fresh, machine_folder, symlinks=True)
        here = Machine.__new__(Machine)
        here.take(machine_folder)
        new = here.new
        code = _in_a_child(_migrate, machine_folder, number, log)
        if code != -signal.SIGKILL:
            sys.stdout.write(f"over {code}\n")
            return
        with open(log, encoding="utf-8") as file:
            sys.stdout.write(f"{number} {file.read().replace(machine_folder, '')}\n")
        for kill_at in (number * _SPREAD % _MOST + 1, 0):
            is_new = fake_uv.works(new) and fake_uv.is_installed(new, "six", "1.17.0")
            if not is_new and sorted(_whole(here.old)) != before:
                sys.stdout.write(f"lost: neither environment is whole after change {number}\n")
            # uv and editors make something of remains that look like an environment.
            remains = os.path.isdir(here.old) and os.listdir(here.old)
            if remains and "pyvenv.cfg" not in remains:
                sys.stdout.write(f"lost: after change {number} `.venv` holds but {remains}\n")
            if kill_at:
                _in_a_child(_migrate, machine_folder, kill_at, log)
        if _in_a_child(_migrate, machine_folder, 0, log) != 0:
            sys.stdout.write(f"lost: the last run did not finish after change {number}\n")
        if os.path.lexists(here.old) or not fake_uv.works(new):
            sys.stdout.write(f"lost: the last run after change {number} left something to do\n")
        if here.kept().keys() - {"envs", "records"}:
            sys.stdout.write(f"lost: something was left behind after change {number}\n")
        number += step


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
