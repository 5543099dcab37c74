"""A user's machine for tests of the commands: projects, records and environments, without uv.

The shim's own code writes the records; environments consist of a few files, like those of uv.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import time
from typing import TYPE_CHECKING

from uvlocal.manage.environments import listing, record, records
from uvlocal.shim.call import Call
from uvlocal.shim.machine.host import System
from uvlocal.shim.settings import settings

if TYPE_CHECKING:
    from uvlocal.manage.environments.records import Entry

#: In seconds.
DAY = 86400.0


class Machine:
    """A home with a Dropbox folder below `root`; `environ` is the environment of commands."""

    def __init__(self, root: str) -> None:
        self.root = os.path.realpath(root)
        self.home = os.path.join(self.root, "home")
        self.dropbox = os.path.join(self.home, "Dropbox")
        self.store = os.path.join(self.home, ".local", "share", "uvlocal")
        self.environ = {
            "HOME": self.home,
            "PATH": os.path.join(self.root, "bin"),
            "LANG": "C.UTF-8",
        }
        os.makedirs(self.dropbox)
        os.makedirs(os.path.join(self.root, "bin"))
        self.write(
            os.path.join(self.home, ".dropbox", "info.json"),
            json.dumps({"personal": {"path": self.dropbox}}),
        )

    def system(self, cwd: str | None = None) -> System:
        """Return this machine, in the home directory by default."""
        return System(environ=dict(self.environ), cwd=cwd or self.home)

    def write(self, path: str, content: str = "") -> str:
        """Write a file and its parents; return its path."""
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(content)
        return path

    def project(self, name: str, table: str = "") -> str:
        """Write a project to a directory below Dropbox, or to an absolute path; return its path."""
        path = os.path.join(self.dropbox, name)
        title = re.sub(r"\W", "-", os.path.basename(path)) or "x"
        text = f'[project]\nname = "{title}"\nversion = "0"\n{table}'
        self.write(os.path.join(path, "pyproject.toml"), text)
        return path

    def call(self, project: str) -> Call:
        """Return a `uv sync` in a project, settled."""
        call = Call(["sync"], self.system(project))
        self.decision = call.settle()
        return call

    def first_call(self, project: str) -> str | None:
        """Write the record of a project's first call; return what the notice adds."""
        return record.write_first(self.call(project), self.decision)

    def keep(self, name: str, *, size: int = 1000) -> str:
        """Write a project with its record and environment; return the project's path."""
        project = self.project(name)
        self.first_call(project)
        self.make_environment(self.environment(project), size=size)
        return project

    def environment(self, project: str) -> str:
        """Return the path of a project's environment, which may not exist."""
        self.call(project)
        return self.decision.environment

    def make_environment(self, path: str, *, size: int = 1000) -> None:
        """Create an environment like uv: a Python, a script, a package of `size` bytes."""
        self.write(os.path.join(path, "pyvenv.cfg"), "home = /usr/bin\nversion_info = 3.12.1\n")
        os.makedirs(os.path.join(path, "bin"))
        os.symlink(os.path.realpath(sys.executable), os.path.join(path, "bin", "python"))
        tool = self.write(
            os.path.join(path, "bin", "tool"), f"#!{path}/bin/python\nprint('tool')\n"
        )
        os.chmod(tool, 0o755)  # noqa: S103 - a script must be executable
        self.write(
            os.path.join(path, "bin", "activate"), f"VIRTUAL_ENV='{path}'\nexport VIRTUAL_ENV\n"
        )
        package = os.path.join(path, "lib", "python3.12", "site-packages", "package.py")
        self.write(package, "#" * size)

    def age(self, project: str, days: float) -> str:
        """Set the age of a project, its environment and its record; return the environment."""
        then = time.time() - days * DAY
        environment = self.environment(project)
        record = os.path.join(self.store, "records", os.path.basename(environment) + ".toml")
        with open(record, encoding="utf-8") as file:
            lines = file.read().splitlines()
        created = f'created = "{listing.as_time(then)}"'
        text = "\n".join(created if line.startswith("created") else line for line in lines)
        self.write(record, text + "\n")
        for top in (environment, project):
            for folder, folders, files in os.walk(top):
                for inside in (*folders, *files):
                    path = os.path.join(folder, inside)
                    os.utime(path, (then, then), follow_symlinks=False)
            os.utime(top, (then, then))
        return environment

    def entries(self, current: str = "") -> dict[str, Entry]:
        """Return every entry, by the name of its project's directory, or by its own name."""
        system = self.system()
        found = records.read(records.places(system, settings.load(system)), system, None, current)
        return {os.path.basename(entry.root) or entry.name: entry for entry in found}

    def states(self, current: str = "") -> dict[str, str]:
        """Return the states, by the same names."""
        return {name: entry.state for name, entry in self.entries(current).items()}

    def environments(self) -> list[str]:
        """Return the names in `envs`."""
        return sorted(os.listdir(os.path.join(self.store, "envs")))

    def records(self) -> list[str]:
        """Return the names in `records`."""
        return sorted(os.listdir(os.path.join(self.store, "records")))

    def remove(self, path: str) -> None:
        """Remove a folder."""
        shutil.rmtree(path)
