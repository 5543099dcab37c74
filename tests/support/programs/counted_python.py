"""Detect replayed calls by counting starts of the shim's Python, which they do not need."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from support.hosts.worlds import Completed, World

#: How long to try, in seconds: inputs must be older than two seconds to record a decision.
PATIENCE = 20


class CountedPython:
    """The Python of a world's shim, whose starts are counted."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._log = world.path("python-starts")
        conf = os.path.join(world.install_shim(), "uvlocal-launcher.conf")
        with open(conf, encoding="utf-8") as file:
            lines = file.read().splitlines()
        [python] = [line.partition(" ")[2] for line in lines if line.startswith("python ")]
        program = world.write(
            "bin/counting", f'#!/bin/sh\necho >>"{self._log}"\nexec "{python}" "$@"\n'
        )
        os.chmod(program, 0o700)
        lines = [f"python {program}" if line.startswith("python ") else line for line in lines]
        with open(conf, "w", encoding="utf-8") as file:
            file.write("\n".join([*lines, ""]))

    def starts(self) -> int:
        """Return the number of starts so far."""
        return os.path.getsize(self._log) if os.path.exists(self._log) else 0

    def recalls(self, *arguments: str, cwd: str, env: dict[str, str] | None = None) -> bool:
        """Make a call of uv, which may fail, and return whether it was replayed."""
        before = self.starts()
        self._world.uv(*arguments, cwd=cwd, env=env)
        return self.starts() == before

    def wait_for_recall(self, *arguments: str, cwd: str, program: str = "uv") -> Completed:
        """Repeat a call that must succeed until it is replayed; return that call."""
        end = time.monotonic() + PATIENCE
        while True:
            before = self.starts()
            result = self._world.run(program, *arguments, cwd=cwd).ok()
            if self.starts() == before:
                return result
            assert time.monotonic() < end, "no decision is ever recalled"
            time.sleep(0.2)  # waits for the clock
