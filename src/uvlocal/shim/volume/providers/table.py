"""The table of providers: who else writes to folders of this machine.

`schema` explains the columns; `uvlocal.shim.volume.evidence` reads the table. Generic rows come
last, after the rows that they would hide.
"""

from uvlocal.shim.volume.providers.hosted import HOSTED
from uvlocal.shim.volume.providers.schema import (
    IGNORE_ATTRIBUTE,
    MACOS,
    WINDOWS,
    Exclusion,
    Place,
    Provider,
)
from uvlocal.shim.volume.providers.self_hosted import OWN

_SYNC_ROOTS = r"SOFTWARE\Microsoft\Windows\CurrentVersion\Explorer\SyncRootManager"
_NAMESPACE = r"HKCU\SOFTWARE\Microsoft\Windows\CurrentVersion\Explorer\Desktop\NameSpace"

#: An unknown client that sets the flag UF_HIDDEN below dot-folders: the damage itself is the
#: signal.
HIDES_FILES = "hides-files"

_GENERAL = (
    Provider(
        "cloud-files",
        "a Windows sync root",
        places=(
            Place("registry", WINDOWS, rf"HKLM\{_SYNC_ROOTS}", "sync_roots"),
            Place("registry", WINDOWS, rf"HKCU\{_SYNC_ROOTS}", "sync_roots"),
            Place("registry", WINDOWS, _NAMESPACE, "explorer_folders"),
        ),
        source="https://github.com/files-community/Files",
    ),
    Provider(
        "file-provider",
        "a File Provider",
        places=(
            Place("shape", MACOS, "Library/CloudStorage/*"),
            Place("attribute", MACOS, "com.apple.file-provider-domain-id"),
        ),
        exclusions=(Exclusion("attribute", MACOS, IGNORE_ATTRIBUTE, certain=False),),
        source="https://github.com/tclahr/uac/issues/357",
    ),
    Provider(
        HIDES_FILES,
        "a client that hides files",
        places=(
            Place("flag", MACOS, ".git", confidence="medium"),
            Place("flag", MACOS, ".venv", confidence="medium"),
        ),
        source="https://github.com/astral-sh/uv/issues/16977",
    ),
)

PROVIDERS: "tuple[Provider, ...]" = (*HOSTED, *OWN, *_GENERAL)

BY_ID = {provider.id: provider for provider in PROVIDERS}
