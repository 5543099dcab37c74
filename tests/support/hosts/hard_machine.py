"""A machine for faults: the real launcher and the real Python, with a small program instead of uv.

The program prints the environment that it was given and its arguments, and exits with a special
code, so that a test sees whether and where a call arrived. It takes a millisecond; uv takes a
hundred.
"""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
from typing import TYPE_CHECKING, NamedTuple

import filelock
from support.hosts import launchers
from support.tools import fetched

from uvlocal.shim.machine.host import System
from uvlocal.shim.store import naming

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: The timeout of a call, in seconds; only one that hangs takes longer.
PATIENCE = 60
#: The exit code of the program instead of uv, which no shell or Python uses.
CODE = 7
#: Like uv, it creates the environment in a sync, and finds it later.
_UV = f"""#!/bin/sh
if [ "$1" = --version ]; then echo "uv 0.13.9"; exit; fi
environment=${{UV_PROJECT_ENVIRONMENT:-.venv}}
if [ "$1" = sync ]; then mkdir -p "$environment" && echo "version = 3" >"$environment/pyvenv.cfg"
fi 2>/dev/null
echo "$UV_PROJECT_ENVIRONMENT|$*"
exit {CODE}
"""
PROJECT = '[project]\nname = "{}"\nversion = "1"\n'


class Said(NamedTuple):
    """The result of a call."""

    code: int
    out: str
    err: str

    @property
    def environment(self) -> str:
        """The environment that uv was given, or ""."""
        return self.out.partition("|")[0]

    @property
    def came_through(self) -> bool:
        """Whether uv was started."""
        return self.code == CODE and "|" in self.out

    @property
    def lines(self) -> list[str]:
        """What uvlocal printed; a user's first redirected call adds a hint about editors."""
        return [line for line in self.err.splitlines() if not line.startswith("hint: editors ")]


class HardMachine:
    """A home with a Dropbox folder and one project in it, `project`, below the directory `root`.

    `environ` is the environment of every call; `expected` is the environment that `project` should
    have.
    """

    def __init__(self, root: str) -> None:
        self.root = os.path.realpath(root)
        self.home = self.path("home")
        self.dropbox = self.path("home/Dropbox")
        self.store = self.path("home/.local/share/uvlocal")
        self.cache = self.path("home/.cache/uvlocal")
        self.config = self.path("home/.config/uvlocal")
        self.shim = self.path("shims/uv")
        self.uv = self.write("bin/uv", _UV, mode=0o755)
        self.write("shims/uv", b"", mode=0o755)
        shutil.copy(launchers.launcher(), self.shim)
        self.package = os.path.join(fetched.SOURCE, "src")
        self.python = sys.executable
        self.configure()
        os.makedirs(self.path("local"))
        os.makedirs(self.path("tmp"))
        self.write("home/.dropbox/info.json", json.dumps({"personal": {"path": self.dropbox}}))
        self.project = self.add_project("home/Dropbox/foo")
        self.environ = {
            "HOME": self.home,
            "LANG": "C.UTF-8",
            "PATH": os.pathsep.join((self.path("shims"), self.path("bin"), "/usr/bin", "/bin")),
            "TMPDIR": self.path("tmp"),
            "UVLOCAL_STORE": self.store,
        }

    def path(self, name: str) -> str:
        """Return a path, which must be below the root."""
        path = os.path.join(self.root, name)
        assert os.path.normpath(path).startswith(self.root + os.sep), name
        return path

    def write(self, name: str, content: str | bytes, mode: int = 0o644) -> str:
        """Write a file below the root, with its parents; return its path."""
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
        os.chmod(path, mode)
        return path

    def configure(self, **changed: str) -> None:
        """Write the file beside the launcher."""
        site = os.path.dirname(os.path.dirname(os.path.abspath(filelock.__file__)))
        values = {"python": self.python, "package": self.package, "site": site, "uv": self.uv}
        values |= {"cache": self.cache, **changed}
        lines = ["uvlocal 1", *(f"{key} {value}" for key, value in values.items()), ""]
        self.write("shims/uvlocal-launcher.conf", "\n".join(lines))

    def add_project(self, name: str) -> str:
        """Write a project to the directory `name` below the root; return its path."""
        self.write(f"{name}/pyproject.toml", PROJECT.format(os.path.basename(name)))
        return self.path(name)

    # -- calls -------------------------------------------------------------------------------------

    def command(self, *words: str) -> list[str]:
        """Return a call of the shim as a command."""
        return [self.shim, *words]

    def start(
        self, *command: str, cwd: str = "", env: Mapping[str, str] | None = None
    ) -> subprocess.Popen[str]:
        """Start a command in a directory, by default the project."""
        return subprocess.Popen(
            command,
            cwd=cwd or self.project,
            env={**self.environ, **(env or {})},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="surrogateescape",
        )

    def call(
        self,
        *words: str,
        cwd: str = "",
        env: Mapping[str, str] | None = None,
        before: Sequence[str] = (),
    ) -> Said:
        """Call the shim, by default in the project; `before` are words to start it with."""
        return end(self.start(*before, *self.command(*words), cwd=cwd, env=env))

    def bare(self, *words: str, cwd: str = "") -> Said:
        """Call the program that replaces uv."""
        return end(self.start(self.uv, *words, cwd=cwd))

    def uvlocal(self, *words: str, cwd: str = "", before: Sequence[str] = ()) -> Said:
        """Run a command of uvlocal."""
        command = (*before, sys.executable, "-m", "uvlocal", *words)
        return end(self.start(*command, cwd=cwd))

    @property
    def expected(self) -> str:
        """The environment of the project in an undisturbed call."""
        name = naming.name_of(self.project, System(environ=self.environ, cwd="/"))
        return os.path.join(self.store, "envs", name)

    def is_right(self, said: Said, *words: str) -> bool:
        """Return whether a call got the project's own environment, as it should."""
        return said.code == CODE and said.out == f"{self.expected}|{' '.join(words)}\n"

    # -- inspection --------------------------------------------------------------------------------

    def records(self) -> list[str]:
        """Return the names of the records, and of anything beside them."""
        return names(os.path.join(self.store, "records"))

    def environments(self) -> list[str]:
        """Return the names in the directory of the environments."""
        return names(os.path.join(self.store, "envs"))


def end(process: subprocess.Popen[str]) -> Said:
    """Wait for the end of a process."""
    try:
        out, err = process.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise
    return Said(process.returncode, out, err)


def names(folder: str) -> list[str]:
    """Return the sorted names in a directory, or [] if it does not exist."""
    try:
        return sorted(os.listdir(folder))
    except FileNotFoundError:
        return []


def tree(folder: str) -> dict[str, tuple[int, bytes]]:
    """Return type, mode and content of everything below a directory, by relative path."""
    found = {}
    for above, folders, files in os.walk(folder):
        for name in (*folders, *files):
            path = os.path.join(above, name)
            status = os.lstat(path)
            content = b""
            if stat.S_ISLNK(status.st_mode):
                content = os.fsencode(os.readlink(path))
            elif stat.S_ISREG(status.st_mode):
                with open(path, "rb") as file:
                    content = file.read()
            found[os.path.relpath(path, folder)] = (status.st_mode, content)
    return found
