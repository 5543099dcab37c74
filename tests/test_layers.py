"""The architecture: imports go one way, without cycles, and every package has a docstring."""

from __future__ import annotations

import ast
import os
from graphlib import CycleError, TopologicalSorter

import pytest

import uvlocal

SOURCE = os.path.dirname(os.path.abspath(uvlocal.__file__))
TESTS = os.path.dirname(os.path.abspath(__file__))

#: The packages and top-level modules: each may import those below it, none above.
LAYERS = (
    "__main__",
    "manage.commands",
    "manage.views",
    "manage.doctor",
    "manage.projects",
    "manage.installation",
    "manage.environments",
    "manage.settings",
    "manage.files",
    "manage.parallel",
    "manage.errors",
    "manage.telling",
    "manage.findings",
    "shim.launch",
    "shim.recall",
    "shim.prepare",
    "shim.in_place",
    "shim.call",
    "shim.decide",
    "shim.store",
    "shim.volume",
    "shim.settings",
    "shim.project",
    "shim.request",
    "shim.uv",
    "shim.machine",
    "shim.contract",
    "",  # the version, in the package itself
)

#: The only upward import: the writer of a project's first record belongs to the commands.
EXCEPTIONS = {
    ("shim.prepare", "manage.environments.record"),
    ("shim.prepare", "manage.environments.replaced"),
}

#: The maximum number of modules in a directory.
MOST_MODULES = 15


def modules(source: str) -> dict[str, str]:
    """Return the name and path of every module in a package."""
    found = {}
    for folder, _, names in os.walk(source):
        for name in names:
            path = os.path.join(folder, name)
            parts = os.path.relpath(path, source)[: -len(".py")].split(os.sep)
            if name.endswith(".py"):
                found[".".join(part for part in parts if part != "__init__")] = path
    return found


def imports(source: str) -> dict[str, set[str]]:
    """Return each module's imports from the package, including those in functions and for types."""
    files = modules(source)
    package = os.path.basename(source)
    found: dict[str, set[str]] = {}
    for module, path in files.items():
        with open(path, encoding="utf-8") as file:
            tree = ast.parse(file.read())
        names: list[str] = []
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module:
                names += [f"{node.module}.{alias.name}" for alias in node.names]
            elif isinstance(node, ast.Import):
                names += [alias.name for alias in node.names]
        ours = [name.partition(".")[2] for name in names if name.partition(".")[0] == package]
        resolved = {name if name in files else name.rpartition(".")[0] for name in ours}
        found[module] = resolved - {module}
    return found


def layer_of(module: str) -> str:
    """Return the entry of `LAYERS` for a module."""
    return ".".join(module.split(".")[:2]) if module.startswith(("manage.", "shim.")) else module


def upward(arrows: dict[str, set[str]]) -> set[tuple[str, str]]:
    """Return imports that go up, or to a module that is not in `LAYERS`."""
    rank = {name: number for number, name in enumerate(LAYERS)}
    return {
        (module, imported)
        for module, names in arrows.items()
        for imported in names
        if layer_of(module) != layer_of(imported)
        and not rank.get(layer_of(module), len(rank)) < rank.get(layer_of(imported), -1)
    }


def circle(arrows: dict[str, set[str]]) -> list[str]:
    """Return the modules of an import cycle, or []."""
    try:
        TopologicalSorter(arrows).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def test_imports_run_down() -> None:
    """No module imports from a layer above, except for the writer of records."""
    assert upward(imports(SOURCE)) == EXCEPTIONS


def test_there_is_no_circle() -> None:
    """There are no import cycles, not even in functions or for types."""
    arrows = imports(SOURCE)
    for module, imported in EXCEPTIONS:
        arrows[module].discard(imported)
    assert circle(arrows) == []


@pytest.mark.parametrize(
    "line",
    ["import house.b", "from house import b", "def f():\n    from house.b import x", ""],
    ids=["import", "from", "in-a-function", "none"],
)
def test_a_planted_circle_is_seen(tmp_path: os.PathLike[str], line: str) -> None:
    """The guard itself works: two modules that import each other are a cycle."""
    house = os.path.join(tmp_path, "house")
    os.mkdir(house)
    for name, content in {"__init__": "", "a": line, "b": "from house.a import y"}.items():
        with open(os.path.join(house, f"{name}.py"), "w", encoding="utf-8") as file:
            file.write(content)
    assert bool(circle(imports(house))) == bool(line)


@pytest.mark.parametrize(
    ("module", "imported", "runs_up"),
    [
        pytest.param("shim.machine.host", "shim.decide", True, id="up"),
        pytest.param("shim.decide", "shim.machine.host", False, id="down"),
        pytest.param("shim.machine.host", "shim.machine.native", False, id="in-the-room"),
        pytest.param("shim.decide", "shim.new_room.thing", True, id="unknown-room"),
        pytest.param("shim.new_room.thing", "shim.machine.host", True, id="from-unknown-room"),
    ],
)
def test_an_arrow_that_runs_up_is_seen(module: str, imported: str, *, runs_up: bool) -> None:
    """The guard itself works: an import that goes up, or to an unknown package, is found."""
    assert bool(upward({module: {imported}})) == runs_up


def rooms() -> list[str]:
    """Return every directory of the package, by its relative path."""
    found = [folder for folder, _, names in os.walk(SOURCE) if "__init__.py" in names]
    return sorted(os.path.relpath(folder, SOURCE) for folder in found)


@pytest.mark.parametrize("room", rooms())
def test_a_room_says_what_lives_in_it(room: str) -> None:
    """Each `__init__.py` has a docstring, and no directory has too many modules."""
    folder = os.path.join(SOURCE, room)
    with open(os.path.join(folder, "__init__.py"), encoding="utf-8") as file:
        assert ast.get_docstring(ast.parse(file.read()))
    held = [name for name in os.listdir(folder) if name.endswith(".py") and name != "__init__.py"]
    assert len(held) <= MOST_MODULES


def test_the_tests_have_the_rooms_of_the_source() -> None:
    """Each package of `shim` and `manage` has its tests in a directory of the same name."""
    missing = [
        room
        for room in rooms()
        if room.startswith(("shim", "manage")) and not os.path.isdir(os.path.join(TESTS, room))
    ]
    assert missing == []
