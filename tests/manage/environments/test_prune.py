"""`uvlocal prune`: what is removed, what always stays, and recovery from a kill."""

from __future__ import annotations

import contextlib
import errno
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from support.faults.killing import before_each_change
from support.faults.public_folder import public_folder
from support.hosts.machines import DAY

from uvlocal.manage.environments import in_use, listing, prune, store_lock, trash
from uvlocal.manage.environments.in_use import Process
from uvlocal.manage.errors import USAGE, UserError
from uvlocal.manage.files import rmtree
from uvlocal.shim.machine.host import System

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from support.hosts.machines import Machine
    from support.hosts.worlds import World

if sys.platform == "win32":
    pytest.skip("the machines here are POSIX's", allow_module_level=True)

MEGABYTE = 1 << 20
#: An unprivileged user.
NOBODY = 65534


def nobody() -> Iterable[Process]:
    """Return no processes."""
    return []


def plan(machine: Machine, older_than: float | None = None) -> prune.Plan:
    """Return the plan, without running processes."""
    return prune.plan(older_than, machine.environ, processes=[])


def apply(machine: Machine, older_than: float | None = None) -> prune.Pruned:
    """Plan and apply, without running processes."""
    return prune.apply(plan(machine, older_than), machine.environ, processes=nobody)


def names(candidates: Iterable[prune.Candidate]) -> list[str]:
    """Return the names of the projects' directories, or else of the environments."""
    return [os.path.basename(one.project) or one.name for one in candidates]


# -- removed -----------------------------------------------------------------------------------


def test_what_has_no_project_goes(machine: Machine) -> None:
    """An environment whose project is gone is removed with its record; the others stay."""
    kept = machine.environment(machine.keep("kept"))
    gone = machine.keep("gone", size=MEGABYTE)
    environment = machine.environment(gone)
    machine.remove(gone)
    wanted = plan(machine)
    assert names(wanted.remove) == ["gone"]
    assert os.path.isdir(environment)
    done = prune.apply(wanted, machine.environ, processes=nobody)
    assert (names(done.removed), done.problems) == (["gone"], ())
    assert done.freed == wanted.size >= MEGABYTE
    assert machine.environments() == [os.path.basename(kept)]
    assert machine.records() == [os.path.basename(kept) + ".toml"]
    assert sorted(os.listdir(machine.store)) == [".lock", "envs", "records"]
    assert os.path.isfile(os.path.join(kept, "lib", "python3.12", "site-packages", "package.py"))


def test_a_record_without_an_environment_goes(machine: Machine) -> None:
    """The record of a missing project is removed even without an environment."""
    project = machine.project("gone")
    machine.first_call(project)
    machine.remove(project)
    assert names(apply(machine).removed) == ["gone"]
    assert machine.records() == []


def test_what_uv_never_made_goes(machine: Machine) -> None:
    """An empty directory and its record are removed, an hour after uv rejected the call."""
    project = machine.project("refused")
    machine.first_call(project)
    os.mkdir(machine.environment(project))
    assert plan(machine).is_empty
    os.utime(os.path.join(machine.store, "records", machine.records()[0]), (1, 1))
    assert names(apply(machine).removed) == ["refused"]
    assert (machine.records(), machine.environments()) == ([], [])


def test_nothing_to_do(machine: Machine) -> None:
    """If every project exists, the plan is empty."""
    machine.keep("foo")
    wanted = plan(machine)
    assert wanted.is_empty
    assert wanted.keep == ()
    assert wanted.size == 0


def test_what_is_shared_is_given_back_once_all_go(machine: Machine) -> None:
    """Files shared by the removed environments count as freed, those in the cache do not."""
    projects = [machine.keep(name, size=10) for name in ("a", "b")]
    first, second = (machine.environment(project) for project in projects)
    for name, others in (("cached", [first]), ("both", [first, second])):
        path = machine.write(os.path.join(machine.root, name), "#" * MEGABYTE)
        for other in others:
            os.link(path, os.path.join(other, name))
    os.unlink(os.path.join(machine.root, "both"))
    for project in projects:
        machine.remove(project)
    assert MEGABYTE <= apply(machine).freed < 2 * MEGABYTE


