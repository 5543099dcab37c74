"""Killed before any change to the disk: the next call is right, nothing of the user's is lost."""

from __future__ import annotations

import os
import random
import shutil
import sys
import time
from typing import TYPE_CHECKING

import pytest
from support.faults import hard_cases, kills
from support.hosts.hard_machine import CODE, HardMachine, names, tree

from uvlocal.manage.files.atomic import PREFIX
from uvlocal.shim.machine.host import DRAFT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

if sys.platform != "linux":
    pytest.skip("`strace` is Linux'", allow_module_level=True)

#: The user's own text, which no command may lose.
SETTINGS = "# mine\nmode = 'auto' # stays\n"
RC = "# my own lines\nexport EDITOR=vi\n"


@pytest.fixture(autouse=True)
def _strace() -> None:
    """Skip where strace does not work."""
    if reason := kills.unavailable():
        pytest.skip(reason)


def some(steps: list[str], usual: int) -> list[str]:
    """Return the steps to be killed at: all of them, or `usual` ones in an ordinary run."""
    assert len(steps) > 2, steps
    if hard_cases.ALL or len(steps) <= usual:
        return steps
    return random.Random(hard_cases.SEED).sample(steps, usual)  # noqa: S311 - a test


def drafts(folder: str) -> list[str]:
    """Return the names of files below a folder that were not finished, and not thrown away."""
    found = []
    for _, _, files in os.walk(folder):
        found += [name for name in files if name.startswith(".new-") or name[-1:].isdigit()]
    return [name for name in found if "." in name.lstrip(".") or name.startswith(".new-")]


def _clean(machine: HardMachine) -> None:
    """Forget every call."""
    for folder in (machine.store, machine.cache):
        shutil.rmtree(folder, ignore_errors=True)


def _decisions_only(machine: HardMachine) -> None:
    """Let all be settled but the recorded decisions and the bytecode."""
    shutil.rmtree(os.path.join(machine.cache, "decisions"), ignore_errors=True)
    for name in names(machine.cache):
        if name.startswith("code-"):
            os.unlink(os.path.join(machine.cache, name))


@pytest.mark.parametrize(
    ("prepare", "usual"),
    [
        pytest.param(_clean, 30, id="first-call"),
        pytest.param(_decisions_only, 20, id="call-that-is-recorded"),
    ],
)
def test_a_call(machine: HardMachine, prepare: Callable[[HardMachine], None], usual: int) -> None:
    """After a call that was killed anywhere the next is right, and there is one record."""
    machine.call("sync")
    machine.call("sync")
    _await_settled()
    prepare(machine)
    before = tree(machine.dropbox)
    steps = kills.steps(machine, machine.command("sync"))
    killed = []
    for step in some(steps, usual):
        prepare(machine)
        killed.append(kills.kill(machine, step, machine.command("sync")))
        if not killed[-1]:
            continue
        for words in (("sync",), ("run", "x"), ("run", "x")):
            said = machine.call(*words)
            assert machine.is_right(said, *words), (step, said)
        records = [name for name in machine.records() if not name.startswith(".new-")]
        assert records == [f"{os.path.basename(machine.expected)}.toml"], step
        assert len(drafts(machine.store)) + len(drafts(machine.cache)) <= 1, step
        assert tree(machine.dropbox) == before, step
    assert kills.most(killed)


def _await_settled() -> None:
    """Wait until what was written is old enough for a decision to be recorded."""
    time.sleep(2.2)  # waits for the clock


@pytest.mark.parametrize("old", ["none", "another-machines"])
@pytest.mark.parametrize("kind", ["symlink", "file"])
def test_a_pointer(machine: HardMachine, kind: str, old: str) -> None:
    """Killed while it makes or fixes a pointer, a call leaves none, the old or a whole one.

    What else it leaves the next call takes away, and the pointer is right.
    """
    machine.write("home/.config/uvlocal/uvlocal.toml", f'pointer = "{kind}"\n')
    before = tree(machine.dropbox)
    pointer, elsewhere = os.path.join(machine.project, ".venv"), "/far/uvlocal/envs/foo-0123456789"

    def clean() -> None:
        _clean(machine)
        if os.path.lexists(pointer):
            os.unlink(pointer)
        if old != "none":
            os.symlink(elsewhere, pointer)

    def says() -> str:
        if os.path.islink(pointer):
            return os.readlink(pointer)
        with open(pointer, encoding="utf-8") as file:
            return file.read()

    clean()
    steps = kills.steps(machine, machine.command("sync"))
    right = says()
    assert os.path.realpath(os.path.join(machine.project, right.strip())) == machine.expected
    killed = []
    for step in some(steps, 8):
        clean()
        killed.append(kills.kill(machine, step, machine.command("sync")))
        now = tree(machine.dropbox)
        if (kind, old) != ("symlink", "none"):  # that one is made in one step
            now.pop(f"foo/.venv{DRAFT}", None)
        if now.pop("foo/.venv", None) is not None:
            assert says() in (right, elsewhere), step
        assert now == before, step
        for _ in range(2):
            assert machine.is_right(machine.call("sync"), "sync"), step
        now = tree(machine.dropbox)
        assert now.pop("foo/.venv")
        assert now == before, step
        assert says() == right, step
    assert kills.most(killed)


