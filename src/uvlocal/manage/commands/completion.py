"""Completion on the command line: of `uvlocal`, and of `uv`, which is the shim now."""

from __future__ import annotations

import contextlib
import io
import os
import textwrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

#: Asks our own command for its completions, or for the code that will ask.
VARIABLE = "_UVLOCAL_COMPLETE"
#: What typer is asked for its own completion code, by shell.
_TYPER = {"bash": "bash", "zsh": "zsh", "fish": "fish", "powershell": "powershell"}
#: Lines of typer's that are left out: they would change what the Tab key does in all PowerShell,
#: or are comments, which an interactive zsh does not know.
_LEFT_OUT = ("Import-Module PSReadLine", "Set-PSReadLineKeyHandler", "#")

#: Load uv's own completion at the first use of the Tab key, unless somebody has set one up. That
#: code is long, and asking uv for it in each new shell takes time.
_OF_UV = {
    "bash": """\
        _uvlocal_load_uv() {
            complete -r uv
            eval "$(uv generate-shell-completion bash)"
            return 124
        }
        complete -p uv >/dev/null 2>&1 || complete -F _uvlocal_load_uv uv
        """,
    "zsh": """\
        _uvlocal_load_uv() {
            eval "$(uv generate-shell-completion zsh)"
            (( $+functions[_uv] )) && _uv "$@"
        }
        (( $+_comps[uv] )) || compdef _uvlocal_load_uv uv
        """,
    "fish": """\
        function _uvlocal_load_uv
            complete --erase --command uv
            uv generate-shell-completion fish | source
            complete --do-complete (commandline --current-process --cut-at-cursor)
        end
        if not test -e $fish_complete_path[1]/uv.fish
            complete --command uv --no-files --arguments '(_uvlocal_load_uv)'
        end
        """,
}


def prepare() -> None:
    """Let typer answer the shells; it does so by itself only with its own options for it."""
    from typer.completion import completion_init  # type: ignore[attr-defined] # named nowhere else

    completion_init()


def code(shell: str, app: Callable[..., object]) -> str:
    """Return the code that completes `uvlocal` and `uv` in a shell, "" where there is none.

    Args:
        shell: its name, as in `shell_code.SHELLS`.
        app: the command line of `uvlocal`.
    """
    parts = [_of_uvlocal(shell, app), textwrap.dedent(_OF_UV.get(shell, ""))]
    text = "\n".join(part.strip("\n") for part in parts if part)
    if shell == "zsh":
        # Without `compinit`, zsh completes no commands' arguments at all.
        body = textwrap.indent(text, "    ")
        return f"if (( $+functions[compdef] )); then\n{body}\nfi"
    return text


def _of_uvlocal(shell: str, app: Callable[..., object]) -> str:
    """Return what typer says for our own command."""
    if shell not in _TYPER:
        return ""
    prepare()
    before = os.environ.get(VARIABLE)
    os.environ[VARIABLE] = f"source_{_TYPER[shell]}"
    text = io.StringIO()
    try:
        with contextlib.redirect_stdout(text), contextlib.suppress(SystemExit):
            app([], prog_name="uvlocal")
    finally:
        os.environ.pop(VARIABLE)
        if before is not None:
            os.environ[VARIABLE] = before
    lines = text.getvalue().splitlines()
    return "\n".join(line for line in lines if not line.startswith(_LEFT_OUT))
