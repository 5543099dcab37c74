"""Reading the store: every environment with what happened to its project."""

from __future__ import annotations

import errno
import json
import os
import shutil
import sys
import threading
import tomllib
from typing import TYPE_CHECKING, NoReturn

import pytest

from uvlocal.manage.environments import prune, record, records
from uvlocal.manage.environments.folder_identity import Disk, Identity, SilentError, identity_of
from uvlocal.manage.environments.project_state import Judge
from uvlocal.manage.environments.record import NOWHERE, Record
from uvlocal.shim.machine import native
from uvlocal.shim.machine.host import System
from uvlocal.shim.settings import settings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from support.hosts.machines import Machine

if sys.platform == "win32":
    pytest.skip("the machines here are POSIX's", allow_module_level=True)


def has_birth_times(folder: str) -> bool:
    """Return whether the disk of `folder` has birth times."""
    found = identity_of(folder)
    return found is not None and bool(found.born)


@pytest.fixture
def knowing(machine: Machine) -> Machine:
    """Return a machine whose disk has birth times."""
    if not has_birth_times(machine.dropbox):
        pytest.skip("this disk does not tell when a folder was made")
    return machine


# -- identities --------------------------------------------------------------------------------


def test_a_folder_is_known_again_after_a_move(knowing: Machine) -> None:
    """A moved directory is the same, a copy is not."""
    first = knowing.project("foo")
    before = identity_of(first)
    assert before is not None
    shutil.copytree(first, first + "-copy")
    os.rename(first, first + "-moved")
    moved, copy = identity_of(first + "-moved"), identity_of(first + "-copy")
    assert moved is not None
    assert copy is not None
    assert moved.is_same(before)
    assert not copy.is_same(before)
    assert copy.is_other(before)


def test_an_inode_number_is_given_again(knowing: Machine) -> None:
    """A new directory with a removed one's inode number is not the same."""
    path = os.path.join(knowing.dropbox, "a")
    os.mkdir(path)
    before = identity_of(path)
    os.rmdir(path)
    os.mkdir(path)
    after = identity_of(path)
    assert before is not None
    assert after is not None
    assert not after.is_same(before)
    assert after.is_other(before)


@pytest.mark.parametrize(
    ("other", "same", "different"),
    [
        pytest.param(Identity(1, 2, 3), True, False, id="equal"),
        pytest.param(Identity(9, 2, 3), True, False, id="device-renumbered"),
        pytest.param(Identity(1, 9, 3), False, True, id="inode"),
        pytest.param(Identity(1, 2, 9), False, True, id="born"),
        pytest.param(Identity(1, 2, 0), False, False, id="born-unknown"),
        pytest.param(Identity(9, 9, 3), False, False, id="other-disk"),
    ],
)
def test_what_identities_prove(other: Identity, *, same: bool, different: bool) -> None:
    """Two directories are the same, or different, only if that is certain."""
    one = Identity(1, 2, 3)
    assert (one.is_same(other), one.is_other(other)) == (same, different)


def test_no_birth_time_proves_nothing() -> None:
    """Without birth times, equal numbers do not make two directories the same."""
    assert not Identity(1, 2, 0).is_same(Identity(1, 2, 0))


@pytest.mark.parametrize("kind", ["file", "absent", "null"])
def test_no_folder_has_no_identity(tmp_path: Path, kind: str) -> None:
    """A path that is not a directory has no identity, without an error."""
    path = tmp_path / "x"
    if kind == "file":
        path.write_text("")
    assert identity_of("\0" if kind == "null" else str(path)) is None


