"""What the strategies do to an environment in the project, without a uv."""

from __future__ import annotations

import os
import posixpath
import stat
import sys
from typing import TYPE_CHECKING

import pytest
from fakes import FakeSystem, Link, Special

from uvlocal.shim import strategies, sync_marks, turns
from uvlocal.shim.system import System

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ROOT = "/Users/me/Library/Mobile Documents/com~apple~CloudDocs/foo"
INSIDE = f"{ROOT}/.venv"
PACKAGES = f"{INSIDE}/lib/python3.13/site-packages"
FOO = f"{PACKAGES}/foo-0.1.0.dist-info"
EDITABLE = b'{"url":"file:///p","dir_info":{"editable":true}}'
RECORD = b"_foo.pth,,\nfoo-0.1.0.dist-info/METADATA,,\n../../../bin/foo,,\n__pycache__/x.pyc,,\n"
ITSELF = {
    f"{INSIDE}/pyvenv.cfg": b"",
    f"{PACKAGES}/_foo.pth": b"/p/src\n",
    f"{FOO}/RECORD": RECORD,
}
WITH_METADATA = {f"{FOO}/direct_url.json": EDITABLE, f"{FOO}/INSTALLER": b"uv"}
IDNA = {
    f"{PACKAGES}/idna-3.dist-info/RECORD": b"idna/core.py,,\nidna-3.dist-info/RECORD,,\n",
    f"{PACKAGES}/idna/core.py": b"",
}


def machine(*trees: dict[str, bytes]) -> FakeSystem:
    """Return a Mac with these files."""
    system = FakeSystem({name: data for tree in trees for name, data in tree.items()})
    system.platform = "darwin"
    return system


# -- the look --------------------------------------------------------------------------------------


def seen(system: FakeSystem) -> tuple[bool, list[str], bool]:
    """Return what a look at the project sees: absent, broken, bare."""
    found = strategies.look(ROOT, system)
    return found.absent, [posixpath.basename(path) for path in found.broken], found.bare


def missing(system: FakeSystem) -> None:
    """Take the `.pth` file away."""
    system.remove(f"{PACKAGES}/_foo.pth")


def hidden(system: FakeSystem) -> None:
    """Hide the `.pth` file."""
    system.hidden.add(f"{PACKAGES}/_foo.pth")


def hidden_but_others(system: FakeSystem) -> None:
    """Hide everything but the `.pth` file."""
    system.hidden |= set(system.tree) - {f"{PACKAGES}/_foo.pth"}


def whole(system: FakeSystem) -> None:
    """Do nothing."""


BROKEN = ["foo-0.1.0.dist-info"]


@pytest.mark.parametrize(
    ("change", "metadata", "expected"),
    [
        pytest.param(whole, True, (False, [], False), id="whole"),
        pytest.param(whole, False, (False, [], True), id="whole-without-metadata"),
        pytest.param(missing, True, (False, BROKEN, False), id="missing"),
        pytest.param(missing, False, (False, BROKEN, True), id="missing-without-metadata"),
        pytest.param(hidden, True, (False, BROKEN, False), id="hidden"),
        pytest.param(hidden, False, (False, BROKEN, True), id="hidden-without-metadata"),
        pytest.param(hidden_but_others, True, (False, [], False), id="only-others-are-hidden"),
    ],
)
def test_look(
    change: Callable[[FakeSystem], None],
    expected: tuple[bool, list[str], bool],
    *,
    metadata: bool,
) -> None:
    """A local package is broken exactly if its `.pth` file is missing or hidden."""
    system = machine(ITSELF, IDNA, WITH_METADATA if metadata else {})
    change(system)
    assert seen(system) == expected


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        pytest.param({}, (True, [], False), id="nothing"),
        pytest.param({f"{INSIDE}/x": b""}, (True, [], False), id="no-environment"),
        pytest.param({f"{INSIDE}/pyvenv.cfg": b""}, (False, [], False), id="empty"),
    ],
)
def test_look_at_no_environment(
    files: dict[str, bytes], expected: tuple[bool, list[str], bool]
) -> None:
    """Without an environment there is one to be made."""
    assert seen(machine({f"{ROOT}/pyproject.toml": b""}, files)) == expected


