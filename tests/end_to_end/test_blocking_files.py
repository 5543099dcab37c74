"""No call of uv and no command waits for a FIFO where a file should be.

The uv behind the shim is a small script: the real one waits for some of these files itself.
"""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from support.hosts.forked_commands import HUNG, Commands
from support.hosts.hostile import Place

from uvlocal.shim.machine.host import System
from uvlocal.shim.store import naming

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no FIFOs among files")

#: Everything below the project that uvlocal may read; `.venv` hides its own contents.
INSIDE_ENVIRONMENT = (
    ".venv/.lock",
    ".venv/CACHEDIR.TAG",
    ".venv/bin/activate",
    ".venv/bin/python",
    ".venv/lib/python3.12/site-packages/foo-0.dist-info/METADATA",
    ".venv/lib/python3.12/site-packages/foo-0.dist-info/RECORD",
    ".venv/lib/python3.12/site-packages/foo-0.dist-info/direct_url.json",
    ".venv/lib/python3.12/site-packages/foo.pth",
    ".venv/pyvenv.cfg",
)
PROJECT = (
    ".dropbox",
    ".env",
    ".git",
    ".project",
    ".python-version",
    ".stfolder",
    ".stignore",
    ".sync",
    ".vscode/settings.json",
    "../pyproject.toml",
    "script.py",
    "uv.lock",
    "uv.toml",
)
#: The user's own files: settings, the configuration of clients, caches, records, startup files.
HOME = (
    ".bashrc",
    ".cache/uvlocal/roots",
    ".cache/uvlocal/uv-versions",
    ".ccnet/seafile.ini",
    ".config/Nextcloud/nextcloud.cfg",
    ".config/syncthing/config.xml",
    ".config/uv/uv.toml",
    ".config/uvlocal/uvlocal.toml",
    ".dropbox/host.db",
    ".pcloud/data.db",
    ".zshenv",
    ".local/share/uvlocal/envs/$NAME/pyvenv.cfg",
    ".local/share/uvlocal/records/$NAME.toml",
)
#: Those that hide all the others.
ALONE = ("pyproject.toml", ".venv", "~/.dropbox/info.json")
EVERYTHING = (*PROJECT, *INSIDE_ENVIRONMENT, *(f"~/{name}" for name in HOME))

SLOW = pytest.mark.slow
PLANTS = [
    pytest.param(EVERYTHING, id="all-at-once"),
    pytest.param(ALONE[:1], id=ALONE[0]),
    *(pytest.param((name,), id=name, marks=SLOW) for name in (*ALONE[1:], *EVERYTHING)),
]
CALLS = ("sync", "run --env-file .env true", "run script.py", "pip list")
COMMANDS = (
    "status",
    "path",
    "doctor",
    "scan $SHARED",
    "list",
    "config",
    "migrate --dry-run",
    "prune --dry-run",
    "link",
    "adopt --dry-run",
)
#: The timeout of a call, in seconds; only one that hangs takes longer.
PATIENCE = 20


@pytest.fixture(scope="module")
def commands() -> Iterator[Commands]:
    """Return what runs commands."""
    with Commands() as running:
        yield running


def _plant(place: Place, name: str) -> None:
    system = System(environ=dict(place.environ), cwd=place.home, home=place.home)
    name = name.replace("$NAME", naming.name_of(place.project, system))
    folder = place.home if name.startswith("~/") else place.project
    path = os.path.normpath(os.path.join(folder, name.removeprefix("~/")))
    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    if os.path.lexists(path):
        os.unlink(path)
    if sys.platform != "win32":
        os.mkfifo(path, 0o600)


@pytest.mark.parametrize("names", PLANTS)
def test_nothing_waits(commands: Commands, tmp_path: Path, names: tuple[str, ...]) -> None:
    """Whichever file is a FIFO, uv is called, and every command ends."""
    place = Place(str(tmp_path))
    for name in names:
        _plant(place, name)
    for typed in CALLS:
        done = subprocess.run(
            [os.path.join(place.shims, "uv"), *typed.split()],
            cwd=place.project,
            env=place.environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=PATIENCE,
            check=False,
        )
        assert done.returncode == 0, (typed, done.stderr)
        assert b"uvlocal failed" not in done.stderr, (typed, done.stderr)
    with open(place.calls, encoding="utf-8") as file:
        assert len(file.readlines()) == len(CALLS)
    for typed in COMMANDS:
        words = [word.replace("$SHARED", place.shared) for word in typed.split()]
        ended = commands.run(words, place.project, place.environ, PATIENCE)
        assert ended.code != HUNG, typed
        assert "Traceback" not in ended.err, (typed, ended.err)
