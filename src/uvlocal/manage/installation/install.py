"""Install the shim into a directory, and put that first on PATH in every shell in use.

Everything is planned first, so that a dry run, the question and the real run agree. `uninstall`
undoes it, `inspect` checks it.
"""

from __future__ import annotations

import compileall
import os
import sys
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from uvlocal.manage.environments import discoverable, records
from uvlocal.manage.errors import USAGE, UserError
from uvlocal.manage.files.atomic import made
from uvlocal.manage.files.atomic import replace as write
from uvlocal.manage.installation import (
    aliases,
    completion,
    rc_lines,
    shell_snippets,
    shells,
    starting,
    windows_path,
)
from uvlocal.manage.installation.inspect import inspect
from uvlocal.manage.installation.memory import (
    Memory,
    missing_folders,
    remember,
    remembered,
    remove_if_empty,
)
from uvlocal.manage.installation.on_path import is_ours
from uvlocal.manage.installation.shim_dir import (
    PACKAGE,
    Contents,
    aside_path,
    chosen,
    default_folder,
    is_foreign_program,
    launcher_source,
    read,
    stands,
)
from uvlocal.manage.installation.standing import refuse_bad_circumstances
from uvlocal.shim.machine import directories
from uvlocal.shim.settings import settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from uvlocal.manage.installation import rc_files
    from uvlocal.manage.installation.rc_lines import Line
    from uvlocal.shim.machine.host import System


@dataclass(frozen=True, slots=True)
class Wish:
    """What the user asks for.

    `folder` is the shim's directory, None for the default; `startup_files` is False if no shell's
    file may be changed; `shells` are names, empty for those in use; with `alias`, PATH is not
    changed.
    """

    folder: str | None = None
    startup_files: bool = True
    shells: tuple[str, ...] = ()
    alias: bool = False


@dataclass(frozen=True, slots=True)
class Installation:
    """What was installed, or would be; paths are absolute, `real_uv` is "" if none was found.

    `user_path` is the state of the user's PATH in the Windows registry, like a line's, or "".
    `machine_uv` is a `uv.exe` that Windows finds first, on the machine's PATH, or "".
    `moved_uv` is the new path of a real uv that had been installed over the shim, or "". `now` is
    the command for the running shell.
    """

    version: int
    shim: str
    configuration: str
    launcher: str
    python: str
    real_uv: str
    changed: bool
    shim_changes: bool
    wants_startup_files: bool
    shells: tuple[str, ...]
    lines: tuple[Line, ...]
    user_path: str
    machine_uv: str
    moved_uv: str
    shadows: tuple[aliases.Shadow, ...]
    now: str

    @property
    def is_blocked(self) -> bool:
        """Whether something could not be done."""
        return self.user_path == "blocked" or any(line.state == "blocked" for line in self.lines)


@dataclass(frozen=True, slots=True)
class Plan:
    """What `perform` does; `result` describes it, `moving` are real programs at shims' paths.

    `completions` are the files with completion code that are missing or outdated.
    """

    system: System
    contents: Contents
    completions: dict[str, bytes]
    moving: tuple[str, ...]
    edits: tuple[rc_files.Edit, ...]
    memory: Memory
    user_path: windows_path.UserPath
    result: Installation


def plan(
    wish: Wish,
    system: System,
    *,
    running: Sequence[str] = (),
    user_path: windows_path.UserPath | None = None,
) -> Plan:
    """Plan an installation, without changing anything.

    Args:
        wish: what the user asks for.
        system: the machine.
        running: the names of the programs that started uvlocal, nearest first.
        user_path: the user's PATH on Windows, by default the registry's.

    Raises:
        UserError: another file is in the shim's place, or uvlocal cannot be installed from here.
    """
    refuse_bad_circumstances(system)
    names = _shells(wish, system, running)
    should = Contents(chosen(wish.folder, system), system)
    moving = []
    for shim in (should.shim, should.uvx):
        if is_foreign_program(shim, system):
            moving.append(shim)
        elif os.path.lexists(shim) and not is_ours(shim, system):
            raise UserError(
                f"`{shim}` already exists, and is not a uvlocal shim",
                "choose another directory with `--shim-dir`",
            )
    planned = rc_lines.plan(names, should.folder, system, alias=wish.alias)
    edits = tuple(edit for _, edit in planned)
    user_path = user_path or windows_path.Registry()
    registry = ""
    if wish.startup_files and not wish.shells and not wish.alias and system.platform == "win32":
        registry = windows_path.state(user_path, should.folder, system.environ)
    shim_changes = not stands(should, system)
    completions = dict(_completions(names, should.folder))
    result = Installation(
        version=1,
        shim=should.shim,
        configuration=should.configuration,
        launcher=should.launcher,
        python=sys.executable,
        real_uv=should.real_uv,
        changed=shim_changes
        or registry == "absent"
        or bool(completions)
        or any(edit.changes for edit in edits),
        shim_changes=shim_changes,
        wants_startup_files=wish.startup_files,
        shells=tuple(names),
        lines=tuple(line for line, _ in planned),
        user_path=registry,
        machine_uv=windows_path.machine_uv(should.folder, system),
        moved_uv=should.aside if should.shim in moving else "",
        shadows=tuple(aliases.find(names, system)),
        now=_now(should.folder, system, running),
    )
    memory = _memory(should.folder, edits, system)
    if registry == "absent" and user_path.read() is None:
        memory = replace(memory, user_path=True)
    return Plan(system, should, completions, tuple(moving), edits, memory, user_path, result)


