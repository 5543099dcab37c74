"""JSON with comments: one value changes, and every other character stays."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as some

from uvlocal.manage import jsonc

SETTINGS = """\
// mine
{
    "editor.fontSize": 13, // small
    /* the "python.x": "y" of
       before */
    "files.exclude": { "**/.git": true, },
    "python.x": "old" // last
}
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("", '{\n    "k": "v"\n}\n', id="nothing"),
        pytest.param("\n", '{\n    "k": "v"\n}\n', id="space"),
        pytest.param("// mine\n", '// mine\n{\n    "k": "v"\n}\n', id="only-a-remark"),
        pytest.param("{}", '{\n    "k": "v"\n}', id="empty-object"),
        pytest.param("{\n}\n", '{\n    "k": "v"\n}\n', id="empty-object-in-two-lines"),
        pytest.param(
            "{\n  // none\n}\n", '{\n  // none\n    "k": "v"\n}\n', id="object-with-a-remark"
        ),
        pytest.param("{ // none\n}", '{ // none\n    "k": "v"\n}', id="remark-behind-the-brace"),
        pytest.param('{"a": 1}', '{"a": 1, "k": "v"}', id="one-line"),
        pytest.param('{ "a": 1 }', '{ "a": 1, "k": "v" }', id="one-line-with-space"),
        pytest.param('{"a": 1,}', '{"a": 1, "k": "v",}', id="one-line-comma-at-the-end"),
        pytest.param('{\n  "a": 1\n}\n', '{\n  "a": 1,\n  "k": "v"\n}\n', id="indented-by-two"),
        pytest.param('{\n\t"a": 1,\n}\n', '{\n\t"a": 1,\n\t"k": "v",\n}\n', id="tab-and-comma"),
        pytest.param(
            '{\r\n  "a": 1 // x\r\n}\r\n',
            '{\r\n  "a": 1, // x\r\n  "k": "v"\r\n}\r\n',
            id="remark-and-line-ends-of-windows",
        ),
        pytest.param(
            '{\n  "a": 1 /* x */ // y\n  // z\n}',
            '{\n  "a": 1, /* x */ // y\n  "k": "v"\n  // z\n}',
            id="several-remarks",
        ),
        pytest.param('\ufeff{"a": 1}', '\ufeff{"a": 1, "k": "v"}', id="byte-order-mark"),
        pytest.param("\ufeff", '\ufeff{\n    "k": "v"\n}\n', id="only-a-byte-order-mark"),
        pytest.param('{"k": [1, {"k": 2}]}', '{"k": "v"}', id="replaced"),
        pytest.param('{"k": 1, "b": {"k": 1}}', '{"k": "v", "b": {"k": 1}}', id="only-outermost"),
        pytest.param('{"k": 1, "k": 2}', '{"k": 1, "k": "v"}', id="the-last-of-two-counts"),
        pytest.param('{"\\u006b": 1}', '{"\\u006b": "v"}', id="key-with-an-escape"),
        pytest.param('{"a": "// {k"}', '{"a": "// {k", "k": "v"}', id="remark-in-a-string"),
    ],
)
def test_set(text: str, expected: str) -> None:
    """A member is set in its place or after the last, in the style of the file."""
    assert jsonc.with_value(text, "k", "v") == expected
    assert jsonc.load(expected)["k"] == "v"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param('{"k": 1}', "{}", id="the-only-one"),
        pytest.param('{"a": 1, "k": 1}', '{"a": 1}', id="the-last-in-one-line"),
        pytest.param('{"k": 1, "a": 1}', '{"a": 1}', id="the-first-in-one-line"),
        pytest.param('{\n  "a": 1,\n  "k": 1\n}\n', '{\n  "a": 1\n}\n', id="the-last-line"),
        pytest.param('{\n  "k": 1,\n  "a": 1\n}\n', '{\n  "a": 1\n}\n', id="the-first-line"),
        pytest.param(
            '{\n  "a": 1, // x\n  "k": 1\n}\n', '{\n  "a": 1 // x\n}\n', id="remark-before-stays"
        ),
        pytest.param('{\n  "a": 1,\n  "k": 1,\n}\n', '{\n  "a": 1,\n}\n', id="comma-at-the-end"),
        pytest.param(
            '{\n  "k": 1, // x\n  "a": 1\n}', '{\n   // x\n  "a": 1\n}', id="remark-behind-stays"
        ),
        pytest.param('{"a": {"k": 1}}', '{"a": {"k": 1}}', id="only-outermost"),
        pytest.param('{"k": 1, "a": 2, "k": 3}', '{"a": 2}', id="each-of-two"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_unset(text: str, expected: str) -> None:
    """A member goes with its comma and its line, and nothing else does."""
    assert jsonc.without(text, "k") == expected
    assert "k" not in jsonc.load(expected)


def test_real_settings() -> None:
    """In a file as people have it, one line changes."""
    assert jsonc.with_value(SETTINGS, "python.x", "new") == SETTINGS.replace('"old"', '"new"')
    added = jsonc.with_value(SETTINGS, "python.y", "z")
    assert added == SETTINGS.replace('"old" // last', '"old", // last\n    "python.y": "z"')
    assert jsonc.without(added, "python.y") == SETTINGS
    assert jsonc.load(SETTINGS) == {
        "editor.fontSize": 13,
        "files.exclude": {"**/.git": True},
        "python.x": "old",
    }


@pytest.mark.parametrize(
    ("text", "line"),
    [
        pytest.param("[]", 1, id="list"),
        pytest.param('{"a": }', 1, id="no-value"),
        pytest.param('{\n"a" 1}', 2, id="no-colon"),
        pytest.param('{"a": 1\n"b": 2}', 2, id="no-comma"),
        pytest.param("{a: 1}", 1, id="no-quotes"),
        pytest.param('{"a": 1', 1, id="no-end"),
        pytest.param('{"a": "x\n"}', 1, id="string-over-lines"),
        pytest.param('{"a": "\\x"}', 1, id="bad-escape"),
        pytest.param('{"a": nul}', 1, id="bad-word"),
        pytest.param("{} {}", 1, id="two"),
        pytest.param("{ /* ", 1, id="open-remark"),
        pytest.param('{"a": ' + "[" * 5000, 1, id="deep"),
        pytest.param('{"a": [1 2]}', 1, id="list-without-comma"),
        pytest.param("{,}", 1, id="comma-alone"),
    ],
)
def test_what_is_no_json(text: str, line: int) -> None:
    """What cannot be read is not changed; the error names the line."""
    for act in (
        lambda: jsonc.load(text),
        lambda: jsonc.with_value(text, "k", "v"),
        lambda: jsonc.without(text, "k"),
    ):
        with pytest.raises(jsonc.JsoncError, match=rf"^line {line}: "):
            act()


VALUES = some.recursive(
    some.none() | some.booleans() | some.integers() | some.text(),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.text(), inner, max_size=3),
    max_leaves=6,
)
GAPS = some.sampled_from(["", " ", "\n", "\r\n\t", '// x, "k": {\n', '/* " } */', "\n  // y\n "])


