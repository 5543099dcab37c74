"""Recorded decisions, end to end: replayed while nothing changed, never when something did."""

from __future__ import annotations

import os
import shutil
import sys
from typing import TYPE_CHECKING

import pytest
from support.programs.counted_python import CountedPython

import uvlocal

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.hosts.worlds import World

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="of POSIX; Windows has test_recall_on_windows"
)

SHOW = ("run", "--no-sync", "printenv", "UV_PROJECT_ENVIRONMENT")


class Recalling:
    """A synced project whose decision is recorded, and a count of how often Python was started."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.project = world.project("home/Dropbox/foo")
        world.uv("sync", cwd=self.project).ok()
        self.python = CountedPython(world)
        self.python.wait_for_recall(*SHOW, cwd=self.project)

    def recalls(self, *arguments: str, env: dict[str, str] | None = None) -> bool:
        """Make a call, and return whether its decision was replayed."""
        return self.python.recalls(*arguments, cwd=self.project, env=env)


@pytest.fixture
def recalling(newest_world: World) -> Recalling:
    """Return a world in which a decision has been recorded."""
    return Recalling(newest_world)


def test_a_recalled_call_is_the_same_call(recalling: Recalling) -> None:
    """uv gets the same environment from the launcher as from Python."""
    world = recalling.world
    recalled = world.uv(*SHOW, cwd=recalling.project).ok()
    decided = world.uv(*SHOW, cwd=recalling.project, env={"UVLOCAL_TRACE": "1"}).ok()
    assert recalled.raw_out == decided.raw_out
    assert recalled.raw_out.startswith(os.path.join(world.store, "envs", "foo-"))
    assert recalled.ours == []


#: The most system calls that a replayed call makes before it becomes uv, without two per folder
#: above the project (is it no link? has it no `pyproject.toml`?), and without one for each of our
#: own files in a source tree (an installed package counts as one). Most of them find nothing: marks
#: of sync clients in the project and above, and their configuration in the home directory.
MOST_CALLS = 150


@pytest.mark.skipif(not shutil.which("strace"), reason="`strace` is not installed")
def test_a_recalled_call_makes_few_system_calls(recalling: Recalling) -> None:
    """There is no fork, no directory is listed, and few files are examined."""
    world, path = recalling.world, recalling.world.path("trace")
    before = recalling.python.starts()
    world.install_shim()
    world.run("strace", "-f", "-o", path, "uv", *SHOW, cwd=recalling.project).ok()
    assert recalling.python.starts() == before
    with open(path, encoding="utf-8", errors="replace") as file:
        calls = [line.split(maxsplit=1)[1] for line in file]
    starts = [at for at, call in enumerate(calls) if call.startswith("execve(")]
    calls = calls[: starts[1] + 1]
    assert f'"{world.real_uv}"' in calls[-1]
    names = [call.partition("(")[0] for call in calls]
    assert not {"clone", "clone3", "fork", "vfork", "getdents", "getdents64"} & set(names)
    source = os.path.dirname(uvlocal.__file__)
    counted = [call for call in calls if f'"{source}' not in call]
    assert len(counted) <= MOST_CALLS + 2 * recalling.project.count("/"), "".join(counted)


def edit_project(world: World) -> None:
    """Opt out in the project's own table."""
    with open(world.path("home/Dropbox/foo/pyproject.toml"), "a", encoding="utf-8") as file:
        file.write('\n[tool.uvlocal]\nmode = "never"\n')


def edit_settings(world: World) -> None:
    """Opt out in the user's settings."""
    world.write("home/.config/uvlocal/uvlocal.toml", 'mode = "never"\n')


def unlink_dropbox(world: World) -> None:
    """Remove Dropbox."""
    os.unlink(world.path("home/.dropbox/info.json"))


def move_dropbox(world: World) -> None:
    """Move Dropbox's folder elsewhere."""
    world.write("home/.dropbox/info.json", f'{{"personal": {{"path": "{world.home}/Elsewhere"}}}}')


