"""Fetch what the tests need from outside, once, into a cache outside the source tree.

The cache is `$UVLOCAL_TEST_CACHE`, by default `uvlocal-tests` in `$XDG_CACHE_HOME` or `~/.cache`.
`provide` creates everything in it, so any directory in it is complete and can be deleted.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import sysconfig
import tempfile
import tomllib
from typing import TYPE_CHECKING

from filelock import FileLock

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def _print_line(text: str) -> None:
    sys.stderr.write(text + "\n")


#: Prints what takes so long; the test session replaces it to bypass pytest's capturing.
tell: Callable[[str], None] = _print_line

#: The environment before any test changes it: pip finds its configuration in HOME.
ENVIRONMENT = dict(os.environ)

#: The platform of this machine: others may share the cache.
MACHINE = sysconfig.get_platform()

#: Pure Python wheels that the tests' projects are built with and depend on.
WHEELS = (
    "hatchling==1.27.0",
    "editables==0.5",
    "packaging==25.0",
    "pathspec==0.12.1",
    "pluggy==1.6.0",
    "tomli==2.2.1",
    "trove-classifiers==2025.5.9.12",
    "idna==3.10",
    "iniconfig==2.1.0",
    "six==1.17.0",
    "typing-extensions==4.14.1",
)

#: Programs that call uv, and their dependencies, for tests of nested calls.
TOOLS = (
    "nox==2026.10.20",
    "argcomplete==3.7.2",
    "attrs==26.1.0",
    "colorlog==6.12.0",
    "dependency-groups==1.3.2",
    "humanize==4.17.0",
    "tox==4.67.15",
    "tox-uv-bare==1.37.1",
    "cachetools==8.0.1",
    "colorama==0.4.6",
    "pyproject-api==1.12.1",
    "tomli-w==1.2.0",
    "pre-commit==4.7.0",
    "cfgv==3.5.0",
    "identify==2.6.20",
    "nodeenv==1.12.0",
    "pyyaml==6.0.3",
    "virtualenv==21.15.8",
    "distlib==0.4.4",
    "filelock==4.2.11",
    "platformdirs==4.14.7",
    "python-discovery==1.9.5",
    "packaging==26.3",
    "pluggy==1.7.0",
    "typing-extensions==4.16.0",
    "poethepoet==0.49.0",
    "pastel==0.2.1",
    "rust-just==1.59.0",
    "setuptools==84.2.1",
    "uv==0.13.9",
)

#: The root of the source tree.
SOURCE = os.path.abspath(os.path.join(__file__, *[os.pardir] * 4))


def cache() -> str:
    """Return the absolute path of the cache."""
    given = ENVIRONMENT.get("UVLOCAL_TEST_CACHE")
    if given:
        return os.path.abspath(given)
    base = ENVIRONMENT.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return os.path.join(base, "uvlocal-tests")


def provide(name: str, make: Callable[[str], None]) -> str:
    """Return the directory `name` of the cache, filled by `make(folder)` if it is missing.

    Only one of several processes fills it, and renames it when it is complete.
    """
    target = os.path.join(cache(), name)
    if os.path.isdir(target):
        return target
    os.makedirs(cache(), exist_ok=True)
    with FileLock(os.path.join(cache(), f".{name}.lock")):
        if not os.path.isdir(target):
            with tempfile.TemporaryDirectory(prefix=f".{name}.", dir=cache()) as draft:
                folder = os.path.join(draft, name)
                os.mkdir(folder)
                make(folder)
                os.replace(folder, target)
    return target


def pip(*arguments: str) -> None:
    """Run pip in the environment that the session was started in.

    Raises:
        RuntimeError: pip failed; the message contains its output.
    """
    result = subprocess.run(
        [sys.executable, "-m", "pip", *arguments, "--quiet", "--disable-pip-version-check"],
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if result.returncode != 0:
        msg = f"`pip {' '.join(arguments)}` failed:\n{result.stdout}"
        raise RuntimeError(msg)


def wheelhouse() -> str:
    """Return the directory of wheels for uv in the tests, which have no network."""

    def make(folder: str) -> None:
        tell(f"fetching {len(WHEELS)} wheels for the tests' projects")
        anywhere = ["--python-version", "3.11", "--implementation", "py", "--abi", "none"]
        pip("download", "--no-deps", "--only-binary", ":all:", *anywhere, "-d", folder, *WHEELS)

    return provide(f"wheels-{digest(WHEELS)}", make)


def dependencies() -> str:
    """Return the directory of wheels of uvlocal's dependencies, for this Python."""
    with open(os.path.join(SOURCE, "pyproject.toml"), "rb") as file:
        wanted: list[str] = tomllib.load(file)["project"]["dependencies"]

    def make(folder: str) -> None:
        tell(f"fetching what uvlocal depends on: {', '.join(wanted)}")
        pip("download", "--only-binary", ":all:", "-d", folder, *wanted)

    python = f"{sys.version_info[0]}.{sys.version_info[1]}"
    return provide(f"dependencies-{python}-{MACHINE}-{digest(wanted)}", make)


def tools() -> str:
    """Return the directory of wheels of the programs that call uv, for this Python."""

    def make(folder: str) -> None:
        tell(f"fetching {len(TOOLS)} wheels of programs that call uv")
        pip("download", "--no-deps", "--only-binary", ":all:", "-d", folder, *TOOLS)

    python = f"{sys.version_info[0]}.{sys.version_info[1]}"
    return provide(f"tools-{python}-{MACHINE}-{digest(TOOLS)}", make)


def with_dependencies(name: str, wanted: Sequence[str]) -> str:
    """Return a folder of wheels, those wanted and all that they need, for this Python."""

    def make(folder: str) -> None:
        tell(f"fetching {len(wanted)} {name} and what they need")
        pip("download", "--only-binary", ":all:", "-d", folder, *wanted)

    python = f"{sys.version_info[0]}.{sys.version_info[1]}"
    label = name.replace(" ", "-")
    return provide(f"{label}-{python}-{MACHINE}-{digest(wanted)}", make)


def digest(words: Sequence[str]) -> str:
    """Return a short name for a list of words."""
    return hashlib.sha256("\n".join(words).encode()).hexdigest()[:10]
