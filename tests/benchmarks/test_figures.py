"""The published figures are the measured ones."""

from __future__ import annotations

import getpass
import os
import platform
import re
import shutil
import sys
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest
from support.compare import readme_tables

if sys.platform == "win32":
    pytest.skip("`make bench` measures POSIX systems only", allow_module_level=True)

import bench
import calls
import commands
import figures
import goals
import machine
import page
import plot
import readme_figures
from support.tools import fetched

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def parts() -> dict[str, Any]:
    """Return a fresh copy of the figures in `docs`."""
    return bench.load(bench.DOCS)


def read(name: str) -> str:
    """Return a file of `docs`."""
    with open(os.path.join(bench.DOCS, name), encoding="utf-8") as file:
        return file.read()


def ways(parts: dict[str, Any]) -> dict[str, dict[str, float]]:
    """Return the figures of the promised command."""
    found: dict[str, dict[str, float]] = parts["calls"]["commands"][calls.PROMISED]
    return found


def test_docs_are_made_of_the_figures(parts: dict[str, Any]) -> None:
    """Page and plots are generated from `bench.json`; `bench.py --only` updates them."""
    rendered = bench.rendered(parts)
    assert {"bench.md", "bench.svg", "scaling.svg"} <= set(rendered)
    for name, text in rendered.items():
        assert text == read(name), name


@pytest.mark.parametrize("document", [readme_tables.README, readme_figures.STRATEGIES])
def test_other_pages_quote_the_figures(parts: dict[str, Any], document: str) -> None:
    """The tables of figures on other pages are those of `bench.json`."""
    with open(document, encoding="utf-8") as file:
        text = file.read()
    assert readme_tables.rewritten(text, readme_figures.documents(parts)[document]) == text


def test_figures_are_everywhere_the_same(parts: dict[str, Any]) -> None:
    """A figure that changes in the JSON changes on the page, in the plot and in the README."""
    before = bench.rendered(parts), readme_figures.documents(parts)[readme_tables.README]["cost"]()
    ways(parts)["decided"] |= {"added": 43.21, "low": 43.0, "high": 44.0, "median": 98.76}
    after = bench.rendered(parts), readme_figures.documents(parts)[readme_tables.README]["cost"]()
    assert "+43.21 ms" in after[0]["bench.md"] != before[0]["bench.md"]
    assert "+43 ms" in after[0]["bench.svg"] != before[0]["bench.svg"]
    assert "+43 ms" in after[1] != before[1]


def test_figures_name_nobody(parts: dict[str, Any]) -> None:
    """What is published says nothing of the machine's name, its user or its folders."""
    text = read("bench.json")
    for secret in (platform.node(), getpass.getuser(), os.path.expanduser("~"), "/tmp", "/home"):  # noqa: S108 - looked for, not written to
        assert not re.search(rf"(?<![\w.-]){re.escape(secret)}(?![\w-])", text), secret
    known = {"date", "processor", "cores", "system", "python", "uvlocal", "uv", "load_before"}
    for part in parts.values():
        assert set(part["conditions"]) == known | {"load_after", "busy", "quick"}


def with_growth(parts: dict[str, Any]) -> dict[str, Any]:
    """Return figures with those of our own commands, which take as long as there is to look at."""

    def point(at: int, names: tuple[str, ...]) -> dict[str, Any]:
        return {"at": at, "ways": {name: taken(1.0) | {"median": at / 10.0} for name in names}}

    keep(parts)
    over_stores = (commands.DU, *(f"uvlocal {words}" for words in commands.OVER_STORES))
    series = [point(number, over_stores) for number in (500, 2_000, 5_000, 10_000)]
    parts["commands"]["stores"] = {"series": series}
    over_files = ("du -s", "uvlocal scan")
    parts["scan"]["series"] = [point(number, over_files) for number in (25_000, 50_000, 200_000)]
    return parts


def test_what_grows_with_the_number_is_a_straight_line(parts: dict[str, Any]) -> None:
    """The plot of growth has true scales, both from nothing; the page shows it, where measured."""
    unmeasured = {name: part for name, part in parts.items() if name != "commands"}
    assert "growth.svg" not in bench.rendered(unmeasured)
    rendered = bench.rendered(with_growth(parts))
    assert "](growth.svg)" in rendered["bench.md"]
    root = ET.fromstring(rendered["growth.svg"])  # noqa: S314 - made by us
    lines = [mark.attrib["points"] for mark in root if mark.attrib.get("class") == "line"]
    assert len(lines) == 3
    for line in lines:
        points = [tuple(map(float, point.split(","))) for point in line.split()]
        (x0, y0), (x1, y1) = points[0], points[-1]
        for x, y in points:
            assert y == pytest.approx(y0 + (x - x0) * (y1 - y0) / (x1 - x0), abs=0.2)


