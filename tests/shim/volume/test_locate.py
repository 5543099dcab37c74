"""Locating a project: which signal wins, disk accesses, and the evidence."""

from __future__ import annotations

import os
import sys
import unicodedata
from typing import TYPE_CHECKING

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from support import systems
from support.hosts.fakes import FakeSystem, Link
from support.hosts.sample_clients import (
    PLATFORMS,
    add_sync_root,
    at_home,
    dropbox_info,
    machine,
    syncthing_config,
)

from uvlocal.shim.machine.display import quoted
from uvlocal.shim.machine.host import System
from uvlocal.shim.machine.paths import ancestors, comparable, contains
from uvlocal.shim.settings.settings import Settings
from uvlocal.shim.volume.locate import Volume, locate, unmounted

if TYPE_CHECKING:
    from pathlib import Path

INFO = "/home/me/.dropbox/info.json"
SYNCTHING = "/home/me/.config/syncthing/config.xml"


def _dropbox(*more: str) -> FakeSystem:
    """Return a Linux machine with Dropbox, and more folders."""
    system = FakeSystem({INFO: dropbox_info(personal="/home/me/Dropbox")})
    system.put("/home/me/Dropbox", None)
    for path in more:
        system.put(path, None)
    return system


def _at(path: str, system: FakeSystem, **settings: object) -> Volume:
    """Locate a path like a call does: by its canonical form and its spelling."""
    wanted = Settings()
    for name, value in settings.items():
        setattr(wanted, name, value)
    return locate(system.realpath(path), path, system, wanted)


# -- the user's roots ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "kind", "top"),
    [
        pytest.param("/home/me/cloud/foo", "synced", "/home/me/cloud", id="synced-root"),
        pytest.param("/home/me/cloud", "synced", "/home/me/cloud", id="the-root-itself"),
        pytest.param(
            "/home/me/cloud/local/foo", "local", "/home/me/cloud/local", id="local-inside"
        ),
        pytest.param(
            "/home/me/cloud/local/again/foo", "synced", "/home/me/cloud/local/again", id="again"
        ),
        pytest.param("/home/me/both/foo", "local", "/home/me/both", id="tie-is-local"),
        pytest.param("/home/me/cloud-old/foo", "local", "", id="near-miss"),
        pytest.param("/home/me/Dropbox/foo", "synced", "/home/me/Dropbox", id="provider"),
        pytest.param("/home/me/Dropbox/mine/foo", "local", "/home/me/Dropbox/mine", id="contested"),
    ],
)
def test_users_roots(path: str, kind: str, top: str) -> None:
    """The innermost root wins; at a tie the local one."""
    volume = _at(
        path,
        _dropbox(path),
        synced_roots=("/home/me/cloud", "/home/me/cloud/local/again", "/home/me/both"),
        local_roots=("/home/me/cloud/local", "/home/me/both/", "/home/me/Dropbox/mine"),
    )
    assert (volume.kind, volume.top.rstrip("/")) == (kind, top)


def test_contest_of_a_root() -> None:
    """A result from the user's own root is corrected by removing the root."""
    system = _dropbox("/home/me/my cloud/foo")
    synced = _at("/home/me/my cloud/foo", system, synced_roots=("/home/me/my cloud",))
    assert synced.contest == "uvlocal config remove-root ~/'my cloud'"
    assert "`~/my cloud` is listed in your `synced-roots`" in synced.evidence
    local = _at("/home/me/Dropbox/foo", system, local_roots=("/home/me/Dropbox",))
    assert local.contest == "uvlocal config remove-root ~/Dropbox"
    assert "`~/Dropbox` is listed in your `local-roots`" in local.evidence


def test_everything_is_local() -> None:
    """`/` as a local root overrides everything except deeper signals."""
    system = _dropbox("/home/me/Dropbox/foo", "/srv/foo")
    assert _at("/srv/foo", system, local_roots=("/",)).kind == "local"
    assert _at("/srv/foo", system, synced_roots=("/",)).kind == "synced"
    assert _at("/home/me/Dropbox/foo", system, local_roots=("/",)).kind == "synced"


# -- nested roots and mounts -----------------------------------------------------------------------


def test_innermost_provider() -> None:
    """A Syncthing folder inside Dropbox is Syncthing's, and the rest Dropbox's."""
    system = _dropbox("/home/me/Dropbox/shared/foo", "/home/me/Dropbox/shared/.stfolder")
    system.put(SYNCTHING, syncthing_config("~/Dropbox/shared"))
    assert _at("/home/me/Dropbox/shared/foo", system).provider == "syncthing"
    assert _at("/home/me/Dropbox/other", system).provider == "dropbox"


