"""Show the results of `uvlocal link` and `uvlocal unlink`, and settings to paste."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from uvlocal.manage.views.console import code, hint, shown, talk, warning
from uvlocal.shim.machine.display import printable

if TYPE_CHECKING:
    from uvlocal.manage.projects.link import Linked
    from uvlocal.manage.projects.vscode import Settings


def linked(made: Linked) -> None:
    """Show the new pointer, and remarks about it."""
    where, says = shown(made.path), printable(made.says)
    kind = "link" if made.kind == "symlink" else "redirect file"
    if made.changed:
        talk(f"created the {kind} `{where}` to `{says}`")
    else:
        talk(f"the {kind} `{where}` already points to `{says}`")
    _remarks(portable=made.portable, exists=made.environment_exists)


def to_paste(found: Settings) -> None:
    """Print VS Code's settings, and where to paste them."""
    number = "this line" if len(found.settings) == 1 else "these lines"
    if found.path:
        talk(f"paste {number} between the braces of `{shown(found.path)}`:")
    else:
        talk(f"paste {number} into `Preferences: Open User Settings (JSON)`, between the braces:")
    for name, value in found.settings.items():
        # These files allow a trailing comma.
        code(f"    {json.dumps(name)}: {json.dumps(value)},")
    if found.path:
        _remarks(portable=found.portable, exists=found.environment_exists)
        hint(
            "an interpreter selected by hand takes precedence; "
            "`Python: Clear Workspace Interpreter Setting` clears it"
        )


def _remarks(*, portable: bool, exists: bool) -> None:
    if not portable:
        warning("that path is valid on this machine only, but other machines see the directory too")
    if not exists:
        hint("the environment does not exist yet; run `uv sync` to create it")


def unlinked(gone: Linked) -> None:
    """Show what was removed."""
    where = shown(gone.path)
    if not gone.changed:
        talk(f"nothing to remove: there is no `{where}`")
    else:
        talk(f"removed `{where}`, which pointed to `{printable(gone.said)}`")
