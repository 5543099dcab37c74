"""Write the page `docs/bench.md`, from the JSON alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import calls
import plot
import strategies
from figures import DIFFERENCES, NONE, TIMES, differences, of, plain, table, times
from goals import goals

if TYPE_CHECKING:
    from collections.abc import Sequence

_HEAD = """\
# What uvlocal costs

<!-- `make bench` makes this page of `bench.json`, which lies beside it -->

![what is added to a call: uvlocal, and other tools](bench.svg)

Every way is run once a round, in an order drawn anew for each round, so that what else the machine
does falls on all alike. *Added* is the median of the differences within the rounds; the true one
lies in the interval beside it in 95 of 100 such measurements. Only figures of one table can be
compared. `make bench` measures all of it again (`make bench PEERS=1` the other tools as well,
`make bench QUICK=1` in short, without touching this page).
"""

_WAYS = {
    "uv alone": "uv alone, `.venv` in the project",
    calls.BASE: "uv with `UV_PROJECT_ENVIRONMENT` set by hand",
    "the same again": "the same once more: how exact the figures are",
    "centralized-project-envs": "uv with its own `centralized-project-envs`",
    "recalled": "**uvlocal, recalled**",
    "recalled, local project": "**uvlocal, recalled, project on a local volume**",
    "decided": "**uvlocal, decided and recorded**",
    "uv.sh": "uvlocal, `uv.sh` where no launcher fits",
    calls.INTERPRETER: f"*for comparison: `{calls.INTERPRETER}`*",
    "true": "*for comparison: `true`*",
}
_COMPARISONS = (calls.INTERPRETER, "true")

_CALLS = f"""\
## A call

A project in a Dropbox folder, where nothing is to be done. A call is *recalled* by the launcher
when nothing has changed since the decision was recorded, which is almost always. It is *decided*,
by Python, the first time in a folder and after a change. uvlocal is compared with uv that was told
the place of the environment by hand, so what it adds is its own work. All calls end in the same uv.
`{calls.PROMISED}` was measured twice as often as the others.

### After an edit

The first call after an edit of `pyproject.toml`, or of anything else that the decision rests on, is
decided again: it costs what *decided and recorded* says, about as much as one more start of Python.
A decision that rests on a file or folder changed less than 2 seconds before is not recorded, as the
file's times could not tell the next change in the same moment from this one. So for 2 seconds after
the last edit every call costs that; the first one after them is recorded, and from the second on
calls are recalled.
"""
_OWN = """\
## The command

`uvlocal` itself is Python. `path`, `status` and `init`, which a prompt or each new shell asks, load
nothing to read a command line with.
"""
_STORES = """\
`list`, `prune` and `doctor` look at every environment, or at every record; `du -s` looks at every
file of the same store.
"""
_GROWTH = """\
![how long list, prune and scan take against what there is to look at](growth.svg)
"""
_SCALING = """\
## How it grows

![the cost of a recalled call against what may grow](scaling.svg)

A recalled call with `true` in the real uv's place, so that little but the launcher is measured; the
figures are what it adds to `true`. *Inputs* is what a decision rests on, and what the launcher
looks at again: files and folders, most of which need not be there.
"""
_SERIES = {
    "records": "recorded decisions",
    "depth": "folders below the project's root",
    "size": "size of `pyproject.toml` in KiB",
    "inputs": "the user's own `synced-roots`",
}
_STRATEGIES = """\
## Strategies

A sync client that hides everything in `.venv`, as iCloud Drive does, and a Python that skips hidden
`.pth` files. *Added* is what a strategy adds to `uv run true`, against plain uv; the other columns
tell how many runs succeed: with one pass of the client before each, while the client goes on, and 8
at once. *By hand* is `UV_NO_INSTALLER_METADATA=1` at every call.
"""
_SCAN = """\
## Scan

`uvlocal scan` of a tree that was just written, so that the disk is not what is measured.
"""
_PEERS = """\
## Other tools

