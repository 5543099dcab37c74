"""uv inside `uv run`: variables set for one project must not leak into another.

A nested `uv sync` that used the outer project's environment would uninstall the outer project's
packages.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from support.hosts.worlds import World

#: The folder of a project, and what its `[tool.uvlocal]` says, by what happens to it.
KINDS = {
    "redirected": ("home/Dropbox", ""),
    "local": ("local", ""),
    "always": ("local", '[tool.uvlocal]\nmode = "always"'),
    "never": ("home/Dropbox", '[tool.uvlocal]\nmode = "never"'),
}

#: Prints what a program that uv runs sees of our decision.
PRINT_VARIABLES = (
    "import os\n"
    "for name, value in sorted(os.environ.items()):\n"
    "    if name.startswith(('UVLOCAL_SET_', 'UVLOCAL_HAD_', 'UV_PROJECT_')):\n"
    "        print(name, value)"
)


def make(world: World, name: str, kind: str, dependency: str) -> str:
    """Write a project of a kind, with one dependency that identifies its environment."""
    folder, table = KINDS[kind]
    return world.project(f"{folder}/{name}", packaged=False, dependencies=[dependency], extra=table)


def environment_of(world: World, project: str, kind: str) -> str:
    """Return where the project's environment must be."""
    inside = os.path.join(project, ".venv")
    if kind in {"local", "never"}:
        return inside
    assert not os.path.lexists(inside)
    stem = os.path.basename(project) + "-"
    [found] = [path for path in world.environments() if os.path.basename(path).startswith(stem)]
    return found


@pytest.mark.parametrize("inner", list(KINDS))
@pytest.mark.parametrize("outer", ["redirected", "local"])
def test_sync_in_another_project(world: World, outer: str, inner: str) -> None:
    """`uv sync` inside `uv run` leaves both projects' environments right."""
    here = make(world, "outer", outer, "iniconfig")
    there = make(world, "inner", inner, "six")
    world.uv("run", "sh", "-c", f"cd '{there}' && uv sync", cwd=here).ok()
    assert world.installed(environment_of(world, here, outer)) == {"iniconfig"}
    assert world.installed(environment_of(world, there, inner)) == {"six"}


@pytest.mark.parametrize("inner", list(KINDS))
def test_run_in_another_project(newest_world: World, inner: str) -> None:
    """`uv run` inside `uv run` uses the inner project's environment."""
    world = newest_world
    here = make(world, "outer", "redirected", "iniconfig")
    there = make(world, "inner", inner, "six")
    script = f"cd '{there}' && uv run python -c 'import sys, six; print(sys.prefix)'"
    printed = world.uv("run", "sh", "-c", script, cwd=here).ok().raw_out
    assert printed == environment_of(world, there, inner) + "\n"
    assert world.installed(environment_of(world, here, "redirected")) == {"iniconfig"}


@pytest.mark.slow
def test_a_script_that_starts_itself(newest_world: World) -> None:
    """A shebang without `--script` makes uv loop, which uv reports itself, as without us."""
    world = newest_world
    project = world.project("home/Dropbox/loop", packaged=False)
    script = world.write("home/Dropbox/loop/again", "#!/usr/bin/env -S uv run\n")
    os.chmod(script, 0o755)  # noqa: S103 - a script must be executable
    world.uv("sync", "-q", cwd=project).ok()
    depth = {"UV_RUN_MAX_RECURSION_DEPTH": "110"}
    ran = world.run(script, cwd=project, env=depth)
    assert ran.code == 2
    assert "recursive" in ran.err
    assert "uvlocal" not in ran.err


def test_three_levels(newest_world: World) -> None:
    """A redirected project called through a local one from a redirected one works as well."""
    world = newest_world
    first = make(world, "first", "redirected", "iniconfig")
    second = make(world, "second", "local", "six")
    third = make(world, "third", "redirected", "idna")
    script = f"cd '{second}' && uv run sh -c 'cd \"{third}\" && uv sync'"
    world.uv("run", "sh", "-c", script, cwd=first).ok()
    assert world.installed(environment_of(world, first, "redirected")) == {"iniconfig"}
    assert world.installed(environment_of(world, second, "local")) == {"six"}
    assert world.installed(environment_of(world, third, "redirected")) == {"idna"}


def test_same_project(world: World) -> None:
    """Uv inside `uv run` of the same project uses the same environment, and warns of nothing."""
    project = make(world, "outer", "redirected", "iniconfig")
    world.uv("sync", cwd=project).ok()
    script = "uv run python -c 'import sys; print(sys.prefix)' && uv pip freeze"
    result = world.uv("run", "sh", "-c", script, cwd=project).ok()
    environment = environment_of(world, project, "redirected")
    assert result.raw_out == f"{environment}\niniconfig==2.1.0\n"
    assert "warning" not in result.err


