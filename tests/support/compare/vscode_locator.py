"""A small model of how VS Code finds environments outside a workspace.

It follows microsoft/python-environment-tools at commit 8bd5fb4, rule by rule:

- `crates/pet-global-virtualenvs/src/lib.rs`, `get_global_virtualenv_dirs`: the directories, in
  order; `list_global_virtual_envs_paths`: everything in them, including links;
- `crates/pet-python-utils/src/executable.rs`: `bin/python`, or `Scripts/python.exe` on Windows;
- `crates/pet/src/locators.rs`: the first locator that accepts an environment decides its kind, and
  `Uv` comes before `PipEnv`, `VirtualEnvWrapper` and `Venv`;
- `crates/pet-uv/src/lib.rs`, `try_from`: `uv = ` in `pyvenv.cfg` makes it one of uv's, without a
  project, whatever a `.project` file says;
- `crates/pet-pipenv/src/lib.rs`, `is_in_pipenv_centralized_dir`: in these directories, an
environment
  not created by uv is pipenv's if it has a `.project` file, or eight characters at its name's end.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Found:
    """An environment as VS Code lists it: its directory as found, its kind, and its name."""

    prefix: str
    kind: str
    name: str


def folders(environ: dict[str, str], home: str, platform: str = "linux") -> list[str]:
    """Return the existing directories whose entries count as environments."""
    named = [environ.get("WORKON_HOME", "")]
    if environ.get("XDG_DATA_HOME"):
        named.append(os.path.join(environ["XDG_DATA_HOME"], "virtualenvs"))
    below = ["envs", ".direnv", ".venvs", ".virtualenvs", ".local/share/virtualenvs"]
    below += ["Envs"] if platform == "linux" else []
    named += [os.path.join(home, name) for name in below]
    return [path for path in named if path and os.path.exists(path)]


def listed(environ: dict[str, str], home: str, platform: str = "linux") -> list[Found]:
    """Return what VS Code lists from these directories, without duplicates, sorted by path."""
    places = folders(environ, home, platform)
    paths = {os.path.join(place, name) for place in places for name in os.listdir(place)}
    found = [_identified(path, platform) for path in sorted(paths)]
    return [one for one in found if one is not None]


def _identified(path: str, platform: str) -> Found | None:
    program = ("Scripts", "python.exe") if platform == "win32" else ("bin", "python")
    if not os.path.isfile(os.path.join(path, *program)):
        return None
    try:
        with open(os.path.join(path, "pyvenv.cfg"), encoding="utf-8") as file:
            values = dict(re.findall(r"(?m)^\s*(\w+) = (.*?)\s*$", file.read()))
    except OSError:
        return None
    name = values.get("prompt", os.path.basename(path))
    if "uv" in values and "version_info" in values:
        return Found(path, "Uv", name)
    if os.path.exists(os.path.join(path, ".project")) or re.search(r".-[\w-]{8}$", path):
        return Found(path, "Pipenv", name)
    return Found(path, "Venv", name)
