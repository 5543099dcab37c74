"""Move projects over: find them, and hand each to its job (`migration_jobs`)."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from uvlocal.manage.errors import UserError
from uvlocal.manage.files import user_path
from uvlocal.manage.files.tree import Cost
from uvlocal.manage.installation.on_path import shim_on_path, uvs_on_path
from uvlocal.manage.projects import old_environments, scan
from uvlocal.manage.projects.migration_jobs import Job
from uvlocal.manage.telling import nobody
from uvlocal.shim.call import Call
from uvlocal.shim.machine.host import System

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from uvlocal.manage.environments.in_use import Process
    from uvlocal.manage.telling import Tell


def is_shimmed(environ: dict[str, str] | None = None) -> bool:
    """Return whether the first `uv` on PATH is a shim of ours."""
    system = System(environ=environ)
    first = next(iter(uvs_on_path(system)), "")
    return bool(first) and first == shim_on_path(system)


def plan(
    path: str | None,
    extras: str = "",
    environ: dict[str, str] | None = None,
    *,
    processes: Callable[[], Iterable[Process]] = old_environments.programs,
    cost: Cost | None = None,
) -> Job:
    """Look at the project that `path` (the current directory) belongs to; nothing is changed.

    Args:
        path: a folder of the project.
        extras: what to do with packages that were installed by hand: `keep`, `drop`, or "" to
            leave a project that has any as it is.
        environ: the environment variables, those of this process by default.
        processes: yields what runs on this machine.
        cost: what the old environment costs, where that is known.

    Raises:
        UserError: the path is no directory (exit 2), or there is no project.
    """
    place = user_path.folder(path)
    inherited = dict(os.environ if environ is None else environ)
    for name in scan.OF_ONE_CALL:
        # What the user set for environments is heeded: uv would heed it too.
        if name not in ("UV_PROJECT_ENVIRONMENT", "UVLOCAL_BYPASS"):
            inherited.pop(name, None)
    system = System(environ=dict(inherited), cwd=place)
    call = Call(["sync"], system, shim_on_path(system))
    decision = call.settle()
    project = call.facts.project
    if decision.code == "no-project" and (project is None or not project.root):
        raise UserError(decision.sentence, "run this in a project, or name one")
    root = project.root if project is not None else place
    job = Job(call, decision, inherited, root, extras, processes)
    job.look(cost)
    return job


def plan_some(
    paths: Iterable[str | None], extras: str = "", environ: dict[str, str] | None = None
) -> list[Job]:
    """Return the jobs for the projects that folders belong to, each project once.

    Raises:
        UserError: a path is no directory (exit 2), or there is no project.
    """
    jobs: dict[str, Job] = {}
    for path in paths:
        job = plan(path, extras, environ)
        jobs.setdefault(job.root, job)
    return list(jobs.values())


def plan_all(
    folders: list[str] | None = None,
    extras: str = "",
    environ: dict[str, str] | None = None,
    *,
    tell: Tell = nobody,
    processes: Callable[[], Iterable[Process]] = old_environments.programs,
) -> list[Job]:
    """Return the jobs for everything that a scan finds.

    Args:
        folders: where to search; every synced folder that is known by default.
        extras: as for `plan`.
        environ: the environment variables, those of this process by default.
        tell: hears how far the scan is.
        processes: yields what runs on this machine.

    Raises:
        UserError: one of the folders does not exist or is none (exit 2).
    """
    inherited = dict(os.environ if environ is None else environ)
    found = scan.Scanner(environ=inherited, tell=tell).scan(folders)
    costs = {one.root: Cost(one.files, one.bytes) for one in found.projects if one.complete}
    return [
        plan(one.root, extras, inherited, processes=processes, cost=costs.get(one.root))
        for one in found.projects
        if one.saves
    ]
