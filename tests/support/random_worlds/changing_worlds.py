"""A small machine that changes randomly, to compare replayed decisions with new ones.

The launcher is real. uv and Python are replaced by the program that records how it was started,
which shows whether a call was replayed. Decisions are made and recorded in this process, by the
code that the launcher would start.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass

from support.compare import recorded
from support.faults import confined
from support.hosts import launchers
from support.random_worlds import world_changes
from support.random_worlds.world_contents import FOLDERS, PROJECT, dropbox_says

from uvlocal.shim.call import Call
from uvlocal.shim.machine.host import System
from uvlocal.shim.prepare import attempt, prepare
from uvlocal.shim.recall import writer
from uvlocal.shim.recall.recording_host import RecordingSystem

#: How long content must be unchanged before it is recorded, in nanoseconds: more than one clock
#: step of any file system that tests run on.
SETTLED = 20_000_000
#: How long to wait for that, in seconds.
_PATIENCE = 10.0

PLAIN_CALLS = ("run --no-sync true", "run tool", "run true", "sync", "pip list")
CALLS = (
    "run --no-sync true",
    "run true",
    "run tool",
    "run -q tool --flag",
    "run main.py",
    "run --script tool",
    "run --no-project true",
    "run --directory .. true",
    "run --directory=.. tool",
    "run --project ../ws/member true",
    "--directory sub run true",
    "run --isolated true",
    "run --active true",
    "run --preview-features centralized-project-envs true",
    "--config-file uv.toml run true",
    "sync",
    "lock",
    "add --no-sync x",
    "venv",
    "pip list",
    "pip install x",
    "python find",
    "--version",
    "cache dir",
    "tool run x",
    "version",
    "build",
)


@dataclass(frozen=True)
class Asked:
    """A call: the directory below the world's root, and the arguments."""

    folder: str
    words: tuple[str, ...]


@dataclass(frozen=True)
class Answer:
    """The result of a call: the program, its arguments, its variables."""

    program: str
    words: tuple[str, ...]
    variables: dict[str, str]


