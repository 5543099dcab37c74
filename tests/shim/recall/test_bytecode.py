"""The bytecode of a call in one file: the same modules, found faster, and never stale."""

from __future__ import annotations

import ast
import dis
import itertools
import json
import marshal
import os
import shutil
import subprocess
import sys
import time
from types import CodeType
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from support.hosts.launchers import STUB

import uvlocal
from uvlocal import shim
from uvlocal.shim.machine import early_os
from uvlocal.shim.machine.host import System
from uvlocal.shim.recall import bytecode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

if sys.platform == "win32":
    pytest.skip("whose file it is is asked on POSIX", allow_module_level=True)

SHIM = os.path.dirname(shim.__file__)
#: The content of the file: the modules, and their packages.
BUNDLED = list(bytecode.sources(""))
#: Modules that only some calls need: if a file names synced folders, or on an unknown disk.
LATER = {
    f"uvlocal.shim.{name}"
    for name in ("volume.ignore_patterns", "volume.mounts", "volume.filesystems")
}

#: Makes one call, up to becoming uv, and prints the result: one line, then uv's environment.
RUN = """
import sys
opened = []
sys.addaudithook(lambda event, args: opened.append(str(args[0])) if event == "open" else None)
import os
become = os.execv
def execv(path, argv):
    import json
    shim = {n: getattr(m, "__spec__", 0) is None for n, m in list(sys.modules.items())
            if n.startswith("uvlocal")}
    import uvlocal.shim.decide as decide
    code = decide.decide.__code__
    sys.stdout.write(json.dumps({
        "bundled": [n for n in shim if shim[n]],
        "imported": [n for n in shim if not shim[n]],
        "opened": opened, "code": [code.co_filename, code.co_firstlineno]}))
    sys.stdout.write(chr(10))
    sys.stdout.flush()
    become("/usr/bin/env", ["env", "-0"])
os.execv = execv
exec(sys.argv.pop(1))
"""


class Seen(NamedTuple):
    """The result of a call."""

    bundled: list[str]
    imported: list[str]
    opened: list[str]
    code: tuple[str, int]
    environment: dict[str, str]


