"""A machine with the launcher for Windows as its shim, on Windows or under wine."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from functools import cache
from typing import IO, TYPE_CHECKING, TypeVar

import filelock
import pytest
from support.hosts import launchers
from support.tools import fetched

from uvlocal.shim import contract

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

TARGET = launchers.host() if sys.platform == "win32" else "windows-x86_64"
#: The timeout of a program under wine, in seconds; how often it is tried if wine itself fails.
_PATIENCE, _ATTEMPTS = 60, 3


@cache
def runner() -> list[str]:
    """Return the command prefix for Windows programs: empty on Windows, elsewhere wine.

    If address randomisation hits the addresses that wine needs, the program dies: wine 8 on
    Linux 6.18 lost one start in 500, and none in 4,500 with fixed addresses. Containers may forbid
    fixed ones.
    """
    if sys.platform == "win32":
        return []
    wine = shutil.which("wine64") or shutil.which("wine")
    if wine is None or launchers.host() != "linux-x86_64":
        pytest.skip("wine is not installed: the launcher for Windows was not run")
    fixed = ["setarch", "--addr-no-randomize"]
    if shutil.which(fixed[0]) and subprocess.run([*fixed, "true"], check=False).returncode == 0:
        return [*fixed, wine]
    return [wine]


class Windows:
    """A directory as in `launchers.Machine`, as seen by Windows."""

    def __init__(self, root: Path, runner: list[str]) -> None:
        self.root = root
        self.runner = runner
        self.record = root / "record"
        self.put("shims/uv.exe", launchers.launcher(TARGET))
        self.put("real/uv.exe", launchers.recorder(TARGET))
        self.put("python/python.exe", launchers.recorder(TARGET))
        (root / "package" / "uvlocal" / "shim").mkdir(parents=True)
        (root / "package" / "uvlocal" / "shim" / "launch.py").touch()
        self.configure(python=self.path("python/python.exe"), package=self.path("package"))
        self.environ = dict(fetched.ENVIRONMENT)
        self.environ["UVLOCAL_TEST_RECORD"] = self.path("record")
        self.environ["UVLOCAL_TEST_ASKED"] = self.path("asked")
        self.environ["UVLOCAL_TEST_ANSWER"] = self.path("answer")
        self.answer(self.path("real/uv.exe"))
        self.folders("real")
        if runner:
            self.environ |= _environ()

    def put(self, name: str, source: str) -> str:
        """Copy a file to a path below the root, and return its Windows path."""
        target = self.root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
        return self.path(name)

    def path(self, name: str) -> str:
        """Return the Windows path of something below the root."""
        path = str(self.root / name)
        return path if sys.platform == "win32" else "Z:" + path.replace("/", "\\")

    def configure(self, **values: str) -> None:
        """Write the configuration beside the shim."""
        text = "".join(f"{key} {value}\n" for key, value in {"uvlocal": "1", **values}.items())
        (self.root / "shims" / "uvlocal-launcher.conf").write_bytes(text.encode())

    def answer(self, uv: str, *changes: str, ends: str = "end") -> None:
        """Let Python answer that this uv is to be started, with these changes."""
        fields = [contract.ANSWER_MAGIC, str(len(changes)), *changes, uv, ends]
        (self.root / "answer").write_bytes("".join(field + "\0" for field in fields).encode())

    def folders(self, *names: str) -> None:
        """Set PATH to these directories below the root; `.` and quoted ones are not changed."""
        entries = [name if name[0] in '."' else self.path(name) for name in names]
        # wine appends its own PATH
        self.environ["WINEPATH" if self.runner else "PATH"] = ";".join(entries)

    def without_python(self) -> None:
        """Remove Python, so that the shim has to become uv by itself, without a warning."""
        (self.root / "python" / "python.exe").unlink()
        self.environ["UVLOCAL_QUIET"] = "1"

    @contextmanager
    def started(self, tail: str) -> Iterator[Process]:
        """Start the shim with a command line, and wait until it has started uv or Python."""
        process = _tried(
            lambda: self._start_until_recorded(tail),
            lambda _: bool(self.runner) and not self.record.exists(),
        )
        with process:
            try:
                assert self.record.exists()
                yield process
            finally:
                process.kill()

    def call(self, tail: str = "", name: str = "uv", shim: str = "shims/uv.exe") -> tuple[int, str]:
        """Run the shim with a command line; return the exit code and its messages."""
        end = self.environ.get("UVLOCAL_TEST_END", "0")
        code, out, said = self.run(
            *self._starting(tail, name, shim), ends=42 if end in "wc" else int(end)
        )
        assert out == b""
        return code, said

    def whole_code(self, tail: str, wanted: int) -> int:
        """Run the shim so that uv ends with `wanted`; return its exit code, all 32 bits of it."""
        self.environ |= {"START_CODE": "1", "UVLOCAL_TEST_END": str(wanted)}
        _, out, said = self.run(*self._starting(tail), ends=wanted & 0xFF)
        assert said == ""
        return int(out)

    def run(self, *command: str, ends: int = 0) -> tuple[int, bytes, str]:
        """Run a program for Windows; return its exit code, stdout and stderr.

        `ends` is the expected exit code if it prints nothing. If wine itself fails, the program is
        run again.
        """
        return _tried(
            lambda: self._run(command),
            lambda done: bool(self.runner) and _is_trouble_of_wine(done[0], done[2], ends),
        )

    def _starting(self, tail: str, name: str = "uv", shim: str = "shims/uv.exe") -> list[str]:
        """Say how the shim is to be started, in variables; return what starts it so."""
        for path in (self.record, self.root / "asked"):
            path.unlink(missing_ok=True)
        self.environ["START_PROGRAM"] = self.path(shim)
        self.environ["START_LINE"] = name + tail
        return [launchers.starter(TARGET)]

    def _start(
        self, command: Sequence[str], out: int | IO[bytes], error: int | IO[bytes]
    ) -> Process:
        return subprocess.Popen(
            [*self.runner, *command],
            env=self.environ,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=error,
            cwd=self.root,
        )

    def _start_until_recorded(self, tail: str) -> Process:
        """Start the shim, and wait until a program made its record or all ended without."""
        process = self._start(self._starting(tail), subprocess.PIPE, subprocess.PIPE)
        while not self.record.exists() and process.poll() is None:
            time.sleep(0.01)
        if not self.record.exists():
            process.communicate()
        return process

    def _run(self, command: Sequence[str]) -> tuple[int, bytes, str]:
        """Run a program; its output goes to files: wine's own programs may keep a pipe open."""
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as error:
            process = self._start(command, out, error)
            try:
                process.wait(timeout=_PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                if not self.runner:
                    raise
                return -1, b"", "wine: hangs"
            out.seek(0)
            error.seek(0)
            return process.returncode, out.read(), error.read().decode()

    def recorded(self) -> tuple[str, dict[str, str]]:
        """Return the command line and the environment with which uv was started."""
        line, environ = _read(self.record)
        return line, {name.upper(): value for name, value in environ.items()}

    def names(self) -> set[str]:
        """Return the names of uv's variables, in the letter case that they came in."""
        return set(_read(self.record)[1])

    def asked(self) -> str:
        """Return the command line with which Python was started, "" if it was not."""
        path = self.root / "asked"
        return _read(path)[0] if path.exists() else ""


def _read(path: Path) -> tuple[str, dict[str, str]]:
    line, _, block = path.read_bytes().decode("utf-16-le").partition("\0")
    pairs = [entry.partition("=") for entry in block.split("\0") if entry[1:]]
    return line, {name: value for name, _, value in pairs}


Process = subprocess.Popen[bytes]
_T = TypeVar("_T")


def _tried(attempt: Callable[[], _T], failed: Callable[[_T], bool]) -> _T:
    """Return the result of the first attempt that succeeds, or of the last one."""
    done = attempt()
    for _ in range(_ATTEMPTS - 1):
        if not failed(done):
            break
        done = attempt()
    return done


def _is_trouble_of_wine(code: int, said: str, ends: int) -> bool:
    """Return whether wine itself failed: with a page fault, to start a program, or silently.

    None of our programs fails silently. Without fixed addresses, wine may lose the first program,
    which then exits with 1, or one that another program starts.
    """
    silent = not said and code != ends
    return silent or "wine: " in said or "be started" in said


def _server() -> str:
    return shutil.which("wineserver") or "/usr/lib/wine/wineserver"


@contextmanager
def standing_by(runner: list[str]) -> Iterator[None]:
    """Keep a program running, so that wine's services stay up.

    Otherwise each test would start them again while the previous ones are still stopping, which is
    slow and does not always work.
    """
    if not runner:
        yield
        return
    environ, quiet = _environ(), subprocess.DEVNULL
    # One at a time: programs that start together with wine itself may deadlock.
    with filelock.FileLock(environ["WINEPREFIX"] + ".lock"):
        waiting = subprocess.Popen(
            [*runner, "cmd.exe"], env=environ, stdin=subprocess.PIPE, stdout=quiet, stderr=quiet
        )
        _insist([*runner, "cmd.exe", "/c", "exit"], environ, _PATIENCE)
    with waiting:
        yield
        try:
            waiting.communicate(timeout=_PATIENCE)
        except subprocess.TimeoutExpired:
            waiting.kill()


def _insist(command: list[str], environ: dict[str, str], timeout: float | None = None) -> None:
    """Run one of wine's own programs, with retries; `timeout` is in seconds."""
    quiet = subprocess.DEVNULL

    def attempt() -> int | None:
        try:
            return subprocess.run(
                command,
                env=environ,
                stdin=quiet,
                stdout=quiet,
                stderr=quiet,
                timeout=timeout,
                check=False,
            ).returncode
        except subprocess.TimeoutExpired:
            return None

    assert _tried(attempt, lambda code: code != 0) == 0, command


def _environ() -> dict[str, str]:
    prefix = fetched.provide("wine-prefix", _make_prefix)
    return _variables(prefix)


def _variables(prefix: str) -> dict[str, str]:
    # wine writes menus and file types to the XDG directories in HOME.
    own = {"WINEPREFIX": prefix, "WINEDEBUG": "-all"}
    own |= dict.fromkeys(("XDG_CONFIG_HOME", "XDG_DATA_HOME"), f"{prefix}/xdg")
    return {**fetched.ENVIRONMENT, **own}


def _make_prefix(folder: str) -> None:
    """Create a wine prefix: a system drive and a registry."""
    fetched.tell("making a system drive for wine")
    environ = {**_variables(folder), "DISPLAY": ""}
    # Without browser and .NET, as each would open a window to download it.
    environ["WINEDLLOVERRIDES"] = "mscoree=;mshtml="
    _insist([*runner(), "wineboot", "--init"], environ)
    # The server writes the registry when it stops; rename the directory only after that.
    subprocess.run([_server(), "--wait"], env=environ, check=True)
