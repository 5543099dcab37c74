"""The commands that look at many projects: `uvlocal scan`, `uvlocal migrate`."""

from __future__ import annotations

from typing import Annotated

import typer

from uvlocal.manage.commands import looking
from uvlocal.manage.commands.asking import confirm
from uvlocal.manage.commands.help import ending
from uvlocal.manage.errors import FINDINGS, USAGE, UserError

_Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]

_SCAN_ENDING = ending(
    "0 if no environment is at risk; 1 if one is, or a directory could not be read; 2 if a DIR is "
    "not a directory",
    ("Search every synced directory that uvlocal knows", "uvlocal scan"),
    ("Search one directory", "uvlocal scan ~/Dropbox"),
)
_MIGRATE_ENDING = ending(
    "0 on success; 1 if a project was not migrated; 2 if a PATH is not a directory",
    ("Show what would happen to this project", "uvlocal migrate --dry-run"),
    ("Keep the packages that you installed by hand", "uvlocal migrate --keep-extra"),
    ("Migrate everything that `uvlocal scan` finds", "uvlocal migrate --all"),
    (
        "Migrate everything below one directory, without asking",
        "uvlocal migrate --all ~/Dropbox -y",
    ),
)


def register(app: typer.Typer) -> None:
    """Add the commands to `uvlocal`."""
    app.command(epilog=_SCAN_ENDING)(scan)
    app.command(epilog=_MIGRATE_ENDING)(migrate)


def scan(
    folders: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="DIR", help="Directories to search.  [default: every synced directory]"
        ),
    ] = None,
    max_depth: Annotated[
        int | None, typer.Option(metavar="N", min=0, help="How many levels deep to search.")
    ] = None,
    max_entries: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Stop after this many files.")
    ] = None,
    max_seconds: Annotated[
        float | None, typer.Option(metavar="S", min=0, help="Stop after this many seconds.")
    ] = None,
    json: _Json = False,
) -> None:
    """Find projects whose environment is at risk, and show its size.

    Does not follow links or download files that are only in the cloud.
    """
    raise typer.Exit(looking.show_scan(folders, max_entries, max_seconds, max_depth, json=json))


def migrate(  # noqa: PLR0913, PLR0917 - an option is an argument here
    paths: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="PATH",
            help="Projects, or with `--all` directories to search.  [default: the current one]",
        ),
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Migrate everything that `uvlocal scan` finds.")
    ] = False,
    keep_extra: Annotated[
        bool, typer.Option("--keep-extra", help="Keep packages that you installed by hand.")
    ] = False,
    drop_extra: Annotated[
        bool, typer.Option("--drop-extra", help="Drop packages that you installed by hand.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would happen, but change nothing.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.")] = False,
    json: _Json = False,
) -> None:
    """Move environments out of synced folders, and remove the old `.venv`.

    uv creates the new environment, and uvlocal compares its packages with those of the old one. The
    old one stays until the new one works. After an interruption, run the same command again. If you
    installed packages by hand, choose `--keep-extra` or `--drop-extra`.
    """
    from uvlocal.manage.projects import migrate as migrating
    from uvlocal.manage.projects.migration_results import DONE, Migrations
    from uvlocal.manage.views import console, projects
    from uvlocal.manage.views.progress import Progress

    if keep_extra and drop_extra:
        raise UserError("`--keep-extra` cannot be used with `--drop-extra`", code=USAGE)
    extras = "keep" if keep_extra else "drop" if drop_extra else ""
    unread = 0
    if everything:
        with Progress() as tell:
            jobs, unread = migrating.plan_all(paths, extras, tell=tell)
    else:
        jobs = migrating.plan_some(paths or [None], extras)
    ready = [job for job in jobs if job.result.state == "planned"]
    # With `--yes` only the result is printed.
    told = [job for job in jobs if dry_run or not yes or job.result.state != "planned"]
    for job in () if json else told:
        projects.planned(job.result, extras)
    question = f"migrate {console.count(len(ready), 'project')}?"
    if ready and not (dry_run or yes or json):
        confirm(question)
    agreed = bool(ready) and not dry_run and (yes or not json)
    for job in ready if agreed else ():
        projects.begun(job.result)
        migrated = job.apply()
        if not json:
            projects.migrated(migrated)
    results = tuple(job.result for job in jobs)
    result = Migrations(1, dry_run, agreed, migrating.is_shimmed(), results, unread)
    console.as_json(result) if json else projects.summed(result)
    if ready and not (dry_run or agreed):
        confirm(question, json=json)
    fine = {*DONE, "planned"} if dry_run else {*DONE}
    if unread or not fine.issuperset(one.state for one in results):
        raise typer.Exit(FINDINGS)
