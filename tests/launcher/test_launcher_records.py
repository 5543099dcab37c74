"""Which records the launcher trusts, what uv then gets, and which system calls that needs."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from support.compare import recorded
from support.hosts import launchers
from support.hosts.recorded_machines import ODD, answer, lay, record_for

from uvlocal.shim import contract

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.hosts.launchers import Machine

if sys.platform == "win32":
    pytest.skip("of POSIX; Windows has test_recall_on_windows", allow_module_level=True)

STRACE = shutil.which("strace") or ""
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root to give files away")


@pytest.fixture
def machine(recalling_machine: Machine) -> Machine:
    """Return a machine whose launcher has a place for recorded decisions."""
    return recalling_machine


def _damaged(machine: Machine, path: str, data: bytes) -> str:
    with open(path, "wb") as file:
        file.write(data)
    return answer(machine, b"sync")


def test_every_damage_is_a_miss(machine: Machine) -> None:
    """A record that is truncated anywhere, or has anything after its end, is ignored."""
    found = record_for(machine, b"sync")
    found.inputs = [("e", machine.real)]
    found.changes = ["A=1", "B"]
    path = lay(machine, found)
    data = found.data
    assert _damaged(machine, path, data) == "uv"
    for length in range(0, len(data), 7):
        assert _damaged(machine, path, data[:length]) == "python"
    assert _damaged(machine, path, data[:-1]) == "python"
    assert _damaged(machine, path, data + b"x\0") == "python"
    assert _damaged(machine, path, data + b"\0" * contract.RECORD_LIMIT) == "python"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("uv", "real/uv", id="relative-uv"),
        pytest.param("uv", "", id="no-uv"),
        pytest.param("uv", "/nowhere/at/all", id="uv-gone"),
        pytest.param("changes", ["=x"], id="change-without-a-name"),
        pytest.param("changes", [""], id="empty-change"),
        pytest.param("directory", "/", id="another-folder"),
        pytest.param("how", "run", id="another-kind"),
        pytest.param("words", ["lock"], id="other-words"),
        pytest.param("words", [], id="fewer-words"),
        pytest.param("variables", [], id="fewer-variables"),
        pytest.param("variables", ["UV_PROJECT=x"], id="more-variables"),
    ],
)
def test_what_is_not_replayed(machine: Machine, name: str, value: object) -> None:
    """A record with an impossible decision is ignored."""
    found = record_for(machine, b"sync")
    path = lay(machine, found)
    more = found.variables if value == ["UV_PROJECT=x"] else []
    setattr(found, name, [*more, *value] if isinstance(value, list) else value)
    with open(path, "wb") as file:
        file.write(found.data)
    assert answer(machine, b"sync") == "python"
    assert machine.recorded().value("A") is None


def _open_to_others(path: str) -> None:
    os.chmod(path, os.stat(path).st_mode | stat.S_IWOTH)  # noqa: S103 - the mode that is wrong


def _turn_into_fifo(path: str) -> None:
    os.unlink(path)
    os.mkfifo(path, 0o600)


def _turn_into_folder(path: str) -> None:
    os.unlink(path)
    os.mkdir(path)


def _give_away(path: str) -> None:
    os.chown(path, 12345, 0)


@pytest.mark.parametrize(
    ("what", "spoil"),
    [
        pytest.param("record", lambda path: os.chmod(path, 0o620), id="group-may-write"),
        pytest.param("record", _open_to_others, id="others-may-write"),
        pytest.param("folder", lambda path: os.chmod(path, 0o720), id="folder-group"),
        pytest.param("folder", _open_to_others, id="folder-others"),
        pytest.param("cache", _open_to_others, id="cache-others"),
        pytest.param("record", _turn_into_fifo, id="a-fifo"),
        pytest.param("record", _turn_into_folder, id="a-folder"),
        pytest.param("record", _give_away, id="foreign", marks=needs_root),
        pytest.param("folder", _give_away, id="foreign-folder", marks=needs_root),
        pytest.param("cache", _give_away, id="foreign-cache", marks=needs_root),
    ],
)
def test_whose_records_are_trusted(
    machine: Machine, what: str, spoil: Callable[[str], object]
) -> None:
    """A record counts only if nobody but this user can have written it."""
    path = lay(machine, record_for(machine, b"sync"))
    assert answer(machine, b"sync") == "uv"
    places = {"record": path, "folder": os.path.dirname(path), "cache": machine.path("cache")}
    spoil(places[what])
    assert answer(machine, b"sync") == "python"


def test_without_records(machine: Machine) -> None:
    """Every record can be deleted at any time."""
    path = lay(machine, record_for(machine, b"sync"))
    for gone in (path, os.path.dirname(path), machine.path("cache")):
        os.unlink(gone) if gone == path else os.rmdir(gone)
        assert answer(machine, b"sync") == "python"


# -- what uv gets ----------------------------------------------------------------------------------


def test_changes_are_made_and_nothing_else(machine: Machine) -> None:
    """uv gets the variables in order, byte for byte, with the changes; duplicates stay."""
    environment = "/s/uvlocal/envs/foo-0123456789"
    odd = [b"INPUT_NODE-VERSION=20", b"BASH_FUNC_x%%=() { :; }", b"A B=\xff\n", b"T=1", b"T=2"]
    machine.environ += odd
    machine.set("UV_LINK_MODE", "copy")
    machine.set("OLD", "1")
    machine.environ += [b"ALSO=1", b"no equals sign"]
    found = record_for(machine, b"sync")
    found.changes = [f"UV_PROJECT_ENVIRONMENT={environment}", "OLD", "UV_LINK_MODE=", "NONE"]
    found.changes.append(f"UVLOCAL_SET_UV_PROJECT_ENVIRONMENT={environment}")
    lay(machine, found)

    assert answer(machine, b"sync") == "uv"

    expected = [
        b"UV_LINK_MODE=" if entry.startswith(b"UV_LINK_MODE=") else entry
        for entry in machine.environ
        if not entry.startswith(b"OLD=")
    ]
    assert [v for v in machine.recorded().variables if not v.startswith(b"UVLOCAL_LOOP=")] == [
        *expected,
        *(os.fsencode(found.changes[at]) for at in (0, 4)),
    ]


def test_the_process_is_left_as_it_is(machine: Machine) -> None:
    """Descriptors, signals, umask, folder and process number are the caller's."""
    lay(machine, record_for(machine, *ODD))
    orders = ["open 7", "close 0", f"ignore {int(signal.SIGUSR1)}", f"block {int(signal.SIGUSR2)}"]
    result = machine.call(*ODD, orders=[*orders, "umask 23"])
    seen = machine.recorded()
    assert machine.became() == "uv"
    assert seen.arguments == [b"uv", *ODD]
    assert seen.open == {1, 2, 7}
    assert (seen.ignored, seen.blocked) == ({int(signal.SIGUSR1)}, {int(signal.SIGUSR2)})
    assert (seen.umask, seen.pid) == ([23], [result.pid])
    assert seen.cwd == [machine.root.encode()]


