"""A home with a project in Dropbox that has an environment, to be migrated with a fake uv."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import fake_uv
from fake_uv import FakeUv

from uvlocal.manage import migrate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from uvlocal.manage.in_use import Process
    from uvlocal.manage.migration_jobs import Job
    from uvlocal.manage.migration_results import Migration


class Machine:
    """A home below `root`; `uv` stands for the real one."""

    def __init__(self, root: str) -> None:
        """Make the home, and a project `foo` with an environment as uv would make it."""
        self.take(root)
        program = self.write("bin/uv", "#!/bin/sh\necho uv 0.13.9\n")
        os.chmod(program, 0o755)  # noqa: S103 - a program is for everybody to run
        self.project("Dropbox/foo")
        fake_uv.make(self.old)
        self.write("Dropbox/foo/.venv/share/after-p", "")
        for name, version in self.uv.packages.items():
            self.install(name, version)

    def take(self, root: str) -> None:
        """Take a home as it was made before."""
        self.home = os.path.realpath(root)
        self.uv = FakeUv()
        self.environ = {"HOME": self.home, "PATH": self.path("bin")}
        self.processes: list[Process] = []
        self.root = self.path("Dropbox/foo")
        self.old = os.path.join(self.root, ".venv")
        # A copied home has its own Dropbox folder.
        dropbox = {"personal": {"path": self.path("Dropbox")}}
        self.write(".dropbox/info.json", json.dumps(dropbox))

    # -- files -------------------------------------------------------------------------------------

    def path(self, name: str) -> str:
        """Return the absolute path of a name below home."""
        return os.path.join(self.home, name)

    def write(self, name: str, content: str) -> str:
        """Write a file below home, and its folders."""
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        fake_uv.write(path, content)
        return path

    def project(self, name: str, table: str = "") -> str:
        """Write a project."""
        title = os.path.basename(name)
        self.write(f"{name}/pyproject.toml", f'[project]\nname = "{title}"\nversion = "0"\n{table}')
        return self.path(name)

    def install(self, name: str, version: str) -> None:
        """Install a package into the old environment."""
        fake_uv.install(self.old, name, version, pth=name == "foo")

    def tree(self, folder: str) -> list[str]:
        """Return the paths of everything below a folder, relative to it."""
        found: list[str] = []
        for current, folders, files in os.walk(folder):
            paths = (os.path.join(current, name) for name in (*folders, *files))
            found.extend(os.path.relpath(path, folder) for path in paths)
        return sorted(found)

    @property
    def store(self) -> str:
        """Where the environments go."""
        return self.path(".local/share/uvlocal")

    @property
    def new(self) -> str:
        """The new environment's path."""
        return self.plan().result.new

    def kept(self) -> dict[str, list[str]]:
        """Return the names in each folder of the store, empty folders left out."""
        found = {}
        for folder in ("envs", "records", "migrations", "trash"):
            path = os.path.join(self.store, folder)
            names = sorted(os.listdir(path)) if os.path.isdir(path) else []
            if names:
                found[folder] = names
        return found

    # -- migrating ---------------------------------------------------------------------------------

    def plan(self, path: str | None = None) -> Job:
        """Look at the project."""
        return migrate.plan(path or self.root, self.environ, processes=lambda: self.processes)

    def migrate(
        self,
        extras: str = "",
        ask: Callable[[Migration], str] | None = None,
        start: Callable[..., int] | None = None,
    ) -> Migration:
        """Migrate the project."""
        return self.plan().apply(extras, ask, start or self.uv)

    def syncs(self) -> Iterable[list[str]]:
        """Return the calls of the fake uv that were no questions."""
        return [call for call in self.uv.calls if call[:2] != ["python", "find"]]
