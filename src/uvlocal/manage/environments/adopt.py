"""Reuse a moved project's old environment, under its new name.

Scripts and `activate` files contain the environment's own path; they are rewritten before the
directory is renamed, so that a broken environment never has the new name. On another disk it is
copied. If a step fails, all steps before it are undone. uv itself updates an editable install for
the new place, but would not repair the scripts of other packages (tested with uv 0.5.9, 0.9.30 and
0.13.9). The machine may crash after any step: the next call continues from there.
"""

from __future__ import annotations

import contextlib
import os
import sys
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from uvlocal.manage.environments import discoverable, in_use, record, records, relocate, trash
from uvlocal.manage.environments.store_lock import held, make_private
from uvlocal.manage.errors import USAGE, UserError
from uvlocal.manage.files import atomic, user_path
from uvlocal.shim.call import Call
from uvlocal.shim.machine import directories, display
from uvlocal.shim.machine.host import System
from uvlocal.shim.store import lookup, pointers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from uvlocal.manage.environments.in_use import Process
    from uvlocal.manage.environments.records import Entry
    from uvlocal.shim.decide import Decision


@dataclass(frozen=True, slots=True)
class Adopted:
    """What was done, or would be with `dry_run`; `version` is the version of the JSON format.

    `root` and `former_root` are the project's new and old path, `environment` and
    `former_environment` the environment's. `replaced` says that the project had a new environment,
    which was removed. `scripts` is the number of rewritten files. `needs_sync` says that scripts
    are programs, which only `uv sync --reinstall` can recreate (Windows).
    """

    version: int
    dry_run: bool
    root: str
    former_root: str
    environment: str
    former_environment: str
    replaced: bool
    scripts: int
    needs_sync: bool
    problems: tuple[str, ...]


def adopt(
    path: str | None,
    former: str = "",
    environ: dict[str, str] | None = None,
    *,
    dry_run: bool = False,
    processes: Callable[[], Iterable[Process]] = in_use.running,
) -> Adopted:
    """Reuse a moved project's old environment.

    Args:
        path: a directory in the moved project; None for the current directory.
        former: its old path, or the name of its old environment; "" to recognise it by the
            directory's identity.
        environ: the environment variables, by default those of this process.
        dry_run: report what would be done, but change nothing.
        processes: returns the running processes.

    Raises:
        UserError: there is nothing to adopt, it is in use, or it cannot be moved.
    """
    call = Call(["sync"], System(environ=environ, cwd=user_path.folder(path)))
    decision = call.settle()
    if decision.strategy != "redirect":
        outside = call.facts.project is None or not call.facts.project.root
        if outside:
            raise UserError(decision.sentence, "run this in a project, or pass the path to one")
        raise UserError(f"nothing to adopt: {decision.sentence}")
    entry = _former(call, former)
    plan = _plan(call, decision, entry)
    if dry_run:
        return replace(plan, dry_run=True)
    return _perform(plan, call, decision, processes)


# -- which one ---------------------------------------------------------------------------------


def _former(call: Call, former: str) -> Entry:
    """Return the old environment of the project.

    Raises:
        UserError: there is none, or another project still uses it.
    """
    root, system = _root(call), call.system
    places = records.places(system, call.settings)
    entries = [entry for entry in records.read(places, system, None, root) if entry.record]
    if not former:
        for entry in entries:
            if entry.state == "moved" and entry.moved_to == root:
                return entry
        raise UserError(
            f"no earlier environment is known for `{_shown(root, call)}`",
            "name it with `--from`; `uvlocal list` shows all environments",
        )
    wanted = os.path.abspath(directories.expand_home(former, system))
    for entry in entries:
        replaced = entry.record is not None and entry.record.replaced
        if former == entry.name or (wanted == entry.root and not replaced):
            _check_is_free(entry, root, call)
            return entry
    raise UserError(
        f"no known environment or project is called `{former}`",
        "`uvlocal list` shows all environments",
        USAGE,
    )


def _check_is_free(entry: Entry, root: str, call: Call) -> None:
    shown = _shown(entry.root, call)
    if entry.root == root and entry.record is not None and not entry.record.replaced:
        raise UserError(f"`{entry.name}` is already the environment of this project")
    if entry.state in ("ok", "copy", "unused"):
        raise UserError(f"`{shown}` still exists, and two projects never share an environment")
    if entry.state in ("volume-not-mounted", "unreadable"):
        raise UserError(f"`{shown}` may still exist: {entry.why}")
    if entry.state == "broken":
        raise UserError(f"`{entry.name}` cannot be adopted: {entry.why}")


def _root(call: Call) -> str:
    return call.facts.project.root if call.facts.project is not None else ""


def _shown(path: str, call: Call) -> str:
    return display.contract_home(path, call.system)


