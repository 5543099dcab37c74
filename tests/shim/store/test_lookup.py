"""The store, and the environment's name in it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from support.hosts.fakes import FakeSystem, Link

from uvlocal.shim.call import Call
from uvlocal.shim.settings import settings
from uvlocal.shim.store import lookup, naming

if TYPE_CHECKING:
    from uvlocal.shim.store.lookup import Store

HOME_STORE = "/home/me/.local/share/uvlocal"
ROOT = "/home/me/Dropbox/foo"
DISK = "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n"
NETWORK_HOME = DISK + "2 1 0:50 / /home rw - nfs4 server:/home rw\n"


def machine(
    files: dict[str, object] | None = None, mounts: str = DISK, **environ: str
) -> FakeSystem:
    """Return a Linux machine with these mounts; `/home` is a separate network device."""
    tree: dict[str, object] = {ROOT: None, **(files or {})}
    system = FakeSystem(tree, environ=environ)
    system.mount_text = mounts
    if mounts == NETWORK_HOME:
        system.devices["/home"] = 50
    return system


def chosen(system: FakeSystem) -> Store:
    """Return the store for the project in Dropbox."""
    store = lookup.look(ROOT, system, settings.load(system))
    assert store is not None
    return store


def test_the_default_store() -> None:
    """By default it is the data directory; the environment is named after the root."""
    store = chosen(machine())
    assert store.path == HOME_STORE
    assert store.environment == f"{HOME_STORE}/envs/{naming.name_of(ROOT, machine())}"
    assert store.shown_environment.startswith("~/.local/share/uvlocal/envs/foo-")
    assert (store.writable, store.exists, store.volume.kind) == (True, False, "local")


def test_an_environment_that_is_there() -> None:
    """An environment exists if it has its `pyvenv.cfg`."""
    there = chosen(machine()).environment
    assert chosen(machine({f"{there}/pyvenv.cfg": b""})).exists
    assert not chosen(machine({f"{there}/bin": None})).exists


@pytest.mark.parametrize(
    "there",
    [
        pytest.param({HOME_STORE: b"a file"}, id="file-in-the-way"),
        pytest.param({"/home/me/.local": b"a file"}, id="file-above"),
        pytest.param({HOME_STORE: Link("/nowhere")}, id="dangling-link"),
    ],
)
def test_something_in_the_way(there: dict[str, object]) -> None:
    """If a file is in the way, the store is not writable, and no other place is used."""
    store = chosen(machine(there))
    assert (store.path, store.writable) == (HOME_STORE, False)


class Vanishing(FakeSystem):
    """A machine whose store is removed just before the n-th access."""

    __slots__ = ("looks",)
    looks: int

    def _look(self, name: str, *, last: bool) -> tuple[str, object] | None:
        self.looks -= 1
        if not self.looks:
            self.remove(HOME_STORE)
        return super()._look(name, last=last)

    def can_write(self, path: str) -> bool:
        """Return whether there is a writable directory, like the real method."""
        found = self._look(path, last=True)
        return found is not None and found[1] is None

    def remove(self, path: str) -> bool:
        """Remove a directory tree."""
        self.tree = {key: was for key, was in self.tree.items() if not f"{key}/".startswith(path)}
        return True


def test_a_store_that_vanishes_beside_us() -> None:
    """A store that is removed at any moment during the check counts as writable."""
    count = 0
    while True:
        count += 1
        system = Vanishing({ROOT: None, f"{HOME_STORE}/envs/x": None})
        system.mount_text = DISK
        system.looks = count
        store = chosen(system)
        assert (store.path, store.writable, store.volume.kind) == (HOME_STORE, True, "local"), count
        if system.looks > 0:
            break
    assert count > 10


@pytest.mark.parametrize("named", [False, True], ids=["default", "named"])
def test_a_network_home(*, named: bool) -> None:
    """A store on a network volume is recognised; no other place is used."""
    environ = {"UVLOCAL_STORE": "/home/me/envs"} if named else {}
    store = chosen(machine({"/var/tmp": None}, NETWORK_HOME, **environ))  # noqa: S108 - not used
    assert store.path == ("/home/me/envs" if named else HOME_STORE)
    assert store.volume.kind == "network"


def test_no_home_at_all() -> None:
    """Without a home there is no store."""
    system = FakeSystem({"/p": None}, home="", cwd="/p")
    assert lookup.look("/p", system, settings.load(system)) is None


def test_a_store_in_a_synced_folder() -> None:
    """A store in a sync root is recognised."""
    info = json.dumps({"personal": {"path": "/home/me"}}).encode()
    store = chosen(machine({"/home/me/.dropbox/info.json": info}))
    assert (store.path, store.volume.kind) == (HOME_STORE, "synced")


def record(key: str) -> bytes:
    """Return the relevant part of a record as `manage` writes it."""
    return f'version = 1\nname = "x"\nkey = "{key}"\n'.encode()


@pytest.mark.parametrize(
    ("content", "same"),
    [
        pytest.param(record("~/Dropbox/foo"), True, id="ours"),
        pytest.param(record("~/Dropbox/other"), False, id="of-another-root"),
        pytest.param(b'key = "~/Dropbox/f\\u006fo"\n', True, id="ours-spelled-otherwise"),
        pytest.param(b"key = ", True, id="broken-is-taken-for-ours"),
        pytest.param(b"\xff", True, id="not-utf8"),
        pytest.param(b"", True, id="empty"),
    ],
)
def test_two_roots_never_share_an_environment(content: bytes, *, same: bool) -> None:
    """If a record uses the name for another root, the next name is used."""
    first = naming.name_of(ROOT, machine())
    system = machine({f"{HOME_STORE}/records/{first}.toml": content})
    second = naming.name_of(ROOT, system, salt=1)
    name, _ = lookup.find_in(HOME_STORE, ROOT, system)
    assert name == (first if same else second)


def test_a_key_with_quotes_needs_the_parser() -> None:
    """An unusual path is compared as parsed TOML, not as bytes."""
    key = 'a"b\\c\nd'
    content = b'key = "a\\"b\\\\c\\nd"\n'
    assert lookup.is_record_of(content, key)
    assert not lookup.is_record_of(content, "other")


def test_a_home_that_is_all_remote() -> None:
    """Nothing is redirected there until an administrator sets a store on a local disk."""
    project: dict[str, object] = {
        "/home/me/foo/pyproject.toml": b'[project]\nname = "foo"\nversion = "1"\n'
    }
    system = machine(project, NETWORK_HOME, USER="me")
    system.cwd = "/home/me/foo"
    assert Call(["sync"], system).settle().code == "no-better-place"
    system.put("/etc/uvlocal/uvlocal.toml", b'store = "/scratch/$USER/uvlocal"\n')
    decision = Call(["sync"], system).settle()
    assert decision.code == "network"
    assert decision.environment.startswith("/scratch/me/uvlocal/envs/foo-")


@pytest.mark.parametrize(
    ("content", "provider"),
    [
        pytest.param(record("~/src/foo") + b'provider = "hides-files"\n', "hides-files", id="ours"),
        pytest.param(record("~/other") + b'provider = "hides-files"\n', "", id="another-roots"),
        pytest.param(record("~/src/foo") + b'provider = ""\n', "", id="empty"),
        pytest.param(b"\xff\0", "", id="broken"),
        pytest.param(None, "", id="none"),
    ],
)
def test_what_a_record_remembers(content: bytes | None, provider: str) -> None:
    """The provider in a project's own record is returned, and no other."""
    system = machine({})
    root = "/home/me/src/foo"
    store = settings.load(system).store
    if content is not None:
        system.put(lookup.record_path(store, naming.name_of(root, system), system), content)
    assert lookup.recorded_provider(root, system, settings.load(system)) == provider
