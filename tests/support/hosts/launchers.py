"""Launchers to test, and small helper programs.

`recorder.c` replaces uv and Python and records how it was started; `starter.c` starts a shim in
ways that `subprocess` refuses. All are compiled once into the test cache, by the functions that
build the launchers of a wheel.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.util
import os
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from unittest import mock

from support.tools import fetched

from uvlocal.shim import contract

if TYPE_CHECKING:
    from collections.abc import Iterable

_PROGRAMS = os.path.join(fetched.SOURCE, "tests", "launcher")

#: The marker in the launcher, and the code that Python runs, as bytes.
MARKER, STUB = contract.MARKER.encode(), contract.STUB.encode()
#: The arguments of the interpreter itself.
INTERPRETER = [b"-I", b"-S", b"-X", b"utf8", b"-c", STUB]


def _load_hook() -> Any:  # noqa: ANN401 - a module that is no part of any package
    path = os.path.join(fetched.SOURCE, "hatch_build.py")
    spec = importlib.util.spec_from_file_location("hatch_build", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


hook = _load_hook()
hook.write_shared(fetched.SOURCE)


def host() -> str:
    """Return the name of this machine's target."""
    return str(hook.target_of())


def launcher(name: str = "") -> str:
    """Return the path of the launcher for a target, by default this machine."""
    source = os.path.join(fetched.SOURCE, hook.SOURCE)
    return _compiled(name or host(), source, *hook.parts_of(source))


