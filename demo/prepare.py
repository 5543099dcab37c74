"""Prepare what `main_job.py` needs: a small environment, a launcher for this machine, the real uv.

Standard library only, so that any Python can run it. Everything is put into `.cache/demo` and the
cache folders of the tests and of the compiler; no developer tool is installed.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tomllib
import venv
from concurrent.futures import ThreadPoolExecutor

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
#: Where everything goes; `make clean` removes it.
FOLDER = os.path.join(ROOT, ".cache", "demo")

_PYTHON = os.path.join(
    FOLDER, *(("Scripts", "python.exe") if sys.platform == "win32" else ("bin", "python"))
)
_COMPILER = os.path.join(FOLDER, "compiler")
#: Nothing is imported often enough here to be worth compiling in advance.
_PIP = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile")
_FETCH = (
    "from support.tools import hidden_python, real_uv;"
    "real_uv.path(real_uv.NEWEST); hidden_python.path()"
)


def main() -> int:
    """Prepare what is missing; return 0, or 1 after printing what failed."""
    with open(os.path.join(ROOT, "pyproject.toml"), "rb") as file:
        project = tomllib.load(file)
    needed: list[str] = project["project"]["dependencies"]
    builders: list[str] = project["build-system"]["requires"]
    stamp = os.path.join(FOLDER, ".prepared")
    recipe = hashlib.sha256(repr([needed, builders, sys.version]).encode()).hexdigest()
    fresh = _read(stamp) != recipe
    if fresh:
        sys.stderr.write("preparing (once): a small environment, the compiler, the real uv\n")
        shutil.rmtree(FOLDER, ignore_errors=True)
        venv.create(FOLDER, with_pip=True)

    def launcher() -> None:
        if fresh:
            _run(*_PIP, "--target", _COMPILER, *builders)
        _run(os.path.join(ROOT, "demo", "launcher.py"), path=(_COMPILER, ROOT))

    def tools() -> None:
        if fresh:
            _run(*_PIP, *needed)
        _run("-c", _FETCH, path=(os.path.join(ROOT, "tests"),))

    try:
        with ThreadPoolExecutor() as both:
            for done in [both.submit(launcher), both.submit(tools)]:
                done.result()
    except subprocess.CalledProcessError as error:
        sys.stderr.write(f"error: the demo could not be prepared\n{error.stdout}")
        return 1
    with open(stamp, "w", encoding="ascii") as text:
        text.write(recipe)
    return 0


def _run(*arguments: str, path: tuple[str, ...] = ()) -> None:
    """Run the small environment's Python; show its output only if it fails."""
    subprocess.run(
        [_PYTHON, *arguments],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=True,
    )


def _read(path: str) -> str:
    try:
        with open(path, encoding="ascii") as file:
            return file.read()
    except OSError:
        return ""


if __name__ == "__main__":
    sys.exit(main())
