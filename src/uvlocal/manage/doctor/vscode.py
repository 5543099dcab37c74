"""Check whether VS Code settings with an interpreter of ours name the right environment.

`uvlocal link --vscode` prints a line to paste, which stays when the project is moved or copied. No
file of VS Code is written here.
"""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING

from uvlocal.manage.doctor import editors
from uvlocal.manage.environments.folder_identity import SilentError
from uvlocal.manage.findings import WARN, Finding
from uvlocal.shim.machine import paths
from uvlocal.shim.machine.display import below_home, contract_home, quoted
from uvlocal.shim.store import naming

if TYPE_CHECKING:
    from uvlocal.manage.doctor.facts import Facts
    from uvlocal.shim.machine.host import System

#: The setting, in a file that is JSON with comments.
_KEY = re.compile(r'"python\.defaultInterpreterPath"\s*:\s*("(?:[^"\\\n]|\\.)*")')
_VARIABLE = re.compile(r"\$\{(?:env:(\w+)|(userHome))\}")
_OUT = "remove `python.defaultInterpreterPath`"
#: The editors with VS Code's settings, by their directory names.
_EDITORS = ("Code", "Code - Insiders", "VSCodium", "Cursor", "Windsurf")


def check(facts: Facts) -> list[Finding]:
    """Check the settings of each redirected project, and the user's."""
    checks = []
    roots = editors.redirected(facts)
    facts.disk.look_ahead_at((_of(root), mount_point) for root, (_, mount_point) in roots.items())
    for root, (environment, mount_point) in roots.items():
        path = _of(root)
        try:
            if facts.disk.status(path, mount_point) is None:
                continue
        except SilentError:
            continue
        found = _kept(path, facts)
        if not found or found == environment:
            continue
        gone = "" if naming.exists(found, facts.system) else ", which does not exist"
        seen = f"`{contract_home(path, facts.system)}` names another environment{gone}"
        there = quoted(below_home(root, facts.system), facts.system)
        advice = f"`uvlocal link --vscode {there}` prints the right line" if environment else _OUT
        checks.append(Finding("vscode-setting", WARN, seen, path=path, advice=advice))
    for path in _of_the_user(facts.system):
        if _kept(path, facts):
            seen = f"`{contract_home(path, facts.system)}` names one environment for all projects"
            prints = "`uvlocal link --vscode --user` prints settings that find every environment"
            checks.append(
                Finding("vscode-setting", WARN, seen, path=path, advice=f"{_OUT}; {prints}")
            )
    return checks


def _of(root: str) -> str:
    """Return the path of a project's settings file."""
    return os.path.join(root, ".vscode", "settings.json")


def _kept(path: str, facts: Facts) -> str:
    """Return the environment of ours whose interpreter a settings file names, or ""."""
    system = facts.system
    content = (system.read(path) or b"").decode("utf-8", "replace")
    lines = [line for line in content.splitlines() if not line.lstrip().startswith("//")]
    for match in _KEY.finditer("\n".join(lines)):
        try:
            named = _expanded(json.loads(match[1]), system)
        except ValueError:
            continue
        for place in facts.places:
            folder = system.path.join(place, naming.ENVIRONMENTS)
            below = paths.relative_to(system.path.normpath(named), folder, system)
            if below:
                return system.path.join(folder, below.split(system.path.sep)[0])
    return ""


def _expanded(text: str, system: System) -> str:
    """Expand a path like VS Code's extensions."""
    if text.startswith("~"):
        text = system.home + text[1:]
    return _VARIABLE.sub(
        lambda match: system.home if match[2] else system.environ.get(match[1], ""), text
    )


def _of_the_user(system: System) -> list[str]:
    """Return the user's possible settings files (code.visualstudio.com/docs/getstarted)."""
    if system.platform == "win32":
        base = system.environ.get("APPDATA", "")
    elif system.platform == "darwin":
        base = system.path.join(system.home, "Library", "Application Support")
    else:
        usual = system.path.join(system.home, ".config")
        base = system.environ.get("XDG_CONFIG_HOME") or usual
    if not system.path.isabs(base):
        return []
    return [system.path.join(base, name, "User", "settings.json") for name in _EDITORS]