@pytest.mark.parametrize(
    ("record", "origin", "local"),
    [
        pytest.param(b"_foo.pth,,\nfoo/x.py,,\n", None, False, id="package-of-an-index-with-pth"),
        pytest.param(b"_foo.pth,,\nfoo/x.py,,\n", EDITABLE, True, id="editable-with-a-folder"),
        pytest.param(b'"_foo.pth",,\n', None, True, id="quoted"),
        pytest.param(b"_foo.pth,sha256=x,12\r\n", None, True, id="line-ends-of-windows"),
        pytest.param(b"foo.py,,\n", None, False, id="no-pth"),
        pytest.param(b"foo.py,,\n", EDITABLE, False, id="editable-without-pth"),
        pytest.param(b"foo/_foo.pth,,\n", EDITABLE, False, id="pth-in-a-folder"),
        pytest.param(b"", None, False, id="empty"),
        pytest.param(b"\xff\xfe_foo.pth\0", None, False, id="garbage"),
        pytest.param(b"_foo.pth,,\n" * 10000, EDITABLE, False, id="huge"),
        pytest.param(b"_foo.pth,,\n", b'{"url":"https://x"}', False, id="from-elsewhere"),
    ],
)
def test_which_packages_are_local(record: bytes, origin: bytes | None, *, local: bool) -> None:
    """A package is local if it says so, or has nothing but a `.pth` file and no installer."""
    system = machine(ITSELF)
    system.put(f"{FOO}/RECORD", record)
    if origin is not None:
        system.put(f"{FOO}/direct_url.json", origin)
    hidden(system)
    assert bool(seen(system)[1]) == local


def test_a_package_that_an_index_gave_is_never_broken() -> None:
    """uv does not install a package of an index again, whatever is said to it."""
    system = machine(ITSELF, {f"{FOO}/INSTALLER": b"uv"})
    hidden(system)
    assert seen(system) == (False, [], False)


@pytest.mark.parametrize("part", ["", "/lib", "/lib/python3.13", "/lib/python3.13/site-packages"])
def test_no_link_is_followed(part: str) -> None:
    """A folder of the way that is a link leads to nothing: it could lead out of the project."""
    elsewhere = {name.replace(INSIDE, "/elsewhere"): data for name, data in ITSELF.items()}
    system = machine(elsewhere, {f"{ROOT}/pyproject.toml": b""})
    system.put(INSIDE + part, Link("/elsewhere" + part))
    system.hidden.add("/elsewhere/lib/python3.13/site-packages/_foo.pth")
    system.hidden.add(f"{PACKAGES}/_foo.pth")
    assert seen(system)[1:] == ([], False)


@pytest.mark.parametrize("content", [Special(), None, b"\xff"], ids=["fifo", "folder", "garbage"])
@pytest.mark.parametrize("name", ["RECORD", "direct_url.json", "INSTALLER"])
def test_garbage_in_metadata(name: str, content: object) -> None:
    """What is no readable file in a package's metadata stops nothing."""
    system = machine(ITSELF, WITH_METADATA)
    hidden(system)
    system.put(f"{FOO}/{name}", content)
    system.tree[f"{FOO}/{name}"] = content
    strategies.heal(strategies.look(ROOT, system), system)


# -- acts ------------------------------------------------------------------------------------------


