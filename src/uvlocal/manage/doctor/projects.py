"""Check for a stray `.venv` in a synced project, and for damage by the sync client."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from uvlocal.manage.doctor import stores
from uvlocal.manage.environments.folder_identity import DeniedError, SilentError
from uvlocal.manage.files.tree import Budget, Files, measure
from uvlocal.manage.findings import FAIL, OK, WARN, Finding
from uvlocal.shim.machine.display import below_home, contract_home, quoted
from uvlocal.shim.volume.locate import locate

if TYPE_CHECKING:
    from uvlocal.manage.doctor.facts import Facts
    from uvlocal.manage.files.tree import Cost

#: The limits for an environment in a synced folder: entries, seconds, levels.
_ENTRIES, _SECONDS, _DEPTH = 300_000, 20.0, 24


def check(facts: Facts) -> list[Finding]:
    """Check for `.venv` in every redirected project, and in the current one if it is at risk."""
    checks, denied = [], []
    roots = {entry.root: entry.record for entry in facts.entries if entry.state in ("ok", "copy")}
    here = _current(facts)
    if here:
        roots.setdefault(here, None)
    places = {
        root: (os.path.join(root, ".venv"), record.mount_point if record else "")
        for root, record in roots.items()
    }
    facts.disk.look_ahead_at(places.values())
    for root, record in roots.items():
        try:
            is_environment = _is_environment(*places[root], facts)
        except DeniedError:
            denied.append(root)
            continue
        if is_environment:
            redirected = record is not None or facts.decision.strategy == "redirect"
            checks += _stray(root, facts, redirected=redirected)
    checks += stores.unread(denied, facts)
    if not checks:
        checks.append(Finding("stray-venv", OK, "no redirected project has a `.venv` of its own"))
    return checks


def _current(facts: Facts) -> str:
    """Return the root of the project to check if its volume harms environments, else ""."""
    call = facts.call
    project = call.facts.project
    if project is None or not project.root:
        return ""
    # The decision may not have needed the volume, for example if the user opted out.
    volume = call.facts.volume or locate(project.root, project.found, call.system, call.settings)
    return "" if volume.kind == "local" else project.root


def _is_environment(path: str, mount_point: str, facts: Facts) -> bool:
    """Return whether the path is a real environment, not a pointer.

    Raises:
        DeniedError: this user may not look at it.
    """
    try:
        status = facts.disk.status(path, mount_point)
        if status is None or not stat.S_ISDIR(status.st_mode):
            return False
        return facts.disk.status(os.path.join(path, "pyvenv.cfg"), mount_point) is not None
    except DeniedError:
        raise
    except SilentError:
        return False


def _stray(root: str, facts: Facts, *, redirected: bool) -> list[Finding]:
    path = os.path.join(root, ".venv")
    shown = contract_home(path, facts.system)
    command, advice = (
        "",
        f"run `rm -r {quoted(below_home(path, facts.system), facts.system)}`, then `uv sync`",
    )
    checks = []
    if redirected:
        command = f"uvlocal migrate {quoted(below_home(root, facts.system), facts.system)}"
        advice = ""
        seen = (
            f"`{shown}` exists although the project is redirected: it was there before, or an "
            "editor or another uv created it"
        )
        checks.append(Finding("stray-venv", WARN, seen, command=command, path=path))
    cost = measure(path, Files(), Budget(_ENTRIES, _SECONDS, _DEPTH))
    return checks + [
        Finding(code, level, f"`{shown}`: {seen}", _sure(cost), command, path=path, advice=advice)
        for code, level, seen in _damage(cost)
    ]


def _sure(cost: Cost) -> str:
    return "high" if cost.complete else "medium"


def _damage(cost: Cost) -> list[tuple[str, str, str]]:
    """Return code, level and sentence for each kind of damage."""
    found = []
    if cost.unread:
        what = f"{cost.unread} folder{'' if cost.unread == 1 else 's'}"
        found.append(("unread-folders", WARN, f"{what} could not be read"))
    if cost.hidden:
        what = f"{cost.hidden} hidden `.pth` file{'' if cost.hidden == 1 else 's'}"
        seen = f"{what}, which Python skips, so imports fail"
        found.append(("hidden-pth", FAIL, seen))
    if cost.conflicts:
        ies = "copy" if cost.conflicts == 1 else "copies"
        seen = f"{cost.conflicts} conflict {ies} made by a sync client, which can make uv fail"
        found.append(("conflict-copies", FAIL, seen))
    if cost.evicted:
        what = f"{cost.evicted} file{'' if cost.evicted == 1 else 's'}"
        seen = f"the content of {what} is only in the cloud, and is downloaded when needed"
        found.append(("evicted-files", WARN, seen))
    return found
