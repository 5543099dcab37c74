"""uv called by programs inside `uv run`: which environment each call uses, by every known way.

A call that meets the shim is decided again. One that bypasses it inherits what was set for the
outer project: right in the same project, wrong in another. `docs/programs.md` says so, and what
to do.
"""

from __future__ import annotations

import os
import shutil
import sys
from typing import TYPE_CHECKING, NamedTuple

import pytest
from support.compare import documented
from support.faults import hard_cases
from support.programs.callers import HERE, THERE, Callers
from support.tools import fetched

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from support.hosts.worlds import Completed, World

if sys.platform == "win32":
    pytest.skip("the tools are called by way of sh", allow_module_level=True)


class Way(NamedTuple):
    """How a program comes to call `uv sync` in the other project.

    `command` writes what the program needs, and returns the command for `uv run`. `owns_uv` says
    whether the outer project depends on the package uv, whose command is then first on PATH;
    `tools` whether the program comes with the tests; `needs` names one that does not.
    """

    command: Callable[[Callers], list[str]]
    owns_uv: bool = False
    tools: bool = False
    needs: str = ""


def _sh(*command: str) -> Callable[[Callers], list[str]]:
    return lambda callers: ["sh", "-c", callers.script(*command)]


def _make(callers: Callers) -> list[str]:
    callers.write("Makefile", f"sync:\n\t{callers.script('uv', 'sync')}\n")
    return ["make", "sync"]


def _just(callers: Callers) -> list[str]:
    callers.write("justfile", f"sync:\n\t{callers.script('uv', 'sync')}\n")
    return ["just", "sync"]


def _poe(callers: Callers) -> list[str]:
    callers.write("poe_tasks.toml", f"[tasks.sync]\nshell = '''{callers.script('uv', 'sync')}'''\n")
    return ["poe", "sync"]


def _nox(backend: str) -> Callable[[Callers], list[str]]:
    def write(callers: Callers) -> list[str]:
        lines = [
            "import nox",
            f"@nox.session(venv_backend={backend!r})",
            "def sync(session):",
            f"    with session.chdir({callers.there!r}):",
            "        session.run('uv', 'sync', external=True)",
        ]
        callers.write("noxfile.py", "\n".join(lines) + "\n")
        return ["nox", "-s", "sync"]

    return write


def _tox(callers: Callers) -> list[str]:
    lines = [
        "[env.sync]",
        "skip_install = true",
        f"deps = [{THERE!r}]",
        "allowlist_externals = ['sh']",
        f"commands = [['sh', '-c', '''{callers.script('uv', 'sync')}''']]",
    ]
    callers.write("tox.toml", "\n".join(lines) + "\n")
    return ["tox", "-e", "sync"]


def _tox_with_lock(callers: Callers) -> list[str]:
    lines = ["[env.sync]", "skip_install = true", "runner = 'uv-venv-lock-runner'"]
    callers.write("tox.toml", "\n".join(lines) + "\n")
    callers.world.uv("lock", cwd=callers.here).ok()
    return ["tox", "-e", "sync"]


def _pre_commit(language: str) -> Callable[[Callers], list[str]]:
    def write(callers: Callers) -> list[str]:
        own = "additional_dependencies: [uv]" if language == "python" else "args: []"
        entry = f"sh -c '{callers.script('uv', 'sync')}'".replace('"', '\\"')
        lines = [
            "repos:",
            "- repo: local",
            "  hooks:",
            "  - id: sync",
            "    name: sync",
            f"    language: {language}",
            f'    entry: "{entry}"',
            f"    {own}",
            "    always_run: true",
            "    pass_filenames: false",
        ]
        callers.write(".pre-commit-config.yaml", "\n".join(lines) + "\n")
        callers.world.run("git", "init", "-q", cwd=callers.here).ok()
        callers.world.run("git", "add", ".pre-commit-config.yaml", cwd=callers.here).ok()
        return ["pre-commit", "run"]

    return write


def _module(callers: Callers) -> list[str]:
    command = "[sys.executable, '-m', 'uv', 'sync']"
    call = f"subprocess.run({command}, cwd={callers.there!r}, check=True)"
    return ["python", "-c", f"import subprocess, sys; {call}"]


def _path(callers: Callers) -> list[str]:
    return _sh(callers.world.real_uv, "sync")(callers)


#: Calls that meet the shim.
MEETING = {
    "the shim": Way(_sh("uv", "sync")),
    "the shim in the shim": Way(_sh("uv", "run", "--no-project", "uv", "sync")),
    "make": Way(_make, needs="make"),
    "just": Way(_just, tools=True),
    "poe": Way(_poe, tools=True),
    "nox without an environment": Way(_nox("none"), tools=True),
    "tox with tox-uv": Way(_tox, tools=True),
    "pre-commit, a hook of the system": Way(_pre_commit("system"), tools=True, needs="git"),
}

