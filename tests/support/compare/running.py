"""Run uvlocal commands on a test's machine, as people and programs do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from support.hosts import forked_commands
from support.hosts.worlds import Completed

if TYPE_CHECKING:
    from support.hosts.machines import Machine

#: The timeout of a command, in seconds; only one that hangs takes longer.
_PATIENCE = 60


def run(machine: Machine, *arguments: str, cwd: str = "", **variables: str) -> Completed:
    """Run `uvlocal ARGUMENTS` without a terminal, 80 columns wide, in the home by default."""
    environ = {**forked_commands.passed_on(), "COLUMNS": "80", **machine.environ, **variables}
    ended = forked_commands.run(arguments, cwd or machine.home, environ, _PATIENCE)
    out, err = (plain(text, machine) for text in (ended.out, ended.err))
    return Completed(("uvlocal", *arguments), ended.code, out, err, ended.out, ended.err)


def plain(text: str, machine: Machine) -> str:
    """Replace what differs between two runs: paths, and hashes of them."""
    text = text.replace(machine.home, "[HOME]").replace(machine.root, "[ROOT]")
    return re.sub(r"(?<=-)[0-9a-f]{10}\b", "[HASH]", text)
