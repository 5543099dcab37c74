"""A machine with every sync client of the table, for each system.

The configuration files are like those of the clients, so that a row of the table, its probe and its
examples are tested together.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
from typing import TYPE_CHECKING

from support.hosts.fakes import FakeSystem, Link

if TYPE_CHECKING:
    from collections.abc import Iterable

#: The meaning of `~` in the table's examples.
HOMES = {"linux": "/home/me", "darwin": "/Users/me", "win32": r"C:\Users\me"}
PLATFORMS = tuple(HOMES)


def at_home(platform: str, path: str) -> str:
    """Expand an example of the table to a path."""
    if path.startswith("~"):
        path = HOMES[platform] + path[1:]
    return path.replace("/", "\\") if platform == "win32" else path


def machine(platform: str) -> FakeSystem:
    """Return a machine with every client of its system."""
    system = FakeSystem(platform=platform)
    fill(system)
    return system


def fill(system: FakeSystem) -> None:
    """Set up every client of its system on a machine."""
    {"linux": _linux, "darwin": _macos, "win32": _windows}[system.platform](system)


def _home(system: FakeSystem, path: str) -> str:
    return at_home(system.platform, path)


def _put(system: FakeSystem, path: str, content: object = None) -> None:
    system.put(_home(system, path), content)


def _roots(system: FakeSystem, paths: Iterable[str]) -> None:
    for path in paths:
        _put(system, path)


def database(tables: dict[str, list[tuple[object, ...]]]) -> bytes:
    """Return the content of an SQLite database file.

    `tables` maps `name(column, ...)` to rows.
    """
    with contextlib.closing(sqlite3.connect(":memory:")) as connection:
        for table, rows in tables.items():
            connection.execute(f"CREATE TABLE {table}")
            name, columns = table.split("(")[0], table.count(",") + 1
            places = ", ".join("?" * columns)
            connection.executemany(f"INSERT INTO {name} VALUES ({places})", rows)  # noqa: S608 - ours
        connection.commit()
        return connection.serialize()


def google_database(mirrored: str, mount: str = "") -> bytes:
    """Return Google Drive's database with one mirrored folder, one mount, and a USB stick."""
    return database(
        {
            "roots(root_id, title, root_path, last_seen_absolute_path, is_my_drive)": [
                (1, "Mirrored", "Mirrored", mirrored, 0)
            ],
            "media(media_id, name, fs_type, last_mount_point)": [
                ("x", "Google Drive", 10, mount),
                ("y", "USB", 6, "H"),
            ],
        }
    )


def synology_database(synced: str, backed_up: str) -> bytes:
    """Return Synology Drive's database with one task that syncs, and one that backs up."""
    return database(
        {
            "connection_table(id, conn_type, host_name)": [(1, 1, "nas"), (2, 2, "nas")],
            "session_table(conn_id, remote_path, sync_folder)": [
                (1, "/home", synced),
                (2, "/backup", backed_up),
            ],
        }
    )


def pcloud_database(folder: str) -> bytes:
    """Return pCloud's database with one pair of folders."""
    return database({"syncfolder(id, folderid, localpath, synctype)": [(1, 2, folder, 3)]})


def seafile_database(*folders: str) -> bytes:
    """Return Seafile's database with some libraries."""
    rows: list[tuple[object, ...]] = [("1", "server-url", "/home/me/Seafile")]
    rows += [("1", "worktree", folder) for folder in folders]
    return database({"RepoProperty(repo_id, key, value)": rows})


def mutagen_session(alpha: str, beta: str) -> bytes:
    """Return a session of Mutagen between a local folder and one on another machine."""
    here = _field(5, alpha.encode())
    there = bytes([1 << 3, 1]) + _field(3, b"server") + _field(5, beta.encode())
    created = bytes([3 << 3 | 2, 2, 8, 5])
    version = bytes([2 << 3, 1])
    return _field(1, b"sync_abc") + version + created + _field(7, here) + _field(8, there)


