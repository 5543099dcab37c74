"""Show the settings, and changes to them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from uvlocal.manage.views.console import data, hint, painted, shown, talk, warning
from uvlocal.manage.views.terminal import prose_width

if TYPE_CHECKING:
    from uvlocal.manage.settings.edit import Changes
    from uvlocal.manage.settings.show import Setting, Settings

#: The width of the column of keys; a longer key gets its own line.
_KEYS = 17


def settings(found: Settings) -> None:
    """Show each setting with its origin, then the files and their problems."""
    width = prose_width()
    for one in found.settings:
        _setting(one, width)
    data("")
    for who, path, exists in (
        ("machine", found.machine_file, found.machine_file_exists),
        ("user", found.user_file, found.user_file_exists),
    ):
        if path:
            data(f"{who:<{_KEYS}}{shown(path)}{'' if exists else ' (not found)'}")
    if found.project_file:
        absent = "" if found.opted_in else " (has no `[tool.uvlocal]`)"
        data(f"{'project':<{_KEYS}}{shown(found.project_file)}{absent}")
    for problem in found.problems:
        warning(problem)


def _setting(one: Setting, width: int) -> None:
    origin = f"${one.place}" if one.origin == "variable" else one.origin
    values = one.value if isinstance(one.value, tuple) else (one.value,)
    lines = [_as_text(value) for value in values] or ["none"]
    if one.key == "volumes":
        lines = [", ".join(lines)]
    if len(one.key) >= _KEYS:
        data(one.key)
    first = one.key if len(one.key) < _KEYS else ""
    start = f"{first:<{_KEYS}}{lines[0]}"
    if len(start) + 2 + len(origin) <= width:
        data(f"{start:<{width - len(origin)}}{painted(origin, '2')}")
    else:
        data(start)
        data(" " * (width - len(origin)) + painted(origin, "2"))
    for line in lines[1:]:
        data(f"{'':<{_KEYS}}{line}")


def _as_text(value: str | bool) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return shown(value)


def changes(found: Changes) -> None:
    """Show what was changed, and in which file."""
    for one in found.changes:
        where = f"in `{shown(one.file)}`"
        if one.after is None:
            talk(f"removed `{one.key}` {where} (was {_toml(one.before)})")
        elif one.before is None:
            talk(f"set `{one.key}` to {_toml(one.after)} {where}")
        else:
            talk(f"set `{one.key}` to {_toml(one.after)} {where} (was {_toml(one.before)})")
    if not found.changes:
        talk("nothing to change")
    for text in found.hints:
        hint(text)


def _toml(value: object) -> str:
    """Return a value as TOML, which is the same as JSON for text, booleans and lists of text."""
    text = json.dumps(value, ensure_ascii=False)
    return f"`{text}`" if text.isprintable() else f"`{json.dumps(value)}`"
