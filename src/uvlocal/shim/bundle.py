"""The byte code of a whole call in one file, so that Python looks for one instead of thirty.

The file lies in the cache folder and is made of the byte code that Python itself keeps. It holds
the modules of `MODULES`, with the size and mtime of each source, by which Python tells stale byte
code too. It is trusted as recorded decisions are: if it and its folder belong to this user and
nobody else can write them. Where it is missing, stale, or of another Python, modules are imported
as ever, and it is made anew; where that cannot be, nothing is lost but time.
"""

import gc
import marshal
import os
import stat
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType
    from typing import Any

#: What almost every call needs, each after those that it imports itself. A test holds that the
#: order is right, and that such calls import nothing else.
MODULES = (
    "system",
    "environment",
    "handover",
    "recorder",
    "settings",
    "decide",
    "paths",
    "places",
    "providers_hosted",
    "providers_own",
    "providers",
    "roots_cache",
    "roots",
    "sight",
    "signals",
    "exclusions",
    "volume",
    "stores",
    "commands",
    "arguments",
    "preview",
    "lexical",
    "pyproject",
    "project",
    "target",
    "variables",
    "request",
    "gather",
    "prepare",
    "inputs",
    "recall",
)
_PACKAGE = "uvlocal.shim"
#: Raised with every change of the file's format.
_FORMAT = 2
#: The largest file that is read, in bytes; a real one has a third of that.
_LIMIT = 1 << 20
#: The length of `sum_of`, in bytes.
_SUM_LENGTH = 8
_FOLDER = os.path.dirname(__file__)
#: 2^61 - 1: what is left of a path, divided by it, names the file.
_PRIME = (1 << 61) - 1


def load(cache: str) -> bool:
    """Put the modules of the file into `sys.modules`.

    Args:
        cache: the cache folder, "" for none.

    Returns:
        whether there is nothing (more) to load, so that the file need not be made anew.
    """
    if not cache or f"{_PACKAGE}.{MODULES[0]}" in sys.modules:
        return True
    # Byte code is many small objects, and this process is another one before memory matters.
    gc.disable()
    try:
        data = memoryview(_trusted(cache))  # a copy would cost as much as reading it
        if data[:_SUM_LENGTH] != sum_of(data[_SUM_LENGTH:]):
            return False
        # What nobody else can have made.
        made_for, stamps, codes = marshal.loads(data[_SUM_LENGTH:])  # noqa: S302
        if made_for != _made_for() or stamps != _stamps():
            return False
    except (OSError, EOFError, ValueError, TypeError):
        return False
    try:
        for name, code in zip(MODULES, codes, strict=True):
            _run(name, code)
    except Exception:  # noqa: BLE001 - whatever it was, the plain import is there
        for name in MODULES:
            sys.modules.pop(f"{_PACKAGE}.{name}", None)
        return False
    return True


def _run(name: str, code: "CodeType") -> None:
    """Do what an import does, but for the search."""
    module = type(sys)(f"{_PACKAGE}.{name}")
    module.__file__ = code.co_filename
    module.__package__ = _PACKAGE
    sys.modules[module.__name__] = module
    exec(code, module.__dict__)  # noqa: S102 - as an import does
    setattr(sys.modules[_PACKAGE], name, module)


def save(cache: str) -> None:
    """Make the file, of byte code that Python has compiled already; any failure is silent."""
    path = _path(cache)
    beside = f"{path}.{os.getpid()}"
    try:
        stamps = _stamps()
        content: "Any" = (_made_for(), stamps, [_code(name) for name in MODULES])
        if _stamps() != stamps:
            return
        os.makedirs(cache, 0o700, exist_ok=True)
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with open(descriptor, "wb") as file:
                data = marshal.dumps(content)
                file.write(sum_of(data) + data)
            os.replace(beside, path)
        finally:
            if os.path.lexists(beside):
                os.unlink(beside)
    except (OSError, ImportError, SyntaxError, ValueError):
        pass


def _trusted(cache: str) -> bytes:
    """Return the content of the file.

    Raises:
        OSError: there is none that can be trusted.
    """
    # Without waiting: something else may stand in its place, a FIFO say.
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    descriptor = os.open(_path(cache), flags | getattr(os, "O_CLOEXEC", 0))
    with open(descriptor, "rb", buffering=0) as file:
        own = os.fstat(descriptor)
        for status in (os.stat(cache), own):
            writable = status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
            if sys.platform != "win32" and (status.st_uid != os.geteuid() or writable):
                raise PermissionError
        if not stat.S_ISREG(own.st_mode) or own.st_size > _LIMIT:
            raise PermissionError
        return file.readall()


def sum_of(data: "bytes | memoryview") -> bytes:
    """Return what tells whether data is as it was written.

    `marshal` takes a damaged file at its word: a length in it can be that of all memory. It is the
    sum by which Python itself tells byte code that fits its source (PEP 552).
    """
    import _imp

    return _imp.source_hash(_FORMAT, data)


def _path(cache: str) -> str:
    """Return where the file lies: each package and each Python has its own."""
    number = int.from_bytes(os.fsencode(_FOLDER), "big") % _PRIME
    return os.path.join(cache, f"code-{sys.implementation.cache_tag}-{number:016x}")


def _made_for() -> "tuple[object, ...]":
    """Return what the byte code depends on besides its source.

    The version is there for systems that give all files one mtime, as reproducible images do.
    """
    import _frozen_importlib_external as importing

    import uvlocal

    version = uvlocal.__version__
    return _FORMAT, MODULES, importing.MAGIC_NUMBER, sys.flags.optimize, _FOLDER, version


def _stamps() -> "list[tuple[int, int]]":
    """Return size and mtime of each module's source."""
    found = []
    for name in MODULES:
        status = os.stat(f"{_FOLDER}{os.sep}{name}.py")
        found.append((status.st_size, status.st_mtime_ns))
    return found


def _code(name: str) -> "CodeType | None":
    """Return a module's code, as Python itself would load it."""
    import _frozen_importlib_external as importing

    path = os.path.join(_FOLDER, f"{name}.py")
    loader = importing.SourceFileLoader(f"{_PACKAGE}.{name}", path)
    return loader.get_code(f"{_PACKAGE}.{name}")
