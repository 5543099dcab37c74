"""Projects in a synced folder that are excluded, certainly or perhaps."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.hosts.fakes import FakeSystem
from support.hosts.sample_clients import dropbox_info, nextcloud_config, syncthing_config

from uvlocal.shim.settings.settings import Settings
from uvlocal.shim.volume.evidence import CONFIGURED, Signal
from uvlocal.shim.volume.exclusions import state_of
from uvlocal.shim.volume.ignore_patterns import ignores
from uvlocal.shim.volume.locate import Volume, locate
from uvlocal.shim.volume.location import Sight
from uvlocal.shim.volume.providers.schema import IGNORE_ATTRIBUTE
from uvlocal.shim.volume.providers.table import BY_ID

HOME = "/home/me"


def _at(path: str, system: FakeSystem) -> Volume:
    system._known.clear()
    return locate(path, path, system, Settings())


def _dropbox(platform: str) -> FakeSystem:
    home = {"linux": "/home/me", "darwin": "/Users/me", "win32": r"C:\Users\me"}[platform]
    system = FakeSystem(platform=platform, home=home)
    join = system.path.join
    info = join(home, ".dropbox", "info.json")
    if platform == "win32":
        info = join(home, "AppData", "Roaming", "Dropbox", "info.json")
    system.put(info, dropbox_info(personal=join(home, "Dropbox")))
    system.put(join(home, "Dropbox", "code", "foo", ".venv"), None)
    return system


@pytest.mark.parametrize(
    ("platform", "attribute"),
    [
        pytest.param("linux", "user.com.dropbox.ignored", id="linux"),
        pytest.param("darwin", "com.dropbox.ignored", id="macos-legacy"),
        pytest.param("darwin", IGNORE_ATTRIBUTE, id="macos-file-provider"),
        pytest.param("win32", "com.dropbox.ignored", id="windows"),
    ],
)
@pytest.mark.parametrize("below", [(), ("code",), ("code", "foo"), ("code", "foo", ".venv")])
def test_dropbox(platform: str, attribute: str, below: tuple[str, ...]) -> None:
    """Dropbox's attribute works on the environment and every folder above, except the root."""
    system = _dropbox(platform)
    folder = system.path.join(system.home, "Dropbox", *below)
    system.attributes = {(folder, attribute): b"1"}
    volume = _at(system.path.join(system.home, "Dropbox", "code", "foo"), system)
    if not below:
        assert (volume.kind, volume.state) == ("synced", "")
        return
    assert (volume.kind, volume.state, volume.provider) == ("local", "excluded", "dropbox")
    assert volume.label == "Dropbox, excluded from sync"
    assert "so Dropbox does not sync it" in " ".join(volume.evidence)
    assert "--local" not in volume.contest


@pytest.mark.parametrize("value", [b"", b"0", b"yes"])
def test_dropbox_with_another_value(value: bytes) -> None:
    """Only the value 1 excludes."""
    system = _dropbox("linux")
    system.attributes = {(f"{HOME}/Dropbox/code", "user.com.dropbox.ignored"): value}
    assert _at(f"{HOME}/Dropbox/code/foo", system).kind == "synced"


@pytest.mark.parametrize(
    ("path", "attributes"),
    [
        pytest.param("a.nosync/foo", (), id="suffix"),
        pytest.param("a/foo.nosync", (), id="suffix-of-the-project"),
        pytest.param("a/foo", ("a",), id="attribute"),
    ],
)
def test_disputed(path: str, attributes: tuple[str, ...]) -> None:
    """Exclusions that iCloud may not respect are reported, and change no decision."""
    container = "/Users/me/Library/Mobile Documents/com~apple~CloudDocs"
    system = FakeSystem({f"{container}/{path}": None}, platform="darwin")
    system.attributes = {(f"{container}/{name}", IGNORE_ATTRIBUTE): b"1" for name in attributes}
    volume = _at(f"{container}/{path}", system)
    assert (volume.kind, volume.state, volume.confidence) == ("synced", "perhaps-excluded", "low")
    assert "may or may not respect" in " ".join(volume.evidence)


