"""A replayed decision is the one that would be made now, whatever happened in between.

`UVLOCAL_RECALL_CASES` is the number of machines, each of which is changed several times,
`UVLOCAL_RECALL_SEED` the first seed. A failure names the seed, the call, and what was done to the
machine before.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

if sys.platform != "linux":
    pytest.skip(
        "the program in uv's place tells its own path on Linux only", allow_module_level=True
    )

from support.random_worlds.changing_worlds import Answer, Asked, ChangingWorld

if TYPE_CHECKING:
    from pathlib import Path

CASES = int(os.environ.get("UVLOCAL_RECALL_CASES", "128"))
SEED = int(os.environ.get("UVLOCAL_RECALL_SEED", "0"))
#: How often each machine is changed, and how many take turns.
STEPS, WORLDS = 6, 8
#: The groups of machines, divided into tests: the first is what `make test` does.
PARTS = [
    pytest.param(range(1), id="first"),
    *(
        pytest.param(range(1 + part, CASES // WORLDS, 4), id=str(part), marks=pytest.mark.slow)
        for part in range(4)
    ),
]


def _agree(world: ChangingWorld, seed: int, asked: Asked, counts: Counter[str], when: str) -> None:
    """Make a call, and compare the replayed decision with a fresh one."""
    recalled = world.launch(asked)
    fresh = world.decide(asked)
    counts[f"{when}: {'recalled' if recalled else 'decided'}"] += 1
    counts["another answer than before"] += fresh != world.answers.get(asked, fresh)
    world.answers[asked] = fresh
    if recalled is not None:
        assert recalled == fresh, _story(world, seed, asked, recalled, fresh)


def _story(
    world: ChangingWorld, seed: int, asked: Asked, recalled: Answer, fresh: Answer | None
) -> str:
    lines = [f"seed {seed}: `uv {' '.join(asked.words)}` in {asked.folder}"]
    for name, answer in (("recalled", recalled), ("decided", fresh)):
        shown = answer.variables.items() - world.environ().items() if answer else "no uv"
        gone = world.environ().keys() - answer.variables.keys() if answer else ""
        lines.append(f"{name}: {answer.program if answer else ''} {shown} without {gone}")
    return "\n".join([*lines, "before:", *world.history[-40:]])


@pytest.mark.parametrize("groups", PARTS)
def test_the_recalled_answer_is_the_fresh_one(tmp_path: Path, groups: range) -> None:
    """After each random change of files, settings, variables or uv, both decisions agree."""
    counts: Counter[str] = Counter()
    for group in groups:
        seeds = [SEED + group * WORLDS + number for number in range(WORLDS)]
        with ExitStack() as ends:
            worlds = {seed: ChangingWorld(str(tmp_path / str(seed)), seed) for seed in seeds}
            for world in worlds.values():
                ends.callback(world.close)
            _live(worlds, counts)
    print(f"seeds from {SEED}: {dict(counts)}")  # noqa: T201 - shown on failure, or with `-s`
    assert counts["at once: recalled"] > counts["at once: decided"]
    assert counts["after a change: recalled"] > 0
    assert counts["after a change: decided"] > 0
    assert counts["another answer than before"] > 0


def _live(worlds: dict[int, ChangingWorld], counts: Counter[str]) -> None:
    """In several worlds by turns, record decisions, change something, and compare."""
    known = {seed: [world.ask() for _ in range(3)] for seed, world in worlds.items()}
    for step in range(STEPS):
        for seed, world in worlds.items():
            asked = [one for one in known[seed] if world.can(one)]
            if step == 0 or world.random.random() < 0.5:
                _record(world, seed, asked, counts)
            world.change()
            for one in asked:
                if world.can(one):
                    _agree(world, seed, one, counts, "after a change")


def _record(world: ChangingWorld, seed: int, asked: list[Asked], counts: Counter[str]) -> None:
    """Record the decisions of some calls, and check that they are replayed."""
    world.write_down(*asked)
    for one in asked:
        _agree(world, seed, one, counts, "at once")
