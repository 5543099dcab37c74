"""What uvlocal does for a directory's project, and why: the facts of `uvlocal status`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from uvlocal.manage.environments import record
from uvlocal.manage.environments.pyvenv import python_version
from uvlocal.manage.projects.settled import settled
from uvlocal.shim.store import lookup, naming, pointers

if TYPE_CHECKING:
    from uvlocal.shim.call import Call
    from uvlocal.shim.decide import Decision
    from uvlocal.shim.machine.host import System


class Status(NamedTuple):
    """The status of one directory; `version` is the version of the JSON format.

    Paths are absolute. `volume_*` are empty and `environment` is None if the decision did not need
    them; `volume_state` is as in `locate.Volume`. `python` is the version of the environment's
    Python, `created` when its record was written (UTC). `pointer` is what the settings ask for,
    `venv` what is at `.venv` (`none`, `symlink`, `file`, `folder`, `other`), `venv_target` the
    target of a symlink or file there. `pointer_problem` says why no pointer is created, or what is
    wrong with it, or is "". `former_root` is the project's old path if it has an environment from
    there, else "".
    """

    version: int
    root: str
    code: str
    sentence: str
    strategy: str | None
    variables: dict[str, str]
    volume_kind: str
    volume_label: str
    volume_state: str
    provider: str | None
    file_system: str
    mount_point: str
    confidence: str
    evidence: tuple[str, ...]
    contest: str
    environment: str | None
    environment_exists: bool
    python: str
    record: str | None
    created: str
    former_root: str
    pointer: str
    venv: str
    venv_target: str
    pointer_problem: str
    settings_problems: tuple[str, ...]
    real_uv: str
    real_uv_origin: str
    real_uv_version: str


def of(path: str | None, environ: dict[str, str] | None = None) -> Status:
    """Return the status of the project that `path` (by default the current directory) is in.

    Raises:
        UserError: the path is not a directory (exit 2), or there is no project (exit 1).
    """
    answer = settled(path, environ)
    call, decision, root, kept = answer.call, answer.decision, answer.root, answer.environment
    volume = call.facts.volume
    exists = kept is not None and naming.exists(kept, call.system)
    pointer = pointers.find(root, decision.environment, call.system)
    real, version = call.real_uv(), call.uv_version()
    record_path = _record(call, decision)
    known = _known(record_path, call.system)
    return Status(
        version=1,
        root=root,
        code=decision.code,
        sentence=decision.sentence,
        strategy=decision.strategy,
        variables=dict(decision.variables),
        volume_kind=volume.kind if volume else "",
        volume_label=volume.label if volume else "",
        volume_state=volume.state if volume else "",
        provider=volume.provider if volume else None,
        file_system=volume.file_system if volume else "",
        mount_point=volume.mount_point if volume else "",
        confidence=volume.confidence if volume else "",
        evidence=tuple(volume.evidence) if volume else (),
        contest=volume.contest if volume else "",
        environment=kept,
        environment_exists=exists,
        python=python_version(kept) if kept and exists else "",
        record=record_path or None,
        created=known.created if known else "",
        former_root=_former_root(call, decision, known),
        pointer=call.settings.pointer,
        venv=pointer.kind,
        venv_target=pointer.target,
        pointer_problem=_pointer_problem(call, decision, pointer, root),
        settings_problems=tuple(call.settings.problems),
        real_uv=real.path,
        real_uv_origin=real.origin,
        real_uv_version=".".join(map(str, version)) if version else "",
    )


def _pointer_problem(call: Call, decision: Decision, pointer: pointers.Pointer, root: str) -> str:
    """Return why the wanted pointer is not created, or what is wrong with it, or ""."""
    wish, volume = call.settings.pointer, call.facts.volume
    if pointer.ours and not pointer.leads:
        from uvlocal.manage.projects import link

        wrong = link.astray(pointer, root, decision.environment, call.system)
        if wrong:
            return f"`.venv` {wrong}"
    if wish == pointers.NONE or volume is None or decision.strategy != "redirect":
        return ""
    why = pointers.obstacle(wish, volume, call.uv_version())
    return f"none is created: {why}" if why and not pointer.leads else ""


def _record(call: Call, decision: Decision) -> str:
    """Return the path of the project's record, or "" if it has none."""
    store = call.facts.store
    if not decision.environment or store is None:
        return ""
    name = os.path.basename(decision.environment)
    path = lookup.record_path(store.path, name, call.system)
    return path if os.path.lexists(path) else ""


def _known(path: str, system: System) -> record.Record | None:
    try:
        return record.read_record(path, system) if path else None
    except record.BrokenRecordError:
        return None


def _former_root(call: Call, decision: Decision, known: record.Record | None) -> str:
    """Return the project's path before it was moved, if its old environment exists."""
    project, store = call.facts.project, call.facts.store
    if not decision.environment or project is None or store is None:
        return ""
    if known is not None and not known.former:
        return ""
    name = known.former if known is not None else ""
    former = record.moved_from(store.path, project.root, call.system, name)
    return former.root if former is not None else ""