def test_a_disk_that_does_not_answer_is_asked_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A silent disk causes one timeout, not one for each project."""
    asked = []
    forever = threading.Event()

    def hang(path: str) -> None:
        asked.append(path)
        forever.wait()

    monkeypatch.setattr("uvlocal.manage.environments.folder_identity._identity", hang)
    disk = Disk(patience=0.01)
    for name in ("a", "b"):
        with pytest.raises(SilentError):
            disk.identity(str(tmp_path / name), str(tmp_path))
    forever.set()
    assert len(asked) == 1


# -- states ------------------------------------------------------------------------------------


def test_ok(machine: Machine) -> None:
    """A project at its path has the state `ok`, with or without an environment."""
    machine.keep("foo")
    machine.first_call(machine.project("bar"))
    entries = machine.entries()
    assert {name: entry.state for name, entry in entries.items()} == {"foo": "ok", "bar": "ok"}
    assert entries["foo"].made
    assert not entries["bar"].made
    assert "does not exist yet" in entries["bar"].why


@pytest.mark.parametrize("folder", [False, True], ids=["no-folder", "empty-folder"])
def test_never_made(machine: Machine, *, folder: bool) -> None:
    """If uv did not create the environment within an hour, the record is `unused`."""
    project = machine.project("foo")
    machine.first_call(project)
    if folder:
        os.mkdir(machine.environment(project))
    assert machine.states() == {"foo": "ok"}
    path = os.path.join(machine.store, "records", machine.records()[0])
    written = os.stat(path).st_mtime
    os.utime(path, (written, written - 3500))
    assert machine.states() == {"foo": "ok"}
    os.utime(path, (written, written - 3700))
    assert machine.states() == {"foo": "unused"}
    machine.make_environment(machine.environment(project))
    assert machine.states() == {"foo": "ok"}


def test_gone(machine: Machine) -> None:
    """A project whose folder is gone has the state `project-gone`."""
    machine.remove(machine.keep("foo"))
    assert machine.states() == {"foo": "project-gone"}


@pytest.mark.parametrize(
    "place",
    [
        pytest.param("code/bar", id="beside"),
        pytest.param("other/foo", id="folder-above-renamed"),
    ],
)
def test_moved_nearby(knowing: Machine, place: str) -> None:
    """A renamed project, or one with a renamed parent, is found without a record."""
    before, after = knowing.keep("code/foo"), os.path.join(knowing.dropbox, place)
    if os.path.dirname(before) != os.path.dirname(after):
        os.rename(os.path.dirname(before), os.path.dirname(after))
    else:
        os.rename(before, after)
    entry = knowing.entries()["foo"]
    assert (entry.state, entry.moved_to) == ("moved", after)


def test_moved_far(knowing: Machine) -> None:
    """A project moved elsewhere is found from its directory, or by its new record."""
    before, after = knowing.keep("code/foo"), os.path.join(knowing.dropbox, "deep", "down", "bar")
    os.makedirs(os.path.dirname(after))
    os.rename(before, after)
    assert knowing.states() == {"foo": "project-gone"}
    assert knowing.entries(current=after)["foo"].moved_to == after
    knowing.first_call(after)
    assert knowing.states() == {"foo": "moved", "bar": "ok"}


def test_a_new_project_is_no_moved_one(knowing: Machine) -> None:
    """A new folder that has the inode number of a removed project is not that project."""
    knowing.remove(knowing.keep("foo"))
    assert (knowing.first_call(knowing.project("bar")) or "x").partition("\n")[0] == ""
    assert knowing.states() == {"foo": "project-gone", "bar": "ok"}


def test_copies_never_share(knowing: Machine) -> None:
    """A copy has its own name; a copy at the original's path is recognised."""
    project = knowing.keep("foo")
    shutil.copytree(project, project + "2")
    assert knowing.environment(project + "2") != knowing.environment(project)
    knowing.keep("foo2")
    assert knowing.states() == {"foo": "ok", "foo2": "ok"}
    knowing.remove(project)
    shutil.copytree(project + "2", project)
    assert knowing.states() == {"foo": "copy", "foo2": "ok"}


def test_under_a_new_home(machine: Machine) -> None:
    """If home was renamed, its projects are found at the same relative path."""
    project = machine.keep("foo")
    home = machine.home
    machine.home = home + "-new"
    os.rename(home, machine.home)
    machine.environ["HOME"] = machine.home
    note = os.path.join(machine.home, ".dropbox", "info.json")
    machine.write(note, json.dumps({"personal": {"path": f"{machine.home}/Dropbox"}}))
    [entry] = machine.entries().values()
    assert (entry.state, entry.root) == ("ok", project.replace(home, machine.home))


