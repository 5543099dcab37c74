"""Two machines share a project by a real sync client: no part of an environment is synced."""

from __future__ import annotations

import json
import os
import random
import shutil
import sys
from typing import TYPE_CHECKING

import pytest
from support.faults import hard_cases
from support.hosts import two_machines
from support.hosts.fakes import FakeSystem
from support.hosts.two_machines import Pair, Syncthing, Unison
from support.programs.counted_python import CountedPython

from uvlocal.shim.call import Call
from uvlocal.shim.machine.paths import comparable, contains

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from support.hosts.two_machines import Client

needs_processes = pytest.mark.skipif(sys.platform == "win32", reason="ends processes as Unix does")

#: The possible turns: uv's arguments, and whether the project's command must say hello.
TURNS = (
    ("run", "foo"),
    ("sync",),
    ("lock",),
    ("run", "--no-sync", "foo"),
    ("add", "iniconfig"),
    ("remove", "iniconfig"),
    ("tree",),
)


@pytest.fixture(params=["unison", "syncthing"])
def pair(
    request: pytest.FixtureRequest, tmp_path: Path, newest_uv: str, uv_caches: Path
) -> Iterator[Pair]:
    """Return two machines with each sync client."""
    if shutil.which(request.param) is None:
        pytest.skip(f"`{request.param}` is not installed")
    client: Client = Unison() if request.param == "unison" else Syncthing()
    with Pair(tmp_path, newest_uv, uv_caches, client) as both:
        yield both


@needs_processes
def test_many_turns(pair: Pair) -> None:
    """In turns and simultaneously on both machines: no failure, no conflict, nothing is synced."""
    numbers = random.Random(hard_cases.SEED)  # noqa: S311 - a test
    counted = [CountedPython(world) for world in pair.worlds]
    for world in pair.worlds:
        world.uv("sync", cwd=os.path.join(world.dropbox, "foo")).ok()
        pair.client.settle()
    first = pair.made()
    for turn in range(hard_cases.count(4, 30)):
        world, words = pair.worlds[turn % 2], numbers.choice(TURNS)
        has = "iniconfig" in world.plain("tree", "--frozen", cwd=f"{world.dropbox}/foo").ok().out
        if words[0] in ("add", "remove"):
            words = ("remove" if has else "add", "iniconfig")
        world.uv(*words, cwd=os.path.join(world.dropbox, "foo")).ok()
        pair.client.settle()
        assert two_machines.same(*pair.worlds)
    for world, count in zip(pair.worlds, counted, strict=True):
        count.wait_for_recall("run", "--no-sync", "foo", cwd=f"{world.dropbox}/foo")
    for _ in range(hard_cases.count(2, 15)):
        words = numbers.choice((("run", "foo"), ("sync",), ("run", "--no-sync", "foo")))
        running = [pair.start(world, *words) for world in pair.worlds for _ in range(2)]
        pair.client.settle()
        for process in running:
            out, err = process.communicate(timeout=two_machines.PATIENCE)
            assert process.returncode == 0, err
            assert out == ("hello from foo\n" if words[0] == "run" else "")
    pair.client.settle()
    assert two_machines.same(*pair.worlds)
    assert pair.crossed() == []
    assert pair.made() == first, "an environment was made anew"
    (here, python, _), (there, other, _) = first
    assert here == there, "the name is not the same on both machines"
    if two_machines.pythons()[1] != sys.executable:
        assert python != other, "both machines run one Python"


@needs_processes
def test_without_uvlocal_environments_cross(
    tmp_path: Path, newest_uv: str, uv_caches: Path
) -> None:
    """The counter-check: with uv alone the environment is synced, and breaks."""
    if shutil.which("unison") is None:
        pytest.skip("`unison` is not installed")
    with Pair(tmp_path, newest_uv, uv_caches, Unison()) as pair:
        here, there = pair.worlds
        here.plain("sync", cwd=os.path.join(here.dropbox, "foo")).ok()
        pair.client.settle()
        assert len(pair.crossed()) > 20
        script = os.path.join(there.dropbox, "foo", ".venv", "bin", "foo")
        with open(script, "rb") as file:
            assert os.fsencode(here.dropbox) in file.read(), "a script of another machine's path"
        python = os.path.join(".venv", "bin", "python")
        before = os.readlink(os.path.join(here.dropbox, "foo", python))
        words = ("sync", "--python", two_machines.pythons()[1])
        there.plain(*words, cwd=os.path.join(there.dropbox, "foo")).ok()
        pair.client.settle()
        assert os.readlink(os.path.join(here.dropbox, "foo", python)) != before


