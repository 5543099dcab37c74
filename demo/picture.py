"""Draw the output of `make demo`: `docs/demo.svg`, which the README shows.

    python demo/picture.py FILE

FILE is the output of the demonstration, by default stdin.
"""

from __future__ import annotations

import os
import sys
import textwrap
from html import escape
from typing import NamedTuple

PICTURE = os.path.join(
    os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "docs", "demo.svg"
)
#: The titles of the two parts, and how each is drawn.
_PARTS = {"Plain uv": "broken", "With uvlocal": "fixed"}
#: Lines that differ between machines, or are not worth the space.
_LEFT_OUT = ("Using ", "Creating ", "Installed ", "hint:", "Traceback", " ")
#: In characters, and in pixels.
_COLUMNS, _CHARACTER, _LINE, _MARGIN, _BAR = 88, 8.43, 21, 20, 34

_STYLE = """\
.window { fill: #ffffff; stroke: #d0d7de; }
.bar { fill: #f6f8fa; stroke: #d0d7de; }
text { font: 14px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; }
.title { font-weight: 600; fill: #57606a; }
.command { font-weight: 600; fill: #1f2328; }
.output { fill: #1f2328; }
.note { fill: #656d76; font-style: italic; }
.bad { fill: #cf222e; }
.good { fill: #1a7f37; }
.ours { fill: #0969da; }
@media (prefers-color-scheme: dark) {
.window { fill: #0d1117; stroke: #30363d; }
.bar { fill: #161b22; stroke: #30363d; }
.title { fill: #8b949e; }
.command, .output { fill: #e6edf3; }
.note { fill: #8b949e; }
.bad { fill: #ff7b72; }
.good { fill: #3fb950; }
.ours { fill: #58a6ff; }
}
"""


class Panel(NamedTuple):
    """A part of the demonstration: its title, and the lines that are shown."""

    title: str
    lines: tuple[str, ...]


def panels(output: str) -> list[Panel]:
    """Return the two parts of the demonstration's output."""
    found: list[Panel] = []
    lines = output.splitlines()
    for title in _PARTS:
        after = lines[lines.index(title) + 1 :]
        # A part ends where the next begins, and where `uvlocal status` is run.
        ends = [after.index(line) for line in (*_PARTS, "$ uvlocal status") if line in after]
        shown = [line for line in after[: min(ends)] if line and not line.startswith(_LEFT_OUT)]
        found.append(Panel(title, tuple(shown)))
    return found


def svg(parts: list[Panel]) -> str:
    """Return the picture."""
    width = round(_COLUMNS * _CHARACTER + 2 * _MARGIN)
    body: list[str] = []
    top = 1
    for panel in parts:
        rows = [(kind, row) for line in panel.lines for kind, row in _rows(line)]
        height = _BAR + 12 + len(rows) * _LINE + 8
        frame = f'x="1" y="{top}" width="{width - 2}" height="{height}" rx="8"'
        body.append(f'<rect class="window" {frame}/>')
        body.append(
            f'<path class="bar" d="M1 {top + _BAR} v-{_BAR - 8} q0 -8 8 -8 h{width - 18} '
            f'q8 0 8 8 v{_BAR - 8} z"/>'
        )
        body.append(_text("title", _MARGIN, top + 22, panel.title))
        for number, (kind, row) in enumerate(rows):
            body.append(_text(kind, _MARGIN, top + _BAR + 24 + number * _LINE, row))
        top += height + 14
    described = " ".join(f"{panel.title}: {panel.lines[-1]}." for panel in parts)
    size = f'width="{width}" height="{top - 13}" viewBox="0 0 {width} {top - 13}"'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">',
            f"<title>{escape(described)}</title>",
            f"<style>\n{_STYLE}</style>",
            *body,
            "</svg>\n",
        ]
    )


def _rows(line: str) -> list[tuple[str, str]]:
    """Wrap a line into rows, each with its class."""
    kinds = (("$ ", "command"), ("# ", "note"), ("Hello", "good"), ("uvlocal: ", "ours"))
    kind = next((kind for start, kind in kinds if line.startswith(start)), "output")
    if "Error" in line:
        kind = "bad"
    return [(kind, row) for row in textwrap.wrap(line, _COLUMNS, break_on_hyphens=False)]


def _text(kind: str, x: int, y: int, text: str) -> str:
    return f'<text class="{kind}" x="{x}" y="{y}" xml:space="preserve">{escape(text)}</text>'


def main(words: list[str]) -> None:
    """Draw the output in a file, or on stdin."""
    if words:
        with open(words[0], encoding="utf-8") as file:
            output = file.read()
    else:
        output = sys.stdin.read()
    with open(PICTURE, "w", encoding="utf-8") as file:
        file.write(svg(panels(output)))


if __name__ == "__main__":
    main(sys.argv[1:])
