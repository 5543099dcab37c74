"""The decision for a directory's project, and the path of its environment.

`uvlocal path` needs only this, and a prompt may call it for every line. So this imports only what
the shim imports.
"""

from __future__ import annotations

import os

from uvlocal.manage.errors import UserError
from uvlocal.manage.files import user_path
from uvlocal.manage.installation.on_path import shim_on_path
from uvlocal.shim.call import Call
from uvlocal.shim.machine.host import System
from uvlocal.shim.project.discovery import discover, no_project

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uvlocal.shim.decide import Decision


class Settled:
    """The result for one directory: a call of `uv sync` in it, and its decision.

    `root` is the project's root. `environment` is where uv will find the project's environment, or
    None if that is unknown.
    """

    __slots__ = ("call", "decision", "environment", "root")

    def __init__(self, call: Call, decision: Decision, root: str) -> None:
        self.call = call
        self.decision = decision
        self.root = root
        self.environment = _environment(call, decision.environment, root)


def settled(path: str | None, environ: dict[str, str] | None = None) -> Settled:
    """Return the result for the project that `path` (by default the current directory) is in.

    Raises:
        UserError: the path is not a directory (exit 2), or there is no project (exit 1).
    """
    system = System(environ=environ, cwd=user_path.folder(path))
    call = Call(["sync"], system, shim_on_path(system))
    decision = call.settle()
    # Some decisions do not need the project.
    project = call.facts.project or discover(system.cwd, call.system)
    if project is None or not project.root:
        why = (project or no_project(system.cwd)).why + _lies_on(call)
        raise UserError(why, "run this in a project, or pass the path to one")
    return Settled(call, decision, project.root)


def _lies_on(call: Call) -> str:
    """Describe the volume of a directory without a project, or return "" if it is local."""
    from uvlocal.shim.volume.locate import locate

    system = call.system
    volume = locate(system.cwd, system.cwd, system, call.settings)
    if volume.kind == "local":
        return ""
    return f"; the volume is {volume.label} ({volume.kind})"


def _environment(call: Call, decided: str, root: str) -> str | None:
    if decided:
        return decided
    value = call.facts.environ.get("UV_PROJECT_ENVIRONMENT", "")
    if value:
        return os.path.join(root, value)
    return os.path.join(root, ".venv") if root else None
