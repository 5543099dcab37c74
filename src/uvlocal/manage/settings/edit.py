"""Change a setting in the user's or the project's file."""

from __future__ import annotations

import json
import os
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import tomli_w

from uvlocal.manage.errors import USAGE, UserError
from uvlocal.manage.files.toml_edit import TomlFile
from uvlocal.manage.settings.show import project_file
from uvlocal.shim.machine.directories import expand_home
from uvlocal.shim.machine.display import below_home, contract_home
from uvlocal.shim.machine.host import READ_LIMIT, System
from uvlocal.shim.machine.paths import comparable
from uvlocal.shim.project.discovery import discover
from uvlocal.shim.settings import settings as rules
from uvlocal.shim.volume.providers.table import PROVIDERS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from uvlocal.manage.files.toml_edit import Value

#: Keys with a list as value, and keys of a provider's own table.
_LISTS = ("volumes", "synced-roots", "local-roots")
_OF_PROVIDER = ("enabled", "strategy")
_TABLE = ("tool", "uvlocal")


@dataclass(frozen=True, slots=True)
class Change:
    """The change of one value in a file: before and after, None if it is not set."""

    file: str
    key: str
    before: object
    after: object


@dataclass(frozen=True, slots=True)
class Changes:
    """What a command changed, perhaps nothing; `version` is the version of the JSON format.

    `hints` are sentences about what the change does not affect.
    """

    version: int
    changes: tuple[Change, ...]
    hints: tuple[str, ...] = ()


def set_value(key: str, text: str, *, project: bool, system: System | None = None) -> Changes:
    """Set a key in the user's settings, or in the current project's.

    Raises:
        UserError: the key or value is invalid (exit 2), there is no project, or the file cannot be
            changed.
    """
    system = system or System()
    keys = _known(key, system)
    if project and key not in rules.PROJECT_KEYS:
        would_be = ", ".join(f"`{name}`" for name in rules.PROJECT_KEYS)
        raise UserError(
            f"`{key}` cannot be set for a project, only {would_be} can",
            f"`uvlocal config set {key} …` sets it in your own settings",
            USAGE,
        )
    value = _value(keys[-1], text)
    _check(keys, value, system)
    file = _file(system, project=project)
    path = [*_TABLE, *keys] if project else keys
    before = file.get(path)
    hints = _shadows(key, system, project=project)
    if key == "store" and system.is_directory(rules.load(system).store):
        old = contract_home(rules.load(system).store, system)
        hints.append(f"existing environments stay in `{old}`")
    if before == value:
        return Changes(1, (), tuple(hints))
    file.set(path, value)
    file.write()
    return Changes(1, (Change(file.path, key, before, value),), tuple(hints))


def unset(key: str, *, project: bool, system: System | None = None) -> Changes:
    """Remove a key, even an invalid one, from the user's settings or the project's.

    Raises:
        UserError: the key is neither a setting nor in the file (exit 2), there is no project, or
            the file cannot be changed.
    """
    system = system or System()
    file = _file(system, project=project)
    path = [*_TABLE, *key.split(".")] if project else key.split(".")
    before = file.get(path)
    hints = _shadows(key, system, project=project)
    if before is None:
        _known(key, system)
        return Changes(1, (), tuple(hints))
    # If a project has to opt in, even an empty table does that.
    file.unset(path, keep_table=project and rules.load(system).require_opt_in)
    file.write()
    plain = json.loads(json.dumps(before, default=str))  # TOML has dates, JSON has not
    return Changes(1, (Change(file.path, key, plain, None),), tuple(hints))


def add_root(folder: str, *, local: bool, system: System | None = None) -> Changes:
    """Add a directory to `synced-roots` or `local-roots`, and remove it from the other list.

    Raises:
        UserError: the directory does not exist (exit 2), or the file cannot be changed.
    """
    system = system or System()
    path = _absolute(folder, system)
    if not system.is_directory(path):
        what = "is not a directory" if system.exists(path) else "does not exist"
        raise UserError(f"`{folder}` {what}", code=USAGE)
    file = _file(system, project=False)
    wanted, other = ("local-roots", "synced-roots") if local else ("synced-roots", "local-roots")
    changes = _without(file, other, path, system)
    own = roots = _roots(file, wanted)
    found = rules.load(system)
    if found.origins.get(wanted) == "machine":
        # The user's list replaces the machine's, so start with a copy of that.
        roots = list(found.local_roots if local else found.synced_roots)
    if not any(_is_same(root, path, system) for root in roots):
        after = [*roots, below_home(path, system)]
        changes.append(Change(file.path, wanted, own or None, after))
        file.set([wanted], after)
    if changes:
        file.write()
    return Changes(1, tuple(changes))


def remove_root(folder: str, *, system: System | None = None) -> Changes:
    """Remove a directory from `synced-roots` and `local-roots`; it need not exist.

    Raises:
        UserError: it is in neither, or the file cannot be changed.
    """
    system = system or System()
    path = _absolute(folder, system)
    file = _file(system, project=False)
    changes = [
        change
        for key in ("synced-roots", "local-roots")
        for change in _without(file, key, path, system)
    ]
    if not changes:
        known = [*_roots(file, "synced-roots"), *_roots(file, "local-roots")]
        hint = "the lists have " + ", ".join(f"`{root}`" for root in known) if known else ""
        raise UserError(
            f"`{contract_home(path, system)}` is in neither `synced-roots` nor `local-roots`", hint
        )
    file.write()
    return Changes(1, tuple(changes))


