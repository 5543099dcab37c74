"""Configuration files of sync clients, valid and damaged."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.hosts.fakes import FakeSystem, Link, Special
from support.hosts.sample_clients import (
    PLATFORMS,
    database,
    machine,
    mutagen_session,
    nextcloud_config,
    seafile_database,
    syncthing_config,
)

import uvlocal
from uvlocal.shim.machine.host import READ_LIMIT, System
from uvlocal.shim.settings.settings import Settings
from uvlocal.shim.volume.locate import locate
from uvlocal.shim.volume.sync_roots import config_files, databases, discovery, model, read
from uvlocal.shim.volume.sync_roots import reader as roots_reader
from uvlocal.shim.volume.sync_roots.reader import Reader

LAUGHS = b"""<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]><configuration><folder path="&c;"/></configuration>"""
DATABASE = database({"other(x)": [(1,)]})
GARBAGE: dict[str, object] = {
    "empty": b"",
    "zeros": bytes(4096),
    "no-utf-8": bytes(range(256)) * 8,
    "huge": b" " * (READ_LIMIT + 1),
    "one-long-line": b"path=" + b"x" * 100_000,
    "many-lines": b'a\\localPath=/a\ndir="/a"\n' * 1_000,
    "byte-order-mark": b"\xef\xbb\xbf{}",
    "utf-16": '{"personal": {"path": "/x"}}'.encode("utf-16"),
    "deep-json": b"[" * 20_000,
    "deep-object": b'{"a":' * 20_000,
    "json-null": b"null",
    "json-number": b"1e999",
    "json-list": b'[{"path": "/x"}]',
    "json-wrong-types": json.dumps(
        {"personal": 3, "b": {"path": 4}, "syncRoot": [], "Accounts": {"a": 1}, "c": None}
    ).encode(),
    "json-nul": json.dumps({"personal": {"path": "/a\0b"}, "syncRoot": "C:\\a\0b"}).encode(),
    "json-surrogate": b'{"personal": {"path": "/\\ud800"}, "syncRoot": "C:\\\\\\ud800"}',
    "deep-xml": b"<a>" * 20_000,
    "billion-laughs": LAUGHS,
    "xml-of-another": b"<html><folder path='relative'/></html>",
    "relative-paths": b'sync_dir = "x"\ndir="y"\nroot = z\n0\\Folders\\1\\localPath=w\n',
    "escapes-at-the-end": b"0\\Folders\\1\\localPath=/a\\x\n1\\Folders\\1\\localPath=/b\\\n",
    "escapes-too-large": b"0\\Folders\\1\\localPath=/a\\xffffffffff\n",
    "sqlite-header": b"SQLite format 3\0" + bytes(84),
    "sqlite-cut-off": DATABASE[: len(DATABASE) // 2],
    "sqlite-of-another": DATABASE,
    "protobuf-cut-off": mutagen_session("/a", "/b")[:-3],
    "directory": None,
    "fifo": Special(),
    "dangling-link": Link("nowhere"),
    "link-to-itself": Link("config.xml"),
}


def _files() -> list[object]:
    """Return every file and directory that a probe reads, on each system."""
    cases: list[object] = []
    for platform in PLATFORMS:
        system = machine(platform)
        reader = _read(system)
        cases.extend(
            pytest.param(platform, name, id=f"{platform}-{name}")
            for name in reader.inputs
            if name[0] not in "?$&" and system.exists(name)
        )
    return cases


def _read(system: System, only: set[str] | None = None) -> Reader:
    """Read the configuration of all clients, or of some, without a cache."""
    reader = Reader(system)
    for provider, place, names in discovery._configuration(system):
        states = {model.stamp(name, system) for name in names}
        if (only is None or provider.id in only) and states != {model.ABSENT}:
            read.probe(reader, provider, place, names[0].removeprefix("&"))
    return reader


def _folders(reader: Reader) -> set[tuple[str, str]]:
    return {(root.provider, root.path) for root in reader.roots}


@pytest.mark.parametrize(("platform", "file"), _files())
def test_garbage(platform: str, file: str) -> None:
    """Garbage in a client's configuration affects only that client's folders."""
    system = machine(platform)
    key = system._key(file)
    sound = _folders(_read(system))
    del system.tree[key]
    without = _folders(_read(system))
    assert without < sound, "the file is needed at all"
    own = {provider for provider, _ in sound - without}
    for kind, content in GARBAGE.items():
        system.tree[key] = content
        damaged = _read(system, own)
        assert {folder for folder in without if folder[0] in own} <= _folders(damaged), kind
        assert all(system.path.isabs(root.path) for root in damaged.roots), kind
    for kind in ("many-lines", "deep-json", "json-surrogate", "fifo"):
        system.tree[key] = GARBAGE[kind]
        system._known.clear()
        found = {(root.provider, root.path) for root in discovery.configured(system)[0]}
        assert without <= found, kind
    path = system.path.join(system.home, "src", "foo")
    assert locate(path, path, system, Settings()).kind == "local"


@pytest.mark.parametrize("content", ["fifo", "directory"])
def test_garbage_on_a_disk(content: str, tmp_path: Path) -> None:
    """A FIFO or a directory in every place neither raises nor blocks."""
    if sys.platform == "win32":
        pytest.skip("Windows has no FIFOs among its files")
    inputs = [Path(name) for name in _read(machine("linux")).inputs if name[:9] == "/home/me/"]
    folders = {folder for name in inputs for folder in name.parents}
    for name in inputs:
        path = tmp_path / name.relative_to("/home/me")
        path.parent.mkdir(parents=True, exist_ok=True)
        if content == "directory":
            path.mkdir(exist_ok=True)
        elif name not in folders:
            os.mkfifo(path)
    program = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from uvlocal.shim.settings.settings import Settings\n"
        "from uvlocal.shim.machine.host import System\n"
        "from uvlocal.shim.volume.locate import locate\n"
        "system = System(platform='linux', environ={}, home=sys.argv[2])\n"
        "path = sys.argv[2] + '/src/foo'\n"
        "print(locate(path, path, system, Settings()).kind)\n"
    )
    source = str(Path(uvlocal.__file__).parents[1])
    shown = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program, source, str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=120,
    )
    assert shown.stdout == "local\n"


def test_damage_is_told() -> None:
    """An unreadable file is reported, with the client whose folders are unknown."""
    system = FakeSystem({"/home/me/.dropbox/info.json": b"{"})
    assert discovery.configured(system)[1] == [
        "`~/.dropbox/info.json` is damaged, so its Dropbox folders are unknown"
    ]
    volume = locate("/home/me/foo", "/home/me/foo", system, Settings())
    assert volume.kind == "local"
    assert any("is damaged" in sentence for sentence in volume.evidence)
    unreadable = FakeSystem({"/home/me/.dropbox/info.json": Special()})
    assert "cannot be read" in discovery.configured(unreadable)[1][0]


@given(st.binary(max_size=200))
def test_any_bytes_as_session(data: bytes) -> None:
    """Any bytes in a Mutagen file are handled."""
    assert len(list(databases._fields(data))) <= len(data)


@given(st.text(max_size=60))
def test_any_text_as_qt_value(text: str) -> None:
    """Any text in an INI value is handled."""
    assert isinstance(config_files.qt_value(text), str)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        pytest.param("/home/me/Nextcloud/", "/home/me/Nextcloud/", id="plain"),
        pytest.param('"/home/me/a, b"', "/home/me/a, b", id="quoted"),
        pytest.param(r"/home/me/S\xfc\x64", "/home/me/Süd", id="latin-1"),
        pytest.param(r"/home/me/\x4e91\x76d8", "/home/me/云盘", id="chinese"),
        pytest.param(r"/home/me/\xd83d\xde00", "/home/me/😀", id="two-halves"),
        pytest.param(r"C:\\Users\\me\\x", r"C:\Users\me\x", id="backslashes"),
        pytest.param("/home/me/Wolke Süd", "/home/me/Wolke Süd", id="utf-8"),
        pytest.param("", "", id="empty"),
    ],
)
def test_qt_value(written: str, meant: str) -> None:
    """Values are read as Qt 5 and Qt 6 write them."""
    assert config_files.qt_value(written) == meant


CONFIG = "/home/me/.config"


def _onedrive(text: str, *, token: bool = True, folder: str = "onedrive") -> Reader:
    system = FakeSystem({f"{CONFIG}/{folder}/config": text.encode()})
    if token:
        system.put(f"{CONFIG}/{folder}/refresh_token", b"secret")
    return _read(system)


@pytest.mark.parametrize(
    ("text", "path", "options"),
    [
        pytest.param("", "/home/me/OneDrive", (), id="default"),
        pytest.param('sync_dir = "~/Cloud"', "/home/me/Cloud", (), id="home"),
        pytest.param("sync_dir=/srv/x", "/srv/x", (), id="no-quotes"),
        pytest.param('# sync_dir = "/x"', "/home/me/OneDrive", (), id="comment"),
        pytest.param('check_nosync = "true"', "/home/me/OneDrive", ("check_nosync",), id="option"),
        pytest.param('check_nosync = "false"', "/home/me/OneDrive", (), id="option-off"),
        pytest.param(
            'skip_dir = ".venv|build"',
            "/home/me/OneDrive",
            ("skip_dir=.venv", "skip_dir=build"),
            id="list",
        ),
    ],
)
def test_abraunegg(text: str, path: str, options: tuple[str, ...]) -> None:
    """The folder and the options that exclude are read; the folder has a default."""
    (root,) = _onedrive(text).roots
    assert (root.path, root.options, root.stale) == (path, options, "")


def test_abraunegg_not_set_up() -> None:
    """The default folder of a client without a login does not count."""
    assert _onedrive("", token=False).roots == []
    (root,) = _onedrive('sync_dir = "~/Cloud"', token=False).roots
    assert "not logged in" in root.stale


@pytest.mark.parametrize(
    "line",
    [
        'ExecStart=/usr/bin/onedrive --monitor --confdir="/home/me/.config/work"',
        "ExecStart=/usr/bin/onedrive --monitor --confdir=/home/me/.config/work",
        "ExecStart=/usr/bin/onedrive --confdir /home/me/.config/work --monitor",
        "ExecStart=/usr/bin/onedrive --confdir='%h/.config/work' --monitor",
        "ExecStart=onedrive --confdir=~/.config/work",
    ],
)
def test_abraunegg_services(line: str) -> None:
    """More accounts are found by the services that start them, in any syntax."""
    unit = f"{CONFIG}/systemd/user/onedrive-work.service"
    system = FakeSystem({unit: f"[Service]\n{line}\n".encode()})
    system.put(f"{CONFIG}/systemd/user/other.service", b"ExecStart=x --confdir=/y\n")
    for number, folder in enumerate(("", "relative", '"')):
        unit = f"{CONFIG}/systemd/user/onedrive-{number}.service"
        system.put(unit, f"ExecStart=onedrive --confdir={folder}".encode())
    system.put("relative/config", b'sync_dir = "/not/read"')
    system.put(f"{CONFIG}/work/config", b'sync_dir = "/home/me/Work"')
    system.put(f"{CONFIG}/work/items.sqlite3", b"")
    assert [root.path for root in _read(system).roots] == ["/home/me/Work"]


def test_other_names_in_a_folder_of_configurations() -> None:
    """In a directory of configurations only the client's files are read."""
    system = FakeSystem({f"{CONFIG}/maestral/maestral.ini.bak": b"[sync]\npath = /x\n"})
    assert _read(system).roots == []
    windows = FakeSystem(platform="win32")
    info = b'{"personal": {"path": "D:/x"}}'
    for package in ("Other_1", "DropboxInc.Dropbox_1"):
        below = rf"AppData\Local\Packages\{package}\LocalCache\Local\Dropbox\info.json"
        windows.put(rf"C:\Users\me\{below}", info.replace(b"x", package.encode()))
    assert [root.path for root in _read(windows).roots] == [r"D:\DropboxInc.Dropbox_1"]


