"""A small "sync client", which does to a tree what real ones do below dot-directories.

    python -m support.programs.sync_client TREE INTERVAL ACTION

does one pass every INTERVAL seconds until its stdin is closed. It prints a line after the first
pass, and the number of passes at the end. `SyncClient` runs it as a daemon.
"""

from __future__ import annotations

import os
import select
import shutil
import stat
import subprocess
import sys
from typing import TYPE_CHECKING, Self

from support.tools import fetched, hidden_python

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType


def hide(tree: str) -> int:
    """Hide dot-directories and everything below, as seen in iCloud Drive; return how many.

    Source: the experiment in https://github.com/pypa/setuptools/issues/4595.
    """
    count = 0
    for path in _dot_directories_and_below(tree):
        hidden_python.hide(path)
        count += 1
    return count


def conflict(tree: str) -> int:
    """Put a conflict copy `x 2.py` or `x 2.dist-info` beside each file or metadata folder."""
    count = 0
    for path in list(_below_dot_directories(tree)):
        stem, extension = os.path.splitext(path)
        copy = f"{stem} 2{extension}"
        if stem.endswith(" 2") or os.path.lexists(copy):
            continue
        if extension == ".dist-info":
            # Half of the folder has arrived, as if two machines wrote at the same time.
            os.mkdir(copy)
            count += 1
        elif extension in {".py", ".pth", ".cfg"}:
            shutil.copy2(path, copy)
            count += 1
    return count


def evict(tree: str) -> int:
    """Empty every regular file, like a client that keeps the content only in the cloud."""
    count = 0
    for path in _below_dot_directories(tree):
        status = os.lstat(path)
        if stat.S_ISREG(status.st_mode) and status.st_size:
            os.truncate(path, 0)
            count += 1
    return count


ACTIONS: dict[str, Callable[[str], int]] = {"hide": hide, "conflict": conflict, "evict": evict}


def _dot_directories_and_below(tree: str) -> Iterator[str]:
    yield from _below_dot_directories(tree)
    for folder, directories, _ in os.walk(tree):
        yield from (os.path.join(folder, name) for name in directories if name.startswith("."))


def _below_dot_directories(tree: str) -> Iterator[str]:
    """Yield every path below a dot-directory of the tree."""
    for folder, directories, files in os.walk(tree):
        below = os.path.relpath(folder, tree)
        if any(part.startswith(".") and part != "." for part in below.split(os.sep)):
            for name in (*directories, *files):
                yield os.path.join(folder, name)


class SyncClient:
    """A sync client that works in `tree`, as a context manager.

    `interval` is the pause between two passes in seconds. Inside `with`, the first pass is done;
    afterwards `passes` is the number of passes.
    """

    def __init__(self, tree: str, action: str = "hide", *, interval: float = 0.005) -> None:
        self.command = [sys.executable, "-m", __name__, tree, str(interval), action]
        self.passes = 0

    def __enter__(self) -> Self:
        """Start, and wait for the first pass."""
        self.process = subprocess.Popen(
            self.command,
            env={**os.environ, "PYTHONPATH": os.path.join(fetched.SOURCE, "tests")},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        if self.process.stdout.readline() != "ready\n":
            self.process.communicate()
            msg = "the sync client did not start"
            raise RuntimeError(msg)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop, and wait for the end."""
        output, _ = self.process.communicate()
        self.passes = int(output or "0")


def main(tree: str, interval: str, action: str) -> None:
    """Work until stdin is closed."""
    act, passes = ACTIONS[action], 0
    while True:
        act(tree)
        passes += 1
        if passes == 1:
            sys.stdout.write("ready\n")
            sys.stdout.flush()
        readable, _, _ = select.select([sys.stdin], [], [], float(interval))
        if readable:
            break
    sys.stdout.write(f"{passes}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
