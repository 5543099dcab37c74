"""Reading one `pyproject.toml`."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from support.hosts.fakes import FakeSystem, Special

import uvlocal
from uvlocal.shim.machine.host import READ_LIMIT
from uvlocal.shim.project.pyproject import Document, as_toml_1_0


def read(content: object) -> Document:
    """Return the document of a file with that content."""
    return Document("/p", FakeSystem({"/p/pyproject.toml": content}))


def test_values() -> None:
    """Values are found at their keys, in any syntax."""
    document = read(b"tool.a = {b = {c = 1}}\n")
    assert document.get("tool", "a", "b", "c") == 1
    assert document.get("tool", "a", "x") is None
    assert document.get("tool", "a", "b", "c", "d") is None
    assert not document.problem


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        pytest.param(b"a = \n", "not valid TOML", id="broken"),
        pytest.param(b"a = 1\na = 2\n", "not valid TOML", id="twice"),
        pytest.param(b"a = " + b"[" * 99999, "not valid TOML", id="deep"),
        pytest.param(b"[a" + b".a" * 99999 + b"]", "more than 1000 dots", id="long-key"),
        pytest.param(b"# \xe9", "not valid UTF-8", id="latin-1"),
        pytest.param(b"#" * (READ_LIMIT + 1), "cannot be read", id="huge"),
        pytest.param(None, "cannot be read", id="directory"),
        pytest.param(Special(), "cannot be read", id="fifo"),
    ],
)
def test_problems(content: object, problem: str) -> None:
    """An unreadable or invalid file has a problem and no values."""
    document = read(content)
    assert document.get("a") is None
    assert problem in document.problem
    assert "/p/pyproject.toml" in document.problem


def test_byte_order_mark() -> None:
    """A byte order mark is not part of the text."""
    assert read(b"\xef\xbb\xbfa = 1").get("a") == 1


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"[tool.uv.workspace]", True),
        (b"# a workspace", True),
        (b'[tool.uv."work\\u0073pace"]', True),
        (b'[tool.uv."work\\U00000073pace"]', True),
        (b'[tool.uv."work\\x73pace"]', True),
        (b"[tool.uv]", False),
        (b"", False),
    ],
)
def test_may_have(content: bytes, *, expected: bool) -> None:
    """A key that the text neither contains nor hides is absent."""
    assert read(content).may_have("workspace") is expected


def test_nothing_is_parsed_unasked() -> None:
    """Neither reading nor looking for a key loads a parser."""
    program = (
        "import sys; from uvlocal.shim.project.pyproject import Document; "
        "from uvlocal.shim.machine.host import System; "
        "Document('.', System()).may_have('workspace'); "
        "sys.exit('tomllib' in sys.modules or 're' in sys.modules)"
    )
    package = os.path.dirname(os.path.abspath(uvlocal.__file__))
    start = f"import sys; sys.path[:0] = [{os.path.dirname(package)!r}]; "
    subprocess.run([sys.executable, "-I", "-S", "-c", start + program], check=True)


NEWER = [
    pytest.param("a = {\n  b = 1,\n  c = 2,\n}", {"a": {"b": 1, "c": 2}}, id="lines"),
    pytest.param("a = { b = 1, }", {"a": {"b": 1}}, id="comma"),
    pytest.param("a = { # one }\n b = 1 # two\n , # three\n}", {"a": {"b": 1}}, id="comments"),
    pytest.param("a = {\r\n b = [\r\n1,\r\n] }", {"a": {"b": [1]}}, id="windows-lines"),
    pytest.param("a = {b = {\n c = '}' ,\n},\n}", {"a": {"b": {"c": "}"}}}, id="nested"),
    pytest.param("a = {b = '''\n#,\n'''}", {"a": {"b": "#,\n"}}, id="string-in-table"),
    pytest.param(r'a = "\e[0m"', {"a": "\x1b[0m"}, id="escape"),
    pytest.param(r'a = "\x41\\x41"', {"a": "A\\x41"}, id="hexadecimal"),
    pytest.param(r'"\x41" = 1', {"A": 1}, id="hexadecimal-key"),
    pytest.param("a = '\\e\\x41'\nb = {\n}", {"a": "\\e\\x41", "b": {}}, id="literal-string"),
    pytest.param('a = """\\x41""\\"""""\nb = {\n}', {"a": 'A""""', "b": {}}, id="quotes"),
]


@pytest.mark.parametrize(("text", "expected"), NEWER)
def test_toml_1_1(text: str, expected: object) -> None:
    """TOML 1.1 is parsed, even if Python's own parser does not support it."""
    assert tomllib.loads(as_toml_1_0(text)) == expected
    document = read(text.encode())
    assert {key: document.get(key) for key in tomllib.loads(as_toml_1_0(text))} == expected
    assert not document.problem


def test_times_without_seconds() -> None:
    """A time, and a date with time, may omit the seconds."""
    text = "a = 07:32\nb = 1979-05-27T07:32Z\nc = 1979-05-27 07:32\nd = 07:32:11\ne = {\n}"
    times = {key: str(value) for key, value in tomllib.loads(as_toml_1_0(text)).items()}
    assert times == {
        "a": "07:32:00",
        "b": "1979-05-27 07:32:00+00:00",
        "c": "1979-05-27 07:32:00",
        "d": "07:32:11",
        "e": "{}",
    }


VALUES = st.recursive(
    st.integers() | st.booleans() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=5,
)


@given(st.dictionaries(st.text("ab#{}[],'\"\\ x", min_size=1, max_size=5), VALUES, max_size=4))
@example({"#": ["{", "}", ","]})
def test_older_toml_keeps_its_meaning(table: dict[str, object]) -> None:
    """Rewriting TOML 1.0 does not change its meaning."""
    text = "\n".join(f"{_quoted(key)} = {_written(value)}" for key, value in table.items())
    assert tomllib.loads(as_toml_1_0(text)) == tomllib.loads(text)
    inner = text.replace("\n", ", ")
    assert tomllib.loads(as_toml_1_0(f"t = {{{inner}}}")) == tomllib.loads(f"t = {{{inner}}}")


@given(st.text("a1=[]{}\"'\\#,:.\n x", max_size=40))
def test_any_text_is_rewritten(text: str) -> None:
    """Rewriting terminates, even for invalid TOML."""
    assert isinstance(as_toml_1_0(text), str)


def _quoted(text: str) -> str:
    escaped = "".join(f"\\U{ord(letter):08x}" if letter in '"\\\n' else letter for letter in text)
    plain = "".join(
        letter if letter.isprintable() else f"\\U{ord(letter):08x}" for letter in escaped
    )
    return f'"{plain}"'


def _written(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return "[" + ", ".join(map(_written, value)) + "]"
    return _quoted(value) if isinstance(value, str) else str(value)
