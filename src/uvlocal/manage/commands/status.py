"""The commands that need no options: `status`, `path`, `--version`.

Prompts, direnv and mise ask `uvlocal path` and `uvlocal status` again and again. Without options
there is no command line to read, so these do without typer: it takes longer to load than the answer
takes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvlocal import __version__

if TYPE_CHECKING:
    from collections.abc import Callable


def show_status(path: str | None = None, *, json: bool = False) -> None:
    """Show what is done about a project; `path` is a folder of it, None for the current one."""
    from uvlocal.manage.projects import status
    from uvlocal.manage.views import console

    found = status.of(path)
    console.as_json(found) if json else console.status(found)


def show_path(path: str | None = None) -> None:
    """Print the path of a project's environment."""
    from uvlocal.manage.projects import status
    from uvlocal.manage.views import console

    console.exact(status.of(path).environment or "")


def show_version() -> None:
    """Print the version."""
    from uvlocal.manage.views import console

    console.data(f"uvlocal {__version__}")


#: The command lines that are answered without reading them.
PLAIN: dict[tuple[str, ...], Callable[[], None]] = {
    ("path",): show_path,
    ("status",): show_status,
    ("--version",): show_version,
    ("-V",): show_version,
}
