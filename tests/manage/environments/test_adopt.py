"""`uvlocal adopt`: a moved project reuses its old environment, and it works there."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from typing import TYPE_CHECKING

import pytest
from support.faults.killing import before_each_change

from uvlocal.manage.environments import adopt, relocate, remove_all, store_lock
from uvlocal.manage.environments.folder_identity import identity_of
from uvlocal.manage.environments.in_use import Process
from uvlocal.manage.errors import USAGE, UserError

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.hosts.machines import Machine
    from support.hosts.worlds import World

if sys.platform == "win32":
    pytest.skip("the machines here are POSIX's", allow_module_level=True)


@pytest.fixture
def moved(machine: Machine) -> str:
    """Return a project that was moved after it got its environment."""
    before = machine.keep("foo")
    identity = identity_of(before)
    if identity is None or not identity.born:
        pytest.skip("this disk does not tell when a folder was made")
    after = os.path.join(machine.dropbox, "code", "bar")
    os.makedirs(os.path.dirname(after))
    os.rename(before, after)
    return after


def run(machine: Machine, project: str, former: str = "") -> adopt.Adopted:
    """Adopt, without running processes."""
    return adopt.adopt(project, former, machine.environ, processes=list)


def tool(environment: str) -> str:
    """Return the output of a script in an environment."""
    command = [os.path.join(environment, "bin", "tool")]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    return result.stdout.strip()


# -- actions -----------------------------------------------------------------------------------


def test_the_environment_goes_along(machine: Machine, moved: str) -> None:
    """Adoption renames the old environment and its record, and scripts work."""
    [old] = machine.environments()
    created = machine.entries(moved)["foo"].record
    done = run(machine, moved)
    new = machine.environment(moved)
    assert (done.root, done.environment) == (moved, new)
    assert done.former_root == os.path.join(machine.dropbox, "foo")
    assert (done.scripts, done.replaced, done.problems) == (2, False, ())
    assert machine.environments() == [os.path.basename(new)] != [old]
    assert machine.records() == [os.path.basename(new) + ".toml"]
    entry = machine.entries()["bar"]
    assert (entry.state, entry.root) == ("ok", moved)
    assert entry.record is not None
    assert created is not None
    assert entry.record.created == created.created
    assert tool(new) == "tool"
    with open(os.path.join(new, "bin", "activate"), encoding="utf-8") as file:
        assert file.readline() == f"VIRTUAL_ENV='{new}'\n"


def test_a_new_environment_is_replaced(machine: Machine, moved: str) -> None:
    """The old environment replaces the one created since the move."""
    machine.first_call(moved)
    new = machine.environment(moved)
    machine.make_environment(new)
    machine.write(os.path.join(new, "made-since"))
    done = run(machine, moved)
    assert done.replaced
    assert not os.path.exists(os.path.join(new, "made-since"))
    assert tool(new) == "tool"
    assert machine.states() == {"bar": "ok"}
    assert sorted(os.listdir(machine.store)) == [".lock", "envs", "records"]


def test_a_dry_run_changes_nothing(machine: Machine, moved: str) -> None:
    """A dry run reports what would be done, and changes nothing."""
    before = (machine.environments(), machine.records())
    done = adopt.adopt(moved, "", machine.environ, dry_run=True, processes=list)
    assert done.dry_run
    assert done.environment == machine.environment(moved)
    assert (machine.environments(), machine.records()) == before


@pytest.mark.parametrize("by", ["path", "tilde", "name"])
def test_named_by_the_user(machine: Machine, by: str) -> None:
    """If a move is not recognised, the user can name the old path or the environment."""
    project = machine.keep("foo")
    [name] = machine.environments()
    after = machine.project("elsewhere")
    machine.remove(project)
    former = {"path": project, "tilde": "~/Dropbox/foo", "name": name}[by]
    assert run(machine, after, former).former_root == project
    assert tool(machine.environment(after)) == "tool"
    assert machine.states() == {"elsewhere": "ok"}


def test_into_another_store(machine: Machine, moved: str) -> None:
    """If the user has chosen another store since, the environment is moved there."""
    machine.environ["UVLOCAL_STORE"] = other = os.path.join(machine.root, "other")
    done = run(machine, moved)
    assert done.environment.startswith(other)
    assert tool(done.environment) == "tool"
    assert machine.records() == []
    assert machine.states() == {"bar": "ok"}


@pytest.mark.parametrize(
    "says",
    [
        pytest.param("{old}", id="absolute"),
        pytest.param("../../.local/share/uvlocal/envs/{name}", id="relative-to-the-old-place"),
    ],
)
def test_a_pointer_leads_to_the_new_place(machine: Machine, moved: str, says: str) -> None:
    """A pointer to the old environment is updated."""
    [name] = machine.environments()
    pointer = os.path.join(moved, ".venv")
    os.symlink(says.format(old=os.path.join(machine.store, "envs", name), name=name), pointer)
    run(machine, moved)
    assert os.path.realpath(pointer) == machine.environment(moved)


@pytest.mark.parametrize("kind", ["folder", "foreign"])
def test_what_is_no_pointer_stays(machine: Machine, moved: str, kind: str) -> None:
    """A `.venv` that is not ours is left as it is."""
    path = os.path.join(moved, ".venv")
    if kind == "folder":
        os.mkdir(path)
    else:
        os.symlink("nowhere", path)
    run(machine, moved)
    assert os.path.isdir(path) == (kind == "folder")
    assert os.path.islink(path) == (kind == "foreign")


def test_a_file_called_as_our_lock(machine: Machine, moved: str) -> None:
    """Another file with our lock's name is not changed."""
    path = os.path.join(machine.store, ".lock")
    machine.write(path, "mine")
    with pytest.raises(UserError, match="not a lock file of uvlocal"):
        run(machine, moved)
    remove_all.tidy(machine.store)
    with open(path, encoding="utf-8") as file:
        assert file.read() == "mine"


