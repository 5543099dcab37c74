"""Remove everything that `uvlocal install` created, and what the shim has created since.

Environments are data: they stay unless the user asks to remove them. So do the user's settings, and
whatever is not ours.
"""

from __future__ import annotations

import dataclasses
import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from uvlocal.manage.environments import discoverable, in_use, records, remove_all, store_lock
from uvlocal.manage.errors import UserError
from uvlocal.manage.files import atomic
from uvlocal.manage.files.reader import Reader
from uvlocal.manage.installation import (
    completion,
    rc_files,
    shell_snippets,
    shells,
    starting,
    windows_path,
)
from uvlocal.manage.installation.memory import MEMORY, Memory, remembered, remove_if_empty
from uvlocal.manage.installation.on_path import is_ours, uvs_on_path
from uvlocal.manage.installation.shim_dir import (
    PACKAGE,
    aside_path,
    chosen,
    default_folder,
    is_foreign_program,
    shim_path,
    uvx_path,
)
from uvlocal.shim import contract
from uvlocal.shim.machine import directories
from uvlocal.shim.recall import bytecode
from uvlocal.shim.settings import settings
from uvlocal.shim.store import naming
from uvlocal.shim.uv import handover
from uvlocal.shim.volume.locate import locate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from uvlocal.manage.environments.in_use import Process
    from uvlocal.manage.environments.remove_all import Environment
    from uvlocal.shim.machine.host import System


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that could not be removed, and why."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Removal:
    """What was removed, or would be; paths are absolute.

    `files` and `folders` are removed; `startup_files` lose our line, or are removed if they were
    created for it. `shared_files` are those that a sync client shares with other machines, with the
    client's name. `moved_back` are real uvs that had been installed over a shim and move back.
    `environments` are removed on request; `kept` is what stays on purpose.
    """

    version: int
    files: tuple[str, ...]
    folders: tuple[str, ...]
    startup_files: tuple[str, ...]
    shared_files: dict[str, str]
    user_path: bool
    moved_back: tuple[str, ...]
    environments: tuple[Environment, ...]
    kept: tuple[str, ...]
    problems: tuple[Problem, ...]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to remove."""
        gone = (self.files, self.startup_files, self.moved_back, self.environments, self.folders)
        return not any(gone) and not self.user_path


@dataclass(frozen=True, slots=True)
class Plan:
    """What `perform` does; `result` describes it, `shim_folders` are the ones to clear."""

    system: System
    shim_folders: tuple[str, ...]
    edits: tuple[rc_files.Edit, ...]
    memory: Memory
    stores: tuple[str, ...]
    named_store: str
    user_path: windows_path.UserPath
    result: Removal


def plan(
    folder: str | None,
    system: System,
    *,
    environments: bool = False,
    processes: Callable[[], Iterable[Process]] = in_use.running,
    user_path: windows_path.UserPath | None = None,
) -> Plan:
    """Plan an uninstallation, without changing anything.

    Args:
        folder: the shim's directory; None for the default one, those of this uvlocal on PATH, and
            every line of ours.
        system: the machine.
        environments: remove the environments too.
        processes: returns the running processes.
        user_path: the user's PATH on Windows, by default the registry's.

    Raises:
        UserError: `folder` contains a `uv` that is not ours.
    """
    user_path = user_path or windows_path.Registry()
    folders = _shim_folders(folder, system)
    memories = [remembered(path) for path in folders]
    made = tuple(dict.fromkeys(path for memory in memories for path in memory.folders))
    memory = Memory(made, any(memory.user_path for memory in memories))
    edits = _edits(folder, system)
    wishes = settings.load(system)
    places = records.places(system, wishes)
    going = remove_all.plan(places, system, processes) if environments else []
    files = [path for place in folders for path in _ours_in(place, system)]
    # All shims share the recorded decisions, so remove them with the last shim.
    if folder is None:
        files += _cached(system)
        files += [path for path, _ in discoverable.links(places, system)]
    files += _needless_locks(wishes.store, system)
    on_user_path = [place for place in folders if _is_on_user_path(user_path, place, system)]
    result = Removal(
        version=1,
        files=tuple(files),
        folders=tuple(reversed([path for path in made if os.path.isdir(path)])),
        startup_files=tuple(edit.path for edit in edits if edit.changes),
        shared_files=_shared(edits, system, wishes),
        user_path=bool(on_user_path),
        moved_back=tuple(_moved_back(folders, system)),
        environments=tuple(going),
        kept=tuple(_kept(places, going, system)),
        problems=tuple(Problem(edit.path, edit.trouble) for edit in edits if edit.trouble),
    )
    return Plan(
        system=system,
        shim_folders=folders,
        edits=edits,
        memory=memory,
        stores=tuple(places),
        named_store=wishes.store if wishes.origins.get("store") else "",
        user_path=user_path,
        result=result,
    )


def perform(todo: Plan, *, processes: Callable[[], Iterable[Process]] = in_use.running) -> Removal:
    """Execute the plan; report what fails as a problem, and continue."""
    problems = list(todo.result.problems)

    def attempt(path: str, action: Callable[..., object], *arguments: object) -> None:
        try:
            action(*arguments)
        except FileNotFoundError:
            pass
        except OSError as error:
            problems.append(Problem(path, error.strerror or "cannot be changed"))

    for edit in todo.edits:
        attempt(edit.path, rc_files.perform, edit)
    for folder in todo.shim_folders:
        attempt("PATH", _leave_user_path, todo, folder)
        atomic.sweep(folder)
    for path in todo.result.files:
        attempt(path, os.unlink, path)
    discoverable.tidy(todo.system)
    for shim in todo.result.moved_back:
        attempt(shim, os.replace, aside_path(shim), shim)
        remove_if_empty(os.path.dirname(aside_path(shim)))
    removed = remove_all.remove(todo.result.environments, todo.system, processes)
    problems += [Problem(one.path or one.record, one.stays) for one in removed if one.stays]
    gone = [folder for folder in todo.result.folders if remove_if_empty(folder)]
    _tidy_cache(todo.system)
    for store in filter(None, {*todo.stores, directories.data_directory(todo.system)}):
        remove_all.tidy(store)
        if store != todo.named_store:
            remove_if_empty(store)
    gone += [folder for folder in todo.result.folders if remove_if_empty(folder)]
    return dataclasses.replace(
        todo.result, folders=tuple(gone), environments=tuple(removed), problems=tuple(problems)
    )


# -- the shim ----------------------------------------------------------------------------------


def _shim_folders(folder: str | None, system: System) -> tuple[str, ...]:
    """Return the directories to clear: the named one, or all of this uvlocal.

    Raises:
        UserError: the named one contains a `uv` that is not ours.
    """
    if folder is not None:
        path = chosen(folder, system)
        shim = shim_path(path, system)
        strange = os.path.lexists(shim) and not is_ours(shim, system)
        if strange and not is_foreign_program(shim, system):
            raise UserError(f"`{shim}` is not a uvlocal shim, so it was kept")
        return (path,)
    default = [default_folder(system)] if settings.load(system).store else []
    shims = [shim for shim in uvs_on_path(system) if is_ours(shim, system)]
    mine = [os.path.dirname(shim) for shim in shims if _is_this_uvlocal(shim, system)]
    return tuple(dict.fromkeys([*default, *mine]))


def _is_this_uvlocal(shim: str, system: System) -> bool:
    package = handover.configuration(system, shim).get("package", "")
    return package == os.path.dirname(PACKAGE)


def _ours_in(folder: str, system: System) -> list[str]:
    """Return our files in a shim's directory; nothing else in it is touched."""
    shim = shim_path(folder, system)
    found = [path for path in (shim, uvx_path(folder, system)) if is_ours(path, system)]
    found += starting.old(folder, system)
    if found or is_foreign_program(shim, system) or not os.path.lexists(shim):
        names = (contract.CONFIGURATION, MEMORY, *completion.FILES)
        beside = (os.path.join(folder, name) for name in names)
        found += [path for path in beside if os.path.isfile(path)]
    return found


