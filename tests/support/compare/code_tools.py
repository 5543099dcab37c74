"""Type checkers, language servers, notebooks and task runners: what each finds, and what helps.

The tables of `docs/tools.md` are made of these rows, and `tests/end_to_end/test_code_tools.py`
holds each against the real tool.
"""

from __future__ import annotations

from typing import NamedTuple

#: What is installed, by the name in the tables: no other version was looked at.
PINS = {
    "ty": "ty==0.0.108",
    "pyright": "pyright[nodejs]==1.1.414",
    "basedpyright": "basedpyright==1.40.2",
    "mypy": "mypy==2.4.1",
    "pyrefly": "pyrefly==1.5.0",
    "ruff": "ruff==0.17.6",
    "jedi-language-server": "jedi-language-server==0.47.0",
}

#: What notebooks take, and what runs tasks.
JUPYTER = ("ipykernel==7.4.0", "nbclient==0.11.0")
RUNNER_PINS = {
    "poethepoet": "poethepoet==0.49.0",
    "pdm": "pdm==2.29.4",
    "taskipy": "taskipy==1.14.1",
    "invoke": "invoke==3.0.3",
    "just": "rust-just==1.59.0",
    "nox": "nox==2026.10.20",
    "tox": "tox==4.67.15",
    "tox-uv": "tox-uv-bare==1.37.1",
}

#: How each checks a file, and how an editor starts it; ruff's server looks at no environment.
CHECKS = {
    "ty": ("ty", "check", "check.py"),
    "pyright": ("pyright", "check.py"),
    "basedpyright": ("basedpyright", "check.py"),
    "mypy": ("mypy", "check.py"),
    "pyrefly": ("pyrefly", "check", "check.py"),
    "ruff": ("ruff", "check", "--select", "F,I", "check.py"),
}
SERVERS = {
    "ty": ("ty", "server"),
    "pyright": ("pyright-langserver", "--stdio"),
    "basedpyright": ("basedpyright-langserver", "--stdio"),
    "pyrefly": ("pyrefly", "lsp"),
    "jedi-language-server": ("jedi-language-server",),
}


class Counts(NamedTuple):
    """How many of three imports are not found.

    `plain` is with a `.venv` in the project, `alone` with the environment in another place and no
    help, `ours` with uvlocal.
    """

    plain: int
    alone: int
    ours: int


#: How a tool is started: as the project's own, by uvx, in a shell with an active environment, by
#: an editor that knows of no environment. The first and the third find all, whoever it is.
WAYS = ("uv run", "uvx", "shell", "editor")

ALL, NONE = Counts(0, 0, 0), Counts(3, 3, 3)
COUNTS = {
    "ty": {"uv run": ALL, "uvx": Counts(0, 2, 0), "shell": ALL, "editor": Counts(0, 2, 2)},
    "pyright": {
        "uv run": ALL,
        "uvx": Counts(2, 2, 2),
        "shell": ALL,
        "editor": Counts(2, 2, 2),
    },
    "basedpyright": {
        "uv run": ALL,
        "uvx": Counts(0, 2, 2),
        "shell": ALL,
        "editor": Counts(0, 2, 2),
    },
    "mypy": {"uv run": ALL, "uvx": NONE, "shell": NONE},
    "pyrefly": {"uv run": ALL, "uvx": Counts(0, 2, 0), "shell": ALL, "editor": Counts(0, 2, 2)},
    "ruff": {"uv run": ALL, "uvx": ALL, "shell": ALL},
    "jedi-language-server": {
        "uv run": ALL,
        "uvx": Counts(3, 3, 0),
        "shell": ALL,
        "editor": NONE,
    },
}

#: Stands for the command that makes the pointer; what is in need of help is then started again.
LINK = "uvlocal link"
_MYPY = '--python-executable "$(uv python find)" check.py'
#: What helps where uvlocal alone does not, each enough by itself: a command instead.
HELPS = {
    ("ty", "editor"): ("uvx ty server", LINK),
    ("pyright", "uvx"): ("uv run --with 'pyright[nodejs]' pyright check.py",),
    ("pyright", "editor"): ("uv run --with 'pyright[nodejs]' pyright-langserver --stdio",),
    ("basedpyright", "uvx"): ("uv run --with basedpyright basedpyright check.py", LINK),
    ("basedpyright", "editor"): (
        "uv run --with basedpyright basedpyright-langserver --stdio",
        LINK,
    ),
    ("mypy", "uvx"): (f"uvx mypy {_MYPY}",),
    ("mypy", "shell"): (f"mypy {_MYPY}",),
    ("pyrefly", "editor"): ("uvx pyrefly lsp", LINK),
    ("jedi-language-server", "editor"): ("uvx jedi-language-server",),
}

