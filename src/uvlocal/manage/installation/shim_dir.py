"""The shim's folder: the launcher, and the file beside it."""

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

#: The folder that holds the package `uvlocal`'s own files.
PACKAGE = os.path.dirname(os.path.abspath(uvlocal.__file__))
#: Where a real uv goes that was installed over the shim.
REAL = "real"

#: What `platform.machine()` says, and the launchers' word for it where that is another one. A
#: 64-bit Arm that runs 32-bit programs calls itself `armv8l`.
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
    """What a shim's folder should hold; paths are absolute, `real_uv` is "" if none was found.

    `shim` and `uvx` are the same program, whose name tells what it becomes. `aside` is where a real
    uv goes that was installed over the shim; `store` is the store if the folder lies in it, else
    ""; `values` are what the file beside the launcher says.
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
        """Gather it, for this machine, today.

        Raises:
            UserError: no launcher fits, or a path cannot be written down.
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
    """Return where the shim goes unless the user says otherwise.

    Raises:
        UserError: there is no home directory to put it in.
    """
    store = settings.load(system).store
    if not store:
        raise UserError("there is no home directory to install into", "pass `--shim-dir DIR`")
    return os.path.join(store, "shims")


def chosen(folder: str | None, system: System) -> str:
    """Return the folder that the user named, or the default one, as an absolute path.

    Raises:
        UserError: no PATH can name it, or there is no home directory.
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
    """Return the path of the shim in a folder."""
    return os.path.join(folder, program_name(system))


def uvx_path(folder: str, system: System) -> str:
    """Return the path of the shim's twin `uvx` in a folder."""
    return os.path.join(folder, program_name(system).replace("uv", "uvx"))


def launcher_source(platform_name: str = sys.platform, machine: str = "") -> str:
    """Return the launcher that fits this machine; where none does, the script for any `sh`.

    Raises:
        UserError: nothing fits, or the package was built without what fits.
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
    """Return where a real uv or uvx goes that was installed over the shim."""
    return os.path.join(os.path.dirname(shim), REAL, os.path.basename(shim))


def stands(should: Contents, system: System, *, whatever_uv: bool = False) -> bool:
    """Return whether the folder holds what it should, so that the launcher can use it.

    Args:
        should: what the folder should hold.
        system: the machine.
        whatever_uv: the recorded real uv may be another, as long as it is there.
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
    """Return whether a configuration is as it should be, but for where the real uv was.

    That does not age: it is asked only where PATH has none.
    """
    return all(said.get(key) == value for key, value in should.values.items() if key != "uv")


def real_uv(folder: str, shim: str, system: System) -> str:
    """Return the real uv to be recorded, or "" if there is none.

    That is the one on PATH, whatever `UVLOCAL_UV` says of this one call, and rather not that of a
    virtual environment which happens to be active; else one that was installed over the shim, in
    the place where it is put aside; else the one recorded before, as the PATH of this call may be
    an odd one.
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
    """Look for the real uv, but not in some folders of PATH."""
    separator = ";" if system.platform == "win32" else ":"
    environ = {name: text for name, text in system.environ.items() if name != "UVLOCAL_UV"}
    folders = environ.get("PATH", "").split(separator)
    kept = [path for path in folders if path.rstrip("/\\") not in left_out]
    environ["PATH"] = separator.join(kept)
    other = System(platform=system.platform, environ=environ, cwd=system.cwd, home=system.home)
    return handover.find(other, shim)


def configuration_values(system: System, real: str) -> dict[str, str]:
    """Return what the file beside the launcher says, in the order of its lines.

    Raises:
        UserError: a path holds a line break.
    """
    from importlib.machinery import PathFinder

    # Not imported, which takes long: where it is found is all that is asked.
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
    """Return the command that installs the package again, as it was installed into `prefix`.

    It must work without the Python in `prefix`, which may be gone: `pip` there is gone with it.
    """
    if os.path.exists(os.path.join(prefix, "pipx_metadata.json")):
        return "pipx reinstall uvlocal"
    return "uv tool install --reinstall uvlocal"


def is_foreign_program(shim: str, system: System) -> bool:
    """Return whether a real uv or uvx is in the shim's place: the file beside it is still ours."""
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
