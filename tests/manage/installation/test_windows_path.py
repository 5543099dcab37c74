"""The user's PATH in the Windows registry, simulated on any system."""

from __future__ import annotations

import sys

import pytest
from support.hosts.fakes import FakeSystem

from uvlocal.manage.installation import windows_path
from uvlocal.manage.installation.windows_path import TEXT, TEXT_WITH_VARIABLES, Value
from uvlocal.shim import contract

SHIMS = r"C:\Users\me\AppData\Local\uvlocal\shims"
VARIABLES = {"LOCALAPPDATA": r"C:\Users\me\AppData\Local", "USERPROFILE": r"C:\Users\me"}


class FakePath:
    """A registry value; `writes` counts the notifications of a change."""

    def __init__(self, value: Value | None, *, broken: bool = False) -> None:
        self.value = value
        self.broken = broken
        self.writes = 0

    def read(self) -> Value | None:
        """Return the value."""
        if self.broken:
            raise OSError(None, "no text")
        return self.value

    def write(self, value: Value | None) -> None:
        """Replace the value."""
        self.value = value
        self.writes += 1


def text(value: str | None, kind: int = TEXT_WITH_VARIABLES) -> Value | None:
    """Return a registry value."""
    return None if value is None else Value(value, kind)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(None, SHIMS, id="no-value"),
        pytest.param("", SHIMS, id="empty"),
        pytest.param(r"C:\a;%USERPROFILE%\b;", SHIMS + r";C:\a;%USERPROFILE%\b;", id="others"),
        pytest.param(';;"C:\\a b";', SHIMS + ';;;"C:\\a b";', id="odd-entries-stay"),
    ],
)
@pytest.mark.parametrize("kind", [TEXT, TEXT_WITH_VARIABLES], ids=["text", "with-variables"])
def test_folder_goes_first_and_away(before: str | None, after: str, kind: int) -> None:
    """Our directory is put first, and removed without changing the user's text."""
    path = FakePath(text(before, kind))
    assert windows_path.add(path, SHIMS, VARIABLES)
    assert path.value == text(after, kind if before is not None else TEXT_WITH_VARIABLES)
    assert not windows_path.add(path, SHIMS, VARIABLES)
    assert windows_path.state(path, SHIMS, VARIABLES) == "current"
    assert path.writes == 1

    assert windows_path.remove(path, SHIMS, VARIABLES, made=before is None)
    assert path.value == text(before, kind)
    assert not windows_path.remove(path, SHIMS, VARIABLES, made=before is None)
    assert windows_path.state(path, SHIMS, VARIABLES) == "absent"


@pytest.mark.parametrize(
    "entry",
    [
        pytest.param(SHIMS, id="same"),
        pytest.param(SHIMS.upper(), id="letter-case"),
        pytest.param(SHIMS + "\\", id="backslash-at-the-end"),
        pytest.param(SHIMS.replace("\\", "/"), id="slashes"),
        pytest.param(f'"{SHIMS}"', id="quoted"),
        pytest.param(f" {SHIMS} ", id="spaces"),
        pytest.param(r"%LOCALAPPDATA%\uvlocal\shims", id="variable"),
        pytest.param(r"%localappdata%\uvlocal\shims", id="variable-in-other-case"),
    ],
)
def test_spellings_of_one_folder(entry: str) -> None:
    """A directory on PATH is recognised in any spelling."""
    assert not windows_path.add(FakePath(text(f"{entry};C:\\a")), SHIMS, VARIABLES)
    path = FakePath(text(f"C:\\a;{entry};C:\\b"))
    assert windows_path.add(path, SHIMS, VARIABLES)
    assert path.value == text(f"{SHIMS};C:\\a;{entry};C:\\b")
    windows_path.remove(path, SHIMS, VARIABLES, made=False)
    assert path.value == text("C:\\a;C:\\b")


@pytest.mark.parametrize("entry", [SHIMS + "2", SHIMS + r"\bin", r"%OTHER%\uvlocal\shims", ""])
def test_other_folders_are_left_alone(entry: str) -> None:
    """A directory that only looks like ours is the user's."""
    path = FakePath(text(f"C:\\a;{entry}"))
    assert not windows_path.remove(path, SHIMS, VARIABLES, made=True)
    assert path.writes == 0