def _mounted(point: str, kind: str) -> FakeSystem:
    system = _dropbox(f"{point}/foo")
    system.mount_text = f"1 0 254:0 / / rw - ext4 /dev/vda rw\n2 1 0:9 / {point} rw - {kind} x rw\n"
    system.devices = {point: 9}
    return system


@pytest.mark.parametrize(
    ("point", "type_", "path", "kind"),
    [
        pytest.param("/home/me", "nfs", "/home/me/Dropbox/foo", "synced", id="dropbox-in-nfs-home"),
        pytest.param("/home/me", "nfs", "/home/me/foo", "network", id="beside-it"),
        pytest.param("/home/me/Dropbox", "nfs", "/home/me/Dropbox/foo", "synced", id="tie"),
        pytest.param("/home/me/Dropbox/n", "nfs", "/home/me/Dropbox/n/foo", "network", id="nfs-in"),
        pytest.param(
            "/home/me/Dropbox/n", "tmpfs", "/home/me/Dropbox/n/foo", "synced", id="disk-in"
        ),
        pytest.param(
            "/home/me/Dropbox/n", "exfat", "/home/me/Dropbox/n/foo", "incapable", id="fat"
        ),
    ],
)
def test_roots_and_mounts(point: str, type_: str, path: str, kind: str) -> None:
    """The inner one of a root and a mount wins, but a local disk inside a root is synced too."""
    volume = _at(path, _mounted(point, type_))
    assert volume.kind == kind
    assert (volume.mount_point, volume.file_system) == (point, type_)


def test_disabled_provider_shows_what_is_below() -> None:
    """With Dropbox turned off, a Dropbox folder on NFS is still on NFS."""
    off = {"dropbox": {"enabled": False}}
    assert _at("/home/me/Dropbox/foo", _mounted("/home/me", "nfs"), providers=off).kind == "network"
    on = {"dropbox": {"enabled": True, "strategy": "redirect"}}
    assert _at("/home/me/Dropbox/foo", _mounted("/home/me", "nfs"), providers=on).kind == "synced"


# -- links -----------------------------------------------------------------------------------------


def test_link_into_a_root() -> None:
    """A project reached through a symlink is at its target."""
    system = _dropbox("/home/me/Dropbox/work/foo")
    system.put("/home/me/work", Link("Dropbox/work"))
    assert _at("/home/me/work/foo", system).provider == "dropbox"


def test_link_out_of_a_root() -> None:
    """A client that keeps symlinks does not sync their targets."""
    system = _dropbox("/home/me/src/foo")
    system.put("/home/me/Dropbox/foo", Link("/home/me/src/foo"))
    assert _at("/home/me/Dropbox/foo", system).kind == "local"
    assert _at("/home/me/src/foo", system).kind == "local"


def test_link_that_is_followed() -> None:
    """A client that follows symlinks syncs their targets; the user can still object."""
    system = FakeSystem({"/home/me/.config/onedrive/refresh_token": b"", "/home/me/src/foo": None})
    system.put("/home/me/OneDrive/foo", Link("/home/me/src/foo"))
    volume = _at("/home/me/OneDrive/foo", system)
    assert (volume.kind, volume.provider, volume.links) == (
        "synced",
        "onedrive-abraunegg",
        "followed",
    )
    assert "this client follows" in volume.evidence[0]
    assert _at("/home/me/OneDrive/foo", system, local_roots=("/home/me/src",)).kind == "local"


@pytest.mark.parametrize("key", ["provider", "synced_roots", "local_roots"])
def test_root_that_is_a_link(key: str) -> None:
    """A symlinked root means its target."""
    system = FakeSystem({"/data/cloud/foo": None})
    system.put("/home/me/Dropbox", Link("/data/cloud"))
    settings: dict[str, object] = {}
    if key == "provider":
        system.put(INFO, dropbox_info(personal="/home/me/Dropbox"))
    else:
        settings[key] = ("/home/me/Dropbox",)
    if key == "local_roots":
        system.put("/home/me/.stfolder", None)
        settings["synced_roots"] = ("/data",)
    volume = _at("/data/cloud/foo", system, **settings)
    assert (volume.kind, volume.top) == (
        "local" if key == "local_roots" else "synced",
        "/data/cloud",
    )


def test_root_in_a_circle() -> None:
    """A root that is a symlink loop is ignored."""
    system = FakeSystem({INFO: dropbox_info(personal="/home/me/Dropbox"), "/home/me/foo": None})
    system.put("/home/me/Dropbox", Link("Dropbox"))
    assert _at("/home/me/foo", system).kind == "local"


# -- iCloud Drive ----------------------------------------------------------------------------------

CONTAINER = "/Users/me/Library/Mobile Documents/com~apple~CloudDocs"


def _mac(files: dict[str, object]) -> FakeSystem:
    return FakeSystem(files, platform="darwin")


