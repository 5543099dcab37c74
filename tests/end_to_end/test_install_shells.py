"""Installed into real shells, used there, and removed without a trace."""

from __future__ import annotations

import os
import shutil
import sys
from typing import TYPE_CHECKING

import pytest
from support.tools import nushell

if sys.platform == "win32":
    pytest.skip("these shells are POSIX's", allow_module_level=True)

import pexpect
from support.compare.terminals import Terminal

if TYPE_CHECKING:
    from support.hosts.worlds import Completed, World

#: The ways that people start shells: name and options.
KINDS = [
    pytest.param("bash", (), id="bash"),
    pytest.param("bash", ("-l",), id="bash-login"),
    pytest.param("zsh", (), id="zsh"),
    pytest.param("zsh", ("-l",), id="zsh-login"),
    pytest.param("fish", (), id="fish"),
    pytest.param("pwsh", (), id="powershell"),
]
#: The user's own files, which put the folder of the real uv first on PATH, as installers do.
OWN_FILES = {
    ".bashrc": "export PATH='{0}'",
    ".profile": "# mine\r\nPATH='{0}'\r\n",
    ".zshrc": "alias l=ls\nexport PATH='{0}'\n",
    ".zprofile": "export PATH='{0}'\n",
    ".config/fish/config.fish": "set -gx PATH (string split : '{0}')\n",
    ".config/nushell/config.nu": "$env.PATH = ('{0}' | split row ':')\n",
    ".config/powershell/profile.ps1": "$env:PATH = '{0}'\n",
}


def program(shell: str) -> str:
    """Return a shell's path, or skip the test."""
    path = nushell.path() if shell == "nu" else shutil.which(shell)
    if not path:
        pytest.skip(f"no {shell} here")
    return path


def prepare(world: World) -> str:
    """Fill the home with the user's own files and a locked project; return the project."""
    world.environment["PYTHONDONTWRITEBYTECODE"] = "1"
    # What shells write at any time: history, and completions in the background.
    world.environment |= {"HISTFILE": "/dev/null", "fish_history": ""}
    os.makedirs(world.path("home/.local/share/fish/generated_completions"))
    for name, content in OWN_FILES.items():
        world.write(f"home/{name}", content.format(world.environment["PATH"]))
    project = world.project("home/Dropbox/foo")
    world.plain("lock", cwd=project).ok()
    return project


def install(world: World, shell: str, *words: str) -> Completed:
    """Install as someone whose login shell is `shell`."""
    world.environment["SHELL"] = program(shell)
    return world.uvlocal("install", "--yes", "--shell", shell, *words).ok()


def terminal(world: World, shell: str, *options: str, term: str = "dumb") -> Terminal:
    """Start a shell in a terminal, in the home directory."""
    command = [program(shell), *options]
    return Terminal(shell, command, world.environment, cwd=world.home, term=term)


@pytest.mark.parametrize(("shell", "options"), KINDS)
def test_installed_used_and_gone(newest_world: World, shell: str, options: tuple[str, ...]) -> None:
    """A new shell runs a project in Dropbox through the shim; then the home is as it was."""
    world = newest_world
    project = prepare(world)
    shim = os.path.join(world.store, "shims", "uv")
    with terminal(world, shell, *options):
        pass  # writes the shell's own files into the new home
    before = world.tree(world.home)
    install(world, shell)

    with terminal(world, shell, *options) as session:
        which = "(Get-Command uv).Source" if shell == "pwsh" else "command -v uv"
        assert shim in session.run(which)
        session.run(f"cd {project}")
        assert "hello from foo" in session.run("uv run foo")
        [environment] = world.environments()
        assert world.installed(environment) == {"foo"}
        assert not os.path.lexists(os.path.join(project, ".venv"))

        gone = world.uvlocal("uninstall", "--environments", "--yes").ok()
        assert "hash -r" in gone.err
        if shell in ("bash", "zsh"):
            session.run("hash -r")
        assert "uv 0." in session.run("uv --version")

    assert world.tree(world.home) == before


