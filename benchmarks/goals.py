"""What uvlocal promises to cost, and whether a measurement keeps it."""

from __future__ import annotations

from typing import Any, NamedTuple

import calls
import commands

#: Milliseconds, times, KiB and MiB; the first three are those of the design.
ADDED, RATIO, DECIDED = 0.4, 1.04, 1.5
#: What 10,000 recorded decisions may add to a recalled call against one, in milliseconds.
FLAT = 0.1
#: What our own commands may take against an interpreter that does nothing, and against `du`.
STARTS = {"path": 2.5, "status": 4.0, "init zsh": 2.5, "--help": 8.0}
OVER_STORE, SCAN = 4.0, 1.8
#: The environments of the store that this is promised for.
STORE = 2_000
SECONDS, MEMORY = 30.0, 100.0


class Goal(NamedTuple):
    """A promise: its subject, the limit, and the measured value, "" if there is none."""

    what: str
    limit: str
    measured: str
    met: bool


def goals(parts: dict[str, Any]) -> list[Goal]:
    """Return every goal; one whose part was not measured is not met."""
    return [*_of_calls(parts), *_of_commands(parts), *_of_scaling(parts), *_of_scan(parts)]


def _of_calls(parts: dict[str, Any]) -> list[Goal]:
    command = f"`{calls.PROMISED}`"
    names = (
        f"recalled, added to {command}",
        f"recalled, {command} takes, against uv alone with the variable set",
        f"decided, added to {command}, against `{calls.INTERPRETER}`",
    )
    limits = (f"{ADDED} ms", f"{RATIO} times", f"{DECIDED} times")
    part = parts.get("calls")
    if part is None:
        return [Goal(name, limit, "", met=False) for name, limit in zip(names, limits, strict=True)]
    ways = part["commands"][calls.PROMISED]
    added, ratio = ways["recalled"]["added"], ways["recalled"]["ratio"]
    decided = ways["decided"]["added"] / ways[calls.INTERPRETER]["median"]
    told = (f"{added:.2f} ms", f"{ratio:.3f} times", f"{decided:.2f} times")
    met = (added <= ADDED, ratio <= RATIO, decided <= DECIDED)
    return [Goal(*row) for row in zip(names, limits, told, met, strict=True)]


def _of_commands(parts: dict[str, Any]) -> list[Goal]:
    part = parts.get("commands", {"starts": {}, "stores": {"series": []}})
    found = [
        _ratio(f"uvlocal {words}", commands.INTERPRETER, part["starts"], limit)
        for words, limit in STARTS.items()
    ]
    series = {point["at"]: point["ways"] for point in part["stores"]["series"]}
    at = STORE if STORE in series else max(series, default=STORE)
    base = f"{commands.DU}` of the store with {at:,} environments"
    ways = series.get(at, {})
    found += [_ratio(f"uvlocal {words}", base, ways, OVER_STORE) for words in commands.OVER_STORES]
    return found


def _ratio(name: str, base: str, ways: dict[str, dict[str, float]], limit: float) -> Goal:
    what = f"`{name}`, against `{base}" + ("" if "`" in base else "`")
    if name not in ways:
        return Goal(what, f"{limit} times", "", met=False)
    ratio = ways[name]["ratio"]
    return Goal(what, f"{limit} times", f"{ratio:.2f} times", ratio <= limit)


def _of_scaling(parts: dict[str, Any]) -> list[Goal]:
    name, limit = "recalled, what 10,000 recorded decisions add against one", f"{FLAT} ms"
    if "scaling" not in parts:
        return [Goal(name, limit, "", met=False)]
    points = parts["scaling"]["series"]["records"]
    more = points[-1]["added"] - points[0]["added"]
    return [Goal(name, limit, f"{more:+.2f} ms", more <= FLAT)]


def _of_scan(parts: dict[str, Any]) -> list[Goal]:
    name = "`uvlocal scan` of 200 projects with 200,000 files"
    limit = f"{SECONDS:.0f} s, {MEMORY:.0f} MiB"
    part = parts.get("scan", {})
    ratio = _ratio("uvlocal scan", "du -s` of the same files", part.get("ways", {}), SCAN)
    if not part:
        return [Goal(name, limit, "", met=False), ratio]
    seconds, memory = part["seconds"], part["mebibytes"]
    told = f"{seconds:.1f} s, {memory:.0f} MiB"
    if (part["projects"], part["files"]) != (200, 200_000):
        told += f" ({part['projects']:,} projects with {part['files']:,} files)"
    return [Goal(name, limit, told, seconds <= SECONDS and memory <= MEMORY), ratio]
