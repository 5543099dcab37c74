"""Run common command lines without typer, whose import takes longer than they do.

Prompts, direnv and mise call `uvlocal path` and `uvlocal status` often, and each new shell runs
`uvlocal init`. Only their exact forms are parsed here; typer parses everything else, including
errors and help.
"""

from __future__ import annotations

import gc
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


def _path(place: str | None, flags: set[str]) -> None:
    from uvlocal.manage.commands.status import show_path

    del flags
    show_path(place)


def _status(place: str | None, flags: set[str]) -> None:
    from uvlocal.manage.commands.status import show_status

    show_status(place, json="--json" in flags)


def _init(shell: str | None, flags: set[str]) -> None:
    from uvlocal.manage.commands.shell_code import show

    show(shell or "", alias="--alias" in flags)


def _version(place: str | None, flags: set[str]) -> None:
    from uvlocal.manage.commands.status import show_version

    del place, flags
    show_version()


#: For each command: its function, its flags, and the minimum and maximum number of arguments.
COMMANDS: dict[str, tuple[Callable[[str | None, set[str]], None], tuple[str, ...], int, int]] = {
    "path": (_path, (), 0, 1),
    "status": (_status, ("--json",), 0, 1),
    "init": (_init, ("--alias",), 1, 1),
    "--version": (_version, (), 0, 0),
    "-V": (_version, (), 0, 0),
}
#: The characters that typer expands in an argument on Windows.
_EXPANDED = frozenset("~$%*?[")


def answered(words: list[str]) -> bool:
    """Run a command line if it is one of those above; return whether it was."""
    answer, known, least, most = COMMANDS.get(words[0] if words else "", (None, (), 0, 0))
    if answer is None:
        return False
    flags = {word for word in words[1:] if word in known}
    places = [word for word in words[1:] if word not in known]
    if not least <= len(places) <= most or any(map(_is_typers, places)):
        return False
    gc.disable()  # a process this short needs no garbage collection
    answer(places[0] if places else None, flags)
    return True


def _is_typers(word: str) -> bool:
    """Return whether an argument needs typer: an option, or a pattern on Windows."""
    return word.startswith("-") or (sys.platform == "win32" and not _EXPANDED.isdisjoint(word))
