"""The launcher replays what is recorded exactly as it was, and nothing else.

Records are laid by the tests; uv and Python are the program that writes down how it was started.
"""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import stat
import subprocess
import sys
from typing import TYPE_CHECKING

import fetched
import launchers
import pytest
import recorded
from recorded import Recorded

from uvlocal.shim import recall
from uvlocal.shim.recorder import RecordingSystem, summed, whole

if TYPE_CHECKING:
    from collections.abc import Callable

    from launchers import Machine

if sys.platform == "win32":
    pytest.skip("nothing is recorded on Windows", allow_module_level=True)

STRACE = shutil.which("strace") or ""
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root to give files away")


@pytest.fixture
def machine(native: Machine) -> Machine:
    """Return a machine whose launcher has a place for recorded decisions."""
    native.configure(
        python=native.python, package=native.package, uv=native.real, cache=native.path("cache")
    )
    return native


def record_for(machine: Machine, *words: bytes) -> Recorded:
    """Return a record for a whole command line on the machine as it is, with nothing to check."""
    pairs = [os.fsdecode(entry).partition("=") for entry in machine.environ]
    environ = {name: value for name, equals, value in pairs if equals}
    return Recorded(
        launcher=machine.shim,
        directory=machine.root,
        words=[os.fsdecode(word) for word in words],
        variables=recall.relevant(environ),
        uv=machine.real,
    )


def lay(machine: Machine, found: Recorded) -> str:
    """Put a record where the launcher of a machine looks for it; return its path."""
    return recorded.lay(machine.path("cache"), found)


def answer(machine: Machine, *words: bytes, program: str = "") -> str:
    """Make a call; say what was started. Nothing is said, whatever it was."""
    if os.path.exists(machine.record):
        os.unlink(machine.record)
    result = machine.call(*words, program=program)
    assert (result.code, result.stdout, result.stderr) == (0, "", "")
    return machine.became()


# -- what is compared ------------------------------------------------------------------------------


def test_both_sides_know_the_same_variables() -> None:
    """The list in the launcher is the list in `recall`."""
    with open(os.path.join(fetched.SOURCE, "shims", "launcher.c"), encoding="utf-8") as file:
        text = file.read()
    [names] = re.findall(r"static bool is_relevant\(.*?NAMES\[\] = \{(.*?)NULL", text, re.DOTALL)
    assert tuple(re.findall(r'"([A-Z_]+)"', names)) == recall.VARIABLES
    assert f'"{recall.PREFIX}"' in text
    assert f'#define MAGIC "{recall.MAGIC}"' in text
    [limit] = re.findall(r"DECISION_LIMIT = (\d+) \* 1024", text)
    assert int(limit) * 1024 == recall.LIMIT


def test_a_record_is_replayed(machine: Machine) -> None:
    """A record for this very call, all of whose inputs hold, needs no Python."""
    lay(machine, record_for(machine, b"sync"))
    assert answer(machine, b"sync") == "uv"
    assert answer(machine, b"sync", b"-q") == "python"
    assert answer(machine) == "python"


@pytest.mark.parametrize("name", [*recall.VARIABLES, "UVLOCAL_X", "UVLOCAL_"])
def test_a_variable_that_counts(machine: Machine, name: str) -> None:
    """With another value, or none, or one that was not there, it is another call."""
    if name != "PATH":  # is set on every machine
        before = record_for(machine, b"sync")
        lay(machine, before)
        machine.set(name, "new")
        assert answer(machine, b"sync") == "python"
        os.unlink(machine.path(f"cache/{recall.FOLDER}/{before.name}"))
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
    """What no decision rests on may come and go, even where it is no variable at all."""
    lay(machine, record_for(machine, b"sync"))
    machine.environ.append(entry)
    assert answer(machine, b"sync") == "uv"
    assert entry in machine.recorded().variables or entry.startswith(b"UVLOCAL_LOOP")


def test_a_variable_given_twice(machine: Machine) -> None:
    """Which of two values counts is not for the launcher to say."""
    machine.set("UV_PROJECT", "x")
    lay(machine, record_for(machine, b"sync"))
    machine.environ.append(b"UV_PROJECT=x")
    assert answer(machine, b"sync") == "python"


ODD = [b"run", b"", b"a b", b"\xff\xfe", "é😀".encode(), b"two\nlines", b"--", b"*"]


