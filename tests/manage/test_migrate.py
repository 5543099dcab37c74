"""A project moves over: the new environment first, and nothing is lost on the way."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from typing import TYPE_CHECKING

import fake_uv
import pytest
from migrating import Machine

from uvlocal.manage import migrate, migrations, old_environments, removal
from uvlocal.manage.errors import UserError
from uvlocal.manage.in_use import Process
from uvlocal.manage.migration_results import Changed, Migration
from uvlocal.manage.migrations import BUILDING, REMOVING, Note
from uvlocal.shim.system import System

if TYPE_CHECKING:
    from pathlib import Path

if sys.platform == "win32":
    pytest.skip("the fake uv makes environments as on POSIX", allow_module_level=True)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """Return a machine whose project has an environment in Dropbox."""
    return Machine(str(tmp_path))


def note_of(machine: Machine, stage: str, *, made: bool, extra: tuple[str, ...] = ()) -> None:
    """Write the note of a migration that was interrupted."""
    status = os.stat(machine.old)
    note = Note(
        machine.root, stage, status.st_dev, status.st_ino, made=made, recorded=made, extra=extra
    )
    os.makedirs(machine.store, exist_ok=True)
    migrations.write(machine.store, os.path.basename(machine.new), note)


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
    assert (result.files, result.volume, result.resumed) == (8, "Dropbox", False)


def test_a_plan_changes_nothing(machine: Machine) -> None:
    """Looking makes no file anywhere."""
    before = machine.tree(machine.home)
    result = machine.plan().result
    assert result.state == "planned"
    assert set(machine.tree(machine.home)) - {".cache", *machine.tree(machine.home)} == set()
    assert [name for name in machine.tree(machine.home) if not name.startswith(".cache")] == before


def test_what_uv_gets(machine: Machine) -> None:
    """uv is told where the environment goes, and holds the lock; an active one is not mentioned."""
    machine.environ["VIRTUAL_ENV"] = machine.old
    machine.environ["UV_PROJECT"] = "/elsewhere"
    result = machine.migrate()
    assert {environ["UV_PROJECT_ENVIRONMENT"] for environ in machine.uv.environs} == {result.new}
    assert all("VIRTUAL_ENV" not in environ for environ in machine.uv.environs)
    assert all("UV_PROJECT" not in environ for environ in machine.uv.environs)
    assert min(machine.uv.locks) >= 0
    assert result.hints == ("the old environment is active in this shell: `deactivate` ends that",)


def test_once_is_enough(machine: Machine) -> None:
    """A second call has nothing to do and starts nothing."""
    machine.migrate()
    machine.uv.calls.clear()
    assert machine.migrate().state == "nothing-to-move"
    assert machine.uv.calls == []


@pytest.mark.parametrize(
    ("pythons", "refuses", "calls"),
    [
        pytest.param(
            ("3.12.1", "3.12"),
            (),
            [["python", "find", "3.12.1"], ["sync", "--inexact", "--python", "3.12.1"]],
            id="the-same",
        ),
        pytest.param(
            ("3.12",),
            (),
            [
                ["python", "find", "3.12.1"],
                ["python", "find", "3.12"],
                ["sync", "--inexact", "--python", "3.12"],
            ],
            id="the-same-but-for-the-patch",
        ),
        pytest.param(
            (),
            (),
            [["python", "find", "3.12.1"], ["python", "find", "3.12"], ["sync", "--inexact"]],
            id="gone",
        ),
        pytest.param(
            ("3.12.1",),
            ("3.12.1",),
            [["python", "find", "3.12.1"], ["python", "find", "3.12"], ["sync", "--inexact"]],
            id="not-found",
        ),
        pytest.param(
            ("3.12.1",),
            ("--python",),
            [
                ["python", "find", "3.12.1"],
                ["sync", "--inexact", "--python", "3.12.1"],
                ["sync", "--inexact"],
            ],
            id="not-for-this-project-any-more",
        ),
    ],
)
def test_python(
    machine: Machine, pythons: tuple[str, ...], refuses: tuple[str, ...], calls: list[list[str]]
) -> None:
    """The Python is the old one where it can be had and the project still takes it."""
    machine.uv.pythons, machine.uv.refuses = pythons, refuses
    assert machine.migrate().state == "migrated"
    assert machine.uv.calls == calls


def test_another_version_is_told(machine: Machine) -> None:
    """Packages that the lock has in another version are listed."""
    machine.uv.packages["iniconfig"] = "2.2.0"
    assert machine.migrate().changed == (Changed("iniconfig", "2.1.0", "2.2.0"),)


# -- packages that only the old environment has ----------------------------------------------------


def test_extra_packages_stop(machine: Machine) -> None:
    """Without a word about them everything is as before, and they are listed."""
    machine.install("six", "1.17.0")
    before = machine.tree(machine.root)
    result = machine.migrate()
    assert (result.state, result.extra) == ("extra-packages", ("six==1.17.0",))
    assert result.why == "only the old environment has `six`"
    assert machine.tree(machine.root) == before
    assert machine.kept() == {}


@pytest.mark.parametrize(
    ("extras", "answer", "kept"),
    [
        pytest.param("keep", "", True, id="keep"),
        pytest.param("drop", "", False, id="drop"),
        pytest.param("", "keep", True, id="answer-keep"),
        pytest.param("", "drop", False, id="answer-drop"),
    ],
)
def test_extra_packages(machine: Machine, extras: str, answer: str, kept: bool) -> None:
    """They are installed in the same version without what they need, or left behind, as wished."""
    machine.install("six", "1.17.0")
    asked: list[Migration] = []

    def ask(migration: Migration) -> str:
        asked.append(migration)
        return answer

    result = machine.migrate(extras, ask)
    assert (result.state, result.extra, result.kept) == ("migrated", ("six==1.17.0",), kept)
    assert fake_uv.is_installed(result.new, "six", "1.17.0") is kept
    add = ["pip", "install", "--python", result.new, "--no-deps", "six==1.17.0"]
    assert (add in machine.uv.calls) is kept
    assert [one.extra for one in asked] == ([] if extras else [("six==1.17.0",)])


def test_an_answer_to_stop(machine: Machine) -> None:
    """Any other answer stops, and nothing is changed."""
    machine.install("six", "1.17.0")
    assert machine.migrate("", lambda _: "").state == "extra-packages"
    assert os.path.isdir(machine.old)
    assert machine.kept() == {}


def test_an_editable_extra(machine: Machine) -> None:
    """A package that was installed from a folder, editable, is installed so again."""
    machine.install("mine", "1.0")
    folder = machine.path("my code")
    metadata = f"{machine.old}/lib/python3.12/site-packages/mine-1.0.dist-info"
    url = f"file://{folder.replace(' ', '%20')}"
    fake_uv.write(
        f"{metadata}/direct_url.json", f'{{"url": "{url}", "dir_info": {{"editable": true}}}}'
    )
    result = machine.migrate("keep")
    assert result.extra == (f"--editable {folder}",)
    assert machine.uv.calls[-1][-3:] == ["--no-deps", "--editable", folder]


def test_the_former_name_of_a_project(machine: Machine) -> None:
    """A project that got another name left an entry behind, which is no package of its own."""
    direct = f'{{"url": "file://{machine.root}", "dir_info": {{"editable": true}}}}'
    machine.install("former", "1.0")
    packages = "lib/python3.12/site-packages"
    for package in ("former-1.0", "foo-0.1.0"):
        fake_uv.write(f"{machine.old}/{packages}/{package}.dist-info/direct_url.json", direct)

    def start(
        command: list[str], folder: str, environ: dict[str, str], lock: int, *, quiet: bool
    ) -> int:
        code = machine.uv(command, folder, environ, lock, quiet=quiet)
        if command[1] == "sync":
            path = environ["UV_PROJECT_ENVIRONMENT"]
            fake_uv.write(f"{path}/{packages}/foo-0.1.0.dist-info/direct_url.json", direct)
        return code

    assert machine.migrate(start=start).state == "migrated"


@pytest.mark.parametrize(
    ("seeded", "extras", "state", "kept"),
    [
        pytest.param(False, "", "migrated", False, id="left-behind"),
        pytest.param(False, "keep", "migrated", True, id="kept"),
        pytest.param(True, "", "extra-packages", False, id="asked-for"),
    ],
)
def test_seeds(machine: Machine, seeded: bool, extras: str, state: str, kept: bool) -> None:
    """What `python -m venv` puts into each environment stands in nobody's way, unless asked for."""
    machine.install("pip", "24.0")
    if seeded:
        fake_uv.write(f"{machine.old}/pyvenv.cfg", "version_info = 3.12.1\nseed = true\n")
    result = machine.migrate(extras)
    assert result.state == state
    assert fake_uv.is_installed(result.new, "pip", "24.0") is kept
    told = [hint for hint in result.hints if hint.startswith("`pip` came with the old")]
    assert bool(told) is (state == "migrated" and not kept)


