"""A project moves over: the new environment first, and nothing is lost on the way."""

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


# -- the whole way ---------------------------------------------------------------------------------


def test_the_new_comes_the_old_goes(machine: Machine) -> None:
    """Afterwards the environment is in the store, recorded, and the project holds none."""
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
    """Looking makes no file anywhere but in the cache."""
    before = machine.tree(machine.home)
    assert machine.plan().result.state == "planned"
    assert [name for name in machine.tree(machine.home) if not name.startswith(".cache")] == before


def test_what_uv_gets(machine: Machine) -> None:
    """uv is told where the environment goes; an active one is not mentioned."""
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
    """The Python is of the old kind where the project takes one; another is told."""
    machine.uv.pythons, machine.uv.refuses = pythons, refuses
    result = machine.migrate()
    assert result.state == "migrated"
    assert machine.uv.calls == calls
    told = () if version == "3.12.1" else (Changed("Python", "3.12.1", version),)
    assert result.changed == told


def test_another_version_is_told(machine: Machine) -> None:
    """Packages that the lock has in another version are listed."""
    machine.uv.packages["iniconfig"] = "2.2.0"
    assert machine.migrate().changed == (Changed("iniconfig", "2.1.0", "2.2.0"),)


# -- packages that only the old environment has ----------------------------------------------------


@pytest.mark.parametrize(
    ("extras", "state", "kept"),
    [
        pytest.param("", "extra-packages", False, id="no-word"),
        pytest.param("keep", "migrated", True, id="keep"),
        pytest.param("drop", "migrated", False, id="drop"),
    ],
)
def test_installed_by_hand(machine: Machine, extras: str, state: str, kept: bool) -> None:
    """Without a word about them nothing is built; else they are kept as they were, or left out."""
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
    """What `uv.lock` knows comes along without a word: an extra or a group brought it."""
    machine.install("six", "1.17.0")
    machine.lock("foo", "iniconfig", "six", "packaging")
    result = machine.migrate()
    assert (result.state, result.extra) == ("migrated", ())
    assert fake_uv.is_installed(result.new, "six", "1.17.0")


@pytest.mark.parametrize("content", [None, "[", "package = 1", "package = [1]", "\udcff"])
def test_without_a_lock(machine: Machine, content: str | None) -> None:
    """Where no `uv.lock` says what is the project's, a person has to."""
    os.unlink(f"{machine.root}/uv.lock")
    if content is not None:
        with open(f"{machine.root}/uv.lock", "w", errors="surrogateescape", encoding="utf-8") as f:
            f.write(content)
    result = machine.plan().result
    assert (result.state, result.extra) == ("extra-packages", ("foo==0.1.0", "iniconfig==2.1.0"))
    assert ("no `uv.lock`" in result.why) is (content is None)


def test_the_lock_knows_better_after_the_sync(machine: Machine) -> None:
    """What turns out to be missing only when the new environment is there stops as well."""
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
    """Install a package from a folder into the old environment, editable."""
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
    """It is installed so again; what lies in the project is the project's."""
    folder = machine.path(folder)
    editable(machine, "mine", folder)
    assert machine.plan().result.extra == ((f"--editable {folder}",) if extra else ())
    assert machine.migrate("keep").state == "migrated"
    assert (machine.uv.calls[-1][-2:] == ["--editable", folder]) is words


@pytest.mark.parametrize("extras", ["", "keep"])
def test_seeds(machine: Machine, extras: str) -> None:
    """What `python -m venv` puts into each environment stands in nobody's way."""
    machine.install("pip", "24.0")
    result = machine.migrate(extras)
    assert (result.state, result.extra) == ("migrated", ())
    assert fake_uv.is_installed(result.new, "pip", "24.0") is (extras == "keep")


# -- what fails ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("refuses", "state"),
    [
        pytest.param("sync", "sync-failed", id="sync"),
        pytest.param("pip", "extra-packages", id="pip-install"),
        pytest.param("python", "broken", id="python-does-not-start"),
    ],
)
def test_uv_fails(machine: Machine, refuses: str, state: str) -> None:
    """Whatever uv refuses, the old environment is as before, and no half of a new one is left."""
    machine.install("six", "1.17.0")
    machine.uv.refuses = (refuses,)
    before = machine.tree(machine.root)
    result = machine.migrate("keep")
    assert result.state == state
    assert machine.tree(machine.root) == before
    assert machine.kept().keys() == {"records"}


