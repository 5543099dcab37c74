"""The administrator's settings in `/etc/uvlocal`, on a machine that has another `/etc`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from support.programs.counted_python import CountedPython

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from support.hosts.worlds import Completed, World

if sys.platform != "linux":
    pytest.skip("only Linux has private mount tables", allow_module_level=True)

SHOW = ("run", "--no-sync", "printenv", "UV_PROJECT_ENVIRONMENT")


class OwnEtc:
    """A private mount table in which `/etc` is a copy that the test may change."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        subprocess.run(["cp", "-a", "/etc", folder], capture_output=True, check=False)  # noqa: S607 - of this system
        shutil.rmtree(self.file("uvlocal"), ignore_errors=True)
        code = f'mount --bind "{folder}" /etc && echo ready && exec cat'
        self._user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
        self._keeper = subprocess.Popen(
            ["unshare", "--mount", *self._user, "sh", "-c", code],  # noqa: S607 - of this system
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert self._keeper.stdout is not None
        self.works = self._keeper.stdout.readline() == b"ready\n"

    def file(self, name: str) -> str:
        """Return the path of what is `/etc/NAME` inside."""
        return os.path.join(self.folder, name)

    def prefix(self, cwd: str) -> list[str]:
        """Return the prefix that runs a command inside."""
        user = ["--user", "--preserve-credentials"] if self._user else []
        inside = ["--target", str(self._keeper.pid), "--mount", "--"]
        return ["nsenter", *user, *inside, "sh", "-c", 'cd "$0" && exec "$@"', cwd]

    def close(self) -> None:
        """End the process, and with it the mount table."""
        self._keeper.communicate()


@pytest.fixture
def etc(newest_world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[OwnEtc]:
    """Let every command of the world see an `/etc` of its own."""
    for tool in ("unshare", "nsenter"):
        if not shutil.which(tool):
            pytest.skip(f"`{tool}` is not installed")
    found = OwnEtc(str(tmp_path / "etc"))
    try:
        if not found.works:
            pytest.skip("this user may make no private mount table here")
        run = newest_world.run

        def run_inside(
            *argv: str, cwd: str | None = None, env: Mapping[str, str | None] | None = None
        ) -> Completed:
            return run(*found.prefix(cwd or newest_world.home), *argv, cwd=cwd, env=env)

        monkeypatch.setattr(newest_world, "run", run_inside)
        yield found
    finally:
        found.close()


def write(etc: OwnEtc, text: str) -> None:
    """Write the administrator's file."""
    os.makedirs(etc.file("uvlocal"), exist_ok=True)
    with open(etc.file("uvlocal/uvlocal.toml"), "w", encoding="utf-8") as file:
        file.write(text)


def test_an_administrator_names_the_store(etc: OwnEtc, newest_world: World) -> None:
    """The store applies to everybody, with each user's variables; recorded calls notice it."""
    world = newest_world
    project = world.project("home/Dropbox/foo")
    world.environment["SCRATCH"] = world.path("scratch")
    world.uv("sync", cwd=project).ok()
    python = CountedPython(world)
    python.wait_for_recall(*SHOW, cwd=project)

    write(etc, 'store = "$SCRATCH/uvlocal"\n')
    shown = world.uv(*SHOW, cwd=project)
    assert shown.raw_out.startswith(world.path("scratch/uvlocal/envs/foo-"))
    world.uv("sync", cwd=project).ok()
    python.wait_for_recall(*SHOW, cwd=project)
    other = {"SCRATCH": world.path("other")}
    assert world.uv(*SHOW, cwd=project, env=other).raw_out.startswith(world.path("other/uvlocal"))
    without = world.uv(*SHOW, cwd=project, env={"SCRATCH": None}).ok()
    assert without.raw_out.startswith(os.path.join(world.store, "envs"))
    [line] = without.ours
    assert "`store` names the variable `SCRATCH`, which is not set" in line

    write(etc, 'mode = "never"\n')
    assert world.uv(*SHOW, cwd=project).raw_out == ""
    # In a process of its own, which sees this mount table.
    config = world.run(*world.uvlocal_command, "config", cwd=project).ok().out
    assert config.splitlines()[0].split() == ["mode", "never", "machine"]


def test_a_broken_file_does_not_stop_uv(etc: OwnEtc, newest_world: World) -> None:
    """uv runs, in the environment of the defaults, and one line names the file."""
    project = newest_world.project("home/Dropbox/foo")
    newest_world.uv("sync", cwd=project).ok()
    write(etc, "store = \n")
    result = newest_world.uv("run", "foo", cwd=project).ok()
    assert result.out == "hello from foo\n"
    [line] = result.ours
    assert "`/etc/uvlocal/uvlocal.toml` is not valid TOML" in line
    assert len(newest_world.environments()) == 1
