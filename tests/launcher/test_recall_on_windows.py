"""The launcher for Windows replays recorded decisions, and notices outdated ones.

A program of ours reads the stamps from Windows, or from wine; the tests check how the launcher uses
them. That CPython returns the same numbers is known only from its source.
"""

from __future__ import annotations

import os
import sys
import time
import uuid
from typing import TYPE_CHECKING

import pytest
from support.compare import recorded
from support.faults.edits import replace, rewrite
from support.hosts import launchers
from support.hosts.windows_machine import TARGET, Windows

import uvlocal
from uvlocal.shim import contract
from uvlocal.shim.recall import writer
from uvlocal.shim.recall.recording_host import summed

if TYPE_CHECKING:
    from collections.abc import Callable

#: What a record makes of the environment: the store is on Windows' side.
ENVIRONMENT = "C:\\Users\\me\\AppData\\Local\\uvlocal\\envs\\foo-0123456789"
CHANGES = [
    f"UV_PROJECT_ENVIRONMENT={ENVIRONMENT}",
    f"UVLOCAL_SET_UV_PROJECT_ENVIRONMENT={ENVIRONMENT}",
    "VIRTUAL_ENV",
]


class Recalling:
    """A machine with one recorded decision, and a folder `x` of things that it may depend on."""

    def __init__(self, windows: Windows) -> None:
        """Find out which variables the launcher gets."""
        self.windows = windows
        windows.configure(
            python=windows.path("python/python.exe"),
            package=windows.path("package"),
            cache=windows.path("cache"),
        )
        windows.environ["VIRTUAL_ENV"] = "C:\\none"
        self.write("x/file", "content")
        self.write("x/folder/file", "content")
        assert not self.is_recalled(" sync")
        self.variables = writer.relevant(windows.recorded()[1])
        self.key = f"Software\\uvlocal-test-{uuid.uuid4().hex}"

    def write(self, name: str, text: str) -> None:
        """Write a file below the root."""
        path = self.windows.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def tell(self, *questions: str) -> list[str]:
        """Return what Windows says."""
        self.windows.environ["TELL"] = "|".join(questions)
        code, out, said = self.windows.run(launchers.teller(TARGET))
        del self.windows.environ["TELL"]
        assert (code, said) == (0, "")
        return out.decode().splitlines()

    def status(self, name: str, count: int = 5) -> str:
        """Return the numbers of a file below the root."""
        [numbers] = self.tell(f"file {self.windows.path(name)}")
        return ":".join(numbers.split(":")[:count])

    def registry(self, *words: str) -> None:
        """Run `reg` on the key of this test."""
        command = ("reg.exe", words[0], f"HKCU\\{self.key}{words[1]}", *words[2:], "/f")
        assert self.windows.run(*command)[0] == 0

    def record(self, *inputs: tuple[str, str], **fields: object) -> None:
        """Record a decision for `uv sync` in the root, or what `fields` say."""
        one = recorded.Recorded(
            launcher=self.windows.path("shims/uv.exe"),
            how="exact",
            directory=self.windows.path(""),
            words=["sync"],
            variables=self.variables,
            inputs=list(inputs),
            changes=CHANGES,
            uv=self.windows.path("real/uv.exe"),
        )
        for name, value in fields.items():
            assert hasattr(one, name)
            setattr(one, name, value)
        recorded.lay(str(self.windows.root / "cache"), one)

    def is_recalled(self, tail: str = " sync", **options: str) -> bool:
        """Run the shim; return whether it became uv without Python, with the recorded changes."""
        assert self.windows.call(tail, **options) == (0, "")
        line, environ = self.windows.recorded()
        assert line == options.get("name", "uv") + tail
        if not self.windows.asked():
            assert environ["UV_PROJECT_ENVIRONMENT"] == ENVIRONMENT
            assert "VIRTUAL_ENV" not in environ
            return True
        assert "UV_PROJECT_ENVIRONMENT" not in environ
        assert environ["VIRTUAL_ENV"] == "C:\\none"
        return False


