"""Who else writes to folders of this machine: a table without logic, one row per provider.

The classes of the columns are in `uvlocal.shim.places`, `uvlocal.shim.volume` reads the table. A
row for something general (any File Provider of macOS) comes after the rows that it would hide.
"""

from uvlocal.shim.places import (
    ALL,
    LINUX,
    MACOS,
    UNIX,
    WINDOWS,
    Exclusion,
    Place,
    Provider,
)

#: Apple's mark for "leave this out", honoured by some File Providers.
_IGNORE = "com.apple.fileprovider.ignore#P"

PROVIDERS = (
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
        ),
        links="unknown",
        exclusions=(
            Exclusion("attribute", MACOS, _IGNORE, certain=False),
            Exclusion("suffix", MACOS, ".nosync", certain=False),
        ),
        examples={
            "darwin": (
                "~/Library/Mobile Documents/com~apple~CloudDocs/code/foo",
                "/Users/other/Library/Mobile Documents/com~apple~CloudDocs/foo",
                "~/Documents/foo",
                "~/Desktop/foo",
            )
        },
        misses={
            "darwin": (
                "~/Library/Mobile Documents-old/foo",
                "~/Mobile Documents/foo",
                "~/Documents-old/foo",
                "~/Downloads/foo",
            )
        },
        source="https://eclecticlight.co/2024/03/13/",
    ),
    Provider(
        "dropbox",
        "Dropbox",
        places=(
            Place("file", UNIX, "~/.dropbox/info.json", "dropbox_info"),
            Place("file", WINDOWS, "%APPDATA%/Dropbox/info.json", "dropbox_info"),
            Place("file", WINDOWS, "%LOCALAPPDATA%/Dropbox/info.json", "dropbox_info"),
            Place("marker", ALL, ".dropbox.cache/", confidence="medium"),
        ),
        links="kept",
        exclusions=(
            Exclusion("attribute", LINUX, "user.com.dropbox.ignored"),
            Exclusion("attribute", MACOS, _IGNORE),
            Exclusion("attribute", ("darwin", "win32"), "com.dropbox.ignored"),
        ),
        file_provider="Dropbox",
        examples={
            "linux": ("~/Dropbox/code/foo", "~/Dropbox (Work)/foo"),
            "darwin": ("~/Dropbox/foo", "~/Library/CloudStorage/Dropbox-Personal/foo"),
            "win32": ("~/Dropbox/foo", "D:/Dropbox (Work)/foo"),
        },
        misses={
            "linux": ("~/Dropbox-old/foo", "~/src/dropbox/foo", "~/dropbox/foo"),
            "darwin": ("~/Dropbox-old/foo", "~/Library/CloudStorage-old/Dropbox/foo"),
            "win32": ("~/Dropbox-old/foo", "D:/Dropbox/foo"),
        },
        source="https://help.dropbox.com/installs/locate-dropbox-folder",
    ),
    Provider(
        "onedrive",
        "OneDrive",
        places=(
            Place("variable", WINDOWS, "OneDrive"),
            Place("variable", WINDOWS, "OneDriveConsumer"),
            Place("variable", WINDOWS, "OneDriveCommercial"),
        ),
        copies_links=("win32", "darwin"),
        file_provider="OneDrive",
        exclusions=(Exclusion("attribute", MACOS, _IGNORE, certain=False),),
        examples={
            "darwin": ("~/Library/CloudStorage/OneDrive-Example/foo",),
            "win32": ("~/OneDrive/foo", "~/OneDrive - Example/foo"),
        },
        misses={
            "darwin": ("~/OneDrive/foo",),
            "win32": ("~/OneDriveBackup/foo", "~/OneDrive - Other/foo"),
        },
        source="https://github.com/files-community/Files",
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
            Place(
                "file",
                LINUX,
                "$CONFIG/onedrive-business/config",
                "abraunegg",
                needs="$CONFIG/onedrive-business/refresh_token",
            ),
            Place(
                "file",
                LINUX,
                "$CONFIG/onedrive-personal/config",
                "abraunegg",
                needs="$CONFIG/onedrive-personal/refresh_token",
            ),
        ),
        links="followed",
        exclusions=(Exclusion("file", LINUX, ".nosync", option="check_nosync"),),
        examples={"linux": ("~/OneDrive/foo",)},
        misses={"linux": ("~/OneDrive-old/foo",)},
        source="https://github.com/abraunegg/onedrive/blob/master/docs/usage.md",
    ),
    Provider(
        "google-drive",
        "Google Drive",
        places=(
            Place("marker", ("darwin", "win32"), ".tmp.driveupload/"),
            Place("marker", ("darwin", "win32"), ".tmp.drivedownload/"),
            Place("shape", LINUX, "/mnt/chromeos/GoogleDrive"),
        ),
        file_provider="GoogleDrive",
        exclusions=(Exclusion("attribute", MACOS, _IGNORE, certain=False),),
        examples={
            "darwin": ("~/Library/CloudStorage/GoogleDrive-me@example.com/My Drive/foo",),
            "linux": ("/mnt/chromeos/GoogleDrive/MyDrive/foo",),
        },
        misses={
            "darwin": ("~/Google Drive/foo",),
            "linux": ("/mnt/chromeos/MyFiles/foo",),
        },
        source="https://github.com/files-community/Files",
    ),
    Provider(
        "syncthing",
        "Syncthing",
        places=(
            Place("file", LINUX, "$CONFIG/syncthing/config.xml", "syncthing"),
            Place("file", LINUX, "~/.config/syncthing/config.xml", "syncthing"),
            Place("file", LINUX, "$STATE/syncthing/config.xml", "syncthing"),
            Place("file", LINUX, "~/.local/state/syncthing/config.xml", "syncthing"),
            Place("file", MACOS, "~/Library/Application Support/Syncthing/config.xml", "syncthing"),
            Place("file", WINDOWS, "%LOCALAPPDATA%/Syncthing/config.xml", "syncthing"),
            Place("file", WINDOWS, "%APPDATA%/Syncthing/config.xml", "syncthing"),
            Place("marker", ALL, ".stfolder/", confidence="medium"),
        ),
        links="kept",
        exclusions=(Exclusion("patterns", ALL, ".stignore"),),
        examples={
            "linux": ("~/Sync/foo",),
            "darwin": ("~/Sync/foo",),
            "win32": ("~/Sync/foo",),
        },
        misses={
            "linux": ("~/Sync-old/foo",),
            "darwin": ("~/Sync-old/foo",),
            "win32": ("~/Sync-old/foo",),
        },
        source="https://docs.syncthing.net/users/config.html",
    ),
    Provider(
        "nextcloud",
        "Nextcloud",
        places=(
            Place("file", LINUX, "$CONFIG/Nextcloud/nextcloud.cfg", "nextcloud"),
            Place("file", MACOS, "~/Library/Preferences/Nextcloud/nextcloud.cfg", "nextcloud"),
            Place("file", WINDOWS, "%APPDATA%/Nextcloud/nextcloud.cfg", "nextcloud"),
        ),
        links="skipped",
        file_provider="Nextcloud",
        examples={
            "linux": ("~/Nextcloud/foo",),
            "darwin": ("~/Nextcloud/foo",),
            "win32": ("~/Nextcloud/foo",),
        },
        misses={
            "linux": ("~/Nextcloud2/foo",),
            "darwin": ("~/Nextcloud2/foo",),
            "win32": ("~/Nextcloud2/foo",),
        },
        source="https://github.com/nextcloud/desktop",
    ),
    # -- whoever else uses what the system offers; after all rows that it would hide --------------
    Provider(
        "file-provider",
        "a File Provider",
        places=(
            Place("shape", MACOS, "Library/CloudStorage/*"),
            Place("attribute", MACOS, "com.apple.file-provider-domain-id"),
        ),
        exclusions=(Exclusion("attribute", MACOS, _IGNORE, certain=False),),
        examples={"darwin": ("~/Library/CloudStorage/Example-me@example.com/foo",)},
        misses={"darwin": ("~/CloudStorage/Example/foo",)},
        source="https://github.com/tclahr/uac/issues/357",
    ),
)