def _moved_back(folders: Iterable[str], system: System) -> list[str]:
    """Return the paths of shims to which a real uv, moved aside by `install`, moves back."""
    shims = [path(folder, system) for folder in folders for path in (shim_path, uvx_path)]
    return [
        shim
        for shim in shims
        if os.path.isfile(aside_path(shim)) and not is_foreign_program(shim, system)
    ]


def _edits(folder: str | None, system: System) -> tuple[rc_files.Edit, ...]:
    """Return the edits that remove our lines from startup files."""
    found = []
    path = "" if folder is None else chosen(folder, system)
    for file in shells.all_startup_files(system) if system.home else []:

        def goes(code: str, shell: str = file.shell) -> bool:
            return not path or shell_snippets.names(code, shell, path, system)

        edit = rc_files.plan_remove(file.path, system, which=goes)
        if edit.changes or edit.trouble:
            found.append(edit)
    return tuple(found)


def _shared(
    edits: Iterable[rc_files.Edit], system: System, wishes: settings.Settings
) -> dict[str, str]:
    """Return the startup files in a synced folder, or linked into one, with the sync client."""
    found = {}
    reader = Reader(
        platform=system.platform, environ=system.environ, cwd=system.cwd, home=system.home
    )
    for edit in edits:
        if edit.changes:
            volume = locate(edit.target, edit.path, reader, wishes)
            if volume.kind == "synced":
                found[edit.path] = volume.label
    return found