def test_a_linked_package_is_no_package(tmp_path: Path) -> None:
    """Metadata that is a link, or becomes one before it is healed, is not reached through it."""
    mine = tmp_path / "mine" / "x-1.dist-info"
    mine.mkdir(parents=True)
    packages = tmp_path / "foo" / ".venv" / "lib" / "python3.12" / "site-packages"
    packages.mkdir(parents=True)
    for metadata in (mine, packages / "y-1.dist-info"):
        metadata.mkdir(exist_ok=True)
        (metadata / "direct_url.json").write_text('{"dir_info": {"editable": true}}')
        (metadata / "RECORD").write_text("_x.pth,,\n")
    (packages / "x-1.dist-info").symlink_to(mine)
    system = System(environ={})
    seen = strategies.look(str(tmp_path / "foo"), system)
    assert [os.path.basename(path) for path in seen.broken] == ["y-1.dist-info"]
    packages.rename(tmp_path / "aside")
    packages.symlink_to(mine.parent)
    mine.rename(mine.parent / "y-1.dist-info")
    strategies.heal(seen, system)
    assert (tmp_path / "mine" / "y-1.dist-info" / "direct_url.json").exists()


def test_heal() -> None:
    """What uv would not have written is taken from broken packages, and from no other."""
    system = machine(ITSELF, WITH_METADATA, IDNA, {f"{PACKAGES}/idna-3.dist-info/INSTALLER": b"uv"})
    hidden(system)
    before = set(system.tree)
    strategies.heal(strategies.look(ROOT, system), system)
    gone = before - set(system.tree)
    assert gone == {f"{FOO}/direct_url.json", f"{FOO}/INSTALLER"}
    assert seen(system) == (False, BROKEN, True)
    strategies.heal(strategies.look(ROOT, system), system)


def test_stamp_tells_a_new_installation() -> None:
    """The stamp stays while a broken package is healed, and is another one when it is installed."""
    system = machine(ITSELF, WITH_METADATA)
    hidden(system)
    broken = strategies.look(ROOT, system)
    strategies.heal(broken, system)
    assert strategies.look(ROOT, system).stamp == broken.stamp != ""
    system.put(f"{FOO}/RECORD", RECORD)
    assert strategies.look(ROOT, system).stamp != broken.stamp


@pytest.mark.parametrize(
    ("words", "environ", "expected"),
    [
        pytest.param(["run", "foo"], {}, True, id="run"),
        pytest.param(["run", "--no-sync", "foo"], {}, False, id="no-sync"),
        pytest.param(["run", "foo", "--no-sync"], {}, True, id="an-argument-of-the-program"),
        pytest.param(["sync"], {"UV_NO_SYNC": "1"}, False, id="variable"),
        pytest.param(["sync"], {"UV_NO_SYNC": "0"}, True, id="variable-off"),
    ],
)
def test_installs(words: list[str], environ: dict[str, str], *, expected: bool) -> None:
    """Nothing is healed in a call in which uv would not install it again."""
    assert strategies.installs(words, FakeSystem(environ=environ)) == expected


# -- the flag itself -------------------------------------------------------------------------------


def test_flag_on_this_machine(tmp_path: Path) -> None:
    """A file without the flag is not hidden; what is not there is neither hidden nor shown."""
    system = System()
    path = tmp_path / "a.pth"
    path.write_bytes(b"")
    assert not system.is_hidden(str(path))
    assert not system.is_hidden(str(tmp_path / "none"))
    assert not system.show(str(tmp_path / "none"))


def test_flag_is_cleared_alone(tmp_path: Path) -> None:
    """Only the one flag goes, the others of the file stay."""
    if sys.platform != "darwin":
        pytest.skip("this system has no flag that hides files")
    path = str(tmp_path / "a.pth")
    with open(path, "wb"):
        pass
    os.lchflags(path, stat.UF_HIDDEN | stat.UF_NODUMP)
    system = System()
    assert system.is_hidden(path)
    assert system.show(path)
    assert os.lstat(path).st_flags == stat.UF_NODUMP


# -- marks for sync clients ------------------------------------------------------------------------

IGNORE = "com.apple.fileprovider.ignore#P"


