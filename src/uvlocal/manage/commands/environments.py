"""The commands `list`, `prune`, `remove` and `adopt`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from uvlocal.manage.commands import looking
from uvlocal.manage.commands.asking import confirm
from uvlocal.manage.commands.help import ending
from uvlocal.manage.errors import FINDINGS, USAGE, UserError

if TYPE_CHECKING:
    from uvlocal.manage.environments import prune as pruning

Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Show what would happen, but change nothing.")
]

_LIST_ENDING = ending(
    "0 on success; 1 if a directory could not be read",
    ("List every environment and the space it takes", "uvlocal list"),
    ("List them faster, without their sizes", "uvlocal list --no-size"),
)
_PRUNE_ENDING = ending(
    "0 on success; 1 if an environment was not removed or a directory could not be read; 2 for an "
    "invalid AGE",
    ("Show what would be removed, and ask", "uvlocal prune"),
    ("Show it without removing anything", "uvlocal prune --dry-run"),
    (
        "Also remove environments not used for 90 days, without asking",
        "uvlocal prune --older-than 90d -y",
    ),
)
_REMOVE_ENDING = ending(
    "0 on success; 1 if an environment was not removed or does not exist; 2 for wrong usage",
    ("Ask, then remove this project's environment", "uvlocal remove"),
    ("Remove it without asking", "uvlocal remove --yes"),
    ("Remove every environment that uvlocal keeps", "uvlocal remove --all"),
)
_ADOPT_ENDING = ending(
    "0 on success; 1 if there is nothing to adopt; 2 if PATH or `--from` is invalid",
    ("Reuse the old environment, from the project's new directory", "uvlocal adopt"),
)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("list", epilog=_LIST_ENDING)(list_)
    app.command(epilog=_PRUNE_ENDING)(prune)
    app.command(epilog=_REMOVE_ENDING)(remove)
    app.command(epilog=_ADOPT_ENDING)(adopt)


def list_(
    no_size: Annotated[bool, typer.Option("--no-size", help="Do not compute sizes.")] = False,
    json: Json = False,
) -> None:
    """List the environments: project, volume, size, Python, last use, and state.

    Sizes count hard links once, and leave out files shared with uv's cache.
    """
    raise typer.Exit(looking.show_list(sizes=not no_size, json=json))


def prune(
    older_than: Annotated[
        str | None,
        typer.Option(
            "--older-than",
            metavar="AGE",
            help="Also remove environments not used for this long, such as `90d`, `12w`, or `1y`.",
        ),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.")] = False,
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Remove the environments of projects that are gone.

    An environment stays if its volume is not mounted, if its project is unreadable, if a process
    uses it, or if uvlocal did not create it. When you next use a project whose environment
    `--older-than` removed, uv recreates it, but without packages that you installed by hand.
    """
    from uvlocal.manage.environments import prune as pruning
    from uvlocal.manage.views import console
    from uvlocal.manage.views.progress import Progress

    limit = None if older_than is None else pruning.age(older_than)
    with Progress() as tell:
        wanted = pruning.plan(limit, tell=tell)
    if not json:
        console.unread(wanted.unread_folders)
    _carry_out(wanted, yes=yes, dry_run=dry_run, json=json)
    if wanted.unread_folders:
        raise typer.Exit(FINDINGS)


def remove(
    path: Annotated[
        str | None,
        typer.Argument(
            metavar="PATH", help="A directory in the project.  [default: the current one]"
        ),
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Remove every environment that uvlocal keeps.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.")] = False,
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Remove a project's environment.

    An environment stays if a process uses it. The next `uv sync` recreates it, but without packages
    that you installed by hand.
    """
    from uvlocal.manage.projects import remove as removing
    from uvlocal.manage.views.progress import Progress

    if everything and path is not None:
        raise UserError("`--all` cannot be used with PATH", code=USAGE)
    with Progress() as tell:
        wanted = removing.plan(path, everything=everything, tell=tell)
    _carry_out(wanted, yes=yes, dry_run=dry_run, json=json)
    if wanted.keep and not dry_run:
        raise typer.Exit(FINDINGS)


def _carry_out(wanted: pruning.Plan, *, yes: bool, dry_run: bool, json: bool) -> None:
    """Show a plan, ask for confirmation, and execute it."""
    from uvlocal.manage.environments import prune as pruning
    from uvlocal.manage.views import console, environments
    from uvlocal.manage.views.progress import Progress

    looking.show_plan(wanted, dry_run=dry_run, json=json)
    if dry_run or wanted.is_empty:
        return
    if not yes:
        if json:
            console.as_json(pruning.planned(wanted, dry_run=False))
        confirm("continue?", json=json)
    with Progress() as tell:
        done = pruning.apply(wanted, tell=tell)
    console.as_json(done) if json else environments.pruned(done)
    if done.problems:
        raise typer.Exit(FINDINGS)


def adopt(
    path: Annotated[
        str | None,
        typer.Argument(
            metavar="PATH", help="A directory in the moved project.  [default: the current one]"
        ),
    ] = None,
    former: Annotated[
        str,
        typer.Option(
            "--from",
            metavar="PATH|NAME",
            help="The project's old path, or the name of its environment.",
        ),
    ] = "",
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Reuse a moved project's environment.

    This replaces any environment that was created since the move. The old directory must be gone: a
    copy of a project gets its own environment.
    """
    from uvlocal.manage.environments import adopt as adopting
    from uvlocal.manage.views import console, environments

    done = adopting.adopt(path, former, dry_run=dry_run)
    console.as_json(done) if json else environments.adopted(done)
