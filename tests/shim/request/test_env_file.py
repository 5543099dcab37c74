"""Files that `uv run` reads variables from."""

from __future__ import annotations

import pytest
from support.hosts.fakes import FakeSystem, Special

from uvlocal.shim.request import env_file
from uvlocal.shim.request.parse import parse

NAME = "UV_PROJECT_ENVIRONMENT"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param("A=/x", "/x", id="plain"),
        pytest.param("\n# A=/y\n  A=/x", "/x", id="after-a-comment"),
        pytest.param("export A = '/x y' # why", "/x y", id="exported-and-quoted"),
        pytest.param('A="/x \\" y"', '/x " y', id="escaped-quote"),
        pytest.param("A=/x#y", "/x#y", id="no-comment"),
        pytest.param("A=/x\r\nB=1\r\n", "/x", id="windows-lines"),
        pytest.param("A=/x\nA=/y", "/x", id="the-first-counts"),
        pytest.param("A=${HOME}/x", "${HOME}/x", id="reference"),
        pytest.param("A=", "", id="empty"),
        pytest.param("B='\nA=/y\n'\nC=1", None, id="inside-a-quoted-value"),
        pytest.param("what is this\nA=/x", None, id="after-what-is-no-line"),
        pytest.param("A: /x", None, id="colon"),
        pytest.param('A="/x', None, id="unended"),
        pytest.param("=/x", None, id="no-name"),
        pytest.param("AA=/x", None, id="another"),
        pytest.param("", None, id="nothing"),
    ],
)
def test_a_file(text: str, value: str | None) -> None:
    """A file sets the same variables as in uv."""
    assert env_file.parse(text).get("A") == value


def read(words: str, environ: dict[str, str] | None = None, **files: object) -> str | None:
    """Return the environment's variable in `uv run` with these words."""
    tree = {f"/p/{name.replace('_', ' ')}": content for name, content in files.items()}
    system = FakeSystem(tree, environ=environ, cwd="/p")
    request = parse(["run", *words.split("|"), "true"], system, lambda: None)
    return request.file_variables.get(NAME)


ONE, TWO, NONE = (f"{NAME}=/one".encode(), f"{NAME}=/two".encode(), b"A=1")


@pytest.mark.parametrize(
    ("words", "environ", "files", "value"),
    [
        pytest.param("--env-file|a", {}, {"a": ONE}, "/one", id="option"),
        pytest.param("--env-file=/p/a", {}, {"a": ONE}, "/one", id="absolute"),
        pytest.param("--env-file=a|--env-file=b", {}, {"a": ONE, "b": NONE}, "/one", id="first"),
        pytest.param("--env-file=a|--env-file=b", {}, {"a": ONE, "b": TWO}, "/two", id="last"),
        pytest.param("--env-file=b a", {}, {"a": ONE, "b": NONE}, "/one", id="list"),
        pytest.param("--env-file=a\\ b", {}, {"a_b": ONE}, "/one", id="escaped-space"),
        pytest.param("--env-file=a b", {}, {"a_b": ONE}, "/one", id="space-in-the-oldest"),
        pytest.param("-q", {"UV_ENV_FILE": "a"}, {"a": ONE}, "/one", id="variable"),
        pytest.param(
            "--env-file=b", {"UV_ENV_FILE": "a"}, {"a": ONE, "b": NONE}, None, id="option-wins"
        ),
        pytest.param("--no-env-file", {"UV_ENV_FILE": "a"}, {"a": ONE}, None, id="no"),
        pytest.param("--env-file=a", {"UV_NO_ENV_FILE": "1"}, {"a": ONE}, None, id="no-variable"),
        pytest.param("--env-file=a", {}, {}, None, id="missing"),
        pytest.param("--env-file=a", {}, {"a": Special()}, None, id="fifo"),
        pytest.param("--env-file=a", {}, {"a": None}, None, id="folder"),
        pytest.param("--env-file=a", {}, {"a": ONE + b"\n#" * env_file.LIMIT}, None, id="huge"),
        pytest.param("--env-file=a", {}, {"a": b"\xff\xfe"}, None, id="no-text"),
        pytest.param("--env-file=a", {}, {"a": b"\xef\xbb\xbf" + ONE}, "/one", id="mark-first"),
    ],
)
def test_which_files(
    words: str, environ: dict[str, str], files: dict[str, object], value: str | None
) -> None:
    """The files are the ones that uv reads; an unreadable one sets nothing."""
    assert read(words, environ, **files) == value
