"""A shared folder is written by others: nothing in it makes us run, write, delete or hang."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from support.faults import hard_cases
from support.hosts import hostile
from support.hosts.forked_commands import HUNG, Commands
from support.hosts.hostile import NAMES, Place
from support.hosts.hostile_plants import PLANTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="made of links and FIFOs")

#: The commands that read the folder, as typed in the project; `$SHARED` is the folder around it.
COMMANDS = (
    "status",
    "status --json",
    "path",
    "doctor",
    "doctor --fix",
    "list",
    "list --json",
    "prune --yes",
    "prune --yes --older-than 0d",
    "adopt --dry-run",
    "adopt",
    "scan $SHARED",
    "scan $SHARED --json",
    "migrate --yes --keep-extra",
    "migrate --all --yes --drop-extra $SHARED",
    "migrate --dry-run --json",
    "link",
    "link --pointer file",
    "link --vscode",
    "link --vscode --user",
    "unlink",
    "config",
    "config --json",
    "config set --project mode always",
    "config unset --project mode",
    "config add-root $SHARED",
)
#: What is typed for uv, each with what it says of its work.
CALLS = ("run true", "sync", "pip list", "lock", "venv", "--version")
STRATEGIES = ("", "redirect", "no-metadata")
#: The timeout of a call, in seconds; only one that hangs takes longer.
PATIENCE = 30


@pytest.fixture
def make_place(tmp_path: Path) -> Iterator[Callable[..., Place]]:
    """Return what makes a place, which is removed afterwards: pytest cannot remove all of it."""
    yield lambda name="foo": Place(str(tmp_path), name)
    subprocess.run(["/bin/rm", "-rf", str(tmp_path / "home")], check=True)  # deep folders


@pytest.fixture(scope="module")
def commands() -> Iterator[Commands]:
    """Return what runs commands."""
    with Commands() as running:
        yield running


def is_fit(text: str) -> bool:
    """Return whether lines can be shown on a terminal."""
    return all(line.isprintable() for line in text.split("\n"))


def run(commands: Commands, place: Place, typed: str) -> None:
    """Run a command in the hostile project, and see that nothing happened."""
    words = [word.replace("$SHARED", place.shared) for word in typed.split()]
    before = place.outside()
    ended = commands.run(words, place.project, place.environ)
    told = f"$ uvlocal {typed}\n{ended.out}{ended.err}(exit code {ended.code})"
    assert ended.code != HUNG, told
    assert ended.code in (0, 1, 2), told
    assert "Traceback" not in ended.err, told
    assert not os.path.exists(place.log), told
    assert place.outside() == before, told
    assert is_fit(ended.err), told
    if "--json" in words:
        if ended.code != 2 and ended.out:
            assert json.loads(ended.out)["version"] == 1
    elif words[0] != "path":  # prints a path byte for byte
        assert is_fit(ended.out), told


def call(place: Place, typed: str, strategy: str) -> None:
    """Call uv through the shim in the hostile project, and see that nothing happened."""
    before = place.outside()
    environ = place.environ | ({"UVLOCAL_STRATEGY": strategy} if strategy else {})
    done = subprocess.run(
        [os.path.join(place.shims, "uv"), *typed.split()],
        cwd=place.project,
        env=environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=PATIENCE,
        check=False,
    )
    err = done.stderr.decode("utf-8", "surrogateescape")
    told = f"$ uv {typed} ({strategy})\n{err}(exit code {done.returncode})"
    assert done.returncode == 0, told
    assert "uvlocal failed" not in err, told
    assert not os.path.exists(place.log), told
    assert place.outside() == before, told
    assert is_fit(err), told


def environments(place: Place) -> set[str]:
    """Return the environments that uv was told of."""
    if not os.path.exists(place.calls):
        return set()
    with open(place.calls, encoding="utf-8", errors="surrogateescape") as file:
        return {path for line in file for path in line.split("|")[:2] if path}


def in_store(place: Place, path: str) -> bool:
    """Return whether a path is that of an environment in the store."""
    return os.path.dirname(path) == os.path.join(place.store, "envs")


@pytest.mark.parametrize("what", PLANTS)
def test_commands(commands: Commands, make_place: Callable[..., Place], what: str) -> None:
    """No command runs, writes or deletes anything for what a shared folder holds, or hangs."""
    place = make_place()
    PLANTS[what](place)
    for typed in hostile.choose(
        list(COMMANDS), hard_cases.count(3, 99), f"{hard_cases.SEED}{what}"
    ):
        run(commands, place, typed)


@pytest.mark.parametrize("what", PLANTS)
def test_calls(make_place: Callable[..., Place], what: str) -> None:
    """No call of uv runs, writes or deletes anything for what a shared folder holds, or hangs."""
    place = make_place()
    PLANTS[what](place)
    cases = [f"{typed}|{strategy}" for typed in CALLS for strategy in STRATEGIES]
    for case in hostile.choose(cases, hard_cases.count(2, 99), f"{hard_cases.SEED}{what}"):
        call(place, *case.split("|"))
    assert all(in_store(place, path) for path in environments(place)), environments(place)


@pytest.mark.parametrize("name", NAMES)
def test_names(commands: Commands, make_place: Callable[..., Place], name: str) -> None:
    """A folder's name is a name: it forges no line, steers no terminal, is never run."""
    place = make_place(NAMES[name])
    for typed in hostile.choose(
        list(COMMANDS), hard_cases.count(2, 99), f"{hard_cases.SEED}{name}"
    ):
        run(commands, place, typed)
    for strategy in STRATEGIES[: hard_cases.count(1, 9)]:
        call(place, "run true", strategy)
    assert all(in_store(place, path) for path in environments(place))
    shown = commands.run(["status"], place.project, place.environ | {"COLUMNS": "2000"})
    assert not any(line.startswith(("error: forged", "hint:")) for line in shown.out.split("\n"))
    found = commands.run(["status", "--json"], place.project, place.environ)
    assert json.loads(found.out)["root"] == place.project
    said = commands.run(["path"], place.project, place.environ)
    assert in_store(place, said.out.removesuffix("\n"))


# -- what the tests above depend on --------------------------------------------------------------


@pytest.mark.parametrize(
    "harm",
    [
        pytest.param(lambda place: place.write(os.path.join(place.mine, "x"), ""), id="written"),
        pytest.param(lambda place: os.unlink(os.path.join(place.mine, "settings.json")), id="gone"),
        pytest.param(lambda place: os.chmod(place.mine, 0o700), id="mode"),
    ],
)
def test_harm_is_seen(tmp_path: Path, harm: Callable[[Place], object]) -> None:
    """A change to the user's own things is one that the tests above would see."""
    place = Place(str(tmp_path))
    before = place.outside()
    harm(place)
    assert place.outside() != before


def test_a_planted_program_tells(tmp_path: Path) -> None:
    """A planted program that is run is one that the tests above would see."""
    place = Place(str(tmp_path))
    PLANTS["programs"](place)
    subprocess.run([os.path.join(place.project, "python")], check=True)
    assert os.path.exists(place.log)
