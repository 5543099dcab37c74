"""The machine for a command that only looks: what it finds out is not kept in the cache."""

from __future__ import annotations

from uvlocal.shim.machine.host import System


class Reader(System):
    """A `System` that writes nothing, not even what it would only read faster the next time.

    `uvlocal uninstall` leaves nothing behind, and a command that judges many projects does not
    replace what the shim keeps for the one in use.
    """

    __slots__ = ()

    def write_private(self, path: str, data: bytes) -> bool:
        """Write nothing."""
        del path, data
        return False
