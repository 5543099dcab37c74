"""What `uvlocal init` prints: code for a shell's startup file."""

from __future__ import annotations

from uvlocal.manage.commands import completion
from uvlocal.manage.errors import USAGE, UserError
from uvlocal.manage.installation import shell_snippets, standing
from uvlocal.manage.views import console
from uvlocal.shim.machine.host import System


def show(shell: str, *, alias: bool = False, shim_dir: str | None = None) -> None:
    """Print the code, and make the shim where it is missing.

    Raises:
        UserError: the shell is none that is known here, or the shim cannot be made.
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
