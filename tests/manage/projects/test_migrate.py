"""Migrating a project: the new environment first, and nothing is lost."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import sys
import tomllib
from typing import TYPE_CHECKING, Any

import pytest
from support.hosts.migrating import Machine
from support.programs import fake_uv

from uvlocal.manage.environments import record, store_lock
from uvlocal.manage.environments.in_use import Process
from uvlocal.manage.errors import UserError
from uvlocal.manage.projects import migrate, old_environments
from uvlocal.manage.projects.migration_results import Changed
from uvlocal.shim.machine.host import System

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

if sys.platform == "win32":
    pytest.skip("the fake uv makes environments as on POSIX", allow_module_level=True)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """Return a machine whose project has an environment in Dropbox."""
    return Machine(str(tmp_path))


# -- success ---------------------------------------------------------------------------------------


def test_the_new_comes_the_old_goes(machine: Machine) -> None:
    """Afterwards the environment is in the store with a record, and not in the project."""
    result = machine.migrate()
    assert (result.state, result.why) == ("migrated", "")
    assert fake_uv.works(result.new)
    assert not os.path.lexists(machine.old)
    name = os.path.basename(result.new)
    assert machine.kept() == {"envs": [name], "records": [f"{name}.toml"]}
    with open(os.path.join(machine.store, "records", f"{name}.toml"), "rb") as file:
        assert tomllib.load(file)["root"] == machine.root
    assert (result.python, result.packages, result.extra, result.changed) == ("3.12.1", 2, (), ())
    assert (result.files, result.volume) == (9, "Dropbox")


def test_a_plan_changes_nothing(machine: Machine) -> None:
    """Planning creates no files except in the cache."""
    before = machine.tree(machine.home)
    assert machine.plan().result.state == "planned"
    assert [name for name in machine.tree(machine.home) if not name.startswith(".cache")] == before


def test_what_uv_gets(machine: Machine) -> None:
    """uv gets the new environment's path, and no active environment."""
    machine.environ["VIRTUAL_ENV"] = machine.old
    machine.environ["UV_PROJECT"] = "/elsewhere"
    result = machine.migrate()
    assert {environ["UV_PROJECT_ENVIRONMENT"] for environ in machine.uv.environs} == {result.new}
    assert all("VIRTUAL_ENV" not in environ for environ in machine.uv.environs)
    assert all("UV_PROJECT" not in environ for environ in machine.uv.environs)


def test_once_is_enough(machine: Machine) -> None:
    """A second call has nothing to do and starts nothing."""
    machine.migrate()
    machine.uv.calls.clear()
    assert machine.migrate().state == "nothing-to-move"
    assert machine.uv.calls == []


FIND, SYNC = ["python", "find", "3.12"], ["sync", "--inexact"]


@pytest.mark.parametrize(
    ("pythons", "refuses", "calls", "version"),
    [
        pytest.param(
            {"3.12": "3.12.1"}, (), [FIND, [*SYNC, "--python", "3.12"]], "3.12.1", id="the-same"
        ),
        pytest.param({}, (), [FIND, SYNC], "3.11.0", id="gone"),
        pytest.param(
            {"3.12": "3.12.1"},
            ("--python",),
            [FIND, [*SYNC, "--python", "3.12"], SYNC],
            "3.11.0",
            id="not-for-this-project-any-more",
        ),
    ],
)
def test_python(
    machine: Machine,
    pythons: dict[str, str],
    refuses: tuple[str, ...],
    calls: list[list[str]],
    version: str,
) -> None:
    """The Python version is kept if the project accepts it; a change is reported."""
    machine.uv.pythons, machine.uv.refuses = pythons, refuses
    result = machine.migrate()
    assert result.state == "migrated"
    assert machine.uv.calls == calls
    told = () if version == "3.12.1" else (Changed("Python", "3.12.1", version),)
    assert result.changed == told


def test_another_version_is_told(machine: Machine) -> None:
    """Packages with another version in the lock are listed."""
    machine.uv.packages["iniconfig"] = "2.2.0"
    assert machine.migrate().changed == (Changed("iniconfig", "2.1.0", "2.2.0"),)