# -- age ---------------------------------------------------------------------------------------


def test_older_than(machine: Machine) -> None:
    """With an age, environments not used for that long are removed too."""
    old, fresh = machine.keep("old"), machine.keep("fresh")
    machine.age(old, 100)
    assert plan(machine).is_empty
    assert names(plan(machine, 90 * DAY).remove) == ["old"]
    assert plan(machine, 110 * DAY).is_empty
    apply(machine, 90 * DAY)
    assert machine.states() == {"fresh": "ok"}
    assert os.path.isdir(fresh)
    assert os.path.isdir(old)


def test_a_pointer_goes_with_its_environment(machine: Machine) -> None:
    """A pointer to a removed environment is removed, as it would make bare uv fail; others stay."""
    projects = [machine.keep(name) for name in ("ours", "theirs")]
    for project in projects:
        machine.age(project, 100)
    ours, theirs = (os.path.join(project, ".venv") for project in projects)
    os.symlink(machine.environment(projects[0]), ours)
    os.symlink(os.path.join(machine.root, "elsewhere"), theirs)
    for project in projects:
        os.utime(project, (0, 0))
    assert len(apply(machine, 90 * DAY).removed) == 2
    assert not os.path.lexists(ours)
    assert os.path.islink(theirs)


def test_a_moved_project_keeps_its_old_environment(machine: Machine) -> None:
    """A moved project's environment stays until it is adopted, or old."""
    project = machine.keep("foo")
    machine.age(project, 100)
    os.rename(project, project + "-new")
    if machine.states() != {"foo": "moved"}:
        pytest.skip("this disk does not tell when a folder was made")
    wanted = plan(machine)
    assert wanted.is_empty
    assert "`uvlocal adopt`" in wanted.keep[0].why
    assert names(plan(machine, 90 * DAY).remove) == ["foo"]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        pytest.param("90d", 90 * DAY, id="days"),
        pytest.param("12w", 84 * DAY, id="weeks"),
        pytest.param("1Y", 365 * DAY, id="year"),
        pytest.param("36h", 1.5 * DAY, id="hours"),
    ],
)
def test_ages(text: str, seconds: float) -> None:
    """An age is a number and a unit."""
    assert prune.age(text) == seconds


@pytest.mark.parametrize("text", ["", "d", "90", "-1d", "1.5d", "90 days", "5m", "²d"])
def test_what_is_no_age(text: str) -> None:
    """Anything else is wrong usage, with a hint."""
    with pytest.raises(UserError) as caught:
        prune.age(text)
    assert caught.value.code == USAGE
    assert "90d" in caught.value.hint


# -- kept -------------------------------------------------------------------------------------


def test_what_is_on_an_unmounted_volume_stays(machine: Machine) -> None:
    """If the volume may be unmounted, an environment stays, however old."""
    machine.age(machine.keep("foo"), 900)
    machine.remove(machine.dropbox)
    for older_than in (None, 1.0):
        wanted = plan(machine, older_than)
        assert wanted.is_empty
        assert names(wanted.keep) == ["foo"]