def test_a_synced_folder_that_is_gone(machine: Machine) -> None:
    """If the whole synced folder is missing, its volume counts as not mounted."""
    machine.keep("foo")
    machine.remove(machine.dropbox)
    entry = machine.entries()["foo"]
    assert entry.state == "volume-not-mounted"
    assert "`~/Dropbox` is missing" in entry.why


class FakeDisk(Disk):
    """A disk made of a dictionary, from path to device and inode numbers."""

    def __init__(self, there: dict[str, tuple[int, int]], silent: str = "", born: int = 77) -> None:
        """`born` is the birth time of everything; nothing below `silent` answers."""
        super().__init__()
        self.born = born
        self.there = there
        self.silent = silent

    def identity(self, path: str, mount_point: str = "") -> Identity | None:
        """Return the identity of a path."""
        status = self.status(path, mount_point)
        return None if status is None else Identity(status.st_dev, status.st_ino, self.born)

    def status(self, path: str, mount_point: str = "") -> os.stat_result | None:
        """Return a status with these numbers."""
        if self.silent and (mount_point or path).startswith(self.silent):
            raise SilentError(path)
        if path not in self.there:
            return None
        device, inode = self.there[path]
        return os.stat_result((0o40755, inode, device, 2, 0, 0, 0, 0, 0, 0))

    def folders(self, path: str, mount_point: str = "") -> list[str]:
        """Return the names in a directory."""
        del mount_point
        below = [name.removeprefix(path + "/") for name in self.there if name.startswith(path)]
        return sorted(name for name in below if name and "/" not in name)


ROOT = {"/": (1, 2), "/mnt": (1, 3)}
USB = {**ROOT, "/mnt/usb": (5, 2), "/mnt/usb/code": (5, 3)}


@pytest.mark.parametrize(
    ("there", "mount", "state"),
    [
        pytest.param({**USB, "/mnt/usb/code/foo": (5, 9)}, "/mnt/usb", "ok", id="there"),
        pytest.param(USB, "/mnt/usb", "project-gone", id="gone"),
        pytest.param(ROOT, "/mnt/usb", "volume-not-mounted", id="mount-point-gone"),
        pytest.param(
            {**ROOT, "/mnt/usb": (1, 4)}, "/mnt/usb", "volume-not-mounted", id="not-mounted"
        ),
        pytest.param(
            {**ROOT, "/mnt/usb": (1, 4), "/mnt/usb/code": (1, 5)},
            "/mnt/usb",
            "volume-not-mounted",
            id="folders-below-the-mount-point",
        ),
        pytest.param(
            {**ROOT, "/mnt/usb": (6, 7)}, "/mnt/usb", "volume-not-mounted", id="another-volume"
        ),
        pytest.param(
            {**ROOT, "/mnt/usb": (6, 2), "/mnt/usb/code": (6, 3)},
            "/mnt/usb",
            "project-gone",
            id="renumbered-but-plainly-the-same",
        ),
        pytest.param(ROOT, "/", "project-gone", id="below-the-root-directory"),
        pytest.param({"/": (1, 50), "/mnt": (1, 51)}, "/", "volume-not-mounted", id="in-a-chroot"),
        pytest.param({"/": (9, 7), "/mnt": (9, 8)}, "/", "volume-not-mounted", id="container"),
        pytest.param(
            {"/": (9, 2), "/mnt": (9, 3)}, "/", "project-gone", id="root-directory-renumbered"
        ),
        pytest.param(
            {**ROOT, "/mnt/usb": (8, 1)}, "/", "volume-not-mounted", id="something-mounted-over-it"
        ),
        pytest.param({**ROOT, "/mnt/usb": (5, 1)}, "/", "project-gone", id="its-own-subvolume"),
        pytest.param(
            {"/": (9, 7), "/mnt/usb/code": (5, 3)}, "", "volume-not-mounted", id="other-system"
        ),
        pytest.param({**ROOT, "/mnt/usb/code": (5, 3)}, "", "project-gone", id="parent-there"),
        pytest.param(ROOT, "", "volume-not-mounted", id="nothing-known"),
        pytest.param(
            {**ROOT, "/mnt/usb": (1, 4), "/mnt/usb/code/foo": (1, 8)},
            "/mnt/usb",
            "volume-not-mounted",
            id="bare-folder-in-its-place",
        ),
        pytest.param({**USB, "/mnt/usb/code/foo": (5, 8)}, "/mnt/usb", "copy", id="another-folder"),
        pytest.param(
            {
                **USB,
                "/mnt/usb/code/foo": (6, 8),
                "/mnt/usb/code/foo/pyproject.toml": (6, 9),
            },
            "/mnt/usb",
            "ok",
            id="other-numbers-after-a-new-mount",
        ),
        pytest.param(
            {**USB, "/mnt/usb/code/bar": (5, 9)}, "/mnt/usb", "moved", id="renamed-beside"
        ),
        pytest.param(
            {**ROOT, "/mnt/usb": (5, 2), "/mnt/usb/work": (5, 3), "/mnt/usb/work/foo": (5, 9)},
            "/mnt/usb",
            "moved",
            id="folder-above-renamed",
        ),
    ],
)
def test_volumes(there: dict[str, tuple[int, int]], mount: str, state: str) -> None:
    """A project only counts as gone if its volume is certainly there."""
    record = a_record("/mnt/usb/code/foo", mount)
    system = System(platform="linux", environ={}, cwd="/", home="/home/me")
    verdict = Judge([], FakeDisk(there), system).verdict(record)
    assert verdict.state == state
    assert bool(verdict.why) == (state != "ok")


