"""Show the results of `uvlocal doctor`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvlocal.manage.views import console
from uvlocal.manage.views.console import contracted, data, painted, talk
from uvlocal.manage.views.terminal import prose_width, wrapped
from uvlocal.shim.machine.display import printable

if TYPE_CHECKING:
    from uvlocal.manage.doctor.checkup import Diagnosis, Result
    from uvlocal.manage.doctor.report import Report

#: The word and the colour of each level.
_WORDS = {"ok": ("ok", "32"), "warn": ("warn", "33"), "fail": ("FAIL", "1;31")}
_INDENT = 8


def diagnosis(found: Diagnosis) -> None:
    """Show every check, and below each finding how to fix it."""
    group = ""
    for result in found.results:
        if result.group != group:
            group = result.group
            data(painted(group, "1"))
        _show(result)
    _sum_up(found)


def report(told: Report) -> None:
    """Show a report: lines that stay whole, as they are to be pasted somewhere."""
    for section in told.sections:
        data(painted(section.title, "1"))
        for what, text in section.rows:
            data(f"  {what}: {text}")


def _show(result: Result) -> None:
    word, colour = ("fixed", "32") if result.fixed else _WORDS[result.level]
    doubt = "" if result.sure == "high" else f" ({result.sure} confidence)"
    lines = _wrapped(result.seen + doubt)
    data(f"  {painted(f'{word:<{_INDENT - 2}}', colour)}{lines[0]}")
    for line in lines[1:]:
        data(" " * _INDENT + line)
    if result.fixed or result.level == "ok":
        return
    if result.trouble:
        _indented(f"could not be fixed: {result.trouble}")
    mend = result.advice or (f"run `{result.command}`" if result.command else "")
    if mend:
        _indented(f"to fix it: {mend}")


def _indented(text: str) -> None:
    for line in _wrapped(text):
        data(" " * _INDENT + painted(line, "36"))


def _wrapped(text: str) -> list[str]:
    return wrapped(printable(contracted(text)), prose_width() - _INDENT)


def _sum_up(found: Diagnosis) -> None:
    open_ = [result for result in found.results if not result.fixed]
    counts = [
        (sum(result.level == level for result in open_), words)
        for level, words in (("fail", ("failure", "failures")), ("warn", ("warning", "warnings")))
    ]
    said = [f"{number} {words[number != 1]}" for number, words in counts if number]
    talk(f"\n{', '.join(said) or 'all checks passed'}")
    if any(result.fixable and result.level != "ok" for result in open_):
        console.hint("`uvlocal doctor --fix` fixes what is safe to fix")
