"""Globs of a workspace's members and excludes, matched as the Rust crate `glob` matches them.

`?` is one character, `*` any number of them, `[a-z]` and `[!a-z]` one out of a set, `**` any number
of whole path components. Matching takes at most pattern length times path length steps.
Source: https://docs.rs/glob/latest/glob/struct.Pattern.html
"""

#: The tokens other than characters and sets.
_ANY_CHARACTER, _ANY_SEQUENCE, _ANY_COMPONENTS = "?", "*", "**"


class InvalidGlobError(ValueError):
    """The pattern is invalid; uv rejects the file that contains it."""


class Within:
    """A set of characters as ranges, or all characters but these."""

    __slots__ = ("excepted", "ranges")

    def __init__(self, text: str, *, excepted: bool) -> None:
        """Parse the text between the brackets: `a-z` is a range, anything else are characters."""
        self.excepted = excepted
        self.ranges: "list[tuple[str, str]]" = []
        at = 0
        while at < len(text):
            if text[at + 1 : at + 2] == "-" and at + 2 < len(text):
                self.ranges.append((text[at], text[at + 2]))
                at += 3
            else:
                self.ranges.append((text[at], text[at]))
                at += 1

    def holds(self, character: str) -> bool:
        """Return whether the set contains the character."""
        return any(low <= character <= high for low, high in self.ranges) != self.excepted


class Literal:
    """A character that matches itself."""

    __slots__ = ("character",)

    def __init__(self, character: str) -> None:
        self.character = character


def compiled(pattern: str, separators: str = "/") -> "list[str | Literal | Within]":
    """Return the tokens of a pattern.

    Raises:
        InvalidGlobError: the pattern is invalid.
    """
    tokens: "list[str | Literal | Within]" = []
    at = 0
    while at < len(pattern):
        character = pattern[at]
        if character == "*":
            end = at
            while pattern[end : end + 1] == "*":
                end += 1
            at = _stars(tokens, pattern, at, end, separators)
        elif character == "[":
            at = _brackets(tokens, pattern, at)
        else:
            tokens.append(_ANY_CHARACTER if character == "?" else Literal(character))
            at += 1
    return tokens


def _stars(
    tokens: "list[str | Literal | Within]", pattern: str, at: int, end: int, separators: str
) -> int:
    """Parse `*` or `**` from `at` to `end`; return where to continue."""
    if end - at == 1:
        tokens.append(_ANY_SEQUENCE)
        return end
    starts_component = at == 0 or pattern[at - 1] in separators
    ends_component = end == len(pattern) or pattern[end] in separators
    if end - at > len(_ANY_COMPONENTS) or not starts_component or not ends_component:
        raise InvalidGlobError(pattern)
    if len(tokens) <= 1 or tokens[-1] != _ANY_COMPONENTS:
        tokens.append(_ANY_COMPONENTS)
    return end + 1


def _brackets(tokens: "list[str | Literal | Within]", pattern: str, at: int) -> int:
    """Parse `[...]` or `[!...]` at `at`; return where to continue. The set may start with `]`."""
    excepted = pattern[at + 1 : at + 2] == "!"
    first = at + 2 if excepted else at + 1
    end = pattern.find("]", first + 1)
    if end < 0:
        raise InvalidGlobError(pattern)
    tokens.append(Within(pattern[first:end], excepted=excepted))
    return end + 1


def matches(pattern: str, path: str, *, crossing: bool = True, separators: str = "/") -> bool:
    """Return whether the whole `path` matches.

    Args:
        pattern: the glob.
        path: the path as text.
        crossing: `*`, `?` and sets may match a separator, the default of the crate.
        separators: the characters that separate components; on Windows two.

    Raises:
        InvalidGlobError: the pattern is invalid.
    """
    tokens = compiled(pattern, separators)
    # The tokens that may match next: all ways through the pattern at once.
    places = _with_empty(tokens, {0}, after_separator=True, at_end=not path)
    for position, character in enumerate(path):
        is_separator = character in separators
        following: "set[int]" = set()
        for place in places:
            if place == len(tokens):
                continue
            token = tokens[place]
            if token == _ANY_COMPONENTS or (
                token == _ANY_SEQUENCE and (crossing or not is_separator)
            ):
                following.add(place)
            elif _takes(token, character, separators, crossing=crossing):
                following.add(place + 1)
        places = _with_empty(
            tokens, following, after_separator=is_separator, at_end=position == len(path) - 1
        )
        if not places:
            return False
    return len(tokens) in places


def _takes(
    token: "str | Literal | Within", character: str, separators: str, *, crossing: bool
) -> bool:
    """Return whether a token for one character matches it."""
    if isinstance(token, Literal):
        both = token.character in separators and character in separators
        return token.character == character or both
    if not crossing and character in separators:
        return False
    return token.holds(character) if isinstance(token, Within) else token == _ANY_CHARACTER


def _with_empty(
    tokens: "list[str | Literal | Within]",
    places: "set[int]",
    *,
    after_separator: bool,
    at_end: bool,
) -> "set[int]":
    """Add the positions that are reached if sequences match nothing (more).

    `**` ends only at the start of a component, or with the path.
    """
    found: "set[int]" = set()
    for start in places:
        place = start
        while place not in found:
            found.add(place)
            if place == len(tokens):
                break
            token = tokens[place]
            if token == _ANY_SEQUENCE or (token == _ANY_COMPONENTS and (after_separator or at_end)):
                place += 1
    return found
