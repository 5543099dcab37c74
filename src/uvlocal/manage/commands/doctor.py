"""The command `doctor`."""

from __future__ import annotations

from typing import Annotated

import typer

from uvlocal.manage.commands.help import ending
from uvlocal.manage.errors import FINDINGS

_ENDING = ending(
    "0 if every check passes; 1 if one warns or fails",
    ("Check the installation, the environments, and this project", "uvlocal doctor"),
    ("Fix what is safe to fix", "uvlocal doctor --fix"),
    ("Print the results as JSON", "uvlocal doctor --json"),
)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog=_ENDING)(doctor)


def doctor(
    path: Annotated[
        str | None,
        typer.Argument(
            metavar="PATH", help="A directory in a project.  [default: the current one]"
        ),
    ] = None,
    fix: Annotated[bool, typer.Option("--fix", help="Fix what is safe to fix.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Check the installation and the environments, and say how to fix what is wrong."""
    from uvlocal.manage.doctor import checkup as doctoring
    from uvlocal.manage.views import console
    from uvlocal.manage.views import doctor as doctor_view

    found = doctoring.examine(path, fix=fix)
    console.as_json(found) if json else doctor_view.diagnosis(found)
    if found.worst != "ok":
        raise typer.Exit(FINDINGS)
