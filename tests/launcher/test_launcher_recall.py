"""The launcher replays the decision recorded for exactly this call, and nothing else.

The tests write the records; uv and Python are a program that records how it was started.
"""

from __future__ import annotations

import os
import random
import shutil
import sys
from typing import TYPE_CHECKING

import pytest
from support.hosts.recorded_machines import ODD, answer, lay, record_for

from uvlocal.shim import contract
from uvlocal.shim.recall.recording_host import whole

if TYPE_CHECKING:
    from support.hosts.launchers import Machine

if sys.platform == "win32":
    pytest.skip("of POSIX; Windows has test_recall_on_windows", allow_module_level=True)

#: The first seed of what is random.
SEED = int(os.environ.get("UVLOCAL_RECALL_SEED", "0"))


@pytest.fixture
def machine(recalling_machine: Machine) -> Machine:
    """Return a machine whose launcher has a place for recorded decisions."""
    return recalling_machine


def test_a_record_is_replayed(machine: Machine) -> None:
    """A record for exactly this call, with unchanged inputs, is replayed without Python."""
    lay(machine, record_for(machine, b"sync"))
    assert answer(machine, b"sync") == "uv"
    assert answer(machine, b"sync", b"-q") == "python"
    assert answer(machine) == "python"


@pytest.mark.parametrize("name", [*contract.VARIABLES, "UVLOCAL_X", "UVLOCAL_"])
def test_a_variable_that_counts(machine: Machine, name: str) -> None:
    """If a variable is changed, removed or added, it is a different call."""
    if name != "PATH":  # is set on every machine
        before = record_for(machine, b"sync")
        lay(machine, before)
        machine.set(name, "new")
        assert answer(machine, b"sync") == "python"
        os.unlink(machine.path(f"cache/{contract.DECISIONS}/{before.name}"))
    lay(machine, record_for(machine, b"sync"))
    assert answer(machine, b"sync") == "uv"
    machine.set(name, "")
    assert answer(machine, b"sync") == "python"
    machine.set(name, None)
    assert answer(machine, b"sync") == "python"


@pytest.mark.parametrize(
    "entry",
    [
        *(b"LANG=C", b"UV_INDEX_URL=x", b"XDG_SESSION_ID=3", b"UV=/uv", b"HOMEX=1", b"PATH_=1"),
        *(b"UVLOCAL_LOOP=1:1:1", b"no equals sign", b"UVLOCAL_NO_EQUALS", b"=x", b"INPUT_A-B=\xff"),
    ],
)
def test_a_variable_that_does_not_count(machine: Machine, entry: bytes) -> None:
    """Entries that no decision depends on may change, even if they are not valid variables."""
    lay(machine, record_for(machine, b"sync"))
    machine.environ.append(entry)
    assert answer(machine, b"sync") == "uv"
    assert entry in machine.recorded().variables or entry.startswith(b"UVLOCAL_LOOP")


def test_a_variable_given_twice(machine: Machine) -> None:
    """The launcher does not choose between two values of one variable."""
    machine.set("UV_PROJECT", "x")
    lay(machine, record_for(machine, b"sync"))
    machine.environ.append(b"UV_PROJECT=x")
    assert answer(machine, b"sync") == "python"


def test_bytes_of_all_kinds(machine: Machine) -> None:
    """Words, folders and values are bytes: the record is found whatever they are."""
    folder = os.fsdecode(os.fsencode(machine.root) + b"/\xff o\ndd")
    os.mkdir(folder)
    machine.set("UV_PROJECT", os.fsdecode(b"\xfe \n="))
    found = record_for(machine, *ODD)
    found.directory = folder
    found.inputs = [("e", folder), (whole("s", os.stat(machine.real)), machine.real)]
    lay(machine, found)
    machine.call(*ODD, orders=[f"chdir {os.fsencode(folder).hex()}"])
    assert machine.became() == "uv"
    assert machine.recorded().arguments[1:] == ODD


