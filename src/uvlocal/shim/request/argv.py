"""Parse a command line as uv does, into its command, options and words.

uv accepts global options before and after its command, `--option value` and `--option=value`, short
options in clusters (`-qp 3.12`, `-p3.12`), but no abbreviations. Parsing never fails: for a command
line that uv will reject, the result does not matter.
"""

from uvlocal.shim.request.commands import (
    ALIASES,
    GLOBAL_VALUES,
    NAMESPACES,
    RUNS_PROGRAM,
    SPELLINGS,
    SPELLINGS_OF_RUN,
    TAKES_BACK,
    VALUES,
    VALUES_OF,
)


class Line:
    """A parsed command line.

    `command` has its aliases resolved, or is "". `values` are the options with a value and `flags`
    those without, by their long names; the last value of an option wins, so that one after the
    command wins over one before it. `words` are the remaining arguments; for `uv run` and
    `uv tool run` the program and all of its arguments. `env_files` are all values of `--env-file`,
    the only option of which all values count.
    """

    __slots__ = ("command", "env_files", "flags", "values", "words")

    def __init__(self) -> None:
        self.command = ""
        self.env_files: "list[str]" = []
        self.flags: "set[str]" = set()
        self.values: "dict[str, str]" = {}
        self.words: "list[str]" = []


def read(arguments: "list[str]") -> Line:
    """Parse uv's arguments, without argv[0]."""
    line = Line()
    taking = GLOBAL_VALUES
    position = 0
    while position < len(arguments):
        word = arguments[position]
        position += 1
        named = line.command and line.command not in NAMESPACES
        if word == "--":
            if named:
                line.words += arguments[position:]
            break
        if word[:1] == "-" and word != "-" and (named or word not in ALIASES):
            following = arguments[position] if position < len(arguments) else ""
            read_option = _read_long if word[1] == "-" else _read_cluster
            position += read_option(line, word, following, taking)
        elif not named:
            full = f"{line.command} {word}".lstrip()
            line.command = ALIASES.get(full, full)
            taking = VALUES | VALUES_OF.get(line.command, frozenset())
        elif line.command in RUNS_PROGRAM:
            line.words = arguments[position - 1 :]
            break
        else:
            line.words.append(word)
    return line


def _read_long(line: Line, word: str, following: str, taking: "frozenset[str]") -> int:
    """Parse `--option`, `--option=value` or `--option value`; return if `following` was used."""
    name, equals, value = word.partition("=")
    if name not in taking:
        _note_flag(line, name)
        return 0
    _note_value(line, name, value if equals else following)
    return 0 if equals else 1


def _read_cluster(line: Line, word: str, following: str, taking: "frozenset[str]") -> int:
    """Parse `-qp3.12`, `-p=3.12` or `-qp 3.12`; return whether `following` was used."""
    for position in range(1, len(word)):
        name = "-" + word[position]
        if name in taking:
            rest = word[position + 1 :]
            _note_value(line, name, rest.removeprefix("=") if rest else following)
            return 0 if rest else 1
        _note_flag(line, name)
    return 0


def _note_flag(line: Line, name: str) -> None:
    if line.command == "run":
        name = SPELLINGS_OF_RUN.get(name, name)
    name = SPELLINGS.get(name, name)
    line.flags.discard(TAKES_BACK.get(name, ""))
    line.flags.add(name)


def _note_value(line: Line, name: str, value: str) -> None:
    line.values[SPELLINGS.get(name, name)] = value
    if name == "--env-file":
        line.env_files.append(value)
