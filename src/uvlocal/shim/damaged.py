"""Become uv where the rest of this package cannot be imported: it is being replaced, or damaged.

`launch` comes here where anything else is broken, the launchers do where `launch` itself is. This
does what the launcher does where there is no Python, in a few lines that rest on nothing else of
the package: give back what an outer call of ours set, find the real uv, say one line.
"""

import os
import sys

#: Positions in `sys.argv`, as in `launch`.
_LAUNCHER, _FLAGS, _ARGV0 = 2, 3, 4
#: As in `environment` and `handover`; a test holds that they are the same.
SET_PREFIX, HAD_PREFIX = "UVLOCAL_SET_", "UVLOCAL_HAD_"
MARKER = b"uvlocal-launcher-marker:1"
SHIM_LIMIT = 256 * 1024
NOT_FOUND = 127


def main() -> None:
    """Become uv in the place of `launch.main`, which cannot be had. Does not return."""
    letters, known, value = sys.argv[_FLAGS].partition("=")
    changes: "dict[str, str | None]" = {}
    if known:
        changes["LC_CTYPE"] = os.fsdecode(bytes.fromhex(value))
    elif "L" in letters:
        changes["LC_CTYPE"] = None
    if sys.platform != "win32":
        import signal

        for letter, number in (("P", signal.SIGPIPE), ("X", signal.SIGXFSZ)):
            if letter not in letters:
                signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    error = ImportError("`launch.py` is damaged")
    os._exit(become_uv(error, sys.argv[_LAUNCHER], sys.argv[_ARGV0:] or ["uv"], changes))


def become_uv(
    error: Exception, launcher: str, argv: "list[str]", changes: "dict[str, str | None]"
) -> int:
    """Become the first real uv that can be started; return an exit code where none can.

    Args:
        error: what went wrong.
        launcher: the path of the shim that was called.
        argv: the whole argv of uv.
        changes: variables to set, or with None to remove, before.
    """
    environ = given_back(dict(os.environ))
    for name, value in changes.items():
        environ.pop(name, None)
        if value is not None:
            environ[name] = value
    if environ.get("UVLOCAL_QUIET", "") in ("", "0"):  # as `environment.is_on`
        what = " ".join(str(error).split())[:200]
        _say(f"warning: uvlocal cannot be imported, so uv runs unchanged ({what})")
    wish = environ.get("UVLOCAL_UV", "")
    for path in [wish] if wish else _candidates(environ, launcher):
        try:
            if sys.platform == "win32":
                import subprocess

                return subprocess.call(argv, executable=path, env=environ)
            os.execve(path, argv, environ)  # noqa: S606 - becoming uv is the purpose
        except (OSError, ValueError):
            continue
    _say("error: no uv found\n\nhint: set `UVLOCAL_UV` to the path of the real one")
    return NOT_FOUND


def given_back(environ: "dict[str, str]") -> "dict[str, str]":
    """Return the variables as the user had them before an outer call of ours."""
    for mark in [name for name in environ if name.startswith(SET_PREFIX)]:
        name = mark[len(SET_PREFIX) :]
        had = environ.pop(HAD_PREFIX + name, None)
        if environ.get(name) == environ.pop(mark):
            del environ[name]
            if had is not None:
                environ[name] = had
    return environ


def _candidates(environ: "dict[str, str]", launcher: str) -> "list[str]":
    """Return each `uv` on PATH that is no shim of ours."""
    name = "uv.exe" if sys.platform == "win32" else "uv"
    found = []
    for folder in environ.get("PATH", "").split(os.pathsep):
        path = os.path.join(folder, name)
        if os.path.isabs(folder) and os.path.isfile(path) and not _is_shim(path, launcher):
            found.append(path)
    return found


def _is_shim(path: str, launcher: str) -> bool:
    try:
        if os.path.samefile(path, launcher):
            return True
        if os.path.getsize(path) > SHIM_LIMIT:
            return False
        with open(path, "rb") as file:
            return MARKER in file.read()
    except OSError:
        return False


def _say(text: str) -> None:
    try:
        os.write(2, (text + "\n").encode("utf-8", "backslashreplace"))
    except OSError:
        pass
