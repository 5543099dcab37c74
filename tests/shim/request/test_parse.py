"""What uv is asked to do: the table of command lines and variables."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.hosts.fakes import FakeSystem, Link

from uvlocal.shim.request.parse import Request, parse

if TYPE_CHECKING:
    from collections.abc import Mapping

Version = tuple[int, int, int]

SCRIPT = b"# /// script\n# ///\n"
FILES: dict[str, object] = {
    "/w/pyproject.toml": b"",
    "/w/inline.py": SCRIPT,
    "/w/s.py": b"",
    "/w/d/s.py": b"",
    "/w/d/pyproject.toml": b"",
    "/w/d/pkg/__main__.py": b"",
    "/w/link": Link("d"),
    "/w/3.12": None,
}


def never() -> Version:
    """Fail, as the result must not depend on uv's version."""
    pytest.fail("uv was asked for its version")


def ask(
    line: str,
    variables: Mapping[str, str] | None = None,
    version: Version | str = "never",
    cwd: str = "/w",
) -> Request:
    """Parse a command line in the directory `/w`."""
    system = FakeSystem(FILES, environ=variables, cwd=cwd)
    if isinstance(version, str):
        return parse(shlex.split(line), system, never if version == "never" else lambda: None)
    return parse(shlex.split(line), system, lambda: version)


@pytest.mark.parametrize(
    ("line", "command", "role", "writes"),
    [
        ("run x", "run", "project", True),
        ("run", "run", "project", True),
        ("run --no-sync x", "run", "project", True),
        ("run --frozen x", "run", "project", True),
        ("-q sync", "sync", "project", True),
        ("sync --frozen", "sync", "project", True),
        ("sync --dry-run", "sync", "project", False),
        ("sync --check", "sync", "project", False),
        ("add x", "add", "project", True),
        ("add x --no-sync", "add", "project", False),
        ("add x --frozen", "add", "project", False),
        ("remove x --frozen", "remove", "project", False),
        ("remove x", "remove", "project", True),
        ("version 2", "version", "project", True),
        ("version --bump minor", "version", "project", True),
        ("version --bump minor --frozen", "version", "project", False),
        ("version 2 --dry-run", "version", "project", False),
        ("lock", "lock", "project", False),
        ("export", "export", "project", False),
        ("tree", "tree", "project", False),
        ("audit", "audit", "project", False),
        ("upgrade", "upgrade", "project", False),
        ("check", "check", "project", True),
        ("workspace metadata", "workspace metadata", "project", False),
        ("workspace metadata --sync", "workspace metadata", "project", True),
        ("venv", "venv", "project", True),
        ("v", "venv", "project", True),
        ("pip install x", "pip install", "environment", True),
        ("pip list", "pip list", "environment", False),
        ("pip compile x", "pip compile", "environment", False),
        ("python find", "python find", "environment", False),
        ("build", "build", "environment", False),
        ("build --no-build-isolation", "build", "environment", False),
        ("run --no-project x", "run", "environment", False),
        ("tool run x --directory y", "tool run", "environment", False),
        ("tool run --python /x y", "tool run", "environment", False),
        ("tool uvx x", "tool uvx", "environment", False),
    ],
)
def test_roles(line: str, command: str, role: str, *, writes: bool) -> None:
    """Commands that use an environment are recognised, and those that change it."""
    request = ask(line)
    assert (request.command, request.role, request.writes) == (command, role, writes)
    assert request.code is None
    assert (request.start, request.directory) == ("/w", "/w")