def test_ox_drive_of_another_shape() -> None:
    """Invalid accounts are ignored."""
    file = r"C:\Users\me\AppData\Local\Open-Xchange\OXDrive\userConfig.json"
    system = FakeSystem({file: b'{"Accounts": [3, {"MainFolderPath": "D:/x"}]}'}, platform="win32")
    assert [root.path for root in _read(system).roots] == [r"D:\x"]


def test_syncthing_folders() -> None:
    """Only real folders count, with their marker; a paused one is stale."""
    config = "/home/me/.config/syncthing/config.xml"
    system = FakeSystem({config: syncthing_config("~/a", "/b", "c", marker=".mark", paused=True)})
    found = _read(system).roots
    assert [(root.path, root.options) for root in found] == [
        ("/home/me/a", ("marker=.mark",)),
        ("/b", ("marker=.mark",)),
    ]
    assert all("paused" in root.stale for root in found)


def test_syncthing_that_declares() -> None:
    """A configuration with entity declarations is not parsed."""
    reader = _read(FakeSystem({"/home/me/.config/syncthing/config.xml": LAUGHS}))
    assert reader.roots == []
    reader.conclude()
    [problem] = reader.problems
    assert "declares something that Syncthing does not write" in problem
    commented = b"<!-- mine -->" + syncthing_config("/a")
    reader = _read(FakeSystem({"/home/me/.config/syncthing/config.xml": commented}))
    reader.conclude()
    assert (len(reader.roots), reader.problems) == (1, [])


