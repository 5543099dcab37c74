"""Findings about an installation, a store or a project, with their severity and fix."""

from __future__ import annotations

from dataclasses import dataclass

OK, WARN, FAIL = "ok", "warn", "fail"
#: The levels, by increasing severity.
LEVELS = (OK, WARN, FAIL)


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding, good or bad.

    `code` is stable, in kebab-case. `level` is `ok`, `warn` (something could be better) or `fail`
    (something does not work). `seen` is a sentence, `sure` its confidence: `high`, `medium` or
    `low`. `command` fixes it, as typed in a shell, or `advice` explains the fix; both may be "".
    `fix` names what `--fix` does, or is "" if that is not safe. `path` is the path concerned, if
    there is one.
    """

    code: str
    level: str
    seen: str
    sure: str = "high"
    command: str = ""
    fix: str = ""
    path: str = ""
    advice: str = ""
