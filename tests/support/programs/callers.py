"""Programs that call uv themselves, installed for the tests, and projects for them.

A program uses the shim if it searches PATH for `uv` and the shim is first there. One that uses the
uv in a Python environment, or the path in `UV`, bypasses the shim.
"""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING

from support.tools import fetched

if TYPE_CHECKING:
    from support.hosts.worlds import World

#: Packages that the tools' environment does not get: uv is a dependency of projects that need it.
_WITHOUT = ("setuptools", "uv")

#: A dependency of each of two projects, which identifies its environment.
HERE, THERE = "iniconfig", "six"

#: The directory of a project, by what happens to its environment.
FOLDERS = {"synced": "home/Dropbox", "local": "local"}


class Callers:
    """A world with a synced project `here`, another project, and tools on PATH.

    `kind` says what the other project is: `synced`, `local`, or `same` if there is none.
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
        """Let uv install the tools' wheels too, including uv itself."""
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
        """Return sh code that runs a command in the other project; `$UV` is replaced."""
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
        """Return the projects' dependencies that are installed in an environment."""
        return self.world.installed(environment) & {HERE, THERE}

    def untouched(self) -> bool:
        """Return whether no project has an environment that it must not have."""
        inside = {self.here} if self.kind == "local" else {self.here, self.there}
        return not any(os.path.lexists(os.path.join(folder, ".venv")) for folder in inside)
