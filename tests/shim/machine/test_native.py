"""macOS facts that need no open file, with a simulated C library."""

from __future__ import annotations

import ctypes
import os
import sys

import pytest

from uvlocal.shim.machine import native


class Library:
    """A C library whose getattrlist(2) works as documented, and whose open(2) fails."""

    def __init__(self, names: dict[bytes, bytes]) -> None:
        """Pass the disk's spelling of each path."""
        self.names = names

    def getattrlist(
        self,
        path: bytes,
        wanted: bytes,
        answer: ctypes.Array[ctypes.c_char],
        size: ctypes.c_size_t,
        options: ctypes.c_uint32,
    ) -> int:
        """Write the length, a reference, and the path with a NUL; return -1 if it is missing."""
        assert wanted == native.attributes_wanted(0x08000000)
        assert (len(wanted), wanted[:4]) == (24, (5).to_bytes(2, sys.byteorder) + b"\0\0")
        assert (size.value, options.value) == (len(answer), 0)
        if path not in self.names:
            return -1
        name = self.names[path] + b"\0"
        numbers = (12 + len(name), 8, len(name))
        answer.value = b"x"
        data = b"".join(number.to_bytes(4, sys.byteorder) for number in numbers) + name
        ctypes.memmove(answer, data, len(data))
        return 0


@pytest.mark.parametrize(
    ("path", "name"),
    [
        pytest.param("/users/ME/code", "/Users/me/code", id="letter-case"),
        pytest.param("/users/me/caf\u00e9", "/Users/me/cafe\u0301", id="unicode"),
        pytest.param("/none", "/none", id="not-there"),
        pytest.param("/odd", "/odd", id="no-path-in-the-answer"),
    ],
)
def test_disk_name(path: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The name is the disk's spelling, or else the path itself. Nothing is opened."""
    names = {
        b"/users/ME/code": b"/Users/me/code",
        "/users/me/caf\u00e9".encode(): "/Users/me/cafe\u0301".encode(),
        b"/odd": b"",
    }
    opened: list[object] = []
    with monkeypatch.context() as patch:
        patch.setattr(ctypes, "CDLL", lambda _: Library(names))
        patch.setattr(os, "open", opened.append)
        patch.setattr(sys, "platform", "darwin")
        found = native.disk_name(path)
    assert found == name
    assert opened == []


def test_disk_name_without_the_call(monkeypatch: pytest.MonkeyPatch) -> None:
    """If the C library has no such call, the path is returned unchanged."""
    with monkeypatch.context() as patch:
        patch.setattr(ctypes, "CDLL", lambda _: object())
        patch.setattr(sys, "platform", "darwin")
        assert native.disk_name("/x") == "/x"


@pytest.mark.skipif(sys.platform != "darwin", reason="macOS alone has this call")
def test_disk_name_on_a_mac(tmp_path: os.PathLike[str]) -> None:
    """The system reports the spelling with which a file was created."""
    path = os.path.realpath(os.path.join(tmp_path, "Some Name"))
    os.mkdir(path)
    assert native.disk_name(path.replace("Some Name", "some name")) == path


# -- what is mounted -------------------------------------------------------------------------------


def _statfs(device: bytes, point: bytes, kind: bytes, flags: int) -> bytes:
    """Return a `struct statfs` like macOS: numbers, type, mount point, device."""
    row = bytearray(b"\xff" * 2168)  # unused bytes are arbitrary
    row[64:68] = flags.to_bytes(4, sys.byteorder)
    for at, text in ((72, kind), (88, point), (1112, device)):
        row[at : at + len(text) + 1] = text + b"\0"
    return bytes(row)


@pytest.mark.parametrize("name", ["getfsstat", "getfsstat$INODE64"])
def test_mounts(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel is asked for its list, after its size; no server is contacted."""
    rows = [
        _statfs(b"/dev/disk3s1", b"/", b"apfs", 0x1000 | 0x4000),
        _statfs(b"//me@nas/share", "/Volumes/Ä b".encode(), b"smbfs", 0),
    ]

    def getfsstat(
        buffer: ctypes.Array[ctypes.c_char] | None, size: ctypes.c_int, flags: ctypes.c_int
    ) -> int:
        assert flags.value == 2  # MNT_NOWAIT
        if buffer is not None:
            assert size.value == len(buffer) >= len(b"".join(rows))
            ctypes.memmove(buffer, b"".join(rows), len(b"".join(rows)))
        return len(rows)

    library = type("Library", (), {name: staticmethod(getfsstat)})()
    with monkeypatch.context() as patch:
        patch.setattr(ctypes, "CDLL", lambda _: library)
        patch.setattr(sys, "platform", "darwin")
        found = native.mounts()
    assert found == [
        ("/dev/disk3s1", "/", "apfs", "local"),
        ("//me@nas/share", "/Volumes/Ä b", "smbfs", ""),
    ]


@pytest.mark.skipif(sys.platform != "darwin", reason="macOS alone has this call")
def test_mounts_of_a_mac() -> None:
    """The root directory is mounted, of a local type."""
    rows = {point: (kind, options) for _, point, kind, options in native.mounts() or []}
    assert rows["/"] == ("apfs", "local")
