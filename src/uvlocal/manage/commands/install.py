"""The commands `install`, `uninstall` and `init`."""

from __future__ import annotations

from typing import Annotated

import typer

from uvlocal.manage.commands.asking import confirm
from uvlocal.manage.commands.help import ending
from uvlocal.manage.errors import FINDINGS, USAGE, UserError

ShimDir = Annotated[
    str | None,
    typer.Option("--shim-dir", metavar="DIR", help="The directory for the shim."),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.")]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Show what would happen, but change nothing.")
]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Alias = Annotated[
    bool, typer.Option("--alias", help="Alias `uv` to the shim instead of changing PATH.")
]

_INSTALL_ENDING = ending(
    "0 on success; 1 if something could not be done; 2 for wrong usage",
    ("Show what would change, and ask", "uvlocal install"),
    ("Show it without changing anything", "uvlocal install --dry-run"),
    ("Change only one shell's files", "uvlocal install --shell zsh"),
    ("Change no shell's files (see `uvlocal init`)", "uvlocal install --no-rc"),
)
_UNINSTALL_ENDING = ending(
    "0 on success; 1 if something could not be removed",
    ("Keep the environments", "uvlocal uninstall"),
    ("Remove the environments too", "uvlocal uninstall --environments"),
)
_INIT_ENDING = ending(
    "0 on success; 2 for an unknown shell",
    ("In `~/.bashrc`", 'eval "$(uvlocal init bash)"'),
    ("In `~/.config/fish/config.fish`", "uvlocal init fish | source"),
    ("Define an alias instead of changing PATH", "uvlocal init zsh --alias"),
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
            "--shell", metavar="NAME", help="Change only this shell's files. Can be repeated."
        ),
    ] = None,
    alias: Alias = False,
    yes: Yes = False,
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Install the `uv` shim, and put it first on PATH in the shells you use.

    Adds one marked line to each startup file. `uvlocal uninstall` removes it.
    """
    from uvlocal.manage.installation import install as installing
    from uvlocal.manage.installation import shells
    from uvlocal.manage.views import console
    from uvlocal.manage.views import install as install_view
    from uvlocal.shim.machine.host import System

    if no_rc and (shell or alias):
        raise UserError("`--no-rc` cannot be used with `--shell` or `--alias`", code=USAGE)
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
    """Undo `uvlocal install`, but keep the environments."""
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
            install_view.removed(gone, has_plan=not yes)
    if json:
        console.as_json(gone)
    if gone.problems:
        raise typer.Exit(FINDINGS)


def init(
    shell: Annotated[
        str, typer.Argument(metavar="SHELL", help="`bash`, `zsh`, `fish`, `powershell`, or `nu`.")
    ],
    alias: Alias = False,
    shim_dir: ShimDir = None,
) -> None:
    """Print the code for a shell's startup file: PATH or an alias, and completion.

    For people who manage these files themselves. Creates the shim if it is missing.
    """
    from uvlocal.manage.commands import shell_code

    shell_code.show(shell, alias=alias, shim_dir=shim_dir)
