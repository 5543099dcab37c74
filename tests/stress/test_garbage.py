"""Whatever is in a file that we read or write: uv runs, and nothing of the user's is lost."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
from support.faults import hard_cases
from support.hosts.hard_machine import CODE, PROJECT, names, tree

from uvlocal.shim.machine.directories import expand
from uvlocal.shim.machine.host import System
from uvlocal.shim.volume.providers.table import PROVIDERS

if sys.platform == "win32":
    pytest.skip("the program in uv's place is a shell script", allow_module_level=True)

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.hosts.hard_machine import HardMachine

#: Takes the capability away by which root reads and writes everything; () for other users.
_AS_A_USER = ("setpriv", "--bounding-set=-dac_override,-dac_read_search")


def _random(path: str) -> None:
    source = random.Random(f"{hard_cases.SEED} {os.path.basename(path)}")  # noqa: S311 - a test
    _put(path, source.randbytes(3000))


def _put(path: str, content: bytes) -> None:
    with open(path, "wb") as file:
        file.write(content)


def _half(content: bytes) -> Callable[[str], None]:
    return lambda path: _put(path, content[: len(content) // 2])


def _large(path: str) -> None:
    """A file that nobody can want to read, of 8 GB; it takes no room."""
    _put(path, b"")
    os.truncate(path, 8 << 30)


def _forbidden(path: str) -> None:
    _put(path, b"x")
    os.chmod(path, 0)


DAMAGE: dict[str, Callable[[str], None]] = {
    "random": _random,
    "empty": lambda path: _put(path, b""),
    "zeros": lambda path: _put(path, bytes(1 << 20)),
    "large": _large,
    "brackets": lambda path: _put(path, b"[" * 200_000),
    "directory": os.mkdir,
    "fifo": os.mkfifo,
    "dangling": lambda path: os.symlink("nowhere", path),
    "loop": lambda path: os.symlink(os.path.basename(path), path),
    "device": lambda path: os.symlink("/dev/zero", path),
    "forbidden": _forbidden,
}


def _remove(path: str) -> None:
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    elif os.path.lexists(path):
        os.unlink(path)


def _without_privileges() -> tuple[str, ...]:
    """Return the words that take root's privileges away, () where there are none."""
    if os.geteuid() != 0:
        return ()
    if shutil.which("setpriv") is None:
        pytest.skip("root reads everything, and `setpriv` (util-linux) is not installed")
    if subprocess.run([*_AS_A_USER, "true"], capture_output=True, check=False).returncode:
        pytest.skip("root's privileges cannot be taken away here")
    return _AS_A_USER


def _each(
    machine: HardMachine,
    path: str,
    check: Callable[[str], None],
    forget: Callable[[], None],
    usual: int,
) -> None:
    """Damage a file in every way, check, and put it back; nothing else may change in the meantime.

    An ordinary run takes `usual` of the ways. `forget` throws away what would
    answer in the file's place.
    """
    kept = None
    if os.path.isfile(path):
        with open(path, "rb") as file:
            kept = file.read()
    else:
        os.makedirs(os.path.dirname(path), exist_ok=True)
    damages = DAMAGE if kept is None else {**DAMAGE, "half": _half(kept)}
    some = random.Random(f"{hard_cases.SEED} {path[len(machine.root) :]}")  # noqa: S311 - a test
    chosen = some.sample(list(damages), hard_cases.count(usual, len(damages)))
    users = tree(machine.dropbox), tree(machine.config)
    below = path.startswith((machine.dropbox + os.sep, machine.config + os.sep))
    for name in chosen:
        _remove(path)
        damages[name](path)
        forget()
        check(name)
        _remove(path)
        if kept is not None:
            _put(path, kept)
            os.chmod(path, 0o600)
        forget()
        said = machine.call("run", "x")
        assert machine.is_right(said, "run", "x"), (name, said)
    if not below:
        assert (tree(machine.dropbox), tree(machine.config)) == users


def _forget(machine: HardMachine) -> None:
    """Throw away what is remembered of earlier calls, so that the next one reads everything."""
    shutil.rmtree(machine.cache, ignore_errors=True)


