"""Find aliases and functions called `uv` in the user's startup files, which shadow PATH.

The files are read, never run, as they may start anything. So an alias in a file that another one
sources is not found.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from uvlocal.manage.installation import rc_files, shells

if TYPE_CHECKING:
    from uvlocal.shim.machine.host import System


class Shadow(NamedTuple):
    """An alias or function that a shell uses instead of the `uv` on PATH."""

    shell: str
    path: str
    line: int
    kind: str
    text: str


#: For each shell: the patterns of an alias, with its value, and of a function.
_POSIX = (
    re.compile(r"^\s*alias\s+(?:-\w+\s+)*uv=(?P<value>.+)"),
    re.compile(r"^\s*(?:function\s+uv\b|uv\s*\(\s*\))"),
)
_PATTERNS = {
    "bash": _POSIX,
    "zsh": _POSIX,
    "sh": _POSIX,
    "fish": (
        re.compile(r"^\s*alias\s+(?:-\S+\s+)*uv(?:=|\s+)(?P<value>.+)"),
        re.compile(r"^\s*function\s+uv\b"),
    ),
    "nu": (
        re.compile(r"^\s*(?:export\s+)?alias\s+uv\s*=\s*(?P<value>.+)"),
        re.compile(r"^\s*(?:export\s+)?def\s+(?:--\S+\s+)*[\"']?uv[\"']?\s"),
    ),
    "powershell": (
        re.compile(
            r"^\s*(?:Set|New)-Alias\s+(?:-Name\s+)?[\"']?uv[\"']?\s+(?:-Value\s+)?(?P<value>.+)",
            re.IGNORECASE,
        ),
        re.compile(r"^\s*function\s+(?:global:)?uv\b", re.IGNORECASE),
    ),
}
#: Files that startup files usually source.
_COMPANIONS = {
    "bash": (".bash_aliases", ".aliases"),
    "zsh": (".zsh_aliases", ".aliases"),
}
#: Words that may precede a command in an alias.
_BEFORE = re.compile(r"(?:command|noglob|nocorrect|exec|env|time|\w+=\S*|\^)\s*\Z")
#: A call of the `uv` on PATH in a function: `command uv`, `^uv`, `& uv.exe`.
_CALLS_PATH = re.compile(r"(?:\bcommand\s+(?:-\w+\s+)*|\benv\s+|\^|&\s*)uv(?:\.exe)?\b")
#: How many lines of a function are searched.
_FUNCTION_LINES = 40


def find(names: list[str], system: System) -> list[Shadow]:
    """Return the aliases and functions that keep these shells from using the shim.

    An alias such as `uv="uv --quiet"` and a function that calls `command uv` use PATH again, so
    they are fine.
    """
    found: dict[tuple[str, int], Shadow] = {}
    for shell in names:
        for path in _files(shell, system):
            text = rc_files.decode(system.read(path, rc_files.LIMIT) or b"")
            lines = (text or "").split("\n")
            for number, line in enumerate(lines):
                kind = _kind(shell, line, lines[number : number + _FUNCTION_LINES])
                if kind and not rc_files.is_ours(line):
                    found[path, number] = Shadow(shell, path, number + 1, kind, line.strip())
    return list(found.values())


def _files(shell: str, system: System) -> list[str]:
    join = system.path.join
    paths = [file.path for file in shells.all_startup_files(system) if file.shell == shell]
    paths += [join(system.home, name) for name in _COMPANIONS.get(shell, ())]
    if shell == "fish":
        [own] = paths
        conf_d = system.path.dirname(own)
        folder = system.path.dirname(conf_d)
        paths = [join(conf_d, name) for name in system.listdir(conf_d) if name.endswith(".fish")]
        paths += [join(folder, "config.fish"), join(folder, "functions", "uv.fish")]
    return paths


def _kind(shell: str, line: str, following: list[str]) -> str:
    alias, function = _PATTERNS[shell]
    found = alias.match(line)
    if found:
        return "" if _ends_at_path(found["value"]) else "alias"
    if function.match(line):
        return "" if any(map(_CALLS_PATH.search, following)) else "function"
    return ""


def _ends_at_path(value: str) -> bool:
    """Return whether the first command in an alias's value is the `uv` on PATH."""
    words = value.strip().strip("\"'").split()
    while words and (_BEFORE.match(words[0]) or words[0] == "-"):
        words = words[1:]
    first = words[0].strip("\"'").lstrip("\\^") if words else ""
    return first in ("uv", "uv.exe")
