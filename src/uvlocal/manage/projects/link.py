"""Create and remove the pointer for editors, `.venv` in the project."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace

from uvlocal.manage.errors import UserError
from uvlocal.manage.files import user_path
from uvlocal.shim.call import Call
from uvlocal.shim.machine import display
from uvlocal.shim.machine.host import System
from uvlocal.shim.store import naming, pointers


@dataclass(frozen=True, slots=True)
class Linked:
    """The pointer to a project's environment, and whether it changed.

    `version` is the version of the JSON format. `path` is the pointer's absolute path; `kind` is
    `symlink`, `file`, or `none` if there is none; `says` is its target, `said` its former target.
    `portable` says that it is valid on every machine on which the environment is at the same path
    below the home directory.
    """

    version: int
    root: str
    environment: str
    environment_exists: bool
    path: str
    kind: str
    says: str
    said: str
    portable: bool
    changed: bool


# -- pointers --------------------------------------------------------------------------------------


def link(path: str | None, kind: str = "", environ: dict[str, str] | None = None) -> Linked:
    """Create the pointer of the project that `path` belongs to.

    Args:
        path: a directory in the project; None for the current directory.
        kind: `symlink` or `file`; "" for what the settings say, or what works.
        environ: the environment variables, by default those of this process.

    Raises:
        UserError: there is no environment to point to, a pointer would do harm, or something that
            is not ours is in its place.
    """
    call, root, kept = project_of(path, environ)
    volume, version = call.facts.volume, call.uv_version()
    assert volume is not None  # noqa: S101 - the decision to redirect depends on it
    wishes = [kind] if kind else [call.settings.pointer]
    if wishes == ["none"]:
        wishes = [pointers.SYMLINK, pointers.FILE]
    obstacles = [pointers.obstacle(wish, volume, version) for wish in wishes]
    if all(obstacles):
        raise UserError(
            f"no pointer was created: {'; '.join(obstacles)}",
            "`uvlocal link --vscode` shows VS Code's setting, and `uvlocal path` prints the path",
        )
    wish = wishes[obstacles.index("")]
    found = pointers.find(root, kept, call.system)
    says = pointers.target(root, kept, call.system)
    changed = False
    if not found.leads or (kind and found.kind != kind):
        _refuse(found, call.system)
        if not pointers.put(found, wish, says, call.system):
            raise UserError(f"`{_shown(found.path, call.system)}` cannot be created")
        found, changed = pointers.find(root, kept, call.system), True
    return replace(_leading(_nothing(call, root, kept), found.kind, found.target), changed=changed)


def unlink(path: str | None, environ: dict[str, str] | None = None) -> Linked:
    """Remove the pointer of a project, even one of another machine.

    Raises:
        UserError: there is no project, or uvlocal did not create `.venv`.
    """
    call, root, kept = _any_project(path, environ)
    found = pointers.find(root, kept, call.system)
    if found.kind != pointers.NONE:
        _refuse(found, call.system)
        if not call.system.remove(found.path):
            raise UserError(f"`{_shown(found.path, call.system)}` cannot be removed")
    changed = found.kind != pointers.NONE
    return replace(_nothing(call, root, kept), said=found.target, changed=changed)


def astray(found: pointers.Pointer, root: str, wanted: str, system: System) -> str:
    """Return what is wrong with the target of our pointer, or "".

    Args:
        found: what is at `.venv`.
        root: the project's root.
        wanted: its environment in the store, or "" if it has none, so that uv follows the pointer.
        system: the machine.
    """
    if not found.ours or found.leads:
        return ""
    there = system.path.normpath(system.path.join(root, found.target))
    if naming.exists(there, system):
        return f"points to another environment, `{_shown(there, system)}`" if wanted else ""
    return f"is dangling, as `{_shown(there, system)}` does not exist"


def _refuse(found: pointers.Pointer, system: System) -> None:
    """Raise an error if `.venv` is not ours."""
    if found.kind == pointers.NONE or found.ours:
        return
    shown = _shown(found.path, system)
    if found.kind == pointers.FOLDER:
        raise UserError(f"`{shown}` is a directory", "`uvlocal migrate` replaces it")
    raise UserError(f"`{shown}` was not created by uvlocal", "remove it if you do not need it")


# -- the project -----------------------------------------------------------------------------------


def _any_project(path: str | None, environ: dict[str, str] | None) -> tuple[Call, str, str]:
    """Return the call, the root, and the environment in the store, or ""."""
    call = Call(["sync"], System(environ=environ, cwd=user_path.folder(path)))
    decision = call.settle()
    project = call.facts.project
    if project is None or not project.root:
        raise UserError(decision.sentence, "run this in a project, or pass the path to one")
    kept = decision.environment if decision.strategy == "redirect" else ""
    return call, project.root, kept


def project_of(path: str | None, environ: dict[str, str] | None) -> tuple[Call, str, str]:
    """Return the call, the root and the environment of a redirected project.

    Raises:
        UserError: there is no project, or it is not redirected.
    """
    call, root, kept = _any_project(path, environ)
    if not kept:
        where = _shown(os.path.join(root, ".venv"), call.system)
        message = f"uv keeps the environment in `{where}`, where editors find it"
        raise UserError(message, "`uvlocal status` explains why")
    return call, root, kept


def _nothing(call: Call, root: str, kept: str) -> Linked:
    """Return the result for a project without a pointer."""
    return Linked(
        version=1,
        root=root,
        environment=kept,
        environment_exists=bool(kept) and naming.exists(kept, call.system),
        path=os.path.join(root, ".venv"),
        kind=pointers.NONE,
        says="",
        said="",
        portable=False,
        changed=False,
    )


def _leading(none: Linked, kind: str, says: str) -> Linked:
    """Return the result for a project with a pointer."""
    return replace(none, kind=kind, says=says, portable=not os.path.isabs(says))


def _shown(path: str, system: System) -> str:
    return display.contract_home(path, system)
