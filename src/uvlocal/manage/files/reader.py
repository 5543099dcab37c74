"""A `System` for commands that only read, without writing to the cache."""

from __future__ import annotations

from uvlocal.shim.machine.host import System


class Reader(System):
    """A `System` that does not write to the cache.

    So `uvlocal uninstall` leaves nothing behind, and a command that checks many projects does not
    replace the shim's cache for the current one.
    """

    __slots__ = ()

    def write_private(self, path: str, data: bytes) -> bool:
        """Write nothing."""
        del path, data
        return False
