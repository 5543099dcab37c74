"""Providers with self-hosted servers, or without a server."""

from uvlocal.shim.volume.providers.schema import (
    ALL,
    LINUX,
    MACOS,
    UNIX,
    WINDOWS,
    Exclusion,
    Place,
    Provider,
)

_SYNCTHING = "https://docs.syncthing.net/users/config.html"

OWN = (
    Provider(
        "syncthing",
        "Syncthing",
        places=(
            Place("file", ALL, "$STHOMEDIR/config.xml", "syncthing"),
            Place("file", ALL, "$STCONFDIR/config.xml", "syncthing"),
            Place("file", LINUX, "$CONFIG/syncthing/config.xml", "syncthing"),
            Place("file", LINUX, "~/.config/syncthing/config.xml", "syncthing"),
            Place("file", LINUX, "$STATE/syncthing/config.xml", "syncthing"),
            Place("file", LINUX, "~/.local/state/syncthing/config.xml", "syncthing"),
            Place("file", MACOS, "~/Library/Application Support/Syncthing/config.xml", "syncthing"),
            Place("file", WINDOWS, "%LOCALAPPDATA%/Syncthing/config.xml", "syncthing"),
            Place("file", WINDOWS, "%APPDATA%/Syncthing/config.xml", "syncthing"),
            Place("marker", ALL, ".stfolder/", needs="listed", confidence="medium"),
        ),
        links="kept",
        exclusions=(Exclusion("patterns", ALL, ".stignore", "syncthing"),),
        source=_SYNCTHING,
    ),
    Provider(
        "nextcloud",
        "Nextcloud",
        places=(
            Place("file", LINUX, "$CONFIG/Nextcloud/nextcloud.cfg", "nextcloud"),
            Place(
                "file",
                LINUX,
                "~/.var/app/com.nextcloud.desktopclient.nextcloud/config/Nextcloud/nextcloud.cfg",
                "nextcloud",
            ),
            Place(
                "file",
                MACOS,
                "~/Library/Preferences/Nextcloud/nextcloud.cfg",
                "nextcloud",
                confidence="medium",
            ),
            Place(
                "file",
                WINDOWS,
                "%APPDATA%/Nextcloud/nextcloud.cfg",
                "nextcloud",
                confidence="medium",
            ),
            Place("marker", ALL, ".csync_journal.db", confidence="medium"),
            Place("marker", ALL, ".owncloudsync.log", confidence="medium"),
        ),
        links="skipped",
        exclusions=(
            Exclusion("patterns", LINUX, "$CONFIG/Nextcloud/sync-exclude.lst", "nextcloud"),
            Exclusion(
                "patterns", MACOS, "~/Library/Preferences/Nextcloud/sync-exclude.lst", "nextcloud"
            ),
            Exclusion("patterns", WINDOWS, "%APPDATA%/Nextcloud/sync-exclude.lst", "nextcloud"),
        ),
        file_provider="Nextcloud",
        windows_names=("Nextcloud",),
        source="https://github.com/nextcloud/desktop",
    ),
    Provider(
        "owncloud",
        "ownCloud",
        places=(
            Place("file", LINUX, "$CONFIG/ownCloud/owncloud.cfg", "nextcloud"),
            Place("file", MACOS, "~/Library/Preferences/ownCloud/owncloud.cfg", "nextcloud"),
            Place("file", WINDOWS, "%APPDATA%/ownCloud/owncloud.cfg", "nextcloud"),
        ),
        links="skipped",
        exclusions=(
            Exclusion("patterns", LINUX, "$CONFIG/ownCloud/sync-exclude.lst", "nextcloud"),
        ),
        file_provider="ownCloud",
        windows_names=("ownCloud",),
        source="https://github.com/owncloud/client",
    ),
    Provider(
        "resilio",
        "Resilio Sync",
        places=(
            Place("marker", ALL, ".sync/IgnoreList", confidence="medium"),
            Place("marker", ALL, ".sync/ID", confidence="medium"),
        ),
        exclusions=(Exclusion("patterns", ALL, ".sync/IgnoreList", "names", certain=False),),
        source="https://help.resilio.com",
    ),
    Provider(
        "seafile",
        "Seafile",
        places=(
            Place("file", UNIX, "~/.ccnet/seafile.ini", "seafile"),
            Place("file", WINDOWS, "~/ccnet/seafile.ini", "seafile"),
            Place("file", ALL, "$CCNET_CONF_DIR/seafile.ini", "seafile"),
        ),
        exclusions=(Exclusion("patterns", ALL, "seafile-ignore.txt", "names", certain=False),),
        source="https://github.com/haiwen/seafile-client",
    ),
    Provider(
        "seadrive",
        "SeaDrive",
        places=(
            Place(
                "registry",
                WINDOWS,
                r"HKCU\Software\SeaDrive\Seafile Drive Client\Settings",
                "registry_value",
                needs="seadriveRoot",
            ),
        ),
        file_provider="SeaDrive",
        windows_names=("SeaDrive",),
        source="https://github.com/haiwen/seadrive-gui",
    ),
    Provider(
        "synology-drive",
        "Synology Drive",
        places=(
            Place("file", LINUX, "~/.SynologyDrive/data/db/sys.sqlite", "synology_database"),
            Place(
                "file",
                MACOS,
                "~/Library/Application Support/SynologyDrive/data/db/sys.sqlite",
                "synology_database",
            ),
            Place(
                "file",
                WINDOWS,
                "%LOCALAPPDATA%/SynologyDrive/data/db/sys.sqlite",
                "synology_database",
            ),
            Place("marker", ALL, ".SynologyWorkingDirectory/", confidence="medium"),
        ),
        file_provider="SynologyDrive",
        windows_names=("SynologyDrive", "Synology Drive"),
        source="https://github.com/files-community/Files",
    ),
    Provider(
        "mutagen",
        "Mutagen",
        places=(
            Place("file", ALL, "$MUTAGEN_DATA_DIRECTORY/sessions", "mutagen"),
            Place("file", ALL, "~/.mutagen/sessions", "mutagen"),
        ),
        links="kept",
        source="https://github.com/mutagen-io/mutagen",
    ),
    Provider(
        "unison",
        "Unison",
        places=(
            Place("file", ALL, "~/.unison", "unison", confidence="low"),
            Place(
                "file", MACOS, "~/Library/Application Support/Unison", "unison", confidence="low"
            ),
        ),
        links="kept",
        source="https://github.com/bcpierce00/unison",
    ),
    # These three are only mounts, see `filesystems`; a row lets the settings name them.
    Provider(
        "gvfs", "GNOME's virtual folders", places=(), source="https://wiki.gnome.org/Projects/gvfs"
    ),
    Provider(
        "kio-fuse", "KDE's virtual folders", places=(), source="https://github.com/KDE/kio-fuse"
    ),
    Provider("rclone", "rclone", places=(), source="https://rclone.org/commands/rclone_mount/"),
)