# -- extra packages --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("extras", "state", "kept"),
    [
        pytest.param("", "extra-packages", False, id="no-word"),
        pytest.param("keep", "migrated", True, id="keep"),
        pytest.param("drop", "migrated", False, id="drop"),
    ],
)
def test_installed_by_hand(machine: Machine, extras: str, state: str, kept: bool) -> None:
    """Without an option nothing is built; with one, extra packages are kept or dropped."""
    machine.install("six", "1.17.0")
    assert machine.plan().result.why == "installed by hand: six==1.17.0"
    result = machine.migrate(extras)
    assert (result.state, result.extra, result.kept) == (state, ("six==1.17.0",), kept)
    assert fake_uv.is_installed(result.new, "six", "1.17.0") is kept
    add = ["pip", "install", "--python", result.new, "--no-deps", "--reinstall", "six==1.17.0"]
    assert (add in machine.uv.calls) is kept
    assert (machine.uv.calls == []) is (extras == "")
    assert os.path.isdir(machine.old) is (extras == "")


def test_what_the_project_can_need(machine: Machine) -> None:
    """Packages in `uv.lock`, from an extra or a group, are kept without an option."""
    machine.install("six", "1.17.0")
    machine.lock("foo", "iniconfig", "six", "packaging")
    result = machine.migrate()
    assert (result.state, result.extra) == ("migrated", ())
    assert fake_uv.is_installed(result.new, "six", "1.17.0")


@pytest.mark.parametrize("content", [None, "[", "package = 1", "package = [1]", "\udcff"])
def test_without_a_lock(machine: Machine, content: str | None) -> None:
    """Without a `uv.lock`, the user has to decide about packages."""
    os.unlink(f"{machine.root}/uv.lock")
    if content is not None:
        with open(f"{machine.root}/uv.lock", "w", errors="surrogateescape", encoding="utf-8") as f:
            f.write(content)
    result = machine.plan().result
    assert (result.state, result.extra) == ("extra-packages", ("foo==0.1.0", "iniconfig==2.1.0"))
    assert ("without a `uv.lock`" in result.why) is (content is None)


def test_the_lock_knows_better_after_the_sync(machine: Machine) -> None:
    """Packages found missing only in the new environment stop the migration too."""
    machine.install("six", "1.17.0")
    machine.lock("foo", "iniconfig", "six")

    def start(command: list[str], folder: str, environ: dict[str, str], *, quiet: bool) -> int:
        machine.lock("foo", "iniconfig")
        return machine.uv(command, folder, environ, quiet=quiet)

    result = machine.migrate(start=start)
    assert (result.state, result.why) == ("extra-packages", "installed by hand: six==1.17.0")
    assert os.path.isdir(machine.old)
    assert "envs" not in machine.kept()


def editable(machine: Machine, name: str, folder: str) -> None:
    """Install an editable package into the old environment."""
    machine.install(name, "1.0")
    metadata = f"{machine.old}/lib/python3.12/site-packages/{name}-1.0.dist-info"
    url = f"file://{folder.replace(' ', '%20')}"
    fake_uv.write(
        f"{metadata}/direct_url.json", f'{{"url": "{url}", "dir_info": {{"editable": true}}}}'
    )


@pytest.mark.parametrize(
    ("folder", "extra", "words"),
    [
        pytest.param("my code", True, True, id="elsewhere"),
        pytest.param("Dropbox/foo", False, False, id="the-project-under-its-former-name"),
        pytest.param("Dropbox/foo/member", False, True, id="a-member"),
    ],
)
def test_an_editable_package(machine: Machine, folder: str, extra: bool, words: bool) -> None:
    """It is installed as editable again; one in the project belongs to the project."""
    folder = machine.path(folder)
    editable(machine, "mine", folder)
    assert machine.plan().result.extra == ((f"--editable {folder}",) if extra else ())
    assert machine.migrate("keep").state == "migrated"
    assert (machine.uv.calls[-1][-2:] == ["--editable", folder]) is words


@pytest.mark.parametrize("extras", ["", "keep"])
def test_seeds(machine: Machine, extras: str) -> None:
    """Packages that `python -m venv` installs do not matter."""
    machine.install("pip", "24.0")
    result = machine.migrate(extras)
    assert (result.state, result.extra) == ("migrated", ())
    assert fake_uv.is_installed(result.new, "pip", "24.0") is (extras == "keep")


