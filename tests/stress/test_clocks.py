"""The clock jumps: decisions recorded under a wrong clock are right under the correct one.

libfaketime changes the clock of our Python only; the kernel still records correct file times.
(`test_disks` has a disk with wrong file times.)
"""

from __future__ import annotations

import glob
import os
import shutil
import sys
import time
from typing import TYPE_CHECKING

import pytest
from support.faults import hard_cases

from uvlocal.shim import contract

if TYPE_CHECKING:
    from support.hosts.hard_machine import HardMachine

if sys.platform != "linux":
    pytest.skip("libfaketime is loaded as on Linux", allow_module_level=True)

LIBRARIES = glob.glob("/usr/lib/*/faketime/libfaketime.so.1")
if not LIBRARIES:
    pytest.skip("libfaketime is not installed: no false clock was tried", allow_module_level=True)

BEHIND = ["-10d", "-3s", "-20y"] if hard_cases.ALL else ["-10d"]
AHEAD = ["+60y", "+3s", "+10d"] if hard_cases.ALL else ["+60y"]


def clock(offset: str) -> dict[str, str]:
    """Return the variables that shift a program's clock."""
    return {"LD_PRELOAD": LIBRARIES[0], "FAKETIME": offset, "NO_FAKE_STAT": "1"}


def recorded(machine: HardMachine) -> list[str]:
    """Return the recorded decisions."""
    folder = os.path.join(machine.cache, contract.DECISIONS)
    return os.listdir(folder) if os.path.isdir(folder) else []


def settle(machine: HardMachine) -> None:
    """Make calls until a decision is recorded, once all files are old enough."""
    deadline = time.monotonic() + 60
    while not recorded(machine):
        assert time.monotonic() < deadline
        assert machine.is_right(machine.call("sync"), "sync")


@pytest.mark.parametrize("offset", BEHIND + AHEAD)
def test_a_false_clock(machine: HardMachine, offset: str) -> None:
    """Calls are right under a wrong clock and afterwards; a change is noticed immediately."""
    for env in (clock(offset), {}, clock(offset), {}):
        for _ in range(2):
            assert machine.is_right(machine.call("sync", env=env), "sync")
    # Of equal size, and within the same second as what was decided before.
    for mode, environment in (("never ", ""), ("always", machine.expected)) * 3:
        machine.write("home/.config/uvlocal/uvlocal.toml", f'mode = "{mode.strip()}"{mode[6:]}\n')
        for env in (clock(offset), {}, clock(offset)):
            assert machine.call("sync", env=env).environment == environment


@pytest.mark.parametrize("offset", BEHIND)
def test_a_clock_that_is_behind(machine: HardMachine, offset: str) -> None:
    """A file with a modification time in the future is not recorded: a change may go unnoticed."""
    settle(machine)
    for env in ({}, clock(offset), {}):
        shutil.rmtree(os.path.join(machine.cache, contract.DECISIONS))
        assert machine.is_right(machine.call("sync", env=env), "sync")
        assert bool(recorded(machine)) == (not env)
        settle(machine)


@pytest.mark.parametrize("offset", BEHIND + AHEAD)
def test_what_was_recorded_before(machine: HardMachine, offset: str) -> None:
    """A jump of the clock invalidates no recorded decision, and loses none."""
    settle(machine)
    before = recorded(machine)
    for _ in range(3):
        assert machine.is_right(machine.call("sync", env=clock(offset)), "sync")
    assert set(before) <= set(recorded(machine))
    machine.write("home/.config/uvlocal/uvlocal.toml", 'mode = "never"\n')
    for env in (clock(offset), {}):
        assert machine.call("sync", env=env).environment == ""
