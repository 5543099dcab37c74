"""Editors find each environment where they search, without interfering with anything else."""

from __future__ import annotations

import os
import stat
import sys
from typing import TYPE_CHECKING

import pytest
from support.compare import vscode_locator
from support.hosts.fakes import FakeSystem, Link
from support.hosts.homes import Home

from uvlocal.manage.doctor import checkup
from uvlocal.manage.environments import adopt, discoverable, prune
from uvlocal.manage.findings import OK, WARN

if TYPE_CHECKING:
    from pathlib import Path

    from support.hosts.machines import Machine

posix = pytest.mark.skipif(sys.platform == "win32", reason="the machines here are POSIX's")


def usual(machine: Machine) -> str:
    """Return the directory where editors search."""
    return os.path.join(machine.home, ".virtualenvs")


def leads(machine: Machine) -> dict[str, str]:
    """Return the links in that directory."""
    return {
        name: os.readlink(os.path.join(usual(machine), name))
        for name in os.listdir(usual(machine))
        if os.path.islink(os.path.join(usual(machine), name))
    }


def findings(machine: Machine, *, fix: bool = False) -> list[checkup.Result]:
    """Return the findings of `uvlocal doctor` about editors."""
    done = checkup.examine(machine.home, machine.environ, fix=fix)
    return [one for one in done.results if one.group == "editors"]


# -- created and removed with the record -------------------------------------------------------


@posix
@pytest.mark.parametrize("variable", ["", "envs of mine"])
def test_vscode_lists_it(machine: Machine, variable: str) -> None:
    """VS Code's locator lists each environment once, as uv's, through our link."""
    if variable:
        machine.environ["WORKON_HOME"] = os.path.join(machine.home, variable)
        os.makedirs(machine.environ["WORKON_HOME"])
    environment = machine.environment(machine.keep("foo"))
    config = os.path.join(environment, "pyvenv.cfg")
    machine.write(config, "home = /usr/bin\nuv = 0.13.9\nversion_info = 3.12.1\nprompt = foo\n")
    [found] = vscode_locator.listed(machine.environ, machine.home)
    assert (found.kind, found.name) == ("Uv", "foo")
    assert os.path.realpath(found.prefix) == environment
    assert os.path.dirname(found.prefix) == machine.environ.get("WORKON_HOME", usual(machine))


@posix
def test_gone_with_the_record(machine: Machine) -> None:
    """`prune` also removes the link, and with the last one the directory that we created."""
    projects = [machine.keep("foo"), machine.keep("bar")]
    kept = machine.environment(projects[1])
    machine.remove(projects[0])
    prune.apply(prune.plan(None, machine.environ, processes=[]), machine.environ, processes=list)
    assert leads(machine) == {os.path.basename(kept): kept}
    machine.remove(projects[1])
    prune.apply(prune.plan(None, machine.environ, processes=[]), machine.environ, processes=list)
    assert not os.path.lexists(usual(machine))


@posix
def test_goes_along_when_a_project_moves(machine: Machine) -> None:
    """`adopt` renames the link."""
    project = machine.keep("foo")
    there = os.path.join(machine.dropbox, "bar")
    os.rename(project, there)
    done = adopt.adopt(there, "~/Dropbox/foo", machine.environ, processes=list)
    assert leads(machine) == {os.path.basename(done.environment): done.environment}


@posix
def test_uninstalled(tmp_path: Path) -> None:
    """`uninstall` removes the links and their directory; `install` creates them again."""
    home = Home(tmp_path)
    home.install()
    environment = str(home.environment())
    assert not discoverable.make(environment, home.system)
    home.uninstall()
    assert os.path.isdir(environment)
    assert not (home.path / ".virtualenvs").exists()
    home.install()
    assert os.readlink(home.path / ".virtualenvs" / os.path.basename(environment)) == environment


@posix
def test_turned_off(machine: Machine) -> None:
    """With `discoverable = false` no link is created; `doctor --fix` removes existing ones."""
    machine.keep("foo")
    settings = os.path.join(machine.home, ".config", "uvlocal", "uvlocal.toml")
    machine.write(settings, "discoverable = false\n")
    machine.keep("bar")
    assert len(leads(machine)) == 1
    assert [one.fixed for one in findings(machine, fix=True)] == [True]
    assert not os.path.lexists(usual(machine))
    assert findings(machine) == []


# -- interference ------------------------------------------------------------------------------


