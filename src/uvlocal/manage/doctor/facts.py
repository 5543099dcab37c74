"""What `uvlocal doctor` looks at: each check is a function from facts to findings.

A check never changes anything; what `--fix` may do is named by `Finding.fix` and done by
`uvlocal.manage.doctor.fixes`.
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
    """What the checks ask for, gathered when first asked."""

    def __init__(
        self,
        system: System,
        *,
        disk: Disk | None = None,
        path: str | None = None,
        tell: Tell = nobody,
    ) -> None:
        """Begin with nothing.

        Args:
            system: the machine.
            disk: the disks that projects lie on.
            path: a folder of the project that is looked at more closely.
            tell: hears how far a check is that takes long.
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
        """The stores that are there."""
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
        """A `uv sync` in the project that is looked at."""
        return self._settled[0]

    @property
    def decision(self) -> Decision:
        """What is decided about that call."""
        return self._settled[1]

    @functools.cached_property
    def shim(self) -> str:
        """The first shim on PATH, "" where there is none."""
        return shim_on_path(self.system)

    @property
    def shim_folder(self) -> str | None:
        """The folder of the first shim on PATH, None where there is none."""
        return os.path.dirname(self.shim) or None

    @functools.cached_property
    def real_uv(self) -> handover.RealUv:
        """Where the real uv is, as the shim finds it."""
        return handover.find(self.system, self.shim)
