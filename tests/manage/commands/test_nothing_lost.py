"""No sequence of our commands, with any directories, removes or changes a user's file."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from typing import TYPE_CHECKING

import hypothesis
import pytest
from hypothesis import strategies as st
from support.hosts.machines import Machine

from uvlocal.manage.environments import adopt, prune
from uvlocal.manage.errors import UserError
from uvlocal.manage.installation import install, uninstall
from uvlocal.manage.installation.install import Wish
from uvlocal.manage.projects import link
from uvlocal.manage.settings import edit
from uvlocal.shim import contract, prepare

if TYPE_CHECKING:
    from collections.abc import Callable

if sys.platform == "win32":
    pytest.skip("the machines here are POSIX's", allow_module_level=True)

#: Directories below home for the store, the cache, the data and the settings, which may overlap:
#: equal, nested, among the user's files, in our own directories.
FOLDERS = (
    ".cache",
    ".cache/uvlocal",
    ".cache/uvlocal/decisions",
    ".cache/uvlocal/envs",
    ".config/uvlocal",
    ".local/share",
    ".local/share/uvlocal",
    ".local/share/uvlocal/envs",
    ".local/share/uvlocal/shims",
    "link",
    "link/uvlocal",
    "mine",
    "mine/uvlocal",
)
#: The user's files with names similar to ours; each exists in all of these directories.
NAMES = (
    "notes",
    "uv.toml",
    "real/notes",
    "envs/notes",
    "envs/mine/pyvenv.cfg",
    "envs/mine-0123456789/notes",
    "records/notes.toml",
    "records/.new-notes",
    "trash/notes",
    "trash/mine.0123abcd/notes",
    "shims/notes",
    "decisions/notes",
    "pointers/notes",
    "code-of-conduct",
)
PLACES = st.sampled_from(FOLDERS)
VARIABLES = ("UVLOCAL_STORE", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME")
STEPS = (
    "install",
    "install-elsewhere",
    "uninstall",
    "uninstall-all",
    "prune",
    "prune-old",
    "call",
    "call-another",
    "make-anew",
    "move",
    "adopt",
    "link",
    "unlink",
    "set",
    "unset",
)


#: Commands that may remove a live project's environment, or move it.
MAY_TAKE = ("uninstall-all", "prune-old", "make-anew", "move", "adopt", "call")


class Person:
    """A user's machine, their files, and their commands."""

    def __init__(self, root: str, places: dict[str, str], lock: str) -> None:
        self.machine = Machine(root)
        home = self.machine.home
        os.mkdir(os.path.join(home, "linked"))
        os.symlink("linked", os.path.join(home, "link"))
        self.files = [
            self.machine.write(os.path.join(home, folder, name), f"{folder} {name}")
            for folder in FOLDERS
            for name in NAMES
        ]
        if lock:
            self.files.append(self.machine.write(os.path.join(home, lock, ".lock"), "mine"))
        self.files.append(self.machine.write(os.path.join(home, ".bashrc"), "# mine\n"))
        program = self.machine.write(os.path.join(self.machine.root, "bin", "uv"), "#!/bin/sh\n")
        os.chmod(program, 0o755)  # noqa: S103 - a program must be executable
        self.files += [program, os.path.join(home, ".dropbox", "info.json")]
        for variable, folder in places.items():
            self.machine.environ[variable] = os.path.join(home, folder)
        self.machine.environ["SHELL"] = "/bin/bash"
        self.project = self.machine.project("foo")
        self.environments: list[str] = []
        self.files.append(self.machine.project("other/.venv/mine") + "/pyproject.toml")
        self.machine.project("other")
        self.before = {path: self.content(path) for path in self.files}

    @staticmethod
    def content(path: str) -> bytes:
        """Return a file's content, without our own line in a startup file."""
        with open(path, "rb") as file:
            lines = file.read().splitlines(keepends=True)
        return b"".join(line for line in lines if b"# added by uvlocal install" not in line)

    def do(self, step: str) -> None:
        """Run one command; one that fails with a message must not change anything."""
        with contextlib.suppress(UserError):
            self._steps()[step]()

    def _steps(self) -> dict[str, Callable[[], object]]:
        machine = self.machine
        elsewhere = os.path.join(machine.home, "mine")
        return {
            "install": lambda: self._install(None),
            "install-elsewhere": lambda: self._install(elsewhere),
            "uninstall": lambda: self._uninstall(environments=False),
            "uninstall-all": lambda: self._uninstall(environments=True),
            "prune": lambda: self._prune(None),
            "prune-old": lambda: self._prune(0.0),
            "call": lambda: self._call(self.project),
            "call-another": lambda: self._call(os.path.join(machine.dropbox, "other")),
            "make-anew": self._make_anew,
            "move": self._move,
            "adopt": lambda: adopt.adopt(self.project, "", machine.environ, processes=list),
            "link": lambda: link.link(self.project, "symlink", machine.environ),
            "unlink": lambda: link.unlink(self.project, machine.environ),
            "set": lambda: edit.set_value(
                "pointer", "symlink", project=False, system=machine.system()
            ),
            "unset": lambda: edit.unset("pointer", project=False, system=machine.system()),
        }

    def _install(self, folder: str | None) -> None:
        install.perform(install.plan(Wish(folder), self.machine.system()))

    def _uninstall(self, *, environments: bool) -> None:
        system = self.machine.system()
        todo = uninstall.plan(None, system, environments=environments, processes=list)
        uninstall.perform(todo, processes=list)

    def _prune(self, older_than: float | None) -> None:
        environ = self.machine.environ
        wanted = prune.plan(older_than, environ, now=4e9, processes=[])
        prune.apply(wanted, environ, processes=list)

    def _call(self, project: str) -> None:
        """Call uv like the shim, and create the environment like uv."""
        call = self.machine.call(project)
        prepare.prepare(call, self.machine.decision)
        path = self.machine.decision.environment
        if path and not os.path.lexists(path):
            self.machine.make_environment(path)
        self.environments = [path] if path else []
        for name in (contract.DECISIONS, "said"):
            cache = self.machine.environ.get("XDG_CACHE_HOME", f"{self.machine.home}/.cache")
            folder = os.path.join(cache, "uvlocal", name)
            call.system.write_private(os.path.join(folder, "0123456789abcdef"), b"x")

    def _make_anew(self) -> None:
        self.machine.remove(self.project)
        self.project = self.machine.project("foo")

    def _move(self) -> None:
        after = self.project + "-moved"
        if not os.path.lexists(after) and len(after) < len(self.machine.dropbox) + 40:
            os.rename(self.project, after)
            self.project = after


