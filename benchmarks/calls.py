"""Measure calls: uv's most common commands, each run in every way."""

from __future__ import annotations

import dataclasses
import os
import sys
from typing import TYPE_CHECKING, Any

from shim_copies import Shim, Watch, copied_package, settle
from support.hosts.worlds import World
from support.tools import real_uv
from support.tools.fetched import SOURCE
from timing import Way, compared, measure, run, within

if TYPE_CHECKING:
    from collections.abc import Callable

#: The way that all others are compared with.
BASE = "variable preset"
COMMANDS = {
    "uv --version": ("--version",),
    "uv run --no-sync true": ("run", "--no-sync", "true"),
    "uv run python -c pass": ("run", "python", "-c", "pass"),
    "uv sync": ("sync",),
}
#: The command whose figures are promised, so it is measured longest.
PROMISED = "uv run --no-sync true"
#: The start of an interpreter, which our own commands are compared with.
INTERPRETER = "python -I -S -c pass"
_RECALLED = ("recalled", "recalled, local project")


class Calls:
    """A throwaway machine with a packaged project, once for each kind of call.

    For uv alone, for uv's own central environments, and for uvlocal it is in a Dropbox folder;
    one more is where there is nothing to do.
    """

    def __init__(self, folder: str) -> None:
        uv = real_uv.path(real_uv.NEWEST)
        python = os.path.realpath(sys.executable)
        self.world = world = World(
            os.path.join(folder, "calls"), uv, cache=os.path.join(folder, "uv-cache"), python=python
        )
        installed = world.install_shim()
        # Each shim finds the real uv on PATH, as if no other shim were installed.
        world.environment["PATH"] = world.environment["PATH"].removeprefix(installed + os.pathsep)
        world.environment["UV_PYTHON"] = python
        self.package = package = copied_package(world.root)
        self.recalled = Shim(installed, package, world.path("recalled"))
        self.decided = Shim(installed, package, world.path("decided"))
        shell = os.path.join(SOURCE, "shims", "uv.sh")
        self.shell = Shim(installed, package, world.path("shell"), shell)
        self.alone, self.central, self.redirected = (
            world.project(f"home/Dropbox/{name}") for name in ("alone", "central", "project")
        )
        self.local = world.project("local/project")
        self.environ = dict(world.environment)
        self.centralized = self.environ | {"UV_PREVIEW_FEATURES": "centralized-project-envs"}
        world.run(uv, "sync", cwd=self.alone).ok()
        world.run(uv, "sync", cwd=self.local).ok()
        world.run(uv, "sync", cwd=self.central, env=self.centralized).ok()
        world.run(self.recalled.path, "sync", cwd=self.redirected).ok()
        [environment] = world.environments()
        self.preset = self.environ | {"UV_PROJECT_ENVIRONMENT": environment}
        settle()

    def ways(self, arguments: tuple[str, ...]) -> dict[str, Way]:
        """Return every way to run uv with these arguments."""
        uv = self.world.real_uv

        def way(program: str, environ: dict[str, str], cwd: str) -> Way:
            return Way((program, *arguments), environ, cwd)

        decided = self.decided
        return {
            "uv alone": way(uv, self.environ, self.alone),
            BASE: way(uv, self.preset, self.redirected),
            "the same again": way(uv, self.preset, self.redirected),
            "centralized-project-envs": way(uv, self.centralized, self.central),
            "recalled": way(self.recalled.path, self.environ, self.redirected),
            "recalled, local project": way(self.recalled.path, self.environ, self.local),
            "decided": Way(
                (decided.path, *arguments),
                self.environ,
                self.redirected,
                before=decided.forget,
                after=decided.must_have_recorded,
            ),
            "uv.sh": way(self.shell.path, self.environ, self.redirected),
            INTERPRETER: self.interpreter(),
            "true": Way(("/usr/bin/true",), self.environ, self.redirected),
        }

    def interpreter(self) -> Way:
        """Return the way to start an interpreter that does nothing."""
        return Way((sys.executable, "-I", "-S", "-c", "pass"), self.environ, self.redirected)

    def command(
        self, arguments: tuple[str, ...], rounds: int, tell: Callable[[str], None]
    ) -> dict[str, dict[str, float]]:
        """Measure one command.

        Raises:
            RuntimeError: calls that should have been replayed were decided.
        """
        ways = self.ways(arguments)
        for name in _RECALLED:
            run(ways[name])
        watch = Watch(self.recalled)
        for name in _RECALLED:
            ways[name] = dataclasses.replace(ways[name], after=watch)
        taken = measure(ways, rounds, tell)
        watch.must_have_seen_few()
        return compared(taken, BASE)


def measured(folder: str, rounds: int, tell: Callable[[str], None]) -> dict[str, Any]:
    """Return the figures of all commands, by command and way."""
    calls = Calls(folder)
    results = {}
    for title, arguments in COMMANDS.items():
        times = rounds * 5 if title == PROMISED else rounds
        results[title] = calls.command(arguments, times, within(tell, title))
    return {"rounds": rounds, "commands": results}
