"""The shim's folder: the launcher, the file beside it, and what this module remembers there."""

from __future__ import annotations

import contextlib
import os
import platform
import stat
import sys
import tomllib
from dataclasses import dataclass

import uvlocal
from uvlocal.manage.errors import UserError
from uvlocal.manage.files.atomic import replace
from uvlocal.manage.installation.shell_snippets import program_name
from uvlocal.shim import contract
from uvlocal.shim.machine import directories
from uvlocal.shim.machine.host import System
from uvlocal.shim.settings import settings
from uvlocal.shim.store import naming
from uvlocal.shim.uv import handover

#: The folder that holds the package `uvlocal`'s own files.
PACKAGE = os.path.dirname(os.path.abspath(uvlocal.__file__))
#: What was made for the shim, so that it can be undone.
MEMORY = "uvlocal-installed.toml"
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


@dataclass(frozen=True, slots=True)
class Contents:
    """What a shim's folder should hold; paths are absolute, `real_uv` is "" if none was found.

    `shim` and `uvx` are the same program, whose name tells what it becomes. `aside` is where a real
    uv goes that was installed over the shim; `store` is the store if the folder lies in it, else
    ""; `values` are what the file beside the launcher says.
    """

    folder: str
    shim: str
    uvx: str
    configuration: str
    aside: str
    store: str
    launcher: str
    launcher_bytes: bytes
    values: dict[str, str]
    configuration_bytes: bytes
    real_uv: str


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
            f"`{path}` cannot be on PATH, because of the characters in it",
            "choose another folder with `--shim-dir`",
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
    machine = (machine or platform.machine()).lower()
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


def contents(folder: str, system: System) -> Contents:
    """Return what the folder should hold on this machine, today.

    Raises:
        UserError: no launcher fits, or a path cannot be written down.
    """
    launcher = launcher_source()
    shim = shim_path(folder, system)
    beside = os.path.join(folder, contract.CONFIGURATION)
    real = real_uv(folder, shim, system)
    store = settings.load(system).store
    values = configuration_values(system, real)
    with open(launcher, "rb") as file:
        launcher_bytes = file.read()
    return Contents(
        folder=folder,
        shim=shim,
        uvx=uvx_path(folder, system),
        configuration=beside,
        aside=aside_path(shim),
        store=store if store and folder.startswith(store + os.sep) else "",
        launcher=launcher,
        launcher_bytes=launcher_bytes,
        values=values,
        configuration_bytes=os.fsencode("".join(f"{key} {values[key]}\n" for key in values)),
        real_uv=real,
    )


def aside_path(shim: str) -> str:
    """Return where a real uv or uvx goes that was installed over the shim."""
    return os.path.join(os.path.dirname(shim), REAL, os.path.basename(shim))


def stands(should: Contents, system: System, *, whatever_uv: bool = False) -> bool:
    """Say whether the folder holds what it should, so that the launcher can use it.

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
    """Say whether a configuration is as it should be, but for where the real uv was.

    That does not age: it is asked only where PATH has none.
    """
    return all(said.get(key) == value for key, value in should.values.items() if key != "uv")


def real_uv(folder: str, shim: str, system: System) -> str:
    """Return the real uv to be recorded, "" where there is none.

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
    import filelock

    values = {
        "uvlocal": contract.CONFIGURATION_VERSION,
        "python": sys.executable,
        "package": os.path.dirname(PACKAGE),
        "site": os.path.dirname(os.path.dirname(os.path.abspath(filelock.__file__))),
        "uv": real,
        "cache": directories.cache_directory(system),
        "repair": repair_command(sys.prefix),
    }
    for key, value in values.items():
        if "\n" in value or "\r" in value:
            raise UserError(f"the path for `{key}` holds a line break: {value!r}")
    return {key: value for key, value in values.items() if value}


def repair_command(prefix: str) -> str:
    """Return the command that installs the package again, as it was installed into `prefix`.

    It must work without the Python in `prefix`, which may be gone: `pip` there is gone with it.
    """
    if os.path.exists(os.path.join(prefix, "pipx_metadata.json")):
        return "pipx reinstall uvlocal"
    return "uv tool install --reinstall uvlocal"


def is_ours(path: str, system: System) -> bool:
    """Say whether `path` is a shim of ours, and no link to one."""
    status = system.lstat(path)
    if status is None or not stat.S_ISREG(status.st_mode):
        return False
    return handover.is_shim(path, status, system, "")


def is_foreign_program(shim: str, system: System) -> bool:
    """Say whether a real uv or uvx is in the shim's place: the file beside it is still ours."""
    status = system.lstat(shim)
    if status is None or not stat.S_ISREG(status.st_mode) or is_ours(shim, system):
        return False
    return bool(handover.configuration(system, shim).get("uvlocal"))


def read(path: str) -> bytes | None:
    """Return a file's content, None where there is none or it cannot be read."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return None


# -- what was made -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Memory:
    """What did not exist before the shim was installed; nothing else is ever taken away.

    `folders` are the folders, outermost first; `user_path` says whether the user's PATH in the
    Windows registry was made too.
    """

    folders: tuple[str, ...] = ()
    user_path: bool = False


def remembered(folder: str) -> Memory:
    """Return what was made when the shim in `folder` was installed, as far as that is known."""
    data = read(os.path.join(folder, MEMORY))
    try:
        table = tomllib.loads((data or b"").decode())
    except ValueError:
        return Memory()
    folders = table.get("folders", [])
    known = isinstance(folders, list) and all(isinstance(path, str) for path in folders)
    return Memory(tuple(folders) if known else (), table.get("user-path") is True)


def remember(folder: str, memory: Memory) -> None:
    """Write down what was made, unless that is known.

    Raises:
        OSError: the folder cannot be written.
    """
    import tomli_w

    if memory == remembered(folder):
        return
    table = {
        "version": 1,
        # A path that is no text is not remembered: its folder stays, which does no harm.
        "folders": [path for path in memory.folders if naming.as_text(path) == path],
        "user-path": memory.user_path,
    }
    replace(os.path.join(folder, MEMORY), tomli_w.dumps(table).encode(), 0o600)


def missing_folders(path: str) -> list[str]:
    """Return `path` and the folders above it that are not there, outermost first."""
    found: list[str] = []
    while path and not os.path.lexists(path) and os.path.dirname(path) != path:
        found.insert(0, path)
        path = os.path.dirname(path)
    return found


def remove_if_empty(folder: str) -> bool:
    """Remove a folder if nothing is in it; say whether that happened."""
    with contextlib.suppress(OSError):
        os.rmdir(folder)
        return True
    return False
