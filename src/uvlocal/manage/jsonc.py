"""Change one value in a JSON file with comments, and nothing else: comments and order stay.

That is the format of VS Code's settings: JSON with `//` and `/* */` comments and commas after the
last member (https://code.visualstudio.com/docs/languages/json). Only members of the outermost
object are changed.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

_BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"
_SPACE = " \t\r\n"
_STRING = re.compile(r'"(?:[^"\\\x00-\x1f]|\\.)*"')
_WORD = re.compile(r"[-+.\w]+")
_REMARK = re.compile(r"//[^\r\n]*|/\*.*?\*/", re.DOTALL)
#: Deeper nesting is not somebody's settings.
_DEPTH = 200


class JsoncError(ValueError):
    """The text is no JSON with comments, or its outermost value is no object."""


@dataclass(frozen=True, slots=True)
class _Member:
    """Where a member of the outermost object stands: its key, its value, the end of its comma."""

    key: str
    start: int
    value: int
    end: int
    comma: int | None


def load(text: str) -> dict[str, Any]:
    """Return what the text says; nothing at all says `{}`, as in VS Code.

    Raises:
        JsoncError: it is no JSON with comments, or no object.
    """
    return _Reader(text).table


def with_value(text: str, key: str, value: str) -> str:
    """Return the text with a member set, in its old place or after the last one.

    Raises:
        JsoncError: see `load`.
    """
    reader = _Reader(text)
    written = json.dumps(value, ensure_ascii=False)
    same = [member for member in reader.members if member.key == key]
    if same:  # of several members with one key the last one counts
        return text[: same[-1].value] + written + text[same[-1].end :]
    member = f"{json.dumps(key, ensure_ascii=False)}: {written}"
    newline = "\r\n" if "\r\n" in text else "\n"
    if reader.open is None:
        head = text.rstrip(_SPACE)
        gap = newline if head.removeprefix(_BOM) else ""
        return f"{head}{gap}{{{newline}    {member}{newline}}}{newline}"
    if not reader.members:
        return _into_empty(text, reader, member, newline)
    last = reader.members[-1]
    indent = _indent(text, last.start)
    comma = "" if last.comma is None else ","
    if indent is None:  # the members stand in one line
        end = last.end if last.comma is None else last.comma
        between = ", " if last.comma is None else " "
        return f"{text[:end]}{between}{member}{comma}{text[end:]}"
    if last.comma is None:
        text = text[: last.end] + "," + text[last.end :]
    end = _end_of_line(text, (last.comma or last.end + 1))
    return f"{text[:end]}{newline}{indent}{member}{comma}{text[end:]}"


def without(text: str, key: str) -> str:
    """Return the text without a member, and without the line that it had for itself.

    Raises:
        JsoncError: see `load`.
    """
    while True:
        reader = _Reader(text)
        places = [at for at, member in enumerate(reader.members) if member.key == key]
        if not places:
            return text
        place = places[-1]
        member = reader.members[place]
        start, end = member.start, member.end if member.comma is None else member.comma
        line = text.rfind("\n", 0, start) + 1
        if not text[line:start].strip(_SPACE):
            rest = re.compile(r"[ \t]*(\r?\n)?").match(text, end)
            if rest is not None and rest.group(1):
                start, end = line, rest.end()
        elif member.comma is not None:
            while text[end : end + 1] in (" ", "\t"):
                end += 1
        text = text[:start] + text[end:]
        if member.comma is None and place:  # the member before is the last one now
            before = reader.members[place - 1]
            if before.comma is not None:
                gap = text[before.comma : start]
                # In one line the gap after the comma goes with it.
                after = start if not gap.strip(" \t") else before.comma
                text = text[: before.comma - 1] + text[after:]


def _into_empty(text: str, reader: _Reader, member: str, newline: str) -> str:
    """Return the text with the first member in an object that has none, remarks perhaps."""
    assert reader.open is not None  # noqa: S101 - the caller has seen to it
    inside = text[reader.open : reader.close].rstrip(_SPACE)
    above = _indent(text, reader.open - 1) or ""
    start = reader.open + len(inside)
    lines = f"{newline}{above}    {member}{newline}{above}"
    return text[:start] + lines + text[reader.close :]


def _indent(text: str, start: int) -> str | None:
    """Return what stands before a place in its line, None where that is not space alone."""
    before = text[text.rfind("\n", 0, start) + 1 : start].removeprefix(_BOM)
    return before if not before.strip(" \t") and "\n" in text[:start] else None


def _end_of_line(text: str, at: int) -> int:
    """Return where the remarks behind a place end that begin in its line, or that place."""
    end = at
    while True:
        while text[at : at + 1] in (" ", "\t"):
            at += 1
        remark = _REMARK.match(text, at)
        if remark is None:
            return end
        at = end = remark.end()


class _Reader:
    """Reads a text once; `members` are those of the outermost object.

    `open` is the place after its brace, None where the text says nothing; `close` that of the
    closing one.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = len(_BOM) if text.startswith(_BOM) else 0
        self.members: list[_Member] = []
        self.open: int | None = None
        self.close = 0
        self.table: dict[str, Any] = {}
        self._skip()
        if self.at == len(text):
            return
        if text[self.at] != "{":
            raise self._wrong("must be an object")
        self.open = self.at + 1
        found: dict[str, Any] = self._value(0)
        self._skip()
        if self.at != len(text):
            raise self._wrong("goes on after its end")
        self.table = found

    def _wrong(self, what: str) -> JsoncError:
        line = self.text.count("\n", 0, self.at) + 1
        return JsoncError(f"line {line}: {what}")

    def _skip(self) -> None:
        """Go over space and remarks."""
        while self.at < len(self.text):
            if self.text[self.at] in _SPACE:
                self.at += 1
                continue
            remark = _REMARK.match(self.text, self.at)
            if remark is None:
                return
            self.at = remark.end()

    def _value(self, depth: int) -> Any:  # noqa: ANN401 - what JSON can hold
        start = self.text[self.at : self.at + 1]
        if depth > _DEPTH:
            raise self._wrong("is nested too deeply")
        if start == "{":
            return self._object(depth)
        if start == "[":
            return self._list(depth)
        return self._plain()

    def _plain(self) -> Any:  # noqa: ANN401 - a string, a number, a word
        found = (_STRING if self.text[self.at : self.at + 1] == '"' else _WORD).match(
            self.text, self.at
        )
        if found is None:
            raise self._wrong("a value is expected")
        try:
            value = json.loads(found.group())
        except ValueError:
            raise self._wrong(f"`{found.group()[:40]}` is no value") from None
        self.at = found.end()
        return value

    def _object(self, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        self.at += 1
        while not self._closes("}"):
            start = self.at
            if self.text[self.at : self.at + 1] != '"':
                raise self._wrong("a key in quotes is expected")
            key = self._plain()
            self._skip()
            if self.text[self.at : self.at + 1] != ":":
                raise self._wrong("a colon is expected")
            self.at += 1
            self._skip()
            value = self.at
            found[key] = self._value(depth + 1)
            end = self.at
            comma = self._comma("}")
            if depth == 0:
                self.members.append(_Member(key, start, value, end, comma))
        if depth == 0:
            self.close = self.at - 1
        return found

    def _list(self, depth: int) -> list[Any]:
        found = []
        self.at += 1
        while not self._closes("]"):
            found.append(self._value(depth + 1))
            self._comma("]")
        return found

    def _closes(self, bracket: str) -> bool:
        self._skip()
        if self.text[self.at : self.at + 1] != bracket:
            return False
        self.at += 1
        return True

    def _comma(self, bracket: str) -> int | None:
        """Go over a comma, and return the place after it; None before the closing bracket."""
        self._skip()
        if self.text[self.at : self.at + 1] == ",":
            self.at += 1
            return self.at
        if self.text[self.at : self.at + 1] != bracket:
            raise self._wrong(f"a comma or `{bracket}` is expected")
        return None
