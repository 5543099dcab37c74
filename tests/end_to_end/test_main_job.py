"""The main job: a project in a Dropbox folder works, and nothing of its environment is there."""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from support.tools.fetched import SOURCE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from support.hosts.worlds import Completed, World

#: Python's own caches beside the sources have nothing to do with uv or uvlocal.
NO_BYTECODE = {"PYTHONDONTWRITEBYTECODE": "1"}

#: What each command may write in the project's folder, and whether it creates an environment.
COMMANDS = [
    pytest.param(["run", "foo"], {"uv.lock"}, True, id="run"),
    pytest.param(["run", "--no-sync", "python", "-V"], set(), True, id="run-no-sync"),
    pytest.param(["--color", "never", "sync"], {"uv.lock"}, True, id="sync"),
    pytest.param(["add", "six"], {"uv.lock", "pyproject.toml"}, True, id="add"),
    pytest.param(["remove", "iniconfig"], {"uv.lock", "pyproject.toml"}, True, id="remove"),
    pytest.param(["lock"], {"uv.lock"}, False, id="lock"),
    pytest.param(["export"], {"uv.lock"}, False, id="export"),
    pytest.param(["tree"], {"uv.lock"}, False, id="tree"),
    pytest.param(["venv"], set(), True, id="venv"),
    pytest.param(
        ["version", "--bump", "minor"], {"uv.lock", "pyproject.toml"}, True, id="version-bump"
    ),
]


def changed(before: dict[str, object], after: dict[str, object]) -> set[str]:
    """Return the names of what is new, gone or different."""
    return {name for name in {*before, *after} if before.get(name) != after.get(name)}


def the_environment(world: World, name: str = "foo") -> str:
    """Return the one environment in the store, after making sure that its name is right."""
    [environment] = world.environments()
    assert re.fullmatch(re.escape(name) + "-[0-9a-f]{10}", os.path.basename(environment))
    return environment


# -- where files are -------------------------------------------------------------------------------


@pytest.mark.parametrize(("command", "written", "makes"), COMMANDS)
def test_nothing_is_left_in_the_folder(
    world: World, command: Sequence[str], written: set[str], *, makes: bool
) -> None:
    """Each project command writes what uv itself writes, and keeps the environment elsewhere."""
    if command[0] == "version" and world.version < (0, 7):
        pytest.skip("this uv has no `version --bump`")
    project = world.project("home/Dropbox/foo", dependencies=["iniconfig"])
    before = world.tree(world.dropbox)
    world.uv(*command, cwd=project, env=NO_BYTECODE).ok()
    after = world.tree(world.dropbox)
    assert changed({**before}, {**after}) == {os.path.join("foo", name) for name in written}
    if makes:
        assert os.path.isfile(os.path.join(the_environment(world), "pyvenv.cfg"))
    else:
        assert world.environments() == []


@pytest.mark.skipif(sys.platform == "win32", reason="there is no sh")
def test_the_script_where_no_launcher_fits(newest_world: World) -> None:
    """`uv.sh` in the launcher's place does the main job, also in a nested call."""
    shims = newest_world.install_shim()
    shutil.copyfile(os.path.join(SOURCE, "shims", "uv.sh"), os.path.join(shims, "uv"))
    project = newest_world.project("home/Dropbox/foo", dependencies=["iniconfig"])
    newest_world.uv("run", "foo", cwd=project).ok()
    second = newest_world.uv("run", "sh", "-c", "uv run foo", cwd=project).ok()
    assert (second.out, second.err) == ("hello from foo\n", "")
    assert newest_world.installed(the_environment(newest_world)) == {"foo", "iniconfig"}
    assert not os.path.lexists(os.path.join(project, ".venv"))


def test_lock_file_is_the_one_that_uv_writes(world: World) -> None:
    """What uv writes in the folder is byte for byte what it writes without uvlocal."""
    project = world.project("home/Dropbox/foo", dependencies=["iniconfig"])
    lock = os.path.join(project, "uv.lock")
    world.plain("lock", cwd=project).ok()
    with open(lock, "rb") as file:
        plain = file.read()
    os.unlink(lock)
    world.uv("sync", cwd=project).ok()
    with open(lock, "rb") as file:
        assert file.read() == plain


