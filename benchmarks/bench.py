"""Measure what uvlocal costs, and write the results.

    python benchmarks/bench.py [--quick] [--peers] [--check] [--only PART ...] [--output FOLDER]

The figures go to `bench.json`; the page `bench.md`, the plots and the tables of other pages are
generated from that file. Parts that are not measured this time stay as they are, each with the
conditions that it was measured under. `--quick` takes fewer measurements, and writes to
`.cache/bench` by default. `--only` without a part measures nothing, and only regenerates page,
plots and tables. `--check` fails if a promise is not kept (`goals.py`).
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from typing import TYPE_CHECKING, Any

sys.path.insert(
    0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "tests")
)

import calls
import commands
import machine
import page
import peers
import plot
import readme_figures
import scaling
import scan
import strategies
from goals import goals
from support.compare import readme_tables
from support.tools import fetched, real_uv

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

DOCS = os.path.join(fetched.SOURCE, "docs")
QUICK = os.path.join(fetched.SOURCE, ".cache", "bench")
RESULTS, PAGE = "bench.json", "bench.md"
#: In the order in which they are measured: the finest first, before the machine gets warm.
PARTS = ("calls", "commands", "scaling", "strategies", "scan", "peers")
#: Increased when the meaning of the file's fields changes.
VERSION = 1
#: Rounds of a full and of a quick run; for strategies, single and simultaneous runs.
ROUNDS = {
    "calls": (150, 10),
    "scan": (7, 2),
    "scaling": (400, 20),
    "strategies": (60, 3),
    "peers": (20, 3),
}
RUNS, TIMES = (20, 3), (5, 1)
#: Rounds of our own commands in one project and over each store, and the stores' environments.
COMMANDS = ((100, 5), (500, 2_000, 5_000, 10_000)), ((5, 2), (50, 100, 200))
#: Projects and files of `scan`.
TREE = ((200, 200_000), (24, 24_000))


class Progress:
    """A progress line on a terminal, or one line for each part without a terminal."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._terminal = sys.stderr.isatty()
        self._last = 0.0

    def part(self, name: str) -> Callable[[str], None]:
        """Print that a part begins; return a function that shows its progress."""
        if not self._terminal:
            print(f"{self._minutes()}  {name}", file=sys.stderr, flush=True)

        def tell(text: str) -> None:
            now = time.monotonic()
            if self._terminal and (now - self._last > 1 / 10 or "round" not in text):
                self._last = now
                line = f"{self._minutes()}  {name}: {text}"
                print(f"\r\033[K{line[:78]}", end="", file=sys.stderr, flush=True)

        return tell

    def end(self) -> None:
        """Clear the line."""
        if self._terminal:
            print("\r\033[K", end="", file=sys.stderr)

    def _minutes(self) -> str:
        seconds = int(time.monotonic() - self._began)
        return f"{seconds // 60}:{seconds % 60:02}"


def measure(part: str, folder: str, tell: Callable[[str], None], *, quick: bool) -> dict[str, Any]:
    """Measure one part."""
    rounds = ROUNDS.get(part, (0, 0))[quick]
    if part == "calls":
        return calls.measured(folder, rounds, tell)
    if part == "commands":
        times, numbers = COMMANDS[quick]
        return commands.measured(folder, times, numbers, tell)
    if part == "scaling":
        return scaling.measured(folder, rounds, tell)
    if part == "strategies":
        return strategies.measured(folder, rounds, RUNS[quick], TIMES[quick], tell)
    if part == "scan":
        projects, files = TREE[quick]
        return scan.measured(folder, projects, files, rounds, tell)
    return peers.measured(folder, rounds, tell)


def load(folder: str) -> dict[str, Any]:
    """Return the parts that were measured before."""
    try:
        with open(os.path.join(folder, RESULTS), encoding="utf-8") as file:
            results: dict[str, Any] = json.load(file)
    except FileNotFoundError:
        return {}
    if results["version"] != VERSION:
        return {}
    parts: dict[str, Any] = results["parts"]
    return parts


def rendered(parts: dict[str, Any]) -> dict[str, str]:
    """Return the files that are generated from the figures: names and contents."""
    files = {PAGE: page.page(parts)}
    if "calls" in parts:
        files["bench.svg"] = plot.bench(parts)
    if "scaling" in parts:
        files["scaling.svg"] = plot.scaling(parts)
    if plot.has_growth(parts):
        files["growth.svg"] = plot.growth(parts)
    return files


def save(folder: str, parts: dict[str, Any]) -> None:
    """Write figures, page and plots; in `docs`, update the tables of other pages as well."""
    os.makedirs(folder, exist_ok=True)
    results = json.dumps({"version": VERSION, "parts": parts}, indent=1, ensure_ascii=False)
    for name, text in {RESULTS: results + "\n", **rendered(parts)}.items():
        write(os.path.join(folder, name), text)
    if os.path.realpath(folder) == os.path.realpath(DOCS) and {"calls", "strategies"} <= set(parts):
        for document, tables in readme_figures.documents(parts).items():
            with open(document, encoding="utf-8") as file:
                text = readme_tables.rewritten(file.read(), tables)
            write(document, text)


def write(path: str, text: str) -> None:
    """Write a file."""
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def main(words: Sequence[str]) -> int:
    """Measure, save the figures, and print a summary."""
    wanted = _parser().parse_args(words)
    output = os.path.abspath(wanted.output or (QUICK if wanted.quick else DOCS))
    parts = load(output)
    conditions = machine.Conditions(quick=wanted.quick)
    if machine.is_busy(conditions.before):
        load_before = f"load {conditions.before:.2f}"
        print(
            f"warning: the machine is busy ({load_before}); figures come out too high",
            file=sys.stderr,
        )
    progress = Progress()
    for name in PARTS if wanted.only is None else wanted.only:
        if name == "peers" and not (wanted.peers or wanted.only):
            continue
        tell = progress.part(name)
        with tempfile.TemporaryDirectory(prefix="uvlocal-bench-", dir=fetched.cache()) as folder:
            results = measure(name, os.path.realpath(folder), tell, quick=wanted.quick)
            os.chdir(fetched.SOURCE)
        uv = "" if name == "scan" else real_uv.NEWEST
        parts[name] = {"conditions": conditions.over(uv), **results}
        save(output, parts)  # even if a later part fails
    progress.end()
    save(output, {name: parts[name] for name in PARTS if name in parts})
    return report(output, check=wanted.check)


def report(folder: str, *, check: bool) -> int:
    """Print which promises are kept; with `--check`, return 1 if one is broken."""
    kept = goals(load(folder))
    for goal in kept:
        sign = "ok  " if goal.met else "FAIL"
        print(f"{sign} {goal.what}: {goal.measured or 'not measured'} (at most {goal.limit})")
    print(f"the figures are in `{os.path.join(folder, PAGE)}`")
    return int(check and not all(goal.met for goal in kept))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bench.py", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="measure in short")
    parser.add_argument("--peers", action="store_true", help="measure other tools too")
    parser.add_argument("--check", action="store_true", help="fail where a promise is not kept")
    parser.add_argument("--only", nargs="*", choices=PARTS, help="measure these parts, or none")
    parser.add_argument("--output", metavar="FOLDER", help="where the figures and the page go")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
