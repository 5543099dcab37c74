"""Type checkers, language servers, notebooks and task runners, the real ones, in a synced folder.

The tables of `docs/tools.md` say what each finds; each cell is a test here.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import sys
from typing import TYPE_CHECKING, NamedTuple

import pytest
from support.compare import code_tools, recipes
from support.hosts.worlds import World
from support.tools import fetched, hidden_python, language_server, real_uv

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from support.compare.code_tools import Counts, Runner

if sys.platform == "win32":
    pytest.skip("the worlds here are POSIX's", allow_module_level=True)

#: What the project imports: itself, and two packages that no tool here and no Python contains.
IMPORTS = ("app", "iniconfig", "trove_classifiers")
CHECK = f"import {', '.join(IMPORTS)}"
TASK = f"python3 -c '{CHECK}'"

#: How the tools report an unresolved import.
UNRESOLVED = re.compile(
    r"unresolved-import|reportMissingImports|import-not-found|missing-import(?!s)|F401|I001"
)


class Place(NamedTuple):
    """A world with a project, and the tools in an environment of the user's own.

    `environment` is the path of the project's environment; `redirected` has the variables that make
    the real uv find it there without uvlocal.
    """

    world: World
    project: str
    environment: str
    redirected: Mapping[str, str]


class Shop(NamedTuple):
    """One world with the same project twice: on the local disk with a `.venv`, and in Dropbox."""

    local: Place
    synced: Place
    tools: str

    def path(self, *before: str) -> str:
        """Return PATH with the user's tools last."""
        return os.pathsep.join((*before, self.synced.world.environment["PATH"], self.tools))


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, uv_caches: Path) -> Shop:
    """Return the world with both projects, every tool installed."""
    pins = [*code_tools.PINS.values(), *code_tools.JUPYTER]
    runners = list(code_tools.RUNNER_PINS.values())
    try:
        wheels = fetched.with_dependencies("code tools", [*pins, *runners])
    except (OSError, RuntimeError) as error:
        pytest.skip(f"the tools cannot be fetched: {error}")
    uv = real_uv.beside_uvx(real_uv.NEWEST)
    root = str(tmp_path_factory.mktemp("code-tools") / "world")
    world = World(root, uv, cache=str(uv_caches / "code-tools"), python=hidden_python.path())
    world.environment |= {
        "UV_FIND_LINKS": f"{fetched.wheelhouse()},{wheels}",
        # No file is damaged here, and node alone has a hundred megabytes.
        "UV_LINK_MODE": "hardlink",
        "PDM_CHECK_UPDATE": "false",
        "JUPYTER_PLATFORM_DIRS": "1",
    }
    tools = world.path("tools")
    world.plain("venv", "--no-project", tools).ok()
    python = os.path.join(tools, "bin", "python")
    world.plain("pip", "install", "--python", python, *pins, *runners).ok()
    # So that the tools' Python is not mistaken for the project's.
    os.makedirs(world.path("commands"))
    for name in os.listdir(os.path.join(tools, "bin")):
        if not name.startswith(("python", "activate")):
            os.symlink(os.path.join(tools, "bin", name), world.path(f"commands/{name}"))
    command = shlex.join([sys.executable, "-m", "uvlocal"])
    os.chmod(world.write("bin/uvlocal", f'#!/bin/sh\nexec {command} "$@"\n'), 0o755)  # noqa: S103
    local, synced = (_project(world, folder, pins) for folder in ("local", "home/Dropbox"))
    world.plain("sync", cwd=local).ok()
    world.uv("sync", cwd=synced).ok()
    [kept] = world.environments()
    return Shop(
        Place(world, local, os.path.join(local, ".venv"), {}),
        Place(world, synced, kept, {"UV_PROJECT_ENVIRONMENT": kept}),
        world.path("commands"),
    )


def _project(world: World, folder: str, tools: Sequence[str]) -> str:
    """Write the project, with the tools as its own, and its tasks for each runner."""
    extra = f"""\
[dependency-groups]
dev = {json.dumps(tools)}
[tool.uv]
environments = ["sys_platform == '{sys.platform}' and implementation_name == 'cpython'"]
[tool.taskipy.tasks]
check = "{TASK}"
[tool.poe.tasks]
check = "{TASK}"
[tool.pdm.scripts]
check = "{TASK}"
"""
    project = world.project(
        f"{folder}/app", dependencies=["iniconfig", "trove-classifiers"], extra=extra
    )
    path = os.path.join(project, "pyproject.toml")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    # The wheels are for this machine and Python alone.
    version = "{}.{}".format(*sys.version_info)
    text = text.replace('">=3.10"', f'"=={version}.*"')
    session = f"    session.run('python3', '-c', '{CHECK}'"
    files = {
        "pyproject.toml": text,
        "src/app/py.typed": "",
        "check.py": "".join(f"import {name}\n" for name in IMPORTS[1:])
        + f"\nimport {IMPORTS[0]}\n\nprint({', '.join(IMPORTS)})\n",
        "tasks.py": f'from invoke import task\n@task\ndef check(c):\n    c.run("{TASK}")\n',
        "justfile": f"check:\n    {TASK}\n",
        "Makefile": f"check:\n\t.venv/bin/{TASK}\nuv:\n\tuv run {TASK}\npath:\n\t{TASK}\n",
        "noxfile.py": "import nox\n"
        f"@nox.session(venv_backend='none')\ndef check(session):\n{session}, external=True)\n"
        "@nox.session(venv_backend='uv')\n"
        f"def own(session):\n    session.install('.')\n{session})\n",
        "tox.toml": f'[env.own]\ncommands = [["python3", "-c", "{CHECK}"]]\n',
    }
    for name, content in files.items():
        world.write(f"{folder}/app/{name}", content)
    return project


