"""Find uv projects whose environment is at risk, and what that costs."""

from __future__ import annotations

import os
import stat
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from uvlocal.manage.files import user_path
from uvlocal.manage.files.measuring import Measuring
from uvlocal.manage.files.tree import Budget, Files
from uvlocal.manage.projects import sync_roots
from uvlocal.manage.telling import nobody
from uvlocal.shim.call import Call
from uvlocal.shim.machine.host import System
from uvlocal.shim.settings import settings
from uvlocal.shim.store import naming

if TYPE_CHECKING:
    from collections.abc import Iterator

    from uvlocal.manage.files.tree import Cost
    from uvlocal.manage.telling import Tell
    from uvlocal.shim.decide import Decision

#: The default limits of a scan.
ENTRIES, SECONDS, DEPTH = 5_000_000, 300.0, 24

#: Directories without projects of the user, but often with very many files.
_PASSED_OVER = frozenset(
    (
        ".dropbox.cache",
        ".git",
        ".hg",
        ".jj",
        ".mypy_cache",
        ".nox",
        ".pytest_cache",
        ".ruff_cache",
        ".stversions",
        ".svn",
        ".tox",
        ".trash",
        ".venv",
        "__pycache__",
        "node_modules",
        "site-packages",
    )
)
#: Decisions with which uv runs unchanged although the project is at risk.
_HELPLESS = ("no-better-place", "no-store")
#: Variables that are meant for the current call, not for the projects that a scan finds.
OF_ONE_CALL = (
    "UV_NO_PROJECT",
    "UV_PROJECT",
    "UV_PROJECT_ENVIRONMENT",
    "UV_WORKING_DIR",
    "UV_WORKING_DIRECTORY",
    "UVLOCAL_BYPASS",
)


@dataclass(frozen=True, slots=True)
class Found:
    """A project at risk, and what its `.venv` costs there.

    Attributes:
        root: the project's root, absolute.
        code: the decision's code.
        sentence: the decision's sentence.
        volume_kind: `synced`, `network`, `shared` or `incapable`.
        volume_label: the name of the volume, such as `Dropbox`.
        provider: the sync provider's id, or None.
        strategy: what uvlocal does for the project, or "" if it cannot help.
        environment: its `.venv`, absolute.
        state: what `.venv` is: `environment`, or `no-environment` for any other directory.
        files: the number of files in it; symlinks count, directories do not.
        bytes: their total size.
        hidden_pth: `.pth` files that Python skips because they are hidden.
        conflict_copies: copies that a sync client made because two machines wrote.
        evicted: files and directories whose content is only in the cloud.
        complete: False if a limit ended the count.
        saves: whether `uvlocal migrate` would remove all this.
    """

    root: str
    code: str
    sentence: str
    volume_kind: str
    volume_label: str
    provider: str | None
    strategy: str
    environment: str
    state: str
    files: int
    bytes: int
    hidden_pth: int
    conflict_copies: int
    evicted: int
    complete: bool
    saves: bool


@dataclass(frozen=True, slots=True)
class Scan:
    """What a scan found; `version` is the version of the JSON format.

    Attributes:
        roots: the searched directories.
        projects: the projects at risk that have a `.venv`, the costliest first.
        clean: the number of projects there that are safe, as they have no `.venv`.
        untouched: the number of projects on a local volume, or excluded by the user's settings.
        files, bytes: the total cost of `projects`.
        saved_files, saved_bytes: what `uvlocal migrate --all` would remove.
        evicted_folders: the number of folders not searched, as their content is only in the cloud.
        limit: `entries`, `time` or `depth` if a limit ended the search, else "".
        unread_folders: the number of unreadable directories, whose content is unknown.
    """

    version: int
    roots: tuple[str, ...]
    projects: tuple[Found, ...]
    clean: int
    untouched: int
    files: int
    bytes: int
    saved_files: int
    saved_bytes: int
    evicted_folders: int
    limit: str
    unread_folders: int = 0


