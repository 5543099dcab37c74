"""The shells in use, their files that get a line, and that the line works in each."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from support import systems
from support.hosts.fakes import FakeSystem
from support.tools import nushell

from uvlocal.manage.installation import aliases, shell_snippets, shells
from uvlocal.shim.machine.host import System

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

HOME = "/home/me"


# -- which shells ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("program", "name"),
    [
        pytest.param("bash", "bash", id="plain"),
        pytest.param("/opt/homebrew/bin/fish", "fish", id="path"),
        pytest.param("-zsh", "zsh", id="login"),
        pytest.param("pwsh", "powershell", id="powershell-7"),
        pytest.param(r"C:\Windows\System32\powershell.exe", "powershell", id="windows"),
        pytest.param("nushell", "nu", id="long-name"),
        pytest.param("dash", "sh", id="dash"),
        pytest.param("tcsh", "", id="unknown"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_names(program: str, name: str) -> None:
    """A shell is recognised by its program, in any spelling."""
    assert shell_snippets.name_of(program) == name


@pytest.mark.parametrize(
    ("files", "environ", "running", "expected"),
    [
        pytest.param({}, {"SHELL": "/bin/zsh"}, (), ["zsh"], id="login-shell"),
        pytest.param({}, {"SHELL": "/bin/zsh"}, ("python3", "fish"), ["fish", "zsh"], id="running"),
        pytest.param(
            {f"{HOME}/.zshrc": b"", "/usr/bin/zsh": b""},
            {"SHELL": "/bin/bash", "PATH": "/bin:/usr/bin"},
            (),
            ["bash", "zsh"],
            id="configured",
        ),
        pytest.param(
            {f"{HOME}/.zshrc": b""},
            {"SHELL": "/bin/bash", "PATH": "/bin"},
            (),
            ["bash"],
            id="configured-but-gone",
        ),
        pytest.param(
            {
                f"{HOME}/.config/fish": None,
                f"{HOME}/.config/nushell": None,
                "/b/fish": b"",
                "/b/nu": b"",
            },
            {"PATH": "/b"},
            (),
            ["fish", "nu"],
            id="folders-of-configuration",
        ),
        pytest.param({}, {"SHELL": "/bin/zsh"}, ("sh", "make"), ["zsh"], id="a-script-is-no-shell"),
        pytest.param({}, {"SHELL": "/bin/sh"}, (), ["sh"], id="sh-as-the-login-shell"),
        pytest.param({}, {"SHELL": "/bin/tcsh"}, (), [], id="unknown"),
        pytest.param({}, {}, (), [], id="nothing"),
    ],
)
def test_shells_in_use(
    files: Mapping[str, object],
    environ: Mapping[str, str],
    running: tuple[str, ...],
    expected: list[str],
) -> None:
    """The running shell, the login shell, and those that are configured and installed."""
    assert shells.in_use(FakeSystem(files, environ=environ), running) == expected


def test_windows_needs_no_startup_files() -> None:
    """On Windows the user's PATH is enough for every shell."""
    assert shells.in_use(FakeSystem(platform="win32"), ["pwsh.exe"]) == []


@systems.posix_only("there, `bash` may be that of another system, WSL")
def test_running_shells_are_found() -> None:
    """The parents of this process are listed, nearest first."""
    code = "from uvlocal.manage.installation import shells; print(shells.running())"
    if shutil.which("bash") is None:
        pytest.skip("no bash here")
    # With a second command, bash does not `exec` Python.
    command = ["bash", "-c", f'"{sys.executable}" -c "{code}"; true']
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert out.startswith("['bash'")


