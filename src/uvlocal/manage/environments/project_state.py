"""Find out what happened to the project of an environment.

A missing project may have been deleted, or moved, or its disk may not be mounted. In doubt it is
the disk: keeping an environment too long costs some space, removing it too early loses it.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from uvlocal.manage.environments.folder_identity import DeniedError, SilentError
from uvlocal.shim.machine.display import contract_home

if TYPE_CHECKING:
    from collections.abc import Iterable

    from uvlocal.manage.environments.folder_identity import Disk, Identity
    from uvlocal.manage.environments.record import Record
    from uvlocal.shim.machine.host import System

#: The states, as printed by `uvlocal list --json`.
STATES: tuple[str, ...] = (
    "ok",
    "project-gone",
    "volume-not-mounted",
    "moved",
    "copy",
    "broken",
    "replaced",
    "unused",
    "unreadable",
)

#: Why a project is a `copy`: either it is another project, which gets its own environment in the
#: next call of uv, or it is the same one, which keeps its environment.
CLONED = "the environment was created for an earlier project at this path"
BACK = "a new directory with the old content, as after restoring a backup"


class Verdict(NamedTuple):
    """The state of a project, a sentence about it, and its new path if it was moved."""

    state: str
    why: str = ""
    moved_to: str = ""


class Judge:
    """Finds out what happened to projects.

    `roots` are directories that may be moved projects, each with its mount point, "" if unknown.
    """

    def __init__(self, roots: Iterable[tuple[str, str]], disk: Disk, system: System) -> None:
        self._roots = list(dict.fromkeys(roots))
        self._disk = disk
        self._system = system
        self._known: list[tuple[Identity, str]] | None = None

    def verdict(self, record: Record) -> Verdict:
        """Return what happened to the project of a record."""
        try:
            return self._verdict(record)
        except DeniedError as denied:
            return Verdict("unreadable", f"`{self._shown(str(denied))}` could not be read")
        except SilentError:
            place = self._shown(record.mount_point or record.root)
            return Verdict("volume-not-mounted", f"`{place}` does not answer")

    def _verdict(self, record: Record) -> Verdict:
        if record.replaced:
            return self._set_aside(record)
        seen = self._disk.identity(record.root, record.mount_point)
        if seen is None:
            return self._without_project(record)
        if seen.is_other(record.identity):
            from uvlocal.manage.environments import replaced

            is_another = replaced.is_for_another(record, self._system)
            return Verdict("copy", CLONED if is_another else BACK)
        if seen.device != record.identity.device and self._is_bare(record):
            missing = self._missing_volume(record)
            if missing:
                return Verdict("volume-not-mounted", missing)
        return Verdict("ok")

    def _set_aside(self, record: Record) -> Verdict:
        """Return what happened to a project that another one has replaced."""
        above = os.path.dirname(record.root)
        names = self._disk.folders(above, record.mount_point)
        beside = ((os.path.join(above, name), record.mount_point) for name in names)
        moved = self._recognised(record, self._known_roots())
        moved = moved or self._recognised(record, self._identified(beside))
        return moved or Verdict("replaced", CLONED)

    def _shown(self, path: str) -> str:
        return contract_home(path, self._system)

    # -- the volume ----------------------------------------------------------------------------

    def _is_bare(self, record: Record) -> bool:
        """Return whether a root has no `pyproject.toml`, like an empty mount point."""
        project = os.path.join(record.root, "pyproject.toml")
        return self._disk.status(project, record.mount_point) is None

    def _missing_volume(self, record: Record) -> str:
        """Return why the volume of a missing project seems not to be mounted, or ""."""
        disk = self._disk
        mount, above = record.mount_point, os.path.dirname(record.root)
        if record.top not in ("", record.root, mount) and disk.status(record.top, mount) is None:
            return f"the synced folder `{self._shown(record.top)}` is missing"
        if not mount:
            if disk.status(above) is not None and self.is_system(record):
                return ""
            if disk.status(above) is not None:
                return "the environment was created on another system that shares the store"
            return f"`{self._shown(above)}` is missing, and its volume is unknown"
        here, outside = disk.identity(mount, mount), disk.status(os.path.dirname(mount))
        is_root = os.path.dirname(mount) == mount
        if here is None or outside is None or (here.device == outside.st_dev and not is_root):
            return f"nothing is mounted at `{self._shown(mount)}`"
        if not self._is_mounted(here, record, is_root=is_root):
            return f"another volume may be mounted at `{self._shown(mount)}`"
        nearest = disk.status(self._nearest(record), mount)
        if nearest is not None and nearest.st_dev not in (here.device, record.identity.device):
            return f"another volume is mounted over `{self._shown(record.root)}`"
        return ""

    def _is_mounted(self, here: Identity, record: Record, *, is_root: bool) -> bool:
        """Return whether the same volume as before is mounted at a record's mount point.

        For the root directory, the device number is not enough: a container that shares the store
        has its own root, and `chroot` has another directory of the same disk.
        """
        if here.born and record.mount.born:
            return here.is_same(record.mount)
        if is_root and self._system.platform != "win32":
            return here.is_still(record.mount)
        if here.device == record.identity.device:
            return True
        # A network volume gets another device number at each start.
        return self.is_system(record) and self._holds_the_way(record)

    def is_system(self, record: Record) -> bool:
        """Return whether a record was written with this root directory."""
        here = self._disk.identity(self._system.path.sep)
        return here is not None and here.is_still(record.system)

    def _nearest(self, record: Record) -> str:
        """Return the nearest existing directory above a project."""
        folder = record.root
        while self._disk.status(folder, record.mount_point) is None:
            above = os.path.dirname(folder)
            if above == folder:
                break
            folder = above
        return folder

    def _holds_the_way(self, record: Record) -> bool:
        """Return whether the first directory between the mount point and a project exists."""
        way = os.path.relpath(record.root, record.mount_point).split(os.sep)
        first = os.path.join(record.mount_point, way[0])
        return len(way) > 1 and self._disk.status(first, record.mount_point) is not None

    # -- moved projects ------------------------------------------------------------------------

    def _without_project(self, record: Record) -> Verdict:
        """Return what happened to a project that is no longer at its path."""
        moved = self._recognised(record, self._known_roots())
        if moved is not None:
            return moved
        missing = self._missing_volume(record)
        if missing:
            return Verdict("volume-not-mounted", missing)
        gone = Verdict("project-gone", f"`{self._shown(record.root)}` is gone")
        return self._recognised(record, self._nearby(record)) or gone

    def _recognised(self, record: Record, places: Iterable[tuple[Identity, str]]) -> Verdict | None:
        """Return the verdict that a project was moved, if it is at one of these places."""
        for identity, root in places:
            if identity.is_same(record.identity):
                return Verdict("moved", f"the project is now at `{self._shown(root)}`", root)
        return None

    def _known_roots(self) -> list[tuple[Identity, str]]:
        """Return the existing directories that may be moved projects."""
        if self._known is None:
            self._disk.look_ahead(self._roots)
            self._known = list(self._identified(self._roots))
        return self._known

    def _identified(self, paths: Iterable[tuple[str, str]]) -> Iterable[tuple[Identity, str]]:
        for path, mount_point in paths:
            try:
                identity = self._disk.identity(path, mount_point)
            except SilentError:
                continue
            if identity is not None:
                yield identity, path

    def _nearby(self, record: Record) -> Iterable[tuple[Identity, str]]:
        """Return the places where a project would be if one of its parents was renamed.

        Only one directory is listed, the nearest existing parent; there is no other search.
        """
        if not record.identity.born:
            return []
        folder = self._nearest(record)
        names = self._disk.folders(folder, record.mount_point)
        rest = os.path.relpath(record.root, folder).split(os.sep)[1:]
        places = (os.path.join(folder, name, *rest) for name in names)
        return self._identified((place, record.mount_point) for place in places)
