"""The command `uvlocal config`."""

from __future__ import annotations

from typing import Annotated

import typer

from uvlocal.manage import views, views_settings

_Json = Annotated[bool, typer.Option("--json", help="Print one JSON object instead.")]
_Project = Annotated[
    bool, typer.Option("--project", help="In `[tool.uvlocal]` of the project's `pyproject.toml`.")
]

_EXAMPLES = """Examples:

  uvlocal config                                      what is in force here, and why

  uvlocal config set strategy unhide

  uvlocal config set --project mode never             for everybody who works on this project

  uvlocal config set providers.onedrive.enabled false

  uvlocal config add-root ~/Shared                    a folder that is synced

  uvlocal config add-root --local ~/Dropbox/scratch   one that is not
"""

config = typer.Typer(
    help="Show and change the settings.",
    invoke_without_command=True,
    epilog=_EXAMPLES,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def register(app: typer.Typer) -> None:
    """Add the command to `uvlocal`."""
    app.add_typer(config, name="config")


@config.callback()
def show(context: typer.Context, json: _Json = False) -> None:
    """Show every setting, with where it came from; the commands below change one.

    A variable stands above the project, the project above the user, the user above the default.
    """
    if context.invoked_subcommand is not None:
        return
    from uvlocal.manage import settings

    found = settings.shown()
    views.as_json(found) if json else views_settings.settings(found)


@config.command("set")
def set_value(
    key: Annotated[str, typer.Argument(metavar="KEY", help="Such as `mode`.")],
    value: Annotated[str, typer.Argument(metavar="VALUE", help="A list is `a,b` or TOML's.")],
    project: _Project = False,
    json: _Json = False,
) -> None:
    """Set KEY to VALUE in your settings, or in the project's."""
    from uvlocal.manage import setting_changes

    changes = setting_changes.set_value(key, value, project=project)
    views.as_json(changes) if json else views_settings.changes(changes)


@config.command()
def unset(
    key: Annotated[str, typer.Argument(metavar="KEY", help="Such as `mode`.")],
    project: _Project = False,
    json: _Json = False,
) -> None:
    """Remove KEY from your settings, or from the project's, so that what is below holds again."""
    from uvlocal.manage import setting_changes

    changes = setting_changes.unset(key, project=project)
    views.as_json(changes) if json else views_settings.changes(changes)


@config.command("add-root")
def add_root(
    folder: Annotated[str, typer.Argument(metavar="DIR", help="The folder.")],
    local: Annotated[
        bool, typer.Option("--local", help="Say that it is local, whatever it looks like.")
    ] = False,
    json: _Json = False,
) -> None:
    """Say that DIR is a synced folder (`synced-roots`), or with --local that it is none."""
    from uvlocal.manage import setting_changes

    changes = setting_changes.add_root(folder, local=local)
    views.as_json(changes) if json else views_settings.changes(changes)


@config.command("remove-root")
def remove_root(
    folder: Annotated[str, typer.Argument(metavar="DIR", help="The folder; it need not exist.")],
    json: _Json = False,
) -> None:
    """Take DIR out of `synced-roots` and `local-roots`."""
    from uvlocal.manage import setting_changes

    changes = setting_changes.remove_root(folder)
    views.as_json(changes) if json else views_settings.changes(changes)
