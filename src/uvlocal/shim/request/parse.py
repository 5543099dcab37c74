"""What uv is asked to do, and in which directory, from the command line and variables.

`uv_version` is called only if a rule differs between versions of uv. Sources: uv's reference of
commands and variables (https://docs.astral.sh/uv/reference/), uv's changelog, and experiments with
the real uv, which the tests repeat.
"""

from uvlocal.shim.machine.host import System
from uvlocal.shim.machine.paths import absolute, normalised
from uvlocal.shim.request import env_file, run_target
from uvlocal.shim.request.argv import Line, read
from uvlocal.shim.request.commands import (
    COMMANDS,
    ENVIRONMENT,
    NONE,
    PROJECT,
    TAKES_ACTIVE,
    TAKES_ISOLATED,
    TAKES_NO_PROJECT,
    TAKES_NO_SYNC,
)
from uvlocal.shim.request.uv_environ import Variables

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from uvlocal.shim.request.uv_environ import Version

#: uv looks for the project from the directory of a run target: always since the first version, with
#: a preview feature since the second; before the third, that feature wins over `--project`.
_TARGET_SINCE = (0, 12, 0)
_TARGET_PREVIEW_SINCE = (0, 9, 25)
_TARGET_PREVIEW_YIELDS_SINCE = (0, 11, 2)
_TARGET_FEATURE = "target-workspace-discovery"

#: Before this, uv keeps a trailing separator of `--project`, which no workspace glob matches.
_TRIMS_PROJECT_SINCE = (0, 9, 0)

#: Since this version, a project directory that does not exist is an error.
_PROJECT_MUST_EXIST_SINCE = (0, 12, 0)


class Request:
    """What uv is asked to do.

    `line` is the parsed command line; nothing else reads argv.
    `command` is the command with its aliases resolved (`pip install`), or "".
    `role` says which environment it uses: `project` reads `UV_PROJECT_ENVIRONMENT`, `environment`
    looks for `VIRTUAL_ENV` or `.venv`, `none`. `writes`: it creates or changes that environment;
    `installs`: it may install packages into a project's environment; `can_skip_sync`: it installs
    nothing if `UV_NO_SYNC` is set.
    `code` is a decision code that the command line alone settles, `why` its sentence.
    `start` is the absolute directory from which uv walks up to the project, spelled as uv spells
    it; `directory` is the physical working directory after `--directory`; both are "" if the
    current directory was deleted. `only_at_root`: the project's environment is used only if
    `start` is the root itself. `names_target`: uv looks for neither `VIRTUAL_ENV` nor `.venv`.
    `preview` holds the command line's preview features: "", `on`, `off`, or a comma-separated list.
    `file_variables` are set by files that `uv run` reads for the program it starts.
    `config_file`, `no_config` and `cache_directory` are uv's options and variables of these names.
    """

    __slots__ = (
        "cache_directory",
        "can_skip_sync",
        "code",
        "command",
        "config_file",
        "directory",
        "file_variables",
        "installs",
        "line",
        "names_target",
        "no_config",
        "only_at_root",
        "preview",
        "quiet",
        "role",
        "start",
        "why",
        "writes",
    )

    def __init__(
        self, command: str = "", role: str = NONE, *, writes: bool = False, directory: str = ""
    ) -> None:
        self.line = Line()
        self.command = command
        self.role = role
        self.writes = writes
        self.directory = directory
        self.start = directory
        self.file_variables: "dict[str, str]" = {}
        self.code: "str | None" = None
        self.why = ""
        self.only_at_root = False
        self.can_skip_sync = False
        self.installs = False
        self.names_target = False
        self.quiet = False
        self.preview = ""
        self.config_file = ""
        self.no_config = False
        self.cache_directory = ""

    def settle(self, code: str, why: str) -> None:
        """Settle the decision by the command line alone."""
        self.code, self.why = code, why


