"""The commands `link` and `unlink`."""

from __future__ import annotations

from typing import Annotated

import typer

from uvlocal.manage.errors import USAGE, UserError

_Folder = Annotated[
    str | None, typer.Argument(metavar="PATH", help="A folder of the project; here if left out.")
]
_Json = Annotated[bool, typer.Option("--json", help="Print one JSON object instead.")]
_VsCode = Annotated[bool, typer.Option("--vscode", help="Show VS Code's settings instead.")]
_User = Annotated[bool, typer.Option("--user", help="Those of the user, not of the workspace.")]

_LINK_EXAMPLES = """\
Examples:

`uvlocal link` makes `.venv` a link to the environment, or a redirect file, whichever fits.

`uvlocal link --vscode` shows the line to paste into `.vscode/settings.json`, with a path that holds
on every machine.

`uvlocal link --vscode --user` shows the lines that let VS Code find all environments.

`uvlocal config set --project pointer symlink` lets uvlocal make the link by itself.
"""
_UNLINK_EXAMPLES = """\
Examples:

`uvlocal unlink` removes the link or file that `uvlocal link` made.
"""


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(epilog=_LINK_EXAMPLES)(link)
    app.command(epilog=_UNLINK_EXAMPLES)(unlink)


def link(
    path: _Folder = None,
    pointer: Annotated[
        str,
        typer.Option(
            "--pointer",
            metavar="KIND",
            help="`symlink`, or `file` for a redirect file (PEP 832), which newer uv reads.",
        ),
    ] = "",
    vscode: _VsCode = False,
    user: _User = False,
    json: _Json = False,
) -> None:
    """Let editors find a project's environment: by `.venv`, or by VS Code's setting.

    A folder is never replaced, and nothing that uvlocal did not make. Exit code 0; 1 where there is
    nothing to point to or it would do harm; 2 for wrong usage.
    """
    from uvlocal.manage.projects import link as linking
    from uvlocal.manage.views import console
    from uvlocal.manage.views import link as link_view

    if pointer not in ("", "symlink", "file"):
        raise UserError(f"`--pointer` is `symlink` or `file`, not `{pointer}`", code=USAGE)
    if pointer and vscode:
        raise UserError("`--pointer` and `--vscode` exclude each other", code=USAGE)
    if user and not vscode:
        raise UserError("`--user` goes with `--vscode`", code=USAGE)
    if vscode:
        from uvlocal.manage.projects.vscode import settings

        found = settings(path, user=user)
        console.as_json(found) if json else link_view.to_paste(found)
        return
    made = linking.link(path, pointer)
    console.as_json(made) if json else link_view.linked(made)


def unlink(path: _Folder = None, json: _Json = False) -> None:
    """Remove what `uvlocal link` made; the environment stays.

    Exit code 0; 1 where something else is there; 2 for wrong usage.
    """
    from uvlocal.manage.projects import link as linking
    from uvlocal.manage.views import console
    from uvlocal.manage.views import link as link_view

    gone = linking.unlink(path)
    console.as_json(gone) if json else link_view.unlinked(gone)
