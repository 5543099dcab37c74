"""Write down a decision, so that the launcher can replay it without Python.

A recorded decision is a file below `decisions` in the cache folder, named by a hash of what it is
for: the launcher that was called, the current directory, the command line, and the variables that
can matter. It holds all of these in full, every input with its stamp (`recorder`), and what to do.
The launcher replays it only if each is exactly so again; whatever else may be, the answer is a
miss, and Python decides anew. On Windows names of variables are in capitals, text is UTF-8.

Format: fields, each ended by a NUL byte, which no path, argument or variable can hold.

    the format, `contract.RECORD_MAGIC`
    the launcher
    the way it is keyed: `exact`, `run`, `prefix` or `kept`
    the current directory, empty for `prefix`
    a count, and so many words of the command line
    a count, and so many variables as NAME=value
    a count, and so many inputs as two fields: stamp, path
    a count, and so many changes: NAME=value to set, NAME to remove
    the real uv
    end

`kept` is for a project's other calls in the directory once Python is gone (`contract.KEEPING`): the
words are none. `prefix` is for commands that never use a project: the words are the command,
whatever follows. `run` is for `uv run FLAGS... PROGRAM...`: the words end before the program, which
the launcher makes sure is a plain name. `exact` is for a whole command line.
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

#: Stamps of what is no file: keys of the registry, drives, variables that a setting names.
NO_PATH = "qQvm$"
#: How many decisions are kept at most; one new one in `_TRIM_EVERY` makes sure.
_MOST = 10000
_TRIM_EVERY = 64
#: Content that changed so short a time before it was read may have changed again without any stamp
#: showing it, in nanoseconds: file systems count time in steps, the coarsest (FAT) in 2 s.
SETTLED = 2_000_000_000
#: The same for what another machine's clock has stamped.
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
    """Record the decision of a call, if it can be recalled at all; any failure is silent.

    Args:
        call: the call.
        decision: what was decided.
        cache: the folder in which decisions are recorded.
        settled: how long ago content must have changed, in nanoseconds.
    """
    try:
        _record(call, decision, cache, settled)
    except Exception as error:  # noqa: BLE001 - the decision itself stands, and costs time only
        call.note("decision", f"not recorded ({type(error).__name__}: {error})")


def _record(call: "Call", decision: "Decision", cache: str, settled: int) -> None:
    system = call.system
    if not isinstance(system, RecordingSystem) or not cache:
        return
    # Without the variable, home is in the user database, which has no stamp.
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
    """Return whether a decision holds for the project here, and its environment exists.

    What a command line or a script led to elsewhere does not.
    """
    store, request = call.facts.store, call.facts.request
    if store is None or request is None or not store.exists:
        return False
    is_here = request.start == request.directory == call.system.cwd
    return is_here and "UV_PROJECT_ENVIRONMENT" in decision.variables


def _write(call: "Call", cache: str, key: "tuple[str, str, list[str]]") -> None:
    """Write a record under a key, if all that it rests on can be written down."""
    system = call.system
    if not isinstance(system, RecordingSystem):
        return
    how, directory, words = key
    variables = relevant(call.inherited)
    fields = [contract.RECORD_MAGIC, call.launcher, how, directory]
    inputs = [(stamp, path) for (_, path), stamp in system.inputs.items()]
    uv = call.program().path
    # What is relative depends on the directory, which is not always a part of the key.
    isabs = system.path.isabs
    if not isabs(uv) or any(not isabs(path) for stamp, path in inputs if stamp[0] not in NO_PATH):
        return
    fields += (str(len(words)), *words, str(len(variables)), *variables, str(len(inputs)))
    for stamp_and_path in inputs:
        fields += stamp_and_path
    changes = uv_variables.as_fields(call.changes.values)
    fields += (str(len(changes)), *changes, uv, "end")
    text = "\0".join([*fields, ""])
    # A field with a NUL of its own would be two; an input without a stamp would be none.
    if text.count("\0") != len(fields) or not system.complete:
        return
    data = fsencode(text)
    if len(data) > contract.RECORD_LIMIT:
        return
    folder = system.path.join(cache, contract.DECISIONS)
    number = hash_of(call.launcher, how, directory, words, variables)
    system.write_private(system.path.join(folder, f"{number:016x}"), data)
    # By the time, in microseconds: names of similar calls have their last digits in common.
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
    """Return the number that names a recorded decision; the launcher computes the same.

    Variables have no order, so their numbers are added.
    """
    number = rest_of(fsencode("\0".join([launcher, how, directory, *words, ""])))
    for entry in variables:
        number += rest_of(fsencode(entry))
    return number & 0xFFFFFFFFFFFFFFFF


def _key(call: "Call", decision: "Decision") -> "tuple[str, str, list[str]] | None":
    """Return how the decision is keyed, in which directory, for which words."""
    words, directory = call.arguments, call.system.cwd
    is_short = len(fsencode("".join(words))) <= contract.LINE_LIMIT
    if handover.is_uvx(call.launcher, call.system):  # whose first word is no command
        return ("exact", directory, words) if words and directory and is_short else None
    if decision.code == "not-a-project-command":
        count = commands_only(words)
        if count:
            return "prefix", "", words[:count]
    if not words or not directory:
        return None
    request = call.facts.request
    count = _plain_run(words, request) if request is not None else 0
    # uv looks for the program in the directory that it works in, the launcher in the current one.
    if (
        request is not None
        and count
        and request.directory == directory
        and not call.system.exists(call.system.path.join(directory, words[count]))
    ):
        return "run", directory, words[:count]
    return ("exact", directory, words) if is_short else None


def commands_only(arguments: "list[str]") -> int:
    """Return how many first words make a command that never uses a project; 0 for none."""
    if arguments[:1] and arguments[0] in ("--version", "-V", "--help", "-h", "help"):
        return 1
    for count in (1, 2):
        name = " ".join(arguments[:count])
        if len(arguments) >= count and name in _ALONE:
            return count
    return 0


def _plain_run(arguments: "list[str]", request: "Request") -> int:
    """Return where the program stands in `uv run FLAGS... PROGRAM...`; 0 for another line.

    The launcher takes the first word that does not begin with a dash for the program. Where that
    is an option's value, the line is not recorded as `run`.
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
    """Return whether a program is a plain name: no path, no script, which uv treats otherwise."""
    return bool(program) and not any(mark in program for mark in "/\\.")


