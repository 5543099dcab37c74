"""Projects at risk, and the cost of their environments."""

from __future__ import annotations

import json
import os
import stat
import sys
from typing import TYPE_CHECKING

import pytest
from support import systems
from support.hosts.fakes import FakeSystem, Link

from uvlocal.manage.errors import UserError
from uvlocal.manage.files.tree import Budget, Entry, Files
from uvlocal.manage.projects import sync_roots
from uvlocal.manage.projects.scan import Scan, Scanner
from uvlocal.shim.settings import settings

if TYPE_CHECKING:
    from pathlib import Path

    from uvlocal.shim.machine.host import System

PROJECT = '[project]\nname = "x"\nversion = "0"\n'


class Machine:
    """A home with a Dropbox folder, and files that a test writes."""

    def __init__(self, root: Path) -> None:
        self.home = os.path.realpath(root)
        self.dropbox = self.path("Dropbox")
        os.mkdir(self.dropbox)
        self.write(".dropbox/info.json", json.dumps({"personal": {"path": self.dropbox}}))
        self.environ = {"HOME": self.home}
        self.scanner = Scanner(environ=self.environ)

    def path(self, name: str) -> str:
        """Return the absolute path of a name below home."""
        return os.path.join(self.home, name)

    def write(self, name: str, content: str = "") -> str:
        """Write a file below home, and its folders."""
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(content)
        return path

    def project(self, name: str, *, environment: int | None = None, table: str = "") -> str:
        """Write a project; `environment` is the size of the one file in its `.venv`."""
        self.write(f"{name}/pyproject.toml", PROJECT + table)
        if environment is not None:
            self.write(f"{name}/.venv/pyvenv.cfg")
            self.write(f"{name}/.venv/lib/x", "x" * environment)
        return self.path(name)

    def scan(self, *folders: str) -> Scan:
        """Scan directories, by default the synced ones."""
        return self.scanner.scan([self.path(folder) for folder in folders])

    def roots(self, *folders: str) -> list[str]:
        """Return the projects at risk that a scan finds, relative to home."""
        return [os.path.relpath(one.root, self.home) for one in self.scan(*folders).projects]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """Return a machine without projects."""
    systems.need_posix("the machines here are POSIX's")
    return Machine(tmp_path)


# -- findings --------------------------------------------------------------------------------------


def test_costs_and_sums(machine: Machine) -> None:
    """Each project at risk is found with its cost, the costliest first, with totals."""
    machine.project("Dropbox/small", environment=10)
    machine.project("Dropbox/deep/er/big", environment=1000)
    machine.project("Dropbox/clean")
    machine.project("elsewhere", environment=5)
    found = machine.scan()
    assert found.roots == (machine.dropbox,)
    assert [(one.root, one.files, one.bytes) for one in found.projects] == [
        (machine.path("Dropbox/deep/er/big"), 2, 1000),
        (machine.path("Dropbox/small"), 2, 10),
    ]
    assert (found.files, found.bytes) == (4, 1010)
    assert (found.saved_files, found.saved_bytes) == (4, 1010)
    assert (found.clean, found.untouched, found.limit) == (1, 0, "")


def test_what_is_told_of_a_project(machine: Machine) -> None:
    """A finding has the place, the reason, the strategy, and the savings."""
    root = machine.project("Dropbox/foo", environment=10)
    packages = "Dropbox/foo/.venv/lib/python3.12/site-packages"
    machine.write(f"{packages}/a.py")
    machine.write(f"{packages}/a 2.py")
    [one] = machine.scan().projects
    assert (one.root, one.environment) == (root, os.path.join(root, ".venv"))
    assert (one.code, one.volume_kind, one.volume_label) == ("synced", "synced", "Dropbox")
    assert (one.provider, one.strategy, one.state) == ("dropbox", "redirect", "environment")
    assert (one.conflict_copies, one.hidden_pth, one.evicted) == (1, 0, 0)
    assert one.complete
    assert one.saves
    assert one.sentence.startswith("`~/Dropbox/foo` is synced by Dropbox")


