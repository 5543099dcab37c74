"""The tables of figures in the README and on other pages, made of the same JSON as the page."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import calls
import strategies
from figures import of, plain, table
from support.compare import readme_tables

if TYPE_CHECKING:
    from collections.abc import Callable


#: The page about the strategies.
STRATEGIES = os.path.join(readme_tables.DOCS, "strategies.md")


def documents(parts: dict[str, Any]) -> dict[str, dict[str, Callable[[], str]]]:
    """Return the tables of figures by document and name."""
    return {
        readme_tables.README: {"cost": lambda: _cost(parts["calls"])},
        STRATEGIES: {
            "strategies": lambda: _strategy_table(parts["strategies"]),
            "races": lambda: _races(parts["strategies"]),
        },
    }


def _cost(part: dict[str, Any]) -> str:
    commands = part["commands"]
    rows = [("uv itself", *(f"{ways[calls.BASE]['median']:.1f} ms" for ways in commands.values()))]
    for name, shown in (("recalled", "**recalled**"), ("decided", "decided"), ("uv.sh", "`uv.sh`")):
        rows.append((shown, *(plain(ways[name]) for ways in commands.values())))
    return table(("", *(f"`{title}`" for title in commands)), rows) + f"\n{_measured_on(part)}"


def _measured_on(part: dict[str, Any]) -> str:
    on = part["conditions"]
    busy = ", busy with something else" if on["busy"] else ""
    return f"(uv {on['uv']}, {on['cores']} cores of {on['processor']}{busy})"


_VARIABLE = "UV_NO_INSTALLER_METADATA=1"
#: What is set, what costs more, what is not covered.
_STRATEGY_ROWS = {
    "redirect": (
        "`UV_PROJECT_ENVIRONMENT`",
        "",
        "programs that call the real uv",
    ),
    "no-metadata": (
        f"`{_VARIABLE}` where uv may install; on macOS, hidden `.pth` files are unhidden first",
        ", with a reinstall of local packages",
        "parallel runs, direct `.venv/bin/…`, `--no-sync` (except on macOS)",
    ),
}


def _strategy_table(part: dict[str, Any]) -> str:
    rows = [
        (f"`{name}`", what, plain(part["ways"][name]["run"]) + more, left)
        for name, (what, more, left) in _STRATEGY_ROWS.items()
    ]
    head = ("strategy", "what is set", "added to `uv run`", "what it does not cover")
    return table(head, rows) + f"\n{_measured_on(part)}"


def _races(part: dict[str, Any]) -> str:
    rows = [
        (
            f"`{way}`" if way in _STRATEGY_ROWS else way,
            *(of(cells[name]) for name in ("passes", "parallel", "client 1000", "client 50")),
        )
        for way, cells in part["ways"].items()
    ]
    head = (
        "runs that succeed",
        "one after each pass",
        f"{strategies.AT_ONCE} at once after a pass",
        "a pass each second",
        "a pass every 50 ms",
    )
    return table(head, rows).rstrip("\n")
