"""`uvlocal link` and `unlink`: what leads to an environment, and what is left alone."""

from __future__ import annotations

import json
import os
import stat
import sys
from typing import TYPE_CHECKING

import pytest
from fakes import FakeSystem
from running import run

from uvlocal.manage import link as linking
from uvlocal.manage.errors import UserError

if TYPE_CHECKING:
    from machines import Machine
    from transcripts import Transcripts

if sys.platform == "win32":
    pytest.skip("the stand-in for uv is a POSIX script", allow_module_level=True)

SETTING = "python.defaultInterpreterPath"


@pytest.fixture
def project(machine: Machine) -> str:
    """Return a project with its environment, on a machine with a stand-in for uv."""
    uv = machine.write(f"{machine.root}/bin/uv", "#!/bin/sh\necho uv 0.13.9\n")
    os.chmod(uv, 0o700)
    return machine.keep("foo")


def venv(project: str) -> str:
    """Return the path of a project's pointer."""
    return os.path.join(project, ".venv")


def settings_of(project: str) -> str:
    """Return the path of a project's workspace settings."""
    return os.path.join(project, ".vscode", "settings.json")


def read(path: str) -> str:
    """Return a file's text."""
    with open(path, encoding="utf-8", newline="") as file:
        return file.read()


# -- pointers --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "setting", "expected"),
    [
        pytest.param("", "none", "symlink", id="what-fits"),
        pytest.param("", "file", "file", id="what-the-settings-say"),
        pytest.param("file", "symlink", "file", id="what-the-command-says"),
        pytest.param("symlink", "none", "symlink", id="a-link"),
    ],
)
def test_link(machine: Machine, project: str, kind: str, setting: str, expected: str) -> None:
    """A pointer is made once, leads to the environment, and holds on other machines."""
    machine.write(f"{machine.home}/.config/uvlocal/uvlocal.toml", f'pointer = "{setting}"\n')
    made = linking.link(project, kind, machine.environ)
    assert (made.kind, made.changed, made.portable) == (expected, True, True)
    assert made.environment == machine.environment(project)
    assert made.environment_exists
    says = os.readlink(venv(project)) if expected == "symlink" else read(venv(project)).rstrip()
    assert made.says == says
    assert os.path.normpath(os.path.join(project, says)) == made.environment
    again = linking.link(project, kind, machine.environ)
    assert (again.kind, again.changed) == (expected, False)


def test_link_of_another_kind(machine: Machine, project: str) -> None:
    """A pointer of ours gives way to the kind that is asked for."""
    linking.link(project, "symlink", machine.environ)
    assert linking.link(project, "file", machine.environ).changed
    assert not os.path.islink(venv(project))
    assert not linking.link(project, "", machine.environ).changed


def test_link_takes_the_place_of_another_machines(machine: Machine, project: str) -> None:
    """What another machine made is replaced, as a person asks for it."""
    os.symlink("/elsewhere/uvlocal/envs/foo-0123456789", venv(project))
    assert linking.link(project, "", machine.environ).changed
    assert os.path.realpath(venv(project)) == machine.environment(project)


def folder(path: str) -> None:
    """Put a folder with something in it."""
    os.makedirs(os.path.join(path, "precious"))


def foreign_link(path: str) -> None:
    """Put a link of the user's."""
    os.symlink("/elsewhere", path)


def foreign_file(path: str) -> None:
    """Put a file of the user's."""
    with open(path, "w", encoding="utf-8") as file:
        file.write("two\nlines\n")


@pytest.mark.parametrize("put", [folder, foreign_link, foreign_file])
@pytest.mark.parametrize("kind", ["symlink", "file"])
def test_what_is_not_ours_stays(machine: Machine, project: str, put: object, kind: str) -> None:
    """Neither `link` nor `unlink` touches what uvlocal did not make."""
    assert callable(put)
    put(venv(project))
    before = os.lstat(venv(project))
    with pytest.raises(UserError):
        linking.link(project, kind, machine.environ)
    with pytest.raises(UserError):
        linking.unlink(project, machine.environ)
    assert os.lstat(venv(project)) == before


def test_link_where_it_would_do_harm(machine: Machine, project: str) -> None:
    """A client that leaves links out gets none, whatever is asked for; the hint names a way."""
    machine.write(f"{machine.root}/bin/uv", "#!/bin/sh\necho uv 0.9.30\n")
    machine.write(f"{machine.home}/cloud/.csync_journal.db")
    there = machine.project(f"{machine.home}/cloud/bar")
    for kind in ("", "symlink", "file"):
        with pytest.raises(UserError) as caught:
            linking.link(there, kind, machine.environ)
        assert "Nextcloud" in caught.value.message or kind == "file"
        assert "--vscode" in caught.value.hint
    assert not os.path.lexists(venv(there))
    assert linking.link(project, "symlink", machine.environ).changed