# -- refusals ----------------------------------------------------------------------------------


def test_nothing_to_adopt(machine: Machine) -> None:
    """A project that was not moved has nothing to adopt, and there is a hint."""
    with pytest.raises(UserError, match="no earlier environment is known") as caught:
        run(machine, machine.keep("foo"))
    assert "--from" in caught.value.hint


def test_a_copy_does_not_share(machine: Machine) -> None:
    """A copy does not get the environment of an existing project."""
    project = machine.keep("foo")
    shutil.copytree(project, project + "2")
    with pytest.raises(UserError, match="still exists"):
        run(machine, project + "2", project)
    assert machine.states() == {"foo": "ok"}


def test_its_own(machine: Machine) -> None:
    """A project's own environment need not be adopted."""
    project = machine.keep("foo")
    with pytest.raises(UserError, match="already"):
        run(machine, project, project)


def test_on_an_unmounted_volume(machine: Machine) -> None:
    """The environment of a project that may still exist is not adopted."""
    project = machine.keep("foo")
    home = machine.home
    machine.remove(machine.dropbox)
    machine.write(
        os.path.join(home, ".config", "uvlocal", "uvlocal.toml"), 'synced-roots = ["~/x"]'
    )
    after = machine.project(os.path.join(home, "x", "bar"))
    with pytest.raises(UserError, match="may still exist"):
        run(machine, after, project)


def test_broken(machine: Machine) -> None:
    """A broken environment is not adopted."""
    project = machine.keep("foo")
    [name] = machine.environments()
    os.unlink(os.path.join(machine.store, "envs", name, "pyvenv.cfg"))
    machine.remove(project)
    with pytest.raises(UserError, match="cannot be adopted"):
        run(machine, machine.project("bar"), name)


def test_unknown(machine: Machine) -> None:
    """An unknown name is wrong usage."""
    with pytest.raises(UserError, match="no known environment or project") as caught:
        run(machine, machine.project("bar"), "nothing")
    assert caught.value.code == USAGE


