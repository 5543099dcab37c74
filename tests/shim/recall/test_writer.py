"""Which decisions are recorded, for which calls."""

from __future__ import annotations

import ast
import os
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from support.compare import recorded
from support.random_worlds.changing_worlds import SETTLED, Asked, ChangingWorld
from support.random_worlds.world_contents import PROJECT

from uvlocal import shim
from uvlocal.shim import contract
from uvlocal.shim.call import Call
from uvlocal.shim.machine import directories
from uvlocal.shim.prepare import prepare
from uvlocal.shim.recall import writer
from uvlocal.shim.recall.recording_host import RecordingSystem
from uvlocal.shim.request import uv_environ
from uvlocal.shim.settings import settings
from uvlocal.shim.volume.providers.table import PROVIDERS

if TYPE_CHECKING:
    from collections.abc import Callable

    Act = Callable[[ChangingWorld], object]

if sys.platform == "win32":
    pytest.skip("of POSIX; Windows has test_recall_on_windows", allow_module_level=True)

SHIM = os.path.dirname(shim.__file__)
P = "home/Dropbox/p"

#: Uppercase words with an underscore in the shim's sources that are not variables for a decision.
NO_VARIABLES = {
    *("LC_CTYPE", "UVLOCAL_SET_", "UVLOCAL_HAD_"),
    *("O_BINARY", "O_CLOEXEC", "O_NONBLOCK"),
}


@pytest.fixture
def world(tmp_path: Path) -> ChangingWorld:
    """Return a machine with a project `p` in Dropbox."""
    return ChangingWorld(str(tmp_path), 0)


def _capitals() -> set[str]:
    """Return every text in the shim's code that could name an environment variable."""
    found = set()
    for path in sorted(Path(SHIM).rglob("*.py")):
        with open(path, encoding="utf-8") as file:
            tree = ast.parse(file.read())
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                text = node.value.partition("/")[0].strip("$%")
                if text.replace("_", "").isalpha() and text.isascii() and text.upper() == text:
                    found.add(text)
    return found


def test_every_variable_that_is_asked_for_is_compared() -> None:
    """An uppercase name in the shim is a recorded variable, or in the list above."""
    unknown = {
        name
        for name in _capitals() - NO_VARIABLES - set(contract.VARIABLES)
        if "_" in name and not name.startswith(contract.VARIABLE_PREFIX)
    }
    assert unknown == set()


def test_no_variable_is_compared_in_vain() -> None:
    """Each variable in the list is used somewhere."""
    assert set(contract.VARIABLES) <= _capitals()


def test_variables_of_the_tables_are_compared() -> None:
    """Every variable in a table, on a system that records decisions, is recorded."""
    named = {variable for variable, _ in directories._BASES.values()} - {"APPDATA", "LOCALAPPDATA"}
    named |= {*contract.MANAGED, *uv_environ.READS_SINCE, *settings.VARIABLES.values()}
    named |= {
        place.where
        for provider in PROVIDERS
        for place in provider.places
        if place.how == "variable" and set(place.platforms) - {"win32"}
    }
    environ = dict.fromkeys(sorted(named), "")
    assert writer.relevant(environ) == [f"{name}=" for name in environ]


class _Watched(dict[str, str]):
    """An environment that remembers the requested variables."""

    asked: set[str]

    def get(self, key: str, default: Any = None) -> Any:  # noqa: ANN401 - as `dict` has it
        self.asked.add(key)
        return super().get(key, default)

    def __getitem__(self, key: str) -> str:
        self.asked.add(key)
        return super().__getitem__(key)

    def __contains__(self, key: object) -> bool:
        self.asked.add(str(key))
        return super().__contains__(key)


