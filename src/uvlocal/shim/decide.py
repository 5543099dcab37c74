"""Decide what to do about a call, and why: facts in, a decision out.

`decide` is pure. It evaluates the rules in order of precedence and returns None as soon as a rule
needs a fact that was not gathered yet, so that a call never pays for a fact that does not matter.
The shim, `uvlocal status` and `uvlocal scan` all use this one function.
"""

from uvlocal.shim.machine.display import printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uvlocal.shim.project.discovery import Project
    from uvlocal.shim.request.parse import Request
    from uvlocal.shim.settings.settings import Settings
    from uvlocal.shim.store.lookup import Store
    from uvlocal.shim.volume.locate import Volume

#: Every decision code in order of precedence, and when it applies. `docs/how-it-works.md` shows
#: this table.
CODES = {
    "bypassed": "`UVLOCAL_BYPASS` is set",
    "not-a-project-command": "the command has nothing to do with a project's environment",
    "user-environment": "`UV_PROJECT_ENVIRONMENT` is set, and not by uvlocal",
    "uv-centralizes": "uv's own central environments are turned on",
    "no-project": "there is no project, or uv is told to ignore it",
    "opted-out": "the mode is `never`, or `require-opt-in` is set and the project did not opt in",
    "already-local": "`.venv` is a link to a local volume, or is mounted from one",
    "local-volume": "the project is on a local volume",
    "no-better-place": "the store is not on a local volume either",
    "no-store": "the store is not writable, and holds no environment for this project",
    "opted-in": "the mode is `always`",
    "synced": "a sync client writes to the folder too",
    "network": "another machine serves the volume",
    "shared": "a virtual machine's host serves the volume",
    "incapable": "the volume cannot hold an environment",
    "internal-error": "something went wrong in uvlocal",
}

#: Kinds of volumes to which uv cannot link from its cache, so that it warns and copies.
_NO_LINKS = ("network", "shared", "incapable")

#: How messages describe each kind of volume; `{}` is the volume's label.
_KINDS = {
    "synced": "is synced by {}",
    "network": "is on a network volume ({})",
    "shared": "is on a volume shared by the virtual machine's host ({})",
    "incapable": "is on a volume that cannot hold an environment ({})",
    "local": "is on a local volume ({})",
}


class Facts:
    """Everything that a decision depends on. None means not gathered (yet).

    `environ` is the user's own environment, without our changes. `centralized` says where uv's own
    central environments were turned on, or "". `local_link` is where `.venv` points if that is
    already on a local volume, or "". `shown_root` is the project root as shown to people.
    `lacks_python`: the environment exists without its Python, and uv would fail with it.
    `mounted`: `.venv` is a mount point on a local volume, and `local_link` its path.
    `blocked` says what prevents an environment inside the project, `link_mode` where the user chose
    uv's link mode; both may be "". `old_is_active`: the shell has activated the project's own
    `.venv`.
    """

    __slots__ = (
        "blocked",
        "bypass",
        "centralized",
        "environ",
        "lacks_python",
        "link_mode",
        "local_link",
        "mounted",
        "old_is_active",
        "project",
        "request",
        "settings",
        "shown_root",
        "store",
        "volume",
    )

    def __init__(self, environ: "dict[str, str]", *, bypass: bool = False) -> None:
        self.environ = environ
        self.bypass = bypass
        self.request: "Request | None" = None
        self.project: "Project | None" = None
        self.centralized: "str | None" = None
        self.settings: "Settings | None" = None
        self.volume: "Volume | None" = None
        self.local_link: "str | None" = None
        self.store: "Store | None" = None
        self.blocked = ""
        self.old_is_active = False
        self.link_mode = ""
        self.lacks_python = False
        self.mounted = False
        self.shown_root = ""


