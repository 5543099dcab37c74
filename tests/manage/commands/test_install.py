"""The commands `install`, `uninstall` and `init`, as people and programs see them."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from support.hosts.homes import Home

from uvlocal.manage.installation import install, windows_path
from uvlocal.manage.installation.install import Wish
from uvlocal.manage.views import install as install_view
from uvlocal.shim import contract
from uvlocal.shim.machine.host import System

if TYPE_CHECKING:
    from pathlib import Path


pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the homes here are POSIX's")


#: What is to be typed in the running shell.
_NOW = '`export PATH="$HOME/.local/share/uvlocal/shims:$PATH"; hash -r`'


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Return an empty home directory."""
    return Home(tmp_path)


def test_nobody_agreed(home: Home) -> None:
    """Without a terminal and without `--yes`, nothing changes, and the exit code is 1."""
    before = home.tree()
    result = home.command("install")
    assert result.returncode == 1
    assert len(result.stdout.splitlines()) == 2
    assert result.stderr == (
        "error: nothing was changed: cannot ask for confirmation here\n"
        "\nhint: pass `--yes` to skip the confirmation\n"
    )
    assert home.tree() == before
    home.install()
    before = home.tree()
    assert home.command("uninstall").returncode == 1
    assert home.tree() == before


def test_dry_run(home: Home) -> None:
    """`--dry-run` shows the plan, changes nothing and exits with 0, for people and programs."""
    before = home.tree()
    for words in (["install"], ["install", "--json"], ["uninstall"], ["uninstall", "--json"]):
        result = home.command(*words, "--dry-run")
        assert (result.returncode, result.stderr) == (0, "")
        if "--json" in words:
            assert json.loads(result.stdout)["version"] == 1
    assert home.tree() == before


def test_what_is_asked(home: Home) -> None:
    """What will be done is told in a few lines, with every path below home as `~`."""
    home.write(".bashrc", "")
    home.environment()
    asked = home.command("install", "--dry-run")
    assert asked.stdout.splitlines() == [
        "create  ~/.local/share/uvlocal/shims/uv",
        "add     one line to ~/.bashrc, ~/.profile, to put the shim first on PATH",
    ]
    home.command("install", "--yes")
    asked = home.command("uninstall", "--dry-run")
    assert asked.stdout.splitlines() == [
        "undo    ~/.bashrc, ~/.profile",
        "remove  5 files in ~/.local/share/uvlocal/shims",
        "remove  ~/.virtualenvs/foo-0123456789",
        "keep    ~/.local/share/uvlocal/envs/foo-0123456789",
    ]


def test_output_of_install_and_uninstall(home: Home) -> None:
    """The output for people: each change, what to do next, and how to remove the rest."""
    home.write(".bashrc", "alias uv=/opt/uv\n")
    home.write(".profile", "").chmod(0o444)
    result = home.command("install", "--yes")
    assert result.stdout == ""
    blocked = "`~/.profile` is read-only, so add the output of `uvlocal init bash` yourself"
    assert result.stderr.splitlines() == [
        "installed `~/.local/share/uvlocal/shims/uv`, and added a line to `~/.bashrc`",
        f"warning: {blocked} (and 1 more: `uvlocal doctor`)",
        "",
        f"hint: open a new shell, or run {_NOW}",
    ]
    assert result.returncode == 1

    result = home.command("uninstall", "--yes")
    assert result.stdout == ""
    assert "removed the shim; open shells may need `hash -r`" in result.stderr
    assert "to remove uvlocal itself" in result.stderr
    assert result.returncode == 0
    result = home.command("uninstall", "--yes")
    told = "nothing to do: uvlocal is not installed here\n"
    assert (result.returncode, result.stdout, result.stderr) == (0, told, "")


