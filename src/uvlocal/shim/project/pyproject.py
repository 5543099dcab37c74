"""A `pyproject.toml`, parsed only if it may contain the requested key.

Most files are never parsed, as the parser alone takes as long as the rest of a decision.
"""

from uvlocal.shim.machine.host import System

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


class Document:
    """The file `pyproject.toml` in `directory`.

    `problem` says why uv will reject it, or is "" if no reason was found yet.
    """

    __slots__ = ("_table", "_text", "directory", "path", "problem")

    def __init__(self, directory: str, system: System) -> None:
        self.directory = directory
        self.path = system.path.join(directory, "pyproject.toml")
        self.problem = ""
        self._table: "Mapping[str, object] | None" = None
        self._text = ""
        data = system.read(self.path)
        if data is None:
            self.problem = f"`{self.path}` cannot be read"
            return
        try:
            # By hand, as the codec `utf-8-sig` is not a built-in module.
            self._text = data.removeprefix(b"\xef\xbb\xbf").decode()
        except UnicodeDecodeError:
            self.problem = f"`{self.path}` is not valid UTF-8"

    def may_have(self, key: str) -> bool:
        """Return whether the file may contain `key`, without parsing it.

        The key may be hidden: a quoted key can spell letters as escapes.
        """
        text = self._text
        return key in text or "\\u" in text or "\\U" in text or "\\x" in text

    def get(self, *keys: str) -> object:
        """Return the value at these keys, or None if there is none.

        Parses the file, and sets `problem` if it is invalid.
        """
        value: object = self._parsed()
        for key in keys:
            value = value.get(key) if isinstance(value, dict) else None
        return value

    def _parsed(self) -> "Mapping[str, object]":
        if self._table is None:
            self._table = {}
            if not self.problem:
                try:
                    self._table = parse(self._text)
                except (ValueError, RecursionError) as error:
                    self.problem = f"`{self.path}` is not valid TOML ({error})"
        return self._table


#: The maximum number of dots in a line. Python's parser takes time quadratic in the parts of a key:
#: a million of them, in somebody else's file, would take hours.
_MOST_DOTS = 1000


def parse(text: str) -> "Mapping[str, object]":
    """Parse TOML 1.1, which uv reads since 0.9; up to Python 3.14, `tomllib` only supports 1.0.

    Raises:
        ValueError: the text is invalid, or would take very long.
    """
    import tomllib

    refuse_endless(text)
    try:
        return tomllib.loads(text)
    except ValueError as error:
        try:
            return tomllib.loads(as_toml_1_0(text))
        except ValueError:
            raise error from None


def refuse_endless(text: str) -> None:
    """Reject a text that would take Python's TOML parser very long.

    Raises:
        ValueError: the text is one.
    """
    if text.count(".") > _MOST_DOTS and max(map(_dots, text.split("\n"))) > _MOST_DOTS:
        msg = f"a line has more than {_MOST_DOTS} dots"
        raise ValueError(msg)


def _dots(line: str) -> int:
    return line.count(".")


def as_toml_1_0(text: str) -> str:
    r"""Rewrite TOML 1.1 as TOML 1.0; the meaning stays the same.

    TOML 1.1 added newlines, comments and a trailing comma in inline tables, the escapes `\e` and
    `\xHH`, and times without seconds (https://github.com/toml-lang/toml/blob/main/CHANGELOG.md).
    """
    parts: "list[str]" = []
    brackets: "list[str]" = []
    at = 0
    while at < len(text):
        character = text[at]
        end = at + 1
        part = character
        if character in "\"'":
            end = _string_end(text, at)
            part = text[at:end] if character == "'" else _escapes(text[at:end])
        elif character == "#":
            end = text.find("\n", at)
            end = len(text) if end < 0 else end
            part = "" if "{" in brackets else text[at:end]
        elif character in "[{":
            brackets.append(character)
        elif character in "]}" and brackets:
            if brackets.pop() == "{":
                _drop_comma(parts)
        elif character in "\r\n" and "{" in brackets:
            part = " "
        elif character.isdigit() and _is_short_time(text, at):
            end = at + 5
            part = text[at:end] + ":00"
        parts.append(part)
        at = end
    return "".join(parts)


def _string_end(text: str, start: int) -> int:
    """Return where the string at `start` ends, or the end of the text if it is not closed."""
    quote = text[start]
    delimiter = quote * 3 if text.startswith(quote * 3, start) else quote
    at = start + len(delimiter)
    while at < len(text):
        if text[at] == "\\" and quote == '"':
            at += 2
        elif text.startswith(delimiter, at):
            at += len(delimiter)
            while delimiter != quote and text[at : at + 1] == quote:  # one or two belong to it
                at += 1
            return at
        elif text[at] == "\n" and delimiter == quote:
            return at
        else:
            at += 1
    return len(text)


def _escapes(string: str) -> str:
    """Rewrite the escapes of a basic string."""
    pieces = string.split("\\\\")
    return "\\\\".join(piece.replace("\\e", "\\u001b").replace("\\x", "\\u00") for piece in pieces)


def _drop_comma(parts: "list[str]") -> None:
    """Remove a trailing comma and the white space after it."""
    at = len(parts) - 1
    while at >= 0 and not parts[at].strip():
        at -= 1
    if at >= 0 and parts[at] == ",":
        del parts[at:]


def _is_short_time(text: str, at: int) -> bool:
    """Return whether a time without seconds, such as `07:32`, is at this position."""
    shape = "".join("0" if character.isdigit() else character for character in text[at : at + 6])
    before = text[at - 1 : at] if at else ""
    is_time = shape[:5] == "00:00" and shape[5:] not in ("0", ":")
    return is_time and before != ":" and not before.isdigit()