def test_the_environment_is_whole(world: World) -> None:
    """The environment in the store holds the project, its dependency and its command."""
    project = world.project("home/Dropbox/foo", dependencies=["iniconfig"])
    assert world.uv("run", "foo", cwd=project).ok().out == "hello from foo\n"
    environment = the_environment(world)
    assert world.installed(environment) == {"foo", "iniconfig"}
    command = os.path.join(environment, "bin", "foo")
    assert world.run(command).ok().out == "hello from foo\n"


def test_record(newest_world: World) -> None:
    """The first call writes one record beside the environment, which names its project."""
    world = newest_world
    project = world.project("home/Dropbox/foo")
    world.uv("sync", cwd=project).ok()
    name = os.path.basename(the_environment(world))
    [(file, record)] = world.records().items()
    assert file == f"{name}.toml"
    assert record["root"] == project
    assert record["provider"] == "dropbox"
    assert record["strategy"] == "redirect"
    assert record["device"] == os.stat(project).st_dev
    assert record["inode"] == os.stat(project).st_ino
    assert record["uv"] == ".".join(map(str, world.version))


def test_store_is_private(newest_world: World) -> None:
    """Nobody else may write to the store, whatever the umask is."""
    world = newest_world
    project = world.project("home/Dropbox/foo")
    world.install_shim()
    world.run("sh", "-c", "umask 000; uv sync", cwd=project).ok()
    assert stat.S_IMODE(os.lstat(world.store).st_mode) == 0o700


def test_environment_in_the_folder_is_not_touched(newest_world: World) -> None:
    """A `.venv` from before uvlocal stays as it is: we did not make it."""
    world = newest_world
    project = world.project("home/Dropbox/foo")
    world.plain("sync", cwd=project).ok()
    before = world.tree(os.path.join(project, ".venv"))
    world.uv("run", "foo", cwd=project, env=NO_BYTECODE).ok()
    assert world.tree(os.path.join(project, ".venv")) == before
    the_environment(world)


def test_every_way_to_a_project_leads_to_one_environment(newest_world: World) -> None:
    """Through a link, `--directory`, `--project` or a subdirectory, the environment is the same."""
    world = newest_world
    project = world.project("home/Dropbox/foo")
    below = os.path.dirname(world.write("home/Dropbox/foo/notes/a.txt", ""))
    link = os.path.join(world.home, "code")
    os.symlink(project, link)
    print_prefix = ["run", "python", "-c", "import sys; print(sys.prefix)"]
    prefixes = {
        world.uv(*print_prefix, cwd=project).ok().raw_out,
        world.uv(*print_prefix, cwd=below).ok().raw_out,
        world.uv(*print_prefix, cwd=link).ok().raw_out,
        world.uv("--directory", project, *print_prefix).ok().raw_out,
        world.uv("--project", link, *print_prefix).ok().raw_out,
    }
    assert prefixes == {the_environment(world) + "\n"}
    assert len(world.records()) == 1


def test_status_and_path_say_what_uv_does(newest_world: World) -> None:
    """`uvlocal path` and `uvlocal status` name the environment that uv makes."""
    world = newest_world
    project = world.project("home/Dropbox/foo")
    said = world.uvlocal("path", cwd=project).ok().raw_out
    world.uv("sync", cwd=project).ok()
    assert said == the_environment(world) + "\n"
    status = json.loads(world.uvlocal("status", "--json", project).ok().raw_out)
    assert (status["code"], status["provider"]) == ("synced", "dropbox")
    assert status["environment"] == the_environment(world)


# -- pip and python find ---------------------------------------------------------------------------


def test_uv_pip_finds_the_environment(world: World) -> None:
    """`uv pip` and `uv python find` use the project's environment, like a `.venv`."""
    project = world.project("home/Dropbox/foo", dependencies=["iniconfig"])
    world.uv("sync", cwd=project).ok()
    environment = the_environment(world)
    assert set(world.uv("pip", "freeze", cwd=project).ok().raw_out.splitlines()) == {
        f"-e file://{project}",
        "iniconfig==2.1.0",
    }
    world.uv("pip", "install", "six", cwd=project).ok()
    assert world.installed(environment) == {"foo", "iniconfig", "six"}
    found = world.uv("python", "find", cwd=project).ok().raw_out
    assert os.path.dirname(found) == os.path.join(environment, "bin")