@some.composite
def files(draw: some.DrawFn) -> str:
    """Return a text that says an object, with remarks and space wherever they may be."""
    members = draw(some.lists(some.tuples(some.text(max_size=3), VALUES), max_size=4))
    text = draw(GAPS) + "{"
    for place, (key, value) in enumerate(members):
        written = json.dumps(value, indent=draw(some.sampled_from([None, 2])))
        text += draw(GAPS) + json.dumps(key) + draw(GAPS) + ":" + draw(GAPS) + written + draw(GAPS)
        if place < len(members) - 1 or draw(some.booleans()):
            text += "," + draw(GAPS)
    return text + draw(GAPS) + "}" + draw(GAPS)


def remarks(text: str) -> list[str]:
    """Return the remarks of a text, in order, those in strings left out."""
    parts = re.findall(r'"(?:[^"\\]|\\.)*"|//[^\r\n]*|/\*.*?\*/', text, re.DOTALL)
    return [part for part in parts if not part.startswith('"')]


@given(text=files(), key=some.text(max_size=3), value=some.text())
def test_any_file(text: str, key: str, value: str) -> None:
    """Whatever the file: exactly one value changes, and every remark stays, in order."""
    before = jsonc.load(text)
    changed = jsonc.with_value(text, key, value)
    assert jsonc.load(changed) == {**before, key: value}
    assert remarks(changed) == remarks(text)
    gone = jsonc.without(changed, key)
    assert jsonc.load(gone) == {name: kept for name, kept in before.items() if name != key}
    assert set(remarks(gone)) <= set(remarks(text))
    if key not in before and before:
        assert list(jsonc.load(changed)) == [*before, key]