@pytest.mark.parametrize(
    ("table", "option"),
    [
        pytest.param(
            '[project.optional-dependencies]\ndocs = ["Six >=1 ", "iniconfig[x]==2"]\n',
            "--extra docs",
            id="extra",
        ),
        pytest.param(
            "[dependency-groups]\n"
            'docs = ["six", {include-group = "x"}, "gone; sys_platform == \'y\'"]\n',
            "--group docs",
            id="group",
        ),
    ],
)
def test_extras_and_groups(machine: Machine, table: str, option: str) -> None:
    """An extra or group whose packages all are there was synced before, and is again."""
    machine.project("Dropbox/foo", table)
    machine.install("six", "1.17.0")
    machine.uv.more[option] = {"six": "1.17.0"}
    result = machine.migrate()
    assert (result.state, result.extra) == ("migrated", ())
    assert ["sync", "--inexact", *option.split()] in machine.uv.calls


@pytest.mark.parametrize(
    "table",
    [
        pytest.param('[dependency-groups]\nx = ["six", "absent"]\n', id="not-all-there"),
        pytest.param('[dependency-groups]\nx = ["iniconfig"]\n', id="nothing-missing-in-it"),
        pytest.param("[dependency-groups]\nx = []\n", id="empty"),
        pytest.param('[dependency-groups]\nx = "six"\n', id="no-list"),
        pytest.param("dependency-groups = 1\n", id="no-table"),
        pytest.param("[", id="broken"),
    ],
)
def test_no_extras_and_groups(machine: Machine, table: str) -> None:
    """Nothing else is synced than what the old environment shows."""
    machine.install("six", "1.17.0")
    job = machine.plan()
    machine.write("Dropbox/foo/pyproject.toml", table)
    assert job.apply("", None, machine.uv).state != "migrated"
    assert all("x" not in call for call in machine.uv.calls)


