"""The report of `uvlocal doctor --report`: facts for a bug report, without private names."""

from __future__ import annotations

import contextlib
import locale
import os
import platform
import sys
import tempfile
import traceback
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from uvlocal import __version__
from uvlocal.manage.doctor.private_names import PrivateNames
from uvlocal.manage.doctor.stores import uv_cache
from uvlocal.manage.installation.on_path import is_ours, uvs_on_path
from uvlocal.manage.settings import show
from uvlocal.shim.machine import directories
from uvlocal.shim.machine.host import System
from uvlocal.shim.uv import versions
from uvlocal.shim.volume.locate import locate
from uvlocal.shim.volume.sync_roots import discovery

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from uvlocal.manage.doctor.checkup import Diagnosis
    from uvlocal.manage.doctor.facts import Facts
    from uvlocal.shim.volume.locate import Volume

#: A line of the report: a label and its value.
Row = tuple[str, str]

#: Variables whose presence is reported, but not their values.
_VARIABLES = """
CONDA_PREFIX PYTHONHOME PYTHONPATH UVLOCAL_BYPASS UVLOCAL_MODE UVLOCAL_QUIET UVLOCAL_STORE
UVLOCAL_STRATEGY UVLOCAL_TRACE UVLOCAL_UV UV_CACHE_DIR UV_CONFIG_FILE UV_ENV_FILE UV_ISOLATED
UV_LINK_MODE UV_NO_CONFIG UV_NO_PROJECT UV_NO_SYNC UV_OFFLINE UV_PREVIEW UV_PREVIEW_FEATURES
UV_PROJECT UV_PROJECT_ENVIRONMENT UV_PYTHON UV_PYTHON_INSTALL_DIR UV_SYSTEM_PYTHON UV_WORKING_DIR
VIRTUAL_ENV WORKON_HOME WSL_DISTRO_NAME XDG_CACHE_HOME XDG_CONFIG_HOME XDG_DATA_HOME
"""


@dataclass(frozen=True, slots=True)
class Section:
    """One subject of the report, with its rows."""

    title: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """The whole report; `version` is that of the JSON object made of it."""

    version: int
    sections: tuple[Section, ...]


def of(facts: Facts, found: Diagnosis) -> Report:
    """Return the report, without the user's own names.

    Args:
        facts: the machine, and the project that was checked.
        found: the results of the checks.
    """
    parts: tuple[tuple[str, Callable[[Facts], Iterator[Row]]], ...] = (
        ("system", _system),
        ("PATH", _path),
        ("volumes", _volumes),
        ("settings", _settings),
        ("project", _project),
        ("sync clients", _clients),
        ("environments", _environments),
        ("checks", lambda _: ((one.level, f"{one.code}: {one.seen}") for one in found.results)),
    )
    sections = [(title, _told(tell, facts)) for title, tell in parts]
    names = _names(facts)
    return Report(1, tuple(_without_names(title, rows, names) for title, rows in sections))


def _without_names(title: str, rows: list[Row], names: PrivateNames) -> Section:
    return Section(title, tuple((what, names.taken_out(text)) for what, text in rows))


def _told(tell: Callable[[Facts], Iterator[Row]], facts: Facts) -> list[Row]:
    """Return the rows of one part; if it fails, the report still contains the others."""
    rows: list[Row] = []
    try:
        rows.extend(tell(facts))
    except Exception as error:  # noqa: BLE001 - it is reported
        last = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{os.path.basename(last.filename)}:{last.lineno}"
        rows.append(("failed", f"{type(error).__name__} in {where}: '{error}'"))
    return rows


def _names(facts: Facts) -> PrivateNames:
    """Return all known names, which are to be removed from the report."""
    system = facts.system
    names = PrivateNames(system)
    with contextlib.suppress(Exception):  # the report has the project's problems
        project = facts.call.facts.project
        names.add_project(project.root if project else "", facts.decision.environment)
    for entry in facts.entries:
        names.add_project(entry.root, entry.name)
    paths = [facts.path, *facts.places, facts.real_uv.path, *_settings_paths(facts)]
    paths += [root.path for root in discovery.configured(system)[0]]
    for value in system.environ.values():
        paths += value.split(";" if system.platform == "win32" else ":")
    for path in paths:
        if system.path.isabs(path) or path.startswith("~"):
            names.add_path(path)
    return names


def _settings_paths(facts: Facts) -> list[str]:
    settings = facts.settings
    return [settings.store, *settings.synced_roots, *settings.local_roots]


# -- the parts -------------------------------------------------------------------------------------