class ChangingWorld:
    """A machine below `root`; `history` lists what was done to it."""

    def __init__(self, root: str, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311 - the same seed gives the same world
        self.root = os.path.realpath(root)
        self.home = self.path("home")
        self.history: list[str] = []
        self.changed_at = 0
        self.answers: dict[Asked, Answer | None] = {}
        self.variables: dict[str, str] = {}
        self.shim = self.path("shims/uv")
        self.cache = self.path("home/.cache/uvlocal")
        self.record = self.path("record")
        for folder in (*FOLDERS, "bin1", "bin2", "shims", "python", "other"):
            os.makedirs(self.path(folder), exist_ok=True)
        os.makedirs(self.cache, mode=0o700)
        shutil.copy(launchers.launcher(), self.shim)
        for program in ("bin2/uv", "python/python", "other/uv"):
            shutil.copy(launchers.recorder(), self.path(program))
        self.write("package/uvlocal/shim/launch.py", "")
        lines = ["uvlocal 1"]
        places = {"python": "python/python", "package": "package", "uv": "other/uv"}
        lines += [f"{key} {self.path(place)}" for key, place in places.items()]
        self.write("shims/uvlocal-launcher.conf", "\n".join([*lines, f"cache {self.cache}", ""]))
        for folder in FOLDERS[:1] + FOLDERS[2:5]:
            self.write(f"{folder}/pyproject.toml", PROJECT.format(os.path.basename(folder)))
        self.write("home/.dropbox/info.json", dropbox_says(self.path("home/Dropbox")))

    def path(self, name: str) -> str:
        """Return an absolute path, which must be inside this world."""
        path = os.path.join(self.root, name)
        assert os.path.normpath(path).startswith(self.root + os.sep), name
        return path

    def write(self, name: str, text: str) -> None:
        """Write a file and its parents, if possible."""
        path = self.path(name)
        try:
            with confined.to(self.root):
                os.makedirs(os.path.dirname(path), exist_ok=True)
                with open(path, "w", encoding="utf-8") as file:
                    file.write(text)
        except OSError:
            self.history.append("(that could not be written)")

    def close(self) -> None:
        """Unmount everything below this world, and remove it."""
        for point in reversed(self.mounted()):
            self.run("umount", "-l", point)
        assert not self.mounted()
        shutil.rmtree(self.root)

    def mounted(self) -> list[str]:
        """Return the mounts below this world, in the order of mounting."""
        if sys.platform != "linux":
            return []  # nothing is mounted there
        with open("/proc/self/mountinfo", encoding="utf-8") as table:
            points = [line.split(" ")[4] for line in table]
        return [point for point in points if point.startswith(self.root + os.sep)]

    def run(self, *command: str) -> None:
        """Run a command that mounts or unmounts something; a failure makes the edit fail."""
        result = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
        if result.returncode:
            raise OSError(result.stderr)

    # -- calls -------------------------------------------------------------------------------------

    def environ(self) -> dict[str, str]:
        """Return the variables of a call."""
        folders = (self.path("shims"), self.path("bin1"), self.path("bin2"), "/usr/bin", "/bin")
        return {
            "HOME": self.home,
            "PATH": os.pathsep.join(folders),
            "UVLOCAL_TEST_RECORD": self.record,
            "UVLOCAL_QUIET": "1",
            **self.variables,
        }

    def ask(self) -> Asked:
        """Return a random call, most often a plain one in the main project."""
        folder = FOLDERS[0] if self.random.random() < 0.6 else self.random.choice(FOLDERS)
        words = PLAIN_CALLS if self.random.random() < 0.6 else CALLS
        return Asked(folder, tuple(self.random.choice(words).split()))

    def can(self, asked: Asked) -> bool:
        """Return whether the directory of a call exists."""
        return os.path.isdir(self.path(asked.folder))

    def launch(self, asked: Asked) -> Answer | None:
        """Make the call through the launcher; return None if it was not replayed."""
        if os.path.lexists(self.record):
            os.unlink(self.record)
        subprocess.run(
            ["uv", *asked.words],  # noqa: S607 - the program is given below
            executable=self.shim,
            cwd=self.path(asked.folder),
            env=self.environ(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=True,
        )
        record = launchers.read_record(self.record)
        if record.arguments[1:2] == [b"-I"]:
            return None
        pairs = [os.fsdecode(entry).partition("=") for entry in record.variables]
        variables = {name: value for name, _, value in pairs if name != "UVLOCAL_LOOP"}
        words = tuple(os.fsdecode(word) for word in record.arguments[1:])
        return Answer(os.fsdecode(record.program[0]), words, variables)

    def decide(self, asked: Asked, *, record: bool = False) -> Answer | None:
        """Decide again; return None if there is no uv. With `record`, record the decision."""
        with confined.to(self.root):
            return self._decide(asked, record=record)

    def _decide(self, asked: Asked, *, record: bool) -> Answer | None:
        cwd = os.path.realpath(self.path(asked.folder))
        environ = self.environ()
        kind = RecordingSystem if record else System
        # Without the variable, the real home directory would be used.
        system = kind(environ=environ, cwd=cwd, home=environ["HOME"] or self.home)
        call = Call(list(asked.words), system, self.shim)
        inherited = call.inherited
        decision = call.settle(attempt)
        real = call.real_uv()
        if not real.path:
            return None
        prepare(call, decision)
        if not record and call.first_notice is not None:  # now uv creates its environment
            self.write(os.path.join(decision.environment, "pyvenv.cfg"), "")
        if record:
            writer.record(call, decision, self.cache, SETTLED)
        variables = call.changes.applied_to(inherited)
        return Answer(os.path.realpath(real.path), asked.words, variables)

    def write_down(self, *calls: Asked) -> None:
        """Record the decisions of some calls.

        The changes of a first call are made before, and are old enough to be recorded.
        """
        for asked in calls:
            self.decide(asked)
        self.changed_at = time.time_ns()
        self.settle()
        for asked in calls:
            self.decide(asked, record=True)

    def settle(self) -> None:
        """Wait until the last change is old enough to be recorded."""
        deadline = time.monotonic() + _PATIENCE
        while time.time_ns() - self.changed_at <= 2 * SETTLED:
            assert time.monotonic() < deadline
            time.sleep(0.005)  # waits for the clock

    # -- changes -----------------------------------------------------------------------------------

    def change(self) -> None:
        """Change an input of a recorded decision, or anything else."""
        edit = self.random.choice(world_changes.EDITS)
        if self.inputs() and self.random.random() < 0.3:
            edit = world_changes.change_input
        self.history.append(edit.__name__)
        try:
            with confined.to(self.root):
                edit(self)
        except OSError as error:  # incompatible edits
            self.history.append(f"({error})")
        self.changed_at = time.time_ns()

    def inputs(self) -> list[str]:
        """Return the inputs of the recorded decisions, except the shim itself."""
        paths = {path for found in recorded.all_in(self.cache) for _, path in found.inputs}
        own = os.path.dirname(self.shim)
        below = [path for path in paths if path.startswith(self.root + os.sep)]
        return sorted(path for path in below if not path.startswith(own))

    def pick(self, *values: str) -> str:
        """Return one of the values, and log it."""
        value = self.random.choice(values)
        self.history.append(repr(value))
        return value

    def remove(self, path: str) -> None:
        """Remove a path inside this world."""
        with confined.to(self.root):
            if os.path.isdir(path) and not os.path.islink(path):
                shutil.rmtree(path)
            elif os.path.lexists(path):
                os.unlink(path)