@pytest.fixture
def recalling(windows: Windows) -> Recalling:
    """Return a machine on which decisions are recalled."""
    return Recalling(windows)


@pytest.mark.parametrize("code", [300, 0xC0000005, 0xC000013A])
def test_exit_code(recalling: Recalling, code: int) -> None:
    """A recalled call ends as uv does, with all 32 bits of the exit code."""
    recalling.record(variables=[*recalling.variables, f"UVLOCAL_TEST_END={code}"])
    assert recalling.windows.whole_code(" sync", code) == code
    assert not recalling.windows.asked()


# -- what a decision is recorded for ---------------------------------------------------------------


def test_exact(recalling: Recalling) -> None:
    """A whole command line is replayed; another one is decided."""
    recalling.record()
    assert recalling.is_recalled()
    assert recalling.is_recalled(" \t sync  ")
    assert not recalling.is_recalled(" sync -v")
    assert not recalling.is_recalled(" sy")


def test_run(recalling: Recalling) -> None:
    """`uv run PROGRAM` is replayed with any arguments, but not if the program is a file."""
    recalling.record(how="run", words=["run", "--no-sync"])
    assert recalling.is_recalled(" run --no-sync pytest -x é")
    assert not recalling.is_recalled(" run --no-sync x\\file")
    assert not recalling.is_recalled(" run --no-sync x")  # a folder here


def test_prefix(recalling: Recalling) -> None:
    """A command that never uses a project is replayed in any folder."""
    recalling.record(how="prefix", words=["cache"], directory="")
    assert recalling.is_recalled(" cache dir")
    assert not recalling.is_recalled(" cached")


@pytest.mark.parametrize("tail", [' "sync"', ' sync ""', ' run x "a b"'])
def test_quotes(recalling: Recalling, tail: str) -> None:
    """A command line with quotes is left to Python, as programs parse them differently."""
    recalling.record()
    recalling.record(words=["sync", ""])
    recalling.record(how="run", words=["run"])
    assert not recalling.is_recalled(tail)


def test_names_in_any_script(windows: Windows) -> None:
    """Paths and values need not be ASCII, and paths may be long."""
    root = windows.root / "é漢😀"
    root.mkdir()
    moved = Windows(root, windows.runner)
    moved.environ["UVLOCAL_NOTE"] = "Überall 漢 😀"
    recalling = Recalling(moved)
    deep = "x/" + "/".join(["long" * 12] * 6)
    recalling.write(f"{deep}/file", "")
    recalling.record(("e", moved.path(f"{deep}/file")), ("A", moved.path(f"{deep}/none")))
    assert recalling.is_recalled()
    os.unlink(root / deep / "file")
    assert not recalling.is_recalled()


@pytest.mark.parametrize(
    ("name", "value"),
    [("UVLOCAL_MODE", "never"), ("uv_frozen", "1"), ("VIRTUAL_ENV", ""), ("UV_PYTHON", "3.12")],
)
def test_a_variable_that_differs(recalling: Recalling, name: str, value: str) -> None:
    """A relevant variable is compared whatever the case of its name."""
    recalling.record()
    environ = recalling.windows.environ
    before = dict(environ)
    environ[name] = value
    if not value:
        del environ[name]
    recalling.windows.call(" sync")
    assert recalling.windows.asked()
    environ.clear()
    environ.update(before)
    environ["OTHER"] = "x"
    assert recalling.is_recalled()


def test_another_folder(recalling: Recalling) -> None:
    """A decision applies in its own folder, for its own launcher."""
    recalling.record(directory=recalling.windows.path("x"))
    assert not recalling.is_recalled()
    recalling.record(launcher=recalling.windows.path("copy/uv.exe"))
    assert not recalling.is_recalled()


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"uv": "real\\uv.exe"}, id="a-relative-uv"),
        pytest.param({"changes": ["=C:=x"]}, id="a-nameless-change"),
    ],
)
def test_a_record_that_cannot_be_ours(recalling: Recalling, fields: dict[str, object]) -> None:
    """A record that Python would not have written is not replayed."""
    recalling.record(**fields)
    assert not recalling.is_recalled()


