"""Draw the figures: SVG files that can be read on a light and on a dark page.

`bench.svg` shows what is added to a call, on a logarithmic scale; `scaling.svg` shows how the cost
of a recalled call grows, `growth.svg` how that of our own commands does. Each brings its own
background: a page may be dark where the reader's system is not.
"""

from __future__ import annotations

import math
from html import escape
from typing import TYPE_CHECKING, Any, NamedTuple

import calls
from figures import signed

if TYPE_CHECKING:
    from collections.abc import Sequence

_STYLE = """\
  <style>
    svg { font-family: -apple-system, "Segoe UI", Helvetica, Arial, sans-serif; font-size: 13px; }
    .card { fill: #ffffff; stroke: #d1d9e0; }
    .grid { stroke: #d1d9e0; stroke-width: 1; }
    .text { fill: #1f2328; }
    .quiet { fill: #59636e; font-size: 12px; }
    .title { fill: #1f2328; font-size: 15px; font-weight: 600; }
    .ours { fill: #0969da; font-weight: 600; }
    .dot-ours { fill: #0969da; }
    .dot { fill: #818b98; }
    .bar-ours { stroke: #0969da; stroke-width: 3; stroke-linecap: round; }
    .bar { stroke: #818b98; stroke-width: 3; stroke-linecap: round; }
    .line { fill: none; stroke: #0969da; stroke-width: 2; }
    .base { fill: none; stroke: #818b98; stroke-width: 2; }
    @media (prefers-color-scheme: dark) {
      .card { fill: #0d1117; stroke: #3d444d; }
      .grid { stroke: #2a313c; }
      .text, .title { fill: #f0f6fc; }
      .quiet { fill: #9198a1; }
      .ours { fill: #58a6ff; }
      .dot-ours { fill: #58a6ff; }
      .bar-ours, .line { stroke: #58a6ff; }
    }
  </style>
"""
#: The scale of `bench.svg`, in milliseconds: smaller values are drawn at its left edge.
_LEAST, _MOST = 0.1, 1000.0
_SCALE = "logarithmic, with 95 % intervals"


class Row(NamedTuple):
    """A row of `bench.svg`: added milliseconds with their interval."""

    label: str
    added: float
    low: float
    high: float
    ours: bool


def rows(parts: dict[str, Any]) -> list[Row]:
    """Return the rows: ours, sorted by cost, then the others, sorted in the same way."""
    ways = parts["calls"]["commands"][calls.PROMISED]
    shown = {
        "recalled": ("uvlocal, recalled", True),
        "decided": ("uvlocal, decided and recorded", True),
        "uv.sh": ("uvlocal, uv.sh without a native launcher", True),
        "centralized-project-envs": ("uv with centralized-project-envs", False),
    }
    found = [
        Row(label, ways[name]["added"], ways[name]["low"], ways[name]["high"], ours)
        for name, (label, ours) in shown.items()
    ]
    for name, peer in parts.get("peers", {"peers": {}})["peers"].items():
        if "with" in peer:
            figures = peer["with"]
            label = f"{name}: {peer['shown']}"
            found.append(Row(label, figures["added"], figures["low"], figures["high"], ours=False))
    start = ways[calls.INTERPRETER]
    label = f"for comparison: {calls.INTERPRETER}"
    found.append(Row(label, start["median"], start["lower"], start["upper"], ours=False))
    return sorted(found, key=lambda row: (not row.ours, row.added))


def bench(parts: dict[str, Any]) -> str:
    """Return `bench.svg`."""
    width, left, right, top, step = 820, 300, 80, 84, 26
    found = rows(parts)
    height = top + step * len(found) + 46
    bottom = top + step * len(found)

    def across(milliseconds: float) -> float:
        share = math.log(max(milliseconds, _LEAST) / _LEAST) / math.log(_MOST / _LEAST)
        return left + min(share, 1.0) * (width - left - right)

    body = [
        _text(24, 34, "What is added to a call", "title"),
        _text(24, 56, f"to {calls.PROMISED}, or to what another tool runs; {_SCALE}", "quiet"),
    ]
    for power in range(-1, 4):
        x = across(10.0**power)
        body.append(_line(x, top - 12, x, bottom, "grid"))
        body.append(_text(x, bottom + 20, f"{10.0**power:g} ms", "quiet", anchor="middle"))
    for number, row in enumerate(found):
        y = top + step * number + step / 2
        kind, added = "-ours" if row.ours else "", f"{signed(row.added)} ms"
        body.append(
            _text(left - 16, y + 4, row.label, "ours" if row.ours else "text", anchor="end")
        )
        body.append(_line(across(row.low), y, across(row.high), y, f"bar{kind}"))
        body.append(_dot(across(row.added), y, 5, f"dot{kind}"))
        beside = max(across(row.added), across(row.high)) + 12
        body.append(_text(beside, y + 4, added, "ours" if row.ours else "quiet"))
    return _svg(width, height, "What is added to a call, in milliseconds", body)


_PANELS = (
    ("records", "recorded decisions"),
    ("depth", "folders below the root"),
    ("size", "KiB of pyproject.toml"),
    ("inputs", "synced-roots of the user"),
)


