"""A home with a project in Dropbox that has an environment, to migrate with a fake uv."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from support.programs import fake_uv
from support.programs.fake_uv import FakeUv

from uvlocal.manage.projects import migrate

if TYPE_CHECKING:
    from collections.abc import Callable

    from uvlocal.manage.environments.in_use import Process
    from uvlocal.manage.projects.migration_jobs import Job
    from uvlocal.manage.projects.migration_results import Migration


class Machine:
    """A home below `root`; `uv` replaces the real one."""

    def __init__(self, root: str) -> None:
        self.home = os.path.realpath(root)
        self.uv = FakeUv()
        self.environ = {"HOME": self.home, "PATH": self.path("bin")}
        self.processes: list[Process] = []
        self.root = self.path("Dropbox/foo")
        self.old = os.path.join(self.root, ".venv")
        dropbox = {"personal": {"path": self.path("Dropbox")}}
        self.write(".dropbox/info.json", json.dumps(dropbox))
        program = self.write("bin/uv", "#!/bin/sh\necho uv 0.13.9\n")
        os.chmod(program, 0o755)  # noqa: S103 - a program must be executable
        self.project("Dropbox/foo")
        fake_uv.make(self.old)
        self.write("Dropbox/foo/.venv/share/after-p", "")
        for name, version in self.uv.packages.items():
            self.install(name, version)
        self.lock(*self.uv.packages)

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

    def lock(self, *names: str) -> None:
        """Write the `uv.lock` of the project, with packages."""
        tables = (f'[[package]]\nname = "{name}"\n' for name in names)
        self.write("Dropbox/foo/uv.lock", "version = 1\n" + "".join(tables))

    def install(self, name: str, version: str) -> None:
        """Install a package into the old environment."""
        fake_uv.install(self.old, name, version, pth=True)

    def tree(self, folder: str) -> list[str]:
        """Return all paths below a directory, relative to it."""
        found: list[str] = []
        for current, folders, files in os.walk(folder):
            paths = (os.path.join(current, name) for name in (*folders, *files))
            found.extend(os.path.relpath(path, folder) for path in paths)
        return sorted(found)

    @property
    def store(self) -> str:
        """The directory of the environments."""
        return self.path(".local/share/uvlocal")

    @property
    def new(self) -> str:
        """The new environment's path."""
        return self.plan().result.new

    def kept(self) -> dict[str, list[str]]:
        """Return the names in each non-empty directory of the store."""
        found = {}
        for folder in ("envs", "records", "trash"):
            path = os.path.join(self.store, folder)
            names = sorted(os.listdir(path)) if os.path.isdir(path) else []
            if names:
                found[folder] = names
        return found

    # -- migrating ---------------------------------------------------------------------------------

    def plan(self, extras: str = "", path: str | None = None) -> Job:
        """Plan the migration of the project."""
        job = migrate.plan(
            path or self.root, extras, self.environ, processes=lambda: self.processes
        )
        job.start = self.uv
        return job

    def migrate(self, extras: str = "", start: Callable[..., int] | None = None) -> Migration:
        """Migrate the project."""
        job = self.plan(extras)
        job.start = start or job.start
        return job.apply()
