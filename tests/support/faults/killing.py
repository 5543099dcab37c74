"""Kill a Python program before each change that it makes to files, with one run for each.

A random kill rarely hits the moments that matter. Python raises an event before every change
(https://docs.python.org/3/library/audit_events.html), so the program can be killed there, with
SIGKILL, so that it cannot clean up.
"""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

#: More changes than any program makes.
_MOST = 60

#: The return code of a program that SIGKILL ended.
_KILLED = -9

_CODE = """
import os, signal, sys
CHANGES = {"os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.chmod", "os.symlink", "os.link"}
left = int(sys.argv.pop(1))
def hook(event, arguments):
    global left
    if event in CHANGES:
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
"""


def before_each_change(code: str, environ: Mapping[str, str], cwd: str) -> Iterator[int]:
    """Run `code` repeatedly, killing it before its first change, its second, and so on.

    The changes to files must be in a function `main` of the code. Yields the number of the change
    after each kill, so that the caller can check what was left; stops when the code finishes.
    """
    for step in range(1, _MOST):
        program = f"{_CODE}\n{code}\nsys.addaudithook(hook)\nmain()\n"
        command = [sys.executable, "-c", program, str(step)]
        result = subprocess.run(
            command, env=dict(environ), cwd=cwd, capture_output=True, text=True, check=False
        )
        if result.returncode == 0:
            return
        assert result.returncode == _KILLED, result
        yield step
    msg = f"the code made more than {_MOST} changes"
    raise AssertionError(msg)