def _uvlocal(*words: str) -> list[str]:
    return [sys.executable, "-m", "uvlocal", *words]


WRITES = [
    pytest.param(
        ("config", "set", "mode", "never"),
        "home/.config/uvlocal/uvlocal.toml",
        SETTINGS,
        "mine",
        id="config-set",
    ),
    pytest.param(
        ("config", "set", "--project", "mode", "never"),
        "home/Dropbox/foo/pyproject.toml",
        "# mine\n[project]\nname = 'foo'\nversion = '1'\n",
        "mine",
        id="config-set-in-the-project",
    ),
]


@pytest.mark.parametrize(("words", "name", "content", "kept"), WRITES)
def test_a_command_that_changes_a_file(
    machine: HardMachine, words: tuple[str, ...], name: str, content: str, kept: str
) -> None:
    """A file of the user's is the old one or the new one, whole; the command then finishes.

    Nothing is left beside it.
    """
    machine.call("sync")
    path = machine.write(name, content)
    command = _uvlocal(*words)
    steps = kills.steps(machine, command)
    with open(path, encoding="utf-8") as file:
        changed = file.read()
    assert kept in changed
    assert changed != content
    killed = []
    for step in some(steps, 4):
        machine.write(name, content)
        killed.append(kills.kill(machine, step, command))
        with open(path, encoding="utf-8") as file:
            assert file.read() in (content, changed), step
        assert machine.call("run", "x").came_through, step
        assert machine.uvlocal(*words, cwd=machine.project).code == 0, step
        with open(path, encoding="utf-8") as file:
            assert file.read() == changed, step
        beside = [name for name in names(os.path.dirname(path)) if name.startswith(PREFIX)]
        assert not beside, step
    assert kills.most(killed)


class Installing:
    """A user without uvlocal, who installs it."""

    def __init__(self, root: str) -> None:
        self.machine = HardMachine(root)
        shutil.rmtree(self.machine.path("shims"))
        self.rc = self.machine.write("home/.bashrc", RC)
        self.shims = self.machine.path("home/shims")
        self.machine.environ["PATH"] = os.pathsep.join(
            (self.shims, self.machine.path("bin"), "/usr/bin", "/bin")
        )
        self.machine.environ["SHELL"] = "/bin/bash"
        self.before = tree(self.machine.home)
        self.install = _uvlocal("install", "--shim-dir", self.shims, "--yes", "--shell", "bash")
        self.uninstall = _uvlocal("uninstall", "--yes")

    def check(self, step: str) -> None:
        """Make sure that uv works, and that the user's file is whole."""
        said = self.machine.start("sh", "-c", "uv run x")
        out, _ = said.communicate(timeout=60)
        assert said.returncode == CODE, step
        assert out in ("|run x\n", f"{self.machine.expected}|run x\n"), step
        with open(self.rc, encoding="utf-8") as file:
            assert file.read().startswith(RC), step
        assert tree(self.machine.dropbox) == self.projects, step

    @property
    def projects(self) -> dict[str, tuple[int, bytes]]:
        """What is in Dropbox, from the beginning."""
        name = os.path.basename(self.machine.dropbox) + os.sep
        below = {path.removeprefix(name): entry for path, entry in self.before.items()}
        return {path: below[path] for path in below if path.startswith("foo")}

    def finish(self, step: str) -> None:
        """Run both commands to their ends; nothing of ours is left, and all of the user's."""
        out, err = "", ""
        for command in (self.install, self.uninstall):
            process = self.machine.start(*command)
            out, err = process.communicate(timeout=60)
            assert process.returncode == 0, (step, out, err)
        left = tree(self.machine.home)
        missing = {path: entry for path, entry in self.before.items() if left.get(path) != entry}
        assert not missing, step
        # The store stays, with the records and the lock of those who write them.
        stays = ("/records/", "/uvlocal/.lock")
        new = [
            path for path in left.keys() - self.before.keys() if not any(s in path for s in stays)
        ]
        ours = [path for path in new if os.path.isfile(self.machine.path(f"home/{path}"))]
        assert not ours, (step, out, err)
        assert not os.path.exists(os.path.join(self.shims, "uv")), step


@pytest.mark.parametrize("which", ["install", "uninstall"])
def test_installing(tmp_path: Path, which: str) -> None:
    """Killed while it installs or uninstalls: uv works, and both can be finished."""
    user = Installing(str(tmp_path / "machine"))
    command = user.install if which == "install" else user.uninstall
    if which == "uninstall":
        user.machine.start(*user.install).communicate(timeout=60)
    steps = kills.steps(user.machine, command)
    user.finish("before")
    killed = []
    for step in some(steps, 4):
        if which == "uninstall":
            user.machine.start(*user.install).communicate(timeout=60)
        killed.append(kills.kill(user.machine, step, command))
        user.check(step)
        user.finish(step)
    assert kills.most(killed)
