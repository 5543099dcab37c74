"""Record a decision, so that the launcher can replay it without Python.

A recorded decision is a file in `decisions` in the cache directory, named by a hash of its key: the
launcher that was called, the current directory, the command line, and the variables that can
matter. It contains the key in full, every input with its stamp (`recording_host`), and what to do.
The launcher replays it only if all of them match exactly; otherwise Python decides again. On
Windows, names of variables are uppercase, and text is UTF-8.

Format: fields, each terminated by a NUL byte, which no path, argument or variable can contain.

    the format, `contract.RECORD_MAGIC`
    the launcher
    the kind of key: `exact`, `run`, `prefix` or `kept`
    the current directory, empty for `prefix`
    a count, and that many words of the command line
    a count, and that many variables as NAME=value
    a count, and that many inputs as two fields: stamp, path
    a count, and that many changes: NAME=value to set, NAME to remove
    the real uv
    end

`exact` is for a whole command line. `run` is for `uv run FLAGS... PROGRAM...`: the words end before
the program, and the launcher checks that the program is a plain name. `prefix` is for commands that
never use a project: the words are the command, and anything may follow. `kept` is for a project's
other calls in the directory once Python is gone (`contract.KEEPING`): it has no words.
"""

from uvlocal.shim import contract
from uvlocal.shim.machine.early_os import fsencode, os
from uvlocal.shim.recall.recording_host import RecordingSystem, rest_of
from uvlocal.shim.request import commands
from uvlocal.shim.store import lookup
from uvlocal.shim.uv import handover
from uvlocal.shim.uv import variables as uv_variables

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uvlocal.shim.call import Call
    from uvlocal.shim.decide import Decision
    from uvlocal.shim.request.parse import Request

#: Stamps without a path: registry keys, drives, variables that a setting refers to.
NO_PATH = "qQvm$"
#: The maximum number of recorded decisions, enforced once in `_TRIM_EVERY` new ones.
_MOST = 10000
_TRIM_EVERY = 64
#: Content that changed less than this before it was read, in nanoseconds, may have changed again
#: without changing its stamp: file systems count time in steps, the coarsest (FAT) in 2 s.
SETTLED = 2_000_000_000
#: The same for another machine's clock.
_SETTLED_ELSEWHERE = 60_000_000_000
#: Commands that never use a project, whatever options follow.
_ALONE = frozenset(
    name
    for name, (role, _) in commands.COMMANDS.items()
    if role == commands.NONE
    and name not in commands.NAMESPACES
    and name not in ("init", "version")  # some of their options matter
)


def record(call: "Call", decision: "Decision", cache: str, settled: int = SETTLED) -> None:
    """Record the decision of a call, if it can be recalled; ignore any failure.

    Args:
        call: the call.
        decision: what was decided.
        cache: our cache directory.
        settled: the minimum age of the last change to any content, in nanoseconds.
    """
    try:
        _record(call, decision, cache, settled)
    except Exception as error:  # noqa: BLE001 - the decision is valid without a record
        call.note("decision", f"not recorded ({type(error).__name__}: {error})")


def _record(call: "Call", decision: "Decision", cache: str, settled: int) -> None:
    system = call.system
    if not isinstance(system, RecordingSystem) or not cache:
        return
    # Without the variable, home comes from the user database, which has no stamp.
    home = call.inherited.get("USERPROFILE" if system.platform == "win32" else "HOME")
    if not home or not _is_lasting(call, decision):
        return
    key = _key(call, decision)
    if key is None or not _is_settled(system, settled):
        return
    if _is_for_the_directory(call, decision):
        _write(call, cache, ("kept", system.cwd, []))
    for module in _code(system):
        system.stat(module)
    _write(call, cache, key)


def _is_for_the_directory(call: "Call", decision: "Decision") -> bool:
    """Return whether the decision is for the project here, whose environment exists.

    It is not if the command line or a script led to another project.
    """
    store, request = call.facts.store, call.facts.request
    if store is None or request is None or not store.exists:
        return False
    is_here = request.start == request.directory == call.system.cwd
    return is_here and "UV_PROJECT_ENVIRONMENT" in decision.variables


def _write(call: "Call", cache: str, key: "tuple[str, str, list[str]]") -> None:
    """Write a record with this key, if every input of the decision has a stamp."""
    system = call.system
    if not isinstance(system, RecordingSystem):
        return
    how, directory, words = key
    variables = relevant(call.inherited)
    fields = [contract.RECORD_MAGIC, call.launcher, how, directory]
    inputs = [(stamp, path) for (_, path), stamp in system.inputs.items()]
    uv = call.program().path
    # A relative path depends on the directory, which is not always part of the key.
    isabs = system.path.isabs
    if not isabs(uv) or any(not isabs(path) for stamp, path in inputs if stamp[0] not in NO_PATH):
        return
    fields += (str(len(words)), *words, str(len(variables)), *variables, str(len(inputs)))
    for stamp_and_path in inputs:
        fields += stamp_and_path
    changes = uv_variables.as_fields(call.changes.values)
    fields += (str(len(changes)), *changes, uv, "end")
    text = "\0".join([*fields, ""])
    # A NUL in a field would split it; an input without a stamp would be missing.
    if text.count("\0") != len(fields) or not system.complete:
        return
    data = fsencode(text)
    if len(data) > contract.RECORD_LIMIT:
        return
    folder = system.path.join(cache, contract.DECISIONS)
    number = hash_of(call.launcher, how, directory, words, variables)
    system.write_private(system.path.join(folder, f"{number:016x}"), data)
    # The time, in microseconds, is the random number: similar calls have similar names.
    if system.began // 1000 % _TRIM_EVERY == 0:
        _trim(folder)