OURS = [
    pytest.param("record", id="record"),
    pytest.param("roots", id="remembered-roots"),
    pytest.param("code-", id="byte-code"),
    pytest.param("decision", id="recorded-decision"),
    pytest.param(".lock", id="lock-of-the-store"),
]


def _own_file(machine: HardMachine, which: str) -> str:
    if which == "record":
        return os.path.join(machine.store, "records", f"{os.path.basename(machine.expected)}.toml")
    if which == ".lock":
        return os.path.join(machine.store, which)
    folder = os.path.join(machine.cache, "decisions") if which == "decision" else machine.cache
    found = [name for name in names(folder) if which == "decision" or name.startswith(which)]
    return os.path.join(folder, found[0])


def _settle(machine: HardMachine) -> None:
    """Make everything that a decision depends on old enough to be recorded, and record it."""
    machine.call("sync")
    for _ in range(100):
        machine.call("run", "x")
        if names(os.path.join(machine.cache, "decisions")):
            return
        time.sleep(0.1)  # waits for the clock
    pytest.fail("no decision is ever recorded")


@pytest.mark.parametrize("which", OURS)
def test_what_we_wrote(machine: HardMachine, which: str) -> None:
    """A file of ours that is not as we wrote it costs time, and never an answer."""
    before = _without_privileges()
    _settle(machine)

    def check(name: str) -> None:
        for words in (("run", "x"), ("sync",), ("run", "x")):
            said = machine.call(*words, before=before)
            assert machine.is_right(said, *words), (name, said)
            assert len(said.lines) <= 1, (name, said)

    path = _own_file(machine, which)
    _each(machine, path, check, lambda: None, len(DAMAGE))


@pytest.mark.parametrize(
    "name", ["store", "store/envs", "store/records", "cache", "cache/decisions"]
)
def test_our_folders(machine: HardMachine, name: str) -> None:
    """Something else where a folder of ours should be: uv runs, and the next call is right."""
    before = _without_privileges()
    which, _, below = name.partition("/")
    path = os.path.join(machine.store if which == "store" else machine.cache, below).rstrip("/")
    aside = machine.path("aside")
    _settle(machine)
    os.rename(path, aside)

    def check(damage: str) -> None:
        said = machine.call("run", "x", before=before)
        assert said.came_through, (damage, said)
        assert said.environment in ("", machine.expected)
        assert len(said.lines) <= 1, (damage, said)
        if which == "cache":
            assert machine.is_right(said, "run", "x"), (damage, said)

    for damage, act in DAMAGE.items():
        act(path)
        check(damage)
        _remove(path)
    os.rename(aside, path)
    assert machine.is_right(machine.call("run", "x"), "run", "x")


@pytest.mark.parametrize("damage", list(DAMAGE))
def test_the_launchers_configuration(machine: HardMachine, damage: str) -> None:
    """Without a usable configuration the launcher becomes uv, and says so, and what helps."""
    before = _without_privileges()
    machine.call("sync")
    path = machine.path("shims/uvlocal-launcher.conf")
    os.unlink(path)
    DAMAGE[damage](path)
    said = machine.call("run", "x", before=before)
    assert (said.code, said.out) == (CODE, "|run x\n")
    assert [line.partition(":")[0] for line in said.err.splitlines()] == ["warning", "hint"]
    _remove(path)
    machine.configure()
    assert machine.is_right(machine.call("run", "x"), "run", "x")


