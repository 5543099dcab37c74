"""Names, paths and marked variables."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.hosts.fakes import FakeSystem, Link

from uvlocal.shim import contract
from uvlocal.shim.machine import directories, display
from uvlocal.shim.store import naming as env
from uvlocal.shim.uv import variables

PATHS = st.lists(st.text(st.characters(exclude_characters="/\0"), min_size=1), min_size=1).map(
    lambda parts: "/" + "/".join(part for part in parts if part not in {".", ".."})
)


@pytest.mark.parametrize(
    ("platform", "environ", "data", "cache", "config"),
    [
        pytest.param(
            "linux",
            {},
            "/home/me/.local/share/uvlocal",
            "/home/me/.cache/uvlocal",
            "/home/me/.config/uvlocal",
            id="linux-defaults",
        ),
        pytest.param(
            "darwin",
            {},
            "/Users/me/.local/share/uvlocal",
            "/Users/me/.cache/uvlocal",
            "/Users/me/.config/uvlocal",
            id="macos-uses-the-same-as-uv-does",
        ),
        pytest.param(
            "linux",
            {"XDG_DATA_HOME": "/d", "XDG_CACHE_HOME": "/c", "XDG_CONFIG_HOME": "/f"},
            "/d/uvlocal",
            "/c/uvlocal",
            "/f/uvlocal",
            id="xdg",
        ),
        pytest.param(
            "linux",
            {"XDG_DATA_HOME": "d", "XDG_CACHE_HOME": "", "XDG_CONFIG_HOME": "./f"},
            "/home/me/.local/share/uvlocal",
            "/home/me/.cache/uvlocal",
            "/home/me/.config/uvlocal",
            id="relative-xdg-is-ignored",
        ),
        pytest.param(
            "win32",
            {"LOCALAPPDATA": r"C:\L", "APPDATA": r"C:\R"},
            r"C:\L\uvlocal",
            r"C:\L\uvlocal\cache",
            r"C:\R\uvlocal",
            id="windows",
        ),
        pytest.param(
            "win32",
            {},
            r"C:\Users\me\AppData\Local\uvlocal",
            r"C:\Users\me\AppData\Local\uvlocal\cache",
            r"C:\Users\me\AppData\Roaming\uvlocal",
            id="windows-without-variables",
        ),
    ],
)
def test_places(platform: str, environ: dict[str, str], data: str, cache: str, config: str) -> None:
    """Store, cache and settings are where each system's users expect them."""
    system = FakeSystem(platform=platform, environ=environ)
    assert directories.data_directory(system) == data
    assert directories.cache_directory(system) == cache
    assert directories.config_directory(system) == config


@pytest.mark.parametrize("platform", ["linux", "darwin", "win32"])
def test_places_without_a_home(platform: str) -> None:
    """Without a home directory there is no path, and no exception."""
    system = FakeSystem(platform=platform, home="", environ={})
    assert directories.data_directory(system) == ""
    assert directories.expand_home("~/x", system) != "~/x"


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        pytest.param("/home/me/Dropbox/a", "~/Dropbox/a", id="below"),
        pytest.param("/home/me", "~", id="home-itself"),
        pytest.param("/home/melanie/a", "/home/melanie/a", id="near-miss"),
        pytest.param("/real/me/a", "~/a", id="home-is-a-link"),
    ],
)
def test_contract_home(path: str, shown: str) -> None:
    """A path below home is shown with `~`, by component."""
    system = FakeSystem({"/home/me": Link("/real/me"), "/real/me/a": None})
    assert display.contract_home(path, system) == shown


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        pytest.param("süß 日本", "süß 日本", id="letters"),
        pytest.param("a\nerror: b", r"a\nerror: b", id="newline"),
        pytest.param("\x1b[31ma\x07", r"\x1b[31ma\x07", id="escape-sequence"),
        pytest.param("a\u202eb", r"a\u202eb", id="direction"),
        pytest.param("a\u200bb", r"a\u200bb", id="zero-width"),
        pytest.param("a\x9bb", r"a\x9bb", id="c1"),
        pytest.param("a\udcffb", r"a\xffb", id="no-text"),
    ],
)
def test_what_is_shown_steers_no_terminal(name: str, shown: str) -> None:
    """Unprintable characters in names are escaped for display, and exact otherwise."""
    system = FakeSystem()
    assert display.printable(name) == shown
    assert display.contract_home(f"/home/me/{name}", system) == f"~/{shown}"
    assert display.below_home(f"/home/me/{name}", system) == f"~/{name}"


def test_a_name_is_the_same_on_every_machine_of_one_person() -> None:
    """The hash is of the path relative to home, so homes and systems may differ."""
    linux = env.name_of("/home/me/Dropbox/code/foo", FakeSystem())
    other = env.name_of("/home/you/Dropbox/code/foo", FakeSystem(home="/home/you"))
    windows = env.name_of(r"C:\Users\me\Dropbox\code\foo", FakeSystem(platform="win32"))
    assert linux == other == windows
    assert linux.startswith("foo-")
    assert linux != env.name_of("/srv/Dropbox/code/foo", FakeSystem())


