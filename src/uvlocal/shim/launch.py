"""Run a call from start to end: gather, decide, prepare, become the real uv.

The launcher starts Python with `sys.argv` of

    -c, PACKAGE, LAUNCHER, FLAGS, ARGV0, ARGUMENTS...

and has it run this file and `main`. PACKAGE is the directory for `sys.path`, LAUNCHER the shim's
path. FLAGS describe the process state that Python's startup changes: `P` SIGPIPE and `X` SIGXFSZ
were ignored; `L` the variable LC_CTYPE was absent, otherwise its value follows `=` in
hexadecimal. On Windows they are the number of a pipe's handle: there the launcher becomes uv, when
this Python has answered and exited. The rest is uv's argv. Whatever goes wrong here, uv runs.

All other modules are loaded from one file, if a trusted one exists (`bytecode`), because finding
each module takes as long as deciding. Until then, nothing is imported that the interpreter has not
imported at startup; `bytecode` itself is run by its path, like this file.
"""

import gc
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from types import ModuleType

    from uvlocal.shim.machine.host import System
    from uvlocal.shim.uv.handover import RealUv
else:
    # As in `early_os`, which is not loaded yet.
    os = sys.modules.get("os") or sys.modules.get("posix") or sys.modules["nt"]

#: Positions in `sys.argv`.
_PACKAGE, _LAUNCHER, _FLAGS, _ARGV0 = 1, 2, 3, 4
#: The file beside the launcher, and how much of it is read in bytes, as in `contract`, which is not
#: loaded yet; a test checks that they are equal.
_CONFIGURATION = "uvlocal-launcher.conf"
_LIMIT = 64 * 1024
#: How file names and variables become text (`os.fsdecode`).
_ENCODING = sys.getfilesystemencoding(), sys.getfilesystemencodeerrors()


def _call(launcher: str, flags: str, argv: "list[str]") -> int:
    """Decide, then become uv; return an exit code if that fails."""
    tracing = _is_tracing()
    cache = _cache(launcher)
    # The bytecode in that file has no source lines, which a traceback needs.
    bytecode = _by_path("recall.bytecode") if cache and not tracing else None
    is_stale = bytecode is not None and not bytecode.load(cache, sys.argv[_PACKAGE])
    from uvlocal.shim.recall.recording_host import RecordingSystem
    from uvlocal.shim.uv import handover

    system: "System" = RecordingSystem()
    changes: "dict[str, str | None]" = {}
    real = None
    try:
        from uvlocal.shim.call import Call
        from uvlocal.shim.prepare import attempt, prepare
        from uvlocal.shim.recall.writer import record

        call = Call(argv[1:], system, launcher, _trace if tracing else None)
        changes = dict(call.changes.values)  # the user's own values, in case we fail from here on
        decision = call.settle(attempt)
        real = call.program()
        if real.path:
            prepare(call, decision)
            changes = call.changes.values
        if real.path and not tracing:
            record(call, decision, cache)
            if bytecode is not None and is_stale:
                bytecode.save(cache, sys.argv[_PACKAGE], system.write_private)
    except Exception as error:  # noqa: BLE001 - whatever goes wrong here, uv runs
        _report_failure(error, tracing=tracing)
    if real is None:
        real = handover.find_program(handover.find(system, launcher), system, launcher)
    changes.update(_restored_locale(flags))
    return _finish(real, argv, changes, flags)


def _by_path(name: str) -> "ModuleType":
    """Return a module of this package, run by its path instead of imported."""
    from _frozen_importlib_external import SourceFileLoader

    module = type(sys)("uvlocal.shim." + name)
    path = f"{sys.argv[_PACKAGE]}/uvlocal/shim/{name.replace('.', '/')}.py"
    SourceFileLoader(module.__name__, path).exec_module(module)
    return module


def _is_tracing() -> bool:
    # The rule of `variables.is_on`, which is not loaded yet (a test holds both equal). `os` may not
    # be loaded either: then names and values are bytes, or on Windows names have any letter case.
    names = ("UVLOCAL_TRACE", b"UVLOCAL_TRACE")
    found = [value for name, value in os.environ.items() if name.upper() in names]
    return any(value not in ("", b"", "0", b"0") for value in found)


