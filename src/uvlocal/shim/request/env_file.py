"""Variables in the files that `uv run` reads for the program it starts (`--env-file`).

Before 0.11 uv itself obeyed `UV_PROJECT_ENVIRONMENT` in such a file; since then it only passes it
on to the program. Neither replaces a variable that is already set, so we must not set what a file
sets. Sources: https://docs.astral.sh/uv/configuration/files/#env, and experiments with the real uv,
which the tests repeat.
"""

from uvlocal.shim.machine.host import System

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uvlocal.shim.request.argv import Line
    from uvlocal.shim.request.uv_environ import Variables

#: The size limit of a file, in bytes; real ones have a few hundred.
LIMIT = 256 * 1024


def variables(
    line: "Line", directory: str, system: System, environ: "Variables"
) -> "dict[str, str]":
    """Return the variables that the files of a `uv run` set; references are not expanded.

    Args:
        line: the command line.
        directory: the directory that relative paths start from.
        system: the machine.
        environ: the variables, as uv reads them.
    """
    wish = line.env_files or [environ.text("UV_ENV_FILE")]
    if not any(wish) or "--no-env-file" in line.flags or environ.on("UV_NO_ENV_FILE"):
        return {}
    found: "dict[str, str]" = {}
    for name in dict.fromkeys([name for word in wish for name in _names(word)]):
        data = system.read(system.path.join(directory, name), LIMIT) or b""
        # A later file wins.
        found.update(parse(data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")))
    return found


def _names(word: str) -> "list[str]":
    r"""Return the files that a word may name: separated by spaces, with `\ ` for a space in a name.

    The oldest uvs take the word as one path. Both readings are tried; if they differ, uv fails.
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

    The first value of a variable wins, and nothing after an invalid line counts. References such as
    `${HOME}` are not expanded.
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
    """Return the first statement, without quotes and comment, and the rest of the text.

    A quoted value may span lines. An unclosed quote makes the statement "".
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