# -- which files -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shell", "files", "environ", "platform", "expected"),
    [
        pytest.param("bash", {}, {}, "linux", ["~/.bashrc", "~/.profile"], id="bash-bare"),
        pytest.param(
            "bash",
            {"~/.profile": b""},
            {},
            "darwin",
            ["~/.bashrc", "~/.profile"],
            id="bash-a-lone-profile-is-not-hidden",
        ),
        pytest.param(
            "bash",
            {"~/.profile": b"", "~/.bash_login": b""},
            {},
            "linux",
            ["~/.bashrc", "~/.bash_login"],
            id="bash-login",
        ),
        pytest.param(
            "bash",
            {"~/.profile": b"", "~/.bash_profile": b"", "~/.bash_login": b""},
            {},
            "linux",
            ["~/.bashrc", "~/.bash_profile"],
            id="bash-profile",
        ),
        pytest.param("sh", {}, {}, "linux", ["~/.profile"], id="sh"),
        pytest.param("zsh", {}, {}, "linux", ["~/.zshenv", "~/.zshrc"], id="zsh-bare"),
        pytest.param(
            "zsh",
            {"~/.zprofile": b'eval "$(brew shellenv)"'},
            {},
            "linux",
            ["~/.zshenv", "~/.zprofile", "~/.zshrc"],
            id="zsh-with-homebrew",
        ),
        pytest.param(
            "zsh",
            {},
            {},
            "darwin",
            ["~/.zshenv", "~/.zprofile", "~/.zshrc"],
            id="zsh-after-path-helper",
        ),
        pytest.param(
            "zsh",
            {},
            {"ZDOTDIR": "/z"},
            "linux",
            ["~/.zshenv", "/z/.zshrc"],
            id="zsh-elsewhere",
        ),
        pytest.param(
            "zsh",
            {"/z/.zshenv": b""},
            {"ZDOTDIR": "/z"},
            "linux",
            ["/z/.zshenv", "/z/.zshrc"],
            id="zsh-wholly-elsewhere",
        ),
        pytest.param(
            "zsh",
            {"~/.zshenv": b'export ZDOTDIR="$HOME/.config/zsh"\n'},
            {},
            "linux",
            ["~/.zshenv", "~/.config/zsh/.zshrc"],
            id="zsh-says-so-itself",
        ),
        pytest.param(
            "zsh",
            {"~/.zshenv": b"ZDOTDIR=${XDG_CONFIG_HOME:-$HOME/.config}/zsh\n"},
            {"XDG_CONFIG_HOME": "/c"},
            "linux",
            ["~/.zshenv", "/c/zsh/.zshrc"],
            id="zsh-by-xdg",
        ),
        pytest.param(
            "zsh",
            {"~/.zshenv": b"ZDOTDIR=~/z # mine\nZDOTDIR=$(somewhere)\n"},
            {},
            "linux",
            ["~/.zshenv", "~/z/.zshrc"],
            id="zsh-by-a-program-is-not-asked",
        ),
        pytest.param("fish", {}, {}, "darwin", ["~/.config/fish/conf.d/uvlocal.fish"], id="fish"),
        pytest.param(
            "fish",
            {},
            {"XDG_CONFIG_HOME": "/c"},
            "linux",
            ["/c/fish/conf.d/uvlocal.fish"],
            id="fish-by-xdg",
        ),
        pytest.param("nu", {}, {}, "linux", ["~/.config/nushell/config.nu"], id="nu"),
        pytest.param(
            "nu",
            {},
            {},
            "darwin",
            ["~/Library/Application Support/nushell/config.nu"],
            id="nu-on-macos",
        ),
        pytest.param(
            "nu", {}, {"XDG_CONFIG_HOME": "/c"}, "darwin", ["/c/nushell/config.nu"], id="nu-by-xdg"
        ),
        pytest.param(
            "powershell", {}, {}, "linux", ["~/.config/powershell/profile.ps1"], id="powershell"
        ),
    ],
)
def test_startup_files(
    shell: str,
    files: Mapping[str, object],
    environ: Mapping[str, str],
    platform: str,
    expected: list[str],
) -> None:
    """Each shell's line is added where it is read last, and never hides a user's file."""
    system = FakeSystem(platform=platform, environ=environ)
    for name, content in files.items():
        system.put(name.replace("~", system.home), content)
    found = shells.startup_files(shell, system)
    assert [file.path.replace(system.home, "~") for file in found] == expected
    assert {file.shell for file in found} == {shell}
    # Every file that may be written is checked on an uninstall.
    assert {file.path for file in found} <= {f.path for f in shells.all_startup_files(system)}


@pytest.mark.parametrize(
    ("registry", "documents"),
    [
        pytest.param({}, r"C:\Users\me\Documents", id="default"),
        pytest.param({"Personal": r"D:\OneDrive\Docs"}, r"D:\OneDrive\Docs", id="moved"),
        pytest.param({"Personal": "Docs"}, r"C:\Users\me\Documents", id="nonsense"),
    ],
)
def test_powershell_profiles_on_windows(registry: dict[str, str], documents: str) -> None:
    """Both editions of PowerShell have a profile in the Documents folder, wherever that is."""
    system = FakeSystem(platform="win32")
    key = r"HKCU\Software\Microsoft\Windows\CurrentVersion\Explorer\User Shell Folders"
    system.registry = {key: registry}
    assert [file.path for file in shells.startup_files("powershell", system)] == [
        documents + r"\PowerShell\profile.ps1",
        documents + r"\WindowsPowerShell\profile.ps1",
    ]
    nu = FakeSystem(platform="win32", environ={"APPDATA": r"C:\Users\me\AppData\Roaming"})
    [file] = shells.startup_files("nu", nu)
    assert file.path == r"C:\Users\me\AppData\Roaming\nushell\config.nu"