def test_what_may_not_be_looked_at_stays(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """A project that this user may not access does not count as gone, and is reported."""
    project = machine.keep("foo")
    machine.remove(project)
    refuse(project, monkeypatch)
    wanted = plan(machine)
    assert (names(wanted.remove), names(wanted.keep)) == ([], ["foo"])
    assert wanted.keep[0].state == "unreadable"
    assert wanted.unread_folders == 1
    listed = listing.of(machine.environ, sizes=False)
    assert (listed.environments[0].state, listed.unread_folders) == ("unreadable", 1)


def test_a_store_that_may_not_be_read(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that cannot be listed does not count as empty."""
    machine.keep("foo")
    refuse(os.path.join(machine.store, "envs"), monkeypatch)
    assert plan(machine).unread_folders == 1
    assert listing.of(machine.environ, sizes=False).unread_folders == 1


def test_a_configuration_that_may_not_be_read(machine: Machine) -> None:
    """If a sync client's folders are unknown, no project counts as local, and so as unused."""
    machine.keep("foo")
    machine.write(os.path.join(machine.home, ".dropbox", "info.json"), "damaged")
    machine.remove(os.path.join(machine.home, ".cache"))
    assert machine.states() == {"foo": "ok"}


def refuse(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Deny all access to a path, as the system would to users other than root."""
    for name in ("stat", "lstat", "scandir"):
        ask = getattr(os, name)

        def asked(path: str | int, ask: Callable[..., object] = ask, **how: object) -> object:
            if isinstance(path, str) and (path + os.sep).startswith(place + os.sep):
                raise PermissionError(errno.EACCES, "Permission denied", path)
            return ask(path, **how)

        monkeypatch.setattr(os, name, asked)


def test_what_is_broken_stays(machine: Machine) -> None:
    """Directories without a record, and targets of symlinks, stay, however old."""
    environments = os.path.dirname(machine.environment(machine.keep("foo")))
    outside = machine.write(os.path.join(machine.root, "outside", "precious.txt"))
    os.symlink(os.path.dirname(outside), os.path.join(environments, "link-0123456789"))
    machine.write(os.path.join(environments, "nobody-0123456789", "pyvenv.cfg"))
    machine.write(os.path.join(machine.store, "records", "bad-0123456789.toml"), "x")
    machine.write(os.path.join(environments, "bad-0123456789", "pyvenv.cfg"))
    machine.write(os.path.join(environments, "mine.txt"), "mine")
    before = machine.environments()
    wanted = plan(machine, -DAY)
    assert names(wanted.remove) == ["foo"]
    assert len(wanted.keep) == 4
    apply(machine, -DAY)
    assert [name for name in before if not name.startswith("foo-")] == machine.environments()
    assert machine.records() == ["bad-0123456789.toml"]
    assert os.path.isfile(outside)


def test_an_environment_that_became_something_else_stays(machine: Machine) -> None:
    """A user's directory in an environment's place stays, although a record names it."""
    project = machine.keep("foo")
    environment = machine.environment(project)
    machine.remove(environment)
    machine.write(os.path.join(environment, "thesis.txt"))
    machine.remove(project)
    assert apply(machine).removed == ()
    assert os.path.isfile(os.path.join(environment, "thesis.txt"))


def test_a_link_inside_is_removed_not_followed(machine: Machine) -> None:
    """The target of a symlink inside an environment stays."""
    project = machine.keep("foo")
    outside = machine.write(os.path.join(machine.root, "outside", "precious.txt"))
    os.symlink(os.path.dirname(outside), os.path.join(machine.environment(project), "lib64"))
    machine.remove(project)
    assert len(apply(machine).removed) == 1
    assert os.path.isfile(outside)


@pytest.mark.parametrize("folder", ["envs", "records", "trash"])
def test_a_store_with_a_link_in_it(machine: Machine, folder: str) -> None:
    """If a directory of the store is a symlink, its target stays."""
    project = machine.keep("foo")
    path, elsewhere = os.path.join(machine.store, folder), os.path.join(machine.root, "elsewhere")
    os.makedirs(path, exist_ok=True)
    os.rename(path, elsewhere)
    os.symlink(elsewhere, path)
    before = sorted(os.listdir(elsewhere))
    machine.remove(project)
    done = apply(machine)
    assert done.removed == ()
    assert "link" in done.kept[0].why or "is not a directory" in done.problems[0]
    assert sorted(os.listdir(elsewhere)) == before


def test_a_trash_that_is_a_link(machine: Machine) -> None:
    """If the trash is a symlink, its target does not count as leftovers."""
    trash.put(machine.store, machine.environment(machine.keep("foo")))
    folder, elsewhere = (os.path.join(machine.store, name) for name in ("trash", "elsewhere"))
    assert len(trash.leftovers(machine.store, machine.system())) == 1
    os.rename(folder, elsewhere)
    os.symlink(elsewhere, folder)
    assert trash.leftovers(machine.store, machine.system()) == []


def test_a_mount_inside_stays(machine: Machine) -> None:
    """If another volume is mounted inside an environment, nothing is removed."""
    project = machine.keep("foo")
    environment = machine.environment(project)
    machine.remove(project)

    class Mounting(System):
        """A system with one more mount."""

        def mount_table(self) -> str:
            """Return a table with a mount inside the environment."""
            return f"40 1 8:1 / {environment}/lib rw - ext4 /dev/sdb1 rw\n"

    if sys.platform != "linux":
        pytest.skip("other systems tell a mount by its device number")
    assert trash.mounted_inside(environment, Mounting()) == f"{environment}/lib"
    assert trash.mounted_inside(environment, System()) == ""


def test_a_mount_in_the_trash_stays(machine: Machine) -> None:
    """What was mounted inside an environment before it went into the trash is not removed."""
    environment = machine.environment(machine.keep("foo"))
    tagged = trash.put(machine.store, environment)

    class Mounting(System):
        """A system with one more mount."""

        def mount_table(self) -> str:
            """Return a table with a mount inside the environment."""
            return f"40 1 8:1 / {tagged}/lib rw - ext4 /dev/sdb1 rw\n"

    freed, problems = trash.empty(machine.store, Mounting())
    assert freed == 0
    assert "another volume is mounted inside" in problems[0]
    assert os.path.isdir(os.path.join(tagged, "lib"))


def test_a_store_that_is_none(machine: Machine) -> None:
    """A store that cannot be locked is an error with a message."""
    path = os.path.join(machine.write(os.path.join(machine.root, "file")), "store")
    with pytest.raises(UserError, match="cannot be written"), store_lock.held(path):
        pass


# -- in use ------------------------------------------------------------------------------------


def texts(**by_name: str) -> pytest.MarkDecorator:
    """Return the mark for a test with each of some texts, by name."""
    return pytest.mark.parametrize("text", by_name.values(), ids=by_name)


@texts(
    program="{}/bin/python",
    variable="{}",
    not_normal="{}/lib/../bin",
    through_a_link_to_the_store="{link}/bin/python",
    through_a_pointer="{project}/.venv/bin/python",
    pointer="{project}/.venv",
    pointer_below_another_venv="{below}/.venv/bin/python",
    pointer_to_a_pointer="{below}/venv-2/bin/python",
    redirect_file="{below}/file/.venv/bin/python",
)
def test_what_is_in_use_stays(machine: Machine, text: str) -> None:
    """An environment that a process mentions stays, with the reason."""
    project = machine.keep("foo")
    environment = machine.environment(project)
    os.symlink(environment, os.path.join(project, ".venv"))
    below = os.path.join(project, ".venv-tests", ".venv", "member")
    os.makedirs(below)
    os.symlink(environment, os.path.join(below, ".venv"))
    os.symlink(".venv", os.path.join(below, "venv-2"))
    machine.write(os.path.join(below, "file", ".venv"), f"{environment}\n")
    real = machine.store + "-real"
    os.rename(machine.store, real)
    os.symlink(real, machine.store)
    machine.age(project, 900)
    link = os.path.realpath(environment)
    spelled = text.format(environment, link=link, project=project, below=below)
    process = Process(7, "python3", ("", "relative", spelled))
    wanted = prune.plan(1.0, machine.environ, processes=[process])
    assert wanted.remove == ()
    assert wanted.keep[0].why == "in use by `python3` (process 7)"


@texts(
    longer_name="{}-old/bin/python",
    elsewhere="/usr/bin/python",
    no_pointer="{project}/.venv-old/bin/python",
    null="{project}/.venv\0",
    pointers_in_a_circle="{project}/venv-1",
)
def test_who_does_not_use_it(machine: Machine, text: str) -> None:
    """A process that mentions a similar path does not use the environment."""
    project = machine.keep("foo")
    environment = machine.environment(project)
    os.symlink("venv-2", os.path.join(project, "venv-1"))
    os.symlink("venv-1/x", os.path.join(project, "venv-2"))
    process = Process(7, "python3", (text.format(environment, project=project),))
    assert in_use.users([environment], [process]) == {}


@pytest.mark.parametrize("way", ["program", "script", "variable", "directory", "path"])
def test_a_real_process(machine: Machine, way: str) -> None:
    """A process started from an environment protects it until it ends."""
    project = machine.keep("gone")
    environment = machine.environment(project)
    machine.remove(project)
    command = [sys.executable, "-c", "print(flush=True); input()"]
    environ, cwd = dict(os.environ), machine.root
    if way == "program":
        command[0] = os.path.join(environment, "bin", "python")
    elif way == "script":
        code = command[2]
        command[1:] = [machine.write(os.path.join(environment, "bin", "run"), code)]
    elif way == "variable":
        environ["VIRTUAL_ENV"] = environment
    elif way == "path":
        environ["PATH"] = os.path.join(environment, "bin") + os.pathsep + environ["PATH"]
    else:
        cwd = os.path.join(environment, "lib")
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, cwd=cwd, env=environ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        process.stdout.readline()  # it runs
        wanted = prune.plan(None, machine.environ)
        assert wanted.remove == ()
        assert f"process {process.pid}" in wanted.keep[0].why
        process.stdin.close()
        process.wait()
    assert names(prune.plan(None, machine.environ).remove) == ["gone"]


def test_taken_into_use_after_the_plan(machine: Machine) -> None:
    """An environment that comes into use after the plan stays."""
    project = machine.keep("gone")
    environment = machine.environment(project)
    machine.remove(project)
    process = Process(7, "python3", (environment,))
    done = prune.apply(plan(machine), machine.environ, processes=lambda: [process])
    assert done.removed == ()
    assert "in use" in done.problems[0]
    assert os.path.isdir(environment)


def test_many_are_looked_at_together(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """What runs, and what became of the projects, is asked once for some, not once for each."""
    monkeypatch.setattr(prune, "_AT_ONCE", 2)
    for number in range(5):
        machine.remove(machine.keep(f"p{number}"))
    wanted, asked = prune.plan(None, machine.environ, processes=[]), []

    def processes() -> Iterable[Process]:
        asked.append(1)
        return []

    assert len(prune.apply(wanted, machine.environ, processes=processes).removed) == 5
    assert len(asked) == 3


def test_a_project_that_came_back_after_the_plan(machine: Machine) -> None:
    """An environment that has changed since the plan stays."""
    project = machine.keep("gone")
    os.rename(project, machine.root + "/away")
    wanted = plan(machine)
    os.rename(machine.root + "/away", project)
    done = prune.apply(wanted, machine.environ, processes=nobody)
    assert done.removed == ()
    assert "has changed" in done.problems[0]


# -- interruptions -----------------------------------------------------------------------------

PRUNE = """
from uvlocal.manage.environments import prune
def main():
    prune.apply(prune.plan(processes=[]), processes=lambda: [])
"""


def test_killed_at_any_moment(machine: Machine) -> None:
    """Killed before any change, nothing else is touched, and the next call finishes."""
    kept = machine.environment(machine.keep("kept"))
    machine.remove(machine.keep("gone"))
    for step in before_each_change(PRUNE, machine.environ, machine.home):
        states = machine.states()
        assert states.pop("kept") == "ok", step
        assert set(states.values()) <= {"project-gone"}, step
        assert os.path.isfile(os.path.join(kept, "bin", "tool")), step
        # The next call finishes; restore everything for the next kill.
        apply(machine)
        assert machine.states() == {"kept": "ok"}, step
        left = os.path.join(machine.store, trash.TRASH)
        assert not os.path.exists(left) or os.listdir(left) == [], step
        machine.remove(machine.keep("gone"))
    assert machine.states() == {"kept": "ok"}


def test_leftovers_are_finished(machine: Machine) -> None:
    """The next call shows, measures and removes what an interrupted call left, and nothing else."""
    environment = machine.environment(machine.keep("foo", size=MEGABYTE))
    trash.put(machine.store, environment)
    folder = os.path.join(machine.store, trash.TRASH)
    mine = machine.write(os.path.join(folder, "mine.txt"))
    machine.write(os.path.join(machine.store, "records", ".new-999999999-0123abcd"))
    wanted = plan(machine)
    assert len(wanted.leftovers) == 1
    assert wanted.size >= MEGABYTE
    assert apply(machine).freed >= MEGABYTE
    assert os.listdir(folder) == ["mine.txt"]
    assert os.path.isfile(mine)


def test_drafts_go(machine: Machine) -> None:
    """The next removal cleans up after a killed writer of records."""
    machine.remove(machine.keep("foo"))
    machine.write(os.path.join(machine.store, "records", ".new-999999999-0123abcd"))
    apply(machine)
    assert machine.records() == []


def test_the_store_is_held(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """While another process locks the store, nothing is removed, and that is reported."""
    machine.remove(machine.keep("foo"))
    monkeypatch.setattr(store_lock, "_PATIENCE", 0.01)
    wanted = plan(machine)
    with store_lock.lock(machine.store), pytest.raises(UserError, match="another process"):
        prune.apply(wanted, machine.environ, processes=nobody)
    assert len(machine.environments()) == 1


def test_a_store_without_write_permission(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A read-only store is an error with a message, and nothing is lost."""
    machine.remove(machine.keep("foo"))

    def refuse(source: str, target: str) -> None:
        raise PermissionError(13, "Permission denied", source, None, target)

    wanted = plan(machine)
    monkeypatch.setattr(os, "rename", refuse)
    done = prune.apply(wanted, machine.environ, processes=nobody)
    assert done.removed == ()
    assert "permission denied" in done.problems[0]
    assert len(machine.environments()) == 1


# -- removing ----------------------------------------------------------------------------------


@contextlib.contextmanager
def not_as_root(folder: str) -> Iterator[None]:
    """Run as an unprivileged owner of a directory, as nothing stops root."""
    if os.geteuid() != 0:
        yield
        return
    for path, folders, files in os.walk(folder):
        for name in ("", *folders, *files):
            os.chown(os.path.join(path, name), NOBODY, NOBODY)
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


def test_read_only_folders_go() -> None:
    """A read-only directory is removed with its content."""
    with public_folder() as base:
        top = os.path.join(base, "top")
        os.makedirs(os.path.join(top, "a", "b", "c"))
        with open(os.path.join(top, "a", "b", "file"), "w", encoding="utf-8"):
            pass
        with not_as_root(base):
            os.chmod(os.path.join(top, "a", "b", "c"), 0o500)
            os.chmod(os.path.join(top, "a", "b"), 0o500)
            os.chmod(os.path.join(top, "a"), 0o500)
            assert rmtree.delete(top) == ""
            assert not os.path.exists(top)


@pytest.mark.parametrize("kind", ["file", "link", "absent"])
def test_what_is_no_folder(tmp_path: Path, kind: str) -> None:
    """A file or symlink in the trash is removed too; a missing path is reported."""
    path = tmp_path / "x"
    target = tmp_path / "target"
    target.mkdir()
    if kind == "file":
        path.touch()
    elif kind == "link":
        path.symlink_to(target)
    assert bool(rmtree.delete(str(path))) == (kind == "absent")
    assert not os.path.lexists(path)
    assert target.is_dir()


# -- with the real uv --------------------------------------------------------------------------


def test_uv_makes_anew_what_was_removed(newest_world: World) -> None:
    """A project whose unused environment was removed gets a new one in the next call."""
    world = newest_world
    project = world.project("home/Dropbox/foo", dependencies=["iniconfig"])
    for _ in range(2):
        world.uv("run", "foo", cwd=project).ok()
    done = world.uvlocal("prune", "--older-than", "0d", "--yes").ok()
    assert "removed 1 environment" in done.err
    assert (world.environments(), world.records()) == ([], {})
    again = world.uv("run", "foo", cwd=project).ok()
    assert again.out == "hello from foo\n"
    assert len(again.ours) == 1
    [environment] = world.environments()
    assert world.installed(environment) == {"foo", "iniconfig"}
    assert len(world.records()) == 1