@pytest.mark.parametrize(
    ("config", "files", "state"),
    [
        pytest.param("", (), "", id="plain"),
        pytest.param('check_nosync = "true"', ("code/.nosync",), "excluded", id="nosync"),
        pytest.param('check_nosync = "false"', ("code/.nosync",), "", id="nosync-not-checked"),
        pytest.param('skip_dotfiles = "true"', (), "excluded", id="dotfiles"),
        pytest.param('skip_dir = "build|.venv"', (), "excluded", id="skip-dir"),
        pytest.param('skip_dir = "venv"', (), "", id="skip-another-dir"),
        pytest.param('skip_dir = "co?e"', (), "excluded", id="skip-dir-above"),
    ],
)
def test_abraunegg(config: str, files: tuple[str, ...], state: str) -> None:
    """The OneDrive client's own switches exclude."""
    system = FakeSystem({f"{HOME}/.config/onedrive/config": config.encode()})
    system.put(f"{HOME}/.config/onedrive/refresh_token", b"")
    system.put(f"{HOME}/OneDrive/code/foo", None)
    for name in files:
        system.put(f"{HOME}/OneDrive/{name}", b"")
    assert _at(f"{HOME}/OneDrive/code/foo", system).state == state


def test_abraunegg_with_a_list() -> None:
    """An unreliable list of synced folders is only reported."""
    system = FakeSystem({f"{HOME}/.config/onedrive/refresh_token": b""})
    system.put(f"{HOME}/.config/onedrive/sync_list", b"code\n")
    system.put(f"{HOME}/OneDrive/foo", None)
    assert _at(f"{HOME}/OneDrive/foo", system).state == "perhaps-excluded"


def _syncthing(lines: bytes) -> FakeSystem:
    system = FakeSystem({f"{HOME}/.config/syncthing/config.xml": syncthing_config("~/Sync")})
    for path in (".stfolder", "code/foo"):
        system.put(f"{HOME}/Sync/{path}", None)
    system.put(f"{HOME}/Sync/.stignore", lines)
    return system


@pytest.mark.parametrize(
    ("lines", "line"),
    [
        pytest.param(b".venv\n", ".venv", id="environment"),
        pytest.param(b"// .venv\n\n(?d)(?i).VENV\n", "(?d)(?i).VENV", id="prefixes"),
        pytest.param(b"/code\n", "/code", id="folder-above"),
        pytest.param(b"!foo\n.venv\n", "", id="kept-first"),
        pytest.param(b"/foo\n", "", id="rooted-elsewhere"),
        pytest.param(b"#include other\n.venv\n", "", id="unreadable-first"),
        pytest.param(b".venv\n#include other\n", ".venv", id="unreadable-later"),
        pytest.param(b"\xff\xfe\n.venv\n", ".venv", id="no-utf-8"),
        pytest.param(b".venv\n" + b"x" * 300_000, "", id="too-large"),
    ],
)
def test_syncthing(lines: bytes, line: str) -> None:
    """Syncthing's patterns exclude where they can be read."""
    volume = _at(f"{HOME}/Sync/code/foo", _syncthing(lines))
    assert volume.state == ("excluded" if line else "")
    if line:
        assert f"`~/Sync/.stignore` has the line `{line}`" in " ".join(volume.evidence)


def test_nextcloud() -> None:
    """Nextcloud's list for all folders excludes."""
    system = FakeSystem(
        {
            f"{HOME}/.config/Nextcloud/nextcloud.cfg": nextcloud_config(f"{HOME}/Nextcloud"),
            f"{HOME}/.config/Nextcloud/sync-exclude.lst": b"# mine\n]*~\n].venv\n",
            f"{HOME}/Nextcloud/foo": None,
        }
    )
    assert _at(f"{HOME}/Nextcloud/foo", system).state == "excluded"


def test_maestral() -> None:
    """Maestral reads `.mignore` like git: the last matching line decides."""
    system = FakeSystem(
        {
            f"{HOME}/.config/maestral/maestral.ini": b"[sync]\npath = /home/me/Dropbox\n",
            f"{HOME}/Dropbox/.mignore": b".venv/\n!foo/.venv\n",
            f"{HOME}/Dropbox/foo": None,
            f"{HOME}/Dropbox/bar": None,
        }
    )
    assert _at(f"{HOME}/Dropbox/foo", system).state == ""
    assert _at(f"{HOME}/Dropbox/bar", system).state == "excluded"