def test_link_of_a_local_project(machine: Machine) -> None:
    """A project whose environment is in it needs no pointer."""
    local = machine.project(f"{machine.root}/local")
    for act in (linking.link, linking.link_vscode):
        with pytest.raises(UserError, match="where editors find it"):
            act(local, environ=machine.environ)


@pytest.mark.parametrize("act", [linking.link, linking.unlink, linking.link_vscode])
def test_outside_a_project(machine: Machine, act: object) -> None:
    """Outside a project there is nothing to link."""
    assert callable(act)
    with pytest.raises(UserError, match="pyproject"):
        act(machine.dropbox, environ=machine.environ)


def test_link_that_holds_here_only(machine: Machine, project: str) -> None:
    """A store outside the home is named in full, and the result says so."""
    machine.environ["UVLOCAL_STORE"] = f"{machine.root}/fast"
    made = linking.link(project, "", machine.environ)
    assert (made.portable, os.path.isabs(made.says)) == (False, True)
    assert linking.link_vscode(project, environ=machine.environ).portable is False


def test_folder_that_cannot_be_written(machine: Machine, project: str) -> None:
    """Where the pointer cannot be made or removed a person hears it."""
    linking.link(project, "", machine.environ)
    target = os.readlink(venv(project))
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    os.chmod(project, 0o500)
    try:
        with pytest.raises(UserError, match="cannot be removed"):
            linking.unlink(project, machine.environ)
    finally:
        os.chmod(project, 0o700)
    assert os.readlink(venv(project)) == target


def test_unlink(machine: Machine, project: str) -> None:
    """The pointer goes, another machine's too; the environment stays."""
    linking.link(project, "", machine.environ)
    gone = linking.unlink(project, machine.environ)
    assert (gone.kind, gone.changed, os.path.lexists(venv(project))) == ("none", True, False)
    assert not linking.unlink(project, machine.environ).changed
    os.symlink("/elsewhere/uvlocal/envs/foo-0123456789", venv(project))
    assert linking.unlink(project, machine.environ).changed
    assert os.path.isdir(gone.environment)


# -- VS Code ---------------------------------------------------------------------------------------


def test_vscode(machine: Machine, project: str) -> None:
    """The setting names the interpreter from the home, so that it holds on every machine."""
    made = linking.link_vscode(project, environ=machine.environ)
    name = os.path.basename(machine.environment(project))
    says = f"${{userHome}}/.local/share/uvlocal/envs/{name}/bin/python"
    assert json.loads(read(settings_of(project))) == {SETTING: says}
    assert (made.says, made.path, made.portable) == (says, settings_of(project), True)
    assert not linking.link_vscode(project, environ=machine.environ).changed


@pytest.mark.parametrize("name", [".vscode", ".vscode/settings.json"])
def test_vscode_settings_that_lead_out(machine: Machine, project: str, name: str) -> None:
    """A link in the project that leads out of it is no way to the user's own settings."""
    mine = machine.write(f"{machine.home}/mine/settings.json", "{}")
    os.makedirs(os.path.dirname(os.path.join(project, name)), exist_ok=True)
    target = os.path.dirname(mine) if name == ".vscode" else mine
    os.symlink(target, os.path.join(project, name))
    for act in (linking.link_vscode, linking.unlink_vscode):
        with pytest.raises(UserError, match="leads out of the project"):
            act(project, environ=machine.environ)
    assert read(mine) == "{}"


def test_vscode_keeps_the_rest(machine: Machine, project: str) -> None:
    """What else is in the settings stays, remarks and order included; so does the file's mode."""
    text = '{\r\n  // mine\r\n  "a": 1, // x\r\n  "python.defaultInterpreterPath": "old",\r\n}\r\n'
    path = settings_of(project)
    os.makedirs(os.path.dirname(path))
    with open(path, "w", encoding="utf-8", newline="") as file:
        file.write(text)
    os.chmod(path, 0o640)
    made = linking.link_vscode(project, environ=machine.environ)
    assert made.said == "old"
    assert read(path) == text.replace('"old"', json.dumps(made.says))
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o640
    linking.unlink_vscode(project, environ=machine.environ)
    assert read(path) == '{\r\n  // mine\r\n  "a": 1, // x\r\n}\r\n'


@pytest.mark.parametrize("there", ["", "Code", "VSCodium", "Cursor"])
def test_vscode_user_settings(machine: Machine, project: str, there: str) -> None:
    """With `--user` the settings of the editor that is there are written, and the folder's not."""
    if there:
        os.makedirs(f"{machine.home}/.config/{there}/User")
    made = linking.link_vscode(project, user=True, environ=machine.environ)
    assert made.path == f"{machine.home}/.config/{there or 'Code'}/User/settings.json"
    assert json.loads(read(made.path)) == {SETTING: made.says}
    assert not os.path.lexists(settings_of(project))
    assert linking.unlink_vscode(project, user=True, environ=machine.environ).changed


