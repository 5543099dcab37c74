"""The pointer for editors: what is recognised, created and left alone at `.venv`."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from support import systems
from support.hosts.fakes import FakeSystem, Link, Special

from uvlocal.shim.machine import host
from uvlocal.shim.machine.host import DRAFT, System
from uvlocal.shim.store import pointers
from uvlocal.shim.volume.locate import Volume
from uvlocal.shim.volume.providers.table import PROVIDERS

HOME = "/home/me"
ROOT = f"{HOME}/Dropbox/code/foo"
WANTED = f"{HOME}/.local/share/uvlocal/envs/foo-0123456789"
RELATIVE = "../../../.local/share/uvlocal/envs/foo-0123456789"
OTHER = "/Users/you/.local/share/uvlocal/envs/foo-0123456789"
MEMORY = f"{HOME}/.cache/uvlocal/pointers/foo-0123456789"
NEWEST = (0, 13, 9)


def machine(venv: object = Ellipsis) -> FakeSystem:
    """Return a machine with a project, and something at `.venv` if given."""
    files: dict[str, object] = {f"{ROOT}/pyproject.toml": b""}
    if venv is not Ellipsis:
        files[f"{ROOT}/.venv"] = venv
    return FakeSystem(files)


# -- findings --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("venv", "kind", "ours", "leads"),
    [
        pytest.param(..., "none", False, False, id="nothing"),
        pytest.param(None, "folder", False, False, id="folder"),
        pytest.param(Link(RELATIVE), "symlink", True, True, id="link"),
        pytest.param(Link(WANTED), "symlink", True, True, id="absolute-link"),
        pytest.param(Link(OTHER), "symlink", True, False, id="another-machines"),
        pytest.param(Link("/fast/env"), "symlink", False, False, id="the-users"),
        pytest.param(Link("/x/envs/foo"), "symlink", False, False, id="other-envs"),
        pytest.param(Link(RELATIVE + "/"), "symlink", True, True, id="slash-at-the-end"),
        pytest.param(RELATIVE.encode() + b"\n", "file", True, True, id="file"),
        pytest.param(OTHER.encode() + b"\r\n", "file", True, False, id="another-machines-file"),
        pytest.param(b"/fast/env\n", "file", False, False, id="the-users-file"),
        pytest.param(b"a\nb\n", "other", False, False, id="text"),
        pytest.param(b"", "other", False, False, id="empty"),
        pytest.param(b"x" * 100_000, "other", False, False, id="huge"),
        pytest.param(b"\xff\0\n", "file", False, False, id="no-text"),
        pytest.param(Special(), "other", False, False, id="fifo"),
    ],
)
def test_find(venv: object, kind: str, *, ours: bool, leads: bool) -> None:
    """A pointer is ours by the end of its target, and `leads` to this project's environment."""
    found = pointers.find(ROOT, WANTED, machine(venv))
    assert (found.kind, found.ours, found.leads) == (kind, ours, leads)


def test_find_follows_nothing() -> None:
    """A pointer is not followed, as another machine may have written it."""
    system = machine(Link("/net/server/envs/foo-0123456789"))
    pointers.find(ROOT, WANTED, system)
    assert not any(name.startswith("/net") for name in system.touched)


def test_find_without_an_environment() -> None:
    """A project that is not redirected has no valid pointer."""
    found = pointers.find(ROOT, "", machine(Link(RELATIVE)))
    assert (found.ours, found.leads) == (True, False)


# -- the target ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("root", "wanted", "home", "platform", "expected"),
    [
        pytest.param(ROOT, WANTED, HOME, "linux", RELATIVE, id="below-home"),
        pytest.param(HOME, WANTED, HOME, "linux", RELATIVE[9:], id="home-itself"),
        pytest.param("/srv/foo", WANTED, HOME, "linux", WANTED, id="project-elsewhere"),
        pytest.param(ROOT, "/fast/envs/f-0", HOME, "linux", "/fast/envs/f-0", id="store-elsewhere"),
        pytest.param(ROOT, WANTED, "", "linux", WANTED, id="no-home"),
        pytest.param(
            r"C:\Users\me\Dropbox\foo",
            r"C:\Users\me\AppData\Local\uvlocal\envs\foo-0123456789",
            r"C:\Users\me",
            "win32",
            r"..\..\AppData\Local\uvlocal\envs\foo-0123456789",
            id="windows",
        ),
        pytest.param(
            r"D:\Dropbox\foo",
            r"C:\Users\me\x",
            r"C:\Users\me",
            "win32",
            r"C:\Users\me\x",
            id="other-drive",
        ),
    ],
)
def test_target(root: str, wanted: str, home: str, platform: str, expected: str) -> None:
    """If both ends are below home, a pointer is the same on all machines of a person."""
    system = FakeSystem({}, platform=platform, home=home, cwd="/")
    assert pointers.target(root, wanted, system) == expected