def test_members_of_a_workspace(machine: Machine) -> None:
    """Members that were synced are synced again."""
    machine.project("Dropbox/foo", "[tool.uv.workspace]\nmembers = ['one']\n")
    machine.project("Dropbox/foo/one")
    machine.install("one", "0")
    url = f'{{"url": "file://{machine.root}/one", "dir_info": {{"editable": true}}}}'
    metadata = f"{machine.old}/lib/python3.12/site-packages/one-0.dist-info"
    fake_uv.write(f"{metadata}/direct_url.json", url)
    machine.uv.more["--all-packages"] = {"one": "0"}
    result = machine.migrate()
    assert (result.state, result.extra) == ("migrated", ())


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
    """Whatever uv refuses, everything is as before."""
    machine.install("six", "1.17.0")
    machine.uv.refuses = (refuses,)
    before = machine.tree(machine.root)
    result = machine.migrate("keep")
    assert result.state == state
    assert machine.tree(machine.root) == before
    assert machine.kept() == {}


def test_a_lost_pth_is_repaired(machine: Machine) -> None:
    """A new environment without its `.pth` is installed again before it is trusted."""
    machine.uv.loses = 1
    assert machine.migrate().state == "migrated"
    assert machine.uv.calls[-1] == ["sync", "--inexact", "--reinstall"]


