"""Finding the real uv, in the Python part of the shim."""

from __future__ import annotations

import contextlib
import os
import signal
import stat
import struct
import subprocess
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from support.hosts import launchers
from support.hosts.fakes import FakeSystem

import uvlocal
from uvlocal.shim import contract
from uvlocal.shim.machine import paths
from uvlocal.shim.machine.host import System
from uvlocal.shim.uv import handover

if TYPE_CHECKING:
    from pathlib import Path


def program(path: Path, content: bytes = b"\x7fELF real") -> str:
    """Write an executable file and return its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    path.chmod(0o755)
    return str(path)


def shim(path: Path) -> str:
    """Write a file with the marker of our shims."""
    return program(path, b"#!/bin/sh\n# " + contract.MARKER.encode() + b"\n")


def find(tmp_path: Path, *folders: str, wish: str = "", recorded: str = "") -> handover.RealUv:
    """Search for uv with these PATH entries, from the shim in `tmp_path/shims`."""
    launcher = shim(tmp_path / "shims" / "uv")
    if recorded:
        (tmp_path / "shims" / contract.CONFIGURATION).write_text(f"uvlocal 1\nuv {recorded}\n")
    environ = {"PATH": ":".join(folders)}
    if wish:
        environ["UVLOCAL_UV"] = wish
    return handover.find(System(environ=environ, cwd=str(tmp_path)), launcher)


posix_only = pytest.mark.skipif(sys.platform == "win32", reason="executable bits are POSIX")


@posix_only
@pytest.mark.parametrize(
    "folders",
    [
        pytest.param(["{0}/shims", "{0}/a"], id="shim-first"),
        pytest.param(["{0}/a", "{0}/shims"], id="shim-last"),
        pytest.param(["{0}/shims", "{0}/a", "{0}/shims"], id="shim-spread"),
        pytest.param(["{0}/shims", "{0}/link", "{0}/a"], id="link-to-the-shim"),
        pytest.param(["{0}/shims", "{0}/copy", "{0}/a"], id="copy-of-the-shim"),
        pytest.param(["{0}/shims", "{0}/folder", "{0}/a"], id="a-folder-called-uv"),
        pytest.param(["{0}/shims", "{0}/plain", "{0}/a"], id="not-executable"),
        pytest.param(["{0}/shims", "{0}/dangling", "{0}/a"], id="dangling-link"),
        pytest.param(["", ".", "rel", "{0}/a"], id="empty-and-relative-entries"),
        pytest.param(["{0}/none", "{0}/a"], id="missing-folder"),
    ],
)
def test_path_without_ourselves(tmp_path: Path, folders: list[str]) -> None:
    """The first uv on PATH that is not our shim is the real one, except in relative entries."""
    real = program(tmp_path / "a" / "uv")
    program(tmp_path / "uv")
    program(tmp_path / "rel" / "uv")
    shim(tmp_path / "copy" / "uv")
    (tmp_path / "folder" / "uv").mkdir(parents=True)
    (tmp_path / "plain").mkdir()
    (tmp_path / "plain" / "uv").write_bytes(b"")
    (tmp_path / "dangling").mkdir()
    (tmp_path / "dangling" / "uv").symlink_to(tmp_path / "nothing")
    (tmp_path / "link").mkdir()
    (tmp_path / "link" / "uv").symlink_to(tmp_path / "shims" / "uv")
    found = find(tmp_path, *(folder.format(tmp_path) for folder in folders))
    assert (found.path, found.origin) == (real, "path")


@pytest.mark.parametrize(
    ("text", "folders"),
    [
        pytest.param(r"C:\a;D:\b", [r"C:\a", r"D:\b"], id="plain"),
        pytest.param(r'"C:\Program Files\a";D:\b', [r"C:\Program Files\a", r"D:\b"], id="quoted"),
        pytest.param(r'"C:\a;b";D:\b', [r"C:\a;b", r"D:\b"], id="separator-inside"),
        pytest.param(r'C:\"a;b"\c', [r"C:\a;b\c"], id="in-the-middle"),
        pytest.param(r'"C:\a;D:\b', [r"C:\a;D:\b"], id="not-closed"),
        pytest.param("", [""], id="empty"),
    ],
)
def test_path_on_windows(text: str, folders: list[str]) -> None:
    """Quotes in PATH are not part of a directory, and `;` between them does not separate."""
    assert paths.search_path(text, FakeSystem(platform="win32")) == folders


@posix_only
def test_a_link_to_the_real_uv_is_kept_as_it_is(tmp_path: Path) -> None:
    """A package manager's symlink still works when its target moves, so it is not resolved."""
    program(tmp_path / "cellar" / "uv")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "uv").symlink_to(tmp_path / "cellar" / "uv")
    assert find(tmp_path, f"{tmp_path}/bin").path == f"{tmp_path}/bin/uv"