@pytest.mark.parametrize(
    ("files", "path", "top"),
    [
        pytest.param(
            {f"{CONTAINER}/Documents": Link("/Users/me/Documents")},
            "/Users/me/Documents/foo",
            "/Users/me/Documents",
            id="back-link",
        ),
        pytest.param(
            {f"{CONTAINER}/Desktop": Link("../../../Desktop")},
            "/Users/me/Desktop/a/b/foo",
            "/Users/me/Desktop",
            id="relative-back-link",
        ),
        pytest.param(
            {f"{CONTAINER}/Documents": Link("/System/Volumes/Data/Users/me/Documents")}
            | {"/System/Volumes/Data/Users/me/Documents": Link("/Users/me/Documents")},
            "/Users/me/Documents/foo",
            "/Users/me/Documents",
            id="back-link-through-a-firmlink",
        ),
        pytest.param(
            {
                "/Users/me/Documents": Link(f"{CONTAINER}/Documents"),
                f"{CONTAINER}/Documents/foo": None,
            },
            "/Users/me/Documents/foo",
            CONTAINER,
            id="documents-is-the-link",
        ),
        pytest.param(
            {f"{CONTAINER}/Documents": Link("/Users/me/Documents")},
            f"{CONTAINER}/Documents/foo",
            "/Users/me/Documents",
            id="reached-through-the-container",
        ),
        pytest.param(
            {
                "/Users/you/Library/Mobile Documents/com~apple~CloudDocs/Documents": Link(
                    "/Users/you/Documents"
                )
            },
            "/Users/you/Documents/foo",
            "/Users/you/Documents",
            id="another-user",
        ),
    ],
)
def test_icloud(files: dict[str, object], path: str, top: str) -> None:
    """Desktop and Documents are found by the link that iCloud puts into its container."""
    system = _mac(files)
    if system.lstat("/Users/me/Documents") is None:
        system.put("/Users/me/Documents", None)
    volume = _at(path, system)
    assert (volume.kind, volume.provider, volume.top) == ("synced", "icloud", top)


@pytest.mark.parametrize(
    ("files", "path"),
    [
        pytest.param({f"{CONTAINER}/foo": None}, "/Users/me/Documents/foo", id="not-turned-on"),
        pytest.param({f"{CONTAINER}/Documents": None}, "/Users/me/Documents/foo", id="own-folder"),
        pytest.param(
            {f"{CONTAINER}/Documents": Link("/Users/me/Elsewhere")},
            "/Users/me/Documents/foo",
            id="link-elsewhere",
        ),
        pytest.param(
            {f"{CONTAINER}/Documents": Link("/Users/me/Documents")},
            "/Users/me/src/Documents/foo",
            id="another-folder-of-that-name",
        ),
        pytest.param(
            {f"{CONTAINER}/code": Link("/Users/me/code")}, "/Users/me/code/foo", id="link-by-hand"
        ),
        pytest.param(
            {f"{CONTAINER}/code": Link("/Users/me/code"), "/Users/me/code/foo": None},
            f"{CONTAINER}/code/foo",
            id="link-by-hand-followed",
        ),
    ],
)
def test_icloud_near_misses(files: dict[str, object], path: str) -> None:
    """Without that link Documents is an ordinary folder."""
    assert _at(path, _mac({"/Users/me/Documents/foo": None} | files)).kind == "local"


def test_icloud_without_permission() -> None:
    """If the terminal may not access the container, the folder's attribute counts."""
    system = FakeSystem(
        {"/Users/me/Documents/foo": None}, platform="darwin", blocked=("/Users/me/Library",)
    )
    assert _at("/Users/me/Documents/foo", system).kind == "local"
    value = b"com.apple.CloudDocs.iCloudDriveFileProvider/ABC-123"
    system.attributes[("/Users/me/Documents", "com.apple.file-provider-domain-id")] = value
    assert _at("/Users/me/Documents/foo", system).provider == "icloud"


# -- hidden files ----------------------------------------------------------------------------------


def _harmed(*hidden: str, **files: object) -> FakeSystem:
    system = _mac({"/Users/me/code/foo/pyproject.toml": b"", **files})
    system.hidden = {f"/Users/me/code/foo/{name}" for name in hidden}
    return system


@pytest.mark.parametrize(
    ("hidden", "recorded", "kind"),
    [
        pytest.param((".git",), "", "synced", id="git"),
        pytest.param((".venv",), "", "synced", id="venv"),
        pytest.param((), "hides-files", "synced", id="remembered"),
        pytest.param((), "", "local", id="nothing-hidden"),
        pytest.param((), "dropbox", "local", id="another-provider-remembered"),
        pytest.param((".idea",), "", "local", id="something-else-hidden"),
    ],
)
def test_hidden_files(hidden: tuple[str, ...], recorded: str, kind: str) -> None:
    """A project whose `.git` or `.venv` is hidden is synced, even after it is redirected."""
    system = _harmed(*hidden)
    root = "/Users/me/code/foo"
    volume = locate(root, root, system, Settings(), recorded=lambda: recorded)
    assert volume.kind == kind
    if kind == "synced":
        assert (volume.provider, volume.top) == ("hides-files", root)
        assert volume.label == "a client that hides files"
        assert volume.contest == "uvlocal config add-root --local ~/code/foo"