# -- the move ----------------------------------------------------------------------------------


def _plan(call: Call, decision: Decision, entry: Entry) -> Adopted:
    target = decision.environment
    there = os.path.lexists(target)
    if not entry.made and not there:
        raise UserError(
            f"the environment of `{_shown(entry.root, call)}` is gone",
            "`uv sync` creates a new one",
        )
    return Adopted(
        version=1,
        dry_run=False,
        root=_root(call),
        former_root=entry.root,
        environment=target,
        former_environment=entry.environment,
        replaced=entry.made and there and entry.environment != target,
        scripts=0,
        needs_sync=call.system.platform == "win32",
        problems=(),
    )


def _perform(
    plan: Adopted,
    call: Call,
    decision: Decision,
    processes: Callable[[], Iterable[Process]],
) -> Adopted:
    """Execute the plan; if a step fails, undo all steps before it.

    If a call was interrupted after the move, the old directory is gone, and the rest is done in the
    new one.
    """
    old, new = plan.former_environment, plan.environment
    places = [os.path.dirname(os.path.dirname(path)) for path in (new, old)]
    if call.facts.store is not None:
        make_private(call.facts.store)
    with contextlib.ExitStack() as locks:
        for place in sorted({*places}):
            locks.enter_context(held(place))
        _check_not_in_use(plan, processes)
        try:
            with contextlib.ExitStack() as undo:
                changed = _move(old, new, places, call.system, undo)
                _rewrite_record(plan, call, decision, undo)
                undo.pop_all()
        except OSError as error:
            reason = str(error.strerror or error).lower()
            raise UserError(
                f"`{_shown(old, call)}` cannot be moved: {reason}",
                "fix that, then run `uvlocal adopt` again",
            ) from error
        _mend_pointer(plan, call.system)
        discoverable.remove(old, call.system)
        if call.settings.discoverable:
            discoverable.make(new, call.system)
        problems = [said for place in {*places} for said in trash.empty(place, call.system)[1]]
    return replace(plan, scripts=changed, problems=tuple(problems))


def _move(old: str, new: str, places: list[str], system: System, undo: contextlib.ExitStack) -> int:
    """Move the environment, or finish an interrupted move; return how many scripts changed."""
    if old == new or not os.path.isdir(old):
        return len(relocate.rewrite(new, old, new))
    mount = trash.mounted_inside(old, system)
    if mount:
        msg = f"another volume is mounted inside, at `{mount}`"
        raise OSError(0, msg)
    changed = relocate.move(old, new, places[0], undo)
    if os.path.isdir(old):  # it was copied
        undo.callback(os.rename, trash.put(places[1], old), old)
    return changed


def _check_not_in_use(plan: Adopted, processes: Callable[[], Iterable[Process]]) -> None:
    """Check that no process, except this one, uses the environments.

    Raises:
        UserError: one does.
    """
    both = [plan.former_environment, plan.environment]
    others = [process for process in processes() if process.pid != os.getpid()]
    for used in in_use.users(both, others).values():
        names = ", ".join(f"`{process.name}` (process {process.pid})" for process in used[:3])
        them = "it" if len(used) == 1 else "them"
        raise UserError(
            f"the environment is in use by {names}", f"stop {them}, then run `uvlocal adopt` again"
        )
    if any(os.path.realpath(sys.prefix) == os.path.realpath(path) for path in both):
        raise UserError("uvlocal itself runs from the environment", "install uvlocal elsewhere")


def _rewrite_record(
    plan: Adopted, call: Call, decision: Decision, undo: contextlib.ExitStack
) -> None:
    """Write the record under its new name, then remove the old one."""
    old_path, path = (
        lookup.record_path(os.path.dirname(folder), name, call.system)
        for folder, name in map(os.path.split, (plan.former_environment, plan.environment))
    )
    table = record.content(call, decision)
    with contextlib.suppress(record.BrokenRecordError):  # gone in the meantime
        table["created"] = record.read_record(old_path, call.system).created
    before = call.system.read(path)
    if before is None:
        undo.callback(call.system.remove, path)
    else:
        undo.callback(atomic.replace, path, before)
    record.write(path, table)
    if old_path != path and os.path.lexists(old_path):
        os.unlink(old_path)


def _mend_pointer(plan: Adopted, system: System) -> None:
    """Update a pointer to the old environment, as seen from either root."""
    pointer = pointers.find(plan.root, plan.environment, system)
    led = {
        os.path.normpath(os.path.join(root, pointer.target))
        for root in (plan.root, plan.former_root)
    }
    if pointer.ours and not pointer.leads and os.path.normpath(plan.former_environment) in led:
        says = pointers.target(plan.root, plan.environment, system)
        pointers.put(pointer, pointer.kind, says, system)
