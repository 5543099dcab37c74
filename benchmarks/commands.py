"""Measure our own commands against an interpreter that does nothing, and against `du`."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any

import tomli_w
from calls import Calls
from scan import entry_point, write
from timing import Way, compared, measure, peak, within

from uvlocal.manage.environments import record
from uvlocal.manage.environments.folder_identity import identity_of
from uvlocal.shim.machine.host import System
from uvlocal.shim.store import naming

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

#: What commands that only look at one project are compared with.
INTERPRETER = "python -c pass"
#: What commands that look at every file are compared with.
DU = "du -s"
STARTS = ("path", "status", "status --json", "init zsh", "--help", "--version")
OVER_STORES = ("list", "prune --dry-run", "doctor")
#: Files in each environment.
_FILES = 20


def build(home: str, number: int) -> str:
    """Write so many projects in `home`, and an environment of each in a store; return the store."""
    store = os.path.join(home, ".local", "share", "uvlocal")
    system = System(environ={"HOME": home}, cwd=home, home=home)
    surroundings = record.surroundings("/", system)
    for count in range(number):
        root = os.path.join(home, "Dropbox", f"team{count // 50}", f"project{count}")
        write(os.path.join(root, "pyproject.toml"), f'[project]\nname = "p{count}"\n')
        identity = identity_of(root)
        name = naming.name_of(root, system)
        table = {
            "version": record.RECORD_VERSION,
            "name": name,
            "root": root,
            "key": naming.key_of(root, system),
            "mount-point": "/",
            **surroundings,
            "file-system": "ext4",
            "top": os.path.join(home, "Dropbox"),
            "device": identity.device if identity else 0,
            "inode": identity.inode if identity else 0,
            "born": identity.born if identity else 0,
            "provider": "dropbox",
            "strategy": "redirect",
            "uvlocal": "0.1.0",
            "uv": "0.13.9",
            "created": "2026-11-22T16:27:21Z",
        }
        environment = os.path.join(store, naming.ENVIRONMENTS, name)
        write(os.path.join(store, naming.RECORDS, name + record.SUFFIX), tomli_w.dumps(table))
        write(os.path.join(environment, "pyvenv.cfg"), "version_info = 3.12.1\n")
        write(os.path.join(environment, "bin", "python"), "")
        packages = os.path.join(environment, "lib", "python3.12", "site-packages")
        for module in range(_FILES - 2):
            write(os.path.join(packages, f"package{module // 10}", f"module{module}.py"), "")
    for folder in ("", naming.ENVIRONMENTS, naming.RECORDS):
        os.chmod(os.path.join(store, folder), 0o700)
    return store


def du(folder: str, environ: dict[str, str]) -> Way:
    """Return the way to look at every file of a folder and do nothing else."""
    return Way(("/usr/bin/du", "-s", folder), environ, folder)


def command(program: str, words: str, environ: dict[str, str], cwd: str) -> Way:
    """Return the way to run one of our commands, which may have found something."""
    return Way((program, *words.split()), environ, cwd, exits=(0, 1))


def starts(folder: str, rounds: int, tell: Callable[[str], None]) -> dict[str, dict[str, float]]:
    """Measure the commands that a prompt or a shell runs, in a redirected project."""
    calls = Calls(folder)
    environ = calls.environ | {"PYTHONPATH": calls.package}
    ways = {INTERPRETER: Way((sys.executable, "-c", "pass"), environ, calls.redirected)}
    program = entry_point(folder)
    for words in STARTS:
        ways[f"uvlocal {words}"] = command(program, words, environ, calls.redirected)
    return compared(measure(ways, rounds, tell), INTERPRETER)


def over_store(
    folder: str, number: int, rounds: int, tell: Callable[[str], None]
) -> dict[str, dict[str, float]]:
    """Measure the commands that read every environment of a store, and their memory in MiB."""
    home = os.path.join(os.path.realpath(folder), f"store{number}")
    dropbox = os.path.join(home, "Dropbox")
    write(os.path.join(home, ".dropbox", "info.json"), json.dumps({"a": {"path": dropbox}}))
    tell(f"writing {number:,} environments")
    store = build(home, number)
    environ = {"HOME": home, "PATH": os.defpath}
    ways = {DU: du(store, environ)}
    program = entry_point(folder)
    for words in OVER_STORES:
        ways[f"uvlocal {words}"] = command(program, words, environ, home)
    found = compared(measure(ways, rounds, tell), DU)
    for name, way in ways.items():
        found[name]["mebibytes"] = peak(way)
    return found


def measured(
    folder: str, rounds: tuple[int, int], numbers: Sequence[int], tell: Callable[[str], None]
) -> dict[str, Any]:
    """Return the figures by command, and for stores by the number of environments too.

    Args:
        folder: where to put temporary files.
        rounds: how often each command is run in one project, and over each store.
        numbers: how many environments the stores have.
        tell: called with the progress.
    """
    series = [
        {
            "at": number,
            "ways": over_store(folder, number, rounds[1], within(tell, f"{number:,} environments")),
        }
        for number in numbers
    ]
    return {
        "rounds": rounds[0],
        "starts": starts(folder, rounds[0], within(tell, "commands")),
        "stores": {"rounds": rounds[1], "series": series},
    }
