"""What `uv run` is asked to run."""

from __future__ import annotations

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.hosts.fakes import FakeSystem, Link
from support.random_worlds.oracle import zipped

from uvlocal.shim.request import run_target
from uvlocal.shim.request.argv import read

SCRIPT = b"# /// script\n# dependencies = []\n# ///\n"
FILES = {
    "/w/s.py": b"print()",
    "/w/inline.py": SCRIPT,
    "/w/d/s.py": b"",
    "/w/d/S.PY": b"",
    "/w/d/s.pyc": b"",
    "/w/d/s.pyw": b"",
    "/w/d/.py": b"",
    "/w/d/inline.py": b"#!/usr/bin/env python\n" + SCRIPT,
    "/w/d/plain": b"#!/bin/sh\n",
    "/w/d/app": zipped(before=b"#!/usr/bin/env python3\n"),
    "/w/d/no-app": zipped("main.py"),
    "/w/d/pkg/__main__.py": b"",
    "/w/d/bare/x.py": b"",
    "/w/link.py": Link("d/inline.py"),
    "/w/http:/x/s.py": b"",
    "/w/python": b"",
    "/w/d/python/__main__.py": b"",
}

TABLE = [
    # line after `run`, folder, script
    ("", "", ""),
    ("s.py", "", ""),
    ("./s.py", ".", ""),
    ("/w/s.py", "/w", ""),
    ("missing.py", "", ""),
    ("d/missing.py", "", ""),
    ("d/s.py", "d", ""),
    ("d//./s.py", "d", ""),
    ("d/../d/s.py", "d/../d", ""),
    ("d/S.PY", "d", ""),
    ("d/s.pyc", "d", ""),
    ("d/s.pyw", "d", ""),
    ("d/.py", "", ""),
    ("d/plain", "", ""),
    ("d/app", "d", ""),
    ("d/no-app", "", ""),
    ("d/pkg", "d", ""),
    ("d/pkg/", "d", ""),
    ("d/pkg/.", "d", ""),
    ("d/bare", "", ""),
    ("inline.py", "", "inline.py"),
    ("d/inline.py", "d", "d/inline.py"),
    ("link.py", "", "link.py"),
    ("python d/inline.py", "", ""),
    ("PYTHON d/inline.py", "", ""),
    ("d/python", "d", ""),
    ("-m d/s.py", "", ""),
    ("--module d/s.py", "", ""),
    ("-s d/missing.py", "d", ""),
    ("--script d/plain", "d", ""),
    ("--gui-script d/inline.py", "d", "d/inline.py"),
    ("-", "", ""),
    ("- d/s.py", "", ""),
    ("https://example.org/d/s.py", "", ""),
    ("http:/x/s.py", "http:/x", ""),
    ("-- d/s.py", "d", ""),
    ("..", "", ""),
]


@pytest.mark.parametrize(("line", "folder", "script"), TABLE)
def test_find(line: str, folder: str, script: str) -> None:
    """Scripts, zipped applications and packages have a directory; scripts may have metadata."""
    found = run_target.find(read(["run", *shlex.split(line)]), "/w", FakeSystem(FILES))
    assert (found.folder, found.script) == (folder, script)


def test_a_deleted_directory_has_no_target() -> None:
    """Without a working directory there is no target."""
    found = run_target.find(read(["run", "d/s.py"]), "", FakeSystem(FILES))
    assert (found.folder, found.script) == ("", "")


def test_windows_target() -> None:
    """On Windows a target may be written with either separator, and a URL is never a file."""
    files = {r"C:\w\d\s.py": b"", r"C:\w\x.py": SCRIPT}
    system = FakeSystem(files, platform="win32")
    for line in (["run", r"d\s.py"], ["run", "d/s.py"]):
        assert run_target.find(read(line), r"C:\w", system).folder == "d"
    assert run_target.find(read(["run", "https://x/d/s.py"]), r"C:\w", system).folder == ""
    assert run_target.find(read(["run", "x.py"]), r"C:\w", system).script == "x.py"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(SCRIPT, True, id="first-line"),
        pytest.param(b"#!/x\n" + SCRIPT, True, id="after-a-shebang"),
        pytest.param(b"x\r" + SCRIPT, True, id="after-a-lone-carriage-return"),
        pytest.param(SCRIPT.replace(b"\n", b"\r\n"), True, id="windows-lines"),
        pytest.param(b"# /// script", True, id="unclosed-is-an-error-of-uv"),
        pytest.param(b" " + SCRIPT, False, id="indented"),
        pytest.param(b"x = '# /// script'\n" + SCRIPT, False, id="only-the-first-counts"),
        pytest.param(b"# /// scripts\n", False, id="longer-word"),
        pytest.param(b"# /// script \n", False, id="trailing-space"),
        pytest.param(b"#/// script\n", False, id="no-space"),
        pytest.param(b"", False, id="empty"),
        pytest.param(b"\xff\n" + SCRIPT, True, id="not-utf-8"),
    ],
)
def test_inline_metadata(text: bytes, *, expected: bool) -> None:
    """Metadata is recognised exactly like in uv."""
    system = FakeSystem({"/w/x.py": text})
    assert run_target.has_inline_metadata("/w/x.py", system) is expected


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param(zipped(), True, id="plain"),
        pytest.param(zipped(before=b"#!/x\n" * 99), True, id="shebang"),
        pytest.param(zipped() + b"PK\x05\x06", False, id="cut"),
        pytest.param(zipped("__main__.py/"), False, id="directory"),
        pytest.param(zipped("x__main__.py"), False, id="other-name"),
        pytest.param(b"PK\x05\x06" + bytes(18), False, id="empty-archive"),
        pytest.param(b"", False, id="empty"),
    ],
)
def test_zipped_applications(content: bytes, *, expected: bool) -> None:
    """A zipped application is recognised by its content."""
    assert run_target.is_zipped_application("/x", FakeSystem({"/x": content})) is expected


def test_a_file_too_large_is_known_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is too large to read is an application by its name."""
    monkeypatch.setattr(run_target, "_ZIP_LIMIT", 10)
    system = FakeSystem({"/a.pyz": zipped(), "/a": zipped()})
    assert run_target.is_zipped_application("/a.pyz", system)
    assert not run_target.is_zipped_application("/a", system)


@given(st.binary(max_size=200), st.integers(0, 300), st.binary(max_size=4))
def test_any_archive_is_looked_at(content: bytes, at: int, damage: bytes) -> None:
    """Damaged archives give a result, without an error."""
    data = zipped() + content
    data = data[:at] + damage + data[at + len(damage) :]
    assert run_target.is_zipped_application("/x", FakeSystem({"/x": data})) in {True, False}