@pytest.mark.parametrize(
    ("platform", "environ", "expected"),
    [
        pytest.param(
            "darwin", {}, "/Users/me/Library/Application Support/Code/User/settings.json", id="mac"
        ),
        pytest.param(
            "win32",
            {"APPDATA": r"C:\Users\me\AppData\Roaming"},
            r"C:\Users\me\AppData\Roaming\Code\User\settings.json",
            id="windows",
        ),
        pytest.param(
            "linux", {"XDG_CONFIG_HOME": "/etc/me"}, "/etc/me/Code/User/settings.json", id="xdg"
        ),
    ],
)
def test_where_user_settings_are(platform: str, environ: dict[str, str], expected: str) -> None:
    """Each system has its own place for them."""
    system = FakeSystem(platform=platform, environ=environ)
    assert linking._settings_path("", system, user=True) == expected


def test_no_place_for_user_settings() -> None:
    """Without a home there are no user settings."""
    with pytest.raises(UserError):
        linking._settings_path("", FakeSystem(home=""), user=True)


def test_interpreter_on_windows() -> None:
    """On Windows it is in `Scripts`, and no backslash needs doubling."""
    system = FakeSystem(platform="win32")
    kept = r"C:\Users\me\AppData\Local\uvlocal\envs\foo-0123456789"
    expected = "${userHome}/AppData/Local/uvlocal/envs/foo-0123456789/Scripts/python.exe"
    assert linking.interpreter(kept, system) == expected


def test_interpreter_that_is_no_text() -> None:
    """A path that no JSON file can hold is refused in words."""
    with pytest.raises(UserError, match="no text"):
        linking.interpreter("/fast/\udcff/envs/foo-0123456789", FakeSystem())


def test_settings_through_a_link(machine: Machine, project: str) -> None:
    """Settings that are a link to a folder of dotfiles are written through it."""
    real = machine.write(f"{machine.home}/dotfiles/settings.json", "{}\n")
    os.makedirs(f"{machine.home}/.config/Code/User")
    os.symlink(real, f"{machine.home}/.config/Code/User/settings.json")
    made = linking.link_vscode(project, user=True, environ=machine.environ)
    assert os.path.islink(made.path)
    assert SETTING in read(real)


@pytest.mark.parametrize("content", [b"{", b"[]", b"\xff\xfe", None], ids=repr)
def test_settings_that_cannot_be_read(
    machine: Machine, project: str, content: bytes | None
) -> None:
    """Settings that are no JSON with comments stay as they are."""
    path = settings_of(project)
    if content is None:
        os.makedirs(path)
    else:
        os.makedirs(os.path.dirname(path))
        with open(path, "wb") as file:
            file.write(content)
    for act in (linking.link_vscode, linking.unlink_vscode):
        with pytest.raises(UserError, match="settings"):
            act(project, environ=machine.environ)
    if content is not None:
        with open(path, "rb") as file:
            assert file.read() == content


@pytest.mark.parametrize("value", ['"/usr/bin/python3"', "5", "null"])
def test_unlink_leaves_another_interpreter(machine: Machine, project: str, value: str) -> None:
    """An interpreter that the user chose stays."""
    text = f'{{"{SETTING}": {value}}}'
    machine.write(settings_of(project), text)
    if value == "null":
        assert not linking.unlink_vscode(project, environ=machine.environ).changed
    else:
        with pytest.raises(UserError, match="not set by uvlocal"):
            linking.unlink_vscode(project, environ=machine.environ)
    assert read(settings_of(project)) == text


# -- as people and programs see it -----------------------------------------------------------------


def test_transcript(machine: Machine, project: str, transcripts: Transcripts) -> None:
    """What is made, what is there already, what stands in the way, what is gone."""
    other = machine.project("bar")
    folder(venv(machine.keep("old")))
    calls = [
        (project, ["link"]),
        (project, ["link"]),
        (project, ["link", "--pointer", "file", "--json"]),
        (project, ["unlink"]),
        (project, ["unlink"]),
        (project, ["link", "--vscode"]),
        (project, ["link", "--vscode"]),
        (project, ["link", "--vscode", "--user"]),
        (project, ["unlink", "--vscode"]),
        (project, ["unlink", "--vscode"]),
        (other, ["link"]),
        (os.path.join(machine.dropbox, "old"), ["link"]),
        (machine.home, ["link"]),
        (project, ["link", "--user"]),
        (project, ["link", "--pointer", "hard"]),
        (project, ["link", "--pointer", "file", "--vscode"]),
    ]
    results = [run(machine, *words, cwd=cwd) for cwd, words in calls]
    machine.environ["UVLOCAL_STORE"] = f"{machine.root}/fast"
    results.append(run(machine, "link", cwd=other))
    transcripts.check("link", results)
