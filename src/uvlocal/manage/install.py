"""Put the shim into a folder, and take it away again."""

from __future__ import annotations

import compileall
import contextlib
import os
import platform
import stat
import sys
from dataclasses import dataclass

from uvlocal.manage.errors import UserError
from uvlocal.manage.store import replace
from uvlocal.shim import environment, handover, settings
from uvlocal.shim.system import System

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_MACHINES = {"amd64": "x86_64", "x64": "x86_64", "arm64": "aarch64"}
_SYSTEMS = {"linux": "linux", "darwin": "macos", "win32": "windows"}


@dataclass(frozen=True, slots=True)
class Installation:
    """What stands in a shim folder; paths are absolute, `real_uv` is "" where none was found."""

    version: int
    shim: str
    configuration: str
    launcher: str
    python: str
    real_uv: str
    changed: bool


def default_folder(system: System) -> str:
    """Return where the shim goes unless the user says otherwise.

    Raises:
        UserError: there is no home directory to put it in.
    """
    store = settings.load(system).store
    if not store:
        raise UserError("there is no home directory to install into", "pass `--shim-dir DIR`")
    return os.path.join(store, "shims")


def launcher_source(platform_name: str = sys.platform, machine: str = "") -> str:
    """Return the launcher that fits this machine; `uv.sh` where none does.

    Raises:
        UserError: nothing fits, or the package was built without what fits.
    """
    machine = (machine or platform.machine()).lower()
    target = f"{_SYSTEMS.get(platform_name, platform_name)}-{_MACHINES.get(machine, machine)}"
    name = "uv.exe" if platform_name == "win32" else "uv"
    for path in (
        os.path.join(_PACKAGE, "launchers", target, name),
        os.path.join(_PACKAGE, "shims", "uv.sh"),
        os.path.join(os.path.dirname(os.path.dirname(_PACKAGE)), "shims", "uv.sh"),
    ):
        if os.path.isfile(path) and not (platform_name == "win32" and path.endswith(".sh")):
            return path
    raise UserError(f"no launcher for `{target}` in this installation of uvlocal")


def configuration_text(system: System, real_uv: str) -> str:
    """Return the content of the file beside the launcher: `key value` lines.

    Raises:
        UserError: a path holds a line break.
    """
    import filelock

    values = {
        "uvlocal": "1",
        "python": sys.executable,
        "package": os.path.dirname(_PACKAGE),
        "site": os.path.dirname(os.path.dirname(os.path.abspath(filelock.__file__))),
        "uv": real_uv,
        "cache": environment.cache_directory(system),
    }
    for key, value in values.items():
        if "\n" in value or "\r" in value:
            raise UserError(f"the path for `{key}` holds a line break: {value!r}")
    return "".join(f"{key} {value}\n" for key, value in values.items() if value)


def install(folder: str | None, *, dry_run: bool = False) -> Installation:
    """Put the shim and the file beside it into `folder`, both atomically.

    Raises:
        UserError: something that is not ours is in the way, or the folder cannot be written.
    """
    system = System()
    folder = os.path.abspath(folder) if folder else default_folder(system)
    source = launcher_source()
    shim = os.path.join(folder, "uv.exe" if system.platform == "win32" else "uv")
    if os.path.lexists(shim) and not is_ours(shim, system):
        raise UserError(
            f"`{shim}` is in the way, and not a shim of uvlocal", "choose another `--shim-dir`"
        )
    real = handover.find(system, shim)
    beside = os.path.join(folder, handover.CONFIGURATION)
    text = configuration_text(system, real.path)
    with open(source, "rb") as file:
        content = file.read()
    changed = _content(shim) != content or _content(beside) != os.fsencode(text)
    if changed and not dry_run:
        try:
            _make_folder(folder)
            replace(beside, os.fsencode(text), 0o644)
            replace(shim, content, 0o755)
        except OSError as error:
            raise UserError(f"`{folder}` cannot be written: {error.strerror}") from error
    if not dry_run:
        # Otherwise each call would compile the package anew where it cannot be written later.
        compileall.compile_dir(os.path.join(_PACKAGE, "shim"), quiet=2)
    return Installation(1, shim, beside, source, sys.executable, real.path, changed)


def _make_folder(folder: str) -> None:
    made = not os.path.isdir(folder)
    os.makedirs(folder, exist_ok=True)
    if made:
        os.chmod(folder, 0o755)  # noqa: S103 - nobody else may write, whatever the umask


def uninstall(folder: str | None) -> list[str]:
    """Remove the shim and the file beside it; the folder too where that leaves it empty.

    Returns:
        What was removed.

    Raises:
        UserError: `folder` holds something called `uv` that is not ours, or cannot be written.
    """
    system = System()
    folder = os.path.abspath(folder) if folder else default_folder(system)
    shim = os.path.join(folder, "uv.exe" if system.platform == "win32" else "uv")
    if os.path.lexists(shim) and not is_ours(shim, system):
        raise UserError(f"`{shim}` is not a shim of uvlocal, so it stays")
    removed = []
    try:
        for path in (shim, os.path.join(folder, handover.CONFIGURATION)):
            if os.path.lexists(path):
                os.unlink(path)
                removed.append(path)
    except OSError as error:
        raise UserError(f"`{folder}` cannot be written: {error.strerror}") from error
    if removed:
        with contextlib.suppress(OSError):
            os.rmdir(folder)
            removed.append(folder)
    return removed


def is_ours(path: str, system: System) -> bool:
    """Say whether `path` is a shim of ours, and no link to one."""
    status = system.lstat(path)
    if status is None or not stat.S_ISREG(status.st_mode):
        return False
    return handover.is_shim(path, status, system, "")


def _content(path: str) -> bytes | None:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return None
