"""The cost of a call, in imported modules and accessed files instead of times."""

from __future__ import annotations

import ast
import importlib
import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, NamedTuple

import pytest
from support import systems

import uvlocal
from uvlocal.shim.recall import bytecode

if TYPE_CHECKING:
    from pathlib import Path

PACKAGE = os.path.dirname(os.path.abspath(uvlocal.__file__))
SHIM = os.path.join(PACKAGE, "shim")

#: Names that only Windows and macOS have.
ELSEWHERE = {"O_BINARY", "lchflags"}

#: Runs one call like the launcher, up to becoming uv, and prints what it did.
WATCH = """
import sys
done = []
def hook(event, arguments):
    if event in ("open", "os.listdir", "os.scandir"):
        done.append((event, str(arguments[0])))
    elif event.split(".")[0] in ("subprocess", "socket", "ctypes") or event in (
        "os.fork", "os.posix_spawn", "os.system", "os.exec"
    ):
        done.append((event, ""))
before = set(sys.modules)
sys.path.insert(0, sys.argv[1])
import uvlocal.shim.launch as launch, uvlocal.shim.uv.handover as handover
def become(path, arguments, changes):
    import builtins
    names = {
        name: getattr(getattr(module, "__spec__", None), "origin", None)
        for name, module in sys.modules.items() if name not in before
    }
    seen = list(done)
    import json
    sys.stdout.write(json.dumps({"modules": names, "done": seen, "changes": changes}))
    sys.stdout.flush()
    return 0
handover.become = become
sys.addaudithook(hook)
launch.main()
"""


class Watched(NamedTuple):
    """What a call did: its imported modules with origins, files, variables."""

    modules: dict[str, str | None]
    opened: list[str]
    listed: list[str]
    started: list[str]
    changes: dict[str, str | None]


