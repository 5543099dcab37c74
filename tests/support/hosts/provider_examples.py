"""Folders of each provider, and folders that only look like them, for each system.

`~` is the home of `sample_clients`, whose machine has every client.
"""

from __future__ import annotations

#: Folders that belong to each provider, by its id and the system.
EXAMPLES: dict[str, dict[str, tuple[str, ...]]] = {
    "icloud": {
        "darwin": (
            "~/Library/Mobile Documents/com~apple~CloudDocs/code/foo",
            "~/Library/Mobile Documents/iCloud~md~obsidian/foo",
            "/Users/other/Library/Mobile Documents/com~apple~CloudDocs/foo",
            "~/Documents/foo",
            "~/Desktop/foo",
        ),
        "win32": ("~/iCloudDrive/foo", "D:/iCloud/foo"),
    },
    "dropbox": {
        "linux": ("~/Dropbox/code/foo", "~/Dropbox (Work)/foo"),
        "darwin": ("~/Dropbox/foo", "~/Library/CloudStorage/Dropbox-Personal/foo"),
        "win32": ("~/Dropbox/foo", "D:/Dropbox (Work)/foo", "~/Store Dropbox/foo"),
    },
    "maestral": {"linux": ("~/Dropbox (Maestral)/foo",), "darwin": ("~/Dropbox (Maestral)/foo",)},
    "onedrive": {
        "darwin": ("~/Library/CloudStorage/OneDrive-Example/foo",),
        "win32": (
            "~/OneDrive/foo",
            "~/OneDrive - Example/foo",
            "~/Example/Team - Documents/foo",
            "D:/Team Site/foo",
        ),
    },
    "onedrive-abraunegg": {"linux": ("~/OneDrive/foo", "~/Business/foo", "/srv/SharePoint/foo")},
    "google-drive": {
        "darwin": (
            "~/Library/CloudStorage/GoogleDrive-me@example.com/My Drive/foo",
            "~/Mirrored/foo",
            "~/Backed Up/foo",
            "/Volumes/GoogleDrive/My Drive/foo",
        ),
        "linux": ("/mnt/chromeos/GoogleDrive/MyDrive/foo",),
        "win32": ("G:/My Drive/foo", "~/Mirrored/foo", "~/Backed Up/foo"),
    },
    "box": {
        "darwin": ("~/Library/CloudStorage/Box-Box/foo", "~/Box/foo"),
        "win32": ("~/Box/foo", "~/Box Sync/foo"),
    },
    "mega": {"linux": ("~/MEGA/foo",), "darwin": ("~/MEGA/foo",), "win32": ("~/MEGA/foo",)},
    "pcloud": {"linux": ("~/pSync/foo",), "darwin": ("~/pSync/foo",), "win32": ("P:/foo",)},
    "proton-drive": {
        "darwin": (
            "~/Library/CloudStorage/ProtonDrive-me@proton.me/foo",
            "~/Library/CloudStorage/ProtonDrive-me@proton.me-folder/foo",
        ),
        "win32": ("~/Proton Drive/me/My files/foo",),
    },
    "yandex-disk": {"linux": ("~/Yandex.Disk/foo",), "win32": ("~/YandexDisk/foo",)},
    "jottacloud": {"win32": ("~/Jottacloud/foo",)},
    "sync-com": {"win32": ("~/Sync.com/foo",)},
    "internxt": {"win32": ("~/InternxtDrive - 1234/foo",)},
    "filen": {"linux": ("~/Filen/foo",), "darwin": ("~/Filen/foo",), "win32": ("~/Filen/foo",)},
    "insync": {"linux": ("~/Insync/me@example.com/Google Drive/foo",)},
    "ox-drive": {"win32": ("~/OX Drive/foo",)},
    "kdrive": {"win32": ("~/kDrive/foo",)},
    "lucidlink": {"win32": ("L:/foo",)},
    "magentacloud": {"win32": ("~/MagentaCLOUD/foo",)},
    "creative-cloud": {"win32": ("~/Creative Cloud Files/foo",)},
    "nutstore": {"win32": ("~/Nutstore/foo",)},
    "syncthing": {
        "linux": ("~/Sync/foo", "/srv/shared & more/foo"),
        "darwin": ("~/Sync/foo",),
        "win32": ("~/Sync/foo",),
    },
    "nextcloud": {
        "linux": ("~/Nextcloud/foo", "~/Wolke Süd/foo"),
        "darwin": ("~/Nextcloud/foo", "~/Library/CloudStorage/Nextcloud-me/foo"),
        "win32": ("~/Nextcloud/foo",),
    },
    "owncloud": {
        "linux": ("~/ownCloud/foo",),
        "darwin": ("~/ownCloud/foo",),
        "win32": ("~/ownCloud/foo",),
    },
    "resilio": {
        "linux": ("~/Resilio Sync/foo",),
        "darwin": ("~/Resilio Sync/foo",),
        "win32": ("~/Resilio Sync/foo",),
    },
    "seafile": {
        "linux": ("~/Seafile/My Library/foo", "/srv/library/foo"),
        "darwin": ("~/Seafile/My Library/foo",),
        "win32": ("~/Seafile/My Library/foo",),
    },
    "seadrive": {
        "darwin": ("~/Library/CloudStorage/SeaDrive-me/foo",),
        "win32": ("~/seadrive_root/foo",),
    },
    "synology-drive": {
        "linux": ("~/SynologyDrive/foo", "~/NAS/foo"),
        "darwin": ("~/SynologyDrive/foo", "~/Library/CloudStorage/SynologyDrive-me/foo"),
        "win32": ("~/SynologyDrive/foo",),
    },
    "mutagen": {
        "linux": ("~/mutagen project/foo",),
        "darwin": ("~/mutagen project/foo",),
        "win32": ("~/mutagen project/foo",),
    },
    "unison": {"linux": ("~/unison/foo",), "darwin": ("~/unison/foo",), "win32": ("~/unison/foo",)},
    "cloud-files": {"win32": ("~/Example Cloud/foo",)},
    "file-provider": {
        "darwin": (
            "~/Library/CloudStorage/Example-me@example.com/foo",
            "/Users/other/Library/CloudStorage/Example/foo",
            "/Volumes/External/Example/foo",
        )
    },
    "hides-files": {"darwin": ("~/hidden/repository", "~/hidden/environment")},
}