def test_value_that_the_user_had_empty_stays() -> None:
    """Only a value that did not exist before is removed."""
    path = FakePath(text(""))
    windows_path.add(path, SHIMS, VARIABLES)
    windows_path.remove(path, SHIMS, VARIABLES, made=False)
    assert path.value == text("")


def test_path_that_would_become_too_long() -> None:
    """A PATH longer than Windows allows is not written."""
    path = FakePath(text("C:\\" + "a" * windows_path.LIMIT))
    with pytest.raises(OSError, match="too long"):
        windows_path.add(path, SHIMS, VARIABLES)
    assert path.writes == 0


def test_value_that_cannot_be_read_is_not_overwritten() -> None:
    """An unreadable value does not count as empty."""
    path = FakePath(None, broken=True)
    assert windows_path.state(path, SHIMS, VARIABLES) == "blocked"
    with pytest.raises(OSError, match="no text"):
        windows_path.add(path, SHIMS, VARIABLES)
    with pytest.raises(OSError, match="no text"):
        windows_path.remove(path, SHIMS, VARIABLES, made=False)
    assert path.writes == 0


def test_registry_elsewhere_than_on_windows() -> None:
    """Without a registry, there is no value, and writing does nothing."""
    if sys.platform == "win32":
        pytest.skip("there is a registry")
    registry = windows_path.Registry()
    registry.write(Value("x", TEXT))
    assert registry.read() is None


# -- the machine's PATH, which comes first ---------------------------------------------------------

MACHINE = r"HKLM\SYSTEM\CurrentControlSet\Control\Session Manager\Environment"
CHOCO = r"C:\ProgramData\chocolatey\bin"


@pytest.mark.parametrize(
    ("entries", "found"),
    [
        pytest.param(rf"C:\Windows;{CHOCO};C:\Python", rf"{CHOCO}\uv.exe", id="a-uv"),
        pytest.param(rf'C:\Windows;"{CHOCO}\"', rf"{CHOCO}\uv.exe", id="quoted"),
        pytest.param(r"%ProgramData%\chocolatey\bin", rf"{CHOCO}\uv.exe", id="a-variable"),
        pytest.param(r"C:\Windows;C:\Python", "", id="none"),
        pytest.param(SHIMS, "", id="the-shim-itself"),
        pytest.param(rf"{SHIMS};{CHOCO}", "", id="the-shim-first"),
        pytest.param(r"bin;.;;C:\Windows", "", id="relative-and-empty"),
        pytest.param(None, "", id="no-value"),
    ],
)
def test_a_uv_on_the_machines_path(entries: str | None, found: str) -> None:
    """A real uv on the machine's PATH is found; a shim of ours there is none."""
    shim = contract.MARKER.encode()
    files = {rf"{CHOCO}\uv.exe": b"MZ", rf"{SHIMS}\uv.exe": shim, r"C:\Users\me\bin\uv.exe": b"MZ"}
    environ = {**VARIABLES, "ProgramData": r"C:\ProgramData"}
    system = FakeSystem(files, platform="win32", environ=environ)
    if entries is not None:
        system.registry = {MACHINE: {"ComSpec": "cmd", "Path": entries}}
    assert windows_path.machine_uv(SHIMS, system) == found


def test_the_ways_out() -> None:
    """What is advised names the folder that is in the way."""
    assert f"`{CHOCO}`" in windows_path.ways_out(rf"{CHOCO}\uv.exe")


@pytest.mark.skipif(sys.platform != "win32", reason="needs the registry of Windows")
def test_real_registry() -> None:
    """A written value is read back, including its type."""
    registry = windows_path.Registry()
    before = registry.read()
    try:
        assert windows_path.add(registry, SHIMS, VARIABLES)
        assert windows_path.state(registry, SHIMS, VARIABLES) == "current"
        assert windows_path.remove(registry, SHIMS, VARIABLES, made=before is None)
        assert registry.read() == before
    finally:
        registry.write(before)
