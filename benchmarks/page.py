"""Write the page `docs/bench.md` from the JSON."""

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

<!-- `make bench` writes this page from `bench.json` -->

![what is added to a call: uvlocal, and other tools](bench.svg)

In each round, every command runs once, in random order, so that other load on the machine affects
all of them alike. *Added* is the median of the differences within the rounds. The 95 % interval
contains the true value in 95 of 100 such measurements. Compare figures only within one table.
`make bench` measures everything again, `make bench PEERS=1` includes the other tools, and
`make bench QUICK=1` takes a minute and does not change this page.
"""

_WAYS = {
    "uv alone": "uv alone, `.venv` in the project",
    calls.BASE: "uv with `UV_PROJECT_ENVIRONMENT` set by hand",
    "the same again": "the same again: how exact the figures are",
    "centralized-project-envs": "uv with its own `centralized-project-envs`",
    "recalled": "**uvlocal, recalled**",
    "recalled, local project": "**uvlocal, recalled, project on a local volume**",
    "decided": "**uvlocal, decided and recorded**",
    "uv.sh": "uvlocal, `uv.sh` without a native launcher",
    calls.INTERPRETER: f"*for comparison: `{calls.INTERPRETER}`*",
    "true": "*for comparison: `true`*",
}
_COMPARISONS = (calls.INTERPRETER, "true")

_CALLS = f"""\
## A call

The project is in a Dropbox folder and up to date. If nothing has changed since uvlocal recorded its
decision, which is nearly always the case, the launcher *recalls* the decision. On the first call in
a directory, and after a change, Python *decides*. The baseline is uv with the environment's path
set by hand, so *added* is uvlocal's own work. Every call runs the same uv. `{calls.PROMISED}` was
measured five times as often as the others.

### After an edit

After an edit of `pyproject.toml`, or of anything else that the decision depends on, the first call
decides again. It costs as much as *decided and recorded*. If a file or directory changed less than
2 seconds ago, the decision is not recorded, because the file's times might not show another change
within those 2 seconds. So for 2 seconds after the last edit, every call costs that much. The first
call afterwards records the decision, and the calls after it are recalled.
"""
_OWN = """\
## The command

`uvlocal` itself is written in Python. `path`, `status` and `init`, which run in prompts and in each
new shell, do not import the library that parses command lines.
"""
_STORES = """\
`list`, `prune` and `doctor` look at every environment, or at every record; `du -s` looks at every
file of the same store. Each environment has 20 files, far fewer than a real one, so the comparison
is unfavourable: what uvlocal does for each project counts most. On Linux, these commands use
several cores, and `du` uses one.
"""
_GROWTH = """\
![how long list, prune and scan take, by the number of environments and files](growth.svg)
"""
_SCALING = """\
## How it grows

![the cost of a recalled call, by what may grow](scaling.svg)

These are recalled calls with `true` in place of the real uv, so that they measure almost nothing
but the launcher. The figures are what the launcher adds to `true`. *Inputs* are the files and
directories that a decision depends on, and that the launcher checks again. Most of them do not
exist.
"""
_SERIES = {
    "records": "recorded decisions",
    "depth": "folders below the project's root",
    "size": "size of `pyproject.toml` in KiB",
    "inputs": "the user's own `synced-roots`",
}
_STRATEGIES = """\
## Strategies

Here, a sync client hides everything in `.venv`, as iCloud Drive does, and Python skips hidden
`.pth` files. *Added* is what a strategy adds to `uv run true`, compared with plain uv. The other
columns show how many runs succeed: each after one pass of the client, while the client is running,
and 8 at once. *By hand* is `UV_NO_INSTALLER_METADATA=1` on every call.
"""
_SCAN = """\
## Scan

This is `uvlocal scan` on files that were just written, so that the disk does not affect the
figures.
"""
_PEERS = """\
## Other tools

This is what other tools add to a call, compared with the same call without them, each in its own
project without dependencies. The tools do different things. This is not a contest, but it puts
uvlocal's cost in perspective.
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
    head = "## What is promised\n\n`make bench CHECK=1` fails if one of these does not hold.\n\n"
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