class Home:
    """A home with a Dropbox folder and a fake uv that is never started."""

    def __init__(self, root: str) -> None:
        self.home = os.path.join(root, "home")
        self.dropbox = os.path.join(self.home, "Dropbox")
        os.makedirs(self.dropbox)
        os.makedirs(os.path.join(self.home, ".dropbox"))
        self.write(
            "home/.dropbox/info.json", json.dumps({"personal": {"path": self.dropbox}}), root
        )
        self.bin = os.path.join(root, "bin")
        os.makedirs(self.bin)
        with open(os.path.join(self.bin, "uv"), "wb") as file:
            file.write(b"\x7fELF")
        os.chmod(file.name, 0o700)

    def write(self, path: str, text: str, root: str = "") -> str:
        """Write a file below home, or below `root`."""
        path = os.path.join(root or self.home, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def call(self, *arguments: str, cwd: str) -> Watched:
        """Watch one call."""
        os.makedirs(cwd, exist_ok=True)
        done = subprocess.run(
            [
                sys.executable,
                "-I",
                "-S",
                "-c",
                WATCH,
                os.path.dirname(PACKAGE),
                "/none/uv",
                "-",
                "uv",
                *arguments,
            ],
            cwd=cwd,
            env={"HOME": self.home, "PATH": self.bin, "UVLOCAL_QUIET": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert done.stderr == ""
        seen = json.loads(done.stdout)
        events: list[tuple[str, str]] = [(event, name) for event, name in seen["done"]]
        opened = [name for event, name in events if event == "open"]
        listed = [name for event, name in events if event in {"os.listdir", "os.scandir"}]
        inside = (PACKAGE, sys.prefix, sys.base_prefix, os.path.dirname(PACKAGE))
        return Watched(
            seen["modules"],
            [name for name in opened if not name.startswith(inside)],
            [name for name in listed if not name.startswith(inside)],
            [event for event, name in events if not name],
            seen["changes"],
        )


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Return a home for one test."""
    systems.need_posix("the homes here are POSIX's")
    return Home(str(tmp_path))


PROJECT = '[project]\nname = "foo"\nversion = "1"\n'

CALLS = [
    pytest.param(["--version"], "home", {}, id="no-command"),
    pytest.param(["cache", "dir"], "home", {}, id="no-project-command"),
    pytest.param(["sync"], "home", {}, id="no-project"),
    pytest.param(["run", "true"], "home/src/foo", {"pyproject.toml": PROJECT}, id="local"),
    pytest.param(["lock"], "home/Dropbox/foo", {"pyproject.toml": PROJECT}, id="synced"),
    pytest.param(["pip", "list"], "home/Dropbox/foo", {"pyproject.toml": PROJECT}, id="pip"),
]


def is_cheap(name: str, origin: str | None) -> bool:
    """Return whether a module is built in, frozen, or part of the shim."""
    return (
        origin in {"built-in", "frozen"}
        or name in sys.builtin_module_names
        or name in {"uvlocal", "uvlocal.shim"}
        or name.startswith("uvlocal.shim.")
    )


@pytest.mark.parametrize(("arguments", "folder", "files"), CALLS)
def test_only_built_in_and_frozen_modules(
    home: Home, tmp_path: Path, arguments: list[str], folder: str, files: dict[str, str]
) -> None:
    """On an unchanged machine a call imports no files of the standard library."""
    cwd = str(tmp_path / folder)
    for name, text in files.items():
        home.write(os.path.join(cwd, name), text)
    home.call(*arguments, cwd=cwd)  # fills the caches
    second = home.call(*arguments, cwd=cwd)
    expensive = {name for name, origin in second.modules.items() if not is_cheap(name, origin)}
    assert expensive == set()
    assert not {"os", "stat", "posixpath"} & set(second.modules)


@pytest.mark.parametrize(("arguments", "folder", "files"), CALLS)
def test_nothing_is_started_and_the_project_is_not_listed(
    home: Home, tmp_path: Path, arguments: list[str], folder: str, files: dict[str, str]
) -> None:
    """No program, no socket, and no listing of the user's directories, even in the first call."""
    cwd = str(tmp_path / folder)
    for name, text in files.items():
        home.write(os.path.join(cwd, name), text)
    for _ in range(2):
        seen = home.call(*arguments, cwd=cwd)
        assert seen.started == []
        assert [name for name in seen.listed if name.startswith(str(tmp_path / folder))] == []


def test_the_files_that_a_synced_call_opens(home: Home, tmp_path: Path) -> None:
    """The list of opened files is fixed and short, with one in the project."""
    cwd = str(tmp_path / "home/Dropbox/foo")
    home.write(os.path.join(cwd, "pyproject.toml"), PROJECT)
    home.call("lock", cwd=cwd)
    seen = home.call("lock", cwd=cwd)
    assert "UV_PROJECT_ENVIRONMENT" in seen.changes
    shown = sorted(name.replace(str(tmp_path), "") for name in seen.opened)
    assert shown == sorted(
        [
            "/bin/uv",  # checks for our shim; the real uv is too large to be read
            "/home/.cache/uvlocal/roots",
            "/home/Dropbox/foo/pyproject.toml",
            "/none/uvlocal-launcher.conf",  # would be beside the launcher
        ]
    )


def test_a_project_command_without_help_reads_no_more_than_its_projects(
    home: Home, tmp_path: Path
) -> None:
    """A local project needs its own `pyproject.toml` and the cached roots."""
    cwd = str(tmp_path / "home/src/foo")
    home.write(os.path.join(cwd, "pyproject.toml"), PROJECT)
    home.call("sync", cwd=cwd)
    seen = home.call("sync", cwd=cwd)
    assert {name.replace(str(tmp_path), "") for name in seen.opened} <= {
        "/bin/uv",
        "/home/.cache/uvlocal/roots",
        "/home/src/foo/pyproject.toml",
        "/none/uvlocal-launcher.conf",
        "/proc/self/mountinfo",
    }


def module_files() -> list[str]:
    """Return every module of the shim."""
    found = [os.path.join(folder, name) for folder, _, names in os.walk(SHIM) for name in names]
    return sorted(os.path.relpath(path, SHIM) for path in found if path.endswith(".py"))


@pytest.mark.parametrize("name", module_files())
def test_what_a_module_imports_at_its_top(name: str) -> None:
    """At module level: built-in and frozen modules, and the shim itself; imports point one way."""
    with open(os.path.join(SHIM, name), encoding="utf-8") as file:
        tree = ast.parse(file.read())
    frozen = {"os", "sys", "stat", "posixpath", "ntpath", "genericpath", "abc", "io", "codecs"}
    allowed = frozen | set(sys.builtin_module_names)
    for node in tree.body:
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        for imported in names:
            ours = imported == "uvlocal" or imported.startswith("uvlocal.shim")
            assert ours or imported in allowed, f"{name} imports {imported}"


@pytest.mark.skipif(sys.platform != "linux", reason="what is built in differs by system")
@pytest.mark.parametrize("name", bytecode.MODULES)
def test_an_ordinary_call_does_without_os(name: str) -> None:
    """The names that its modules use from `os` and `stat` are built in."""
    with open(os.path.join(SHIM, *name.split(".")) + ".py", encoding="utf-8") as file:
        tree = ast.parse(file.read())
    if name == "machine.early_os":
        return
    imported = [
        alias.name for node in tree.body if isinstance(node, ast.Import) for alias in node.names
    ]
    assert set(imported) <= set(sys.builtin_module_names)
    for module, built_in in (("os", "posix"), ("stat", "_stat")):
        used = {
            node.attr
            for node in ast.walk(tree)
            if isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.value.id == module
        }
        assert used <= set(dir(importlib.import_module(built_in))) | ELSEWHERE


def test_the_watch_sees_what_it_should(home: Home, tmp_path: Path) -> None:
    """The guard itself works: settings in TOML import the parser, which is detected."""
    home.write(".config/uvlocal/uvlocal.toml", 'mode = "auto"\n')
    cwd = str(tmp_path / "home/Dropbox/foo")
    home.write(os.path.join(cwd, "pyproject.toml"), PROJECT)
    seen = home.call("lock", cwd=cwd)
    assert "tomllib" in seen.modules
    assert any(name.endswith("uvlocal.toml") for name in seen.opened)
