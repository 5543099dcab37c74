"""Workspace membership by the rules of each uv."""

from __future__ import annotations

import pytest
from support.hosts.fakes import FakeSystem

from uvlocal.shim.project.pyproject import Document
from uvlocal.shim.project.workspace import RULES, has_member

Version = tuple[int, int, int]
NEWEST = (0, 13, 9)


def workspace(members: object, exclude: object = None) -> Document:
    """Return the file of a workspace in `/r`."""
    text = f"[tool.uv.workspace]\nmembers = {members}\n"
    if exclude is not None:
        text += f"exclude = {exclude}\n"
    return Document("/r", FakeSystem({"/r/pyproject.toml": text.encode()}))


def never() -> Version:
    """Fail, as the result must not depend on uv's version."""
    pytest.fail("uv was asked for its version")


@pytest.mark.parametrize(
    ("members", "exclude", "found", "expected"),
    [
        (["a"], [], "/r/a", True),
        (["a"], [], "/r/b", False),
        (["a"], [], "/r/a/b", False),
        (["p/*"], [], "/r/p/a", True),
        (["p/*"], ["p/a"], "/r/p/a", False),
        (["p/*"], ["p/b"], "/r/p/a", True),
        (["**"], [], "/r/x/y", True),
        (["**"], ["x*"], "/r/x/y", False),
        (["/r/a"], [], "/r/a", True),
        (["/r/a"], ["/r/*"], "/r/a", False),
        (["../a"], [], "/r/a", False),
        ([], [], "/r/a", False),
    ],
)
def test_members(members: list[str], exclude: list[str], found: str, *, expected: bool) -> None:
    """A project is a member if the members name it and the excludes do not, in every uv."""
    assert has_member(workspace(members, exclude), found, FakeSystem(), never) is expected


def test_no_lists() -> None:
    """A workspace without lists has no members but its root."""
    document = Document("/r", FakeSystem({"/r/pyproject.toml": b"[tool.uv.workspace]\n"}))
    assert not has_member(document, "/r/a", FakeSystem(), never)
    assert not document.problem


@pytest.mark.parametrize(
    ("glob", "found", "since", "expected"),
    [
        pytest.param("./a", "/r/a", (0, 9, 3), True, id="dot"),
        pytest.param("x/../a", "/r/a", (0, 9, 3), True, id="dots"),
        pytest.param("a/", "/r/a", (0, 11, 5), True, id="trailing-separator"),
        pytest.param("a//b", "/r/a/b", (0, 11, 7), True, id="repeated-separator"),
        pytest.param("a/./b", "/r/a/b", (0, 11, 7), True, id="dot-inside"),
        pytest.param("p*", "/r/p/a", (0, 12, 8), False, id="star-crosses"),
        pytest.param("a/", "/r/a/", (0, 11, 5), False, id="project-with-separator"),
    ],
)
def test_versions(glob: str, found: str, since: Version, *, expected: bool) -> None:
    """If a rule changed, the version before and the version that changed it differ."""
    old = (since[0], since[1], since[2] - 1)
    assert has_member(workspace([glob]), found, FakeSystem(), lambda: old) is not expected
    assert has_member(workspace([glob]), found, FakeSystem(), lambda: since) is expected
    assert has_member(workspace([glob]), found, FakeSystem(), lambda: NEWEST) is expected
    assert has_member(workspace([glob]), found, FakeSystem(), lambda: None) is expected


def test_rules_are_in_order() -> None:
    """The rules are sorted newest first, and the oldest apply to every version."""
    assert [rules.since for rules in RULES] == sorted((r.since for r in RULES), reverse=True)
    assert RULES[-1].since == (0, 0, 0)


@pytest.mark.parametrize(
    ("members", "exclude"),
    [
        pytest.param("3", None, id="members-is-no-list"),
        pytest.param("[3]", None, id="members-hold-numbers"),
        pytest.param(["a**"], None, id="no-glob"),
        pytest.param(["["], None, id="open-bracket"),
        pytest.param(["[x/../[]"], None, id="no-glob-once-cleaned"),
        pytest.param(["a"], "'a'", id="exclude-is-no-list"),
        pytest.param(["a"], ["***"], id="exclude-is-no-glob"),
        pytest.param(["x" * 70000], None, id="too-long"),
    ],
)
def test_what_uv_refuses(members: object, exclude: object) -> None:
    """A workspace that uv rejects is a problem, and has no members."""
    document = workspace(members, exclude)
    assert not has_member(document, "/r/a", FakeSystem(), never)
    assert "/r/pyproject.toml" in document.problem


@pytest.mark.parametrize(
    "glob",
    [pytest.param("*a" * 2000, id="stars"), pytest.param(f"[{'b' * 4000}]*", id="set")],
)
def test_what_would_take_long(glob: str) -> None:
    """Globs that would take minutes to match are a problem, and not matched."""
    document = workspace([glob])
    assert not has_member(document, "/r/" + "a" * 3000, FakeSystem(), never)
    assert "too long" in document.problem


def test_windows_globs() -> None:
    """On Windows, globs may have either separator."""
    system = FakeSystem(
        {r"C:\r\pyproject.toml": b"[tool.uv.workspace]\nmembers = ['p/*', 'q\\*']\n"},
        platform="win32",
    )
    document = Document("C:\\r", system)
    assert has_member(document, r"C:\r\p\a", system, never)
    assert has_member(document, r"C:\r\q\a", system, never)
    assert not has_member(document, r"C:\r\x\a", system, never)