What they add to a call, against the same call without them, each in a project of its own without
dependencies. They do different things: this is no contest, but the scale on which uvlocal's cost is
to be seen.
"""


def page(parts: dict[str, Any]) -> str:
    """Return the page."""
    sections = [_HEAD, _goals(parts)]
    if "calls" in parts:
        sections += [_CALLS + "\n" + _conditions(parts["calls"])]
        sections += [
            f"### `{title}`\n\n{_call_table(ways)}"
            for title, ways in parts["calls"]["commands"].items()
        ]
    if "commands" in parts:
        part = parts["commands"]
        sections += [f"{_OWN}\n{_conditions(part)}\n{_own_table(part['starts'])}"]
        plotted = f"\n{_GROWTH}" if plot.has_growth(parts) else ""
        sections += [f"{_STORES}{plotted}\n{_stores_table(part['stores']['series'])}"]
    if "scaling" in parts:
        series = parts["scaling"]["series"]
        tables = "\n".join(_series_table(name, series[name]) for name in _SERIES)
        sections += [f"{_SCALING}\n{_conditions(parts['scaling'])}\n{tables}"]
    if "strategies" in parts:
        part = parts["strategies"]
        sections += [f"{_STRATEGIES}\n{_conditions(part)}\n{_strategies(part)}"]
    if "scan" in parts:
        part = parts["scan"]
        found = (
            f"{part['projects']:,} projects with {part['files']:,} files: "
            f"{part['seconds']:.1f} s, {part['mebibytes']:.0f} MiB of memory.\n"
        )
        if "series" in part:
            found += f"\n{_files_table(part['series'])}"
        sections += [f"{_SCAN}\n{_conditions(part)}\n{found}"]
    if "peers" in parts:
        sections += [f"{_PEERS}\n{_conditions(parts['peers'])}\n{_peers(parts['peers'])}"]
    return "\n".join(sections)


def _conditions(part: dict[str, Any]) -> str:
    """Return the conditions of a part, with a warning if they distort the figures."""
    on = part["conditions"]
    rounds = f", {part['rounds']} rounds" if "rounds" in part else ""
    uv = f", uv {on['uv']}" if on["uv"] else ""
    text = (
        f"Measured on {on['date']}{rounds}: {on['cores']} cores of {on['processor']}, "
        f"{on['system']}, Python {on['python']}{uv}, uvlocal {on['uvlocal']}; load "
        f"{on['load_before']:.2f} before, {on['load_after']:.2f} after.\n"
    )
    if on["busy"]:
        text += "\n**The machine was busy with something else: these figures are too high.**\n"
    if on["quick"]:
        text += "\n**A short run: these figures are less exact than they look.**\n"
    return text


def _goals(parts: dict[str, Any]) -> str:
    rows = [
        (goal.what, f"at most {goal.limit}", goal.measured or "-", "yes" if goal.met else "**no**")
        for goal in goals(parts)
    ]
    head = "## What is promised\n\n`make bench CHECK=1` fails where one of these does not hold.\n\n"
    return head + table(("", "promised", "measured", "holds"), rows)


def _call_table(ways: dict[str, dict[str, float]]) -> str:
    rows = []
    for name, figures in ways.items():
        compared = "added" in figures and name not in _COMPARISONS
        rows.append((_WAYS[name], *times(figures), *(differences(figures) if compared else NONE)))
    return table(("", *TIMES, *DIFFERENCES), rows)


def _own_table(ways: dict[str, dict[str, float]]) -> str:
    rows = [(f"`{name}`", *times(figures), _times(figures)) for name, figures in ways.items()]
    return table(("", *TIMES, "ratio"), rows)


def _times(figures: dict[str, float]) -> str:
    return f"{figures['ratio']:.2f}" if "ratio" in figures else ""


def _stores_table(series: list[dict[str, Any]]) -> str:
    rows = [
        (
            f"{point['at']:,}",
            f"`{name}`",
            *times(figures),
            _times(figures),
            f"{figures['mebibytes']:.0f} MiB",
        )
        for point in series
        for name, figures in point["ways"].items()
    ]
    return table(("environments", "", *TIMES, "ratio", "memory"), rows)


def _files_table(series: list[dict[str, Any]]) -> str:
    rows = [
        (f"{point['at']:,}", f"`{name}`", *times(figures), _times(figures))
        for point in series
        for name, figures in point["ways"].items()
    ]
    return table(("files", "", *TIMES, "ratio"), rows)


def _series_table(name: str, points: list[dict[str, float]]) -> str:
    rows = [
        (f"{point['at']:,}", f"{point['inputs']:,}", *differences(point)[:2])
        if "inputs" in point
        else (f"{point['at']:,}", "not recorded", "", "")
        for point in points
    ]
    return table((_SERIES[name], "inputs", *DIFFERENCES[:2]), rows)


def _strategies(part: dict[str, Any]) -> str:
    if "absent" in part:
        return f"Not measured: {part['absent']}.\n"
    columns = ("passes", *(f"client {pause}" for pause in strategies.PAUSES), "parallel", "fresh")
    head = (
        "",
        "added",
        "added after a pass",
        "a pass before each",
        *(f"every {pause} ms" for pause in strategies.PAUSES),
        f"{strategies.AT_ONCE} at once after a pass",
        f"{strategies.AT_ONCE} at once, fresh",
    )
    rows = []
    for way, cells in part["ways"].items():
        added = [plain(cells[column]) if way != strategies.PLAIN else "" for column in _ADDED]
        rows.append((way, *added, *(of(cells[column]) for column in columns)))
    return table(head, rows)


_ADDED = ("run", "hidden")


def _peers(part: dict[str, Any]) -> str:
    rows: list[Sequence[str]] = []
    for name, figures in part["peers"].items():
        if "absent" in figures:
            reason = f"not installed: {figures['absent']}"
            rows.append((name, "", f"`{figures['shown']}`", reason))
            continue
        without, with_it = figures["without"]["median"], figures["with"]["median"]
        against = f"`{figures['against']}`, {without:.1f} ms"
        call = f"`{figures['shown']}`"
        added = differences(figures["with"])
        rows.append((name, figures["version"], call, against, f"{with_it:.1f} ms", *added[:2]))
    return table(("", "version", "call", "against", "median", *DIFFERENCES[:2]), rows)
