r"""Remember the folders that configuration files name, until one of those files changes.

The file `roots` in the cache folder has one fact on a line, its fields separated by tabs:

    uvlocal roots 2 0.1.0                            the format, and the version that wrote it
    input   ~/.dropbox/info.json   812:1700000000:… what was read, and its state then
    root    dropbox   /home/me/Dropbox   ...         what it said

It is trusted only if it and its folder are this user's and nobody else can write them, and if every
input is as it was. What does not look as expected is no cache; a cache that cannot be written is
none, and costs time. While a configuration is damaged, its folders are those of the last cache.
"""

from uvlocal.shim.machine.directories import cache_directory
from uvlocal.shim.machine.early_os import stat
from uvlocal.shim.machine.host import System
from uvlocal.shim.volume.sync_roots.model import SyncRoot, stamp

#: Raised with every change of the format or of the table of providers.
_FORMAT = "uvlocal roots 2"
_LIMIT = 1024 * 1024
_INPUT_FIELDS, _ROOT_FIELDS = 3, 8


def load(expected: "list[str]", system: System) -> "tuple[list[SyncRoot], list[str]] | None":
    """Return the folders and problems remembered, or None if nothing valid is.

    Args:
        expected: the inputs that reading would begin with; other ones mean another machine,
            other variables or another version.
        system: the machine.
    """
    found = _read(system)
    if found is None:
        return None
    roots, problems, inputs = found
    begin = list(dict.fromkeys(expected))
    if [name for name, _ in inputs[: len(begin)]] != begin:
        return None
    if any(stamp(name, system) != was for name, was in inputs):
        return None
    return roots, problems


def remembered(system: System) -> "list[SyncRoot]":
    """Return the folders that were found last, whatever has changed since."""
    found = _read(system)
    return found[0] if found is not None else []


def _read(system: System) -> "tuple[list[SyncRoot], list[str], list[tuple[str, str]]] | None":
    """Return folders, problems, and each input with its state; None where there is no cache."""
    path = _path(system)
    if not path or not system.is_private(system.path.dirname(path), stat.S_IFDIR):
        return None
    if not system.is_private(path, stat.S_IFREG):
        return None
    data = system.read(path, _LIMIT)
    if data is None:
        return None
    try:
        text = data.decode("utf-8", "surrogatepass")
    except ValueError:
        return None
    return _parse(text, system)


def _parse(
    text: str, system: System
) -> "tuple[list[SyncRoot], list[str], list[tuple[str, str]]] | None":
    lines = text.split("\n")
    # The last line is the end mark: a file that was cut off is none.
    if lines[:2] != [_first_line(), _escape(system.home)] or lines[-2:] != ["end", ""]:
        return None
    roots: "list[SyncRoot]" = []
    problems: "list[str]" = []
    inputs: "list[tuple[str, str]]" = []
    for line in lines[2:-2]:
        fields = [_unescape(field) for field in line.split("\t")]
        if fields[0] == "input" and len(fields) == _INPUT_FIELDS:
            inputs.append((fields[1], fields[2]))
        elif fields[0] == "root" and len(fields) == _ROOT_FIELDS:
            _, provider, path, read_from, confidence, stale, label, options = fields
            if not system.path.isabs(path):
                return None
            root = SyncRoot(
                provider,
                path,
                read_from,
                confidence=confidence,
                stale=stale,
                label=label,
                options=options.split("\n") if options else (),
            )
            roots.append(root)
        elif fields[0] == "problem" and len(fields) > 1:
            problems.append(fields[1])
        else:
            return None
    return roots, problems, inputs


def save(
    inputs: "list[tuple[str, str]]",
    roots: "list[SyncRoot]",
    problems: "list[str]",
    system: System,
) -> None:
    """Remember folders and problems, and what they rest on.

    Args:
        inputs: each input with its state as it was before it was read; those that reading begins
            with come first, in the order in which `load` expects them.
        roots: the folders found.
        problems: what is wrong with the configuration, as sentences.
        system: the machine.
    """
    path = _path(system)
    if not path:
        return
    lines = [_first_line(), _escape(system.home)]
    lines += [_line("input", name, state) for name, state in inputs]
    lines += [
        _line(
            "root",
            root.provider,
            root.path,
            root.read_from,
            root.confidence,
            root.stale,
            root.label,
            "\n".join(root.options),
        )
        for root in roots
    ]
    lines += [_line("problem", problem) for problem in problems]
    data = "\n".join([*lines, "end", ""]).encode("utf-8", "surrogatepass")
    if len(data) <= _LIMIT:
        system.write_private(path, data)


def _first_line() -> str:
    """Return the format and this version: another may read a client's configuration otherwise."""
    import uvlocal  # not at the top, as that file is no part of the byte code that is kept

    return f"{_FORMAT} {uvlocal.__version__}"


def _path(system: System) -> str:
    folder = cache_directory(system)
    return system.path.join(folder, "roots") if folder else ""


def _line(*fields: str) -> str:
    return "\t".join(map(_escape, fields))


def _escape(text: str) -> str:
    """Keep a field on its line and between its tabs."""
    text = text.replace("\\", "\\\\").replace("\t", "\\t").replace("\r", "\\r")
    return text.replace("\n", "\\n")


def _unescape(text: str) -> str:
    if "\\" not in text:
        return text
    found = []
    escaped = False
    for character in text:
        if escaped:
            found.append({"t": "\t", "n": "\n", "r": "\r"}.get(character, character))
            escaped = False
        elif character == "\\":
            escaped = True
        else:
            found.append(character)
    return "".join(found)