@pytest.mark.parametrize(
    ("settings", "files", "answer"),
    [
        pytest.param({"local_roots": ("/Users/me/code",)}, {}, ("local", None), id="local-root"),
        pytest.param({"synced_roots": ("/Users/me/code",)}, {}, ("synced", None), id="synced-root"),
        pytest.param(
            {"providers": {"hides-files": {"enabled": False}}}, {}, ("local", None), id="turned-off"
        ),
        pytest.param(
            {},
            {"/Users/me/.dropbox/info.json": dropbox_info(personal="/Users/me/code")},
            ("synced", "dropbox"),
            id="a-named-provider",
        ),
    ],
)
def test_hidden_files_come_last(
    settings: dict[str, object], files: dict[str, object], answer: tuple[str, str | None]
) -> None:
    """The user's roots and every known provider take precedence over the flag."""
    volume = _at("/Users/me/code/foo", _harmed(".git", **files), **settings)
    assert (volume.kind, volume.provider) == answer


@pytest.mark.parametrize(("type_", "kind"), [("smbfs", "network"), ("exfat", "incapable")])
def test_hidden_files_of_a_server(type_: str, kind: str) -> None:
    """A server or a FAT disk may hide dot-folders itself, so its kind takes precedence."""
    system = _harmed(".git")
    system.devices = {"/Users/me/code": 9}
    system.mount_rows = [("//nas/code", "/Users/me/code", type_, "rw")]
    assert _at("/Users/me/code/foo", system).kind == kind


@pytest.mark.parametrize("platform", ["linux", "win32"])
def test_no_flag_elsewhere(platform: str) -> None:
    """Other systems have no such flag, and it is not checked."""
    root = at_home(platform, "~/foo")
    system = FakeSystem({root: None}, platform=platform)
    system.hidden = {system.path.join(root, ".git")}
    assert _at(root, system).kind == "local"
    assert system.path.join(root, ".git") not in system.touched


@pytest.mark.parametrize(
    ("attribute", "value", "provider", "label"),
    [
        pytest.param(
            "com.apple.file-provider-domain-id",
            b"com.apple.CloudDocs.iCloudDriveFileProvider/1",
            "icloud",
            "iCloud Drive",
            id="icloud",
        ),
        pytest.param("com.apple.icloud.desktop", b"", "icloud", "iCloud Drive", id="older-macos"),
        pytest.param(
            "com.apple.file-provider-domain-id",
            b"com.example.fp/1",
            "file-provider",
            "com.example.fp (a File Provider)",
            id="somebody-else",
        ),
        pytest.param(
            "com.apple.file-provider-domain-id",
            b"\xff\x1b[31m",
            "file-provider",
            "a File Provider",
            id="not-fit-to-be-shown",
        ),
    ],
)
def test_attributes(attribute: str, value: bytes, provider: str, label: str) -> None:
    """An attribute of a parent folder identifies its provider, on any disk."""
    system = _mac({"/Volumes/X/Cloud/a/foo": None})
    system.attributes[("/Volumes/X/Cloud", attribute)] = value
    volume = _at("/Volumes/X/Cloud/a/foo", system)
    assert (volume.provider, volume.top, volume.label) == (provider, "/Volumes/X/Cloud", label)