def test_its_environment_is_gone(machine: Machine, moved: str) -> None:
    """A record without an environment cannot be adopted."""
    [name] = machine.environments()
    machine.remove(os.path.join(machine.store, "envs", name))
    with pytest.raises(UserError, match="is gone"):
        run(machine, moved)


@pytest.mark.parametrize("place", ["local", "outside"])
def test_where_nothing_is_redirected(machine: Machine, moved: str, place: str) -> None:
    """A project that is not redirected at its new path adopts nothing."""
    after = os.path.join(machine.root, "code")
    if place == "local":
        os.rename(moved, after)
    else:
        os.mkdir(after)
    with pytest.raises(UserError) as caught:
        run(machine, after)
    assert ("local volume" in caught.value.message) == (place == "local")
    assert len(machine.environments()) == 1


@pytest.mark.parametrize("which", ["old", "new"])
def test_in_use(machine: Machine, moved: str, which: str) -> None:
    """An environment in use is not moved, nor replaced; this process itself does not count."""
    [name] = machine.environments()
    used = machine.environment(moved)
    if which == "old":
        used = os.path.join(machine.store, "envs", name)
    other, this = Process(7, "python3", (used,)), Process(os.getpid(), "uvlocal", (used,))
    with pytest.raises(UserError, match="process 7"):
        adopt.adopt(moved, "", machine.environ, processes=lambda: [other, this])
    adopt.adopt(moved, "", machine.environ, processes=lambda: [this])
    assert machine.states() == {"bar": "ok"}


