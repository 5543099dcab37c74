"""The results of migrations: the objects that `uvlocal migrate --json` prints."""

from __future__ import annotations

from dataclasses import dataclass

#: States after which nothing is left to do.
DONE = ("migrated", "nothing-to-move")
#: The sentence for the one `in-use` environment that no other program uses.
RUNS_FROM_IT = "uvlocal itself runs from `.venv`"


@dataclass(frozen=True, slots=True)
class Changed:
    """A package, or Python itself, with another version in the new environment."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Migration:
    """A project's migration: planned, done, or why not.

    Attributes:
        root: the project's root, absolute.
        state: `planned`, `migrated`, `nothing-to-move`, or what prevents the migration:
            `not-redirected`, `not-an-environment`, `own-files`, `mount-inside`, `in-use`,
            `extra-packages`, `sync-failed`, `broken`, `not-removed`.
        why: a sentence about the state, or "" for the first two.
        volume: the name of the project's volume.
        old: the old `.venv`.
        new: the environment in the store.
        python: the old environment's Python version, or "".
        packages: the number of packages in the old environment.
        files: the number of its files.
        bytes: their total size.
        extra: requirements of packages installed by hand into the old environment.
        kept: whether the new environment has them.
        changed: packages with another version in the new environment.
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
    """What a command planned or did; `version` is the version of the JSON format.

    `agreed` says whether the migrations were confirmed. `shimmed` says whether the first `uv` on
    PATH is a shim of ours; any other would create `.venv` again. `unread_folders` is how many
    directories the search for projects could not read.
    """

    version: int
    dry_run: bool
    agreed: bool
    shimmed: bool
    migrations: tuple[Migration, ...]
    unread_folders: int
