r"""Remember the folders that configuration files name, until one of those files changes.

The file `roots` in the cache folder has one fact on a line, its fields separated by tabs:

    uvlocal roots 2                                  the format
    input   ~/.dropbox/info.json   812:1700000000:… what was read, and its state then
    root    dropbox   /home/me/Dropbox   ...         what it said

It is trusted only if it and its folder are this user's and nobody else can write them, and if every
input is as it was. What does not look as expected is no cache; a cache that cannot be written is
none, and costs time. While a configuration is damaged, its folders are those of the last cache.
"""

from uvlocal.shim.builtin import stat
from uvlocal.shim.environment import cache_directory
from uvlocal.shim.system import System

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uvlocal.shim.roots import Root
    from uvlocal.shim.roots_reader import Reader

#: The state of an input that is not there.
ABSENT = "absent"

#: Raised with every change of the format or of the table of providers.
_FORMAT = "uvlocal roots 2"
_LIMIT = 1024 * 1024
_INPUT_FIELDS, _ROOT_FIELDS = 3, 8


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


def load(expected: "list[str]", system: System) -> "tuple[list[Root], list[str]] | None":
    """Return the folders and problems remembered, None where nothing valid is.

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


def remembered(system: System) -> "list[Root]":
    """Return the folders that were found last, whatever has changed since."""
    found = _read(system)
    return found[0] if found is not None else []


def _read(system: System) -> "tuple[list[Root], list[str], list[tuple[str, str]]] | None":
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
) -> "tuple[list[Root], list[str], list[tuple[str, str]]] | None":
    from uvlocal.shim.roots import Root

    lines = text.split("\n")
    # The last line is the end mark: a file that was cut off is none.
    if lines[:2] != [_FORMAT, _escape(system.home)] or lines[-2:] != ["end", ""]:
        return None
    roots: "list[Root]" = []
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
            root = Root(
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


def save(expected: "list[str]", reader: "Reader", system: System) -> None:
    """Remember what a reader found; the inputs that it began with come first."""
    path = _path(system)
    if not path:
        return
    names = list(dict.fromkeys([*expected, *reader.inputs]))
    lines = [_FORMAT, _escape(system.home)]
    lines += [_line("input", name, reader.rely_on(name)) for name in names]
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
        for root in reader.roots
    ]
    lines += [_line("problem", problem) for problem in reader.problems]
    data = "\n".join([*lines, "end", ""]).encode("utf-8", "surrogatepass")
    if len(data) <= _LIMIT:
        system.write_private(path, data)


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