def _field(number: int, value: bytes) -> bytes:
    assert len(value) < 1 << 14
    length = (
        bytes([len(value)])
        if len(value) < 128
        else bytes([len(value) & 127 | 128, len(value) >> 7])
    )
    return bytes([number << 3 | 2]) + length + value


def syncthing_config(*folders: str, marker: str = ".stfolder", paused: bool = False) -> bytes:
    """Return Syncthing's configuration, whose defaults for new folders look like a folder."""
    rows = "".join(
        f'<folder id="{number}" label="" path="{path}" type="sendreceive">'
        f"<paused>{str(paused).lower()}</paused><markerName>{marker}</markerName></folder>"
        for number, path in enumerate(folders)
    )
    defaults = '<defaults><folder id="" path="~/Default"></folder></defaults>'
    return f'<configuration version="37">{rows}{defaults}</configuration>'.encode()


def nextcloud_config(*folders: str, journal: str = ".sync_0123456789ab.db") -> bytes:
    """Return Nextcloud's configuration, with folders as Qt writes them."""
    lines = ["[General]", "clientVersion=3.14.0", "", "[Accounts]", "version=2"]
    for number, folder in enumerate(folders):
        lines += [
            f"0\\Folders\\{number}\\journalPath={journal}",
            f"0\\Folders\\{number}\\localPath={folder}",
            f"0\\Folders\\{number}\\targetPath=/",
        ]
    return "\n".join(lines).encode() + b"\n"


def dropbox_info(**accounts: str) -> bytes:
    """Return Dropbox's `info.json`."""
    return json.dumps(
        {name: {"path": path, "host": 1, "is_team": False} for name, path in accounts.items()}
    ).encode()


def _common(system: FakeSystem) -> None:
    """Write the files that are at the same path below home on all three systems."""
    home = HOMES[system.platform]
    sep = system.path.sep
    for root in ("MEGA/.megaignore", "Filen/.filenignore", "Resilio Sync/.sync/IgnoreList"):
        _put(system, f"~/{root}", b"")
    _put(
        system,
        "~/.mutagen/sessions/sync_abc",
        mutagen_session(f"{home}{sep}mutagen project", "/remote/project"),
    )
    profile = f"# notes\nroot = {home}{sep}unison\nroot = ssh://server//{home}/remote\n".encode()
    _put(system, "~/.unison/default.prf", profile)
    _put(system, "~/.unison/ar0123456789", b"\0\1")
    _put(system, "~/Sync/.stfolder")
    for root in ("Nextcloud", "ownCloud", "Wolke Süd"):
        _put(system, f"~/{root}/.sync_0123456789ab.db", b"")
    _roots(system, ("~/mutagen project", "~/unison", "~/MEGA", "~/Filen"))


