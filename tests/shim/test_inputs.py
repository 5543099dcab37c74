"""What a record says of its inputs: fewer checks, from which every input still follows."""

from __future__ import annotations

import os
import random
import shutil
import sys
import time
from typing import TYPE_CHECKING

import pytest
import recorded

from uvlocal.shim import inputs
from uvlocal.shim.recorder import RecordingSystem

if TYPE_CHECKING:
    from pathlib import Path

if sys.platform == "win32":
    pytest.skip("of POSIX; Windows has test_recall_on_windows", allow_module_level=True)

NAMES = ("a", "b", "c", "d/a", "d/b", "d/e/a", "d/e/b", "l/a", "l/b", "n/a", "n/b", "d", "d/e", "l")
#: Content must have changed so long ago, in nanoseconds; more than a step of the clock.
SETTLED = 20_000_000
SEEDS = int(os.environ.get("UVLOCAL_INPUTS_SEEDS", "40"))


def _all(system: RecordingSystem) -> list[tuple[str, str]]:
    return [(stamp, path) for (_, path), stamp in system.inputs.items()]


def _change(root: str, numbers: random.Random) -> None:
    """Make, remove, move or link something."""
    path = os.path.join(root, numbers.choice(NAMES))
    what = numbers.choice(("file", "folder", "link", "dead", "remove", "move"))
    try:
        if what == "move":
            os.rename(path, os.path.join(root, numbers.choice(NAMES)))
            return
        if os.path.isdir(path) and not os.path.islink(path):
            shutil.rmtree(path)
        elif os.path.lexists(path):
            os.unlink(path)
        if what == "file":
            with open(path, "w", encoding="utf-8"):
                pass
        elif what == "folder":
            os.mkdir(path)
        elif what == "link":
            os.symlink(numbers.choice(("d", "../d", "a", "d/e")), path)
        elif what == "dead":
            os.symlink("nowhere", path)
    except OSError:
        pass  # two changes that do not go together


@pytest.mark.parametrize("seed", range(SEEDS))
def test_the_fewer_checks_say_the_same(tmp_path: Path, seed: int) -> None:
    """After random changes the fewer checks hold only where every single one does.

    Only a guard may see more: a folder changed, and nothing that was asked of it; then each
    input behind it is looked at, so that both still agree.
    """
    numbers = random.Random(seed)  # noqa: S311 - the same seed gives the same changes
    root = os.path.realpath(tmp_path)
    for _ in range(10):
        _change(root, numbers)
    end = time.time_ns() + 2 * SETTLED
    while time.time_ns() < end:
        time.sleep(0.005)  # the clock itself is what is waited for
    system = RecordingSystem()
    for _ in range(25):
        ask = numbers.choice(
            (system.stat, system.lstat, system.exists, system.listdir, system.realpath)
        )
        ask(os.path.join(root, numbers.choice(NAMES)))
    if not system.complete:  # a ring of links
        return
    fewer = inputs.fewest(system, system.began - SETTLED)
    assert recorded.holds(fewer)
    for _ in range(6):
        _change(root, numbers)
        assert recorded.holds(fewer) == recorded.holds(_all(system))


def _asked(root: str, *names: str) -> RecordingSystem:
    system = RecordingSystem()
    for name in names:
        system.lstat(os.path.join(root, name))
    return system


def test_a_folder_stands_for_what_is_not_in_it(tmp_path: Path) -> None:
    """Files that are not there are told by the folder, however deep they would be."""
    root = os.path.realpath(tmp_path)
    system = _asked(root, "a", "b", "none/x", "none/y/z")
    fewer = inputs.fewest(system, system.began)
    assert [stamp[:3] for stamp, _ in fewer] == ["g4:", "A", "A", "A", "A"]
    assert fewer[0][1] == root


@pytest.mark.parametrize(
    ("names", "settled"),
    [
        pytest.param(("a", "b"), 0, id="folder changed just now"),
        pytest.param(("a",), None, id="one file is no gain"),
    ],
)
def test_where_a_folder_stands_for_nothing(
    tmp_path: Path, names: tuple[str, ...], settled: int | None
) -> None:
    """A guard is used only where no change can go unseen, and where it saves a check."""
    system = _asked(os.path.realpath(tmp_path), *names)
    fewer = inputs.fewest(system, system.began if settled is None else settled)
    assert [stamp for stamp, _ in fewer] == ["A"] * len(names)


def test_a_dead_link_is_no_missing_name(tmp_path: Path) -> None:
    """What a link leads to can come without any change of the link's folder."""
    root = os.path.realpath(tmp_path)
    os.symlink("../elsewhere", f"{root}/link")
    system = RecordingSystem()
    for name in ("link", "link/x", "link/y"):
        system.stat(f"{root}/{name}")
    fewer = inputs.fewest(system, system.began)
    assert {stamp[0] for stamp, _ in fewer} == {"a"}


def test_guards_need_a_clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder on a file system with an unknown clock stands for nothing."""
    monkeypatch.setattr(inputs, "has_own_clock", lambda _: False)
    system = _asked(os.path.realpath(tmp_path), "a", "b")
    assert len(inputs.fewest(system, system.began)) == 2


def test_what_follows_is_left_out(tmp_path: Path) -> None:
    """What is no link is the same for `stat` and `lstat`, and exists; a link is not."""
    root = os.path.realpath(tmp_path)
    os.mkdir(f"{root}/folder")
    os.symlink("folder", f"{root}/link")
    system = RecordingSystem()
    for name in ("folder", "link", "none"):
        system.lstat(f"{root}/{name}")
        system.stat(f"{root}/{name}")
        system.exists(f"{root}/{name}")
    kinds = [(stamp[0], os.path.basename(path)) for stamp, path in inputs.fewest(system, 0)]
    assert sorted(kinds) == [("A", "none"), ("d", "link"), ("k", "folder"), ("l", "link")]