def test_alias_is_for_interactive_shells() -> None:
    """An alias is added only to files that interactive shells read."""
    system = FakeSystem({f"{HOME}/.zprofile": b""})
    found = shells.startup_files("zsh", system, alias=True)
    assert [file.path for file in found] == [f"{HOME}/.zshrc"]


# -- the lines, in the shells themselves -----------------------------------------------------------

#: The command for each shell that runs a file and prints PATH.
PROGRAMS = {
    name: path
    for name in ("bash", "zsh", "fish", "dash", "busybox", "pwsh")
    if (path := shutil.which(name))
}
ODD_NAMES = [
    pytest.param("shims", id="plain"),
    pytest.param("with space", id="space"),
    pytest.param("quote'\"end", id="quotes"),
    pytest.param("$HOME `id` $(id)", id="substitution"),
    pytest.param("back\\slash\\", id="backslashes"),
    pytest.param("(paren) [x] {a,b} *?", id="patterns"),
    pytest.param("# ! & ; | < > ~", id="operators"),
    pytest.param("é😀“curly”", id="unicode"),
]


def _command(name: str, script: str) -> list[str]:
    if name == "nu":
        path = nushell.path()
        return [path, "--no-config-file", script] if path else []
    if name not in PROGRAMS:
        return []
    options = {"busybox": ["sh"], "zsh": ["-f"], "fish": ["--no-config"], "pwsh": ["-NoProfile"]}
    return [PROGRAMS[name], *options.get(name, []), script]


def _run(name: str, code: str, folder: Path, environ: dict[str, str]) -> list[str]:
    suffix = ".ps1" if name == "pwsh" else ""
    script = folder / f"script{suffix}"
    script.write_text(code, encoding="utf-8")
    command = _command(name, str(script))
    if not command:
        pytest.skip(f"no {name} here")
    result = subprocess.run(
        command, env=environ, capture_output=True, text=True, check=True, timeout=60
    )
    assert result.stderr == ""
    return result.stdout.splitlines()


#: Prints PATH, one directory per line.
_SAY = {
    "fish": "string join \\n $PATH",
    "nu": "$env.PATH | str join (char newline) | print",
    "pwsh": "$env:PATH -split ':'",
}
NAMES = ["bash", "zsh", "dash", "busybox", "fish", "nu", "pwsh"]


def _kind(name: str) -> str:
    return {"dash": "sh", "busybox": "sh", "pwsh": "powershell"}.get(name, name)


@pytest.mark.skipif(sys.platform == "win32", reason="these are POSIX's shells")
@pytest.mark.parametrize("below_home", [True, False], ids=["below-home", "elsewhere"])
@pytest.mark.parametrize("folder", ODD_NAMES)
@pytest.mark.parametrize("name", NAMES)
def test_line_puts_the_folder_first(
    tmp_path: Path, name: str, folder: str, below_home: bool
) -> None:
    """In the shell itself, the line puts a directory of any name first, only once."""
    home = tmp_path / "home"
    home.mkdir()
    place = str((home if below_home else tmp_path) / folder)
    os.mkdir(place)
    environ = {"HOME": str(home), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}
    system = System(environ=environ)
    line = shell_snippets.path_line(_kind(name), place, system)
    say = _SAY.get(name, "printf '%s\\n' \"$PATH\" | tr ':' '\\n'")

    out = _run(name, f"{line} # a comment\n{line}\n{say}\n", tmp_path, environ)

    assert out == [place, "/usr/bin", "/bin"]
    assert str(home) not in line or not below_home
    assert shell_snippets.names(line, _kind(name), place, system)
    assert not shell_snippets.names(line, _kind(name), place + "x", system)
    assert "\n" not in line


@pytest.mark.skipif(sys.platform == "win32", reason="these are POSIX's shells")
@pytest.mark.parametrize("name", NAMES)
def test_folder_goes_first_again(tmp_path: Path, name: str) -> None:
    """A directory that is already on PATH is still put first."""
    place = str(tmp_path / "shims")
    os.mkdir(place)
    environ = {"HOME": "/h", "PATH": f"/usr/bin:/bin:{place}", "LANG": "C.UTF-8"}
    line = shell_snippets.path_line(_kind(name), place, System(environ=environ))
    say = _SAY.get(name, "printf '%s\\n' \"$PATH\" | tr ':' '\\n'")
    assert _run(name, f"{line}\n{say}\n", tmp_path, environ)[:2] == [place, "/usr/bin"]