# -- the user's PATH on Windows ----------------------------------------------------------------


def _is_on_user_path(user_path: windows_path.UserPath, folder: str, system: System) -> bool:
    if system.platform != "win32":
        return False
    try:
        value = user_path.read()
    except OSError:
        return False
    return value is not None and windows_path.has(value.text, folder, system.environ)


def _leave_user_path(todo: Plan, folder: str) -> None:
    if _is_on_user_path(todo.user_path, folder, todo.system):
        made = todo.memory.user_path
        windows_path.remove(todo.user_path, folder, todo.system.environ, made=made)


# -- what the shim left ------------------------------------------------------------------------


def _cached(system: System) -> list[str]:
    """Return the shim's files in our cache directory, recognised by name.

    Other files may be beside them: the store may be the same directory, or inside it.
    """
    cache = directories.cache_directory(system)
    if not cache or os.path.islink(cache):
        return []
    found = []
    for name, is_ours_by_name in _CACHED.items():
        folder = os.path.join(cache, name)
        if os.path.islink(folder) or not os.path.isdir(folder):
            continue
        paths = [os.path.join(folder, one) for one in os.listdir(folder) if is_ours_by_name(one)]
        found += [path for path in paths if os.path.isfile(path) and not os.path.islink(path)]
    return found


def _is_cache(name: str) -> bool:
    return _CACHE.fullmatch(name) is not None


def _is_decision(name: str) -> bool:
    return _DECISION.fullmatch(name) is not None


def _is_of_an_environment(name: str) -> bool:
    return naming.is_our_name(_DRAFT.sub("", name))


def _is_said(name: str) -> bool:
    return _is_of_an_environment(name) or _DRAFT.sub("", name) == "editors"


#: The suffix of a file that is being written (`System.write_private`).
_DRAFT = re.compile(r"\.[0-9]+$")
_CACHE = re.compile(rf"(roots|uv-versions|{bytecode.PREFIX}[\w.-]+-[0-9a-f]{{16}})(\.[0-9]+)?")
_DECISION = re.compile(r"[0-9a-f]{16}(\.[0-9]+)?")
#: Our directories in the cache directory, and which files in each are ours.
_CACHED: dict[str, Callable[[str], bool]] = {
    "": _is_cache,
    contract.DECISIONS: _is_decision,
    "pointers": _is_of_an_environment,
    "said": _is_said,
}


def _kept(places: list[str], going: list[Environment], system: System) -> list[str]:
    """Return what stays on purpose: environments, unless removal was requested, and settings."""
    names = {one.path for one in going}
    kept = []
    for place in places:
        folder = os.path.join(place, naming.ENVIRONMENTS)
        paths = [os.path.join(folder, name) for name in system.listdir(folder)]
        kept += [path for path in paths if path not in names]
    file = settings.user_file(system)
    return kept + ([file] if file and os.path.lexists(file) else [])


def _needless_locks(store: str, system: System) -> list[str]:
    """Return the locks of stores without directories, which nobody can hold."""
    stores = [one for one in (store, directories.data_directory(system)) if one]
    return [
        lock
        for one in dict.fromkeys(stores)
        if store_lock.is_ours(lock := os.path.join(one, store_lock.LOCK))
        and not remove_all.holds(one)
    ]


def _tidy_cache(system: System) -> None:
    """Remove our empty directories in the cache directory, and that itself if it is empty."""
    cache = directories.cache_directory(system)
    if cache and not os.path.islink(cache):
        for name in reversed(_CACHED):
            remove_if_empty(os.path.join(cache, name).rstrip(os.sep))