def _linux(system: FakeSystem) -> None:
    _common(system)
    config = "~/.config"
    info = dropbox_info(personal="/home/me/Dropbox", business="/home/me/Dropbox (Work)")
    _put(system, "~/.dropbox/info.json", info)
    maestral = b"[auth]\npath = /wrong\n[sync]\npath = /home/me/Dropbox (Maestral)\n"
    _put(system, f"{config}/maestral/maestral.ini", maestral)
    _put(system, f"{config}/onedrive/refresh_token", b"secret")
    business = b'# sync_dir = "~/Wrong"\nsync_dir = "~/Business"\n'
    _put(system, f"{config}/onedrive-business/config", business)
    _put(system, f"{config}/onedrive-business/items.sqlite3", b"")
    service = (
        b'[Service]\nExecStart=/usr/bin/onedrive --monitor --confdir="%h/.config/sharepoint"\n'
    )
    _put(system, f"{config}/systemd/user/onedrive-sharepoint.service", service)
    _put(system, f"{config}/sharepoint/config", b'sync_dir = "/srv/SharePoint"')
    _put(system, f"{config}/sharepoint/refresh_token", b"secret")
    _put(system, f"{config}/yandex-disk/config.cfg", b'auth="x"\ndir="/home/me/Yandex.Disk"\n')
    _put(system, f"{config}/Insync/settings.db", b"")
    _put(system, "~/.pcloud/data.db", pcloud_database("/home/me/pSync"))
    folders = ("~/Sync", "/srv/shared &amp; more")
    _put(system, "~/.local/state/syncthing/config.xml", syncthing_config(*folders))
    _put(system, "/srv/shared & more/.stfolder")
    nextcloud = nextcloud_config("/home/me/Nextcloud/", r'"/home/me/Wolke S\xfc\x64"')
    _put(system, f"{config}/Nextcloud/nextcloud.cfg", nextcloud)
    _put(system, f"{config}/ownCloud/owncloud.cfg", nextcloud_config("/home/me/ownCloud"))
    _put(system, "~/.ccnet/seafile.ini", b"/home/me/Seafile/.seafile-data\n")
    seafile = seafile_database("/home/me/Seafile/My Library", "/srv/library")
    _put(system, "~/Seafile/.seafile-data/repo.db", seafile)
    synology = synology_database("/home/me/SynologyDrive", "/home/me/NAS backup")
    _put(system, "~/.SynologyDrive/data/db/sys.sqlite", synology)
    _put(system, "~/NAS/.SynologyWorkingDirectory")
    _put(system, "~/other-dot-sync/.sync/settings", b"")
    _roots(
        system,
        ("~/Dropbox", "~/Dropbox (Work)", "~/Dropbox (Maestral)", "~/OneDrive", "~/Business"),
    )
    _roots(system, ("/srv/SharePoint", "~/Yandex.Disk", "~/Insync", "~/pSync", "~/Nextcloud"))
    _roots(system, ("~/Wolke Süd", "~/ownCloud", "~/Seafile/My Library", "/srv/library"))
    _roots(system, ("~/SynologyDrive", "/mnt/chromeos/GoogleDrive/MyDrive"))


def _macos(system: FakeSystem) -> None:
    _common(system)
    support = "~/Library/Application Support"
    container = "~/Library/Mobile Documents/com~apple~CloudDocs"
    _put(system, f"{container}/Documents", Link("/Users/me/Documents"))
    _put(system, f"{container}/Desktop", Link("../../../Desktop"))
    _put(system, "~/.dropbox/info.json", dropbox_info(personal="/Users/me/Dropbox"))
    maestral = b"[sync]\npath = '/Users/me/Dropbox (Maestral)'\n"
    _put(system, f"{support}/maestral/maestral.ini", maestral)
    google = google_database("/Users/me/Mirrored")
    _put(system, f"{support}/Google/DriveFS/root_preference_sqlite.db", google)
    _put(system, "~/Backed Up/.tmp.driveupload")
    _put(system, f"{support}/Box/Box")
    _put(system, "~/.pcloud/data.db", pcloud_database("/Users/me/pSync"))
    _put(system, f"{support}/Syncthing/config.xml", syncthing_config("~/Sync"))
    preferences = "~/Library/Preferences"
    nextcloud = nextcloud_config("/Users/me/Nextcloud")
    _put(system, f"{preferences}/Nextcloud/nextcloud.cfg", nextcloud)
    _put(system, f"{preferences}/ownCloud/owncloud.cfg", nextcloud_config("/Users/me/ownCloud"))
    _put(system, "~/.ccnet/seafile.ini", b"/Users/me/Seafile/.seafile-data")
    seafile = seafile_database("/Users/me/Seafile/My Library")
    _put(system, "~/Seafile/.seafile-data/repo.db", seafile)
    synology = synology_database("/Users/me/SynologyDrive", "/Users/me/Backups")
    _put(system, f"{support}/SynologyDrive/data/db/sys.sqlite", synology)
    system.attributes = {
        ("/Volumes/External/Example", "com.apple.file-provider-domain-id"): b"com.example.fp/1",
    }
    for path in ("~/hidden/repository/.git", "~/hidden/environment/.venv", "~/hidden/.git"):
        system.hidden.add(_home(system, path))
    _roots(system, ("~/Documents", "~/Desktop", "~/Dropbox", "~/Dropbox (Maestral)", "~/Mirrored"))
    _roots(system, ("~/Box", "~/pSync", "~/Nextcloud", "~/ownCloud", "~/Seafile/My Library"))
    _roots(
        system, ("~/SynologyDrive", "/Volumes/External/Example", "/Volumes/GoogleDrive/My Drive")
    )