@hypothesis.given(
    places=st.dictionaries(st.sampled_from(VARIABLES), PLACES),
    lock=st.sampled_from(("", *FOLDERS)),
    steps=st.lists(st.sampled_from(STEPS), min_size=3, max_size=8),
)
@hypothesis.settings(
    max_examples=int(os.environ.get("CASES", "15")),
    suppress_health_check=list(hypothesis.HealthCheck),
)
@hypothesis.example({}, "", ["install", "call", "uninstall-all"])
@hypothesis.example({"UVLOCAL_STORE": ".cache/uvlocal"}, "", ["install", "call", "uninstall"])
@hypothesis.example({"UVLOCAL_STORE": "mine"}, "mine", ["call", "make-anew", "call", "prune-old"])
def test_nothing_is_lost(places: dict[str, str], lock: str, steps: list[str]) -> None:
    """The user's files do not change, and environments are removed only on request."""
    with tempfile.TemporaryDirectory() as root, pytest.MonkeyPatch.context() as patch:
        patch.setattr("compileall.compile_dir", lambda *_, **__: True)
        patch.setattr("uvlocal.manage.environments.in_use.running", list)
        person = Person(root, places, lock)
        for step in steps:
            kept = [path for path in person.environments if os.path.isdir(path)]
            person.do(step)
            if step not in MAY_TAKE:
                assert [path for path in kept if not os.path.isdir(path)] == [], step
            missing = [path for path in person.files if not os.path.isfile(path)]
            assert missing == [], step
            changed = [path for path in person.files if person.content(path) != person.before[path]]
            assert changed == [], step
