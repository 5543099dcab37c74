"""The wheel does the main job by itself, without the source tree."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

import pytest
from support.tools import fetched, real_uv, sources
from support.tools.fetched import SOURCE

if TYPE_CHECKING:
    from pathlib import Path

    from support.hosts.worlds import World


@pytest.fixture(scope="session")
def installed(wheel: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the Python of a clean environment with the wheel and its dependencies."""
    environment = str(tmp_path_factory.mktemp("installed") / "venv")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True)
    python = os.path.join(environment, "bin", "python")
    only_these = ["--no-index", "--find-links", fetched.dependencies()]
    fetched.pip("--python", python, "install", *only_these, wheel)
    return python


def test_wheel_carries_every_launcher(wheel: str) -> None:
    """One wheel serves all machines: the launchers for all targets, their notice, and `uv.sh`."""
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if "/launchers/" in name}
        assert "uvlocal/shims/uv.sh" in archive.namelist()
    assert os.path.basename(wheel).endswith("-py3-none-any.whl")
    assert {name for name in names if not name.endswith(".stamp")} == {
        "uvlocal/launchers/COPYRIGHT.musl",
        "uvlocal/launchers/linux-aarch64/uv",
        "uvlocal/launchers/linux-arm/uv",
        "uvlocal/launchers/linux-i686/uv",
        "uvlocal/launchers/linux-ppc64le/uv",
        "uvlocal/launchers/linux-riscv64/uv",
        "uvlocal/launchers/linux-s390x/uv",
        "uvlocal/launchers/linux-x86_64/uv",
        "uvlocal/launchers/macos-aarch64/uv",
        "uvlocal/launchers/macos-x86_64/uv",
        "uvlocal/launchers/windows-aarch64/uv.exe",
        "uvlocal/launchers/windows-x86_64/uv.exe",
    }


def test_wheel_does_the_main_job(world: World, installed: str) -> None:
    """Installed from the wheel, uvlocal keeps the environment out of the folder."""
    world.uvlocal_command = (installed, "-I", "-m", "uvlocal")
    shims = world.install_shim()
    with open(os.path.join(shims, "uvlocal-launcher.conf"), encoding="utf-8") as file:
        assert SOURCE + os.sep not in file.read()
    project = world.project("home/Dropbox/foo", dependencies=["iniconfig"])
    first = world.uv("run", "foo", cwd=project).ok()
    assert first.out == "hello from foo\n"
    assert len(first.ours) == 1
    second = world.uv("run", "foo", cwd=project).ok()
    assert (second.out, second.err) == ("hello from foo\n", "")
    [environment] = world.environments()
    assert world.installed(environment) == {"foo", "iniconfig"}
    assert list(world.records()) == [os.path.basename(environment) + ".toml"]
    assert not os.path.lexists(os.path.join(project, ".venv"))
    assert world.uvlocal("path", cwd=project).ok().raw_out == environment + "\n"


def test_two_builds_are_the_same(wheel: str, tmp_path: Path) -> None:
    """Two builds, with another directory, umask and time zone, give the same bytes."""
    copy = tmp_path / "elsewhere"
    sources.copy(str(copy))
    shutil.rmtree(copy / "src" / "uvlocal" / "launchers", ignore_errors=True)
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    command = [*build, "--wheel-dir", str(tmp_path / "dist"), str(copy)]
    environ = {**fetched.ENVIRONMENT, "TZ": "Asia/Tokyo"}
    subprocess.run(command, env=environ, umask=0o077, check=True)
    [again] = (tmp_path / "dist").iterdir()
    assert again.name == os.path.basename(wheel)
    with open(wheel, "rb") as file:
        assert again.read_bytes() == file.read()


def test_a_stranger_tries_it(wheel: str) -> None:
    """What a release runs on every system works here."""
    script = os.path.join(SOURCE, "tests", "support", "programs", "try_wheel.py")
    options = ["--no-index", "--find-links", fetched.dependencies()]
    folder = os.path.dirname(real_uv.path(real_uv.NEWEST))
    path = os.pathsep.join([folder, fetched.ENVIRONMENT["PATH"]])
    subprocess.run(
        [sys.executable, script, wheel, *options],
        env={**fetched.ENVIRONMENT, "PATH": path, "UV_OFFLINE": "1"},
        check=True,
    )


def test_installed_command(newest_world: World, installed: str) -> None:
    """The wheel's command `uvlocal` is installed, and prints its version."""
    command = os.path.join(os.path.dirname(installed), "uvlocal")
    assert newest_world.run(command, "--version").ok().out.startswith("uvlocal ")