# -- failures -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("refuses", "state"),
    [
        pytest.param("sync", "sync-failed", id="sync"),
        pytest.param("pip", "extra-packages", id="pip-install"),
        pytest.param("python", "broken", id="python-does-not-start"),
    ],
)
def test_uv_fails(machine: Machine, refuses: str, state: str) -> None:
    """If uv fails, the old environment is unchanged, and no partial new one is left."""
    machine.install("six", "1.17.0")
    machine.uv.refuses = (refuses,)
    before = machine.tree(machine.root)
    result = machine.migrate("keep")
    assert result.state == state
    assert machine.tree(machine.root) == before
    assert machine.kept().keys() == {"records"}


def test_an_environment_that_was_there_stays(machine: Machine) -> None:
    """An environment that already exists in the store is completed, never removed."""
    fake_uv.make(machine.new)
    fake_uv.install(machine.new, "mine", "1.0", pth=True)
    machine.uv.refuses = ("sync",)
    assert machine.migrate().state == "sync-failed"
    assert fake_uv.is_installed(machine.new, "mine", "1.0")
    machine.uv.refuses = ()
    machine.uv.calls.clear()
    assert machine.migrate().state == "migrated"
    assert machine.uv.calls == [[*SYNC, "--reinstall"]]
    assert fake_uv.is_installed(machine.new, "mine", "1.0")
    assert fake_uv.works(machine.new)


def test_an_interrupt_by_the_user(machine: Machine) -> None:
    """Ctrl-C during uv leaves the old environment unchanged, and no partial new one."""

    def start(command: list[str], folder: str, environ: dict[str, str], *, quiet: bool) -> int:
        machine.uv(command, folder, environ, quiet=quiet)
        raise KeyboardInterrupt

    before = machine.tree(machine.root)
    with pytest.raises(UserError, match="interrupted, the old environment is unchanged") as raised:
        machine.migrate(start=start)
    assert raised.value.code == 130
    assert machine.tree(machine.root) == before
    assert machine.kept().keys() == {"records"}


