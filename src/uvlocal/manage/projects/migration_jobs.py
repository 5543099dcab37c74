"""One project's migration: its new environment first, then the old `.venv` goes.

It is the same when it is run again, so it keeps no note of how far it came: until the new
environment works nothing of the old one is touched, and what is there already is made once more.
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

#: What a shell says of a program that Ctrl-C ended.
_INTERRUPTED = 130
#: The most that is read of a `uv.lock`, in bytes: those of large workspaces have a few megabytes.
_LOCK_LIMIT = 64 * 1024 * 1024


def start(command: list[str], folder: str, environ: dict[str, str], *, quiet: bool) -> int:
    """Run a program and return its exit code; all that it says goes to stderr, or nowhere."""
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
    """One project's migration and its means; `result` says how far it is.

    `extras` says what to do with packages that were installed by hand: `keep`, `drop`, or "" to
    leave a project that has any as it is. `start` starts a program.
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
        """Find out whether there is something to do, and what stands in the way."""
        system, volume, new = self.call.system, self.call.facts.volume, self.decision.environment
        self.old = old_environments.look(self.root, system)
        label = volume.label if volume else ""
        self.result = Migration(self.root, "planned", "", label, self.old.path, new)
        if self.decision.strategy != "redirect":
            self._end("not-redirected", self._not_redirected())
        elif self.old.state == "missing":
            self._end("nothing-to-move", "there is no `.venv` in it")
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
        """Say that a person has to say what becomes of packages, as a state and a sentence."""
        if self.extras or not extra:
            return "", ""
        if not self.call.system.exists(os.path.join(self.root, "uv.lock")):
            why = "it has no `uv.lock` to say which packages it needs (`uv lock` creates one)"
            return "extra-packages", why
        return "extra-packages", f"installed by hand: {', '.join(extra)}"

    def _end(self, state: str, why: str) -> None:
        """Note why there is nothing more to do; an empty state leaves things as they are."""
        if state:
            self.result = replace(self.result, state=state, why=why)

    def _describe(self, cost: Cost | None) -> None:
        """Say what the old environment is, and what was installed into it by hand."""
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
        """Return those packages that are none of the project's.

        The project's are in its `uv.lock`, with all its extras and groups, or in its folder
        (https://docs.astral.sh/uv/concepts/projects/layout/#the-lockfile).
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
        """The store that the new environment goes to."""
        store = self.call.facts.store
        if store is None:
            msg = "a decision to redirect rests on a store"
            raise RuntimeError(msg)
        return store

    # -- doing it --------------------------------------------------------------------------------

    def apply(self) -> Migration:
        """Do it, and return the result, which says what stood in the way.

        Raises:
            UserError: there is no real uv, the store cannot be written, or the user interrupted it.
        """
        if self.result.state != "planned":
            return self.result
        real = self.call.real_uv()
        if not real.path:
            message, _, hint = handover.missing(real).partition("\n\nhint: ")
            raise UserError(message.removeprefix("error: "), hint)
        self.look(Cost(self.result.files, self.result.bytes))  # it may have changed since
        if self.result.state == "planned":
            self._make(real.path)
        if self.result.state == "planned":
            self._remove()
        return self.result

    def _make(self, uv: str) -> None:
        """Make the new environment; what was made for nothing goes again."""
        again = naming.exists(self.result.new, self.call.system)
        try:
            store_lock.make_private(self.store)
            records.write_first(self.call, self.decision)
            if not again:
                # What was killed while it was made, or removed, has no `pyvenv.cfg`; uv refuses it.
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

        A sync that was killed leaves the metadata of a package without its `.pth` file, and a
        second one takes the package for installed: what is there is installed again.
        """
        environ = self.call.changes.applied_to(self.inherited)
        # An active environment is not the project's new one; uv would warn of that each time.
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
            # The project may have come to require another one since.
            synced = run(*sync, "--python", python[0]) or run(*sync)
        else:
            synced = run(*sync)
        if not synced:
            return "sync-failed", "`uv sync` failed, see above"
        made = packages.installed(new, self.files)
        # The project itself may have got another name since, or be no package any more.
        folders = {self.root, *(one.editable for one in made.values() if one.editable)}
        # Nor does uv install again what is there beside; a migration that was killed left it.
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
        # What the project's extras, groups and other members brought comes along in any case.
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
        """Yield what has another version in the new environment."""
        python = python_version(self.result.new)
        if self.result.python not in ("", python):
            yield Changed("Python", self.result.python, python)
        for name in sorted(old.keys() & new.keys()):
            if old[name].version != new[name].version:
                yield Changed(name, old[name].version, new[name].version)

    def _throw_away(self) -> None:
        """Remove the new environment: out of sight in one step, then its files."""
        if self.call.system.lstat(self.result.new) is not None:
            trash.put(self.store.path, self.result.new)
            trash.empty(self.store.path, self.call.system)

    def _remove(self) -> None:
        """Remove the old environment, which is not needed any more."""
        # Much time may have passed.
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
    """Return the words that install a package exactly as it was."""
    return ["--editable", package.editable] if package.editable else [package.requirement]


def _requirements(found: Iterable[Package]) -> tuple[str, ...]:
    return tuple(" ".join(_words(one)) for one in found)