@posix
@pytest.mark.parametrize("there", ["file", "folder", "link"])
def test_a_name_that_is_taken(machine: Machine, there: str) -> None:
    """Another file in the place of a link stays, and is reported."""
    environment = machine.environment(machine.project("foo"))
    path = os.path.join(usual(machine), os.path.basename(environment))
    os.makedirs(path if there == "folder" else usual(machine))
    if there == "file":
        machine.write(path, "mine")
    if there == "link":
        os.symlink("/elsewhere", path)
    before = os.lstat(path)
    machine.keep("foo")
    [told] = findings(machine, fix=True)
    assert (told.level, told.fixable) == (WARN, False)
    assert "is not a link to the environment" in told.seen
    prune.apply(prune.plan(0, machine.environ, processes=[]), machine.environ, processes=list)
    assert os.lstat(path) == before


@posix
@pytest.mark.parametrize(
    ("there", "why"),
    [
        pytest.param("file", "is not a directory", id="a-file"),
        pytest.param("nowhere", "dangling symlink", id="a-link-to-nothing"),
    ],
)
def test_a_folder_that_is_none(machine: Machine, there: str, why: str) -> None:
    """A `~/.virtualenvs` that is not a directory is reported once and kept; the project works."""
    if there == "file":
        machine.write(usual(machine), "mine")
    else:
        os.symlink("/elsewhere", usual(machine))
    before = os.lstat(usual(machine))
    for name in ("foo", "bar"):
        machine.keep(name)
    [told] = findings(machine, fix=True)
    assert told.level == WARN
    assert why in told.seen
    assert os.lstat(usual(machine)) == before


@posix
def test_a_folder_of_the_user_stays(machine: Machine) -> None:
    """A directory that we did not create stays with its content when the last link is removed."""
    os.makedirs(os.path.join(usual(machine), "mine"))
    machine.remove(machine.keep("foo"))
    prune.apply(prune.plan(None, machine.environ, processes=[]), machine.environ, processes=list)
    assert os.listdir(usual(machine)) == ["mine"]


def test_a_foreign_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is written to another user's directory."""
    system = FakeSystem({"/home/me/.virtualenvs/x": b""}, home="/home/me")
    status = os.stat_result((stat.S_IFDIR | 0o755, 0, 0, 0, 4321, 0, 0, 0, 0, 0))
    monkeypatch.setattr(FakeSystem, "stat", lambda *_: status)
    assert discoverable.make("/s/envs/foo-0123456789", system) == "belongs to another user"
    assert system.listdir("/home/me/.virtualenvs") == ["x"]


@posix
def test_mended(machine: Machine) -> None:
    """`doctor --fix` restores a missing link, and removes a stale one."""
    environment = machine.environment(machine.keep("foo"))
    name = os.path.basename(environment)
    os.unlink(os.path.join(usual(machine), name))
    stale = os.path.join(usual(machine), "old-0123456789")
    os.symlink(os.path.join(machine.store, "envs", "old-0123456789"), stale)
    assert [one.fixed for one in findings(machine, fix=True)] == [True, True]
    assert leads(machine) == {name: environment}
    assert [one.level for one in findings(machine)] == [OK]


# -- other systems -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("platform", "home", "environ", "place"),
    [
        pytest.param("linux", "/home/me", {}, "/home/me/.virtualenvs", id="linux"),
        pytest.param("darwin", "/Users/me", {}, "/Users/me/.virtualenvs", id="macos"),
        pytest.param("win32", r"C:\Users\me", {}, r"C:\Users\me\.virtualenvs", id="windows"),
        pytest.param("linux", "/home/me", {"WORKON_HOME": "~/w"}, "/home/me/w", id="variable"),
        pytest.param(
            "linux", "/home/me", {"WORKON_HOME": "/gone"}, "/home/me/.virtualenvs", id="not-there"
        ),
        pytest.param(
            "linux", "/home/me", {"WORKON_HOME": "w"}, "/home/me/.virtualenvs", id="relative"
        ),
        pytest.param("linux", "", {}, "", id="no-home"),
    ],
)
def test_where(platform: str, home: str, environ: dict[str, str], place: str) -> None:
    """On every system, the directory is the variable's if that exists, else the default."""
    system = FakeSystem({"/home/me/w/x": b""}, platform=platform, home=home, environ=environ)
    assert discoverable.folder(system) == place


def test_on_windows() -> None:
    r"""On Windows a link's target may start with `\\?\`, and letter case does not matter."""
    kept = r"C:\Users\me\AppData\Local\uvlocal\envs\foo-0123456789"
    path = r"C:\Users\me\.virtualenvs\foo-0123456789"
    system = FakeSystem(
        {path: Link("\\\\?\\" + kept.upper())}, platform="win32", home=r"C:\Users\me"
    )
    assert discoverable.found(kept, system) == path
    assert not discoverable.make(kept, system)
    discoverable.remove(kept, system)
    assert not discoverable.found(kept, system)
