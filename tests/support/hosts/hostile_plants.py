"""Everything that others might put into a shared folder.

Each entry of `PLANTS` is a function that puts something hostile into a shared project. Planted code
writes a line to `Place.log` when it runs.
"""

from __future__ import annotations

import json
import os
import socket
import stat
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from support.hosts.hostile import Place

#: Programs that we must never run from the current directory.
_PROGRAMS = ("uv", "uvx", "python", "python3", "uvlocal", "git", "sh", "env")
_MODULES = ("sitecustomize", "usercustomize", "os", "stat", "tomllib", "typer", "rich", "filelock")


# -- tables ------------------------------------------------------------------------------------


def _table(**values: str) -> Callable[[Place], None]:
    """Return a function that writes `[tool.uvlocal]` with these values to `pyproject.toml`."""

    def plant(place: Place) -> None:
        lines = [f"{key.replace('_', '-')} = {value}" for key, value in values.items()]
        text = '[project]\nname = "foo"\nversion = "0"\n[tool.uvlocal]\n' + "\n".join(lines)
        place.put("pyproject.toml", text.replace("$MINE", place.mine) + "\n")

    return plant


def _uv_table(place: Place) -> None:
    text = f"""[project]
name = "foo"
version = "0"
[tool.uv]
cache-dir = "{place.mine}/cache"
environments = ["x"]
preview-features = ["centralized-project-envs"]
python-downloads = "automatic"
[tool.uv.workspace]
members = ["../../../mine", "{place.mine}", "*"]
exclude = ["../.."]
"""
    place.put("pyproject.toml", text)
    place.put("uv.toml", f'cache-dir = "{place.mine}/cache"\n')


def _workspace_above(place: Place) -> None:
    path = os.path.join(place.shared, "pyproject.toml")
    place.write(path, '[tool.uv.workspace]\nmembers = ["**"]\n[tool.uvlocal]\nstore = "/x"\n')


def _slow_globs(place: Place) -> None:
    path = os.path.join(place.shared, "pyproject.toml")
    place.write(path, f'[tool.uv.workspace]\nmembers = ["{"*a" * 30000}"]\n')


def _many_problems(place: Place) -> None:
    keys = "".join(f'"{number}\\u001b" = 1\n' for number in range(20000))
    place.put("pyproject.toml", f'[project]\nname = "f"\nversion = "0"\n[tool.uvlocal]\n{keys}')


# -- special files instead of files -------------------------------------------------------------


def _fifo(name: str) -> Callable[[Place], None]:
    return lambda place: _make_fifo(place.at(name))


def _make_fifo(path: str) -> None:
    if sys.platform == "win32":
        raise NotImplementedError
    os.mkfifo(path)


def _device(name: str) -> Callable[[Place], None]:
    """Return a function that creates an endless device (`/dev/zero`), which only root can."""

    def plant(place: Place) -> None:
        if sys.platform == "linux" and os.geteuid() == 0:
            os.mknod(place.at(name), 0o666 | stat.S_IFCHR, os.makedev(1, 5))
        else:
            os.symlink("/dev/zero", place.at(name))

    return plant


def _socket(name: str) -> Callable[[Place], None]:
    def plant(place: Place) -> None:
        if sys.platform == "win32":
            raise NotImplementedError
        place.at(name)
        before = os.getcwd()
        os.chdir(place.project)  # a socket's path must be short
        try:
            with socket.socket(socket.AF_UNIX) as one:
                one.bind(name)
        finally:
            os.chdir(before)

    return plant


def _folder(name: str) -> Callable[[Place], None]:
    return lambda place: os.mkdir(place.at(name))


def _link(name: str, target: str) -> Callable[[Place], None]:
    """Return a function that creates a symlink; `$MINE` in its target is the user's own project."""
    return lambda place: os.symlink(target.replace("$MINE", place.mine), place.at(name))


def _huge(name: str) -> Callable[[Place], None]:
    """Return a function that creates a sparse file of a terabyte."""

    def plant(place: Place) -> None:
        with open(place.at(name), "wb") as file:
            file.truncate(1 << 40)

    return plant