def test_an_interrupt_while_the_old_goes(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """After Ctrl-C during the removal of the old environment, the same command finishes."""
    job = machine.plan()

    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(shutil, "rmtree", interrupt)
        with pytest.raises(UserError, match="while removing the old environment") as raised:
            job.apply()
    assert raised.value.hint == "run the same command again to finish it"
    assert machine.migrate().state == "migrated"
    assert not os.path.lexists(machine.old)


def test_no_real_uv(machine: Machine) -> None:
    """Without uv nothing changes."""
    machine.environ["PATH"] = ""
    with pytest.raises(UserError, match="no uv found"):
        machine.migrate()
    assert machine.kept() == {}


def test_a_full_store(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """A read-only store is reported, and the old environment stays."""

    def full(_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store_lock, "make_private", full)
    told = r"`~/.local/share/uvlocal` cannot be written: No space left on device"
    with pytest.raises(UserError, match=told):
        machine.migrate()
    assert os.path.isdir(machine.old)


def test_a_store_that_is_held(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that another process locks for too long is reported."""

    def busy(*_: object) -> None:
        raise store_lock.BusyError(machine.store)

    monkeypatch.setattr(record, "write_first", busy)
    with pytest.raises(UserError, match="another process is using it"):
        machine.migrate()
    assert os.path.isdir(machine.old)


def test_a_uv_that_cannot_be_started(machine: Machine) -> None:
    """A uv that is not executable fails like any other."""
    machine.write("bin/uv", "no program")
    job = migrate.plan(machine.root, "", machine.environ, processes=list)
    assert job.apply().state == "sync-failed"
    assert os.path.isdir(machine.old)


# -- left alone -----------------------------------------------------------------------------------


def test_a_local_project(machine: Machine) -> None:
    """A project on a local volume has nothing to migrate."""
    result = machine.plan(path=machine.project("local/foo")).result
    assert result.state == "not-redirected"
    assert "is on a local volume" in result.why


def test_a_strategy_in_place(machine: Machine) -> None:
    """An environment that the settings keep in the project stays there."""
    machine.environ["UVLOCAL_STRATEGY"] = "no-metadata"
    result = machine.plan().result
    assert (result.state, result.why) == (
        "not-redirected",
        "its strategy is `no-metadata`, which keeps the environment in the project",
    )


def test_the_users_own_environment(machine: Machine) -> None:
    """The user's own `UV_PROJECT_ENVIRONMENT` is used."""
    machine.environ["UV_PROJECT_ENVIRONMENT"] = "/elsewhere"
    result = machine.plan().result
    assert (result.state, result.why) == (
        "not-redirected",
        "`UV_PROJECT_ENVIRONMENT` is set to `/elsewhere`",
    )


def test_no_project(machine: Machine) -> None:
    """A folder without a project is an error."""
    with pytest.raises(UserError, match=r"no `pyproject.toml` found in"):
        machine.plan(path=machine.home)


@pytest.mark.parametrize("what", ["link", "file", "folder"])
def test_what_is_no_environment(machine: Machine, what: str) -> None:
    """What is not a virtual environment of this project is never removed."""
    shutil.move(machine.old, machine.path("env"))
    if what == "link":
        os.symlink(machine.path("nowhere"), machine.old)
    elif what == "file":
        fake_uv.write(machine.old, machine.path("nowhere"))
    else:
        os.mkdir(machine.old)
        fake_uv.write(f"{machine.old}/precious", "x")
    result = machine.migrate()
    assert result.state == "not-an-environment"
    assert os.path.lexists(machine.old)
    assert machine.uv.calls == []


def test_an_empty_folder(machine: Machine) -> None:
    """An empty `.venv` can be removed."""
    shutil.rmtree(machine.old)
    os.mkdir(machine.old)
    assert machine.migrate().state == "migrated"
    assert not os.path.lexists(machine.old)


def test_things_of_a_person(machine: Machine) -> None:
    """A user's files inside an environment are not removed."""
    job = machine.plan()
    os.makedirs(f"{machine.old}/src/mine/.git")
    for result in (job.apply(), machine.migrate()):
        assert (result.state, result.why) == (
            "own-files",
            "`.venv` contains `src`, which no package installed",
        )
    assert os.path.isdir(f"{machine.old}/src/mine/.git")
    assert machine.uv.calls == []


@pytest.mark.parametrize(
    ("text", "what"),
    [
        pytest.param("{old}/bin/python", "`.venv`", id="its-python"),
        pytest.param("{old}", "`.venv`", id="its-folder"),
        pytest.param("{new}/bin/python", "the project's environment in the store", id="the-new"),
    ],
)
def test_in_use(machine: Machine, text: str, what: str) -> None:
    """An environment in use is neither removed nor recreated."""
    text = text.format(old=machine.old, new=machine.new)
    machine.processes = [Process(123, "flask", (text,))]
    result = machine.migrate()
    assert (result.state, result.why) == ("in-use", f"{what} is in use by `flask` (process 123)")
    assert machine.kept() == {}


def test_in_use_meanwhile(machine: Machine) -> None:
    """A program started during the migration protects the old environment until it ends."""

    def start(command: list[str], folder: str, environ: dict[str, str], *, quiet: bool) -> int:
        machine.processes = [Process(123, "flask", (machine.old,))]
        return machine.uv(command, folder, environ, quiet=quiet)

    result = machine.migrate(start=start)
    assert result.state == "in-use"
    assert os.path.isdir(machine.old)
    assert fake_uv.works(result.new)
    machine.processes = []
    assert machine.migrate().state == "migrated"


def test_what_uvlocal_runs_from(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment that this program runs from is not removed."""
    monkeypatch.setattr("sys.prefix", machine.old)
    assert machine.plan().result.why == "uvlocal itself runs from `.venv`"


def test_a_volume_mounted_inside(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files on a volume mounted inside are not removed."""
    monkeypatch.setattr(
        "uvlocal.manage.environments.trash.mounted_inside", lambda path, _: f"{path}/data"
    )
    result = machine.plan().result
    assert (result.state, result.why) == (
        "mount-inside",
        f"another volume is mounted at `{machine.old}/data`",
    )


def test_programs() -> None:
    """This process and its parents do not count as users."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        found = {process.pid: process for process in old_environments.programs()}
        assert sys.executable in found[other.pid].texts
        other.communicate()
    assert not found.keys() & {os.getpid(), os.getppid()}


# -- killed ----------------------------------------------------------------------------------------


def content(folder: str) -> dict[str, str]:
    """Return the files in a directory, with their content."""
    found = {}
    for current, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(current, name)
            with open(path, encoding="utf-8") as file:
                found[os.path.relpath(path, folder)] = file.read()
    return found


def test_killed_while_uv_works(tmp_path: Path) -> None:
    """Killed at any step of uv, `.venv` is complete, and the same command finishes."""
    for step in itertools.count(1):
        machine = Machine(str(tmp_path / str(step)))
        machine.install("six", "1.17.0")
        before = content(machine.old)
        machine.uv.killed = step
        try:
            machine.migrate("keep")
        except fake_uv.Killed:
            assert content(machine.old) == before, step
        else:
            break
        assert machine.migrate("keep").state == "migrated", step
        assert fake_uv.works(machine.new), step
        assert fake_uv.is_installed(machine.new, "six", "1.17.0"), step
        assert not os.path.lexists(machine.old), step
        assert machine.kept().keys() == {"envs", "records"}, step
    # One step of `python find`, four of `sync`, three of `pip install`, and one complete run.
    assert step == 1 + 4 + 3 + 1


def killing(function: Callable[..., None], step: Iterator[int], last: int) -> Callable[..., None]:
    """Return a function of `os` that is killed at its last step in an open directory."""

    def remove(*words: object, **options: object) -> None:
        if "dir_fd" in options and next(step) == last:
            raise fake_uv.Killed
        function(*words, **options)

    return remove


def test_killed_while_the_old_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed while `.venv` is removed, the new one works, and the same command finishes."""
    for last in itertools.count():
        machine = Machine(str(tmp_path / str(last)))
        machine.install("six", "1.17.0")
        with monkeypatch.context() as patch:
            steps = itertools.count()
            for name in ("unlink", "rmdir"):
                patch.setattr(os, name, killing(getattr(os, name), steps, last))
            try:
                machine.migrate("keep")
            except fake_uv.Killed:
                assert os.path.lexists(f"{machine.old}/pyvenv.cfg"), last
            else:
                break
        for _ in range(2):
            assert fake_uv.works(machine.new), last
            assert fake_uv.is_installed(machine.new, "six", "1.17.0"), last
            assert machine.migrate("keep").state in ("migrated", "nothing-to-move"), last
        assert not os.path.lexists(machine.old), last
    assert last > 10


def test_what_was_killed_before_it_was_an_environment(machine: Machine) -> None:
    """uv rejects a directory without `pyvenv.cfg`, so leftovers are removed first."""
    fake_uv.make(machine.new)
    os.unlink(f"{machine.new}/pyvenv.cfg")
    assert machine.migrate().state == "migrated"
    assert fake_uv.works(machine.new)
    assert machine.kept().keys() == {"envs", "records"}


def test_a_link_in_place_of_the_new_one(machine: Machine) -> None:
    """A symlink in the new environment's place is not followed when that is removed."""
    precious = machine.write("precious/file", "x")
    os.makedirs(os.path.dirname(machine.new))
    os.symlink(os.path.dirname(precious), machine.new)
    assert machine.migrate().state == "migrated"
    assert os.listdir(os.path.dirname(precious)) == ["file"]


# -- removing --------------------------------------------------------------------------------------


def test_what_cannot_be_removed(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """A failed removal is reported; the new environment works, and the next call continues."""
    job = machine.plan()

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr(shutil, "rmtree", refuse)
        result = job.apply()
    assert (result.state, result.why) == (
        "not-removed",
        "`.venv` was not removed completely: permission denied",
    )
    assert fake_uv.works(result.new)
    assert machine.migrate().state == "migrated"


def test_a_client_that_puts_things_back(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that a sync client writes during the removal is removed too."""
    rmdir = os.rmdir
    written: list[str] = []

    def disturbed(path: str, **options: int) -> None:
        if path == machine.old and not written:
            written.append(machine.write("Dropbox/foo/.venv/lib/back", "x"))
        rmdir(path, **options)

    monkeypatch.setattr(os, "rmdir", disturbed)
    assert machine.migrate().state == "migrated"
    assert written
    assert not os.path.lexists(machine.old)


def link(path: str, target: str) -> None:
    """Replace a directory by a symlink, and keep it beside."""
    os.rename(path, path + ".aside")
    os.symlink(target, path)


def copy(path: str, target: str) -> None:
    """Replace a directory by a copy of another, and keep it beside."""
    os.rename(path, path + ".aside")
    shutil.copytree(target, path)


@pytest.mark.parametrize("put", [link, copy])
@pytest.mark.parametrize("what", [".", ".venv"])
def test_something_else_in_its_place(
    machine: Machine, put: Callable[[str, str], None], what: str
) -> None:
    """Something that replaced the checked environment stays."""
    mine = machine.project("mine")
    fake_uv.make(f"{mine}/.venv")
    before = content(mine)
    seen = old_environments.look(machine.root, System(environ=machine.environ))
    put(os.path.normpath(f"{machine.root}/{what}"), os.path.normpath(f"{mine}/{what}"))
    assert old_environments.remove(seen) != ""
    assert content(mine) == before
    assert os.path.isfile(f"{machine.old}/pyvenv.cfg")


def test_a_link_while_it_goes(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """A symlink that replaces `.venv`, or something in it, is not followed."""
    mine = machine.path("mine")
    fake_uv.make(mine)
    fake_uv.write(f"{mine}/lib/precious", "x")
    before = content(mine)
    seen = old_environments.look(machine.root, System(environ=machine.environ))
    listdir = os.listdir

    def swapping(path: Any) -> list[str]:  # noqa: ANN401 - as `os.listdir`
        names = listdir(path)
        if isinstance(path, int) and not os.path.islink(machine.old):
            link(f"{machine.old}/lib", f"{mine}/lib")
            link(machine.old, mine)
        return list(names)

    monkeypatch.setattr(os, "listdir", swapping)
    assert old_environments.remove(seen) != ""
    assert os.path.islink(machine.old)
    assert content(mine) == before


def test_a_project_that_becomes_a_link(machine: Machine) -> None:
    """If a project becomes a symlink to another during the migration, the other is unchanged."""
    mine = machine.project("mine")
    fake_uv.make(f"{mine}/.venv")
    before = content(mine)

    def start(command: list[str], folder: str, environ: dict[str, str], *, quiet: bool) -> int:
        if "sync" in command:
            link(machine.root, mine)
        return machine.uv(command, folder, environ, quiet=quiet)

    assert machine.migrate("drop", start=start).state == "not-removed"
    assert content(mine) == before


# -- several ---------------------------------------------------------------------------------------


def test_a_project_is_planned_once(machine: Machine) -> None:
    """Two directories in one project are one migration."""
    os.makedirs(f"{machine.root}/src")
    jobs = migrate.plan_some([machine.root, f"{machine.root}/src"], "", machine.environ)
    assert [job.root for job in jobs] == [machine.root]


def test_everything_that_a_scan_finds(machine: Machine) -> None:
    """`--all` migrates only projects in synced folders."""
    machine.project("Dropbox/clean")
    fake_uv.make(os.path.join(machine.project("local/bar"), ".venv"))
    other = machine.project("Dropbox/other")
    fake_uv.make(f"{other}/.venv")
    jobs, unread = migrate.plan_all(None, "", machine.environ, processes=list)
    assert {job.root: job.result.state for job in jobs} == {
        machine.root: "planned",
        other: "planned",
    }
    assert jobs[0].result.files == 9
    assert unread == 0
    jobs, _ = migrate.plan_all([other], "", machine.environ, processes=list)
    assert [job.root for job in jobs] == [other]


@pytest.mark.parametrize(
    ("content", "shimmed"),
    [
        pytest.param(b"uvlocal-launcher-marker:1", True, id="shim"),
        pytest.param(b"#!/bin/sh", False, id="other"),
        pytest.param(None, False, id="none"),
    ],
)
def test_whose_uv_is_first(tmp_path: Path, content: bytes | None, shimmed: bool) -> None:
    """A shim is recognised by its marker; any other `uv` would create `.venv` again."""
    if content is not None:
        (tmp_path / "uv").write_bytes(content)
        (tmp_path / "uv").chmod(0o755)
    assert migrate.is_shimmed({"PATH": str(tmp_path)}) is shimmed
