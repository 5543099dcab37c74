"""Command lines of all kinds: the launcher does what bare uv does, byte for byte.

Each is called with the real uv, and by the launcher while it decides and again when it recalls:
output, exit code and files must be the same.
"""

from __future__ import annotations

import os
import random
import shlex
import shutil
import sys
from typing import TYPE_CHECKING

import pytest
from support.compare.side_by_side import SideBySide
from support.faults import hard_cases
from support.hosts.worlds import World

from uvlocal.shim.request.commands import COMMANDS

if TYPE_CHECKING:
    from pathlib import Path

if sys.platform == "win32":
    pytest.skip("compares processes as POSIX has them", allow_module_level=True)

#: In a folder without a project.
ANYWHERE = """
--version
-V
--frobnicate
-Z
-q
-- run true
frobnicate
help frobnicate
--color always frobnicate
version
self version
pip
python
cache
tool
run
run true
run false
run nothing-there
run ./nothing-there.py
run sh -c 'exit 37'
run sh -c 'kill -TERM $$'
run sh -c 'kill -KILL $$'
run --frobnicate true
run --python 9.9 true
run --python
run --no-project python -c 'import sys; print(sys.argv[1:], end="")' '' 'a b' '*' $'\\xff'
run --isolated true
run --with nothing-there true
run -m nothing_there
run --max-recursion-depth 0 true
--directory nothing-there sync
--project nothing-there run true
--directory . --directory . run true
--config-file nothing-there run true
sync
lock
add six
remove six
tree
export
version --bump minor
venv
venv .venv --clear
venv other --seed --no-index
pip list
pip install six
pip freeze --strict
pip compile nothing-there.txt
python find
python find 9.9
python pin 3.99
python list --only-installed
cache dir
tool list
tool dir
tool run nothing-there
tool install nothing-there
build
publish
init made --bare --no-workspace
generate-shell-completion bash
generate-shell-completion frobnicate
workspace dir
"""

#: In a project. Those with `pip` or `python find` look for `VIRTUAL_ENV`.
IN_A_PROJECT = """
run true
run false
run -q python -c 'import iniconfig; print(iniconfig.__name__)'
run python -c 'import six'
run python nothing-there.py
run python -c 'import sys; sys.stdout.buffer.write(bytes(range(256))); sys.exit(3)'
run script.py a '' b
run ./script.py
run sub/script.py
run --script script.py
run inline.py
run -m script
run --no-sync true
run --locked true
run --frozen true
run --exact true
run --isolated true
run --no-project python -c 'import sys; print(sys.prefix)'
run --with six python -c 'import six; print(six.__name__)'
run --package nothing-there true
run --env-file nothing-there true
run --active true
run --directory sub true
run --project sub true
--project . run true
--directory sub run pwd
--no-config -v --offline --color always -q run true
--no-cache run true
sync
sync --locked
sync --frozen
sync --dry-run
sync --check
sync --extra nothing-there
sync --no-install-project --inexact
sync --python 9.9
lock
lock --check
lock --upgrade-package nothing-there
add nothing-there
remove nothing-there
tree
tree --depth 0
export
version
version --short
version 9.9 --dry-run
venv
workspace dir
workspace list
workspace metadata
check --frobnicate
pip list
pip freeze
pip show iniconfig
pip check
pip install nothing-there
pip tree
pip compile pyproject.toml --no-header
python find
python find --script inline.py
run --python 3.99 true
"""

#: In a project, which they change.
CHANGING = """
add six
add --dev six
add --frozen six
remove iniconfig
export --no-hashes -o out.txt
version --bump minor
venv --clear
venv other
venv --allow-existing
build --no-build-isolation
init --bare member
pip install six
pip uninstall iniconfig
"""

PROJECT = """[project]
name = "demo"
version = "0.1.0"
requires-python = ">=3.10"
dependencies = ["iniconfig"]
"""
INLINE = "# /// script\n# dependencies = []\n# ///\nprint('inline')\n"