@dataclass(slots=True)
class Scanner:
    """A scan; tests pass their own `reader`, `budget` and `environ`."""

    reader: Files = field(default_factory=Files)
    budget: Budget = field(default_factory=lambda: Budget(ENTRIES, SECONDS, DEPTH))
    environ: dict[str, str] = field(default_factory=lambda: dict(os.environ))
    tell: Tell = nobody
    folders: int = 0
    evicted: int = 0
    _machine: dict[str, object] = field(default_factory=dict)

    def scan(self, folders: list[str] | None) -> Scan:
        """Search `folders`, by default every synced folder known on this machine.

        Raises:
            UserError: one of the paths is not a directory (exit 2).
        """
        roots = [user_path.folder(path) for path in folders] if folders else self._known()
        at_risk, clean, untouched = [], 0, 0
        alone = type(self.reader) is not Files or self.budget.entries < ENTRIES // 2
        with Measuring(self.budget, self.reader, alone=alone) as measuring:
            for place in self._projects(roots):
                call, decision = self.settle(place)
                project = call.facts.project
                if project is None or not self._is_same(project.root, place):
                    if self.reader.status(os.path.join(place, "pyproject.toml")) is None:
                        self.reader.unread += 1  # only its name is readable
                    continue  # a workspace member: its root counts instead
                if decision.strategy is None and decision.code not in _HELPLESS:
                    untouched += 1
                elif self._has_environment(place):
                    at_risk.append((call, decision))
                    measuring.ask(_venv(call))
                else:
                    clean += 1
            found = []
            unread = self.reader.unread
            for number, (call, decision) in enumerate(at_risk):
                self.tell("environment", number, len(at_risk))
                cost = measuring.cost(number)
                unread += cost.unread
                found.append(self._found(call, decision, cost))
        found.sort(key=lambda one: (-one.bytes, one.root))
        return Scan(
            version=1,
            roots=tuple(roots),
            projects=tuple(found),
            clean=clean,
            untouched=untouched,
            files=sum(one.files for one in found),
            bytes=sum(one.bytes for one in found),
            saved_files=sum(one.files for one in found if one.saves),
            saved_bytes=sum(one.bytes for one in found if one.saves),
            evicted_folders=self.evicted,
            limit=self.budget.spent,
            unread_folders=unread,
        )

    def _known(self) -> list[str]:
        system = System(environ=dict(self.environ))
        return [one.path for one in sync_roots.folders(system, settings.load(system))]

    def _projects(self, roots: list[str]) -> Iterator[str]:
        """Yield the directories with a `pyproject.toml`, those near the top first.

        Virtual environments of any name are skipped.
        """
        pending = deque((root, 0) for root in roots)
        seen: set[str] = set()
        while pending and self.budget.allows():
            folder, depth = pending.popleft()
            if folder in seen:  # one of the given directories is inside another
                continue
            if depth == 0:
                seen.add(folder)
            entries = self.reader.entries(folder, sizes=False)
            self.budget.entries -= len(entries) + 1
            self.folders += 1
            self.tell("folder", self.folders, 0)
            names = {entry.name for entry in entries}
            if "pyvenv.cfg" in names:
                continue
            if "pyproject.toml" in names:
                yield folder
            for entry in entries:
                if entry.kind != "folder" or entry.name.lower() in _PASSED_OVER:
                    continue
                if entry.evicted:
                    self.evicted += 1
                elif self.budget.allows_depth(depth + 1):
                    pending.append((os.path.join(folder, entry.name), depth + 1))

    def _is_same(self, path: str, other: str) -> bool:
        """Return whether both paths are the same directory."""
        if path == other:
            return True
        one, two = self.reader.status(path), self.reader.status(other)
        return bool(one and two and one.st_ino and os.path.samestat(one, two))

    def settle(self, place: str) -> tuple[Call, Decision]:
        """Return the decision for `uv sync` in a directory."""
        environ = {name: value for name, value in self.environ.items() if name not in OF_ONE_CALL}
        system = System(environ=environ, cwd=place)
        system.share(self._machine)
        call = Call(["sync"], system)
        return call, call.settle()

    def _has_environment(self, root: str) -> bool:
        """Return whether `.venv` is a directory, not a symlink to one."""
        found = self.reader.status(os.path.join(root, ".venv"))
        return found is not None and stat.S_ISDIR(found.st_mode)

    def _found(self, call: Call, decision: Decision, cost: Cost) -> Found:
        volume, project = call.facts.volume, call.facts.project
        root = project.root if project else ""
        venv = _venv(call)
        is_environment = naming.exists(venv, call.system)
        return Found(
            root=root,
            code=decision.code,
            sentence=decision.sentence,
            volume_kind=volume.kind if volume else "",
            volume_label=volume.label if volume else "",
            provider=volume.provider if volume else None,
            strategy=decision.strategy or "",
            environment=venv,
            state="environment" if is_environment else "no-environment",
            files=cost.files,
            bytes=cost.bytes,
            hidden_pth=cost.hidden,
            conflict_copies=cost.conflicts,
            evicted=cost.evicted,
            complete=cost.complete,
            saves=is_environment and decision.strategy == "redirect",
        )


def _venv(call: Call) -> str:
    project = call.facts.project
    return os.path.join(project.root if project else "", ".venv")