# -- imports that are not found ------------------------------------------------------------------


class Start(NamedTuple):
    """How to start a tool: a command and its environment variables."""

    argv: Sequence[str]
    environment: Mapping[str, str]


def _start(shop: Shop, place: Place, tool: str, way: str, uv: Sequence[str]) -> Start:
    """Return how a tool is started; `uv` is the shim, or the real one."""
    command = _command(tool, way)
    by = {"uv run": [*uv, "run"], "uvx": [*uv, "tool", "run", "--from", code_tools.PINS[tool]]}
    if way in by:
        return Start([*by[way], *command], {})
    own = [os.path.join(shop.tools, command[0]), *command[1:]]
    if way == "editor":
        return Start(own, {})
    active = os.path.join(place.environment, "bin")
    return Start(own, {"VIRTUAL_ENV": place.environment, "PATH": shop.path(active)})


def _command(tool: str, way: str) -> tuple[str, ...]:
    is_server = way == "editor" or tool not in code_tools.CHECKS
    return code_tools.SERVERS[tool] if is_server else code_tools.CHECKS[tool]


def _unresolved(place: Place, tool: str, way: str, start: Start) -> int:
    """Return how many of the imports are not found."""
    world = place.world
    if _command(tool, way) == code_tools.CHECKS.get(tool):
        done = world.run(*start.argv, cwd=place.project, env=start.environment)
        found = [line for line in done.raw_out.splitlines() if UNRESOLVED.search(line)]
        assert done.code == (1 if found else 0), str(done)
        return len(found)
    environment = {**world.environment, **start.environment}
    argv = [shutil.which(start.argv[0], path=environment["PATH"]) or "", *start.argv[1:]]
    path = os.path.join(place.project, "check.py")
    with language_server.Server(argv, place.project, environment) as server:
        uri = server.open(path)
        if tool in code_tools.CHECKS:
            said = [json.dumps(one) for one in server.diagnostics(uri)]
            return sum(bool(UNRESOLVED.search(one)) for one in said)
        with open(path, encoding="utf-8") as file:
            lines = [number for number, line in enumerate(file) if line.startswith("import ")]
        return sum(not server.definition(uri, line, len("import ") + 1) for line in lines)


@pytest.fixture
def linked(shop: Shop) -> Iterator[None]:
    """Make the pointer in the synced project for one test."""
    world, project = shop.synced.world, shop.synced.project
    world.uvlocal("link", cwd=project).ok()
    yield
    world.uvlocal("unlink", cwd=project).ok()


@pytest.mark.parametrize(
    ("tool", "way", "counts"),
    [
        pytest.param(tool, way, counts, id=f"{tool}-{way}")
        for tool, ways in code_tools.COUNTS.items()
        for way, counts in ways.items()
    ],
)
def test_imports(shop: Shop, tool: str, way: str, counts: Counts) -> None:
    """The number of unresolved imports is that of the table, in each of three cases."""
    local, synced = shop.local, shop.synced
    shim = os.path.join(synced.world.shim_directory, "uv")
    real = [synced.world.real_uv]
    plain = _start(shop, local, tool, way, real)
    alone = _start(shop, synced, tool, way, real)
    alone = Start(alone.argv, {**alone.environment, **synced.redirected})
    ours = _start(shop, synced, tool, way, [shim])
    assert counts == (
        _unresolved(local, tool, way, plain),
        _unresolved(synced, tool, way, alone),
        _unresolved(synced, tool, way, ours),
    )


@pytest.mark.parametrize(
    ("tool", "way", "command"),
    [
        pytest.param(tool, way, command, id=f"{tool}-{way}-{command.split()[1]}")
        for (tool, way), commands in code_tools.HELPS.items()
        for command in commands
    ],
)
def test_what_helps(
    shop: Shop, tool: str, way: str, command: str, request: pytest.FixtureRequest
) -> None:
    """With the advice of the table, the tool finds every import."""
    synced = shop.synced
    start = Start(["sh", "-c", f"exec {command}"], {"PATH": shop.path()})
    if command == code_tools.LINK:
        request.getfixturevalue("linked")
        shim = os.path.join(synced.world.shim_directory, "uv")
        start = _start(shop, synced, tool, way, [shim])
    assert _unresolved(synced, tool, way, start) == 0


