"""How the cost of a recalled call grows: with recorded decisions, depth, size, and inputs.

`true` replaces the real uv, so that the launcher is measured, and little else.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from shim_copies import Shim, copied_package, settle
from support.hosts.worlds import World
from support.tools import real_uv
from timing import Way, compared, measure, run, within

from uvlocal.shim.contract import DECISIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

RECORDS = (1, 10, 100, 1_000, 10_000)
#: Folders between the project's root and the current directory.
DEPTHS = (0, 4, 16, 64)
#: The size of `pyproject.toml`, in KiB.
SIZES = (1, 10, 100, 1_000)
#: The number of the user's own `synced-roots`, each of which is one more input of a decision.
ROOTS = (0, 10, 100, 1_000)
#: What the figures are compared with.
BASE = "true"
_TRUE = "/usr/bin/true"
_ARGUMENTS = ("run", "--no-sync", "true")
_LINE = "# what stands in a comment is read by nobody, but it makes a file large\n"


@dataclass(frozen=True, slots=True)
class Point:
    """A shim, the call of it, and how many decisions are to be recorded in its cache."""

    shim: Shim
    way: Way
    records: int = 1

    def prepare(self) -> int:
        """Record the decision, and copies of it; return how many inputs it has, or -1 for none.

        A decision that depends on too much is not recorded.
        """
        run(self.way)
        if not self.shim.recorded():
            return -1
        inputs = self.shim.inputs()
        original, _ = self.shim.decision()
        for number in range(1, self.records):
            # Names spread as hashes are: multiples of 2^64 divided by the golden ratio.
            name = f"{number * 0x9E3779B97F4A7C15 & 0xFFFFFFFFFFFFFFFF:016x}"
            shutil.copy(original, os.path.join(self.shim.cache, DECISIONS, name))
        return inputs


class Scaling:
    """A throwaway machine; each point of a series has a shim of its own."""

    def __init__(self, folder: str) -> None:
        uv, cache = real_uv.path(real_uv.NEWEST), os.path.join(folder, "uv-cache")
        python = os.path.realpath(sys.executable)
        self.world = world = World(os.path.join(folder, "scaling"), uv, cache=cache, python=python)
        self.installed = world.install_shim()
        self.package = copied_package(world.root)
        self.environ = world.environment | {"UVLOCAL_UV": _TRUE}

    def series(self) -> dict[str, dict[int, Point]]:
        """Return the points of each series, by the size that grows along it."""
        world = self.world
        root = world.project("home/Dropbox/project", packaged=False)
        deep = world.project("home/Dropbox/deep", packaged=False)
        places = {depth: os.path.join(deep, *["folder"] * depth) for depth in DEPTHS}
        os.makedirs(places[max(DEPTHS)])
        sized = {
            size: world.project(
                f"home/Dropbox/size{size}",
                packaged=False,
                extra=_LINE * (size * 1024 // len(_LINE)),
            )
            for size in SIZES
        }
        configurations = {count: self.configuration(count) for count in ROOTS}
        return {
            "records": {count: self.point("records", root, count) for count in RECORDS},
            "depth": {depth: self.point("depth", path, depth) for depth, path in places.items()},
            "size": {size: self.point("size", path, size) for size, path in sized.items()},
            "inputs": {
                # The roots that were found are remembered in the cache, for one user's settings.
                count: self.point(
                    "inputs", root, count, {"XDG_CONFIG_HOME": path, "XDG_CACHE_HOME": path}
                )
                for count, path in configurations.items()
            },
        }

    def configuration(self, roots: int) -> str:
        """Write the settings of a user with so many folders that are synced; return their place."""
        folders = [self.world.path(f"synced/{number}") for number in range(roots)]
        for folder in folders:
            os.makedirs(folder, exist_ok=True)
        text = f"synced-roots = {json.dumps(folders)}\n"
        path = self.world.write(f"configuration{roots}/uvlocal/uvlocal.toml", text)
        return os.path.dirname(os.path.dirname(path))

    def point(
        self, series: str, cwd: str, at: int, environ: Mapping[str, str] | None = None
    ) -> Point:
        """Return a point of a series; `environ` are variables of its own."""
        shim = Shim(self.installed, self.package, self.world.path(f"shims-of-{series}/{at}"))
        way = Way((shim.path, *_ARGUMENTS), self.environ | dict(environ or {}), cwd)
        return Point(shim, way, at if series == "records" else 1)

    def measured(
        self, points: dict[int, Point], rounds: int, tell: Callable[[str], None]
    ) -> list[dict[str, float]]:
        """Measure a series; there are no figures for points whose decision is not recorded.

        Raises:
            RuntimeError: a call that should have been replayed was decided.
        """
        inputs = {at: point.prepare() for at, point in points.items()}
        before = {at: point.shim.recorded() for at, point in points.items()}
        ways = {str(at): point.way for at, point in points.items() if before[at]}
        ways[BASE] = Way((_TRUE,), self.environ, self.world.root)
        results = compared(measure(ways, rounds, tell), BASE)
        if before != {at: point.shim.recorded() for at, point in points.items()}:
            raise RuntimeError("a call that was to be recalled was decided")
        return [
            {"at": at, "inputs": inputs[at]} | results[str(at)] if before[at] else {"at": at}
            for at in points
        ]


def measured(folder: str, rounds: int, tell: Callable[[str], None]) -> dict[str, Any]:
    """Return the figures of all series."""
    scaling = Scaling(folder)
    everything = scaling.series()
    for points in everything.values():
        for point in points.values():
            run(point.way)  # the first call in a project writes its record, the next is replayed
    for environment in scaling.world.environments():
        scaling.world.write(os.path.join(environment, "pyvenv.cfg"), "version_info = 3.12.1\n")
    settle()
    results = {
        name: scaling.measured(points, rounds, within(tell, name))
        for name, points in everything.items()
    }
    return {"rounds": rounds, "series": results}
