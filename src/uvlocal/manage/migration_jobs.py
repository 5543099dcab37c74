"""One project's migration: its new environment first, then the old `.venv` goes.

Until the old environment's removal begins, nothing of it is touched, and what was made so far is
thrown away where something fails. From then on the new environment is known to work. A note in
the store (`migrations`) says how far this is, so that a second run finishes what was killed.
"""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from uvlocal.manage import migrations, old_environments, packages, removal, store_lock, trash
from uvlocal.manage import record as records
from uvlocal.manage.errors import UserError
from uvlocal.manage.migration_results import Changed, Migration
from uvlocal.manage.migrations import BUILDING, REMOVING, Note
from uvlocal.manage.new_environments import Builder, requirement_of
from uvlocal.manage.scan import DEPTH, ENTRIES, SECONDS
from uvlocal.manage.trees import Budget, Cost, Files, measure
from uvlocal.shim import display, environment, handover, stores

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from uvlocal.manage.in_use import Process
    from uvlocal.manage.new_environments import Difference
    from uvlocal.manage.old_environments import Old
    from uvlocal.shim.decide import Decision
    from uvlocal.shim.gather import Call
    from uvlocal.shim.stores import Store

#: What a shell says of a program that Ctrl-C ended.
_INTERRUPTED = 130


class _StoppedError(Exception):
    """The migration cannot go on; `why` says so for people, `state` in one word."""

    def __init__(self, state: str, why: str) -> None:
        super().__init__(why)
        self.state = state
        self.why = why


