"""One file with the bytecode of a whole call, so that Python reads one file instead of thirty.

The file is in the cache directory. It contains the bytecode that Python itself caches, without
docstrings and line numbers, which would be a quarter of it. Each module has the size and mtime of
its source, which Python also uses to detect stale bytecode. The file is trusted like recorded
decisions: only if it and its directory belong to this user and nobody else can write to them. If it
is missing, stale, or from another Python, modules are imported normally and it is written again; if
that fails, only time is lost.

`launch` runs this module by its path before the package is loaded, so it imports nothing from it.
"""

import marshal
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from collections.abc import Callable
    from types import CodeType
    from typing import Any
else:
    # As in `early_os`, which is not loaded yet.
    os = sys.modules.get("os") or sys.modules.get("posix") or sys.modules["nt"]

#: The modules that almost every call needs, each after those that it imports. A test checks the
#: order, and that such calls import nothing else.
MODULES = (
    "contract",
    "machine.early_os",
    "machine.posix_paths",
    *(() if sys.platform == "linux" else ("machine.native",)),
    "machine.host",
    "machine.paths",
    "machine.display",
    "uv.variables",
    "store.naming",
    "uv.handover",
    "recall.recording_host",
    "machine.directories",
    "settings.settings",
    "decide",
    "volume.providers.schema",
    "volume.providers.hosted",
    "volume.providers.self_hosted",
    "volume.providers.table",
    "volume.sync_roots.model",
    "volume.sync_roots.cache",
    "volume.sync_roots.discovery",
    "volume.location",
    "volume.evidence",
    "volume.exclusions",
    "volume.locate",
    "store.lookup",
    "store.nested",
    "request.commands",
    "request.argv",
    "project.uv_config",
    "project.pyproject",
    "project.discovery",
    "request.run_target",
    "request.uv_environ",
    "request.env_file",
    "request.parse",
    "call",
    "prepare",
    "recall.writer",
)
#: How many such files are kept: each version of Python and uvlocal has its own, and so do other
#: machines that share the directory.
_MOST = 8
#: Flags of code objects (`Include/cpython/code.h`): the code belongs to a function, not a module or
#: class; its first constant is its docstring. The latter flag is new: up to Python 3.13, the first
#: constant of every named function is its docstring or None.
_OF_FUNCTION, _HAS_DOCSTRING = 0x1, 0x4000000
_WITH_FLAG = (3, 14)
#: An entry of a line table (`Objects/locations.md` in CPython): its marker, the kind without
#: location, and how many instructions it can cover.
_ENTRY, _NOTHING, _SPAN = 0x80, 15 << 3, 8
#: The size limit of the file, in bytes; a real one has a quarter of that.
_CODE_LIMIT = 1 << 20
#: The start of its name.
PREFIX = "code-"
#: The length of `sum_of`, in bytes.
SUM_LENGTH = 8
#: The version of the file's format.
FORMAT = 3
#: 2^61 - 1: names are hashed modulo this prime.
_PRIME = (1 << 61) - 1
#: Parts of `st_mode` (inode(7)): the file type, a regular file, others may write.
_KIND, _REGULAR, _WRITABLE = 0o170000, 0o100000, 0o022
#: How file names and variables become text (`os.fsdecode`).
_ENCODING = sys.getfilesystemencoding(), sys.getfilesystemencodeerrors()


# -- reading -----------------------------------------------------------------------------------


def load(cache: str, package: str) -> bool:
    """Put the modules of the file into `sys.modules`.

    Args:
        cache: the cache directory, or "".
        package: the directory that contains the package `uvlocal`.

    Returns:
        whether the file is up to date, so that it need not be written again.
    """
    if not cache or "uvlocal.shim.machine.early_os" in sys.modules:
        return True
    before = set(sys.modules)
    try:
        data = memoryview(_trusted(path_for(cache, package), cache))  # avoids copies
        if data[:SUM_LENGTH] != sum_of(data[SUM_LENGTH:]):
            return False
        # Safe, as nobody else can have written the file.
        made_for, rows = marshal.loads(data[SUM_LENGTH:])  # noqa: S302
        if made_for != made_for_this() or any(stamp(path) != was for _, path, was, _ in rows):
            return False
        for name, path, _, code in rows:
            _run(name, path, code)
    except Exception:  # noqa: BLE001 - whatever went wrong, modules can be imported normally
        for name in set(sys.modules) - before:
            if name.startswith("uvlocal"):
                del sys.modules[name]
        return False
    return True


def _run(name: str, path: str, code: "CodeType") -> None:
    """Import a module from its code, without a search."""
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
    exec(code, module.__dict__)  # noqa: S102 - like an import
    if package:
        setattr(sys.modules[package], last, module)