@pytest.mark.parametrize("place", ["Dropbox/foo", "Dropbox/foo/.venv/lib"])
def test_what_may_not_be_read(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    """An unreadable directory is counted, and makes its environment incomplete."""
    machine.project("Dropbox/foo", environment=10)
    refused, scandir = machine.path(place), os.scandir

    def refuse(path: str) -> object:
        if path == refused:
            raise PermissionError(path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    found = machine.scan()
    assert found.unread_folders == 1
    assert [one.complete for one in found.projects] == [False] * (".venv" in place)


def test_hidden_and_evicted_files(machine: Machine) -> None:
    """Other systems' flags are counted, simulated in the disk's answers."""
    machine.project("Dropbox/foo", environment=10)
    packages = "Dropbox/foo/.venv/lib/python3.12/site-packages"
    machine.write(f"{packages}/a.pth")
    machine.write(f"{packages}/b.py")

    class Marked(Files):
        def entries(self, folder: str, *, sizes: bool) -> list[Entry]:
            found = super().entries(folder, sizes=sizes)
            if not folder.endswith("site-packages"):
                return found
            return [
                one._replace(hidden=one.name == "a.pth", evicted=one.name == "b.py")
                for one in found
            ]

    machine.scanner.reader = Marked()
    [one] = machine.scan().projects
    assert (one.hidden_pth, one.evicted) == (1, 1)


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("node_modules/x", id="node"),
        pytest.param(".git/x", id="git"),
        pytest.param("foo/.venv/x", id="dot-venv"),
        pytest.param("env/lib/site-packages/x", id="packages"),
    ],
)
def test_passed_over(machine: Machine, name: str) -> None:
    """Directories without projects of the user are not searched."""
    machine.project(f"Dropbox/{name}", environment=1)
    assert machine.roots() == []


def test_an_environment_of_any_name(machine: Machine) -> None:
    """An environment is recognised by its `pyvenv.cfg`, and not searched."""
    machine.write("Dropbox/my-env/pyvenv.cfg")
    machine.project("Dropbox/my-env/src/x", environment=1)
    assert machine.roots() == []


def test_projects_in_projects(machine: Machine) -> None:
    """Projects may be nested; a workspace member is not a separate project."""
    workspace = '[tool.uv.workspace]\nmembers = ["members/*"]\n'
    machine.project("Dropbox/all", environment=1, table=workspace)
    machine.project("Dropbox/all/members/one", environment=1)
    machine.project("Dropbox/all/examples/own", environment=2)
    assert machine.roots() == ["Dropbox/all/examples/own", "Dropbox/all"]


@pytest.mark.parametrize(
    ("table", "user", "found"),
    [
        pytest.param('[tool.uvlocal]\nmode = "never"\n', "", 0, id="project-opts-out"),
        pytest.param("", 'mode = "never"\n', 0, id="user-opts-out"),
        pytest.param("", "[providers.dropbox]\nenabled = false\n", 0, id="provider-off"),
        pytest.param("", 'local-roots = ["~/Dropbox/foo"]\n', 0, id="local-root"),
        pytest.param("", "", 1, id="neither"),
    ],
)
def test_wishes(machine: Machine, table: str, user: str, found: int) -> None:
    """Projects that are opted out are not findings."""
    machine.write(".config/uvlocal/uvlocal.toml", user)
    machine.project("Dropbox/foo", environment=1, table=table)
    result = machine.scan("Dropbox")
    assert (len(result.projects), result.untouched) == (found, 1 - found)


def test_in_place_strategies_save_nothing(machine: Machine) -> None:
    """An environment that the settings keep there has a cost, but no savings."""
    machine.write(".config/uvlocal/uvlocal.toml", 'strategy = "no-metadata"\n')
    machine.project("Dropbox/foo", environment=100)
    found = machine.scan()
    assert [(one.strategy, one.saves) for one in found.projects] == [("no-metadata", False)]
    assert (found.bytes, found.saved_bytes, found.saved_files) == (100, 0, 0)


def test_no_better_place(machine: Machine) -> None:
    """A project that cannot be redirected is still at risk, without savings."""
    machine.write(".config/uvlocal/uvlocal.toml", f'store = "{machine.dropbox}/store"\n')
    machine.project("Dropbox/foo", environment=100)
    [one] = machine.scan().projects
    assert (one.code, one.strategy, one.saves) == ("no-better-place", "", False)


def test_a_folder_that_is_no_environment(machine: Machine) -> None:
    """A `.venv` without `pyvenv.cfg` has a cost too, but `migrate` would not remove it."""
    machine.project("Dropbox/foo")
    machine.write("Dropbox/foo/.venv/thing", "x")
    [one] = machine.scan().projects
    assert (one.state, one.files, one.saves) == ("no-environment", 1, False)


