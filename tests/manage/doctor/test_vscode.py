"""VS Code settings with a wrong or missing environment are found, but not changed."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING

import pytest
from support.hosts.fakes import FakeSystem

from uvlocal.manage.doctor import checkup, vscode
from uvlocal.manage.projects.vscode import settings

if TYPE_CHECKING:
    from support.hosts.machines import Machine

if sys.platform == "win32":
    pytest.skip("the machines here are POSIX's", allow_module_level=True)


def seen(machine: Machine) -> list[checkup.Result]:
    """Return what `uvlocal doctor` finds in such settings."""
    done = checkup.examine(machine.home, machine.environ, fix=True)
    return [one for one in done.results if one.code == "vscode-setting"]


def paste(path: str, environment: str, *, python: str = "bin/python") -> str:
    """Write a settings file with an interpreter, a comment, and a comma too many."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    text = json.dumps(f"{environment}/{python}")
    with open(path, "w", encoding="utf-8") as file:
        file.write(f'{{\n// mine\n  "a": 1,\n  "python.defaultInterpreterPath": {text},\n}}\n')
    return path


@pytest.fixture
def project(machine: Machine) -> str:
    """Return a project that has an environment."""
    return machine.keep("foo")


@pytest.mark.parametrize("home", ["HOME", "${env:HOME}", "${userHome}", "~"])
@pytest.mark.parametrize("which", ["own", "other", "missing"])
def test_a_workspace(machine: Machine, project: str, home: str, which: str) -> None:
    """A setting with another environment, existing or not, is reported in any spelling."""
    own = machine.environment(project)
    other = machine.environment(machine.keep("bar"))
    named = {"own": own, "other": other, "missing": own.replace("foo-", "old-")}[which]
    if home != "HOME":
        named = named.replace(machine.home, home)
    path = paste(os.path.join(project, ".vscode", "settings.json"), named)
    before = os.stat(path).st_mtime_ns
    results = seen(machine)
    assert len(results) == (which != "own")
    for one in results:
        assert one.seen.startswith("`~/Dropbox/foo/.vscode/settings.json` names another")
        assert ("which does not exist" in one.seen) == (which == "missing")
        assert "`uvlocal link --vscode ~/Dropbox/foo`" in one.advice
    assert os.stat(path).st_mtime_ns == before


def test_what_link_prints_is_right(machine: Machine, project: str) -> None:
    """The line that `uvlocal link --vscode` prints is never reported."""
    found = settings(project, environ=machine.environ)
    machine.write(found.path, json.dumps(found.settings))
    assert seen(machine) == []


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "\xff\x00",
        '{"python.defaultInterpreterPath": "/usr/bin/python"}',
        '{"python.defaultInterpreterPath": ""}',
        '{"python.defaultInterpreterPath": 7}',
        '{"python.defaultInterpreterPath": "\\x"}',
        '// "python.defaultInterpreterPath": "~/.local/share/uvlocal/envs/old-0123456789/x"',
        '{"python.defaultInterpreterPath": "${workspaceFolder}/.venv/bin/python"}',
    ],
)
def test_what_is_not_ours(machine: Machine, project: str, content: str) -> None:
    """A damaged file, or one without such a setting, is not reported."""
    machine.write(os.path.join(project, ".vscode", "settings.json"), content)
    assert seen(machine) == []


@pytest.mark.parametrize("editor", ["Code", "VSCodium"])
def test_the_user(machine: Machine, project: str, editor: str) -> None:
    """A project's interpreter in the user's settings, which affects all projects, is reported."""
    above = ("Library", "Application Support") if sys.platform == "darwin" else (".config",)
    path = os.path.join(machine.home, *above, editor, "User", "settings.json")
    paste(path, machine.environment(project))
    [one] = seen(machine)
    assert "for all projects" in one.seen
    assert "`uvlocal link --vscode --user`" in one.advice
    found = settings(project, user=True, environ=machine.environ)
    machine.write(path, json.dumps(found.settings))
    assert seen(machine) == []


@pytest.mark.parametrize(
    ("platform", "home", "environ", "folder"),
    [
        ("linux", "/home/me", {}, "/home/me/.config/Code/User/"),
        ("linux", "/home/me", {"XDG_CONFIG_HOME": "/c"}, "/c/Code/User/"),
        ("darwin", "/Users/me", {}, "/Users/me/Library/Application Support/Code/User/"),
        ("win32", "C:\\Users\\me", {"APPDATA": "C:\\A"}, "C:\\A\\Code\\User\\"),
        ("win32", "C:\\Users\\me", {}, ""),
    ],
)
def test_where_the_users_settings_are(
    platform: str, home: str, environ: dict[str, str], folder: str
) -> None:
    """The user's settings are searched where VS Code keeps them on each system."""
    system = FakeSystem(platform=platform, home=home, environ=environ)
    assert vscode._of_the_user(system)[:1] == ([folder + "settings.json"] if folder else [])