@pytest.mark.parametrize(
    ("provider", "platform", "expected"),
    [
        pytest.param("dropbox", "linux", ["user.com.dropbox.ignored"], id="dropbox-linux"),
        pytest.param("dropbox", "darwin", [IGNORE, "com.dropbox.ignored"], id="dropbox-macos"),
        pytest.param("dropbox", "win32", ["com.dropbox.ignored"], id="dropbox-windows"),
        pytest.param("icloud", "darwin", [IGNORE], id="icloud"),
        pytest.param("onedrive", "darwin", [IGNORE], id="onedrive"),
        pytest.param("onedrive", "win32", [], id="onedrive-windows"),
        pytest.param("syncthing", "linux", [], id="no-attribute"),
        pytest.param(None, "linux", [], id="no-provider"),
        pytest.param("nobody", "linux", [], id="unknown-provider"),
    ],
)
def test_attributes(provider: str | None, platform: str, expected: list[str]) -> None:
    """Each provider's own marks are used, on the platforms where it heeds them."""
    assert sync_marks.attributes(provider, platform) == expected


@pytest.mark.parametrize(
    ("files", "make", "marked"),
    [
        pytest.param({}, False, False, id="absent"),
        pytest.param({}, True, True, id="made-before-uv-fills-it"),
        pytest.param({INSIDE: None}, False, True, id="there"),
        pytest.param({INSIDE: Link("/elsewhere"), "/elsewhere": None}, True, False, id="link"),
        pytest.param({INSIDE: b"/elsewhere\n"}, True, False, id="file"),
    ],
)
def test_mark(files: dict[str, object], *, make: bool, marked: bool) -> None:
    """The environment's folder is marked, once; a link or file in its place is not."""
    system = FakeSystem({f"{ROOT}/pyproject.toml": b"", **files}, platform="darwin")
    assert sync_marks.mark(ROOT, "dropbox", system, make=make) == marked
    assert not sync_marks.mark(ROOT, "dropbox", system, make=make)
    expected = {IGNORE, "com.dropbox.ignored"} if marked else set()
    assert {name for _, name in system.attributes} == expected
    assert all(system.attribute(INSIDE, name) == b"1" for name in expected)


def test_mark_comes_back_with_a_new_folder() -> None:
    """When uv has made the environment anew, the mark that went with the old one is set again."""
    system = FakeSystem({INSIDE: None}, platform="darwin")
    assert sync_marks.mark(ROOT, "dropbox", system, make=True)
    system.attributes.clear()
    assert sync_marks.mark(ROOT, "dropbox", system, make=True)


def test_mark_with_another_value() -> None:
    """A mark that says no is made to say yes."""
    system = FakeSystem({INSIDE: None}, platform="darwin")
    system.attributes[INSIDE, IGNORE] = b"0"
    system.attributes[INSIDE, "com.dropbox.ignored"] = b"1"
    assert sync_marks.mark(ROOT, "dropbox", system, make=True)
    assert system.attribute(INSIDE, IGNORE) == b"1"


def test_nothing_is_made_without_a_mark() -> None:
    """A provider without a mark is no reason to make a folder."""
    system = FakeSystem({f"{ROOT}/pyproject.toml": b""}, platform="darwin")
    assert not sync_marks.mark(ROOT, "syncthing", system, make=True)
    assert not system.exists(INSIDE)


def test_attribute_on_this_machine(tmp_path: Path) -> None:
    """The mark that is set is the mark that is read; a failure is told, not raised."""
    system = System()
    name = "user.com.dropbox.ignored" if system.platform == "linux" else "com.dropbox.ignored"
    if not system.set_attribute(str(tmp_path), name, b"1"):
        pytest.skip("this file system has no extended attributes")
    assert system.attribute(str(tmp_path), name) == b"1"
    assert not system.set_attribute(str(tmp_path / "none"), name, b"1")
    assert not system.set_attribute("\0", name, b"1")


