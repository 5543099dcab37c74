"""Measure what each strategy costs and survives, with the real uv and a client that hides files.

A packaged project with one dependency is in a synced folder of a throwaway home, once for each
way. The figures:

    run        `uv run true` when there is nothing to do, in milliseconds
    hidden     the same right after a pass of the client, which hid everything in `.venv`
    passes     how many `uv run foo` succeed of those with one pass before each
    client N   how many succeed while the client keeps running, N milliseconds between passes
    fresh      how many succeed of 8 at once in a fresh project, several times
    parallel   the same after a pass

`by hand` sets the variable of `no-metadata` as people do themselves, without clearing flags.
"""

from __future__ import annotations

import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from shim_copies import install_package, settle
from support.hosts.worlds import World
from support.programs import hidden_shim, sync_client
from support.programs.sync_client import SyncClient
from support.tools import hidden_python, real_uv
from timing import Way, compared, measure, within

if TYPE_CHECKING:
    from collections.abc import Callable

PLAIN, BY_HAND = "plain uv", "by hand"
#: Each way, and its variables.
WAYS = {
    PLAIN: {},
    BY_HAND: {"UV_NO_INSTALLER_METADATA": "1"},
    "redirect": {"UVLOCAL_STRATEGY": "redirect"},
    "no-metadata": {"UVLOCAL_STRATEGY": "no-metadata"},
}
#: Pauses between two passes of the client, in milliseconds.
PAUSES = (1000, 50, 5)
AT_ONCE, TIMES = 8, 5


class Bench:
    """The ways, each in a world of its own, as `uv-cache` is shared and environments are not."""

    def __init__(self, folder: str) -> None:
        self.results: dict[str, dict[str, dict[str, float]]] = {way: {} for way in WAYS}
        self.worlds: dict[str, World] = {}
        self.projects: dict[str, str] = {}
        uv = real_uv.path(real_uv.NEWEST)
        for way, variables in WAYS.items():
            root, cache = os.path.join(folder, way.replace(" ", "-")), os.path.join(folder, "cache")
            world = World(root, uv, cache=cache, python=hidden_python.path())
            hidden_shim.install(world)
            install_package(world.shim_directory)
            world.environment |= variables
            self.worlds[way] = world
            self.projects[way] = world.project("home/Dropbox/foo", dependencies=["iniconfig"])
            if not self.call(way, "run", "foo"):
                raise RuntimeError(f"the project cannot be run ({way})")
        settle()

    def call(self, way: str, *words: str) -> bool:
        """Run uv in one way; return whether it succeeded."""
        world = self.worlds[way]
        uv = world.plain if way in (PLAIN, BY_HAND) else world.uv
        return uv(*words, cwd=self.projects[way]).code == 0

    def times(self, column: str, rounds: int, tell: Callable[[str], None], *, hidden: bool) -> None:
        """Measure how long a call takes."""
        ways = {}
        for way, world in self.worlds.items():
            shim = os.path.join(world.shim_directory, "uv")
            program = world.real_uv if way in (PLAIN, BY_HAND) else shim
            before = _Hide(world.dropbox) if hidden else _nothing
            ways[way] = Way(
                (program, "run", "true"), world.environment, self.projects[way], before=before
            )
        for way, figures in compared(measure(ways, rounds, tell), PLAIN).items():
            self.results[way][column] = figures

    def successes(self, column: str, runs: int, *, interval: float | None) -> None:
        """Count the calls that succeed, with a pass before each or while the client runs."""
        for way, world in self.worlds.items():
            good = 0
            if interval is None:
                for _ in range(runs):
                    sync_client.hide(world.dropbox)
                    good += self.call(way, "run", "foo")
            else:
                with SyncClient(world.dropbox, interval=interval) as client:
                    good = sum(self.call(way, "run", "foo") for _ in range(runs))
                if not client.passes:
                    raise RuntimeError("the sync client has failed")
            self.results[way][column] = {"good": good, "of": runs}

    def parallel(self, column: str, times: int, *, fresh: bool) -> None:
        """Count how many of several simultaneous calls succeed."""
        for way, world in self.worlds.items():
            good = 0
            for _ in range(times):
                if fresh:
                    self.forget(way)
                else:
                    sync_client.hide(world.dropbox)
                with ThreadPoolExecutor(AT_ONCE) as pool:
                    calls = [pool.submit(self.call, way, "run", "foo") for _ in range(AT_ONCE)]
                    good += sum(call.result() for call in calls)
            self.results[way][column] = {"good": good, "of": times * AT_ONCE}

    def forget(self, way: str) -> None:
        """Remove a project's environment, wherever it is."""
        venv = os.path.join(self.projects[way], ".venv")
        for path in (os.path.realpath(venv), *self.worlds[way].environments()):
            shutil.rmtree(path, ignore_errors=True)
        if os.path.islink(venv):
            os.unlink(venv)


class _Hide:
    """One pass of the client over a folder."""

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def __call__(self) -> None:
        sync_client.hide(self.folder)


def _nothing() -> None:
    pass


def measured(
    folder: str, rounds: int, runs: int, times: int, tell: Callable[[str], None]
) -> dict[str, Any]:
    """Return the figures of each way, or why there are none.

    Args:
        folder: where the throwaway homes go.
        rounds: how often a call is timed.
        runs: how often a call is made to see whether it succeeds.
        times: how often several calls are made simultaneously.
        tell: called with the progress.
    """
    reason = hidden_python.unavailable(folder)
    if reason:
        return {"absent": reason}
    bench = Bench(folder)
    bench.times("run", rounds, within(tell, "nothing to do"), hidden=False)
    bench.times("hidden", rounds, within(tell, "after a pass"), hidden=True)
    tell("a pass before each run")
    bench.successes("passes", runs, interval=None)
    for pause in PAUSES:
        tell(f"a pass every {pause} ms")
        bench.successes(f"client {pause}", runs, interval=pause / 1000)
    tell(f"{AT_ONCE} at once after a pass")
    bench.parallel("parallel", times, fresh=False)
    tell(f"{AT_ONCE} at once in a fresh project")
    bench.parallel("fresh", times, fresh=True)
    return {"rounds": rounds, "runs": runs, "times": times, "ways": bench.results}