def parse(
    arguments: "list[str]", system: System, uv_version: "Callable[[], Version | None]"
) -> Request:
    """Return what uv is asked to do.

    Args:
        arguments: uv's arguments, without argv[0].
        system: the machine.
        uv_version: returns the real uv's version, or None if it is unknown, which means the newest.
            It is called only if the result depends on it.
    """
    line = read(arguments)
    role, writes = COMMANDS.get(line.command, (NONE, False))
    request = Request(line.command, role, writes=writes, directory=system.cwd)
    request.line = line
    variables = Variables(system.environ, uv_version)
    _note_options(request, line, variables)
    if line.command == "version" and (line.words or "--bump" in line.values):
        request.role, request.writes = PROJECT, True  # it sets the version
    if "--help" in line.flags or "--version" in line.flags:
        request.settle("not-a-project-command", "uv is asked for its help or version")
    elif request.role == NONE:
        what = f"`uv {line.command}`" if line.command else "`uv` without a command"
        request.settle("not-a-project-command", f"{what} does not use a project's environment")
    elif not _enter_directory(request, line, system, variables):
        why = f"the working directory `{request.directory}` does not exist"
        request.settle("no-project", why)
    elif "--script" in line.values:
        why = f"the script `{line.values['--script']}` has its own environment"
        request.settle("no-project", why)
    elif request.role == ENVIRONMENT:
        request.names_target = _names_target(line, request.directory, system, variables)
        # The interpreter is still the environment's, but packages are installed elsewhere.
        elsewhere = request.names_target or "--target" in line.values or "--prefix" in line.values
        request.writes = request.writes and not elsewhere
    else:
        _find_project(request, line, system, variables)
    if request.cache_directory:
        request.cache_directory = system.path.join(request.directory, request.cache_directory)
    return request


def _note_options(request: Request, line: Line, variables: Variables) -> None:
    """Read the options that have the same meaning in every command."""
    flags, values = line.flags, line.values
    request.quiet = "--quiet" in flags
    request.no_config = "--no-config" in flags or variables.on("UV_NO_CONFIG")
    request.config_file = values.get("--config-file") or variables.text("UV_CONFIG_FILE")
    request.cache_directory = values.get("--cache-dir") or variables.text("UV_CACHE_DIR")
    if "--preview" in flags or "--no-preview" in flags:
        request.preview = "on" if "--preview" in flags else "off"
    else:
        request.preview = values.get("--preview-features", "")


def _enter_directory(request: Request, line: Line, system: System, variables: Variables) -> bool:
    """Apply `--directory`; return False if uv cannot change to it.

    uv then asks the system for the current directory, which resolves symlinks (not on Windows).
    """
    wish = (
        line.values.get("--directory")
        or variables.text("UV_WORKING_DIR")
        or variables.text("UV_WORKING_DIRECTORY")
    )
    if not wish:
        return True
    path = system.path.join(system.cwd, wish)
    request.directory = path
    if not system.path.isabs(path) or not system.is_directory(path):
        return False
    windows = system.platform == "win32"
    request.directory = system.path.normpath(path) if windows else system.realpath(path)
    request.start = request.directory
    return True


def _names_target(line: Line, directory: str, system: System, variables: Variables) -> bool:
    """Return whether an interpreter or environment is named, so that uv does not look for one.

    A version (`--python 3.12`) does not count: uv looks for an environment with that version.
    `--target` and `--prefix` do not count: uv still takes the interpreter from the environment.
    """
    if line.command in ("tool run", "tool uvx"):  # there it is the tool's own
        return False
    asks_system = line.command.startswith(("pip ", "python "))
    if (
        asks_system
        and "--no-system" not in line.flags
        and ("--system" in line.flags or variables.on("UV_SYSTEM_PYTHON"))
    ):
        return True
    wish = line.values.get("--python") or variables.text("UV_PYTHON")
    if line.command == "python find" and line.words:
        wish = line.words[0]
    if "/" in wish or system.path.sep in wish:
        return True
    looks_like_version = wish[:1].isdigit() or wish[:1] in "<>=~!"
    return not looks_like_version and system.stat(system.path.join(directory, wish)) is not None