#: Calls that bypass it.
BYPASSING = {
    "the real uv by its path": Way(_path),
    "$UV": Way(_sh("$UV", "sync")),
    "python -m uv": Way(_module, owns_uv=True),
    "the project's own uv": Way(_sh("uv", "sync"), owns_uv=True),
    "make, and the project's own uv": Way(_make, owns_uv=True, needs="make"),
    "pre-commit, a hook with its own uv": Way(_pre_commit("python"), tools=True, needs="git"),
}

#: Tools that name an environment of their own to uv, and where that is in the project.
NAMING = {
    "nox": (Way(_nox("uv"), tools=True), ".nox/sync"),
    "tox with the lock file": (Way(_tox_with_lock, tools=True), ".tox/sync"),
}

#: The bypassing calls of an ordinary run; `make test-hard` makes all of them.
USUAL = ["$UV", "the project's own uv", "python -m uv"]


def table(
    ways: Mapping[str, Way], *kinds: str, few: Collection[str] = ()
) -> list[pytest.ParameterSet]:
    """Return each way with each kind of the other project.

    An ordinary run has one kind for each way, and only the `few` ways if some are named.
    """
    if hard_cases.ALL:
        chosen = [(name, kind) for name in ways for kind in kinds]
    else:
        chosen = [(name, kinds[number % len(kinds)]) for number, name in enumerate(few or ways)]
    return [pytest.param(ways[name], kind, id=f"{name}, {kind}") for name, kind in chosen]


def prepare(world: World, way: Way, kind: str) -> tuple[Callers, list[str]]:
    """Write the projects, install what the way needs, and return the command for `uv run`."""
    if way.needs and not shutil.which(way.needs, path=world.environment["PATH"]):
        pytest.skip(f"there is no `{way.needs}`")
    try:
        fetched.tools()
    except RuntimeError as error:
        pytest.skip(f"the tools cannot be fetched: {error}")
    callers = Callers(world, kind, owns_uv=way.owns_uv)
    if way.tools:
        callers.install_tools()
    return callers, way.command(callers)


def run(callers: Callers, command: list[str]) -> Completed:
    """Run a command by `uv run` in the first project."""
    return callers.world.uv("run", *command, cwd=callers.here).ok()


def run_active(callers: Callers, command: list[str]) -> Completed:
    """Run a command as `VIRTUAL_ENV="$(uvlocal path)" uv run --active` does, which is advised."""
    callers.world.uv("sync", cwd=callers.here).ok()
    env = {"VIRTUAL_ENV": callers.ours}
    return callers.world.uv("run", "--active", *command, cwd=callers.here, env=env).ok()


@pytest.mark.parametrize(("way", "kind"), table(MEETING, "synced", "local", "same"))
def test_a_call_that_meets_the_shim(newest_world: World, way: Way, kind: str) -> None:
    """Each project gets its own environment, and nothing but that, whoever calls `uv`."""
    callers, command = prepare(newest_world, way, kind)
    run(callers, command)
    assert callers.known(callers.ours) == {HERE}
    assert callers.known(callers.other) == ({HERE} if kind == "same" else {THERE})
    assert callers.untouched()


@pytest.mark.parametrize(("way", "kind"), table(BYPASSING, "same", few=USUAL))
def test_a_bypassing_call_in_the_same_project(newest_world: World, way: Way, kind: str) -> None:
    """It uses the environment that uvlocal keeps, warns of nothing, and makes none of its own."""
    callers, command = prepare(newest_world, way, kind)
    result = run(callers, command)
    assert callers.known(callers.ours) == {HERE}
    assert callers.untouched()
    assert "warning" not in result.err


@pytest.mark.parametrize(("way", "kind"), table(BYPASSING, "synced", "local", few=USUAL))
def test_a_bypassing_call_in_another_project(newest_world: World, way: Way, kind: str) -> None:
    """It acts on the outer project's environment, as is documented; the next call fixes that."""
    callers, command = prepare(newest_world, way, kind)
    run(callers, command)
    assert callers.known(callers.ours) == {THERE}
    assert not os.path.lexists(os.path.join(callers.there, ".venv"))
    assert callers.untouched()
    run(callers, ["python", "-c", f"import {HERE}"])
    callers.world.uv("sync", cwd=callers.here).ok()
    assert callers.known(callers.ours) == {HERE}