def test_a_name_never_changes_between_versions() -> None:
    """Names are on users' disks, so this one must never change."""
    assert env.name_of("/home/me/Dropbox/code/foo", FakeSystem()) == "foo-2dbe3d87dd"


@given(PATHS, PATHS)
def test_names_are_legal_and_tell_roots_apart(one: str, other: str) -> None:
    """A name is short, printable ASCII, recognisable, and unique to its root."""
    system = FakeSystem()
    name = env.name_of(one, system)
    assert env.is_our_name(name)
    assert len(name) <= 71
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")
    assert not name.startswith((".", "-"))
    same = env.key_of(one, system) == env.key_of(other, system)
    assert (env.name_of(other, system) == name) == same
    assert env.name_of(one, system, salt=1) != name


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("foo", "foo", id="plain"),
        pytest.param("my project (2)", "my-project-2", id="spaces-and-brackets"),
        pytest.param(".hidden", "hidden", id="leading-dot-would-hide-it"),
        pytest.param("über", "ber", id="only-ascii"),
        pytest.param("日本", "project", id="nothing-left"),
        pytest.param("x" * 300, "x" * 60, id="long"),
        pytest.param("a\n$(rm)", "a-rm", id="shell"),
    ],
)
def test_slug(text: str, expected: str) -> None:
    """A slug is readable and harmless in every shell and on every system."""
    assert env.slug(text) == expected


@pytest.mark.parametrize(
    ("path", "store", "ours"),
    [
        pytest.param("/d/uvlocal/envs/foo-0123456789", "/d/uvlocal", True, id="in-the-store"),
        pytest.param("/d/uvlocal/envs/foo-0123456789/", "/d/uvlocal", True, id="trailing-slash"),
        pytest.param("/e/uvlocal/envs/foo-0123456789", "/d/uvlocal", True, id="another-store"),
        pytest.param("/e/other/envs/foo-0123456789", "/d/uvlocal", False, id="not-ours"),
        pytest.param("/e/other/envs/foo-0123456789", "", False, id="in-no-store-that-is-known"),
        pytest.param("/e/uvlocal/envs/foo-0123456789", "", True, id="in-a-default-store"),
        pytest.param("envs/foo-0123456789", "", False, id="relative"),
        pytest.param("/d/uvlocal/envs/foo", "/d/uvlocal", False, id="no-hash"),
        pytest.param("/d/uvlocal/envs/foo-012345678Z", "/d/uvlocal", False, id="no-hex"),
        pytest.param("/d/uvlocal/foo-0123456789", "/d/uvlocal", False, id="not-in-envs"),
        pytest.param("", "/d/uvlocal", False, id="empty"),
        pytest.param("C:\\u\\me\\envs\\foo-0123456789", "", False, id="other-systems-path"),
    ],
)
def test_is_our_environment(path: str, store: str, ours: bool) -> None:
    """An environment of ours is recognised by the end of its path, in a known store."""
    assert env.is_our_environment(path, store, FakeSystem()) is ours


VALUES = st.text(st.characters(exclude_characters="\0", codec="utf-8"))
USERS = st.dictionaries(st.sampled_from([*contract.MANAGED, "PATH", "HOME"]), VALUES)
WANTED = st.dictionaries(st.sampled_from(contract.MANAGED), VALUES, min_size=1)


@given(USERS, WANTED)
def test_what_we_put_on_is_taken_back(user: dict[str, str], wanted: dict[str, str]) -> None:
    """A nested call sees exactly the user's own environment."""
    changes = variables.Changes()
    variables.put_on(changes, user, wanted)
    inherited = changes.applied_to(user)
    assert {name: inherited[name] for name in wanted} == wanted
    assert variables.take_back(inherited).applied_to(inherited) == user


@given(USERS, WANTED, WANTED)
def test_nested_calls_keep_the_first_users_values(
    user: dict[str, str], outer: dict[str, str], inner: dict[str, str]
) -> None:
    """At any depth of nested calls, the user's own values are restored."""
    changes = variables.Changes()
    variables.put_on(changes, user, outer)
    inherited = changes.applied_to(user)
    changes = variables.take_back(inherited)
    variables.put_on(changes, changes.applied_to(inherited), inner)
    inherited = changes.applied_to(inherited)
    assert variables.take_back(inherited).applied_to(inherited) == user


def test_a_value_that_somebody_changed_is_left_alone() -> None:
    """If `uv run` sets VIRTUAL_ENV itself, our marker no longer matches, and the value stays."""
    inherited = {"VIRTUAL_ENV": "/by/uv", "UVLOCAL_SET_VIRTUAL_ENV": "/by/us"}
    assert variables.take_back(inherited).applied_to(inherited) == {"VIRTUAL_ENV": "/by/uv"}


def test_the_hash_is_fnv_1a() -> None:
    """The published test vector of FNV-1a (64 bit) for `foobar`, folded to 40 bits."""
    vector = 0x85944171F73967E8
    assert env.hash_digits(b"foobar") == f"{(vector >> 40) ^ (vector & (1 << 40) - 1):010x}"
