"""The commands `install`, `uninstall` and `init`."""

from __future__ import annotations

from typing import Annotated

import typer

from uvlocal.manage.commands.asking import confirm
from uvlocal.manage.commands.help import ending
from uvlocal.manage.errors import FINDINGS, USAGE, UserError

ShimDir = Annotated[
    str | None,
    typer.Option("--shim-dir", metavar="DIR", help="Where to put the shim."),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show, but change nothing.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object instead.")]
Alias = Annotated[
    bool, typer.Option("--alias", help="Make `uv` an alias for the shim, and leave PATH alone.")
]

_INSTALL_ENDING = ending(
    "0; 1 if something could not be done, or nobody could be asked; 2 for wrong usage",
    ("Show what it will do, and ask", "uvlocal install"),
    ("Only show it", "uvlocal install --dry-run"),
    ("Change the files of one shell only", "uvlocal install --shell zsh"),
    ("Change no shell's files (see `uvlocal init`)", "uvlocal install --no-rc"),
)
_UNINSTALL_ENDING = ending(
    "0; 1 if something had to stay, or nobody could be asked",
    ("Keep the environments", "uvlocal uninstall"),
    ("Remove the environments too", "uvlocal uninstall --environments"),
)
_INIT_ENDING = ending(
    "0; 2 for a shell that uvlocal does not know",
    ("In `~/.bashrc`", 'eval "$(uvlocal init bash)"'),
    ("In `~/.config/fish/config.fish`", "uvlocal init fish | source"),
    ("An alias, with PATH left alone", "uvlocal init zsh --alias"),
)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(epilog=_INSTALL_ENDING)(install)
    app.command(epilog=_UNINSTALL_ENDING)(uninstall)
    app.command(epilog=_INIT_ENDING)(init)


def install(  # noqa: PLR0913, PLR0917 - an option is an argument here
    shim_dir: ShimDir = None,
    no_rc: Annotated[
        bool, typer.Option("--no-rc", help="Do not change the shells' startup files.")
    ] = False,
    shell: Annotated[
        list[str] | None,
        typer.Option(
            "--shell", metavar="NAME", help="Change this shell's files only. Can be repeated."
        ),
    ] = None,
    alias: Alias = False,
    yes: Yes = False,
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Install the `uv` shim, and put it first on PATH in the shells you use.

    Adds one marked line to each startup file. `uvlocal uninstall` removes it again.
    """
    from uvlocal.manage.installation import install as installing
    from uvlocal.manage.installation import shells
    from uvlocal.manage.views import console
    from uvlocal.manage.views import install as install_view
    from uvlocal.shim.machine.host import System

    if no_rc and (shell or alias):
        raise UserError("`--no-rc` leaves nothing to do for `--shell` and `--alias`", code=USAGE)
    wish = installing.Wish(shim_dir, not no_rc, tuple(shell or ()), alias)
    todo = installing.plan(wish, System(), running=[] if no_rc else shells.running())
    if json and dry_run:
        console.as_json(todo.result)
    elif not json and (dry_run or not yes):
        install_view.plan(todo.result)
    if dry_run:
        return
    if todo.result.changed and not yes:
        confirm("continue?", json=json)
    made = installing.perform(todo)
    console.as_json(made) if json else install_view.installed(made)
    if made.is_blocked:
        raise typer.Exit(FINDINGS)


def uninstall(
    shim_dir: ShimDir = None,
    environments: Annotated[
        bool, typer.Option("--environments", help="Remove the environments too.")
    ] = False,
    yes: Yes = False,
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Remove everything that `uvlocal install` made, but keep the environments."""
    from uvlocal.manage.installation import uninstall as uninstalling
    from uvlocal.manage.views import console
    from uvlocal.manage.views import install as install_view
    from uvlocal.shim.machine.host import System

    todo = uninstalling.plan(shim_dir, System(), environments=environments)
    gone = todo.result
    if not json and (dry_run or not yes or gone.is_empty):
        install_view.removal_plan(gone)
    if dry_run:
        if json:
            console.as_json(gone)
        return
    if not gone.is_empty:
        if not yes:
            confirm("continue?", json=json)
        gone = uninstalling.perform(todo)
        if not json:
            install_view.removed(gone)
    if json:
        console.as_json(gone)
    if gone.problems:
        raise typer.Exit(FINDINGS)


def init(
    shell: Annotated[str, typer.Argument(metavar="SHELL", help="bash, zsh, fish, powershell, nu.")],
    alias: Alias = False,
    shim_dir: ShimDir = None,
) -> None:
    """Print the code for a shell's startup file: PATH or an alias, and completion.

    For people who manage these files themselves. Creates the shim if it is missing.
    """
    from uvlocal.manage.commands import shell_code

    shell_code.show(shell, alias=alias, shim_dir=shim_dir)
