"""VS Code settings to paste."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING

import pytest
from support.compare.running import run
from support.hosts.fakes import FakeSystem

from uvlocal.manage.errors import UserError
from uvlocal.manage.projects import vscode

if TYPE_CHECKING:
    from support.hosts.machines import Machine


def settings(
    monkeypatch: pytest.MonkeyPatch, system: FakeSystem, kept: str, *, user: bool
) -> vscode.Settings:
    """Return the settings for an environment on a machine."""

    class Call:
        """The used part of a call."""

    call = Call()
    call.system = system  # type: ignore[attr-defined]
    monkeypatch.setattr(vscode, "project_of", lambda *_: (call, "/root", kept))
    return vscode.settings(None, user=user)


@pytest.mark.parametrize(
    ("platform", "kept", "python", "folder", "portable"),
    [
        pytest.param(
            "linux",
            "/home/me/.local/share/uvlocal/envs/foo-0123456789",
            "${env:HOME}/.local/share/uvlocal/envs/foo-0123456789/bin/python",
            "~/.local/share/uvlocal/envs",
            True,
            id="linux",
        ),
        pytest.param(
            "linux",
            "/fast/uvlocal/envs/foo-0123456789",
            "/fast/uvlocal/envs/foo-0123456789/bin/python",
            "/fast/uvlocal/envs",
            False,
            id="outside-the-home",
        ),
        pytest.param(
            "win32",
            r"C:\Users\me\AppData\Local\uvlocal\envs\foo-0123456789",
            "${env:USERPROFILE}/AppData/Local/uvlocal/envs/foo-0123456789/Scripts/python.exe",
            "~/AppData/Local/uvlocal/envs",
            True,
            id="windows",
        ),
    ],
)
def test_what_is_shown(  # noqa: PLR0917 - a column is an argument
    monkeypatch: pytest.MonkeyPatch,
    platform: str,
    kept: str,
    python: str,
    folder: str,
    portable: bool,
) -> None:
    """The workspace gets the interpreter, the user all environments, in VS Code's syntax."""
    system = FakeSystem(platform=platform)
    found = settings(monkeypatch, system, kept, user=False)
    assert found.settings == {"python.defaultInterpreterPath": python}
    assert (found.portable, found.path[-13:]) == (portable, "settings.json")
    found = settings(monkeypatch, system, kept, user=True)
    assert found.settings == {
        "python-envs.globalSearchPaths": [folder],
        "python.venvFolders": [folder],
    }
    assert found.path == ""


def test_a_path_that_is_no_text(monkeypatch: pytest.MonkeyPatch) -> None:
    """A path that JSON cannot contain is rejected with a message."""
    with pytest.raises(UserError, match="not text"):
        settings(monkeypatch, FakeSystem(), "/fast/\udcff/envs/foo-0123456789", user=False)


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in for uv is a POSIX script")
@pytest.mark.parametrize("user", [[], ["--user"]])
def test_what_is_printed_can_be_pasted(machine: Machine, user: list[str]) -> None:
    """The lines are JSON between braces, except the last comma, and no file is created."""
    uv = machine.write(f"{machine.root}/bin/uv", "#!/bin/sh\necho uv 0.13.9\n")
    os.chmod(uv, 0o700)
    project = machine.keep("foo")
    shown = run(machine, "link", "--vscode", *user, cwd=project)
    wanted = vscode.settings(project, user=bool(user), environ=machine.environ).settings
    assert json.loads("{" + shown.raw_out.rstrip().removesuffix(",") + "}") == wanted
    assert not os.path.lexists(f"{project}/.vscode")
    assert not os.path.lexists(f"{machine.home}/.config/Code")
