"""Do what a decision needs before uv starts: the record, and one line the first time."""

import sys

from uvlocal.shim import handover, stores
from uvlocal.shim.decide import Decision
from uvlocal.shim.gather import Call

#: Codes of which the user hears, in one line, although nothing is done.
_SPOKEN = ("no-store",)


def prepare(call: Call, decision: Decision) -> None:
    """Write the record of a project's first redirected call, and say what is to be said.

    A record that cannot be written stops nothing; the next call tries again.

    Raises:
        OSError: the store in a place for all was taken by somebody else just now.
    """
    request, store = call.facts.request, call.facts.store
    lines = []
    if decision.strategy == "redirect" and store is not None:
        stores.claim(store.path, call.system)
    if decision.strategy == "redirect" and request is not None and request.writes:
        added = _record(call, decision)
        if added is not None:
            lines.append(f"uvlocal: {decision.sentence}{added}")
    elif decision.code in _SPOKEN:
        lines.append(f"uvlocal: {decision.sentence}; uv runs unchanged")
    if call.facts.settings is not None and call.settings.problems:
        lines.append(_problems(call.settings.problems))
    if request is None or request.quiet or call.system.environ.get("UVLOCAL_QUIET"):
        return
    for line in lines:
        handover.say(line)


def _record(call: Call, decision: Decision) -> "str | None":
    """Write the record if there is none yet.

    Returns:
        None where this is not the project's first call, else what the notice adds, "" for nothing.
    """
    store, system = call.facts.store, call.system
    if store is None:
        return None
    name = system.path.basename(decision.environment)
    if system.lstat(stores.record_path(store.path, name, system)) is not None:
        return None
    try:
        # The one thing of `manage` that is imported here, at this moment only: making the
        # environment costs hundreds of milliseconds anyway.
        site = handover.configuration(system, call.launcher).get("site", "")
        if site and site not in sys.path:
            sys.path.append(site)
        from uvlocal.manage import store as records

        return records.write_first(call, decision)
    except Exception as error:  # noqa: BLE001 - a missing record is a nuisance, no reason to fail
        if call.tell is not None:
            call.tell(f"record: not written ({type(error).__name__}: {error})")
        return None if store.exists else ""


def _problems(problems: "list[str]") -> str:
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    return f"uvlocal: {problems[0]}{more}; `uvlocal config` shows what would be right"