@pytest.mark.skipif(sys.platform == "win32", reason="these are POSIX's shells")
@pytest.mark.parametrize("name", NAMES)
def test_a_machine_without_the_shim(tmp_path: Path, name: str) -> None:
    """A shared startup file does nothing on a machine without the shim."""
    environ = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}
    system, place = System(environ=environ), str(tmp_path / "shims")
    lines = [shell_snippets.path_line(_kind(name), place, system)]
    if name != "nu":
        lines.append(shell_snippets.alias_line(_kind(name), place, system))
    say = _SAY.get(name, "printf '%s\\n' \"$PATH\" | tr ':' '\\n'")
    if name not in ("fish", "nu", "pwsh"):  # even if the first failure ends the file
        lines.insert(0, "set -e")
        lines.append("alias uv 2>/dev/null && exit 9")
    assert _run(name, "\n".join([*lines, say, ""]), tmp_path, environ) == ["/usr/bin", "/bin"]


@pytest.mark.skipif(sys.platform == "win32", reason="these are POSIX's shells")
@pytest.mark.parametrize("folder", ODD_NAMES)
@pytest.mark.parametrize("name", NAMES)
def test_alias_runs_the_shim(tmp_path: Path, name: str, folder: str) -> None:
    """An alias runs the shim with unchanged arguments, including `--`."""
    shims = tmp_path / folder
    shims.mkdir()
    shim = shims / "uv"
    shim.write_text("#!/bin/sh\nprintf '%s\\n' \"$@\"\n")
    shim.chmod(0o755)
    environ = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}
    system = System(environ=environ)
    line = shell_snippets.alias_line(_kind(name), str(shims), system)
    # By default, bash has aliases only in interactive shells.
    before = "shopt -s expand_aliases\n" if name == "bash" else ""

    out = _run(name, f"{before}{line}\nuv run -- 'a b' --foo\n", tmp_path, environ)

    assert out == ["run", "--", "a b", "--foo"]
    assert shell_snippets.names(line, _kind(name), str(shims), system)


@pytest.mark.skipif(sys.platform == "win32", reason="these are POSIX's shells")
@pytest.mark.parametrize("name", ["bash", "zsh", "dash", "fish", "nu", "pwsh"])
def test_line_for_the_running_shell(tmp_path: Path, name: str) -> None:
    """The command for the running shell puts the directory first."""
    environ = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}
    line = shell_snippets.now_line(_kind(name), f"{tmp_path}/a b", System(environ=environ))
    say = _SAY.get(name, "printf '%s\\n' \"$PATH\" | tr ':' '\\n'")
    assert _run(name, f"{line}\n{say}\n", tmp_path, environ)[0] == f"{tmp_path}/a b"


@pytest.mark.parametrize(
    ("shell", "folder", "expected"),
    [
        pytest.param(
            "powershell",
            r"C:\Users\me\AppData\Local\uvlocal\shims",
            'if (-not $env:PATH.StartsWith("$HOME/AppData/Local/uvlocal/shims;") '
            '-and (Test-Path -LiteralPath "$HOME/AppData/Local/uvlocal/shims")) '
            '{ $env:PATH = "$HOME/AppData/Local/uvlocal/shims;" + $env:PATH }',
            id="powershell",
        ),
        pytest.param(
            "bash",
            r"C:\Users\me\AppData\Local\uvlocal\shims",
            'case "$PATH" in "$HOME/AppData/Local/uvlocal/shims":*) ;; '
            '*) [ ! -d "$HOME/AppData/Local/uvlocal/shims" ] || '
            'export PATH="$HOME/AppData/Local/uvlocal/shims:$PATH" ;; esac',
            id="git-bash",
        ),
        pytest.param(
            "bash",
            r"D:\shims",
            'case "$PATH" in "/d/shims":*) ;; *) [ ! -d "/d/shims" ] || '
            'export PATH="/d/shims:$PATH" ;; esac',
            id="git-bash-other-drive",
        ),
        pytest.param(
            "nu",
            r"D:\shims",
            'if ("D:/shims" | path exists) { $env.PATH = ($env.PATH | split row (char esep) | '
            'prepend "D:/shims" | uniq) }',
            id="nu",
        ),
    ],
)
def test_lines_on_windows(shell: str, folder: str, expected: str) -> None:
    """On Windows, each shell gets its own syntax of paths and of PATH."""
    assert shell_snippets.path_line(shell, folder, FakeSystem(platform="win32")) == expected


