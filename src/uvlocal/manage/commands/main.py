"""The entry point of `uvlocal`. Users see an error message, never a traceback."""

from __future__ import annotations

import os
import sys

from uvlocal.manage.commands import quick
from uvlocal.manage.errors import FINE, USAGE, UserError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TextIO

#: The exit code of a command that Ctrl-C ended: 128 plus the number of SIGINT.
_INTERRUPTED = 130
#: Set if a shell asks for completions (`completion.OF_UVLOCAL`): typer's name for our command.
_COMPLETING = "_UVLOCAL_COMPLETE"


def main() -> None:
    """Run the command."""
    _open_streams()
    sys.exit(_answered(sys.argv[1:]))


def _answered(words: list[str]) -> int:
    """Run a command line, report errors, and return the exit code."""
    try:
        code = _run(words)
        _flush()
    except UserError as problem:
        code = _complain(problem)
    except BrokenPipeError:
        code = FINE  # the reader has what it wanted
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
        # By default, typer answers completion requests only with its own options.
        from typer.completion import completion_init  # type: ignore[attr-defined] # named nowhere else

        completion_init()
        app(prog_name="uvlocal")
    return _by_typer(words)


def _by_typer(words: list[str]) -> int:
    """Run a command line with typer, but report usage errors in our own style."""
    import gc

    gc.disable()  # parsing creates thousands of small objects, none of them garbage
    import typer

    from uvlocal.manage.commands.app import app
    from uvlocal.manage.views.terminal import prose_width

    # Typer exports only some of its usage errors; this is their base class.
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
    """Return typer's usage error in the style of our other errors."""
    import re

    message = re.sub(r"'([^']*)'", r"`\1`", problem.format_message()).rstrip(".")
    context = problem.ctx
    hint = f"`{context.command_path} --help` shows the options" if context else ""
    return UserError(message[:1].lower() + message[1:], hint, USAGE)


def _complain(problem: UserError) -> int:
    from uvlocal.manage.views import console

    _close(sys.stdout)
    console.error(problem)
    return problem.code


def _flush() -> None:
    """Flush stdout while a failure can still be reported."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as problem:
        raise UserError(f"the output cannot be written: {problem.strerror}") from None


def _close(stream: TextIO) -> None:
    """Flush a stream, or discard the rest: Python would try again at exit, and complain."""
    try:
        stream.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _open_streams() -> None:
    """Open the standard streams that were closed at startup, which Python sets to None.

    In this order each gets its usual descriptor, so that no other file gets it.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115 - open until exit