class Decision:
    """What to do and why.

    `code` is stable, for tests and JSON; `sentence` is for people. `strategy` is None if uv runs
    unchanged. `variables` are set for uv, markers not included; `removed` are removed.
    `environment` is where uv will find the project's environment, or "" if uv decides that itself.
    `fallback` says why the requested strategy is not used, or "" if it is.
    """

    __slots__ = (
        "code",
        "environment",
        "fallback",
        "removed",
        "sentence",
        "strategy",
        "variables",
    )

    def __init__(
        self,
        code: str,
        sentence: str,
        strategy: "str | None" = None,
        variables: "dict[str, str] | None" = None,
        environment: str = "",
    ) -> None:
        self.code = code
        self.sentence = printable(sentence)
        self.strategy = strategy
        self.variables = variables or {}
        self.environment = environment
        self.fallback = ""
        self.removed: "tuple[str, ...]" = ()


def decide(facts: Facts) -> "Decision | None":
    """Return the decision, or None if it needs more facts."""
    if facts.bypass:
        return Decision("bypassed", CODES["bypassed"])
    request = facts.request
    if request is None:
        return None
    if request.code == "not-a-project-command":
        return Decision(request.code, request.why)
    value = facts.environ.get("UV_PROJECT_ENVIRONMENT", "")
    if value and request.role == "project":
        return Decision("user-environment", f"`UV_PROJECT_ENVIRONMENT` is set to `{value}`")
    if request.code is not None:
        return Decision(request.code, request.why)
    return _about_project(facts)


def _about_project(facts: Facts) -> "Decision | None":
    """Evaluate the rules that depend on the project."""
    project, request, settings = facts.project, facts.request, facts.settings
    if project is None or request is None or facts.centralized is None:
        return None
    if facts.centralized:
        return Decision(
            "uv-centralizes", f"uv centralizes environments itself ({facts.centralized})"
        )
    if project.code is not None:
        return Decision(project.code, project.why)
    if request.only_at_root and request.start not in (project.found, project.root):
        command = f"`uv {request.command}`"
        why = f"{command} creates `.venv` in the current directory, which is not the project's root"
        return Decision("not-a-project-command", why)
    if settings is None:
        return None
    if settings.mode == "never":
        return Decision("opted-out", f"the mode is `never` ({settings.origins.get('mode')})")
    if settings.require_opt_in and not settings.opted_in and settings.mode != "always":
        why = "`require-opt-in` is set, and `pyproject.toml` has no `[tool.uvlocal]`"
        return Decision("opted-out", why)
    return _about_volume(facts, settings)


def _about_volume(facts: Facts, settings: "Settings") -> "Decision | None":
    """Evaluate the rules that depend on the volume."""
    volume = facts.volume
    if volume is None:
        return None
    what = f"`{facts.shown_root}` {_spoken(volume)}"
    if settings.mode == "auto":
        if volume.kind == "local":
            return Decision("local-volume", what)
        if volume.kind not in settings.volumes:
            return Decision("opted-out", f"{what}, and `volumes` does not list that kind")
    else:
        what = f"the mode is `always` ({settings.origins.get('mode')})"
    if facts.local_link is None:
        return None
    if facts.local_link:
        leads = f"already points to `{facts.local_link}`"
        return Decision(
            "already-local",
            f"`.venv` {'is mounted from a local volume' if facts.mounted else leads}",
        )
    return _about_store(facts, settings, volume, what)


def _spoken(volume: "Volume") -> str:
    """Describe the volume; a folder that the user marked as synced has no provider."""
    if volume.kind == "synced" and volume.provider is None:
        return f"is in {volume.label}"
    return _KINDS[volume.kind].format(volume.label)


