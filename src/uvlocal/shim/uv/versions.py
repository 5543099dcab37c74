"""The real uv's version, asked once per binary, and cached by path, size and time of change.

A wrapper (of pyenv, asdf, mise) may run another uv in each directory, so its answer is not cached.

uv is the one program that a decision may start, and only if the decision depends on its version.
"""

import stat

from uvlocal.shim.machine.host import System

#: How long uv may take to print its version, in seconds; it takes milliseconds.
_PATIENCE = 2.0
#: The size limit of its answer, in bytes.
_ANSWER_LIMIT = 4096
#: The maximum number of cached binaries, and the size limit of the cache file, in bytes.
_REMEMBERED = 32
_FILE_LIMIT = 1 << 20
#: The size limit of a wrapper script, in bytes.
_SCRIPT_LIMIT = 64 * 1024
#: The maximum number of digits in a part of a version.
_DIGITS = 9

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Version = tuple[int, int, int]


def known(
    path: str,
    system: System,
    cache_file: str,
    ask: "Callable[[str, dict[str, str]], bytes] | None" = None,
) -> "Version | None":
    """Return the version of the uv at `path`, or None if it is unknown.

    Args:
        path: the binary, absolute.
        system: the machine.
        cache_file: the file that caches versions, or "".
        ask: starts the binary with an environment and returns what `--version` prints.
    """
    status = system.stat(path)
    if status is None:
        return None
    key = f"{status.st_size} {status.st_mtime_ns} "
    if cache_file and is_wrapper(path, system):
        cache_file = ""
    lines = _remembered(cache_file, system)
    for line in lines:
        if line.startswith(key) and line.endswith(" " + path):
            version = parsed(line[len(key) : -len(path) - 1])
            if version is not None:
                return version
    # uv's own variables could make it fail, and it does not need ours.
    environ = {name: value for name, value in system.environ.items() if not name.startswith("UV")}
    answer = (ask or _ask)(path, environ).decode("utf-8", "replace").split()
    version = parsed(answer[1]) if answer[:1] == ["uv"] and len(answer) > 1 else None
    if version is not None and cache_file and "\n" not in path:
        line = f"{key}{'.'.join(map(str, version))} {path}"
        kept = [other for other in lines if not other.endswith(" " + path)]
        text = "\n".join([line, *kept][:_REMEMBERED]) + "\n"
        system.write_private(cache_file, text.encode("utf-8", "surrogateescape"))
    return version


def is_wrapper(path: str, system: System) -> bool:
    """Return whether a `uv` is a script, or a symlink to another program, that runs the actual uv.

    mise puts symlinks to `mise` on PATH, pyenv and asdf put scripts there.
    """
    name = system.path.basename(system.realpath(path)).lower()
    start = system.read(path, _SCRIPT_LIMIT)
    return not name.startswith("uv") or (start or b"")[:2] == b"#!"


def parsed(text: str) -> "Version | None":
    """Parse a version such as `0.13.9` or `0.13.9+1`; return None if it is invalid."""
    parts = text.partition("+")[0].split(".")
    numbers = [part[: len(part) - len(part.lstrip("0123456789"))] for part in parts]
    if len(numbers) != len(("major", "minor", "patch")) or not all(map(_is_number, numbers)):
        return None
    return int(numbers[0]), int(numbers[1]), int(numbers[2])


def _is_number(digits: str) -> bool:
    return 0 < len(digits) <= _DIGITS


def _remembered(cache_file: str, system: System) -> "list[str]":
    """Return the lines `SIZE MTIME VERSION PATH` of the file, if it is private."""
    if not cache_file or not system.is_private(cache_file, stat.S_IFREG):
        return []
    data = system.read(cache_file, _FILE_LIMIT) or b""
    lines = data.decode("utf-8", "surrogateescape").split("\n")
    return [line for line in lines if line]


def _ask(path: str, environ: "dict[str, str]") -> bytes:
    """Return what `PATH --version` prints, b"" if that fails or takes too long."""
    import subprocess  # slower than uv's answer, but only once per binary

    try:
        result = subprocess.run(
            [path, "--version"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=_PATIENCE,
            env=environ,
            check=False,
        )
    except (OSError, ValueError, subprocess.SubprocessError):
        return b""
    return result.stdout[:_ANSWER_LIMIT]
