"""uvlocal finds the same root as the real uv, for every known layout and way of calling."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from support.hosts.fakes import FakeSystem
from support.random_worlds import oracle
from support.random_worlds.layouts import CALLS, LAYOUTS, Call
from support.random_worlds.oracle import Link

from uvlocal.shim.machine.host import System
from uvlocal.shim.project.discovery import discover
from uvlocal.shim.request.commands import COMMANDS
from uvlocal.shim.request.parse import parse

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="makes symbolic links")


@pytest.fixture(scope="session")
def folders(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return a folder with every layout, by name; read-only by convention."""
    base = os.path.realpath(tmp_path_factory.mktemp("layouts"))
    for name, layout in LAYOUTS.items():
        folder = os.path.join(base, name)
        for path, content in layout.items():
            text = content.replace("{R}", folder) if type(content) is str else content
            oracle.build(folder, {path: text})
    return base


@pytest.fixture(scope="session")
def oracle_home(uv_caches: Path) -> str:
    """Return a home that all calls share."""
    return str(uv_caches / "oracle")


@pytest.mark.parametrize("call", CALLS, ids=lambda call: "-".join(map(str, call[:4])))
def test_calls(call: Call, every_uv: str, newest_uv: str, folders: str, oracle_home: str) -> None:
    """The root is the one that uv names; with the newest uv it is the one in the table."""
    layout, cwd, line, variables, root = call
    base = os.path.join(folders, layout)
    where = os.path.join(base, cwd)
    environ = oracle.environment(oracle_home, variables)
    arguments = shlex.split(line)
    by_uv = oracle.root_by_uv(every_uv, arguments, where, environ)
    if every_uv == newest_uv:
        assert by_uv == (None if root is None else os.path.normpath(os.path.join(base, root)))
    if by_uv != oracle.REFUSED:
        assert oracle.root_by_us(arguments, where, environ, oracle.version_of(every_uv)) == by_uv


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_folder(layout: str, every_uv: str, folders: str, oracle_home: str) -> None:
    """From every folder, and from outside by option, variable and run target, the root is uv's."""
    base = os.path.join(folders, layout)
    version = oracle.version_of(every_uv)
    environ = oracle.environment(oracle_home)
    for inside, content in _directories(layout):
        calls = [
            (inside, ["run", "--no-sync", "true"], {}),
            ("", ["--project", inside or ".", "sync", "--dry-run"], {}),
            ("", ["run", f"--project={inside or '.'}/", "true"], {}),
            ("", ["sync", "--dry-run", "--directory", inside or "."], {}),
            ("", ["run", "true"], {"UV_PROJECT": inside or "."}),
        ]
        if content:
            calls.append(("", ["run", os.path.join(inside, content)], {}))
        for cwd, arguments, variables in calls:
            where = os.path.join(base, cwd)
            expected = oracle.root_by_uv(every_uv, arguments, where, environ | variables)
            if expected != oracle.REFUSED:
                found = oracle.root_by_us(arguments, where, environ | variables, version)
                assert found == expected, (cwd, arguments, variables)


def _directories(layout: str) -> list[tuple[str, str]]:
    """Return each directory and link of a layout, and a script in it."""
    found = {"": ""}
    for path, content in LAYOUTS[layout].items():
        is_folder = content is None or (isinstance(content, Link) and "." not in path)
        folder, script = (path, "") if is_folder else os.path.split(path)
        while folder:
            found.setdefault(folder, "")
            folder = os.path.dirname(folder)
        if script.endswith(".py"):
            found[os.path.dirname(path)] = script
    return sorted(found.items())


WRITING = [
    "add nope",
    "add nope --frozen",
    "add nope --no-sync",
    "check",
    "check --isolated",
    "check --no-project",
    "export",
    "format",
    "lock",
    "pip list",
    "python find",
    "run true",
    "sync",
    "tree",
    "version",
    "version 2 --dry-run",
    "version 2 --frozen",
    "version --bump minor",
    "workspace dir",
    "workspace list",
    "workspace metadata",
    "workspace metadata --sync",
]


