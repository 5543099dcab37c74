"""A project is migrated with the real uv, even after being killed halfway."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from typing import TYPE_CHECKING

import pytest
from support.programs import sync_client

if TYPE_CHECKING:
    from support.hosts.worlds import World

if sys.platform == "win32":
    pytest.skip("kills, and stands in for uv, as on POSIX", allow_module_level=True)

#: A uv that kills its parent process, at the point that `stage` names.
_KILLER = """\
#!/bin/sh
case "{stage} $1" in
    "half-sync sync")
        "{uv}" "$@"
        rm -f "$UV_PROJECT_ENVIRONMENT"/lib/python3*/site-packages/*foo*.pth
        kill -KILL $PPID; exit 1 ;;
    "half-extra pip")
        "{uv}" "$@"
        rm -f "$UV_PROJECT_ENVIRONMENT"/lib/python3*/site-packages/six.py
        kill -KILL $PPID; exit 1 ;;
esac
exec "{uv}" "$@"
"""


def migrated(world: World, project: str) -> dict[str, object]:
    """Migrate a project, keeping extra packages, and return the report."""
    done = world.uvlocal("migrate", "--yes", "--keep-extra", "--json", cwd=project).ok()
    [one] = json.loads(done.raw_out)["migrations"]
    assert isinstance(one, dict)
    return one


def with_environment(world: World, name: str = "home/Dropbox/foo") -> str:
    """Return a project with a `.venv` as plain uv made it, and a package installed by hand."""
    project = world.project(name, dependencies=["iniconfig"])
    world.plain("sync", cwd=project).ok()
    world.plain("pip", "install", "six", cwd=project).ok()
    return project


def test_the_project_runs_from_the_store(world: World) -> None:
    """After a migration the project works as before, and its folder holds no environment."""
    project = with_environment(world)
    one = migrated(world, project)
    assert one["state"] == "migrated"
    assert one["extra"] == ["six==1.17.0"]
    assert not os.path.lexists(os.path.join(project, ".venv"))
    [environment] = world.environments()
    assert one["new"] == environment
    assert {"foo", "iniconfig", "six"} <= world.installed(environment)
    ran = world.uv("run", "python", "-c", "import foo, six, sys; print(sys.prefix)", cwd=project)
    assert ran.ok().raw_out.strip() == environment
    assert not os.path.lexists(os.path.join(project, ".venv"))
    assert world.uvlocal("scan").ok().out.startswith("no environment in")


def test_a_damaged_environment(hiding_world: World) -> None:
    """A migration works without the files that a sync client has damaged."""
    world = hiding_world
    project = with_environment(world)
    sync_client.hide(world.dropbox)
    sync_client.conflict(world.dropbox)
    sync_client.evict(os.path.join(project, ".venv"))
    world.write("home/Dropbox/foo/.venv/pyvenv.cfg", "")
    assert migrated(world, project)["state"] == "migrated"
    assert world.uv("run", "foo", cwd=project).ok().out == "hello from foo\n"


def test_extras_groups_and_members(newest_world: World) -> None:
    """Groups and extras of the old environment are kept, and do not count as extra packages."""
    world = newest_world
    tables = (
        '[project.optional-dependencies]\ndocs = ["six"]\n'
        '[dependency-groups]\nlint = ["packaging"]\nother = ["idna"]'
    )
    project = world.project(
        "home/Dropbox/foo", dependencies=["iniconfig"], members=["one"], extra=tables
    )
    options = ("--extra", "docs", "--group", "lint", "--all-packages")
    world.plain("sync", *options, cwd=project).ok()
    before = world.installed(os.path.join(project, ".venv"))
    done = world.uvlocal("migrate", "--yes", "--json", cwd=project).ok()
    assert json.loads(done.raw_out)["migrations"][0]["extra"] == []
    [environment] = world.environments()
    assert world.installed(environment) == before
    assert "idna" not in before


def test_an_environment_of_another_tool(newest_world: World) -> None:
    """An environment that `python -m venv` made is migrated like uv's own."""
    world = newest_world
    project = world.project("home/Dropbox/foo")
    shutil.rmtree(os.path.join(project, ".venv"), ignore_errors=True)
    python = os.path.realpath(getattr(sys, "_base_executable", sys.executable))
    world.run(python, "-m", "venv", os.path.join(project, ".venv")).ok()
    done = world.uvlocal("migrate", "--yes", "--json", cwd=project).ok()
    [one] = json.loads(done.raw_out)["migrations"]
    assert one["state"] == "migrated"
    assert world.uv("run", "foo", cwd=project).ok().out == "hello from foo\n"


@pytest.mark.parametrize("stage", ["half-sync", "half-extra"])
def test_killed(newest_world: World, stage: str) -> None:
    """If it is killed while uv works, the old environment is complete, and a retry finishes."""
    world = newest_world
    project = with_environment(world)
    old = os.path.join(project, ".venv")
    before = world.tree(old)
    killer = world.write("killer/uv", _KILLER.format(stage=stage, uv=world.real_uv))
    os.chmod(killer, 0o755)  # noqa: S103 - a program must be executable
    command = ("migrate", "--yes", "--keep-extra")
    killed = world.uvlocal(*command, cwd=project, env={"UVLOCAL_UV": killer})
    assert killed.code == -signal.SIGKILL
    assert world.tree(old) == before
    assert migrated(world, project)["state"] == "migrated"
    assert not os.path.lexists(old)
    assert len(world.environments()) == 1
    assert world.uv("run", "foo", cwd=project).ok().out == "hello from foo\n"
    world.uv("run", "python", "-c", "import iniconfig, six", cwd=project).ok()
