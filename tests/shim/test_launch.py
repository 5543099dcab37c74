"""`launch` in this process: what uv is started with, whatever happens."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING, NamedTuple

import pytest

import uvlocal
from uvlocal.shim import call as gather
from uvlocal.shim import contract, launch
from uvlocal.shim.uv import handover, variables

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

#: Windows has none, where these tests do not run.
SIGPIPE: int = getattr(signal, "SIGPIPE", 0)

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="executable bits are POSIX")


class Started(NamedTuple):
    """The result of the call: the exit code, and what uv was started with, if it was."""

    code: int
    uv: str
    argv: list[str]
    changes: dict[str, str | None]
    said: str


class Leave(BaseException):
    """Replaces the end of the process."""


@pytest.fixture
def call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Callable[..., Started]:
    """Return a function that makes one call in a Dropbox project, recording the start of uv."""
    home = tmp_path / "home"
    project = home / "Dropbox" / "foo"
    project.mkdir(parents=True)
    (project / "pyproject.toml").write_text('[project]\nname = "foo"\nversion = "1"\n')
    (home / ".dropbox").mkdir()
    info = {"personal": {"path": str(home / "Dropbox")}}
    (home / ".dropbox" / "info.json").write_text(json.dumps(info))
    uv = tmp_path / "bin" / "uv"
    uv.parent.mkdir()
    uv.write_bytes(b"\x7fELF")
    uv.chmod(0o755)
    started: list[tuple[str, list[str], dict[str, str | None]]] = []

    def become(path: str, arguments: list[str], changes: dict[str, str | None]) -> int:
        started.append((path, arguments, dict(changes)))
        return 0

    def leave(code: int) -> None:
        raise Leave(code)

    monkeypatch.setattr(handover, "become", become)
    monkeypatch.setattr(os, "_exit", leave)
    monkeypatch.chdir(project)
    for name in list(os.environ):
        if name.startswith(("UV", "XDG_")) or name in {"VIRTUAL_ENV", "CONDA_PREFIX"}:
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("PATH", str(uv.parent))

    def make(*arguments: str, flags: str = "-", **environ: str) -> Started:
        started.clear()
        capfd.readouterr()
        before = signal.getsignal(signal.SIGINT)
        with monkeypatch.context() as patch:
            for name, value in environ.items():
                patch.setenv(name, value)
            patch.setattr(
                sys, "argv", ["-c", "", "/none/uv", flags, *(arguments or ("uv", "lock"))]
            )
            try:
                with pytest.raises(Leave) as end:
                    launch.main()
            finally:
                signal.signal(signal.SIGINT, before)
                signal.signal(SIGPIPE, signal.SIG_IGN)
        path, argv, changes = started[0] if started else ("", [], {})
        return Started(end.value.args[0], path, argv, changes, capfd.readouterr().err)

    return make


def test_a_redirected_call(call: Callable[..., Started], tmp_path: Path) -> None:
    """uv is started with its own argv, and the environment outside the folder."""
    done = call("uv", "lock", "--quiet")
    assert (done.code, done.uv, done.said) == (0, str(tmp_path / "bin" / "uv"), "")
    assert done.argv == ["uv", "lock", "--quiet"]
    value = done.changes["UV_PROJECT_ENVIRONMENT"]
    assert value is not None
    assert value.startswith(str(tmp_path / "home/.local/share/uvlocal/envs/foo-"))
    assert done.changes["UVLOCAL_SET_UV_PROJECT_ENVIRONMENT"] == value


@pytest.mark.parametrize("value", [None, "", "0", "1", "00", " ", "0 ", "no", "false", "é"])
def test_one_rule_for_switches(value: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tracing is turned on like every other switch, even without `os`."""
    environ = {} if value is None else {"UVLOCAL_TRACE": value}
    wanted = variables.is_on(environ, "UVLOCAL_TRACE")
    as_bytes = {os.fsencode(name): os.fsencode(text) for name, text in environ.items()}
    for found in (environ, as_bytes):
        monkeypatch.setattr(launch, "os", SimpleNamespace(environ=found))
        assert launch._is_tracing() is wanted


