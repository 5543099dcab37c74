"""Time several ways of doing the same thing, side by side.

Every way is run once per round, in a new random order, so that other load on the machine affects
all of them alike. What a way adds is computed from the differences within the rounds: their median,
and the interval that contains the true median in 95 of 100 such measurements. The interval is taken
from the sorted differences, so it makes no assumption about their distribution.
"""

from __future__ import annotations

import math
import os
import random
import statistics
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

#: Uncounted rounds that fill the caches.
_WARMING = 3
_SEED = 20_261_122
#: How often a true median is outside the reported interval, as a fraction.
_OUTSIDE = 0.05


@dataclass(frozen=True, slots=True)
class Way:
    """One way: a program's path and arguments, its variables, where it runs.

    `before` is called before each run, `after` after it; neither is timed. `exits` are the exit
    codes of a successful run.
    """

    argv: tuple[str, ...]
    environ: Mapping[str, str]
    cwd: str
    before: Callable[[], None] = field(default=lambda: None)
    after: Callable[[], None] = field(default=lambda: None)
    exits: tuple[int, ...] = (0,)


def measure(
    ways: Mapping[str, Way], rounds: int, tell: Callable[[str], None]
) -> dict[str, list[float]]:
    """Run all ways in turn; return the milliseconds of each run, in the order of the rounds.

    Raises:
        RuntimeError: a command failed.
    """
    order = random.Random(_SEED)  # noqa: S311 - only shuffles
    names = list(ways)
    taken: dict[str, list[float]] = {name: [] for name in names}
    for number in range(-_WARMING, rounds):
        order.shuffle(names)
        for name in names:
            milliseconds = run(ways[name])
            if number >= 0:
                taken[name].append(milliseconds)
        if number >= 0:
            tell(f"round {number + 1} of {rounds}")
    return taken


def run(way: Way) -> float:
    """Run a command that must succeed; return how many milliseconds it took.

    Raises:
        RuntimeError: it failed.
    """
    if sys.platform == "win32":
        raise OSError("this measures POSIX systems only")
    os.chdir(way.cwd)
    way.before()
    nothing = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
        (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
    ]
    began = time.perf_counter_ns()
    # Not by `subprocess`, whose overhead exceeds the differences to be measured.
    process = os.posix_spawn(way.argv[0], way.argv, way.environ, file_actions=nothing)
    _, status = os.waitpid(process, 0)
    taken = time.perf_counter_ns() - began
    code = os.waitstatus_to_exitcode(status)
    if code not in way.exits:
        raise RuntimeError(f"`{' '.join(way.argv)}` failed with exit code {code}")
    way.after()
    return taken / 1e6


def peak(way: Way) -> float:
    """Run a command again; return its peak memory, in MiB."""
    if sys.platform == "win32":
        raise OSError("this measures POSIX systems only")
    os.chdir(way.cwd)
    nothing = [(os.POSIX_SPAWN_OPEN, number, os.devnull, os.O_RDWR, 0) for number in range(3)]
    process = os.posix_spawn(way.argv[0], way.argv, way.environ, file_actions=nothing)
    _, _, used = os.wait4(process, 0)
    unit = 1 if sys.platform == "darwin" else 1024
    return round(used.ru_maxrss * unit / 1024 / 1024, 1)


def summary(values: Sequence[float]) -> dict[str, float]:
    """Return median, quartiles and minimum, in milliseconds."""
    lower, median, upper = statistics.quantiles(values, n=4)
    return {
        "median": _rounded(median),
        "lower": _rounded(lower),
        "upper": _rounded(upper),
        "minimum": _rounded(min(values)),
    }


def added(values: Sequence[float], base: Sequence[float]) -> dict[str, float]:
    """Return what is added to `base`, run by run in the same rounds, in milliseconds.

    `added` is the median of the differences, `low` and `high` are the interval around it, `ratio`
    is the median of `base` plus `added`, divided by the former.
    """
    differences = sorted(value - other for value, other in zip(values, base, strict=True))
    middle = statistics.median(differences)
    rank = interval_rank(len(differences))
    return {
        "added": _rounded(middle),
        "low": _rounded(differences[rank]),
        "high": _rounded(differences[-1 - rank]),
        "ratio": round(1 + middle / statistics.median(base), 4),
    }


def interval_rank(count: int) -> int:
    """Return how many of so many sorted values are below the interval around their median.

    The number of values below the true median is binomially distributed with probability 1/2
    (https://en.wikipedia.org/wiki/Median#Confidence_interval); half of `_OUTSIDE` is on each side.
    """
    below = 0.0
    for rank in range(count // 2):
        below += math.comb(count, rank) / 2**count
        if below > _OUTSIDE / 2:
            return max(rank - 1, 0)
    return max(count // 2 - 1, 0)


def compared(taken: Mapping[str, Sequence[float]], base: str) -> dict[str, dict[str, float]]:
    """Return the summary of each way, with what it adds to the way called `base`."""
    return {
        name: summary(values) | ({} if name == base else added(values, taken[base]))
        for name, values in taken.items()
    }


def within(tell: Callable[[str], None], name: str) -> Callable[[str], None]:
    """Return a function that shows the progress of the part `name`."""

    def tell_of_part(text: str) -> None:
        tell(f"{name}: {text}")

    return tell_of_part


def _rounded(milliseconds: float) -> float:
    return round(milliseconds, 3)