@pytest.mark.parametrize(
    ("there", "mount", "state"),
    [
        pytest.param(USB, "/mnt/usb", "project-gone", id="same-number"),
        pytest.param(
            {**ROOT, "/mnt/usb": (6, 2), "/mnt/usb/code": (6, 3)},
            "/mnt/usb",
            "project-gone",
            id="renumbered-on-the-same-system",
        ),
        pytest.param(
            {"/": (9, 2), "/mnt": (9, 3), "/mnt/usb": (6, 2), "/mnt/usb/code": (6, 3)},
            "/mnt/usb",
            "volume-not-mounted",
            id="renumbered-on-another-system",
        ),
        pytest.param(ROOT, "/", "project-gone", id="below-the-root-directory"),
        pytest.param({"/": (1, 50), "/mnt": (1, 51)}, "/", "volume-not-mounted", id="chroot"),
        pytest.param({"/": (9, 2), "/mnt": (9, 3)}, "/", "volume-not-mounted", id="container"),
    ],
)
def test_volumes_without_birth_times(
    there: dict[str, tuple[int, int]], mount: str, state: str
) -> None:
    """Without birth times, the device number counts, or the same root directory."""
    record = a_record("/mnt/usb/code/foo", mount)
    system = System(platform="linux", environ={}, cwd="/", home="/home/me")
    assert Judge([], FakeDisk(there, born=0), system).verdict(record).state == state


def test_a_record_that_does_not_know_its_root_directory() -> None:
    """Without that, no project on the root volume counts as gone."""
    record = a_record("/mnt/foo", "/")._replace(mount=NOWHERE, system=NOWHERE)
    system = System(platform="linux", environ={}, cwd="/", home="/home/me")
    assert Judge([], FakeDisk(ROOT), system).verdict(record).state == "volume-not-mounted"


def test_a_silent_volume(machine: Machine) -> None:
    """A server that does not answer counts as an unmounted volume."""
    record = a_record("/mnt/usb/code/foo", "/mnt/usb")
    disk = FakeDisk(ROOT, silent="/mnt/usb")
    verdict = Judge([("/mnt/usb/x", "/mnt/usb")], disk, machine.system()).verdict(record)
    assert verdict == ("volume-not-mounted", "`/mnt/usb` does not answer", "")


