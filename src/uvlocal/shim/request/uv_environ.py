"""The environment variables as the real uv reads them.

Sources: https://docs.astral.sh/uv/reference/environment/, which says since when, corrected by
experiments with the real uv, which the tests repeat.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Version = tuple[int, int, int]

#: The first version of uv that reads a variable.
READS_SINCE = {
    "UV_ISOLATED": (0, 8, 14),
    "UV_NO_PROJECT": (0, 11, 8),
    "UV_PROJECT": (0, 6, 11),
    "UV_WORKING_DIR": (0, 9, 14),
    "UV_WORKING_DIRECTORY": (0, 9, 1),
}

#: The values that uv reads as true, in any letter case; others are false or an error.
_TRUE = ("1", "on", "t", "true", "y", "yes")


class Variables:
    """The environment, read as the real uv reads it.

    `uv_version` is called only if the result depends on it; None means the newest.
    """

    __slots__ = ("environ", "uv_version")

    def __init__(
        self, environ: "dict[str, str]", uv_version: "Callable[[], Version | None]"
    ) -> None:
        self.environ = environ
        self.uv_version = uv_version

    def uv_is(self, since: "Version") -> bool:
        """Return whether the real uv is that version or later."""
        version = self.uv_version()
        return version is None or version >= since

    def text(self, name: str) -> str:
        """Return a variable, or "" if it is unset or this uv ignores it."""
        value = self.environ.get(name, "")
        if value and name in READS_SINCE and not self.uv_is(READS_SINCE[name]):
            return ""
        return value

    def on(self, name: str) -> bool:
        """Return whether a variable is true for uv."""
        return self.environ.get(name, "").lower() in _TRUE and bool(self.text(name))