_USER = "S-1-5-21-111"
_MANAGER = r"SOFTWARE\Microsoft\Windows\CurrentVersion\Explorer\SyncRootManager"
_NAMESPACE = r"HKCU\SOFTWARE\Microsoft\Windows\CurrentVersion\Explorer\Desktop\NameSpace"


def add_sync_root(
    system: FakeSystem, entry: str, folder: str, *, hive: str = "HKLM", shown: str = ""
) -> None:
    """Register a folder in Windows' own list of sync roots."""
    key = rf"{hive}\{_MANAGER}\{entry}"
    system.registry[key] = {"DisplayNameResource": shown}
    system.registry[rf"{key}\UserSyncRoots"] = {_USER: folder}
    system.put(folder, None)


def add_explorer_folder(
    system: FakeSystem, name: str, folder: str, *, application: str = "", pinned: str = "1"
) -> None:
    """Register a folder in Explorer's side bar, as clients do."""
    clsid = "{" + name.replace(" ", "-") + "}"
    system.registry[rf"{_NAMESPACE}\{clsid}"] = {"": name, "ApplicationName": application}
    system.registry[rf"HKCR\CLSID\{clsid}"] = {"System.IsPinnedToNameSpaceTree": pinned}
    bag = {"TargetFolderPath": folder}
    system.registry[rf"HKCR\CLSID\{clsid}\Instance\InitPropertyBag"] = bag
    system.put(folder, None)


def _windows(system: FakeSystem) -> None:
    _common(system)
    home = HOMES["win32"]
    system.environ |= {
        "OneDrive": rf"{home}\OneDrive",
        "APPDATA": rf"{home}\AppData\Roaming",
        "LOCALAPPDATA": rf"{home}\AppData\Local",
        "SYSTEMDRIVE": "C:",
    }
    roaming, local = "~/AppData/Roaming", "~/AppData/Local"
    _put(system, f"{roaming}/Apple Computer/Logs")
    _put(system, f"{roaming}/Dropbox/info.json", dropbox_info(personal=rf"{home}\Dropbox"))
    _put(system, f"{local}/Dropbox/info.json", dropbox_info(business=r"D:\Dropbox (Work)"))
    store = f"{local}/Packages/DropboxInc.Dropbox_wvh/LocalCache/Local/Dropbox/info.json"
    _put(system, store, dropbox_info(personal=rf"{home}\Store Dropbox"))
    google = google_database(rf"\\?\{home}\Mirrored", "G")
    _put(system, f"{local}/Google/DriveFS/root_preference_sqlite.db", google)
    _put(system, "~/Backed Up/.tmp.drivedownload")
    box = rf"{home}\Box".encode()
    _put(system, f"{local}/Box/Box/data/shell/sync_root_folder.txt", box)
    _put(system, f"{local}/Box Sync/sync_root_folder.txt", rf"{home}\Box Sync".encode())
    _put(system, f"{local}/Syncthing/config.xml", syncthing_config(rf"{home}\Sync"))
    nextcloud = nextcloud_config("C:/Users/me/Nextcloud/")
    _put(system, f"{roaming}/Nextcloud/nextcloud.cfg", nextcloud)
    owncloud = nextcloud_config(r"C:\\Users\\me\\ownCloud\\")
    _put(system, f"{roaming}/ownCloud/owncloud.cfg", owncloud)
    _put(system, "~/ccnet/seafile.ini", rf"{home}\Seafile\seafile-data".encode())
    seafile = seafile_database("C:/Users/me/Seafile/My Library")
    _put(system, "~/Seafile/seafile-data/repo.db", seafile)
    synology = synology_database(rf"{home}\SynologyDrive", rf"{home}\Backups")
    _put(system, f"{local}/SynologyDrive/data/db/sys.sqlite", synology)
    internxt = json.dumps({"syncRoot": rf"{home}\InternxtDrive - 1234"}).encode()
    _put(system, f"{roaming}/internxt-drive/config.json", internxt)
    ox = json.dumps({"Accounts": [{"MainFolderPath": rf"{home}\OX Drive"}]}).encode()
    _put(system, f"{local}/Open-Xchange/OXDrive/userConfig.json", ox)
    _windows_registry(system)
    _roots(system, ("~/iCloudDrive", "~/Dropbox", "D:/Dropbox (Work)", "~/Store Dropbox"))
    _roots(system, ("~/OneDrive", "~/Mirrored", "G:/My Drive", "~/Box", "~/Box Sync", "P:/"))
    _roots(system, ("~/Nextcloud", "~/ownCloud", "~/Seafile/My Library", "~/SynologyDrive"))
    _roots(system, ("~/InternxtDrive - 1234", "~/OX Drive", "~/YandexDisk", "~/seadrive_root"))