@pytest.mark.parametrize("place", ["/mnt/usb/code/foo", "/mnt/usb/code", "/mnt/usb"])
def test_what_may_not_be_looked_at_is_not_gone(
    place: str, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the project, or its parent, cannot be accessed, nothing is known."""
    refused: list[str] = []

    def refuse(path: str, **_: object) -> NoReturn:
        if path.startswith(place):
            refused.append(path)
            raise PermissionError(errno.EPERM, "Operation not permitted", path)
        raise FileNotFoundError(path)

    for name in ("stat", "lstat", "scandir"):
        monkeypatch.setattr(os, name, refuse)
    record = a_record("/mnt/usb/code/foo", "/mnt/usb")
    verdict = Judge([], Disk(), machine.system()).verdict(record)
    assert refused
    assert verdict.state == "unreadable"
    assert verdict.why.startswith(f"`{place}")
    assert verdict.why.endswith("` could not be read")


def test_a_silent_volume_does_not_hide_a_move() -> None:
    """If a project may be on a silent disk, the search continues elsewhere."""
    record = a_record("/mnt/usb/code/foo", "/mnt/usb")
    there = {**USB, "/new/foo": (5, 9)}
    disk = FakeDisk(there, silent="/net")
    system = System(platform="linux", environ={}, cwd="/", home="/home/me")
    judge = Judge([("/net/foo", "/net"), ("/new/foo", "")], disk, system)
    assert judge.verdict(record).moved_to == "/new/foo"


def a_record(root: str, mount_point: str) -> Record:
    """Return the record of a project on device 5, inode 9; that of the root directory is 1."""
    system = Identity(1, 2, 77)
    return Record(
        name="foo-0123456789",
        root=root,
        mount_point=mount_point,
        top="",
        file_system="exfat",
        identity=Identity(5, 9, 77),
        provider="",
        strategy="redirect",
        uvlocal="0",
        uv="0",
        created="2026-01-01T00:00:00Z",
        mount=system if mount_point == "/" else Identity(5, 2, 77),
        system=system,
    )


# -- broken records ----------------------------------------------------------------------------


def of_another_name(path: str) -> None:
    """Rename a record to another environment's name."""
    os.rename(path, path.replace("foo-", "bar-"))


def fifo(path: str) -> None:
    """Replace a record by a FIFO."""
    os.unlink(path)
    os.mkfifo(path)


def folder(path: str) -> None:
    """Replace a record by a directory."""
    os.unlink(path)
    os.mkdir(path)


def link(path: str) -> None:
    """Replace a record by a symlink to it."""
    os.rename(path, path + ".elsewhere")
    os.symlink(path + ".elsewhere", path)


def content(text: str | bytes) -> Callable[[str], None]:
    """Return a function that replaces a record's content."""

    def write(path: str) -> None:
        with open(path, "wb") as file:
            file.write(text if isinstance(text, bytes) else text.encode())

    return write


def line(old: str, new: str) -> Callable[[str], None]:
    """Return a function that replaces a line of a record."""

    def write(path: str) -> None:
        with open(path, encoding="utf-8") as file:
            lines = file.read().splitlines()
        with open(path, "w", encoding="utf-8") as file:
            file.write("\n".join(new if one.startswith(old) else one for one in lines))

    return write


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        pytest.param(content(""), "another environment", id="empty"),
        pytest.param(content("x"), "not valid TOML", id="no-toml"),
        pytest.param(content(b"\xff\xfe"), "not valid TOML", id="no-utf-8"),
        pytest.param(content("a = " + "[" * 100_000), "cannot be read", id="huge"),
        pytest.param(content("a = " + "[" * 20_000), "not valid TOML", id="deep"),
        pytest.param(line("version", "version = 2"), "newer uvlocal", id="newer"),
        pytest.param(line("version", 'version = "1"'), "another environment", id="version-text"),
        pytest.param(line("root", 'root = "foo"'), "does not name a project", id="relative-root"),
        pytest.param(line("root", "root = 5"), "does not name a project", id="root-number"),
        pytest.param(line("root", 'root = "/a\\u0000"'), "does not name a project", id="root-null"),
        pytest.param(line("name", 'name = "x-0123456789"'), "another environment", id="name"),
        pytest.param(of_another_name, "another environment", id="file-name"),
        pytest.param(fifo, "cannot be read", id="fifo"),
        pytest.param(folder, "cannot be read", id="folder"),
        pytest.param(link, "cannot be read", id="link"),
    ],
)
def test_broken_records(machine: Machine, damage: Callable[[str], None], why: str) -> None:
    """An unusable record makes its environment `broken`, without an error."""
    machine.keep("foo")
    machine.keep("whole")
    [name] = [name for name in machine.records() if name.startswith("foo-")]
    damage(os.path.join(machine.store, "records", name))
    entries = machine.entries()
    assert entries.pop("whole").state == "ok"
    assert {entry.state for entry in entries.values()} == {"broken"}
    assert any(why in entry.why for entry in entries.values())


