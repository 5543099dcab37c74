"""Show the results of `uvlocal install` and `uvlocal uninstall`."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from uvlocal.manage.installation import windows_path
from uvlocal.manage.views import console
from uvlocal.manage.views.console import data, shown, talk

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from uvlocal.manage.installation.install import Installation
    from uvlocal.manage.installation.uninstall import Removal


def plan(made: Installation) -> None:
    """Show the plan of an installation in a few lines."""
    if not made.changed:
        data("nothing to change")
    if made.moved_uv:
        data(f"move    {shown(made.shim)}, a real uv, to {shown(made.moved_uv)}")
    if made.shim_changes:
        data(f"create  {shown(made.shim)}")
    changing = [shown(line.path) for line in made.lines if line.state in ("absent", "outdated")]
    if changing:
        data(f"add     one line to {', '.join(changing)}, to put the shim first on PATH")
    if made.user_path == "absent":
        data(f"add     {shown(os.path.dirname(made.shim))} to the user's PATH")


def installed(made: Installation) -> None:
    """Report what was installed, what prevents its use, and what to do next: a line for each."""
    verb = "installed" if made.changed else "already installed:"
    added = [shown(line.path) for line in made.lines if line.state == "added"]
    also = f", and added a line to {_quoted(added)}" if added else ""
    if made.moved_uv:
        also += f"; the real uv that was there is now `{shown(made.moved_uv)}`"
    talk(f"{verb} `{shown(made.shim)}`{also}")
    problems = list(_problems(made))
    if problems:
        more = f" (and {len(problems) - 1} more: `uvlocal doctor`)" if len(problems) > 1 else ""
        console.warning(problems[0] + more)
    if not made.wants_startup_files:
        now = made.now or f'export PATH="{os.path.dirname(made.shim)}:$PATH"'
        console.hint(f"put it first on PATH: `{now}`")
    elif made.changed and made.now:
        program = _started_in()
        again = f" (quit {program} and start it again)" if program else ""
        console.hint(f"open a new shell{again}, or run `{made.now}`")


def _problems(made: Installation) -> Iterator[str]:
    """Yield what prevents the shim from being found, each with what to do about it."""
    if not made.real_uv:
        yield "there is no uv on `PATH` yet, so install uv next: https://docs.astral.sh/uv"
    if made.wants_startup_files and not made.lines and not made.user_path:
        folder = shown(os.path.dirname(made.shim))
        yield f"no known shell found, so put `{folder}` first on PATH yourself"
    for line in made.lines:
        if line.state == "blocked":
            own = f"`uvlocal init {line.shell}`"
            yield f"`{shown(line.path)}` {line.reason}, so add the output of {own} yourself"
    for shadow in made.shadows:
        yield (
            f"`{shown(shadow.path)}`, line {shadow.line}: this {shadow.kind} hides the shim in "
            f"{shadow.shell}; remove it, or change it to call `{shown(made.shim)}`"
        )
    if made.user_path == "blocked":
        yield "the user's PATH in the registry cannot be changed"
    if made.machine_uv:
        found = f"`{made.machine_uv}` is on the machine's PATH, which Windows searches before yours"
        yield f"{found}: {windows_path.ways_out(made.machine_uv)}"


#: How to recognise a program's own terminal, and the program's name. The terminal has the PATH with
#: which the program was started.
_TERMINALS = {
    ("TERM_PROGRAM", "vscode"): "VS Code",
    ("TERMINAL_EMULATOR", "JetBrains-JediTerm"): "the JetBrains IDE",
}


def _started_in() -> str:
    """Return the program in whose built-in terminal this runs, or ""."""
    found = (name for (key, value), name in _TERMINALS.items() if os.environ.get(key) == value)
    return next(found, "")


def _quoted(paths: Iterable[str]) -> str:
    return ", ".join(f"`{path}`" for path in paths)


def removal_plan(gone: Removal) -> None:
    """Show what would be removed."""
    if gone.startup_files:
        data(f"undo    {', '.join(map(shown, gone.startup_files))}")
    for warning in _shared(gone):
        console.warning(warning)
    if gone.user_path:
        data("undo    the user's PATH")
    for path in _by_folder(gone.files):
        data(f"remove  {path}")
    for path in gone.moved_back:
        data(f"restore {shown(path)}, a real uv")
    for one in gone.environments:
        project = f", of {shown(one.project)}" if one.project else ""
        verb = "skip" if one.stays else "remove"
        why = f": {one.stays}" if one.stays else ""
        data(f"{verb:<8}{shown(one.path or one.record)}{project}{why}")
    if gone.is_empty:
        data("nothing to do: uvlocal is not installed here")
        return
    for path in gone.kept:
        data(f"keep    {shown(path)}")


def _by_folder(files: Iterable[str]) -> Iterator[str]:
    """Yield files for display: one by its path, several in a directory by their number."""
    folders: dict[str, list[str]] = {}
    for path in files:
        folders.setdefault(os.path.dirname(path), []).append(path)
    for folder, paths in folders.items():
        one = shown(paths[0])
        yield one if len(paths) == 1 else f"{len(paths)} files in {shown(folder)}"


def _shared(gone: Removal) -> list[str]:
    return [
        f"`{shown(path)}` is synced by {client}: other machines lose the line too, and need "
        "`uvlocal install` again"
        for path, client in gone.shared_files.items()
    ]


def removed(gone: Removal, *, has_plan: bool) -> None:
    """Report what was removed, and how to remove the rest: a line for each.

    Args:
        gone: what was removed.
        has_plan: the plan was shown before.
    """
    number = sum(not one.stays for one in gone.environments)
    also = f" and {console.count(number, 'environment')}" if number else ""
    if gone.moved_back:
        also += f", and moved the real uv back to {_quoted(map(shown, gone.moved_back))}"
    talk(f"removed the shim{also}; open shells may need `hash -r` to find `uv` again")
    problems = [f"`{shown(problem.path)}`: {problem.reason}" for problem in gone.problems]
    problems += [] if has_plan else _shared(gone)
    if problems:
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        console.warning(problems[0] + more)
    last = f"to remove uvlocal itself: `{own_removal(sys.prefix)}`"
    if any(f"{os.sep}envs{os.sep}" in path for path in gone.kept):
        last = f"`uvlocal uninstall --environments` removes the environments; {last}"
    console.hint(last)


def own_removal(prefix: str) -> str:
    """Return the command that removes the package, by how it was installed into `prefix`."""
    if os.path.exists(os.path.join(prefix, "uv-receipt.toml")):
        return "uv tool uninstall uvlocal"
    if os.path.exists(os.path.join(prefix, "pipx_metadata.json")):
        return "pipx uninstall uvlocal"
    return "pip uninstall uvlocal"
