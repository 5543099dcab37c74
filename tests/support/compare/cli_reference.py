"""The documentation's reference of all commands, generated from typer."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import typer

from uvlocal.manage.commands.app import app

if TYPE_CHECKING:
    from collections.abc import Iterator


def reference() -> str:
    """Return a section for each command: what it does, its options, exit codes and examples."""
    return "\n\n".join(_section(*one) for one in _commands(typer.main.get_command(app), "uvlocal"))


def _commands(group: Any, name: str) -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - click's, unnamed
    for word, command in group.commands.items():
        yield f"{name} {word}", command
        if hasattr(command, "commands"):
            yield from _commands(command, f"{name} {word}")


def _section(name: str, command: Any) -> str:  # noqa: ANN401 - as above
    codes, _, examples = command.epilog.partition("Examples:\n")
    parts = [
        f"## {name}",
        *(_joined(paragraph) for paragraph in command.help.split("\n\n")),
        *_parameters(command),
        _joined(codes.replace("\b", "")),
        "```console\n" + "\n".join(_example_lines(examples)) + "\n```",
    ]
    return "\n\n".join(part for part in parts if part)


def _joined(text: str) -> str:
    return " ".join(text.split())


def _parameters(command: Any) -> Iterator[str]:  # noqa: ANN401 - as above
    rows = []
    for parameter in command.params:
        is_option = parameter.param_type_name == "option"
        names = ", ".join(f"`{name}`" for name in parameter.opts if name.startswith("-"))
        value = parameter.metavar or ""
        if is_option and not parameter.is_flag:
            names += f" `{value or parameter.type.name.upper()}`"
        text = re.sub(r"\s+", " ", parameter.help or "").replace("|", "\\|")
        rows.append(f"| {names if is_option else f'`{value}`'} | {text} |")
    if rows:
        yield "\n".join(["| | |", "|---|---|", *rows])


def _example_lines(text: str) -> Iterator[str]:
    """Yield the examples as a shell session, with their purpose as a comment."""
    for line in text.splitlines():
        if line.startswith("    "):
            yield f"$ {line.strip()}"
        elif line.strip():
            yield f"# {line.strip().rstrip(':')}"
