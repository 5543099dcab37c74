"""Build the launcher for this machine only, in a copy of the sources below `.cache/demo`.

A copy, because this launcher is not the one in a wheel: see `_quick`.
"""

from __future__ import annotations

import os
import platform
import shutil
import sys

import hatch_build

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
COPY = os.path.join(ROOT, ".cache", "demo", "source")

_SYSTEMS = {"linux": "linux", "darwin": "macos", "win32": "windows"}
_MACHINES = {"amd64": "x86_64", "x64": "x86_64", "arm64": "aarch64"}


def main() -> None:
    """Build it, if it is missing or its source has changed."""
    for name in ("src", "shims"):
        skipped = shutil.ignore_patterns("__pycache__", "launchers")
        source, copy = os.path.join(ROOT, name), os.path.join(COPY, name)
        shutil.copytree(source, copy, ignore=skipped, dirs_exist_ok=True)
    machine = platform.machine().lower()
    name = f"{_SYSTEMS.get(sys.platform, sys.platform)}-{_MACHINES.get(machine, machine)}"
    if name in hatch_build.TARGETS:  # otherwise a script replaces it
        hatch_build.TARGETS[name] = _quick(hatch_build.TARGETS[name])
        hatch_build.build(COPY, print, [name])


def _quick(target: str) -> str:
    """Return a target that is compiled in seconds.

    For musl, which the wheel's Linux launchers use, the compiler first builds that library from
    1,300 files: 50 s of one core. If the machine has glibc, that is used instead.
    """
    if platform.libc_ver()[0] != "glibc" or not target.endswith("-musl"):
        return target
    return target.removesuffix("-musl") + "-gnu.2.28"


if __name__ == "__main__":
    main()
