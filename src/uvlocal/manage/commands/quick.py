"""Run common command lines without typer, whose import takes longer than they do.

Prompts, direnv and mise call `uvlocal path` and `uvlocal status` often, and each new shell runs
`uvlocal init`. Only their exact forms are parsed here; typer parses everything else, including
errors and help.
"""

from __future__ import annotations

import gc
import sys

from uvlocal.manage.errors import FINE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

#: Runs a command with these arguments and flags, and returns its exit code.
_Answer: TypeAlias = "Callable[[list[str], set[str]], int]"


def _path(places: list[str], flags: set[str]) -> int:
    from uvlocal.manage.commands import looking

    del flags
    return looking.show_path(*places)


def _status(places: list[str], flags: set[str]) -> int:
    from uvlocal.manage.commands import looking

    return looking.show_status(*places, json="--json" in flags)


def _init(places: list[str], flags: set[str]) -> int:
    from uvlocal.manage.commands.shell_code import show

    show(*places, alias="--alias" in flags)
    return FINE


def _version(places: list[str], flags: set[str]) -> int:
    from uvlocal.manage.commands import looking

    del places, flags
    return looking.show_version()


def _list(places: list[str], flags: set[str]) -> int:
    from uvlocal.manage.commands import looking

    del places
    return looking.show_list(sizes="--no-size" not in flags, json="--json" in flags)


def _prune(places: list[str], flags: set[str]) -> int:
    from uvlocal.manage.commands import looking

    del places
    return looking.show_prunable(json="--json" in flags)


def _doctor(places: list[str], flags: set[str]) -> int:
    from uvlocal.manage.commands import looking

    fix, report, json = (flag in flags for flag in ("--fix", "--report", "--json"))
    return looking.show_diagnosis(*places, fix=fix, report=report, json=json)


def _scan(places: list[str], flags: set[str]) -> int:
    from uvlocal.manage.commands import looking

    return looking.show_scan(places or None, json="--json" in flags)


#: For the first words of a command line: the function, its flags, and the minimum and maximum
#: number of arguments.
COMMANDS: dict[tuple[str, ...], tuple[_Answer, tuple[str, ...], int, int]] = {
    ("path",): (_path, (), 0, 1),
    ("status",): (_status, ("--json",), 0, 1),
    ("init",): (_init, ("--alias",), 1, 1),
    ("--version",): (_version, (), 0, 0),
    ("-V",): (_version, (), 0, 0),
    ("list",): (_list, ("--no-size", "--json"), 0, 0),
    ("prune", "--dry-run"): (_prune, ("--json",), 0, 0),
    ("doctor",): (_doctor, ("--fix", "--report", "--json"), 0, 1),
    ("scan",): (_scan, ("--json",), 0, sys.maxsize),
}
#: The characters that typer expands in an argument on Windows.
_EXPANDED = frozenset("~$%*?[")
#: Commands so short that they need no garbage collection.
_SHORT = (_path, _status, _init, _version)


def answered(words: list[str]) -> int | None:
    """Run a command line if it is one of those above; return its exit code, or None."""
    for length in (1, 2):
        answer, known, least, most = COMMANDS.get(tuple(words[:length]), (None, (), 0, 0))
        rest = words[length:]
        flags = {word for word in rest if word in known}
        places = [word for word in rest if word not in known]
        if answer and least <= len(places) <= most and not any(map(_is_typers, places)):
            if answer in _SHORT:
                gc.disable()
            return answer(places, flags)
    return None


def _is_typers(word: str) -> bool:
    """Return whether an argument needs typer: an option, or a pattern on Windows."""
    return word.startswith("-") or (sys.platform == "win32" and not _EXPANDED.isdisjoint(word))