class Installed:
    """A copy of the package, a launcher's configuration, a Dropbox folder with a project."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.package = os.path.join(root, "site-packages")
        self.shim = os.path.join(self.package, "uvlocal", "shim")
        shutil.copytree(SHIM, self.shim, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(uvlocal.__file__, os.path.dirname(self.shim))
        self.home = os.path.join(root, "home")
        self.cache = os.path.join(self.home, ".cache", "uvlocal")
        self.project = os.path.join(self.home, "Dropbox", "foo")
        os.makedirs(self.project)
        os.makedirs(os.path.join(self.home, ".dropbox"))
        os.makedirs(os.path.join(root, "bin"))
        dropbox = json.dumps({"personal": {"path": os.path.join(self.home, "Dropbox")}})
        self.write("home/.dropbox/info.json", dropbox)
        self.write("home/Dropbox/foo/pyproject.toml", '[project]\nname = "foo"\nversion = "1"\n')
        self.write("bin/uv", "\x7fELF")
        os.chmod(os.path.join(root, "bin", "uv"), 0o700)
        self.write("bin/uvlocal-launcher.conf", f"uvlocal 1\ncache {self.cache}\n")

    def write(self, name: str, text: str) -> None:
        """Write a file below the root."""
        with open(os.path.join(self.root, name), "w", encoding="utf-8") as file:
            file.write(text)

    def call(self, *words: str, cwd: str = "", **environ: str) -> Seen:
        """Make one call."""
        launcher = os.path.join(self.root, "bin", "launcher")
        done = subprocess.run(
            [
                *(sys.executable, "-I", "-S", "-X", "utf8", "-c", RUN),
                *(STUB.decode(), self.package, launcher, "-", "uv", *(words or ("lock",))),
            ],
            cwd=cwd or self.project,
            env={
                "HOME": self.home,
                "PATH": os.path.join(self.root, "bin"),
                "UVLOCAL_QUIET": "1",
                **environ,
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0
        assert "UVLOCAL_TRACE" in environ or done.stderr == ""
        line, _, variables = done.stdout.partition("\n")
        environment = dict(entry.split("=", 1) for entry in variables.split("\0") if entry)
        said = json.loads(line)
        file, first = said.pop("code")
        return Seen(code=(file, first), environment=environment, **said)

    @property
    def newest(self) -> str:
        """The name of the bytecode file of the current package."""
        return os.path.basename(bytecode.path_for(self.cache, self.package))

    @property
    def file(self) -> str:
        """The bytecode file, which must exist."""
        [name] = [name for name in os.listdir(self.cache) if name.startswith("code-")]
        return os.path.join(self.cache, name)


@pytest.fixture
def installed(tmp_path: Path) -> Installed:
    """Return an installed package with a valid bytecode file."""
    found = Installed(os.path.realpath(tmp_path))
    found.call()
    return found


def test_the_order_of_modules() -> None:
    """Each module comes after those that it imports at the top, so that none is searched."""
    done: set[str] = set()
    for name in bytecode.MODULES:
        with open(os.path.join(SHIM, *name.split(".")) + ".py", encoding="utf-8") as file:
            tree = ast.parse(file.read())
        for node in tree.body:
            if not isinstance(node, ast.ImportFrom) or not (node.module or "").startswith(
                "uvlocal"
            ):
                continue
            below = (node.module or "").removeprefix("uvlocal.shim").strip(".")
            named = {f"{below}.{alias.name}".strip(".") for alias in node.names}
            modules = named if named & set(bytecode.MODULES) else {below}
            assert modules <= done, name
        done.add(name)
    assert len(done) == len(bytecode.MODULES)


def test_the_second_call_finds_one_file(installed: Installed) -> None:
    """After the first call, all modules of a call come from the file."""
    seen = installed.call()
    assert seen.bundled == BUNDLED
    assert set(seen.imported) <= LATER
    own = [os.path.basename(name) for name in seen.opened if name.startswith(installed.package)]
    later = {name.rpartition(".")[2] for name in LATER}
    assert {name.partition(".")[0] for name in own} <= {"launch", "bytecode", *later}
    assert installed.file in seen.opened


@pytest.mark.parametrize(
    "words",
    [["--version"], ["sync"], ["run", "true"], ["pip", "list"], ["cache", "dir"], ["add", "x"]],
    ids=" ".join,
)
def test_nothing_else_is_needed(installed: Installed, words: list[str]) -> None:
    """Common calls, in a project or not, need no other module of the shim."""
    os.makedirs(os.path.join(installed.home, "src"))
    for cwd in (installed.project, installed.home, os.path.join(installed.home, "src")):
        installed.call(*words, cwd=cwd)
        seen = installed.call(*words, cwd=cwd)
        assert seen.bundled == BUNDLED
        assert set(seen.imported) <= LATER


def test_it_is_the_same_call(installed: Installed) -> None:
    """Code from the file decides like the source, and a traceback shows the source's lines."""
    bundled = installed.call()
    os.unlink(installed.file)
    plain = installed.call()
    assert plain.bundled == []
    assert plain.environment == bundled.environment
    assert "UV_PROJECT_ENVIRONMENT" in plain.environment
    assert plain.code == bundled.code
    assert plain.code[0] == os.path.join(installed.shim, "decide.py")


def _source_changes(installed: Installed) -> None:
    path = os.path.join(installed.shim, "decide.py")
    with open(path, "a", encoding="utf-8") as file:
        file.write("# changed\n")
    os.utime(path, (time.time() + 5, time.time() + 5))


def _damage(installed: Installed, change: Callable[[bytes], bytes]) -> None:
    """Change the whole file."""
    with open(installed.file, "rb") as file:
        data = file.read()
    with open(installed.file, "wb") as file:
        file.write(change(data))


def _change(installed: Installed, change: Callable[[bytes], bytes]) -> None:
    """Change the file's content, in the right format."""

    def whole(data: bytes) -> bytes:
        changed = change(data[bytecode.SUM_LENGTH :])
        return bytecode.sum_of(changed) + changed

    _damage(installed, whole)