def test_every_variable_that_a_call_asks_for_is_compared(
    world: ChangingWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All variables that any call requests are recorded ones."""
    asked: set[str] = set()

    def watched(environ: dict[str, str]) -> _Watched:
        result = _Watched(environ)
        result.asked = asked
        return result

    original = Call.__init__

    def begin(self: Call, *arguments: Any) -> None:  # noqa: ANN401 - as they come
        original(self, *arguments)
        self.system.environ = watched(self.system.environ)
        self.facts.environ = self.system.environ

    monkeypatch.setattr(Call, "__init__", begin)
    world.variables["UVLOCAL_STRATEGY"] = "no-metadata"
    for words in ("sync", "pip list", "run --active true", "venv", "build", "python find", "lock"):
        world.decide(Asked(P, tuple(words.split())))
    assert {"UV_PROJECT_ENVIRONMENT", "PATH", "XDG_CONFIG_HOME", "UV_PREVIEW"} <= asked
    assert writer.relevant(dict.fromkeys(asked, "")) == [
        f"{name}=" for name in dict.fromkeys(asked)
    ]


# -- recording ------------------------------------------------------------------------------------


def _write(name: str, text: str) -> Act:
    return lambda world: world.write(name, text)


def _set(name: str, value: str | None) -> Act:
    def act(world: ChangingWorld) -> None:
        world.variables[name] = value or ""

    return act


def _nothing(world: ChangingWorld) -> None:
    del world


def _is_recorded(world: ChangingWorld, words: str) -> bool:
    world.write_down(Asked(P, tuple(words.split())))
    return bool(recorded.all_in(world.cache))


SETTINGS = "home/.config/uvlocal/uvlocal.toml"


@pytest.mark.parametrize(
    ("before", "words", "lasts"),
    [
        pytest.param(_nothing, "sync", True, id="redirected"),
        pytest.param(_nothing, "lock", True, id="reads-only"),
        pytest.param(_nothing, "pip list", True, id="pip"),
        pytest.param(_write(f"{P}/pyproject.toml", ""), "sync", True, id="refused-by-uv"),
        pytest.param(_set("UVLOCAL_MODE", "never"), "sync", True, id="untouched"),
        # where flags are to be cleared, each call is decided
        pytest.param(
            _set("UVLOCAL_STRATEGY", "no-metadata"),
            "sync",
            sys.platform != "darwin",
            id="no-metadata",
        ),
        pytest.param(
            _write(SETTINGS, 'pointer = "symlink"\n'), "sync", False, id="pointer-is-kept"
        ),
        pytest.param(_write(SETTINGS, "what = 1\n"), "sync", False, id="problem-is-told"),
        pytest.param(_set("HOME", ""), "lock", False, id="home-from-the-user-database"),
        pytest.param(_set("HOME", "../.."), "lock", False, id="home-is-relative"),
        pytest.param(_set("UVLOCAL_UV", "../../../bin2/uv"), "lock", False, id="uv-is-relative"),
        pytest.param(_set("UVLOCAL_UV", "../../../bin2/uv"), "cache dir", False, id="prefix"),
    ],
)
def test_what_is_recorded(world: ChangingWorld, before: Act, words: str, *, lasts: bool) -> None:
    """A decision is recorded only if the next call needs no action and no message."""
    before(world)
    assert _is_recorded(world, words) is lasts


def test_no_store_is_not_recorded(world: ChangingWorld) -> None:
    """A missing place for the environment is reported in each call."""
    world.variables["UVLOCAL_STORE"] = world.path("bin2/uv/store")
    assert not _is_recorded(world, "sync")


def test_without_a_record_of_the_environment(
    world: ChangingWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until its record is written, each call that creates the environment tries to write it."""
    monkeypatch.setattr("uvlocal.manage.environments.record.write_first", lambda *_: "")
    assert not _is_recorded(world, "sync")
    assert _is_recorded(world, "lock")


def test_fresh_content_is_not_recorded(world: ChangingWorld) -> None:
    """A file that changed shortly before it was read may have changed again unnoticed."""
    asked = Asked(P, ("sync",))
    world.write_down(asked)
    [path] = [
        os.path.join(world.cache, contract.DECISIONS, found.name)
        for found in recorded.all_in(world.cache)
    ]
    os.unlink(path)
    world.write(f"{P}/pyproject.toml", PROJECT.format("p") + "# changed\n")
    system = RecordingSystem(environ=world.environ(), cwd=world.path(P))
    call = Call(["sync"], system, world.shim)
    decision = call.settle()
    prepare(call, decision)

    writer.record(call, decision, world.cache, 10**12)
    assert not os.path.exists(path)
    system.began = system.newest + SETTLED
    writer.record(call, decision, world.cache, SETTLED)
    assert not os.path.exists(path)
    system.began += 1
    writer.record(call, decision, world.cache, SETTLED)
    assert os.path.exists(path)


@pytest.mark.parametrize(
    ("name", "value"), [("complete", False), ("newest_listed", 1 << 62), ("newest", 1 << 62)]
)
def test_what_keeps_a_call_from_being_recorded(
    world: ChangingWorld, name: str, value: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An answer without a stamp, a new directory elsewhere, or new content prevents recording."""
    world.decide(Asked(P, ("lock",)))
    world.settle()
    system = RecordingSystem(environ=world.environ(), cwd=world.path(P))
    call = Call(["lock"], system, world.shim)
    decision = call.settle()
    monkeypatch.setattr(system, name, value)
    writer.record(call, decision, world.cache, SETTLED)
    assert recorded.all_in(world.cache) == []


def test_a_failure_is_silent(world: ChangingWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """Failures of recording are only shown with `UVLOCAL_TRACE`."""
    told: list[str] = []
    system = RecordingSystem(environ=world.environ(), cwd=world.path(P))
    call = Call(["lock"], system, world.shim, told.append)
    decision = call.settle()
    monkeypatch.setattr(writer, "_code", lambda _: 1 // 0)
    monkeypatch.setattr(writer, "_is_settled", lambda *_: True)
    writer.record(call, decision, world.cache)
    assert told[-1].startswith("decision: not recorded (ZeroDivisionError")


def test_a_record_is_private(world: ChangingWorld) -> None:
    """Records are private, and contain no other variables."""
    world.variables["UV_PUBLISH_TOKEN"] = "secret"
    world.variables["UV_INDEX_X_PASSWORD"] = "secret"
    world.write_down(Asked(P, ("sync",)))
    folder = os.path.join(world.cache, contract.DECISIONS)
    assert stat.S_IMODE(os.stat(folder).st_mode) == 0o700
    assert len(os.listdir(folder)) == 2  # the call's, and `kept`
    for name in os.listdir(folder):
        with open(os.path.join(folder, name), "rb") as file:
            assert b"secret" not in file.read()
        assert stat.S_IMODE(os.stat(os.path.join(folder, name)).st_mode) == 0o600


# -- keys ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "how", "kept"),
    [
        pytest.param("sync", "exact", "sync"),
        pytest.param("run --no-sync ruff check .", "run", "run --no-sync"),
        pytest.param("run -q ruff", "run", "run -q"),
        pytest.param("run main.py", "exact", "run main.py"),
        pytest.param("run ./tool", "exact", "run ./tool"),
        pytest.param("run tool", "exact", "run tool"),
        pytest.param("run --with x ruff", "exact", "run --with x ruff"),
        pytest.param("run -- ruff", "exact", "run -- ruff"),
        pytest.param("run - ruff", "exact", "run - ruff"),
        pytest.param("run --directory=sub ruff", "exact", "run --directory=sub ruff"),
        pytest.param("-q run ruff", "exact", "-q run ruff"),
        pytest.param("run", "exact", "run"),
        pytest.param("--version", "prefix", "--version"),
        pytest.param("cache prune --ci", "prefix", "cache"),
        pytest.param("python install 3.12", "prefix", "python install"),
        pytest.param("python find", "exact", "python find"),
        pytest.param("--quiet cache prune", "exact", "--quiet cache prune"),
        pytest.param("build --wheel", "exact", "build --wheel"),
        pytest.param("version --short", "exact", "version --short"),
    ],
    ids=lambda value: value.replace(" ", "_"),
)
def test_what_a_decision_is_recorded_for(
    world: ChangingWorld, words: str, how: str, kept: str
) -> None:
    """The key contains only the words that the decision can depend on."""
    world.write(f"{P}/tool", "")
    assert _is_recorded(world, words)
    [found] = recorded.all_in(world.cache)
    assert (found.how, " ".join(found.words)) == (how, kept)
    assert found.directory == ("" if how == "prefix" else world.path(P))
    assert found.launcher == world.shim


def test_a_long_command_line_is_not_recorded(world: ChangingWorld) -> None:
    """A long command line is not recorded, as it would be stored verbatim."""
    assert _is_recorded(world, "sync --extra " + "x" * 1000)
    world.remove(os.path.join(world.cache, contract.DECISIONS))
    assert not _is_recorded(world, "sync --extra " + "é" * 510)


def test_names_of_records() -> None:
    """Each part of a key counts, the order of the variables does not."""
    names = [
        writer.hash_of(*key)
        for key in (
            ("/s", "exact", "/d", ["a", "b"], ["X=1", "Y=2"]),
            ("/t", "exact", "/d", ["a", "b"], ["X=1", "Y=2"]),
            ("/s", "run", "/d", ["a", "b"], ["X=1", "Y=2"]),
            ("/s", "exact", "/e", ["a", "b"], ["X=1", "Y=2"]),
            ("/s", "exact", "/d", ["ab"], ["X=1", "Y=2"]),
            ("/s", "exact", "/d", ["a", "b"], ["X=1", "Y=3"]),
        )
    ]
    assert len(set(names)) == len(names)
    swapped = writer.hash_of("/s", "exact", "/d", ["a", "b"], ["Y=2", "X=1"])
    assert swapped == names[0]


def test_the_number_of_records_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the limit, the oldest half is removed; files that disappear do not matter."""
    monkeypatch.setattr(writer, "_MOST", 6)
    for number in range(7):
        path = tmp_path / f"{number}"
        path.write_text("")
        os.utime(path, (number, number))
    writer._trim(str(tmp_path))
    assert sorted(os.listdir(tmp_path)) == ["4", "5", "6"]
    writer._trim(str(tmp_path))
    assert len(os.listdir(tmp_path)) == 3
    monkeypatch.setattr(os, "listdir", lambda _: [str(number) for number in range(9)])
    writer._trim(str(tmp_path))
    assert writer._written(str(tmp_path / "none")) == 0


@pytest.mark.parametrize(
    ("folder", "files"),
    [
        pytest.param("site-packages", ["__init__.py"], id="installed"),
        pytest.param("src", ["__init__.py", "shim/a.py", "shim/b.py"], id="source-tree"),
    ],
)
def test_the_code_is_an_input(
    tmp_path: Path, folder: str, files: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One file is enough for an installed package, which is replaced as a whole; else all count."""
    package = tmp_path / folder / "uvlocal"
    (package / "shim").mkdir(parents=True)
    for name in ("__init__.py", "shim/a.py", "shim/b.py", "shim/no.txt"):
        (package / name).write_text("")
    monkeypatch.setattr("uvlocal.__file__", str(package / "__init__.py"))
    assert writer._code(RecordingSystem()) == [str(package / name) for name in files]