@pytest.mark.parametrize("name", ["bench.svg", "scaling.svg", "growth.svg"])
def test_plots_are_drawn_within_their_frame(parts: dict[str, Any], name: str) -> None:
    """Every mark and the start of every text is inside the picture, in a class of the style."""
    root = ET.fromstring(bench.rendered(with_growth(parts))[name])  # noqa: S314 - made by us
    width, height = int(root.attrib["width"]), int(root.attrib["height"])
    style = root.findtext(f"{SVG}style") or ""
    marks = [mark for mark in root if mark.tag not in (f"{SVG}title", f"{SVG}style")]
    assert len(marks) > 20
    for mark in marks:
        assert f".{mark.attrib['class']}" in style
        for key, most in (("x", width), ("x1", width), ("x2", width), ("cx", width)):
            assert 0 <= float(mark.get(key, 0)) <= most, mark.attrib
        for key, most in (("y", height), ("y1", height), ("y2", height), ("cy", height)):
            assert 0 <= float(mark.get(key, 0)) <= most, mark.attrib


def test_plots_have_colours_for_a_dark_page() -> None:
    """Every colour for a light page has a counterpart for a dark page, or suits both."""
    for name in ("bench.svg", "scaling.svg"):
        light, _, dark = read(name).partition("@media (prefers-color-scheme: dark)")
        for kind in ("card", "grid", "text", "title", "quiet", "ours", "dot-ours", "bar-ours"):
            assert f".{kind}" in light
            assert f".{kind}" in dark.partition("</style>")[0]


def test_rows_of_the_plot(parts: dict[str, Any]) -> None:
    """Ours come first, then what others add, the cheapest first; what is absent is left out."""
    parts["peers"]["peers"]["direnv"] = {"shown": "direnv exec", "against": "", "absent": "no"}
    rows = plot.rows(parts)
    assert [row.ours for row in rows] == sorted((row.ours for row in rows), reverse=True)
    others = [row.added for row in rows if not row.ours]
    assert others == sorted(others)
    assert not any("direnv" in row.label for row in rows)


@pytest.mark.parametrize(
    ("added", "low", "high", "told"),
    [
        pytest.param(0.184, 0.1, 0.2, "+0.18 ms", id="less than one"),
        pytest.param(5.55, 5.0, 6.0, "+5.5 ms", id="less than ten"),
        pytest.param(961.7, 900.0, 999.0, "+962 ms", id="many"),
        pytest.param(0.1, -0.3, 0.5, "+0.10 ± 0.40 ms", id="may be nothing"),
        pytest.param(-0.2, -0.3, -0.1, "-0.20 ms", id="less than before"),
    ],
)
def test_figures_as_text(added: float, low: float, high: float, told: str) -> None:
    """A figure has its significant digits, and its error if it may be zero."""
    assert figures.plain({"added": added, "low": low, "high": high}) == told


# -- promises --------------------------------------------------------------------------------------


def taken(ratio: float) -> dict[str, float]:
    """Return the figures of a command that takes so many times what its base takes."""
    return {
        "median": 9.0,
        "lower": 8.0,
        "upper": 10.0,
        "minimum": 7.0,
        "ratio": ratio,
        "mebibytes": 30.0,
    }


def over_store() -> dict[str, dict[str, float]]:
    """Return the figures of commands over a store that just keep their promise."""
    return {f"uvlocal {words}": taken(goals.OVER_STORE) for words in commands.OVER_STORES}


def keep(parts: dict[str, Any]) -> None:
    """Let the figures be such that every promise is just kept."""
    ways(parts)["recalled"] |= {"added": 0.4, "ratio": 1.04}
    ways(parts)["decided"]["added"] = 15.0
    ways(parts)[calls.INTERPRETER]["median"] = 10.0
    parts["commands"] = {
        "conditions": parts["scan"]["conditions"],
        "rounds": 3,
        "starts": {f"uvlocal {words}": taken(most) for words, most in goals.STARTS.items()},
        "stores": {"series": [{"at": goals.STORE, "ways": over_store()}]},
    }
    parts["scan"].pop("series", None)
    parts["scan"]["ways"] = {"uvlocal scan": taken(goals.SCAN)}
    records = parts["scaling"]["series"]["records"]
    records[0]["added"], records[-1]["added"] = 0.125, 0.225
    parts["scan"] |= {"seconds": 30.0, "mebibytes": 100.0}


