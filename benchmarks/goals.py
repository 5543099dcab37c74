"""What uvlocal promises to cost, and whether a measurement keeps it."""

from __future__ import annotations

from typing import Any, NamedTuple

import calls

#: Milliseconds, times, KiB and MiB; the first three are those of the design.
ADDED, RATIO, DECIDED = 0.4, 1.04, 1.5
#: What 10,000 recorded decisions may add to a recalled call against one, in milliseconds.
FLAT = 0.1
#: What `uvlocal status` may take, in milliseconds.
STATUS = 150.0
SECONDS, MEMORY = 30.0, 100.0


class Goal(NamedTuple):
    """A promise: what of, the limit, and what was measured, "" where nothing was."""

    what: str
    limit: str
    measured: str
    met: bool


def goals(parts: dict[str, Any]) -> list[Goal]:
    """Return every goal; one whose part was not measured is not met."""
    return [*_of_calls(parts), *_of_scaling(parts), *_of_scan(parts)]


def _of_calls(parts: dict[str, Any]) -> list[Goal]:
    command = f"`{calls.PROMISED}`"
    names = (
        f"recalled, added to {command}",
        f"recalled, {command} takes, against uv alone with the variable set",
        f"decided, added to {command}, against `{calls.INTERPRETER}`",
        "`uvlocal status`",
    )
    limits = (f"{ADDED} ms", f"{RATIO} times", f"{DECIDED} times", f"{STATUS:.0f} ms")
    part = parts.get("calls")
    if part is None:
        return [Goal(name, limit, "", met=False) for name, limit in zip(names, limits, strict=True)]
    ways = part["commands"][calls.PROMISED]
    added, ratio = ways["recalled"]["added"], ways["recalled"]["ratio"]
    decided = ways["decided"]["added"] / ways[calls.INTERPRETER]["median"]
    status = part["own"]["uvlocal status"]["median"]
    told = (f"{added:.2f} ms", f"{ratio:.3f} times", f"{decided:.2f} times", f"{status:.0f} ms")
    met = (added <= ADDED, ratio <= RATIO, decided <= DECIDED, status <= STATUS)
    return [Goal(*row) for row in zip(names, limits, told, met, strict=True)]


def _of_scaling(parts: dict[str, Any]) -> list[Goal]:
    name, limit = "recalled, what 10,000 recorded decisions add against one", f"{FLAT} ms"
    if "scaling" not in parts:
        return [Goal(name, limit, "", met=False)]
    points = parts["scaling"]["series"]["records"]
    more = points[-1]["added"] - points[0]["added"]
    return [Goal(name, limit, f"{more:+.2f} ms", more <= FLAT)]


def _of_scan(parts: dict[str, Any]) -> list[Goal]:
    name = "`uvlocal scan` of 2,000 projects with 200,000 files"
    limit = f"{SECONDS:.0f} s, {MEMORY:.0f} MiB"
    if "scan" not in parts:
        return [Goal(name, limit, "", met=False)]
    part = parts["scan"]
    seconds, memory = part["seconds"], part["mebibytes"]
    told = f"{seconds:.1f} s, {memory:.0f} MiB"
    if (part["projects"], part["files"]) != (2_000, 200_000):
        told += f" ({part['projects']:,} projects with {part['files']:,} files)"
    return [Goal(name, limit, told, seconds <= SECONDS and memory <= MEMORY)]
