"""Do what a decision needs before uv starts: write the record, change the project, print a line."""

import sys

from uvlocal.shim.call import Call
from uvlocal.shim.decide import Decision
from uvlocal.shim.machine import directories, display
from uvlocal.shim.machine.early_os import stat
from uvlocal.shim.store import lookup, naming
from uvlocal.shim.uv import handover, variables

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

#: How often to create a store that someone removes at the same time.
_TRIES = 8
#: The maximum number of lines before uv; what matters most comes first.
_MOST_LINES = 3
#: Codes that are reported in one line although uv runs unchanged.
_SPOKEN = ("no-store",)
#: Noted for a project whose first call was silent.
_UNSAID = b"unsaid"
#: The hint after `rm -rf .venv && uv sync`, which people try first with a broken environment.
_AFRESH = "to recreate it, run `uvlocal remove`, then `uv sync`"


def attempt(call: Call, decision: Decision) -> bool:
    """Create the record and an empty directory for an environment; return whether that worked.

    This happens in a project's first redirected call, and again until uv has created the
    environment: another sandbox may forbid what the last one allowed.
    """
    store, project = call.facts.store, call.facts.project
    if store is None or project is None:
        return False
    try:
        _claim(call, decision, store, project.root)
    except (OSError, ValueError) as error:
        call.note("store", f"cannot be written ({type(error).__name__}: {error})")
        call.is_lasting = False
        return False
    except Exception as error:  # noqa: BLE001 - a missing record is no reason to fail
        call.note("record", f"not written ({type(error).__name__}: {error})")
        call.is_lasting = False
        call.first_notice = None if store.exists else ""
    return True


def _claim(call: Call, decision: Decision, store: lookup.Store, root: str) -> None:
    """Create the record and the directory; try again if the store is removed meanwhile."""
    for tries_left in reversed(range(_TRIES)):
        try:
            _claim_once(call, decision, store, root)
        except FileNotFoundError:
            if not tries_left:
                raise
        else:
            return


def _claim_once(call: Call, decision: Decision, store: lookup.Store, root: str) -> None:
    """Create the record and the directory where needed, and keep what to add to the notice."""
    is_others = lookup.is_of_another_folder(store, root, call.system)
    if store.exists and not is_others and call.system.lstat(store.record_path) is not None:
        return
    # The only import from `manage`, and only now: creating the environment takes hundreds of
    # milliseconds anyway.
    site = handover.configuration(call.system, call.launcher).get("site", "")
    if site and site not in sys.path:
        sys.path.append(site)
    from uvlocal.manage.environments import record

    if is_others:
        from uvlocal.manage.environments import replaced

        call.first_notice = replaced.set_aside(call, decision)
        if store.exists:
            return  # it only looked like another directory's
    added = record.claim(call, decision)
    call.first_notice = added if call.first_notice is None else call.first_notice


def prepare(call: Call, decision: Decision) -> None:
    """Report the decision, and make the changes in the project that it needs."""
    request = call.facts.request
    silenced = variables.is_on(call.system.environ, "UVLOCAL_QUIET")
    quiet = request is None or request.quiet or silenced
    lines = []
    if decision.strategy == "redirect" and request is not None and request.writes:
        lines += [line for line in (_unchangeable(call, decision), _inactive(call)) if line]
    if _is_project_change(call, decision):
        lines += _news(call, decision, quiet=quiet)
    if decision.strategy == "redirect":
        _try(call, decision, _keep_shim)
    elif decision.strategy == "no-metadata" and call.system.has_hidden_flag():
        _try(call, decision, _clear_flags)
    elif decision.code in _SPOKEN:
        lines.append(f"uvlocal: {decision.sentence}; uv runs unchanged")
    if call.facts.settings is not None and call.settings.problems:
        lines.append(_problems(call.settings.problems))
    if quiet:
        return
    for line in lines[:_MOST_LINES]:
        handover.say(display.printable(line))


def _news(call: Call, decision: Decision, *, quiet: bool) -> "list[str]":
    """Keep the pointer up to date, and return the notice for a project's first redirected call.

    If that call was silent, the next `uv sync` prints it. People run `uv sync` when something is
    wrong, so it also prints how to start afresh if the pointer was removed.
    """
    is_sync = call.facts.request is not None and call.facts.request.command == "sync"
    was_removed = is_sync and not quiet and _lacks_pointer(call)
    obstacle = _try(call, decision, _keep_pointer)
    if call.first_notice is not None:
        if quiet:
            _is_news(call, decision.environment, _UNSAID)
        added, _, hint = call.first_notice.partition("\n")
        old = _old_environment(call)
        line = f"uvlocal: {decision.sentence}{added}{obstacle}{old}"
        # Once per user, not per project or store.
        tell = hint and not quiet and _is_news(call, "editors", b"told")
        return [line, hint] if tell else [line]
    if quiet:
        return []
    if is_sync and _was_unsaid(call, decision):
        return [f"uvlocal: {decision.sentence}; {_AFRESH}"]
    if was_removed and not obstacle and call.facts.store is not None:
        shown = call.facts.store.shown_environment
        return [f"uvlocal: `.venv` points to `{shown}`, which is unchanged; {_AFRESH}"]
    said = decision.fallback.encode("utf-8", "surrogateescape")
    if said and _is_news(call, decision.environment, said):
        return [f"uvlocal: {decision.fallback}, so the environment is kept outside the project"]
    return []


