"""The command line of `uvlocal`: read by typer, answered by the module that does the work."""

from __future__ import annotations

from typing import Annotated

import typer

from uvlocal.manage.commands import doctor, environments, install, link, projects, settings
from uvlocal.manage.commands import status as status_commands
from uvlocal.manage.errors import FINE

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
        status_commands.show_version()
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
    status_commands.show_status(path, json=json)


@app.command(epilog=_PATH_EXAMPLES)
def path(path: Folder = None) -> None:
    """Print the path of a project's environment, and nothing else.

    A local project's is `.venv` in its root.
    """
    status_commands.show_path(path)


doctor.register(app)
environments.register(app)
install.register(app)
link.register(app)
projects.register(app)
settings.register(app)