def relevant(environ: "dict[str, str]") -> "list[str]":
    """Return the variables that can matter, as NAME=value."""
    return [
        f"{name}={value}"
        for name, value in environ.items()
        if name in contract.VARIABLES
        or (name.startswith(contract.VARIABLE_PREFIX) and name != contract.LOOP)
    ]


def hash_of(
    launcher: str, how: str, directory: str, words: "list[str]", variables: "list[str]"
) -> int:
    """Return the hash that names a recorded decision; the launcher computes the same.

    Variables have no order, so their hashes are added.
    """
    number = rest_of(fsencode("\0".join([launcher, how, directory, *words, ""])))
    for entry in variables:
        number += rest_of(fsencode(entry))
    return number & 0xFFFFFFFFFFFFFFFF


def _key(call: "Call", decision: "Decision") -> "tuple[str, str, list[str]] | None":
    """Return the kind, directory and words of the decision's key, or None."""
    words, directory = call.arguments, call.system.cwd
    is_short = len(fsencode("".join(words))) <= contract.LINE_LIMIT
    if handover.is_uvx(call.launcher, call.system):  # its first word is not a command
        return ("exact", directory, words) if words and directory and is_short else None
    if decision.code == "not-a-project-command":
        count = commands_only(words)
        if count:
            return "prefix", "", words[:count]
    if not words or not directory:
        return None
    request = call.facts.request
    count = _plain_run(words, request) if request is not None else 0
    # uv looks for the program in its working directory, the launcher in the current one.
    if (
        request is not None
        and count
        and request.directory == directory
        and not call.system.exists(call.system.path.join(directory, words[count]))
    ):
        return "run", directory, words[:count]
    return ("exact", directory, words) if is_short else None


def commands_only(arguments: "list[str]") -> int:
    """Return how many words at the start are a command that never uses a project, or 0."""
    if arguments[:1] and arguments[0] in ("--version", "-V", "--help", "-h", "help"):
        return 1
    for count in (1, 2):
        name = " ".join(arguments[:count])
        if len(arguments) >= count and name in _ALONE:
            return count
    return 0


def _plain_run(arguments: "list[str]", request: "Request") -> int:
    """Return the index of the program in `uv run FLAGS... PROGRAM...`, or 0 for other commands.

    The launcher takes the first word that does not start with a dash as the program. If that is an
    option's value, the command line is not recorded as `run`.
    """
    if arguments[:1] != ["run"]:
        return 0
    count = 1
    while count < len(arguments) and arguments[count].startswith("-"):
        count += 1
    if count == len(arguments) or not is_plain(arguments[count]) or "--" in arguments[:count]:
        return 0
    return count if request.line.words == arguments[count:] else 0


def is_plain(program: str) -> bool:
    """Return whether a program is a plain name; uv treats paths and scripts differently."""
    return bool(program) and not any(mark in program for mark in "/\\.")


def _is_lasting(call: "Call", decision: "Decision") -> bool:
    """Return whether the next call needs no action and no message."""
    facts = call.facts
    if not call.is_lasting or (facts.settings is not None and facts.settings.problems):
        return False
    if decision.strategy is None:
        return decision.code != "no-store"
    if decision.strategy == "no-metadata":
        return not call.system.has_hidden_flag()
    if decision.strategy != "redirect" or facts.store is None or facts.request is None:
        return False
    if not facts.request.writes:
        return True
    # These warnings are repeated in each call.
    if facts.old_is_active and facts.request.command != "run":
        return False
    if not facts.store.changeable:
        return False
    if facts.request.role != "project":
        return True
    # Until uv has created the environment and there is a record, each call tries to write.
    name = call.system.path.basename(decision.environment)
    path = lookup.record_path(facts.store.path, name, call.system)
    is_made = facts.store.exists and call.system.lstat(path) is not None
    return is_made and call.settings.pointer == "none"


def _is_settled(system: RecordingSystem, settled: int) -> bool:
    """Return whether all content that was read is old enough for any change to be seen.

    git's index has the same problem (`racy-git` in its documentation): a file that changes again
    within one step of the clock, to the same size, looks unchanged.
    """
    return (
        system.newest < system.began - settled
        and system.newest_listed < system.began - _SETTLED_ELSEWHERE
    )


def _code(system: RecordingSystem) -> "list[str]":
    """Return the files of our code that this decision depends on.

    An installed package is replaced as a whole, so one file is enough; a source tree is edited file
    by file.
    """
    import uvlocal

    join = system.path.join
    package = system.path.dirname(uvlocal.__file__)
    if "site-packages" in package or "dist-packages" in package:
        return [uvlocal.__file__]
    found = [uvlocal.__file__]
    folders = [join(package, "shim")]
    while folders:
        folder = folders.pop()
        for name in sorted(os.listdir(folder)):
            if name.endswith(".py"):
                found.append(join(folder, name))
            elif "." not in name and name != "__pycache__":
                folders.append(join(folder, name))
    return found


def _trim(folder: str) -> None:
    """Remove the oldest recorded decisions beyond the limit."""
    names = os.listdir(folder)
    if len(names) <= _MOST:
        return
    times = []
    for name in names:
        path = f"{folder}/{name}"
        times.append((_written(path), path))
    for _, path in sorted(times)[: len(times) - _MOST // 2]:
        try:
            os.unlink(path)
        except OSError:
            pass  # another call is removing them too


def _written(path: str) -> int:
    try:
        return os.lstat(path).st_mtime_ns
    except OSError:
        return 0
