"""The user's own environment, named in a file that `uv run` reads."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

if sys.platform == "win32":
    pytest.skip("runs sh", allow_module_level=True)

from support.tools import real_uv

if TYPE_CHECKING:
    from support.hosts.worlds import World

SHOW = ("sh", "-c", 'echo "$UV_PROJECT_ENVIRONMENT"')


@pytest.mark.parametrize("by", ["option", "variable"])
def test_the_users_environment(world: World, by: str) -> None:
    """The file's variables reach the program and uv as without us, decided or replayed."""
    project = world.project("home/Dropbox/a", packaged=False)
    mine = world.path("mine")
    # Only later versions read the option as a list in which a space can be escaped.
    escapes = real_uv.version(world.real_uv) >= (0, 11)
    name = "env file" if escapes else "env-file"
    file = world.write(f"home/Dropbox/{name}", f'export UV_PROJECT_ENVIRONMENT="{mine}" # mine\n')
    name = file.replace(" ", "\\ ")
    words = ("--env-file", name) if by == "option" else ()
    env = {"UV_ENV_FILE": name} if by == "variable" else {}
    os.utime(file, (1, 1))
    for _ in range(3):
        ran = world.uv("run", "-q", *words, *SHOW, cwd=project, env=env).ok()
        assert ran.raw_out == mine + "\n"
        assert ran.ours == []
    assert world.environments() == []
    uses_it = real_uv.version(world.real_uv) < (0, 11)
    assert os.path.isdir(mine) == uses_it
    assert os.path.isdir(os.path.join(project, ".venv")) != uses_it


def test_what_a_file_does_not_say(newest_world: World) -> None:
    """A file with other variables, and one that uv must not read, change nothing."""
    project = newest_world.project("home/Dropbox/a", packaged=False)
    newest_world.write("home/Dropbox/a/other", "A=1\n")
    newest_world.write("home/Dropbox/a/mine", "UV_PROJECT_ENVIRONMENT=/mine\n")
    ran = newest_world.uv("run", "--env-file", "other", *SHOW, cwd=project).ok()
    assert ran.raw_out == newest_world.environments()[0] + "\n"
    env = {"UV_ENV_FILE": "mine"}
    ran = newest_world.uv("run", "--no-env-file", *SHOW, cwd=project, env=env).ok()
    assert ran.raw_out == newest_world.environments()[0] + "\n"