def test_strangers_in_the_store(machine: Machine) -> None:
    """Anything else in a store is shown as broken, and symlinks are not followed."""
    project = machine.keep("foo")
    environment = machine.environment(project)
    folder_ = os.path.dirname(environment)
    os.mkdir(os.path.join(folder_, "no-name"))
    machine.write(os.path.join(folder_, "file-0123456789"))
    os.symlink(project, os.path.join(folder_, "link-0123456789"))
    machine.write(os.path.join(folder_, "other-0123456789", "precious.txt"))
    os.mkdir(os.path.join(folder_, "empty-0123456789"))
    entries = machine.entries()
    assert entries.pop("foo").state == "ok"
    assert {name: entry.why for name, entry in entries.items()} == {
        "no-name": "its name does not come from uvlocal",
        "file-0123456789": "it is not a directory",
        "link-0123456789": "it is a link, which is never followed",
        "other-0123456789": "it has no `pyvenv.cfg`, so it is not a virtual environment",
        "empty-0123456789": "no record says which project it belongs to",
    }
    assert {entry.state for entry in entries.values()} == {"broken"}


def test_an_environment_that_became_a_link(machine: Machine) -> None:
    """A symlink in an environment's place is broken, although its record is fine."""
    project = machine.keep("foo")
    environment = machine.environment(project)
    os.rename(environment, environment + ".x")
    os.symlink(environment + ".x", environment)
    assert machine.entries()["foo"].state == "broken"


@pytest.mark.parametrize(
    "text",
    [
        'a = "x"\nb = 7\n',
        "a = [\n    1,\n    0,\n]\nb = 7\n",
        "a = [\n    01,\n]\n",
        "a = [\n    1,\n]\na = 1\n",
        'a = "[\n    1,\n]"\n',
        'a = "x = [\n    1,\n]\n',
        "a = []\nb = true\n",
        "[a]\nb = 1\n",
    ],
)
def test_plain_tables(text: str) -> None:
    """The simple parser gives the same result as `tomllib`, or none."""
    try:
        expected: dict[str, object] | None = tomllib.loads(text)
    except ValueError:
        expected = None
    assert record.plain_table(text) in (expected, None)


def test_what_we_write_is_plain(machine: Machine) -> None:
    """A record that we write is read without `tomllib`."""
    machine.keep("foo")
    [name] = machine.records()
    with open(os.path.join(machine.store, "records", name), encoding="utf-8") as file:
        text = file.read()
    assert record.plain_table(text) == tomllib.loads(text)


def test_drafts_are_no_records(machine: Machine) -> None:
    """A killed writer's draft is not shown."""
    machine.keep("foo")
    machine.write(os.path.join(machine.store, "records", ".new-abc"))
    assert machine.states() == {"foo": "ok"}


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("sp ace \N{SNOWMAN}", id="unicode"),
        pytest.param('quote"back\\slash', id="quotes"),
        pytest.param("literal\\xff", id="literal-escape"),
        pytest.param(os.fsdecode(b"bytes\xff"), id="no-utf-8"),
    ],
)
def test_strange_names_are_read_as_they_are(machine: Machine, name: str) -> None:
    """The root in a record points to the project, whatever its name is made of."""
    project = machine.keep(name)
    assert machine.entries()[name].root == project
    assert machine.states() == {name: "ok"}


def test_stores_that_are_read(machine: Machine) -> None:
    """Both the configured store and the default one are read."""
    machine.keep("foo")
    other = os.path.join(machine.root, "other")
    machine.environ["UVLOCAL_STORE"] = other
    machine.keep("bar")
    system = machine.system()
    assert records.places(system, settings.load(system)) == [other, machine.store]
    assert machine.states() == {"foo": "ok", "bar": "ok"}


