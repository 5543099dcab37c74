"""Every command in any terminal: no traceback, no loop, nothing cut, quiet without a reader."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys

import pexpect
import pytest
import typer
from hypothesis import given, settings
from hypothesis import strategies as st
from support.hosts.machines import Machine

from uvlocal.manage.commands import main
from uvlocal.manage.commands.app import app
from uvlocal.manage.views import terminal

if sys.platform == "win32":
    pytest.skip("terminals of POSIX", allow_module_level=True)

#: The arguments for each command; none of them changes anything.
WORDS = {
    "status": [["status", "Dropbox/ok"], ["status"], ["status", "Dropbox/ok", "--json"]],
    "path": [["path", "Dropbox/ok"]],
    "doctor": [["doctor"], ["doctor", "--json"]],
    "list": [["list"], ["list", "--no-size"], ["list", "--json"]],
    "prune": [["prune"], ["prune", "--dry-run"], ["prune", "--json"]],
    "remove": [["remove", "Dropbox/ok", "--dry-run"], ["remove", "Dropbox/ok"]],
    "adopt": [["adopt", "Dropbox/ok", "--dry-run"]],
    "install": [["install", "--dry-run"], ["install", "--dry-run", "--json"], ["install"]],
    "uninstall": [["uninstall", "--dry-run"], ["uninstall", "--dry-run", "--json"]],
    "init": [["init", "tcsh"]],
    "link": [["link", "Dropbox/ok", "--vscode"], ["link", "--pointer", "x"]],
    "unlink": [["unlink", "Dropbox/ok"]],
    "scan": [["scan"], ["scan", "--json"], ["scan", "none"]],
    "migrate": [["migrate", "--all", "--dry-run"], ["migrate", "--dry-run", "--json"]],
    "config": [["config"], ["config", "--json"], ["config", "set", "moed", "x"]],
    "": [["--version"], [], ["nosuch"]],
}
_NAMES = list(getattr(typer.main.get_command(app), "commands", {}))
_HELP = [[name, "--help"] for name in _NAMES]
LINES = [["--help"], *_HELP, *(line for lines in WORDS.values() for line in lines)]


def test_every_command_is_tried() -> None:
    """Every command is tested."""
    assert set(_NAMES) == set(WORDS) - {""}


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """Return a machine with environments in several states, and names of all kinds."""
    made = Machine(str(tmp_path_factory.mktemp("machine")))
    made.keep("ok")
    made.keep("a project with a rather long name/and one more ünïcode folder below it")
    made.remove(made.keep("gone"))
    made.write(os.path.join(made.store, "records", "bad-0123456789.toml"), "x")
    made.make_environment(os.path.join(made.project("risk"), ".venv"))
    made.write(os.path.join(made.home, "Dropbox", "risk", ".venv", "x 2.py"), "")
    return made


class Screen(io.TextIOWrapper):
    """A stream that is a terminal without a size."""

    def isatty(self) -> bool:
        """Return True."""
        return True


def _text(stream: io.TextIOWrapper) -> str:
    assert isinstance(stream.buffer, io.BytesIO)
    return stream.buffer.getvalue().decode(stream.encoding)


def run_here(
    machine: Machine,
    line: list[str],
    environ: dict[str, str],
    encoding: str,
    errors: type[io.TextIOWrapper],
) -> tuple[int, str, str]:
    """Run a command in this process, with stdout on a screen; return exit code, stdout, stderr."""
    out = Screen(io.BytesIO(), encoding=encoding, write_through=True)
    err = errors(io.BytesIO(), encoding=encoding, write_through=True)
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if not name.startswith("COV"):
                patch.delenv(name)
        for name, value in {**machine.environ, **environ}.items():
            patch.setenv(name, value)
        patch.chdir(machine.home)
        patch.setattr(sys, "argv", ["uvlocal", *line])
        patch.setattr(sys, "stdin", io.StringIO())
        patch.setattr(sys, "stdout", out)
        patch.setattr(sys, "stderr", err)
        with pytest.raises(SystemExit) as ended:
            main.main()
    assert isinstance(ended.value.code, int)
    return ended.value.code, _text(out), _text(err)


def test_all_commands_in_a_terminal_without_a_size(machine: Machine) -> None:
    """Each exits with 0, 1 or 2, and prints JSON on request."""
    for line in LINES:
        code, out, err = run_here(machine, line, {"TERM": "dumb"}, "ascii", Screen)
        assert code in (0, 1, 2), line
        assert "Traceback" not in err, line
        assert "\x1b[3" not in out + err
        if "--json" in line and out:
            json.loads(out)


#: Values of `COLUMNS`.
WIDTHS = ["0", "1", "2", "3", "13", "20", "40", "80", "200", "", "x", "-1", "9" * 9]


@settings(max_examples=25)
@given(
    line=st.sampled_from(LINES),
    width=st.sampled_from(WIDTHS) | st.integers(0, 300).map(str),
    term=st.sampled_from(["dumb", "nonsense", "xterm-256color", ""]),
    encoding=st.sampled_from(["utf-8", "ascii", "latin-1"]),
)
def test_any_width(machine: Machine, line: list[str], width: str, term: str, encoding: str) -> None:
    """The width only changes line breaks in the output."""
    found, usual = (
        run_here(machine, line, {**one, "NO_COLOR": "1"}, encoding, io.TextIOWrapper)
        for one in ({"COLUMNS": width, "TERM": term}, {"COLUMNS": "100"})
    )
    assert (found[0], *map(_words, found[1:])) == (usual[0], *map(_words, usual[1:]))


def _words(text: str) -> str:
    """Return a text without line breaks and padding."""
    return "".join(sorted(character for character in text if character not in " \n█▏▎▍▌▋▊▉#?"))


@pytest.mark.parametrize(
    ("variable", "size", "width"),
    [
        pytest.param("", 0, 80, id="no size"),
        pytest.param("", 13, 40, id="narrow"),
        pytest.param("", 120, 120, id="wide"),
        pytest.param("60", 120, 60, id="variable"),
        pytest.param("0", 0, 80, id="variable and no size"),
    ],
)
def test_width(monkeypatch: pytest.MonkeyPatch, variable: str, size: int, width: int) -> None:
    """The variable takes precedence; without a size it is 80 columns, at least 40."""
    monkeypatch.setenv("COLUMNS", variable)
    monkeypatch.setattr(os, "get_terminal_size", lambda _: os.terminal_size((size, 0)))
    with open(os.devnull, encoding="utf-8") as stream:
        assert terminal.columns(stream) == width


# -- real terminals, and closed streams -----------------------------------------------------------


def in_terminal(machine: Machine, words: str, columns: int, typed: bytes = b"") -> tuple[int, str]:
    """Run a command in a terminal of a width, and type something; return exit code and screen."""
    with pexpect.spawn(
        sys.executable,
        ["-m", "uvlocal", *words.split()],
        env={**machine.environ, "TERM": "xterm"},
        cwd=machine.home,
        dimensions=(0 if columns == 0 else 24, columns),
        timeout=60,
    ) as child:
        seen = b""
        if typed:
            child.expect_exact("[y/N] ")
            seen = child.before + child.after
            child.send(typed)
        child.expect(pexpect.EOF)
    return child.exitstatus, (seen + child.before).decode(errors="replace")


@pytest.mark.slow
@pytest.mark.parametrize("columns", [0, 3, 13, 200])
@pytest.mark.parametrize("words", ["status Dropbox/ok", "list", "doctor", "scan", "config"])
def test_real_terminals(machine: Machine, words: str, columns: int) -> None:
    """Output works in a terminal of any size, or without a size."""
    code, seen = in_terminal(machine, words, columns)
    assert code in (0, 1)
    assert seen
    assert "Traceback" not in seen


@pytest.mark.parametrize(
    ("words", "typed", "code", "ends"),
    [
        pytest.param("install", b"n\n", 0, "cancelled, nothing was changed\r\n", id="install"),
        pytest.param("uninstall", b"\n", 0, "cancelled, nothing was changed\r\n", id="uninstall"),
        pytest.param("prune", b"\x04", 0, "cancelled, nothing was changed\r\n", id="prune, Ctrl-D"),
        pytest.param("prune", b"\x03", 130, "[y/N] ^C\r\n", id="prune, Ctrl-C"),
        pytest.param("prune", b"\xff\n", 0, "cancelled, nothing was changed\r\n", id="no text"),
    ],
)
def test_no_is_an_answer(machine: Machine, words: str, typed: bytes, code: int, ends: str) -> None:
    """A no changes nothing and is not an error; Ctrl-C also ends the line."""
    if words == "uninstall":
        machine.write(os.path.join(machine.home, ".cache", "uvlocal", "roots"))
    before = machine.environments()
    found, seen = in_terminal(machine, words, 80, typed)
    assert (found, seen[-len(ends) :]) == (code, ends)
    assert machine.environments() == before


@pytest.mark.skipif(sys.platform != "linux", reason="the device `/dev/full` is Linux's")
@pytest.mark.parametrize(
    ("streams", "code", "lines"),
    [
        pytest.param(">/dev/full", 1, 1, id="stdout full"),
        pytest.param("2>/dev/full", 0, 0, id="stderr full"),
        pytest.param(">/dev/full 2>/dev/full", 1, 0, id="both full"),
        pytest.param("<&- >&- 2>&-", 0, 0, id="all closed"),
        pytest.param("| true", 0, 0, id="nobody reads"),
        pytest.param("| head -1", 0, 0, id="one line is read"),
    ],
)
@pytest.mark.parametrize("words", ["list", "list --help"])
def test_streams_that_take_nothing(
    machine: Machine, words: str, streams: str, code: int, lines: int
) -> None:
    """Unwritable output gives at most one line; a reader that leaves is not an error."""
    line = f'set -o pipefail; "$0" -m uvlocal {words} {streams}'
    done = subprocess.run(
        ["/bin/bash", "-c", line, sys.executable],
        cwd=machine.home,
        env={**machine.environ, "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done
    talk = [one for one in done.stderr.splitlines() if one.startswith(("error", "Traceback"))]
    assert len(talk) == lines, done
