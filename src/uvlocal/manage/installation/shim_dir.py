"""The shim's directory: the launcher, and the configuration file beside it."""

from __future__ import annotations

import os
import stat
import sys

import uvlocal
from uvlocal.manage.errors import UserError
from uvlocal.manage.installation.on_path import is_ours
from uvlocal.manage.installation.shell_snippets import program_name
from uvlocal.shim import contract
from uvlocal.shim.machine import directories
from uvlocal.shim.machine.host import System
from uvlocal.shim.settings import settings
from uvlocal.shim.store import naming
from uvlocal.shim.uv import handover

#: The directory of the package `uvlocal`.
PACKAGE = os.path.dirname(os.path.abspath(uvlocal.__file__))
#: The directory for a real uv that was installed over the shim.
REAL = "real"

#: The result of `platform.machine()`, and the launchers' name for it if that differs. A 64-bit Arm
#: that runs 32-bit programs reports `armv8l`.
_MACHINES = {
    "amd64": "x86_64",
    "arm64": "aarch64",
    "armv6l": "arm",
    "armv7l": "arm",
    "armv8l": "arm",
    "x64": "x86_64",
}
_SYSTEMS = {"linux": "linux", "darwin": "macos", "win32": "windows"}


class Contents:
    """What a shim's directory should contain; paths are absolute, `real_uv` is "" if not found.

    `shim` and `uvx` are the same program, whose name decides what it becomes. `aside` is the path
    for a real uv that was installed over the shim; `store` is the store if the directory is in it,
    else ""; `values` are the settings in the file beside the launcher.
    """

    __slots__ = (
        "aside",
        "configuration",
        "configuration_bytes",
        "folder",
        "launcher",
        "launcher_bytes",
        "real_uv",
        "shim",
        "store",
        "uvx",
        "values",
    )

    def __init__(self, folder: str, system: System) -> None:
        """Compute the contents for this machine.

        Raises:
            UserError: there is no matching launcher, or a path cannot be recorded.
        """
        self.folder = folder
        self.launcher = launcher_source()
        self.shim = shim_path(folder, system)
        self.uvx = uvx_path(folder, system)
        self.configuration = os.path.join(folder, contract.CONFIGURATION)
        self.real_uv = real_uv(folder, self.shim, system)
        store = settings.load(system).store
        self.values = configuration_values(system, self.real_uv)
        with open(self.launcher, "rb") as file:
            self.launcher_bytes = file.read()
        self.aside = aside_path(self.shim)
        self.store = store if store and folder.startswith(store + os.sep) else ""
        lines = (f"{key} {value}\n" for key, value in self.values.items())
        self.configuration_bytes = os.fsencode("".join(lines))


def default_folder(system: System) -> str:
    """Return the default directory of the shim.

    Raises:
        UserError: there is no home directory.
    """
    store = settings.load(system).store
    if not store:
        raise UserError("there is no home directory to install into", "pass `--shim-dir DIR`")
    return os.path.join(store, "shims")


def chosen(folder: str | None, system: System) -> str:
    """Return the directory that the user named, or the default one, as an absolute path.

    Raises:
        UserError: PATH cannot contain it, or there is no home directory.
    """
    path = os.path.abspath(folder) if folder else default_folder(system)
    separator = ";" if system.platform == "win32" else ":"
    if any(character in path for character in (separator, "\n", "\r")):
        raise UserError(
            f"`{path}` contains characters that PATH cannot hold",
            "choose another directory with `--shim-dir`",
        )
    return path


def shim_path(folder: str, system: System) -> str:
    """Return the path of the shim in a directory."""
    return os.path.join(folder, program_name(system))


def uvx_path(folder: str, system: System) -> str:
    """Return the path of the `uvx` shim in a directory."""
    return os.path.join(folder, program_name(system).replace("uv", "uvx"))


def launcher_source(platform_name: str = sys.platform, machine: str = "") -> str:
    """Return the launcher for this machine, or the `sh` script if there is none.

    Raises:
        UserError: there is neither, or the package was built without it.
    """
    machine = (machine or _machine()).lower()
    target = f"{_SYSTEMS.get(platform_name, platform_name)}-{_MACHINES.get(machine, machine)}"
    name = "uv.exe" if platform_name == "win32" else "uv"
    places = [os.path.join(PACKAGE, "launchers", target, name)]
    if platform_name != "win32":
        above = os.path.dirname(os.path.dirname(PACKAGE))
        places += [os.path.join(folder, "shims", "uv.sh") for folder in (PACKAGE, above)]
    for path in places:
        if os.path.isfile(path):
            return path
    raise UserError(f"no launcher for `{target}` in this installation of uvlocal")


