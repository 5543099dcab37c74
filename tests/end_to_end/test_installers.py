"""The wheel as people install and uninstall it: with pip, pipx and `uv tool`."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

import pytest
from support.tools import fetched

if TYPE_CHECKING:
    from collections.abc import Sequence

    from support.hosts.worlds import World

if sys.platform == "win32":
    pytest.skip("the folders are those of a POSIX home", allow_module_level=True)

#: Programs that publish and install packages, and that developers do not need otherwise.
_PROGRAMS = ("pipx==1.18.4", "twine==7.0.0")


def program(name: str) -> list[str]:
    """Return the command that runs one of the programs above."""

    def make(folder: str) -> None:
        fetched.tell(f"fetching {', '.join(_PROGRAMS)}")
        fetched.pip("install", "--target", folder, *_PROGRAMS)

    python = f"{sys.version_info[0]}.{sys.version_info[1]}"
    folder = fetched.provide(f"publishing-{python}-{fetched.digest(_PROGRAMS)}", make)
    code = f"import runpy, sys; sys.path.insert(0, {folder!r}); runpy.run_module({name!r})"
    code = code.replace(f"{name!r})", f"{name!r}, run_name='__main__', alter_sys=True)")
    return [sys.executable, "-c", code]


def use_and_remove(world: World, command: str, removal: Sequence[str], told: str) -> None:
    """Use an installed uvlocal until it is uninstalled; uv works afterwards."""
    assert world.run(command, "--version").ok().out.startswith("uvlocal ")
    world.run(command, "install", "--no-rc", "--yes").ok()
    shims = os.path.join(world.store, "shims")
    path = os.pathsep.join([shims, world.environment["PATH"]])
    project = world.project("home/Dropbox/hello")
    ran = world.run("uv", "run", "hello", cwd=project, env={"PATH": path}).ok()
    assert ran.out == "hello from hello\n"
    assert not os.path.lexists(os.path.join(project, ".venv"))
    gone = world.run(command, "uninstall", "--yes").ok()
    assert f"to remove uvlocal itself: `{told}`" in gone.err
    world.run(*removal).ok()
    assert not os.path.lexists(command)
    assert world.run("uv", "run", "hello", cwd=project, env={"PATH": path}).ok().err != ""


def test_uv_tool(newest_world: World, wheel: str) -> None:
    """`uv tool install` installs a working command, `uv tool uninstall` removes it."""
    world = newest_world
    words = ["--python", sys.executable, "--find-links", fetched.dependencies()]
    world.plain("tool", "install", *words, wheel).ok()
    removal = [world.real_uv, "tool", "uninstall", "uvlocal"]
    command = world.path("home/.local/bin/uvlocal")
    use_and_remove(world, command, removal, "uv tool uninstall uvlocal")


def test_pipx(newest_world: World, wheel: str) -> None:
    """`pipx install` installs a working command, `pipx uninstall` removes it."""
    world = newest_world
    pipx = program("pipx")
    # It installs with the uv that is first on PATH.
    env = {"UV_FIND_LINKS": fetched.dependencies(), "PIPX_DEFAULT_PYTHON": sys.executable}
    world.run(*pipx, "install", wheel, env=env).ok()
    removal = [*pipx, "uninstall", "uvlocal"]
    use_and_remove(world, world.path("home/.local/bin/uvlocal"), removal, "pipx uninstall uvlocal")


def test_pip(newest_world: World, wheel: str) -> None:
    """`pip install` installs a working command, `pip uninstall` removes it."""
    world = newest_world
    environment = world.path("venv")
    world.run(sys.executable, "-m", "venv", environment).ok()
    pip = [os.path.join(environment, "bin", "python"), "-m", "pip"]
    world.run(*pip, "install", "--no-index", "--find-links", fetched.dependencies(), wheel).ok()
    command = os.path.join(environment, "bin", "uvlocal")
    use_and_remove(world, command, [*pip, "uninstall", "-y", "uvlocal"], "pip uninstall uvlocal")


def test_the_description_renders(wheel: str) -> None:
    """An index can show the description, and its check reports nothing."""
    command = [*program("twine"), "check", "--strict", wheel]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_metadata(wheel: str) -> None:
    """The wheel has a summary, classifiers and a license."""
    with zipfile.ZipFile(wheel) as archive:
        [name] = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        head, _, description = archive.read(name).decode().partition("\n\n")
        assert any(name.endswith("licenses/LICENSE") for name in archive.namelist())
    assert "License-Expression: MIT" in head
    assert "Requires-Python: >=3.11" in head
    assert description.startswith("# uvlocal")