def test_an_alias_that_hides_the_shim(home: Home) -> None:
    """An alias is told with its file, its line, and what to do."""
    home.write(".bashrc", "alias uv=/opt/uv\n")
    assert (
        "warning: `~/.bashrc`, line 1: this alias hides the shim in bash; remove it, or "
        "change it to call `~/.local/share/uvlocal/shims/uv`\n"
    ) in home.command("install", "--yes").stderr


@pytest.mark.parametrize(
    ("variable", "value", "program"),
    [
        ("TERM_PROGRAM", "vscode", "VS Code"),
        ("TERMINAL_EMULATOR", "JetBrains-JediTerm", "the JetBrains IDE"),
        ("TERM_PROGRAM", "Apple_Terminal", ""),
    ],
)
def test_a_program_with_a_terminal(home: Home, variable: str, value: str, program: str) -> None:
    """Only in the terminal of an editor is something said of editors: it keeps its PATH."""
    home.environ[variable] = value
    told = home.command("install", "--yes").stderr
    assert ("quit" in told) == bool(program)
    assert f"(quit {program} and start it again)" in told or not program


def test_json(home: Home) -> None:
    """Programs get one object, with every line and its state."""
    made = json.loads(home.command("install", "--yes", "--json").stdout)
    assert [line["state"] for line in made["lines"]] == ["added", "added"]
    assert (made["changed"], made["real_uv"]) == (True, str(home.uv))
    gone = json.loads(home.command("uninstall", "--yes", "--json").stdout)
    assert gone["startup_files"] == [line["path"] for line in made["lines"]]
    assert gone["folders"] == [
        str(home.shims),
        str(home.shims.parent),
        str(home.path / ".local/share"),
        str(home.path / ".local"),
    ]
    assert home.tree() == {}


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(["install", "--no-rc", "--shell", "zsh"], id="contradiction"),
        pytest.param(["install", "--shell", "tcsh"], id="unknown-shell"),
        pytest.param(["init", "tcsh"], id="init-unknown-shell"),
    ],
)
def test_wrong_usage(home: Home, words: list[str]) -> None:
    """Wrong usage exits with 2 and a message."""
    result = home.command(*words)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith("error: ")
    assert home.tree() == {}


def test_init_makes_the_shim(home: Home) -> None:
    """`init` prints only code, and creates the shim if it is missing."""
    result = home.command("init", "bash")
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.startswith('case "$PATH" in "$HOME/.local/share/uvlocal/shims":*)')
    assert (home.shims / "uv").exists()
    assert not (home.path / ".bashrc").exists()
    before = (home.shims / contract.CONFIGURATION).stat().st_ino

    home.set_path(str(home.program("other/uv", "echo other").parent), "/bin")
    assert " || alias uv=" in home.command("init", "bash", "--alias").stdout.splitlines()[0]
    assert (home.shims / contract.CONFIGURATION).stat().st_ino == before


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "powershell", "nu", "sh"])
def test_init_for_every_shell(home: Home, shell: str) -> None:
    """Every shell gets its line, and completion of `uvlocal` if typer supports the shell."""
    result = home.command("init", shell)
    assert (result.returncode, result.stderr) == (0, "")
    assert "uvlocal/shims" in result.stdout.splitlines()[0]
    assert ("_UVLOCAL_COMPLETE" in result.stdout) is (shell not in ("nu", "sh"))
    assert "PSReadLine" not in result.stdout


# -- output in rare cases --------------------------------------------------------------------------


def test_output_where_a_real_uv_took_the_place(home: Home) -> None:
    """Moving a real uv that replaced the shim, and moving it back, is reported."""
    home.install()
    (home.shims / "uv").write_bytes(b"\x7fELF real")
    shims = "~/.local/share/uvlocal/shims"
    out = home.command("install", "--dry-run").stdout
    assert out.startswith(f"move    {shims}/uv, a real uv, to {shims}/real/uv\n")
    told = home.command("install", "--yes").stderr
    assert f"the real uv that was there is now `{shims}/real/uv`" in told
    assert f"restore {shims}/uv, a real uv\n" in home.command("uninstall", "--dry-run").stdout
    told = home.command("uninstall", "--yes").stderr
    assert f"moved the real uv back to `{shims}/uv`" in told


