"""`uvlocal status` and `uvlocal path`: what uvlocal does for a project."""

from __future__ import annotations

import os
import shutil
import sys
from typing import TYPE_CHECKING

import pytest
from support.compare.running import run

from uvlocal.manage.environments import record
from uvlocal.manage.environments.folder_identity import identity_of
from uvlocal.manage.errors import FINDINGS, USAGE, UserError
from uvlocal.manage.projects import status

if TYPE_CHECKING:
    from support.hosts.machines import Machine

    from uvlocal.shim.machine.host import System

if sys.platform == "win32":
    pytest.skip("the machines here are POSIX's", allow_module_level=True)


def test_a_redirected_project(machine: Machine) -> None:
    """The decision is shown with its evidence, the environment with its Python."""
    project = machine.keep("foo")
    found = status.of(project, machine.environ)
    assert (found.root, found.code, found.strategy) == (project, "synced", "redirect")
    assert (found.volume_kind, found.provider) == ("synced", "dropbox")
    assert any("info.json" in sentence for sentence in found.evidence)
    assert found.environment == machine.environment(project)
    assert (found.environment_exists, found.python) == (True, "3.12.1")
    assert found.record is not None
    assert found.created.endswith("Z")
    assert found.variables == {"UV_PROJECT_ENVIRONMENT": found.environment}
    assert (found.venv, found.former_root) == ("none", "")


def test_before_the_first_call(machine: Machine) -> None:
    """An unused project has no record and no environment, but a path for it."""
    found = status.of(machine.project("foo"), machine.environ)
    assert (found.record, found.created, found.environment_exists) == (None, "", False)
    assert found.environment


def test_a_local_project(machine: Machine) -> None:
    """If uvlocal does nothing, the environment is `.venv`."""
    project = machine.project(os.path.join(machine.root, "code", "foo"))
    found = status.of(project, machine.environ)
    assert (found.code, found.strategy) == ("local-volume", None)
    assert found.environment == os.path.join(project, ".venv")
    assert found.variables == {}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param("/mine", "/mine", id="absolute"),
        pytest.param("mine", "{}/mine", id="relative"),
    ],
)
def test_the_users_own_environment(machine: Machine, value: str, expected: str) -> None:
    """An environment that the user named is shown as uv finds it."""
    project = machine.project("foo")
    machine.environ["UV_PROJECT_ENVIRONMENT"] = value
    found = status.of(project, machine.environ)
    assert (found.code, found.root) == ("user-environment", project)
    assert found.environment == expected.format(project)


def test_from_below_and_through_a_link(machine: Machine) -> None:
    """A directory in the project, or a symlink to one, is the same project."""
    project = machine.keep("foo")
    below = os.path.dirname(machine.write(os.path.join(project, "src", "deep", "x")))
    link = os.path.join(machine.root, "link")
    os.symlink(below, link)
    for path in (below, link):
        assert status.of(path, machine.environ).root == project


@pytest.mark.parametrize("kind", ["folder", "symlink", "file", "other"])
def test_what_is_at_venv(machine: Machine, kind: str) -> None:
    """`.venv` is described: another uv's environment, a pointer, or something else."""
    project = machine.keep("foo")
    path, target = os.path.join(project, ".venv"), machine.environment(project)
    if kind == "folder":
        os.mkdir(path)
    elif kind == "symlink":
        os.symlink(target, path)
    else:
        machine.write(path, f"{target}\n" * (1 if kind == "file" else 2))
    found = status.of(project, machine.environ)
    assert found.venv == kind
    assert found.venv_target == (target if kind in ("symlink", "file") else "")
    assert found.strategy == "redirect"


def test_a_moved_project(machine: Machine) -> None:
    """A moved project's old path is shown, even if another project is there."""
    project = machine.keep("foo")
    identity = identity_of(project)
    if identity is None or not identity.born:
        pytest.skip("this disk does not tell when a folder was made")
    os.rename(project, project + "-new")
    assert status.of(project + "-new", machine.environ).former_root == project
    shutil.copytree(project + "-new", project)
    assert status.of(project + "-new", machine.environ).former_root == project


