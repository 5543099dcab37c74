"""Another project at the same path inherits nothing; the same project keeps its environment."""

from __future__ import annotations

import os
import shutil
import sys
import tomllib
from typing import TYPE_CHECKING

import pytest

from uvlocal.manage.environments import adopt, in_use, prune, record
from uvlocal.manage.environments.folder_identity import identity_of
from uvlocal.manage.environments.in_use import Process
from uvlocal.shim import prepare
from uvlocal.shim.call import Call
from uvlocal.shim.machine import native
from uvlocal.shim.machine.host import System
from uvlocal.shim.store import lookup

if TYPE_CHECKING:
    from support.hosts.machines import Machine
    from support.hosts.worlds import World

    from uvlocal.shim.decide import Decision

if sys.platform == "win32":
    pytest.skip("the machines here are POSIX's", allow_module_level=True)


@pytest.fixture
def kept(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """Return a machine with the project `foo` and its environment, without running processes."""
    project = machine.keep("foo")
    identity = identity_of(project)
    if identity is None or not identity.born:
        pytest.skip("this disk does not tell when a folder was made")
    monkeypatch.setattr(in_use, "running", list)
    return machine


def again(machine: Machine, name: str = "foo") -> str:
    """Delete a project, and create another one at its path; return that."""
    path = os.path.join(machine.dropbox, name)
    born = native.born(path)
    while born == native.born(path):  # a disk's clock has steps of some milliseconds
        shutil.rmtree(path)
        machine.project(name)
    return path


def call(machine: Machine, project: str) -> list[str]:
    """Prepare a `uv sync` like the shim; return the names of the environments afterwards."""
    one = machine.call(project)
    prepare.attempt(one, machine.decision)
    prepare.prepare(one, machine.decision)
    return machine.environments()


def test_somebody_removes_the_store_meanwhile(
    kept: Machine, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """The notice mentions what was set aside, even if the store had to be created twice."""
    project, claim, tries = again(kept), record.claim, []

    def claimed(one: Call, decision: Decision) -> str | None:
        tries.append(decision)
        if len(tries) == 1:
            raise FileNotFoundError
        return claim(one, decision)

    monkeypatch.setattr(record, "claim", claimed)
    call(kept, project)
    assert (len(tries), "is kept as `foo-" in capfd.readouterr().err) == (2, True)


def test_a_record_is_read_once(kept: Machine) -> None:
    """A call that may change an environment reads its record once."""
    read: list[str] = []

    class Counting(System):
        """A system that records reads."""

        def read(self, path: str, limit: int = 2**30) -> bytes | None:
            """Record the path, and read it."""
            read.append(os.path.basename(path))
            return super().read(path, limit)

    place = os.path.join(kept.dropbox, "foo")
    one = Call(["sync"], Counting(environ=dict(kept.environ), cwd=place))
    one.settle(prepare.attempt)
    assert [name for name in read if name in kept.records()] == kept.records()


def script_names(machine: Machine, name: str) -> bool:
    """Return whether the script in an environment contains its path."""
    with open(os.path.join(machine.store, "envs", name, "bin", "tool"), encoding="utf-8") as file:
        return f"/envs/{name}/bin/python" in file.read()


def test_a_new_project_inherits_nothing(kept: Machine, capfd: pytest.CaptureFixture[str]) -> None:
    """The old environment is set aside completely, and one line reports it."""
    old = kept.environment(os.path.join(kept.dropbox, "foo"))
    project = again(kept)
    both = call(kept, project)
    [aside] = {*both} - {os.path.basename(old)}
    assert os.listdir(old) == []
    assert f"is kept as `{aside}`" in capfd.readouterr().err
    assert call(kept, project) == both
    assert capfd.readouterr().err == ""
    assert script_names(kept, aside)
    found = prune.plan(None, kept.environ, processes=[])
    assert [(one.name, one.state) for one in found.remove] == [(aside, "replaced")]


def test_it_can_be_adopted(kept: Machine) -> None:
    """An environment that was set aside can be adopted by name."""
    project = again(kept)
    [aside] = {*call(kept, project)} - {os.path.basename(kept.environment(project))}
    done = adopt.adopt(project, aside, kept.environ, processes=list)
    assert done.environment == kept.environment(project)
    assert kept.states() == {"foo": "ok"}
    assert kept.records() == [os.path.basename(done.environment) + ".toml"]


def test_a_project_that_was_moved_away(kept: Machine) -> None:
    """If the old directory was renamed beside it, it can adopt its environment."""
    first, after = (os.path.join(kept.dropbox, name) for name in ("foo", "bar"))
    os.rename(first, after)
    call(kept, kept.project("foo"))
    assert "; the project was " in (kept.first_call(after) or "")
    assert adopt.adopt(after, "", kept.environ, processes=list).root == after
    assert kept.states() == {"foo": "ok", "bar": "ok"}


def _restored(machine: Machine, project: str) -> None:
    """Make its content older than the directory, as after a restore."""
    del machine
    os.utime(os.path.join(project, "pyproject.toml"), (1, 1))


def _change(machine: Machine, key: str, value: object) -> None:
    [name] = machine.records()
    path = os.path.join(machine.store, "records", name)
    with open(path, "rb") as file:
        record.write(path, tomllib.load(file) | {key: value})


@pytest.mark.parametrize(
    ("key", "value"),
    [
        pytest.param("device", 7, id="mounted-again"),
        pytest.param("born", 0, id="no-birth-time"),
        pytest.param("inode", 7, id="no-stable-inode"),
        pytest.param("mount", [1, 2, 3], id="another-volume"),
        pytest.param("system", [1, 2, 3], id="another-container"),
        pytest.param("system", "x", id="damaged"),
        pytest.param("", None, id="restored"),
    ],
)
def test_what_only_looks_so(kept: Machine, key: str, value: object) -> None:
    """In doubt the environment stays."""
    before = kept.environments()
    project = os.path.join(kept.dropbox, "foo")
    if key != "inode":
        project = again(kept)
    if key:
        _change(kept, key, value)
    else:
        _restored(kept, project)
    assert call(kept, project) == before
    if not key:  # from then on, the record has the restored directory's identity
        one = kept.call(project)
        assert one.facts.store is not None
        assert not lookup.is_of_another_folder(one.facts.store, project, one.system)


def test_a_disk_without_birth_times(kept: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the new directory has no birth time, the environment stays."""
    before, project = kept.environments(), again(kept)
    monkeypatch.setattr(native, "born", lambda _: 0)
    assert call(kept, project) == before


def test_in_use(kept: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment in use is not moved; the decision is not recorded, to try again soon."""
    before, project = kept.environments(), again(kept)
    used = Process(1, "python", (kept.environment(project),))
    monkeypatch.setattr(in_use, "running", lambda: [used])
    one = kept.call(project)
    prepare.attempt(one, kept.decision)
    assert (kept.environments(), one.is_lasting) == (before, False)
    monkeypatch.setattr(in_use, "running", list)
    assert call(kept, project) != before


def test_a_store_that_cannot_be_written(kept: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the record cannot be written, nothing changes."""
    before, project = kept.environments(), again(kept)

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(record, "write", fail)
        assert call(kept, project) == before
    [name] = before
    assert script_names(kept, name)
    assert call(kept, project) != before


def test_with_the_real_uv(newest_world: World) -> None:
    """A replayed call detects it too: the new project does not see the old one's packages."""
    world = newest_world
    project = world.project("home/Dropbox/foo", packaged=False, dependencies=["six"])
    for _ in range(3):
        world.uv("run", "python", "-c", "import six", cwd=project).ok()
    if identity_of(project) is None or not native.born(project):
        pytest.skip("this disk does not tell when a folder was made")
    shutil.rmtree(project)
    world.project("home/Dropbox/foo", packaged=False)
    ran = world.uv("run", "python", "-c", "import six", cwd=project)
    assert (ran.code, "No module named 'six'" in ran.err) == (1, True), ran
    assert len(world.environments()) == 2
