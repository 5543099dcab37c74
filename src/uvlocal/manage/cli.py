"""The command `uvlocal`: reads the command line, calls the module that does the work, shows."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from uvlocal import __version__
from uvlocal.manage import (
    cli_doctor,
    cli_environments,
    cli_install,
    cli_link,
    cli_projects,
    cli_settings,
    completion,
    views,
)
from uvlocal.manage.errors import FINE, UserError

app = typer.Typer(
    name="uvlocal",
    help="Keeps the environments of uv projects off synced and network volumes.",
    no_args_is_help=True,
    add_completion=False,  # `uvlocal init` prints it; typer would write to files by itself
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Folder = Annotated[
    str | None, typer.Argument(metavar="PATH", help="A folder of the project; here if left out.")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object instead.")]

_STATUS_EXAMPLES = """\
Examples:

`uvlocal status` in a project says what is done about it, and why.

`uvlocal status ~/Dropbox/code/foo --json | jq .code` prints the decision alone.
"""
_PATH_EXAMPLES = """\
Examples:

`"$(uvlocal path)/bin/python" -m pdb foo.py` runs the Python of the project's environment.

`. "$(uvlocal path)/bin/activate"` activates it.
"""


def _version(wanted: bool) -> None:
    if wanted:
        views.data(f"uvlocal {__version__}")
        raise typer.Exit(FINE)


@app.callback()
def _uvlocal(
    version: Annotated[
        bool,
        typer.Option("--version", "-V", callback=_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    del version


@app.command(epilog=_STATUS_EXAMPLES)
def status(path: Folder = None, json: Json = False) -> None:
    """Show what is done about a project, and why.

    Exit code 0; 1 outside a project; 2 if PATH is no directory.
    """
    from uvlocal.manage import status as statuses

    found = statuses.of(path)
    views.as_json(found) if json else views.status(found)


@app.command(epilog=_PATH_EXAMPLES)
def path(path: Folder = None) -> None:
    """Print the path of a project's environment, and nothing else.

    A local project's is `.venv` in its root.
    """
    from uvlocal.manage import status as statuses

    found = statuses.of(path)
    views.exact(found.environment or "")


cli_doctor.register(app)
cli_environments.register(app)
cli_install.register(app)
cli_link.register(app)
cli_projects.register(app)
cli_settings.register(app)


def main() -> None:
    """Run the command; a person sees a sentence, never a traceback."""
    if completion.VARIABLE in os.environ:
        completion.prepare()
    try:
        app(prog_name="uvlocal")
    except UserError as problem:
        views.error(problem)
        sys.exit(problem.code)
    except BrokenPipeError:
        sys.exit(FINE)
