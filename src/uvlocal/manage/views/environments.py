"""Show environments: the list, removals, and adoption."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from uvlocal.manage.environments.listing import as_seconds
from uvlocal.manage.environments.project_state import BACK
from uvlocal.manage.views import console
from uvlocal.manage.views.console import count, data, painted, shown, size, talk
from uvlocal.manage.views.terminal import columns, prose_width, wrapped

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from uvlocal.manage.environments.adopt import Adopted
    from uvlocal.manage.environments.listing import Environment, Environments
    from uvlocal.manage.environments.prune import Candidate, Plan, Pruned

_HEADERS = ("project", "volume", "size", "python", "last used", "state")
#: The right-aligned column.
_SIZE = 2
_COLOURS = {"ok": "32", "moved": "36", "copy": "36", "broken": "31"}
_VERB_WIDTH = 8
_DAY = 86400.0


# -- words -------------------------------------------------------------------------------------


def age_text(moment: str, now: float | None = None) -> str:
    """Return how long ago a UTC time was, or "" if there is none."""
    then = as_seconds(moment)
    if then is None:
        return ""
    days = ((time.time() if now is None else now) - then) / _DAY
    for limit, length, unit in ((14, 1, "day"), (61, 7, "week"), (731, 30.4, "month")):
        if days < limit:
            count = int(days // length)
            return "today" if count < 1 else f"{count} {unit}{'s' if count > 1 else ''}"
    return f"{int(days // 365.25)} years"


# -- the list ----------------------------------------------------------------------------------


def listed(found: Environments, now: float | None = None) -> None:
    """Show the environments as a table, and remarks about them on stderr."""
    rows = [_row(environment, now) for environment in found.environments]
    if rows:
        for line in table(_HEADERS, rows, columns()):
            data(line)
    for store in found.stores:
        inside = [one for one in found.environments if one.store == store]
        talk(f"{count(len(inside), 'environment')} in `{shown(store)}`")
    if not found.stores:
        talk("no environments yet")
    if found.size is not None and rows:
        talk(f"{_sizes(found)} in total")
    _remarks(found)
    console.unread(found.unread_folders)


def _row(one: Environment, now: float | None) -> tuple[str, ...]:
    takes = size(one.size) if one.exists and one.size is not None else ""
    age = age_text(one.last_used, now)
    state = one.state.replace("-", " ")
    return (
        shown(one.project) if one.project else f"({shown(one.name)})",
        shown(one.volume),
        takes,
        one.python,
        age,
        state,
    )


def _sizes(found: Environments) -> str:
    more = f", and {size(found.shared_size or 0)} shared with uv's cache"
    return f"{size(found.size or 0)}{more if found.shared_size else ''}"


def _remarks(found: Environments) -> None:
    """Show problems, and what to do about them."""
    back = [one for one in found.environments if one.why == BACK]
    for one in found.environments:
        if one.why and one.state != "project-gone" and one not in back[1:]:
            path = shown(one.project or (one.environment if one.exists else one.record))
            more = f" and {len(back) - 1} more" if one in back and back[1:] else ""
            remark(path + more, one.why)
    if back:
        console.hint("`uvlocal doctor --fix` updates the records")
    moved = [one.moved_to for one in found.environments if one.state == "moved"]
    states = ("project-gone", "replaced", "unused")
    gone = [one.size or 0 for one in found.environments if one.state in states]
    for root in moved:
        console.hint(f"`uvlocal adopt {on_command_line(root)}` reuses the old environment")
    if gone:
        frees = f", and frees {size(sum(gone))}" if found.size is not None else ""
        what = f"{count(len(gone), 'environment')} that no project uses"
        console.hint(f"`uvlocal prune` removes {what}{frees}")


def on_command_line(path: str) -> str:
    """Return a path quoted for a command line, with `~` for home."""
    from uvlocal.shim.machine.display import below_home, quoted
    from uvlocal.shim.machine.host import System

    system = System()
    return quoted(below_home(path, system), system)


def table(headers: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> Iterator[str]:
    """Yield the lines of a table.

    If the first column does not fit beside the others, each row takes two lines; a path that is
    longer than the terminal is broken at a separator.
    """
    widths = [max(map(len, column)) for column in zip(headers, *rows, strict=True)]
    fits = sum(widths) + 2 * (len(widths) - 1) <= width
    for number, row in enumerate([headers, *rows]):
        cells = [
            f"{cell:>{widths[place]}}" if place == _SIZE else f"{cell:<{widths[place]}}"
            for place, cell in enumerate(row)
        ]
        if number:
            cells[-1] = _state(row[-1])
            line = "  ".join(cells).rstrip()
            if fits:
                yield line
            else:
                yield from folded(row[0], width)
                yield "  " + "  ".join(cells[1:]).rstrip()
        elif fits:
            yield painted("  ".join(cells).rstrip(), "1")
        else:
            yield painted(headers[0], "1")
            yield painted("  " + "  ".join(cells[1:]).rstrip(), "1")


def _state(text: str) -> str:
    return painted(text, _COLOURS.get(text, "33"))


def folded(path: str, width: int) -> Iterator[str]:
    """Yield a path in lines of a width, broken after separators if possible."""
    while len(path) > width:
        cut = path.rfind(os.sep, 1, width) + 1 or width
        yield path[:cut]
        path = "    " + path[cut:]
    yield path


def remark(name: str, text: str) -> None:
    """Print a name and a sentence about it to stderr, with an indent for further lines."""
    for line in wrapped(f"{name}: {text}", prose_width(), "  "):
        talk(line)


# -- prune -------------------------------------------------------------------------------------


def plan(wanted: Plan) -> None:
    """Show what would be removed, and what stays although it has no project."""
    for candidate in wanted.remove:
        takes = size(candidate.size) if candidate.environment else "its record"
        why = "the project is gone" if candidate.state == "project-gone" else candidate.why
        _line("remove", f"{_named(candidate)} ({takes}): {why}", "31")
    for path in wanted.leftovers:
        _line("finish", f"{shown(path)}: an interrupted removal", "31")
    for candidate in wanted.keep:
        _line("keep", f"{_named(candidate)}: {candidate.why}", "2")
    if wanted.is_empty:
        talk("nothing to remove")
    else:
        talk(f"this frees {size(wanted.size)}")


def _named(candidate: Candidate) -> str:
    if candidate.project:
        return shown(candidate.project)
    return shown(candidate.environment or candidate.record)


def _line(verb: str, text: str, colour: str) -> None:
    lines = wrapped(text, prose_width() - _VERB_WIDTH)
    data(painted(f"{verb:<{_VERB_WIDTH}}", colour) + lines[0])
    for line in lines[1:]:
        data(" " * _VERB_WIDTH + line)


def pruned(done: Pruned) -> None:
    """Show what was removed."""
    for problem in done.problems:
        console.warning(problem)
    what = count(len(done.removed), "environment")
    talk(f"removed {what}, freed {size(done.freed)}")


# -- adopt -------------------------------------------------------------------------------------


def adopted(done: Adopted) -> None:
    """Show what was adopted."""
    verb = "would reuse" if done.dry_run else "reuses"
    talk(f"`{shown(done.root)}` {verb} the environment of `{shown(done.former_root)}`")
    if done.replaced:
        verb = "would replace" if done.dry_run else "replaced"
        talk(f"it {verb} the one created since the move")
    if done.scripts:
        uses = "uses" if done.scripts == 1 else "use"
        talk(f"{count(done.scripts, 'script')} now {uses} the new path")
    for problem in done.problems:
        console.warning(problem)
    console.exact(done.environment)
    if done.needs_sync:
        console.hint("`uv sync --reinstall` recreates the programs in `Scripts`")