# -- spelling --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("platform", "root", "path", "kind"),
    [
        pytest.param("darwin", "/Users/me/Dropbox", "/Users/me/dropbox/foo", "synced", id="macos"),
        pytest.param("linux", "/home/me/Dropbox", "/home/me/dropbox/foo", "local", id="linux"),
        pytest.param(
            "win32", r"C:\Users\me\Dropbox", r"c:\users\ME\dropbox\f", "synced", id="case"
        ),
        pytest.param(
            "win32", "C:/Users/me/Dropbox/", r"C:\Users\me\Dropbox\f", "synced", id="slash"
        ),
        pytest.param("win32", r"\\?\C:\Dropbox", r"C:\Dropbox\f", "synced", id="prefix-of-root"),
        pytest.param("win32", r"C:\Dropbox", r"\\?\C:\Dropbox\f", "synced", id="prefix-of-path"),
        pytest.param("win32", r"C:\Dropbox", r"D:\Dropbox\f", "local", id="another-drive"),
        pytest.param("win32", r"\\nas\me\Dropbox", r"\\NAS\me\dropbox\f", "synced", id="unc"),
        pytest.param(
            "win32", r"\\nas\me\Dropbox", r"\\?\UNC\nas\me\Dropbox\f", "synced", id="unc-prefix"
        ),
        pytest.param("linux", "//home//me/./Dropbox/", "/home/me/Dropbox/foo", "synced", id="dots"),
        pytest.param(
            "darwin",
            unicodedata.normalize("NFD", "/Users/me/Dröpbox"),
            unicodedata.normalize("NFC", "/Users/me/dröpbox/foo"),
            "synced",
            id="unicode-form",
        ),
        pytest.param("darwin", "/Users/me/Straße", "/Users/me/Strasse/foo", "local", id="no-ss"),
    ],
)
def test_spelling(platform: str, root: str, path: str, kind: str) -> None:
    """Roots and projects are compared like names on the system's disks."""
    system = FakeSystem(platform=platform)
    info = at_home(platform, "~/.dropbox/info.json")
    if platform == "win32":
        info = at_home(platform, "~/AppData/Roaming/Dropbox/info.json")
    system.put(info, dropbox_info(personal=root))
    volume = locate(path, path, system, Settings())
    assert volume.kind == ("network" if kind == "local" and path[:2] == "\\\\" else kind)


def test_spelling_without_unicode_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    """An interpreter that lacks the module still folds case."""
    monkeypatch.setitem(sys.modules, "unicodedata", None)
    assert comparable("/Dröp", _mac({})) == comparable("/DRÖP", _mac({}))


def test_share_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A configured root on a share is compared as text only: its server may be gone."""
    system = FakeSystem(platform="win32")
    system.put(
        at_home("win32", "~/AppData/Roaming/Dropbox/info.json"),
        dropbox_info(personal=r"\\nas\me\Dropbox"),
    )
    asked = []
    stat = FakeSystem.stat

    def recorded(self: FakeSystem, path: str) -> os.stat_result | None:
        asked.append(path)
        return stat(self, path)

    monkeypatch.setattr(FakeSystem, "stat", recorded)
    volume = locate(r"C:\src\foo", r"C:\src\foo", system, Settings())
    assert (volume.kind, volume.state) == ("local", "")
    assert any(path.endswith("info.json") for path in asked)
    assert [path for path in asked if path.startswith("\\\\")] == []


_NAMES = st.text(
    st.characters(exclude_characters="/\\:\0", exclude_categories=["Cs"]), min_size=1, max_size=8
).filter(lambda name: name not in {".", ".."} and name.strip(". ") == name)
_PATHS = st.lists(_NAMES, min_size=1, max_size=5)


@given(_PATHS, _PATHS, st.sampled_from(PLATFORMS))
def test_prefixes_are_components(folder: list[str], below: list[str], platform: str) -> None:
    """A path below a folder is inside; the same path with a longer name is not."""
    system = FakeSystem(platform=platform)
    start = "C:\\" if platform == "win32" else "/"
    root = start + system.path.sep.join(folder)
    inside = system.path.join(root, *below)
    beside = root + "-old" + system.path.sep + system.path.sep.join(below)
    folded = comparable(root, system)
    assert contains(folded, folded, system)
    assert contains(folded, comparable(inside, system), system)
    assert not contains(folded, comparable(beside, system), system)
    assert not contains(comparable(inside, system), folded, system)


@given(_PATHS, st.sampled_from(["darwin", "win32"]))
def test_case_and_form_do_not_matter(names: list[str], platform: str) -> None:
    """Two spellings that differ in ASCII case, or on macOS in Unicode form, are one path."""
    system = FakeSystem(platform=platform)
    path = ("C:\\" if platform == "win32" else "/") + system.path.sep.join(names)
    swapped = "".join(c.swapcase() if c.isascii() else c for c in path)
    assert comparable(path, system) == comparable(swapped, system)
    if platform == "darwin":
        forms = {comparable(unicodedata.normalize(form, path), system) for form in ("NFC", "NFD")}
        assert len(forms) == 1


@given(_PATHS, st.sampled_from(PLATFORMS))
def test_comparable_is_stable(names: list[str], platform: str) -> None:
    """A path in comparable form does not change."""
    system = FakeSystem(platform=platform)
    path = ("C:\\" if platform == "win32" else "/") + system.path.sep.join(names)
    folded = comparable(path, system)
    assert comparable(folded, system) == folded


@given(st.lists(st.sampled_from(["a", "A", "b", "a-old"]), min_size=1, max_size=5), st.data())
def test_innermost_of_any_roots(names: list[str], data: st.DataObject) -> None:
    """For any of the user's roots, the innermost one above the project wins."""
    project = "/" + "/".join(names)
    choices = st.lists(st.sampled_from(["a", "A", "b", "a-old"]), max_size=4)
    roots = data.draw(st.dictionaries(choices.map(tuple), st.booleans(), max_size=6))
    expected = "local"
    best = -1
    for root, synced in roots.items():
        if tuple(names[: len(root)]) == root and len(root) > best:
            best, expected = len(root), "synced" if synced else "local"
    settings = Settings()
    settings.synced_roots = tuple("/" + "/".join(root) for root, synced in roots.items() if synced)
    settings.local_roots = tuple(
        "/" + "/".join(root) for root, synced in roots.items() if not synced
    )
    volume = locate(project, project, FakeSystem({project: None}), settings)
    assert volume.kind == expected