def test_alias_on_windows_is_in_ascii() -> None:
    """Windows PowerShell reads a profile in the system's code page, so the line is ASCII."""
    line = shell_snippets.alias_line("powershell", "D:\\Zoë😀", FakeSystem(platform="win32"))
    assert line == (
        'if (Test-Path -LiteralPath "D:/Zo$([char]0x00eb)$([char]0xd83d)$([char]0xde00)/uv.exe") '
        "{ Set-Alias -Name uv "
        '-Value "D:/Zo$([char]0x00eb)$([char]0xd83d)$([char]0xde00)/uv.exe" }'
    )


# -- shadows of PATH ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shell", "name", "content", "found"),
    [
        pytest.param("bash", ".bashrc", "alias uv=/opt/uv", ("alias", 1), id="alias"),
        pytest.param("bash", ".bash_aliases", "#\nalias uv='x/uv -q'", ("alias", 2), id="sourced"),
        pytest.param("bash", ".bashrc", "alias uv='uv --quiet'", None, id="alias-of-path"),
        pytest.param("zsh", ".zshrc", 'alias uv="noglob uv"', None, id="oh-my-zsh"),
        pytest.param("zsh", ".zshrc", "alias -g uv=other", ("alias", 1), id="global-alias"),
        pytest.param("bash", ".bashrc", "alias uvx=/opt/uvx", None, id="another-name"),
        pytest.param("bash", ".bashrc", "# alias uv=/opt/uv", None, id="comment"),
        pytest.param("bash", ".bashrc", "A=1 alias uv=x", None, id="no-definition"),
        pytest.param("bash", ".profile", "uv() {\n /opt/uv\n}", ("function", 1), id="function"),
        pytest.param("bash", ".bashrc", "uv () { command uv -q; }", None, id="function-of-path"),
        pytest.param("zsh", ".zshrc", "function uv {\n x\n}", ("function", 1), id="zsh-function"),
        pytest.param(
            "fish", ".config/fish/config.fish", "alias uv /opt/uv", ("alias", 1), id="fish-alias"
        ),
        pytest.param(
            "fish",
            ".config/fish/functions/uv.fish",
            "function uv --wraps uv\n /opt/uv\nend",
            ("function", 1),
            id="fish-function",
        ),
        pytest.param(
            "fish", ".config/fish/conf.d/a.fish", "alias uv='command uv'", None, id="fish-of-path"
        ),
        pytest.param(
            "nu", ".config/nushell/config.nu", "alias uv = ^/opt/uv", ("alias", 1), id="nu-alias"
        ),
        pytest.param(
            "nu",
            ".config/nushell/config.nu",
            "def --wrapped uv [...rest] { ^uv ...$rest }",
            None,
            id="nu-of-path",
        ),
        pytest.param(
            "powershell",
            ".config/powershell/profile.ps1",
            "set-alias UV C:\\uv.exe",
            ("alias", 1),
            id="powershell-alias",
        ),
        pytest.param(
            "powershell",
            ".config/powershell/profile.ps1",
            "function global:uv { & C:\\uv.exe @args }",
            ("function", 1),
            id="powershell-function",
        ),
        pytest.param("bash", ".bashrc", "\0alias uv=x", None, id="no-text"),
    ],
)
def test_users_own_uv_is_seen(
    shell: str, name: str, content: str, found: tuple[str, int] | None
) -> None:
    """An alias or function that hides the `uv` on PATH is reported; others are fine."""
    system = FakeSystem({f"{HOME}/{name}": content.encode()})
    seen = aliases.find([shell], system)
    assert [(one.kind, one.line) for one in seen] == ([found] if found else [])
    assert [one.path for one in seen] == ([f"{HOME}/{name}"] if found else [])


def test_our_own_alias_is_no_shadow() -> None:
    """uvlocal's own alias is not reported."""
    line = shell_snippets.alias_line("bash", "/shims", FakeSystem())
    content = f"{line} # added by uvlocal install\n"
    assert aliases.find(["bash"], FakeSystem({f"{HOME}/.bashrc": content.encode()})) == []


def test_path_of_nobody(tmp_path: Path) -> None:
    """A directory's path may not be text: its bytes reach the shell unchanged."""
    name = os.fsdecode(b"caf\xe9")
    line = shell_snippets.path_line("bash", f"{tmp_path}/{name}", System(environ={"HOME": "/h"}))
    assert os.fsencode(line).count(b"caf\xe9") == 3