def test_bytes_of_all_kinds(machine: Machine) -> None:
    """Words, folders and values are bytes: the name of the file is found whatever they are."""
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
    """A record for `uv run FLAGS...` stands for every program that is a plain name."""
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
    """A record for a command stands for whatever follows it, in any folder."""
    found = record_for(machine, b"python", b"install")
    found.how, found.directory = "prefix", ""
    lay(machine, found)
    assert answer(machine, *words) == became
    os.mkdir(machine.path("folder"))
    machine.call(*words, orders=[f"chdir {machine.path('folder').encode().hex()}"])
    assert machine.became() == became


def test_another_launcher_has_its_own_records(machine: Machine) -> None:
    """Another launcher may have another uv to fall back on: its decisions are others."""
    lay(machine, record_for(machine, b"sync"))
    shutil.copytree(machine.path("shims"), machine.path("shims2"))
    assert answer(machine, b"sync", program=machine.path("shims2/uv")) == "python"


def test_tracing_recalls_nothing(machine: Machine) -> None:
    """Whoever asks why is told by Python."""
    machine.set("UVLOCAL_TRACE", "1")
    lay(machine, record_for(machine, b"sync"))
    assert answer(machine, b"sync") == "python"


def test_loops_end_all_the_same(machine: Machine) -> None:
    """A real uv that starts the shim again is stopped, though each call is recalled."""
    machine.set("UVLOCAL_TEST_END", "r" + machine.shim)
    lay(machine, record_for(machine, b"sync"))
    result = machine.call(b"sync")
    assert result.code == 127
    assert "uv goes round in circles" in result.stderr


# -- inputs ----------------------------------------------------------------------------------------


def _holds(machine: Machine, *inputs: tuple[str, str]) -> bool:
    found = record_for(machine, b"sync")
    found.inputs = list(inputs)
    lay(machine, found)
    holds = answer(machine, b"sync") == "uv"
    assert holds == recorded.holds(found.inputs)
    return holds


def _write(path: str, text: str = "x") -> None:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def _rewrite(path: str, text: str) -> None:
    status = os.stat(path)
    with open(path, "r+", encoding="utf-8") as file:
        file.write(text)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def _turn_into_link(path: str) -> None:
    os.rmdir(path)
    os.symlink("other", path)


def _write_marked(path: str) -> None:
    _write(path)
    if sys.platform == "linux":
        os.setxattr(path, "user.x", b"")


def _ask(machine: Machine, ask: Callable[[RecordingSystem], object]) -> list[tuple[str, str]]:
    system = RecordingSystem(environ={}, cwd=machine.root, home=machine.root)
    ask(system)
    assert system.complete
    return [(stamp, path) for (_, path), stamp in system.inputs.items()]


Act = "Callable[[str], object]"

STAMPS = [
    pytest.param(
        lambda s, p: s.stat(f"{p}/file"), lambda p: _rewrite(f"{p}/file", "y"), id="s-content"
    ),
    pytest.param(lambda s, p: s.stat(f"{p}/file"), lambda p: os.unlink(f"{p}/file"), id="s-gone"),
    pytest.param(
        lambda s, p: s.lstat(f"{p}/file"), lambda p: os.chmod(f"{p}/file", 0o600), id="l-mode"
    ),
    pytest.param(
        lambda s, p: s.stat(f"{p}/folder"), lambda p: os.chmod(f"{p}/folder", 0o700), id="d-mode"
    ),
    pytest.param(
        lambda s, p: s.lstat(f"{p}/folder"),
        lambda p: _turn_into_link(f"{p}/folder"),
        id="k-became-a-link",
    ),
    pytest.param(lambda s, p: s.stat(f"{p}/none"), lambda p: _write(f"{p}/none"), id="a-came"),
    pytest.param(lambda s, p: s.lstat(f"{p}/none/x"), lambda p: _write(f"{p}/none/x"), id="A-came"),
    pytest.param(lambda s, p: s.exists(f"{p}/file"), lambda p: os.unlink(f"{p}/file"), id="e-gone"),
    pytest.param(
        lambda s, p: s.listdir(f"{p}/folder"), lambda p: _write(f"{p}/folder/x"), id="s-of-a-folder"
    ),
    pytest.param(
        lambda s, p: s.can_write(f"{p}/none"), lambda p: os.mkdir(f"{p}/none"), id="w-may-not"
    ),
    pytest.param(
        lambda s, p: s.can_write(f"{p}/folder"), lambda p: os.rmdir(f"{p}/folder"), id="w-may"
    ),
    pytest.param(
        lambda s, p: s.can_start(f"{p}/file"), lambda p: os.chmod(f"{p}/file", 0o700), id="p"
    ),
]
if sys.platform == "linux":
    STAMPS += [
        pytest.param(
            lambda s, p: s.attribute(f"{p}/file", "user.x"),
            lambda p: os.setxattr(f"{p}/file", "user.x", b"1"),
            id="x-came",
        ),
        pytest.param(
            lambda s, p: s.attribute(f"{p}/none", "user.x"),
            lambda p: _write_marked(f"{p}/none"),
            id="x-came-with-its-file",
        ),
        pytest.param(
            lambda s, p: s.attribute(f"{p}/marked", "user.x"),
            lambda p: os.setxattr(f"{p}/marked", "user.x", b"\xff\x00b"),
            id="x-other-value",
        ),
        pytest.param(
            lambda s, p: s.attribute(f"{p}/marked", "user.x"),
            lambda p: os.removexattr(f"{p}/marked", "user.x"),
            id="x-gone",
        ),
    ]


