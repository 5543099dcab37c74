"""Where the command `uvlocal` starts; a person sees a sentence, never a traceback."""

from __future__ import annotations

import os
import sys

from uvlocal.manage.commands import quick
from uvlocal.manage.errors import FINE, USAGE, UserError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TextIO

#: What a shell says of a command that Ctrl-C ended: 128 and the number of SIGINT.
_INTERRUPTED = 130
#: Set where a shell asks for completions (`completion.of_uvlocal`): typer's name for our command.
_COMPLETING = "_UVLOCAL_COMPLETE"


def main() -> None:
    """Run the command."""
    _open_streams()
    sys.exit(_answered(sys.argv[1:]))


def _answered(words: list[str]) -> int:
    """Run a command line, say what went wrong, and return the exit code."""
    try:
        code = _run(words)
        _flush()
    except UserError as problem:
        code = _complain(problem)
    except BrokenPipeError:
        code = FINE  # whoever read has what they wanted
    except OSError as problem:
        name = f": `{problem.filename}`" if problem.filename else ""
        code = _complain(UserError(f"{problem.strerror or problem}{name}"))
    except KeyboardInterrupt:
        import contextlib

        code = _INTERRUPTED
        with contextlib.suppress(OSError):
            sys.stderr.write("\n" if sys.stderr.isatty() else "")
    _close(sys.stdout)
    _close(sys.stderr)
    return code


def _run(words: list[str]) -> int:
    asked_by_shell = _COMPLETING in os.environ
    code = None if asked_by_shell else quick.answered(words)
    if code is not None:
        return code
    from uvlocal.manage.commands.app import app

    if asked_by_shell:
        from uvlocal.manage.commands import completion

        completion.prepare()
        app(prog_name="uvlocal")
    return _by_typer(words)


def _by_typer(words: list[str]) -> int:
    """Let typer read a command line, but say in our own way what is wrong with it."""
    import gc

    gc.disable()  # reading makes thousands of small objects, none of them garbage
    import typer

    from uvlocal.manage.commands.app import app
    from uvlocal.manage.views.terminal import prose_width

    # Typer names only some of the errors that it raises for a wrong command line.
    wrong_usage: type[Exception] = typer.BadParameter.__mro__[1]
    command = typer.main.get_command(app)
    try:
        with command.make_context("uvlocal", words, terminal_width=prose_width()) as context:
            gc.enable()
            command.invoke(context)
    except typer.Exit as done:
        return done.exit_code
    except wrong_usage as problem:
        raise _as_ours(problem) from None
    return FINE


def _as_ours(problem: Any) -> UserError:  # noqa: ANN401 - typer does not name its class
    """Return what typer says of a command line in the style of our other errors."""
    import re

    message = re.sub(r"'([^']*)'", r"`\1`", problem.format_message()).rstrip(".")
    context = problem.ctx
    hint = f"`{context.command_path} --help` shows what there is" if context else ""
    return UserError(message[:1].lower() + message[1:], hint, USAGE)


def _complain(problem: UserError) -> int:
    from uvlocal.manage.views import console

    _close(sys.stdout)
    console.error(problem)
    return problem.code


def _flush() -> None:
    """Write what is still to be written, while somebody is there to be told that it failed."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as problem:
        raise UserError(f"the output cannot be written: {problem.strerror}") from None


def _close(stream: TextIO) -> None:
    """Write what is left, or drop it: Python would try again at its end, and complain."""
    try:
        stream.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _open_streams() -> None:
    """Open the streams that were closed when we were started: Python leaves them out.

    In this order each gets its own number again, and no file that is opened later gets it.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115 - to the end
