"""Providers whose service a vendor runs."""

from uvlocal.shim.volume.providers.schema import (
    ALL,
    IGNORE_ATTRIBUTE,
    LINUX,
    MACOS,
    UNIX,
    WINDOWS,
    Exclusion,
    Place,
    Provider,
)

_FILES = "https://github.com/files-community/Files"
_ONEDRIVE = r"HKCU\Software\Microsoft\OneDrive\Accounts"
_DISPUTED_IGNORE = Exclusion("attribute", MACOS, IGNORE_ATTRIBUTE, certain=False)

HOSTED = (
    Provider(
        "icloud",
        "iCloud Drive",
        places=(
            Place("shape", MACOS, "Library/Mobile Documents/*"),
            Place("back-link", MACOS, "Library/Mobile Documents/com~apple~CloudDocs"),
            Place(
                "attribute",
                MACOS,
                "com.apple.file-provider-domain-id",
                needs="com.apple.CloudDocs.iCloudDriveFileProvider/",
            ),
            Place("attribute", MACOS, "com.apple.icloud.desktop"),
            Place(
                "fixed",
                WINDOWS,
                "~/iCloudDrive",
                needs="%APPDATA%/Apple Computer",
                confidence="low",
            ),
        ),
        exclusions=(_DISPUTED_IGNORE, Exclusion("suffix", MACOS, ".nosync", certain=False)),
        windows_names=("*iCloud",),
        source="https://eclecticlight.co/2024/03/13/",
    ),
    Provider(
        "dropbox",
        "Dropbox",
        places=(
            Place("file", UNIX, "~/.dropbox/info.json", "dropbox_info"),
            Place("file", WINDOWS, "%APPDATA%/Dropbox/info.json", "dropbox_info"),
            Place("file", WINDOWS, "%LOCALAPPDATA%/Dropbox/info.json", "dropbox_info"),
            Place("file", WINDOWS, "%LOCALAPPDATA%/Packages", "dropbox_store"),
            Place("marker", ALL, ".dropbox.cache/", confidence="medium"),
        ),
        links="kept",
        exclusions=(
            Exclusion("attribute", LINUX, "user.com.dropbox.ignored"),
            Exclusion("attribute", MACOS, IGNORE_ATTRIBUTE),
            Exclusion("attribute", ("darwin", "win32"), "com.dropbox.ignored"),
        ),
        file_provider="Dropbox",
        windows_names=("Dropbox",),
        source="https://help.dropbox.com/installs/locate-dropbox-folder",
    ),
    Provider(
        "maestral",
        "Maestral (Dropbox)",
        places=(
            Place("file", LINUX, "$CONFIG/maestral", "maestral"),
            Place("file", MACOS, "~/Library/Application Support/maestral", "maestral"),
            Place("marker", UNIX, ".maestral.cache/", confidence="medium"),
        ),
        links="refused",
        exclusions=(Exclusion("patterns", UNIX, ".mignore", "gitignore"),),
        source="https://github.com/samschott/maestral",
    ),
    Provider(
        "onedrive",
        "OneDrive",
        places=(
            Place("registry", WINDOWS, _ONEDRIVE, "onedrive_accounts"),
            Place(
                "registry",
                WINDOWS,
                r"HKCU\Software\SyncEngines\Providers\OneDrive",
                "onedrive_mounts",
            ),
            Place("variable", WINDOWS, "OneDriveConsumer", needs=_ONEDRIVE),
            Place("variable", WINDOWS, "OneDriveCommercial", needs=_ONEDRIVE),
            Place("variable", WINDOWS, "OneDrive", needs=_ONEDRIVE),
        ),
        copies_links=("win32", "darwin"),
        exclusions=(_DISPUTED_IGNORE,),
        file_provider="OneDrive",
        windows_names=("OneDrive",),
        source=_FILES,
    ),
    Provider(
        "onedrive-abraunegg",
        "OneDrive (abraunegg)",
        places=(
            Place(
                "file",
                LINUX,
                "$CONFIG/onedrive/config",
                "abraunegg",
                needs="$CONFIG/onedrive/refresh_token",
            ),
            Place("file", LINUX, "$CONFIG/systemd/user", "abraunegg_services"),
            Place("file", LINUX, "$CONFIG/onedrive-business/config", "abraunegg"),
            Place("file", LINUX, "$CONFIG/onedrive-personal/config", "abraunegg"),
        ),
        links="followed",
        exclusions=(
            Exclusion("option", LINUX, "skip_dotfiles"),
            Exclusion("file", LINUX, ".nosync", option="check_nosync"),
            Exclusion("listed", LINUX, "skip_dir", "names"),
            Exclusion("option", LINUX, "sync_list", certain=False),
        ),
        source="https://github.com/abraunegg/onedrive/blob/master/docs/usage.md",
    ),
    Provider(
        "onedriver",
        "OneDrive (onedriver)",
        places=(),
        source="https://github.com/jstaf/onedriver",
    ),
    Provider(
        "google-drive",
        "Google Drive",
        places=(
            Place(
                "file",
                MACOS,
                "~/Library/Application Support/Google/DriveFS/root_preference_sqlite.db",
                "google_database",
                confidence="medium",
            ),
            Place(
                "file",
                WINDOWS,
                "%LOCALAPPDATA%/Google/DriveFS/root_preference_sqlite.db",
                "google_database",
            ),
            Place("registry", WINDOWS, r"HKCU\Software\Google\DriveFS", "google_registry"),
            Place("marker", ("darwin", "win32"), ".tmp.driveupload/", confidence="medium"),
            Place("marker", ("darwin", "win32"), ".tmp.drivedownload/", confidence="medium"),
            Place("marker", ("darwin", "win32"), ".shortcut-targets-by-id/", confidence="medium"),
            Place("shape", MACOS, "/Volumes/GoogleDrive", confidence="low"),
            Place("shape", LINUX, "/mnt/chromeos/GoogleDrive"),
        ),
        exclusions=(_DISPUTED_IGNORE,),
        file_provider="GoogleDrive",
        windows_names=("GoogleDrive", "Google Drive"),
        source=_FILES,
    ),
    Provider(
        "box",
        "Box",
        places=(
            Place(
                "file", WINDOWS, "%LOCALAPPDATA%/Box/Box/data/shell/sync_root_folder.txt", "line"
            ),
            Place("file", WINDOWS, "%LOCALAPPDATA%/Box Sync/sync_root_folder.txt", "line"),
            Place(
                "fixed",
                MACOS,
                "~/Box",
                needs="~/Library/Application Support/Box",
                confidence="low",
            ),
            Place(
                "fixed",
                MACOS,
                "~/Box Sync",
                needs="~/Library/Application Support/Box Sync",
                confidence="low",
            ),
        ),
        file_provider="Box",
        windows_names=("Box",),
        source=_FILES,
    ),
    Provider(
        "mega",
        "MEGA",
        places=(Place("marker", ALL, ".megaignore", confidence="medium"),),
        exclusions=(Exclusion("patterns", ALL, ".megaignore", "mega", certain=False),),
        windows_names=("MEGA",),
        source="https://github.com/meganz/MEGAsync",
    ),
    Provider(
        "pcloud",
        "pCloud",
        places=(
            Place("file", UNIX, "~/.pcloud/data.db", "pcloud_database"),
            Place(
                "registry", WINDOWS, r"HKCU\SOFTWARE\pCloud", "registry_value", needs="SyncDrive"
            ),
        ),
        file_provider="pCloud",
        source="https://github.com/pcloudcom/console-client",
    ),
    Provider(
        "proton-drive",
        "Proton Drive",
        places=(),
        exclusions=(_DISPUTED_IGNORE,),
        file_provider="ProtonDrive",
        windows_names=("ProtonDrive", "Proton Drive"),
        source=_FILES,
    ),
    Provider(
        "yandex-disk",
        "Yandex.Disk",
        places=(
            Place("file", LINUX, "$CONFIG/yandex-disk/config.cfg", "yandex"),
            Place(
                "registry",
                WINDOWS,
                r"HKCU\SOFTWARE\Yandex\Yandex.Disk.2",
                "registry_value",
                needs="RootFolder",
            ),
        ),
        exclusions=(Exclusion("listed", LINUX, "exclude-dirs", "names"),),
        file_provider="YandexDisk",
        source="https://yandex.com/support/disk-desktop-linux/",
    ),
    Provider(
        "jottacloud",
        "Jottacloud",
        places=(),
        file_provider="Jottacloud",
        windows_names=("Jottacloud",),
        source=_FILES,
    ),
    Provider(
        "sync-com",
        "Sync.com",
        places=(),
        windows_names=("SyncCom",),
        source=_FILES,
    ),
    Provider(
        "internxt",
        "Internxt",
        places=(
            Place(
                "file",
                WINDOWS,
                "%APPDATA%/internxt-drive/config.json",
                "internxt",
                confidence="medium",
            ),
        ),
        windows_names=("Internxt",),
        source="https://github.com/internxt/drive-desktop",
    ),
    Provider(
        "filen",
        "Filen",
        places=(Place("marker", ALL, ".filenignore", confidence="low"),),
        exclusions=(Exclusion("patterns", ALL, ".filenignore", "gitignore", certain=False),),
        source="https://github.com/FilenCloudDienste/filen-desktop",
    ),
    Provider(
        "koofr",
        "Koofr",
        places=(),  # only its WebDAV mounts are known, see `filesystems`
        source="https://app.koofr.net/help/linkable/webdav",
    ),
    Provider(
        "insync",
        "Insync",
        places=(Place("fixed", LINUX, "~/Insync", needs="$CONFIG/Insync", confidence="low"),),
        source="https://www.insynchq.com",
    ),
    Provider(
        "ox-drive",
        "OX Drive",
        places=(
            Place(
                "file", WINDOWS, "%LOCALAPPDATA%/Open-Xchange/OXDrive/userConfig.json", "ox_drive"
            ),
        ),
        source=_FILES,
    ),
    Provider(
        "kdrive",
        "kDrive",
        places=(),
        file_provider="kDrive",
        windows_names=("kDrive",),
        source=_FILES,
    ),
    Provider(
        "lucidlink",
        "LucidLink",
        places=(),
        windows_names=("Lucid",),
        source=_FILES,
    ),
    Provider(
        "magentacloud",
        "MagentaCLOUD",
        places=(),
        windows_names=("MagentaCLOUD",),
        source=_FILES,
    ),
    Provider(
        "creative-cloud",
        "Creative Cloud Files",
        places=(),
        windows_names=("Creative Cloud Files",),
        source=_FILES,
    ),
    Provider(
        "nutstore",
        "Nutstore",
        places=(),
        windows_names=("Nutstore",),
        source=_FILES,
    ),
)
