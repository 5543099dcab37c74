"""Show results to people or to programs; the only module that prints.

Data goes to stdout, talk to stderr. Without a terminal, or with `NO_COLOR`, there is no colour.
"""

from __future__ import annotations

import dataclasses
import json
import os
import sys
import textwrap
from typing import TYPE_CHECKING

from uvlocal.shim.environment import contract_home
from uvlocal.shim.system import System

if TYPE_CHECKING:
    from collections.abc import Iterable

    from uvlocal.manage.errors import UserError
    from uvlocal.manage.install import Installation
    from uvlocal.manage.status import Status

_LABEL_WIDTH = 13


def shown(path: str) -> str:
    """Return a path as people write it, fit for one line of a terminal."""
    text = contract_home(path, System())
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def data(text: str) -> None:
    """Print data for a person or a program."""
    sys.stdout.write(_writable(text, sys.stdout.encoding) + "\n")


def talk(text: str) -> None:
    """Print talk."""
    sys.stderr.write(_writable(text, sys.stderr.encoding) + "\n")


def _writable(text: str, encoding: str | None) -> str:
    """Return text that the stream can take: a file name may hold bytes that are no text."""
    return text.encode(encoding or "utf-8", "replace").decode(encoding or "utf-8", "replace")


def as_json(result: object) -> None:
    """Print one JSON object; `result` is a dataclass with a field `version`."""
    if not dataclasses.is_dataclass(result) or isinstance(result, type):
        msg = "a result is an instance of a dataclass"
        raise TypeError(msg)
    data(json.dumps(dataclasses.asdict(result), indent=2, ensure_ascii=True))


def error(problem: UserError) -> None:
    """Print an error, and after an empty line the hint."""
    talk(f"{_coloured('error', '1;31')}: {problem.message}")
    if problem.hint:
        talk(f"\n{_coloured('hint', '1;36')}: {problem.hint}")


def _coloured(text: str, code: str) -> str:
    if os.environ.get("NO_COLOR") or not sys.stderr.isatty():
        return text
    return f"\x1b[{code}m{text}\x1b[0m"


def rows(pairs: Iterable[tuple[str, str]]) -> None:
    """Print labelled values; long ones go on below, nothing is cut."""
    width = min(_columns(), 100)
    for label, value in pairs:
        lines = textwrap.wrap(
            value, width - _LABEL_WIDTH, break_long_words=False, break_on_hyphens=False
        )
        for number, line in enumerate(lines or [""]):
            data(f"{label if number == 0 else '':<{_LABEL_WIDTH}}{line}".rstrip())


def _columns() -> int:
    try:
        return int(os.environ.get("COLUMNS", "")) or 80
    except ValueError:
        pass
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns
    except (OSError, ValueError):
        return 80


def status(found: Status) -> None:
    """Show what is done about a project, and why."""
    pairs = [("project", shown(found.root))]
    if found.volume_kind:
        what = found.volume_kind
        if found.confidence and found.confidence != "high":
            what += f", {found.confidence} confidence"
        pairs.append(("volume", f"{found.volume_label} ({what})"))
        pairs += [("evidence", sentence) for sentence in found.evidence]
    pairs += [("decision", found.code), ("", found.sentence)]
    pairs.append(("strategy", found.strategy or "none, uv runs unchanged"))
    if found.environment is not None:
        made = "" if found.environment_exists else " (not made yet)"
        pairs.append(("environment", shown(found.environment) + made))
    pairs.append(("pointer", found.pointer))
    if found.real_uv:
        version = f"{found.real_uv_version}, " if found.real_uv_version else ""
        pairs.append(("real uv", f"{shown(found.real_uv)} ({version}from {found.real_uv_origin})"))
    else:
        pairs.append(("real uv", "none found"))
    if found.contest and found.strategy:
        pairs.append(("if wrong", f"`{found.contest}`"))
    rows(pairs)
    for problem in found.settings_problems:
        talk(f"{_coloured('warning', '1;33')}: {problem}")


def installed(made: Installation, *, dry_run: bool) -> None:
    """Say what was installed, and what is left to do."""
    if dry_run:
        talk(f"would install `{shown(made.shim)}`" if made.changed else "would change nothing")
        return
    what = "installed" if made.changed else "already installed:"
    talk(f"{what} `{shown(made.shim)}`")
    if not made.real_uv:
        talk("warning: there is no uv on `PATH` yet")
    folder = os.path.dirname(made.shim)
    talk(f'\n{_coloured("hint", "1;36")}: put it first on PATH: `export PATH="{folder}:$PATH"`')


def removed(paths: list[str]) -> None:
    """Say what was removed."""
    for path in paths:
        talk(f"removed `{shown(path)}`")
    if not paths:
        talk("nothing to remove")
