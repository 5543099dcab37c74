"""Facts that only one operating system has, with that system simulated."""

from __future__ import annotations

import os
import sys
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from uvlocal.shim.machine import host as module
from uvlocal.shim.machine import native
from uvlocal.shim.machine.host import System

if TYPE_CHECKING:
    from pathlib import Path


def imitate(platform: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the modules see another operating system."""
    for part in (module, native):
        monkeypatch.setattr(part, "sys", SimpleNamespace(platform=platform))


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> System:
    """Return a system that appears to be Windows, without its registry and drives."""
    imitate("win32", monkeypatch)
    monkeypatch.setattr(os, "O_BINARY", 0, raising=False)
    return System(platform="win32", environ={}, home=r"C:\Users\me", cwd="C:\\")


@pytest.fixture
def macos(monkeypatch: pytest.MonkeyPatch) -> System:
    """Return a system that appears to be macOS."""
    imitate("darwin", monkeypatch)
    return System(platform="darwin", environ={}, home="/Users/me", cwd="/")


# -- extended attributes ---------------------------------------------------------------------------


def test_attribute_on_linux(tmp_path: Path) -> None:
    """An attribute is read from the file itself; none, or no file, is None."""
    if sys.platform != "linux":
        pytest.skip("the attributes are Linux'")
    file = tmp_path / "file"
    file.write_bytes(b"")
    system = System()
    try:
        os.setxattr(file, "user.com.dropbox.ignored", b"1")
    except OSError:
        pytest.skip("the temporary folder has no attributes")
    assert system.attribute(str(file), "user.com.dropbox.ignored") == b"1"
    assert system.attribute(str(file), "user.other") is None
    assert system.attribute(str(tmp_path / "absent"), "user.other") is None
    assert system.attribute(f"{tmp_path}\0", "user.other") is None


def test_attribute_on_windows(windows: System, tmp_path: Path) -> None:
    """An alternate data stream is read like a file."""
    (tmp_path / "folder:com.dropbox.ignored").write_bytes(b"1")
    assert windows.attribute(f"{tmp_path}/folder", "com.dropbox.ignored") == b"1"
    assert windows.attribute(f"{tmp_path}/folder", "other") is None


def test_attribute_on_macos(macos: System, monkeypatch: pytest.MonkeyPatch) -> None:
    """getxattr(2) is called for the file itself, and its result has the right length."""
    asked = []

    class Library:
        """The C library."""

        def __init__(self, name: object) -> None:
            assert name is None
            self.getxattr = self._Function()

        class _Function:
            restype: object = None

            def __call__(self, *arguments: object) -> int:
                path, name, value, size, position, options = arguments
                asked.append((path, name, size, position, options))
                value.raw = b"1" + b"\0" * 4095  # type: ignore[attr-defined] # a buffer
                return 1 if path == b"/a" else -1

    ctypes = ModuleType("ctypes")
    ctypes.CDLL = Library  # type: ignore[attr-defined] # a module made here
    ctypes.create_string_buffer = lambda size: SimpleNamespace(raw=bytes(size))  # type: ignore[attr-defined] # likewise
    for name in ("c_size_t", "c_uint32", "c_int"):
        setattr(ctypes, name, int)
    ctypes.c_ssize_t = int  # type: ignore[attr-defined] # likewise
    monkeypatch.setitem(sys.modules, "ctypes", ctypes)
    assert macos.attribute("/a", "x") == b"1"
    assert macos.attribute("/b", "x") is None
    assert asked[0] == (b"/a", b"x", 4096, 0, 1)


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_without_what_the_system_should_have(
    platform: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An interpreter without a module gives no facts, without an error."""
    imitate(platform, monkeypatch)
    for name in ("ctypes", "winreg", "psutil", "sqlite3"):
        monkeypatch.setitem(sys.modules, name, None)
    system = System(platform=platform, environ={}, home="/h", cwd="/")
    assert system.attribute("/a", "x") is None
    assert system.mounts() == []
    assert system.mount_table() == ""
    assert system.drive_type("C:") == ""
    assert system.registry_keys("HKCU\\a") == []
    assert system.registry_values("HKCU\\a") == {}
    assert system.registry_stamp("HKCU\\a") == ""
    assert system.query(__file__, "SELECT 1") is None


# -- mounts and drives -----------------------------------------------------------------------------


def test_mounts_of_windows(windows: System, monkeypatch: pytest.MonkeyPatch) -> None:
    """The list of volumes comes from psutil: local drives only."""
    asked = []
    psutil = ModuleType("psutil")

    def partitions(*, all: bool) -> list[SimpleNamespace]:  # noqa: A002 - psutil's name
        asked.append(all)
        return [SimpleNamespace(device="d", mountpoint="/m", fstype="t", opts="o")]

    psutil.disk_partitions = partitions  # type: ignore[attr-defined] # a module made here
    monkeypatch.setitem(sys.modules, "psutil", psutil)
    assert windows.mounts() == [("d", "/m", "t", "o")]
    windows.platform = "linux"
    assert windows.mounts() == []
    assert asked == [False]


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        pytest.param(0, "", id="unknown"),
        pytest.param(1, "absent", id="absent"),
        pytest.param(2, "removable", id="removable"),
        pytest.param(3, "fixed", id="fixed"),
        pytest.param(4, "remote", id="remote"),
    ],
)
def test_drive_type(
    windows: System, monkeypatch: pytest.MonkeyPatch, number: int, kind: str
) -> None:
    """The kernel is asked for the drive's root."""
    asked = []

    def ask(root: str) -> int:
        asked.append(root)
        return number

    kernel = SimpleNamespace(GetDriveTypeW=ask)
    ctypes = ModuleType("ctypes")
    ctypes.windll = SimpleNamespace(kernel32=kernel)  # type: ignore[attr-defined] # made here
    monkeypatch.setitem(sys.modules, "ctypes", ctypes)
    assert windows.drive_type("Z:") == kind
    assert asked == ["Z:\\"]


