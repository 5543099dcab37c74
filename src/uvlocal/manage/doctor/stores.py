"""Check whether the store is local, private, writable and on the cache's disk, and its records."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from uvlocal.manage.environments import records, trash
from uvlocal.manage.environments.project_state import BACK, CLONED
from uvlocal.manage.findings import FAIL, OK, WARN, Finding
from uvlocal.manage.settings.show import local_store
from uvlocal.shim.machine import directories
from uvlocal.shim.machine.display import below_home, contract_home, quoted
from uvlocal.shim.store import lookup, naming

if TYPE_CHECKING:
    from uvlocal.manage.doctor.facts import Facts
    from uvlocal.manage.environments.records import Entry


#: How to allow a user, or on macOS a terminal, to read a folder.
_PERMISSION = (
    "check who may read the folder; on macOS, System Settings > Privacy & Security > "
    "Files & Folders says what the terminal may read"
)


def check(facts: Facts) -> list[Finding]:
    """Check the store that a new project would use, and every existing store."""
    chosen = lookup.look(facts.system.home or os.sep, facts.system, facts.settings)
    if chosen is None:
        return [Finding("store-nowhere", FAIL, "there is no home directory for the store", path="")]
    shown = f"`{chosen.shown}`"
    checks = []
    if chosen.volume.kind != "local":
        seen = f"the store {shown} is on {chosen.volume.label}, so nothing is redirected"
        advice = local_store(facts.system)
        confidence = chosen.volume.confidence
        found = Finding("store-not-local", FAIL, seen, confidence, path=chosen.path, advice=advice)
        checks.append(found)
    if not chosen.writable:
        seen = f"the store {shown} is not writable, so no new project is redirected"
        folder = quoted(below_home(chosen.path, facts.system), facts.system)
        checks.append(
            Finding(
                "store-not-writable",
                FAIL,
                seen,
                command=f"chmod -R u+rwX {folder}",
                path=chosen.path,
            )
        )
    checks += _private(facts)
    checks += _same_disk(chosen.path, shown, facts)
    if not checks:
        seen = f"the store {shown} is local, private, writable, and on the same disk as uv's cache"
        checks.append(Finding("store", OK, seen, path=chosen.path))
    return checks + _leftovers(facts)


def _private(facts: Facts) -> list[Finding]:
    """Check the permissions of the stores; on Windows, `%LOCALAPPDATA%` is always private."""
    checks: list[Finding] = []
    if facts.system.uid < 0:
        return checks
    for place in facts.places:
        for name in ("", naming.ENVIRONMENTS, naming.RECORDS):
            path = os.path.join(place, name) if name else place
            status = facts.system.lstat(path)
            if status is None or not stat.S_ISDIR(status.st_mode):
                continue
            shown = contract_home(path, facts.system)
            pasted = quoted(below_home(path, facts.system), facts.system)
            if status.st_uid != facts.system.uid:
                seen = f"`{shown}` belongs to another user"
                mend = f"sudo chown -R $USER {pasted}"
                checks.append(Finding("store-not-yours", FAIL, seen, command=mend, path=path))
            elif status.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
                mode = f"{stat.S_IMODE(status.st_mode):04o}"
                seen = f"`{shown}` is accessible to other users (mode {mode})"
                mend = f"chmod 700 {pasted}"
                check_ = Finding("store-not-private", WARN, seen, "high", mend, "chmod", path)
                checks.append(check_)
    return checks


def uv_cache(facts: Facts) -> str:
    """Return uv's cache directory: from its variable, or the default."""
    given = facts.system.environ.get("UV_CACHE_DIR", "")
    return os.path.join(facts.system.cwd, given) if given else directories.uv_cache(facts.system)


def _same_disk(store: str, shown: str, facts: Facts) -> list[Finding]:
    """Check whether the store is on the disk of uv's cache, so that uv can link files."""
    cache = uv_cache(facts)
    if not cache or facts.system.environ.get("UV_LINK_MODE") == "copy":
        return []
    disks = []
    for path in (store, cache):
        status = facts.system.stat(lookup.existing_ancestor(path, facts.system))
        disks.append(status.st_dev if status else None)
    if None in disks or disks[0] == disks[1]:
        return []
    seen = (
        f"the store {shown} and uv's cache `{contract_home(cache, facts.system)}` are on different "
        "disks, so uv copies every file and warns at each installation"
    )
    advice = (
        "run `uvlocal config set store DIR` with a DIR on the cache's disk, or set "
        "`UV_CACHE_DIR` to a directory on the store's disk"
    )
    return [Finding("store-other-disk", WARN, seen, "medium", path=store, advice=advice)]


