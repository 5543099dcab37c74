"""Find the real uv, and become it, or tell the launcher on Windows to do so.

Only this module and `launch` touch argv, the environment and the streams of the process.
"""

import sys

from uvlocal.shim import contract
from uvlocal.shim.machine import early_os, paths
from uvlocal.shim.machine.display import printable
from uvlocal.shim.machine.early_os import os, stat
from uvlocal.shim.machine.host import System
from uvlocal.shim.uv import variables

#: What the highest bit of an exit code is worth, on Windows.
_SIGN = 1 << 31


class RealUv:
    """Where the real uv is.

    `program` is `uv` or `uvx`. `path` is "" if it was not found. `origin` says how it was found:
    `variable`, `path` or `recorded`. `tried` lists every place searched, with what was wrong there;
    `rejected` is what was wrong with the last. `wish` is the value of `UVLOCAL_UV`, if set.
    """

    __slots__ = ("origin", "path", "program", "rejected", "tried", "wish")

    def __init__(self, program: str = "uv") -> None:
        self.program = program
        self.path = ""
        self.origin = ""
        self.rejected = ""
        self.tried: "list[str]" = []
        self.wish = ""


def find(system: System, launcher: str) -> RealUv:
    """Find the real uv: from `UVLOCAL_UV`, then on PATH without ourselves, then as recorded.

    Symlinks in the path are not resolved: a package manager's symlink still works when its target
    moves. A `UVLOCAL_UV` that is not an executable is an error, as an explicit choice is never
    silently replaced.
    """
    found = RealUv()
    found.wish = system.environ.get("UVLOCAL_UV", "")
    if found.wish:
        _consider(found, found.wish, "variable", system, launcher)
        return found
    _search_path(found, system, launcher)
    if found.path:
        return found
    recorded = configuration(system, launcher).get("uv", "")
    if recorded:
        _consider(found, recorded, "recorded", system, launcher)
    return found


def is_uvx(launcher: str, system: System) -> bool:
    """Return whether the shim was called as `uvx`."""
    return system.path.basename(launcher).lower() in ("uvx", "uvx.exe")


def find_program(uv: RealUv, system: System, launcher: str) -> RealUv:
    """Return what the shim becomes: the real uv, or for `uvx` the uvx beside it or on PATH."""
    if not is_uvx(launcher, system) or (uv.wish and not uv.path):
        return uv
    found = RealUv("uvx")
    if uv.path:
        name = system.path.basename(launcher).lower()
        beside = system.path.join(system.path.dirname(uv.path), name)
        _consider(found, beside, uv.origin, system, launcher)
    if not found.path:
        _search_path(found, system, launcher)
    return found


def _search_path(found: RealUv, system: System, launcher: str) -> None:
    """Search PATH for a program, skipping relative entries, which depend on the directory."""
    name = found.program + (".exe" if system.platform == "win32" else "")
    for folder in paths.search_path(system.environ.get("PATH", ""), system):
        if system.path.isabs(folder):
            _consider(found, system.path.join(folder, name), "path", system, launcher)
        if found.path:
            return


def _consider(found: RealUv, path: str, origin: str, system: System, launcher: str) -> None:
    """Accept `path` as the real uv, or record why not."""
    status = system.stat(path)
    if status is None:
        found.rejected = "does not exist"
    elif not stat.S_ISREG(status.st_mode) or not system.can_start(path):
        found.rejected = "is not an executable file"
    elif is_shim(path, status, system, launcher):
        found.rejected = "is uvlocal's own shim"
    else:
        found.path = path
        found.origin = origin
        return
    # A directory without uv needs no explanation, but shows where we searched.
    found.tried.append(path if status is None else f"{path} ({found.rejected})")


def is_shim(path: str, status: os.stat_result, system: System, launcher: str) -> bool:
    """Return whether `path` is a uvlocal shim: this one, another installation's, or a copy."""
    if launcher and path == launcher:
        return True
    if status.st_size > contract.SHIM_LIMIT:
        return False
    return contract.MARKER.encode() in (system.read(path, contract.SHIM_LIMIT) or b"")


