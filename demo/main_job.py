"""Show the main job: a uv project in a folder that a sync client breaks, with and without uvlocal.

Everything happens in a temporary home; none of the user's files are read or written. The real uv
and a Python are downloaded and built in a cache folder. `prepare.py` sets up what this needs.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "tests"))

from support.programs import sync_client  # noqa: E402 - as above
from support.tools import fetched, hidden_python, real_uv  # noqa: E402 - as above

#: Variables to inherit: how to reach the network, and nothing that configures uv.
_INHERITED = (
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "NO_PROXY",
    "LANG",
    "SYSTEMROOT",
    "PATHEXT",
)

_STAND_IN = """\
Linux cannot hide a file, so the demo imitates that: with an attribute instead of macOS's hidden
flag, and a copy of Python that skips marked .pth files as Python on macOS skips hidden ones. The
demo itself marks what a sync client would. uv and uvlocal are the real ones.
"""
_FAILURE = "ModuleNotFoundError: No module named 'hello'"
_SUCCESS = "Hello from hello!"


class Stage:
    """A temporary home with a Dropbox folder, where commands are shown as in a terminal."""

    def __init__(self, home: str, package: str) -> None:
        self.home = home
        self.project = os.path.join(home, "Dropbox", "hello")
        self.shims = os.path.join(home, "shims")
        self.package = package
        self.unable = _unable_to_hide(home)
        python = sys.executable if self.unable else hidden_python.path()
        folders = [os.path.dirname(real_uv.path(real_uv.NEWEST)), os.defpath]
        self.environ = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        self.environ |= {
            "NO_COLOR": "1",
            "PATH": os.pathsep.join(folders),
            **dict.fromkeys(("HOME", "USERPROFILE"), home),
            **dict.fromkeys(("TMPDIR", "TEMP", "TMP"), os.path.join(home, "tmp")),
            "APPDATA": os.path.join(home, "AppData", "Roaming"),
            "LOCALAPPDATA": os.path.join(home, "AppData", "Local"),
            # As on macOS, where files are clones: marking one does not mark uv's cache as well.
            "UV_LINK_MODE": "copy",
            "UV_PYTHON": python,
            "UV_PYTHON_DOWNLOADS": "never",
        }
        os.mkdir(os.path.join(home, "tmp"))
        os.makedirs(self.project)
        where = ("AppData", "Roaming", "Dropbox") if sys.platform == "win32" else (".dropbox",)
        note = os.path.join(home, *where, "info.json")
        os.makedirs(os.path.dirname(note))
        with open(note, "w", encoding="utf-8") as file:
            json.dump({"personal": {"path": os.path.dirname(self.project)}}, file)

    def run(self, line: str, *, shown: bool = True) -> str:
        """Run a command line in the project, show it and its output; return the output."""
        name, *arguments = line.replace("~", self.home).split()
        command = [shutil.which(name, path=self.environ["PATH"]) or name]
        environ = self.environ
        if name == "uvlocal":
            command = [sys.executable, "-m", "uvlocal"]
            environ = environ | {"PYTHONPATH": self.package}
        if shown:
            print(_bold(f"$ {line}"), flush=True)
        done = subprocess.run(
            [*command, *arguments],
            cwd=self.project,
            env=environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        text = done.stdout.replace(self.home, "~").replace(
            fetched.cache(), "~/.cache/uvlocal-tests"
        )
        if shown or done.returncode != 0:
            print(text, end="", flush=True)
        return text

    def sync(self) -> None:
        """Hide everything below dot-folders, as the sync client does."""
        if not self.unable:
            print(_dim("# the sync client runs, and hides everything in .venv"))
            sync_client.hide(self.project)


def main(package: str) -> int:
    """Run the demonstration; return 0 if everything was as promised."""
    with tempfile.TemporaryDirectory(prefix="uvlocal-demo-") as temporary:
        stage = Stage(os.path.realpath(temporary), package)
        print("A uv project in a folder that Dropbox or iCloud Drive syncs: ~/Dropbox/hello\n")
        print(f"The failure is not shown: {stage.unable}.\n" if stage.unable else _stand_in())
        stage.run("uv init --quiet --vcs none --package .", shown=False)

        print(_bold("Plain uv\n"))
        stage.run("uv sync --quiet")
        first = stage.run("uv run hello")
        stage.sync()
        second = stage.run("uv run hello")

        print(_bold("\nWith uvlocal\n"))
        stage.run("uvlocal install --shim-dir ~/shims --no-rc --yes", shown=False)
        stage.environ["PATH"] = os.pathsep.join([stage.shims, stage.environ["PATH"]])
        print(_bold("$ rm -r .venv"))
        shutil.rmtree(os.path.join(stage.project, ".venv"))
        third = stage.run("uv run hello")
        stage.sync()
        fourth = stage.run("uv run hello")
        print()
        stage.run("uvlocal status")
        left = sorted(os.listdir(stage.project))
        print(f"\nIn the project, as uv made it: {', '.join(left)}")

        kept = (
            all(_SUCCESS in text for text in (first, third, fourth))
            and (bool(stage.unable) or _FAILURE in second)
            and ".venv" not in left
        )
    if not kept:
        print("\nerror: this is not what was promised")
    return 0 if kept else 1


def _unable_to_hide(folder: str) -> str:
    """Return why the failure cannot be shown in a folder, or "" where it can."""
    too_old = sys.version_info < (3, 11, 8) or (3, 12) <= sys.version_info < (3, 12, 2)
    if sys.platform == "darwin" and too_old:
        return "this Python is too old to skip hidden files"
    return hidden_python.unavailable(folder)


def _stand_in() -> str:
    return "" if sys.platform == "darwin" else _STAND_IN


def _bold(text: str) -> str:
    return _styled(1, text)


def _dim(text: str) -> str:
    return _styled(2, text)


def _styled(code: int, text: str) -> str:
    plain = not sys.stdout.isatty() or os.environ.get("NO_COLOR")
    return text if plain else f"\x1b[{code}m{text}\x1b[0m"


if __name__ == "__main__":
    sys.exit(main(os.path.abspath(sys.argv[1])))