@pytest.mark.parametrize("line", WRITING)
def test_who_changes_the_environment(
    line: str, newest_uv: str, oracle_home: str, tmp_path: Path
) -> None:
    """Exactly the commands that we classify as changing the project's environment do so."""
    (tmp_path / "pyproject.toml").write_text(oracle.project())
    environ = oracle.environment(oracle_home)
    arguments = shlex.split(line)
    by_uv = oracle.root_by_uv(newest_uv, arguments, str(tmp_path), environ)
    request = parse(arguments, FakeSystem(cwd="/home/me"), lambda: None)
    changes = request.code is None and request.role == "project" and request.writes
    assert (by_uv not in {None, oracle.REFUSED}) == changes
    assert request.command in COMMANDS


@pytest.mark.parametrize(
    ("cwd", "line"),
    [
        pytest.param("", "venv", id="root"),
        pytest.param("plain", "venv", id="below-the-root"),
        pytest.param("packages/a", "venv", id="member"),
        pytest.param("packages/left-out", "v", id="own-root"),
        pytest.param("plain", "venv --project ..", id="root-by-option"),
        pytest.param("", "virtualenv --project plain", id="not-root-by-option"),
        pytest.param("", "venv --directory packages/a", id="member-by-option"),
        pytest.param("", "venv named", id="named"),
        pytest.param("", "venv --no-project", id="no-project"),
    ],
)
def test_where_venv_goes(
    cwd: str, line: str, every_uv: str, oracle_home: str, tmp_path: Path
) -> None:
    """`uv venv` uses the project's environment exactly where we say so."""
    base = os.path.realpath(tmp_path)
    oracle.build(base, LAYOUTS["workspace"])
    where = os.path.normpath(os.path.join(base, cwd))
    target = os.path.join(base, "target")
    environ = oracle.environment(oracle_home, {"UV_PROJECT_ENVIRONMENT": target})
    arguments = shlex.split(line)
    subprocess.run([every_uv, *arguments, "-q"], cwd=where, env=environ, check=True)
    system = System(environ=environ, cwd=where, home=oracle_home)
    request = parse(arguments, system, lambda: oracle.version_of(every_uv))
    found = discover(request.start, system)
    ours = request.code is None and found is not None and request.start == found.found
    assert request.only_at_root == (request.code is None)
    assert os.path.isdir(target) == ours


@pytest.mark.parametrize(
    ("line", "variables"),
    [
        pytest.param("", {}, id="nothing"),
        pytest.param("3", {}, id="version"),
        pytest.param(">=3.8", {}, id="range"),
        pytest.param("cpython", {}, id="implementation"),
        pytest.param("--system", {}, id="system"),
        pytest.param("--system --no-system", {}, id="system-taken-back"),
        pytest.param(sys.executable, {}, id="path"),
        pytest.param("", {"UV_SYSTEM_PYTHON": "1"}, id="system-by-variable"),
        pytest.param("", {"UV_SYSTEM_PYTHON": "0"}, id="no-system-by-variable"),
        pytest.param("", {"UV_PYTHON": "3"}, id="version-by-variable"),
    ],
)
def test_who_names_a_target(
    line: str, variables: dict[str, str], newest_uv: str, oracle_home: str, tmp_path: Path
) -> None:
    """uv looks at `VIRTUAL_ENV` exactly where we say so."""
    active = os.path.join(os.path.realpath(tmp_path), "active")
    environ = oracle.environment(oracle_home, variables | {"UV_PROJECT_ENVIRONMENT": ""})
    plain = oracle.environment(oracle_home)
    subprocess.run([newest_uv, "venv", "-q", active], env=plain, cwd=tmp_path, check=True)
    arguments = ["python", "find", *shlex.split(line)]
    said = subprocess.run(
        [newest_uv, *arguments],
        env=environ | {"VIRTUAL_ENV": active},
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout
    request = parse(arguments, System(environ=environ, cwd=str(tmp_path)), lambda: None)
    assert request.names_target == (not said.startswith(active))
