"""Start a launcher before it is installed: it must identify itself.

A file that was written does not necessarily run. The disk may not allow programs, the file may be
damaged, or a security program or a policy may block it. Then every `uv` would fail.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from uvlocal.manage.errors import UserError
from uvlocal.manage.files.atomic import made
from uvlocal.manage.installation.on_path import is_ours
from uvlocal.manage.installation.shim_dir import repair_command
from uvlocal.shim import contract

if TYPE_CHECKING:
    from collections.abc import Iterator

    from uvlocal.shim.machine.host import System

#: How long a launcher may take, in seconds: security programs scan new files first.
PATIENCE = 15
#: Windows' error codes for a program that a policy, Smart App Control or an antivirus blocks
#: (https://learn.microsoft.com/windows/win32/debug/system-error-codes): 225, 226, 1260, 4551.
_REFUSED = (225, 226, 1260, 4551)
#: A program that was running when it was replaced, on Windows.
_OLD = re.compile(r"uvx?\.exe\.old-[0-9a-f]{8}")


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a launcher does not start, and how to solve that."""

    reason: str
    hint: str


def trouble(path: str, patience: float = PATIENCE) -> Trouble | None:
    """Start a launcher; return what went wrong, or None if it started.

    Args:
        path: the launcher.
        patience: how long it may take, in seconds.
    """
    try:
        ended = subprocess.run(
            [path, contract.PROBE],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=patience,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return _refused(f"it did not exit within {patience:g} s", path)
    except OSError as error:
        return _not_started(error, path)
    if ended.returncode < 0:
        return _refused(f"it was killed by {_signal(-ended.returncode)}", path)
    if ended.returncode or ended.stderr.split() != [contract.MARKER.encode()] or ended.stdout:
        return _damaged(f"it printed something unexpected, with exit code {ended.returncode}")
    return None


def _not_started(error: OSError, path: str) -> Trouble:
    """Return why the system did not start a program."""
    reason = (error.strerror or str(error)).lower().rstrip(".")
    if getattr(error, "winerror", 0) in _REFUSED:
        return _refused(reason, path)
    if isinstance(error, PermissionError):
        hint = "choose a directory where programs may run: `uvlocal install --shim-dir DIR`"
        return Trouble(reason, hint)
    return _damaged(reason)


def _refused(reason: str, path: str) -> Trouble:
    folder = os.path.dirname(path)
    return Trouble(
        reason,
        f"if a security program or a policy blocks it, allow programs in `{folder}`, or choose "
        "another directory with `uvlocal install --shim-dir DIR`",
    )


def _damaged(reason: str) -> Trouble:
    return Trouble(reason, f"run `{repair_command(sys.prefix)}`, then `uvlocal install`")


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def insist(path: str) -> None:
    """Start the installed launcher.

    Raises:
        UserError: it does not start.
    """
    found = trouble(path)
    if found is not None:
        raise UserError(f"the shim `{path}` does not start: {found.reason}", found.hint)


@contextlib.contextmanager
def tried(path: str, content: bytes) -> Iterator[str]:
    """Write a launcher under a temporary name in its directory, start it, and yield its path.

    Raises:
        OSError: the directory is not writable.
        UserError: it does not start.
    """
    with made(path, content) as draft:
        os.chmod(draft, 0o755)  # noqa: S103 - a program, in a folder that only its owner can write
        found = trouble(draft)
        if found is not None:
            folder = os.path.dirname(path)
            raise UserError(
                f"the shim does not start in `{folder}`, so it was not installed: {found.reason}",
                found.hint,
            )
        yield draft


# -- programs that run -----------------------------------------------------------------------------


def put(draft: str, path: str, system: System) -> None:
    """Put a file in its place; on Windows a running program is renamed first.

    Raises:
        OSError: that failed, and nothing has changed.
    """
    try:
        os.replace(draft, path)
    except PermissionError:
        if system.platform != "win32" or not os.path.exists(path):
            raise
        aside = f"{path}.old-{os.urandom(4).hex()}"
        os.rename(path, aside)
        try:
            os.replace(draft, path)
        except OSError:
            os.rename(aside, path)
            raise


def old(folder: str, system: System) -> list[str]:
    """Return the programs in a shim's directory that were renamed while running."""
    try:
        names = sorted(filter(_OLD.fullmatch, os.listdir(folder)))
    except OSError:
        return []
    paths = (os.path.join(folder, name) for name in names)
    return [path for path in paths if is_ours(path, system)]


def clear(folder: str, system: System) -> None:
    """Remove the programs that were renamed while running, unless they still run."""
    for path in old(folder, system):
        with contextlib.suppress(OSError):
            os.unlink(path)