def test_a_lost_pth_that_stays_lost(machine: Machine) -> None:
    """A new environment that cannot be repaired does not replace the old one."""
    machine.uv.loses = 9
    result = machine.migrate()
    assert (result.state, result.why) == (
        "broken",
        "the new environment does not work: `_foo.pth` is missing",
    )
    assert os.path.isdir(machine.old)
    assert machine.kept() == {}


def test_an_environment_that_was_there_stays(machine: Machine) -> None:
    """An environment that the shim has made already is completed, and never thrown away."""
    fake_uv.make(machine.new)
    fake_uv.install(machine.new, "mine", "1.0")
    machine.uv.refuses = ("sync",)
    assert machine.migrate().state == "sync-failed"
    assert fake_uv.is_installed(machine.new, "mine", "1.0")
    machine.uv.refuses = ()
    assert machine.migrate().state == "migrated"
    assert fake_uv.is_installed(machine.new, "mine", "1.0")
    assert fake_uv.works(machine.new)


def test_an_interrupt_by_the_user(machine: Machine) -> None:
    """Ctrl-C while uv works leaves everything as before."""

    def start(*_: object, **__: object) -> int:
        raise KeyboardInterrupt

    with pytest.raises(UserError, match="interrupted, nothing was changed") as raised:
        machine.migrate(start=start)
    assert raised.value.code == 130
    assert os.path.isdir(machine.old)
    assert machine.kept() == {}


