"""The command line of `uvlocal`, parsed by typer."""

from __future__ import annotations

from typing import Annotated

import typer

from uvlocal.manage.commands import (
    doctor,
    environments,
    install,
    link,
    looking,
    projects,
    settings,
)
from uvlocal.manage.commands.help import Group, ending
from uvlocal.manage.errors import FINE, USAGE

app = typer.Typer(
    name="uvlocal",
    cls=Group,
    help="Keeps the environments of uv projects off synced and network volumes.",
    epilog=ending(
        "0 on success; 1 if a command failed or found a problem; 2 for wrong usage",
        ("Show what uvlocal does for the project in this directory", "uvlocal status"),
        ("Show the options of a command, with examples", "uvlocal scan --help"),
    ),
    add_completion=False,  # `uvlocal init` prints it; typer would edit startup files
    rich_markup_mode=None,  # rich reads `[tool.uvlocal]` as markup, and truncates options
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Folder = Annotated[
    str | None,
    typer.Argument(metavar="PATH", help="A directory in the project.  [default: the current one]"),
]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


def _version(wanted: bool) -> None:
    if wanted:
        looking.show_version()
        raise typer.Exit(FINE)


@app.callback(invoke_without_command=True)
def _uvlocal(
    context: typer.Context,
    version: Annotated[
        bool,
        typer.Option("--version", "-V", callback=_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    del version
    if context.invoked_subcommand is None:
        from uvlocal.manage.views import console

        console.talk(context.get_help())
        raise typer.Exit(USAGE)


@app.command(
    epilog=ending(
        "0 on success; 1 outside a project; 2 if PATH is not a directory",
        ("Show what uvlocal does for this project, and why", "uvlocal status"),
        ("Print it as JSON", "uvlocal status --json"),
    )
)
def status(path: Folder = None, json: Json = False) -> None:
    """Show what uvlocal does for a project, and why."""
    looking.show_status(path, json=json)


@app.command(
    epilog=ending(
        "0 on success; 1 outside a project; 2 if PATH is not a directory",
        ("Print the path of this project's environment", "uvlocal path"),
        ("Activate the environment", '. "$(uvlocal path)/bin/activate"'),
        ("Run its Python", '"$(uvlocal path)/bin/python" --version'),
    )
)
def path(path: Folder = None) -> None:
    """Print the path of a project's environment, and nothing else.

    If uvlocal does nothing for the project, that is `.venv` in its root.
    """
    looking.show_path(path)


doctor.register(app)
environments.register(app)
install.register(app)
link.register(app)
projects.register(app)
settings.register(app)
