"""Several processes measure the same as one, even if they fail."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from uvlocal.manage.files.measuring import Measuring
from uvlocal.manage.files.tree import Budget, Cost, Files, measure

if TYPE_CHECKING:
    from pathlib import Path

if sys.platform == "win32":
    pytest.skip("Windows measures in one process", allow_module_level=True)


@pytest.fixture
def folders(tmp_path: Path) -> list[str]:
    """Return many directories, one with a name that is not text, one missing."""
    names = [f"{number:02}" for number in range(150)] + [os.fsdecode(b"a\xff\n")]
    for number, name in enumerate(names):
        (tmp_path / name).mkdir()
        for file in range(number % 5):
            (tmp_path / name / f"{file}.py").write_bytes(b"x" * number)
    return [str(tmp_path / name) for name in [*names, "none"]]


def budget(entries: int = 1000) -> Budget:
    """Return a budget of a number of entries."""
    return Budget(entries, 60.0, 9)


def test_costs_are_the_same(folders: list[str]) -> None:
    """The costs are in order, and count against the budget."""
    alone, shared = budget(), budget()
    expected = [measure(folder, Files(), alone) for folder in folders]
    with Measuring(shared, Files()) as processes:
        for folder in folders:
            processes.ask(folder)
        assert processes._processes
        assert [processes.cost(number) for number in range(len(folders))] == expected
    assert shared.entries == alone.entries


def test_a_process_that_is_killed_is_done_without(folders: list[str]) -> None:
    """Directories that a process did not measure are measured here."""
    with Measuring(budget(), Files()) as processes:
        for folder in folders:
            processes.ask(folder)
            for process in processes._processes:
                process.kill()
                process.wait()
        found = [processes.cost(number) for number in range(len(folders))]
    assert found == [measure(folder, Files(), budget()) for folder in folders]


def test_a_spent_budget_ends_the_count(folders: list[str]) -> None:
    """With an exhausted budget nothing is counted, and that is reported."""
    spent = budget(0)
    with Measuring(spent, Files()) as processes:
        for folder in folders[4:20]:
            processes.ask(folder)
        assert processes.cost(0) == Cost(complete=False)
    assert spent.spent == "entries"


def test_no_process_is_left(folders: list[str]) -> None:
    """All processes have ended at the end, even with pending answers."""
    with Measuring(budget(), Files()) as processes:
        for folder in folders:
            processes.ask(folder)
    assert processes._processes
    assert all(process.returncode is not None for process in processes._processes)


@pytest.mark.parametrize("alone", [True, False], ids=["alone", "few"])
def test_no_process_is_started(folders: list[str], *, alone: bool) -> None:
    """A few folders, and those of a caller who wants it so, are measured here."""
    some = folders if alone else folders[:7]
    with Measuring(budget(), Files(), alone=alone) as processes:
        for folder in some:
            processes.ask(folder)
        found = [processes.cost(number) for number in range(len(some))]
    assert processes._processes == []
    assert found == [measure(folder, Files(), budget()) for folder in some]
