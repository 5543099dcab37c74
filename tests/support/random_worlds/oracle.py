"""The project that the real uv finds, and the one we find, for a directory and command line.

With `UV_PROJECT_ENVIRONMENT=.` uv names the root in an error before it writes anything.
"""

from __future__ import annotations

import functools
import io
import os
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

from uvlocal.shim.machine.host import System
from uvlocal.shim.project.discovery import discover
from uvlocal.shim.request.parse import parse

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: The result if uv failed for another reason, so that any root is right.
REFUSED = "refused"

_BEFORE = "error: Project virtual environment directory `"
_AFTER = "/.` cannot be used because it is not a valid Python environment"
#: uv's error if it tried to start the program, in any environment.
_STARTED = "error: Failed to spawn"
#: The timeout of uv in seconds; it takes milliseconds.
_PATIENCE = 60


class Link(str):
    """The target of a symlink, as a value in a layout."""

    __slots__ = ()


#: A layout: what is at each relative path. Text and bytes are files, None a directory.
Layout = "Mapping[str, str | bytes | Link | None]"


def project(name: str = "demo", more: str = "") -> str:
    """Return the text of a project's `pyproject.toml`."""
    return f'[project]\nname = "{name}"\nversion = "1"\nrequires-python = ">=3.8"\n{more}'


def workspace(*members: str, exclude: Sequence[str] = ()) -> str:
    """Return the text of `[tool.uv.workspace]`."""
    globs = ", ".join(f"'{glob}'" for glob in members)
    excluded = ", ".join(f"'{glob}'" for glob in exclude)
    return f"[tool.uv.workspace]\nmembers = [{globs}]\nexclude = [{excluded}]\n"


def zipped(name: str = "__main__.py", before: bytes = b"") -> bytes:
    """Return a zipped application that does nothing."""
    buffer = io.BytesIO()
    buffer.write(before)
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("other.py", "")
        archive.writestr(name, "")
    return buffer.getvalue()


def build(folder: str, layout: Mapping[str, str | bytes | Link | None]) -> None:
    """Make the files of a layout."""
    for name, content in layout.items():
        path = os.path.join(folder, name)
        if content is None:
            os.makedirs(path, exist_ok=True)
            continue
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if isinstance(content, Link):
            os.symlink(content, path)
        else:
            data = content.encode() if isinstance(content, str) else content
            with open(path, "wb") as file:
                file.write(data)


def environment(home: str, more: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return an environment for uv with only a Python of this machine.

    `home` may be shared between tests: uv caches facts about the Python in it.
    """
    return {
        "PATH": os.path.dirname(os.path.realpath(sys.executable)) + os.pathsep + "/usr/bin:/bin",
        "HOME": home,
        "UV_CACHE_DIR": os.path.join(home, "uv-cache"),
        "UV_OFFLINE": "1",
        "UV_PYTHON_DOWNLOADS": "never",
        "UV_PROJECT_ENVIRONMENT": ".",
        **(more or {}),
    }


@functools.cache
def version_of(uv: str) -> tuple[int, int, int]:
    """Return the version of a uv binary, without our code."""
    said = subprocess.run([uv, "--version"], stdout=subprocess.PIPE, text=True, check=True).stdout
    major, minor, patch = said.split()[1].split(".")
    return int(major), int(minor), int(patch)


def root_by_uv(
    uv: str, arguments: Sequence[str], cwd: str, environ: Mapping[str, str]
) -> str | None:
    """Return the workspace root by uv, None for no project, or `REFUSED`."""
    result = subprocess.run(
        [uv, *arguments],
        cwd=cwd,
        env=environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=_PATIENCE,
        check=False,
    )
    said = os.fsdecode(result.stderr)
    if _BEFORE in said and _AFTER in said:
        return said.partition(_BEFORE)[2].partition(_AFTER)[0]
    if "panicked at" in said:
        return REFUSED
    errors = [line for line in said.splitlines() if line.startswith("error: ")]
    return None if all(line.startswith(_STARTED) for line in errors) else REFUSED


def root_by_us(
    arguments: Sequence[str], cwd: str, environ: Mapping[str, str], version: tuple[int, int, int]
) -> str | None:
    """Return the workspace root by our code, or None for no project.

    A command that ignores the project still counts if it uses its environment.
    """
    system = System(environ=dict(environ), cwd=os.path.realpath(cwd), home=environ["HOME"])
    request = parse(list(arguments), system, lambda: version)
    if request.code is not None or request.role != "project":
        return None
    found = discover(
        request.start,
        system,
        uv_version=lambda: version,
        cache_directory=request.cache_directory,
    )
    return None if found is None or found.code is not None else found.found
