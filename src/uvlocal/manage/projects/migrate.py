"""Find the projects to migrate, and create a job for each (`migration_jobs`)."""

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
    """Plan the migration of the project that `path` belongs to, without changing anything.

    Args:
        path: a directory in the project; None for the current directory.
        extras: what to do with packages installed by hand: `keep`, `drop`, or "" to skip a project
            that has any.
        environ: the environment variables, by default those of this process.
        processes: yields the running processes.
        cost: the cost of the old environment, if known.

    Raises:
        UserError: the path is not a directory (exit 2), or there is no project.
    """
    place = user_path.folder(path)
    inherited = dict(os.environ if environ is None else environ)
    for name in scan.OF_ONE_CALL:
        # Keep the user's other variables for environments, as uv would use them too.
        if name not in ("UV_PROJECT_ENVIRONMENT", "UVLOCAL_BYPASS"):
            inherited.pop(name, None)
    system = System(environ=dict(inherited), cwd=place)
    call = Call(["sync"], system, shim_on_path(system))
    decision = call.settle()
    project = call.facts.project
    if decision.code == "no-project" and (project is None or not project.root):
        raise UserError(decision.sentence, "run this in a project, or pass the path to one")
    root = project.root if project is not None else place
    job = Job(call, decision, inherited, root, extras, processes)
    job.look(cost)
    return job


def plan_some(
    paths: Iterable[str | None], extras: str = "", environ: dict[str, str] | None = None
) -> list[Job]:
    """Return the jobs for the projects that paths belong to, each project once.

    Raises:
        UserError: a path is not a directory (exit 2), or there is no project.
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
) -> tuple[list[Job], int]:
    """Return the jobs for everything that a scan finds, and how many directories it could not read.

    Args:
        folders: the directories to search, by default every known synced folder.
        extras: as for `plan`.
        environ: the environment variables, by default those of this process.
        tell: called with the progress of the scan.
        processes: yields the running processes.

    Raises:
        UserError: one of the paths is not a directory (exit 2).
    """
    inherited = dict(os.environ if environ is None else environ)
    found = scan.Scanner(environ=inherited, tell=tell).scan(folders)
    costs = {one.root: Cost(one.files, one.bytes) for one in found.projects if one.complete}
    jobs = [
        plan(one.root, extras, inherited, processes=processes, cost=costs.get(one.root))
        for one in found.projects
        if one.saves
    ]
    return jobs, found.unread_folders
