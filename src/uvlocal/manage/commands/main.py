"""Where the command `uvlocal` starts; a person sees a sentence, never a traceback."""

from __future__ import annotations

import os
import sys

from uvlocal.manage.commands import quick
from uvlocal.manage.errors import FINE, UserError

#: What a shell says of a command that Ctrl-C ended: 128 and the number of SIGINT.
_INTERRUPTED = 130
#: Set where a shell asks for completions (`completion.of_uvlocal`): typer's name for our command.
_COMPLETING = "_UVLOCAL_COMPLETE"


def main() -> None:
    """Run the command."""
    _open_streams()
    try:
        try:
            _run(sys.argv[1:])
        finally:
            _flush()
    except UserError as problem:
        from uvlocal.manage.views import console

        console.error(problem)
        sys.exit(problem.code)
    except BrokenPipeError:
        _discard()  # whoever read has what they wanted
        sys.exit(FINE)
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)


def _run(words: list[str]) -> None:
    asked_by_shell = _COMPLETING in os.environ
    if not asked_by_shell and quick.answered(words):
        return
    from uvlocal.manage.commands.app import app

    if asked_by_shell:
        from uvlocal.manage.commands import completion

        completion.prepare()
    app(prog_name="uvlocal")


def _flush() -> None:
    """Write what is still to be written, while somebody is there to be told that it failed."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        _discard()
    except OSError as problem:
        _discard()
        raise UserError(f"the output cannot be written: {problem.strerror}") from None


def _discard() -> None:
    """Send nowhere what is left to write: Python would try again at its end, and complain."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _open_streams() -> None:
    """Open the streams that were closed when we were started: Python leaves them out."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 - to the end
