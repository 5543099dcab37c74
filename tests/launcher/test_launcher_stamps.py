"""The launcher accepts a recorded input exactly as long as it matches Python's stamp."""

from __future__ import annotations

import os
import random
import stat
import sys
from typing import TYPE_CHECKING

import pytest
from support.compare import recorded
from support.faults.edits import rewrite, write
from support.hosts.recorded_machines import answer, lay, record_for

from uvlocal.shim.recall.recording_host import RecordingSystem, summed

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.hosts.launchers import Machine

if sys.platform == "win32":
    pytest.skip("of POSIX; Windows has test_recall_on_windows", allow_module_level=True)


@pytest.fixture
def machine(recalling_machine: Machine) -> Machine:
    """Return a machine whose launcher has a place for recorded decisions."""
    return recalling_machine


def _holds(machine: Machine, *inputs: tuple[str, str]) -> bool:
    found = record_for(machine, b"sync")
    found.inputs = list(inputs)
    lay(machine, found)
    holds = answer(machine, b"sync") == "uv"
    assert holds == recorded.holds(found.inputs)
    return holds


def _turn_into_link(path: str) -> None:
    os.rmdir(path)
    os.symlink("other", path)


def _write_marked(path: str) -> None:
    write(path)
    if sys.platform == "linux":
        os.setxattr(path, "user.x", b"")


def _ask(machine: Machine, ask: Callable[[RecordingSystem], object]) -> list[tuple[str, str]]:
    system = RecordingSystem(environ={}, cwd=machine.root, home=machine.root)
    ask(system)
    assert system.complete
    return [(stamp, path) for (_, path), stamp in system.inputs.items()]


Act = "Callable[[str], object]"

STAMPS = [
    pytest.param(
        lambda s, p: s.stat(f"{p}/file"), lambda p: rewrite(f"{p}/file", "y"), id="s-content"
    ),
    pytest.param(lambda s, p: s.stat(f"{p}/file"), lambda p: os.unlink(f"{p}/file"), id="s-gone"),
    pytest.param(
        lambda s, p: s.lstat(f"{p}/file"), lambda p: os.chmod(f"{p}/file", 0o600), id="l-mode"
    ),
    pytest.param(
        lambda s, p: s.stat(f"{p}/folder"), lambda p: os.chmod(f"{p}/folder", 0o700), id="d-mode"
    ),
    pytest.param(
        lambda s, p: s.lstat(f"{p}/folder"),
        lambda p: _turn_into_link(f"{p}/folder"),
        id="k-became-a-link",
    ),
    pytest.param(lambda s, p: s.stat(f"{p}/none"), lambda p: write(f"{p}/none"), id="a-came"),
    pytest.param(lambda s, p: s.lstat(f"{p}/none/x"), lambda p: write(f"{p}/none/x"), id="A-came"),
    pytest.param(lambda s, p: s.exists(f"{p}/file"), lambda p: os.unlink(f"{p}/file"), id="e-gone"),
    pytest.param(
        lambda s, p: s.listdir(f"{p}/folder"), lambda p: write(f"{p}/folder/x"), id="s-of-a-folder"
    ),
    pytest.param(
        lambda s, p: s.can_write(f"{p}/none"), lambda p: os.mkdir(f"{p}/none"), id="w-may-not"
    ),
    pytest.param(
        lambda s, p: s.can_write(f"{p}/folder"), lambda p: os.rmdir(f"{p}/folder"), id="w-may"
    ),
    pytest.param(
        lambda s, p: s.can_change(f"{p}/none"), lambda p: write(f"{p}/none"), id="o-may-not"
    ),
    pytest.param(
        lambda s, p: s.can_change(f"{p}/file"), lambda p: os.unlink(f"{p}/file"), id="o-may"
    ),
    pytest.param(
        lambda s, p: s.can_start(f"{p}/file"), lambda p: os.chmod(f"{p}/file", 0o700), id="p"
    ),
]
if sys.platform == "linux":
    STAMPS += [
        pytest.param(
            lambda s, p: s.attribute(f"{p}/file", "user.x"),
            lambda p: os.setxattr(f"{p}/file", "user.x", b"1"),
            id="x-came",
        ),
        pytest.param(
            lambda s, p: s.attribute(f"{p}/none", "user.x"),
            lambda p: _write_marked(f"{p}/none"),
            id="x-came-with-its-file",
        ),
        pytest.param(
            lambda s, p: s.attribute(f"{p}/marked", "user.x"),
            lambda p: os.setxattr(f"{p}/marked", "user.x", b"\xff\x00b"),
            id="x-other-value",
        ),
        pytest.param(
            lambda s, p: s.attribute(f"{p}/marked", "user.x"),
            lambda p: os.removexattr(f"{p}/marked", "user.x"),
            id="x-gone",
        ),
    ]


@pytest.mark.parametrize(("ask", "change"), STAMPS)
def test_a_stamp_is_the_same_in_c(
    machine: Machine,
    ask: Callable[[RecordingSystem, str], object],
    change: Callable[[str], object],
) -> None:
    """The launcher accepts what Python stamped, until it changes."""
    root = machine.path("world")
    write(f"{root}/file")
    os.mkdir(f"{root}/folder")
    os.mkdir(f"{root}/other")
    write(f"{root}/marked")
    if sys.platform == "linux":
        os.setxattr(f"{root}/marked", "user.x", b"\xff\x00a")
    inputs = _ask(machine, lambda system: ask(system, root))
    assert _holds(machine, *inputs)
    change(root)
    assert not _holds(machine, *inputs)


