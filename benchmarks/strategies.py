"""What each strategy costs and survives, with the real uv and a sync client that hides files.

    python benchmarks/strategies.py [RUNS]

makes a packaged project with one dependency in a synced folder of a throwaway home, and prints a
table. Ways are measured in turn, run by run, so that a slow moment of the machine hits all alike.
The columns:

    run        `uv run true` when nothing is to be done: median in milliseconds
    hidden     the same right after a pass of the client, which hid everything in `.venv`
    passes     how many `uv run foo` succeed of those with one pass before each
    client N   how many succeed while the client goes on, N milliseconds between two passes
    fresh      how many succeed of 8 at once in a fresh project, 5 times
    parallel   the same after a pass

`by hand` is the variable of `no-metadata` as people set it themselves, at each call.
"""

from __future__ import annotations

import os
import shutil
import statistics
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(
    0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "tests")
)

import fetched
import hidden_python
import hidden_shim
import real_uv
import sync_client
from sync_client import SyncClient
from worlds import World

#: Each way, and the variables that make it.
WAYS = {
    "plain uv": {"UVLOCAL_BYPASS": "1"},
    "by hand": {"UVLOCAL_BYPASS": "1", "UV_NO_INSTALLER_METADATA": "1"},
    "redirect": {"UVLOCAL_STRATEGY": "redirect"},
    "no-metadata": {"UVLOCAL_STRATEGY": "no-metadata"},
    "unhide": {"UVLOCAL_STRATEGY": "unhide"},
    "centralize": {"UVLOCAL_STRATEGY": "centralize"},
}
COLUMNS = ("run", "hidden", "passes", "client 1000", "client 50", "client 5", "fresh", "parallel")
AT_ONCE, TIMES = 8, 5


class Bench:
    """The ways, each in a world of its own, as `uv-cache` is shared and environments are not."""

    def __init__(self, folder: str, runs: int) -> None:
        """Make the worlds, and sync each project once."""
        self.runs = runs
        self.cells: dict[str, dict[str, str]] = {way: {} for way in WAYS}
        self.worlds: dict[str, World] = {}
        self.projects: dict[str, str] = {}
        uv = real_uv.path(real_uv.selected()[0])
        for way, variables in WAYS.items():
            root, cache = os.path.join(folder, way.replace(" ", "-")), os.path.join(folder, "cache")
            world = World(root, uv, cache=cache, python=hidden_python.path())
            hidden_shim.install(world)
            # Syncthing's mark instead of Dropbox's: nothing in it can be left out of sync.
            shutil.rmtree(world.path("home/.dropbox"))
            os.mkdir(os.path.join(world.dropbox, ".stfolder"))
            world.environment |= variables
            self.worlds[way] = world
            self.projects[way] = world.project("home/Dropbox/foo", dependencies=["iniconfig"])
            world.uv("run", "foo", cwd=self.projects[way]).ok()

    def call(self, way: str, *words: str) -> bool:
        """Run uv in one way; say whether it succeeded."""
        return self.worlds[way].uv(*words, cwd=self.projects[way]).code == 0

    def times(self, column: str, *, hidden: bool) -> None:
        """Measure how long a call takes."""
        taken: dict[str, list[float]] = {way: [] for way in WAYS}
        for number in range(self.runs + 1):
            for way in WAYS:
                if hidden:
                    sync_client.hide(self.worlds[way].dropbox)
                start = time.perf_counter()
                self.call(way, "run", "true")
                if number:  # the first one warms up
                    taken[way].append(1000 * (time.perf_counter() - start))
        for way in WAYS:
            self.cells[way][column] = f"{statistics.median(taken[way]):.0f} ms"

    def successes(self, column: str, *, interval: float | None) -> None:
        """Count the calls that succeed, with a pass before each or while the client goes on."""
        for way, world in self.worlds.items():
            good = 0
            if interval is None:
                for _ in range(self.runs):
                    sync_client.hide(world.dropbox)
                    good += self.call(way, "run", "foo")
            else:
                with SyncClient(world.dropbox, interval=interval) as client:
                    good = sum(self.call(way, "run", "foo") for _ in range(self.runs))
                if not client.passes:
                    raise RuntimeError("the sync client has failed")
            self.cells[way][column] = f"{good} of {self.runs}"

    def parallel(self, column: str, *, fresh: bool) -> None:
        """Count the calls that succeed of several at once."""
        for way, world in self.worlds.items():
            good = 0
            for _ in range(TIMES):
                if fresh:
                    self.forget(way)
                else:
                    sync_client.hide(world.dropbox)
                with ThreadPoolExecutor(AT_ONCE) as pool:
                    good += sum(pool.map(lambda _, way=way: self.call(way, "run", "foo"), range(8)))
            self.cells[way][column] = f"{good} of {TIMES * AT_ONCE}"

    def forget(self, way: str) -> None:
        """Remove a project's environment, wherever it is."""
        venv = os.path.join(self.projects[way], ".venv")
        for path in (os.path.realpath(venv), *self.worlds[way].environments()):
            shutil.rmtree(path, ignore_errors=True)
        if os.path.islink(venv):
            os.unlink(venv)

    def measure(self) -> None:
        """Fill the table, the fresh environments last."""
        self.times("run", hidden=False)
        self.times("hidden", hidden=True)
        self.successes("passes", interval=None)
        for column in COLUMNS:
            word, _, milliseconds = column.partition(" ")
            if word == "client":
                self.successes(column, interval=int(milliseconds) / 1000)
        self.parallel("parallel", fresh=False)
        self.parallel("fresh", fresh=True)

    def table(self) -> str:
        """Return the table as Markdown."""
        lines = [f"| way | {' | '.join(COLUMNS)} |", "|---" * (len(COLUMNS) + 1) + "|"]
        for way, cells in self.cells.items():
            lines.append(f"| {way} | {' | '.join(cells[column] for column in COLUMNS)} |")
        return "\n".join(lines)


def main(runs: int = 20) -> int:
    """Measure and print."""
    with tempfile.TemporaryDirectory(prefix="uvlocal-strategies-", dir=fetched.cache()) as folder:
        reason = hidden_python.unavailable(folder)
        if reason:
            print(f"nothing is measured: {reason}")
            return 1
        bench = Bench(folder, runs)
        bench.measure()
        print(f"uv {real_uv.selected()[0]}, {runs} runs\n\n{bench.table()}")
    return 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:2])))
