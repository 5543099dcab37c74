"""Shell completion for `uvlocal`, and for `uv`, which is now the shim."""

from __future__ import annotations

#: The completion code that typer generates for `uvlocal`, without the lines that would change the
#: Tab key everywhere in PowerShell; a test compares. Asking typer takes a quarter of a second in
#: each new shell.
OF_UVLOCAL = {
    "bash": """\
_uvlocal_completion() {
    local IFS=$'
'
    COMPREPLY=( $( env COMP_WORDS="${COMP_WORDS[*]}" \\
                   COMP_CWORD=$COMP_CWORD \\
                   _UVLOCAL_COMPLETE=complete_bash $1 ) )
    return 0
}

complete -o default -F _uvlocal_completion uvlocal
""",
    "zsh": """\
_uvlocal_completion() {
  eval $(env _TYPER_COMPLETE_ARGS="${words[1,$CURRENT]}" \
_UVLOCAL_COMPLETE=complete_zsh uvlocal)
}

compdef _uvlocal_completion uvlocal
""",
    "fish": """\
complete --command uvlocal --no-files --arguments "(env _UVLOCAL_COMPLETE=complete_fish \
_TYPER_COMPLETE_FISH_ACTION=get-args _TYPER_COMPLETE_ARGS=(commandline -cp) uvlocal)" --condition \
"env _UVLOCAL_COMPLETE=complete_fish _TYPER_COMPLETE_FISH_ACTION=is-args \
_TYPER_COMPLETE_ARGS=(commandline -cp) uvlocal"
""",
    "powershell": """\
$scriptblock = {
    param($wordToComplete, $commandAst, $cursorPosition)
    $Env:_UVLOCAL_COMPLETE = "complete_powershell"
    $Env:_TYPER_COMPLETE_ARGS = $commandAst.ToString()
    $Env:_TYPER_COMPLETE_WORD_TO_COMPLETE = $wordToComplete
    uvlocal | ForEach-Object {
        $commandArray = $_ -Split ":::"
        $command = $commandArray[0]
        $helpString = $commandArray[1]
        [System.Management.Automation.CompletionResult]::new(
            $command, $command, 'ParameterValue', $helpString)
    }
    $Env:_UVLOCAL_COMPLETE = ""
    $Env:_TYPER_COMPLETE_ARGS = ""
    $Env:_TYPER_COMPLETE_WORD_TO_COMPLETE = ""
}
Register-ArgumentCompleter -Native -CommandName uvlocal -ScriptBlock $scriptblock
""",
}

#: Loads uv's own completion at the first use of the Tab key, unless there is one already. That code
#: is long, and asking uv for it in each new shell takes time.
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


def file_name(shell: str) -> str:
    """Return the name of the file with a shell's completion code, which is beside the shim."""
    return f"uvlocal-completion.{'ps1' if shell == 'powershell' else shell}"


#: Every possible file with completion code beside the shim.
FILES = tuple(map(file_name, OF_UVLOCAL))


def code(shell: str) -> str:
    """Return the code that completes `uvlocal` and `uv` in a shell, or "" if there is none.

    Args:
        shell: a name in `shell_snippets.SHELLS`.
    """
    parts = [table.get(shell, "") for table in (OF_UVLOCAL, _OF_UV)]
    text = "\n".join(part.strip("\n") for part in parts if part)
    if shell == "zsh":
        # Without `compinit`, zsh does not complete arguments.
        body = "\n".join(f"    {line}" if line else "" for line in text.split("\n"))
        return f"if (( $+functions[compdef] )); then\n{body}\nfi"
    return text