_HEADS = {
    "uv run": "`uv run TOOL`",
    "uvx": "`uvx TOOL`",
    "shell": "an activated shell",
    "editor": "an editor",
}


def counts() -> str:
    """Return the table of imports that are not found."""
    head = "| tool | " + " | ".join(_HEADS.values()) + " |"
    rows = []
    for tool, ways in COUNTS.items():
        cells = ["-" if way not in ways else " · ".join(map(str, ways[way])) for way in WAYS]
        rows.append(
            f"| {PINS[tool].replace('[nodejs]', '').replace('==', ' ')} | {' | '.join(cells)} |"
        )
    return "\n".join([head, "|---|---|---|---|---|", *rows])


def helps() -> str:
    """Return the table of what helps where something is not found."""
    rows = [
        f"| {tool} | {_HEADS[way]} | {' or '.join(f'`{one}`' for one in commands)} |"
        for (tool, way), commands in HELPS.items()
    ]
    return "\n".join(["| tool | started by | what helps |", "|---|---|---|", *rows])


# -- task runners --------------------------------------------------------------------------------


class Runner(NamedTuple):
    """A runner of tasks, called in the project by its own command, or by `uv run`.

    `plain`, `ours`, `run` and `linked` say whether the task finds the project's packages: with a
    `.venv` in the project; with uvlocal; started by `uv run`; after `uvlocal link`. `makes` says
    that it makes a `.venv` where it finds none.
    """

    name: str
    argv: tuple[str, ...]
    plain: bool
    ours: bool
    run: bool
    linked: bool
    makes: bool = False


RUNNERS = (
    Runner("poethepoet", ("poe", "check"), plain=True, ours=True, run=True, linked=True),
    Runner(
        "poethepoet with the executor `virtualenv`",
        ("poe", "-e", "virtualenv", "check"),
        plain=True,
        ours=False,
        run=False,
        linked=True,
    ),
    Runner(
        "pdm", ("pdm", "run", "check"), plain=True, ours=False, run=True, linked=True, makes=True
    ),
    Runner(
        "make with `.venv/bin/python`",
        ("make", "check"),
        plain=True,
        ours=False,
        run=False,
        linked=True,
    ),
    Runner(
        "make with `uv run python`", ("make", "uv"), plain=True, ours=True, run=True, linked=True
    ),
    Runner("make with `python`", ("make", "path"), plain=False, ours=False, run=True, linked=False),
    Runner("just", ("just", "check"), plain=False, ours=False, run=True, linked=False),
    Runner("invoke", ("inv", "check"), plain=False, ours=False, run=True, linked=False),
    Runner("taskipy", ("task", "check"), plain=False, ours=False, run=True, linked=False),
    Runner(
        "nox without its own environments",
        ("nox", "-s", "check"),
        plain=False,
        ours=False,
        run=True,
        linked=False,
    ),
    Runner("nox with uv", ("nox", "-s", "own"), plain=True, ours=True, run=True, linked=True),
    Runner("tox with tox-uv", ("tox", "-e", "own"), plain=True, ours=True, run=True, linked=True),
)


def runners() -> str:
    """Return the table of task runners."""
    rows = []
    for row in RUNNERS:
        says = ["yes" if one else "no" for one in (row.plain, row.ours, row.run, row.linked)]
        says[1] += ", and creates a `.venv`" if row.makes else ""
        rows.append(f"| {row.name} | {' | '.join(says)} |")
    heads = ("task", "with a `.venv`", "with uvlocal", "by `uv run RUNNER`", "after `uvlocal link`")
    return "\n".join([f"| {' | '.join(heads)} |", "|---|---|---|---|---|", *rows])
