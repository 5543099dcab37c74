"""Do what a decision needs before uv starts: acts in the project, the record, one line."""

import sys

from uvlocal.shim.call import Call
from uvlocal.shim.decide import Decision
from uvlocal.shim.machine import directories, display
from uvlocal.shim.store import lookup
from uvlocal.shim.uv import handover, variables

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

#: Codes of which the user hears, in one line, although nothing is done.
_SPOKEN = ("no-store",)


def prepare(call: Call, decision: Decision) -> None:
    """Write the record of a project's first redirected call, and say what is to be said.

    Strategies and pointers that change something in the project do so here.
    A record that cannot be written stops nothing; the next call tries again.
    """
    request = call.facts.request
    silenced = variables.is_on(call.system.environ, "UVLOCAL_QUIET")
    quiet = request is None or request.quiet or silenced
    lines = []
    if decision.strategy == "redirect" and request is not None and request.writes:
        added = _record(call, decision)
        obstacle = _try(call, decision, _keep_pointer)
        news = bool(decision.fallback) and not quiet and _is_news(call, decision)
        if added is not None:
            added, _, hint = added.partition("\n")
            lines.append(f"uvlocal: {decision.sentence}{added}{obstacle}")
            lines += [hint] if hint else []
        elif news:
            lines.append(f"uvlocal: {decision.fallback}, so the environment is kept elsewhere")
    elif decision.strategy == "no-metadata" and call.system.has_hidden_flag():
        _try(call, decision, _clear_flags)
    elif decision.code in _SPOKEN:
        lines.append(f"uvlocal: {decision.sentence}; uv runs unchanged")
    if call.facts.settings is not None and call.settings.problems:
        lines.append(_problems(call.settings.problems))
    if quiet:
        return
    for line in lines:
        handover.say(display.printable(line))


def _try(call: Call, decision: Decision, act: "Callable[[Call, Decision], str]") -> str:
    """Act; what fails is told under `UVLOCAL_TRACE` only, and the decision holds all the same."""
    try:
        return act(call, decision)
    except Exception as error:  # noqa: BLE001 - nothing of this is worth losing the decision for
        call.note("act", f"failed ({type(error).__name__}: {error})")
        return ""


def _keep_pointer(call: Call, decision: Decision) -> str:
    """Make or mend the pointer if one is asked for; return why it cannot be, for the notice."""
    wish, volume, project = call.settings.pointer, call.facts.volume, call.facts.project
    if wish == "none" or volume is None or project is None or not _is_kept(call, decision):
        return ""
    from uvlocal.shim.store import pointers

    obstacle = pointers.obstacle(wish, volume, call.uv_version() if wish == "file" else None)
    if obstacle:
        return f"; no pointer is made, as {obstacle}"
    memory = _own_file(call, "pointers", decision.environment)
    pointers.keep(project.root, decision.environment, wish, call.system, memory)
    return ""


def _is_kept(call: Call, decision: Decision) -> bool:
    """Say whether there is an environment or a record of one: uv will not refuse the project."""
    store, system = call.facts.store, call.system
    if store is None:
        return False
    name = system.path.basename(decision.environment)
    return store.exists or system.exists(lookup.record_path(store.path, name, system))


def _clear_flags(call: Call, decision: Decision) -> str:
    """Let Python find what a sync client has hidden in an environment that stays in the project."""
    del decision
    request, project, system = call.facts.request, call.facts.project, call.system
    if request is not None and request.role == "project" and project is not None:
        from uvlocal.shim.in_place import hidden_flags

        call.note("hidden flags cleared", str(hidden_flags.clear(project.root, system)))
    return ""


def _own_file(call: Call, folder: str, name: str) -> str:
    """Return a file of ours for a project in the cache folder, "" where there is none."""
    system = call.system
    cache = directories.cache_directory(system)
    return system.path.join(cache, folder, system.path.basename(name)) if cache else ""


def _is_news(call: Call, decision: Decision) -> bool:
    """Note that something was said of a project; say whether it was not said before."""
    path = _own_file(call, "said", decision.environment)
    said = decision.fallback.encode("utf-8", "surrogateescape")
    if not path or call.system.read(path) == said:
        return False
    return call.system.write_private(path, said)


def _record(call: Call, decision: Decision) -> "str | None":
    """Write the record if there is none yet.

    Returns:
        None where this is not the project's first call, else what the notice adds, "" for nothing.
    """
    store, system = call.facts.store, call.system
    if store is None:
        return None
    name = system.path.basename(decision.environment)
    if system.lstat(lookup.record_path(store.path, name, system)) is not None:
        return None
    try:
        # The one thing of `manage` that is imported here, at this moment only: making the
        # environment costs hundreds of milliseconds anyway.
        site = handover.configuration(system, call.launcher).get("site", "")
        if site and site not in sys.path:
            sys.path.append(site)
        from uvlocal.manage.environments import record

        return record.write_first(call, decision)
    except Exception as error:  # noqa: BLE001 - a missing record is a nuisance, no reason to fail
        call.note("record", f"not written ({type(error).__name__}: {error})")
        return None if store.exists else ""


def _problems(problems: "list[str]") -> str:
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    return f"uvlocal: {problems[0]}{more}; `uvlocal config` shows what would be right"