def _find_project(request: Request, line: Line, system: System, variables: Variables) -> None:
    """Find where uv starts to look for the project, or why it does not use one."""
    command, flags = line.command, line.flags
    goal = run_target.Target()
    if command == "run":
        request.file_variables = env_file.variables(line, request.directory, system, variables)
        goal = run_target.find(line, request.directory, system)
    if goal.script:
        why = f"the script `{goal.script}` has inline metadata, so it has its own environment"
        request.settle("no-project", why)
    elif command in TAKES_ISOLATED and ("--isolated" in flags or variables.on("UV_ISOLATED")):
        request.settle("no-project", "uv is told to use an isolated environment")
    elif command in TAKES_NO_PROJECT and ("--no-project" in flags or variables.on("UV_NO_PROJECT")):
        if command == "run":  # it then uses the environment that `uv pip` would use
            request.role, request.writes = ENVIRONMENT, False
            request.names_target = _names_target(line, request.directory, system, variables)
        else:
            request.settle("no-project", "uv is told to ignore the project")
    elif command == "venv" and line.words:
        request.settle("user-environment", f"`uv venv` is told to use `{line.words[0]}`")
    elif command in TAKES_ACTIVE and "--active" in flags and system.environ.get("VIRTUAL_ENV"):
        active = system.environ["VIRTUAL_ENV"]
        request.settle("user-environment", f"`--active` is given, and `{active}` is active")
    else:
        request.only_at_root = command == "venv"
        request.writes = request.writes and not _only_reads(line, variables)
        if command == "workspace metadata":
            request.writes = "--sync" in flags
        request.installs = request.writes and not _is_told_not_to_sync(line, variables)
        request.can_skip_sync = command in TAKES_NO_SYNC
        _find_start(request, line, goal, system, variables)


def _is_told_not_to_sync(line: Line, variables: Variables) -> bool:
    """Return whether uv is told to install nothing; it may still create the environment."""
    return line.command in TAKES_NO_SYNC and (
        "--no-sync" in line.flags or variables.on("UV_NO_SYNC")
    )


def _only_reads(line: Line, variables: Variables) -> bool:
    """Return whether options keep the command from changing the environment."""
    flags = line.flags
    if "--dry-run" in flags or (line.command == "sync" and "--check" in flags):
        return True
    return line.command in ("add", "remove", "version") and (
        _is_told_not_to_sync(line, variables)
        or "--frozen" in flags
        or ("--no-frozen" not in flags and variables.on("UV_FROZEN"))
    )


def _find_start(
    request: Request, line: Line, goal: run_target.Target, system: System, variables: Variables
) -> None:
    """Find the directory from which uv walks up to the project."""
    project = line.values.get("--project") or variables.text("UV_PROJECT")
    folder = absolute(goal.folder, request.directory, system) if goal.folder else ""
    moves = bool(folder) and (bool(project) or folder != request.start)
    if moves and _follows_target(line, bool(project), variables):
        request.start = folder
    elif project:
        path = system.path.join(request.directory, project)
        if not system.path.isabs(path):  # the current directory has been deleted
            return
        path = normalised(path, system)
        if system.path.basename(path) == "pyproject.toml" and system.is_file(path):
            path = system.path.dirname(path)
        request.start = path
        if (
            project.endswith(system.path.sep)
            and ".." not in project.split(system.path.sep)
            and not path.endswith(system.path.sep)
            and not variables.uv_is(_TRIMS_PROJECT_SINCE)
        ):
            request.start += system.path.sep
        if not system.is_directory(path) and variables.uv_is(_PROJECT_MUST_EXIST_SINCE):
            request.settle("no-project", f"the project directory `{project}` does not exist")


def _follows_target(line: Line, has_project: bool, variables: Variables) -> bool:
    """Return whether uv looks for the project from the run target's directory."""
    preview = _previews_target(line, variables)
    if has_project:
        return (
            preview
            and not variables.uv_is(_TARGET_PREVIEW_YIELDS_SINCE)
            and variables.uv_is(_TARGET_PREVIEW_SINCE)
        )
    since = _TARGET_PREVIEW_SINCE if preview else _TARGET_SINCE
    return variables.uv_is(since)


def _previews_target(line: Line, variables: Variables) -> bool:
    """Return whether the preview feature is enabled, by command line or variable."""
    if "--preview" in line.flags or "--no-preview" in line.flags:
        return "--preview" in line.flags
    features = line.values.get("--preview-features") or variables.text("UV_PREVIEW_FEATURES")
    return variables.on("UV_PREVIEW") or _TARGET_FEATURE in [
        name.strip() for name in features.split(",")
    ]