def _is_lasting(call: "Call", decision: "Decision") -> bool:
    """Return whether a decision needs nothing done and nothing said at the next call."""
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
    # That an environment cannot be changed, or is not the active one, is said each time.
    if facts.old_is_active and facts.request.command != "run":
        return False
    if not facts.store.changeable:
        return False
    if facts.request.role != "project":
        return True
    # As long as uv has not made the environment, or there is no record, each call tries to write.
    name = call.system.path.basename(decision.environment)
    path = lookup.record_path(facts.store.path, name, call.system)
    is_made = facts.store.exists and call.system.lstat(path) is not None
    return is_made and call.settings.pointer == "none"


def _is_settled(system: RecordingSystem, settled: int) -> bool:
    """Return whether no content that was read is so fresh that it may change unseen.

    git's index has the same trap (`racy-git` in its documentation): a file that changes again
    within one step of the clock, to the same size, looks unchanged.
    """
    return (
        system.newest < system.began - settled
        and system.newest_listed < system.began - _SETTLED_ELSEWHERE
    )


def _code(system: RecordingSystem) -> "list[str]":
    """Return the files that this decision was made by.

    An installed package is replaced as a whole, so that one file stands for all; a source tree is
    edited file by file.
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
    """Keep the number of recorded decisions bounded: the oldest go."""
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
            pass  # another call trims too


def _written(path: str) -> int:
    try:
        return os.lstat(path).st_mtime_ns
    except OSError:
        return 0
