"""The facts that `uvlocal doctor` checks: each check is a function from facts to findings.

A check never changes anything; `Finding.fix` names what `--fix` may do, and
`uvlocal.manage.doctor.fixes` does it.
"""

from __future__ import annotations

import functools
import os
from typing import TYPE_CHECKING

from uvlocal.manage.environments import listing, records
from uvlocal.manage.environments.folder_identity import Disk
from uvlocal.manage.installation.on_path import shim_on_path
from uvlocal.manage.telling import nobody
from uvlocal.shim.call import Call
from uvlocal.shim.machine.host import System
from uvlocal.shim.settings import settings as all_settings
from uvlocal.shim.uv import handover

if TYPE_CHECKING:
    from uvlocal.manage.environments.records import Entry
    from uvlocal.manage.telling import Tell
    from uvlocal.shim.decide import Decision
    from uvlocal.shim.settings.settings import Settings


class Facts:
    """The facts for all checks, gathered on first use."""

    def __init__(
        self,
        system: System,
        *,
        disk: Disk | None = None,
        path: str | None = None,
        tell: Tell = nobody,
    ) -> None:
        """Gather nothing yet.

        Args:
            system: the machine.
            disk: the disks that projects are on.
            path: a directory in the project to check.
            tell: called with the progress of slow checks.
        """
        self.system = system
        self.disk = disk or Disk()
        self.path = path or system.cwd
        self.tell = tell

    @functools.cached_property
    def settings(self) -> Settings:
        """The user's settings, without those of a project."""
        return all_settings.load(self.system)

    @functools.cached_property
    def places(self) -> list[str]:
        """The existing stores."""
        return records.places(self.system, self.settings)

    @functools.cached_property
    def entries(self) -> list[Entry]:
        """Every environment of this user."""
        current = listing.current_root(self.system)
        return records.read(self.places, self.system, self.disk, current, self.tell)

    @functools.cached_property
    def _settled(self) -> tuple[Call, Decision]:
        environ = {
            name: value
            for name, value in self.system.environ.items()
            if name not in ("UVLOCAL_BYPASS", "UV_NO_PROJECT", "UV_PROJECT")
        }
        system = System(environ=environ, cwd=self.path, home=self.system.home)
        call = Call(["sync"], system)
        return call, call.settle()

    @property
    def call(self) -> Call:
        """A `uv sync` in the project to check."""
        return self._settled[0]

    @property
    def decision(self) -> Decision:
        """The decision for that call."""
        return self._settled[1]

    @functools.cached_property
    def shim(self) -> str:
        """The first shim on PATH, or ""."""
        return shim_on_path(self.system)

    @property
    def shim_folder(self) -> str | None:
        """The directory of the first shim on PATH, or None."""
        return os.path.dirname(self.shim) or None

    @functools.cached_property
    def real_uv(self) -> handover.RealUv:
        """The real uv that the shim finds."""
        return handover.find(self.system, self.shim)
