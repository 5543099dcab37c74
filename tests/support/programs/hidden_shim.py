"""A uvlocal that supports the flag of `hidden_python`, so that its shim can be tested on Linux.

The package is linked file by file to the source tree, except for copies of the modules that access
the machine and record its answers: their methods for the flag use the extended attribute instead.
On macOS the flag is real, and the source tree is used.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from support.tools import fetched, hidden_python

if TYPE_CHECKING:
    from support.hosts.worlds import World

_SEAM = os.path.join("shim", "machine", "host.py")
_RECORDING = os.path.join("shim", "recall", "recording_host.py")
_METHODS = f"""

def _has_hidden_flag(self: System) -> bool:
    return True


def _is_hidden(self: System, path: str) -> bool:
    return self.attribute(path, "{hidden_python.ATTRIBUTE}") is not None


def _show(self: System, path: str) -> bool:
    os.removexattr(path, "{hidden_python.ATTRIBUTE}", follow_symlinks=False)
    return True


System.has_hidden_flag = _has_hidden_flag
System.is_hidden = _is_hidden
System.show = _show
"""
#: On Linux the launcher supports attributes, but not the flag, so the attribute is recorded.
_STAMP = "\n\ndel RecordingSystem.is_hidden\n"


def install(world: World) -> None:
    """Install the shim in a world, with that package."""
    folder = world.install_shim()
    if sys.platform != "linux":
        return
    source = os.path.join(fetched.SOURCE, "src", "uvlocal")
    package = world.path("package")
    _link(source, os.path.join(package, "uvlocal"), "")
    configuration = os.path.join(folder, "uvlocal-launcher.conf")
    with open(configuration, encoding="utf-8") as file:
        lines = file.read().splitlines()
    with open(configuration, "w", encoding="utf-8") as file:
        file.writelines(
            (f"package {package}" if line.startswith("package ") else line) + "\n" for line in lines
        )


def _link(source: str, target: str, below: str) -> None:
    os.makedirs(os.path.join(target, below))
    for name in os.listdir(os.path.join(source, below)):
        path = os.path.join(below, name)
        if path in (_SEAM, _RECORDING):
            added = _METHODS if path == _SEAM else _STAMP
            with open(os.path.join(source, path), encoding="utf-8") as file:
                text = file.read()
            with open(os.path.join(target, path), "w", encoding="utf-8") as file:
                file.write(text + added)
        elif path in ("shim", os.path.dirname(_SEAM), os.path.dirname(_RECORDING)):
            _link(source, target, path)
        elif name != "__pycache__":
            os.symlink(os.path.join(source, path), os.path.join(target, path))