def test_every_variable_of_ours_is_marked(newest_world: World) -> None:
    """Each variable set for uv has a marker with the same value, which a nested call recognises."""
    world = newest_world
    project = make(world, "outer", "redirected", "iniconfig")
    printed = world.uv("run", "python", "-c", PRINT_VARIABLES, cwd=project).ok().raw_out
    environment = environment_of(world, project, "redirected")
    assert printed.splitlines() == [
        f"UVLOCAL_SET_UV_PROJECT_ENVIRONMENT {environment}",
        f"UV_PROJECT_ENVIRONMENT {environment}",
    ]


def test_what_the_user_had_is_kept_and_given_back(newest_world: World) -> None:
    """A replaced value of the user's is restored in a nested call that needs no redirection."""
    world = newest_world
    here = make(world, "outer", "redirected", "iniconfig")
    there = make(world, "inner", "local", "six")
    empty = {"UV_PROJECT_ENVIRONMENT": ""}
    outer = world.uv("run", "python", "-c", PRINT_VARIABLES, cwd=here, env=empty).ok()
    assert "UVLOCAL_HAD_UV_PROJECT_ENVIRONMENT " in outer.raw_out.splitlines()
    world.write("print.py", PRINT_VARIABLES)
    script = f"cd '{there}' && uv run python '{world.path('print.py')}'"
    inner = world.uv("run", "sh", "-c", script, cwd=here, env=empty).ok()
    assert inner.raw_out == "UV_PROJECT_ENVIRONMENT \n"


@pytest.mark.parametrize("inner", ["local", "never"])
def test_nothing_of_ours_reaches_an_untouched_project(newest_world: World, inner: str) -> None:
    """In a nested call that needs no redirection, uv sees no variable of ours."""
    world = newest_world
    here = make(world, "outer", "redirected", "iniconfig")
    there = make(world, "inner", inner, "six")
    world.write("print.py", PRINT_VARIABLES)
    script = f"cd '{there}' && uv run python '{world.path('print.py')}'"
    assert world.uv("run", "sh", "-c", script, cwd=here).ok().raw_out == ""


def test_no_metadata_does_not_leak(newest_world: World) -> None:
    """A project that is installed without metadata does not take another's metadata away."""
    world = newest_world
    here = make(world, "outer", "redirected", "iniconfig")
    there = make(world, "inner", "local", "six")
    script = f"cd '{there}' && UVLOCAL_STRATEGY= uv sync"
    strategy = {"UVLOCAL_STRATEGY": "no-metadata"}
    world.uv("run", "sh", "-c", script, cwd=here, env=strategy).ok()
    written = {kind: world.tree(os.path.join(kind, ".venv")) for kind in (here, there)}
    installers = {
        project: any(name.endswith("INSTALLER") for name in names)
        for project, names in written.items()
    }
    assert installers == {here: False, there: True}


def test_bypass_gives_back_the_users_environment(newest_world: World) -> None:
    """A nested call that bypasses uvlocal gets the user's environment, not the outer project's."""
    world = newest_world
    here = make(world, "outer", "redirected", "iniconfig")
    there = make(world, "inner", "redirected", "six")
    script = f"cd '{there}' && UVLOCAL_BYPASS=1 uv sync"
    world.uv("run", "sh", "-c", script, cwd=here).ok()
    assert world.installed(environment_of(world, here, "redirected")) == {"iniconfig"}
    assert world.installed(os.path.join(there, ".venv")) == {"six"}


def test_value_of_ours_without_its_mark(newest_world: World) -> None:
    """A value inside the store is recognised as ours even if its marker was lost."""
    world = newest_world
    here = make(world, "outer", "redirected", "iniconfig")
    there = make(world, "inner", "local", "six")
    script = f"cd '{there}' && env -u UVLOCAL_SET_UV_PROJECT_ENVIRONMENT uv sync"
    world.uv("run", "sh", "-c", script, cwd=here).ok()
    assert world.installed(environment_of(world, here, "redirected")) == {"iniconfig"}
    assert world.installed(os.path.join(there, ".venv")) == {"six"}


def test_the_users_environment_holds_for_nested_calls(newest_world: World) -> None:
    """A `UV_PROJECT_ENVIRONMENT` of the user's is respected in nested calls too, as by bare uv."""
    world = newest_world
    here = make(world, "outer", "redirected", "iniconfig")
    there = make(world, "inner", "redirected", "six")
    script = f"cd '{there}' && uv sync"
    mine = {"UV_PROJECT_ENVIRONMENT": world.path("mine")}
    world.uv("run", "sh", "-c", script, cwd=here, env=mine).ok()
    assert world.installed(world.path("mine")) == {"six"}
    assert world.environments() == []