# -- what a decision depends on --------------------------------------------------------------------


#: A stamp and its path, a change that keeps it, and one that does not.
INPUTS = [
    pytest.param(
        lambda r: ("s" + r.status("x/file"), "x/file"),
        lambda r: r.write("x/new", ""),
        lambda r: r.write("x/file", "longer than before"),
        id="size",
    ),
    pytest.param(
        lambda r: ("s" + r.status("x/file"), "x/file"),
        lambda r: os.utime(r.windows.root / "x"),
        lambda r: os.utime(r.windows.root / "x/file", ns=(1, 1)),
        id="time",
    ),
    pytest.param(
        lambda r: ("l" + r.status("x/file"), "x/file"),
        lambda r: r.write("x/new", ""),
        lambda r: replace(str(r.windows.root / "x/file"), "content"),
        id="replaced",
    ),
    pytest.param(
        lambda r: ("d" + r.status("x/folder", 3), "x/folder"),
        lambda r: r.write("x/folder/new", ""),
        lambda r: (r.windows.root / "x/folder").rename(r.windows.root / "x/moved"),
        id="folder",
    ),
    pytest.param(
        lambda r: ("s" + r.status("x/folder"), "x/folder"),
        lambda r: r.write("x/new", ""),
        lambda r: r.write("x/folder/new", ""),
        id="listed-folder",
    ),
    pytest.param(
        lambda r: ("k" + r.status("x/folder", 3), "x/folder"),
        lambda r: r.write("x/folder/new", ""),
        lambda r: (r.windows.root / "x/folder").rename(r.windows.root / "x/moved"),
        id="folder-itself",
    ),
    pytest.param(
        lambda _: ("a", "x/none"),
        lambda r: r.write("x/new", ""),
        lambda r: r.write("x/none", ""),
        id="absent",
    ),
    pytest.param(
        lambda _: ("A", "x/none/deeper"),
        lambda r: r.write("x/none/new", ""),
        lambda r: r.write("x/none/deeper", ""),
        id="nothing-of-that-name",
    ),
    pytest.param(
        lambda _: ("e", "x/file"),
        lambda r: r.write("x/file", "other"),
        lambda r: os.unlink(r.windows.root / "x/file"),
        id="there",
    ),
    pytest.param(
        lambda _: ("r" + summed(b"content"), "x/file"),
        lambda r: os.utime(r.windows.root / "x/file", ns=(1, 1)),
        lambda r: rewrite(str(r.windows.root / "x/file"), "CONTENT"),
        id="content",
    ),
    pytest.param(
        lambda r: ("n" + r.tell("name " + r.windows.path("x/folder"))[0], "x/folder"),
        lambda r: r.write("x/folder/new", ""),
        lambda r: (r.windows.root / "x/folder").rename(r.windows.root / "x/moved"),
        id="name",
    ),
    pytest.param(
        lambda _: ("w1", "x/file"),
        lambda r: r.write("x/new", ""),
        lambda r: (r.windows.root / "x/file").chmod(0o444),
        id="writable",
    ),
]


@pytest.mark.parametrize(("stamp", "same", "change"), INPUTS)
def test_an_input(
    recalling: Recalling,
    stamp: Callable[[Recalling], tuple[str, str]],
    same: Callable[[Recalling], object],
    change: Callable[[Recalling], object],
) -> None:
    """The decision is replayed while an input is as recorded, and not after a change."""
    text, name = stamp(recalling)
    recalling.record((text, recalling.windows.path(name)))
    assert recalling.is_recalled()
    same(recalling)
    assert recalling.is_recalled()
    change(recalling)
    assert not recalling.is_recalled()


def test_an_attribute(recalling: Recalling) -> None:
    """An attribute that is absent holds while it cannot be had; wine knows no others."""
    path = recalling.windows.path("x/folder")
    recalling.record(("xcom.dropbox.ignored!", path))
    assert recalling.is_recalled()
    recalling.record(("xcom.dropbox.ignored=31", path))
    assert not recalling.is_recalled()