# -- the registry ----------------------------------------------------------------------------------


class _Registry(ModuleType):
    """`winreg` with one key."""

    HKEY_CURRENT_USER = "user"
    HKEY_LOCAL_MACHINE = "machine"
    HKEY_CLASSES_ROOT = "classes"
    REG_SZ, REG_EXPAND_SZ, REG_DWORD, REG_BINARY = 1, 2, 4, 3
    KEYS = ("Personal", "Business1")
    VALUES = (
        ("", "default", REG_SZ),
        ("UserFolder", "%HOME%\\OneDrive", REG_EXPAND_SZ),
        ("Pinned", 1, REG_DWORD),
        ("Blob", b"x", REG_BINARY),
    )

    class OpenKey:
        """A key that is open."""

        def __init__(self, hive: str, path: str) -> None:
            if (hive, path) != ("user", "Software\\Accounts"):
                raise FileNotFoundError(path)

        def __enter__(self) -> str:
            return "handle"

        def __exit__(self, *_: object) -> None:
            """Close it."""

    def QueryInfoKey(self, handle: str) -> tuple[int, int, int]:  # noqa: N802 - winreg's name
        assert handle == "handle"
        return len(self.KEYS), len(self.VALUES), 133_000

    def EnumKey(self, _: str, position: int) -> str:  # noqa: N802 - likewise
        return self.KEYS[position]

    def EnumValue(self, _: str, position: int) -> tuple[str, object, int]:  # noqa: N802 - likewise
        return self.VALUES[position]

    @staticmethod
    def ExpandEnvironmentStrings(text: str) -> str:  # noqa: N802 - likewise
        return text.replace("%HOME%", r"C:\Users\me")


def test_registry(windows: System, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys, and values as text; what is neither text nor number is left out."""
    monkeypatch.setitem(sys.modules, "winreg", _Registry("winreg"))
    key = r"HKCU\Software\Accounts"
    assert windows.registry_keys(key) == ["Personal", "Business1"]
    assert windows.registry_values(key) == {
        "": "default",
        "UserFolder": r"C:\Users\me\OneDrive",
        "Pinned": "1",
    }
    assert windows.registry_stamp(key) == "133000"
    for absent in (r"HKCU\Software\Other", r"HKLM\Software\Accounts"):
        assert windows.registry_keys(absent) == []
        assert windows.registry_values(absent) == {}
        assert windows.registry_stamp(absent) == ""
