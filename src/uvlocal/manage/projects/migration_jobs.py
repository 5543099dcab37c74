"""Migrate one project: create the new environment, then remove the old `.venv`.

A migration can be run again, so it does not record its progress: the old environment is not touched
until the new one works, and packages in the new one are installed again.
"""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import tomllib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from uvlocal.manage.environments import record as records
from uvlocal.manage.environments import store_lock, trash
from uvlocal.manage.environments.pyvenv import python_version
from uvlocal.manage.errors import UserError
from uvlocal.manage.files.tree import Budget, Cost, Files, measure
from uvlocal.manage.projects import old_environments, packages
from uvlocal.manage.projects.migration_results import Changed, Migration
from uvlocal.manage.projects.scan import DEPTH, ENTRIES, SECONDS
from uvlocal.shim.machine import display
from uvlocal.shim.store import naming
from uvlocal.shim.uv import handover

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from uvlocal.manage.environments.in_use import Process
    from uvlocal.manage.projects.old_environments import Old
    from uvlocal.manage.projects.packages import Package
    from uvlocal.shim.call import Call
    from uvlocal.shim.decide import Decision
    from uvlocal.shim.store.lookup import Store

#: The exit code of a program that Ctrl-C ended.
_INTERRUPTED = 130
#: The size limit of a `uv.lock`, in bytes: those of large workspaces have a few megabytes.
_LOCK_LIMIT = 64 * 1024 * 1024


def start(command: list[str], folder: str, environ: dict[str, str], *, quiet: bool) -> int:
    """Run a program and return its exit code; its output goes to stderr, or nowhere."""
    out = subprocess.DEVNULL if quiet else 2
    try:
        return subprocess.run(
            command,
            cwd=folder,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            check=False,
        ).returncode
    except OSError:
        return 127