# -- turns -----------------------------------------------------------------------------------------


class Clock:
    """Time that passes only when somebody waits; `events` are done at their times."""

    def __init__(self) -> None:
        """Begin at some time."""
        self.now = 1000.0
        self.events: list[tuple[float, Callable[[], None]]] = []

    def sleep(self, seconds: float) -> None:
        """Let time pass, and do what is due."""
        self.now += seconds
        due = [act for time, act in self.events if time <= self.now]
        self.events = [(time, act) for time, act in self.events if time > self.now]
        for act in due:
            act()


class Desk:
    """An environment in a real folder, the file of turns, and a process that may be alive."""

    def __init__(self, folder: Path) -> None:
        """Make a broken environment that was synced with metadata."""
        self.root = str(folder / "foo")
        self.file = str(folder / "cache" / "repairs" / "foo")
        self.clock = Clock()
        self.alive = {1, 2, 3}
        self.install(metadata=True)
        os.unlink(self.pth)

    @property
    def pth(self) -> str:
        """The `.pth` file."""
        return self.root + PACKAGES.removeprefix(ROOT) + "/_foo.pth"

    def install(self, *, metadata: bool) -> None:
        """Do what uv does when it installs the package."""
        for name, data in {**ITSELF, **(WITH_METADATA if metadata else {})}.items():
            path = self.root + name.removeprefix(ROOT)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            if os.path.lexists(path):
                os.unlink(path)
            with open(path, "wb") as file:
                file.write(data)

    def take(self, process: int) -> bool:
        """Let a process take its turn; say whether it is to repair."""
        system = System()
        turn = turns.Turns(
            self.file,
            self.root,
            _Living(system, self.alive),
            process=process,
            now=lambda: self.clock.now,
            sleep=self.clock.sleep,
        )
        return turn.take()


class _Living(System):
    """This machine, with processes that a test gives."""

    __slots__ = ("_alive",)

    def __init__(self, system: System, alive: set[int]) -> None:
        super().__init__(environ=system.environ, cwd=system.cwd, home=system.home)
        self._alive = alive

    def is_alive(self, process: int) -> bool:
        """Say whether a test says so."""
        return process in self._alive


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Return a broken environment."""
    return Desk(tmp_path)


@pytest.mark.parametrize(
    ("installing", "settling"),
    [
        pytest.param(0.5, turns.SETTLING, id="fast"),
        pytest.param(4.0, 2.0, id="busy-machine"),
        pytest.param(20.0, turns.LONGEST_SETTLING, id="much-to-install"),
    ],
)
def test_first_leads_others_wait(desk: Desk, installing: float, settling: float) -> None:
    """One call repairs; another waits until it has installed and its Python has started."""
    assert desk.take(1)
    start = desk.clock.now
    desk.clock.events.append((start + installing, lambda: desk.install(metadata=False)))
    assert not desk.take(2)
    waited = desk.clock.now - start
    assert installing + settling <= waited < installing + settling + 0.2
    assert not desk.take(1)


def test_who_leads_heals(desk: Desk) -> None:
    """What keeps uv from installing again is gone when the call that leads goes on."""
    assert desk.take(1)
    assert strategies.look(desk.root, System()).bare


def test_nobody_waits_for_the_dead(desk: Desk) -> None:
    """When the call that leads ends, the others go on at once."""
    assert desk.take(1)
    start = desk.clock.now
    desk.clock.events.append((start + 2, lambda: desk.alive.remove(1)))
    assert not desk.take(2)
    assert 2 <= desk.clock.now - start < 3


def test_after_the_dead_somebody_else_leads(desk: Desk) -> None:
    """A call that comes when the one that led has ended without success leads itself."""
    assert desk.take(1)
    desk.alive.remove(1)
    assert desk.take(2)


def test_what_breaks_again_is_repaired_again(desk: Desk) -> None:
    """While the first call is still running its program, the next one repairs what broke since."""
    assert desk.take(1)
    desk.install(metadata=False)
    os.unlink(desk.pth)
    assert desk.take(2)


def test_nobody_waits_for_itself(desk: Desk) -> None:
    """A process whose number the note has, left by an earlier one, leads."""
    assert desk.take(1)
    start = desk.clock.now
    assert desk.take(1)
    assert desk.clock.now == start


def test_nobody_waits_for_ever(desk: Desk) -> None:
    """A call that leads and never installs is waited for within bounds."""
    assert desk.take(1)
    start = desk.clock.now
    assert not desk.take(2)
    assert desk.clock.now - start < turns.LEADER_PATIENCE + 1


def test_an_old_turn_is_over(desk: Desk) -> None:
    """A program that goes on for long is nobody's concern."""
    assert desk.take(1)
    desk.install(metadata=False)
    desk.clock.now += turns.LEADER_PATIENCE + 1
    start = desk.clock.now
    assert not desk.take(2)
    assert desk.clock.now == start


