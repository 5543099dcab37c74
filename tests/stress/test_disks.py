"""A disk that is full, cannot be written, or is gone: uv runs, and the next call is right."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
from typing import TYPE_CHECKING

import pytest
from support.faults import hard_cases
from support.hosts.hard_machine import CODE, names, tree

if sys.platform != "linux":
    pytest.skip("the mounts of these tests are Linux'", allow_module_level=True)

from support.tools.real_mounts import Unavailable

if TYPE_CHECKING:
    from support.hosts.hard_machine import HardMachine, Said
    from support.tools.real_mounts import Mounts

#: One page of memory, which is the smallest piece of a tmpfs, in bytes.
PAGE = 4096
#: How much room is left, in pages.
ROOM = list(range(hard_cases.count(6, 120)))

FOLDERS = {"store": "home/.local/share/uvlocal", "cache": "home/.cache/uvlocal"}


def mount(machine: HardMachine, mounts: Mounts, name: str, options: str) -> str:
    """Mount an empty disk of memory over a folder of the machine; return its path."""
    path = machine.path(name)
    os.makedirs(path, exist_ok=True)
    try:
        mounts.run("mount", "-t", "tmpfs", "-o", f"mode=700,{options}", "tmpfs", path)
    except Unavailable as reason:
        pytest.skip(str(reason))
    return mounts.await_mount(path)


def empty(folder: str) -> None:
    """Remove what is in a folder."""
    for name in names(folder):
        path = os.path.join(folder, name)
        shutil.rmtree(path) if os.path.isdir(path) else os.unlink(path)


def fill(folder: str, pages: int) -> str:
    """Leave so much room on a disk; return the file that takes the rest."""
    path = os.path.join(folder, "ballast")
    with open(path, "wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * PAGE)
        except OSError:
            os.truncate(path, max(0, os.path.getsize(path) - pages * PAGE))
    return path


def check_right(machine: HardMachine, when: object) -> None:
    """Make sure that calls are right, and that there is one record and nothing unfinished."""
    for words in (("sync",), ("run", "x"), ("run", "x")):
        said = machine.call(*words)
        assert machine.is_right(said, *words), (when, said)
    assert machine.records() == [f"{os.path.basename(machine.expected)}.toml"], when
    left = [*names(machine.cache), *names(os.path.join(machine.cache, "decisions"))]
    assert not [name for name in left if "." in name], (when, left)


def check_came_through(machine: HardMachine, said: Said, when: object) -> None:
    """Make sure that uv was started, in its environment or unchanged, with little talk."""
    assert said.came_through, (when, said)
    assert said.environment in ("", machine.expected), (when, said)
    assert len(said.lines) <= 1, (when, said)


@pytest.mark.parametrize("which", list(FOLDERS))
def test_full(machine: HardMachine, mounts: Mounts, which: str) -> None:
    """With any amount of room left uv runs; once there is room the next call is right."""
    folder = mount(machine, mounts, FOLDERS[which], "size=512k")
    before = tree(machine.dropbox)
    for pages in ROOM:
        empty(folder)
        ballast = fill(folder, pages)
        for _ in range(2):
            check_came_through(machine, machine.call("sync"), pages)
        os.unlink(ballast)
        # Where the store took nothing, uv ran unchanged and made its own environment.
        shutil.rmtree(os.path.join(machine.project, ".venv"), ignore_errors=True)
        check_right(machine, pages)
        assert tree(machine.dropbox) == before


@pytest.mark.parametrize("which", list(FOLDERS))
def test_without_inodes(machine: HardMachine, mounts: Mounts, which: str) -> None:
    """On a disk that holds no more files uv runs; once it does the next call is right."""
    folder = mount(machine, mounts, FOLDERS[which], "nr_inodes=40")
    for left in range(hard_cases.count(5, 20)):
        empty(folder)
        made: list[str] = []
        with contextlib.suppress(OSError):
            while True:
                path = os.path.join(folder, f"ballast{len(made)}")
                os.mkdir(path)
                made.append(path)
        assert len(made) > left
        for path in made[:left]:
            os.rmdir(path)
        check_came_through(machine, machine.call("sync"), left)
        for path in made[left:]:
            os.rmdir(path)
        check_right(machine, left)


def test_full_with_a_pointer(machine: HardMachine, mounts: Mounts) -> None:
    """On a full disk no part of a redirect file is left in the project."""
    folder = mount(machine, mounts, "home/Dropbox", "size=64k")
    machine.add_project("home/Dropbox/foo")
    machine.write("home/.config/uvlocal/uvlocal.toml", 'pointer = "file"\n')
    ballast = fill(folder, 0)
    before = tree(machine.project)
    said = machine.call("sync")
    assert machine.is_right(said, "sync"), said
    assert tree(machine.project) == before
    os.unlink(ballast)
    assert machine.is_right(machine.call("sync"), "sync")
    with open(os.path.join(machine.project, ".venv"), encoding="utf-8") as file:
        target = os.path.join(machine.project, file.read().strip())
    assert os.path.realpath(target) == machine.expected


@pytest.mark.parametrize(
    ("words", "name", "content"),
    [
        pytest.param(
            ("config", "set", "mode", "never"),
            "home/.config/uvlocal/uvlocal.toml",
            "# mine\n" * 1000,
            id="config",
        ),
        pytest.param(
            ("install", "--yes", "--shell", "bash", "--shim-dir", "{root}/other"),
            "home/.bashrc",
            "# mine\n" * 1000,
            id="install",
        ),
    ],
)
def test_a_command_on_a_full_disk(
    machine: HardMachine, mounts: Mounts, words: tuple[str, ...], name: str, content: str
) -> None:
    """A command that finds no room says so, and every file is as it was, or whole."""
    folder = mount(machine, mounts, os.path.dirname(os.path.dirname(name)) or "home", "size=256k")
    machine.add_project("home/Dropbox/foo")
    machine.write("home/.dropbox/info.json", f'{{"personal": {{"path": "{machine.dropbox}"}}}}')
    path = machine.write(name, content)
    machine.call("sync")
    words = tuple(word.format(root=machine.root) for word in words)
    ballast = fill(folder, 0)
    before = tree(machine.home)
    said = machine.uvlocal(*words, cwd=machine.project)
    assert said.code != 0, said
    assert "Traceback" not in said.err
    # A line at the end of a file may have found room where a new file did not.
    changed = {
        name: entry for name, entry in tree(machine.home).items() if before.get(name) != entry
    }
    assert [name for name, (_, text) in changed.items() if b"added by uvlocal" not in text] == []
    os.unlink(ballast)
    said = machine.uvlocal(*words, cwd=machine.project)
    assert said.code == 0, said
    with open(path, encoding="utf-8") as file:
        assert file.read() != content


@pytest.mark.parametrize("when", ["first-call", "later-call"])
@pytest.mark.parametrize("which", [*FOLDERS, "home"])
def test_read_only(machine: HardMachine, mounts: Mounts, which: str, when: str) -> None:
    """If nothing can be written uv runs, in an environment that is there; then all is right."""
    name = FOLDERS.get(which, which)
    machine.environ["UVLOCAL_STORE"] = machine.store
    if which == "home":
        machine.project = machine.path("project")
        machine.write("project/pyproject.toml", "[project]\nname = 'x'\nversion = '1'\n")
        machine.environ["UVLOCAL_MODE"] = "always"
    folder = mount(machine, mounts, name, "size=8m")
    if when == "later-call":
        machine.call("sync")
    before = tree(folder)
    mounts.run("mount", "-o", "remount,ro", folder)
    for _ in range(2):
        said = machine.call("sync")
        check_came_through(machine, said, which)
        if which == "cache" or when == "later-call":
            assert machine.is_right(said, "sync")
    assert tree(folder) == before
    mounts.run("mount", "-o", "remount,rw", folder)
    check_right(machine, which)


def test_unmounted(machine: HardMachine, mounts: Mounts) -> None:
    """With the store's disk gone, and back again, uv runs, and finds its environment again."""
    folder = mount(machine, mounts, "disk", "size=8m")
    machine.store = machine.environ["UVLOCAL_STORE"] = os.path.join(folder, "store")
    check_right(machine, "before")
    kept = tree(machine.store)
    aside = machine.path("aside")
    os.mkdir(aside)
    try:
        mounts.run("mount", "--move", folder, aside)
    except Unavailable as reason:
        pytest.skip(str(reason))
    mounts.await_mount(aside)
    check_came_through(machine, machine.call("run", "x"), "gone")
    check_came_through(machine, machine.call("sync"), "gone")
    listed = machine.uvlocal("list", cwd=machine.home)
    assert listed.code in (0, 1), listed
    shutil.rmtree(os.path.join(folder, "store"), ignore_errors=True)
    mounts.run("mount", "--move", aside, folder)
    assert tree(machine.store) == kept
    check_right(machine, "after")


YEARS = [pytest.param(0, id="1970"), pytest.param(4102444800, id="2100")]


@pytest.mark.parametrize("seconds", YEARS)
def test_clocks(machine: HardMachine, seconds: int) -> None:
    """Whatever time files claim to be of, calls are right, and a change is noticed."""
    check_right(machine, "before")
    for folder in (machine.store, machine.cache, machine.dropbox, machine.path("shims")):
        for above, _, files in os.walk(folder):
            for name in (*files, "."):
                os.utime(os.path.join(above, name), (seconds, seconds))
    check_right(machine, seconds)
    path = os.path.join(machine.project, "pyproject.toml")
    with open(path, "a", encoding="utf-8") as file:
        file.write('[tool.uvlocal]\nmode = "never"\n')
    os.utime(path, (seconds, seconds))
    said = machine.call("run", "x")
    assert (said.code, said.out) == (CODE, "|run x\n")
