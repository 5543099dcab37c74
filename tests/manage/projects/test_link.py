"""`uvlocal link` and `unlink`: pointers to an environment, and what is left alone."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest
from support.compare.running import run

from uvlocal.manage.errors import UserError
from uvlocal.manage.projects import link as linking

if TYPE_CHECKING:
    from support.compare.transcripts import Transcripts
    from support.hosts.machines import Machine

if sys.platform == "win32":
    pytest.skip("the stand-in for uv is a POSIX script", allow_module_level=True)


@pytest.fixture
def project(machine: Machine) -> str:
    """Return a project with its environment, on a machine with a fake uv."""
    uv = machine.write(f"{machine.root}/bin/uv", "#!/bin/sh\necho uv 0.13.9\n")
    os.chmod(uv, 0o700)
    return machine.keep("foo")


def venv(project: str) -> str:
    """Return the path of a project's pointer."""
    return os.path.join(project, ".venv")


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
    """A pointer is created once, points to the environment, and works on other machines."""
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
    """A pointer of ours is replaced by the requested kind."""
    linking.link(project, "symlink", machine.environ)
    assert linking.link(project, "file", machine.environ).changed
    assert not os.path.islink(venv(project))
    assert not linking.link(project, "", machine.environ).changed


def test_link_takes_the_place_of_another_machines(machine: Machine, project: str) -> None:
    """Another machine's pointer is replaced on request."""
    os.symlink("/elsewhere/uvlocal/envs/foo-0123456789", venv(project))
    assert linking.link(project, "", machine.environ).changed
    assert os.path.realpath(venv(project)) == machine.environment(project)


def folder(path: str) -> None:
    """Create a directory with a file."""
    os.makedirs(os.path.join(path, "precious"))


def foreign_link(path: str) -> None:
    """Create a user's symlink."""
    os.symlink("/elsewhere", path)


def foreign_file(path: str) -> None:
    """Create a user's file."""
    with open(path, "w", encoding="utf-8") as file:
        file.write("two\nlines\n")


@pytest.mark.parametrize("put", [folder, foreign_link, foreign_file])
@pytest.mark.parametrize("kind", ["symlink", "file"])
def test_what_is_not_ours_stays(machine: Machine, project: str, put: object, kind: str) -> None:
    """Neither `link` nor `unlink` touches what uvlocal did not create."""
    assert callable(put)
    put(venv(project))
    before = os.lstat(venv(project))
    with pytest.raises(UserError):
        linking.link(project, kind, machine.environ)
    with pytest.raises(UserError):
        linking.unlink(project, machine.environ)
    assert os.lstat(venv(project)) == before


def test_link_where_it_would_do_harm(machine: Machine, project: str) -> None:
    """No symlink is created for a client that skips symlinks; there is a hint."""
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
    """A project with its own environment needs no pointer."""
    local = machine.project(f"{machine.root}/local")
    with pytest.raises(UserError, match="where editors find it"):
        linking.link(local, environ=machine.environ)


@pytest.mark.parametrize("act", [linking.link, linking.unlink])
def test_outside_a_project(machine: Machine, act: object) -> None:
    """Outside a project there is nothing to link."""
    assert callable(act)
    with pytest.raises(UserError, match="pyproject"):
        act(machine.dropbox, environ=machine.environ)


def test_link_that_holds_here_only(machine: Machine, project: str) -> None:
    """A store outside home needs an absolute path, which the result says."""
    machine.environ["UVLOCAL_STORE"] = f"{machine.root}/fast"
    made = linking.link(project, "", machine.environ)
    assert (made.portable, os.path.isabs(made.says)) == (False, True)


def test_folder_that_cannot_be_written(machine: Machine, project: str) -> None:
    """If the pointer cannot be created or removed, the user gets an error."""
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
    """The pointer is removed, even another machine's; the environment stays."""
    linking.link(project, "", machine.environ)
    gone = linking.unlink(project, machine.environ)
    assert (gone.kind, gone.changed, os.path.lexists(venv(project))) == ("none", True, False)
    assert not linking.unlink(project, machine.environ).changed
    os.symlink("/elsewhere/uvlocal/envs/foo-0123456789", venv(project))
    assert linking.unlink(project, machine.environ).changed
    assert os.path.isdir(gone.environment)


# -- output ----------------------------------------------------------------------------------------


def test_transcript(machine: Machine, project: str, transcripts: Transcripts) -> None:
    """The output for new, existing, blocked and removed pointers."""
    other = machine.project("bar")
    folder(venv(machine.keep("old")))
    calls = [
        (project, ["link"]),
        (project, ["link"]),
        (project, ["link", "--pointer", "file", "--json"]),
        (project, ["unlink"]),
        (project, ["unlink"]),
        (project, ["link", "--vscode"]),
        (project, ["link", "--vscode", "--user"]),
        (project, ["link", "--vscode", "--user", "--json"]),
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
    results.append(run(machine, "link", "--vscode", cwd=other))
    results.append(run(machine, "link", "--vscode", "--user", cwd=other))
    transcripts.check("link", results)