def _leftovers(facts: Facts) -> list[Finding]:
    left = [path for place in facts.places for path in trash.leftovers(place, facts.system)]
    if not left:
        return []
    what = "an interrupted removal" if len(left) == 1 else f"{len(left)} interrupted removals"
    seen = f"{what} left files in `{contract_home(os.path.dirname(left[0]), facts.system)}`"
    return [Finding("leftovers", WARN, seen, "high", "uvlocal prune", "empty-trash", left[0])]


# -- records -----------------------------------------------------------------------------------


def check_records(facts: Facts) -> list[Finding]:
    """Check whether records and environments match, and what happened to the projects."""
    checks = [found for entry in facts.entries for found in _entry(entry, facts)]
    checks += _brought_back(facts)
    gone = [entry for entry in facts.entries if entry.state in ("project-gone", "replaced")]
    if gone:
        one = len(gone) == 1
        what = "an environment" if one else f"{len(gone)} environments"
        seen = f"the project of {what} is gone" if one else f"the projects of {what} are gone"
        checks.append(Finding("projects-gone", WARN, seen, "high", "uvlocal prune"))
    unused = [entry for entry in facts.entries if entry.state == "unused"]
    if unused:
        what = "an environment is" if len(unused) == 1 else f"{len(unused)} environments are"
        seen = f"{what} no longer used"
        checks.append(Finding("unused", WARN, seen, "high", "uvlocal prune"))
    checks += unread(records.unread(facts.places, facts.entries), facts)
    if not checks:
        number = len(facts.entries)
        seen = f"records and environments match ({number} environment{'' if number == 1 else 's'})"
        checks.append(Finding("records", OK, seen))
    return checks


def _brought_back(facts: Facts) -> list[Finding]:
    """Return one finding for all projects restored from a backup, perhaps a whole home."""
    checks = []
    for place in facts.places:
        roots = [
            entry.root
            for entry in facts.entries
            if (entry.store, entry.state, entry.why) == (place, "copy", BACK)
        ]
        if roots:
            first = f"`{contract_home(roots[0], facts.system)}`"
            what = first if len(roots) == 1 else f"{first} and {len(roots) - 1} more"
            seen = (
                f"{what}: a new directory with the old content, as after restoring a backup; "
                "nothing is removed, and `--fix` updates the records"
            )
            command = "uvlocal doctor --fix"
            checks.append(
                Finding("record-outdated", WARN, seen, "medium", command, "update-records", place)
            )
    return checks


def unread(paths: list[str], facts: Facts) -> list[Finding]:
    """Return the finding that these directories could not be read, or none."""
    if not paths:
        return []
    what = "1 folder" if len(paths) == 1 else f"{len(paths)} folders"
    names = ", ".join(f"`{contract_home(path, facts.system)}`" for path in paths)
    seen = f"{what} could not be read: {names}"
    return [Finding("unread-folders", WARN, seen, advice=_PERMISSION)]


def _entry(entry: Entry, facts: Facts) -> list[Finding]:
    path = entry.environment if entry.made else entry.record_path
    shown = contract_home(path, facts.system)
    root = contract_home(entry.root, facts.system)
    if entry.state == "broken":
        seen = f"`{shown}`: {entry.why}"
        pasted = quoted(below_home(path, facts.system), facts.system)
        advice = f"check it, and run `rm -r {pasted}` if you do not need it"
        return [Finding("record-broken", WARN, seen, path=path, advice=advice)]
    if entry.state == "moved":
        there = quoted(below_home(entry.moved_to, facts.system), facts.system)
        seen = f"`{root}`: {entry.why}"
        return [
            Finding("project-moved", WARN, seen, "high", f"uvlocal adopt {there}", path=entry.root)
        ]
    if entry.state == "copy" and entry.why == CLONED:
        seen = f"`{root}`: {entry.why}; the next `uv sync` there keeps it for `uvlocal adopt`"
        return [Finding("project-replaced", OK, seen, path=entry.root)]
    if entry.state == "volume-not-mounted":
        return [Finding("volume-not-mounted", OK, f"`{root}`: {entry.why}", path=entry.root)]
    return []
