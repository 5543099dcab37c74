r"""Cache the folders that configuration files name, until one of those files changes.

The file `roots` in our cache directory has one fact per line, with fields separated by tabs:

    uvlocal roots 2 0.1.0                            the format, and the version that wrote it
    input   ~/.dropbox/info.json   812:1700000000:… what was read, and its state then
    root    dropbox   /home/me/Dropbox   ...         what it said

It is trusted only if it and its directory belong to this user, nobody else can write to them, and
every input is unchanged. An invalid cache is ignored; if it cannot be written, only time is lost.
While a configuration is damaged, the folders of the last cache apply.
"""

from uvlocal.shim.machine.directories import cache_directory
from uvlocal.shim.machine.early_os import stat
from uvlocal.shim.machine.host import System
from uvlocal.shim.volume.sync_roots.model import SyncRoot, stamp

#: The version changes with the format and with the table of providers.
_FORMAT = "uvlocal roots 2"
_LIMIT = 1024 * 1024
_INPUT_FIELDS, _ROOT_FIELDS = 3, 8


def load(expected: "list[str]", system: System) -> "tuple[list[SyncRoot], list[str]] | None":
    """Return the cached folders and problems, or None if there is no valid cache.

    Args:
        expected: the inputs that reading would start with; different ones mean another machine,
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
    """Return the cached folders, even if the cache is stale."""
    found = _read(system)
    return found[0] if found is not None else []


def _read(system: System) -> "tuple[list[SyncRoot], list[str], list[tuple[str, str]]] | None":
    """Return folders, problems, and each input with its state; None if there is no cache."""
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
    # The last line marks the end, so that a truncated file is invalid.
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
    """Cache folders and problems, and the inputs that they depend on.

    Args:
        inputs: each input with its state before it was read; those that reading starts with come
            first, in the order in which `load` expects them.
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
    """Return the format and our version: another may read a configuration differently."""
    import uvlocal  # here, as `bytecode` does not include that file

    return f"{_FORMAT} {uvlocal.__version__}"


def _path(system: System) -> str:
    folder = cache_directory(system)
    return system.path.join(folder, "roots") if folder else ""


def _line(*fields: str) -> str:
    return "\t".join(map(_escape, fields))


def _escape(text: str) -> str:
    """Escape line ends and tabs in a field."""
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
