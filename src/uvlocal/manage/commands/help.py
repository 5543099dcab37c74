"""The output of `--help`: plain text that fits the terminal, with exit codes and examples."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from typer.core import TyperGroup

if TYPE_CHECKING:
    from typer._click import Context, HelpFormatter


class Group(TyperGroup):
    """A command group that shows each command's full first sentence, which typer truncates."""

    def format_commands(self, ctx: Context, formatter: HelpFormatter) -> None:
        """Write the table of commands."""
        commands = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        rows = [(name, _summary(command)) for name, command in commands]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


def _summary(command: Any) -> str:  # noqa: ANN401 - click's class, which typer does not name
    return " ".join((command.help or "").partition("\n\n")[0].split())


def ending(codes: str, *examples: tuple[str, str]) -> str:
    """Return the end of a command's help.

    Args:
        codes: what each exit code means.
        examples: pairs of a purpose and a command, ready to paste.
    """
    # `\b` keeps click from wrapping the paragraph.
    lines = [f"  {what}:\n    {command}" for what, command in examples]
    return "\n".join([f"Exit codes: {codes}.", "", "\b", "Examples:", *lines])