@posix_only
def test_order(tmp_path: Path) -> None:
    """The order is `UVLOCAL_UV`, then PATH, then the recorded uv."""
    wish, on_path = program(tmp_path / "w" / "my-uv"), program(tmp_path / "a" / "uv")
    recorded = program(tmp_path / "r" / "uv")
    folder = f"{tmp_path}/a"
    assert find(tmp_path, folder, wish=wish, recorded=recorded).path == wish
    assert find(tmp_path, folder, recorded=recorded).path == on_path
    found = find(tmp_path, f"{tmp_path}/none", recorded=recorded)
    assert (found.path, found.origin) == (recorded, "recorded")


@posix_only
@pytest.mark.parametrize(
    ("name", "why"),
    [
        pytest.param("none", "does not exist", id="absent"),
        pytest.param("a", "is not an executable file", id="folder"),
        pytest.param("shims/uv", "is uvlocal's own shim", id="ourselves"),
    ],
)
def test_an_explicit_wish_is_not_replaced(tmp_path: Path, name: str, why: str) -> None:
    """An invalid `UVLOCAL_UV` is an error, even if PATH has a uv."""
    program(tmp_path / "a" / "uv")
    found = find(tmp_path, f"{tmp_path}/a", wish=f"{tmp_path}/{name}")
    assert found.path == ""
    assert handover.missing(found) == (
        f"error: `UVLOCAL_UV` names `{tmp_path}/{name}`, which {why}\n\n"
        "hint: set `UVLOCAL_UV` to the path of the real uv, or unset it"
    )


@posix_only
def test_missing_names_every_place(tmp_path: Path) -> None:
    """Without a real uv the message lists every place, and how to fix it."""
    message = handover.missing(find(tmp_path, f"{tmp_path}/a", f"{tmp_path}/b", recorded="/r/uv"))
    assert message == (
        "error: no uv found in any of these places:\n"
        f"  {tmp_path}/a/uv\n"
        f"  {tmp_path}/b/uv\n"
        "  /r/uv\n"
        "\n"
        "hint: install uv, or set `UVLOCAL_UV` to the path of the real uv"
    )


def test_what_is_said_steers_no_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    """Our line breaks stay; control characters and bytes that are not text are escaped."""
    handover.say("warning: `a\x1b[2J\u202e\udcff`\n\nhint: süß")
    assert capfd.readouterr().err == "warning: `a\\x1b[2J\\u202e\\xff`\n\nhint: süß\n"


def test_missing_without_any_path() -> None:
    """An empty PATH is reported as the reason."""
    found = handover.find(System(environ={}, cwd="/"), "")
    assert "`PATH` has no usable folder" in handover.missing(found)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"\xff\xfe\x00", id="binary"),
        pytest.param(b"uv\nuv", id="no-value"),
        pytest.param(b"x" * 70000, id="too-large"),
    ],
)
def test_a_broken_configuration_says_nothing(tmp_path: Path, content: bytes) -> None:
    """Garbage beside the launcher gives no recorded uv, and no exception."""
    (tmp_path / contract.CONFIGURATION).write_bytes(content)
    found = handover.configuration(System(environ={}), str(tmp_path / "uv"))
    assert found.get("uv", "") == ""


@posix_only
def test_become_passes_bytes_and_changes_only_what_it_was_told(tmp_path: Path) -> None:
    """Unusual names and values that are not text reach uv unchanged."""
    source = os.path.dirname(os.path.dirname(uvlocal.__file__))
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]);"
        "from uvlocal.shim.uv.handover import become;"
        "become(sys.argv[2], ['uv', *sys.argv[3:]], {'SET': 'b\\udcff', 'GONE': None})"
    )
    recorder = tmp_path / "uv"
    recorder.write_text('#!/bin/sh\nprintf "%s\\0" "$0" "$@"; printf "=\\0"; env -0\n')
    recorder.chmod(recorder.stat().st_mode | stat.S_IXUSR)
    environ = {
        b"INPUT_NODE-VERSION": b"\xff\xfe",
        b"GONE": b"1",
        b"SET": b"a",
        b"PATH": b"/usr/bin:/bin",
    }
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code, source, str(recorder), b"\xff", b"", b"a b"],
        env={os.fsdecode(name): os.fsdecode(value) for name, value in environ.items()},
        capture_output=True,
        check=True,
    )
    arguments, _, rest = done.stdout.partition(b"=\0")
    assert arguments.split(b"\0")[1:-1] == [b"\xff", b"", b"a b"]
    got = dict(entry.split(b"=", 1) for entry in rest.split(b"\0") if entry)
    assert got[b"SET"] == b"b\xff"
    assert b"GONE" not in got
    assert got[b"PATH"] == b"/usr/bin:/bin"