def test_target_from_a_home_that_is_a_link() -> None:
    """The pointer also works if home is a symlink, as it is relative to the real path."""
    system = FakeSystem({HOME: Link("/data/me"), "/data/me/Dropbox/foo/pyproject.toml": b""})
    root = "/data/me/Dropbox/foo"
    says = pointers.target(root, WANTED, system)
    assert says == "../../.local/share/uvlocal/envs/foo-0123456789"
    system.put(f"{root}/.venv", Link(says))
    assert pointers.find(root, WANTED, system).leads


def test_target_leads_there(tmp_path: Path) -> None:
    """On a real disk the pointer points to the environment."""
    home = os.path.realpath(tmp_path / "home")
    root, wanted = f"{home}/Dropbox/a b/foo", f"{home}/.local/share/uvlocal/envs/foo-0123456789"
    os.makedirs(root)
    os.makedirs(wanted)
    system = System(environ={}, cwd="/", home=home)
    found = pointers.find(root, wanted, system)
    assert pointers.put(found, "symlink", pointers.target(root, wanted, system), system)
    assert os.path.realpath(f"{root}/.venv") == wanted
    assert pointers.find(root, wanted, system).leads


# -- where it may be -------------------------------------------------------------------------------


@pytest.mark.parametrize("row", PROVIDERS, ids=lambda row: row.id)
def test_a_link_only_where_links_are_kept(row: object) -> None:
    """A symlink is created in a synced folder exactly if its client keeps symlinks."""
    links, label = row.links, row.label  # type: ignore[attr-defined]
    obstacle = pointers.obstacle("symlink", Volume("synced", label, links=links), NEWEST)
    assert (not obstacle) == (links == "kept")
    assert not obstacle or obstacle.startswith(label)


@pytest.mark.parametrize("kind", ["network", "shared", "incapable", "local"])
def test_no_client_no_obstacle(kind: str) -> None:
    """Without a sync client a symlink is fine."""
    assert pointers.obstacle("symlink", Volume(kind, "x"), NEWEST) == ""


@pytest.mark.parametrize(
    ("version", "fits"),
    [
        pytest.param((0, 13, 9), True, id="first"),
        pytest.param((1, 0, 0), True, id="later"),
        pytest.param((0, 13, 8), False, id="before"),
        pytest.param(None, False, id="unknown"),
    ],
)
def test_a_file_only_for_a_uv_that_reads_it(
    version: tuple[int, int, int] | None, *, fits: bool
) -> None:
    """A redirect file makes an older uv fail, so it is not created for one."""
    obstacle = pointers.obstacle("file", Volume("synced", "Dropbox"), version)
    assert (not obstacle) == fits


# -- writing ---------------------------------------------------------------------------------------


def venv(system: FakeSystem) -> object:
    """Return what is at `.venv`."""
    return system.tree.get(f"{ROOT}/.venv", ...)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        pytest.param("symlink", Link(RELATIVE), id="symlink"),
        pytest.param("file", RELATIVE.encode() + b"\n", id="file"),
    ],
)
@pytest.mark.parametrize("before", [..., Link(OTHER), OTHER.encode()], ids=["none", "link", "file"])
def test_keep_makes_and_mends(before: object, kind: str, expected: object) -> None:
    """A missing pointer is created, another machine's is repaired."""
    system = machine(before)
    assert pointers.keep(ROOT, WANTED, kind, system, MEMORY)[1]
    assert venv(system) == expected
    assert not pointers.keep(ROOT, WANTED, kind, system, MEMORY)[1]


@pytest.mark.parametrize(
    "before",
    [
        pytest.param(None, id="folder"),
        pytest.param(Link("/fast/env"), id="the-users-link"),
        pytest.param(Link("/gone"), id="the-users-dangling-link"),
        pytest.param(b"/fast/env\n", id="the-users-file"),
        pytest.param(b"notes\nof mine\n", id="text"),
        pytest.param(Special(), id="fifo"),
        pytest.param(Link(RELATIVE), id="right-already"),
        pytest.param(RELATIVE.encode(), id="right-already-as-a-file"),
    ],
)
@pytest.mark.parametrize("kind", ["symlink", "file"])
def test_keep_leaves_alone(before: object, kind: str) -> None:
    """A file that is not ours, and a correct pointer, are not changed."""
    system = machine(before)
    assert not pointers.keep(ROOT, WANTED, kind, system, MEMORY)[1]
    assert venv(system) is before