@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=3), st.data())
def test_links_never_matter(names: list[str], data: st.DataObject) -> None:
    """The result for a canonical root is the same through any symlink."""
    system = _dropbox()
    target = data.draw(st.sampled_from(["/home/me/Dropbox", "/home/me/src"]))
    root = f"{target}/{'/'.join(names)}"
    system.put(root, None)
    system.put("/links/in", Link(target))
    system.put("/home/me/Dropbox/link", Link(target))
    assume(not root.startswith("/home/me/Dropbox/link"))
    settings = Settings()
    kinds = set()
    for spelled in (
        root,
        f"/links/in/{'/'.join(names)}",
        f"/home/me/Dropbox/link/{'/'.join(names)}",
    ):
        assert system.realpath(spelled) == root
        kinds.add(locate(root, spelled, system, settings).kind)
    assert kinds == {"synced" if target.endswith("Dropbox") else "local"}


# -- states ----------------------------------------------------------------------------------------


def test_root_missing() -> None:
    """A configured folder that is gone is reported, and changes nothing for other places."""
    system = FakeSystem({INFO: dropbox_info(personal="/home/me/Dropbox"), "/home/me/foo": None})
    volume = _at("/home/me/foo", system)
    assert (volume.kind, volume.state) == ("local", "root-missing")
    sentence = "names the Dropbox folder `~/Dropbox`, which cannot be found"
    assert any(sentence in evidence for evidence in volume.evidence)


def test_stale_marker() -> None:
    """A marker that is not in Syncthing's configuration may be a leftover."""
    system = FakeSystem({"/home/me/old/.stfolder": None, "/home/me/old/foo": None})
    assert _at("/home/me/old/foo", system).state == "", "a Syncthing in a container, perhaps"
    system.put("/home/me/Sync/.stfolder", None)
    system.put(SYNCTHING, syncthing_config("~/Sync"))
    system._known.clear()
    volume = _at("/home/me/old/foo", system)
    assert (volume.kind, volume.state, volume.confidence) == ("synced", "stale", "low")
    assert any("not for this folder" in sentence for sentence in volume.evidence)


def test_stale_variable() -> None:
    """A OneDrive variable outlives its account, which is no longer in the registry."""
    system = FakeSystem(platform="win32", environ={"OneDrive": r"C:\Users\me\OneDrive"})
    path = r"C:\Users\me\OneDrive\foo"
    assert _at(path, system).state == ""
    accounts = r"HKCU\Software\Microsoft\OneDrive\Accounts"
    system.registry[rf"{accounts}\Personal"] = {"UserFolder": ""}
    system._known.clear()
    assert _at(path, system).state == "stale"
    system.registry[rf"{accounts}\Personal"] = {"UserFolder": r"c:\users\me\onedrive"}
    system._known.clear()
    assert _at(path, system).state == ""


@pytest.mark.parametrize(
    ("config", "files", "reason"),
    [
        pytest.param(
            syncthing_config("~/Sync"), (), "marker `~/Sync/.stfolder` is missing", id="no"
        ),
        pytest.param(syncthing_config("~/Sync"), (".stfolder",), "", id="marker"),
        pytest.param(syncthing_config("~/Sync", marker=".m"), (".stfolder",), "/.m`", id="another"),
        pytest.param(syncthing_config("~/Sync", marker=".m"), (".m",), "", id="custom-marker"),
        pytest.param(
            syncthing_config("~/Sync", paused=True), (".stfolder",), "paused", id="paused"
        ),
    ],
)
def test_syncthing_that_stands_still(config: bytes, files: tuple[str, ...], reason: str) -> None:
    """Syncthing syncs no folder that is paused or has lost its marker."""
    system = FakeSystem({SYNCTHING: config, "/home/me/Sync/foo": None})
    for name in files:
        system.put(f"/home/me/Sync/{name}", None)
    volume = _at("/home/me/Sync/foo", system)
    assert (volume.kind, volume.state) == ("synced", "stale" if reason else "")
    assert reason in " ".join(volume.evidence)