def _windows_registry(system: FakeSystem) -> None:
    home = HOMES["win32"]
    accounts = r"HKCU\Software\Microsoft\OneDrive\Accounts"
    libraries = {"1": rf"{home}\OneDrive - Example", "2": rf"{home}\Example\Team - Documents"}
    google_accounts = {
        "per_account_preferences": [{"key": "1", "value": {"mount_point_path": "G"}}]
    }
    system.registry |= {
        rf"{accounts}\Personal": {"UserFolder": rf"{home}\OneDrive"},
        rf"{accounts}\Business1": {"UserFolder": rf"{home}\OneDrive - Example"},
        rf"{accounts}\Business1\ScopeIdToMountPointPathCache": libraries,
        r"HKCU\Software\Google\DriveFS": {"PerAccountPreferences": json.dumps(google_accounts)},
        r"HKCU\Software\SyncEngines\Providers\OneDrive\1": {"MountPoint": r"D:\Team Site"},
        r"HKCU\SOFTWARE\pCloud": {"SyncDrive": "P:"},
        r"HKCU\SOFTWARE\Yandex\Yandex.Disk.2": {"RootFolder": rf"{home}\YandexDisk"},
        r"HKCU\Software\SeaDrive\Seafile Drive Client\Settings": {
            "seadriveRoot": rf"{home}\seadrive_root"
        },
    }
    add_sync_root(system, f"OneDrive!{_USER}!Personal|1", rf"{home}\OneDrive")
    add_sync_root(system, f"AppleInc.iCloud_nzyj5!{_USER}!Drive", r"D:\iCloud", hive="HKCU")
    add_sync_root(system, f"Nutstore-1!{_USER}!a", rf"{home}\Nutstore")
    add_sync_root(system, "{79B4}", rf"{home}\Example Cloud", shown="Example Cloud")
    add_explorer_folder(system, "MEGA", rf"{home}\MEGA")
    add_explorer_folder(system, "Jottacloud", rf"{home}\Jottacloud")
    add_explorer_folder(system, "ProtonDrive!1", rf"{home}\Proton Drive\me\My files")
    add_explorer_folder(system, "SyncCom", rf"{home}\Sync.com")
    add_explorer_folder(system, "kDrive-1", rf"{home}\kDrive", application="kDrive")
    add_explorer_folder(system, "Lucid", "L:\\")
    add_explorer_folder(system, "MagentaCLOUD", rf"{home}\MagentaCLOUD")
    add_explorer_folder(system, "Creative Cloud Files", rf"{home}\Creative Cloud Files")
    add_explorer_folder(system, "Somebody else", rf"{home}\Downloads")
    add_explorer_folder(system, "Nextcloud", rf"{home}\Unpinned", pinned="0")
