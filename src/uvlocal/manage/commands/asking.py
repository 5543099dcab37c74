"""Questions: asked in one place, so that a no ends every command alike."""

from __future__ import annotations

import typer

from uvlocal.manage.errors import FINE, UserError


def confirm(question: str, *, json: bool = False) -> None:
    """Ask a person, and return if the answer is yes.

    Args:
        question: what is about to be done, such as `remove them?`.
        json: the output is for a program, which is never asked.

    Raises:
        typer.Exit: the answer is no, which is no error.
        UserError: there is nobody to ask.
    """
    from uvlocal.manage.views import console

    if json or not console.can_ask():
        raise UserError(
            "nothing was changed: there is no terminal to ask on",
            "pass `--yes` to proceed without asking",
        )
    if not console.agreed(question):
        console.talk("cancelled, nothing was changed")
        raise typer.Exit(FINE)
