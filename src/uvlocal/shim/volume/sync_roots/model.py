"""A folder that a sync client is set up with, and the state of what it was read from."""

from uvlocal.shim.machine.host import System

#: The state of an input that is not there.
ABSENT = "absent"


class SyncRoot:
    """A folder that a client is set up with: whose, where that was read, what else it says.

    `options` are lines of the configuration that matter for exclusions; `stale` is what speaks
    against the client being in use, "" for nothing; `label` is what people call it where the row of
    the provider does not say it.
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
    """Return the state of an input: a file's size, times and inode, or what stands for them.

    `&` begins the name of a registry key, `?` of a path whose existence alone matters; everything
    else is a path.
    """
    if name.startswith("&"):
        return system.registry_stamp(name[1:]) or ABSENT
    if name.startswith("?"):
        return "there" if system.exists(name[1:]) else ABSENT
    return system.version(name) or ABSENT