def test_the_first_call_says_one_line_and_writes_the_record(
    call: Callable[..., Started], tmp_path: Path
) -> None:
    """The first call that creates the environment prints a notice, the second does not."""
    first, second = call("uv", "sync"), call("uv", "sync")
    _, hint = first.said.splitlines()
    assert hint.startswith("hint: editors")
    assert first.said.startswith("uvlocal: `~/Dropbox/foo` is synced by Dropbox")
    assert second.said == ""
    records = tmp_path / "home/.local/share/uvlocal/records"
    assert [path.suffix for path in records.iterdir()] == [".toml"]


@pytest.mark.parametrize("path", [None, "/nowhere"])
def test_an_answer_for_the_launcher(
    call: Callable[..., Started], tmp_path: Path, path: str | None
) -> None:
    """Given a handle, as on Windows, Python starts no uv: it writes what to do into the handle."""
    reading, writing = os.pipe()
    done = call("uv", "lock", flags=str(writing), **({} if path is None else {"PATH": path}))
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        magic, count, *rest = pipe.read().decode().split("\0")
    *changes, uv, end, nothing = rest
    assert (done.code, done.uv, magic, end, nothing) == (0, "", contract.ANSWER_MAGIC, "end", "")
    assert len(changes) == int(count)
    names = [change.partition("=")[0] for change in changes]
    assert ("UV_PROJECT_ENVIRONMENT" in names) == (path is None)
    assert uv == (str(tmp_path / "bin" / "uv") if path is None else "")
    assert ("error: no uv found" in done.said) == (path is not None)


@pytest.mark.parametrize(
    "quiet",
    [
        pytest.param((("uv", "sync", "-q"), {}), id="option"),
        pytest.param((("uv", "sync"), {"UVLOCAL_QUIET": "1"}), id="variable"),
    ],
)
def test_silence(
    call: Callable[..., Started], quiet: tuple[tuple[str, ...], dict[str, str]]
) -> None:
    """With a quiet option, even the first call is silent."""
    arguments, environ = quiet
    assert call(*arguments, **environ).said == ""


@pytest.mark.parametrize(
    ("value", "on"),
    [
        pytest.param(None, False, id="unset"),
        pytest.param("", False, id="empty"),
        pytest.param("0", False, id="zero"),
        pytest.param("00", True, id="any-other-word"),
        pytest.param("1", True, id="one"),
    ],
)
def test_switches(call: Callable[..., Started], value: str | None, *, on: bool) -> None:
    """All switches have one rule: empty and `0` are off."""

    def said(switch: str, *words: str) -> Started:
        return call("uv", *words, **({} if value is None else {switch: value}))

    assert ("UV_PROJECT_ENVIRONMENT" not in said("UVLOCAL_BYPASS", "lock").changes) == on
    assert ("decision: " in said("UVLOCAL_TRACE", "lock").said) == on
    assert (said("UVLOCAL_QUIET", "sync").said == "") == on


def test_a_module_beside_the_package(tmp_path: Path) -> None:
    """Files beside the package do not shadow the standard library."""
    source, home, uv = tmp_path / "source", tmp_path / "home", tmp_path / "bin" / "uv"
    shutil.copytree(os.path.dirname(uvlocal.__file__), source / "uvlocal")
    (source / "tomllib.py").write_text("raise SystemExit('the wrong tomllib')")
    for path, text in (
        (uv, "#!/bin/sh\necho real uv\n"),
        (home / ".config/uvlocal/uvlocal.toml", 'mode = "never"\n'),
        (home / "foo/pyproject.toml", '[project]\nname = "foo"\nversion = "1"\n'),
    ):
        path.parent.mkdir(parents=True)
        path.write_text(text)
    uv.chmod(0o755)
    code = (
        "import sys; file = open(sys.argv[1] + '/uvlocal/shim/launch.py');"
        "exec(compile(file.read(), file.name, 'exec')); main()"
    )
    words = [sys.executable, "-I", "-S", "-c", code, str(source), "/none/uv", "-", "uv", "sync"]
    done = subprocess.run(
        words,
        env={"HOME": str(home), "PATH": str(uv.parent)},
        cwd=home / "foo",
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "real uv\n", "")