@pytest.mark.parametrize("code", [0, 255, 300, 0xC0000005, 0xC000013A])
def test_exit_codes_on_windows_are_whole(monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    """Without the launcher too: `os._exit` takes what C takes for the same 32 bits."""

    class Process(contextlib.nullcontext["Process"]):
        def __init__(self, *_: object, **options: object) -> None:
            super().__init__(self)
            assert options == {"executable": "C:\\uv.exe", "close_fds": False}

        def wait(self) -> int:
            return code

    monkeypatch.setattr(subprocess, "Popen", Process)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    got = handover._run("C:\\uv.exe", ["uv"])
    assert struct.pack("=i", got) == struct.pack("=I", code)


@posix_only
def test_the_handle_on_windows_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    """There the launcher gives the number of a handle, of which C makes a descriptor."""
    reading, writing = os.pipe()

    def open_handle(handle: int, flags: int) -> int:
        assert (handle, flags) == (0x1A4, os.O_WRONLY)
        return writing

    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setitem(sys.modules, "msvcrt", SimpleNamespace(open_osfhandle=open_handle))
    handover.answer(0x1A4, "C:\\é\\uv.exe", {"SET": "a=é", "GONE": None, "EMPTY": ""})
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        fields = pipe.read().decode().split("\0")
    assert fields == [
        contract.ANSWER_MAGIC,
        "3",
        "SET=a=é",
        "GONE",
        "EMPTY=",
        "C:\\é\\uv.exe",
        "end",
        "",
    ]


@posix_only
@pytest.mark.parametrize("name", ["uv", ""])
def test_become_passes_entries_that_no_mapping_holds(tmp_path: Path, name: str) -> None:
    """Duplicates, entries without `=` or without a name, and their order reach uv unchanged."""
    source = os.path.dirname(os.path.dirname(uvlocal.__file__))
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]);"
        "from uvlocal.shim.uv.handover import become;"
        f"become(sys.argv[2], [{name!r}, 'x'], {{'SET': '2', 'GONE': None, 'NEW': '3'}})"
    )
    record = tmp_path / "record"
    given = [b"", b"none", b"TWIN=1", b"SET=1", b"=", b"=C:=C:\\", b"GONE=1", b"TWIN=2", b"GONE=2"]
    given += [b"LC_CTYPE=C.UTF-8", f"UVLOCAL_TEST_RECORD={record}".encode()]
    words = [sys.executable, "-I", "-S", "-c", code, source, launchers.recorder()]
    lines = [f"program {os.fsencode(sys.executable).hex()}"]
    lines += [f"argument {os.fsencode(word).hex()}" for word in words]
    lines += [f"variable {entry.hex()}" for entry in given]
    orders = tmp_path / "orders"
    orders.write_text("\n".join([*lines, ""]))
    subprocess.run([launchers.starter(), str(orders)], check=True)
    found = launchers.read_record(str(record))
    kept = [entry for entry in given if not entry.startswith(b"GONE")]
    assert found.variables == [*(e.replace(b"SET=1", b"SET=2") for e in kept), b"NEW=3"]
    assert found.arguments == [b"uv", b"x"]


@posix_only
@pytest.mark.parametrize(
    ("programs", "wish", "found"),
    [
        pytest.param(["a/uv", "a/uvx", "b/uvx"], "", "a/uvx", id="beside-uv"),
        pytest.param(["a/uv", "b/uvx"], "", "b/uvx", id="on-path"),
        pytest.param(["b/uvx"], "", "b/uvx", id="without-a-uv"),
        pytest.param(["a/uv", "a/uvx", "c/uv", "c/uvx"], "c/uv", "c/uvx", id="beside-the-wish"),
        pytest.param(["a/uv"], "", "", id="nowhere"),
        pytest.param(["a/uv", "a/uvx"], "gone", "", id="a-wish-that-leads-nowhere"),
    ],
)
def test_uvx(tmp_path: Path, programs: list[str], wish: str, found: str) -> None:
    """The shim `uvx` becomes the uvx beside the real uv, or on PATH; the shim `uv` never does."""
    launcher = shim(tmp_path / "shims" / "uvx")
    for name in programs:
        program(tmp_path / name)
    environ = {"PATH": ":".join(str(tmp_path / name) for name in ("shims", "a", "b"))}
    if wish:
        environ["UVLOCAL_UV"] = str(tmp_path / wish)
    system = System(environ=environ, cwd=str(tmp_path))
    real = handover.find(system, launcher)
    other = handover.find_program(real, system, launcher)
    assert other.path == (str(tmp_path / found) if found else "")
    assert found or wish or handover.missing(other).startswith("error: no uvx found")
    assert handover.find_program(real, system, str(tmp_path / "shims" / "uv")) is real
