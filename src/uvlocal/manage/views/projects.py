"""Show the results of `uvlocal scan` and `uvlocal migrate`."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from uvlocal.manage.projects.migration_results import RUNS_FROM_IT
from uvlocal.manage.views.console import (
    count,
    data,
    hint,
    painted,
    rows,
    shown,
    size,
    talk,
    unread,
    warning,
)
from uvlocal.manage.views.environments import on_command_line
from uvlocal.manage.views.terminal import prose_width, wrapped

if TYPE_CHECKING:
    from uvlocal.manage.projects.migration_results import Migration, Migrations
    from uvlocal.manage.projects.scan import Found, Scan

#: The width of the columns for the number of files and for their size.
_FILES, _SIZE = 15, 11
_BLOCKS = " ▏▎▍▌▋▊▉█"

#: The option and the warning for each limit.
_LIMITS = {
    "entries": ("`--max-entries`", "the search is incomplete"),
    "time": ("`--max-seconds`", "the search is incomplete"),
    "depth": ("`--max-depth`", "deeper directories were not searched"),
}


# -- scan ----------------------------------------------------------------------------------------


def scan(found: Scan, folders: list[str] | None = None) -> None:
    """Show each project at risk with a bar for its size, then the totals.

    Args:
        found: the result of the scan.
        folders: the directories that the user named, as typed, or None.
    """
    width = prose_width()
    if not found.roots:
        talk("no synced folder is known on this machine")
        hint(
            "`uvlocal scan DIR` searches one, and `uvlocal config add-root DIR` marks it as synced"
        )
        return
    most = max((one.bytes for one in found.projects), default=0)
    for one in found.projects:
        data(painted(shown(one.root), "1"))
        cost = f"{count(one.files, 'file'):>{_FILES}}{size(one.bytes):>{_SIZE}}"
        bar = _bar(one.bytes, most, width - len(cost) - 3)
        data(f"{cost}  {painted(bar, '33')}".rstrip())
        _indented(_remarks(one), width)
    if found.projects:
        data("")
    _sums(found, folders)


def _sums(found: Scan, folders: list[str] | None) -> None:
    if found.projects:
        number = count(len(found.projects), "project")
        data(f"{number} at risk: {count(found.files, 'file')}, {size(found.bytes)}")
    elif not found.unread_folders:
        where = ", ".join(f"`{shown(root)}`" for root in found.roots)
        data(f"no environment in {where}")
    unread(found.unread_folders)
    if found.clean:
        data(f"{_are(found.clean)} clean: there is no environment in the folder")
    if found.untouched:
        data(f"{_are(found.untouched)} left alone: on a local volume, or by your settings")
    if found.evicted_folders:
        number = count(found.evicted_folders, "folder")
        talk(f"skipped {number} whose content is only in the cloud")
    if found.limit:
        option, what = _LIMITS[found.limit]
        warning(f"{what}; {option} raises the limit")
    if found.saved_files:
        saved = f"{count(found.saved_files, 'file')} ({size(found.saved_bytes)})"
        words = " ".join(map(on_command_line, found.roots)) if folders else ""
        command = f"uvlocal migrate --all {words}".rstrip()
        harmed = any(one.hidden_pth and one.saves for one in found.projects)
        also = ", and imports work again" if harmed else ""
        hint(f"`{command}` removes {saved} from there{also}")


def _are(number: int) -> str:
    return f"{count(number, 'project')} {'is' if number == 1 else 'are'}"


def _remarks(one: Found) -> str:
    remarks = [one.volume_label]
    if one.state == "no-environment":
        remarks.append("`.venv` is not a virtual environment")
    elif not one.strategy:
        remarks.append("no better place for it")
    elif not one.saves:
        remarks.append(f"stays there, as the strategy is `{one.strategy}`")
    if one.hidden_pth:
        number = count(one.hidden_pth, "hidden `.pth` file")
        remarks.append(f"{number}, which Python skips, so imports fail")
    if one.conflict_copies:
        number = count(one.conflict_copies, "conflict cop")
        remarks.append(number.removesuffix("s") + ("y" if one.conflict_copies == 1 else "ies"))
    if one.evicted:
        remarks.append(f"{count(one.evicted, 'file')} only in the cloud")
    if not one.complete:
        remarks.append("count incomplete")
    return ", ".join(remarks)


def _indented(text: str, width: int) -> None:
    for line in wrapped(text, width - 4):
        data("    " + line)


def _bar(value: int, most: int, room: int) -> str:
    """Return a bar of at most `room` characters, which is only empty for 0."""
    if not value or not most:
        return ""
    encoding = (sys.stdout.encoding or "ascii").lower()
    if not encoding.startswith("utf"):
        return "#" * max(1, value * room // most)
    eighths = max(1, value * room * 8 // most)
    return _BLOCKS[-1] * (eighths // 8) + _BLOCKS[eighths % 8].strip()


# -- migrate -------------------------------------------------------------------------------------


#: What happens to packages installed by hand.
_EXTRAS = {
    "keep": "installed by hand, kept in the new environment",
    "drop": "installed by hand, left out of the new environment",
    "": "installed by hand: `--yes` alone leaves this project as it is",
}


def planned(one: Migration, extras: str) -> None:
    """Show what a migration would do, or what prevents it; `extras` is as in `migrate.plan`."""
    if one.state in ("planned", "extra-packages"):
        python = f"Python {one.python}" if one.python else "an unknown Python"
        what = f"{python}, {count(one.packages, 'package')}, {count(one.files, 'file')}"
        pairs = [
            ("project", f"{shown(one.root)} ({one.volume})"),
            ("old", shown(one.old)),
            ("", f"{what}, {size(one.bytes)}"),
            ("new", shown(one.new)),
        ]
        pairs += [("" if index else "extra", text) for index, text in enumerate(one.extra)]
        if one.extra:
            pairs.append(("", _EXTRAS[extras]))
        rows(pairs)
        data("")
    if one.state != "planned":
        _refused(one)


def _refused(one: Migration) -> None:
    """Show why a project is not migrated."""
    if one.state == "nothing-to-move":
        talk(f"nothing to move in `{shown(one.root)}`: {one.why}")
        return
    warning(f"`{shown(one.root)}` is not migrated: {one.why}")
    if one.state == "own-files":
        hint("move your files out of `.venv`, then try again")
    elif one.why == RUNS_FROM_IT:
        hint("install uvlocal elsewhere, then try again")
    elif one.state == "in-use":
        hint("stop every program that uses it, then try again")
    elif one.state == "extra-packages":
        hint(
            "pass `--keep-extra` to keep packages installed by hand, or `--drop-extra` to leave "
            "them out"
        )


def migrated(one: Migration) -> None:
    """Show the result of one migration."""
    if one.state != "migrated":
        _refused(one)
        return
    freed = f"{count(one.files, 'file')}, {size(one.bytes)}"
    data(f"migrated `{shown(one.root)}`: removed `.venv` ({freed})")
    for package in one.changed:
        data(f"    {package.name} {package.before} -> {package.after}")
    for requirement in one.extra:
        data(f"    {requirement} {'was kept' if one.kept else 'was left out'}")


def summed(result: Migrations) -> None:
    """Show a summary of all migrations."""
    ready = [one for one in result.migrations if one.state == "planned"]
    unread(result.unread_folders)
    if not result.migrations and not result.unread_folders:
        talk("nothing to migrate: no environment is in a synced folder")
    elif result.dry_run:
        talk(f"would migrate {count(len(ready), 'project')}; nothing was changed")
    if any(one.state == "migrated" for one in result.migrations) and not result.shimmed:
        hint("run `uvlocal install` next, or plain uv will create `.venv` again")


def begun(one: Migration) -> None:
    """Show which project is migrated next, before uv's output."""
    talk(f"migrating `{shown(one.root)}` to `{os.path.basename(one.new)}`")
