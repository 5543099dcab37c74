"""The code for startup files: one line for each shell, in its own syntax.

Every line is valid for any characters in the path, names the home directory by a variable if
possible (so that a dotfiles repository works on all machines), and does nothing if the shim's
directory is already first, or does not exist, as another machine may share the file. (Nushell
resolves an alias before it can check for the program, so there the alias is always defined.)
"""

from __future__ import annotations

from uvlocal.shim.machine import paths

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uvlocal.shim.machine.host import System

#: The shells with their own syntax; `sh` stands for every other POSIX shell.
SHELLS = ("bash", "zsh", "fish", "powershell", "nu", "sh")
#: Other program names of these shells.
_OTHER_NAMES = {
    "pwsh": "powershell",
    "nushell": "nu",
    "dash": "sh",
    "ash": "sh",
    "ksh": "sh",
    "mksh": "sh",
}


def name_of(program: str) -> str:
    """Return the shell for a program's name or path, or ""."""
    name = program.replace("\\", "/").rpartition("/")[2].lower().lstrip("-").removesuffix(".exe")
    name = _OTHER_NAMES.get(name, name)
    return name if name in SHELLS else ""


def path_line(shell: str, folder: str, system: System) -> str:
    """Return the line that puts `folder` first on PATH."""
    place = _place(shell, folder, system)
    if shell == "fish":
        # Files in conf.d are read before config.fish, which may put other directories first (as
        # Homebrew's code does). So watch PATH until the first prompt; later changes are the user's.
        handler = "function _uvlocal_first --on-variable PATH --on-event fish_prompt"
        until = "count $argv >/dev/null; or functions -e _uvlocal_first"
        first = f'test "$PATH[1]" = {place}; or not test -d {place}; or set -gx PATH {place} $PATH'
        return f"{handler}; {until}; {first}; end; _uvlocal_first x"
    if shell == "powershell":
        separator = ";" if system.platform == "win32" else ":"
        first = f"{place[:-1]}{separator}{place[-1]}"
        wanted = f"-not $env:PATH.StartsWith({first}) -and (Test-Path -LiteralPath {place})"
        return f"if ({wanted}) {{ $env:PATH = {first} + $env:PATH }}"
    if shell == "nu":
        first = f"$env.PATH = ($env.PATH | split row (char esep) | prepend {place} | uniq)"
        return f"if ({place} | path exists) {{ {first} }}"
    inside = place[1:-1]
    put = f'export PATH="{inside}:$PATH"'
    return f'case "$PATH" in {place}:*) ;; *) [ ! -d {place} ] || {put} ;; esac'


def alias_line(shell: str, folder: str, system: System) -> str:
    """Return the line that makes `uv` an alias of the shim in `folder`, without changing PATH.

    A PowerShell function would lose a `--` among uv's arguments; an alias does not.
    """
    program = system.path.join(folder, program_name(system))
    if shell == "nu":
        # Nushell does not allow a variable as the program here.
        return f"alias uv = ^{_double_quoted(_slashes(program, system), _NU)}"
    place = _place(shell, program, system)
    if shell == "fish":
        return f"if test -x {place}; function uv; {place} $argv; end; end"
    if shell == "powershell":
        return f"if (Test-Path -LiteralPath {place}) {{ Set-Alias -Name uv -Value {place} }}"
    if shell == "zsh":
        # zsh's completion looks up the program by its plain path, so quote that beforehand.
        return f"[ ! -x {place} ] || alias uv=${{(q):-{place}}}"
    quoted = place.replace("'", "'\\''")
    return f"[ ! -x {place} ] || alias uv='{quoted}'"


def source_line(shell: str, path: str, system: System) -> str:
    """Return the line that reads the file at `path` into an interactive shell, if it is there."""
    place = _place(shell, path, system)
    if shell == "fish":
        return f"status is-interactive; and test -r {place}; and source {place}"
    if shell == "powershell":
        return f"if (Test-Path -LiteralPath {place}) {{ . {place} }}"
    return f"[ ! -r {place} ] || . {place}"


def now_line(shell: str, folder: str, system: System) -> str:
    """Return the command that makes the running shell find the shim."""
    place = _place(shell, folder, system)
    if shell == "fish":
        return f"set -gx PATH {place} $PATH"
    if shell == "powershell":
        separator = ";" if system.platform == "win32" else ":"
        return f'$env:PATH = {place} + "{separator}" + $env:PATH'
    if shell == "nu":
        return f"$env.PATH = ($env.PATH | prepend {place})"
    return f'export PATH="{place[1:-1]}:$PATH"; hash -r'


def names(code: str, shell: str, folder: str, system: System) -> bool:
    """Return whether a line of ours, of whatever version, is for the shim in `folder`."""
    import re

    program = system.path.join(folder, "")
    spellings = (_place(shell, folder, system), _double_quoted(_slashes(program, system), _NU)[:-2])
    inside = (spelling.strip('$"') for spelling in spellings)
    code = code.replace("'\\''", "'")  # an alias is quoted twice
    return any(re.search(re.escape(text) + r"[\"/:;]", code) for text in inside)


def program_name(system: System) -> str:
    """Return the file name of the shim."""
    return "uv.exe" if system.platform == "win32" else "uv"


# -- paths as code -----------------------------------------------------------------------------

#: The shells that use native paths on Windows.
_NATIVE = ("powershell", "nu")
#: The characters that need a backslash inside double quotes.
_POSIX = {character: "\\" + character for character in '\\"$`'}
_FISH = {character: "\\" + character for character in '\\"$'}
_NU = {character: "\\" + character for character in '\\"'}
_NU_TEMPLATE = _NU | {character: "\\" + character for character in "()"}


def _place(shell: str, path: str, system: System) -> str:
    """Return a path as a double-quoted word."""
    below = paths.relative_to(path, system.home, system)
    inside = _slashes(path if below is None else below, system, drives=shell not in _NATIVE)
    home = "" if below is None else "$HOME/"
    if shell == "fish":
        return _double_quoted(inside, _FISH, home)
    if shell == "powershell":
        return '"' + home + "".join(map(_powershell_character, inside)) + '"'
    if shell == "nu":
        if below is None:
            return _double_quoted(inside, _NU)
        variable = "USERPROFILE" if system.platform == "win32" else "HOME"
        return "$" + _double_quoted(inside, _NU_TEMPLATE, f"($env.{variable})/")
    return _double_quoted(inside, _POSIX, home)


def _double_quoted(text: str, escapes: dict[str, str], before: str = "") -> str:
    return '"' + before + "".join(escapes.get(character, character) for character in text) + '"'


def _powershell_character(character: str) -> str:
    """Return a character for PowerShell's double quotes, as ASCII.

    Windows PowerShell reads a file without a byte order mark in the system's code page, and
    PowerShell treats typographic quotes as quotes.
    """
    if character in '`"$':
        return "`" + character
    if character.isascii():
        return character
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"$([char]0x{units[at : at + 2].hex()})" for at in range(0, len(units), 2))


def _slashes(path: str, system: System, *, drives: bool = False) -> str:
    r"""Return a path with forward slashes, which every program on Windows accepts too.

    With `drives`, `D:\x` becomes `/d/x`, as in the POSIX shells of Git and MSYS2.
    """
    if system.platform != "win32":
        return path
    path = path.replace("\\", "/")
    if drives and path[1:3] == ":/":
        path = "/" + path[0].lower() + path[2:]
    return path