@pytest.mark.parametrize(
    "line",
    [
        *("", "version", "version --short", "init x", "publish", "tool", "tool list", "uvx x"),
        *("cache clean", "self update", "auth login x", "format", "help run", "python install"),
        *("python pin 3", "python list", "pip", "python", "workspace dir", "workspace list"),
        *("tool install x", "tool run --help", "pip debug", "clean", "-- run x"),
        *("--version", "-V", "-h", "--help", "run --help", "run -h x", "sync --help", "-qV sync"),
        *("--generate-shell-completion zsh", "frobnicate", "generate-shell-completion zsh"),
    ],
)
def test_commands_that_do_not_concern_us(line: str) -> None:
    """A command that does not use a project's environment is settled at once, with a sentence."""
    request = ask(line)
    assert request.code == "not-a-project-command"
    assert request.why


def test_help_of_the_program_is_not_ours() -> None:
    """`--help` after the program of `uv run` belongs to the program."""
    assert ask("run x --help").code is None


@pytest.mark.parametrize(
    ("line", "variables", "code"),
    [
        ("run inline.py", {}, "no-project"),
        ("run --script inline.py", {}, "no-project"),
        ("sync --script inline.py", {}, "no-project"),
        ("add --script=new.py x", {}, "no-project"),
        ("python find --script inline.py", {}, "no-project"),
        ("workspace metadata --script inline.py", {}, "no-project"),
        ("run --no-project x", {}, None),
        ("run --no-project inline.py", {}, "no-project"),
        ("run --no-project --isolated x", {}, "no-project"),
        ("run --no-project --active x", {"VIRTUAL_ENV": "/v"}, None),
        ("check --no-project", {}, "no-project"),
        ("venv --no-project", {}, "no-project"),
        ("run --isolated x", {}, "no-project"),
        ("--isolated run x", {}, "no-project"),
        ("check --isolated", {}, "no-project"),
        ("sync --isolated", {}, None),
        ("run x --isolated", {}, None),
        ("venv x", {}, "user-environment"),
        ("venv", {}, None),
        ("run --active x", {"VIRTUAL_ENV": "/v"}, "user-environment"),
        ("sync --active", {"VIRTUAL_ENV": "/v"}, "user-environment"),
        ("version --bump major --active", {"VIRTUAL_ENV": "/v"}, "user-environment"),
        ("run --active x", {"VIRTUAL_ENV": ""}, None),
        ("run --active x", {}, None),
        ("run --active --no-active x", {"VIRTUAL_ENV": "/v"}, None),
        ("run x --active", {"VIRTUAL_ENV": "/v"}, None),
        ("lock --active", {"VIRTUAL_ENV": "/v"}, None),
        ("python find --no-project", {}, None),
        ("--directory gone run x", {}, "no-project"),
        ("--directory s.py run x", {}, "no-project"),
    ],
)
def test_codes(line: str, variables: dict[str, str], code: str | None) -> None:
    """Cases that the command line alone decides are settled, with a sentence."""
    request = ask(line, variables)
    assert request.code == code
    assert bool(request.why) == (code is not None)


@pytest.mark.parametrize(
    ("line", "start"),
    [
        ("run --project d x", "/w/d"),
        ("--project d run x", "/w/d"),
        ("--project x run --project d x", "/w/d"),
        ("run --project d/ x", "/w/d"),
        ("run --project d/../d/./pkg x", "/w/d/pkg"),
        ("run --project link/.. x", "/w"),
        ("run --project link x", "/w/link"),
        ("run --project d/pyproject.toml x", "/w/d"),
        ("run --project /w/d x", "/w/d"),
        ("run --project //w//d x", "/w/d"),
        ("run --directory d x", "/w/d"),
        ("run --directory link x", "/w/d"),
        ("--directory d --project .. run x", "/w"),
        ("run --directory d --project pkg x", "/w/d/pkg"),
        ("run x --project d", "/w"),
        ("run -- --project d", "/w"),
        ("run s.py", "/w"),
        ("run ./s.py", "/w"),
        ("run --project . d/s.py", "/w"),
        ("pip list --project d", "/w"),
        ("python find --project d", "/w"),
        ("pip list --directory d", "/w/d"),
    ],
)
def test_start(line: str, start: str) -> None:
    """The project is searched where uv searches it."""
    # An old uv keeps a trailing separator; nothing else here depends on the version.
    request = ask(line, version="unknown" if line.endswith("d/ x") else "never")
    assert request.code is None
    assert request.start == start


