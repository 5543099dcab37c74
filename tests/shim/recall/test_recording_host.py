"""Every answer of the machine has a stamp that changes with it."""

from __future__ import annotations

import contextlib
import inspect
import os
import random
import stat
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest
from support.compare import recorded
from support.faults.edits import replace, rewrite, write

from uvlocal.shim import contract
from uvlocal.shim.machine import native
from uvlocal.shim.machine.host import System
from uvlocal.shim.recall import recording_host
from uvlocal.shim.recall.recording_host import WITHOUT_STAMP, RecordingSystem, rest_of, summed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

if sys.platform == "win32":
    pytest.skip("of POSIX; Windows has test_recall_on_windows", allow_module_level=True)

#: Methods of `System` that only call others with stamps, or access nothing.
MADE_OF_OTHERS = {
    "is_file": "stat",
    "is_directory": "stat",
    "is_private": "lstat",
    "has_hidden_flag": "the platform alone",
    "once": "what it calls",
    "share": "copies what is known already, and only for commands",
    "born": "a folder that was made anew has another `pyproject.toml`, which has a stamp",
    "make_private_directory": "changes something, and is asked about it before and after",
    "write_private": "likewise, and only in caches",
}


def _methods(kind: type) -> set[str]:
    return {name for name in vars(kind) if not name.startswith("_")} - set(
        getattr(kind, "__slots__", ())
    )


def test_every_question_is_accounted_for() -> None:
    """Each method of `System` has a stamp, or none on purpose, or only calls those that do."""
    stamped = _methods(RecordingSystem) - set(WITHOUT_STAMP)
    assert not set(MADE_OF_OTHERS) & (stamped | set(WITHOUT_STAMP))
    assert _methods(System) == stamped | set(WITHOUT_STAMP) | set(MADE_OF_OTHERS)


@pytest.mark.parametrize("name", sorted(set(MADE_OF_OTHERS) - {"once"}))
def test_what_is_made_of_others_goes_through_them(name: str) -> None:
    """No inherited method accesses the operating system without a record."""
    source = inspect.getsource(getattr(System, name))
    asks = ("os.stat", "os.lstat", "os.access", "os.listdir", "os.readlink", "os.path")
    assert not any(word in source for word in asks)


@pytest.mark.parametrize("name", WITHOUT_STAMP)
def test_what_has_no_stamp_makes_the_record_incomplete(name: str) -> None:
    """A question that the launcher cannot repeat stops recording."""
    system = RecordingSystem()
    assert system.complete
    with contextlib.suppress(TypeError):  # the failure does not matter
        getattr(system, name)()
    assert not system.complete


# -- one question at a time ------------------------------------------------------------------------


def _turn(path: str, target: str) -> None:
    os.unlink(path)
    os.symlink(target, path)


Question = "Callable[[System, str], object]"

