"""The commands that only read, `doctor`, and `--version`, without typer.

Each function returns the exit code. `quick` parses most of their command lines, typer the others.
"""

from __future__ import annotations

from uvlocal import __version__
from uvlocal.manage.errors import FINDINGS, FINE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uvlocal.manage.environments.prune import Plan


def show_status(path: str | None = None, *, json: bool = False) -> int:
    """Show what uvlocal does for a project; `path` is a directory in it, by default the current."""
    from uvlocal.manage.projects import status
    from uvlocal.manage.views import console

    found = status.of(path)
    console.as_json(found) if json else console.status(found)
    return FINE


def show_path(path: str | None = None) -> int:
    """Print the path of a project's environment."""
    from uvlocal.manage.projects.settled import settled
    from uvlocal.manage.views import console

    console.exact(settled(path).environment or "")
    return FINE


def show_version() -> int:
    """Print the version."""
    from uvlocal.manage.views import console

    console.data(f"uvlocal {__version__}")
    return FINE


def show_list(*, sizes: bool = True, json: bool = False) -> int:
    """List the environments."""
    from uvlocal.manage.environments import listing
    from uvlocal.manage.views import console, environments
    from uvlocal.manage.views.progress import Progress

    with Progress() as tell:
        found = listing.of(sizes=sizes, tell=tell)
    console.as_json(found) if json else environments.listed(found)
    return FINDINGS if found.unread_folders else FINE


def show_prunable(older_than: float | None = None, *, json: bool = False) -> int:
    """Show what `prune` would remove."""
    from uvlocal.manage.environments import prune
    from uvlocal.manage.views import console
    from uvlocal.manage.views.progress import Progress

    with Progress() as tell:
        wanted = prune.plan(older_than, tell=tell)
    if not json:
        console.unread(wanted.unread_folders)
    show_plan(wanted, dry_run=True, json=json)
    return FINDINGS if wanted.unread_folders else FINE


def show_plan(wanted: Plan, *, dry_run: bool, json: bool) -> None:
    """Show a plan for a removal."""
    from uvlocal.manage.environments import prune
    from uvlocal.manage.views import console, environments

    if not json:
        environments.plan(wanted)
    elif dry_run or wanted.is_empty:
        console.as_json(prune.planned(wanted, dry_run=dry_run))


def show_diagnosis(
    path: str | None = None, *, fix: bool = False, report: bool = False, json: bool = False
) -> int:
    """Run every check, and show the results.

    Args:
        path: a directory in the project to check; None for the current directory.
        fix: fix what is safe to fix.
        report: show a report to send instead, without private names.
        json: print the result as JSON.
    """
    from uvlocal.manage.doctor import checkup
    from uvlocal.manage.doctor.facts import Facts
    from uvlocal.manage.files import user_path
    from uvlocal.manage.views import console, doctor
    from uvlocal.manage.views.progress import Progress
    from uvlocal.shim.machine.host import System

    place = user_path.folder(path)
    with Progress() as tell:
        facts = Facts(System(), path=place, tell=tell)
        found = checkup.examine(facts=facts, fix=fix, tell=tell)
    if report:
        from uvlocal.manage.doctor import report as reporting

        told = reporting.of(facts, found)
        console.as_json(told) if json else doctor.report(told)
    else:
        console.as_json(found) if json else doctor.diagnosis(found)
    return FINE if found.worst == "ok" else FINDINGS


def show_scan(
    folders: list[str] | None,
    entries: int | None = None,
    seconds: float | None = None,
    depth: int | None = None,
    *,
    json: bool = False,
) -> int:
    """Search directories, by default every known synced folder, within the limits."""
    from uvlocal.manage.files.tree import Budget
    from uvlocal.manage.projects import scan
    from uvlocal.manage.views import console, projects
    from uvlocal.manage.views.progress import Progress

    budget = Budget(
        scan.ENTRIES if entries is None else entries,
        scan.SECONDS if seconds is None else seconds,
        scan.DEPTH if depth is None else depth,
    )
    with Progress() as tell:
        found = scan.Scanner(budget=budget, tell=tell).scan(folders)
    console.as_json(found) if json else projects.scan(found, folders)
    return FINDINGS if found.projects or found.unread_folders else FINE