def configuration(system: System, launcher: str) -> "dict[str, str]":
    """Return the settings in the file beside the launcher, or {} if there is none."""
    if not launcher:
        return {}
    path = system.path.join(system.path.dirname(launcher), contract.CONFIGURATION)
    data = system.read(path, contract.CONFIGURATION_LIMIT)
    result = {}
    for line in (data or b"").decode("utf-8", "surrogateescape").split("\n"):
        key, _, value = line.partition(" ")
        result[key] = value
    return result


def missing(found: RealUv) -> str:
    """Return the message for the one hard error: there is no real uv."""
    if found.wish:
        return (
            f"error: `UVLOCAL_UV` names `{found.wish}`, which {found.rejected}\n\n"
            "hint: set `UVLOCAL_UV` to the path of the real uv, or unset it"
        )
    places = "".join(f"\n  {place}" for place in found.tried) or "\n  `PATH` has no usable folder"
    return (
        f"error: no {found.program} found in any of these places:{places}\n\n"
        "hint: install uv, or set `UVLOCAL_UV` to the path of the real uv"
    )


def say(text: str) -> None:
    """Write lines to stderr, escaped for a terminal; ignore a closed stderr.

    The caller escapes names that may contain a newline (`display.printable`).
    """
    lines = "\n".join(map(printable, text.split("\n")))
    try:
        os.write(2, (lines + "\n").encode("utf-8", "backslashreplace"))
    except OSError:
        pass


def become(path: str, arguments: "list[str]", changes: "dict[str, str | None]") -> int:
    """Become the program at `path`. On Windows, wait for it and return its exit code.

    Args:
        path: the real uv.
        arguments: the whole argv, argv[0] included.
        changes: variables to set, or to remove if None; all others are passed on unchanged.

    Raises:
        OSError: the program could not be started.
    """
    # Change the environment where C keeps it: entries that a mapping cannot hold (duplicates, no
    # `=`, no name) then reach uv unchanged and in order.
    for name, value in changes.items():
        if value is None:
            os.unsetenv(name)
        else:
            os.putenv(name, value)
    if sys.platform == "win32":
        return _run(path, arguments)
    # Python refuses an empty argv[0]; uv ignores it.
    os.execv(path, [arguments[0] or "uv", *arguments[1:]])
    return contract.NOT_FOUND  # unreachable: `execv` does not return, or raises


def _run(path: str, arguments: "list[str]") -> int:
    """Start the program, wait, and return its exit code, as Windows cannot replace a process.

    This is for calls without the launcher, which starts uv itself (`answer`). Ctrl-C and Ctrl-Break
    reach every process of the console; we ignore them and let uv handle them. `os._exit` takes only
    signed numbers, of which the system uses the same 32 bits.
    """
    import signal
    import subprocess

    for name in ("SIGINT", "SIGBREAK"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    with subprocess.Popen(arguments, executable=path, close_fds=False) as process:
        code = process.wait()
    return code if code < _SIGN else code - 2 * _SIGN


def answer(handle: int, path: str, changes: "dict[str, str | None]") -> None:
    """Tell the launcher on Windows what to do; it becomes the real uv once this process has ended.

    Args:
        handle: the pipe that the launcher reads; a descriptor on systems without handles.
        path: the real uv, or "" if there is none, which was already reported.
        changes: variables to set, or to remove if None.

    Raises:
        OSError: the launcher is gone.
    """
    if sys.platform == "win32":
        import msvcrt

        handle = msvcrt.open_osfhandle(handle, os.O_WRONLY)
    told = variables.as_fields(changes)
    fields = [contract.ANSWER_MAGIC, str(len(told)), *told, path, "end", ""]
    left = early_os.fsencode("\0".join(fields))
    while left:
        left = left[os.write(handle, left) :]