@dataclass(slots=True)
class Job:
    """The migration of one project; `result` is its current state.

    `extras` says what to do with packages installed by hand: `keep`, `drop`, or "" to skip a
    project that has any. `start` runs a program.
    """

    call: Call
    decision: Decision
    inherited: dict[str, str]
    root: str
    extras: str
    processes: Callable[[], Iterable[Process]]
    start: Callable[..., int] = start
    files: Files = field(default_factory=Files)
    result: Migration = field(init=False)
    old: Old = field(init=False)

    # -- the plan --------------------------------------------------------------------------------

    def look(self, cost: Cost | None = None) -> None:
        """Find out whether there is something to do, and what prevents it."""
        system, volume, new = self.call.system, self.call.facts.volume, self.decision.environment
        self.old = old_environments.look(self.root, system)
        label = volume.label if volume else ""
        self.result = Migration(self.root, "planned", "", label, self.old.path, new)
        if self.decision.strategy != "redirect":
            self._end("not-redirected", self._not_redirected())
        elif self.old.state == "missing":
            self._end("nothing-to-move", "it has no `.venv`")
        elif self.old.state == "other":
            self._end("not-an-environment", self.old.why)
        else:
            self._describe(cost)
            state, why = old_environments.obstacle(
                self.old, system, self.files, self.processes, new
            )
            self._end(*(state, why) if state else self._undecided(self.result.extra))

    def _not_redirected(self) -> str:
        strategy = self.decision.strategy
        if strategy is None:
            return self.decision.sentence
        return f"its strategy is `{strategy}`, which keeps the environment in the project"

    def _undecided(self, extra: tuple[str, ...]) -> tuple[str, str]:
        """Return a state and a sentence if the user has to decide about extra packages, else ""."""
        if self.extras or not extra:
            return "", ""
        if not self.call.system.exists(os.path.join(self.root, "uv.lock")):
            why = (
                "without a `uv.lock`, uvlocal cannot tell which packages were installed by hand "
                "(run `uv lock` to create one)"
            )
            return "extra-packages", why
        return "extra-packages", f"installed by hand: {', '.join(extra)}"

    def _end(self, state: str, why: str) -> None:
        """Set the final state; an empty state changes nothing."""
        if state:
            self.result = replace(self.result, state=state, why=why)

    def _describe(self, cost: Cost | None) -> None:
        """Describe the old environment, and the packages installed into it by hand."""
        found = packages.installed(self.old.path, self.files)
        cost = cost or measure(self.old.path, self.files, Budget(ENTRIES, SECONDS, DEPTH))
        self.result = replace(
            self.result,
            python=python_version(self.old.path),
            packages=len(found),
            files=cost.files,
            bytes=cost.bytes,
            extra=_requirements(self._by_hand(found.values())),
        )

    def _by_hand(self, found: Iterable[Package]) -> list[Package]:
        """Return the packages that do not belong to the project.

        Those of the project are in its `uv.lock`, with all its extras and groups, or in its
        directory (https://docs.astral.sh/uv/concepts/projects/layout/#the-lockfile).
        """
        data = self.call.system.read(os.path.join(self.root, "uv.lock"), _LOCK_LIMIT) or b""
        known = set(packages.SEEDS)
        with contextlib.suppress(ValueError, KeyError, TypeError, RecursionError):
            known.update(one["name"] for one in tomllib.loads(data.decode())["package"])
        inside = os.path.join(self.root, "")
        return [
            one
            for one in found
            if one.name not in known and not os.path.join(one.editable, "").startswith(inside)
        ]

    @property
    def store(self) -> Store:
        """The store for the new environment."""
        store = self.call.facts.store
        if store is None:
            msg = "a decision to redirect rests on a store"
            raise RuntimeError(msg)
        return store

    # -- migrating -------------------------------------------------------------------------------

    def apply(self) -> Migration:
        """Migrate the project, and return the result, which says what went wrong.

        Raises:
            UserError: there is no real uv, the store is not writable, or the user interrupted it.
        """
        if self.result.state != "planned":
            return self.result
        real = self.call.real_uv()
        if not real.path:
            message, _, hint = handover.missing(real).partition("\n\nhint: ")
            raise UserError(message.removeprefix("error: "), hint)
        self.look(Cost(self.result.files, self.result.bytes))  # it may have changed since the plan
        if self.result.state == "planned":
            self._make(real.path)
        if self.result.state == "planned":
            self._remove()
        return self.result

    def _make(self, uv: str) -> None:
        """Create the new environment; remove it again if that fails."""
        again = naming.exists(self.result.new, self.call.system)
        try:
            store_lock.make_private(self.store)
            records.write_first(self.call, self.decision)
            if not again:
                # A killed creation or removal leaves no `pyvenv.cfg`, so uv would reject it.
                self._throw_away()
            self._end(*self._sync(uv, again=again))
        except KeyboardInterrupt:
            self._end("interrupted", "")
            message = "interrupted, the old environment is unchanged"
            raise UserError(message, code=_INTERRUPTED) from None
        except (OSError, store_lock.BusyError) as error:
            self._end("broken", "")
            where = display.contract_home(self.store.path, self.call.system)
            why = getattr(error, "strerror", None) or "another process is using it"
            raise UserError(f"`{where}` cannot be written: {why}") from error
        finally:
            if self.result.state != "planned" and not again:
                with contextlib.suppress(OSError):
                    self._throw_away()

    def _sync(self, uv: str, *, again: bool) -> tuple[str, str]:
        """Sync, and compare with the old environment; return what is wrong, as `look` does.

        A killed sync leaves the metadata of a package without its `.pth` file, and the next one
        considers the package installed; so existing packages are installed again.
        """
        environ = self.call.changes.applied_to(self.inherited)
        # uv would warn each time that the active environment is not the project's new one.
        environ.pop("VIRTUAL_ENV", None)

        def run(*words: str, quiet: bool = False) -> bool:
            return self.start(list(words), self.root, environ, quiet=quiet) == 0

        new = self.result.new
        old, there = (packages.installed(path, self.files) for path in (self.old.path, new))
        sync = [uv, "sync", "--inexact"]
        python = re.match(r"\d+\.\d+", self.result.python)
        if again:
            synced = run(*sync, "--reinstall")
        elif python and run(uv, "python", "find", python[0], quiet=True):
            # The project may require another version by now.
            synced = run(*sync, "--python", python[0]) or run(*sync)
        else:
            synced = run(*sync)
        if not synced:
            return "sync-failed", "`uv sync` failed, see above"
        made = packages.installed(new, self.files)
        # The project may have another name by now, or no longer be a package.
        folders = {self.root, *(one.editable for one in made.values() if one.editable)}
        # uv does not reinstall other packages, which a killed migration left.
        stale = {name for name in there.keys() & made if there[name].made == made[name].made}
        missing = [
            one
            for name, one in sorted(old.items())
            if one.editable not in folders
            and (name not in made or (name in stale and made[name].version == one.version))
        ]
        extra = self._by_hand(missing)
        problem = self._undecided(_requirements(extra))
        if any(problem):
            return problem
        # Packages of the project's extras, groups and other members are always kept.
        kept = self.extras == "keep"
        wanted = [
            one for one in missing if kept or not (one in extra or one.name in packages.SEEDS)
        ]
        words = [word for one in wanted for word in _words(one)]
        pip = (uv, "pip", "install", "--python", new, "--no-deps", "--reinstall")
        if words and not run(*pip, *words):
            return "extra-packages", "`uv pip install` failed, see above"
        program = ("Scripts", "python.exe") if sys.platform == "win32" else ("bin", "python")
        if not run(os.path.join(new, *program), "-I", "-S", "-c", "", quiet=True):
            return "broken", "the new environment's Python does not start"
        self.result = replace(
            self.result,
            extra=_requirements(one for one in extra if kept or one.name not in made),
            kept=kept and bool(extra),
            changed=tuple(self._changed(old, made)),
        )
        return "", ""

    def _changed(self, old: dict[str, Package], new: dict[str, Package]) -> Iterator[Changed]:
        """Yield packages with another version in the new environment."""
        python = python_version(self.result.new)
        if self.result.python not in ("", python):
            yield Changed("Python", self.result.python, python)
        for name in sorted(old.keys() & new.keys()):
            if old[name].version != new[name].version:
                yield Changed(name, old[name].version, new[name].version)

    def _throw_away(self) -> None:
        """Remove the new environment: move it away atomically, then remove its files."""
        if self.call.system.lstat(self.result.new) is not None:
            trash.put(self.store.path, self.result.new)
            trash.empty(self.store.path, self.call.system)

    def _remove(self) -> None:
        """Remove the old environment."""
        # Check again, as this may be much later.
        state, why = old_environments.obstacle(
            self.old, self.call.system, self.files, self.processes
        )
        try:
            why = why or old_environments.remove(self.old)
        except KeyboardInterrupt:
            message = "interrupted while removing the old environment"
            raise UserError(
                message, "run the same command again to finish it", _INTERRUPTED
            ) from None
        self._end(state or ("not-removed" if why else "migrated"), why)


def _words(package: Package) -> list[str]:
    """Return the arguments that install a package exactly as it was."""
    return ["--editable", package.editable] if package.editable else [package.requirement]


def _requirements(found: Iterable[Package]) -> tuple[str, ...]:
    return tuple(" ".join(_words(one)) for one in found)
