"""The command `doctor`."""

from __future__ import annotations

from typing import Annotated

import typer

from uvlocal.manage.commands import looking
from uvlocal.manage.commands.help import ending

_ENDING = ending(
    "0 if all is well; 1 if a check warns or fails",
    ("Check everything, and this project more closely", "uvlocal doctor"),
    ("Fix what is safe to fix", "uvlocal doctor --fix"),
    ("The same checks, for a program", "uvlocal doctor --json"),
)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog=_ENDING)(doctor)


def doctor(
    path: Annotated[
        str | None,
        typer.Argument(metavar="PATH", help="A directory of a project.  [default: this one]"),
    ] = None,
    fix: Annotated[bool, typer.Option("--fix", help="Fix what is safe to fix.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead.")] = False,
) -> None:
    """Check the installation and the environments, and say how to fix what is wrong."""
    raise typer.Exit(looking.show_diagnosis(path, fix=fix, json=json))
