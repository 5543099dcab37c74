"""Our line in each startup file of some shells, and its state."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from uvlocal.manage.installation import completion, rc_files, shell_snippets, shells

if TYPE_CHECKING:
    from collections.abc import Iterable

    from uvlocal.shim.machine.host import System


@dataclass(frozen=True, slots=True)
class Line:
    """Our line in one startup file.

    `state` is `current`, `absent`, `outdated` (an old line, or one that is too early in the file),
    `added`, or `blocked`; `reason` says why it is blocked. `code` is what the shell runs, `text`
    the whole line with its marker.
    """

    shell: str
    path: str
    code: str
    text: str
    state: str
    reason: str = ""


def plan(
    names: Iterable[str], folder: str, system: System, *, alias: bool = False
) -> list[tuple[Line, rc_files.Edit]]:
    """Return the lines that these shells should have, each with the edit that adds it."""
    make = shell_snippets.alias_line if alias else shell_snippets.path_line
    found = []
    for name in names:
        own = make(name, folder, system)
        beside = system.path.join(folder, completion.file_name(name))
        for file in shells.startup_files(name, system, alias=alias):
            code = own
            if file.completes:
                code += "; " + shell_snippets.source_line(name, beside, system)
            edit = rc_files.plan_add(file.path, code, system)
            text = _marked(edit) or f"{code} {rc_files.MARK}"
            found.append((Line(name, file.path, code, text, _state(edit), edit.trouble), edit))
    return found


def _marked(edit: rc_files.Edit) -> str:
    text = rc_files.decode(edit.after) if edit.after is not None else None
    return next(filter(rc_files.is_ours, (text or "").split("\n")), "").rstrip("\r")


def _state(edit: rc_files.Edit) -> str:
    if edit.trouble:
        return "blocked"
    if not edit.changes:
        return "current"
    text = rc_files.decode(edit.before) if edit.before is not None else None
    return "outdated" if rc_files.codes(text or "") else "absent"


def put(line: Line, edit: rc_files.Edit) -> Line:
    """Apply the edit for a line, and return the line with its new state."""
    if not edit.changes:
        return line
    try:
        rc_files.perform(edit)
    except OSError as error:
        return replace(line, state="blocked", reason=error.strerror or "cannot be written")
    return replace(line, state="added")


def standing(names: Iterable[str], folder: str, system: System) -> list[Line]:
    """Return the state of these shells' lines, for PATH or an alias, whichever is there."""
    found = []
    for name in names:
        lines = [line for line, _ in plan([name], folder, system)]
        aliases = [line for line, _ in plan([name], folder, system, alias=True)]
        has_alias = any(line.state == "current" for line in aliases)
        found += aliases if has_alias else lines
    return found