def _content(name: str, content: str | bytes) -> Callable[[Place], None]:
    def plant(place: Place) -> None:
        text = content.encode() if isinstance(content, str) else content
        place.put(name, text.replace(b"$MINE", place.mine.encode()))

    return plant


# -- environments ------------------------------------------------------------------------------


def _environment(place: Place, *, python: str = "version_info = 3.12.1\n") -> None:
    """Plant an environment with its own programs."""
    place.put(".venv/pyvenv.cfg", python)
    for name in ("python", "python3", "uv", "foo"):
        place.program(os.path.join(place.project, ".venv", "bin", name))
    folder = ".venv/lib/python3.12/site-packages"
    place.module(f"{folder}/sitecustomize.py")
    place.put(f"{folder}/x.pth", f"import os; open({place.log!r}, 'a').write('pth')\n")


def _implementation(place: Place) -> None:
    """Make an environment's configuration name a program as its Python."""
    _environment(place, python=f"implementation = {place.project}/p\nversion_info = 3.12.1\n")
    place.program(os.path.join(place.project, "p@3.12.1"))
    place.program(os.path.join(place.project, "p@3.12"))


def _linked_package(place: Place) -> None:
    """Make an installed package a symlink to one of the user's."""
    _environment(place)
    folder = ".venv/lib/python3.12/site-packages"
    mine = os.path.join(place.mine, folder, "x-1.dist-info")
    os.symlink(mine, place.at(f"{folder}/x-1.dist-info"))


def _packages(place: Place) -> None:
    """Give installed packages names like options and messages."""
    _environment(place)
    folder = ".venv/lib/python3.12/site-packages"
    for number, name in enumerate(("_r", "__config-file=x", "a\nerror: b", "x\x1b]0;t\x07", "..y")):
        url = {
            "url": f"--option{number}\n\x1b[2J\u202e",
            "dir_info": {"editable": bool(number % 2)},
        }
        place.put(f"{folder}/{name}-1.dist-info/direct_url.json", json.dumps(url))
        place.put(
            f"{folder}/{name}-1.dist-info/RECORD", f"/etc/passwd,,\n../../../../{name}.pth,,\n"
        )


def _own_files(place: Place) -> None:
    _environment(place)
    for name in ("a\nhint: run `rm -rf ~`", "b\x1b[2J", "c\u202e", "$(touch d)"):
        place.put(os.path.join(".venv", name), "x")


def _deep(place: Place) -> None:
    """Nest directories deeper than a path can be, in the project and in its environment."""
    _environment(place)
    for top in (place.project, os.path.join(place.project, ".venv", "lib")):
        above = os.open(top, os.O_RDONLY)
        for _ in range(1500):
            os.mkdir("deep", dir_fd=above)
            below = os.open("deep", os.O_RDONLY, dir_fd=above)
            os.close(above)
            above = below
        os.close(above)


def _loops(place: Place) -> None:
    for name, target in (("a", "."), ("b", ".."), ("c", "c"), ("d/e", "../../.."), ("f", "/")):
        os.symlink(target, place.at(name))


# -- programs and markers ------------------------------------------------------------------------


def _programs(place: Place) -> None:
    """Plant what a careless program would load from the current directory."""
    for name in _PROGRAMS:
        if name != "uvlocal":
            place.program(os.path.join(place.project, name))
        place.program(os.path.join(place.project, "bin", name))
    for name in _MODULES:
        place.module(f"{name}.py")
    for name in ("__init__", "__main__", "manage/__init__", "shim/launch"):
        place.module(f"uvlocal/{name}.py")
    place.put("x.pth", f"import os; open({place.log!r}, 'a').write('pth')\n")
    place.put(".python-version", f"{place.project}/python\n")


def _marks(place: Place) -> None:
    """Plant the markers of clients, some of them as special files."""
    for name in (".stfolder", ".sync", ".nextcloud", ".dropbox.cache"):
        os.makedirs(os.path.join(place.project, name))
    for name in (
        ".dropbox",
        ".megaignore",
        ".filenignore",
        ".csync_journal.db",
        ".owncloudsync.log",
    ):
        _make_fifo(place.at(name))
    os.symlink(place.mine, place.at(".SynologyWorkingDirectory"))
    place.put(".stignore", "#include /etc/passwd\n.venv\n")


