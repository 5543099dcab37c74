"""What is told of migrations: the objects that `uvlocal migrate --json` prints."""

from __future__ import annotations

from dataclasses import dataclass

#: States after which nothing is left to do.
DONE = ("migrated", "nothing-to-move")


@dataclass(frozen=True, slots=True)
class Changed:
    """A package, or Python itself, that the new environment has in another version."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Migration:
    """A project's migration: planned, done, or why not.

    Attributes:
        root: the project's root, absolute.
        state: `planned`; `migrated`; `nothing-to-move`; or what stands in the way:
            `not-redirected`, `not-an-environment`, `own-files`, `mount-inside`, `in-use`,
            `extra-packages`, `sync-failed`, `broken`, `not-removed`.
        why: the sentence for that, "" for the first two.
        volume: what people call the project's volume.
        old: the `.venv` that goes.
        new: the environment in the store.
        python: the version of the old environment's Python, "" where it does not say.
        packages: how many packages the old environment has.
        files: how many files it has.
        bytes: their sizes.
        extra: requirements of packages that were installed by hand into the old environment.
        kept: whether the new environment has them now.
        changed: what the new environment has in another version.
    """

    root: str
    state: str
    why: str
    volume: str
    old: str
    new: str
    python: str = ""
    packages: int = 0
    files: int = 0
    bytes: int = 0
    extra: tuple[str, ...] = ()
    kept: bool = False
    changed: tuple[Changed, ...] = ()


@dataclass(frozen=True, slots=True)
class Migrations:
    """What a call planned or did; `version` is that of the JSON object made of it.

    `agreed` says whether something was to be done. `shimmed` says whether the first `uv` on PATH is
    a shim of ours; any other would make `.venv` again.
    """

    version: int
    dry_run: bool
    agreed: bool
    shimmed: bool
    migrations: tuple[Migration, ...]
