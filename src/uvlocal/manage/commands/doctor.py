"""The command `doctor`."""

from __future__ import annotations

from typing import Annotated

import typer

from uvlocal.manage.commands import looking
from uvlocal.manage.commands.help import ending

_ENDING = ending(
    "0 if every check passes; 1 if one warns or fails",
    ("Check the installation, the environments, and this project", "uvlocal doctor"),
    ("Fix what is safe to fix", "uvlocal doctor --fix"),
    ("Print the results as JSON", "uvlocal doctor --json"),
    ("Print what a bug report needs, without private names", "uvlocal doctor --report"),
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
    report: Annotated[
        bool, typer.Option("--report", help="Print a report to send, without private names.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Check the installation and the environments, and say how to fix what is wrong."""
    raise typer.Exit(looking.show_diagnosis(path, fix=fix, report=report, json=json))