def _put_fifo(installed: Installed) -> None:
    path = installed.file
    os.unlink(path)
    os.mkfifo(path, 0o600)


def _of_another_python(data: bytes) -> bytes:
    (version, magic, *rest), rows = marshal.loads(data)  # noqa: S302 - our own
    return marshal.dumps(((version, bytes(reversed(magic)), *rest), rows))


def _of_another_version(installed: Installed) -> None:
    """Replace the package by one whose modules have the same sizes and mtimes."""
    path = os.path.join(os.path.dirname(installed.shim), "__init__.py")
    with open(path, "a", encoding="utf-8") as file:
        file.write('__version__ = "9.9.9"\n')


def _failing(data: bytes) -> bytes:
    made_for, rows = marshal.loads(data)  # noqa: S302 - our own
    rows[-1] = (*rows[-1][:-1], compile("raise RuntimeError", "recall.py", "exec"))
    return marshal.dumps((made_for, rows))


SPOILED = [
    pytest.param(_source_changes, True, id="source-changed"),
    pytest.param(lambda i: _change(i, _of_another_python), True, id="another-python"),
    pytest.param(_of_another_version, True, id="another-version"),
    pytest.param(lambda i: _change(i, _failing), True, id="a-module-fails"),
    pytest.param(lambda i: _damage(i, lambda data: data[:-100]), True, id="cut-off"),
    pytest.param(lambda i: _damage(i, lambda _: b""), True, id="empty"),
    pytest.param(lambda i: _change(i, lambda _: b"\xff" * 100), True, id="garbage"),
    # `[` starts a list with its length: a gigabyte and a half of pointers.
    pytest.param(lambda i: _damage(i, lambda _: b"[" * 100_000), True, id="an-endless-list"),
    pytest.param(
        lambda i: _damage(i, lambda data: data[:-50] + bytes([data[-50] ^ 1]) + data[-49:]),
        True,
        id="one-bit",
    ),
    pytest.param(lambda i: os.truncate(i.file, 8 << 30), True, id="too-large"),
    pytest.param(_put_fifo, True, id="a-fifo"),
    pytest.param(lambda i: _change(i, lambda _: marshal.dumps(3)), True, id="something-else"),
    pytest.param(lambda i: os.chmod(i.file, 0o620), True, id="others-may-write"),
    pytest.param(lambda i: os.chmod(i.cache, 0o720), False, id="others-may-write-the-folder"),
    pytest.param(
        lambda i: os.chown(i.file, 12345, 0),
        True,
        id="foreign",
        marks=pytest.mark.skipif(os.geteuid() != 0, reason="needs root to give files away"),
    ),
]


@pytest.mark.parametrize(("spoil", "mends"), SPOILED)
def test_what_does_not_fit_is_not_used(
    installed: Installed, spoil: Callable[[Installed], None], *, mends: bool
) -> None:
    """A stale, damaged or untrusted file is ignored, and written again."""
    right = installed.call().environment
    spoil(installed)
    seen = installed.call()
    assert seen.bundled == []
    assert seen.environment == right
    assert (installed.call().bundled != []) is mends


def test_where_there_is_no_place_for_it(installed: Installed) -> None:
    """Without a cache directory, or with a file in its place, modules are imported normally."""
    installed.write("bin/uvlocal-launcher.conf", "uvlocal 1\n")
    assert installed.call().bundled == []
    installed.write("in-the-way", "")
    path = os.path.join(installed.root, "in-the-way", "cache")
    installed.write("bin/uvlocal-launcher.conf", f"uvlocal 1\ncache {path}\n")
    assert installed.call().bundled == []
    os.unlink(os.path.join(installed.root, "bin", "uvlocal-launcher.conf"))
    assert installed.call().bundled == []


