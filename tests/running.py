"""Run commands of uvlocal on the machine of a test, for what people and programs see of them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

from worlds import Completed

if TYPE_CHECKING:
    from machines import Machine

#: No command takes longer, in seconds, unless it hangs.
_PATIENCE = 60

#: What measures our own commands' coverage.
PASSED_ON = ("COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG", "SYSTEMROOT")


def run(machine: Machine, *arguments: str, cwd: str = "", **variables: str) -> Completed:
    """Run `uvlocal ARGUMENTS` without a terminal, 80 columns wide, in the home by default."""
    passed_on = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    result = subprocess.run(
        [sys.executable, "-m", "uvlocal", *arguments],
        cwd=cwd or machine.home,
        env={**passed_on, "COLUMNS": "80", **machine.environ, **variables},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="surrogateescape",
        timeout=_PATIENCE,
        check=False,
    )
    out, err = (plain(text, machine) for text in (result.stdout, result.stderr))
    return Completed(
        ("uvlocal", *arguments), result.returncode, out, err, result.stdout, result.stderr
    )


def plain(text: str, machine: Machine) -> str:
    """Replace what differs between two runs: places, and the hashes made of them."""
    text = text.replace(machine.home, "[HOME]").replace(machine.root, "[ROOT]")
    return re.sub(r"(?<=-)[0-9a-f]{10}\b", "[HASH]", text)
