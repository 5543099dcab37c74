"""The shells in use, and their startup files that get a line.

- bash reads `.bashrc` when interactive, and when it is a login shell the first of
  `.bash_profile`, `.bash_login` and `.profile`
  (https://www.gnu.org/software/bash/manual/bash.html#Bash-Startup-Files).
- zsh reads `.zshenv` always, `.zprofile` at login, `.zshrc` when interactive, in this order, from
  `$ZDOTDIR` (https://zsh.sourceforge.io/Doc/Release/Files.html). macOS puts the system's
  directories first on PATH after `.zshenv`, and Homebrew's line is in `.zprofile`.
- fish reads `conf.d/*.fish`, then `config.fish` (https://fishshell.com/docs/current/language.html).
- PowerShell reads `profile.ps1` (about_Profiles); Windows PowerShell 5 has its own directory.
- Nushell reads `config.nu` (https://www.nushell.sh/book/configuration.html).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from uvlocal.manage.installation.shell_snippets import SHELLS, name_of
from uvlocal.shim.machine import directories

if TYPE_CHECKING:
    from collections.abc import Iterable

    from uvlocal.shim.machine.host import System

_DOCUMENTS = r"HKCU\Software\Microsoft\Windows\CurrentVersion\Explorer\User Shell Folders"
_ZDOTDIR = re.compile(
    r"^\s*(?:export\s+|typeset\s+-gx\s+)?ZDOTDIR=(\"[^\"]*\"|'[^']*'|\S+)", re.MULTILINE
)


class StartupFile(NamedTuple):
    """A file that a shell reads at startup."""

    shell: str
    path: str

    @property
    def completes(self) -> bool:
        """Whether to set up completion there: only interactive shells of this kind read it."""
        if self.shell in ("bash", "zsh"):
            return self.path.endswith(("/.bashrc", "/.bash_profile", "/.bash_login", "/.zshrc"))
        return self.shell in ("fish", "powershell")


def in_use(system: System, running: Iterable[str]) -> list[str]:
    """Return the shells that the user uses, the running one first.

    These are the shells that started uvlocal, the login shell, and every other one that has a
    configuration and is installed. On Windows the user's PATH is enough for all of them.

    Args:
        system: the machine.
        running: the names of the programs that started uvlocal, nearest first.
    """
    if system.platform == "win32":
        return []
    # Scripts run in sh; it counts as in use only if it is the login shell.
    found = [name for name in map(name_of, running) if name != "sh"]
    found.append(name_of(system.environ.get("SHELL", "")))
    for shell in SHELLS:
        configured = any(system.exists(path) for path in _signs(shell, system))
        if configured and is_there(shell, system):
            found.append(shell)
    return list(dict.fromkeys(name for name in found if name))


def running() -> list[str]:
    """Return the names of the programs that started this process, nearest first."""
    import psutil

    try:
        return [process.name() for process in psutil.Process().parents()]
    except (psutil.Error, OSError):
        return []


def is_there(shell: str, system: System) -> bool:
    """Return whether the shell's program is on PATH."""
    programs = {"powershell": ("pwsh",)}.get(shell, (shell,))
    folders = [folder for folder in system.environ.get("PATH", "").split(":") if folder]
    return any(
        system.is_file(system.path.join(folder, program))
        for folder in folders
        for program in programs
    )


def _signs(shell: str, system: System) -> list[str]:
    """Return the paths that show, if one exists, that the shell was configured."""
    home, join = system.home, system.path.join
    if shell == "sh":
        return []  # `.profile` belongs to bash too, and many systems create one
    if shell == "fish":
        return [join(directories.base("$CONFIG", system), "fish")]
    if shell == "nu":
        return [_nu_folder(system)]
    if shell == "powershell":
        return [join(directories.base("$CONFIG", system), "powershell")]
    names = {"bash": (".bashrc", ".bash_profile", ".bash_login"), "zsh": (".zshrc", ".zprofile")}
    return [join(home, name) for name in names[shell]]


