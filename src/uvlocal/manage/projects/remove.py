"""Plan `uvlocal remove`: the environments of one project, or all of this user."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvlocal.manage.environments import prune
from uvlocal.manage.errors import UserError
from uvlocal.manage.files import user_path
from uvlocal.manage.telling import nobody
from uvlocal.shim.machine.display import contract_home
from uvlocal.shim.machine.host import System
from uvlocal.shim.project.discovery import discover

if TYPE_CHECKING:
    from collections.abc import Iterable

    from uvlocal.manage.environments.in_use import Process
    from uvlocal.manage.environments.records import Entry
    from uvlocal.manage.telling import Tell


def plan(
    path: str | None,
    environ: dict[str, str] | None = None,
    *,
    everything: bool = False,
    processes: Iterable[Process] | None = None,
    tell: Tell = nobody,
) -> prune.Plan:
    """Plan the removal of a project's environments, without changing anything.

    Args:
        path: a directory in the project; None for the current directory.
        environ: the environment variables, by default those of this process.
        everything: remove every environment of this user.
        processes: the running processes, by default those of this machine.
        tell: called with the progress.

    Raises:
        UserError: there is no project, or uvlocal keeps no environment for it.
    """
    root = "" if everything else _root(path, environ)

    def reason(entry: Entry, used: float | None) -> tuple[str, str]:
        del used
        if not everything and entry.root != root:
            return "", ""
        why = entry.why or "you asked to remove it"
        return why, why if entry.state == "broken" else ""

    wanted = prune.look(reason, environ, processes=processes, tell=tell)
    if not everything and not wanted.remove and not wanted.keep:
        raise UserError(
            f"uvlocal keeps no environment for `{contract_home(root, System(environ=environ))}`",
            "`uvlocal list` shows the ones it keeps",
        )
    return wanted


def _root(path: str | None, environ: dict[str, str] | None) -> str:
    system = System(environ=environ, cwd=user_path.folder(path))
    project = discover(system.cwd, system)
    if project is None or not project.root:
        shown = contract_home(system.cwd, system)
        raise UserError(
            f"no `pyproject.toml` found in `{shown}` or any parent directory",
            "run this in a project, or pass the path to one",
        )
    return project.root