def test_seafile_elsewhere() -> None:
    """The variable that moves Seafile's configuration is followed."""
    system = FakeSystem({"/ccnet/seafile.ini": b"/data\n", "/data/repo.db": seafile_database("/l")})
    system.environ["CCNET_CONF_DIR"] = "/ccnet"
    assert [root.path for root in _read(system).roots] == ["/l"]


@pytest.mark.parametrize(
    ("values", "found"),
    [
        pytest.param({}, [], id="no-value"),
        pytest.param({"PerAccountPreferences": "{}"}, [], id="no-accounts"),
        pytest.param(
            {"PerAccountPreferences": '{"per_account_preferences": [1, {"value": 2}]}'},
            [],
            id="wrong-types",
        ),
        pytest.param({"PerAccountPreferences": "{"}, [], id="no-json"),
        pytest.param(
            {
                "PerAccountPreferences": '{"per_account_preferences": ['
                '{"value": {"mount_point_path": "G"}}, {"value": {"mount_point_path": "D:\\\\x"}}]}'
            },
            ["G:\\", "D:\\x"],
            id="letter-and-folder",
        ),
    ],
)
def test_google_registry(values: dict[str, str], found: list[str]) -> None:
    """Google's value contains every account's mount point, perhaps only a letter."""
    system = FakeSystem(platform="win32")
    system.registry[r"HKCU\Software\Google\DriveFS"] = {"other": "x", **values}
    assert [root.path for root in _read(system).roots] == found


