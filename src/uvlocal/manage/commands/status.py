"""The commands `status` and `path`, and `--version`."""

from __future__ import annotations

from uvlocal import __version__


def show_status(path: str | None = None, *, json: bool = False) -> None:
    """Show what uvlocal does for a project; `path` is a directory in it, by default the current."""
    from uvlocal.manage.projects import status
    from uvlocal.manage.views import console

    found = status.of(path)
    console.as_json(found) if json else console.status(found)


def show_path(path: str | None = None) -> None:
    """Print the path of a project's environment."""
    from uvlocal.manage.projects.settled import settled
    from uvlocal.manage.views import console

    console.exact(settled(path).environment or "")


def show_version() -> None:
    """Print the version."""
    from uvlocal.manage.views import console

    console.data(f"uvlocal {__version__}")
