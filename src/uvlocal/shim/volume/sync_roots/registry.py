r"""Probes for the Windows registry.

Source of the keys: https://github.com/files-community/Files, `CloudDrivesDetector.cs`.
"""

from uvlocal.shim.volume.sync_roots.databases import drive_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from uvlocal.shim.volume.sync_roots.reader import Reader


def registry_value(reader: "Reader", key: str) -> None:
    """A client whose folder is a single value, named in the table."""
    reader.add(drive_of(reader.values(key).get(reader.place.needs)), key)


def onedrive_accounts(reader: "Reader", key: str) -> None:
    r"""OneDrive: each account's own folder, and the SharePoint libraries that it syncs."""
    for account in reader.keys(key):
        reader.add(reader.values(rf"{key}\{account}").get("UserFolder"), rf"{key}\{account}")
        libraries = rf"{key}\{account}\ScopeIdToMountPointPathCache"
        for folder in reader.values(libraries).values():
            reader.add(folder, libraries)


def onedrive_mounts(reader: "Reader", key: str) -> None:
    """OneDrive: the mount points of its sync engine, including libraries."""
    for name in reader.keys(key):
        reader.add(reader.values(rf"{key}\{name}").get("MountPoint"), rf"{key}\{name}")


def google_registry(reader: "Reader", key: str) -> None:
    """Google Drive: JSON in a value, with the mount point or drive letter of each account."""
    text = reader.values(key).get("PerAccountPreferences")
    if not text:
        return
    import json

    accounts = json.loads(text).get("per_account_preferences")
    for account in accounts if isinstance(accounts, list) else ():
        preferences = account.get("value") if isinstance(account, dict) else None
        if isinstance(preferences, dict):
            reader.add(drive_of(preferences.get("mount_point_path")), key)


def sync_roots(reader: "Reader", key: str) -> None:
    r"""Windows' own list: an entry for each sync root, with its folder by the user's SID.

    Entries have names like `OneDrive!S-1-5-21-...!Personal|...`; if the name is unknown, the
    display name is used.
    """
    for entry in reader.keys(key):
        folders = reader.values(rf"{key}\{entry}\UserSyncRoots")
        names = [entry.partition("!")[0]]
        names.append(reader.values(rf"{key}\{entry}").get("DisplayNameResource", ""))
        for folder in folders.values():
            reader.add(folder, rf"{key}\{entry}", names=names)


def explorer_folders(reader: "Reader", key: str) -> None:
    r"""Explorer's side bar, where clients put their folders; other folders are ignored."""
    for entry in reader.keys(key):
        shown = rf"HKCR\CLSID\{entry}"
        if reader.values(shown).get("System.IsPinnedToNameSpaceTree") != "1":
            continue
        values = reader.values(rf"{key}\{entry}")
        names = [values.get("", ""), values.get("ApplicationName", "")]
        bag = reader.values(rf"{shown}\Instance\InitPropertyBag")
        reader.add(bag.get("TargetFolderPath"), shown, names=names, only_known=True)


PROBES: "dict[str, Callable[[Reader, str], None]]" = {
    "explorer_folders": explorer_folders,
    "google_registry": google_registry,
    "onedrive_accounts": onedrive_accounts,
    "onedrive_mounts": onedrive_mounts,
    "registry_value": registry_value,
    "sync_roots": sync_roots,
}