def _trusted(path: str, cache: str) -> bytes:
    """Return the content of the file.

    Raises:
        OSError: there is no trusted one.
    """
    # Without blocking, as it may have been replaced by a FIFO, for example.
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
    """Return a checksum of the data.

    `marshal` does not detect damage: a wrong length in the file can make it allocate all memory.
    This is the hash that Python uses to match bytecode with its source (PEP 552).
    """
    import _imp

    return _imp.source_hash(FORMAT, data)


def made_for_this() -> "tuple[object, ...]":
    """Return what bytecode depends on besides its source."""
    import _frozen_importlib_external as importing

    return FORMAT, importing.MAGIC_NUMBER, sys.flags.optimize


def stamp(path: str) -> "tuple[int, int]":
    """Return size and mtime of a source, which Python uses to detect stale bytecode."""
    status = os.stat(path)
    return status.st_size, status.st_mtime_ns


def path_for(cache: str, package: str) -> str:
    """Return the file's path: each Python and each installed package has its own file.

    The package is identified by its first file, including ctime and inode: in reproducible images,
    all files of all versions have the same mtime; and with a home directory on a network, each
    machine may have a package at the same path.
    """
    status = os.stat(f"{package}/uvlocal/__init__.py")
    numbers = (status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)
    name = f"{package}:{numbers}".encode(*_ENCODING)
    number = int.from_bytes(name, "big") % _PRIME
    return f"{cache}/{PREFIX}{sys.implementation.cache_tag}-{number:016x}"


# -- writing -----------------------------------------------------------------------------------


def save(cache: str, package: str, write: "Callable[[str, bytes], bool]") -> None:
    """Write the file; ignore any failure.

    Args:
        cache: the cache directory, as for `load`.
        package: the directory that contains the package, as for `load`.
        write: atomically writes a private file, and returns whether that worked
            (`System.write_private`).
    """
    try:
        _save(cache, package, write)
    except (OSError, ImportError, SyntaxError, ValueError):
        pass


def sources(package: str) -> "dict[str, str]":
    """Return the modules of the file and their sources, each package before its modules.

    Args:
        package: the directory that contains the package `uvlocal`.
    """
    folder = f"{package}/uvlocal"
    found = {"uvlocal": f"{folder}/__init__.py", "uvlocal.shim": f"{folder}/shim/__init__.py"}
    for module in MODULES:
        path = f"{folder}/shim"
        *rooms, name = module.split(".")
        for number, room in enumerate(rooms, 1):
            path += f"/{room}"
            found["uvlocal.shim." + ".".join(rooms[:number])] = f"{path}/__init__.py"
        found[f"uvlocal.shim.{module}"] = f"{path}/{name}.py"
    return found


def _save(cache: str, package: str, write: "Callable[[str, bytes], bool]") -> None:
    names = sources(package)
    stamps = [stamp(source) for source in names.values()]
    codes = [stripped(_code(name, source)) for name, source in names.items()]
    if stamps != [stamp(source) for source in names.values()]:
        return
    rows = list(zip(names, names.values(), stamps, codes, strict=True))
    content: "Any" = (made_for_this(), rows)
    data = marshal.dumps(content)
    if write(path_for(cache, package), sum_of(data) + data):
        _trim(cache)


def _code(name: str, path: str) -> "CodeType":
    """Return a module's code, as Python itself would load it.

    Raises:
        ImportError: there is none.
    """
    import _frozen_importlib_external as importing

    code = importing.SourceFileLoader(name, path).get_code(name)
    if code is None:
        raise ImportError(name=name)
    return code


def stripped(code: "CodeType") -> "CodeType":
    """Return the code without line numbers and without the docstrings of functions."""
    constants = [
        stripped(value) if isinstance(value, type(code)) else value for value in code.co_consts
    ]
    if _has_docstring(code):
        constants[0] = ""
    count = len(code.co_code) // 2
    entries = [_SPAN] * (count // _SPAN) + [count % _SPAN] * (count % _SPAN > 0)
    table = bytes([_ENTRY | _NOTHING | (length - 1) for length in entries])
    return code.replace(co_consts=tuple(constants), co_linetable=table)


def _has_docstring(code: "CodeType") -> bool:
    if sys.version_info >= _WITH_FLAG:
        return bool(code.co_flags & _HAS_DOCSTRING)
    named = code.co_flags & _OF_FUNCTION and not code.co_name.startswith("<")
    return bool(named) and isinstance(code.co_consts[0], str)


def _trim(cache: str) -> None:
    """Remove the oldest files beyond the limit."""
    paths = [f"{cache}/{name}" for name in os.listdir(cache) if name.startswith(PREFIX)]
    for path in sorted(paths, key=lambda path: os.stat(path).st_mtime)[:-_MOST]:
        os.unlink(path)
