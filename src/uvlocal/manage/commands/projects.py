"""The commands that look at many projects: `uvlocal scan`, `uvlocal migrate`."""

from __future__ import annotations

from typing import Annotated

import typer

from uvlocal.manage.errors import FINDINGS, USAGE, UserError

_Json = Annotated[bool, typer.Option("--json", help="Print one JSON object instead.")]

_SCAN_EXAMPLES = """\
Examples:

`uvlocal scan` looks at every synced folder that is known here.

`uvlocal scan ~/Dropbox/code` looks at one folder.

`uvlocal scan --json | jq -r '.projects[].root'` lists the projects at risk.
"""
_MIGRATE_EXAMPLES = """\
Examples:

`uvlocal migrate --dry-run` shows what would be done about this project.

`uvlocal migrate --keep-extra` installs in the new environment too what was installed by hand.

`uvlocal migrate --all` migrates everything that `uvlocal scan` finds, after a question.

`uvlocal migrate --all ~/Dropbox/code --yes` migrates everything below one folder.
"""


def register(app: typer.Typer) -> None:
    """Add the commands to `uvlocal`."""
    app.command(epilog=_SCAN_EXAMPLES)(scan)
    app.command(epilog=_MIGRATE_EXAMPLES)(migrate)


def scan(
    folders: Annotated[
        list[str] | None,
        typer.Argument(metavar="DIR", help="Folders to search; every synced one if left out."),
    ] = None,
    max_depth: Annotated[
        int | None, typer.Option(metavar="N", min=0, help="How far down to look.")
    ] = None,
    max_entries: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="How many files to look at.")
    ] = None,
    max_seconds: Annotated[
        float | None, typer.Option(metavar="S", min=0, help="How long to look.")
    ] = None,
    json: _Json = False,
) -> None:
    """Find uv projects at risk, and what their environments cost there.

    Links are not followed; what is in the cloud alone is not fetched.

    Exit code 0; 1 if an environment is at risk; 2 if a DIR is none.
    """
    from uvlocal.manage.files.tree import Budget
    from uvlocal.manage.projects import scan as scans
    from uvlocal.manage.views import console, projects

    budget = Budget(
        scans.ENTRIES if max_entries is None else max_entries,
        scans.SECONDS if max_seconds is None else max_seconds,
        scans.DEPTH if max_depth is None else max_depth,
    )
    with projects.searching() as tell:
        found = scans.Scanner(budget=budget, tell=tell).scan(folders)
    console.as_json(found) if json else projects.scan(found, folders)
    if found.projects:
        raise typer.Exit(FINDINGS)


def migrate(  # noqa: PLR0913, PLR0917 - an option is an argument here
    paths: Annotated[
        list[str] | None,
        typer.Argument(metavar="PATH", help="Folders of projects, or with `--all` to search."),
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Migrate everything that a scan finds.")
    ] = False,
    keep_extra: Annotated[
        bool, typer.Option("--keep-extra", help="Keep packages that were installed by hand.")
    ] = False,
    drop_extra: Annotated[bool, typer.Option("--drop-extra", help="Leave them out.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show, but change nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    json: _Json = False,
) -> None:
    """Move projects over: the new environment first, then the old `.venv` goes.

    uv makes the new one, which is compared with the old one package by package;
    until it works, the old one is not touched. What was interrupted is done by
    the same command. A project with packages that were installed by hand needs
    a word about them.

    Exit code 0; 1 if something was not migrated; 2 if a PATH is no directory.
    """
    from uvlocal.manage.projects import migrate as migrating
    from uvlocal.manage.projects.migration_results import DONE, Migrations
    from uvlocal.manage.views import console, projects

    if keep_extra and drop_extra:
        raise UserError("`--keep-extra` and `--drop-extra` exclude each other", code=USAGE)
    extras = "keep" if keep_extra else "drop" if drop_extra else ""
    if everything:
        with projects.searching() as tell:
            jobs = migrating.plan_all(paths, extras, tell=tell)
    else:
        jobs = migrating.plan_some(paths or [None], extras)
    ready = [job for job in jobs if job.result.state == "planned"]
    if not json:
        for job in jobs:
            projects.planned(job.result, extras)
    asked = bool(ready) and not (dry_run or yes or json) and console.can_ask()
    agreed = bool(ready) and not dry_run and (yes or (asked and projects.may_migrate(ready)))
    for job in ready if agreed else ():
        projects.begun(job.result)
        migrated = job.apply()
        if not json:
            projects.migrated(migrated)
    results = tuple(job.result for job in jobs)
    result = Migrations(1, dry_run, agreed, migrating.is_shimmed(), results)
    console.as_json(result) if json else projects.summed(result, cancelled=asked and not agreed)
    # Whoever says no changes nothing, and that is what they wanted.
    fine = {*DONE, "planned"} if dry_run or asked else {*DONE}
    if not fine.issuperset(one.state for one in results):
        raise typer.Exit(FINDINGS)
