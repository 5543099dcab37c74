"""The first and the last step of a call: gather, decide, prepare, become the real uv.

The launcher starts Python with `sys.argv` of

    -c, PACKAGE, LAUNCHER, FLAGS, ARGV0, ARGUMENTS...

and lets it run this file and `main`. PACKAGE is the folder on `sys.path`, LAUNCHER the shim's own
path, FLAGS tell what the start of Python destroyed of the process's state: `P` SIGPIPE and `X`
SIGXFSZ were ignored; `L` the variable LC_CTYPE was absent, otherwise its value follows `=` in
hexadecimal. The rest is uv's argv. Whatever goes wrong here, uv runs.

All other modules come out of one file, if there is one that can be trusted (`bundle`): a search
for each takes as long as deciding. Up to then nothing is imported but what the start of the
interpreter has imported already.
"""

import gc
import marshal
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from types import CodeType

    from uvlocal.shim.handover import RealUv
    from uvlocal.shim.system import System
else:
    # As in `builtin`, which is not there yet.
    os = sys.modules.get("os") or sys.modules.get("posix") or sys.modules["nt"]

#: Positions in `sys.argv`.
_PACKAGE, _LAUNCHER, _FLAGS, _ARGV0 = 1, 2, 3, 4
#: The file beside the launcher, and the most that is read of it in bytes, as in `shared`, which is
#: not there yet; a test holds that they are the same.
_CONFIGURATION = "uvlocal-launcher.conf"
_LIMIT = 64 * 1024
#: The largest file of byte code that is read, in bytes; a real one has a quarter of that.
_CODE_LIMIT = 1 << 20
#: How its name begins.
PREFIX = "code-"
#: The length of `sum_of`, in bytes.
SUM_LENGTH = 8
#: Raised with every change of that file's format.
FORMAT = 3
#: 2^61 - 1: what is left of a name, divided by it, stands for the name.
_PRIME = (1 << 61) - 1
#: Parts of `st_mode` (inode(7)): what kind of file, a regular one, others may write.
_KIND, _REGULAR, _WRITABLE = 0o170000, 0o100000, 0o022


def _call(launcher: str, flags: str, argv: "list[str]") -> int:
    """Decide, then become uv; return an exit code where that cannot be done."""
    tracing = _is_tracing()
    cache = _cache(launcher)
    # Byte code in the file does not tell lines, which a traceback is read for.
    loaded = tracing or load(cache, sys.argv[_PACKAGE])
    from uvlocal.shim import handover
    from uvlocal.shim.recorder import RecordingSystem

    system: "System" = RecordingSystem()
    changes: "dict[str, str | None]" = {}
    real = None
    try:
        from uvlocal.shim.gather import Call
        from uvlocal.shim.prepare import prepare
        from uvlocal.shim.recall import record

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
                from uvlocal.shim import bundle

                bundle.save(cache, sys.argv[_PACKAGE])
    except Exception as error:  # noqa: BLE001 - whatever goes wrong here, uv runs
        _confess(error, tracing=tracing)
    if real is None:
        real = handover.find(system, launcher)
    changes.update(_restored_locale(flags))
    return _become(real, argv, changes)


def _is_tracing() -> bool:
    # The rule of `environment.is_on`, which is not there yet; nor is `os` perhaps, and then names
    # and values are bytes, or on Windows names in any letter case.
    names = ("UVLOCAL_TRACE", b"UVLOCAL_TRACE")
    found = [value for name, value in os.environ.items() if name.upper() in names]
    return any(value not in ("", b"", "0", b"0") for value in found)


def _cache(launcher: str) -> str:
    """Return the cache folder that the file beside the launcher names, "" for none."""
    folder = launcher[: max(launcher.rfind("/"), launcher.rfind("\\")) + 1]
    try:
        with open(folder + _CONFIGURATION, "rb", buffering=0) as file:
            lines = file.read(_LIMIT).split(b"\n")
    except OSError:
        return ""
    found = [line[6:] for line in lines if line.startswith(b"cache ")]
    path = found[-1].decode(*_ENCODING) if found else ""
    if sys.platform == "win32":
        return path if path[1:2] == ":" or path.startswith("\\\\") else ""
    return path if path.startswith("/") else ""


# -- byte code -------------------------------------------------------------------------------------

#: How names of the system become text (`os.fsdecode`).
_ENCODING = sys.getfilesystemencoding(), sys.getfilesystemencodeerrors()


def load(cache: str, package: str) -> bool:
    """Put the modules of the file into `sys.modules`.

    Args:
        cache: the cache folder, "" for none.
        package: the folder that holds the package `uvlocal`.

    Returns:
        whether there is nothing (more) to load, so that the file need not be made anew.
    """
    if not cache or "uvlocal.shim.builtin" in sys.modules:
        return True
    before = set(sys.modules)
    try:
        data = memoryview(_trusted(bundle_path(cache, package), cache))  # a copy costs a reading
        if data[:SUM_LENGTH] != sum_of(data[SUM_LENGTH:]):
            return False
        # What nobody else can have made.
        made_for, rows = marshal.loads(data[SUM_LENGTH:])  # noqa: S302
        if made_for != made_for_this() or any(stamp(path) != was for _, path, was, _ in rows):
            return False
        for name, path, _, code in rows:
            _run(name, path, code)
    except Exception:  # noqa: BLE001 - whatever it was, the plain import is there
        for name in set(sys.modules) - before:
            if name.startswith("uvlocal"):
                del sys.modules[name]
        return False
    return True