def test_uv_pip_respects_an_active_environment(newest_world: World) -> None:
    """An environment that the user activated takes precedence over ours."""
    world = newest_world
    project = world.project("home/Dropbox/foo")
    world.uv("sync", cwd=project).ok()
    mine = world.path("mine")
    world.plain("venv", mine).ok()
    world.uv("pip", "install", "six", cwd=project, env={"VIRTUAL_ENV": mine}).ok()
    assert world.installed(mine) == {"six"}
    assert world.installed(the_environment(world)) == {"foo"}


# -- what is reported ------------------------------------------------------------------------------


def test_one_line_the_first_time_then_silence(world: World) -> None:
    """The first call prints one line about the redirection; no later call prints anything."""
    project = world.project("home/Dropbox/foo")
    first = world.uv("run", "foo", cwd=project).ok()
    assert first.ours == [
        (
            "uvlocal: `~/Dropbox/foo` is synced by Dropbox, "
            "so its environment is kept in `~/.local/share/uvlocal/envs/foo-[HASH]`"
        )
    ]
    for command in (["run", "foo"], ["sync"], ["add", "six"], ["lock"], ["pip", "list"]):
        assert world.uv(*command, cwd=project).ok().ours == []


def test_what_uv_says_is_as_with_the_variable(world: World) -> None:
    """Apart from that line, the output is uv's when the user sets the variable by hand."""
    project = world.project("home/Dropbox/foo", dependencies=["iniconfig"])
    world.plain("run", "foo", cwd=project, env={"UV_PROJECT_ENVIRONMENT": world.path("warm")}).ok()
    os.unlink(os.path.join(project, "uv.lock"))
    ours = world.uv("run", "foo", cwd=project).ok()
    environment = the_environment(world)
    world.run("rm", "-r", environment, os.path.join(project, "uv.lock")).ok()
    plain = world.plain("run", "foo", cwd=project, env={"UV_PROJECT_ENVIRONMENT": environment})
    assert plain.ok().out == ours.out
    assert plain.err.splitlines() == [
        line
        for line in ours.err.splitlines()
        if line not in ours.ours and not line.startswith("hint: editors")
    ]


@pytest.mark.parametrize(
    ("options", "env"),
    [
        pytest.param(["-q"], {}, id="option-q"),
        pytest.param([], {"UVLOCAL_QUIET": "1"}, id="variable"),
    ],
)
def test_silent_when_asked(newest_world: World, options: list[str], env: dict[str, str]) -> None:
    """Who wants silence gets it from the first call on."""
    world = newest_world
    project = world.project("home/Dropbox/foo")
    assert world.uv("run", *options, "foo", cwd=project, env=env).ok().ours == []
    the_environment(world)


def test_first_calls_at_once(newest_world: World) -> None:
    """Several simultaneous first calls all succeed, and one of them prints the notice."""
    world = newest_world
    project = world.project("home/Dropbox/foo")
    world.install_shim()

    def call(_: int) -> Completed:
        return world.uv("run", "foo", cwd=project)

    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(call, range(4)))
    assert [result.ok().out for result in results] == ["hello from foo\n"] * 4
    assert sum(len(result.ours) for result in results) == 1
    assert len(world.records()) == 1


# -- where there is nothing to do ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("folder", "env"),
    [
        pytest.param("local", {}, id="local"),
        pytest.param("home/Dropbox-old", {}, id="near-miss"),
        pytest.param("home/Dropbox", {"UVLOCAL_BYPASS": "1"}, id="bypassed"),
        pytest.param("home/Dropbox", {"UVLOCAL_MODE": "never"}, id="mode-never"),
        pytest.param("home/Dropbox", {"UV_PROJECT_ENVIRONMENT": "../mine"}, id="user-environment"),
    ],
)
def test_uv_is_exactly_uv(world: World, folder: str, env: dict[str, str]) -> None:
    """If there is nothing to do, output, exit code and files are those of bare uv."""
    project = world.project(f"{folder}/foo", dependencies=["iniconfig"])
    commands = (["run", "foo"], ["sync"], ["pip", "list"], ["run", "python", "-c", "exit(37)"])

    def story(run: Callable[..., Completed]) -> list[tuple[int, str, str]]:
        results = [run(*command, cwd=project, env=env | NO_BYTECODE) for command in commands]
        return [(result.code, result.out, result.err) for result in results]

    story(world.plain)  # fills uv's cache
    clean(world, project)
    plain = story(world.plain)
    written = {name: entry.kind for name, entry in world.tree(project).items()}
    clean(world, project)
    world.install_shim()
    assert story(world.uv) == plain
    assert {name: entry.kind for name, entry in world.tree(project).items()} == written
    assert world.environments() == []
    assert world.records() == {}