def scaling(parts: dict[str, Any]) -> str:
    """Return `scaling.svg`: a panel for each series, all on one scale of milliseconds."""
    width, height, top, bottom, gap = 820, 260, 84, 60, 28
    series = parts["scaling"]["series"]
    most = max(point["high"] for points in series.values() for point in points if "high" in point)
    ceiling = _ceiling(most)
    left = 64
    each = (width - left - 24 - gap * (len(_PANELS) - 1)) / len(_PANELS)
    body = [
        _text(24, 34, "What a recalled call adds to `true`, in milliseconds", "title"),
        _text(24, 56, "against what may grow; the lines at the dots are 95 % intervals", "quiet"),
    ]

    def up(milliseconds: float) -> float:
        return height - bottom - max(milliseconds, 0) / ceiling * (height - top - bottom)

    for number, (name, label) in enumerate(_PANELS):
        start = left + number * (each + gap)
        for part in range(5):
            value = ceiling * part / 4
            body.append(_line(start, up(value), start + each, up(value), "grid"))
            if number == 0:
                body.append(_text(start - 10, up(value) + 4, f"{value:g}", "quiet", anchor="end"))
        points = [point for point in series[name] if "added" in point]
        space = each / max(len(points), 1)
        places = [start + space * (index + 0.5) for index in range(len(points))]
        drawn = [
            f"{x:.1f},{up(point['added']):.1f}" for x, point in zip(places, points, strict=True)
        ]
        body.append(f'  <polyline class="line" points="{" ".join(drawn)}"/>')
        for x, point in zip(places, points, strict=True):
            body.append(_line(x, up(point["low"]), x, up(point["high"]), "bar-ours"))
            body.append(_dot(x, up(point["added"]), 4, "dot-ours"))
            body.append(
                _text(x, height - bottom + 18, _short(point["at"]), "quiet", anchor="middle")
            )
        body.append(_text(start + each / 2, height - bottom + 38, label, "text", anchor="middle"))
    return _svg(width, height, "How the cost of a recalled call grows", body)


#: The panels of `growth.svg`: the command, what it is compared with, and what there is more of.
_GROWING = (
    ("uvlocal list", "environments"),
    ("uvlocal prune --dry-run", "environments"),
    ("uvlocal scan", "files"),
)


def has_growth(parts: dict[str, Any]) -> bool:
    """Return whether the figures for `growth.svg` were measured."""
    return "commands" in parts and "series" in parts.get("scan", {})


def growth(parts: dict[str, Any]) -> str:
    """Return `growth.svg`: a panel for each command, its seconds against what it looks at.

    Both scales begin at nothing, so that what grows with the number of things is a straight line.
    """
    width, height, top, bottom, gap, left = 820, 280, 100, 60, 64, 64
    each = (width - left - 24 - gap * (len(_GROWING) - 1)) / len(_GROWING)
    body = [
        _text(24, 34, "How long our own commands take, in seconds", "title"),
        _text(24, 56, "medians, against what there is to look at; grey is `du -s`", "quiet"),
    ]
    for number, (name, label) in enumerate(_GROWING):
        start = left + number * (each + gap)
        part = parts["scan"] if label == "files" else parts["commands"]["stores"]
        series = part["series"]
        most = max(point["at"] for point in series)
        slowest = max(way["median"] for point in series for way in (point["ways"][name],))
        ceiling = _ceiling(slowest / 1000)
        body.append(_text(start + each / 2, top - 16, name, "text", anchor="middle"))

        def up(seconds: float, ceiling: float = ceiling) -> float:
            return height - bottom - seconds / ceiling * (height - top - bottom)

        for step in range(5):
            value = ceiling * step / 4
            body.append(_line(start, up(value), start + each, up(value), "grid"))
            body.append(_text(start - 8, up(value) + 4, f"{value:g}", "quiet", anchor="end"))
        places = [start + each * point["at"] / most for point in series]
        base = next(way for way in series[0]["ways"] if way.startswith("du"))
        for way, kind in ((base, "base"), (name, "line")):
            heights = [up(point["ways"][way]["median"] / 1000) for point in series]
            drawn = [f"{x:.1f},{max(y, top):.1f}" for x, y in zip(places, heights, strict=True)]
            body.append(f'  <polyline class="{kind}" points="{" ".join(drawn)}"/>')
            dot = "dot" if kind == "base" else "dot-ours"
            body += [_dot(x, max(y, top), 4, dot) for x, y in zip(places, heights, strict=True)]
        for x, point in ((start, {"at": 0}), (start + each, {"at": most})):
            body.append(
                _text(x, height - bottom + 18, _short(point["at"]), "quiet", anchor="middle")
            )
        body.append(_text(start + each / 2, height - bottom + 38, label, "text", anchor="middle"))
    return _svg(width, height, "How long our own commands take", body)


def _ceiling(most: float) -> float:
    """Return the next higher round number whose quarter is round too."""
    power = 10.0 ** math.floor(math.log10(most))
    return next(step * power for step in (1, 2, 4, 10) if step * power >= most)


def _short(number: float) -> str:
    return f"{number // 1000:.0f}k" if number >= 1000 else f"{number:.0f}"  # noqa: PLR2004 - kilo


def _svg(width: int, height: int, title: str, body: Sequence[str]) -> str:
    size = f'viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">',
        f"  <title>{escape(title)}</title>",
        _STYLE.rstrip("\n"),
        f'  <rect class="card" x="0.5" y="0.5" width="{width - 1}" height="{height - 1}" rx="6"/>',
        *body,
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _text(x: float, y: float, text: str, kind: str, *, anchor: str = "start") -> str:
    place = f'x="{x:.1f}" y="{y:.1f}"'
    return f'  <text class="{kind}" {place} text-anchor="{anchor}">{escape(text)}</text>'


def _line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    place = f'x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"'
    return f'  <line class="{kind}" {place}/>'


def _dot(x: float, y: float, radius: float, kind: str) -> str:
    return f'  <circle class="{kind}" cx="{x:.1f}" cy="{y:.1f}" r="{radius:g}"/>'