def test_an_environment_that_is_just_made_is_not_done(desk: Desk) -> None:
    """One that another call is making looks whole before anything is in it, and is waited for."""
    for folder, _, names in os.walk(desk.root, topdown=False):
        for name in names:
            os.unlink(os.path.join(folder, name))
        os.rmdir(folder)
    os.makedirs(desk.root)
    assert desk.take(1)
    os.makedirs(os.path.join(desk.root, ".venv"))
    with open(os.path.join(desk.root, ".venv", "pyvenv.cfg"), "wb"):
        pass
    start = desk.clock.now
    desk.clock.events.append((start + 0.5, lambda: desk.install(metadata=False)))
    assert not desk.take(2)
    assert desk.clock.now - start >= 2 * turns.SETTLING


def test_what_is_whole_is_not_repaired(desk: Desk) -> None:
    """A look that finds nothing wrong takes the repair back that was decided before."""
    desk.install(metadata=True)
    assert not desk.take(1)
    assert not strategies.look(desk.root, System()).bare


@pytest.mark.parametrize("note", [b"", b"x", b"1 x y", b"\xff" * 64, b"1 1000.0"])
def test_garbage_in_the_note(desk: Desk, note: bytes) -> None:
    """A note that cannot be read is no note."""
    os.makedirs(os.path.dirname(desk.file), mode=0o700)
    with open(desk.file, "wb") as file:
        file.write(note)
    assert desk.take(2)


def test_without_a_place_for_turns_everybody_repairs(desk: Desk) -> None:
    """Where the note cannot be written nothing stops uv."""
    os.makedirs(os.path.dirname(os.path.dirname(desk.file)))
    with open(os.path.dirname(desk.file), "wb"):
        pass
    assert desk.take(1)
    assert desk.take(2)
    assert strategies.look(desk.root, System()).bare


def test_link_in_the_place_of_the_note(desk: Desk) -> None:
    """A link where the note would be is not followed."""
    os.makedirs(os.path.dirname(desk.file), mode=0o700)
    target = desk.root + "/precious"
    os.symlink(target, desk.file)
    assert desk.take(1)
    assert not os.path.lexists(target)


def test_locks_exclude_each_other(tmp_path: Path) -> None:
    """A lock is had by one, and by the next when it is given back."""
    path = str(tmp_path / "lock")
    system = System()
    assert system.lock(path, make=False, patience=0) is None
    first = system.lock(path, make=True, patience=0)
    assert first is not None
    assert system.lock(path, make=True, patience=0) is None
    os.close(first)
    second = system.lock(path, make=True, patience=0)
    assert second is not None
    os.close(second)


def test_who_is_alive() -> None:
    """This process is alive, a number that no process can have is not."""
    assert System().is_alive(os.getpid())
    assert not System().is_alive(1 << 40)
