"""Say the same about a decision's inputs with as few checks as will do.

Each check costs the launcher a system call. What follows from another check is left out; and most
inputs are files that are not there, of which a whole folder's worth can be told by one look at the
folder: while no name came or went in it, none of them can have come.
"""

from uvlocal.shim.builtin import os, stat
from uvlocal.shim.recorder import RecordingSystem, has_own_clock, whole

#: The stamp that stands before inputs that need no look while a folder is unchanged: `g`, how many,
#: and what `stat` says of the folder.
GUARD = "g"
#: From so many inputs on a guard costs less than it saves.
_WORTH = 2


def fewest(system: RecordingSystem, settled: int) -> "list[tuple[str, str]]":
    """Return stamps and paths from which all of `system.inputs` follow.

    Args:
        system: what was asked.
        settled: folders that changed later than this, in nanoseconds, stand for nothing.
    """
    inputs = system.inputs
    rest: "list[tuple[str, str]]" = []
    groups: "dict[str, list[tuple[str, str]]]" = {}
    folders = _Folders(system)
    for (question, path), stamp in inputs.items():
        if _follows(question, path, stamp, inputs):
            continue
        above = folders.above(path) if stamp in ("a", "A") else ""
        if above:
            groups.setdefault(above, []).append((stamp, path))
        else:
            rest.append((stamp, path))
    for folder, group in groups.items():
        status = folders.status(folder)
        steady = status is not None and has_own_clock(status.st_dev)
        if status is not None and steady and len(group) >= _WORTH and status.st_ctime_ns < settled:
            rest.append((whole(f"{GUARD}{len(group)}:", status), folder))
        rest += group
    return rest


def _follows(question: str, path: str, stamp: str, inputs: "dict[tuple[str, str], str]") -> bool:
    """Say whether an answer follows from another one about the same path.

    What is no link is the same for `stat` and `lstat`; what `lstat` does not find, `stat` does not.
    """
    of_itself = inputs.get(("Alk", path), "")
    if question == "asd":
        names = inputs.get(("names", path), "")
        return (
            stamp[1:] == of_itself[1:] != ""
            or stamp + of_itself == "aA"
            or (stamp[0] == "d" and names.startswith(stamp.replace("d", "s", 1) + ":"))
        )
    return question == "e" and of_itself[:1] in ("l", "k")


class _Folders:
    """The folders above files that are not there, each asked for once."""

    __slots__ = ("_missing", "_statuses")

    def __init__(self, system: RecordingSystem) -> None:
        self._missing = system.missing
        self._statuses: "dict[str, os.stat_result | None]" = {}

    def status(self, path: str) -> "os.stat_result | None":
        """Return the status of what `path` leads to, None where that is no folder."""
        if path not in self._statuses:
            try:
                status = os.stat(path)
            except (OSError, ValueError):
                self._statuses[path] = None
            else:
                self._statuses[path] = status if stat.S_ISDIR(status.st_mode) else None
        return self._statuses[path]

    def above(self, path: str) -> str:
        """Return the innermost folder above that is there, if the next name is not in it.

        A link that leads nowhere is in it, and may lead somewhere another time.
        """
        while True:
            folder, slash, name = path.rpartition("/")
            if not slash or name in ("", ".", ".."):
                return ""
            folder = folder or "/"
            if self.status(folder) is not None:
                return folder if self._is_missing(path) else ""
            path = folder

    def _is_missing(self, path: str) -> bool:
        if path not in self._missing:
            try:
                os.lstat(path)
            except FileNotFoundError:
                self._missing.add(path)
            except (OSError, ValueError):
                pass
        return path in self._missing
