"""Measure many directories in parallel, in a few Python processes.

They start while the caller still searches for more directories. Threads would not help: most of the
time is Python's own work for each file.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from typing import IO, TYPE_CHECKING

import uvlocal
from uvlocal.manage.files.tree import Budget, Cost, Files, measure

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

#: The maximum number of processes; beyond that, the disk is the bottleneck.
_MOST = 4
#: The number of directories from which on other processes measure them.
_MANY = 8
#: How many directories a process may be asked for before its answers are read: both must fit into a
#: pipe, or each side would wait for the other.
_IN_FLIGHT = 16
_WORKER = (
    "import sys; sys.path.insert(0, sys.argv[1]); "
    "from uvlocal.manage.files.measuring import serve; serve(sys.stdin, sys.stdout)"
)


class Measuring:
    """The processes, as a context manager; they replace `measure` in this process."""

    def __init__(self, budget: Budget, reader: Files, *, alone: bool = False) -> None:
        """Start no process yet.

        Args:
            budget: the limits for all processes together; they count when a process answers.
            reader: reads the files in this process.
            alone: whether to start no other process.
        """
        self._budget = budget
        self._reader = reader
        self._alone = alone or sys.platform == "win32"
        self._processes: list[subprocess.Popen[str]] = []
        self._folders: list[str] = []
        self._asked = 0
        self._answered: list[Cost] = []

    def __enter__(self) -> Self:
        """Return the object itself."""
        return self

    def _start(self) -> None:
        package = os.path.dirname(os.path.dirname(os.path.abspath(uvlocal.__file__)))
        for _ in range(min(os.cpu_count() or 1, _MOST)):
            process = subprocess.Popen(
                [sys.executable, "-I", "-S", "-c", _WORKER, package],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                encoding="ascii",
                start_new_session=True,  # Ctrl-C must only reach us; they exit with us
            )
            self._processes.append(process)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Kill the processes."""
        for process in self._processes:
            process.kill()
            process.communicate()

    def ask(self, folder: str) -> None:
        """Ask for a directory to be measured."""
        self._folders.append(folder)
        if self._alone or len(self._folders) < _MANY:
            return
        if not self._processes:
            self._start()
        while self._asked < len(self._folders):
            self._order(self._folders[self._asked])

    def _order(self, folder: str) -> None:
        if self._asked - len(self._answered) >= _IN_FLIGHT * len(self._processes):
            self._answered.append(self._answer())
        order = [folder, self._budget.entries, self._budget.seconds(), self._budget.depth]
        pipe = self._processes[self._asked % len(self._processes)].stdin
        try:
            if pipe is not None:
                pipe.write(json.dumps(order) + "\n")
                pipe.flush()
        except OSError:
            pass  # the process is gone: `_answer` measures instead
        self._asked += 1

    def cost(self, number: int) -> Cost:
        """Return the cost of a directory, by the order in which they were asked for, from 0."""
        while len(self._answered) <= number:
            self._answered.append(self._answer())
        return self._answered[number]

    def _answer(self) -> Cost:
        number = len(self._answered)
        line = ""
        if self._processes:
            pipe = self._processes[number % len(self._processes)].stdout
            with contextlib.suppress(OSError):
                line = pipe.readline() if pipe is not None else ""
        try:
            values, used, spent = json.loads(line)
        except ValueError:  # there is no process, or it is gone
            if not self._budget.allows():
                return Cost(complete=False)
            return measure(self._folders[number], self._reader, self._budget)
        self._budget.entries -= used
        self._budget.spent = self._budget.spent or spent
        return Cost(*values)


def serve(orders: IO[str], answers: IO[str]) -> None:
    """Measure each requested directory until the input ends."""
    for line in orders:
        folder, entries, seconds, depth = json.loads(line)
        budget = Budget(entries, seconds, depth)
        cost = measure(folder, Files(), budget) if budget.allows() else Cost(complete=False)
        answers.write(json.dumps([cost, entries - budget.entries, budget.spent]) + "\n")
        answers.flush()
