"""Check whether the folders of running sync clients are known, and the settings valid."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from uvlocal.manage.environments import in_use
from uvlocal.manage.findings import OK, WARN, Finding
from uvlocal.manage.settings.show import broken, project_file
from uvlocal.shim.machine.display import contract_home
from uvlocal.shim.volume.providers.table import PROVIDERS
from uvlocal.shim.volume.sync_roots import discovery

if TYPE_CHECKING:
    from collections.abc import Iterable

    from uvlocal.manage.doctor.facts import Facts

#: The programs of sync clients, lowercase and without `.exe`, by the provider's id. Other clients
#: are still found by their configuration.
PROGRAMS = {
    "dropbox": ("dropbox", "dropboxmacupdate"),
    "maestral": ("maestral", "maestral_qt", "maestral_cocoa"),
    "onedrive": ("onedrive", "onedrive sync service", "onedrive file provider"),
    "onedrive-abraunegg": ("onedrive",),
    "onedriver": ("onedriver",),
    "google-drive": ("googledrivefs", "google drive"),
    "box": ("box", "box.desktop.updateservice", "box ui"),
    "icloud": ("bird", "icloudservices", "iclouddrive"),
    "mega": ("megasync", "mega-cmd-server"),
    "pcloud": ("pcloud", "pcloud drive"),
    "proton-drive": ("protondrive", "proton drive", "proton-drive"),
    "yandex-disk": ("yandex-disk", "yandexdisk2", "yandex.disk"),
    "jottacloud": ("jottad", "jotta-cli"),
    "insync": ("insync",),
    "syncthing": ("syncthing",),
    "nextcloud": ("nextcloud", "nextcloudcmd"),
    "owncloud": ("owncloud", "owncloudcmd"),
    "resilio": ("rslsync", "resilio sync", "resilio-sync"),
    "seafile": ("seaf-daemon", "seafile-applet"),
    "seadrive": ("seadrive", "seadrive-gui"),
    "synology-drive": ("cloud-drive-daemon", "cloud-drive-ui", "synologydrive"),
    "kdrive": ("kdrive",),
}
#: Providers whose program name means another client: on Linux, `onedrive` is abraunegg's.
_NOT_HERE = {"linux": ("onedrive", "icloud"), "darwin": ("onedrive-abraunegg",), "win32": ()}
_EXECUTABLE = ".exe"


def running(system_name: str, names: Iterable[str]) -> set[str]:
    """Return the ids of the providers whose programs are running.

    Args:
        system_name: `System.platform`.
        names: the names of the running processes.
    """
    seen = {name.lower().removesuffix(_EXECUTABLE) for name in names}
    elsewhere = _NOT_HERE.get(system_name, ())
    return {
        provider
        for provider, programs in PROGRAMS.items()
        if provider not in elsewhere and not seen.isdisjoint(programs)
    }


def process_names() -> list[str]:
    """Return the names of all processes."""
    return [process.name for process in in_use.running()]


def check(facts: Facts, names: Iterable[str] | None = None) -> list[Finding]:
    """Compare the running clients with the configured folders."""
    configured, problems = discovery.configured(facts.system)
    active = running(facts.system.platform, process_names() if names is None else names)
    checks = []
    for provider in PROVIDERS:
        paths = [root.path for root in configured if root.provider == provider.id]
        shown = ", ".join(f"`{contract_home(path, facts.system)}`" for path in paths)
        off = facts.settings.providers.get(provider.id, {}).get("enabled") is False
        state = "is running" if provider.id in active else "is not running"
        if off and (paths or provider.id in active):
            seen = f"{provider.label} {state}; it is turned off in uvlocal's settings"
            checks.append(Finding("sync-client", OK, seen))
        elif paths:
            seen = f"{provider.label} {state}; it is set up to sync {shown}"
            checks.append(Finding("sync-client", OK, seen, path=paths[0]))
        elif provider.id in active and _is_found_by_configuration(provider.id):
            seen = f"{provider.label} is running, but none of its folders are known"
            mend = "run `uvlocal config add-root DIR` for each of its folders, if there are any"
            checks.append(Finding("sync-client-unknown", WARN, seen, "low", advice=mend))
    for problem in problems:
        mend = "run `uvlocal config add-root DIR` for each of its folders"
        checks.append(Finding("sync-configuration", WARN, problem, "medium", advice=mend))
    return checks


def _is_found_by_configuration(provider: str) -> bool:
    """Return whether a provider's folders are listed somewhere, so that finding none is odd.

    Other providers are recognised by the shape or markers of a path, when a project is there.
    """
    return any(
        place.how in ("file", "registry", "fixed")
        for row in PROVIDERS
        if row.id == provider
        for place in row.places
    )


def check_settings(facts: Facts) -> list[Finding]:
    """Check the settings of the user and of the project."""
    problems = dict.fromkeys([*facts.settings.problems, *facts.call.settings.problems])
    project = facts.call.facts.project
    unread = []
    if project is not None and project.root:
        unread = broken(project_file(project, facts.system), facts.system)
    if not problems and not unread:
        return [Finding("settings", OK, "the settings are valid")]
    home = facts.system.home.rstrip(os.sep) + os.sep
    return [
        Finding(
            "settings-wrong",
            WARN,
            problem.replace(home, f"~{os.sep}"),
            command="" if problem in unread else "uvlocal config",
            advice="correct the file by hand" if problem in unread else "",
        )
        for problem in [*problems, *unread]
    ]