def _cache(launcher: str) -> str:
    """Return the cache directory that the file beside the launcher names, or ""."""
    folder = launcher[: max(launcher.rfind("/"), launcher.rfind("\\")) + 1]
    # Without blocking, as something else may be in its place, such as a FIFO.
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        descriptor = os.open(folder + _CONFIGURATION, flags)
        with open(descriptor, "rb", buffering=0) as file:
            lines = (file.read(_LIMIT) or b"").split(b"\n")
    except OSError:
        return ""
    found = [line[6:] for line in lines if line.startswith(b"cache ")]
    path = found[-1].decode(*_ENCODING) if found else ""
    if sys.platform == "win32":
        return path if path[1:2] == ":" or path.startswith("\\\\") else ""
    return path if path.startswith("/") else ""


# -- the last step ---------------------------------------------------------------------------------


def _finish(real: "RealUv", argv: "list[str]", changes: "dict[str, str | None]", flags: str) -> int:
    """Become uv, or answer the launcher; return an exit code (uv's own, on Windows without it)."""
    from uvlocal.shim import contract
    from uvlocal.shim.uv import handover

    if not real.path:
        handover.say(handover.missing(real))
    if flags.isdigit():
        handover.answer(int(flags), real.path, changes)
        return 0
    if not real.path:
        return contract.NOT_FOUND
    try:
        return handover.become(real.path, argv, changes)
    except OSError as error:
        handover.say(f"error: failed to start `{real.path}`: {error.strerror}")
        return contract.NOT_FOUND


def _trace(line: str) -> None:
    from uvlocal.shim.uv import handover

    handover.say("uvlocal: " + line)


def _report_failure(error: Exception, *, tracing: bool) -> None:
    """Report the failure in one line; print the traceback under `UVLOCAL_TRACE`."""
    from uvlocal.shim.machine import early_os
    from uvlocal.shim.uv import handover, variables

    if tracing:
        import traceback

        handover.say("uvlocal: " + "".join(traceback.format_exception(error)).rstrip())
    if not variables.is_on(early_os.environ(), "UVLOCAL_QUIET"):
        kind = type(error).__name__
        what = " ".join(str(error).split())[:200]
        hint = "set `UVLOCAL_TRACE=1` to see more"
        handover.say(f"warning: uvlocal failed, so uv runs unchanged ({kind}: {what}); {hint}")


def _restored_locale(flags: str) -> "dict[str, str | None]":
    """Return the change that undoes Python's LC_CTYPE coercion in a C locale (PEP 538)."""
    letters, known, value = flags.partition("=")
    if "L" in letters:
        return {"LC_CTYPE": None}
    return {"LC_CTYPE": bytes.fromhex(value).decode(*_ENCODING)} if known else {}


def _restore_signals(flags: str) -> None:
    """Undo what Python's startup did to signals, which uv would inherit through `execve`.

    CPython ignores SIGPIPE and SIGXFSZ (`Python/pylifecycle.c`), if they exist. An interrupt while
    we decide should end the call as it would end uv, without a traceback.
    """
    import _signal  # type: ignore[import-not-found] # typeshed leaves it out

    for letter, name in (("P", "SIGPIPE"), ("X", "SIGXFSZ")):
        if letter not in flags and hasattr(_signal, name):
            _signal.signal(getattr(_signal, name), _signal.SIG_DFL)
    if _signal.getsignal(_signal.SIGINT) is _signal.default_int_handler:
        _signal.signal(_signal.SIGINT, _signal.SIG_DFL)


# At the end of the file, so that a truncated file has no `main`.
def main() -> None:
    """Decide, then become uv. Does not return.

    Raises:
        Exception: this package is damaged; the launcher then becomes uv (`contract.STUB`).
    """
    # This process becomes uv before memory matters.
    gc.disable()
    if "uvlocal" not in sys.modules:
        # Last, so that nothing beside the package shadows a module of the standard library.
        sys.path.append(sys.argv[_PACKAGE])
    launcher, flags = sys.argv[_LAUNCHER], sys.argv[_FLAGS]
    argv = sys.argv[_ARGV0:] or ["uv"]
    _restore_signals(flags)
    os._exit(_call(launcher, flags, argv))  # noqa: SLF001 - a system call, not a private member
