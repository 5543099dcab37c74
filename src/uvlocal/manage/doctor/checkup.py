"""Look at everything on which uvlocal's work rests, and mend what can safely be mended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from uvlocal.manage.doctor import editors, fixes, installation, projects, stores, sync_clients, uvs
from uvlocal.manage.doctor.facts import Facts
from uvlocal.manage.files import user_path
from uvlocal.manage.findings import FAIL, LEVELS, OK, Finding
from uvlocal.manage.telling import nobody
from uvlocal.shim.machine.host import System

if TYPE_CHECKING:
    from collections.abc import Callable

    from uvlocal.manage.telling import Tell

#: Every group of checks, in the order in which they are shown: what, and its function.
GROUPS: tuple[tuple[str, Callable[[Facts], list[Finding]]], ...] = (
    ("shim", installation.check),
    ("uv", uvs.check),
    ("uv", uvs.check_centralizes),
    ("uv", uvs.check_cache),
    ("store", stores.check),
    ("environments", stores.check_records),
    ("projects", projects.check),
    ("editors", editors.check_links),
    ("editors", editors.check_pointers),
    ("settings", sync_clients.check_settings),
    ("sync clients", sync_clients.check),
)


@dataclass(frozen=True, slots=True)
class Result:
    """One check, and what `--fix` did about it.

    `group` is what the check is about. `fixed` says that it was mended; `trouble` says why it
    could not be, "" where it was not tried or worked.
    """

    group: str
    code: str
    level: str
    seen: str
    sure: str
    command: str
    advice: str
    path: str
    fixable: bool
    fixed: bool
    trouble: str


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Every check; `version` is that of the JSON object made of it.

    `worst` is the worst level of what was not mended.
    """

    version: int
    worst: str
    results: tuple[Result, ...]


def examine(
    path: str | None = None,
    environ: dict[str, str] | None = None,
    *,
    fix: bool = False,
    facts: Facts | None = None,
    tell: Tell = nobody,
) -> Diagnosis:
    """Make every check.

    Args:
        path: a folder of the project that is looked at more closely; here if None.
        environ: the environment variables, those of this process by default.
        fix: mend what can safely be mended.
        facts: what the checks look at, if not this machine.
        tell: hears how far this is.

    Raises:
        UserError: the path is no directory.
    """
    facts = facts or Facts(System(environ=environ), path=user_path.folder(path), tell=tell)
    results = []
    mended: dict[tuple[str, str], str] = {}
    for number, (group, function) in enumerate(GROUPS):
        tell("check", number, len(GROUPS))
        for check in _made(group, function, facts):
            wanted = fix and bool(check.fix)
            if wanted and (check.fix, check.path) not in mended:
                mended[check.fix, check.path] = fixes.apply(check, facts.system)
            trouble = mended.get((check.fix, check.path), "") if wanted else ""
            results.append(_result(group, check, fixed=wanted and not trouble, trouble=trouble))
    levels = [result.level for result in results if not result.fixed]
    return Diagnosis(1, max(levels, key=LEVELS.index, default=OK), tuple(results))


def _made(group: str, function: Callable[[Facts], list[Finding]], facts: Facts) -> list[Finding]:
    """Return what a check found; one that fails itself must not hide the others."""
    try:
        return function(facts)
    except Exception as error:  # noqa: BLE001 - shown as a finding
        seen = f"the checks of {group} crashed ({type(error).__name__}: {error})"
        return [Finding("check-failed", FAIL, seen, advice="please report it")]


def _result(group: str, check: Finding, *, fixed: bool, trouble: str) -> Result:
    return Result(
        group=group,
        code=check.code,
        level=check.level,
        seen=check.seen,
        sure=check.sure,
        command=check.command,
        advice=check.advice,
        path=check.path,
        fixable=bool(check.fix),
        fixed=fixed,
        trouble=trouble,
    )