def test_nushell(newest_world: World) -> None:
    """Nushell runs a project in Dropbox through the shim; then the home is as it was."""
    world = newest_world
    project = prepare(world)
    nu = program("nu")
    # Of a login shell, Nushell reads the configuration without a terminal as well.
    command = (nu, "--login", "--commands")
    world.run(*command, "cd .").ok()
    before = world.tree(world.home)
    install(world, "nu")

    assert world.run(*command, "which uv | get path.0").ok().out == (
        "[HOME]/.local/share/uvlocal/shims/uv\n"
    )
    assert "hello from foo" in world.run(*command, "uv run foo", cwd=project).ok().out
    assert len(world.environments()) == 1

    world.uvlocal("uninstall", "--environments", "--yes").ok()
    assert world.run(*command, "uv --version").ok().out.startswith("uv 0.")
    assert world.tree(world.home) == before


@pytest.mark.parametrize(
    ("shell", "options"),
    [
        pytest.param("bash", "-lc", id="bash-login"),
        pytest.param("bash", "-ic", id="bash-interactive"),
        pytest.param("bash", "-lic", id="bash-both"),
        pytest.param("zsh", "-c", id="zsh-script"),
        pytest.param("zsh", "-lc", id="zsh-login"),
        pytest.param("zsh", "-ic", id="zsh-interactive"),
        pytest.param("zsh", "-lic", id="zsh-both-as-editors-do"),
        pytest.param("fish", "-c", id="fish-script"),
        pytest.param("fish", "-lc", id="fish-login"),
        pytest.param("dash", "-lc", id="sh-login"),
    ],
)
def test_shim_comes_first(newest_world: World, shell: str, options: str) -> None:
    """However a shell is started, the shim comes before what the user's files put on PATH."""
    world = newest_world
    prepare(world)
    install(world, shell)
    out = world.run(program(shell), options, "command -v uv").ok().out
    assert out == "[HOME]/.local/share/uvlocal/shims/uv\n"


def test_uv_installed_later(newest_world: World) -> None:
    """If uv's own installer adds its line after ours, installing again moves ours to the end."""
    world = newest_world
    prepare(world)
    install(world, "bash")
    world.write("home/.local/bin/env", f"export PATH='{os.path.dirname(world.real_uv)}':$PATH\n")
    with open(world.path("home/.bashrc"), "a", encoding="utf-8") as file:
        file.write('. "$HOME/.local/bin/env"\n')
    ask = (program("bash"), "-ic", "command -v uv")
    assert "shims" not in world.run(*ask).ok().out
    install(world, "bash")
    assert "shims" in world.run(*ask).ok().out


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_alias(newest_world: World, shell: str) -> None:
    """The alias runs the shim in an interactive shell, and PATH stays as it was."""
    world = newest_world
    project = prepare(world)
    with terminal(world, shell):
        pass
    before = world.tree(world.home)
    install(world, shell, "--alias")
    with terminal(world, shell) as session:
        assert "shims" not in session.run("echo $PATH")
        session.run(f"cd {project}")
        assert "hello from foo" in session.run("uv run -- foo")
        assert len(world.environments()) == 1
    world.uvlocal("uninstall", "--environments", "--yes").ok()
    assert world.tree(world.home) == before


#: The line in a user's rc file that runs the code of `init`.
_INIT = {
    "bash": 'eval "$(uvlocal init bash {0})"\n',
    "zsh": 'autoload -U compinit\ncompinit -u -D\neval "$(uvlocal init zsh {0})"\n',
    "fish": "uvlocal init fish {0} | source\n",
}


def _own_command(world: World) -> None:
    """Put a command `uvlocal` on PATH."""
    path = world.write("bin/uvlocal", f'#!/bin/sh\nexec {sys.executable} -m uvlocal "$@"\n')
    os.chmod(path, 0o755)  # noqa: S103 - a program of the test


