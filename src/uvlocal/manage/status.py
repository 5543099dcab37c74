"""What uvlocal would do about a folder, and why: the facts behind `status` and `path`."""

from __future__ import annotations

import os
from dataclasses import dataclass

from uvlocal.manage.errors import USAGE, UserError
from uvlocal.shim import environment, stores
from uvlocal.shim.gather import Call
from uvlocal.shim.system import System


@dataclass(frozen=True, slots=True)
class Status:
    """The answer for one folder; `version` is that of the JSON object made of it.

    Paths are absolute. `volume_*` are empty and `environment` is None where the decision was
    taken before they were needed.
    """

    version: int
    root: str
    code: str
    sentence: str
    strategy: str | None
    variables: dict[str, str]
    volume_kind: str
    volume_label: str
    provider: str | None
    file_system: str
    mount_point: str
    confidence: str
    evidence: tuple[str, ...]
    contest: str
    environment: str | None
    environment_exists: bool
    record: str | None
    pointer: str
    settings_problems: tuple[str, ...]
    real_uv: str
    real_uv_origin: str
    real_uv_version: str


def of(path: str | None, environ: dict[str, str] | None = None) -> Status:
    """Return the status of the project that `path` (the current directory) belongs to.

    Raises:
        UserError: the path does not exist or is no directory (exit 2), or there is no project
            (exit 1).
    """
    call = Call(["sync"], System(environ=environ, cwd=folder(path)))
    decision = call.settle()
    facts, project = call.facts, call.facts.project
    if decision.code == "no-project" and (project is None or not project.root):
        raise UserError(decision.sentence, "run this in a project, or name one")
    volume, store = facts.volume, facts.store
    root = project.root if project is not None else ""
    kept = _environment(call, decision.environment, root)
    record = None
    if decision.environment and store is not None:
        name = os.path.basename(decision.environment)
        record = stores.record_path(store.path, name, call.system)
    real, version = call.real_uv(), call.uv_version()
    return Status(
        version=1,
        root=root,
        code=decision.code,
        sentence=decision.sentence,
        strategy=decision.strategy,
        variables=dict(decision.variables),
        volume_kind=volume.kind if volume else "",
        volume_label=volume.label if volume else "",
        provider=volume.provider if volume else None,
        file_system=volume.file_system if volume else "",
        mount_point=volume.mount_point if volume else "",
        confidence=volume.confidence if volume else "",
        evidence=tuple(volume.evidence) if volume else (),
        contest=volume.contest if volume else "",
        environment=kept,
        environment_exists=kept is not None and environment.exists(kept, call.system),
        record=record if record and os.path.lexists(record) else None,
        pointer=call.settings.pointer,
        settings_problems=tuple(call.settings.problems),
        real_uv=real.path,
        real_uv_origin=real.origin,
        real_uv_version=".".join(map(str, version)) if version else "",
    )


def _environment(call: Call, decided: str, root: str) -> str | None:
    """Return where uv will find the project's environment, None where that is not known."""
    if decided:
        return decided
    value = call.facts.environ.get("UV_PROJECT_ENVIRONMENT", "")
    if value:
        return os.path.join(root, value)
    return os.path.join(root, ".venv") if root else None


def folder(path: str | None) -> str:
    """Return the folder that a person named, as after `cd`.

    Raises:
        UserError: it does not exist, or is no folder.
    """
    if path is None:
        return System().cwd
    if not os.path.isdir(path):
        what = "is not a directory" if os.path.exists(path) else "does not exist"
        message = f"`{path}` {what}"
        raise UserError(message, code=USAGE)
    return os.path.realpath(path)