def test_uvlocal_itself_runs_from_it(
    machine: Machine, moved: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The environment that uvlocal runs from is not moved."""
    [name] = machine.environments()
    monkeypatch.setattr("sys.prefix", os.path.join(machine.store, "envs", name))
    with pytest.raises(UserError, match="uvlocal itself"):
        run(machine, moved)


def test_the_store_is_held(machine: Machine, moved: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """While another process locks the store, nothing is moved."""
    monkeypatch.setattr(store_lock, "_PATIENCE", 0.01)
    with store_lock.lock(machine.store), pytest.raises(UserError, match="another process"):
        run(machine, moved)


def everything(folder: str) -> dict[str, bytes]:
    """Return the files in a store, except the lock, with their content."""
    found = {}
    for above, folders, files in os.walk(folder):
        found.update({os.path.join(above, name): b"folder" for name in folders if name != "trash"})
        for name in (name for name in files if name != ".lock"):
            with open(os.path.join(above, name), "rb") as file:
                found[os.path.join(above, name)] = file.read()
    return found


@pytest.mark.parametrize(
    ("store", "step"),
    [
        ("same", "os.rename"),
        ("same", "os.replace"),
        ("same", "os.unlink"),
        ("other", "os.rename"),
        ("other", "os.replace"),
        ("other", "os.unlink"),
        ("other", "shutil.copytree"),
    ],
)
@pytest.mark.parametrize("made_since", [False, True], ids=["plain", "replacing"])
def test_a_step_that_fails(
    machine: Machine,
    moved: str,
    monkeypatch: pytest.MonkeyPatch,
    *,
    step: str,
    store: str,
    made_since: bool,
) -> None:
    """If any step fails, everything is undone, and the next call succeeds."""
    if store == "other":
        machine.environ["UVLOCAL_STORE"] = os.path.join(machine.root, "other")
        monkeypatch.setattr(relocate, "_on_one_disk", lambda *_: False)
    if made_since:
        machine.first_call(moved)
        machine.make_environment(machine.environment(moved))
    module, name = step.split(".")
    real = getattr({"os": os, "shutil": shutil}[module], name)
    before = everything(machine.root)
    for fails_at in range(1, 20):
        count = 0

        def sometimes(*arguments: object, fails_at: int = fails_at, **more: object) -> object:
            nonlocal count
            counts = step != "os.unlink" or str(arguments[0]).endswith(".toml")
            count += counts
            if counts and count == fails_at:
                raise OSError(28, "No space left on device")
            return real(*arguments, **more)

        with monkeypatch.context() as patch:
            patch.setattr(step, sometimes)
            try:
                run(machine, moved)
            except UserError as error:
                assert "no space left" in error.message  # noqa: PT017 - it may also succeed
            else:
                break
        after = everything(machine.root)
        made = {name: after[name] for name in after.keys() - before.keys()}
        assert set(made.values()) <= {b"folder"}, fails_at
        assert {name: after[name] for name in before} == before, fails_at
    assert fails_at > 1
    assert machine.states() == {"bar": "ok"}
    assert tool(machine.environment(moved)) == "tool"


def test_one_disk_that_is_mounted_twice(
    machine: Machine, moved: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If a folder cannot be renamed to another place of the same disk, it is copied."""
    machine.environ["UVLOCAL_STORE"] = other = os.path.join(machine.root, "other")
    real = os.rename

    def refuse(source: str, target: str) -> None:
        if source.startswith(machine.store) != target.startswith(machine.store):
            raise OSError(18, "Invalid cross-device link", source, None, target)
        real(source, target)

    monkeypatch.setattr(os, "rename", refuse)
    done = run(machine, moved)
    assert done.environment.startswith(other)
    assert (done.scripts, done.problems, machine.environments()) == (2, (), [])
    assert tool(done.environment) == "tool"


# -- interruptions -----------------------------------------------------------------------------

ADOPT = """
import os
import sys
from uvlocal.manage.environments import adopt
def main():
    adopt.adopt(os.getcwd(), processes=list)
"""


@pytest.mark.parametrize("made_since", [False, True], ids=["plain", "replacing"])
def test_killed_at_any_moment(machine: Machine, moved: str, *, made_since: bool) -> None:
    """Killed before any change, an environment is complete, and the next call finishes."""
    back = os.path.join(machine.dropbox, "foo")
    if made_since:
        machine.first_call(moved)
        machine.make_environment(machine.environment(moved))
    for step in before_each_change(ADOPT, machine.environ, moved):
        if "foo" in machine.entries(moved):
            run(machine, moved)
        new = machine.environment(moved)
        assert machine.states() == {"bar": "ok"}, step
        assert tool(new) == "tool", step
        # Restore everything for the next kill.
        os.rename(moved, back)
        run(machine, back)
        os.rename(back, moved)
        if made_since:
            machine.first_call(moved)
            machine.make_environment(new)
    assert tool(machine.environment(moved)) == "tool"
    assert machine.states() == {"bar": "ok"}


# -- scripts -----------------------------------------------------------------------------------

OLD, NEW = b"/store/envs/foo-0123456789", b"/store/envs/bar-9876543210"
LONG = b"/" + b"x" * 120


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(
            b"#!" + OLD + b"/bin/python\nprint()\n",
            b"#!" + NEW + b"/bin/python\nprint()\n",
            id="shebang",
        ),
        pytest.param(
            b"#!/bin/sh\n'''exec' '" + OLD + b"/bin/python' \"$0\" \"$@\"\n' '''\n",
            b"#!/bin/sh\n'''exec' '" + NEW + b"/bin/python' \"$0\" \"$@\"\n' '''\n",
            id="shell-form",
        ),
        pytest.param(b"V='" + OLD + b"'\nW=" + OLD, b"V='" + NEW + b"'\nW=" + NEW, id="activate"),
        pytest.param(OLD + b"0/bin", OLD + b"0/bin", id="longer-name"),
        pytest.param(OLD + b"-x/bin", OLD + b"-x/bin", id="longer-name-with-a-dash"),
        pytest.param(b"#!/usr/bin/python\n", b"#!/usr/bin/python\n", id="elsewhere"),
        pytest.param(b"\xff" + OLD + b"\xff", b"\xff" + NEW + b"\xff", id="no-text"),
        pytest.param(b"", b"", id="empty"),
    ],
)
def test_rewritten(before: bytes, after: bytes) -> None:
    """One path is replaced everywhere, and nothing else changes."""
    assert relocate.rewritten(before, OLD, NEW) == after