def test_output_with_environments(home: Home) -> None:
    """Environments to remove and to keep are shown, with reasons."""
    home.install()
    home.environment()
    (home.path / ".local/share/uvlocal/envs/strange").mkdir()
    kept = home.command("uninstall", "--dry-run")
    assert "keep    ~/.local/share/uvlocal/envs/foo-0123456789" in kept.stdout
    kept = home.command("uninstall", "--yes")
    assert "`uvlocal uninstall --environments` removes the environments" in kept.stderr

    gone = home.command("uninstall", "--dry-run", "--environments")
    assert gone.stdout.splitlines() == [
        "remove  ~/.local/share/uvlocal/envs/foo-0123456789, of ~/Dropbox/foo",
        "skip    ~/.local/share/uvlocal/envs/strange: its name does not come from uvlocal",
    ]
    gone = home.command("uninstall", "--yes", "--environments")
    assert "removed the shim and 1 environment; " in gone.stderr
    assert "warning: `~/.local/share/uvlocal/envs/strange`: its name" in gone.stderr
    assert gone.returncode == 1


def test_output_without_startup_files(home: Home) -> None:
    """With `--no-rc`, the line for PATH is shown; if there is no uv yet, there is a warning."""
    home.uv.unlink()
    result = home.command("install", "--no-rc", "--yes")
    assert result.stdout == ""
    assert result.stderr.splitlines() == [
        "installed `~/.local/share/uvlocal/shims/uv`",
        "warning: there is no uv on `PATH` yet, so install uv next: https://docs.astral.sh/uv",
        "",
        f"hint: put it first on PATH: {_NOW}",
    ]


def test_output_for_an_unknown_shell(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    """If no shell is known, the directory is shown for the user to put on PATH."""
    home.environ["SHELL"] = "/bin/tcsh"
    made = install.perform(install.plan(Wish(), home.system))
    install_view.installed(made)
    told = f"no known shell found, so put `{home.shims}` first on PATH yourself"
    assert told in capsys.readouterr().err


class FakePath:
    """The user's PATH on Windows, as a value."""

    def read(self) -> windows_path.Value | None:
        """Return the value."""
        return windows_path.Value("C:\\a", windows_path.TEXT)

    def write(self, value: windows_path.Value | None) -> None:
        """Raise an error."""
        raise PermissionError(13, f"denied: {value}")


def test_output_on_windows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """On Windows the user's PATH is changed; a failure is reported."""
    environ = {"LOCALAPPDATA": str(tmp_path)}
    system = System(platform="win32", environ=environ, home=str(tmp_path))
    todo = install.plan(Wish(str(tmp_path / "shims")), system, user_path=FakePath())
    install_view.plan(todo.result)
    assert f"add     {tmp_path / 'shims'} to the user's PATH\n" in capsys.readouterr().out
    made = install.perform(todo)
    install_view.installed(replace(made, real_uv="C:\\uv.exe"))
    talk = capsys.readouterr().err
    assert "warning: the user's PATH in the registry cannot be changed" in talk


@pytest.mark.parametrize(
    ("file", "command"),
    [
        pytest.param("uv-receipt.toml", "uv tool uninstall uvlocal", id="uv"),
        pytest.param("pipx_metadata.json", "pipx uninstall uvlocal", id="pipx"),
        pytest.param("other", "pip uninstall uvlocal", id="pip"),
    ],
)
def test_how_to_remove_uvlocal_itself(tmp_path: Path, file: str, command: str) -> None:
    """The last hint depends on how the package was installed."""
    (tmp_path / file).touch()
    assert install_view.own_removal(str(tmp_path)) == command