def _machine() -> str:
    """Return the name of this machine's processor."""
    if sys.platform != "win32":
        return os.uname().machine
    import platform

    return platform.machine()


def aside_path(shim: str) -> str:
    """Return the path for a real uv or uvx that was installed over the shim."""
    return os.path.join(os.path.dirname(shim), REAL, os.path.basename(shim))


def stands(should: Contents, system: System, *, whatever_uv: bool = False) -> bool:
    """Return whether the directory contains what it should, so that the launcher works.

    Args:
        should: what the directory should contain.
        system: the machine.
        whatever_uv: the recorded real uv may differ, as long as it exists.
    """
    beside = system.stat(should.configuration)
    for shim in (should.shim, should.uvx):
        if read(shim) != should.launcher_bytes or not os.access(shim, os.X_OK):
            return False
    if not naming.is_private(beside, system.uid):
        return False
    said = handover.configuration(system, should.shim)
    if whatever_uv and system.is_file(said.get("uv", "")):
        return says_the_same(said, should)
    return read(should.configuration) == should.configuration_bytes


def says_the_same(said: dict[str, str], should: Contents) -> bool:
    """Return whether a configuration is as it should be, except for the real uv.

    That need not be current: it is used only if PATH has no uv.
    """
    return all(said.get(key) == value for key, value in should.values.items() if key != "uv")


def real_uv(folder: str, shim: str, system: System) -> str:
    """Return the real uv to record, or "" if there is none.

    It is the one on PATH, ignoring `UVLOCAL_UV`, which is for this call only, and preferably not
    one in an active virtual environment; else one that was installed over the shim, at its new
    path; else the one recorded before, as PATH may be unusual in this call.
    """
    active = system.environ.get("VIRTUAL_ENV", "")
    scripts = [os.path.join(active, name) for name in ("bin", "Scripts")] if active else []
    found = _find(shim, system, [folder, *scripts])
    if found.origin != "path":
        found = _find(shim, system, [folder])
    if found.origin == "path":
        return found.path
    aside = aside_path(shim)
    if is_foreign_program(shim, system) or os.path.lexists(aside):
        return aside
    return found.path


def _find(shim: str, system: System, left_out: list[str]) -> handover.RealUv:
    """Find the real uv, skipping some directories of PATH."""
    separator = ";" if system.platform == "win32" else ":"
    environ = {name: text for name, text in system.environ.items() if name != "UVLOCAL_UV"}
    folders = environ.get("PATH", "").split(separator)
    kept = [path for path in folders if path.rstrip("/\\") not in left_out]
    environ["PATH"] = separator.join(kept)
    other = System(platform=system.platform, environ=environ, cwd=system.cwd, home=system.home)
    return handover.find(other, shim)


def configuration_values(system: System, real: str) -> dict[str, str]:
    """Return the settings for the file beside the launcher, in order.

    Raises:
        UserError: a path contains a line break.
    """
    from importlib.machinery import PathFinder

    # Find it without an import, which is slow: only its location matters.
    found = PathFinder.find_spec("filelock")
    if found is None or found.origin is None:
        raise ModuleNotFoundError("filelock")
    values = {
        "uvlocal": contract.CONFIGURATION_VERSION,
        "python": sys.executable,
        "package": os.path.dirname(PACKAGE),
        "site": os.path.dirname(os.path.dirname(os.path.abspath(found.origin))),
        "uv": real,
        "cache": directories.cache_directory(system),
        "repair": repair_command(sys.prefix),
    }
    for key, value in values.items():
        if "\n" in value or "\r" in value:
            raise UserError(f"the path for `{key}` contains a line break: {value!r}")
    return {key: value for key, value in values.items() if value}


def repair_command(prefix: str) -> str:
    """Return the command that reinstalls the package in the same way as in `prefix`.

    It must work without the Python in `prefix`, which may be gone, and `pip` with it.
    """
    if os.path.exists(os.path.join(prefix, "pipx_metadata.json")):
        return "pipx reinstall uvlocal"
    return "uv tool install --reinstall uvlocal"


def is_foreign_program(shim: str, system: System) -> bool:
    """Return whether a real uv or uvx replaced the shim: the file beside it is still ours."""
    status = system.lstat(shim)
    if status is None or not stat.S_ISREG(status.st_mode) or is_ours(shim, system):
        return False
    return bool(handover.configuration(system, shim).get("uvlocal"))


def read(path: str) -> bytes | None:
    """Return a file's content, or None if there is none or it cannot be read."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return None
