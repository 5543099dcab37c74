"""Divide work that only reads among several processes, on Linux.

Python runs one thread at a time, so threads would not help. Processes are forked: what is in memory
need not be passed to them, and nothing is imported again. CPython calls that unsafe on macOS
(https://docs.python.org/3/library/multiprocessing.html#contexts-and-start-methods), and with other
threads; then everything is done in this process.
"""

from __future__ import annotations

import contextlib
import os
import sys
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from uvlocal.manage.telling import Tell

Item = TypeVar("Item")
Result = TypeVar("Result")

#: The maximum number of processes: beyond it, the disk is what limits them.
_MOST = 8
#: How often the progress of the other processes is shown, in seconds.
_BETWEEN = 0.1
#: The size of a counter in shared memory, in bytes.
_COUNTER = 8


def in_parts(  # noqa: PLR0913 - the work, and how to divide it
    work: Callable[[list[Item], Tell], Result],
    items: list[Item],
    what: str,
    tell: Tell,
    *,
    fewest: int,
    processes: int | None = None,
) -> list[Result]:
    """Return the result of each part of the items; neighbours are in different parts.

    Args:
        work: processes one part; its second argument reports progress. It must not change anything
            outside this process, and its result must be picklable.
        items: the items to process.
        what: the name of an item, in the singular, for the progress.
        tell: called with the progress of all parts together.
        fewest: the number of items for which a process is worth its cost.
        processes: the number of processes, by default as many as this process may use.
    """
    number = min(processes or _available(), len(items) // fewest)
    if sys.platform == "linux" and number > 1:
        import mmap

        with mmap.mmap(-1, number * _COUNTER) as shared:
            counts = memoryview(shared).cast("Q")
            try:
                board = _Board(counts, what, len(items), tell)
                return _in_processes(work, [items[n::number] for n in range(number)], board)
            finally:
                counts.release()
    return [work(items, lambda _, done, __: tell(what, done, len(items)))]


def _available() -> int:
    """Return how many processes there may be."""
    if sys.platform != "linux":
        return 1
    threading = sys.modules.get("threading")
    if threading is not None and threading.active_count() > 1:
        return 1
    return min(len(os.sched_getaffinity(0)), _MOST)


class _Board:
    """How much each part has done, in memory that all processes share."""

    def __init__(self, counts: memoryview[int], what: str, total: int, tell: Tell) -> None:
        self._counts = counts
        self._what = what
        self._total = total
        self._tell = tell

    def teller(self, part: int, *, is_own: bool) -> Tell:
        """Return what a part calls with its progress; only this process shows it."""

        def tell(what: str, done: int, total: int) -> None:
            del what, total
            self._counts[part] = done
            if is_own:
                self.show()

        return tell

    def show(self) -> None:
        """Show the progress of all."""
        self._tell(self._what, sum(self._counts), self._total)


if sys.platform == "linux":

    def _in_processes(
        work: Callable[[list[Item], Tell], Result], parts: list[list[Item]], board: _Board
    ) -> list[Result]:
        """Do the first part in this process, and each other one in a process of its own."""
        import pickle
        import signal

        running: dict[int, tuple[int, int]] = {}  # the process of each part, and its pipe
        try:
            for number in range(1, len(parts)):
                with contextlib.suppress(OSError):  # too many processes or open files
                    teller = board.teller(number, is_own=False)
                    running[number] = _started(work, parts[number], teller)
            results = []
            for number, part in enumerate(parts):
                data = b""
                if number in running:
                    data = _read(running[number][1], board)
                    data = data if _ended(*running.pop(number)) else b""
                if data:
                    results.append(pickle.loads(data))  # noqa: S301 - from a copy of this process
                else:  # the first part, and what another process has failed to do
                    results.append(work(part, board.teller(number, is_own=True)))
            return results
        finally:
            for process, pipe in running.values():
                with contextlib.suppress(OSError):
                    os.kill(process, signal.SIGKILL)
                _ended(process, pipe)

    def _started(
        work: Callable[[list[Item], Tell], Result], part: list[Item], tell: Tell
    ) -> tuple[int, int]:
        """Start a process that writes a part's result to a pipe; return its id and the pipe."""
        import pickle

        reads, writes = os.pipe()
        try:
            process = os.fork()
        except OSError:
            os.close(reads)
            os.close(writes)
            raise
        if process:
            os.close(writes)
            return process, reads
        code = 1
        try:
            os.close(reads)
            with os.fdopen(writes, "wb") as pipe:
                pickle.dump(work(part, tell), pipe, pickle.HIGHEST_PROTOCOL)
            code = 0
        finally:
            os._exit(code)  # without what the other process does at its end

    def _ended(process: int, pipe: int) -> bool:
        """Wait for the end of a process; return whether it is known to have succeeded."""
        os.close(pipe)
        try:
            return os.waitpid(process, 0)[1] == 0
        except ChildProcessError:
            return False  # whoever started us ignores SIGCHLD

    def _read(pipe: int, board: _Board) -> bytes:
        """Read a pipe to its end, and show the progress in the meantime."""
        import select

        chunks: list[bytes] = []
        while True:
            ready, _, _ = select.select([pipe], [], [], _BETWEEN)
            if ready:
                chunk = os.read(pipe, 1 << 20)
                if not chunk:
                    return b"".join(chunks)
                chunks.append(chunk)
            else:
                board.show()