def _run(name: str, path: str, code: "CodeType") -> None:
    """Do what an import does, but for the search."""
    if name in sys.modules:
        return
    module = type(sys)(name)
    module.__file__ = path
    folder, _, file = path.replace("\\", "/").rpartition("/")
    package, _, last = name.rpartition(".")
    if file == "__init__.py":
        module.__path__ = [folder]
        module.__package__ = name
    else:
        module.__package__ = package
    sys.modules[name] = module
    exec(code, module.__dict__)  # noqa: S102 - as an import does
    if package:
        setattr(sys.modules[package], last, module)


def _trusted(path: str, cache: str) -> bytes:
    """Return the content of the file.

    Raises:
        OSError: there is none that can be trusted.
    """
    # Without waiting: something else may stand in its place, a FIFO say.
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    descriptor = os.open(path, flags | getattr(os, "O_CLOEXEC", 0))
    with open(descriptor, "rb", buffering=0) as file:
        own = os.fstat(descriptor)
        for status in (os.stat(cache), own):
            writable = status.st_mode & _WRITABLE
            if sys.platform != "win32" and (status.st_uid != os.geteuid() or writable):
                raise PermissionError
        if own.st_mode & _KIND != _REGULAR or own.st_size > _CODE_LIMIT:
            raise PermissionError
        return file.readall()


def sum_of(data: "bytes | memoryview") -> bytes:
    """Return what tells whether data is as it was written.

    `marshal` takes a damaged file at its word: a length in it can be that of all memory. It is the
    sum by which Python itself tells byte code that fits its source (PEP 552).
    """
    import _imp

    return _imp.source_hash(FORMAT, data)


def made_for_this() -> "tuple[object, ...]":
    """Return what byte code depends on besides its source."""
    import _frozen_importlib_external as importing

    return FORMAT, importing.MAGIC_NUMBER, sys.flags.optimize


def stamp(path: str) -> "tuple[int, int]":
    """Return size and mtime of a source, by which Python itself tells stale byte code."""
    status = os.stat(path)
    return status.st_size, status.st_mtime_ns


def bundle_path(cache: str, package: str) -> str:
    """Return where the file lies: each Python and each installed package has its own.

    What is installed is told by its first file, ctime and inode included: in images that are made
    to be the same each time all files of all versions have one mtime; and a home directory on a
    network has a package at the same place on each machine.
    """
    status = os.stat(f"{package}/uvlocal/__init__.py")
    numbers = (status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)
    name = f"{package}:{numbers}".encode(*_ENCODING)
    number = int.from_bytes(name, "big") % _PRIME
    return f"{cache}/{PREFIX}{sys.implementation.cache_tag}-{number:016x}"


# -- the last step ---------------------------------------------------------------------------------


def _become(real: "RealUv", argv: "list[str]", changes: "dict[str, str | None]") -> int:
    """Become uv; return an exit code where that cannot be done (or uv's own, on Windows)."""
    from uvlocal.shim import handover, shared

    if not real.path:
        handover.say(handover.missing(real))
        return shared.NOT_FOUND
    try:
        return handover.become(real.path, argv, changes)
    except OSError as error:
        handover.say(f"error: failed to start `{real.path}`: {error.strerror}")
        return shared.NOT_FOUND


def _trace(line: str) -> None:
    from uvlocal.shim import handover

    handover.say("uvlocal: " + line)


def _confess(error: Exception, *, tracing: bool) -> None:
    """Say in one line that we failed, with the whole story under `UVLOCAL_TRACE`."""
    from uvlocal.shim import builtin, environment, handover

    if tracing:
        import traceback

        handover.say("uvlocal: " + "".join(traceback.format_exception(error)).rstrip())
    if not environment.is_on(builtin.environ(), "UVLOCAL_QUIET"):
        kind = type(error).__name__
        what = " ".join(str(error).split())[:200]
        hint = "`UVLOCAL_TRACE=1` tells more"
        handover.say(f"warning: uvlocal failed, so uv runs unchanged ({kind}: {what}); {hint}")


def _restored_locale(flags: str) -> "dict[str, str | None]":
    """Return what undoes what the start of Python did to LC_CTYPE in a C locale (PEP 538)."""
    letters, known, value = flags.partition("=")
    if "L" in letters:
        return {"LC_CTYPE": None}
    return {"LC_CTYPE": bytes.fromhex(value).decode(*_ENCODING)} if known else {}


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


# The last of all: a file that was cut off has none.
def main() -> None:
    """Decide, then become uv. Does not return.

    Raises:
        Exception: this package is damaged; the launcher then becomes uv (`shared.STUB`).
    """
    # Byte code is many small objects, and this process is another one before memory matters.
    gc.disable()
    if "uvlocal" not in sys.modules:
        sys.path.insert(0, sys.argv[_PACKAGE])
    launcher, flags = sys.argv[_LAUNCHER], sys.argv[_FLAGS]
    argv = sys.argv[_ARGV0:] or ["uv"]
    _restore_signals(flags)
    os._exit(_call(launcher, flags, argv))  # noqa: SLF001 - the system's call of that name