@pytest.mark.parametrize(
    ("line", "variables", "since", "before", "after"),
    [
        pytest.param("run d/s.py", {}, (0, 12, 0), "/w", "/w/d", id="target"),
        pytest.param("run d/pkg/../s.py", {}, (0, 12, 0), "/w", "/w/d/pkg/..", id="target-dots"),
        pytest.param("--preview run d/s.py", {}, (0, 9, 25), "/w", "/w/d", id="target-in-preview"),
        pytest.param(
            "--preview-features x,target-workspace-discovery run d/s.py",
            {},
            (0, 9, 25),
            "/w",
            "/w/d",
            id="target-by-feature",
        ),
        pytest.param(
            "run d/s.py", {"UV_PREVIEW": "1"}, (0, 9, 25), "/w", "/w/d", id="target-by-variable"
        ),
        pytest.param(
            "--no-preview run d/s.py",
            {"UV_PREVIEW": "1"},
            (0, 12, 0),
            "/w",
            "/w/d",
            id="target-without-preview",
        ),
        pytest.param(
            "--preview run --project . d/s.py",
            {},
            (0, 11, 2),
            "/w/d",
            "/w",
            id="project-beats-target",
        ),
        pytest.param("run x", {"UV_PROJECT": "d"}, (0, 6, 11), "/w", "/w/d", id="UV_PROJECT"),
        pytest.param(
            "run x", {"UV_WORKING_DIR": "d"}, (0, 9, 14), "/w", "/w/d", id="UV_WORKING_DIR"
        ),
        pytest.param(
            "run x",
            {"UV_WORKING_DIRECTORY": "d"},
            (0, 9, 1),
            "/w",
            "/w/d",
            id="UV_WORKING_DIRECTORY",
        ),
        pytest.param("run --project d/ x", {}, (0, 9, 0), "/w/d/", "/w/d", id="trailing"),
    ],
)
def test_start_by_version(
    line: str, variables: dict[str, str], since: Version, before: str, after: str
) -> None:
    """If a rule changed, the version before and the version that changed it differ."""
    old = (since[0], since[1], since[2] - 1) if since[2] else (since[0], since[1] - 1, 99)
    assert ask(line, variables, old).start == before
    assert ask(line, variables, since).start == after
    assert ask(line, variables, "unknown").start == after


@pytest.mark.parametrize(
    ("line", "variables", "since"),
    [
        pytest.param("venv", {"UV_NO_PROJECT": "1"}, (0, 11, 8), id="UV_NO_PROJECT"),
        pytest.param("run x", {"UV_ISOLATED": "on"}, (0, 8, 14), id="UV_ISOLATED"),
        pytest.param("run --project gone x", {}, (0, 12, 0), id="missing-project"),
        pytest.param("run --project s.py x", {}, (0, 12, 0), id="project-is-a-file"),
    ],
)
def test_code_by_version(line: str, variables: dict[str, str], since: Version) -> None:
    """Options that a version of uv does not have yet are ignored."""
    old = (since[0], since[1], since[2] - 1) if since[2] else (since[0], since[1] - 1, 99)
    assert ask(line, variables, old).code is None
    assert ask(line, variables, since).code == "no-project"
    assert ask(line, variables, "unknown").code == "no-project"


@pytest.mark.parametrize("value", ["1", "true", "TRUE", "t", "yes", "Y", "on"])
def test_true(value: str) -> None:
    """A variable is true for the same words as in uv."""
    assert ask("run x", {"UV_NO_PROJECT": value}, "unknown").role == "environment"


@pytest.mark.parametrize("value", ["", "0", "false", "no", "off", "n", "f", "2", "maybe", " 1"])
def test_not_true(value: str) -> None:
    """Any other word is false, without asking for uv's version."""
    assert ask("run x", {"UV_NO_PROJECT": value}).role == "project"


