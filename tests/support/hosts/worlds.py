"""A throwaway machine for one test: a home with a Dropbox folder, a clean environment, a real uv.

It is isolated from the machine that runs the tests: no variables of uv, no virtual environment, no
network. uv installs the wheels in `fetched.wheelhouse`.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Self

from support.hosts import forked_commands
from support.tools import fetched, real_uv

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: No command of the tests takes longer, in seconds, unless it hangs.
_PATIENCE = 120

#: The uvlocal command of the source tree.
_COMMAND: tuple[str, ...] = (sys.executable, "-m", "uvlocal")

#: Variables that Windows programs need, and those for measuring coverage.
_PASSED_ON = ("SYSTEMROOT", "PATHEXT", "COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG")

#: uv's lines on stderr about our environments; all other lines about them are ours.
_UVS_LINES = re.compile(r"Creating virtual environment|Using |Removed |Resolved |Found |\s*[-+~] ")


@dataclass(frozen=True, slots=True)
class Completed:
    """The result of a command; `out` and `err` are normalised, the raw texts are not."""

    command: tuple[str, ...]
    code: int
    out: str
    err: str
    raw_out: str
    raw_err: str

    def ok(self) -> Self:
        """Check that the command succeeded, and return this."""
        assert self.code == 0, str(self)
        return self

    def __str__(self) -> str:
        """Format it as in a terminal."""
        return f"$ {' '.join(self.command)}\n{self.raw_out}{self.raw_err}(exit code {self.code})"

    @property
    def ours(self) -> list[str]:
        """The lines on stderr that come from uvlocal, not from uv."""
        lines = [line for line in self.err.splitlines() if not _UVS_LINES.match(line)]
        return [line for line in lines if "uvlocal" in line]


class Entry(NamedTuple):
    """A file or directory; `digest` is a hash of a file's content or a symlink's target."""

    kind: str
    mode: int
    size: int
    digest: str


class World:
    """A machine below the directory `root`; `uv` is the real uv, `python` the Python of projects.

    `environment` is the environment of every command; a test may change it. `uvlocal_command` is
    this world's uvlocal command. `version` is uv's version.
    """

    def __init__(self, root: str, uv: str, *, cache: str, python: str) -> None:
        self.root = os.path.realpath(root)
        self.real_uv = uv
        self.version = real_uv.version(uv)
        self.home = os.path.join(self.root, "home")
        self.dropbox = os.path.join(self.home, "Dropbox")
        self.local = os.path.join(self.root, "local")
        self.bin = os.path.join(self.root, "bin")
        self.store = os.path.join(self.home, ".local", "share", "uvlocal")
        for folder in (self.dropbox, self.local, self.bin, os.path.join(self.root, "tmp")):
            os.makedirs(folder)
        self.write("home/.dropbox/info.json", json.dumps({"personal": {"path": self.dropbox}}))
        # The directory itself, not a symlink to the program: a copied Python finds its library by
        # its own path.
        folders = (self.bin, os.path.dirname(uv), os.path.dirname(python), "/usr/bin", "/bin")
        self.uvlocal_command = _COMMAND
        self.shim_directory = ""
        self.environment = {
            **{name: os.environ[name] for name in _PASSED_ON if name in os.environ},
            "HOME": self.home,
            "LANG": "C.UTF-8",
            "PATH": os.pathsep.join(folders),
            "TMPDIR": os.path.join(self.root, "tmp"),
            "UV_CACHE_DIR": cache,
            "UV_FIND_LINKS": fetched.wheelhouse(),
            # As on macOS, where files are clones: damage to an installed file must not affect the
            # cache, which other tests use.
            "UV_LINK_MODE": "copy",
            "UV_OFFLINE": "1",
            "UV_PYTHON_DOWNLOADS": "never",
        }

    # -- running -----------------------------------------------------------------------------------

    def run(
        self,
        *argv: str,
        cwd: str | None = None,
        env: Mapping[str, str | None] | None = None,
    ) -> Completed:
        """Run a command in this world, by default in the home directory.

        `env` sets variables, or removes those that are None.
        """
        environment = self._with(env)
        result = subprocess.run(
            argv,
            cwd=cwd or self.home,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="surrogateescape",
            timeout=_PATIENCE,
            check=False,
        )
        return self._completed(argv, result.returncode, result.stdout, result.stderr)

    def _with(self, env: Mapping[str, str | None] | None) -> dict[str, str]:
        changed = {**self.environment, **(env or {})}
        return {name: value for name, value in changed.items() if value is not None}

    def _completed(self, argv: Sequence[str], code: int, out: str, err: str) -> Completed:
        return Completed(tuple(argv), code, self.normalise(out), self.normalise(err), out, err)

    def plain(
        self,
        *arguments: str,
        cwd: str | None = None,
        env: Mapping[str, str | None] | None = None,
    ) -> Completed:
        """Run the real uv itself, as without uvlocal."""
        folders = self.environment["PATH"].split(os.pathsep)
        path = os.pathsep.join(folder for folder in folders if folder != self.shim_directory)
        return self.run(self.real_uv, *arguments, cwd=cwd, env={"PATH": path, **(env or {})})

    def uv(
        self,
        *arguments: str,
        cwd: str | None = None,
        env: Mapping[str, str | None] | None = None,
    ) -> Completed:
        """Run `uv` as with uvlocal: the shim is first on PATH."""
        self.install_shim()
        return self.run("uv", *arguments, cwd=cwd, env=env)

    def uvlocal(
        self,
        *arguments: str,
        cwd: str | None = None,
        env: Mapping[str, str | None] | None = None,
    ) -> Completed:
        """Run a command of uvlocal."""
        argv = (*self.uvlocal_command, *arguments)
        if self.uvlocal_command != _COMMAND:
            return self.run(*argv, cwd=cwd, env=env)
        place, environment = cwd or self.home, self._with(env)
        ended = forked_commands.run(arguments, place, environment, _PATIENCE)
        return self._completed(argv, ended.code, ended.out, ended.err)

    def install_shim(self, directory: str | None = None) -> str:
        """Install the shim, only once, and put it first on PATH; return its directory."""
        if not self.shim_directory:
            directory = directory or os.path.join(self.root, "shims")
            self.uvlocal("install", "--shim-dir", directory, "--no-rc", "--yes").ok()
            self.shim_directory = directory
            self.environment["PATH"] = directory + os.pathsep + self.environment["PATH"]
        return self.shim_directory

    def normalise(self, text: str) -> str:
        """Replace what differs between two runs: paths, times, hashes, the type of slash."""
        text = text.replace(self.home, "[HOME]").replace(self.root, "[ROOT]")
        if os.sep == "\\":
            text = text.replace("\\", "/")
        text = re.sub(r"(?<=-)[0-9a-f]{10}\b", "[HASH]", text)
        return re.sub(r"\b\d+(\.\d+)?m?s\b", "[TIME]", text)

    # -- files -------------------------------------------------------------------------------------

    def path(self, name: str) -> str:
        """Return the absolute path of a name below the root of this world."""
        return os.path.join(self.root, name)

    def write(self, name: str, content: str | bytes) -> str:
        """Write a file below the root, with its parents; return its path."""
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
        return path

    def project(
        self,
        name: str,
        *,
        packaged: bool = True,
        dependencies: Sequence[str] = (),
        members: Sequence[str] = (),
        extra: str = "",
    ) -> str:
        """Write a project to the directory `name` below the root, and return its path.

        A packaged one has a command with the directory's name that imports its package. `members`
        are directories below it that become packaged members of its workspace; `extra` is appended
        to its `pyproject.toml`.
        """
        title = os.path.basename(name).lower()
        module = re.sub(r"\W", "_", title)
        lines = [
            "[project]",
            f'name = "{title}"',
            'version = "0.1.0"',
            'requires-python = ">=3.10"',
            f"dependencies = {json.dumps(list(dependencies))}",
        ]
        if packaged:
            lines += [
                "[project.scripts]",
                f'{title} = "{module}:main"',
                "[build-system]",
                'requires = ["hatchling"]',
                'build-backend = "hatchling.build"',
            ]
            code = f'def main() -> None:\n    print("hello from {title}")\n'
            self.write(f"{name}/src/{module}/__init__.py", code)
        if members:
            lines += ["[tool.uv.workspace]", f"members = {json.dumps(list(members))}"]
        for member in members:
            self.project(f"{name}/{member}")
        self.write(f"{name}/pyproject.toml", "\n".join([*lines, extra, ""]))
        return self.path(name)

    def tree(self, path: str) -> dict[str, Entry]:
        """Return everything below a directory, not following symlinks, by relative path."""
        found = {}
        for folder, directories, files in os.walk(path):
            for name in (*directories, *files):
                full = os.path.join(folder, name)
                found[os.path.relpath(full, path)] = _entry(full)
        return dict(sorted(found.items()))

    # -- what uvlocal keeps ------------------------------------------------------------------------

    def environments(self) -> list[str]:
        """Return the paths of the environments in the store, sorted."""
        return _listed(os.path.join(self.store, "envs"))

    def records(self) -> dict[str, dict[str, object]]:
        """Return the records in the store by their file names."""
        found = {}
        for path in _listed(os.path.join(self.store, "records")):
            with open(path, "rb") as file:
                found[os.path.basename(path)] = tomllib.load(file)
        return found

    def installed(self, environment: str) -> set[str]:
        """Return the names of the packages in an environment, or nothing if there is none."""
        code = (
            "from importlib.metadata import distributions\n"
            "print(*(found.metadata['Name'] for found in distributions()), sep='\\n')"
        )
        program = os.path.join(environment, "bin", "python")
        if not os.path.lexists(program):
            return set()
        return set(self.run(program, "-I", "-c", code).ok().raw_out.split())


def _listed(folder: str) -> list[str]:
    try:
        return sorted(os.path.join(folder, name) for name in os.listdir(folder))
    except FileNotFoundError:
        return []


def _entry(path: str) -> Entry:
    status = os.lstat(path)
    mode = stat.S_IMODE(status.st_mode)
    if stat.S_ISLNK(status.st_mode):
        target = os.fsencode(os.readlink(path))
        return Entry("link", mode, len(target), hashlib.sha256(target).hexdigest())
    if stat.S_ISDIR(status.st_mode):
        return Entry("folder", mode, 0, "")
    with open(path, "rb") as file:
        return Entry("file", mode, status.st_size, hashlib.sha256(file.read()).hexdigest())
