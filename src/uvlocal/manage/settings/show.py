"""The current settings, each with its origin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from uvlocal.shim.machine.display import printable
from uvlocal.shim.machine.host import System
from uvlocal.shim.project import pyproject
from uvlocal.shim.project.discovery import discover
from uvlocal.shim.settings import settings as rules

if TYPE_CHECKING:
    from uvlocal.shim.project.discovery import Project


@dataclass(frozen=True, slots=True)
class Setting:
    """The current value of one setting.

    `origin` is `default`, `machine`, `user`, `project` or `variable`; `place` is the file or the
    variable, or "" for the default.
    """

    key: str
    value: str | bool | tuple[str, ...]
    origin: str
    place: str


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting; `version` is the version of the JSON format.

    `project_file` is the `pyproject.toml` of the current project, or None outside of one;
    `opted_in` says whether it has `[tool.uvlocal]`. `problems` are sentences about invalid
    settings.
    """

    version: int
    machine_file: str
    machine_file_exists: bool
    user_file: str
    user_file_exists: bool
    project_file: str | None
    opted_in: bool
    settings: tuple[Setting, ...]
    problems: tuple[str, ...]


def shown(system: System | None = None) -> Settings:
    """Return every setting that applies in the current directory."""
    system = system or System()
    project = discover(system.cwd, system) if system.cwd else None
    machine, user = rules.machine_file(system), rules.user_file(system)
    found = rules.load(system)
    file = None
    if project is not None:
        file = project_file(project, system)
        found.problems += broken(file, system)
        if project.table is not None:
            rules.add_project(found, project.table, file, system)
    places = {"default": "", "machine": machine, "user": user, "project": file or ""}

    def setting(key: str, value: str | bool | tuple[str, ...]) -> Setting:
        origin = found.origins.get(key, "default")
        place = rules.VARIABLES[key] if origin == "variable" else places[origin]
        return Setting(key, value, origin, place)

    everything = [
        setting("mode", found.mode),
        setting("strategy", found.strategy),
        setting("pointer", found.pointer),
        setting("store", found.store),
        setting("require-opt-in", found.require_opt_in),
        setting("discoverable", found.discoverable),
        setting("volumes", tuple(kind for kind in rules.VOLUMES if kind in found.volumes)),
        setting("synced-roots", found.synced_roots),
        setting("local-roots", found.local_roots),
    ]
    for provider, table in sorted(found.providers.items()):
        for key, value in sorted(table.items()):
            if isinstance(value, (str, bool)):
                everything.append(setting(f"providers.{provider}.{key}", value))
    return Settings(
        version=1,
        machine_file=machine,
        machine_file_exists=bool(machine) and system.exists(machine),
        user_file=user,
        user_file_exists=bool(user) and system.exists(user),
        project_file=file,
        opted_in=found.opted_in,
        settings=tuple(everything),
        problems=tuple(found.problems),
    )


def broken(file: str, system: System) -> list[str]:
    """Return what makes a project's `pyproject.toml` unreadable.

    uv reports it too; uvlocal then ignores the file, and leaves the project to uv.
    """
    data = system.read(file)
    if data is None:
        return [f"`{file}` cannot be read"]
    try:
        pyproject.parse(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        return [f"`{file}` is not valid TOML: {printable(str(error))}"]
    return []


def local_store(system: System) -> str:
    """Return a hint on how to set a store on a local disk, for the user or for all users."""
    file = rules.machine_file(system)
    line = 'store = "/scratch/$USER/uvlocal"'
    everybody = f", or, for all users, add `{line}` to `{file}`" if file else ""
    return f"run `uvlocal config set store DIR` with a DIR on a local disk{everybody}"


def project_file(project: Project, system: System) -> str:
    """Return the file with a project's settings: the workspace root's `pyproject.toml`."""
    return system.path.join(project.root, "pyproject.toml")
