"""A command says what it did in at most three lines, unless it was asked to show something.

What is shown on request (data) is in a table here; everything else counts, and so does what such a
command says beside its data. Paths below home begin with `~`.
"""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from typing import TYPE_CHECKING

import pytest
import typer

from uvlocal.manage.commands.app import app

if TYPE_CHECKING:
    from support.hosts.worlds import World

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the world here is POSIX's")

MOST_LINES = 3
#: How lines of uv itself begin, which `migrate` runs.
_OF_UV = ("Using ", "Creating ", "Resolved ", "Installed ", "Checked ", " + ")
#: Commands that are asked to show something on stdout, and what that is.
DATA = {
    "status": "what is done for a project, and why",
    "doctor": "every check",
    "list": "every environment",
    "scan": "every project at risk",
    "config": "every setting",
    "init": "code for a shell",
    "path": "a path for a program, byte for byte",
    "adopt": "the path of the environment, for a program",
    "link --vscode": "lines to be pasted",
    "install --dry-run": "what would be done",
    "uninstall --dry-run": "what would be done",
    "prune --dry-run": "what would be done",
    "migrate --dry-run": "what would be done",
    "prune": "each environment that goes",
}
#: What is run one after the other in a project, and what is done before by hand, if anything.
STEPS = [
    ("install --dry-run", ""),
    ("install --yes", ""),
    ("install --yes", ""),
    ("init bash", ""),
    ("status", ""),
    ("path", ""),
    ("doctor", ""),
    ("doctor --fix", ""),
    ("list", ""),
    ("scan", ""),
    ("config", ""),
    ("config set strategy no-metadata", ""),
    ("config unset strategy", ""),
    ("config unset strategy", ""),
    ("config set --project mode always", ""),
    ("config set store ~/elsewhere", ""),
    ("config unset store", ""),
    ("config set mode sometimes", ""),
    ("config set moed never", ""),
    ("config add-root ~/Dropbox", ""),
    ("config add-root --local ~/Dropbox", ""),
    ("config remove-root ~/Dropbox", ""),
    ("config remove-root ~/Dropbox", ""),
    ("migrate --dry-run", "old environment"),
    ("migrate --yes", ""),
    ("migrate --yes", ""),
    ("link", ""),
    ("link", ""),
    ("link --vscode", ""),
    ("unlink", ""),
    ("unlink", ""),
    ("adopt", ""),
    ("adopt", "move"),
    ("prune --dry-run", ""),
    ("prune --yes", ""),
    ("remove --yes", ""),
    ("remove --yes", ""),
    ("prune --yes", "remove the project"),
    ("install", ""),
    ("status --no-such-option", ""),
    ("frobnicate", ""),
    ("uninstall --dry-run", ""),
    ("uninstall --yes", ""),
    ("uninstall --yes", ""),
]


def test_every_command_is_here() -> None:
    """No command is left out."""
    known = typer.main.get_command(app).commands  # type: ignore[attr-defined] # a group
    assert set(known) <= {words.split()[0] for words, _ in STEPS}
    assert set(known["config"].commands) <= {
        words.split()[1] for words, _ in STEPS if words.startswith("config ")
    }


@pytest.mark.slow
def test_few_lines_and_short_paths(newest_world: World) -> None:
    """Each command keeps to its lines, writes `~`, and calls an error an error."""
    world = newest_world
    world.environment["SHELL"] = "/bin/bash"
    for name in (".bashrc", ".zshrc"):
        world.write(f"home/{name}", "")
    project = world.project("home/Dropbox/foo", packaged=False, dependencies=["iniconfig"])
    world.plain("sync", "-q", cwd=project).ok()
    wrong = []
    for words, before in STEPS:
        if before == "old environment":
            world.plain("venv", "--clear", "-q", cwd=project).ok()
        elif before == "move":
            moved = world.path("home/Dropbox/bar")
            shutil.move(project, moved)
            project = moved
        elif before:
            world.uv("sync", "-q", cwd=project)
            shutil.rmtree(project)
            project = world.home
        done = world.uvlocal(*shlex.split(words.replace("~", world.home)), cwd=project)
        err = [line for line in done.raw_err.splitlines() if not line.startswith(_OF_UV)]
        said = [line for line in err if line.strip()]
        data = any(words.startswith(name) for name in DATA) and not words.startswith("config ")
        shown = [] if data else [line for line in done.raw_out.splitlines() if line.strip()]
        if len(said) + len(shown) > MOST_LINES:
            wrong.append(f"{len(said) + len(shown)} lines: {done}")
        exact = words.startswith(("path", "adopt"))
        if world.home in "\n".join(err) or (world.home in done.raw_out and not exact):
            wrong.append(f"a path without `~`: {done}")
        if done.code == 2 and not done.err.startswith("error: "):
            wrong.append(f"an error that is called something else: {done}")
    assert not wrong, "\n\n".join(wrong)


@pytest.mark.slow
def test_the_shim_keeps_to_its_lines(newest_world: World) -> None:
    """Where everything is worth a line at once, a call says the first three."""
    world = newest_world
    project = world.project("home/Dropbox/foo", packaged=False)
    world.plain("venv", "-q", cwd=project).ok()
    env = {"UVLOCAL_MODE": "sometimes", "VIRTUAL_ENV": os.path.join(project, ".venv")}
    said = world.uv("sync", cwd=project, env=env).ok().raw_err
    ours = [line for line in said.splitlines() if line.startswith(("uvlocal: ", "hint: "))]
    assert len(ours) == MOST_LINES
