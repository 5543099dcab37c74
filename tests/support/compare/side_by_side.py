"""Make the same call of uv in several ways: with the real uv, and with the launcher.

Each call starts with a fresh copy of a directory, which shows what the call does to files. Only
`UVLOCAL_LOOP` (the counter that stops loops) may differ between the ways.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from support.hosts.worlds import Entry, World

_T = TypeVar("_T")

#: Bare uv twice: the first time it may fill its caches, and create directories.
WAYS = ("warm", "bare", "decided", "recalled")

#: The timeout of a call, in seconds; only one that hangs takes longer.
_PATIENCE = 60

#: What differs between two calls of the same uv.
_TIMES = re.compile(rb"\b\d+(\.\d+)?(ms|s|us)\b")
_TEMPORARY = re.compile(rb"\.tmp\w+")


@dataclass(frozen=True)
class Outcome:
    """The result of a call: its exit code, its output, and the files that it left."""

    code: int
    out: bytes
    err: bytes
    files: dict[str, Entry]


class SideBySide:
    """A world with all ways to call uv.

    The directory `folder` is copied from `template` before each call, and so is every other one in
    `templates`.
    """

    def __init__(
        self, world: World, folder: str, template: str = "", *, settles: bool = True
    ) -> None:
        """Install the shims; an empty `template` means an empty directory.

        Without `settles`, do not wait, so that few decisions are recorded.
        """
        self.world = world
        self.folder = folder
        self.templates = {folder: template}
        shims = world.install_shim()
        self.native = os.path.join(shims, "uv")
        self._settled = not settles
        self.decisions = os.path.join(world.home, ".cache", "uvlocal", "decisions")

    def program(self, way: str) -> str:
        """Return the program of a way."""
        return self.native if way in ("decided", "recalled") else self.world.real_uv

    def lay_out(self, way: str) -> None:
        """Prepare the directories; before `decided`, remove every recorded decision.

        Correct files are not touched, as a decision that depends on a fresh file is not recorded.
        """
        for folder, template in self.templates.items():
            _restore(self.world, folder, template)
        if way == "decided":
            if not self._settled:
                self._settle()
            shutil.rmtree(self.decisions, ignore_errors=True)

    def recorded(self) -> bool:
        """Return whether a decision is recorded."""
        return os.path.isdir(self.decisions) and bool(os.listdir(self.decisions))

    def _settle(self) -> None:
        """Wait until decisions can be recorded: their inputs must be some seconds old."""
        shutil.rmtree(self.decisions, ignore_errors=True)
        end = time.monotonic() + _PATIENCE
        while not self.recorded():
            assert time.monotonic() < end, "no decision is ever recorded"
            time.sleep(0.1)  # waits for the clock
            self.start("decided", ["run", "--no-sync", "true"]).wait(_PATIENCE)
        self._settled = True

    def environment(self, env: Mapping[str, str | None] | None = None) -> dict[str, str]:
        """Return the variables of a call."""
        found: dict[str, str | None] = {
            **self.world.environment,
            "PYTHONDONTWRITEBYTECODE": "1",
            **(env or {}),
        }
        return {name: value for name, value in found.items() if value is not None}

    def start(
        self,
        way: str,
        arguments: Sequence[str | bytes],
        *,
        env: Mapping[str, str | None] | None = None,
        cwd: str = "",
        **more: Any,  # noqa: ANN401 - whatever Popen takes
    ) -> subprocess.Popen[bytes]:
        """Start a call without preparation."""
        return subprocess.Popen(
            ["uv", *arguments],  # noqa: S607 - this is argv[0]; `executable` is what runs
            executable=self.program(way),
            cwd=cwd or self.folder,
            env=self.environment(env),
            **more,
        )

    def call(
        self,
        way: str,
        arguments: Sequence[str | bytes],
        *,
        env: Mapping[str, str | None] | None = None,
        stdin: bytes = b"",
        cwd: str = "",
    ) -> Outcome:
        """Make a call in the freshly prepared directory."""
        self.lay_out(way)
        process = self.start(
            way,
            arguments,
            env=env,
            cwd=os.path.join(self.folder, cwd),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        out, err = process.communicate(stdin, timeout=_PATIENCE)
        return Outcome(process.returncode, plain(out), plain(err), self.files())

    def files(self) -> dict[str, Entry]:
        """Return the files of the directory, and those in the home directory that are not ours."""
        home = self.world.tree(self.world.home)
        ours = (
            os.path.join(".cache", "uvlocal"),
            os.path.join(".local", "share", "uvlocal"),
            ".virtualenvs",  # where editors find the environment
        )
        kept = {name: entry for name, entry in home.items() if not name.startswith(ours)}
        for above in (".cache", ".local", os.path.join(".local", "share")):
            kept.pop(above, None)
        for folder in self.templates:
            found = self.world.tree(folder)
            found.pop(os.path.join("bin", "uv"), None)  # our symlink in an environment
            kept |= {os.path.join(folder, name): entry for name, entry in found.items()}
        return kept

    def compare(
        self,
        arguments: Sequence[str | bytes],
        *,
        bare: Mapping[str, str | None] | None = None,
        **more: Any,  # noqa: ANN401 - as `call`
    ) -> Outcome:
        """Make the call in every way; return the result, which must always be the same.

        `bare` are more variables for the real uv only.
        """
        env = more.pop("env", {})
        alone = {**env, **(bare or {})}
        found = {
            way: self.call(way, arguments, env=alone if way in WAYS[:2] else env, **more)
            for way in WAYS
        }
        expected = found["bare"]
        for way in WAYS[2:]:
            assert found[way] == expected, way
        return expected

    def same(self, make: Callable[[str], _T]) -> _T:
        """Return the result of `make` for each way, which must always be the same."""
        found = {way: make(way) for way in WAYS}
        for way in WAYS[2:]:
            assert found[way] == found["bare"], way
        return found["bare"]


def _restore(world: World, folder: str, template: str) -> None:
    """Make a directory equal to its template, or empty, without touching equal files."""
    os.makedirs(folder, exist_ok=True)
    wanted = world.tree(template) if template else {}
    found = world.tree(folder)
    for name in reversed(found):  # a directory precedes its content
        if found[name] != wanted.get(name):
            path = os.path.join(folder, name)
            if found[name].kind == "folder":
                shutil.rmtree(path, ignore_errors=True)
            else:
                os.unlink(path)
    for name in wanted:
        source, path = os.path.join(template, name), os.path.join(folder, name)
        if os.path.lexists(path):
            continue
        if wanted[name].kind == "folder":
            os.mkdir(path)
            shutil.copystat(source, path)
        else:
            shutil.copy2(source, path, follow_symlinks=False)


def plain(output: bytes) -> bytes:
    """Replace the times and temporary names, which differ between two calls of one uv."""
    return _TEMPORARY.sub(b".tmp", _TIMES.sub(b"TIME", output))