@pytest.mark.parametrize("name", ["UV_PROJECT", "UV_WORKING_DIR", "UV_WORKING_DIRECTORY"])
def test_empty_variables(name: str) -> None:
    """An empty variable counts as unset."""
    assert ask("run x", {name: ""}).start == "/w"


def test_options_beat_variables() -> None:
    """An option takes precedence over its variable, in any version of uv."""
    variables = {"UV_PROJECT": "/p", "UV_WORKING_DIR": "/q", "UV_WORKING_DIRECTORY": "/r"}
    request = ask("--directory d --project pkg run x", variables)
    assert (request.directory, request.start) == ("/w/d", "/w/d/pkg")


@pytest.mark.parametrize(
    ("line", "variables", "names_target"),
    [
        ("pip install x", {}, False),
        ("pip install --system x", {}, True),
        ("pip install --system --no-system x", {}, False),
        ("pip install x", {"UV_SYSTEM_PYTHON": "true"}, True),
        ("pip install --no-system x", {"UV_SYSTEM_PYTHON": "1"}, False),
        ("pip install x", {"UV_SYSTEM_PYTHON": "0"}, False),
        ("pip install -p 3.12 x", {}, False),
        ("pip install -p '>=3.9' x", {}, False),
        ("pip install -p cpython x", {}, False),
        ("pip install --python=/v/bin/python x", {}, True),
        ("pip install -p d x", {}, True),
        ("pip install -p ./d x", {}, True),
        ("pip install x", {"UV_PYTHON": "3.12"}, False),
        ("pip install x", {"UV_PYTHON": "/v"}, True),
        ("pip install --target d x", {}, False),
        ("pip install --prefix d x", {}, False),
        ("python find", {}, False),
        ("python find 3.12", {}, False),
        ("python find /v", {}, True),
        ("build --no-build-isolation -p /v", {}, True),
        ("build", {"UV_SYSTEM_PYTHON": "1"}, False),
        ("run -p /v x", {}, False),
        ("run --no-project -p /v x", {}, True),
        ("run --no-project -p 3.12 x", {}, False),
        ("tool run -p /v x", {}, False),
    ],
)
def test_targets(line: str, variables: dict[str, str], *, names_target: bool) -> None:
    """A target means that uv does not search for an environment; a version is not a target."""
    assert ask(line, variables).names_target is names_target


def test_only_at_root() -> None:
    """Only `uv venv` depends on the directory it is called in."""
    assert ask("venv").only_at_root
    assert not ask("venv x").only_at_root
    assert not ask("sync").only_at_root


@pytest.mark.parametrize(
    ("variables", "writes"),
    [
        ({}, True),
        ({"UV_NO_SYNC": "1"}, False),
        ({"UV_FROZEN": "true"}, False),
        ({"UV_NO_SYNC": "0", "UV_FROZEN": ""}, True),
    ],
)
def test_variables_that_keep_from_writing(variables: dict[str, str], *, writes: bool) -> None:
    """Variables keep `add` from changing the environment as options do."""
    assert ask("add x", variables).writes is writes
    assert ask("run x", variables).writes


@pytest.mark.parametrize(
    ("line", "preview"),
    [
        ("run x", ""),
        ("--preview run x", "on"),
        ("run --no-preview x", "off"),
        ("--preview run --no-preview x", "off"),
        ("--preview-features a,b run x", "a,b"),
        ("--preview-feature a run x", "a"),
        ("--preview-features a --preview run x", "on"),
    ],
)
def test_preview(line: str, preview: str) -> None:
    """Preview features on the command line are kept."""
    assert ask(line, {"UV_PREVIEW": "1", "UV_PREVIEW_FEATURES": "c"}).preview == preview