@pytest.mark.parametrize(
    "change",
    [("add", "", "/v", "a", "/d", "2"), ("add", "\\below"), ("delete", "")],
    ids=["value", "key-below", "removed"],
)
def test_a_registry_key(recalling: Recalling, change: tuple[str, ...]) -> None:
    """A registry key is identified by the time of its last change."""
    recalling.registry("add", "", "/v", "a", "/d", "1")
    [written] = recalling.tell(f"key {recalling.key}")
    recalling.record(("q" + written, f"HKCU\\{recalling.key}"))
    assert recalling.is_recalled()
    recalling.registry(*change)
    assert not recalling.is_recalled()
    if change[0] == "add":
        recalling.registry("delete", "")


def test_a_registry_key_that_is_absent(recalling: Recalling) -> None:
    """So is one that does not exist; what is no key of those hives never holds."""
    recalling.record(("Q", f"HKCU\\{recalling.key}"))
    assert recalling.is_recalled()
    recalling.registry("add", "")
    assert not recalling.is_recalled()
    recalling.registry("delete", "")
    recalling.record(("Q", f"NONE\\{recalling.key}"))
    assert not recalling.is_recalled()


def test_drives(recalling: Recalling) -> None:
    """Which drives there are, and of what kind one is."""
    kind, drives = recalling.tell("drive Z:\\", "drives -")
    recalling.record(("v" + kind, "Z:"), ("m" + drives, "drives"))
    assert recalling.is_recalled()
    for wrong in (("v9", "Z:"), ("m1", "drives")):
        recalling.record(wrong)
        assert not recalling.is_recalled()


def test_a_variable_that_a_setting_names(recalling: Recalling) -> None:
    """A variable is accepted as long as its value is unchanged; its name is case-insensitive."""
    for name in ("SCRATCH", "scratch"):
        recalling.windows.environ["Scratch"] = "D:\\é"
        recalling.record(("$D:\\é", name))
        assert recalling.is_recalled()
        recalling.windows.environ["Scratch"] = "D:\\other"
        assert not recalling.is_recalled()


@pytest.mark.parametrize("stamp", ["tx", "p", "?", ""])
def test_what_is_never_recorded_here(recalling: Recalling, stamp: str) -> None:
    """A stamp that does not exist on Windows is never accepted."""
    path = recalling.windows.path("x/file")
    recalling.record((stamp, path), ("a", path))
    assert not recalling.is_recalled()


# -- with Python -----------------------------------------------------------------------------------


@pytest.mark.skipif(sys.platform != "win32", reason="needs a Python for Windows")
@pytest.mark.parametrize("tail", [" cache dir", " sync"])
def test_what_python_records_is_replayed(windows: Windows, tail: str) -> None:
    """Python decides once and records it; the launcher then replays it, and notices a change."""
    package = os.path.dirname(os.path.dirname(uvlocal.__file__))
    values = {"package": package, "cache": windows.path("cache")}
    windows.configure(python=sys.executable, **values)
    windows.environ["USERPROFILE"] = windows.path("home")
    for name in ("APPDATA", "LOCALAPPDATA"):
        windows.environ[name] = windows.path(f"home/{name}")
    (windows.root / "home").mkdir()
    (windows.root / "pyproject.toml").write_text('[project]\nname = "foo"\nversion = "1"\n')
    deadline = time.monotonic() + 60
    folder = windows.root / "cache" / contract.DECISIONS
    while not (folder.is_dir() and list(folder.iterdir())):  # until the new files have settled
        assert time.monotonic() < deadline
        assert windows.call(tail) == (0, "")
    windows.configure(python=windows.path("python/python.exe"), **values)
    assert windows.call(tail) == (0, "")
    assert windows.recorded()[0] == f"uv{tail}"
    assert not windows.asked()
    if tail == " sync":
        (windows.root / "pyproject.toml").write_text('[project]\nname = "bar"\nversion = "1"\n')
        windows.call(tail)
        assert windows.asked()
