"""The commands `link` and `unlink`."""

from __future__ import annotations

from typing import Annotated

import typer

from uvlocal.manage.commands.help import ending
from uvlocal.manage.errors import USAGE, UserError

_Folder = Annotated[
    str | None,
    typer.Argument(metavar="PATH", help="A directory in the project.  [default: the current one]"),
]
_Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
_VsCode = Annotated[bool, typer.Option("--vscode", help="Print settings for VS Code instead.")]
_User = Annotated[bool, typer.Option("--user", help="Print user settings, not workspace settings.")]

_LINK_ENDING = ending(
    "0 on success; 1 if a pointer has no target or would do harm; 2 for wrong usage",
    ("Create the pointer that fits this project", "uvlocal link"),
    ("Print the line for `.vscode/settings.json`", "uvlocal link --vscode"),
    ("Print the lines for VS Code's user settings", "uvlocal link --vscode --user"),
    ("Have uvlocal create it automatically", "uvlocal config set --project pointer symlink"),
)
_UNLINK_ENDING = ending(
    "0 on success; 1 if uvlocal did not create `.venv`; 2 if PATH is not a directory",
    ("Remove the pointer of this project", "uvlocal unlink"),
)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(epilog=_LINK_ENDING)(link)
    app.command(epilog=_UNLINK_ENDING)(unlink)


def link(
    path: _Folder = None,
    pointer: Annotated[
        str,
        typer.Option(
            "--pointer",
            metavar="KIND",
            help="`symlink`, or `file` for a redirect file (PEP 832; uv 0.13.9 or later).",
        ),
    ] = "",
    vscode: _VsCode = False,
    user: _User = False,
    json: _Json = False,
) -> None:
    """Point editors to a project's environment, with `.venv` or VS Code's settings.

    Never replaces a directory, or anything that uvlocal did not create.
    """
    from uvlocal.manage.projects import link as linking
    from uvlocal.manage.views import console
    from uvlocal.manage.views import link as link_view

    if pointer not in ("", "symlink", "file"):
        raise UserError(f"`--pointer` must be `symlink` or `file`, not `{pointer}`", code=USAGE)
    if pointer and vscode:
        raise UserError("`--pointer` cannot be used with `--vscode`", code=USAGE)
    if user and not vscode:
        raise UserError("`--user` requires `--vscode`", code=USAGE)
    if vscode:
        from uvlocal.manage.projects.vscode import settings

        found = settings(path, user=user)
        console.as_json(found) if json else link_view.to_paste(found)
        return
    made = linking.link(path, pointer)
    console.as_json(made) if json else link_view.linked(made)


def unlink(path: _Folder = None, json: _Json = False) -> None:
    """Remove what `uvlocal link` created, but keep the environment."""
    from uvlocal.manage.projects import link as linking
    from uvlocal.manage.views import console
    from uvlocal.manage.views import link as link_view

    gone = linking.unlink(path)
    console.as_json(gone) if json else link_view.unlinked(gone)
