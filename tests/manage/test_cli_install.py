"""The commands `install`, `uninstall` and `init`, as people and programs meet them."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest
from homes import Home

from uvlocal.shim import handover

if TYPE_CHECKING:
    from pathlib import Path


pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the homes here are POSIX's")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Return a home directory without anything in it."""
    return Home(tmp_path)


def test_nobody_agreed(home: Home) -> None:
    """Without a terminal and without `--yes`, nothing changes, and the exit code is 1."""
    before = home.tree()
    result = home.command("install")
    assert result.returncode == 1
    assert 'export PATH="$HOME/.local/share/uvlocal/shims:$PATH"' in result.stdout
    assert result.stderr == (
        "error: nothing was changed\n\nhint: pass `--yes` to go on without a question\n"
    )
    assert home.tree() == before
    home.install()
    before = home.tree()
    assert home.command("uninstall").returncode == 1
    assert home.tree() == before


def test_dry_run(home: Home) -> None:
    """`--dry-run` shows and changes nothing, exit code 0, for people and for programs."""
    before = home.tree()
    for words in (["install"], ["install", "--json"], ["uninstall"], ["uninstall", "--json"]):
        result = home.command(*words, "--dry-run")
        assert (result.returncode, result.stderr) == (0, "")
        if "--json" in words:
            assert json.loads(result.stdout)["version"] == 1
    assert home.tree() == before


def test_output_of_install_and_uninstall(home: Home) -> None:
    """What people see: each change, what to do now, and how the rest goes."""
    home.write(".bashrc", "alias uv=/opt/uv\n")
    home.write(".profile", "").chmod(0o444)
    result = home.command("install", "--yes")
    line = (
        'case "$PATH" in "$HOME/.local/share/uvlocal/shims":*) ;; '
        '*) export PATH="$HOME/.local/share/uvlocal/shims:$PATH" ;; esac'
    )
    assert result.stdout.splitlines() == [
        "make    ~/.local/share/uvlocal/shims/uv",
        "make    ~/.local/share/uvlocal/shims/uvlocal-launcher.conf",
        "add to  ~/.bashrc",
        f"        {line} # added by uvlocal install",
        "skip    ~/.profile: is read-only",
    ]
    takes = (
        "bash takes this alias before the shim; "
        "remove it, or let it call `~/.local/share/uvlocal/shims/uv`:"
    )
    talk = result.stderr.splitlines()
    assert talk[:9] == [
        "installed `~/.local/share/uvlocal/shims/uv`",
        "warning: `~/.profile` is read-only, so add this line yourself:",
        f"  {line}",
        f"warning: `~/.bashrc`, line 1: {takes}",
        "  alias uv=/opt/uv",
        "",
        "hint: new shells use it; for this one, type",
        '  export PATH="$HOME/.local/share/uvlocal/shims:$PATH"; hash -r',
        "",
    ]
    assert talk[9] == "programs that no shell starts may need help:"
    assert result.returncode == 1

    result = home.command("uninstall", "--yes")
    assert result.stdout.splitlines() == [
        "undo    ~/.bashrc",
        "remove  ~/.local/share/uvlocal/shims/uv",
        "remove  ~/.local/share/uvlocal/shims/uvlocal-launcher.conf",
        "remove  ~/.local/share/uvlocal/shims/uvlocal-installed.toml",
    ]
    assert "hash -r" in result.stderr
    assert "to remove uvlocal itself" in result.stderr
    assert result.returncode == 0
    result = home.command("uninstall", "--yes")
    assert (result.returncode, result.stdout) == (0, "nothing to remove\n")


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
    """Wrong usage ends with 2 and a sentence."""
    result = home.command(*words)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith("error: `")
    assert home.tree() == {}


def test_init_makes_the_shim(home: Home) -> None:
    """`init` prints code only, makes the shim where it is missing, and leaves a good one alone."""
    result = home.command("init", "bash")
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.startswith('case "$PATH" in "$HOME/.local/share/uvlocal/shims":*)')
    assert (home.shims / "uv").exists()
    assert not (home.path / ".bashrc").exists()
    before = (home.shims / handover.CONFIGURATION).stat().st_ino

    home.set_path(str(home.program("other/uv", "echo other").parent), "/bin")
    assert home.command("init", "bash", "--alias").stdout.startswith("alias uv=")
    assert (home.shims / handover.CONFIGURATION).stat().st_ino == before


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "powershell", "nu", "sh"])
def test_init_for_every_shell(home: Home, shell: str) -> None:
    """Every shell gets its line, and completion of `uvlocal` where typer knows the shell."""
    result = home.command("init", shell)
    assert (result.returncode, result.stderr) == (0, "")
    assert "uvlocal/shims" in result.stdout.splitlines()[0]
    assert ("_UVLOCAL_COMPLETE" in result.stdout) is (shell not in ("nu", "sh"))
    assert "PSReadLine" not in result.stdout
