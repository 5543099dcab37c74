"""The command `uvlocal config`."""

from __future__ import annotations

from typing import Annotated

import typer

from uvlocal.manage.errors import FINDINGS
from uvlocal.manage.views import console
from uvlocal.manage.views import settings as settings_view

#: Keys of a provider's own table.
_OF_PROVIDER = ("enabled", "strategy")

_Json = Annotated[bool, typer.Option("--json", help="Print one JSON object instead.")]
_Project = Annotated[
    bool, typer.Option("--project", help="In `[tool.uvlocal]` of the project's `pyproject.toml`.")
]


def keys(incomplete: str) -> list[str]:
    """Return the settings that a word can become, for the shell's completion."""
    from uvlocal.shim.settings.settings import USER_KEYS
    from uvlocal.shim.volume.providers.table import PROVIDERS

    of_providers = [f"providers.{row.id}.{key}" for row in PROVIDERS for key in _OF_PROVIDER]
    known = [key for key in USER_KEYS if key != "providers"]
    return [key for key in [*known, *of_providers] if key.startswith(incomplete)]


def values(context: typer.Context, incomplete: str) -> list[str]:
    """Return the values that a word can become, for the setting named before it."""
    from uvlocal.shim.settings.settings import CHOICES, FLAGS, VOLUMES

    key = str(context.params.get("key") or "").rpartition(".")[2]
    flags = ("true", "false") if key in (*FLAGS, "enabled") else ()
    known = {**CHOICES, "volumes": VOLUMES}.get(key, flags)
    return [value for value in known if value.startswith(incomplete)]


_Key = Annotated[str, typer.Argument(metavar="KEY", help="Such as `mode`.", autocompletion=keys)]
_Value = Annotated[
    str,
    typer.Argument(metavar="VALUE", help="A list is `a,b` or TOML's.", autocompletion=values),
]

_EXAMPLES = """\
Examples:

`uvlocal config` shows what is in force here, and where each value came from.

`uvlocal config set strategy no-metadata` changes your own settings.

`uvlocal config set --project mode never` changes the project's, for everybody.

`uvlocal config set providers.onedrive.enabled false` leaves OneDrive's folders alone.

`uvlocal config add-root ~/Shared` says that a folder is synced.

`uvlocal config add-root --local ~/Dropbox/scratch` says that one is not.
"""

config = typer.Typer(
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

    A variable stands above the project, that above the user, that above the default.

    Exit code 0; 1 if something in the files cannot be used.
    """
    if context.invoked_subcommand is not None:
        return
    from uvlocal.manage.settings import show as settings

    found = settings.shown()
    console.as_json(found) if json else settings_view.settings(found)
    if found.problems:
        raise typer.Exit(FINDINGS)


@config.command("set")
def set_value(
    key: _Key,
    value: _Value,
    project: _Project = False,
    json: _Json = False,
) -> None:
    """Set KEY to VALUE in your settings, or in the project's."""
    from uvlocal.manage.settings import edit

    changes = edit.set_value(key, value, project=project)
    console.as_json(changes) if json else settings_view.changes(changes)


@config.command()
def unset(
    key: _Key,
    project: _Project = False,
    json: _Json = False,
) -> None:
    """Remove KEY from your settings, or from the project's, so that what is below holds again."""
    from uvlocal.manage.settings import edit

    changes = edit.unset(key, project=project)
    console.as_json(changes) if json else settings_view.changes(changes)


@config.command("add-root")
def add_root(
    folder: Annotated[str, typer.Argument(metavar="DIR", help="The folder.")],
    local: Annotated[
        bool, typer.Option("--local", help="Say that it is local, whatever it looks like.")
    ] = False,
    json: _Json = False,
) -> None:
    """Say that DIR is a synced folder (`synced-roots`), or with --local that it is none."""
    from uvlocal.manage.settings import edit

    changes = edit.add_root(folder, local=local)
    console.as_json(changes) if json else settings_view.changes(changes)


@config.command("remove-root")
def remove_root(
    folder: Annotated[str, typer.Argument(metavar="DIR", help="The folder; it need not exist.")],
    json: _Json = False,
) -> None:
    """Take DIR out of `synced-roots` and `local-roots`."""
    from uvlocal.manage.settings import edit

    changes = edit.remove_root(folder)
    console.as_json(changes) if json else settings_view.changes(changes)