@pytest.mark.parametrize("name", [".venv", "far"])
def test_links_are_not_followed(machine: Machine, name: str) -> None:
    """Symlinks are not followed, including `.venv`."""
    if sys.platform == "win32":
        pytest.skip("links need a privilege on Windows")
    machine.project("elsewhere", environment=1)
    machine.project("Dropbox/foo")
    target = machine.path("elsewhere/.venv" if name == ".venv" else "elsewhere")
    os.symlink(target, machine.path(f"Dropbox/foo/{name}"))
    found = machine.scan()
    assert (found.projects, found.clean + found.untouched) == ((), 1)


def test_variables_of_one_call(machine: Machine) -> None:
    """Variables for one project do not affect the others."""
    machine.project("Dropbox/foo", environment=1)
    machine.scanner.environ = {
        **machine.environ,
        "UV_PROJECT_ENVIRONMENT": "/x",
        "UV_PROJECT": "/y",
        "UV_NO_PROJECT": "1",
        "UVLOCAL_BYPASS": "1",
    }
    assert machine.roots() == ["Dropbox/foo"]


# -- where to search -------------------------------------------------------------------------------


def test_named_folders(machine: Machine) -> None:
    """Named directories are searched instead; projects on a local volume are left alone."""
    machine.project("Dropbox/a/foo", environment=1)
    machine.project("Dropbox/b/foo", environment=1)
    machine.project("local/foo", environment=1)
    found = machine.scan("Dropbox/a", "local")
    assert [one.root for one in found.projects] == [machine.path("Dropbox/a/foo")]
    assert found.untouched == 1


def test_a_folder_inside_another(machine: Machine) -> None:
    """Nothing is counted twice if the named directories overlap."""
    machine.project("Dropbox/a/foo", environment=1)
    assert machine.roots("Dropbox", "Dropbox/a", "Dropbox/a/foo") == ["Dropbox/a/foo"]


def test_no_folder(machine: Machine) -> None:
    """A path that is not a directory is an error, before any search."""
    with pytest.raises(UserError) as raised:
        machine.scan("Dropbox", "none")
    assert raised.value.code == 2


def test_nothing_known(tmp_path: Path) -> None:
    """Without a sync client there is nothing to search."""
    found = Scanner(environ={"HOME": str(tmp_path)}).scan(None)
    assert (found.roots, found.projects) == ((), ())


def known(system: System) -> list[tuple[str, str | None]]:
    """Return the synced folders of a machine."""
    found = sync_roots.folders(system, settings.load(system))
    return [(folder.path, folder.provider) for folder in found]


def test_known_folders_on_linux() -> None:
    """Configured folders and the user's own are known, except missing ones."""
    system = FakeSystem(
        {
            "/home/me/.dropbox/info.json": json.dumps(
                {"personal": {"path": "/home/me/Dropbox"}, "business": {"path": "/home/me/gone"}}
            ).encode(),
            "/home/me/Dropbox/code/x": b"",
            "/home/me/Nas/x": b"",
            "/home/me/Dropbox/inner/x": b"",
            "/home/me/.config/uvlocal/uvlocal.toml": (
                b'synced-roots = ["~/Nas", "~/Dropbox/inner", "~/none"]\n'
            ),
        }
    )
    assert known(system) == [("/home/me/Dropbox", "dropbox"), ("/home/me/Nas", None)]


def test_known_folders_of_a_provider_that_is_off() -> None:
    """The folders of a disabled provider are not searched."""
    system = FakeSystem(
        {
            "/home/me/.dropbox/info.json": b'{"personal": {"path": "/home/me/Dropbox"}}',
            "/home/me/Dropbox/x": b"",
            "/home/me/.config/uvlocal/uvlocal.toml": b"[providers.dropbox]\nenabled = false\n",
        }
    )
    assert known(system) == []