#: Folders that only look as if they did.
MISSES: dict[str, dict[str, tuple[str, ...]]] = {
    "icloud": {
        "darwin": (
            "~/Library/Mobile Documents-old/com~apple~CloudDocs/foo",
            "~/Mobile Documents/com~apple~CloudDocs/foo",
            "~/Documents-old/foo",
            "~/Downloads/foo",
        ),
        "win32": ("~/iCloudDrive-old/foo", "~/iCloudPhotos/foo"),
    },
    "dropbox": {
        "linux": ("~/Dropbox-old/foo", "~/src/dropbox/foo", "~/dropbox/foo"),
        "darwin": ("~/Dropbox-old/foo", "~/Library/Dropbox-Personal/foo"),
        "win32": ("~/Dropbox-old/foo", "D:/Dropbox/foo"),
    },
    "maestral": {"linux": ("~/Dropbox (Maestral) 2/foo",), "darwin": ("~/Maestral/foo",)},
    "onedrive": {
        "darwin": ("~/OneDrive/foo",),
        "win32": ("~/OneDriveBackup/foo", "~/OneDrive - Other/foo", "~/Example/foo"),
    },
    "onedrive-abraunegg": {"linux": ("~/OneDrive-old/foo", "~/Business2/foo")},
    "google-drive": {
        "darwin": ("~/Google Drive/foo", "~/Mirrored 2/foo", "/Volumes/GoogleDrive2/foo"),
        "linux": ("/mnt/chromeos/GoogleDrive2/foo", "/srv/mnt/chromeos/GoogleDrive/foo"),
        "win32": ("H:/My Drive/foo", "~/Mirrored 2/foo"),
    },
    "box": {
        "darwin": ("~/Boxing/foo", "~/Box Sync/foo"),
        "win32": ("~/Boxing/foo", "~/src/Box/foo"),
    },
    "mega": {
        "linux": ("~/MEGA-old/foo", "~/OMEGA/foo"),
        "darwin": ("~/MEGA-old/foo",),
        "win32": ("~/MEGA-old/foo",),
    },
    "pcloud": {
        "linux": ("~/pSync2/foo", "~/pCloudDrive/foo"),
        "darwin": ("~/pSync2/foo",),
        "win32": ("Q:/foo",),
    },
    "proton-drive": {"darwin": ("~/ProtonDrive/foo",), "win32": ("~/Proton/foo",)},
    "yandex-disk": {"linux": ("~/Yandex.Disk2/foo",), "win32": ("~/YandexDisk2/foo",)},
    "jottacloud": {"win32": ("~/Jottacloud2/foo",)},
    "sync-com": {"win32": ("~/Sync.com 2/foo",)},
    "internxt": {"win32": ("~/InternxtDrive/foo",)},
    "filen": {"linux": ("~/Filen2/foo",), "darwin": ("~/Filen2/foo",), "win32": ("~/Filen2/foo",)},
    "insync": {"linux": ("~/Insync-old/foo",)},
    "ox-drive": {"win32": ("~/OX Drive 2/foo",)},
    "kdrive": {"win32": ("~/kDrive2/foo",)},
    "lucidlink": {"win32": ("M:/foo",)},
    "magentacloud": {"win32": ("~/MagentaCLOUD2/foo",)},
    "creative-cloud": {"win32": ("~/Creative Cloud/foo",)},
    "nutstore": {"win32": ("~/Nutstore2/foo",)},
    "syncthing": {
        "linux": ("~/Sync-old/foo", "~/Default/foo"),
        "darwin": ("~/Sync-old/foo",),
        "win32": ("~/Sync-old/foo",),
    },
    "nextcloud": {
        "linux": ("~/Nextcloud2/foo",),
        "darwin": ("~/Nextcloud2/foo",),
        "win32": ("~/Nextcloud2/foo",),
    },
    "owncloud": {
        "linux": ("~/ownCloud-old/foo",),
        "darwin": ("~/ownCloud-old/foo",),
        "win32": ("~/ownCloud-old/foo",),
    },
    "resilio": {
        "linux": ("~/Resilio Sync 2/foo", "~/other-dot-sync/foo"),
        "darwin": ("~/Resilio Sync 2/foo",),
        "win32": ("~/Resilio Sync 2/foo",),
    },
    "seafile": {
        "linux": ("~/Seafile2/foo", "~/Seafile/not a library/foo"),
        "darwin": ("~/Seafile2/foo",),
        "win32": ("~/Seafile2/foo",),
    },
    "seadrive": {"darwin": ("~/SeaDrive/foo",), "win32": ("~/seadrive_root2/foo",)},
    "synology-drive": {
        "linux": ("~/SynologyDrive2/foo", "~/NAS backup/foo"),
        "darwin": ("~/SynologyDrive2/foo",),
        "win32": ("~/SynologyDrive2/foo",),
    },
    "mutagen": {
        "linux": ("~/mutagen project 2/foo", "/remote/project/foo"),
        "darwin": ("~/mutagen project 2/foo",),
        "win32": ("~/mutagen project 2/foo",),
    },
    "unison": {
        "linux": ("~/unison2/foo", "~/remote/foo"),
        "darwin": ("~/unison2/foo",),
        "win32": ("~/unison2/foo",),
    },
    "cloud-files": {"win32": ("~/Example Cloud 2/foo",)},
    "file-provider": {
        "darwin": ("~/CloudStorage/Example/foo", "~/Library/CloudStorage-old/Example/foo")
    },
    "hides-files": {"darwin": ("~/hidden/other", "~/shown/repository")},
}
