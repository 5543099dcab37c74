"""Version managers through which uv is installed, each with uv in its own version directory.

Each puts that directory first on PATH for the programs it starts. `put` returns the directory with
the manager's own `uv` shim, or "" if the manager is unavailable.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

from support.tools import fetched, npm

if TYPE_CHECKING:
    from support.hosts.worlds import World

MISE = "2026.9.15"


def _version(world: World, folder: str) -> str:
    """Create a version that contains uv."""
    programs = os.path.join(world.path(folder), "bin")
    os.makedirs(programs)
    os.symlink(world.real_uv, os.path.join(programs, "uv"))
    return programs


def stand_in(world: World) -> str:
    """A script like `pyenv exec`."""
    programs = _version(world, "manager/version")
    code = f'#!/bin/sh\nPATH="{programs}:$PATH" exec "{programs}/uv" "$@"\n'
    script = world.write("manager/shims/uv", code)
    os.chmod(script, 0o700)
    return os.path.dirname(script)


def _pyenv() -> str:
    """Return the directory of a pyenv on this machine."""
    places = [fetched.ENVIRONMENT.get("PYENV_ROOT", ""), os.path.expanduser("~/.pyenv")]
    found = shutil.which("pyenv")
    if found:
        places.append(os.path.dirname(os.path.dirname(os.path.realpath(found))))
    return next((place for place in places if os.path.isfile(f"{place}/libexec/pyenv-exec")), "")


def pyenv(world: World) -> str:
    """A copy of pyenv itself, with one version."""
    source = _pyenv()
    if not source:
        return ""
    root = world.path("pyenv")
    for folder in ("libexec", "pyenv.d", "bin"):
        shutil.copytree(os.path.join(source, folder), os.path.join(root, folder), symlinks=True)
    _version(world, "pyenv/versions/mine")
    world.environment.update(PYENV_ROOT=root, PYENV_VERSION="mine")
    world.run(os.path.join(root, "bin", "pyenv"), "rehash").ok()
    return os.path.join(root, "shims")


def mise_program() -> str:
    """Return the path of mise, from this machine or from npm, or ""."""
    return shutil.which("mise") or npm.program("@jdxcode/mise-linux-x64", MISE, "bin/mise")


def mise(world: World) -> str:
    """Mise itself, with uv linked as a tool."""
    program = mise_program()
    if not program:
        return ""
    version = os.path.dirname(_version(world, "tools/uv"))
    world.environment.update(MISE_OFFLINE="1", MISE_YES="1")
    world.write("home/.config/mise/config.toml", '[tools]\nuv = "1.0"\n')
    world.run(program, "link", "uv@1.0", version).ok()
    world.run(program, "reshim").ok()
    return os.path.join(world.home, ".local", "share", "mise", "shims")


ALL = {"stand-in": stand_in, "pyenv": pyenv, "mise": mise}


def put(world: World, name: str) -> str:
    """Put a manager after the shim on PATH; return the directory of its shims, or ""."""
    try:
        folder = ALL[name](world)
    except subprocess.SubprocessError:
        return ""
    if folder:
        assert os.path.lexists(os.path.join(folder, "uv"))
        rest = [
            path
            for path in world.environment["PATH"].split(os.pathsep)
            if path != os.path.dirname(world.real_uv)
        ]
        world.environment["PATH"] = os.pathsep.join([folder, *rest])
        world.install_shim()
    return folder
