"""The first and the last step of a call: gather, decide, prepare, become the real uv.

The launcher starts Python with `sys.argv` of

    -c, PACKAGE, LAUNCHER, FLAGS, ARGV0, ARGUMENTS...

PACKAGE is the folder on `sys.path`, LAUNCHER the shim's own path, FLAGS tell what the start of
Python destroyed of the process's state: `P` SIGPIPE and `X` SIGXFSZ were ignored; `L` the variable
LC_CTYPE was absent, otherwise its value follows `=` in hexadecimal. The rest is uv's argv.
Whatever goes wrong here, uv runs.
"""

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uvlocal.shim.handover import RealUv
    from uvlocal.shim.system import System

#: Positions in `sys.argv`.
_LAUNCHER, _FLAGS, _ARGV0 = 2, 3, 4
#: The most that is read of the file beside the launcher, in bytes; the launcher reads no more.
_LIMIT = 64 * 1024


def main() -> None:
    """Decide, then become uv. Does not return."""
    launcher, flags = sys.argv[_LAUNCHER], sys.argv[_FLAGS]
    argv = sys.argv[_ARGV0:] or ["uv"]
    _restore_signals(flags)
    try:
        code = _call(launcher, flags, argv)
    except Exception as error:  # noqa: BLE001 - a package that is just being replaced, say
        from uvlocal.shim import damaged

        code = damaged.become_uv(error, launcher, argv, _restored_locale(flags))
    os._exit(code)


def _call(launcher: str, flags: str, argv: "list[str]") -> int:
    """Decide, then become uv; return an exit code where that cannot be done."""
    from uvlocal.shim import bundle

    cache = _cache(launcher)
    loaded = bundle.load(cache)
    from uvlocal.shim import handover
    from uvlocal.shim.recorder import RecordingSystem

    system: "System" = RecordingSystem()
    changes: "dict[str, str | None]" = {}
    real = None
    try:
        from uvlocal.shim.gather import Call
        from uvlocal.shim.prepare import prepare
        from uvlocal.shim.recall import record

        tracing = system.environ.get("UVLOCAL_TRACE", "") not in ("", "0")
        call = Call(argv[1:], system, launcher, _trace if tracing else None)
        changes = dict(call.changes.values)  # the user's own, should we fail from here on
        decision = call.settle()
        real = call.real_uv()
        if real.path:
            prepare(call, decision)
            changes = call.changes.values
        if real.path and not tracing:
            record(call, decision, cache)
            if not loaded:
                bundle.save(cache)
    except Exception as error:  # noqa: BLE001 - whatever goes wrong here, uv runs
        _confess(error, system)
    if real is None:
        real = handover.find(system, launcher)
    changes.update(_restored_locale(flags))
    return _become(real, argv, changes)


def _cache(launcher: str) -> str:
    """Return the cache folder that the file beside the launcher names, "" for none."""
    folder = os.path.dirname(launcher)
    try:
        with open(os.path.join(folder, "uvlocal-launcher.conf"), "rb", buffering=0) as file:
            lines = file.read(_LIMIT).split(b"\n")
    except OSError:
        return ""
    found = [line[6:] for line in lines if line.startswith(b"cache /")]
    return os.fsdecode(found[-1]) if found else ""


def _become(real: "RealUv", argv: "list[str]", changes: "dict[str, str | None]") -> int:
    """Become uv; return an exit code where that cannot be done (or uv's own, on Windows)."""
    from uvlocal.shim import handover

    if not real.path:
        handover.say(handover.missing(real))
        return handover.NOT_FOUND
    try:
        return handover.become(real.path, argv, changes)
    except OSError as error:
        handover.say(f"error: failed to start `{real.path}`: {error.strerror}")
        return handover.NOT_FOUND


def _trace(line: str) -> None:
    from uvlocal.shim import handover

    handover.say("uvlocal: " + line)


def _confess(error: Exception, system: "System") -> None:
    """Say in one line that we failed, with the whole story under `UVLOCAL_TRACE`."""
    from uvlocal.shim import handover

    if system.environ.get("UVLOCAL_TRACE", "") not in ("", "0"):
        import traceback

        handover.say("uvlocal: " + "".join(traceback.format_exception(error)).rstrip())
    if not system.environ.get("UVLOCAL_QUIET"):
        kind = type(error).__name__
        what = " ".join(str(error).split())[:200]
        hint = "`UVLOCAL_TRACE=1` tells more"
        handover.say(f"warning: uvlocal failed, so uv runs unchanged ({kind}: {what}); {hint}")


def _restored_locale(flags: str) -> "dict[str, str | None]":
    """Return what undoes what the start of Python did to LC_CTYPE in a C locale (PEP 538)."""
    letters, known, value = flags.partition("=")
    if "L" in letters:
        return {"LC_CTYPE": None}
    return {"LC_CTYPE": os.fsdecode(bytes.fromhex(value))} if known else {}


def _restore_signals(flags: str) -> None:
    """Undo what the start of Python did to signals, which `execve` would pass on to uv.

    CPython ignores SIGPIPE and SIGXFSZ (`Python/pylifecycle.c`); and an interrupt while we decide
    should end the call as it would end uv, without a traceback.
    """
    if sys.platform == "win32":
        return
    import _signal  # type: ignore[import-not-found] # typeshed leaves it out

    for letter, name in (("P", "SIGPIPE"), ("X", "SIGXFSZ")):
        if letter not in flags and hasattr(_signal, name):
            _signal.signal(getattr(_signal, name), _signal.SIG_DFL)
    if _signal.getsignal(_signal.SIGINT) is _signal.default_int_handler:
        _signal.signal(_signal.SIGINT, _signal.SIG_DFL)