#: A question about the directory `root`, the fact that changes, and whether the stamp changes.
QUESTIONS = [
    pytest.param(lambda s, p: s.stat(f"{p}/file"), lambda p: rewrite(f"{p}/file", "y"), True),
    pytest.param(lambda s, p: s.stat(f"{p}/file"), lambda p: replace(f"{p}/file", "y"), True),
    pytest.param(lambda s, p: s.stat(f"{p}/file"), lambda p: os.unlink(f"{p}/file"), True),
    pytest.param(lambda s, p: s.stat(f"{p}/file"), lambda p: os.chmod(f"{p}/file", 0o600), True),
    pytest.param(lambda s, p: s.stat(f"{p}/file"), lambda p: write(f"{p}/new"), False),
    pytest.param(lambda s, p: s.stat(f"{p}/none"), lambda p: write(f"{p}/none"), True),
    pytest.param(lambda s, p: s.stat(f"{p}/none/x"), lambda p: write(f"{p}/none"), False),
    pytest.param(lambda s, p: s.stat(f"{p}/dead"), lambda p: write(f"{p}/target"), True),
    pytest.param(lambda s, p: s.stat(f"{p}/link"), lambda p: rewrite(f"{p}/file", "y"), True),
    pytest.param(lambda s, p: s.stat(f"{p}/folder"), lambda p: write(f"{p}/folder/b"), False),
    pytest.param(
        lambda s, p: s.stat(f"{p}/folder"), lambda p: os.chmod(f"{p}/folder", 0o700), True
    ),
    pytest.param(lambda s, p: s.lstat(f"{p}/link"), lambda p: _turn(f"{p}/link", "dead"), True),
    pytest.param(lambda s, p: s.lstat(f"{p}/link"), lambda p: rewrite(f"{p}/file", "y"), False),
    pytest.param(lambda s, p: s.lstat(f"{p}/dead"), lambda p: write(f"{p}/target"), False),
    pytest.param(lambda s, p: s.exists(f"{p}/file"), lambda p: rewrite(f"{p}/file", "y"), False),
    pytest.param(lambda s, p: s.exists(f"{p}/file"), lambda p: os.unlink(f"{p}/file"), True),
    pytest.param(lambda s, p: s.exists(f"{p}/none"), lambda p: write(f"{p}/none"), True),
    pytest.param(lambda s, p: s.is_file(f"{p}/none"), lambda p: os.mkdir(f"{p}/none"), True),
    pytest.param(lambda s, p: s.read(f"{p}/file"), lambda p: rewrite(f"{p}/file", "y"), True),
    pytest.param(lambda s, p: s.read(f"{p}/link"), lambda p: _turn(f"{p}/link", "big"), True),
    pytest.param(lambda s, p: s.read(f"{p}/big", 9), lambda p: rewrite(f"{p}/big", "y"), True),
    pytest.param(lambda s, p: s.readlink(f"{p}/link"), lambda p: _turn(f"{p}/link", "big"), True),
    pytest.param(lambda s, p: s.realpath(f"{p}/way/b"), lambda p: _turn(f"{p}/way", "other"), True),
    pytest.param(lambda s, p: s.realpath(f"{p}/way/b"), lambda p: write(f"{p}/folder/c"), False),
    # `..` behind what does not exist leads on; and links may lead round in a ring.
    pytest.param(
        lambda s, p: s.realpath(f"{p}/none/../way"), lambda p: os.mkdir(f"{p}/none"), True
    ),
    pytest.param(
        lambda s, p: s.realpath(f"{p}/none/../way"), lambda p: _turn(f"{p}/way", "other"), True
    ),
    pytest.param(
        lambda s, p: s.realpath(f"{p}/ring/x"), lambda p: _turn(f"{p}/ring", "folder"), True
    ),
    pytest.param(lambda s, p: s.listdir(f"{p}/folder"), lambda p: write(f"{p}/folder/b"), True),
    pytest.param(lambda s, p: s.listdir(f"{p}/none"), lambda p: os.mkdir(f"{p}/none"), True),
    pytest.param(lambda s, p: s.version(f"{p}/folder"), lambda p: write(f"{p}/folder/b"), True),
    pytest.param(lambda s, p: s.version(f"{p}/file"), lambda p: replace(f"{p}/file", "y"), True),
    pytest.param(
        lambda s, p: s.can_start(f"{p}/file"), lambda p: os.chmod(f"{p}/file", 0o700), True
    ),
    pytest.param(lambda s, p: s.can_write(f"{p}/none"), lambda p: os.mkdir(f"{p}/none"), True),
    pytest.param(lambda s, p: s.can_change(f"{p}/none"), lambda p: write(f"{p}/none"), True),
]
if sys.platform == "linux":
    QUESTIONS += [
        pytest.param(
            lambda s, p: s.attribute(f"{p}/file", "user.x"),
            lambda p: os.setxattr(f"{p}/file", "user.x", b"1"),
            True,
        ),
        pytest.param(
            lambda s, p: s.attribute(f"{p}/file", "user.y"),
            lambda p: os.setxattr(f"{p}/file", "user.x", b"1"),
            False,
        ),
    ]


@pytest.fixture
def folder(tmp_path: Path) -> str:
    """Return a folder with a file, a larger one, a folder, and links."""
    root = os.path.realpath(tmp_path)
    write(f"{root}/file")
    write(f"{root}/big", "x" * 10)
    write(f"{root}/folder/a")
    write(f"{root}/other/a")
    os.symlink("file", f"{root}/link")
    os.symlink("target", f"{root}/dead")
    os.symlink("folder", f"{root}/way")
    os.symlink("ring", f"{root}/ring")
    return root


