"""The commands that look and change nothing, and `--version`: what they do, without typer.

Each returns its exit code. How their words are read is told in `quick`, and to typer in the modules
that are named after them.
"""

from __future__ import annotations

from uvlocal import __version__
from uvlocal.manage.errors import FINDINGS, FINE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uvlocal.manage.environments.prune import Plan


def show_status(path: str | None = None, *, json: bool = False) -> int:
    """Show what is done about a project; `path` is a folder of it, None for the current one."""
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
    return FINE


def show_prunable(older_than: float | None = None, *, json: bool = False) -> int:
    """Show what `prune` would remove."""
    from uvlocal.manage.environments import prune
    from uvlocal.manage.views.progress import Progress

    with Progress() as tell:
        wanted = prune.plan(older_than, tell=tell)
    show_plan(wanted, dry_run=True, json=json)
    return FINE


def show_plan(wanted: Plan, *, dry_run: bool, json: bool) -> None:
    """Show what is to be removed."""
    from uvlocal.manage.environments import prune
    from uvlocal.manage.views import console, environments

    if not json:
        environments.plan(wanted)
    elif dry_run or wanted.is_empty:
        console.as_json(prune.planned(wanted, dry_run=dry_run))


def show_diagnosis(path: str | None = None, *, fix: bool = False, json: bool = False) -> int:
    """Check everything, and show what was found; `fix` mends what is safe to mend."""
    from uvlocal.manage.doctor import checkup
    from uvlocal.manage.views import console, doctor
    from uvlocal.manage.views.progress import Progress

    with Progress() as tell:
        found = checkup.examine(path, fix=fix, tell=tell)
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
    """Search folders, all that are known if there are none, as far as the limits allow."""
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
    return FINDINGS if found.projects else FINE
