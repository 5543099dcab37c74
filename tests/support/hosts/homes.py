"""A home directory to install into, with a real uv (a script) beside it."""

from __future__ import annotations

import os
import stat
import subprocess
from typing import TYPE_CHECKING

from support.hosts import forked_commands

from uvlocal.manage.environments.in_use import Process
from uvlocal.manage.installation import inspect, install, uninstall
from uvlocal.manage.installation.install import Wish
from uvlocal.shim import contract
from uvlocal.shim.machine.host import System

if TYPE_CHECKING:
    from pathlib import Path

#: The shim's directory below home.
SHIMS = ".local/share/uvlocal/shims"
#: The name of an environment that a test may create in the store.
NAME = "foo-0123456789"


class Home:
    """A home directory with a real uv (a script) beside it; the shell is bash."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.path = root / "home"
        self.path.mkdir()
        self.shims = self.path / SHIMS
        self.environ = {"HOME": str(self.path), "SHELL": "/bin/bash", "LANG": "C.UTF-8"}
        self.set_path("/usr/bin", "/bin")
        self.uv = self.program("bin/uv", "echo real uv")
        self.set_path(str(self.uv.parent), "/usr/bin", "/bin")

    @property
    def system(self) -> System:
        """The machine as it is now."""
        return System(environ=self.environ, cwd=str(self.path))

    def set_path(self, *folders: str) -> None:
        """Set PATH."""
        self.environ["PATH"] = ":".join(folders)

    def shim_first(self) -> None:
        """Put the shim first on PATH, as a new shell has it."""
        self.set_path(str(self.shims), str(self.uv.parent), "/usr/bin", "/bin")

    def program(self, name: str, code: str) -> Path:
        """Write a script below the root."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\n{code}\n")
        path.chmod(0o755)
        return path

    def write(self, name: str, content: str) -> Path:
        """Write a file below the home."""
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
        return path

    def install(self, wish: Wish | None = None) -> install.Installation:
        """Install."""
        return install.perform(install.plan(wish or Wish(), self.system))

    def uninstall(
        self, folder: str | None = None, *, environments: bool = False, running: str = ""
    ) -> uninstall.Removal:
        """Uninstall; `running` is a path in a running process."""

        def processes() -> list[Process]:
            return [Process(1, "python", (running,))] if running else []

        todo = uninstall.plan(folder, self.system, environments=environments, processes=processes)
        return uninstall.perform(todo, processes=processes)

    def findings(self) -> list[str]:
        """Return the result of an inspection."""
        return [one.code for one in inspect.inspect(None, self.system).findings]

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run uvlocal without a terminal."""
        environ = {**self.environ, **forked_commands.passed_on()}
        ended = forked_commands.run(arguments, str(self.path), environ, 60)
        return subprocess.CompletedProcess(arguments, *ended)

    def tree(self) -> dict[str, tuple[str, int, bytes]]:
        """Return everything below home: type, mode and content."""
        found = {}
        for path in sorted(self.path.rglob("*")):
            status = path.lstat()
            kind = "link" if path.is_symlink() else "folder" if path.is_dir() else "file"
            content = path.read_bytes() if kind == "file" else b""
            found[str(path.relative_to(self.path))] = kind, stat.S_IMODE(status.st_mode), content
        return found

    def configure(self, key: str, value: str, folder: Path | None = None) -> None:
        """Change one line of the file beside the launcher."""
        path = (folder or self.shims) / contract.CONFIGURATION
        lines = path.read_text().splitlines()
        changed = [f"{key} {value}" if line.startswith(f"{key} ") else line for line in lines]
        path.write_text("\n".join([*changed, ""]))

    def environment(self, name: str = NAME, *, project: str = "") -> Path:
        """Create an environment with its record in the store."""
        folder = self.path / ".local/share/uvlocal/envs" / name
        folder.mkdir(parents=True)
        (folder / "pyvenv.cfg").write_text("home = /usr/bin\n")
        project = project or str(self.path / "Dropbox/foo")
        os.makedirs(project, exist_ok=True)
        (self.path / "Dropbox/foo/pyproject.toml").write_text("")
        record = [
            "version = 1",
            f'name = "{name}"',
            f'root = "{project}"',
            'key = "~/Dropbox/foo"',
            'mount-point = "/"',
            'file-system = "ext4"',
            "device = 0",
            "inode = 0",
            'provider = "dropbox"',
            'strategy = "redirect"',
            'uvlocal = "0"',
            'uv = "0"',
            'created = "2026-01-01T00:00:00Z"',
        ]
        self.write(f".local/share/uvlocal/records/{name}.toml", "\n".join([*record, ""]))
        return folder
