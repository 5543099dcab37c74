"""The output of `uvlocal init`: code for a shell's startup file."""

from __future__ import annotations

from uvlocal.manage.errors import USAGE, UserError
from uvlocal.manage.installation import completion, shell_snippets, standing
from uvlocal.manage.views import console
from uvlocal.shim.machine.host import System


def show(shell: str, *, alias: bool = False, shim_dir: str | None = None) -> None:
    """Print the code, and create the shim if it is missing.

    Raises:
        UserError: the shell is unknown, or the shim cannot be created.
    """
    system = System()
    name = shell_snippets.name_of(shell)
    if not name:
        known = ", ".join(f"`{known}`" for known in shell_snippets.SHELLS)
        raise UserError(f"unknown shell `{shell}`", f"supported shells: {known}", USAGE)
    folder = standing.folder(shim_dir, system)
    if not folder:
        from uvlocal.manage.installation import install

        folder = install.make_shim(shim_dir, system)
    line = shell_snippets.alias_line if alias else shell_snippets.path_line
    console.code(line(name, folder, system))
    completing = completion.code(name)
    if completing:
        console.code(completing)
