"""The parts of `os`, `stat` and `posixpath` that a call needs and that are built in.

`os` adds much to the built-in system calls (`posix`, `nt`) that we do not need. Importing it
takes a tenth of an interpreter's startup time, so the modules of an ordinary call get the system
calls from here; a test checks that they use only built-in names. A process that has already
imported `os` gets `os`.
"""

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    import stat
else:
    # The import system itself has imported one of these (`importlib._bootstrap`).
    os = sys.modules.get("os") or sys.modules.get("posix") or sys.modules["nt"]
    try:
        import _stat as stat
    except ImportError:  # an interpreter that is not CPython
        import stat

__all__ = ["environ", "fsdecode", "fsencode", "os", "stat"]


def fsencode(text: str) -> bytes:
    """Encode a file name (`os.fsencode`)."""
    return text.encode(sys.getfilesystemencoding(), sys.getfilesystemencodeerrors())


def fsdecode(name: bytes) -> str:
    """Decode a file name, so that `fsencode` restores it (`os.fsdecode`)."""
    return name.decode(sys.getfilesystemencoding(), sys.getfilesystemencodeerrors())


def environ() -> "dict[str, str]":
    """Return a copy of the environment as text; on Windows with uppercase names like `os.environ`.

    Names are case-insensitive there, and the environment spells `PATH` as `Path`.
    """
    found = {}
    for name, value in os.environ.items():
        if isinstance(name, bytes):
            found[fsdecode(name)] = fsdecode(value)
        else:
            found[name.upper() if sys.platform == "win32" else name] = value
    return found
