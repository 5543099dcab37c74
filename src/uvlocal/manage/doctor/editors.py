"""Check whether editors find the environments, by links and by pointers in projects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvlocal.manage.environments import discoverable
from uvlocal.manage.environments.folder_identity import SilentError
from uvlocal.manage.findings import OK, WARN, Finding
from uvlocal.manage.projects import link
from uvlocal.shim.machine.display import below_home, contract_home, quoted
from uvlocal.shim.machine.paths import contains
from uvlocal.shim.store import pointers

if TYPE_CHECKING:
    from uvlocal.manage.doctor.facts import Facts
    from uvlocal.manage.environments.records import Entry

_OFF = "change that, or run `uvlocal config set discoverable false` to turn these links off"


def check_links(facts: Facts) -> list[Finding]:
    """Check that each environment has a link where editors search, and that no other is left."""
    system = facts.system
    wanted = facts.settings.discoverable
    kept = [entry for entry in facts.entries if entry.made and entry.state == "ok"]
    shown = contract_home(discoverable.folder(system), system)
    missing = [
        entry for entry in kept if wanted and not discoverable.found(entry.environment, system)
    ]
    known = {entry.environment for entry in facts.entries if wanted}
    left = [path for path, leads in discoverable.links(facts.places, system) if leads not in known]
    checks = []
    why = discoverable.obstacle(system) if missing else ""
    if why:
        seen = f"`{shown}` {why}, so editors that search it find no environment"
        checks.append(Finding("editors-folder", WARN, seen, path=shown, advice=_OFF))
        missing = []
    checks += _missing(missing, shown, facts)
    for path in left:
        seen = f"`{contract_home(path, system)}` is a leftover link: no environment needs it"
        command = "uvlocal doctor --fix"
        checks.append(Finding("editors-link", WARN, seen, "high", command, "remove-link", path))
    if not checks and kept and wanted:
        checks.append(
            Finding("editors", OK, f"editors that search `{shown}` find every environment")
        )
    return checks


def _missing(entries: list[Entry], shown: str, facts: Facts) -> list[Finding]:
    """Return a finding for each link that cannot be created, and one for all others of a store."""
    checks = []
    absent: dict[str, list[str]] = {}
    for entry in entries:
        if discoverable.is_taken(entry.name, facts.system):
            seen = f"`{shown}/{entry.name}` is not a link to the environment"
            checks.append(
                Finding(
                    "editors-link",
                    WARN,
                    f"{seen}, so editors do not find it",
                    path=entry.environment,
                    advice=_OFF,
                )
            )
        else:
            absent.setdefault(entry.store, []).append(entry.name)
    command = "uvlocal doctor --fix"
    for place, names in absent.items():
        more = f" and {len(names) - 1} more are" if names[1:] else " is"
        they = "the environments" if names[1:] else "the environment"
        seen = f"`{shown}/{names[0]}`{more} missing, so editors do not find {they}"
        checks.append(
            Finding("editors-link", WARN, seen, "high", command, "make-discoverable", place)
        )
    return checks


def redirected(facts: Facts) -> dict[str, tuple[str, str]]:
    """Return the environment and the mount point of each project's root, this project's too."""
    roots = {
        entry.root: (entry.environment, entry.record.mount_point)
        for entry in facts.entries
        if entry.record and entry.state == "ok"
    }
    project = facts.call.facts.project
    if project is not None and project.root:
        roots[project.root] = (facts.decision.environment, "")
    return roots


def check_pointers(facts: Facts) -> list[Finding]:
    """Find pointers that dangle, or point to another project's environment."""
    checks = []
    roots = redirected(facts)
    facts.disk.look_ahead_at((root, mount_point) for root, (_, mount_point) in roots.items())
    for root, (environment, mount_point) in roots.items():
        try:
            if facts.disk.status(root, mount_point) is None:
                continue
        except SilentError:
            continue
        found = pointers.find(root, environment, facts.system)
        wrong = link.astray(found, root, environment, facts.system)
        if wrong:
            checks.append(_astray(root, found, wrong, facts))
    return checks


def _astray(root: str, found: pointers.Pointer, wrong: str, facts: Facts) -> Finding:
    """Return the finding; a pointer of another machine is not fixed automatically."""
    system = facts.system
    there = system.path.normpath(system.path.join(root, found.target))
    homes = [place for place in (system.home, *facts.places) if place]
    ours = any(contains(place, there, system) for place in homes)
    command = f"uvlocal link {quoted(below_home(root, system), system)}"
    seen = f"`{contract_home(found.path, system)}` {wrong}"
    if ours:
        command = "uvlocal doctor --fix"
    return Finding(
        "pointer-astray", WARN, seen, "high", command, "mend-pointer" if ours else "", root
    )
