"""Globs as uv matches them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uvlocal.shim.project.globs import InvalidGlobError, matches

TABLE = [
    # pattern, path, with `*` crossing separators, without
    ("a", "a", True, True),
    ("a", "b", False, False),
    ("a", "aa", False, False),
    ("", "", True, True),
    ("", "a", False, False),
    ("?", "a", True, True),
    ("?", "", False, False),
    ("?", "é", True, True),
    ("a?b", "a/b", True, False),
    ("*", "a", True, True),
    ("*", "", True, True),
    ("*", "a/b", True, False),
    ("*", ".hidden", True, True),
    ("a/*", "a/b", True, True),
    ("a/*", "a/b/c", True, False),
    ("a/*", "a", False, False),
    ("a*c", "abbc", True, True),
    ("a*c", "abbcd", False, False),
    ("*b*", "abc", True, True),
    ("[ab]", "b", True, True),
    ("[ab]", "c", False, False),
    ("[a-c]", "b", True, True),
    ("[a-c]", "d", False, False),
    ("[!a-c]", "d", True, True),
    ("[!a-c]", "b", False, False),
    ("[!a]", "/", True, False),
    ("[]]", "]", True, True),
    ("[!]]", "a", True, True),
    ("[!]]", "]", False, False),
    ("[a-]", "-", True, True),
    ("[-a]", "-", True, True),
    ("[[]x]", "[x]", True, True),
    ("[*]", "*", True, True),
    ("[a!]", "!", True, True),
    ("a]", "a]", True, True),
    ("**", "", True, True),
    ("**", "a/b", True, True),
    ("**/a", "a", True, True),
    ("**/a", "x/y/a", True, True),
    ("**/a", "xa", False, False),
    ("a/**", "a/b/c", True, True),
    ("a/**", "a", False, False),
    ("a/**/b", "a/b", True, True),
    ("a/**/b", "a/x/y/b", True, True),
    ("a/**/b", "a/xb", False, False),
    ("**/*/b", "b", False, False),
    ("**/*/b", "a/b", True, True),
    ("**/**/a", "x/a", True, True),
]


@pytest.mark.parametrize(("pattern", "path", "crossing", "literal"), TABLE)
def test_matches(pattern: str, path: str, *, crossing: bool, literal: bool) -> None:
    """A pattern matches the same paths as in uv."""
    assert matches(pattern, path, crossing=True) is crossing
    assert matches(pattern, path, crossing=False) is literal


@pytest.mark.parametrize(
    "pattern", ["[", "[]", "[!]", "[a", "[!a", "a**", "**a", "a/**b", "***", "a/***/b", "[]a"]
)
def test_invalid(pattern: str) -> None:
    """A pattern that is invalid for uv is invalid for us."""
    with pytest.raises(InvalidGlobError):
        matches(pattern, "a")


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        pytest.param(r"a\b", "a/b", True, id="either-separator-is-the-other"),
        pytest.param("a/b", r"a\b", True, id="slash-for-backslash"),
        pytest.param("a/*", r"a\b\c", False, id="backslash-is-not-crossed"),
        pytest.param("**/c", r"a\b\c", True, id="components-end-at-backslash"),
    ],
)
def test_windows_separators(pattern: str, path: str, *, expected: bool) -> None:
    """On Windows both separators work."""
    assert matches(pattern, path, crossing=False, separators="\\/") is expected


@pytest.mark.parametrize(
    "pattern",
    ["*a" * 60 + "b", "**/" * 60 + "b", "**/*/" * 30 + "b", "[a-z]*" * 60 + "b", "*" + "?*" * 60],
    ids=["stars", "components", "mixed", "sets", "questions"],
)
def test_hostile_patterns_end(pattern: str) -> None:
    """A pattern with exponentially many ways to match is fast."""
    assert matches(pattern, "a/" * 200 + "c", crossing=True) is (pattern[-1] == "*")


def by_trying(tokens: str, path: str, *, crossing: bool) -> bool:
    """Match by backtracking, for patterns of letters, `?`, `*` and `S` for `**/`."""
    if not tokens:
        return not path
    token, rest = tokens[0], tokens[1:]
    if token == "S":
        ends = [0, *(at + 1 for at, letter in enumerate(path) if letter == "/"), len(path)]
        return any(by_trying(rest, path[end:], crossing=crossing) for end in ends)
    if token == "*":
        limit = len(path) if crossing or "/" not in path else path.index("/")
        return any(by_trying(rest, path[end:], crossing=crossing) for end in range(limit + 1))
    if not path or (token == "?" and path[0] == "/" and not crossing):
        return False
    return (token in {"?", path[0]}) and by_trying(rest, path[1:], crossing=crossing)


COMPONENTS = st.lists(st.sampled_from(["a", "b", "*", "?", "*a", "a*", "a?", "**"]), max_size=5)


@given(components=COMPONENTS, path=st.text("ab/", max_size=8), crossing=st.booleans())
def test_all_ways_at_once(components: list[str], path: str, *, crossing: bool) -> None:
    """Our algorithm gives the same results as backtracking."""
    pattern = "/".join(components)
    tokens = pattern.replace("**/", "S")
    tokens = tokens[:-2] + "S" if tokens.endswith("**") else tokens
    assert matches(pattern, path, crossing=crossing) is by_trying(tokens, path, crossing=crossing)


@given(pattern=st.text("ab*?[]!-/", max_size=12), path=st.text("ab/-", max_size=8))
def test_any_text_is_answered(pattern: str, path: str) -> None:
    """Any text is a valid or an invalid pattern, without other errors."""
    try:
        answer = matches(pattern, path)
    except InvalidGlobError:
        return
    assert answer in {True, False}