def test_large_environments(machine: Machine) -> None:
    """Input larger than the launcher's initial buffers is handled."""
    machine.environ += [b"X%d=%s" % (number, b"x" * 1000) for number in range(1500)]
    found = record_for(machine, b"sync")
    found.changes = [f"Y{number}=" + "y" * 900 for number in range(200)]
    lay(machine, found)
    assert answer(machine, b"sync") == "uv"
    assert set(map(os.fsencode, found.changes)) <= set(machine.recorded().variables)


# -- what it costs ---------------------------------------------------------------------------------

#: The system calls of a replayed call, without those of its inputs: the start of the C library,
#: the configuration, the two folders, the record, and becoming uv.
CALLS = [
    *("execve", "readlink", "open", "fstat", "read", "close", "getpid"),
    *("stat", "stat", "getcwd", "open", "fstat", "read", "close", "execve"),
]
#: What the C library does before `main`.
START = {"arch_prctl", "set_tid_address", "rt_sigprocmask", "brk"}


def traced(machine: Machine, *words: bytes) -> list[str]:
    """Return the system calls up to the start of uv, children's and their threads' included."""
    path = machine.path("trace")
    environ = [entry for entry in machine.environ if b"=" in entry]
    subprocess.run(
        [STRACE, "-f", "-o", path, machine.shim, *words],
        env=dict(os.fsdecode(entry).split("=", 1) for entry in environ),
        cwd=machine.root,
        check=True,
    )
    with open(path, encoding="utf-8", errors="replace") as file:
        names = [line.split()[1].partition("(")[0] for line in file]
    ends = [at for at, name in enumerate(names) if name == "execve"]
    return [name for name in names[: ends[1] + 1] if name not in START]


@pytest.mark.skipif(not STRACE, reason="`strace` is not installed")
@pytest.mark.skipif(launchers.host() != "linux-x86_64", reason="calls have other names elsewhere")
def test_the_system_calls(machine: Machine) -> None:
    """A replayed call makes a fixed list of system calls, plus one per input; nothing forks."""
    found = record_for(machine, b"sync")
    lay(machine, found)
    assert traced(machine, b"sync") == CALLS
    found.inputs = [("e", machine.real)] * 3 + [("a", machine.path("none"))] * 2
    lay(machine, found)
    inputs = ["lstat"] * 3 + ["stat"] * 2
    assert traced(machine, b"sync") == [*CALLS[:-1], *inputs, "execve"]

    for number in range(2000):
        other = record_for(machine, b"sync", b"%d" % number)
        recorded.lay(machine.path("cache"), other)
    assert traced(machine, b"sync") == [*CALLS[:-1], *inputs, "execve"]