def test_an_interrupt_while_the_old_goes(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C while the old environment is removed is finished by the next call."""
    job = machine.plan()
    fake_uv.write(f"{machine.root}/.venv/zzz.lock", "")
    os.rename(f"{machine.root}/.venv/zzz.lock", f"{machine.root}/.venv/.zzz")

    unlink = os.unlink

    def interrupt(path: str, *, dir_fd: int | None = None) -> None:
        if path == "foo.py":
            raise KeyboardInterrupt
        unlink(path, dir_fd=dir_fd)

    with monkeypatch.context() as patch:
        patch.setattr(os, "unlink", interrupt)
        with pytest.raises(UserError, match="while the old environment was removed") as raised:
            job.apply("", None, machine.uv)
    assert raised.value.hint == "the same command finishes it"
    machine.uv.calls.clear()
    result = machine.migrate()
    assert (result.state, result.resumed) == ("migrated", True)
    assert machine.uv.calls == []
    assert not os.path.lexists(machine.old)


def test_no_real_uv(machine: Machine) -> None:
    """Without uv nothing can be made, and nothing is."""
    machine.environ["PATH"] = ""
    with pytest.raises(UserError, match="no uv found"):
        machine.migrate()
    assert machine.kept() == {}


def test_another_migration_at_work(machine: Machine) -> None:
    """Two migrations never work in one store at once."""
    job = machine.plan()
    os.makedirs(machine.store)
    with migrations.turn(machine.store), pytest.raises(UserError, match="at work"):
        job.apply("", None, machine.uv)


def test_a_full_store(machine: Machine) -> None:
    """A store that cannot be written is told, and the old environment stays."""
    job = machine.plan()
    os.makedirs(machine.store)
    fake_uv.write(os.path.join(machine.store, "migrations"), "in the way")
    with pytest.raises(UserError, match=r"`~/.local/share/uvlocal` cannot be written"):
        job.apply("", None, machine.uv)
    assert os.path.isdir(machine.old)


# -- what is left alone ----------------------------------------------------------------------------


def test_a_local_project(machine: Machine) -> None:
    """A project on a local volume has nothing to migrate."""
    root = machine.project("local/foo")
    result = machine.plan(root).result
    assert result.state == "not-redirected"
    assert "lies on a local volume" in result.why


def test_a_strategy_in_place(machine: Machine) -> None:
    """An environment that stays in the project by wish is left there."""
    machine.environ["UVLOCAL_STRATEGY"] = "no-metadata"
    result = machine.plan().result
    assert (result.state, result.why) == (
        "not-redirected",
        "its strategy is `no-metadata`, which needs no environment elsewhere",
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
        machine.plan(machine.home)


@pytest.mark.parametrize("what", ["link", "file", "folder"])
def test_what_is_no_environment(machine: Machine, what: str) -> None:
    """What is no virtual environment of this project is never removed."""
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
    os.makedirs(f"{machine.old}/src/mine/.git")
    result = machine.migrate()
    assert (result.state, result.why) == (
        "own-files",
        "`.venv` holds `src`, which no package put there",
    )
    assert os.path.isdir(f"{machine.old}/src/mine/.git")


@pytest.mark.parametrize("text", ["bin/python", ""])
def test_in_use(machine: Machine, text: str) -> None:
    """An environment that a program runs from is not removed under it."""
    machine.processes = [Process(123, "flask", (os.path.join(machine.old, text).rstrip("/"),))]
    result = machine.migrate()
    assert (result.state, result.why) == ("in-use", "`.venv` is in use by `flask` (process 123)")
    assert machine.kept() == {}


def test_in_use_meanwhile(machine: Machine) -> None:
    """A program that was started while the new one was made keeps the old one; then it goes."""

    def start(
        command: list[str], folder: str, environ: dict[str, str], lock: int, *, quiet: bool
    ) -> int:
        machine.processes = [Process(123, "flask", (machine.old,))]
        return machine.uv(command, folder, environ, lock, quiet=quiet)

    assert machine.migrate(start=start).state == "in-use"
    assert os.path.isdir(machine.old)
    machine.processes = []
    machine.uv.calls.clear()
    assert machine.migrate().state == "migrated"
    assert machine.uv.calls == []


def test_what_uvlocal_runs_from(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment that this very program runs from is not removed."""
    monkeypatch.setattr("sys.prefix", machine.old)
    assert machine.plan().result.why == "`.venv` is what uvlocal itself runs from"


def test_changed_since_the_plan(machine: Machine) -> None:
    """What stood in the way only after the plan was shown stands in the way."""
    job = machine.plan()
    os.makedirs(f"{machine.old}/src")
    assert job.apply("", None, machine.uv).state == "own-files"
    assert machine.uv.calls == []


# -- after an interruption -------------------------------------------------------------------------


def test_a_half_made_environment_is_made_anew(machine: Machine) -> None:
    """What an interrupted migration made is thrown away: uv would take it for whole."""
    machine.uv.loses = 1
    fake_uv.make(machine.new)
    fake_uv.install(machine.new, "foo", "0.1.0")
    fake_uv.write(f"{machine.new}/stale", "")
    note_of(machine, BUILDING, made=True)
    machine.uv.loses = 0
    result = machine.migrate()
    assert (result.state, result.resumed) == ("migrated", True)
    assert not os.path.exists(f"{result.new}/stale")
    assert fake_uv.works(result.new)
    assert machine.kept().keys() == {"envs", "records"}


def test_an_interrupted_sync_of_what_was_there(machine: Machine) -> None:
    """An environment that was there before is repaired, and keeps what it has."""
    fake_uv.make(machine.new)
    fake_uv.install(machine.new, "foo", "0.1.0")
    fake_uv.install(machine.new, "mine", "1.0")
    note_of(machine, BUILDING, made=False)
    result = machine.migrate()
    assert result.state == "migrated"
    assert ["sync", "--inexact", "--python", "3.12.1", "--reinstall"] in machine.uv.calls
    assert fake_uv.works(result.new)
    assert fake_uv.is_installed(result.new, "mine", "1.0")


def test_a_removal_is_finished(machine: Machine) -> None:
    """Remains without `pyvenv.cfg` are removed on the note's word, without building again."""
    fake_uv.make(machine.new)
    fake_uv.write(f"{machine.old}/other", "x")
    note_of(machine, REMOVING, made=True, extra=("six==1.17.0",))
    os.unlink(f"{machine.old}/pyvenv.cfg")
    result = machine.migrate()
    assert (result.state, result.extra, result.kept) == ("migrated", ("six==1.17.0",), True)
    assert machine.uv.calls == []
    assert not os.path.lexists(machine.old)


def test_a_finished_removal(machine: Machine) -> None:
    """A note without anything left to do goes."""
    fake_uv.make(machine.new)
    note_of(machine, REMOVING, made=True)
    shutil.rmtree(machine.old)
    assert machine.migrate().state == "migrated"
    assert "migrations" not in machine.kept()


def test_the_new_one_has_gone_meanwhile(machine: Machine) -> None:
    """An environment that was pruned before the removal was finished is made again, with extras."""
    note_of(machine, REMOVING, made=True, extra=("six==1.17.0",))
    shutil.rmtree(f"{machine.old}/lib")
    result = machine.migrate()
    assert (result.state, result.extra, result.kept) == ("migrated", ("six==1.17.0",), True)
    assert fake_uv.works(result.new)
    assert fake_uv.is_installed(result.new, "six", "1.17.0")


def test_another_environment_since(machine: Machine) -> None:
    """An environment that was made anew since the interruption is compared like any other."""
    fake_uv.make(machine.new)
    note_of(machine, REMOVING, made=True)
    os.rename(machine.old, machine.path("moved"))
    shutil.copytree(machine.path("moved"), machine.old)
    machine.install("six", "1.17.0")
    assert machine.migrate().state == "extra-packages"
    assert os.path.isdir(machine.old)


@pytest.mark.parametrize("content", ["", "[", "version = 1\n", "version = 1\nroot = 1\n", "\xff"])
def test_a_damaged_note(machine: Machine, content: str) -> None:
    """On the word of a note that cannot be read nothing is thrown away."""
    fake_uv.make(machine.new)
    fake_uv.install(machine.new, "mine", "1.0")
    name = os.path.basename(machine.new)
    machine.write(f".local/share/uvlocal/migrations/{name}.toml", content)
    result = machine.migrate()
    assert result.state == "migrated"
    assert fake_uv.is_installed(result.new, "mine", "1.0")
    assert "migrations" not in machine.kept()


def test_a_link_in_place_of_the_new_one(machine: Machine) -> None:
    """A link where the new environment should be is not followed when that is thrown away."""
    target = machine.path("precious")
    fake_uv.make(target)
    os.makedirs(os.path.dirname(machine.new))
    os.symlink(target, machine.new)
    note_of(machine, BUILDING, made=True)
    machine.uv.refuses = ("sync",)
    machine.migrate()
    assert os.path.isfile(f"{target}/pyvenv.cfg")


# -- removing --------------------------------------------------------------------------------------


def test_what_cannot_be_removed(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """What stays is told; the new environment works already, and the next call goes on."""
    job = machine.plan()
    with monkeypatch.context() as patch:
        patch.setattr(removal, "clear", lambda *_: "permission denied")
        result = job.apply("", None, machine.uv)
    assert (result.state, result.why) == (
        "not-removed",
        "`.venv` was not removed completely: permission denied",
    )
    assert fake_uv.works(result.new)
    machine.uv.calls.clear()
    assert machine.migrate().state == "migrated"
    assert machine.uv.calls == []


def test_a_client_that_puts_things_back(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that a sync client writes meanwhile is removed too."""
    rmdir = os.rmdir
    written: list[str] = []

    def disturbed(path: str, *, dir_fd: int | None = None) -> None:
        if path == ".venv" and not written:
            written.append(machine.write("Dropbox/foo/.venv/lib/back", "x"))
        rmdir(path, dir_fd=dir_fd)

    monkeypatch.setattr(os, "rmdir", disturbed)
    assert machine.migrate().state == "migrated"
    assert not os.path.lexists(machine.old)


def test_another_folder_in_its_place(machine: Machine) -> None:
    """What took the place of the environment that was looked at is not removed."""
    system = System(environ=machine.environ)
    seen = old_environments.look(machine.root, system)
    os.rename(machine.old, machine.path("moved"))
    shutil.copytree(machine.path("moved"), machine.old)
    assert old_environments.remove(seen, system) == "`.venv` has changed meanwhile"
    assert os.path.isfile(f"{machine.old}/pyvenv.cfg")


def test_a_volume_mounted_inside(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of another volume that is mounted inside are not removed."""
    monkeypatch.setattr("uvlocal.manage.trash.mounted_inside", lambda path, _: f"{path}/data")
    result = machine.plan().result
    assert (result.state, result.why) == (
        "mount-inside",
        f"another volume is mounted at `{machine.old}/data`",
    )


def test_drafts_of_killed_ones(machine: Machine) -> None:
    """What a killed writer of a note left behind goes with the next note."""
    draft = machine.write(".local/share/uvlocal/migrations/.new-abc", "")
    assert machine.migrate().state == "migrated"
    assert not os.path.exists(os.path.dirname(draft))


def test_a_uv_that_cannot_be_started(machine: Machine) -> None:
    """A uv that is no program fails like any other."""
    machine.write("bin/uv", "no program")
    result = machine.plan().apply("", None, None)
    assert result.state == "sync-failed"
    assert os.path.isdir(machine.old)


def test_programs() -> None:
    """This process and those that it was started from are none that use an environment."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        found = {process.pid: process for process in old_environments.programs()}
        assert sys.executable in found[other.pid].texts
        other.communicate()
    assert not found.keys() & {os.getpid(), os.getppid()}


# -- several ---------------------------------------------------------------------------------------


def test_a_project_is_planned_once(machine: Machine) -> None:
    """Two folders of one project are one migration."""
    os.makedirs(f"{machine.root}/src")
    jobs = migrate.plan_some([machine.root, f"{machine.root}/src"], machine.environ)
    assert [job.root for job in jobs] == [machine.root]


def test_everything_that_a_scan_finds(machine: Machine) -> None:
    """`--all` takes what lies in synced folders, and what was interrupted; nothing else."""
    machine.project("Dropbox/clean")
    machine.project("local/bar")
    fake_uv.make(machine.path("local/bar/.venv"))
    gone = machine.project("Dropbox/gone")
    fake_uv.make(f"{gone}/.venv")
    job = machine.plan(gone)
    fake_uv.make(job.result.new)
    shutil.rmtree(f"{gone}/.venv")
    os.makedirs(machine.store, exist_ok=True)
    note = Note(gone, REMOVING, 1, 1, made=True, recorded=True)
    migrations.write(machine.store, os.path.basename(job.result.new), note)
    jobs = migrate.plan_all(None, machine.environ, processes=list)
    assert [(job.root, job.result.state) for job in jobs] == [
        (machine.root, "planned"),
        (gone, "planned"),
    ]
    assert jobs[0].result.files == 8
    jobs = migrate.plan_all([gone], machine.environ, processes=list)
    assert [job.root for job in jobs] == [gone]


def test_notes_of_nobody(machine: Machine) -> None:
    """What lies among the notes and is none names no project."""
    for name in ("x.toml", ".new-abc", f"foo-{'0' * 10}.toml"):
        machine.write(f".local/share/uvlocal/migrations/{name}", "version = 1\n")
    system = System(environ=machine.environ)
    assert migrations.interrupted(machine.store, system) == []


def test_onedrive_and_the_cache(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a client can have spoiled uv's cache, a person hears what cures it."""
    job = machine.plan()
    volume = job.call.facts.volume
    assert volume is not None
    monkeypatch.setattr(volume, "copies_links", True)
    hints = job.apply("", None, machine.uv).hints
    assert len(hints) == 1
    assert "`uv cache clean` cures it" in hints[0]


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