def test_a_source_that_changes_meanwhile(
    installed: Installed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bytecode of a source that has just changed is not kept."""
    os.unlink(installed.file)
    stamps = itertools.count()
    monkeypatch.setattr(bytecode, "stamp", lambda _: (0, next(stamps)))
    bytecode.save(installed.cache, installed.package, System().write_private)
    assert not [name for name in os.listdir(installed.cache) if name.startswith(bytecode.PREFIX)]


def test_versions_that_take_turns(installed: Installed) -> None:
    """Each version, and each machine that shares a directory, has its own file."""
    first = installed.file
    installed.write("site-packages/uvlocal/__init__.py", '__version__ = "9.9.9"\n')
    assert installed.call().bundled == []
    assert installed.call().bundled == BUNDLED
    with open(first, "rb"):
        pass


def test_the_number_of_files_is_bounded(installed: Installed) -> None:
    """Files of old versions do not accumulate."""
    for number in range(20):
        installed.write(f"home/.cache/uvlocal/code-old-{number}", "")
        os.utime(os.path.join(installed.cache, f"code-old-{number}"), (number, number))
    os.unlink(os.path.join(installed.cache, installed.newest))
    installed.call()
    names = {name for name in os.listdir(installed.cache) if name.startswith(bytecode.PREFIX)}
    assert names == {installed.newest, *(f"code-old-{number}" for number in range(13, 20))}
    assert installed.call().bundled == BUNDLED


def test_a_trace_tells_lines(installed: Installed) -> None:
    """With `UVLOCAL_TRACE` modules are imported normally, so that a traceback has lines."""
    assert installed.call(UVLOCAL_TRACE="1").bundled == []
    assert installed.call(UVLOCAL_TRACE="0").bundled == BUNDLED


def test_a_process_that_has_the_modules_keeps_them(installed: Installed) -> None:
    """Modules that are already imported are not replaced."""
    before = dict(sys.modules)
    assert early_os.__name__ in before
    assert bytecode.load(installed.cache, installed.package)
    assert dict(sys.modules) == before


# -- stripped bytecode ----------------------------------------------------------------------------


def functions_of(code: CodeType) -> Iterator[CodeType]:
    """Yield a code object and all nested ones."""
    yield code
    for value in code.co_consts:
        if isinstance(value, CodeType):
            yield from functions_of(value)


@pytest.mark.parametrize("name", bytecode.MODULES)
def test_stripped_code_does_the_same(name: str) -> None:
    """Instructions and constants are the same, except docstrings, which no instruction loads."""
    with open(os.path.join(SHIM, *name.split(".")) + ".py", encoding="utf-8") as file:
        whole = compile(file.read(), f"{name}.py", "exec", dont_inherit=True)
    pairs = zip(functions_of(whole), functions_of(bytecode.stripped(whole)), strict=True)
    for one, other in pairs:
        assert (one.co_code, one.co_exceptiontable) == (other.co_code, other.co_exceptiontable)
        lines = list(other.co_lines())
        assert (lines[-1][1], {line for *_, line in lines}) == (len(other.co_code), {None})
        assert len(list(other.co_positions())) == len(one.co_code) // 2
        for number, (was, value) in enumerate(zip(one.co_consts, other.co_consts, strict=True)):
            if isinstance(was, CodeType) or was == value:
                continue
            assert (number, value) == (0, "")
            loads = [i for i in dis.get_instructions(one) if i.opcode in dis.hasconst]
            assert 0 not in [i.arg for i in loads], one.co_qualname


def test_docstrings_are_left_out() -> None:
    """Docstrings of functions are removed; similar strings stay."""
    source = """
def documented():
    "a docstring"
    return "a value"
def plain():
    return "not a docstring"
class Of:
    "of a class"
    word = "a word"
first = lambda: "of a lambda"
"""
    found: dict[str, Any] = {}
    exec(bytecode.stripped(compile(source, "x", "exec")), found)  # noqa: S102 - tests this
    assert not found["documented"].__doc__
    assert (found["documented"](), found["plain"]()) == ("a value", "not a docstring")
    assert (found["Of"].__qualname__, found["Of"].word) == ("Of", "a word")
    assert found["first"]() == "of a lambda"
