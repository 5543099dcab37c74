"""The system calls of the shim in a hostile folder: programs started, files written."""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
import sys
from typing import TYPE_CHECKING, NamedTuple

import pytest
from support.faults import hard_cases
from support.hosts import hostile
from support.hosts.hostile import Place
from support.hosts.hostile_plants import PLANTS

from uvlocal.manage.files import rmtree
from uvlocal.shim.machine.host import DRAFT, System
from uvlocal.shim.uv import handover

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="modes and traces are Unix'")

#: System calls that start a program or change files (Linux' syscalls(2)).
_TRACED = (
    *("execve", "open", "openat", "creat", "truncate", "mkdir", "mkdirat", "mknod", "mknodat"),
    *("unlink", "unlinkat", "rmdir", "rename", "renameat", "renameat2", "link", "linkat"),
    *("symlink", "symlinkat", "chmod", "fchmodat", "setxattr", "lsetxattr", "utimensat"),
)
_WRITES = re.compile(r"O_WRONLY|O_RDWR|O_CREAT|O_TRUNC")
_LINE = re.compile(r"^(?P<process>\d+) +(?P<call>\w+)\((?P<rest>.*)\) = (?P<result>-?\d+)")
#: A directory descriptor and a path, or only a path. Hexadecimal, and therefore exact.
_PATH = re.compile(r'(?:(?:AT_FDCWD|\d+)<(?P<folder>[^>]*)>, )?"(?P<path>[^"]*)"')


class Act(NamedTuple):
    """A successful system call, with its paths."""

    process: str
    call: str
    paths: list[str]


def read_trace(text: str) -> Iterator[Act]:
    """Yield the calls that start programs or change files."""
    for line in text.splitlines():
        match = _LINE.match(line)
        if match is None or match["result"].startswith("-"):
            continue
        rest, call = match["rest"], match["call"]
        if call == "execve":
            rest = rest.partition(", [")[0]
        if call in ("open", "openat") and not _WRITES.search(rest):
            continue
        paths = [
            os.path.normpath(os.path.join(plain(found["folder"] or ""), plain(found["path"])))
            for found in _PATH.finditer(rest)
        ]
        if "xattr" in call:
            paths = paths[:1]  # followed by a name and a value
        elif call.startswith("symlink"):
            paths = paths[1:]  # preceded by the text of the link
        yield Act(match["process"], call, paths)


def plain(text: str) -> str:
    r"""Return what `\x2f\x61` stands for."""
    data = re.sub(r"\\x([0-9a-f]{2})", lambda found: chr(int(found[1], 16)), text)
    return os.fsdecode(data.encode("latin-1"))