def _system(facts: Facts) -> Iterator[Row]:
    yield "uvlocal", __version__
    yield "system", f"{platform.system()} {platform.release()}, {platform.machine()}"
    yield "release", _release()
    python = platform.python_implementation()
    yield "Python", f"{python} {platform.python_version()}, `{sys.base_prefix}`"
    yield "encoding", f"{locale.getpreferredencoding(False)}, {sys.getfilesystemencoding()}"
    shell = os.path.basename(facts.system.environ.get("SHELL", ""))
    yield "shell", f"`{shell}`" if shell else "unknown"
    if sys.platform != "win32":
        yield "root", "yes" if os.geteuid() == 0 else "no"
    environ = facts.system.environ
    told = _VARIABLES.split()
    others = {name for name in environ if name.startswith(("UV_", "UVLOCAL_"))} - set(told)
    yield "variables", " ".join(name for name in told if name in environ) or "none"
    yield "other variables of uv and uvlocal", str(len(others))


def _release() -> str:
    if sys.platform == "darwin":
        return f"macOS {platform.mac_ver()[0]}"
    if sys.platform == "win32":
        return f"Windows {' '.join(platform.win32_ver()[:2])} {platform.win32_edition() or ''}"
    with contextlib.suppress(OSError):
        return platform.freedesktop_os_release().get("PRETTY_NAME", "")
    return "unknown"


def _path(facts: Facts) -> Iterator[Row]:
    """Yield the directories on PATH, in order, and which `uv` each contains."""
    system = facts.system
    found = {system.path.dirname(path): path for path in reversed(uvs_on_path(system))}
    separator = ";" if system.platform == "win32" else ":"
    cache = directories.cache_directory(system)
    remembered = os.path.join(cache, "uv-versions") if cache else ""
    for number, folder in enumerate(system.environ.get("PATH", "").split(separator), 1):
        program = found.get(folder.rstrip("/\\") or folder)
        what = ""
        if program and is_ours(program, system):
            what = ": the shim"
        elif program:
            version = versions.known(program, system, remembered)
            what = f": uv {'.'.join(map(str, version)) if version else 'of an unknown version'}"
        yield str(number), f"`{folder}`{what}"
    real = facts.real_uv
    yield "real uv", f"`{real.path}`, {real.origin}" if real.path else "none"


def _volumes(facts: Facts) -> Iterator[Row]:
    system = facts.system
    places = {
        "home": system.home,
        "store": facts.settings.store or directories.data_directory(system),
        "cache of uvlocal": directories.cache_directory(system),
        "cache of uv": uv_cache(facts),
        "temporary files": tempfile.gettempdir(),
    }
    for what, path in places.items():
        if path:
            place = system.realpath(path)
            volume = locate(place, path, system, facts.settings, binds=False)
            yield what, f"`{path}`: {volume.kind}, {volume.label}, {_file_system(volume)}"
        else:
            yield what, "none"


def _file_system(volume: Volume) -> str:
    where = f" at `{volume.mount_point}`" if volume.mount_point else ""
    return f"{volume.file_system or 'not checked'}{where}"


def _settings(facts: Facts) -> Iterator[Row]:
    system = System(environ=facts.system.environ, cwd=facts.path, home=facts.system.home)
    found = show.shown(system)
    for file, there in (
        (found.machine_file, found.machine_file_exists),
        (found.user_file, found.user_file_exists),
    ):
        if file:
            yield "file", f"`{file}`, {'there' if there else 'not there'}"
    for one in found.settings:
        values = one.value if isinstance(one.value, tuple) else (str(one.value),)
        yield one.key, f"{', '.join(f'`{value}`' for value in values) or 'none'} ({one.origin})"
    for problem in found.problems:
        yield "problem", f"`{problem}`"


def _project(facts: Facts) -> Iterator[Row]:
    call, decision = facts.call, facts.decision
    project, volume = call.facts.project, call.facts.volume
    root = project.root if project else ""
    yield "directory", f"`{facts.path}`"
    yield "root", f"`{root}`" if root else "none"
    yield "decision", f"{decision.code}: {decision.sentence}"
    yield "strategy", decision.strategy or "none"
    yield "variables", " ".join(decision.variables) or "none"
    yield "environment", f"`{decision.environment}`" if decision.environment else "none"
    if volume is not None:
        yield "volume", f"{volume.kind}, {volume.label}, {volume.confidence} confidence"
        yield "provider", f"{volume.provider or 'none'} {volume.state}".strip()
        yield "file system", _file_system(volume)
        for sentence in volume.evidence:
            yield "evidence", sentence


def _clients(facts: Facts) -> Iterator[Row]:
    roots, problems = discovery.configured(facts.system)
    for root in roots:
        yield root.provider, f"`{root.path}`"
    for problem in problems:
        yield "problem", problem


def _environments(facts: Facts) -> Iterator[Row]:
    yield "stores", str(len(facts.places))
    counted = Counter(entry.state for entry in facts.entries)
    for state, number in sorted(counted.items()):
        yield state, str(number)
    yield "records without an environment", str(sum(not entry.made for entry in facts.entries))