def _lacks_pointer(call: Call) -> bool:
    """Return whether the pointer to an existing environment was removed."""
    project, store = call.facts.project, call.facts.store
    if call.settings.pointer == "none" or project is None or store is None or not store.exists:
        return False
    return call.system.lstat(call.system.path.join(project.root, ".venv")) is None


def _was_unsaid(call: Call, decision: Decision) -> bool:
    """Return whether a project's first call was silent, and nothing was printed since."""
    path = _own_file(call, "said", decision.environment)
    return bool(path) and call.system.read(path) == _UNSAID and call.system.remove(path)


def _is_project_change(call: Call, decision: Decision) -> bool:
    """Return whether uv is about to create or change a redirected project's environment.

    `uv pip` does not create one: it changes an existing one, or another that the user names.
    """
    request = call.facts.request
    if request is None or decision.strategy != "redirect":
        return False
    return request.writes and request.role == "project"


def _unchangeable(call: Call, decision: Decision) -> str:
    """Return how to let uv change an environment that is used but read-only here, or ""."""
    store = call.facts.store
    is_used = decision.environment in decision.variables.values()
    if store is None or store.changeable or not is_used:
        return ""
    so = ", so uv installs nothing" if "UV_NO_SYNC" in decision.variables else ""
    return (
        f"uvlocal: `{store.shown_environment}` is read-only here{so}; allow writing to "
        f"`{store.shown}`, or set `UVLOCAL_MODE=never` to use `.venv` in the project"
    )


def _inactive(call: Call) -> str:
    """Return a warning if the shell's `python` is not the one that uv installs for, or ""."""
    request = call.facts.request
    if not call.facts.old_is_active or request is None or request.command == "run":
        return ""
    return (
        "uvlocal: uv no longer uses the `.venv` that is active in this shell; run `deactivate`, "
        "then start the project's programs with `uv run`"
    )


def _old_environment(call: Call) -> str:
    """Return what happens to the project's existing `.venv`, or "" if it has none."""
    project, system = call.facts.project, call.system
    path = "" if project is None else system.path.join(project.root, ".venv")
    status = system.lstat(path)
    if status is None or not stat.S_ISDIR(status.st_mode) or not naming.exists(path, system):
        return ""
    return (
        "; the project's `.venv` is no longer used, run `uvlocal migrate` to move its packages over"
    )


def _try(call: Call, decision: Decision, act: "Callable[[Call, Decision], str]") -> str:
    """Call `act`; trace a failure, but keep the decision."""
    try:
        return act(call, decision)
    except Exception as error:  # noqa: BLE001 - no failure here is worth losing the decision
        call.note("act", f"failed ({type(error).__name__}: {error})")
        return ""


def _keep_pointer(call: Call, decision: Decision) -> str:
    """Create or repair the pointer if one is wanted; return what stops that, for the notice."""
    wish, volume, project = call.settings.pointer, call.facts.volume, call.facts.project
    if wish == "none" or volume is None or project is None or not _is_kept(call):
        return ""
    from uvlocal.shim.store import pointers

    obstacle = pointers.obstacle(wish, volume, call.uv_version() if wish == "file" else None)
    if obstacle:
        return f"; no pointer was created, as {obstacle}"
    memory = _own_file(call, "pointers", decision.environment)
    pointers.keep(project.root, decision.environment, wish, call.system, memory)
    return ""


def _is_kept(call: Call) -> bool:
    """Return whether an environment or its record exists, so that uv accepts the project."""
    store, system = call.facts.store, call.system
    return store is not None and (store.exists or system.exists(store.record_path))


def _keep_shim(call: Call, decision: Decision) -> str:
    """Let a nested `uv` reach the shim, if uv will use an existing environment."""
    store = call.facts.store
    if store is not None and store.exists and decision.variables:
        from uvlocal.shim.store import nested

        kept = nested.keep(decision.environment, call.launcher, call.system)
        call.note("shim in the environment", str(kept))
    return ""


def _clear_flags(call: Call, decision: Decision) -> str:
    """Clear the hidden flags that a sync client set in an environment inside the project."""
    del decision
    request, project, system = call.facts.request, call.facts.project, call.system
    if request is not None and request.role == "project" and project is not None:
        from uvlocal.shim.in_place import hidden_flags

        call.note("hidden flags cleared", str(hidden_flags.clear(project.root, system)))
    return ""


def _own_file(call: Call, folder: str, name: str) -> str:
    """Return the path of a project's file in our cache directory, or "" if there is no cache."""
    system = call.system
    cache = directories.cache_directory(system)
    return system.path.join(cache, folder, system.path.basename(name)) if cache else ""


def _is_news(call: Call, about: str, said: bytes) -> bool:
    """Note what was said about an environment, or about all; return whether it is new."""
    path = _own_file(call, "said", about)
    if not path or call.system.read(path) == said:
        return False
    return call.system.write_private(path, said)


def _problems(problems: "list[str]") -> str:
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    return f"uvlocal: {problems[0]}{more}; `uvlocal config` shows every problem"
