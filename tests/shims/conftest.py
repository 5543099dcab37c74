"""A machine to try a shim on: the native launcher, and `uv.sh` under every sh that is here."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import fetched
import launchers
import pytest
import windows_machine
from launchers import Machine
from public_folder import public_folder
from windows_machine import Windows

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def _shells() -> dict[str, str]:
    """Return the shells that are here, each once, by name: what follows `#!`."""
    found: dict[str, str] = {}
    for name, *words in (["sh"], ["dash"], ["bash"], ["busybox", "sh"]):
        path = os.path.realpath(shutil.which(name) or "")
        if os.path.isfile(path) and path not in found.values():
            found[name] = " ".join([path, *words])
    return found


SHELLS = _shells()


def script(shell: str) -> bytes:
    """Return the content of `uv.sh` for one shell."""
    with open(os.path.join(fetched.SOURCE, "shims", "uv.sh"), "rb") as file:
        _, _, rest = file.read().partition(b"\n")
    return f"#!{SHELLS[shell]}\n".encode() + rest


def furnish(root: str, shim: str) -> Machine:
    """Return a machine in the folder `root` whose shim is `launcher` or that of a shell."""
    if shim != "launcher":
        shell = SHELLS[shim].split(" ", maxsplit=1)[0]
        return Machine(root, script(shim), os.path.basename(shell))
    with open(launchers.launcher(), "rb") as file:
        return Machine(root, file.read())


@pytest.fixture
def native(tmp_path: Path) -> Machine:
    """Return a machine whose shim is the native launcher."""
    return furnish(str(tmp_path), "launcher")


@pytest.fixture
def recalling_machine(native: Machine) -> Machine:
    """Return a machine whose native launcher has a place for recorded decisions."""
    native.configure(
        python=native.python, package=native.package, uv=native.real, cache=native.path("cache")
    )
    return native


@pytest.fixture(params=list(SHELLS))
def shell(request: pytest.FixtureRequest, tmp_path: Path) -> Machine:
    """Return a machine whose shim is `uv.sh`, under each shell in turn."""
    return furnish(str(tmp_path), request.param)


@pytest.fixture(params=["launcher", *SHELLS])
def machine(request: pytest.FixtureRequest, tmp_path: Path) -> Machine:
    """Return a machine with each shim in turn: what the two have in common."""
    return furnish(str(tmp_path), request.param)


@pytest.fixture(params=["launcher", *SHELLS])
def public_machine(request: pytest.FixtureRequest) -> Iterator[Machine]:
    """Return a machine with each shim in turn, in a folder where every user may write."""
    with public_folder() as folder:
        os.chmod(folder, 0o777)  # noqa: S103 - other users write their records here
        yield furnish(folder, request.param)


@pytest.fixture(scope="session")
def runner() -> Iterator[list[str]]:
    """Return what runs a program for Windows: nothing on Windows, elsewhere wine."""
    found = windows_machine.runner()
    with windows_machine.standing_by(found):
        yield found


@pytest.fixture
def windows(tmp_path: Path, runner: list[str]) -> Windows:
    """Return a machine whose shim is the launcher for Windows."""
    return Windows(tmp_path, runner)