def test_each_gap_has_its_help() -> None:
    """If uvlocal alone is not enough for a tool, the table has advice that is."""
    gaps = {
        (tool, way)
        for tool, ways in code_tools.COUNTS.items()
        for way, counts in ways.items()
        if counts.ours
    }
    assert gaps == set(code_tools.HELPS)


# -- task runners --------------------------------------------------------------------------------


def _succeeds(shop: Shop, place: Place, argv: Sequence[str]) -> bool:
    """Run a task; discard what a runner saves about an environment."""
    done = place.world.run(*argv, cwd=place.project, env={"PATH": shop.path()})
    for name in (".pdm-python", ".nox", ".tox"):
        path = os.path.join(place.project, name)
        if os.path.isdir(path):
            shutil.rmtree(path)
        elif os.path.exists(path):
            os.unlink(path)
    found = re.search(r"No module named|\.venv/bin/python3: |find valid virtualenv", str(done))
    assert bool(found) == bool(done.code), str(done)
    return not done.code


@pytest.mark.parametrize("row", code_tools.RUNNERS, ids=lambda row: row.name)
def test_tasks(shop: Shop, row: Runner, request: pytest.FixtureRequest) -> None:
    """A task finds the project's packages where the table says so."""
    if row.argv[0] == "make" and not shutil.which("make", path=shop.path()):
        pytest.skip("there is no make here")
    local, synced = shop.local, shop.synced
    assert _succeeds(shop, local, row.argv) == row.plain
    assert _succeeds(shop, synced, row.argv) == row.ours
    made = os.path.join(synced.project, ".venv")
    assert os.path.isdir(made) == row.makes
    shutil.rmtree(made, ignore_errors=True)
    assert _succeeds(shop, synced, ["uv", "run", *row.argv]) == row.run
    assert not os.path.lexists(made)
    request.getfixturevalue("linked")
    assert _succeeds(shop, synced, row.argv) == row.linked


# -- notebooks -----------------------------------------------------------------------------------

#: Runs a notebook whose one cell imports what the project imports, without a window.
NOTEBOOK = f"""\
import sys, nbclient, nbformat
from nbformat import v4
book = v4.new_notebook(cells=[v4.new_code_cell({CHECK!r})])
book.metadata["kernelspec"] = {{"name": sys.argv[1], "display_name": "a kernel"}}
try:
    nbclient.NotebookClient(book, timeout=100).execute()
except nbclient.exceptions.CellExecutionError as error:
    sys.exit(error.ename)
"""
#: Registers the project's environment as a kernel of the user's, for every Jupyter.
KERNEL = recipes.JUPYTER.splitlines()[-1].replace("foo", "app")


@pytest.mark.parametrize(
    ("command", "kernel", "said"),
    [
        pytest.param("uv run python", "python3", "", id="its own"),
        pytest.param(
            "uv run --no-dev --with ipykernel --with nbclient python", "python3", "", id="with"
        ),
        pytest.param(
            "uvx --with ipykernel --from nbclient python",
            "python3",
            "ModuleNotFoundError",
            id="a stranger",
        ),
        pytest.param("uvx --with ipykernel --from nbclient python", "app", "", id="registered"),
    ],
)
def test_notebooks(shop: Shop, command: str, kernel: str, said: str) -> None:
    """Jupyter started by `uv run` uses the project's environment; others need a kernel for it."""
    world, project = shop.synced.world, shop.synced.project
    book = world.write("book.py", NOTEBOOK)
    world.run("sh", "-c", KERNEL, cwd=project, env={"PATH": shop.path()}).ok()
    done = world.run("sh", "-c", f"{command} '{book}' {kernel}", cwd=project)
    assert done.code == (1 if said else 0), str(done)
    assert said in done.raw_err


def test_notebooks_in_vscode(shop: Shop) -> None:
    """VS Code starts a kernel with the Python that it finds in `~/.virtualenvs`."""
    world, project = shop.synced.world, shop.synced.project
    book = world.write("book.py", NOTEBOOK)
    found = os.path.join(
        world.home, ".virtualenvs", os.path.basename(shop.synced.environment), "bin", "python"
    )
    argv = [found, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    spec = json.dumps({"argv": argv, "display_name": "of VS Code", "language": "python"})
    world.write("kernels/kernels/found/kernel.json", spec)
    where = {"JUPYTER_PATH": world.path("kernels")}
    python = os.path.join(world.path("tools"), "bin", "python")
    world.run(python, book, "found", cwd=project, env=where).ok()