def _marks_against(place: Place) -> None:
    """Plant files that tell clients to exclude the environment."""
    place.put(".stignore", ".venv\n")
    place.put(".nosync", "")
    place.put("rules.dropboxignore", "*\n")
    place.put(".gitignore", "*\n")
    os.makedirs(os.path.join(place.project, ".stfolder"))


PLANTS: Mapping[str, Callable[[Place], None]] = {
    "nothing": lambda _: None,
    "table-store": _table(store='"$MINE"', UVLOCAL_STORE='"$MINE"', mode='"always"'),
    "table-roots": _table(local_roots='["/"]', synced_roots='["$MINE"]', volumes="[]"),
    "table-providers": _table(
        providers="{ dropbox = { enabled = false, strategy = 'no-metadata' } }"
    ),
    "table-odd": _table(mode='"\\u001b[2J\\u202e\\n"', strategy="[[[]]]", pointer="1979-05-27"),
    "table-no-metadata": _table(strategy='"no-metadata"'),
    "table-gone": _table(strategy='"centralize"'),
    "table-symlink": _table(pointer='"symlink"'),
    "table-file": _table(pointer='"file"'),
    "table-many-problems": _many_problems,
    "uv-table": _uv_table,
    "workspace-above": _workspace_above,
    "slow-globs": _slow_globs,
    "venv-link": _link(".venv", "$MINE/.venv"),
    "venv-link-like-ours": _link(".venv", "$MINE/uvlocal/envs/x-0123456789"),
    "venv-link-odd": _link(".venv", "a\n\x1b[2J\u202e`$(x)`"),
    "venv-link-loop": _link(".venv", ".venv"),
    "venv-link-root": _link(".venv", "/"),
    "venv-file": _content(".venv", "$MINE/.venv\n"),
    "venv-file-odd": _content(".venv", b"\x1b[2J\xff\x00\n"),
    "venv-file-like-ours": _content(".venv", "/x/uvlocal/envs/x\x1b[2J-0123456789\n"),
    "venv-fifo": _fifo(".venv"),
    "venv-socket": _socket(".venv"),
    "venv-device": _device(".venv"),
    "venv-huge": _huge(".venv"),
    "venv-folder": _environment,
    "venv-implementation": _implementation,
    "venv-linked-package": _linked_package,
    "venv-packages": _packages,
    "venv-own-files": _own_files,
    "venv-config-fifo": _fifo(".venv/pyvenv.cfg"),
    "venv-config-device": _device(".venv/pyvenv.cfg"),
    "venv-config-link": _link(".venv/pyvenv.cfg", "$MINE/.venv/pyvenv.cfg"),
    "venv-lib-link": _link(".venv/lib", "$MINE/.venv/lib"),
    "venv-lock-fifo": _fifo(".venv/.lock"),
    "project-fifo": _fifo("pyproject.toml"),
    "project-socket": _socket("pyproject.toml"),
    "project-device": _device("pyproject.toml"),
    "project-folder": _folder("pyproject.toml"),
    "project-link": _link("pyproject.toml", "$MINE/pyproject.toml"),
    "project-huge": _huge("pyproject.toml"),
    "project-nested": _content("pyproject.toml", "a = " + "[" * 1_000_000),
    "project-tables": _content("pyproject.toml", "[a" + ".a" * 1_000_000 + "]\nuvlocal = 1\n"),
    "project-no-text": _content("pyproject.toml", b"\xff\xfe\x00[project]"),
    "project-1.1": _content("pyproject.toml", "uvlocal = {" + "a = 1,\n" * 50_000 + "}"),
    "uv-toml-fifo": _fifo("uv.toml"),
    "uv-toml-link": _link("uv.toml", "$MINE/pyproject.toml"),
    "uv-toml-huge": _huge("uv.toml"),
    "lock-fifo": _fifo("uv.lock"),
    "stignore-fifo": _fifo(".stignore"),
    "stignore-device": _device(".stignore"),
    "marks": _marks,
    "marks-against": _marks_against,
    "programs": _programs,
    "deep": _deep,
    "loops": _loops,
}