def test_promises_just_kept(parts: dict[str, Any]) -> None:
    """A figure at its limit keeps the promise."""
    keep(parts)
    assert [goal.what for goal in goals.goals(parts) if not goal.met] == []


@pytest.mark.parametrize(
    ("break_it", "what"),
    [
        pytest.param(
            lambda parts: ways(parts)["recalled"].update(added=0.41), "recalled, added", id="added"
        ),
        pytest.param(
            lambda parts: ways(parts)["recalled"].update(ratio=1.05), "recalled, `uv", id="ratio"
        ),
        pytest.param(
            lambda parts: ways(parts)["decided"].update(added=15.1), "decided", id="decided"
        ),
        pytest.param(
            lambda parts: parts["commands"]["starts"]["uvlocal status"].update(ratio=4.01),
            "`uvlocal status`",
            id="status",
        ),
        pytest.param(
            lambda parts: parts["commands"]["stores"]["series"][0]["ways"]["uvlocal list"].update(
                ratio=4.01
            ),
            "`uvlocal list`",
            id="list",
        ),
        pytest.param(
            lambda parts: parts["scan"]["ways"]["uvlocal scan"].update(ratio=1.81),
            "`uvlocal scan`, against",
            id="scan",
        ),
        pytest.param(
            lambda parts: parts["scaling"]["series"]["records"][-1].update(added=0.3),
            "recalled, what 10,000",
            id="flat",
        ),
        pytest.param(lambda parts: parts["scan"].update(seconds=31.0), "`uvlocal scan`", id="time"),
        pytest.param(
            lambda parts: parts["scan"].update(mebibytes=101.0), "`uvlocal scan`", id="memory"
        ),
        pytest.param(lambda parts: parts.pop("scaling"), "recalled, what", id="not measured"),
    ],
)
def test_promises_not_kept(
    parts: dict[str, Any], break_it: Callable[[dict[str, Any]], object], what: str
) -> None:
    """A figure beyond its limit, or none at all, breaks that promise and no other."""
    keep(parts)
    break_it(parts)
    [broken] = [goal.what for goal in goals.goals(parts) if not goal.met]
    assert broken.startswith(what)


@pytest.mark.parametrize(("limit", "code"), [(100.0, 0), (101.0, 1)])
def test_check_decides_about_the_exit_code(
    parts: dict[str, Any], tmp_path: Path, limit: float, code: int
) -> None:
    """`--check` fails where a promise is broken; without it, figures are just figures."""
    keep(parts)
    parts["scan"]["mebibytes"] = limit
    bench.save(str(tmp_path), parts)
    arguments = ["--only", "--output", str(tmp_path)]
    assert bench.main([*arguments, "--check"]) == code
    assert bench.main(arguments) == 0


# -- the command -----------------------------------------------------------------------------------


def test_nothing_measured_changes_nothing(tmp_path: Path) -> None:
    """`--only` without a part generates the same page and plots from the existing figures."""
    shutil.copy(os.path.join(bench.DOCS, bench.RESULTS), tmp_path)
    bench.main(["--only", "--output", str(tmp_path)])
    assert {name: (tmp_path / name).read_text("utf-8") for name in os.listdir(tmp_path)} == {
        name: read(name)
        for name in os.listdir(bench.DOCS)
        if name.startswith(("bench", "growth", "scaling"))
    }


def test_a_busy_machine_is_told(
    parts: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """If the machine was busy, that is reported immediately, and on the page."""
    monkeypatch.setattr(machine, "load", lambda: 64.0 * (os.cpu_count() or 1))
    monkeypatch.setattr(bench, "measure", lambda *_, **__: {"rounds": 3, "peers": {}})
    monkeypatch.setattr(fetched, "cache", lambda: str(tmp_path))
    for part in parts.values():
        part["conditions"]["busy"] = False
    assert "busy" not in page.page(parts)
    output = tmp_path / "docs"
    bench.save(str(output), parts)
    bench.main(["--only", "peers", "--output", str(output)])
    assert "warning: the machine is busy" in capsys.readouterr().err
    assert (output / "bench.md").read_text("utf-8").count("**The machine was busy") == 1
    assert bench.load(str(output))["calls"] == parts["calls"]
