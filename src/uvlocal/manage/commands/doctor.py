"""The command `doctor`."""

from __future__ import annotations

from typing import Annotated

import typer

from uvlocal.manage.errors import FINDINGS

_EXAMPLES = """\
Examples:

`uvlocal doctor` checks everything, and the project in the current directory more closely.

`uvlocal doctor --fix` mends what can safely be mended.

`uvlocal doctor --json | jq '.results[] | select(.level != "ok")'` shows the findings alone.
"""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog=_EXAMPLES)(doctor)


def doctor(
    path: Annotated[
        str | None,
        typer.Argument(metavar="PATH", help="A folder of a project; here if left out."),
    ] = None,
    fix: Annotated[bool, typer.Option("--fix", help="Mend what can safely be mended.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead.")] = False,
) -> None:
    """Check everything that uvlocal's work rests on, and say what mends it.

    Exit code 0 if all is well; 1 if a check warns or fails.
    """
    from uvlocal.manage.doctor import checkup as doctoring
    from uvlocal.manage.views import console
    from uvlocal.manage.views import doctor as doctor_view

    found = doctoring.examine(path, fix=fix)
    console.as_json(found) if json else doctor_view.diagnosis(found)
    if found.worst != "ok":
        raise typer.Exit(FINDINGS)
