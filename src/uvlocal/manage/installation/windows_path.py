r"""PATH on Windows: the user's, which we change, and the machine's, which comes before it.

The user's is `Path` in `HKCU\Environment`, by default of the type REG_EXPAND_SZ, in which
`%USERPROFILE%` is not expanded. The user's text is never changed: our directory is only added in
front of it, and removed again. `WM_SETTINGCHANGE` notifies other programs
(https://learn.microsoft.com/windows/win32/procthread/environment-variables).
"""

from __future__ import annotations

import ntpath
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from uvlocal.manage.installation.on_path import is_ours
from uvlocal.shim.machine import paths

if TYPE_CHECKING:
    from collections.abc import Mapping

    from uvlocal.shim.machine.host import System

#: Types of registry values.
TEXT, TEXT_WITH_VARIABLES = 1, 2
#: The maximum length of a process's environment, including PATH, in characters.
LIMIT = 32767


@dataclass(frozen=True, slots=True)
class Value:
    """A value in the registry and its type."""

    text: str
    kind: int


class UserPath(Protocol):
    """The interface to the user's PATH, which tests replace."""

    def read(self) -> Value | None:
        """Return the value, or None if there is none.

        Raises:
            OSError: the value cannot be read, or is not text.
        """

    def write(self, value: Value | None) -> None:
        """Set the value, or remove it if None, and notify all programs.

        Raises:
            OSError: the registry cannot be written.
        """


def with_first(text: str, folder: str, variables: Mapping[str, str]) -> str:
    """Return a PATH with `folder` first; a later entry for it stays, so that nothing is lost."""
    if text and _is_same(text.split(";", maxsplit=1)[0], folder, variables):
        return text
    return f"{folder};{text}" if text else folder


def without(text: str, folder: str, variables: Mapping[str, str]) -> str:
    """Return a PATH without `folder`."""
    entries = text.split(";")
    return ";".join(entry for entry in entries if not _is_same(entry, folder, variables))


def has(text: str, folder: str, variables: Mapping[str, str]) -> bool:
    """Return whether `folder` is on a PATH."""
    return any(_is_same(entry, folder, variables) for entry in text.split(";"))


def _is_same(entry: str, folder: str, variables: Mapping[str, str]) -> bool:
    return _comparable(entry, variables) == _comparable(folder, variables)


def _comparable(entry: str, variables: Mapping[str, str]) -> str:
    """Return a PATH entry for comparison: unquoted, with variables expanded, case-folded."""
    text = _filled(entry.strip().strip('"'), variables)
    return ntpath.normcase(ntpath.normpath(text)) if text else ""


def _filled(text: str, variables: Mapping[str, str]) -> str:
    """Expand `%NAME%` in text."""
    for name, value in variables.items():
        at = text.lower().find(f"%{name.lower()}%")
        if at >= 0:
            text = text[:at] + value + text[at + len(name) + 2 :]
    return text


def add(path: UserPath, folder: str, variables: Mapping[str, str]) -> bool:
    """Put `folder` first on the user's PATH; return whether that changed it.

    Raises:
        OSError: the registry cannot be written, or PATH would become too long.
    """
    old = path.read()
    new = with_first(old.text if old else "", folder, variables)
    if old is not None and new == old.text:
        return False
    if len(new) > LIMIT:
        raise OSError(None, "the user's PATH would become too long")
    path.write(Value(new, old.kind if old else TEXT_WITH_VARIABLES))
    return True


def remove(path: UserPath, folder: str, variables: Mapping[str, str], *, made: bool) -> bool:
    """Remove `folder` from the user's PATH; return whether that changed it.

    Args:
        path: the user's PATH.
        folder: our directory.
        variables: the environment, for `%NAME%` in entries.
        made: we created the value, so remove it if nothing else is in it.

    Raises:
        OSError: the registry cannot be written.
    """
    old = path.read()
    if old is None or not has(old.text, folder, variables):
        return False
    new = without(old.text, folder, variables)
    path.write(Value(new, old.kind) if new or not made else None)
    return True


def state(path: UserPath, folder: str, variables: Mapping[str, str]) -> str:
    """Return the state of `folder` on the user's PATH: `current`, `absent` or `blocked`."""
    try:
        value = path.read()
    except OSError:
        return "blocked"
    text = value.text if value else ""
    return "current" if text and with_first(text, folder, variables) == text else "absent"


def machine_uv(folder: str, system: System) -> str:
    """Return the `uv.exe` that programs find before `folder` on the user's PATH, or "".

    Windows joins the machine's PATH and the user's, in this order. So a uv that was installed for
    all users (by Chocolatey, winget, an administrator's Python) comes first, whatever we change on
    the user's PATH.
    """
    if system.platform != "win32":
        return ""
    values = system.registry_values(_MACHINE)
    text = next((value for name, value in values.items() if name.lower() == "path"), "")
    for entry in paths.search_path(text, system):
        if _is_same(entry, folder, system.environ):
            return ""
        program = system.path.join(_filled(entry.strip(), system.environ), "uv.exe")
        if system.path.isabs(program) and system.is_file(program) and not is_ours(program, system):
            return program
    return ""


def ways_out(program: str) -> str:
    """Return what a person can do about a `uv.exe` on the machine's PATH."""
    return (
        "for PowerShell, run `uvlocal install --shell powershell` (or that with `--alias`); for "
        f"all programs, ask an administrator to remove `{ntpath.dirname(program)}` from the "
        "machine's PATH, and add it to yours"
    )


_MACHINE = r"HKLM\SYSTEM\CurrentControlSet\Control\Session Manager\Environment"
_KEY, _NAME = "Environment", "Path"


class Registry:
    """The user's PATH in the registry."""

    def read(self) -> Value | None:
        """Return the value, or None if there is none.

        Raises:
            OSError: the value cannot be read, or is not text.
        """
        if sys.platform != "win32":
            return None
        import winreg

        try:
            with winreg.OpenKey(winreg.HKEY_CURRENT_USER, _KEY) as key:
                text, kind = winreg.QueryValueEx(key, _NAME)
        except FileNotFoundError:
            return None
        if not isinstance(text, str):
            # If this counted as no value, we would overwrite the user's.
            raise OSError(None, "the user's PATH in the registry is not text")
        return Value(text, kind)

    def write(self, value: Value | None) -> None:
        """Set the value, or remove it if None, and notify all programs.

        Raises:
            OSError: the registry cannot be written.
        """
        if sys.platform != "win32":
            return
        import winreg

        access = winreg.KEY_SET_VALUE
        with winreg.OpenKey(winreg.HKEY_CURRENT_USER, _KEY, 0, access) as key:
            if value is None:
                winreg.DeleteValue(key, _NAME)
            else:
                winreg.SetValueEx(key, _NAME, 0, value.kind, value.text)
        _broadcast()


def _broadcast() -> None:
    """Notify all windows that the environment changed, without waiting for ones that hang."""
    if sys.platform != "win32":
        return
    import ctypes

    everybody, setting_change, abort_if_hung, patience = 0xFFFF, 0x001A, 0x0002, 1000
    ctypes.windll.user32.SendMessageTimeoutW(
        everybody, setting_change, 0, "Environment", abort_if_hung, patience, None
    )
