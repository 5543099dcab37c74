"""A machine to try the native launcher on."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from support.faults.public_folder import public_folder
from support.hosts import launchers, windows_machine
from support.hosts.launchers import Machine
from support.hosts.windows_machine import Windows

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def furnish(root: str) -> Machine:
    """Return a machine in the folder `root`."""
    with open(launchers.launcher(), "rb") as file:
        return Machine(root, file.read())


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """Return a machine whose shim is the native launcher."""
    return furnish(str(tmp_path))


@pytest.fixture
def native(machine: Machine) -> Machine:
    """Return the same: so do some tests call it."""
    return machine


@pytest.fixture
def recalling_machine(machine: Machine) -> Machine:
    """Return a machine whose native launcher has a place for recorded decisions."""
    cache = machine.path("cache")
    machine.configure(python=machine.python, package=machine.package, uv=machine.real, cache=cache)
    return machine


@pytest.fixture
def public_machine() -> Iterator[Machine]:
    """Return a machine in a folder where every user may write."""
    with public_folder() as folder:
        os.chmod(folder, 0o777)  # noqa: S103 - other users write their records here
        yield furnish(folder)


@pytest.fixture(scope="session")
def runner() -> Iterator[list[str]]:
    """Return the prefix that runs a Windows program: nothing on Windows, otherwise wine."""
    found = windows_machine.runner()
    with windows_machine.standing_by(found):
        yield found


@pytest.fixture
def windows(tmp_path: Path, runner: list[str]) -> Windows:
    """Return a machine whose shim is the launcher for Windows."""
    return Windows(tmp_path, runner)
