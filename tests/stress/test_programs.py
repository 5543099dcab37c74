"""Our Python, our package, or the real uv is gone, broken, or another one: uv runs."""

from __future__ import annotations

import os
import random
import shutil
import sys
from typing import TYPE_CHECKING

import pytest
from support.faults import hard_cases
from support.hosts.hard_machine import CODE, end

import uvlocal
from uvlocal.shim import contract, launch

if sys.platform == "win32":
    pytest.skip("the program in uv's place is a shell script", allow_module_level=True)

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.hosts.hard_machine import HardMachine

PACKAGE = os.path.dirname(os.path.abspath(uvlocal.__file__))
#: What comes first.
FIRST = ("launch.py", "__init__.py")
MODULES = sorted(
    os.path.relpath(os.path.join(folder, name), os.path.join(PACKAGE, "shim"))
    for folder, _, names in os.walk(os.path.join(PACKAGE, "shim"))
    for name in names
    if name.endswith(".py")
)


def _remove(path: str) -> None:
    os.unlink(path)


def _half(path: str) -> None:
    os.truncate(path, os.path.getsize(path) // 2)


def _break(path: str) -> None:
    with open(path, "w", encoding="utf-8") as file:
        file.write("import nothing_that_is_there\n")


def own_package(machine: HardMachine) -> str:
    """Give the machine a package of its own; return its folder of modules."""
    machine.package = machine.path("package")
    ignore = shutil.ignore_patterns("__pycache__", "launchers")
    shutil.copytree(PACKAGE, os.path.join(machine.package, "uvlocal"), ignore=ignore)
    machine.configure()
    return os.path.join(machine.package, "uvlocal", "shim")


def some(usual: int) -> list[str]:
    """Return modules to damage: all, or in an ordinary run some, with those that come first."""
    if hard_cases.ALL:
        return MODULES
    first = [*FIRST, "recall/bytecode.py", "uv/handover.py", "machine/host.py"]
    rest = [name for name in MODULES if name not in first]
    return [*first, *random.Random(hard_cases.SEED).sample(rest, usual)]  # noqa: S311 - a test


@pytest.mark.parametrize("damage", [_remove, _half, _break])
def test_a_half_replaced_package(machine: HardMachine, damage: Callable[[str], None]) -> None:
    """While a file of our package is missing or broken uv runs; then all is right again."""
    folder = own_package(machine)
    other = machine.add_project("local/bar")
    for name in some(6):
        path = os.path.join(folder, name)
        shutil.rmtree(machine.cache, ignore_errors=True)
        shutil.rmtree(os.path.join(folder, "__pycache__"), ignore_errors=True)
        damage(path)
        for cwd in (machine.project, other):
            said = machine.call("sync", cwd=cwd)
            assert said.came_through, (name, said)
            assert said.environment in ("", machine.expected), (name, said)
            assert "Traceback" not in said.err
        shutil.copy(os.path.join(PACKAGE, "shim", name), path)
        assert machine.is_right(machine.call("sync"), "sync"), name


def test_a_first_step_that_is_cut_off_anywhere(machine: HardMachine) -> None:
    """Wherever `launch.py` ends too early, uv runs."""
    path = os.path.join(own_package(machine), "launch.py")
    with open(path, encoding="utf-8") as file:
        lines = file.readlines()
    ends = [number for number, line in enumerate(lines) if number and not line.strip()]
    assert len(ends) > 20
    for end_of_file in ends if hard_cases.ALL else ends[::5]:
        with open(path, "w", encoding="utf-8") as file:
            file.writelines(lines[:end_of_file])
        said = machine.call("sync")
        assert said.came_through, (end_of_file, said)
        assert "Traceback" not in said.err
        assert said.environment in ("", machine.expected)


@pytest.mark.parametrize(
    "name",
    ["__init__.py", f"shim/__pycache__/launch.{sys.implementation.cache_tag}.pyc"],
    ids=["package", "byte-code"],
)
@pytest.mark.parametrize("damage", [_half, _break])
def test_what_comes_before_the_modules(
    machine: HardMachine, damage: Callable[[str], None], name: str
) -> None:
    """So it is where the package's own first file is broken, or the bytecode of ours."""
    folder = own_package(machine)
    machine.call("sync")
    shutil.rmtree(machine.cache)
    path = os.path.join(os.path.dirname(folder), name)
    # Byte code is kept as it is where its head says that it fits its source.
    with open(path, "rb") as file:
        head = file.read(16)
    damage(path)
    if name.endswith(".pyc"):
        with open(path, "r+b") as file:
            file.write(head)
    said = machine.call("sync")
    assert said.came_through, said
    assert said.environment == ""
    assert f"uvlocal's package in `{machine.package}` is damaged" in said.err


def test_a_nested_call_with_a_half_replaced_package(machine: HardMachine) -> None:
    """Then too a call in another project does not get the environment of the outer one."""
    folder = own_package(machine)
    machine.call("sync")
    marks = {
        "UV_PROJECT_ENVIRONMENT": machine.expected,
        "UVLOCAL_SET_UV_PROJECT_ENVIRONMENT": machine.expected,
    }
    other = machine.add_project("local/bar")
    os.unlink(os.path.join(folder, "uv", "handover.py"))
    shutil.rmtree(machine.cache)
    assert machine.call("sync", cwd=other, env=marks).environment == ""
    marks["UVLOCAL_HAD_UV_PROJECT_ENVIRONMENT"] = "/the/users"
    assert machine.call("run", "x", cwd=other, env=marks).environment == "/the/users"
    for switch, speaks in (("0", True), ("1", False)):
        machine.environ["UVLOCAL_QUIET"] = switch
        assert bool(machine.call("run", "x", cwd=other).err) is speaks


def test_without_a_uv_and_with_a_half_replaced_package(machine: HardMachine) -> None:
    """Without a uv either, that is reported, and the exit code is a shell's."""
    folder = own_package(machine)
    os.unlink(os.path.join(folder, "uv", "handover.py"))
    os.unlink(machine.uv)
    said = machine.call("sync", env={"PATH": machine.path("shims")})
    assert said.code == 127
    assert "error: no uv found" in said.err


def test_what_is_written_twice() -> None:
    """What the first step repeats, as it has nothing else yet, is the same there."""
    assert launch._CONFIGURATION == contract.CONFIGURATION
    assert launch._LIMIT == contract.CONFIGURATION_LIMIT


@pytest.mark.parametrize(
    ("part", "place"),
    [
        pytest.param("python", "none/python", id="python-gone"),
        pytest.param("package", "none", id="package-gone"),
        pytest.param("site", "none", id="libraries-gone"),
        pytest.param("cache", "shims/uv/none", id="no-place-for-a-cache"),
        pytest.param("uv", "none", id="recorded-uv-gone"),
    ],
)
def test_a_part_that_is_gone(machine: HardMachine, part: str, place: str) -> None:
    """Without one of the parts uv runs; with it all is right again."""
    machine.configure(**{part: machine.path(place)})
    said = machine.call("sync")
    assert said.came_through, said
    assert said.environment in ("", machine.expected)
    machine.configure()
    assert machine.is_right(machine.call("sync"), "sync")


#: Goes to the end of `handover`: everything is decided, and uv is about to be started.
WAITING = """
_at_once = become
def become(*arguments):
    with open({fifo!r}, "rb") as file:
        file.read()
    return _at_once(*arguments)
"""


def _gone(machine: HardMachine) -> None:
    os.unlink(machine.uv)


def _replaced(machine: HardMachine) -> None:
    machine.write("bin/uv.new", '#!/bin/sh\necho "$UV_PROJECT_ENVIRONMENT|new"; exit 7\n', 0o755)
    os.rename(machine.path("bin/uv.new"), machine.uv)


def _no_program(machine: HardMachine) -> None:
    os.chmod(machine.uv, 0o644)


@pytest.mark.parametrize(
    ("change", "code", "out"),
    [
        pytest.param(_gone, 127, "", id="gone"),
        pytest.param(_replaced, CODE, "{expected}|new\n", id="replaced"),
        pytest.param(_no_program, 127, "", id="no-program-any-more"),
    ],
)
def test_uv_changes_during_the_call(
    machine: HardMachine, change: Callable[[HardMachine], None], code: int, out: str
) -> None:
    """A uv that goes between the decision and its start is told of; a new one is started."""
    folder = own_package(machine)
    fifo = machine.path("fifo")
    os.mkfifo(fifo)
    with open(os.path.join(folder, "uv", "handover.py"), "a", encoding="utf-8") as file:
        file.write(WAITING.format(fifo=fifo))
    process = machine.start(*machine.command("sync"))
    with open(fifo, "wb"):  # opens when the other side does
        change(machine)
    said = end(process)
    assert (said.code, said.out) == (code, out.format(expected=machine.expected)), said
    assert ("failed to start" in said.err) is (code == 127)
    machine.configure(package=os.path.dirname(PACKAGE))
    machine.write("bin/uv.whole", '#!/bin/sh\necho "$UV_PROJECT_ENVIRONMENT|$*"; exit 7\n', 0o755)
    os.rename(machine.path("bin/uv.whole"), machine.uv)
    assert machine.is_right(machine.call("sync"), "sync")
