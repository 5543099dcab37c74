"""The commands `install`, `uninstall` and `init`."""

from __future__ import annotations

from typing import Annotated

import typer

from uvlocal.manage.errors import FINDINGS, USAGE, UserError

ShimDir = Annotated[
    str | None,
    typer.Option("--shim-dir", metavar="DIR", help="The shim's folder, if not the usual one."),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show, but change nothing.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object instead.")]
Alias = Annotated[
    bool, typer.Option("--alias", help="Make `uv` an alias of the shim; PATH stays as it is.")
]

_INSTALL_EXAMPLES = """\
Examples:

`uvlocal install` shows what it will do, and asks.

`uvlocal install --dry-run` only shows.

`uvlocal install --shell zsh` touches zsh's files alone.

`uvlocal install --no-rc` touches no shell's files; see `uvlocal init`.
"""
_UNINSTALL_EXAMPLES = """\
Examples:

`uvlocal uninstall` leaves the environments where they are.

`uvlocal uninstall --environments` removes them too.
"""
_INIT_EXAMPLES = """\
Examples:

`eval "$(uvlocal init bash)"` in `~/.bashrc`.

`uvlocal init fish | source` in `~/.config/fish/config.fish`.

`uvlocal init zsh --alias` prints an alias, and leaves PATH alone.
"""


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(epilog=_INSTALL_EXAMPLES)(install)
    app.command(epilog=_UNINSTALL_EXAMPLES)(uninstall)
    app.command(epilog=_INIT_EXAMPLES)(init)


def install(  # noqa: PLR0913, PLR0917 - an option is an argument here
    shim_dir: ShimDir = None,
    no_rc: Annotated[bool, typer.Option("--no-rc", help="Leave the shells' files alone.")] = False,
    shell: Annotated[
        list[str] | None,
        typer.Option("--shell", metavar="NAME", help="This shell only; may be given again."),
    ] = None,
    alias: Alias = False,
    yes: Yes = False,
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Put the shim into a folder of its own, and that first on PATH of every shell in use.

    Each startup file gets one marked line, which `uvlocal uninstall` takes out again.
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
    elif not json and (dry_run or not no_rc or not yes):
        install_view.plan(todo.result)
    if dry_run:
        return
    if todo.result.changed and not yes and not console.agreed("go on?"):
        raise UserError("nothing was changed", "pass `--yes` to go on without a question")
    made = installing.perform(todo)
    console.as_json(made) if json else install_view.installed(made)
    if made.is_blocked:
        raise typer.Exit(FINDINGS)


def uninstall(
    shim_dir: ShimDir = None,
    environments: Annotated[
        bool, typer.Option("--environments", help="Remove the environments as well.")
    ] = False,
    yes: Yes = False,
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Take away all that `uvlocal install` made; the environments stay unless asked for."""
    from uvlocal.manage.installation import uninstall as uninstalling
    from uvlocal.manage.views import console
    from uvlocal.manage.views import install as install_view
    from uvlocal.shim.machine.host import System

    todo = uninstalling.plan(shim_dir, System(), environments=environments)
    if not json:
        install_view.removal_plan(todo.result)
    if dry_run:
        if json:
            console.as_json(todo.result)
        return
    if not todo.result.is_empty:
        if not yes and not console.agreed("go on?"):
            raise UserError("nothing was changed", "pass `--yes` to go on without a question")
        gone = uninstalling.perform(todo)
    else:
        gone = todo.result
    console.as_json(gone) if json else install_view.removed(gone)
    if gone.problems:
        raise typer.Exit(FINDINGS)


def init(
    shell: Annotated[str, typer.Argument(metavar="SHELL", help="bash, zsh, fish, powershell, nu.")],
    alias: Alias = False,
    shim_dir: ShimDir = None,
) -> None:
    """Print the code for a shell's startup file: PATH or an alias, and completion.

    For those who manage these files themselves. Makes the shim where it is missing.
    """
    from uvlocal.manage.commands import shell_code

    shell_code.show(shell, alias=alias, shim_dir=shim_dir)
