"""Single changes that make a recorded decision wrong: it is not replayed.

Each of these changes the fresh decision, so that a replayed one would be noticed.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

if sys.platform != "linux":
    pytest.skip(
        "the program in uv's place tells its own path on Linux only", allow_module_level=True
    )

from support.hosts import launchers
from support.random_worlds.changing_worlds import Asked, ChangingWorld
from support.random_worlds.world_contents import PROJECT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Act = Callable[[ChangingWorld], object]

SCRIPT = "# /// script\n# ///\n"
P, Q, WS = "home/Dropbox/p", "home/src/q", "home/Dropbox/ws/member"


def _write(name: str, text: str) -> Act:
    return lambda world: world.write(name, text.replace("{root}", world.root))


def _remove(name: str) -> Act:
    return lambda world: world.remove(world.path(name))


def _set(name: str, value: str) -> Act:
    return lambda world: world.variables.update({name: value.replace("{root}", world.root)})


def _link(name: str, target: str) -> Act:
    def act(world: ChangingWorld) -> None:
        world.remove(world.path(name))
        os.makedirs(os.path.dirname(world.path(name)), exist_ok=True)
        os.symlink(world.path(target), world.path(name))

    return act


def _same_size_and_time(name: str, old: bytes, new: bytes, *, in_place: bool) -> Act:
    def act(world: ChangingWorld) -> None:
        path = world.path(name)
        status = os.stat(path)
        with open(path, "rb") as file:
            data = file.read()
        assert old in data
        assert len(old) == len(new)
        draft = path if in_place else path + ".draft"
        with open(draft, "r+b" if in_place else "wb") as file:
            file.write(data.replace(old, new))
        os.utime(draft, ns=(status.st_atime_ns, status.st_mtime_ns))
        os.replace(draft, path)

    return act


def _both(*acts: Act) -> Act:
    return lambda world: [act(world) for act in acts]


def _move(name: str, to: str) -> Act:
    return lambda world: os.rename(world.path(name), world.path(to))


def _attribute(name: str) -> Act:
    path_and_name = (name, "user.com.dropbox.ignored")
    return lambda world: os.setxattr(world.path(path_and_name[0]), path_and_name[1], b"1")


def _uv(place: str) -> Act:
    def act(world: ChangingWorld) -> None:
        world.write(place, "")
        with open(launchers.recorder(), "rb") as source, open(world.path(place), "wb") as file:
            file.write(source.read())
        os.chmod(world.path(place), 0o700)

    return act


def _nothing(world: ChangingWorld) -> None:
    del world


def _syncthing(folder: str) -> str:
    return f'<c><folder path="{{root}}/{folder}"/></c>'


NEVER = PROJECT + '[tool.uvlocal]\nmode = "never"\n'
ALWAYS = PROJECT + '[tool.uvlocal]\nmode = "always"\n'
SETTINGS = "home/.config/uvlocal/uvlocal.toml"
UNISON = "home/.unison/{}.prf"
CENTRAL = 'preview-features = ["centralized-project-envs"]\n'

#: The initial state, the directory, the words that are recorded and repeated, and the change.
CHANGES = [
    pytest.param(
        _write(f"{P}/env", "A=1"),
        P,
        "run --env-file=env true",
        _write(f"{P}/env", "UV_PROJECT_ENVIRONMENT=/mine"),
        id="env-file-names-an-environment",
    ),
    pytest.param(
        _set("UV_ENV_FILE", "none"),
        P,
        "run true",
        _write(f"{P}/none", "UV_PROJECT_ENVIRONMENT=/mine"),
        id="env-file-comes",
    ),
    pytest.param(
        _write(f"{P}/env", "UV_PROJECT_ENVIRONMENT=/mine"),
        P,
        "run true",
        _set("UV_ENV_FILE", "env"),
        id="variable-names-an-env-file",
    ),
    pytest.param(_nothing, P, "sync", _write(f"{P}/pyproject.toml", NEVER), id="project-settings"),
    pytest.param(
        _write(f"{P}/pyproject.toml", NEVER),
        P,
        "sync",
        _same_size_and_time(f"{P}/pyproject.toml", b'"never"', b'"auto" ', in_place=True),
        id="in-place-same-size-and-time",
    ),
    pytest.param(
        _write(f"{Q}/pyproject.toml", NEVER.replace("never", "auto ".strip())),
        Q,
        "sync",
        _write(f"{Q}/pyproject.toml", ALWAYS),
        id="local-project-opts-in",
    ),
    pytest.param(
        _nothing,
        P,
        "sync",
        _same_size_and_time("home/.dropbox/info.json", b"Dropbox", b"Dripbox", in_place=False),
        id="client-moved-same-size-and-time",
    ),
    pytest.param(_nothing, P, "sync", _remove(f"{P}/pyproject.toml"), id="project-gone"),
    pytest.param(
        _nothing,
        f"{P}/sub",
        "sync",
        _write(f"{P}/sub/pyproject.toml", PROJECT),
        id="project-nearer",
    ),
    pytest.param(
        _nothing,
        P,
        "sync",
        _write("home/Dropbox/pyproject.toml", PROJECT + '[tool.uv.workspace]\nmembers = ["p"]\n'),
        id="workspace-appears-above",
    ),
    pytest.param(_nothing, P, "sync", _write(SETTINGS, 'mode = "never"\n'), id="user-settings"),
    pytest.param(
        _nothing, P, "sync", _write(SETTINGS, 'store = "~/elsewhere"\n'), id="another-store"
    ),
    pytest.param(
        _write(SETTINGS, 'strategy = "no-metadata"\n'),
        P,
        "sync",
        _write(SETTINGS, 'strategy = "redirect"\n'),
        id="in-place-no-more",
    ),
    pytest.param(
        _write(SETTINGS, 'strategy = "no-metadata"\n'),
        P,
        "sync",
        _link(f"{P}/.venv", "nowhere"),
        id="in-place-no-place",
    ),
    pytest.param(
        _both(_write(SETTINGS, 'store = "$SCRATCH/x"\n'), _set("SCRATCH", "{root}/home/a")),
        P,
        "sync",
        _set("SCRATCH", "{root}/home/b"),
        id="variable-in-store",
    ),
    pytest.param(
        _write(UNISON.format("a"), "root = /nowhere\n"),
        Q,
        "sync",
        _write(UNISON.format("b"), "root = {root}/home/src\n"),
        id="file-appears-in-a-listed-folder",
    ),
    pytest.param(
        _write("home/syncthing/config.xml", _syncthing("home/src")),
        Q,
        "sync",
        _set("STHOMEDIR", "{root}/home/syncthing"),
        id="variable-of-a-client",
    ),
    pytest.param(
        _nothing,
        Q,
        "sync",
        _write("home/.config/syncthing/config.xml", _syncthing("home/src")),
        id="another-client",
    ),
    pytest.param(_nothing, P, "sync", _set("UVLOCAL_MODE", "never"), id="variable"),
    pytest.param(
        _nothing, P, "sync", _set("UV_PROJECT_ENVIRONMENT", "{root}/e"), id="users-variable"
    ),
    pytest.param(
        _nothing, P, "sync", _set("XDG_DATA_HOME", "{root}/home/data"), id="variable-of-a-place"
    ),
    pytest.param(_nothing, P, "sync", _attribute(P), id="left-out-of-sync"),
    pytest.param(
        _nothing,
        P,
        "sync",
        _both(lambda world: os.makedirs(world.path("home/e")), _link(f"{P}/.venv", "home/e")),
        id="environment-already-local",
    ),
    pytest.param(_nothing, P, "sync", _write(f"{P}/uv.toml", CENTRAL), id="uv-centralizes"),
    pytest.param(_nothing, Q, "sync", _write("home/src/.megaignore", ""), id="marker-appears"),
    pytest.param(_nothing, P, "sync", _uv("bin1/uv"), id="another-uv-first"),
    pytest.param(_uv("bin1/uv"), P, "sync", _remove("bin1/uv"), id="first-uv-gone"),
    pytest.param(
        _uv("bin1/uv"),
        P,
        "sync",
        lambda world: os.chmod(world.path("bin1/uv"), 0o600),
        id="first-uv-not-executable",
    ),
    pytest.param(
        _link("home/Dropbox/link", P),
        WS,
        "run --project ../../link true",
        _link("home/Dropbox/link", Q),
        id="link-to-the-project-turned",
    ),
    pytest.param(
        _both(_move(P, "home/Dropbox/q1"), _link("home/Dropbox/link", "home/Dropbox/q1")),
        WS,
        "run --project ../../link true",
        _both(
            _move("home/Dropbox/q1", "home/Dropbox/q2"),
            _link("home/Dropbox/link", "home/Dropbox/q2"),
        ),
        id="same-folder-behind-the-link-renamed",
    ),
    pytest.param(
        _nothing,
        P,
        "sync",
        _both(_remove("home/.local/share/uvlocal"), _write("home/.local/share/uvlocal", "")),
        id="store-replaced",
    ),
    pytest.param(
        _write(f"{Q}/pyproject.toml", NEVER),
        P,
        "sync",
        _both(_move(P, "home/Dropbox/was"), _move(Q, P)),
        id="another-project-in-its-place",
    ),
    pytest.param(
        _nothing,
        P,
        "sync",
        _both(_move("home/Dropbox", "home/moved"), _link("home/Dropbox", "home/moved")),
        id="folder-moved-link-left",
    ),
    pytest.param(
        _nothing, P, "run main.py", _write(f"{P}/main.py", SCRIPT), id="script-with-metadata"
    ),
    pytest.param(
        _nothing,
        P,
        "run --directory=sub --script tool",
        _write(f"{P}/sub/tool", SCRIPT),
        id="script-in-another-folder",
    ),
]


def _recorded(world: ChangingWorld, asked: Asked) -> None:
    """Record a decision, and check that it is replayed."""
    world.write_down(asked)
    answer = world.launch(asked)
    assert answer is not None
    assert answer == world.decide(asked)


@pytest.mark.parametrize(("before", "folder", "words", "change"), CHANGES)
def test_what_changes_the_decision_is_seen(
    tmp_path: Path, before: Act, folder: str, words: str, change: Act
) -> None:
    """Whatever changes the fresh decision invalidates the recorded one."""
    world = ChangingWorld(str(tmp_path), 0)
    before(world)
    asked = Asked(folder, tuple(words.split()))
    _recorded(world, asked)
    old = world.decide(asked)
    assert old is not None

    change(world)

    recalled = world.launch(asked)
    fresh = world.decide(asked)
    assert fresh != old
    assert recalled in (None, fresh)


@pytest.mark.parametrize(
    ("recorded", "asked"),
    [
        pytest.param("run --script other", "run --script tool", id="script-here"),
        pytest.param(
            "run --directory=sub --script other",
            "run --directory=sub --script tool",
            id="elsewhere",
        ),
        pytest.param("run true", "run main.py", id="script"),
        pytest.param("run true", "run --project=../../src/q true", id="option"),
        pytest.param("sync", "sync --project ../../src/q", id="more-words"),
        pytest.param("run --no-sync true", "run --no-sync --no-project true", id="more-flags"),
    ],
)
def test_a_decision_stands_for_its_own_command_lines(
    tmp_path: Path, recorded: str, asked: str
) -> None:
    """A decision recorded for one command line is not replayed for a different one."""
    world = ChangingWorld(str(tmp_path), 0)
    elsewhere = "--directory=sub" in asked
    for name in (f"{P}/sub/tool", f"{P}/main.py", *(() if elsewhere else (f"{P}/tool",))):
        world.write(name, SCRIPT)
    _recorded(world, Asked(P, tuple(recorded.split())))
    other = Asked(P, tuple(asked.split()))

    answer = world.launch(other)

    assert answer in (None, world.decide(other))


@pytest.mark.parametrize(
    "words", ["run ruff", "run -v ruff", "--version", "cache prune", "tool install x", "sync -q"]
)
def test_what_cannot_matter_does_not_matter(tmp_path: Path, words: str) -> None:
    """Other programs and arguments, new files in the project, other variables: still replayed."""
    world = ChangingWorld(str(tmp_path), 0)
    asked = Asked(P, tuple(words.split()))
    _recorded(world, asked)
    world.write(f"{P}/uv.lock", "")
    world.write(f"{P}/src/x.py", "")
    world.write("home/.bash_history", "")
    world.variables["UV_INDEX_URL"] = "https://example.org/simple"
    world.variables["XDG_SESSION_ID"] = "7"
    if words.startswith(("run", "cache", "tool", "--")):
        more = words.replace("ruff", "pytest").split()
        asked = Asked(P, (*more, "--more", "x.py"))

    assert world.launch(asked) == world.decide(asked) is not None


@pytest.mark.parametrize(
    ("recorded_for", "asked", "kept"),
    [
        pytest.param("run true", "sync", True, id="another-command"),
        pytest.param("lock", "add x", True, id="of-one-that-only-reads"),
        pytest.param("sync", "run -q tool --flag", True, id="another-program"),
        pytest.param("pip list", "sync", False, id="of-no-project-command"),
        pytest.param("run --directory=.. true", "sync", False, id="of-elsewhere"),
        pytest.param("run --project ../ws/member true", "sync", False, id="of-another-project"),
        pytest.param("sync", "sync --project=other", False, id="for-another-project"),
        pytest.param("sync", "run --directory=sub true", False, id="in-another-directory"),
        pytest.param("sync", "run sub/x.py", False, id="a-script-elsewhere"),
        pytest.param("sync", "run --isolated true", False, id="isolated"),
        pytest.param("sync", "pip list", False, id="a-command-that-is-not-known"),
    ],
)
def test_our_python_is_gone(tmp_path: Path, recorded_for: str, asked: str, *, kept: bool) -> None:
    """A project whose environment is there keeps it as far as a recorded decision can tell."""
    world = ChangingWorld(str(tmp_path), 0)
    world.decide(Asked(P, ("sync",)))  # uv makes the environment
    world.write_down(Asked(P, tuple(recorded_for.split())))
    os.unlink(world.path("python/python"))
    answer = world.launch(Asked(P, tuple(asked.split())))
    assert answer is not None
    assert answer.program == world.path("bin2/uv")
    assert answer.words == tuple(asked.split())
    assert ("UV_PROJECT_ENVIRONMENT" in answer.variables) is kept


def test_our_python_is_gone_and_the_environment_too(tmp_path: Path) -> None:
    """Without an environment there is none to keep: uv runs unchanged."""
    world = ChangingWorld(str(tmp_path), 0)
    world.write_down(Asked(P, ("run", "true")))
    os.unlink(world.path("python/python"))
    before = world.launch(Asked(P, ("sync",)))
    assert before is not None
    world.remove(before.variables["UV_PROJECT_ENVIRONMENT"])
    answer = world.launch(Asked(P, ("sync",)))
    assert answer is not None
    assert "UV_PROJECT_ENVIRONMENT" not in answer.variables