def test_machines_do_not_fight() -> None:
    """Two machines with different pointers repair each other's once, then one of them stays."""
    here, there = machine(), machine()
    shared: object = ...
    changes = 0
    for turn in range(10):
        system, wanted = ((here, WANTED), (there, OTHER))[turn % 2]
        system.home = "" if system is there else HOME
        if shared is not ...:
            system.put(f"{ROOT}/.venv", shared)
        changes += pointers.keep(ROOT, wanted, "symlink", system, MEMORY)[1]
        shared = venv(system)
    assert changes == 3  # created here, repaired there, repaired here
    assert shared == Link(RELATIVE)


def test_without_memory_nothing_is_mended() -> None:
    """If a repair cannot be recorded, the pointer is left alone."""
    for memory in ("", "/home/me/blocked/x"):
        system = machine(Link(OTHER))
        system.blocked = ("/home/me/blocked",)
        assert not pointers.keep(ROOT, WANTED, "symlink", system, memory)[1]
        assert venv(system) == Link(OTHER)


def test_memory_is_bounded() -> None:
    """The memory does not grow forever."""
    system = machine()
    for number in range(100):
        system.put(f"{ROOT}/.venv", Link(f"/x/uvlocal/envs/foo-{number:010x}"))
        assert pointers.keep(ROOT, WANTED, "symlink", system, MEMORY)[1]
    assert len((system.read(MEMORY) or b"").splitlines()) < 50


@pytest.mark.parametrize("memory", [b"\xff\0", None, b"x" * 1_000_000])
def test_garbage_in_the_memory(memory: object) -> None:
    """An unreadable memory does not matter."""
    system = machine(Link(OTHER))
    system.put(MEMORY, memory)
    pointers.keep(ROOT, WANTED, "symlink", system, MEMORY)


def test_project_that_cannot_be_written() -> None:
    """In a read-only directory there is no pointer, and no error."""
    system = machine()
    system.blocked = (ROOT,)
    assert not pointers.keep(ROOT, WANTED, "symlink", system, MEMORY)[1]


# -- on a real disk --------------------------------------------------------------------------------


@pytest.mark.parametrize("over", [False, True])
def test_a_folder_is_never_replaced(tmp_path: Path, *, over: bool) -> None:
    """A directory that appears meanwhile stays with its content, and no draft is left."""
    venv = tmp_path / ".venv"
    venv.mkdir()
    (venv / "precious").write_text("x")
    system = System()
    assert not system.put_link(str(venv), "/x", over=over)
    assert not system.put_file(str(venv), b"/x", over=over)
    assert [path.name for path in tmp_path.iterdir()] == [".venv"]
    assert (venv / "precious").read_text() == "x"


def test_what_comes_meanwhile_stays(tmp_path: Path) -> None:
    """A file that appears while a pointer is created is not replaced."""
    path = tmp_path / ".venv"

    def make(draft: str) -> None:
        Path(draft).write_text("ours")
        path.write_text("theirs")

    assert not host._put(str(path), make, over=False)
    assert path.read_text() == "theirs"
    assert os.listdir(tmp_path) == [".venv"]


@pytest.mark.parametrize("planted", [pytest.param("link", marks=systems.needs_links), "folder"])
def test_a_planted_draft(tmp_path: Path, planted: str) -> None:
    """A planted symlink at the draft's path is not followed or written to."""
    precious = tmp_path / "precious"
    precious.write_text("mine")
    draft = tmp_path / f".venv{DRAFT}"
    if planted == "link":
        draft.symlink_to(precious)
    else:
        draft.mkdir()
    path = str(tmp_path / ".venv")
    assert System().put_file(path, b"/c\n", over=False) == (planted == "link")
    assert precious.read_text() == "mine"
    assert draft.exists() == (planted == "folder")


def test_put_over(tmp_path: Path) -> None:
    """A symlink or file is replaced only with `over`, atomically."""
    path = str(tmp_path / ".venv")
    system = System()
    assert system.put_link(path, "/a", over=False)
    assert not system.put_link(path, "/b", over=False)
    assert os.readlink(path) == "/a"
    assert system.put_link(path, "/b", over=True)
    assert os.readlink(path) == "/b"
    assert system.put_file(path, b"/c\n", over=True)
    with open(path, "rb") as file:
        assert file.read() == b"/c\n"
    (tmp_path / f".venv{DRAFT}").write_text("of a call that was killed")
    assert system.put_link(path, "/d", over=True)
    assert os.listdir(tmp_path) == [".venv"]
    assert not system.put_link(str(tmp_path / "none" / ".venv"), "/a", over=True)
    assert not system.put_file("\0", b"", over=True)
    assert system.remove(path)
    assert not system.remove(path)
    assert not system.remove(str(tmp_path))
