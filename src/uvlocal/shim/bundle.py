"""Make the file that holds the byte code of a whole call, so that Python looks for one, not thirty.

The file lies in the cache folder. It is made of the byte code that Python itself keeps, without
docstrings and line numbers, which would be a quarter of it. With each module stand size and
mtime of its source, by which Python tells stale byte code too. It is trusted as recorded decisions
are: if it and its folder belong to this user and nobody else can write them. `launch.load` reads
it. Where it is missing, stale, or of another Python, modules are imported as ever, and it is made
anew; where that cannot be, nothing is lost but time.
"""

import marshal
import os
import sys

from uvlocal.shim.launch import PREFIX, bundle_path, made_for_this, stamp, sum_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType
    from typing import Any

#: What almost every call needs, each after those that it imports itself. A test holds that the
#: order is right, and that such calls import nothing else.
MODULES = (
    "builtin",
    "unix_paths",
    *(() if sys.platform == "linux" else ("native",)),
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
    "roots_model",
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
#: How many such files are kept: other versions of Python and of uvlocal have their own, and so have
#: other machines that share the folder.
_MOST = 8
#: Flags of code objects (`Include/cpython/code.h`): the code of a function, not of a module or a
#: class; its first constant is its docstring. Without the latter, up to Python 3.13, the first
#: constant of each function but those that have no name is its docstring or None.
_OF_FUNCTION, _HAS_DOCSTRING = 0x1, 0x4000000
_WITH_FLAG = (3, 14)
#: An entry of a line table (`Objects/locations.md` in CPython): its mark, the kind that tells
#: nothing, of how many instructions one can speak.
_ENTRY, _NOTHING, _SPAN = 0x80, 15 << 3, 8


def save(cache: str, package: str) -> None:
    """Make the file; any failure is silent. The folders are those of `launch.load`."""
    try:
        _save(cache, package)
    except (OSError, ImportError, SyntaxError, ValueError):
        pass


def _save(cache: str, package: str) -> None:
    path = bundle_path(cache, package)
    folder = os.path.join(package, "uvlocal")
    shim = os.path.join(folder, "shim")
    names = {
        "uvlocal": os.path.join(folder, "__init__.py"),
        "uvlocal.shim": os.path.join(shim, "__init__.py"),
    }
    names |= {f"uvlocal.shim.{name}": os.path.join(shim, f"{name}.py") for name in MODULES}
    stamps = [stamp(source) for source in names.values()]
    codes = [stripped(_code(name, source)) for name, source in names.items()]
    if stamps != [stamp(source) for source in names.values()]:
        return
    rows = list(zip(names, names.values(), stamps, codes, strict=True))
    content: "Any" = (made_for_this(), rows)
    data = marshal.dumps(content)
    os.makedirs(cache, 0o700, exist_ok=True)
    beside = f"{path}.{os.getpid()}"
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with open(descriptor, "wb") as file:
            file.write(sum_of(data) + data)
        os.replace(beside, path)
    finally:
        if os.path.lexists(beside):
            os.unlink(beside)
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
    """Return code that does the same, without docstrings of functions and without line numbers."""
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
    """Keep the number of files bounded: the oldest go."""
    paths = [os.path.join(cache, name) for name in os.listdir(cache) if name.startswith(PREFIX)]
    for path in sorted(paths, key=os.path.getmtime)[:-_MOST]:
        os.unlink(path)