@pytest.mark.parametrize(("ask", "change", "shows"), QUESTIONS)
def test_a_stamp_changes_with_what_it_stands_for(
    folder: str,
    ask: Callable[[System, str], object],
    change: Callable[[str], object],
    *,
    shows: bool,
) -> None:
    """What changes an answer changes a stamp; what has nothing to do with it does not."""
    system = RecordingSystem()
    answer = ask(system, folder)
    assert answer == ask(System(), folder)
    checks = [(stamp, path) for (_, path), stamp in system.inputs.items()]
    assert system.complete
    assert recorded.holds(checks)

    change(folder)

    assert recorded.holds(checks) is not shows
    if not shows and not isinstance(answer, os.stat_result):
        assert ask(System(), folder) == answer


def test_the_flag_is_noted(folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The flag of what is hidden is a stamp of its own, links not followed; nothing else shows."""
    flags = {f"{folder}/file": stat.UF_HIDDEN | stat.UF_NODUMP, f"{folder}/folder": 0}

    def lstat(path: str) -> SimpleNamespace:
        if path not in flags:
            raise FileNotFoundError(path)
        return SimpleNamespace(st_flags=flags[path])

    monkeypatch.setattr("os.lstat", lstat)
    system = RecordingSystem(platform="darwin", environ={}, cwd="/", home="/")
    asked = ("file", "folder", "none")
    assert [system.is_hidden(f"{folder}/{name}") for name in asked] == [True, False, False]
    assert system.complete
    assert system.newest == 0
    stamps = {path: stamp for (_, path), stamp in system.inputs.items()}
    assert stamps == {
        f"{folder}/{name}": stamp for name, stamp in zip(asked, ("f1", "f0", "f0"), strict=True)
    }
    checks = [(stamp, path) for path, stamp in stamps.items()]
    assert recorded.holds(checks)
    flags[f"{folder}/folder"] = stat.UF_HIDDEN
    assert not recorded.holds(checks)


def test_two_answers_within_one_call(folder: str) -> None:
    """A fact that changes during a call is not recorded."""
    for ask in (RecordingSystem.stat, RecordingSystem.listdir, RecordingSystem.can_write):
        system = RecordingSystem()
        ask(system, f"{folder}/new{ask.__name__}")
        assert system.complete
        os.mkdir(f"{folder}/new{ask.__name__}")
        ask(system, f"{folder}/new{ask.__name__}")
        assert not system.complete


def test_what_cannot_be_read_is_not_recorded(folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An unreadable file or directory has no stamp, except one that is too large."""
    monkeypatch.setattr(System, "read", lambda *_: None)
    system = RecordingSystem()
    assert system.read(f"{folder}/big", 9) is None
    assert system.read(f"{folder}/none") is None
    assert system.read(f"{folder}/folder") is None
    assert system.complete
    assert system.read(f"{folder}/file") is None
    assert not system.complete


def test_a_path_that_cannot_be(folder: str) -> None:
    """A path with a NUL does not exist, and cannot be recorded."""
    for ask in (RecordingSystem.stat, RecordingSystem.lstat, RecordingSystem.exists):
        system = RecordingSystem()
        assert not ask(system, f"{folder}/\0")
        assert not system.complete


# -- Windows ---------------------------------------------------------------------------------------


def test_the_numbers_of_windows() -> None:
    """They are those of `GetFileInformationByHandle`, in any version of CPython."""
    status = SimpleNamespace(
        st_dev=0x1234_5678_9ABC_DEF0,
        st_ino=(7 << 64) + 5,
        st_file_attributes=stat.FILE_ATTRIBUTE_DIRECTORY | stat.FILE_ATTRIBUTE_ARCHIVE,
        st_size=3,
        st_mtime_ns=1_700_000_000_123_456_700,
    )
    numbers = recording_host.windows_numbers(cast("os.stat_result", status))
    assert numbers == (0x9ABCDEF0, 5, 16, 3, 133_444_736_001_234_567)


def test_what_only_windows_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys of the registry, drives, and names have stamps; an unknown drive has none."""
    written = {r"HKCU\Software\A": "133444736001234567"}
    monkeypatch.setattr(System, "registry_stamp", lambda _, key: written.get(key, ""))
    monkeypatch.setattr(System, "drive_type", lambda _, drive: {"D:": "fixed"}.get(drive, ""))
    monkeypatch.setattr(native, "logical_drives", lambda: 12)
    monkeypatch.setattr(
        native, "final_name", lambda path: f"\\\\?\\{path}" if path != "gone" else ""
    )
    system = RecordingSystem(platform="win32", environ={}, cwd="C:\\", home="C:\\Users\\me")
    assert system.registry_values(r"HKCU\Software\A") == {}
    assert system.registry_keys(r"HKCU\Software\B") == []
    assert system.registry_stamp(r"HKCU\Software\A") == written[r"HKCU\Software\A"]
    assert system.drive_type("D:") == "fixed"
    system.mounts()
    system.realpath("C:\\x")
    assert system.complete
    assert {(stamp, path) for (_, path), stamp in system.inputs.items()} == {
        ("q133444736001234567", r"HKCU\Software\A"),
        ("Q", r"HKCU\Software\B"),
        ("v3", "D:"),
        ("m12", "drives"),
        ("n\\\\?\\C:\\x", "C:\\x"),
    }
    assert system.newest == 1_700_000_000_123_456_700
    system.realpath("gone")
    assert not system.complete
    system.complete = True
    system.drive_type("E:")
    assert not system.complete


def test_a_link_on_windows_has_no_stamp(folder: str) -> None:
    """The launcher cannot read symlinks there."""
    system = RecordingSystem(platform="win32", environ={}, cwd=folder, home=folder)
    system.readlink(f"{folder}/file")
    assert system.complete
    system.readlink(f"{folder}/link")
    assert not system.complete


def test_what_is_mounted_on_a_mac(monkeypatch: pytest.MonkeyPatch) -> None:
    """The list has the same stamp as in the launcher; without a list nothing is recorded."""
    rows = [("/dev/disk3s1", "/", "apfs", "local"), ("//nas/a", "/Volumes/é", "smbfs", "")]
    monkeypatch.setattr(System, "mounts", lambda _: rows)
    system = RecordingSystem(platform="darwin", environ={}, cwd="/", home="/")
    assert system.mounts() == rows
    data = b"/\0apfs\0l" + "/Volumes/é\0smbfs\0r".encode()
    assert system.inputs == {("m", "mounts"): "m" + summed(data)}
    assert system.complete
    rows.clear()
    system.mounts()
    assert not system.complete


# -- times -----------------------------------------------------------------------------------------


def test_only_content_has_to_be_settled(folder: str) -> None:
    """A file that was only checked may be new; a read file, or listed directory, may not."""
    system = RecordingSystem()
    system.stat(f"{folder}/file")
    system.exists(f"{folder}/file")
    system.realpath(f"{folder}/folder")
    assert system.newest == 0
    system.read(f"{folder}/file")
    assert system.newest == os.stat(f"{folder}/file").st_ctime_ns
    write(f"{folder}/folder/later")
    system.listdir(f"{folder}/folder")
    assert system.newest == os.stat(f"{folder}/folder").st_ctime_ns
    _turn(f"{folder}/link", "big")
    system.readlink(f"{folder}/link")
    assert system.newest == os.lstat(f"{folder}/link").st_ctime_ns


def test_where_no_clock_can_be_trusted(folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a network or FUSE file system the content has a stamp, and listings must be older."""
    monkeypatch.setattr(recording_host, "has_own_clock", lambda _: False)
    system = RecordingSystem()
    system.read(f"{folder}/file")
    system.readlink(f"{folder}/link")
    system.listdir(f"{folder}/folder")
    assert system.inputs["r", f"{folder}/file"] == "r" + summed(b"x")
    assert system.inputs["t", f"{folder}/link"] == "tfile"
    assert system.newest == 0
    assert system.newest_listed == os.stat(f"{folder}/folder").st_ctime_ns
    monkeypatch.setattr(contract, "SUMMED_LIMIT", 5)
    system.read(f"{folder}/big")
    assert not system.complete


@pytest.mark.skipif(sys.platform != "linux", reason="device numbers are Linux'")
def test_disks_have_a_clock_of_their_own() -> None:
    """A real device number is a disk; an anonymous one may be anything."""
    assert recording_host.has_own_clock(os.makedev(8, 1))
    assert not recording_host.has_own_clock(os.makedev(0, 45))


def test_sums() -> None:
    """The checksum of content is its length and remainder, which change with each byte."""
    assert summed(b"") == "0:0"
    assert summed(b"\0\0") == "2:0"
    assert rest_of(b"\1" + b"\0" * 8) == 8
    numbers = random.Random(0)  # noqa: S311 - an example
    data = bytearray(numbers.randbytes(5000))
    before = summed(bytes(data))
    for at in range(0, 5000, 97):
        data[at] ^= 1
        assert summed(bytes(data)) != before
        data[at] ^= 1