def perform(todo: Plan) -> Installation:
    """Execute the plan.

    A startup file that cannot be changed is reported as `blocked`; the others are still changed.

    Raises:
        UserError: the shim's directory is not writable, or the shim does not start there.
    """
    should = todo.contents
    try:
        if todo.result.shim_changes:
            _put_shim(todo)
        else:
            starting.insist(should.shim)
            remember(should.folder, todo.memory)
        for path, code in todo.completions.items():
            write(path, code, 0o644)
    except OSError as error:
        raise UserError(f"`{should.folder}` cannot be written: {error.strerror}") from error
    wanted = settings.load(todo.system)
    if wanted.discoverable:  # `uninstall` removed the links
        discoverable.make_all(records.places(todo.system, wanted), todo.system)
    # Otherwise each call would compile the package if it is read-only later.
    compileall.compile_dir(os.path.join(PACKAGE, "shim"), quiet=2)
    lines = tuple(map(rc_lines.put, todo.result.lines, todo.edits))
    registry = todo.result.user_path
    if registry == "absent":
        try:
            windows_path.add(todo.user_path, should.folder, todo.system.environ)
        except OSError:
            registry = "blocked"
        else:
            registry = "added"
    return replace(todo.result, lines=lines, user_path=registry)


def _put_shim(todo: Plan) -> None:
    """Check that the shim starts, then write it and the files beside it.

    Raises:
        OSError: the folder cannot be written.
        UserError: the shim does not start; nothing has changed.
    """
    should, system = todo.contents, todo.system
    new = missing_folders(should.folder)
    try:
        _make_folders(should)
        starting.clear(should.folder, system)
        with starting.tried(should.shim, should.launcher_bytes) as draft:
            remember(should.folder, todo.memory)
            for shim in todo.moving:
                os.makedirs(os.path.dirname(should.aside), exist_ok=True)
                os.replace(shim, aside_path(shim))
            write(should.configuration, should.configuration_bytes, 0o644)
            starting.put(draft, should.shim, system)
        with made(should.uvx, should.launcher_bytes) as draft:
            os.chmod(draft, 0o755)  # noqa: S103 - as above
            starting.put(draft, should.uvx, system)
    finally:
        for path in reversed(new):
            remove_if_empty(path)


def make_shim(folder: str | None, system: System) -> str:
    """Create only the shim; return its directory.

    Raises:
        UserError: it cannot be created.
    """
    todo = plan(Wish(folder, startup_files=False), system)
    perform(todo)
    return todo.contents.folder


def _shells(wish: Wish, system: System, running: Sequence[str]) -> list[str]:
    """Return the names of the shells whose files get a line."""
    if not wish.startup_files:
        return []
    if not system.home:
        raise UserError(
            "there is no home directory, so there are no startup files", "pass `--no-rc`"
        )
    if not wish.shells:
        if wish.alias and system.platform == "win32":
            return ["powershell"]
        return shells.in_use(system, running)
    for name in wish.shells:
        if not shell_snippets.name_of(name):
            known = ", ".join(f"`{known}`" for known in shell_snippets.SHELLS)
            raise UserError(f"unknown shell `{name}`", f"supported shells: {known}", USAGE)
    return list(dict.fromkeys(map(shell_snippets.name_of, wish.shells)))


def _completions(names: Sequence[str], folder: str) -> Iterator[tuple[str, bytes]]:
    """Yield the path and content of each missing or outdated file that startup files read."""
    for name in names:
        path, code = (
            os.path.join(folder, completion.file_name(name)),
            completion.code(name).encode(),
        )
        if code and read(path) != code + b"\n":
            yield path, code + b"\n"


def _now(folder: str, system: System, running: Sequence[str]) -> str:
    """Return the command that makes the running shell use the shim, or ""."""
    names = [
        *map(shell_snippets.name_of, running),
        shell_snippets.name_of(system.environ.get("SHELL", "")),
    ]
    name = next((name for name in names if name), "")
    if system.platform == "win32":
        name = name or "powershell"
    return shell_snippets.now_line(name, folder, system) if name else ""


def _memory(folder: str, edits: Sequence[rc_files.Edit], system: System) -> Memory:
    """Return what did not exist before this or an earlier install."""
    before = remembered(folder)
    places = [folder, settings.load(system).store, directories.cache_directory(system)]
    places += [os.path.dirname(edit.target) for edit in edits if edit.changes]
    found = [path for place in places for path in missing_folders(place)]
    return replace(before, folders=tuple(dict.fromkeys([*before.folders, *found])))


def _make_folders(should: Contents) -> None:
    """Create the shim's directory; the store is private, whatever the umask."""
    for path in missing_folders(should.folder):
        os.makedirs(path, exist_ok=True)
        if path == should.folder:
            os.chmod(path, 0o755)  # noqa: S103 - readable, but only writable by the user
        elif path == should.store:
            os.chmod(path, 0o700)


__all__ = [
    "Installation",
    "Plan",
    "Wish",
    "default_folder",
    "inspect",
    "is_ours",
    "launcher_source",
    "make_shim",
    "perform",
    "plan",
]
