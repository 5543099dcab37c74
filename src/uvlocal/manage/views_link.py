"""Show what `link` and `unlink` did."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvlocal.manage.link import SETTING
from uvlocal.manage.views import hint, shown, talk, warning
from uvlocal.shim.display import printable

if TYPE_CHECKING:
    from uvlocal.manage.link import Linked


def linked(made: Linked) -> None:
    """Say what leads to the environment now, and what is to be known of it."""
    where, says = shown(made.path), printable(made.says)
    if made.kind == "vscode":
        if made.changed:
            talk(f"set `{SETTING}` in `{where}` to `{says}`")
        else:
            talk(f"`{SETTING}` in `{where}` is `{says}` already")
        if made.changed and made.said:
            talk(f"it was `{printable(made.said)}`")
        if made.changed:
            hint(
                "an interpreter that was picked by hand goes first, "
                "`Python: Clear Workspace Interpreter Setting` forgets it"
            )
    else:
        kind = "link" if made.kind == "symlink" else "redirect file"
        if made.changed:
            talk(f"made the {kind} `{where}` to `{says}`")
        else:
            talk(f"the {kind} `{where}` leads to `{says}` already")
    if not made.portable:
        warning("that path holds on this machine only, and the folder is seen by others too")
    if not made.environment_exists:
        hint("the environment is not made yet, `uv sync` makes it")


def unlinked(gone: Linked) -> None:
    """Say what is gone."""
    where = shown(gone.path)
    if not gone.changed:
        talk(f"nothing to remove in `{where}`" if ".json" in where else f"there is no `{where}`")
    elif gone.path.endswith(".json"):
        talk(f"removed `{SETTING}` from `{where}`")
    else:
        talk(f"removed `{where}`, which led to `{printable(gone.said)}`")
