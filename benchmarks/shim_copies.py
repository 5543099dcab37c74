"""Shims to measure: copies of an installed one, each with its own recorded decisions.

Each run is checked for being what its name says: Python has recorded a decision (`decided`), or the
launcher has replayed the recorded one (`recalled`).
"""

from __future__ import annotations

import compileall
import os
import shutil
import time

import uvlocal
from uvlocal.shim.contract import CONFIGURATION, DECISIONS
from uvlocal.shim.recall.writer import SETTLED

#: How long files must stay unchanged until decisions that depend on them are recorded, in seconds.
SETTLING = SETTLED / 1e9 + 0.5
#: At most one in this many calls may be decided again.
_FEW = 10


def copied_package(folder: str) -> str:
    """Copy uvlocal as a wheel installs it; return the entry for `sys.path`.

    A decision depends on every file of a source tree, but on only one of an installed package.
    """
    path = os.path.join(folder, "site-packages")
    source = os.path.dirname(os.path.abspath(uvlocal.__file__))
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(source, os.path.join(path, "uvlocal"), ignore=ignored)
    compileall.compile_dir(path, quiet=1)
    return path


def install_package(folder: str) -> None:
    """Let the shim in a folder use its package by the path of an installed one."""
    path = os.path.join(folder, CONFIGURATION)
    with open(path, encoding="utf-8") as file:
        lines = file.read().splitlines()
    [package] = [line.partition(" ")[2] for line in lines if line.startswith("package ")]
    link = os.path.join(folder, "site-packages")
    os.symlink(package, link)
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(
            (f"package {link}" if line.startswith("package ") else line) + "\n" for line in lines
        )


class Shim:
    """A shim in a folder of its own, with a cache of its own."""

    def __init__(self, installed: str, package: str, folder: str, program: str = "") -> None:
        """Copy a shim.

        Args:
            installed: the folder in which `uvlocal install` put the shim.
            package: the folder with the package `uvlocal` that it runs.
            folder: where to put it.
            program: what to put in place of the launcher, "" for the launcher itself.
        """
        os.makedirs(folder)
        self.path = os.path.join(folder, "uv")
        self.cache = os.path.join(folder, "cache")
        os.mkdir(self.cache, 0o700)
        shutil.copy(program or os.path.join(installed, "uv"), self.path)
        os.chmod(self.path, 0o755)  # noqa: S103 - a program
        with open(os.path.join(installed, CONFIGURATION), encoding="utf-8") as file:
            lines = [line for line in file if not line.startswith(("cache ", "package "))]
        path = os.path.join(folder, CONFIGURATION)
        with open(path, "w", encoding="utf-8") as file:
            file.writelines([*lines, f"package {package}\n", f"cache {self.cache}\n"])
        os.chmod(path, 0o600)

    def recorded(self) -> dict[str, tuple[int, int]]:
        """Return inode and modification time of each recorded decision, by path."""
        folder = os.path.join(self.cache, DECISIONS)
        found = {}
        for name in os.listdir(folder) if os.path.isdir(folder) else ():
            status = os.stat(os.path.join(folder, name))
            found[os.path.join(folder, name)] = (status.st_ino, status.st_mtime_ns)
        return found

    def forget(self) -> None:
        """Remove every recorded decision, so that the next call decides."""
        for path in self.recorded():
            os.unlink(path)

    def must_have_recorded(self) -> None:
        """Check that the previous call was decided, and is recorded.

        Raises:
            RuntimeError: it is not.
        """
        if not self.recorded():
            raise RuntimeError("a call was to be decided and recorded, and nothing is recorded")

    def decision(self) -> tuple[str, list[bytes]]:
        """Return its only recorded decision that is not for a whole directory: path and fields."""
        found = []
        for path in self.recorded():
            with open(path, "rb") as file:
                fields = file.read().split(b"\0")
            if fields[2] != b"kept":
                found.append((path, fields))
        [only] = found
        return only

    def inputs(self) -> int:
        """Return how many inputs its only recorded decision depends on."""
        _, fields = self.decision()
        position = 4  # after the first line, the launcher, the kind of key and the directory
        for _ in ("words", "variables"):
            position += 1 + int(fields[position])
        return int(fields[position])


class Watch:
    """Counts calls that were decided although they should have been replayed.

    There are some: a decision about a local project depends on the mount table, which other
    programs change.
    """

    def __init__(self, shim: Shim) -> None:
        self._shim, self._seen = shim, shim.recorded()
        self.calls = self.decided = 0

    def __call__(self) -> None:
        """Check again, after a call."""
        recorded = self._shim.recorded()
        self.calls += 1
        self.decided += recorded != self._seen
        self._seen = recorded

    def must_have_seen_few(self) -> None:
        """Check that almost all calls were replayed, so that the median is that of replayed calls.

        Raises:
            RuntimeError: too many were decided.
        """
        if not self._seen or self.decided * _FEW > self.calls:
            told = f"{self.decided} of {self.calls} calls were decided that were to be recalled"
            raise RuntimeError(f"{told}: something here changes what they rest on")


def settle() -> None:
    """Wait until decisions that depend on newly written files are recorded."""
    time.sleep(SETTLING)