def test_the_flag_of_macos(machine: Machine) -> None:
    """On other systems nothing has the flag: only a record that says so is accepted."""
    path = machine.path("file")
    write(path)
    assert _holds(machine, ("f0", path), ("f0", machine.path("none")))
    assert not _holds(machine, ("f1", machine.path("none")))
    if sys.platform == "darwin":
        os.lchflags(path, stat.UF_HIDDEN)
        assert _holds(machine, ("f1", path))
    assert _holds(machine, ("f0", path)) is (sys.platform != "darwin")


def test_what_may_be_changed_is_a_file(machine: Machine) -> None:
    """Neither Python nor the launcher opens a FIFO, even one that has a reader."""
    path = machine.path("pipe")
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        assert _ask(machine, lambda system: system.can_change(path)) == [("o0", path)]
        assert _holds(machine, ("o0", path))
    finally:
        os.close(reader)


@pytest.mark.parametrize(
    ("recorded_value", "now", "holds"),
    [
        pytest.param("/scratch/é", "/scratch/é", True, id="same"),
        pytest.param("/scratch/a", "/scratch/b", False, id="other"),
        pytest.param("/scratch", "/scratch/b", False, id="longer"),
        pytest.param("/scratch", None, False, id="gone"),
        pytest.param("", "/scratch", False, id="came"),
        pytest.param("", None, True, id="still-absent"),
    ],
)
def test_a_variable_that_a_setting_names(
    machine: Machine, recorded_value: str, now: str | None, *, holds: bool
) -> None:
    """A variable is accepted as long as its value is unchanged."""
    system = RecordingSystem(environ={"SCRATCH": recorded_value}, cwd="/", home="/")
    assert system.variable("SCRATCH") == recorded_value
    found = record_for(machine, b"sync")
    found.inputs = [(stamp, name) for (_, name), stamp in system.inputs.items()]
    lay(machine, found)
    machine.set("SCRATCH", now)
    assert (answer(machine, b"sync") == "uv") is holds


@pytest.mark.parametrize("size", [0, 1, 7, 8, 8191, 8192, 8193, 100_000, 1 << 20])
def test_sums_of_content_are_the_same_in_c(machine: Machine, size: int) -> None:
    """A checksum is the same on both sides, whatever the size; a changed byte changes it."""
    path = machine.path("content")
    data = bytearray(random.Random(size).randbytes(size))  # noqa: S311 - an example
    stamp = "r" + summed(bytes(data))
    machine.put("content", bytes(data))
    assert _holds(machine, (stamp, path))
    if data:
        data[len(data) // 2] ^= 0x80
        machine.put("content", bytes(data))
        assert not _holds(machine, (stamp, path))
    os.unlink(path)
    os.mkfifo(path)
    assert answer(machine, b"sync") == "python"


@pytest.mark.skipif(sys.platform != "linux", reason="the mount table is Linux'")
def test_the_mount_table_is_an_input(machine: Machine) -> None:
    """Its sum is the same on both sides as long as nothing is mounted."""
    inputs = _ask(machine, RecordingSystem.mount_table)
    if inputs != _ask(machine, RecordingSystem.mount_table):
        pytest.skip("something is mounted just now")
    assert _holds(machine, *inputs)
    assert answer(machine, b"sync") == "uv"


def test_links_say_where_they_lead(machine: Machine) -> None:
    """The complete text of a link is compared, with any bytes."""
    path, target = machine.path("link"), os.fsdecode(b"../\xff \n" + b"x" * 3000)
    os.symlink(target, path)
    assert _holds(machine, ("t" + target, path))
    assert not _holds(machine, ("t" + target + "x", path))
    assert not _holds(machine, ("t" + target[:-1], path))
    assert not _holds(machine, ("t", machine.path("none")))


WRONG = [
    *("", "s", "z1", "S1:2:3:4:5:6:7", "g1:2:3:4:5:6:7:8", "x", "xname"),
    *(
        "x=",
        "x!",
        "xuser.x=zz",
        "x" + "n" * 300 + "!",
        "r",
        "r1",
        "r1:",
        "r1:2:3",
        "t",
        "n/x",
        "w2",
    ),
    *("s1", "s1:2:3:4:5:6", "s1:2:3:4:5:6:7:8", "s01:2:3:4:5:6:7", "d1:2:3", "k1:2:3:4:5", "s-1:2"),
    *("s" + "9" * 400, "s1:2:3:4:5:6:18446744073709551616", "e1", "a1", "A x", "pp"),
]


@pytest.mark.parametrize("stamp", WRONG)
def test_what_is_no_stamp(machine: Machine, stamp: str) -> None:
    """A wrong or invalid stamp never makes the launcher accept a record."""
    found = record_for(machine, b"sync")
    found.inputs = [(stamp, machine.real), ("e", machine.path("none"))]
    lay(machine, found)
    assert answer(machine, b"sync") == "python"
