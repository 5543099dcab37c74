"""Confirmation, in one place, so that every command handles a no in the same way."""

from __future__ import annotations

import typer

from uvlocal.manage.errors import FINE, UserError


def confirm(question: str, *, json: bool = False) -> None:
    """Ask for confirmation, and return if the answer is yes.

    Args:
        question: the question, such as `continue?`.
        json: the output is JSON for a program, which cannot be asked.

    Raises:
        typer.Exit: the answer is no, which is not an error.
        UserError: there is no terminal to ask on.
    """
    from uvlocal.manage.views import console

    if json or not console.can_ask():
        raise UserError(
            "nothing was changed: cannot ask for confirmation here",
            "pass `--yes` to skip the confirmation",
        )
    if not console.agreed(question):
        console.talk("cancelled, nothing was changed")
        raise typer.Exit(FINE)