@dataclass(slots=True)
class Job:
    """One project's migration and its means; `result` says how far it is."""

    call: Call
    decision: Decision
    inherited: dict[str, str]
    root: str
    processes: Callable[[], Iterable[Process]]
    files: Files = field(default_factory=Files)
    result: Migration = field(init=False)
    old: Old = field(init=False)
    note: Note | None = None

    # -- the plan --------------------------------------------------------------------------------

    def look(self, cost: Cost | None = None) -> None:
        """Find out whether there is something to do, and what stands in the way."""
        system, volume = self.call.system, self.call.facts.volume
        self.old = old_environments.look(self.root, system)
        self.result = Migration(
            root=self.root,
            state="planned",
            why="",
            volume=volume.label if volume else "",
            old=self.old.path,
            new=self.decision.environment,
        )
        if self.decision.strategy != "redirect":
            self._end("not-redirected", self._not_redirected())
            return
        self.note = migrations.read(self.store.path, self.name, system)
        if self.note is not None and self.note.stage == REMOVING:
            which = self.note.device, self.note.inode
            self.old = old_environments.look(self.root, system, which)
        self.result = replace(self.result, resumed=self.note is not None)
        if self.old.state == "missing" and self.note is None:
            self._end("nothing-to-move", "there is no `.venv` in it")
        elif self.old.state == "other":
            self._end("not-an-environment", self.old.why)
        else:
            self._describe(cost)
            self._end(*old_environments.obstacle(self.old, system, self.files, self.processes))

    def _not_redirected(self) -> str:
        strategy = self.decision.strategy
        if strategy is None:
            return self.decision.sentence
        return f"its strategy is `{strategy}`, which needs no environment elsewhere"

    def _end(self, state: str, why: str) -> None:
        """Note why there is nothing to do; an empty state leaves things as they are."""
        if state:
            self.result = replace(self.result, state=state, why=why)

    def _describe(self, cost: Cost | None) -> None:
        budget = Budget(ENTRIES, SECONDS, DEPTH)
        cost = cost or measure(self.old.path, self.files, budget)
        self.result = replace(
            self.result,
            python=packages.python(self.old.path, self.files).version,
            packages=len(packages.installed(self.old.path, self.files)),
            files=cost.files,
            bytes=cost.bytes,
        )

    @property
    def store(self) -> Store:
        """The store that the new environment goes to."""
        store = self.call.facts.store
        if store is None:
            msg = "a decision to redirect rests on a store"
            raise RuntimeError(msg)
        return store

    @property
    def name(self) -> str:
        """The new environment's name."""
        return os.path.basename(self.decision.environment)

    # -- doing it --------------------------------------------------------------------------------

    def apply(
        self,
        extras: str,
        ask: Callable[[Migration], str] | None = None,
        start: Callable[..., int] | None = None,
    ) -> Migration:
        """Do it, and return the result, which says what stood in the way.

        Args:
            extras: what to do with packages that only the old environment has: `keep`, `drop`, or
                "" to ask.
            ask: is shown the migration with its extra packages, and answers as `extras`.
            start: starts uv, for tests.

        Raises:
            UserError: there is no real uv, the store cannot be written, another migration is at
                work, or the user interrupted it.
        """
        if self.result.state != "planned":
            return self.result
        real = self.call.real_uv()
        if not real.path:
            message, _, hint = handover.missing(real).partition("\n\nhint: ")
            raise UserError(message.removeprefix("error: "), hint)
        try:
            store_lock.make_private(self.store)
            with migrations.turn(self.store.path) as lock:
                self.look(Cost(self.result.files, self.result.bytes))  # it may have changed since
                if self.result.state == "planned":
                    self._apply(self._builder(real.path, lock, start), extras, ask)
        except OSError as error:
            where = display.contract_home(self.store.path, self.call.system)
            message = f"`{where}` cannot be written: {error.strerror or error}"
            raise UserError(message) from error
        except KeyboardInterrupt:
            if self.note is not None and self.note.stage == REMOVING:
                message = "interrupted while the old environment was removed"
                raise UserError(message, "the same command finishes it", _INTERRUPTED) from None
            raise UserError("interrupted, nothing was changed", code=_INTERRUPTED) from None
        return self.result

    def _builder(self, uv: str, lock: int, start: Callable[..., int] | None) -> Builder:
        environ = self.call.changes.applied_to(self.inherited)
        # An active environment is not the project's new one; uv would warn of that each time.
        environ.pop("VIRTUAL_ENV", None)
        builder = Builder(uv, self.root, self.result.new, environ, self.files, lock)
        if start is not None:
            builder.start = start
        return builder

    def _apply(self, builder: Builder, extras: str, ask: Callable[[Migration], str] | None) -> None:
        system, note = self.call.system, self.note
        if note is not None and self._is_built(note):
            self.result = replace(self.result, extra=note.extra, kept=bool(note.extra))
        else:
            try:
                self._build(builder, extras, ask)
            except _StoppedError as stopped:
                self._undo()
                self._end(stopped.state, stopped.why)
                return
            except BaseException:
                self._undo()
                raise
        # Much time may have passed.
        state, why = old_environments.obstacle(self.old, system, self.files, self.processes)
        problem = why or old_environments.remove(self.old, system)
        if problem:
            self._end(state or "not-removed", problem)
            return
        migrations.erase(self.store.path, self.name)
        self.result = replace(
            self.result, state="migrated", hints=(*self.result.hints, *self._hints())
        )

    def _is_built(self, note: Note) -> bool:
        """Say whether only the removal is left, of the environment that was compared before."""
        same = (note.device, note.inode) == (self.old.device, self.old.inode)
        if note.stage != REMOVING or not (same or self.old.state == "missing"):
            return False
        return environment.exists(self.result.new, self.call.system)

    def _build(self, builder: Builder, extras: str, ask: Callable[[Migration], str] | None) -> None:
        """Make the new environment, from scratch where an interrupted migration began to."""
        system, earlier = self.call.system, self.note
        if earlier is None:
            record = stores.record_path(self.store.path, self.name, system)
            self.note = self._noted(
                BUILDING,
                made=not environment.exists(builder.path, system),
                recorded=not system.exists(record),
            )
        else:
            self.note = self._noted(BUILDING, made=earlier.made, recorded=earlier.recorded)
        migrations.write(self.store.path, self.name, self.note)
        if self.note.made:
            self._throw_away()
        records.write_first(self.call, self.decision)
        before = packages.installed(self.old.path, self.files)
        python = packages.python(self.old.path, self.files)
        # What an interrupted sync left in an environment that was there before is repaired.
        options = ["--reinstall"] if earlier is not None and not earlier.made else []
        if not builder.make(python, *options):
            raise _StoppedError("sync-failed", "`uv sync` failed, see above")
        builder.complete(before)
        found = builder.difference(before, seeded=python.has_seed)
        known = earlier.extra if earlier is not None else ()
        seeds = ", ".join(f"`{one.name}`" for one in found.seeds)
        left = f"{seeds} came with the old environment and stayed behind, uv needs none of it"
        self.result = replace(
            self.result,
            extra=tuple(dict.fromkeys((*map(requirement_of, found.extra), *known))),
            changed=tuple(Changed(*one) for one in found.changed),
            hints=(left,) if seeds and extras != "keep" else (),
        )
        wanted = self._wanted(found, known, extras, ask)
        if wanted and not builder.add(wanted):
            raise _StoppedError("extra-packages", "`uv pip install` failed, see above")
        flaw = builder.flaw()
        if flaw:
            raise _StoppedError("broken", f"the new environment does not work: {flaw}")
        self.result = replace(self.result, kept=bool(self.result.extra and wanted))
        self.note = replace(self.note, stage=REMOVING, extra=wanted)
        migrations.write(self.store.path, self.name, self.note)

    def _noted(self, stage: str, *, made: bool, recorded: bool) -> Note:
        which = self.old.device, self.old.inode
        return Note(environment.as_text(self.root), stage, *which, made=made, recorded=recorded)

    def _wanted(
        self,
        found: Difference,
        known: tuple[str, ...],
        extras: str,
        ask: Callable[[Migration], str] | None,
    ) -> tuple[str, ...]:
        """Return the requirements to install beside what the project asks for."""
        answer = extras or "drop"
        if found.extra and not extras:
            answer = ask(self.result) if ask is not None else ""
        if answer not in ("keep", "drop"):
            names = ", ".join(f"`{one.name}`" for one in found.extra)
            raise _StoppedError("extra-packages", f"only the old environment has {names}")
        kept = (*found.extra, *found.seeds) if answer == "keep" else ()
        return tuple(dict.fromkeys((*map(requirement_of, kept), *known)))

    # -- undoing it ------------------------------------------------------------------------------

    def _undo(self) -> None:
        """Take back what was made; the old environment was not touched so far."""
        note = self.note
        if note is None:
            return
        if note.made:
            with contextlib.suppress(OSError):
                self._throw_away()
        if note.recorded:
            with contextlib.suppress(OSError):
                os.unlink(stores.record_path(self.store.path, self.name, self.call.system))
        with contextlib.suppress(OSError):
            migrations.erase(self.store.path, self.name)

    def _throw_away(self) -> None:
        """Remove an environment that a migration made: out of sight in one step, then its files."""
        path, store, system = self.result.new, self.store.path, self.call.system
        found = system.lstat(path)
        ours = environment.is_our_environment(path, store, system)
        if found is not None and ours and system.readlink(path) is None:
            trash.put(store, path)
        # Also what an interrupted call could not remove to the end.
        for waiting in trash.leftovers(store, system):
            if os.path.basename(waiting).startswith(f"{self.name}."):
                removal.delete(waiting)
        with contextlib.suppress(OSError):
            os.rmdir(os.path.join(store, trash.TRASH))

    def _hints(self) -> list[str]:
        hints = []
        active = self.inherited.get("VIRTUAL_ENV", "")
        if active and os.path.normpath(active) == os.path.normpath(self.old.path):
            hints.append("the old environment is active in this shell: `deactivate` ends that")
        volume = self.call.facts.volume
        if volume is not None and volume.copies_links:
            hints.append(
                f"{volume.label} can spoil files of uv's cache that were linked into its folder: "
                "if uv fails elsewhere with `os error 396`, `uv cache clean` cures it"
            )
        return hints
