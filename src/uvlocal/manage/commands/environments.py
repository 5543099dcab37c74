"""The commands `list`, `prune`, `remove` and `adopt`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from uvlocal.manage.errors import FINDINGS, USAGE, UserError

if TYPE_CHECKING:
    from uvlocal.manage.environments import prune as pruning

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object instead.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show, but change nothing.")]

_LIST_EXAMPLES = """\
Examples:

`uvlocal list` shows every environment, its project, and what it takes.

`uvlocal list --no-size` does not count files, which is faster.
"""
_PRUNE_EXAMPLES = """\
Examples:

`uvlocal prune` shows what would go, and asks.

`uvlocal prune --dry-run` only shows.

`uvlocal prune --older-than 90d --yes` removes unused ones too, without a question.
"""
_REMOVE_EXAMPLES = """\
Examples:

`uvlocal remove` removes the environment of the project here, and asks before.

`uvlocal remove ~/Dropbox/foo --yes && uv sync --project ~/Dropbox/foo` makes one anew.

`uvlocal remove --all` removes every environment that uvlocal keeps.
"""
_ADOPT_EXAMPLES = """\
Examples:

`uvlocal adopt` in a project that was moved here.

`uvlocal adopt --from ~/Dropbox/old-name` where the move is not recognised, as after a move to
another disk.
"""


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("list", epilog=_LIST_EXAMPLES)(list_)
    app.command(epilog=_PRUNE_EXAMPLES)(prune)
    app.command(epilog=_REMOVE_EXAMPLES)(remove)
    app.command(epilog=_ADOPT_EXAMPLES)(adopt)


def list_(
    no_size: Annotated[bool, typer.Option("--no-size", help="Do not count files.")] = False,
    json: Json = False,
) -> None:
    """Show the environments: project, volume, size, Python, last use, and state.

    A file with several names counts once, and one that uv's cache has too does not count.
    """
    from uvlocal.manage.environments import listing
    from uvlocal.manage.views import console, environments

    with environments.counting("counting") as tell:
        found = listing.of(sizes=not no_size, tell=tell)
    console.as_json(found) if json else environments.listed(found)


def prune(
    older_than: Annotated[
        str | None,
        typer.Option(
            "--older-than",
            metavar="AGE",
            help="Also remove what was not used for that long, such as 90d, 12w or 1y.",
        ),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Remove the environments of projects that are gone.

    Never one on a volume that is not mounted, in use, or not made by uvlocal. Removed by
    `--older-than`, uv makes an environment anew when its project is used again; packages that were
    installed by hand are not in it then.
    """
    from uvlocal.manage.environments import prune as pruning
    from uvlocal.manage.views import environments

    limit = None if older_than is None else pruning.age(older_than)
    with environments.counting("counting") as tell:
        wanted = pruning.plan(limit, tell=tell)
    _carry_out(wanted, yes=yes, dry_run=dry_run, json=json)


def remove(
    path: Annotated[
        str | None,
        typer.Argument(metavar="PATH", help="A folder of the project; here if left out."),
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Every environment that uvlocal keeps for you.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Remove the environment of a project; the next `uv sync` makes it anew.

    Packages that were installed by hand are not in it then. One that is in use stays. Exit code 0;
    1 where something stays or there is nothing to remove; 2 for wrong usage.
    """
    from uvlocal.manage.projects import remove as removing
    from uvlocal.manage.views import environments

    if everything and path is not None:
        raise UserError("`--all` and PATH exclude each other", code=USAGE)
    with environments.counting("counting") as tell:
        wanted = removing.plan(path, everything=everything, tell=tell)
    _carry_out(wanted, yes=yes, dry_run=dry_run, json=json)
    if wanted.keep and not dry_run:
        raise typer.Exit(FINDINGS)


def _carry_out(wanted: pruning.Plan, *, yes: bool, dry_run: bool, json: bool) -> None:
    """Show a plan, ask, and do it."""
    from uvlocal.manage.environments import prune as pruning
    from uvlocal.manage.views import console, environments

    if not json:
        environments.plan(wanted)
    if dry_run or wanted.is_empty:
        if json:
            console.as_json(pruning.planned(wanted, dry_run=dry_run))
        return
    if not yes and (json or not console.agreed("remove them?")):
        if json:
            console.as_json(pruning.planned(wanted, dry_run=False))
        elif console.can_ask():
            console.talk("nothing was removed")
            raise typer.Exit(FINDINGS)
        raise UserError("nothing was removed", "`--yes` removes without a question")
    done = pruning.apply(wanted)
    console.as_json(done) if json else environments.pruned(done)
    if done.problems:
        raise typer.Exit(FINDINGS)


def adopt(
    path: Annotated[
        str | None,
        typer.Argument(metavar="PATH", help="A folder of the moved project; here if left out."),
    ] = None,
    former: Annotated[
        str,
        typer.Option("--from", metavar="PATH|NAME", help="Where it was, or its environment."),
    ] = "",
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Give a moved project its old environment, which goes on under a new name.

    An environment that was made since the move is replaced. A copy of a project never shares: what
    stands at the old place must be gone.
    """
    from uvlocal.manage.environments import adopt as adopting
    from uvlocal.manage.views import console, environments

    done = adopting.adopt(path, former, dry_run=dry_run)
    console.as_json(done) if json else environments.adopted(done)