def enclose(world: World) -> None:
    """Make the project a member of a workspace above it."""
    table = '[project]\nname = "up"\nversion = "1"\n[tool.uv.workspace]\nmembers = ["foo"]\n'
    world.write("home/Dropbox/pyproject.toml", table)


def put_another_uv_first(world: World) -> None:
    """Put another uv before the real one on PATH."""
    path = world.write("bin/uv", "#!/bin/sh\nexit 3\n")
    os.chmod(path, 0o700)


#: One of each kind for `make test`: what a decision depends on is tried one by one, without uv, in
#: test_recall_scenarios.py, and damage to what is recorded in shims/test_launcher_records.py.
slow = pytest.mark.slow
CHANGES = [
    edit_project,
    pytest.param(edit_settings, marks=slow),
    pytest.param(unlink_dropbox, marks=slow),
    pytest.param(move_dropbox, marks=slow),
    pytest.param(enclose, marks=slow),
    pytest.param(put_another_uv_first, marks=slow),
]


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_noticed(recalling: Recalling, change: Callable[[World], None]) -> None:
    """Whatever a decision depends on changes: the next call decides again."""
    change(recalling.world)
    assert not recalling.recalls(*SHOW)


def test_the_link_to_the_shim_comes_back(recalling: Recalling) -> None:
    """A replayed call does not lose what a nested call needs."""
    [environment] = recalling.world.environments()
    link = os.path.join(environment, "bin", "uv")
    assert os.path.realpath(link) == os.path.join(recalling.world.shim_directory, "uv")
    os.unlink(link)
    assert not recalling.recalls(*SHOW)
    assert os.path.lexists(link)


@pytest.mark.parametrize(
    "env",
    [
        pytest.param({"UVLOCAL_MODE": "never"}, id="ours"),
        pytest.param({"UV_PROJECT_ENVIRONMENT": "{root}/mine"}, id="uvs", marks=slow),
        pytest.param({"XDG_CONFIG_HOME": "{root}/nothing/there"}, id="xdg", marks=slow),
        pytest.param({"VIRTUAL_ENV": "{root}/active"}, id="active", marks=slow),
    ],
)
def test_a_variable_is_noticed(recalling: Recalling, env: dict[str, str]) -> None:
    """With other variables it is a different call."""
    env = {name: value.format(root=recalling.world.root) for name, value in env.items()}
    assert not recalling.recalls(*SHOW, env=env)


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda data: data[:-5], id="cut"),
        pytest.param(lambda data: data + b"x", id="longer", marks=slow),
        pytest.param(
            lambda data: data.replace(b"uvlocal-d", b"uvlocal-x"), id="another-format", marks=slow
        ),
        pytest.param(lambda data: data[:0], id="empty", marks=slow),
        pytest.param(lambda data: b"\0" * len(data), id="zeros", marks=slow),
    ],
)
def test_a_damaged_record_is_a_miss(recalling: Recalling, damage: Callable[[bytes], bytes]) -> None:
    """An incomplete recorded decision is ignored."""
    folder = os.path.join(recalling.world.home, ".cache", "uvlocal", "decisions")
    for name in os.listdir(folder):
        path = os.path.join(folder, name)
        with open(path, "rb") as file:
            data = file.read()
        with open(path, "wb") as file:
            file.write(damage(data))
    assert not recalling.recalls(*SHOW)


@pytest.mark.parametrize(
    "mode", [0o620, pytest.param(0o602, marks=slow), pytest.param(0o666, marks=slow)]
)
def test_a_record_that_others_may_write_is_a_miss(recalling: Recalling, mode: int) -> None:
    """Only a record that nobody else can have written is replayed."""
    folder = os.path.join(recalling.world.home, ".cache", "uvlocal", "decisions")
    for name in os.listdir(folder):
        os.chmod(os.path.join(folder, name), mode)
    assert not recalling.recalls(*SHOW)