def clean(world: World, project: str) -> None:
    """Remove what uv created for a project, wherever that is."""
    mine = os.path.join(os.path.dirname(project), "mine")
    places = [os.path.join(project, ".venv"), os.path.join(project, "uv.lock"), mine]
    world.run("rm", "-rf", *places).ok()


@pytest.mark.parametrize("relative", [True, False], ids=["relative", "absolute"])
def test_the_users_own_environment_is_respected(newest_world: World, *, relative: bool) -> None:
    """A `UV_PROJECT_ENVIRONMENT` that the user set is where the environment is."""
    world = newest_world
    project = world.project("home/Dropbox/foo")
    value = "../../mine" if relative else world.path("home/mine")
    world.uv("sync", cwd=project, env={"UV_PROJECT_ENVIRONMENT": value}).ok()
    assert world.installed(world.path("home/mine")) == {"foo"}
    assert world.environments() == []


# -- what the user asks for ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("folder", "table", "env", "redirected"),
    [
        pytest.param("home/Dropbox", "never", {}, False, id="project-never"),
        pytest.param("local", "always", {}, True, id="project-always"),
        pytest.param("local", "", {"UVLOCAL_MODE": "always"}, True, id="variable-always"),
        pytest.param(
            "home/Dropbox", "always", {"UVLOCAL_MODE": "never"}, False, id="variable-before-project"
        ),
    ],
)
def test_mode(
    newest_world: World, folder: str, table: str, env: dict[str, str], *, redirected: bool
) -> None:
    """The mode overrides the project's location, and the variable overrides the project's table."""
    world = newest_world
    extra = f'[tool.uvlocal]\nmode = "{table}"' if table else ""
    project = world.project(f"{folder}/foo", extra=extra)
    world.uv("sync", cwd=project, env=env).ok()
    assert bool(world.environments()) == redirected
    assert os.path.isdir(os.path.join(project, ".venv")) != redirected


def test_user_settings(newest_world: World) -> None:
    """The user's settings are read: a folder listed there counts as synced."""
    world = newest_world
    world.write("home/.config/uvlocal/uvlocal.toml", 'synced-roots = ["~/cloud"]\n')
    project = world.project("home/cloud/foo")
    world.uv("sync", cwd=project).ok()
    the_environment(world)


# -- workspaces ------------------------------------------------------------------------------------


def test_members_share_the_environment_of_their_root(world: World) -> None:
    """A workspace has one environment, named for its root, from wherever uv is called."""
    members = ["packages/alpha", "packages/beta"]
    project = world.project("home/Dropbox/club", members=members)
    alpha, beta = (os.path.join(project, member) for member in members)
    assert world.uv("run", "alpha", cwd=alpha).ok().out == "hello from alpha\n"
    assert world.uv("run", "beta", cwd=beta).ok().out == "hello from beta\n"
    assert world.uv("run", "club", cwd=project).ok().out == "hello from club\n"
    environment = the_environment(world, "club")
    assert world.installed(environment) >= {"alpha", "beta", "club"}
    assert not any(name.endswith(".venv") for name in world.tree(world.dropbox))


def test_venv_below_the_root_is_left_to_uv(newest_world: World) -> None:
    """`uv venv` below the root makes `.venv` right there, as uv does."""
    world = newest_world
    world.project("home/Dropbox/foo")
    below = os.path.dirname(world.write("home/Dropbox/foo/notes/a.txt", ""))
    world.uv("venv", cwd=below).ok()
    assert os.path.isdir(os.path.join(below, ".venv"))
    assert world.environments() == []
