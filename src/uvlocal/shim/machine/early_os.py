"""What of `os`, `stat` and `posixpath` a call needs, as far as the interpreter has it built in.

`os` is the system's calls, which every interpreter is made with (`posix`, `nt`), and much that a
call of ours has no use for. Importing it takes a tenth of the time in which an interpreter starts,
so the modules of an ordinary call take the system's calls from here; a test holds that they take no
name that is not built in. A process that has `os` anyway gets that.
"""

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    import stat
else:
    # The import system of the interpreter has imported one of these (`importlib._bootstrap`).
    os = sys.modules.get("os") or sys.modules.get("posix") or sys.modules["nt"]
    try:
        import _stat as stat
    except ImportError:  # an interpreter that is not CPython
        import stat

__all__ = ["environ", "fsdecode", "fsencode", "os", "stat"]


def fsencode(text: str) -> bytes:
    """Return a name as the system has it (`os.fsencode`)."""
    return text.encode(sys.getfilesystemencoding(), sys.getfilesystemencodeerrors())


def fsdecode(name: bytes) -> str:
    """Return a name of the system as text, from which `fsencode` makes it again."""
    return name.decode(sys.getfilesystemencoding(), sys.getfilesystemencodeerrors())


def environ() -> "dict[str, str]":
    """Return a copy of the environment as text; on Windows with names in capitals (`os.environ`).

    There letter case does not matter, and nobody writes `Path` as it is in the environment.
    """
    found = {}
    for name, value in os.environ.items():
        if isinstance(name, bytes):
            found[fsdecode(name)] = fsdecode(value)
        else:
            found[name.upper() if sys.platform == "win32" else name] = value
    return found