# -- the rules of other systems ----------------------------------------------------------------

PROJECT = b'[project]\nname = "foo"\nversion = "1"\n'
DISK = "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n"
#: A Windows drive as WSL 2 mounts it.
DRIVE = "2 1 0:50 / /mnt/c rw - 9p C:\\134 rw,dirsync,aname=drvfs;path=C:\\;uid=1000\n"


def machine(platform: str, home: str, root: str, dropbox: str = "") -> FakeSystem:
    """Return a machine of that system with a project at `root`, and Dropbox at `dropbox`."""
    environ, info = {}, f"{home}/.dropbox/info.json"
    if platform == "win32":
        environ = {"LOCALAPPDATA": rf"{home}\AppData\Local", "APPDATA": rf"{home}\AppData\Roaming"}
        info = rf"{home}\AppData\Local\Dropbox\info.json"
    separator = "\\" if platform == "win32" else "/"
    files: dict[str, object] = {f"{root}{separator}pyproject.toml": PROJECT}
    if dropbox:
        files |= {info: json.dumps({"personal": {"path": dropbox}}).encode(), dropbox: None}
    system = FakeSystem(files, platform=platform, home=home, environ=environ, cwd=root)
    system.mount_text = DISK + DRIVE
    system.devices = {"/mnt/c": 50}
    return system


def kept(system: FakeSystem) -> str:
    """Return where the environment of the project in the current directory is kept."""
    return Call(["sync"], system).settle().environment


def linux() -> FakeSystem:
    """Return a Linux machine that shares the project by Dropbox."""
    return machine("linux", "/home/me", "/home/me/Dropbox/code/foo", "/home/me/Dropbox")


def other_linux() -> FakeSystem:
    """Return one on which the user has another name."""
    return machine(
        "linux", "/srv/people/you", "/srv/people/you/Dropbox/code/foo", "/srv/people/you/Dropbox"
    )


def macos() -> FakeSystem:
    """Return a Mac likewise."""
    return machine("darwin", "/Users/me", "/Users/me/Dropbox/code/foo", "/Users/me/Dropbox")


def windows() -> FakeSystem:
    """Return a Windows machine likewise."""
    return machine("win32", r"C:\Users\me", r"C:\Users\me\Dropbox\code\foo", r"C:\Users\me\Dropbox")


def wsl() -> FakeSystem:
    """Return WSL on that Windows machine."""
    return machine("linux", "/home/me", "/mnt/c/Users/me/Dropbox/code/foo")


SYSTEMS = [linux, other_linux, macos, windows]


@pytest.mark.parametrize("make", [*SYSTEMS, wsl])
def test_the_store_is_never_in_the_shared_folder(make: Callable[[], FakeSystem]) -> None:
    """By the rules of each system the environment is kept outside the shared folder."""
    system = make()
    environment = kept(system)
    shared = system.path.dirname(system.path.dirname(system.cwd))
    assert environment
    assert not contains(comparable(shared, system), comparable(environment, system), system)


def test_the_name_is_the_same_on_each_system() -> None:
    """The environment of a folder below the home has the same name on every machine."""
    systems = [make() for make in SYSTEMS]
    assert len({system.path.basename(kept(system)) for system in systems}) == 1


@pytest.mark.parametrize(
    ("root", "dropbox"),
    [
        pytest.param(r"C:\Users\me\Dropbox\code\foo", r"C:\Users\me\Dropbox", id="synced"),
        pytest.param(r"C:\code\foo", "", id="local"),
    ],
)
def test_wsl_and_windows_never_share_an_environment(root: str, dropbox: str) -> None:
    """In one folder at most one of the two uses its `.venv`: Windows, which owns the disk."""
    here = kept(machine("win32", r"C:\Users\me", root, dropbox))
    there = kept(machine("linux", "/home/me", "/mnt/c" + root[2:].replace("\\", "/")))
    assert there.startswith("/home/me/.local/share/uvlocal/envs/foo-")
    assert bool(here) == bool(dropbox)
    assert not here or here.startswith(r"C:\Users\me\AppData\Local\uvlocal\envs\foo-")
