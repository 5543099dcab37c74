"""Commands that run without typer give the same output, with few modules."""

from __future__ import annotations

import io
import json
import os
import sys
from contextlib import redirect_stdout, suppress
from typing import TYPE_CHECKING

import pytest
from typer.completion import completion_init  # type: ignore[attr-defined] # named nowhere else

from uvlocal.manage.commands import quick
from uvlocal.manage.commands.app import app
from uvlocal.manage.installation import completion

if TYPE_CHECKING:
    from support.hosts.worlds import World

if sys.platform == "win32":
    pytest.skip("each command line is run in a fork", allow_module_level=True)

#: Command lines, some of which always use typer. Only `init` creates the shim.
LINES = [
    ["init", "bash"],
    *(["init", shell] for shell in ("zsh", "/bin/fish", "pwsh", "nu", "dash", "cmd", "")),
    ["init", "zsh", "--alias"],
    ["init", "--alias", "bash", "--alias"],
    ["init", "fish", "--shim-dir", "elsewhere"],
    ["init"],
    ["init", "bash", "zsh"],
    *([word, *rest] for word in ("path", "status") for rest in ([], ["local"], ["none"], [""])),
    *([word, *rest] for word in ("path", "status") for rest in (["file"], ["a", "b"], ["--nope"])),
    ["status", "--json"],
    ["status", "--json", "none"],
    ["status", "local", "--json", "--json"],
    ["status", "--jso"],
    ["status", "--", "local"],
    ["path", "--json"],
    ["path", "--help"],
    ["path", "~"],
    ["path", "-"],
    ["--version"],
    ["-V"],
    ["--version", "path"],
    ["-Vh"],
    ["list"],
    ["list", "--no-size"],
    ["list", "--json"],
    ["list", "local"],
    ["prune", "--dry-run"],
    ["prune", "--dry-run", "--json"],
    ["prune", "--dry-run", "--older-than", "1d"],
    ["prune"],
    ["scan"],
    ["scan", "..", "local", "--json"],
    ["scan", "nothing"],
    ["scan", "--max-depth", "1", ".."],
    ["doctor", "--json", "local"],
    ["doctor", "nothing"],
    ["doctor", "--report"],
    ["doctor", "a", "b"],
    [],
]

#: Runs each command line normally, and with typer, each in its own process.
COMPARES = """
import json, os, sys, tempfile
import typer.rich_utils
from uvlocal.manage.commands import app, main, quick, shell_code
from uvlocal.manage.installation import install
from uvlocal.manage.projects import status

def run(words):
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        child = os.fork()
        if not child:
            os.dup2(out.fileno(), 1)
            os.dup2(err.fileno(), 2)
            sys.argv = ["uvlocal", *words]
            code = 0
            try:
                main.main()
            except SystemExit as end:
                code = end.code or 0
            finally:
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(code)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        return [code, *(file.seek(0) or file.read().decode("latin-1") for file in (out, err))]

lines = json.loads(sys.argv[1])
quickly = [run(words) for words in lines]
quick.COMMANDS.clear()
print(json.dumps([[words, one, run(words)] for words, one in zip(lines, quickly)]))
"""


@pytest.fixture
def world(newest_world: World) -> World:
    """Return a machine with the projects named above in the current directory, itself a project."""
    project = newest_world.project("home/Dropbox/foo")
    newest_world.project("local/foo")
    os.symlink(newest_world.path("local/foo"), os.path.join(project, "local"))
    os.symlink(newest_world.home, os.path.join(project, "none"))
    newest_world.path("home/Dropbox/foo/file")
    with open(os.path.join(project, "file"), "w", encoding="utf-8"):
        pass
    return newest_world


def test_the_answer_is_the_same_as_by_typer(world: World) -> None:
    """stdout, stderr and exit code are the same with and without typer."""
    cwd = world.path("home/Dropbox/foo")
    ran = world.run(sys.executable, "-c", COMPARES, json.dumps(LINES), cwd=cwd).ok()
    for words, quickly, by_typer in json.loads(ran.raw_out):
        assert (words, quickly) == (words, by_typer)
        assert any(quickly[1:]), words


#: Slow modules, which these command lines do not need.
HEAVY = (
    *("typer", "rich", "psutil", "filelock", "tomlkit", "tomli_w", "tomllib", "dataclasses"),
    *("inspect", "typing", "subprocess", "shutil", "ctypes", "threading", "pathlib", "platform"),
)
#: Runs the command, then prints the imported modules to stderr.
TELLS = """
import sys
from uvlocal.manage.commands import main
try:
    main.main()
finally:
    sys.stderr.write(" ".join(sys.modules))
"""
#: Coverage measurement would import some of them itself.
UNMEASURED = {"COVERAGE_PROCESS_START": None, "COVERAGE_PROCESS_CONFIG": None}
#: How many of our own modules a command may import, and which slow ones it needs.
LIMITS = {
    ("path",): (60, set()),
    ("status",): (75, {"typing"}),
    ("status", "--json"): (75, {"typing"}),
    ("init", "zsh"): (35, set()),
    ("--version",): (20, set()),
}


@pytest.mark.parametrize("words", LIMITS, ids=" ".join)
def test_few_modules_are_imported(world: World, words: tuple[str, ...]) -> None:
    """Commands for prompts and shell startup import no slow modules."""
    cwd = world.path("home/Dropbox/foo")
    world.run(sys.executable, "-m", "uvlocal", "init", "zsh", cwd=cwd).ok()  # the shim is there
    world.run(*world.uvlocal_command, "status", cwd=cwd).ok()  # uv's version is known
    done = world.run(sys.executable, "-c", TELLS, *words, cwd=cwd, env=UNMEASURED).ok()
    imported = done.raw_err.split()
    most, needed = LIMITS[words]
    assert set(HEAVY).intersection(imported) <= needed
    assert len([name for name in imported if name.startswith("uvlocal")]) <= most


def test_help_loads_nothing_that_does_the_work(world: World) -> None:
    """Help imports typer and the command definitions, but not their implementation."""
    # Help needs the width of the terminal.
    done = world.run(sys.executable, "-c", TELLS, "--help").ok()
    names = set(done.raw_err.split()) - {"uvlocal.manage.views", "uvlocal.manage.views.terminal"}
    rooms = {name.split(".")[2] for name in names if name.count(".") > 1}
    assert "commands" in rooms
    assert not rooms & {"doctor", "environments", "installation", "projects", "settings", "views"}


def test_every_quick_command_is_compared() -> None:
    """The list above has every command line that runs without typer."""
    beginnings = {tuple(words[: len(known)]) for words in LINES for known in quick.COMMANDS}
    assert set(quick.COMMANDS) <= beginnings


@pytest.mark.parametrize("shell", completion.OF_UVLOCAL)
def test_completion_is_what_typer_says(shell: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The completion code is typer's own, except for lines that change the Tab key."""
    completion_init()
    monkeypatch.setenv("_UVLOCAL_COMPLETE", f"source_{shell}")
    text = io.StringIO()
    with redirect_stdout(text), suppress(SystemExit):
        app([], prog_name="uvlocal")
    left_out = ("Import-Module PSReadLine", "Set-PSReadLineKeyHandler", "#")
    lines = [line for line in text.getvalue().split("\n") if not line.startswith(left_out)]
    assert completion.OF_UVLOCAL[shell].strip("\n") == "\n".join(lines).strip("\n")