def test_known_folders_on_macos() -> None:
    """On macOS, folders are recognised by their path, and by iCloud's link to Documents."""
    container = "/Users/me/Library/Mobile Documents/com~apple~CloudDocs"
    system = FakeSystem(
        {
            f"{container}/code/x": b"",
            f"{container}/Documents": Link("/Users/me/Documents"),
            "/Users/me/Documents/x": b"",
            "/Users/me/Desktop/x": b"",
            "/Users/me/Library/CloudStorage/OneDrive-Work/x": b"",
        },
        platform="darwin",
    )
    # This disk lists names in lower case.
    assert [(path.lower(), provider) for path, provider in known(system)] == [
        ("/users/me/documents", "icloud"),
        ("/users/me/library/cloudstorage/onedrive-work", "onedrive"),
        (container.lower(), "icloud"),
    ]


# -- limits ----------------------------------------------------------------------------------------


def test_evicted_folders_are_not_listed(machine: Machine) -> None:
    """An evicted folder is counted but not listed, which would download it."""
    machine.project("Dropbox/here", environment=1)
    machine.project("Dropbox/far/foo", environment=1)
    listed = []

    class Evicting(Files):
        def entries(self, folder: str, *, sizes: bool) -> list[Entry]:
            listed.append(folder)
            found = super().entries(folder, sizes=sizes)
            return [one._replace(evicted=one.name == "far") for one in found]

    machine.scanner.reader = Evicting()
    found = machine.scan()
    assert [one.root for one in found.projects] == [machine.path("Dropbox/here")]
    assert found.evicted_folders == 1
    assert machine.path("Dropbox/far") not in listed


@pytest.mark.parametrize(
    ("budget", "limit", "projects"),
    [
        pytest.param(Budget(1000, 1000, 1), "depth", ["Dropbox/near"], id="depth"),
        pytest.param(Budget(1, 1000, 9), "entries", [], id="entries"),
        pytest.param(Budget(1000, 0, 9), "time", [], id="time"),
        pytest.param(Budget(1000, 1000, 9), "", ["Dropbox/a/b/far", "Dropbox/near"], id="none"),
    ],
)
def test_limits(machine: Machine, budget: Budget, limit: str, projects: list[str]) -> None:
    """A search stops at a limit, and reports which."""
    machine.project("Dropbox/near", environment=1)
    machine.project("Dropbox/a/b/far", environment=2)
    machine.scanner.budget = budget
    assert machine.roots() == projects
    assert machine.scanner.budget.spent == limit


def test_a_limit_while_measuring(machine: Machine) -> None:
    """A project that was not measured completely is marked."""
    machine.project("Dropbox/foo", environment=1)
    # Three directories are searched (4 + 1 + 2 entries and themselves) before `.venv` is counted.
    machine.scanner.budget = Budget(5, 1000, 9)
    [one] = machine.scan().projects
    assert not one.complete


def test_near_projects_come_first(machine: Machine) -> None:
    """Projects near the top are found before a deep search reaches a limit."""
    machine.project("Dropbox/z", environment=1)
    for number in range(50):
        machine.write(f"Dropbox/a/{number}/{number}/x")
    machine.scanner.budget = Budget(20, 1000, 9)
    assert machine.roots() == ["Dropbox/z"]


def test_progress(machine: Machine) -> None:
    """Progress is reported for every directory and every project."""
    machine.project("Dropbox/a", environment=1)
    machine.project("Dropbox/b", environment=1)
    told: list[tuple[str, int, int]] = []
    machine.scanner.tell = lambda *said: told.append(said)
    machine.scan()
    searched = [("folder", count, 0) for count in (1, 2, 3)]
    assert told == [*searched, ("environment", 0, 2), ("environment", 1, 2)]


def test_odd_things(machine: Machine) -> None:
    """Unreadable directories, pipes and odd names do not stop a scan."""
    if sys.platform == "win32":
        pytest.skip("Windows has no such files")
    machine.project("Dropbox/foo", environment=1)
    os.mkfifo(machine.path("Dropbox/foo/pipe"))
    os.mkdir(machine.path("Dropbox/closed"))
    os.chmod(machine.path("Dropbox/closed"), 0)
    os.mkdir(machine.path("Dropbox/odd\n\udcff name"))
    os.mkdir(machine.path("Dropbox/folder"))
    os.mkdir(machine.path("Dropbox/folder/pyproject.toml"))
    machine.write("Dropbox/broken/pyproject.toml", "[")
    try:
        found = machine.scan()
    finally:
        os.chmod(machine.path("Dropbox/closed"), stat.S_IRWXU)
    assert [one.root for one in found.projects] == [machine.path("Dropbox/foo")]
