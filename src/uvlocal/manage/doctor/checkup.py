"""Check everything that uvlocal depends on, and fix what is safe to fix."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from uvlocal.manage.doctor import (
    editors,
    fixes,
    installation,
    projects,
    stores,
    sync_clients,
    uvs,
    vscode,
)
from uvlocal.manage.doctor.facts import Facts
from uvlocal.manage.files import user_path
from uvlocal.manage.findings import FAIL, LEVELS, OK, Finding
from uvlocal.manage.telling import nobody
from uvlocal.shim.machine.host import System

if TYPE_CHECKING:
    from collections.abc import Callable

    from uvlocal.manage.telling import Tell

#: Every group of checks, in the order of output: its name and its function.
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
    ("editors", vscode.check),
    ("settings", sync_clients.check_settings),
    ("sync clients", sync_clients.check),
)


@dataclass(frozen=True, slots=True)
class Result:
    """One check, and what `--fix` did about it.

    `group` is the group of the check. `fixed` says whether it was fixed; `trouble` says why a fix
    failed, or is "".
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
    """The results of all checks; `version` is the version of the JSON format.

    `worst` is the worst level that was not fixed.
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
    """Run every check.

    Args:
        path: a directory in the project to check; None for the current directory.
        environ: the environment variables, by default those of this process.
        fix: fix what is safe to fix.
        facts: the facts to check, by default those of this machine.
        tell: called with the progress.

    Raises:
        UserError: the path is not a directory.
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
    """Return the findings of a check; a crash must not hide the other checks."""
    try:
        return function(facts)
    except Exception as error:  # noqa: BLE001 - shown as a finding
        seen = f"the {group} checks crashed ({type(error).__name__}: {error})"
        return [
            Finding(
                "check-failed",
                FAIL,
                seen,
                advice="report this bug, with the output of `uvlocal doctor --report`",
            )
        ]


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