@pytest.mark.parametrize(("ask", "change"), STAMPS)
def test_a_stamp_is_the_same_in_c(
    machine: Machine,
    ask: Callable[[RecordingSystem, str], object],
    change: Callable[[str], object],
) -> None:
    """What Python stamps the launcher finds unchanged, until it changes."""
    root = machine.path("world")
    _write(f"{root}/file")
    os.mkdir(f"{root}/folder")
    os.mkdir(f"{root}/other")
    _write(f"{root}/marked")
    if sys.platform == "linux":
        os.setxattr(f"{root}/marked", "user.x", b"\xff\x00a")
    inputs = _ask(machine, lambda system: ask(system, root))
    assert _holds(machine, *inputs)
    change(root)
    assert not _holds(machine, *inputs)


@pytest.mark.parametrize("size", [0, 1, 7, 8, 8191, 8192, 8193, 100_000, 1 << 20])
def test_sums_of_content_are_the_same_in_c(machine: Machine, size: int) -> None:
    """A sum is the same number on both sides, whatever the size; a changed byte changes it."""
    path = machine.path("content")
    data = bytearray(random.Random(size).randbytes(size))  # noqa: S311 - an example
    stamp = "r" + summed(bytes(data))
    machine.put("content", bytes(data))
    assert _holds(machine, (stamp, path))
    if data:
        data[len(data) // 2] ^= 0x80
        machine.put("content", bytes(data))
        assert not _holds(machine, (stamp, path))
    os.unlink(path)
    os.mkfifo(path)
    assert answer(machine, b"sync") == "python"


@pytest.mark.skipif(sys.platform != "linux", reason="the mount table is Linux'")
def test_the_mount_table_is_an_input(machine: Machine) -> None:
    """Its sum is the same on both sides as long as nothing is mounted."""
    inputs = _ask(machine, RecordingSystem.mount_table)
    if inputs != _ask(machine, RecordingSystem.mount_table):
        pytest.skip("something is mounted just now")
    assert _holds(machine, *inputs)
    assert answer(machine, b"sync") == "uv"


def test_links_say_where_they_lead(machine: Machine) -> None:
    """A link's text is compared as a whole, with bytes of all kinds."""
    path, target = machine.path("link"), os.fsdecode(b"../\xff \n" + b"x" * 3000)
    os.symlink(target, path)
    assert _holds(machine, ("t" + target, path))
    assert not _holds(machine, ("t" + target + "x", path))
    assert not _holds(machine, ("t" + target[:-1], path))
    assert not _holds(machine, ("t", machine.path("none")))


def test_guards(machine: Machine) -> None:
    """While a folder is unchanged what is not in it is not looked at; else each of them is."""
    folder = machine.path("folder")
    os.mkdir(folder)
    guard = (whole("g2:", os.stat(folder)), folder)
    absent = [("A", f"{folder}/a"), ("a", f"{folder}/b")]
    after = ("e", machine.real)
    assert _holds(machine, guard, *absent, after)
    assert not _holds(machine, guard, *absent, ("e", machine.path("none")))
    _write(f"{folder}/c")
    assert _holds(machine, guard, *absent, after)
    _write(f"{folder}/b")
    assert not _holds(machine, guard, *absent, after)
    os.unlink(f"{folder}/b")
    assert _holds(machine, guard, *absent, after)


WRONG = [
    *("", "s", "z1", "S1:2:3:4:5:6:7", "g", "g1", "g1:", "g:1", "g99999:1:2", "gx:1", "x", "xname"),
    *(
        "x=",
        "x!",
        "xuser.x=zz",
        "x" + "n" * 300 + "!",
        "r",
        "r1",
        "r1:",
        "r1:2:3",
        "t",
        "n/x",
        "w2",
    ),
    *("s1", "s1:2:3:4:5:6", "s1:2:3:4:5:6:7:8", "s01:2:3:4:5:6:7", "d1:2:3", "k1:2:3:4:5", "s-1:2"),
    *("s" + "9" * 400, "s1:2:3:4:5:6:18446744073709551616", "e1", "a1", "A x", "pp"),
]


@pytest.mark.parametrize("stamp", WRONG)
def test_what_is_no_stamp(machine: Machine, stamp: str) -> None:
    """A stamp that says something else, or nothing, never makes a record hold that should not."""
    found = record_for(machine, b"sync")
    found.inputs = [(stamp, machine.real), ("e", machine.path("none"))]
    lay(machine, found)
    assert answer(machine, b"sync") == "python"


# -- damage and trust ------------------------------------------------------------------------------


def _damaged(machine: Machine, path: str, data: bytes) -> str:
    with open(path, "wb") as file:
        file.write(data)
    return answer(machine, b"sync")


def test_every_damage_is_a_miss(machine: Machine) -> None:
    """Cut off anywhere, or with anything behind its end, a record is none."""
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
    assert _damaged(machine, path, data + b"\0" * recall.LIMIT) == "python"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("uv", "real/uv", id="relative-uv"),
        pytest.param("uv", "", id="no-uv"),
        pytest.param("uv", "/nowhere/at/all", id="uv-gone"),
        pytest.param("changes", ["=x"], id="change-without-a-name"),
        pytest.param("changes", [""], id="empty-change"),
        pytest.param(
            "changes", ["UVLOCAL_SET_UV_PROJECT_ENVIRONMENT=/project/.venv"], id="not-in-a-store"
        ),
        pytest.param(
            "changes", ["UVLOCAL_SET_VIRTUAL_ENV=/s/envs/x-0123456789/.."], id="out-of-the-store"
        ),
        pytest.param("directory", "/", id="another-folder"),
        pytest.param("how", "run", id="another-kind"),
    ],
)
def test_what_is_not_replayed(machine: Machine, name: str, value: object) -> None:
    """A record that asks for what no decision of ours can be is none."""
    found = record_for(machine, b"sync")
    path = lay(machine, found)
    setattr(found, name, value)
    with open(path, "wb") as file:
        file.write(found.data)
    assert answer(machine, b"sync") == "python"
    assert machine.recorded().value("A") is None