def build_all(root: str) -> None:
    """Put all launchers from the cache into the source tree at `root`, like a build."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:  # the compiler uses one core
        ready = dict(zip(hook.TARGETS, pool.map(launcher, hook.TARGETS), strict=True))

    def compile_program(name: str, source: str, output: str) -> None:  # noqa: ARG001 - its interface
        os.makedirs(os.path.dirname(output), exist_ok=True)
        shutil.copy(ready[name], output)

    with mock.patch.object(hook, "compile_program", compile_program):
        hook.build(root, lambda _: None)


def recorder(name: str = "") -> str:
    """Return the path of the recording program for a target, by default this machine."""
    return _compiled(name or host(), os.path.join(_PROGRAMS, "recorder.c"))


def starter(name: str = "") -> str:
    """Return the path of the starting program for a target, by default this machine."""
    return _compiled(name or host(), os.path.join(_PROGRAMS, "starter.c"))


def teller(name: str) -> str:
    """Return the path of the program that prints facts of Windows."""
    return _compiled(name, os.path.join(_PROGRAMS, "teller.c"))


@functools.cache
def _compiled(name: str, source: str, *parts: str) -> str:
    made_from = hook.fingerprint(source, *parts)
    digest = hashlib.sha256(f"{name} {made_from}".encode()).hexdigest()[:16]
    program = hook.file_name(name)

    def make(folder: str) -> None:
        hook.compile_program(name, source, os.path.join(folder, program))

    folder = fetched.provide(f"program-{os.path.basename(source)[:-2]}-{name}-{digest}", make)
    return os.path.join(folder, program)


@dataclass(frozen=True)
class Record:
    """How a program was started; `program` is its own path, on Linux."""

    arguments: list[bytes] = field(default_factory=list)
    variables: list[bytes] = field(default_factory=list)
    open: set[int] = field(default_factory=set)
    ignored: set[int] = field(default_factory=set)
    blocked: set[int] = field(default_factory=set)
    cwd: list[bytes] = field(default_factory=list)
    program: list[bytes] = field(default_factory=list)
    umask: list[int] = field(default_factory=list)
    pid: list[int] = field(default_factory=list)

    def value(self, name: str) -> str | None:
        """Return the first value of a variable, as uv would read it."""
        for entry in self.variables:
            key, found, value = entry.partition(b"=")
            if found and key == name.encode():
                return os.fsdecode(value)
        return None


def read_record(path: str) -> Record:
    """Return the record of the recording program.

    Raises:
        FileNotFoundError: it was never started.
    """
    record = Record()
    with open(path, encoding="ascii") as file:
        for line in file:
            kind, value = line.rstrip("\n").split(" ")
            if kind == "argument":
                record.arguments.append(bytes.fromhex(value))
            elif kind == "variable":
                record.variables.append(bytes.fromhex(value))
            elif kind in ("cwd", "program"):
                getattr(record, kind).append(bytes.fromhex(value))
            elif kind in ("umask", "pid"):
                getattr(record, kind).append(int(value))
            else:
                getattr(record, kind).add(int(value))
    return record


@dataclass(frozen=True)
class Result:
    """The result of a call; `pid` is the id of the started process."""

    code: int
    stdout: str
    stderr: str
    pid: int


class Machine:
    """A directory with a shim, and recorders instead of uv and Python.

    The shim is `shims/uv` with its configuration beside it; uv is `real/uv`; Python is
    `python/python`; the package is `package`. `environ` are the entries of a call's environment.
    """

    def __init__(self, root: str, shim: bytes) -> None:
        self.root = root
        self.shim = self.put("shims/uv", shim)
        with open(recorder(), "rb") as file:
            self.program = file.read()
        self.real = self.put("real/uv", self.program)
        self.python = self.put("python/python", self.program)
        self.package = self.path("package")
        self.put("package/uvlocal/shim/launch.py", b"", mode=0o644)
        self.conf = self.path("shims/uvlocal-launcher.conf")
        self.record = self.path("record")
        self.configure(python=self.python, package=self.package, uv=self.real)
        self.environ: list[bytes] = []
        self.set("UVLOCAL_TEST_RECORD", self.record)
        self.set("PATH", self.path("real"))

    def path(self, name: str) -> str:
        """Return a path below the root."""
        return os.path.join(self.root, name) if name else self.root

    def put(self, name: str, content: bytes, mode: int = 0o755) -> str:
        """Write a file, with its parents; return its path."""
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(content)
        os.chmod(path, mode)
        return path

    def link(self, name: str, target: str) -> str:
        """Create a symlink, with its parents; return its path."""
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        os.symlink(target, path)
        return path

    def configure(self, **values: str) -> None:
        """Write the configuration."""
        lines = ["uvlocal 1", *(f"{key} {value}" for key, value in values.items()), ""]
        self.put("shims/uvlocal-launcher.conf", os.fsencode("\n".join(lines)), mode=0o644)

    def without_python(self) -> None:
        """Remove Python, so that the shim has to become uv by itself, without a warning."""
        os.unlink(self.python)
        self.set("UVLOCAL_QUIET", "1")

    def set(self, name: str, value: str | None) -> None:
        """Set a variable for later calls, or remove it if None."""
        prefix = os.fsencode(name) + b"="
        self.environ = [entry for entry in self.environ if not entry.startswith(prefix)]
        if value is not None:
            self.environ.append(prefix + os.fsencode(value))

    def call(
        self,
        *arguments: bytes,
        argv: Iterable[bytes] | None = None,
        program: str = "",
        orders: Iterable[str] = (),
        stderr: int = subprocess.PIPE,
    ) -> Result:
        """Run the shim as `uv`, and return the result.

        Args:
            arguments: uv's arguments.
            argv: the whole argv instead.
            program: another path to the shim.
            orders: more lines for `starter.c`.
            stderr: the descriptor to use for standard error.
        """
        process = self.start(*arguments, argv=argv, program=program, orders=orders, stderr=stderr)
        out, error = process.communicate(timeout=60)
        return Result(process.returncode, os.fsdecode(out), os.fsdecode(error or b""), process.pid)

    def start(
        self,
        *arguments: bytes,
        argv: Iterable[bytes] | None = None,
        program: str = "",
        orders: Iterable[str] = (),
        stderr: int = subprocess.PIPE,
    ) -> subprocess.Popen[bytes]:
        """Start the shim as `call` does, and return the process."""
        vector = [b"uv", *arguments] if argv is None else list(argv)
        lines = [f"program {os.fsencode(program or self.shim).hex()}"]
        lines += [f"argument {argument.hex()}" for argument in vector]
        lines += [f"variable {entry.hex()}" for entry in self.environ]
        path = self.put("orders", "\n".join([*lines, *orders, ""]).encode(), mode=0o644)
        return subprocess.Popen(
            [starter(), path],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stderr,
            cwd=self.root,
        )

    def recorded(self) -> Record:
        """Return how the recorder was started last."""
        return read_record(self.record)

    def became(self) -> str:
        """Return what was started: "uv", "python" or "nothing"."""
        if not os.path.exists(self.record):
            return "nothing"
        return "python" if self.recorded().arguments[1:2] == [b"-I"] else "uv"