@pytest.mark.parametrize(
    ("platform", "root", "files", "point"),
    [
        pytest.param("linux", "/media/me/STICK/foo", {}, "/media/me/STICK", id="stick"),
        pytest.param("linux", "/media/me/STICK/foo", {"/media/me/STICK": None}, "", id="stick-in"),
        pytest.param("linux", "/run/media/me/D/a/foo", {}, "/run/media/me/D", id="fedora"),
        pytest.param("linux", "/mnt/data/foo", {}, "/mnt/data", id="by-hand"),
        pytest.param("linux", "/home/me/gone", {}, "", id="gone"),
        pytest.param(
            "linux",
            "/srv/nas/a b/foo",
            {
                "/etc/fstab": b"# c\nnas:/x /srv/nas/a\\040b nfs4 noauto 0 0\nshort\n",
                "/srv/nas": None,
            },
            "/srv/nas/a b",
            id="fstab",
        ),
        pytest.param(
            "linux", "/srv/foo", {"/etc/fstab": b"/dev/vda / ext4 rw 0 0\n"}, "", id="fstab-mounted"
        ),
        pytest.param(
            "linux",
            "/srv/a/b/foo",
            {"/etc/fstab": b"x /srv/a/b nfs x\nx /srv/a nfs x\nx none swap x\nx /home nfs x\n"},
            "/srv/a/b",
            id="fstab-innermost",
        ),
        pytest.param("linux", "/media", {}, "", id="the-folder-of-mounts"),
        pytest.param("win32", r"\\nas\share\foo", {}, "", id="share"),
        pytest.param("darwin", "/Volumes/Disk/foo", {}, "/Volumes/Disk", id="macos"),
        pytest.param("darwin", "/Users/me/gone", {}, "", id="macos-gone"),
        pytest.param("win32", r"E:\foo", {}, "E:\\", id="windows"),
        pytest.param("win32", r"C:\gone", {}, "", id="windows-gone"),
    ],
)
def test_unmounted(platform: str, root: str, files: dict[str, object], point: str) -> None:
    """A missing root is distinguished from one on an unmounted volume."""
    system = FakeSystem(files, platform=platform)
    system.mount_text = "1 0 254:0 / / rw - ext4 /dev/vda rw\n"
    volume = unmounted(root, system, Settings())
    if not point:
        assert volume is None
    else:
        assert volume is not None
        assert (volume.state, volume.mount_point) == ("unmounted", point)
        assert "is not mounted" in volume.evidence[0]


def test_unmounted_root_of_a_provider() -> None:
    """A Dropbox folder on an unmounted disk is still Dropbox's."""
    system = FakeSystem({INFO: dropbox_info(personal="/media/me/DISK/Dropbox")})
    volume = unmounted("/media/me/DISK/Dropbox/foo", system, Settings())
    assert volume is not None
    assert (volume.kind, volume.state, volume.provider) == ("synced", "unmounted", "dropbox")


def test_automount_that_did_not_mount() -> None:
    """An automount alone is not mounted yet."""
    system = FakeSystem({"/net/foo": None})
    system.mount_text = "1 0 0:7 / /net rw - autofs systemd-1 rw\n"
    volume = _at("/net/foo", system)
    assert (volume.kind, volume.state, volume.confidence) == ("network", "unmounted", "low")


# -- disk accesses ---------------------------------------------------------------------------------


