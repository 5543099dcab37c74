"""Write, read and check recorded decisions in tests, like the launcher does.

`holds` is the launcher's check in Python; a test compares the two.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from uvlocal.shim import contract
from uvlocal.shim.machine.host import System
from uvlocal.shim.recall import writer
from uvlocal.shim.recall.recording_host import identity, summed, whole


@dataclass
class Recorded:
    """The fields of a recorded decision, in order."""

    launcher: str = "/none/uv"
    how: str = "exact"
    directory: str = "/"
    words: list[str] = field(default_factory=list)
    variables: list[str] = field(default_factory=list)
    inputs: list[tuple[str, str]] = field(default_factory=list)
    changes: list[str] = field(default_factory=list)
    uv: str = "/none/real/uv"

    @property
    def name(self) -> str:
        """The name of the file."""
        number = writer.hash_of(self.launcher, self.how, self.directory, self.words, self.variables)
        return f"{number:016x}"

    @property
    def data(self) -> bytes:
        """The content of the file."""
        fields = [contract.RECORD_MAGIC, self.launcher, self.how, self.directory]
        for group in (self.words, self.variables):
            fields += [str(len(group)), *group]
        fields.append(str(len(self.inputs)))
        for stamp, path in self.inputs:
            fields += [stamp, path]
        fields += [str(len(self.changes)), *self.changes, self.uv, "end", ""]
        return os.fsencode("\0".join(fields))


def read(data: bytes) -> Recorded:
    """Parse a file, which must be complete."""
    fields = iter(os.fsdecode(data).split("\0"))
    assert next(fields) == contract.RECORD_MAGIC
    launcher, how, directory = next(fields), next(fields), next(fields)
    words = [next(fields) for _ in range(int(next(fields)))]
    variables = [next(fields) for _ in range(int(next(fields)))]
    inputs = [(next(fields), next(fields)) for _ in range(int(next(fields)))]
    changes = [next(fields) for _ in range(int(next(fields)))]
    result = Recorded(launcher, how, directory, words, variables, inputs, changes, next(fields))
    assert list(fields) == ["end", ""]
    return result


def lay(cache: str, recorded: Recorded) -> str:
    """Write a recorded decision where the launcher looks for it; return its path."""
    for folder in (cache, os.path.join(cache, contract.DECISIONS)):
        os.makedirs(folder, exist_ok=True)
        os.chmod(folder, 0o700)
    path = os.path.join(cache, contract.DECISIONS, recorded.name)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(descriptor, "wb") as file:
        file.write(recorded.data)
    return path


def all_in(cache: str) -> list[Recorded]:
    """Return the decisions recorded in a cache directory, except those of kind `kept`."""
    folder = os.path.join(cache, contract.DECISIONS)
    found = []
    for name in sorted(os.listdir(folder) if os.path.isdir(folder) else []):
        with open(os.path.join(folder, name), "rb") as file:
            found.append(read(file.read()))
    return [one for one in found if one.how != "kept"]


def holds(inputs: list[tuple[str, str]]) -> bool:
    """Return whether every input matches its stamp."""
    return all(_holds(stamp, path) for stamp, path in inputs)


def _holds(stamp: str, path: str) -> bool:
    kind = stamp[0]
    status = _status(path, follow=kind in "asd")
    if kind in "aAe":
        return (status is not None) == (kind == "e")
    if kind in "sl":
        return status is not None and whole(kind, status) == stamp
    if kind in "dk":
        return status is not None and identity(kind, status) == stamp
    if kind == "r":
        with open(path, "rb") as file:
            return "r" + summed(file.read()) == stamp
    if kind == "t":
        return os.path.islink(path) and "t" + os.readlink(path) == stamp
    if kind == "w":
        return os.access(path, os.W_OK | os.X_OK) == (stamp == "w1")
    if kind == "p":
        return not os.access(path, os.X_OK)
    return _asked_again(stamp, path)


def _asked_again(stamp: str, path: str) -> bool:
    system = System()
    if stamp[0] == "o":
        return system.can_change(path) == (stamp == "o1")
    if stamp[0] == "f":
        return system.is_hidden(path) == (stamp == "f1")
    if stamp[0] == "n":
        return system.realpath(path) == stamp[1:]
    assert stamp[0] == "x", stamp
    return _attribute_holds(stamp[1:], path)


def _attribute_holds(stamp: str, path: str) -> bool:
    name, equals, value = stamp.partition("=")
    now = System().attribute(path, name.rstrip("!"))
    return not equals if now is None else bool(equals) and now.hex() == value


def _status(path: str, *, follow: bool) -> os.stat_result | None:
    try:
        return os.stat(path, follow_symlinks=follow)
    except OSError:
        return None