@pytest.mark.parametrize("option", ["", "--alias"], ids=["path", "alias"])
@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_init(newest_world: World, shell: str, option: str) -> None:
    """The code of `init` in a user's own file makes the shim, and completes `uv` and `uvlocal`."""
    world = newest_world
    _own_command(world)
    project = world.project("home/Dropbox/foo")
    code = _INIT[shell].format(option)
    world.write("home/" + {"fish": ".config/fish/config.fish"}.get(shell, f".{shell}rc"), code)
    if shell == "fish":
        # It completes by a command as well, which is easier to read than its drawing.
        for start, wanted in (("uv pyth", "python"), ("uvlocal stat", "status")):
            out = world.run(program("fish"), "-c", f"complete -C '{start}'").ok().out
            assert out.splitlines()[0].split("\t")[0] == wanted
    with terminal(world, shell, term="dumb" if shell == "fish" else "xterm") as session:
        if shell != "fish":
            session.complete("uv pyth", "uv python")
            session.complete("uvlocal stat", "uvlocal status")
        session.run(f"cd {project}")
        assert "hello from foo" in session.run("uv run foo")
    assert len(world.environments()) == 1


@pytest.mark.parametrize("option", [(), ("--alias",)], ids=["path", "alias"])
@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_after_install(newest_world: World, shell: str, option: tuple[str, ...]) -> None:
    """A new shell completes `uv` and `uvlocal`."""
    world = newest_world
    _own_command(world)
    prepare(world)
    if shell == "zsh":
        world.write("home/.zshrc", "autoload -U compinit\ncompinit -u -D\n")
    install(world, shell, *option)
    if shell == "fish":
        # It completes by a command as well, which is easier to read than its drawing.
        for start, wanted in (("uv pyth", "python"), ("uvlocal stat", "status")):
            out = world.run(program("fish"), "-ic", f"complete -C '{start}'").ok().out
            assert out.splitlines()[0].split("\t")[0] == wanted
        return
    with terminal(world, shell, term="xterm") as session:
        session.complete("uv pyth", "uv python")
        session.complete("uvlocal stat", "uvlocal status")


def test_question(newest_world: World) -> None:
    """On a terminal, `install` says what it will do and asks; only a yes changes anything."""
    world = newest_world
    prepare(world)
    world.environment["SHELL"] = program("bash")
    before = world.tree(world.home)
    command = [*world.uvlocal_command, "install", "--shell", "bash"]

    for answer in ("", "n", "y"):
        assert world.tree(world.home) == before
        asked = pexpect.spawn(
            command[0], command[1:], env=world.environment, encoding="utf-8", timeout=60
        )
        asked.expect_exact("one line to ~/.bashrc")
        asked.expect_exact("[y/N] ")
        asked.sendline(answer)
        asked.expect(pexpect.EOF)
        asked.close()
        assert asked.exitstatus == 0  # answering no is no error
    assert world.tree(world.home) != before
    world.uvlocal("uninstall", "--yes").ok()
    assert world.tree(world.home) == before


def test_removed_uvlocal_leaves_uv_working(newest_world: World) -> None:
    """Removed without `uvlocal uninstall`, it leaves a shim that runs uv and says what to do."""
    world = newest_world
    project = prepare(world)
    package = world.path("site/uvlocal")
    source = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    shutil.copytree(os.path.join(source, "src", "uvlocal"), package)
    world.environment["PYTHONPATH"] = os.path.dirname(package)
    install(world, "bash")
    del world.environment["PYTHONPATH"]
    shutil.rmtree(package)

    with terminal(world, "bash") as session:
        session.run(f"cd {project}")
        out = session.run("uv run foo")
    assert "hello from foo" in out
    assert out.count("warning: uvlocal's package") == 1
    assert "to remove the shim" in out