def _about_store(
    facts: Facts, settings: "Settings", volume: "Volume", what: str
) -> "Decision | None":
    """Evaluate the rules that depend on the store, then act."""
    store = facts.store
    if store is None:
        return None
    wish = settings.strategy_for(volume.provider)
    fallback = ""
    if wish == "no-metadata" and facts.blocked:
        fallback = f"`no-metadata` does not work here, {facts.blocked}"
    strategy = "redirect" if fallback else wish
    code = "opted-in" if settings.mode == "always" else volume.kind
    if strategy == "redirect":
        if store.volume.kind != "local":
            where = _spoken(store.volume)
            too = "" if settings.mode == "always" else " too"
            why = f"{what}, but the store `{store.shown}` {where}{too}"
            return Decision("no-better-place", why)
        if not (store.writable or store.exists):
            return Decision("no-store", f"{what}, but the store `{store.shown}` is not writable")
    elif store.volume.kind != "local":
        code = "no-better-place"
    decision = Decision(code, what, strategy)
    decision.fallback = fallback
    return _act(facts, volume, store, decision)


def _act(facts: Facts, volume: "Volume", store: "Store", decision: Decision) -> Decision:
    """Fill in the variables and complete the sentence for the chosen strategy."""
    request = facts.request
    role = request.role if request is not None else "project"
    variables = decision.variables
    if decision.strategy == "redirect":
        decision.environment = store.environment
        decision.sentence += f", so its environment is kept in `{store.shown_environment}`"
        if decision.fallback:
            decision.sentence += f" ({decision.fallback})"
        if role == "project":
            # Programs in `uv run` inherit it, including those that call the real uv in another
            # project. `VIRTUAL_ENV` with `--active` would not leak, but such a call in the same
            # project would create `.venv` there, uv before 0.7 refuses it, and argv is the user's.
            variables["UV_PROJECT_ENVIRONMENT"] = store.environment
            # uv warns in each call if the active environment is not the project's. It sets the
            # variable itself for the programs it starts.
            if facts.old_is_active:
                decision.removed = ("VIRTUAL_ENV",)
            # uv would fail where it cannot install, so let it use what is installed.
            if request is not None and request.installs and not store.changeable:
                variables.update(_without_sync(facts, request))
        elif store.exists and not facts.lacks_python and not _chooses_environment(facts):
            variables["VIRTUAL_ENV"] = store.environment
        return decision
    decision.sentence += ", so uv is told to install without metadata"
    installs = request is not None and request.installs
    if installs and "UV_NO_INSTALLER_METADATA" not in facts.environ:
        variables["UV_NO_INSTALLER_METADATA"] = "1"
    # Without a better place, uv's cache may be on the same volume, where links work.
    no_links = volume.kind in _NO_LINKS and decision.code != "no-better-place"
    chosen = facts.environ.get("UV_LINK_MODE") or facts.link_mode
    if (volume.copies_links or no_links) and not chosen:
        variables["UV_LINK_MODE"] = "copy"
    return decision


def _without_sync(facts: Facts, request: "Request") -> "dict[str, str]":
    """Return the variables that keep uv from installing, if the command supports that."""
    if not request.can_skip_sync or facts.environ.get("UV_NO_SYNC"):
        return {}
    return {"UV_NO_SYNC": "1"}


def _chooses_environment(facts: Facts) -> bool:
    """Return whether an environment is active, or the command line names a target."""
    if facts.request is not None and facts.request.names_target:
        return True
    return bool(facts.environ.get("VIRTUAL_ENV")) or _is_in_conda(facts.environ)


def _is_in_conda(environ: "dict[str, str]") -> bool:
    """Return whether a conda environment is active. uv ignores conda's base environment.

    The base environment is the one in `_CONDA_ROOT`, or one whose name is not its directory's
    (https://docs.astral.sh/uv/pip/environments/, and `uv python find` of uv 0.13).
    """
    prefix = environ.get("CONDA_PREFIX", "")
    if not prefix or prefix == environ.get("_CONDA_ROOT"):
        return False
    name = environ.get("CONDA_DEFAULT_ENV")
    folder = prefix.replace("\\", "/").rstrip("/").rpartition("/")[2]
    return name is None or name in (prefix, folder)
