"""A home with a folder that others write to; `hostile_plants` has what they put there."""

from __future__ import annotations

import json
import os
import random
import stat
from typing import TYPE_CHECKING

from uvlocal.manage.installation import install
from uvlocal.manage.installation.install import Wish
from uvlocal.shim.machine.host import System

if TYPE_CHECKING:
    from collections.abc import Mapping

#: A fake uv that only records its calls: the environment that it was given, and the target of a
#: `--python` request.
_UV = """#!/bin/sh
case "$1" in --version) echo "uv 0.13.9"; exit 0;; esac
printf '%s|%s|%s\\n' "$UV_PROJECT_ENVIRONMENT" "$VIRTUAL_ENV" "$*" >>"{calls}"
"""


class Place:
    """A home below `root`, a shared folder in it, and a project `project` in that.

    `mine` is the user's own project outside, `log` the file that planted programs write to, `calls`
    the recorded calls of uv. `environ` is the environment of every command.
    """

    def __init__(self, root: str, name: str = "foo") -> None:
        self.root = os.path.realpath(root)
        self.home = os.path.join(self.root, "home")
        self.shared = os.path.join(self.home, "Dropbox", "shared")
        self.project = os.path.join(self.shared, name)
        self.mine = os.path.join(self.home, "mine")
        self.log = os.path.join(self.root, "log")
        self.calls = os.path.join(self.root, "calls")
        self.store = os.path.join(self.home, ".local", "share", "uvlocal")
        os.makedirs(self.project)
        dropbox = {"personal": {"path": os.path.join(self.home, "Dropbox")}}
        self.write("home/.dropbox/info.json", json.dumps(dropbox))
        self.write("home/Dropbox/shared/../other/notes.txt", "mine")
        self.put("pyproject.toml", '[project]\nname = "foo"\nversion = "0"\n')
        self._make_mine()
        self.uv = self.write("bin/uv", _UV.format(calls=self.calls), mode=0o755)
        self.shims = os.path.join(self.root, "shims")
        self.environ = {
            "COLUMNS": "80",
            "HOME": self.home,
            "LANG": "C.UTF-8",
            "PATH": os.pathsep.join((os.path.dirname(self.uv), "/usr/bin", "/bin")),
            "TMPDIR": self.root,
            "UVLOCAL_STORE": self.store,
        }
        system = System(environ=dict(self.environ), cwd=self.home)
        install.perform(install.plan(Wish(self.shims, startup_files=False), system))
        self.environ["PATH"] = os.pathsep.join((self.shims, self.environ["PATH"]))

    def _make_mine(self) -> None:
        """Create the user's own project with an environment, which must not be touched."""
        self.write("home/mine/pyproject.toml", '[project]\nname = "mine"\nversion = "0"\n')
        self.write("home/mine/settings.json", "{}\n")
        self.write("home/mine/.venv/pyvenv.cfg", "version_info = 3.12.1\n")
        self.program(os.path.join(self.mine, ".venv", "bin", "python"))
        metadata = "home/mine/.venv/lib/python3.12/site-packages/x-1.dist-info"
        self.write(f"{metadata}/direct_url.json", '{"url": "", "dir_info": {"editable": true}}')
        self.write(f"{metadata}/INSTALLER", "uv")
        self.write(f"{metadata}/RECORD", "_x.pth,,\n")

    # -- files ---------------------------------------------------------------------------------

    def write(self, name: str, content: str | bytes, mode: int = 0o644) -> str:
        """Write a file below the root; return its path."""
        path = os.path.join(self.root, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
        os.chmod(path, mode)
        return path

    def put(self, name: str, content: str | bytes = "") -> str:
        """Write a file into the shared project; return its path."""
        return self.write(os.path.join(self.project, name), content)

    def at(self, name: str) -> str:
        """Return an unused path in the shared project, creating its parents."""
        path = os.path.join(self.project, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if os.path.lexists(path):
            os.unlink(path)
        return path

    def program(self, path: str) -> None:
        """Write a program that logs when it is run."""
        self.write(path, f'#!/bin/sh\necho "$0" >>"{self.log}"\n', mode=0o755)

    def module(self, name: str) -> None:
        """Write a Python module in the project that logs when it is imported."""
        self.put(name, f"open({self.log!r}, 'a').write({name!r} + '\\n')\n")

    def outside(self) -> dict[str, tuple[int, ...]]:
        """Return what is in home, except the shared folder and uvlocal's own directories."""
        own = (self.shared, self.store, *(os.path.join(self.home, name) for name in _OWN))
        found: dict[str, tuple[int, ...]] = {}
        for folder, folders, files in os.walk(self.home):
            folders[:] = [name for name in folders if os.path.join(folder, name) not in own]
            for name in ("", *folders, *files):
                path = os.path.join(folder, name)
                status = os.lstat(path)
                stamp = status.st_mode, status.st_ino, status.st_size, status.st_mtime_ns
                # The times of our directories' parents change when ours are created.
                found[path] = stamp[:2] if stat.S_ISDIR(status.st_mode) else stamp
        return found


#: uvlocal's own directories, and the parents that it may create.
_OWN = (".cache", ".config", ".local", ".virtualenvs")


#: Names that others may give to a folder.
NAMES: Mapping[str, str] = {
    "newline": "a\nerror: forged\n\nhint: `rm -rf ~`",
    "quotes": "a'b\"c",
    "command": "$(touch x)`touch y`;touch z",
    "dash": "-rf",
    "option": "--help",
    "direction": "a\u202egnp.exe",
    "escape-sequence": "a\x1b]0;title\x07\x1b[2Jb",
    "c1": "a\x9b2Jb",
    "percent": "%s%n%x",
    "glob": "[a-z]*?{b}",
    "spaces": "  a\t b ",
    "backslash": "a\\x1b\\n",
    "long": "a" * 255,
    "no-text": os.fsdecode(b"a\xff\xfe\x80b"),
    "tilde": "~root",
    "dots": "...",
}


def choose(things: list[str], number: int, seed: str) -> list[str]:
    """Return a random sample of this size, the same for the same seed."""
    return sorted(random.Random(seed).sample(things, min(number, len(things))))  # noqa: S311 - a test