def test_a_first_line_that_would_be_too_long() -> None:
    """If the new path is too long for a first line, a shell starts the interpreter, like in uv."""
    made = relocate.rewritten(b"#!" + OLD + b"/bin/python\nprint()\n", OLD, LONG)
    shell = b"#!/bin/sh\n'''exec' '" + LONG + b"/bin/python' \"$0\" \"$@\"\n' '''\nprint()\n"
    assert made == shell


def test_a_script_in_the_shell_form_runs(machine: Machine) -> None:
    """A script whose first line is too long still runs, with its arguments."""
    folder = os.path.join(machine.root, "y" * 100, "it's")
    python = os.path.join(folder, "bin", "python")
    os.makedirs(os.path.dirname(python))
    os.symlink(shutil.which("python3") or "/usr/bin/python3", python)
    text = b"#!/old/bin/python\nimport sys; print(sys.argv[1:])\n"
    script = os.path.join(folder, "run")
    with open(script, "wb") as file:
        file.write(relocate.rewritten(text, b"/old", os.fsencode(folder)))
    os.chmod(script, 0o700)
    result = subprocess.run([script, "a b"], capture_output=True, text=True, check=True)
    assert result.stdout == "['a b']\n"


def test_what_is_rewritten(machine: Machine) -> None:
    """Programs, symlinks, and hard links in uv's cache are not changed."""
    environment = os.path.join(machine.store, "envs", "foo-0123456789")
    machine.make_environment(environment)
    program = os.path.join(environment, "bin", "program")
    data = b"\0ELF" + os.fsencode(environment)
    with open(program, "wb") as file:
        file.write(data)
    cached = os.path.join(machine.root, "cached")
    tool_ = os.path.join(environment, "bin", "tool")
    mode = os.stat(tool_).st_mode
    os.link(tool_, cached)
    with open(cached, "rb") as file:
        before = file.read()
    os.mkdir(os.path.join(environment, "bin", "folder"))
    assert len(relocate.rewrite(environment, environment, machine.root + "/new")) == 2
    with open(program, "rb") as file:
        assert file.read() == data
    with open(cached, "rb") as file:
        assert file.read() == before
    assert os.stat(tool_).st_mode == mode
    assert relocate.rewrite(environment, environment, machine.root + "/new") == []


# -- with the real uv --------------------------------------------------------------------------


def by_name(folder: str) -> Callable[[str], str]:
    """Return the path of a program in a directory."""
    return lambda name: os.path.join(folder, "bin", name)


def test_with_the_real_uv(world: World) -> None:
    """A moved project keeps packages installed by hand; its scripts work with and without uv."""
    project = world.project("home/Dropbox/foo", dependencies=["hatchling"])
    world.uv("sync", cwd=project).ok()
    world.uv("pip", "install", "six", cwd=project).ok()
    after = world.path("home/Dropbox/code/bar")
    os.makedirs(os.path.dirname(after))
    os.rename(project, after)
    first = world.uv("run", "foo", cwd=after).ok()
    if identity_of(after) is None or "uvlocal adopt" not in first.err:
        pytest.skip("this disk does not tell when a folder was made")
    done = world.uvlocal("adopt", cwd=after).ok()
    [environment] = world.environments()
    assert done.raw_out == environment + "\n"
    assert world.installed(environment) >= {"foo", "hatchling", "six"}
    program = by_name(environment)
    assert "usage" in world.run(program("hatchling"), "--help").ok().out
    assert world.uv("run", "foo", cwd=after).ok().out == "hello from foo\n"
    assert "usage" in world.uv("run", "hatchling", "--help", cwd=after).ok().out
    assert world.run(program("foo")).ok().out == "hello from foo\n"
    assert world.installed(environment) >= {"foo", "hatchling", "six"}
    script = f". '{environment}/bin/activate' && echo $VIRTUAL_ENV"
    assert world.run("sh", "-c", script).ok().raw_out == environment + "\n"
    [record] = world.records().values()
    assert tomllib.loads(f"root = '{after}'")["root"] == record["root"]
