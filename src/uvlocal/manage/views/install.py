"""Show what `install` and `uninstall` do."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from uvlocal.manage.installation import windows_path
from uvlocal.manage.views import console
from uvlocal.manage.views.console import data, shown, talk

if TYPE_CHECKING:
    from uvlocal.manage.installation.install import Installation
    from uvlocal.manage.installation.uninstall import Removal


def plan(made: Installation) -> None:
    """Show what is to be done, in a few lines."""
    if not made.changed:
        data("nothing to change")
    if made.moved_uv:
        data(f"move    {shown(made.shim)}, a real uv, to {shown(made.moved_uv)}")
    if made.shim_changes:
        data(f"create  {shown(made.shim)}")
    changing = [shown(line.path) for line in made.lines if line.state in ("absent", "outdated")]
    if changing:
        data(f"add     one line to {', '.join(changing)}, which puts it first on PATH")
    if made.user_path == "absent":
        data(f"add     {shown(os.path.dirname(made.shim))} to the user's PATH")


def installed(made: Installation) -> None:
    """Say what was installed, and what to do now."""
    talk(f"{'installed' if made.changed else 'already installed:'} `{shown(made.shim)}`")
    if not made.real_uv:
        console.warning(
            "there is no uv on `PATH` yet, so install uv next: https://docs.astral.sh/uv"
        )
    folder = shown(os.path.dirname(made.shim))
    if not made.wants_startup_files:
        line = f'export PATH="{os.path.dirname(made.shim)}:$PATH"'
        console.hint(f"put it first on PATH: `{line}`")
        return
    if not made.lines and not made.user_path:
        console.warning(f"no known shell found, so put `{folder}` first on PATH yourself")
    obstacles(made)
    if made.changed and made.now:
        console.hint("open a new shell, or run this in the current one:")
        talk(f"  {made.now}")


def obstacles(made: Installation) -> None:
    """Say what keeps the shim from being found, and what to do about it."""
    for line in made.lines:
        if line.state == "blocked":
            console.warning(f"`{shown(line.path)}` {line.reason}, so add this line yourself:")
            talk(f"  {line.code}")
    for shadow in made.shadows:
        console.warning(
            f"`{shown(shadow.path)}`, line {shadow.line}: this {shadow.kind} hides the shim in "
            f"{shadow.shell}; remove it, or let it call `{shown(made.shim)}`:"
        )
        talk(f"  {shadow.text}")
    if made.user_path == "blocked":
        console.warning("the user's PATH in the registry cannot be changed")
    if made.machine_uv:
        console.warning(
            f"`{made.machine_uv}` is on the machine's PATH, which Windows searches before yours"
        )
        console.hint(windows_path.ways_out(made.machine_uv))


def removal_plan(gone: Removal) -> None:
    """Show what is to go."""
    for path in gone.startup_files:
        data(f"undo    {shown(path)}")
    for path, client in gone.shared_files.items():
        console.warning(
            f"`{shown(path)}` is synced by {client}: other machines lose the line too, and need "
            "`uvlocal install` once more"
        )
    if gone.user_path:
        data("undo    the user's PATH")
    for path in gone.files:
        data(f"remove  {shown(path)}")
    for path in gone.moved_back:
        data(f"restore {shown(path)}, a real uv")
    for one in gone.environments:
        project = f", of {shown(one.project)}" if one.project else ""
        verb = "skip" if one.stays else "remove"
        why = f": {one.stays}" if one.stays else ""
        data(f"{verb:<8}{shown(one.path or one.record)}{project}{why}")
    if gone.is_empty:
        data("nothing to do: uvlocal is not installed here")
        return
    for path in gone.kept:
        data(f"keep    {shown(path)}")


def removed(gone: Removal) -> None:
    """Say what was removed, and how the rest goes."""
    for problem in gone.problems:
        console.warning(f"`{shown(problem.path)}`: {problem.reason}")
    if not gone.is_empty:
        talk("removed the shim and everything that belongs to it")
        talk("shells that are open may need `hash -r` to find `uv` again")
    if any(f"{os.sep}envs{os.sep}" in path for path in gone.kept):
        console.hint("`uvlocal uninstall --environments` removes the environments")
    console.hint(f"to remove uvlocal itself: `{own_removal(sys.prefix)}`")


def own_removal(prefix: str) -> str:
    """Return the command that removes the package, as it was installed into `prefix`."""
    if os.path.exists(os.path.join(prefix, "uv-receipt.toml")):
        return "uv tool uninstall uvlocal"
    if os.path.exists(os.path.join(prefix, "pipx_metadata.json")):
        return "pipx uninstall uvlocal"
    return "pip uninstall uvlocal"