def startup_files(shell: str, system: System, *, alias: bool = False) -> list[StartupFile]:
    """Return the files that need a line so that every new shell of this kind finds the shim.

    Args:
        shell: one of `SHELLS`.
        system: the machine.
        alias: for an alias, which only interactive shells have.
    """
    join = system.path.join
    if shell == "bash":
        paths = [join(system.home, ".bashrc"), _bash_login_file(system)]
    elif shell == "sh":
        paths = [join(system.home, ".profile")]
    elif shell == "zsh":
        folder = _zsh_folder(system)
        profile = join(folder, ".zprofile")
        paths = [join(folder, ".zshrc")]
        if not alias and (system.platform == "darwin" or system.exists(profile)):
            paths.insert(0, profile)
        if not alias:
            paths.insert(0, _zshenv(folder, system))
    elif shell == "fish":
        paths = [join(directories.base("$CONFIG", system), "fish", "conf.d", "uvlocal.fish")]
    elif shell == "powershell":
        paths = [join(folder, "profile.ps1") for folder in _powershell_folders(system)]
    else:
        paths = [join(_nu_folder(system), "config.nu")]
    return [StartupFile(shell, path) for path in paths]


def all_startup_files(system: System) -> list[StartupFile]:
    """Return every file that may have got a line, existing or not, without duplicates."""
    join = system.path.join
    found = [StartupFile("bash", join(system.home, name)) for name in (".bashrc", *_BASH_LOGIN)]
    for folder in (system.home, _zsh_folder(system)):
        names = (".zshenv", ".zprofile", ".zshrc")
        found += [StartupFile("zsh", join(folder, name)) for name in names]
    for shell in ("fish", "powershell", "nu"):
        found += startup_files(shell, system)
    return list({file.path: file for file in found}.values())


_BASH_LOGIN = (".bash_profile", ".bash_login", ".profile")


def _bash_login_file(system: System) -> str:
    """Return the file that bash reads at login: the first that exists.

    If there is none, it is `.profile`, which bash, sh and display managers read, and which hides no
    other file.
    """
    paths = [system.path.join(system.home, name) for name in _BASH_LOGIN]
    return next((path for path in paths if system.exists(path)), paths[-1])


def _zsh_folder(system: System) -> str:
    """Return the directory of zsh's files: `$ZDOTDIR`, which `~/.zshenv` itself may set."""
    given = system.environ.get("ZDOTDIR", "")
    if system.path.isabs(given):
        return given
    data = system.read(system.path.join(system.home, ".zshenv"), 1 << 20)
    for value in reversed(_ZDOTDIR.findall((data or b"").decode("utf-8", "surrogateescape"))):
        folder = _expanded(value.strip("\"'"), system)
        if system.path.isabs(folder):
            return folder
    return system.home


def _expanded(text: str, system: System) -> str:
    """Expand the usual variables in a shell word; return "" if it contains anything else."""
    configuration = directories.base("$CONFIG", system)
    text = re.sub(r"\$\{XDG_CONFIG_HOME:-[^}]*\}", "$XDG_CONFIG_HOME", text)
    for name, value in (("HOME", system.home), ("XDG_CONFIG_HOME", configuration)):
        text = re.sub(rf"\$(?:{name}\b|\{{{name}\}})", value.replace("\\", r"\\"), text)
    if text == "~" or text.startswith("~/"):
        text = system.home + text[1:]
    return "" if "$" in text or "`" in text else text


def _zshenv(folder: str, system: System) -> str:
    """Return the `.zshenv` that zsh reads: in `$ZDOTDIR` only if that is set before zsh starts."""
    inside = system.path.join(folder, ".zshenv")
    at_home = system.path.join(system.home, ".zshenv")
    return inside if system.exists(inside) and not system.exists(at_home) else at_home


def _nu_folder(system: System) -> str:
    if system.path.isabs(system.environ.get("XDG_CONFIG_HOME", "")):
        return system.path.join(directories.base("$CONFIG", system), "nushell")
    if system.platform == "darwin":
        return system.path.join(system.home, "Library", "Application Support", "nushell")
    if system.platform == "win32":
        return system.path.join(directories.base("%APPDATA%", system), "nushell")
    return system.path.join(directories.base("$CONFIG", system), "nushell")


def _powershell_folders(system: System) -> list[str]:
    """Return the directories of PowerShell's profiles; on Windows those of both editions."""
    if system.platform != "win32":
        return [system.path.join(directories.base("$CONFIG", system), "powershell")]
    documents = system.registry_values(_DOCUMENTS).get("Personal", "")
    if not system.path.isabs(documents):
        documents = system.path.join(system.home, "Documents")
    return [system.path.join(documents, name) for name in ("PowerShell", "WindowsPowerShell")]
