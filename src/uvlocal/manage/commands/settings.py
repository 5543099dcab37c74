"""The command `uvlocal config`."""

from __future__ import annotations

from typing import Annotated

import typer

from uvlocal.manage.commands.help import Group, ending
from uvlocal.manage.errors import FINDINGS

#: Keys of a provider's own table.
_OF_PROVIDER = ("enabled", "strategy")

_Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
_Project = Annotated[
    bool,
    typer.Option(
        "--project", help="Change `[tool.uvlocal]` in the project's `pyproject.toml` instead."
    ),
]


def keys(incomplete: str) -> list[str]:
    """Return the settings that start with a text, for shell completion."""
    from uvlocal.shim.settings.settings import USER_KEYS
    from uvlocal.shim.volume.providers.table import PROVIDERS

    of_providers = [f"providers.{row.id}.{key}" for row in PROVIDERS for key in _OF_PROVIDER]
    known = [key for key in USER_KEYS if key != "providers"]
    return [key for key in [*known, *of_providers] if key.startswith(incomplete)]


def values(context: typer.Context, incomplete: str) -> list[str]:
    """Return the values of the setting that start with a text, for shell completion."""
    from uvlocal.shim.settings.settings import CHOICES, FLAGS, VOLUMES

    key = str(context.params.get("key") or "").rpartition(".")[2]
    flags = ("true", "false") if key in (*FLAGS, "enabled") else ()
    known = {**CHOICES, "volumes": VOLUMES}.get(key, flags)
    return [value for value in known if value.startswith(incomplete)]


_Key = Annotated[
    str, typer.Argument(metavar="KEY", help="The setting, such as `mode`.", autocompletion=keys)
]
_Value = Annotated[
    str,
    typer.Argument(
        metavar="VALUE", help="The value. Write a list as `a,b` or in TOML.", autocompletion=values
    ),
]

_CHANGES = (
    "0 on success; 1 if the file cannot be changed; 2 for an unknown setting or invalid value"
)

config = typer.Typer(
    cls=Group,
    rich_markup_mode=None,
    invoke_without_command=True,
    epilog=ending(
        "0 if every setting is valid; 1 if one is not",
        ("Show every setting that applies here", "uvlocal config"),
        ("Change one of your settings", "uvlocal config set strategy no-metadata"),
        ("Ignore OneDrive", "uvlocal config set providers.onedrive.enabled false"),
        ("Mark a directory as synced", "uvlocal config add-root ~/Dropbox"),
    ),
    context_settings={"help_option_names": ["-h", "--help"]},
)


def register(app: typer.Typer) -> None:
    """Add the command to `uvlocal`."""
    app.add_typer(config, name="config")


@config.callback()
def show(context: typer.Context, json: _Json = False) -> None:
    """Show every setting and where it comes from, or change one.

    Precedence, highest first: environment variable, project, user, machine, default.
    """
    if context.invoked_subcommand is not None:
        return
    from uvlocal.manage.settings import show as settings
    from uvlocal.manage.views import console
    from uvlocal.manage.views import settings as settings_view

    found = settings.shown()
    console.as_json(found) if json else settings_view.settings(found)
    if found.problems:
        raise typer.Exit(FINDINGS)


@config.command(
    "set",
    epilog=ending(
        _CHANGES,
        ("Keep every environment local", "uvlocal config set mode always"),
        ("Turn uvlocal off for this project", "uvlocal config set --project mode never"),
    ),
)
def set_value(
    key: _Key,
    value: _Value,
    project: _Project = False,
    json: _Json = False,
) -> None:
    """Set KEY to VALUE in your settings, or in the project's."""
    from uvlocal.manage.settings import edit
    from uvlocal.manage.views import console
    from uvlocal.manage.views import settings as settings_view

    changes = edit.set_value(key, value, project=project)
    console.as_json(changes) if json else settings_view.changes(changes)


@config.command(epilog=ending(_CHANGES, ("Go back to the default", "uvlocal config unset mode")))
def unset(
    key: _Key,
    project: _Project = False,
    json: _Json = False,
) -> None:
    """Remove KEY from your settings, or from the project's."""
    from uvlocal.manage.settings import edit
    from uvlocal.manage.views import console
    from uvlocal.manage.views import settings as settings_view

    changes = edit.unset(key, project=project)
    console.as_json(changes) if json else settings_view.changes(changes)


@config.command(
    "add-root",
    epilog=ending(
        "0 on success; 1 if the file cannot be changed; 2 if DIR is not a directory",
        ("Mark a directory as synced", "uvlocal config add-root ~/Dropbox"),
        ("Mark one as not synced", "uvlocal config add-root --local ~/Dropbox/code"),
    ),
)
def add_root(
    folder: Annotated[str, typer.Argument(metavar="DIR", help="The directory.")],
    local: Annotated[bool, typer.Option("--local", help="Mark it as not synced instead.")] = False,
    json: _Json = False,
) -> None:
    """Mark DIR as a synced directory, or with `--local` as one that is not synced."""
    from uvlocal.manage.settings import edit
    from uvlocal.manage.views import console
    from uvlocal.manage.views import settings as settings_view

    changes = edit.add_root(folder, local=local)
    console.as_json(changes) if json else settings_view.changes(changes)


@config.command(
    "remove-root",
    epilog=ending(
        "0 on success; 1 if DIR is in neither list, or the file cannot be changed",
        ("Unmark a directory", "uvlocal config remove-root ~/Dropbox"),
    ),
)
def remove_root(
    folder: Annotated[str, typer.Argument(metavar="DIR", help="The directory. It need not exist.")],
    json: _Json = False,
) -> None:
    """Remove DIR from `synced-roots` and `local-roots`."""
    from uvlocal.manage.settings import edit
    from uvlocal.manage.views import console
    from uvlocal.manage.views import settings as settings_view

    changes = edit.remove_root(folder)
    console.as_json(changes) if json else settings_view.changes(changes)