def test_configuration() -> None:
    """Options and variables about configuration and cache are kept."""
    request = ask("-q --config-file c run --no-config x --cache-dir /n --cache-dir z")
    assert (request.quiet, request.no_config, request.config_file) == (True, True, "c")
    assert not request.cache_directory
    variables = {"UV_CONFIG_FILE": "c", "UV_NO_CONFIG": "yes", "UV_CACHE_DIR": "k"}
    request = ask("run --directory d x", variables)
    assert (request.quiet, request.no_config, request.config_file) == (False, True, "c")
    assert request.cache_directory == "/w/d/k"


@pytest.mark.parametrize(
    ("line", "directory", "start"),
    [
        ("run x", "", ""),
        ("run d/s.py", "", ""),
        ("run --project d x", "", ""),
        ("run --project /w/d x", "", "/w/d"),
        ("run --directory /w/d x", "/w/d", "/w/d"),
    ],
)
def test_deleted_directory(line: str, directory: str, start: str) -> None:
    """If the current directory is gone, only absolute paths work."""
    request = ask(line, cwd="")
    assert (request.directory, request.start) == (directory, start)


def test_relative_directory_from_a_deleted_one() -> None:
    """uv cannot change directory from one that is gone."""
    assert ask("run --directory d x", cwd="").code == "no-project"


def test_windows() -> None:
    """On Windows both separators work, and symlinks are not resolved."""
    files = {r"C:\w\d\pyproject.toml": b"", r"C:\w\d\s.py": b"", r"C:\w\link": Link(r"C:\w\d")}
    system = FakeSystem(files, platform="win32", cwd=r"C:\w")
    for line, start in (
        (["run", "--project", "d/../d", "x"], r"C:\w\d"),
        (["run", "--project", r"d\pyproject.toml", "x"], r"C:\w\d"),
        (["run", "--directory", "link", "x"], r"C:\w\link"),
        (["run", r"d\..\d\s.py"], r"C:\w\d"),
        (["run", "--project", "D:/x", "s.py"], "D:\\x"),
    ):
        assert parse(line, system, lambda: (0, 12, 0)).start == start


WORDS = st.sampled_from(
    [
        *("run", "pip", "install", "sync", "venv", "version", "--", "-p", "--project", "--script"),
        *("--directory=d", "-qp", "-m", "..", "d/s.py", "inline.py", "/", "", "--active", "build"),
        *("--no-build-isolation", "python", "find", "--isolated", "--preview", "\0", "\udcff"),
    ]
)
VARIABLES = st.dictionaries(
    st.sampled_from(
        [
            *("UV_PROJECT", "UV_WORKING_DIR", "UV_WORKING_DIRECTORY", "UV_NO_PROJECT", "UV_PYTHON"),
            *("UV_ISOLATED", "UV_PREVIEW", "UV_PREVIEW_FEATURES", "VIRTUAL_ENV", "UV_CACHE_DIR"),
        ]
    ),
    st.sampled_from(["", "1", "d", "/", "target-workspace-discovery", "\udcff"]) | st.text(),
)


@given(
    arguments=st.lists(WORDS | st.text(max_size=8)),
    variables=VARIABLES,
    version=st.none() | st.tuples(st.just(0), st.integers(5, 14), st.integers(0, 40)),
    cwd=st.sampled_from(["/w", "/w/d", ""]),
    platform=st.sampled_from(["linux", "darwin", "win32"]),
)
def test_any_call_gets_an_answer(
    arguments: list[str],
    variables: dict[str, str],
    version: Version | None,
    cwd: str,
    platform: str,
) -> None:
    """Any words and variables give a request, whose code has a sentence."""
    system = FakeSystem(FILES, environ=variables, cwd=cwd, platform=platform)
    request = parse(arguments, system, lambda: version)
    assert request.role in {"project", "environment", "none"}
    assert (request.code is None) == (not request.why)
    assert request.start == "" or system.path.isabs(request.start) or platform == "win32"
