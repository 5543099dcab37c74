"""Let calls that repair one environment take turns, so that parallel runs do no harm to each other.

When uv installs a local package again it takes the old files away first; a Python that starts in
that moment does not find the package. uv itself lets nobody in while it installs, but where two
calls both install again, the second meets the Python that the first has started. So of several
calls that see something to repair one leads, and the others wait until it is done and its Python
has started. Then there is one more installation, with metadata, and nothing after it.
"""

import os
import stat
import time

from uvlocal.shim import environment, strategies
from uvlocal.shim.system import System

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from uvlocal.shim.strategies import Look

#: How long to wait for a lock that is held for moments only, in seconds.
LOCK_PATIENCE = 5.0
#: How long to wait for the call that leads to install, in seconds. uv's own lock would make us
#: wait as long as it takes.
LEADER_PATIENCE = 30.0
#: How long its Python may take to start after that, in seconds: it takes some hundredths, and
#: longer where everything does. So it is half of what the installation took, within these bounds.
SETTLING, LONGEST_SETTLING = 1.0, 3.0
_PAUSE = 0.02
#: The length of the note of who leads, in bytes: a number, a time, and a stamp.
_NOTE_LENGTH = 64


class Turns:
    """The turns that calls take at one environment.

    `path` is the file that tells who leads; its folder is this user's alone.
    """

    __slots__ = ("_now", "_process", "_root", "_sleep", "_system", "path")

    def __init__(  # noqa: PLR0913 - the facts of time and processes, which tests give
        self,
        path: str,
        root: str,
        system: System,
        *,
        process: int = 0,
        now: "Callable[[], float]" = time.time,
        sleep: "Callable[[float], None]" = time.sleep,
    ) -> None:
        """Take note of the place and of the facts of this process."""
        self.path = path
        self._root = root
        self._system = system
        self._process = process or os.getpid()
        self._now = now
        self._sleep = sleep

    def take(self) -> bool:
        """Return whether this call is to repair; wait for another one that does.

        What there is to heal is healed before others look. Where no turns can be taken (no lock,
        no place for it), everybody repairs.
        """
        lock = self._enter()
        if lock is None:
            strategies.heal(strategies.look(self._root, self._system), self._system)
            return True
        try:
            seen = strategies.look(self._root, self._system)
            if seen.broken:  # what is seen while uv installs is no reason to repair
                seen = self._settled_look(LOCK_PATIENCE)
            leader, stamp, since = self._note()
            if seen.stale and not (leader and stamp == _short(seen)):
                strategies.heal(seen, self._system)
                note = f"{self._process} {self._now():.3f} {_short(seen)}"
                os.write(lock, note.ljust(_NOTE_LENGTH).encode())
                return True
        finally:
            os.close(lock)
        if leader:
            made = stamp == _short(strategies.Look(absent=True))
            self._wait_for(leader, since, made=made)
        return False

    def _wait_for(self, leader: int, since: float, *, made: bool) -> None:
        """Wait until the call that leads has installed, and its Python has started.

        It leads `since` then. `made` says that it makes the environment. uv keeps others out of one
        only when it is made, and one that is just made looks as if nothing were missing.
        """
        deadline = self._now() + LEADER_PATIENCE
        while strategies.look(self._root, self._system).stale:
            if not self._pause(leader, deadline):
                return
        if made:
            self._settle(leader, since)
        if not self._settled_look(deadline - self._now()).whole:
            self._settle(leader, since)

    def _settle(self, leader: int, since: float) -> None:
        """Let some time pass, at most as long as the call that leads is there."""
        now = self._now()
        end = now + min(max((now - since) / 2, SETTLING), LONGEST_SETTLING)
        while self._pause(leader, end):
            pass

    def _pause(self, leader: int, end: float) -> bool:
        """Wait a little; say whether to wait on."""
        self._sleep(_PAUSE)
        return self._now() < end and self._system.is_alive(leader)

    def leader(self) -> int:
        """Return the process that leads, 0 where none does (any more)."""
        return self._note()[0]

    def _note(self) -> "tuple[int, str, float]":
        """Return the process that leads, 0 where none does; what it repairs, and since when.

        What it repairs is a stamp: what broke since is for somebody else to lead.
        """
        data = self._system.read(self.path, _NOTE_LENGTH) if self.path else None
        words = (data or b"").split()
        try:
            process, since, stamp = int(words[0]), float(words[1]), words[2].decode()
        except (ValueError, IndexError):
            return 0, "", 0.0
        recent = abs(self._now() - since) < LEADER_PATIENCE  # clocks are set, and times rounded
        if not recent or process == self._process or not self._system.is_alive(process):
            return 0, "", 0.0
        return process, stamp, since

    def _settled_look(self, patience: float) -> "Look":
        """Look at the environment while no uv is installing into it."""
        path = self._system.path.join(self._root, ".venv", ".lock")
        lock = self._system.lock(path, make=False, patience=patience)
        try:
            return strategies.look(self._root, self._system)
        finally:
            if lock is not None:
                os.close(lock)

    def _enter(self) -> "int | None":
        if not self.path:
            return None
        system, folder = self._system, self._system.path.dirname(self.path)
        system.make_private_directory(folder)
        if not system.is_private(folder, stat.S_IFDIR):
            return None
        return system.lock(self.path, make=True, patience=LOCK_PATIENCE)


def _short(seen: "Look") -> str:
    return environment.hash_digits(seen.stamp.encode())