@pytest.mark.parametrize(("way", "kind"), table(BYPASSING, "synced", "local", few=USUAL[:2]))
def test_active_hands_nothing_on(newest_world: World, way: Way, kind: str) -> None:
    """With `--active` a bypassing call in another project makes that one's `.venv`, as bare uv."""
    callers, command = prepare(newest_world, way, kind)
    run_active(callers, command)
    assert callers.known(callers.ours) == {HERE}
    assert callers.known(os.path.join(callers.there, ".venv")) == {THERE}
    assert not os.path.lexists(os.path.join(callers.here, ".venv"))


@pytest.mark.parametrize(
    ("way", "kind"), table(MEETING, "synced", "local", few=["the shim", "make"])
)
def test_active_and_the_shim(newest_world: World, way: Way, kind: str) -> None:
    """With `--active` a call that meets the shim gets its own project's environment as ever."""
    callers, command = prepare(newest_world, way, kind)
    run_active(callers, command)
    assert callers.known(callers.ours) == {HERE}
    assert callers.known(callers.other) == ({HERE} if kind == "same" else {THERE})
    assert callers.untouched()


@pytest.mark.parametrize(("way", "kind"), table(BYPASSING, "same", few=["the project's own uv"]))
def test_active_and_a_pointer(newest_world: World, way: Way, kind: str) -> None:
    """With a pointer, a bypassing call in the same project uses what uvlocal keeps, silently."""
    callers, command = prepare(newest_world, way, kind)
    callers.world.write("home/.config/uvlocal/uvlocal.toml", 'pointer = "symlink"\n')
    result = run_active(callers, command)
    assert os.path.realpath(os.path.join(callers.here, ".venv")) == callers.ours
    assert callers.known(callers.ours) == {HERE}
    assert "warning" not in result.err


@pytest.mark.parametrize(("way", "inside"), NAMING.values(), ids=NAMING)
def test_a_tool_that_names_its_own_environment(newest_world: World, way: Way, inside: str) -> None:
    """What a tool sets is the user's word: its own environment is used, and no other changed."""
    callers, command = prepare(newest_world, way, "same")
    run(callers, command)
    assert callers.known(os.path.join(callers.here, inside)) == {HERE}
    assert callers.known(callers.ours) == {HERE}
    assert len(callers.world.environments()) == 1


@pytest.mark.parametrize("pointer", ["none", "symlink"])
def test_the_real_uv_alone(world: World, pointer: str) -> None:
    """Without `uv run` around it the real uv makes `.venv`, and with a pointer it follows that."""
    callers = Callers(world, "same", owns_uv=False)
    world.write("home/.config/uvlocal/uvlocal.toml", f'pointer = "{pointer}"\n')
    world.uv("sync", cwd=callers.here).ok()
    result = world.plain("sync", cwd=callers.here).ok()
    inside = os.path.join(callers.here, ".venv")
    assert os.path.islink(inside) == (pointer == "symlink")
    assert callers.known(inside) == {HERE}
    assert ("Creating" in result.err) == (pointer == "none")


@pytest.mark.parametrize("kind", ["synced", "local"] if hard_cases.ALL else ["local"])
def test_every_version_of_uv(world: World, kind: str) -> None:
    """What is reported above of a bypassing call in another project holds for each uv."""
    callers, command = prepare(world, BYPASSING["the real uv by its path"], kind)
    run(callers, command)
    assert callers.known(callers.ours) == {THERE}
    callers.world.uv("sync", cwd=callers.here).ok()
    if world.version >= (0, 7):
        run_active(callers, command)
        assert callers.known(callers.ours) == {HERE}
        assert callers.known(os.path.join(callers.there, ".venv")) == {THERE}


def test_the_line_in_the_documentation(newest_world: World) -> None:
    """The command line that the documentation advises does what it says, as it is there."""
    commands = documented.commands(documented.read("docs/programs.md"))
    [line] = [line for line in commands if line.startswith("VIRTUAL_ENV=")]
    callers, _ = prepare(newest_world, BYPASSING["make, and the project's own uv"], "local")
    callers.world.uv("sync", cwd=callers.here).ok()
    callers.world.write("bin/uvlocal", f'#!/bin/sh\nexec {sys.executable} -m uvlocal "$@"\n')
    os.chmod(callers.world.path("bin/uvlocal"), 0o755)  # noqa: S103 - a command of this world
    callers.world.run("sh", "-c", line, cwd=callers.here).ok()
    assert callers.known(callers.ours) == {HERE}
    assert callers.known(os.path.join(callers.there, ".venv")) == {THERE}