def test_a_moved_project_with_many_others(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once a moved project has a record of its own, that and the former one are all that is read.

    A project that was never moved needs its own alone, and one whose former is gone tells nothing.
    """
    project, other = machine.keep("foo"), machine.keep("other")
    identity = identity_of(project)
    if identity is None or not identity.born:
        pytest.skip("this disk does not tell when a folder was made")
    os.rename(project, project + "-new")
    assert "; the project was" in (machine.first_call(project + "-new") or "")
    read: set[str] = set()

    def noting(path: str, system: System) -> record.Record:
        read.add(os.path.basename(path).partition("-")[0])
        return read_record(path, system)

    read_record = record.read_record
    monkeypatch.setattr(record, "read_record", noting)
    for place, former, names in (
        (project + "-new", project, {"foo"}),
        (other, "", {"other"}),
    ):
        read.clear()
        assert (status.of(place, machine.environ).former_root, read) == (former, names)
    os.unlink(machine.entries()["foo"].record_path)
    assert status.of(project + "-new", machine.environ).former_root == ""


def test_a_broken_record(machine: Machine) -> None:
    """With a broken record the rest is still shown."""
    project = machine.keep("foo")
    [name] = machine.records()
    machine.write(os.path.join(machine.store, "records", name), "x")
    found = status.of(project, machine.environ)
    assert (found.code, found.created) == ("synced", "")
    assert found.record is not None


@pytest.mark.parametrize("name", ["UVLOCAL_BYPASS", "UV_PROJECT_ENVIRONMENT"])
def test_outside_a_project(machine: Machine, name: str) -> None:
    """Outside a project there is no result, whatever is set."""
    with pytest.raises(UserError, match="or any parent directory") as caught:
        status.of(machine.root, machine.environ | {name: "1"})
    assert caught.value.code == FINDINGS


@pytest.mark.parametrize("bypass", ["", "1"])
def test_wrong_paths(machine: Machine, bypass: str) -> None:
    """An invalid path is wrong usage; outside a project there is no result."""
    machine.environ["UVLOCAL_BYPASS"] = bypass
    file = machine.write(os.path.join(machine.root, "file"))
    for path, code in ((file, USAGE), (file + "-not", USAGE), ("\0", USAGE)):
        with pytest.raises(UserError) as caught:
            status.of(path, machine.environ)
        assert caught.value.code == code
    with pytest.raises(UserError) as caught:
        status.of(machine.root, machine.environ | {"UVLOCAL_BYPASS": ""})
    assert caught.value.code == FINDINGS


@pytest.mark.parametrize("name", ["foo", "sp ace", os.fsdecode(b"no\xfftext")])
def test_path_prints_the_path_alone(machine: Machine, name: str) -> None:
    """`uvlocal path` prints exactly the bytes of the path."""
    project = machine.project(os.path.join(machine.root, name))
    result = run(machine, "path", cwd=project)
    assert (result.raw_out, result.raw_err) == (f"{project}/.venv\n", "")
    redirected = machine.project(name)
    assert run(machine, "path", redirected).raw_out == machine.environment(redirected) + "\n"


@pytest.mark.skipif(sys.platform != "linux", reason="where volumes are mounted differs by system")
def test_a_volume_that_is_not_mounted(machine: Machine) -> None:
    """A missing path below a directory for volumes is reported as unmounted."""
    with pytest.raises(UserError) as caught:
        status.of("/media/nobody/stick/foo", machine.environ)
    assert caught.value.code == USAGE
    assert "`/media/nobody/stick` is not mounted" in caught.value.message


def test_no_better_place(machine: Machine) -> None:
    """If the store is remote like the project, a hint says how to set a local one."""
    project = machine.project("foo")
    machine.environ["UVLOCAL_STORE"] = os.path.join(machine.dropbox, "store")
    shown = run(machine, "status", project).ok()
    assert "no-better-place" in shown.out
    assert shown.err.splitlines() == [
        "uv keeps the environment in the project, where all machines with this folder share it",
        "",
        (
            "hint: run `uvlocal config set store DIR` with a DIR on a local disk, or, for all "
            'users, add `store = "/scratch/$USER/uvlocal"` to `/etc/uvlocal/uvlocal.toml`'
        ),
    ]


def test_a_pointer_that_leads_astray(machine: Machine) -> None:
    """A copy's pointer to the original's environment is reported, with a hint."""
    bar, foo = machine.keep("bar"), machine.keep("foo")
    os.symlink(machine.environment(bar), os.path.join(foo, ".venv"))
    found = status.of(foo, machine.environ)
    assert found.pointer_problem.startswith("`.venv` points to another environment, `~/.local")
    told = run(machine, "status", "Dropbox/foo")
    assert "hint: `uvlocal link` points it to the environment" in told.raw_err
    shutil.rmtree(machine.environment(bar))
    assert "dangling" in status.of(foo, machine.environ).pointer_problem


def test_a_pointer_that_a_client_would_harm(machine: Machine) -> None:
    """If the client skips symlinks, `status` says why there is no pointer."""
    machine.write(f"{machine.home}/.config/uvlocal/uvlocal.toml", 'pointer = "symlink"\n')
    machine.write(f"{machine.home}/cloud/.csync_journal.db")
    there = machine.project(f"{machine.home}/cloud/bar")
    why = status.of(there, machine.environ).pointer_problem
    assert why == "none is created: Nextcloud leaves symbolic links out"
    assert status.of(machine.project("foo"), machine.environ).pointer_problem == ""


def test_a_folder_without_a_project(machine: Machine) -> None:
    """Without a project, the volume is still shown, and the exit code is 1."""
    told = run(machine, "status", "Dropbox")
    assert told.code == FINDINGS
    assert told.raw_err.splitlines()[0].endswith(
        "or any parent directory; the volume is Dropbox (synced)"
    )
    assert "is on" not in run(machine, "status", machine.root).raw_err
