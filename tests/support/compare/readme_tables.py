"""The tables in the documents, generated from the code; running this file rewrites them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from support.compare import code_tools, mac_accesses
from support.compare.cli_reference import reference
from support.tools.fetched import SOURCE

from uvlocal.manage.commands.app import app
from uvlocal.shim.decide import CODES
from uvlocal.shim.request import commands as of_uv
from uvlocal.shim.settings import settings
from uvlocal.shim.volume.filesystems import FILE_SYSTEMS
from uvlocal.shim.volume.providers.table import PROVIDERS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from uvlocal.shim.volume.providers.schema import Provider

README = os.path.join(SOURCE, "README.md")
DOCS = os.path.join(SOURCE, "docs")

#: How a provider's folders are found, in the words of the documentation.
_HOW = {
    "file": "its configuration",
    "registry": "registry",
    "variable": "variable",
    "fixed": "its usual folder",
    "shape": "path",
    "marker": "marker",
    "attribute": "attribute",
    "back-link": "back-link",
    "flag": "hidden `.git` or `.venv`",
}
_SYSTEMS = {"darwin": "macOS", "linux": "Linux", "win32": "Windows"}
_KINDS = ("network", "shared", "incapable")


def codes() -> str:
    """Return the decision codes in order of precedence."""
    rows = [
        f"| {number} | `{code}` | {when} |" for number, (code, when) in enumerate(CODES.items(), 1)
    ]
    return "\n".join(["| | code | when |", "|---|---|---|", *rows])


def providers() -> str:
    """Return a row for each provider: how it is found on each system."""
    head = ["| provider | id | " + " | ".join(_SYSTEMS.values()) + " |", "|---|---|---|---|---|"]
    rows = []
    for provider in sorted(PROVIDERS, key=lambda row: row.label.lower()):
        cells = [", ".join(_found_by(provider, system)) or "-" for system in _SYSTEMS]
        rows.append(f"| {provider.label} | `{provider.id}` | " + " | ".join(cells) + " |")
    return "\n".join(head + rows)


def _found_by(provider: Provider, system: str) -> dict[str, None]:
    """Describe how a provider is found on a system, without duplicates."""
    ways = [_HOW[place.how] for place in provider.places if system in place.platforms]
    if system == "darwin" and provider.file_provider:
        ways.insert(0, "path")
    if system == "win32" and provider.windows_names:
        ways.insert(0, "registry")
    if system != "win32" and any(row.provider == provider.id for row in FILE_SYSTEMS):
        ways.append("mount")
    return dict.fromkeys(ways)


def file_systems() -> str:
    """Return the file systems of each kind that matters."""
    rows = []
    for kind in _KINDS:
        types = dict.fromkeys(
            name for row in FILE_SYSTEMS if row.kind == kind for name in row.types
        )
        rows.append(f"| `{kind}` | " + ", ".join(f"`{name}`" for name in types) + " |")
    return "\n".join(["| kind | file systems |", "|---|---|", *rows])


def commands() -> str:
    """Return the commands with the first line of their help."""
    named: list[tuple[str, Callable[..., object] | None]] = []
    for command in app.registered_commands:
        function = command.callback
        named.append((str(command.name or getattr(function, "__name__", "")), function))
    for group in app.registered_groups:
        called = group.typer_instance.registered_callback if group.typer_instance else None
        named.append((str(group.name or ""), called.callback if called else None))
    rows = [
        f"| `uvlocal {name}` | {(function.__doc__ or '').splitlines()[0]} |"
        for name, function in named
        if function is not None
    ]
    return "\n".join(["| command | what it does |", "|---|---|", *rows])


#: What commands use and get, by their role in the table of uv's commands, and which commands have
#: that role only with some options.
_GETS = {
    of_uv.PROJECT: ("`UV_PROJECT_ENVIRONMENT`", ("version, when it sets one",)),
    of_uv.ENVIRONMENT: ("`VIRTUAL_ENV`", ("run --no-project",)),
}


def uv_commands() -> str:
    """Return uv's commands that use a project's environment, with what they get."""
    rows = []
    for role, (variable, others) in _GETS.items():
        names = [name for name, (own, _) in of_uv.COMMANDS.items() if own == role]
        shown = [
            f"`uv {name}`{comma}{rest}"
            for name, comma, rest in (other.partition(",") for other in (*names, *others))
        ]
        rows.append(f"| {', '.join(shown)} | {variable} |")
    return "\n".join(["| command | gets |", "|---|---|", *rows])


_PATHS = "absolute paths, or with `~`"
#: The values of each key, and its effect.
_KEYS = {
    "mode": ("when to act: where it is needed, everywhere, nowhere", ""),
    "strategy": ("what to do, see [Strategies](strategies.md)", ""),
    "pointer": ("leave a `.venv` in the project that points to the environment", ""),
    "store": (
        "where environments are kept",
        "a directory on a local disk; may begin with `~` and contain variables",
    ),
    "require-opt-in": ("touch only projects that have `[tool.uvlocal]`", ""),
    "discoverable": ("let editors find the environments in `~/.virtualenvs`", ""),
    "volumes": ("kinds of volumes to act on", ", ".join(f"`{kind}`" for kind in settings.VOLUMES)),
    "synced-roots": ("directories that are synced, whatever uvlocal finds", _PATHS),
    "local-roots": ("directories that count as local, whatever uvlocal finds", _PATHS),
    "providers": ("settings of one provider, by its id", "`enabled`, `strategy`"),
}
_OTHER_VARIABLES = {
    "UVLOCAL_UV": "the path of the real uv",
    "UVLOCAL_BYPASS": "`1`: become the real uv at once, whatever the project",
    "UVLOCAL_QUIET": "`1`: print nothing",
    "UVLOCAL_TRACE": "`1`: print every fact and the decision to stderr",
}


def setting_keys() -> str:
    """Return every key with its values, its default, and who may set it."""
    defaults = settings.Settings()
    head = "| key | what it does | values | default | project | variable |"
    rows = [head, "|---|---|---|---|---|---|"]
    for key in settings.USER_KEYS:
        what, values = _KEYS[key]
        if key in settings.CHOICES:
            values = ", ".join(f"`{value}`" for value in settings.CHOICES[key])
        elif key in settings.FLAGS:
            values = "`true`, `false`"
        project = "yes" if key in settings.PROJECT_KEYS else ""
        variable = f"`{settings.VARIABLES[key]}`" if key in settings.VARIABLES else ""
        default = _default(key, getattr(defaults, key.replace("-", "_")))
        rows.append(f"| `{key}` | {what} | {values} | {default} | {project} | {variable} |")
    return "\n".join(rows)


def _default(key: str, value: object) -> str:
    """Return a default as the documentation shows it."""
    if key == "store":
        return "`~/.local/share/uvlocal`, on Windows `%LOCALAPPDATA%\\uvlocal`"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if value == frozenset(settings.VOLUMES):
        return "all"
    return f"`{value}`" if isinstance(value, str) else "none"


def variables() -> str:
    """Return every variable with its effect."""
    rows = [f"| `{name}` | the setting `{key}` |" for key, name in settings.VARIABLES.items()]
    rows += [f"| `{name}` | {what} |" for name, what in _OTHER_VARIABLES.items()]
    return "\n".join(["| variable | meaning |", "|---|---|", *rows])


def rewritten(text: str, tables: Mapping[str, Callable[[], str]]) -> str:
    """Return a document with every table generated again."""
    for name, make in tables.items():
        start, end = f"<!-- table: {name} -->\n", "<!-- end -->"
        if text.count(start) != 1:
            msg = f"the document has no place for the table `{name}`"
            raise ValueError(msg)
        before, rest = text.split(start)
        text = before + start + make() + "\n" + end + rest.partition(end)[2]
    return text


#: The tables of each page of `docs`.
DOCUMENTS: dict[str, dict[str, Callable[[], str]]] = {
    os.path.join(DOCS, name): tables
    for name, tables in {
        "how-it-works.md": {"codes": codes},
        "recognised.md": {"providers": providers, "file-systems": file_systems},
        "settings.md": {"settings": setting_keys, "variables": variables},
        "cli.md": {"commands": commands, "reference": reference},
        "commands.md": {"uv-commands": uv_commands},
        "tools.md": {
            "imports": code_tools.counts,
            "helps": code_tools.helps,
            "runners": code_tools.runners,
        },
        "macos.md": {"accesses": mac_accesses.table},
    }.items()
}


if __name__ == "__main__":
    for document, its_tables in DOCUMENTS.items():
        with open(document, encoding="utf-8") as file:
            new = rewritten(file.read(), its_tables)
        with open(document, "w", encoding="utf-8") as file:
            file.write(new)