@pytest.mark.parametrize("seed", range(SEED, SEED + 24))
def test_names_are_the_same_in_c(machine: Machine, seed: int) -> None:
    """Python and the launcher give a record the same name, whatever the call."""
    numbers = random.Random(seed)  # noqa: S311 - the same seed gives the same call

    def text(limit: int) -> bytes:
        return bytes(numbers.choices(range(1, 256), k=numbers.randrange(1, limit)))

    words = [text(60) for _ in range(numbers.randrange(1, 15))]
    folder = os.fsencode(machine.root) + b"/" + text(200).replace(b"/", b"x") + b"x"
    os.mkdir(folder)
    for name in numbers.sample(contract.VARIABLES, numbers.randrange(len(contract.VARIABLES))):
        if name != "PATH":
            machine.set(name, os.fsdecode(text(500)))
    numbers.shuffle(machine.environ)
    found = record_for(machine, *words)
    found.directory = os.fsdecode(folder)
    lay(machine, found)
    machine.call(*words, orders=[f"chdir {folder.hex()}"])
    assert machine.became() == "uv"


@pytest.mark.parametrize(
    ("words", "became"),
    [
        pytest.param([b"run", b"-q", b"ruff"], "uv", id="program"),
        pytest.param([b"run", b"-q", b"pytest", b"-x", b"a/b"], "uv", id="other-program"),
        pytest.param([b"run", b"-q"], "python", id="no-program"),
        pytest.param([b"run", b"-q", b""], "python", id="empty-program"),
        pytest.param([b"run", b"-q", b"a.py"], "python", id="script"),
        pytest.param([b"run", b"-q", b"./a"], "python", id="path"),
        pytest.param([b"run", b"-q", b"a\\b"], "python", id="backslash"),
        pytest.param([b"run", b"-q", b"here"], "python", id="something-here"),
        pytest.param([b"run", b"-q", b"dangling"], "python", id="dead-link-here"),
        pytest.param([b"run", b"ruff"], "python", id="fewer-flags"),
        pytest.param([b"run", b"-q", b"-v", b"ruff"], "python", id="more-flags"),
        pytest.param([b"-q", b"run", b"ruff"], "python", id="other-order"),
    ],
)
def test_any_plain_program(machine: Machine, words: list[bytes], became: str) -> None:
    """A record for `uv run FLAGS...` applies to every program that is a plain name."""
    os.mkdir(machine.path("here"))
    os.symlink("nowhere", machine.path("dangling"))
    found = record_for(machine, b"run", b"-q")
    found.how = "run"
    lay(machine, found)
    assert answer(machine, *words) == became


@pytest.mark.parametrize(
    ("words", "became"),
    [
        pytest.param([b"python", b"install"], "uv", id="the-command"),
        pytest.param([b"python", b"install", b"3.12", b"-q"], "uv", id="with-more"),
        pytest.param([b"python"], "python", id="with-less"),
        pytest.param([b"-q", b"python", b"install"], "python", id="with-something-in-front"),
    ],
)
def test_commands_without_a_project(machine: Machine, words: list[bytes], became: str) -> None:
    """A record for a command applies to any arguments, in any folder."""
    found = record_for(machine, b"python", b"install")
    found.how, found.directory = "prefix", ""
    lay(machine, found)
    assert answer(machine, *words) == became
    os.mkdir(machine.path("folder"))
    machine.call(*words, orders=[f"chdir {machine.path('folder').encode().hex()}"])
    assert machine.became() == became


def test_another_launcher_has_its_own_records(machine: Machine) -> None:
    """Another launcher may have another fallback uv, so its decisions are separate."""
    lay(machine, record_for(machine, b"sync"))
    shutil.copytree(machine.path("shims"), machine.path("shims2"))
    assert answer(machine, b"sync", program=machine.path("shims2/uv")) == "python"


@pytest.mark.parametrize(("value", "became"), [("1", "python"), ("0", "uv"), ("", "uv")])
def test_tracing_recalls_nothing(machine: Machine, value: str, became: str) -> None:
    """With `UVLOCAL_TRACE`, Python decides, not the launcher; empty or `0` means off."""
    machine.set("UVLOCAL_TRACE", value)
    lay(machine, record_for(machine, b"sync"))
    assert answer(machine, b"sync") == became


def test_loops_end_all_the_same(machine: Machine) -> None:
    """A real uv that starts the shim again is stopped, although each call is replayed."""
    machine.set("UVLOCAL_TEST_END", "r" + machine.shim)
    lay(machine, record_for(machine, b"sync"))
    result = machine.call(b"sync")
    assert result.code == 127
    assert "endless loop" in result.stderr