@pytest.mark.parametrize(
    ("marker", "content"),
    [
        pytest.param(".megaignore", b"#v\n-:.venv\n", id="mega"),
        pytest.param(".sync/IgnoreList", b".venv\n", id="resilio"),
    ],
)
def test_perhaps(marker: str, content: bytes) -> None:
    """Patterns without a good source are only reported."""
    system = FakeSystem({f"{HOME}/x/{marker}": content, f"{HOME}/x/foo": None})
    volume = _at(f"{HOME}/x/foo", system)
    assert (volume.kind, volume.state) == ("synced", "perhaps-excluded")


def test_yandex() -> None:
    """Yandex.Disk's list of folders excludes, from the root."""
    config = b'dir="/home/me/Yandex.Disk"\nexclude-dirs="code/foo,other"\n'
    system = FakeSystem({f"{HOME}/.config/yandex-disk/config.cfg": config})
    for name in ("code/foo", "code/bar"):
        system.put(f"{HOME}/Yandex.Disk/{name}", None)
    assert _at(f"{HOME}/Yandex.Disk/code/foo", system).state == "excluded"
    assert _at(f"{HOME}/Yandex.Disk/code/bar", system).state == ""


@pytest.mark.parametrize(
    ("pattern", "path", "fits"),
    [
        pytest.param(".venv", "a/b/.venv", True, id="name"),
        pytest.param(".venv", "a/b/x.venv", False, id="end-of-a-name"),
        pytest.param("a", "a/b/.venv", True, id="folder-above"),
        pytest.param("a/b", "x/a/b/.venv", True, id="two-names"),
        pytest.param("/a/b", "x/a/b/.venv", False, id="rooted"),
        pytest.param("/a/*/.venv", "a/b/.venv", True, id="star"),
        pytest.param("/a/*", "a/b/c", True, id="star-above"),
        pytest.param("/*/c", "a/b/c", False, id="star-stays-in-its-folder"),
        pytest.param("/**/c", "a/b/c", True, id="two-stars"),
        pytest.param("?", "ab", False, id="question-mark"),
        pytest.param("a?c", "abc", True, id="question-mark-fits"),
        pytest.param("a?c", "a/c", False, id="question-mark-is-no-slash"),
        pytest.param("/", "a", False, id="slash"),
        pytest.param("[ab]", "a", False, id="class-is-not-read"),
        pytest.param("*" * 9, "a", False, id="too-many-stars"),
        pytest.param("", "a", False, id="empty"),
    ],
)
def test_patterns(pattern: str, path: str, *, fits: bool) -> None:
    """Patterns match as documented."""
    assert bool(ignores(pattern, path, "syncthing")) is fits


@given(
    st.text("ab*?/.!#(-:]", max_size=40),
    st.lists(st.text("ab.", min_size=1), min_size=1, max_size=4),
    st.sampled_from(["syncthing", "gitignore", "nextcloud", "mega", "names"]),
)
def test_any_patterns(text: str, names: list[str], dialect: str) -> None:
    """Any text is parsed; the result is one of its lines."""
    line = ignores(text, "/".join(names), dialect)
    assert line == "" or line in text


def test_patterns_of_a_root_that_was_left() -> None:
    """If only the spelling leads through a root, its patterns do not apply."""
    system = FakeSystem({".stignore": b".venv\n", "/src/foo": None})
    sight = Sight("/src/foo", "/home/me/Sync/foo", system, Settings())
    signal = Signal(CONFIGURED, "", BY_ID["syncthing"], said="", doubt="")
    assert state_of(signal, sight) == ("", "")


def test_unreadable_pattern_among_names() -> None:
    """In dialects without order, an unsupported line does not affect others."""
    assert ignores("[x]\n.venv\n", "foo/.venv", "names") == ".venv"
    assert ignores("[x]\n.venv\n", "foo/.venv", "gitignore") == ""


@given(st.lists(st.text("ab", min_size=1), min_size=1, max_size=4))
def test_a_name_excludes_itself(names: list[str]) -> None:
    """A plain name excludes at any depth; so does the whole path from the root."""
    path = "/".join(names)
    for dialect in ("syncthing", "gitignore", "nextcloud", "names"):
        assert ignores(names[-1], path, dialect)
        assert ignores("/" + path, path, dialect)
    assert ignores(f"-:{names[0]}", path, "mega")