def test_an_environment_that_was_there_stays(machine: Machine) -> None:
    """An environment that the shim has made already is completed, and never thrown away."""
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
    """Ctrl-C while uv works leaves the old environment as it was, and no half of a new one."""

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
    """Ctrl-C while the old environment is removed is finished by the same command."""
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
    """Without uv nothing can be made, and nothing is."""
    machine.environ["PATH"] = ""
    with pytest.raises(UserError, match="no uv found"):
        machine.migrate()
    assert machine.kept() == {}


def test_a_full_store(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that cannot be written is told, and the old environment stays."""

    def full(_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store_lock, "make_private", full)
    told = r"`~/.local/share/uvlocal` cannot be written: No space left on device"
    with pytest.raises(UserError, match=told):
        machine.migrate()
    assert os.path.isdir(machine.old)


def test_a_store_that_is_held(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that another process holds for long is told."""

    def busy(*_: object) -> None:
        raise store_lock.BusyError(machine.store)

    monkeypatch.setattr(record, "write_first", busy)
    with pytest.raises(UserError, match="another process is using it"):
        machine.migrate()
    assert os.path.isdir(machine.old)


def test_a_uv_that_cannot_be_started(machine: Machine) -> None:
    """A uv that is no program fails like any other."""
    machine.write("bin/uv", "no program")
    job = migrate.plan(machine.root, "", machine.environ, processes=list)
    assert job.apply().state == "sync-failed"
    assert os.path.isdir(machine.old)


# -- what is left alone ----------------------------------------------------------------------------


def test_a_local_project(machine: Machine) -> None:
    """A project on a local volume has nothing to migrate."""
    result = machine.plan(path=machine.project("local/foo")).result
    assert result.state == "not-redirected"
    assert "is on a local volume" in result.why


def test_a_strategy_in_place(machine: Machine) -> None:
    """An environment that stays in the project by wish is left there."""
    machine.environ["UVLOCAL_STRATEGY"] = "no-metadata"
    result = machine.plan().result
    assert (result.state, result.why) == (
        "not-redirected",
        "its strategy is `no-metadata`, which keeps the environment in the project",
    )


def test_the_users_own_environment(machine: Machine) -> None:
    """Where the user says where the environment is, uv uses that one."""
    machine.environ["UV_PROJECT_ENVIRONMENT"] = "/elsewhere"
    result = machine.plan().result
    assert (result.state, result.why) == (
        "not-redirected",
        "`UV_PROJECT_ENVIRONMENT` is set to `/elsewhere`",
    )


def test_no_project(machine: Machine) -> None:
    """A folder without a project is an error."""
    with pytest.raises(UserError, match=r"no `pyproject.toml` in"):
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
    """An empty `.venv` holds nothing that could be lost."""
    shutil.rmtree(machine.old)
    os.mkdir(machine.old)
    assert machine.migrate().state == "migrated"
    assert not os.path.lexists(machine.old)


def test_things_of_a_person(machine: Machine) -> None:
    """Work that somebody keeps inside an environment is not removed with it."""
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
    """An environment that a program runs from is not removed, or made anew, under it."""
    text = text.format(old=machine.old, new=machine.new)
    machine.processes = [Process(123, "flask", (text,))]
    result = machine.migrate()
    assert (result.state, result.why) == ("in-use", f"{what} is in use by `flask` (process 123)")
    assert machine.kept() == {}


def test_in_use_meanwhile(machine: Machine) -> None:
    """A program that was started while the new one was made keeps the old one; then it goes."""

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
    """The environment that this very program runs from is not removed."""
    monkeypatch.setattr("sys.prefix", machine.old)
    assert machine.plan().result.why == "uvlocal itself runs from `.venv`"


def test_a_volume_mounted_inside(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of another volume that is mounted inside are not removed."""
    monkeypatch.setattr(
        "uvlocal.manage.environments.trash.mounted_inside", lambda path, _: f"{path}/data"
    )
    result = machine.plan().result
    assert (result.state, result.why) == (
        "mount-inside",
        f"another volume is mounted at `{machine.old}/data`",
    )


def test_programs() -> None:
    """This process and those that it was started from are none that use an environment."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        found = {process.pid: process for process in old_environments.programs()}
        assert sys.executable in found[other.pid].texts
        other.communicate()
    assert not found.keys() & {os.getpid(), os.getppid()}


# -- killed ----------------------------------------------------------------------------------------


def content(folder: str) -> dict[str, str]:
    """Return what a folder holds, each file with its content."""
    found = {}
    for current, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(current, name)
            with open(path, encoding="utf-8") as file:
                found[os.path.relpath(path, folder)] = file.read()
    return found


def test_killed_while_uv_works(tmp_path: Path) -> None:
    """Killed at any step of uv, `.venv` is whole, and the same command finishes."""
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
    # One step of `python find`, four of `sync`, three of `pip install`, and the way to the end.
    assert step == 1 + 4 + 3 + 1


def killing(function: Callable[..., None], step: Iterator[int], last: int) -> Callable[..., None]:
    """Return a function of `os` that ends everything at its last step in an open folder."""

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
    """uv refuses a folder without `pyvenv.cfg`: what was left there goes first."""
    fake_uv.make(machine.new)
    os.unlink(f"{machine.new}/pyvenv.cfg")
    assert machine.migrate().state == "migrated"
    assert fake_uv.works(machine.new)
    assert machine.kept().keys() == {"envs", "records"}


def test_a_link_in_place_of_the_new_one(machine: Machine) -> None:
    """A link where the new environment should be is not followed when that is thrown away."""
    precious = machine.write("precious/file", "x")
    os.makedirs(os.path.dirname(machine.new))
    os.symlink(os.path.dirname(precious), machine.new)
    assert machine.migrate().state == "migrated"
    assert os.listdir(os.path.dirname(precious)) == ["file"]


# -- removing --------------------------------------------------------------------------------------


def test_what_cannot_be_removed(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """What stays is told; the new environment works already, and the next call goes on."""
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
    """A file that a sync client writes meanwhile is removed too."""
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
    """Put a link in the place of a folder, which stays beside it."""
    os.rename(path, path + ".aside")
    os.symlink(target, path)


def copy(path: str, target: str) -> None:
    """Put a copy of a folder in the place of another, which stays beside it."""
    os.rename(path, path + ".aside")
    shutil.copytree(target, path)


@pytest.mark.parametrize("put", [link, copy])
@pytest.mark.parametrize("what", [".", ".venv"])
def test_something_else_in_its_place(
    machine: Machine, put: Callable[[str, str], None], what: str
) -> None:
    """What takes the place of the environment that was looked at stays, wherever it leads."""
    mine = machine.project("mine")
    fake_uv.make(f"{mine}/.venv")
    before = content(mine)
    seen = old_environments.look(machine.root, System(environ=machine.environ))
    put(os.path.normpath(f"{machine.root}/{what}"), os.path.normpath(f"{mine}/{what}"))
    assert old_environments.remove(seen) != ""
    assert content(mine) == before
    assert os.path.isfile(f"{machine.old}/pyvenv.cfg")


def test_a_link_while_it_goes(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """A link that takes the place of `.venv`, or of what is in it, meanwhile is not followed."""
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
    """While a migration builds, its project becomes a link to another one: that one stays whole."""
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
    """Two folders of one project are one migration."""
    os.makedirs(f"{machine.root}/src")
    jobs = migrate.plan_some([machine.root, f"{machine.root}/src"], "", machine.environ)
    assert [job.root for job in jobs] == [machine.root]


def test_everything_that_a_scan_finds(machine: Machine) -> None:
    """`--all` takes what lies in synced folders, and nothing else."""
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
    """A shim is known by its marker; any other `uv` would make `.venv` again."""
    if content is not None:
        (tmp_path / "uv").write_bytes(content)
        (tmp_path / "uv").chmod(0o755)
    assert migrate.is_shimmed({"PATH": str(tmp_path)}) is shimmed