def _open_to_others(path: str) -> None:
    os.chmod(path, os.stat(path).st_mode | stat.S_IWOTH)  # noqa: S103 - what is wrong here


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
    """Everything that is recorded can be thrown away at any time."""
    path = lay(machine, record_for(machine, b"sync"))
    for gone in (path, os.path.dirname(path), machine.path("cache")):
        os.unlink(gone) if gone == path else os.rmdir(gone)
        assert answer(machine, b"sync") == "python"


# -- what reaches uv -------------------------------------------------------------------------------


def test_changes_are_made_and_nothing_else(machine: Machine) -> None:
    """uv gets the environment in its order and bytes, with the changes made; twins stay twins."""
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
    """More than the launcher has room for at first is no reason to fail."""
    machine.environ += [b"X%d=%s" % (number, b"x" * 1000) for number in range(1500)]
    found = record_for(machine, b"sync")
    found.changes = [f"Y{number}=" + "y" * 900 for number in range(200)]
    lay(machine, found)
    assert answer(machine, b"sync") == "uv"
    assert set(map(os.fsencode, found.changes)) <= set(machine.recorded().variables)


# -- what it costs ---------------------------------------------------------------------------------

#: The system calls of a recalled call, but for those of its inputs: the C library's own start, the
#: configuration, the two folders, the record, and becoming uv.
CALLS = [
    *("execve", "readlink", "open", "fcntl", "fstat", "geteuid", "read", "close", "getpid"),
    *("stat", "geteuid", "stat", "geteuid", "getcwd", "open", "fcntl", "fstat", "geteuid", "read"),
    *("close", "execve"),
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
    """A recalled call is a fixed list of system calls, and one for each input; nothing forks."""
    folder = machine.path("folder")
    os.mkdir(folder)
    found = record_for(machine, b"sync")
    lay(machine, found)
    assert traced(machine, b"sync") == CALLS
    found.inputs = [("e", machine.real)] * 3 + [
        (whole("g40:", os.stat(folder)), folder),
        *(("A", f"{folder}/{number}") for number in range(40)),
    ]
    lay(machine, found)
    inputs = ["lstat"] * 3 + ["stat"]
    assert traced(machine, b"sync") == [*CALLS[:-1], *inputs, "execve"]

    for number in range(2000):
        other = record_for(machine, b"sync", b"%d" % number)
        recorded.lay(machine.path("cache"), other)
    assert traced(machine, b"sync") == [*CALLS[:-1], *inputs, "execve"]