def test_trace(call: Callable[..., Started]) -> None:
    """`UVLOCAL_TRACE` prints the facts and the decision to stderr."""
    said = call("uv", "lock", UVLOCAL_TRACE="1").said
    assert all(line.startswith("uvlocal: ") for line in said.splitlines())
    assert "uvlocal: decision: synced: " in said


def fail(*arguments: object) -> None:
    """Raise an error, like a bug."""
    del arguments
    msg = "a bug\nof ours"
    raise ValueError(msg)


def test_a_bug_of_ours_stops_nothing(
    call: Callable[..., Started], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever goes wrong, uv runs with the user's own environment, and one line is printed."""
    monkeypatch.setattr(gather, "decide", fail)
    inherited = {"UV_PROJECT_ENVIRONMENT": "/a", "UVLOCAL_SET_UV_PROJECT_ENVIRONMENT": "/a"}
    done = call("uv", "sync", **inherited)
    assert (done.code, done.argv) == (0, ["uv", "sync"])
    assert done.changes == dict.fromkeys(inherited)
    assert done.said == (
        "warning: uvlocal failed, so uv runs unchanged (ValueError: a bug of ours); "
        "set `UVLOCAL_TRACE=1` to see more\n"
    )
    assert "Traceback" in call("uv", "sync", UVLOCAL_TRACE="1").said
    assert call("uv", "sync", UVLOCAL_QUIET="1").said == ""
    assert call("uv", "sync", UVLOCAL_QUIET="0").said == done.said


def test_no_uv(call: Callable[..., Started]) -> None:
    """Without a real uv the exit code is 127, with the places searched."""
    done = call("uv", "sync", PATH="/nowhere")
    assert (done.code, done.uv) == (127, "")
    assert done.said.startswith("error: no uv found in any of these places:\n  /nowhere/uv\n")


def test_a_uv_that_does_not_start(
    call: Callable[..., Started], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A uv that cannot be started is reported, with the system's error."""

    def refuse(path: str, *rest: object) -> int:
        del rest
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr(handover, "become", refuse)
    done = call("uv", "lock")
    assert done.code == 127
    assert done.said.startswith("error: failed to start `")
    assert done.said.endswith("`: Permission denied\n")


@pytest.mark.parametrize(
    ("flags", "locale"),
    [
        pytest.param("-", "untouched", id="nothing"),
        pytest.param("L", None, id="absent"),
        pytest.param("PXL", None, id="absent-and-signals"),
        pytest.param("-=43", "C", id="was-C"),
        pytest.param("P=", "", id="was-empty"),
    ],
)
def test_the_locale_is_given_back(
    call: Callable[..., Started], flags: str, locale: str | None
) -> None:
    """Python's change of LC_CTYPE at startup is undone."""
    changes = call("uv", "--version", flags=flags).changes
    assert changes.get("LC_CTYPE", "untouched") == locale


def test_signals_are_given_back(
    call: Callable[..., Started], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Python ignores SIGPIPE; uv gets what the shim got."""
    seen = []

    def look(*arguments: object) -> int:
        del arguments
        seen.append(signal.getsignal(SIGPIPE))
        return 0

    monkeypatch.setattr(handover, "become", look)
    signal.signal(SIGPIPE, signal.SIG_IGN)
    call("uv", "--version", flags="-")
    signal.signal(SIGPIPE, signal.SIG_IGN)
    call("uv", "--version", flags="P")
    assert seen == [signal.SIG_DFL, signal.SIG_IGN]


def test_wrong_settings_are_told_of(call: Callable[..., Started], tmp_path: Path) -> None:
    """Invalid settings are ignored and reported in one line."""
    path = tmp_path / "home/.config/uvlocal/uvlocal.toml"
    path.parent.mkdir(parents=True)
    path.write_text('mode = "x"\nstore = 1\n')
    done = call("uv", "lock")
    assert done.said == (
        f"uvlocal: {path}: `mode` is 'x', but must be one of `auto`, `always`, `never` "
        "(and 1 more); `uvlocal config` shows every problem\n"
    )
    assert "UV_PROJECT_ENVIRONMENT" in done.changes
