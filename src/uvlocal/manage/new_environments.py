"""Make a project's environment in the store with the real uv, as like the old one as can be."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from uvlocal.manage import packages
from uvlocal.shim import pyproject
from uvlocal.shim.system import System

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from uvlocal.manage.packages import Package, Python
    from uvlocal.manage.trees import Files


@dataclass(frozen=True, slots=True)
class Difference:
    """How the packages of two environments differ.

    `extra` are those that only the old one has, `seeds` likewise those that tools put there.
    `changed` are names with the version in the old one and in the new one.
    """

    extra: tuple[Package, ...]
    seeds: tuple[Package, ...]
    changed: tuple[tuple[str, str, str], ...]


@dataclass(slots=True)
class Builder:
    """Makes the environment `path` of the project at `root`.

    `uv` is the real one; `environ` is what it gets, with `path` as the project's environment;
    `lock` is a descriptor that it is to hold, -1 for none. `start` starts it, for tests.
    """

    uv: str
    root: str
    path: str
    environ: dict[str, str]
    files: Files
    lock: int = -1
    start: Callable[..., int] = field(default_factory=lambda: _start)

    def run(self, *arguments: str, quiet: bool = False) -> bool:
        """Run uv in the project, and say whether it succeeded; what it says goes to stderr."""
        command = [self.uv, *arguments]
        return self.start(command, self.root, self.environ, self.lock, quiet=quiet) == 0

    def sync(self, *arguments: str) -> bool:
        """Run `uv sync`; only what is missing is installed, nothing removed."""
        return self.run("sync", "--inexact", *arguments)

    def make(self, python: Python, *arguments: str) -> bool:
        """Sync with the Python that the old environment had, where that can still be had."""
        for request in dict.fromkeys((python.request, ".".join(python.request.split(".")[:2]))):
            # A request that uv cannot satisfy from this machine would mean a download.
            if request and self.run("python", "find", request, quiet=True):
                # The project may have come to require another one since.
                if self.sync("--python", request, *arguments):
                    return True
                break
        return self.sync(*arguments)

    def complete(self, old: Mapping[str, Package]) -> None:
        """Sync the extras, groups and members of the workspace that the old environment had.

        Nothing in an environment says with which of them it was synced: one whose packages all
        are there was. If uv refuses, what it would have installed is shown as extra packages.
        """
        new = packages.installed(self.path, self.files)
        missing = {name for name in old if name not in new}
        if not missing:
            return
        options = wished(_project(self.root), set(old), missing)
        if any(_lies_in(old[name].editable, self.root) for name in missing):
            options.append("--all-packages")
        if options:
            self.sync(*options)

    def difference(self, old: Mapping[str, Package], *, seeded: bool) -> Difference:
        """Compare with what the old environment had; `seeded` says that pip was asked for."""
        new = packages.installed(self.path, self.files)
        folders = {one.editable for one in new.values() if one.editable}
        only_old = [one for name, one in sorted(old.items()) if name not in new]
        # A project that got another name left an entry under the former one.
        only_old = [one for one in only_old if one.editable not in folders]
        seeds = [one for one in only_old if one.name in packages.SEEDS and not seeded]
        changed = [
            (name, one.version, new[name].version)
            for name, one in sorted(old.items())
            if name in new and new[name].version != one.version
        ]
        extra = [one for one in only_old if one not in seeds]
        return Difference(tuple(extra), tuple(seeds), tuple(changed))

    def add(self, requirements: tuple[str, ...]) -> bool:
        """Install packages exactly as they were; what they need was listed too."""
        words: list[str] = []
        for requirement in requirements:
            folder = requirement.removeprefix(_EDITABLE)
            words += ["--editable", folder] if folder != requirement else [requirement]
        return self.run("pip", "install", "--python", self.path, "--no-deps", *words)

    def flaw(self) -> str:
        """Say what is wrong with the new environment, "" for nothing."""
        if packages.missing_files(self.path, self.files):
            # uv takes a package for installed by its metadata alone.
            self.sync("--reinstall")
        missing = packages.missing_files(self.path, self.files)
        if missing:
            return f"`{os.path.basename(missing[0])}` is missing"
        program = ("Scripts", "python.exe") if sys.platform == "win32" else ("bin", "python")
        command = [os.path.join(self.path, *program), "-I", "-S", "-c", ""]
        if self.start(command, self.root, self.environ, -1, quiet=True) != 0:
            return "its Python does not start"
        return ""


_EDITABLE = "--editable "


def requirement_of(package: Package) -> str:
    """Return one word for a package that `Builder.add` installs again."""
    return _EDITABLE + package.editable if package.editable else package.requirement


def wished(project: dict[str, Any], old: set[str], missing: set[str]) -> list[str]:
    """Return the options for extras and groups of a `pyproject.toml` that `old` was synced with."""
    options: list[str] = []
    about = project.get("project")
    extras = about.get("optional-dependencies") if isinstance(about, dict) else None
    for option, table in (("--extra", extras), ("--group", project.get("dependency-groups"))):
        for name, requirements in sorted(table.items()) if isinstance(table, dict) else ():
            wanted = _names(requirements)
            if wanted and wanted <= old and wanted & missing and packages.is_name(name):
                options += [option, name]
    return options


def _names(requirements: object) -> set[str]:
    """Return the names of requirements that hold everywhere, without a marker after `;`."""
    found = set()
    for requirement in requirements if isinstance(requirements, list) else []:
        if isinstance(requirement, str) and ";" not in requirement:
            name = re.match(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)", requirement)
            if name:
                found.add(packages.normalised(name[1]))
    return found


def _project(root: str) -> dict[str, Any]:
    try:
        data = System().read(os.path.join(root, "pyproject.toml")) or b""
        return dict(pyproject.parse(data.decode("utf-8-sig")))
    except (ValueError, RecursionError):
        return {}


def _lies_in(path: str, root: str) -> bool:
    return bool(path) and os.path.realpath(path).startswith(root.rstrip(os.sep) + os.sep)


def _start(
    command: list[str], folder: str, environ: dict[str, str], lock: int, *, quiet: bool
) -> int:
    """Run a program and return its exit code; all that it says goes to stderr, or nowhere."""
    inherited = (lock,) if lock >= 0 else ()
    out = subprocess.DEVNULL if quiet else 2
    try:
        return subprocess.run(
            command,
            cwd=folder,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.DEVNULL if quiet else None,
            pass_fds=inherited,
            check=False,
        ).returncode
    except OSError:
        return 127
