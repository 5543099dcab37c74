"""Try a built wheel on this system, as someone who knows nothing of the source.

    python try_wheel.py WHEEL [PIP-OPTION ...]

It installs the wheel and uv into a new environment, puts the shim first on PATH, and runs a
project that is to be redirected. Needs nothing but Python and the package index (or `--no-index
--find-links DIR`, and a uv on PATH). Ends with 0 if the environment lands in the store, and is
used again; everything happens in a folder that is removed again.
"""

from __future__ import annotations

import glob
import os
import shutil
import subprocess
import sys
import tempfile

_PROGRAMS = "Scripts" if os.name == "nt" else "bin"
_SHOW = "import sys; print(sys.prefix)"


def main(words: list[str]) -> int:
    """Try the wheel; return 0 if it does what it promises."""
    wheel, *options = words
    [wheel] = glob.glob(wheel)
    with tempfile.TemporaryDirectory(prefix="uvlocal-wheel-") as folder:
        try_in(os.path.realpath(folder), os.path.abspath(wheel), options)
    print("the wheel does what it promises")  # noqa: T201 - a script says how it went
    return 0


def try_in(folder: str, wheel: str, options: list[str]) -> None:
    """Try the wheel in an empty folder.

    Raises:
        CalledProcessError: a command failed.
        AssertionError: it did something else than was promised.
    """
    home = os.path.join(folder, "home")
    project = os.path.join(folder, "hello")
    environment = os.path.join(folder, "environment")
    store = os.path.join(folder, "store")
    for path in (home, project):
        os.mkdir(path)
    environ = {
        **os.environ,
        "HOME": home,
        "USERPROFILE": home,
        "UVLOCAL_MODE": "always",
        "UVLOCAL_STORE": store,
        "UV_PYTHON": sys.executable,
    }
    programs = os.path.join(environment, _PROGRAMS)
    python = os.path.join(programs, "python")
    _run([sys.executable, "-m", "venv", environment], folder, dict(os.environ))
    wanted = [wheel] if shutil.which("uv") else [wheel, "uv"]
    _run([python, "-m", "pip", "install", "--quiet", *options, *wanted], folder, dict(os.environ))
    environ["PATH"] = os.pathsep.join([programs, environ["PATH"]])
    uvlocal = os.path.join(programs, "uvlocal")
    shims = os.path.join(folder, "shims")
    _run([uvlocal, "install", "--shim-dir", shims, "--no-rc", "--yes"], folder, environ)
    environ["PATH"] = os.pathsep.join([shims, environ["PATH"]])
    with open(os.path.join(project, "pyproject.toml"), "w", encoding="utf-8") as file:
        file.write('[project]\nname = "hello"\nversion = "0"\nrequires-python = ">=3.11"\n')

    shim = os.path.join(shims, "uv.exe" if os.name == "nt" else "uv")
    prefix = ""
    for _ in ("decided", "recalled", "recalled"):
        prefix = _run([shim, "run", "python", "-c", _SHOW], project, environ).strip()
        assert os.path.samefile(os.path.dirname(prefix), os.path.join(store, "envs")), prefix
        assert not os.path.lexists(os.path.join(project, ".venv"))
    said = _run([uvlocal, "path"], project, environ).strip()
    assert os.path.samefile(said, prefix), said
    _run([uvlocal, "uninstall", "--shim-dir", shims, "--yes"], folder, environ)
    assert not os.path.lexists(shim)


def _run(command: list[str], cwd: str, environ: dict[str, str]) -> str:
    """Run a command and return its stdout; what it says on stderr is shown."""
    done = subprocess.run(
        command, cwd=cwd, env=environ, stdout=subprocess.PIPE, text=True, check=True
    )
    return done.stdout


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
