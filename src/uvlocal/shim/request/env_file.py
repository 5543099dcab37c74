"""Variables in the files that `uv run` is told to read for what it starts (`--env-file`).

Before 0.11 uv heeded `UV_PROJECT_ENVIRONMENT` in such a file itself; since then it passes it on to
what it starts. Neither replaces a variable that is set already, so what a file sets is not to be
set by us. Sources: https://docs.astral.sh/uv/configuration/files/#env, and experiments with the
real uv, which the tests repeat.
"""

from uvlocal.shim.machine.host import System

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uvlocal.shim.request.argv import Line
    from uvlocal.shim.request.uv_environ import Variables

#: The most that is read of one file, in bytes; real ones have a few hundred.
LIMIT = 256 * 1024


def variables(
    line: "Line", directory: str, system: System, environ: "Variables"
) -> "dict[str, str]":
    """Return what the files of a `uv run` set, without what they refer to.

    Args:
        line: the command line.
        directory: the folder that relative paths begin in.
        system: the machine.
        environ: the variables, as uv reads them.
    """
    wish = line.env_files or [environ.text("UV_ENV_FILE")]
    if not any(wish) or "--no-env-file" in line.flags or environ.on("UV_NO_ENV_FILE"):
        return {}
    found: "dict[str, str]" = {}
    for name in dict.fromkeys([name for word in wish for name in _names(word)]):
        data = system.read(system.path.join(directory, name), LIMIT) or b""
        # Of two files the later counts.
        found.update(parse(data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")))
    return found


def _names(word: str) -> "list[str]":
    r"""Return the files that a word may name: a list with spaces between them, `\ ` for one inside.

    The oldest uvs take the word for one path. Both are looked for: where they differ, uv stops.
    """
    names, escaped = [""], False
    for letter in word:
        if escaped or not (letter == "\\" or letter.isspace()):
            names[-1] += letter
        elif letter != "\\":
            names.append("")
        escaped = letter == "\\" and not escaped
    return [name for name in (word, *names) if name]


def parse(text: str) -> "dict[str, str]":
    """Return the variables that a file sets, as the library dotenvy reads it.

    The first of two values counts, and nothing after a line that is none. What a value refers to
    (`${HOME}`) is left as it stands.
    """
    found: "dict[str, str]" = {}
    rest = text
    while rest:
        statement, rest = _statement(rest)
        name, equals, value = statement.partition("=")
        words = name.split()
        name = words[-1] if words else ""
        if not words and not equals:
            continue
        plain = name.replace(".", "_").isidentifier()
        if not equals or not plain or words not in ([name], ["export", name]):
            break
        found.setdefault(name, value.strip())
    return found


def _statement(text: str) -> "tuple[str, str]":
    """Return the first line, without quotes and comment, and the rest; a quoted one may be long.

    An unended quote makes the line none.
    """
    taken, quote, position = "", "", 0
    while position < len(text):
        letter = text[position]
        position += 1
        if letter == "\\" and quote != "'":
            taken += text[position : position + 1]
            position += 1
        elif quote:
            taken, quote = (taken, "") if letter == quote else (taken + letter, quote)
        elif letter in "'\"":
            quote = letter
        elif letter == "\n":
            break
        elif letter == "#" and (not taken or taken[-1].isspace()):
            end = text.find("\n", position)
            return taken, text[end + 1 :] if end >= 0 else ""
        else:
            taken += letter
    return ("\0" if quote else taken), text[position:]