def test_many_folders_are_bounded() -> None:
    """The number of folders from a configuration is limited."""
    config = f"{CONFIG}/Nextcloud/nextcloud.cfg"
    system = FakeSystem({config: nextcloud_config(*(f"/f{number}" for number in range(5000)))})
    assert len(_read(system).roots) == roots_reader._MOST_ROOTS


@pytest.mark.parametrize(
    ("value", "folder"),
    [
        pytest.param("G", "G:\\", id="letter"),
        pytest.param("G:", "G:\\", id="letter-and-colon"),
        pytest.param("G:\\", "G:\\", id="root"),
        pytest.param(r"C:\Drive", r"C:\Drive", id="folder"),
        pytest.param("", "", id="empty"),
        pytest.param(None, None, id="nothing"),
    ],
)
def test_drive_of(value: object, folder: object) -> None:
    """A drive may be given by its letter only."""
    assert databases.drive_of(value) == folder


# -- real databases --------------------------------------------------------------------------------


def test_database_in_use(tmp_path: Path) -> None:
    """A database that its program has locked is still read."""
    path = tmp_path / "odd ?#% name.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE syncfolder (localpath TEXT)")
        connection.execute("INSERT INTO syncfolder VALUES ('/a')")
        connection.commit()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("BEGIN EXCLUSIVE")
        names = sorted(os.listdir(tmp_path))
        assert System().query(str(path), "SELECT localpath FROM syncfolder") == [("/a",)]
        assert sorted(os.listdir(tmp_path)) == names, "nothing is written beside it"


def test_endless_query(tmp_path: Path) -> None:
    """A malicious, slow database is aborted."""
    path = tmp_path / "endless.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(
            "CREATE VIEW syncfolder AS WITH RECURSIVE n(localpath) AS"
            " (SELECT 1 UNION ALL SELECT localpath + 1 FROM n) SELECT max(localpath) FROM n"
        )
    assert System().query(str(path), "SELECT * FROM syncfolder") is None


@pytest.mark.parametrize("content", [b"", b"SQLite format 3\0", bytes(4096), DATABASE[:900]])
def test_broken_database(content: bytes, tmp_path: Path) -> None:
    """A broken database, a directory or a missing file gives no rows, and no exception."""
    path = tmp_path / "broken.db"
    path.write_bytes(content)
    for place in (path, tmp_path, tmp_path / "absent"):
        assert System().query(str(place), "SELECT localpath FROM syncfolder") is None
