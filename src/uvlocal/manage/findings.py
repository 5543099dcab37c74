"""What was found of an installation, a store, a project: how bad it is, and what mends it."""

from __future__ import annotations

from dataclasses import dataclass

OK, WARN, FAIL = "ok", "warn", "fail"
#: How bad a level is.
LEVELS = (OK, WARN, FAIL)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found, good or bad.

    `code` is stable, kebab-case. `level` is `ok`, `warn` (something is not as good as it could be)
    or `fail` (something does not work). `seen` is a sentence, `sure` is `high`, `medium` or `low`.
    `command` is what mends it, as it is typed; where that is not all, `advice` says it in words;
    "" for nothing. `fix` names what `--fix` would do, "" where that is not safe. `path` is what it
    is about, if that is one thing.
    """

    code: str
    level: str
    seen: str
    sure: str = "high"
    command: str = ""
    fix: str = ""
    path: str = ""
    advice: str = ""