@pytest.mark.parametrize("platform", PLATFORMS)
def test_nothing_is_listed_and_nothing_asked_twice(
    platform: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No synced directory is listed, and no path is accessed twice."""
    system = machine(platform)
    path = at_home(platform, "~/Dropbox/code/foo")
    system.put(path, None)
    first = locate(path, path, system, Settings())
    system._known.clear()
    calls: list[tuple[object, ...]] = []
    for name in ("stat", "lstat", "read", "readlink", "listdir", "realpath", "attribute"):

        def recorded(
            self: FakeSystem,
            path: str,
            *more: object,
            name: str = name,
            real: object = getattr(FakeSystem, name),
        ) -> object:
            calls.append((name, path, *more))
            return real(self, path, *more)  # type: ignore[operator] # a method of the class

        monkeypatch.setattr(FakeSystem, name, recorded)
    second = locate(path, path, system, Settings())
    assert second.evidence == first.evidence
    assert [call for call in calls if call[0] == "listdir"] == []
    inside = [call for call in calls if str(call[1]).startswith(at_home(platform, "~/Dropbox"))]
    assert inside, "the test sees the calls at all"
    assert [call for call in inside if inside.count(call) > 1] == []


def test_no_home() -> None:
    """There is a result even without a home, and in a deleted directory."""
    system = FakeSystem(home="", cwd="")
    assert locate("/srv/foo", "", system, Settings()).kind == "local"


@pytest.mark.parametrize("root", ["/", "", "relative", "/a\0b", "C:\\", "\\\\nas\\share"])
@pytest.mark.parametrize("platform", PLATFORMS)
def test_odd_roots(platform: str, root: str) -> None:
    """Any root gives a result, also on the real system."""
    kinds = {"local", "network", "synced"}
    assert locate(root, root, machine(platform), Settings()).kind in kinds
    assert locate(root, root, System(), Settings()).kind in kinds


def test_sync_root_of_somebody_unknown() -> None:
    """An unknown client has Windows' own name for it."""
    system = FakeSystem(platform="win32")
    add_sync_root(system, "Foo!S-1!a", r"D:\Foo", shown="Foo Sync")
    volume = _at(r"D:\Foo\bar", system)
    assert (volume.provider, volume.label) == ("cloud-files", "Foo Sync (a Windows sync root)")


@systems.needs_links
def test_this_machine(tmp_path: Path) -> None:
    """With real files: a root reached through a link is recognised by device and inode."""
    home, data = tmp_path / "home", tmp_path / "data"
    (home / ".dropbox").mkdir(parents=True)
    (data / "cloud" / "foo").mkdir(parents=True)
    (home / "Dropbox").symlink_to(data / "cloud")
    (home / ".dropbox" / "info.json").write_bytes(dropbox_info(personal=str(home / "Dropbox")))
    system = System(environ={}, home=str(home))
    root = os.path.realpath(data / "cloud" / "foo")
    volume = locate(root, root, system, Settings())
    assert (volume.provider, volume.top) == ("dropbox", os.path.realpath(data / "cloud"))


@pytest.mark.parametrize(
    ("platform", "path", "shown"),
    [
        pytest.param("linux", "~/a/b", "~/a/b", id="plain"),
        pytest.param("linux", "~/a b", "~/'a b'", id="space"),
        pytest.param("linux", "/a\n'\\b", r"$'/a\n\'\\b'", id="newline"),
        pytest.param("linux", "~/\u202e", r"~/$'\u202e'", id="direction"),
        pytest.param("linux", "/\udcff", r"$'/\xff'", id="no-text"),
        pytest.param("linux", "/it's", r"'/it'\''s'", id="quote"),
        pytest.param("linux", "/$HOME/`x`", "'/$HOME/`x`'", id="dollar"),
        pytest.param("linux", "/süd", "/süd", id="letters"),
        pytest.param("linux", "", "''", id="empty"),
        pytest.param("win32", r"C:\a\b", r"C:\a\b", id="windows"),
        pytest.param("win32", r"C:\a b", r'"C:\a b"', id="windows-space"),
    ],
)
def test_quoted(platform: str, path: str, shown: str) -> None:
    """A shown command can be pasted."""
    assert quoted(path, FakeSystem(platform=platform)) == shown


@pytest.mark.parametrize(
    ("platform", "path", "above"),
    [
        pytest.param("linux", "/a/b", ["/a/b", "/a"], id="linux"),
        pytest.param("linux", "/", [], id="root"),
        pytest.param("win32", r"C:\a", ["C:\\a", "C:\\"], id="drive"),
        pytest.param("win32", r"\\n\s\a", [r"\\n\s\a", "\\\\n\\s\\"], id="share"),
    ],
)
def test_ancestors(platform: str, path: str, above: list[str]) -> None:
    """The parents of a path, innermost first, including a drive, but not `/`."""
    assert ancestors(path, FakeSystem(platform=platform)) == above


# -- markers, and where they are not searched ------------------------------------------------------


class _Everything(FakeSystem):
    """A machine with a file system on which every name exists, like smbnetfs."""

    __slots__ = ()

    def lstat(self, path: str) -> os.stat_result | None:
        """Return the status of a directory for any name below `/net`."""
        return super().lstat("/net" if path.startswith("/net/") else path)


def test_folder_that_has_every_name() -> None:
    """A folder in which every name exists has no markers."""
    system = _Everything({"/net/host/foo": None, "/srv/foo/.stfolder": None})
    assert _at("/net/host/foo", system).kind == "local"
    assert _at("/srv/foo", system).provider == "syncthing"


@pytest.mark.parametrize(
    ("path", "devices", "asked"),
    [
        pytest.param(
            "/net/host/foo", {"/net/host": 7}, "/net/host/foo /net/host", id="mount-point"
        ),
        pytest.param("/home/me/a", {}, "/home/me/a /home/me", id="home"),
        pytest.param("/srv/a", {}, "/srv/a /srv", id="elsewhere"),
    ],
)
def test_where_marks_are_looked_for(path: str, devices: dict[str, int], asked: str) -> None:
    """No name is looked up beyond the mount point (an automounter would search) or above home."""
    system = FakeSystem({path: None})
    system.devices = devices
    _at(path, system)
    marks = [path for path in system.touched if path.endswith("/.stfolder")]
    assert [mark.removesuffix("/.stfolder") for mark in marks] == asked.split()
