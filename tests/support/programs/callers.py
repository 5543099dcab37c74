"""Programs that call uv themselves, installed for the tests, and the projects that they work in.

A program meets the shim if it looks for `uv` on PATH and nothing stands before the shim there. One
that takes the uv of a Python environment, or the path in `UV`, bypasses the shim.
"""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING

from support.tools import fetched

if TYPE_CHECKING:
    from support.hosts.worlds import World

#: What the tools' environment does without: uv is a dependency of projects where it is wanted.
_WITHOUT = ("setuptools", "uv")

#: What each of two projects depends on, by which its environment is known.
HERE, THERE = "iniconfig", "six"

#: The folder of a project, by what becomes of its environment.
FOLDERS = {"synced": "home/Dropbox", "local": "local"}


class Callers:
    """A world with two projects, a synced one, `here`, and another one; and tools on PATH.

    `kind` says what the other one is: `synced`, `local`, or `same` where there is none.
    """

    def __init__(self, world: World, kind: str, *, owns_uv: bool) -> None:
        """Write the projects; `owns_uv` says whether the first one depends on uv."""
        self.world = world
        self.kind = kind
        if owns_uv:
            self._offer_tools()
        world.environment["PIP_FIND_LINKS"] = fetched.tools()
        world.environment["PIP_NO_INDEX"] = "1"
        world.environment["PRE_COMMIT_HOME"] = world.path("pre-commit")
        world.environment["GIT_CONFIG_GLOBAL"] = os.devnull
        self.here = self._project("here", "synced", HERE, *(["uv"] if owns_uv else []))
        self.there = self.here if kind == "same" else self._project("there", kind, THERE)

    def _offer_tools(self) -> None:
        """Let uv install the tools' wheels too, of which uv is one."""
        if fetched.tools() not in self.world.environment["UV_FIND_LINKS"]:
            self.world.environment["UV_FIND_LINKS"] += f",{fetched.tools()}"

    def _project(self, name: str, kind: str, *dependencies: str) -> str:
        folder = f"{FOLDERS[kind]}/{name}"
        return self.world.project(folder, packaged=False, dependencies=dependencies)

    def install_tools(self) -> None:
        """Install the tools, once for all tests that share a cache, and put them last on PATH."""
        world = self.world
        folder = os.path.join(os.path.dirname(world.environment["UV_CACHE_DIR"]), "tools")
        if not os.path.isdir(folder):
            self._offer_tools()
            names = [pin for pin in fetched.TOOLS if pin.partition("==")[0] not in _WITHOUT]
            python = os.path.join(folder, "bin", "python")
            world.plain("venv", "--no-project", folder).ok()
            world.plain("pip", "install", "--no-deps", "--python", python, *names).ok()
        world.install_shim()
        world.environment["PATH"] += os.pathsep + os.path.join(folder, "bin")

    def script(self, *command: str) -> str:
        """Return the line of sh that runs a command in the other project; `$UV` is replaced."""
        words = [word if word == "$UV" else shlex.quote(word) for word in command]
        return f"cd {shlex.quote(self.there)} && {' '.join(words)}"

    def write(self, name: str, content: str) -> None:
        """Write a file into the first project."""
        self.world.write(os.path.join(self.here, name), content)

    @property
    def ours(self) -> str:
        """The environment that uvlocal gives the first project."""
        return self.world.uvlocal("path", self.here).ok().raw_out.removesuffix("\n")

    @property
    def other(self) -> str:
        """The environment that is right for the other project."""
        return self.world.uvlocal("path", self.there).ok().raw_out.removesuffix("\n")

    def known(self, environment: str) -> set[str]:
        """Return which of the projects' dependencies are installed in an environment."""
        return self.world.installed(environment) & {HERE, THERE}

    def untouched(self) -> bool:
        """Return whether no project has an environment of its own where it must have none."""
        inside = {self.here} if self.kind == "local" else {self.here, self.there}
        return not any(os.path.lexists(os.path.join(folder, ".venv")) for folder in inside)