def trace(place: Place, strategy: str, *words: str) -> list[Act]:
    """Call uv through the shim, and return its acts until uv was started."""
    log = os.path.join(place.root, "trace")
    subprocess.run(
        [
            *("strace", "-f", "-qq", "-y", "-xx", "-s", "4096", "-o", log),
            *("-e", "trace=" + ",".join(f"?{name}" for name in _TRACED)),
            *(os.path.join(place.shims, "uv"), *words),
        ],
        cwd=place.project,
        env=place.environ | ({"UVLOCAL_STRATEGY": strategy} if strategy else {}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=60,
        check=True,
    )
    with open(log, encoding="ascii") as file:
        acts = list(read_trace(file.read()))
    done, is_uv = [], set()
    for act in acts:
        if act.process not in is_uv:
            done.append(act)
        if act.call == "execve" and act.paths == [place.uv]:
            is_uv.add(act.process)  # uv's own acts do not count
    assert is_uv
    return done


def is_pointers_draft(act: Act, venv: str) -> bool:
    """Return whether an act creates, renames or removes a temporary pointer."""
    return act.paths in ([venv + DRAFT], [venv + DRAFT, venv])


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """Return a place, removed afterwards: pytest cannot remove all of it."""
    yield Place(str(tmp_path))
    assert rmtree.delete(str(tmp_path / "home")) == ""


CASES = [f"{what}|{strategy}" for what in PLANTS for strategy in ("", "no-metadata")]
#: Always tried: those that are most likely to fool careless code.
FIRST = (
    "programs|",
    "venv-folder|no-metadata",
    "venv-linked-package|no-metadata",
    "table-symlink|",
)


@pytest.mark.parametrize(
    "case", [*FIRST, *hostile.choose(CASES, hard_cases.count(6, 999), f"{hard_cases.SEED}")]
)
def test_programs_and_writes(place: Place, case: str) -> None:
    """Only the shim, its Python and the real uv are started; only store and cache are written."""
    if shutil.which("strace") is None:
        pytest.skip("`strace` is not installed")
    what, strategy = case.split("|")
    PLANTS[what](place)
    launcher = os.path.join(place.shims, "uv")
    python = handover.configuration(System(environ={}), launcher)["python"]
    venv = os.path.join(place.project, ".venv")
    ours = (".cache", ".local", ".virtualenvs")
    own = (place.store, *(os.path.join(place.home, name) for name in ours))
    for words in (("sync",), ("run", "true")):
        for act in trace(place, strategy, *words):
            if act.call == "execve":
                assert act.paths[0] in (launcher, python, place.uv), act
                continue
            in_store = all(path.startswith(own) for path in act.paths)
            is_null = act.paths == ["/dev/null"]
            is_byte_code = all("/__pycache__/" in path for path in act.paths)
            is_ours_there = not any(path.startswith(place.root) for path in act.paths)
            if in_store or is_null or (is_byte_code and is_ours_there):
                continue
            assert what.startswith("table-"), act  # the project may configure a pointer itself
            if is_pointers_draft(act, venv):
                continue
            assert act.call in ("symlink", "openat"), act
            assert act.paths in ([venv], [os.path.join(place.shared, ".venv")]), act


def test_a_trace_is_read() -> None:
    """Writes, programs and reads are distinguished, including paths by descriptor."""
    lines = (
        r'7  openat(AT_FDCWD<\x2f\x61>, "\x62", O_WRONLY|O_CREAT|O_CLOEXEC, 0600) = 3',
        r'7  openat(AT_FDCWD<\x2f\x61>, "\x62", O_RDONLY|O_CLOEXEC) = 3',
        r'7  unlinkat(3<\x2f\x63>, "\x64", 0) = 0',
        r'7  unlinkat(3<\x2f\x63>, "\x65", 0) = -1 ENOENT (No such file or directory)',
        r'8  execve("\x2f\x75\x76", ["\x75\x76", "\x78"], 0x7f /* 3 vars */) = 0',
    )
    assert list(read_trace("\n".join(lines))) == [
        Act("7", "openat", ["/a/b"]),
        Act("7", "unlinkat", ["/c/d"]),
        Act("8", "execve", ["/uv"]),
    ]


# -- private -----------------------------------------------------------------------------------


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_store_and_records_are_private(place: Place, umask: int) -> None:
    """Whatever the umask is, the shim's files are private to the user: 0700 and 0600."""
    there = {path for path, _ in walk(place.home)}
    subprocess.run(
        [os.path.join(place.shims, "uv"), "sync"],
        cwd=place.project,
        env=place.environ,
        stdin=subprocess.DEVNULL,
        umask=umask,
        check=True,
    )
    made = [(path, mode) for path, mode in walk(place.home) if path not in there]
    names = {os.path.relpath(path, place.home) for path, _ in made}
    assert {".local", ".local/share/uvlocal/envs", ".local/share/uvlocal/records"} <= names
    assert any(name.endswith(".toml") for name in names)
    for path, mode in made:
        if stat.S_ISLNK(mode):
            continue  # its mode does not matter
        wanted = 0o700 if stat.S_ISDIR(mode) else 0o600
        assert stat.S_IMODE(mode) == wanted, (path, oct(mode))
        assert os.lstat(path).st_uid == System(environ={}).uid


def walk(top: str) -> Iterator[tuple[str, int]]:
    """Yield every path below a folder, with its mode."""
    for folder, folders, files in os.walk(top):
        for name in (*folders, *files):
            path = os.path.join(folder, name)
            yield path, os.lstat(path).st_mode