def lines(text: str) -> list[str]:
    """Return the command lines of a table; an ordinary run takes a third of them."""
    found = text.strip().split("\n")
    chosen = random.Random(hard_cases.SEED).sample(found, len(found) // 3)  # noqa: S311 - by a seed
    return found if hard_cases.ALL else sorted(chosen)


@pytest.fixture(scope="module")
def exact_world(tmp_path_factory: pytest.TempPathFactory, newest_uv: str, uv_caches: Path) -> World:
    """Return one world for all command lines: each lays out its own folder."""
    root = str(tmp_path_factory.mktemp("exact") / "world")
    python = os.path.realpath(getattr(sys, "_base_executable", sys.executable))
    world = World(root, newest_uv, cache=str(uv_caches / "exact"), python=python)
    world.environment["UVLOCAL_STORE"] = world.store
    for name, content in {
        "pyproject.toml": PROJECT,
        "script.py": "import sys\nprint(sys.argv)\n",
        "inline.py": INLINE,
        "sub/script.py": "import sys\nprint(sys.prefix)\n",
    }.items():
        world.write(f"template/{name}", content)
    world.plain("sync", "-q", cwd=world.path("template")).ok()
    return world


@pytest.fixture(scope="module")
def nowhere(exact_world: World) -> SideBySide:
    """Return the ways to call uv in an empty folder."""
    return SideBySide(exact_world, exact_world.path("local/empty"))


def in_local(world: World, name: str, *, settles: bool) -> SideBySide:
    """Return the ways to call uv in a project that is on a local volume."""
    folder = world.path(f"local/{name}")
    return SideBySide(world, folder, world.path("template"), settles=settles)


def in_synced(world: World, name: str, *, settles: bool) -> SideBySide:
    """Return the ways to call uv in a project in Dropbox, whose record was written before."""
    for file in ("pyproject.toml", "uv.lock", "script.py", "inline.py", "sub/script.py"):
        with open(os.path.join(world.path("template"), file), "rb") as content:
            world.write(f"shared/{file}", content.read())
    folder = os.path.join(world.dropbox, name)
    found = SideBySide(world, folder, world.path("shared"), settles=settles)
    found.lay_out("")
    world.uv("sync", cwd=folder).ok()
    environment = environment_of(found)
    saved = world.path(f"saved-{name}")
    found.templates[environment] = shutil.copytree(environment, saved, symlinks=True)
    return found


def environment_of(calls: SideBySide) -> str:
    """Return the environment of a synced project."""
    stem = os.path.basename(calls.folder) + "-"
    names = [path for path in calls.world.environments() if os.path.basename(path).startswith(stem)]
    [environment] = names
    return environment


@pytest.fixture(scope="module")
def local(exact_world: World) -> SideBySide:
    """Return a local project that stays as it is."""
    return in_local(exact_world, "demo", settles=True)


@pytest.fixture(scope="module")
def local_changing(exact_world: World) -> SideBySide:
    """Return a local project for what changes it."""
    return in_local(exact_world, "changing", settles=False)


@pytest.fixture(scope="module")
def synced(exact_world: World) -> SideBySide:
    """Return a synced project that stays as it is."""
    return in_synced(exact_world, "demo", settles=True)


@pytest.fixture(scope="module")
def synced_changing(exact_world: World) -> SideBySide:
    """Return a synced project for what changes it."""
    return in_synced(exact_world, "changing", settles=False)


@pytest.mark.parametrize("line", lines("\n".join(f"{command} --help" for command in COMMANDS)))
def test_help(nowhere: SideBySide, line: str) -> None:
    """Every command's help is uv's own."""
    nowhere.compare(words(line))


@pytest.mark.parametrize("line", lines(ANYWHERE))
def test_without_a_project(nowhere: SideBySide, line: str) -> None:
    """Where there is no project a shim is uv."""
    nowhere.compare(words(line))


@pytest.mark.parametrize("line", lines(IN_A_PROJECT))
def test_in_a_local_project(local: SideBySide, line: str) -> None:
    """In a project on a local volume a shim is uv, files included."""
    local.lay_out("")
    before = local.files()
    assert local.compare(words(line)).files == before


@pytest.mark.parametrize("line", lines(CHANGING))
def test_what_changes_a_local_project(local_changing: SideBySide, line: str) -> None:
    """What uv changes in a project on a local volume it changes in the same way."""
    local_changing.compare(words(line))


@pytest.mark.parametrize("line", lines(IN_A_PROJECT))
def test_in_a_synced_project(synced: SideBySide, line: str) -> None:
    """In a synced project a shim is uv with the environment's path preset."""
    synced.compare(words(line), bare=preset(synced, line))


@pytest.mark.parametrize("line", lines(CHANGING))
def test_what_changes_a_synced_project(synced_changing: SideBySide, line: str) -> None:
    """What uv changes in a synced project and its environment it changes in the same way."""
    synced_changing.compare(words(line), bare=preset(synced_changing, line))


def preset(calls: SideBySide, line: str) -> dict[str, str]:
    """Return the variable with which bare uv does what a shim does in a synced project."""
    looks = line.startswith(("pip ", "python find", "build"))
    return {"VIRTUAL_ENV" if looks else "UV_PROJECT_ENVIRONMENT": environment_of(calls)}


@pytest.mark.parametrize("line", ["run true", "run --no-sync python -c 0", "sync", "pip list"])
@pytest.mark.parametrize("where", ["nowhere", "local", "synced"])
def test_decisions_are_recalled(where: str, line: str, request: pytest.FixtureRequest) -> None:
    """What is compared here is indeed the launcher's own way, too."""
    calls: SideBySide = request.getfixturevalue(where)
    calls.call("decided", words(line))
    assert calls.recorded()


def words(line: str) -> list[bytes]:
    r"""Return the words of a line; `$'\xff'` is a byte that is not text."""
    return [os.fsencode(word.replace("$\\xff", "\udcff")) for word in shlex.split(line)]