# -- keys and values -----------------------------------------------------------------------------


def _known(key: str, system: System) -> list[str]:
    """Return the parts of a key that a user may set.

    Raises:
        UserError: there is no such setting (exit 2).
    """
    first, _, rest = key.partition(".")
    if first != "providers":
        if key not in rules.USER_KEYS:
            raise _unknown(key, rules.USER_KEYS)
        return [key]
    provider, _, name = rest.rpartition(".")
    if name not in _OF_PROVIDER or not provider:
        would_be = f"`providers.dropbox.{_OF_PROVIDER[0]}`, `providers.dropbox.{_OF_PROVIDER[1]}`"
        raise UserError(f"unknown setting `{key}`", f"use for example {would_be}", USAGE)
    identifiers = [row.id for row in PROVIDERS]
    if provider not in identifiers and rules.load(system).providers.get(provider) is None:
        raise _unknown(provider, identifiers, "provider")
    return ["providers", provider, name]


def _unknown(word: str, known: Sequence[str], what: str = "setting") -> UserError:
    import difflib

    near = difflib.get_close_matches(word, known, 1)
    if near:
        return UserError(f"unknown {what} `{word}`", f"did you mean `{near[0]}`?", USAGE)
    would_be = ", ".join(f"`{name}`" for name in known)
    return UserError(f"unknown {what} `{word}`", f"use one of {would_be}", USAGE)


def _value(key: str, text: str) -> Value:
    """Parse a value from the command line; `_check` rejects an invalid one."""
    if key in (*rules.FLAGS, "enabled") and text in ("true", "false"):
        return text == "true"
    if key not in _LISTS:
        return text
    if text.lstrip().startswith("["):
        try:
            value = tomllib.loads(f"value = {text}")["value"]
        except ValueError as error:
            raise UserError(f"`{text}` is not a list in TOML: {error}", code=USAGE) from None
        return value if isinstance(value, list) else text
    words = [word.strip() for word in text.split(",")]
    return [word for word in words if word]


class _Candidate(System):
    """This machine, with a given content as its only settings file."""

    __slots__ = ("content", "file")

    def __init__(self, content: bytes, like: System) -> None:
        super().__init__(platform=like.platform, environ=_no_variables(like), home=like.home)
        self.content = content
        self.file = rules.user_file(like)

    def lstat(self, path: str) -> os.stat_result | None:
        if path == self.file:
            return os.stat_result((0,) * 10)
        return None if path == rules.machine_file(self) else super().lstat(path)

    def read(self, path: str, limit: int = READ_LIMIT) -> bytes | None:
        return self.content if path == self.file else super().read(path, limit)


def _no_variables(system: System) -> dict[str, str]:
    return {k: v for k, v in system.environ.items() if not k.startswith("UVLOCAL_")}


def _check(keys: list[str], value: Value, system: System) -> None:
    """Check a value by the shim's own rules.

    Raises:
        UserError: it is invalid (exit 2).
    """
    table: dict[str, object] = {keys[-1]: value}
    for key in reversed(keys[:-1]):
        table = {key: table}
    candidate = _Candidate(tomli_w.dumps(table).encode(), system)
    problems = rules.load(candidate).problems
    if problems:
        raise UserError(problems[0].removeprefix(f"{candidate.file}: "), code=USAGE)


# -- files ---------------------------------------------------------------------------------------


def _file(system: System, *, project: bool) -> TomlFile:
    if not project:
        path = rules.user_file(system)
        if not path:
            raise UserError("there is no home directory to keep settings in", "set `HOME`")
        return TomlFile(path, system)
    found = discover(system.cwd, system) if system.cwd else None
    if found is None:
        shown = contract_home(system.cwd, system)
        raise UserError(
            f"no `pyproject.toml` found in `{shown}` or any parent directory",
            "run this in a project",
        )
    return TomlFile(project_file(found, system), system, found.root)


def _shadows(key: str, system: System, *, project: bool) -> list[str]:
    """Return sentences about settings that take precedence over a changed key."""
    variable = rules.VARIABLES.get(key, "")
    if variable and system.environ.get(variable):
        return [f"`{variable}` is set, and takes precedence over the files"]
    found = discover(system.cwd, system) if system.cwd and not project else None
    if found is not None and key in (found.table or {}) and key in rules.PROJECT_KEYS:
        where = contract_home(project_file(found, system), system)
        return [f"`{where}` sets it too, and takes precedence over your settings in that project"]
    return []


# -- roots ---------------------------------------------------------------------------------------


def _absolute(folder: str, system: System) -> str:
    """Return a directory from the command line as a canonical absolute path."""
    path = system.path.join(system.cwd, expand_home(folder, system))
    return system.realpath(system.path.normpath(path))


def _roots(file: TomlFile, key: str) -> list[str]:
    found = file.get([key])
    return [root for root in found if isinstance(root, str)] if isinstance(found, list) else []


def _is_same(root: str, path: str, system: System) -> bool:
    expanded = expand_home(root, system)
    spellings = (expanded, system.realpath(expanded))
    return comparable(path, system) in [comparable(one, system) for one in spellings]


def _without(file: TomlFile, key: str, path: str, system: System) -> list[Change]:
    """Remove a directory from a list in memory; return the change, if there is one."""
    roots = _roots(file, key)
    kept = [root for root in roots if not _is_same(root, path, system)]
    if len(kept) == len(roots):
        return []
    if kept:
        file.set([key], kept)
    else:
        file.unset([key])
    return [Change(file.path, key, roots, kept or None)]
