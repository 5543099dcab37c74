"""The synced folders known on this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from uvlocal.shim.machine.paths import comparable, contains
from uvlocal.shim.volume.locate import locate
from uvlocal.shim.volume.providers.table import PROVIDERS
from uvlocal.shim.volume.sync_roots import discovery

if TYPE_CHECKING:
    from collections.abc import Iterator

    from uvlocal.shim.machine.host import System
    from uvlocal.shim.settings.settings import Settings

#: Folders of a macOS home that iCloud syncs in place.
_TAKEN_OVER = ("Desktop", "Documents")


class SyncedFolder(NamedTuple):
    """A folder that a sync client writes to.

    `path` is canonical; `provider` is the provider's id, or None for the user's own
    `synced-roots`; `label` is the name for people.
    """

    path: str
    provider: str | None
    label: str


def folders(system: System, settings: Settings) -> list[SyncedFolder]:
    """Return the synced folders that exist, none of them inside another one."""
    found: dict[str, SyncedFolder] = {}
    for path, provider in _candidates(system, settings):
        canonical = system.realpath(path)
        if system.is_directory(canonical):
            label = next((row.label for row in PROVIDERS if row.id == provider), "")
            folder = SyncedFolder(
                canonical, provider, label or "a folder that you marked as synced"
            )
            found.setdefault(comparable(canonical, system), folder)
    return [
        folder
        for key, folder in sorted(found.items())
        if not any(key != above and contains(above, key, system) for above in found)
    ]


def _candidates(system: System, settings: Settings) -> Iterator[tuple[str, str | None]]:
    """Yield paths and providers: the user's own, the configured ones, the default places."""
    for path in settings.synced_roots:
        yield path, None
    for root in discovery.configured(system)[0]:
        if _is_enabled(root.provider, settings):
            yield root.path, root.provider
    for path in _usual_places(system):
        volume = locate(system.realpath(path), path, system, settings)
        if volume.kind == "synced":
            yield path, volume.provider


def _usual_places(system: System) -> Iterator[str]:
    """Yield folders whose path shows that they may be synced.

    Only the home directory is checked for path shapes: a whole disk would need a search.
    """
    for provider in PROVIDERS:
        for place in provider.places:
            if place.how != "shape" or system.platform not in place.platforms:
                continue
            parts = [part for part in place.where.split("/") if part]
            base = "/" if place.where.startswith("/") else system.home
            above = system.path.join(base, *parts[:-1])
            names = system.listdir(above) if parts[-1] == "*" else parts[-1:]
            for name in names:
                yield system.path.join(above, name)
    if system.platform == "darwin":
        for name in _TAKEN_OVER:
            yield system.path.join(system.home, name)


def _is_enabled(provider: str, settings: Settings) -> bool:
    return settings.providers.get(provider, {}).get("enabled") is not False
