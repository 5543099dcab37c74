"""A configured sync folder, and the state of the inputs it was read from."""

from uvlocal.shim.machine.host import System

#: The state of an input that does not exist.
ABSENT = "absent"


class SyncRoot:
    """A configured sync folder: its provider, where that was read, and more.

    `options` are lines of the configuration that matter for exclusions; `stale` says why the client
    may not be in use, or is ""; `label` is the name for people, if it differs from the provider's.
    """

    __slots__ = ("confidence", "label", "options", "path", "provider", "read_from", "stale")

    def __init__(  # noqa: PLR0913 - the fields of a row
        self,
        provider: str,
        path: str,
        read_from: str,
        *,
        confidence: str = "high",
        options: "tuple[str, ...] | list[str]" = (),
        stale: str = "",
        label: str = "",
    ) -> None:
        self.provider = provider
        self.path = path
        self.read_from = read_from
        self.confidence = confidence
        self.options = tuple(options)
        self.stale = stale
        self.label = label


def stamp(name: str, system: System) -> str:
    """Return the state of an input: a file's size, times and inode, or an equivalent.

    `&` is the prefix of a registry key, `?` of a path of which only the existence matters; anything
    else is a path.
    """
    if name.startswith("&"):
        return system.registry_stamp(name[1:]) or ABSENT
    if name.startswith("?"):
        return "there" if system.exists(name[1:]) else ABSENT
    return system.version(name) or ABSENT
