"""`confined`, which limits the changes of random tests to one directory."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
from typing import TYPE_CHECKING

import pytest
from support.faults import confined

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Act = Callable[[str], object]

if sys.platform != "linux":
    pytest.skip("the worlds that change at random are Linux'", allow_module_level=True)


def _write(path: str) -> None:
    with open(path, "w", encoding="utf-8"):
        pass


def _remove_below(path: str) -> None:
    descriptor = os.open(os.path.dirname(path), os.O_RDONLY)
    try:
        os.unlink(os.path.basename(path), dir_fd=descriptor)
    finally:
        os.close(descriptor)


#: Changes to an existing file, or beside one.
ACTS = [
    pytest.param(lambda path: _write(path + ".new"), id="make"),
    pytest.param(_write, id="overwrite"),
    pytest.param(os.unlink, id="remove"),
    pytest.param(_remove_below, id="remove-relative-to-a-folder"),
    pytest.param(lambda path: os.mkdir(path + ".new"), id="make-a-folder"),
    pytest.param(lambda path: os.makedirs(path + ".new/a/b"), id="make-folders"),
    pytest.param(lambda path: os.rename(path, path + ".new"), id="rename"),
    pytest.param(lambda path: os.symlink("x", path + ".new"), id="link"),
    pytest.param(lambda path: os.link(path, path + ".new"), id="hard-link"),
    pytest.param(lambda path: os.chmod(path, 0o600), id="mode"),
    pytest.param(lambda path: os.utime(path, (1, 1)), id="time"),
    pytest.param(lambda path: os.setxattr(path, "user.x", b"1"), id="attribute"),
    pytest.param(
        lambda path: shutil.rmtree(os.path.dirname(os.path.realpath(path))), id="remove-a-tree"
    ),
]


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("way", ["plain", "link"])
def test_a_change_elsewhere_is_refused(tmp_path: Path, act: Act, way: str) -> None:
    """A change outside is refused, by its own path or through a symlink."""
    (tmp_path / "inside").mkdir()
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "file").write_text("x")
    (tmp_path / "inside" / "link").symlink_to("../outside")
    path = {"plain": "outside/file", "link": "inside/link/file"}[way]
    with pytest.raises(AssertionError), confined.to(str(tmp_path / "inside")):
        act(str(tmp_path / path))
    assert os.listdir(tmp_path / "outside") == ["file"]
    assert (tmp_path / "outside" / "file").read_text() == "x"


@pytest.mark.parametrize("act", ACTS)
def test_a_change_inside_is_made(tmp_path: Path, act: Act) -> None:
    """Inside everything is allowed, and afterwards everywhere."""
    for name in ("inside", "outside"):
        (tmp_path / name / "folder").mkdir(parents=True)
        (tmp_path / name / "folder" / "file").write_text("x")
    with confined.to(str(tmp_path / "inside")):
        act(str(tmp_path / "inside" / "folder" / "file"))
    act(str(tmp_path / "outside" / "folder" / "file"))


def test_a_refusal_that_nobody_heard(tmp_path: Path) -> None:
    """A refusal that the code caught is reported at the end."""
    with (
        pytest.raises(AssertionError),
        confined.to(str(tmp_path / "inside")),
        contextlib.suppress(AssertionError),
    ):
        os.mkdir(tmp_path / "x")
    assert os.listdir(tmp_path) == []