def _places() -> list[str]:
    """Return every file that a provider's row names on Linux, below a home, each once."""
    home = "/home/me"
    environ = {"HOME": home}
    for name in ("STHOMEDIR", "STCONFDIR", "CCNET_CONF_DIR", "MUTAGEN_DATA_DIRECTORY"):
        environ[name] = f"{home}/{name}"
    system = System(platform="linux", environ=environ, cwd="/", home=home)
    found: dict[str, None] = {}
    for provider in PROVIDERS:
        for place in provider.places:
            if "linux" not in place.platforms:
                continue
            wanted = [place.where] if place.how == "file" else []
            wanted += [place.needs] if place.how in ("file", "fixed") and place.needs else []
            found |= dict.fromkeys(expand(path, system) for path in wanted)
            if place.how == "marker":
                found[f"{home}/Dropbox/{place.where.rstrip('/')}"] = None
        for exclusion in provider.exclusions:
            if "linux" in exclusion.platforms and exclusion.how == "patterns":
                inside = f"{home}/Dropbox/{exclusion.what}"
                outside = exclusion.what[0] in "$%~"
                found[expand(exclusion.what, system) if outside else inside] = None
    return [os.path.relpath(path, home) for path in found if path.startswith(home + os.sep)]


PLACES = _places()


def test_there_are_places() -> None:
    """The table of providers names many files, so that the tests below are not empty."""
    assert len(PLACES) > 30
    assert {".dropbox/info.json", "STHOMEDIR/config.xml"} <= set(PLACES)


@pytest.mark.parametrize("place", PLACES)
def test_a_clients_file(machine: HardMachine, place: str) -> None:
    """Garbage in any client's file does not stop uv, and costs at most that client's folders."""
    before = _without_privileges()
    for name in ("STHOMEDIR", "STCONFDIR", "CCNET_CONF_DIR", "MUTAGEN_DATA_DIRECTORY"):
        machine.environ[name] = os.path.join(machine.home, name)
    machine.call("sync")
    other = machine.add_project("local/bar")
    is_dropboxs = place == ".dropbox/info.json"

    def check(name: str) -> None:
        said = machine.call("run", "x", before=before)
        assert said.came_through, (name, said)
        assert len(said.lines) <= 1, (name, said)
        if not is_dropboxs:
            assert machine.is_right(said, "run", "x"), (name, said)
        said = machine.call("run", "x", cwd=other, before=before)
        assert (said.code, said.out) == (CODE, "|run x\n"), (name, said)

    path = machine.path(f"home/{place}")
    if os.path.isdir(path):
        pytest.skip("the machine has a folder there")
    _each(machine, path, check, lambda: _forget(machine), 1)


@pytest.mark.parametrize(
    "place",
    [
        pytest.param("home/.config/uvlocal/uvlocal.toml", id="our-settings"),
        pytest.param("home/.config/uv/uv.toml", id="uvs-settings"),
        pytest.param("home/Dropbox/foo/uv.toml", id="uvs-settings-in-the-project"),
        pytest.param("home/Dropbox/foo/.venv", id="environment-in-the-project"),
        pytest.param("home/Dropbox/pyproject.toml", id="project-above"),
        pytest.param("home/.local", id="folder-above-the-store"),
    ],
)
def test_the_users_files(machine: HardMachine, place: str) -> None:
    """Garbage in the user's files does not stop uv, with at most one line about it."""
    before = _without_privileges()
    machine.environ["UVLOCAL_STORE"] = machine.store = machine.path("store")

    def check(name: str) -> None:
        said = machine.call("run", "x", before=before)
        assert said.came_through, (name, said)
        assert said.environment in ("", machine.expected), (name, said)
        assert len(said.lines) <= 1 + (name != "none"), (name, said)

    _each(machine, machine.path(place), check, lambda: _forget(machine), 3)


@pytest.mark.parametrize("damage", list(DAMAGE))
def test_the_projects_file(machine: HardMachine, damage: str) -> None:
    """A `pyproject.toml` that uv cannot use is uv's to report, without a word of ours."""
    before = _without_privileges()
    path = os.path.join(machine.project, "pyproject.toml")
    os.unlink(path)
    DAMAGE[damage](path)
    for _ in range(2):
        said = machine.call("run", "x", before=before)
        assert said.came_through, said
        assert said.environment in ("", machine.expected)
        assert not [line for line in said.err.splitlines() if "pyproject" in line]
    _remove(path)
    machine.write("home/Dropbox/foo/pyproject.toml", PROJECT.format("foo"))
    assert machine.is_right(machine.call("run", "x"), "run", "x")
