"""The code that goes into shells: one line each, as their own syntax wants it.

Every line is valid whatever characters the folder's path holds, names the home directory by a
variable where it can (so that a dotfiles repository fits all machines), and does nothing when the
shim's folder comes first already, or is not there: another machine may share the file. (Nushell
settles an alias before it can look for the program; there that one stays.)
"""

from __future__ import annotations

from uvlocal.shim.machine import paths

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uvlocal.shim.machine.host import System

#: The shells with a syntax of their own; `sh` stands for every other POSIX shell.
SHELLS = ("bash", "zsh", "fish", "powershell", "nu", "sh")
#: Other names of these shells' programs.
_OTHER_NAMES = {
    "pwsh": "powershell",
    "nushell": "nu",
    "dash": "sh",
    "ash": "sh",
    "ksh": "sh",
    "mksh": "sh",
}


def name_of(program: str) -> str:
    """Return which of our shells a program's name or path means, or ""."""
    name = program.replace("\\", "/").rpartition("/")[2].lower().lstrip("-").removesuffix(".exe")
    name = _OTHER_NAMES.get(name, name)
    return name if name in SHELLS else ""


def path_line(shell: str, folder: str, system: System) -> str:
    """Return the line that puts `folder` first on PATH."""
    place = _place(shell, folder, system)
    if shell == "fish":
        # Files in conf.d are read before config.fish, which may put other folders first (the code
        # of Homebrew does). So until the first prompt, every change of PATH is looked at; what the
        # user then does to it is the user's.
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
    """Return the line that makes `uv` an alias of the shim in `folder`; PATH stays as it is.

    A PowerShell function would lose a `--` among uv's arguments; an alias does not.
    """
    program = system.path.join(folder, program_name(system))
    if shell == "nu":
        # Nushell takes no variable in the place of a program's name here.
        return f"alias uv = ^{_double_quoted(_slashes(program, system), _NU)}"
    place = _place(shell, program, system)
    if shell == "fish":
        return f"if test -x {place}; function uv; {place} $argv; end; end"
    if shell == "powershell":
        return f"if (Test-Path -LiteralPath {place}) {{ Set-Alias -Name uv -Value {place} }}"
    if shell == "zsh":
        # Its completion looks for the program by its plain path, so that is quoted beforehand.
        return f"[ ! -x {place} ] || alias uv=${{(q):-{place}}}"
    quoted = place.replace("'", "'\\''")
    return f"[ ! -x {place} ] || alias uv='{quoted}'"


def now_line(shell: str, folder: str, system: System) -> str:
    """Return what to type so that the running shell finds the shim."""
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
    code = code.replace("'\\''", "'")  # an alias is quoted once more
    return any(re.search(re.escape(text) + r"[\"/:;]", code) for text in inside)


def program_name(system: System) -> str:
    """Return what the shim is called."""
    return "uv.exe" if system.platform == "win32" else "uv"


# -- paths as code -----------------------------------------------------------------------------

#: The shells that write paths on Windows as Windows does.
_NATIVE = ("powershell", "nu")
#: What a backslash stands before inside double quotes.
_POSIX = {character: "\\" + character for character in '\\"$`'}
_FISH = {character: "\\" + character for character in '\\"$'}
_NU = {character: "\\" + character for character in '\\"'}
_NU_TEMPLATE = _NU | {character: "\\" + character for character in "()"}


def _place(shell: str, path: str, system: System) -> str:
    """Return a path as a double-quoted word of the shell."""
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
    """Return one character inside PowerShell's double quotes, in ASCII.

    Windows PowerShell reads a file without a byte order mark in the system's own code page, and
    PowerShell takes typographic quotes for quotes.
    """
    if character in '`"$':
        return "`" + character
    if character.isascii():
        return character
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"$([char]0x{units[at : at + 2].hex()})" for at in range(0, len(units), 2))


def _slashes(path: str, system: System, *, drives: bool = False) -> str:
    r"""Return a path with forward slashes, which every program on Windows understands too.

    With `drives`, `D:\x` is `/d/x`, as the POSIX shells of Git and MSYS2 have it.
    """
    if system.platform != "win32":
        return path
    path = path.replace("\\", "/")
    if drives and path[1:3] == ":/":
        path = "/" + path[0].lower() + path[2:]
    return path