def test_no_store(machine: Machine) -> None:
    """Without a store there is nothing to show."""
    assert machine.entries() == {}


# -- the offer ---------------------------------------------------------------------------------


def test_the_first_call_after_a_move_offers_adoption(knowing: Machine) -> None:
    """A moved project's first call mentions its old environment."""
    project = knowing.keep("foo")
    os.rename(project, project + "-new")
    said = knowing.first_call(project + "-new")
    assert said is not None
    assert "`~/Dropbox/foo`" in said
    assert "`uvlocal adopt`" in said


def test_the_first_call_of_a_copy_offers_nothing(knowing: Machine) -> None:
    """A copy's first call does not mention the original's environment."""
    project = knowing.keep("foo")
    shutil.copytree(project, project + "2")
    assert (knowing.first_call(project + "2") or "x").partition("\n")[0] == ""
    assert knowing.first_call(project + "2") is None


def test_the_offer_survives_broken_records(knowing: Machine) -> None:
    """A record with the inode but nothing else is ignored."""
    project = knowing.project("foo")
    identity = identity_of(project)
    assert identity is not None
    broken = os.path.join(knowing.store, "records", "x-0123456789.toml")
    knowing.write(broken, f"a = 1\ninode = {identity.inode}\nb = [")
    assert (knowing.first_call(project) or "x").partition("\n")[0] == ""


def test_no_offer_where_the_disk_keeps_no_birth_times(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without birth times no directory is recognised, nor a missing one."""
    root = machine.keep("foo")
    where, system = machine.store, machine.system()
    os.rename(root, root + "-new")
    assert record.moved_from(where, root + "-new", system) is not None
    monkeypatch.setattr(native, "born", lambda *_: 0)
    assert record.moved_from(where, root + "-new", system) is None
    assert record.moved_from(where, root, system) is None


# -- unused -----------------------------------------------------------------------------------


def settings_of(machine: Machine, text: str) -> None:
    """Write the user's settings."""
    machine.write(f"{machine.home}/.config/uvlocal/uvlocal.toml", text)


def opt_out(machine: Machine, project: str) -> None:
    """Turn uvlocal off in the project."""
    machine.project(project, '[tool.uvlocal]\nmode = "never"\n')


def say_local(machine: Machine, project: str) -> None:
    """Mark the folder as local in the user's settings."""
    settings_of(machine, f'local-roots = ["{project}"]\n')


def move_away(machine: Machine, project: str) -> None:
    """Move the project out of the synced folder."""
    os.rename(project, os.path.join(machine.home, "here"))


def other_store(machine: Machine, project: str) -> None:
    """Set another store, and create the project's environment there."""
    settings_of(machine, f'store = "{machine.root}/other"\n')
    machine.first_call(project)
    machine.make_environment(machine.environment(project))


@pytest.mark.parametrize("change", [opt_out, say_local, move_away, other_store])
def test_unused(machine: Machine, change: Callable[[Machine, str], None]) -> None:
    """An environment that its project no longer needs is `unused`, and pruned."""
    project = machine.keep("foo")
    environment = machine.environment(project)
    change(machine, project)
    system = machine.system(os.path.join(machine.home, "here") if change is move_away else None)
    here = records.read([machine.store], system, None, system.cwd)
    assert [entry.state for entry in here] == ["unused"]
    machine.environ["UVLOCAL_MODE"] = "always"  # only for this command, so it does not count
    wanted = prune.plan(None, machine.environ, processes=[]).remove
    if change is not move_away:  # it is only recognised from its new path
        assert [(one.environment, one.state) for one in wanted] == [(environment, "unused")]


@pytest.mark.parametrize("variable", ["UVLOCAL_MODE", "UV_PROJECT_ENVIRONMENT"])
def test_a_variable_for_one_command(machine: Machine, variable: str) -> None:
    """A variable for this command does not make an environment unused."""
    machine.keep("foo")
    machine.environ[variable] = "never"
    assert machine.states() == {"foo": "ok"}
