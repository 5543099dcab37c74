"""Gather the facts of one call, in the order in which the decision needs them.

`Call.settle` gathers facts until `decide` returns a decision; `prepare` then does what the decision
needs before uv starts. `uvlocal status` does the same for the command `sync`.
"""

from uvlocal.shim.decide import Decision, Facts, decide
from uvlocal.shim.machine import directories, display, paths
from uvlocal.shim.machine.early_os import stat
from uvlocal.shim.machine.host import System
from uvlocal.shim.project.discovery import discover, no_project
from uvlocal.shim.project.uv_config import CENTRALIZES_FROM, centralized_by, link_mode_by
from uvlocal.shim.request.parse import parse
from uvlocal.shim.settings import settings
from uvlocal.shim.store import lookup, naming
from uvlocal.shim.uv import handover, variables
from uvlocal.shim.volume.locate import is_local_mount, locate

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


class Call:
    """One call of uv: its facts, its decision, and the changes to its environment.

    `system.environ` becomes the user's own environment, without what an outer uvlocal call set.
    `changes` turns the inherited environment into the one that uv gets. `first_notice` is None
    if this is not a project's first call, else what to add to the notice, which may be "".
    `is_lasting` is False if the decision depends on a fact that cannot be rechecked later, such as
    which uv a wrapper starts.
    """

    __slots__ = (
        "_program",
        "_real",
        "_settings",
        "_tell",
        "_version",
        "arguments",
        "changes",
        "facts",
        "first_notice",
        "inherited",
        "is_lasting",
        "launcher",
        "system",
    )

    def __init__(
        self,
        arguments: "list[str]",
        system: System,
        launcher: str = "",
        tell: "Callable[[str], None] | None" = None,
    ) -> None:
        """Restore the user's environment, which an outer uvlocal call may have changed.

        Args:
            arguments: uv's arguments, without argv[0].
            system: the machine; its `environ` is replaced by the user's.
            launcher: the path of the shim that was called, "" if none.
            tell: called with each fact as a line, for `UVLOCAL_TRACE`.
        """
        self.arguments = arguments
        self.system = system
        self.launcher = launcher
        self._tell = tell
        self.changes = variables.take_back(system.environ)
        self.inherited = system.environ
        system.environ = self.changes.applied_to(system.environ)
        self._settings: "settings.Settings | None" = None
        self._take_back_unmarked()
        self.facts = Facts(system.environ, bypass=variables.is_on(system.environ, "UVLOCAL_BYPASS"))
        self.first_notice: "str | None" = None
        self._real: "handover.RealUv | None" = None
        self._program: "handover.RealUv | None" = None
        self._version: "tuple[int, int, int] | None" = None
        self.is_lasting = True

    def _take_back_unmarked(self) -> None:
        """Remove a value inside the store whose marker was lost (to sudo or tox, for example)."""
        system = self.system
        value = system.environ.get("UV_PROJECT_ENVIRONMENT", "")
        # Read the settings only for a value that looks like ours.
        if naming.has_our_shape(value, system) and naming.is_our_environment(
            value, self.settings.store, system
        ):
            self.changes.values["UV_PROJECT_ENVIRONMENT"] = None
            del system.environ["UV_PROJECT_ENVIRONMENT"]

    # -- expensive facts, gathered at most once ---------------------------------------------------

    @property
    def settings(self) -> "settings.Settings":
        """The user's settings, and the project's once it is known."""
        if self._settings is None:
            self._settings = settings.load(self.system)
        return self._settings

    def real_uv(self) -> handover.RealUv:
        """Return where the real uv is."""
        if self._real is None:
            self._real = handover.find(self.system, self.launcher)
        return self._real

    def program(self) -> handover.RealUv:
        """Return the program that this call becomes: the real uv, or uvx."""
        if self._program is None:
            self._program = handover.find_program(self.real_uv(), self.system, self.launcher)
        return self._program

    def uv_version(self) -> "tuple[int, int, int] | None":
        """Return the real uv's version, or None if it is unknown."""
        if self._version is None and self.real_uv().path:
            cache = directories.cache_directory(self.system)
            file = self.system.path.join(cache, "uv-versions") if cache else ""
            from uvlocal.shim.uv import versions

            path = self.real_uv().path
            self._version = versions.known(path, self.system, file)
            self.is_lasting = not versions.is_wrapper(path, self.system)
        return self._version

    def _uv_has(self, since: "tuple[int, int, int]") -> bool:
        version = self.uv_version()
        return version is None or version >= since

    # -- gathering -------------------------------------------------------------------------------

    def settle(self, attempt: "Callable[[Call, Decision], bool] | None" = None) -> Decision:
        """Gather facts until they settle a decision, and record the variables that it sets.

        Args:
            attempt: creates the directory for an environment that uv is about to create, and
                returns whether that worked. Without it nothing is written, and `access(2)` decides,
                although it says yes where sandboxes, quotas and odd file systems refuse a write.
        """
        decision = self.settle_without_store()
        if decision is None:
            self._gather_store()
            decision = decide(self.facts)
        if decision is None:  # the last step gathers everything that is left
            msg = "the facts settle no decision"
            raise RuntimeError(msg)
        if attempt is not None and self._makes_environment(decision):
            decision = self._tried(decision, attempt)
        variables.put_on(self.changes, self.system.environ, decision.variables)
        self.changes.values.update(dict.fromkeys(decision.removed))
        self.note("decision", f"{decision.code}: {decision.sentence}")
        return decision

    def settle_without_store(self) -> "Decision | None":
        """Gather facts until they settle a decision; return None if that needs the store."""
        decision = decide(self.facts)
        for gather in (
            self._gather_request,
            self._gather_project,
            self._gather_settings,
            self._gather_volume,
            self._gather_link,
        ):
            if decision is not None:
                break
            gather()
            decision = decide(self.facts)
        return decision

    def _makes_environment(self, decision: Decision) -> bool:
        """Return whether uv is about to create or change a project's environment in the store."""
        request, store = self.facts.request, self.facts.store
        if request is None or store is None or not request.writes or request.role != "project":
            return False
        # Either way, an attempt to write is a better answer than the guess.
        return decision.strategy == "redirect" or decision.code == "no-store"

    def _tried(self, decision: Decision, attempt: "Callable[[Call, Decision], bool]") -> Decision:
        """Return the decision again, now that it is known whether the store is writable."""
        store = self.facts.store
        if store is None or not store.path:
            return decision
        store.writable = True
        wanted = decide(self.facts) or decision
        store.writable = attempt(self, wanted)
        return decide(self.facts) or decision

    def note(self, what: str, value: str) -> None:
        """Trace a fact; it may contain untrusted names, so it is escaped."""
        if self._tell is not None:
            self._tell(display.printable(f"{what}: {value}"))

    def _gather_request(self) -> None:
        words = self.arguments
        if handover.is_uvx(self.launcher, self.system):
            words = ["tool", "uvx", *words]
        request = parse(words, self.system, self.uv_version)
        self.facts.request = request
        if request.file_variables:
            self.facts.environ = {**request.file_variables, **self.system.environ}
        self.note("command", f"`{request.command}` in `{request.directory}`")

    def _gather_project(self) -> None:
        facts, request = self.facts, self.facts.request
        if request is None:
            return
        found = None
        if request.start:
            found = discover(
                request.start,
                self.system,
                uv_version=self.uv_version,
                cache_directory=request.cache_directory,
            )
        if found is None:
            found = no_project(request.start)
        facts.project = found
        facts.shown_root = display.contract_home(found.root, self.system)
        facts.centralized = ""
        if found.code is None:
            self.note("project", f"`{found.root}`")
            if request.role == "environment" and self._has_nearer_environment(found.root):
                request.names_target = True
            said = centralized_by(request, found, self.system)
            if said and self._uv_has(CENTRALIZES_FROM):
                facts.centralized = said

    def _has_nearer_environment(self, root: str) -> bool:
        """Return whether uv would find another `.venv` on its way up to the root's."""
        system = self.system
        folder = self.facts.request.directory if self.facts.request is not None else ""
        while paths.relative_to(folder, root, system):
            if system.exists(system.path.join(folder, ".venv")):
                return True
            folder = system.path.dirname(folder)
        return False

    def _gather_settings(self) -> None:
        project = self.facts.project
        if project is not None and project.table is not None:
            path = self.system.path.join(project.root, "pyproject.toml")
            settings.add_project(self.settings, project.table, path, self.system)
        self.facts.settings = self.settings

    def _gather_volume(self) -> None:
        project = self.facts.project
        if project is not None:
            root, found, home = project.root, project.found, self.system.home
            volume = locate(
                root,
                found,
                self.system,
                self.settings,
                known_local=home,
                recorded=lambda: lookup.recorded_provider(root, self.system, self.settings),
            )
            self.facts.volume = volume
            self.note("volume", f"{volume.kind} ({volume.label})")
            for sentence in volume.evidence:
                self.note("evidence", sentence)

    def _gather_link(self) -> None:
        project = self.facts.project
        self.facts.local_link = "" if project is None else self._local_link(project.root)

    def _gather_store(self) -> None:
        project = self.facts.project
        if project is not None:
            store = lookup.look(project.root, self.system, self.settings)
            self.facts.store = store or lookup.nowhere(self.settings.store)
            self.note("store", f"`{self.facts.store.path}`")
            self.facts.lacks_python = self._lacks_python(self.facts.store)
            request = self.facts.request
            self.facts.old_is_active = self._is_old_active(project.root)
            if store and store.exists and request is not None and request.writes:
                store.changeable = lookup.can_change(store, self.system)
            if self._wish() == "no-metadata" and self.facts.request is not None:
                self.facts.link_mode = link_mode_by(self.facts.request, project, self.system)

    def _lacks_python(self, store: lookup.Store) -> bool:
        """Return whether the environment is broken, so that uv would skip it when looking for one.

        uv fails if the active environment has no Python. `uv pip` must fail like that, or it would
        change another environment.
        """
        request, system = self.facts.request, self.system
        if request is None or request.role != "environment" or not store.exists:
            return False
        if request.command.startswith("pip "):
            return False
        windows = system.platform == "win32"
        program = ("Scripts", "python.exe") if windows else ("bin", "python")
        return system.stat(system.path.join(store.environment, *program)) is None

    def _is_old_active(self, root: str) -> bool:
        """Return whether the shell has activated a `.venv` directory in the project."""
        request, system = self.facts.request, self.system
        active = system.environ.get("VIRTUAL_ENV", "")
        above, name = system.path.split(active)
        if request is None or request.role != "project" or name != ".venv":
            return False
        status = system.lstat(active)
        is_folder = status is not None and stat.S_ISDIR(status.st_mode)
        return is_folder and system.realpath(above) == root

    def _wish(self) -> str:
        """Return the strategy that the settings ask for, even if it does not work here."""
        volume = self.facts.volume
        return self.settings.strategy_for(volume.provider if volume is not None else None)

    def _local_link(self, root: str) -> str:
        """Return where `.venv` points if the user already keeps it on a local volume, else "".

        `.venv` may be a mount point, such as a container's named volume. Or it may be a link to an
        existing directory on a local volume that belongs to this user or root and that nobody else
        can write to: another machine, or anyone who shares the folder, may have written the link.
        Another project's own `.venv` does not count: uv would remove that project's packages.
        """
        system = self.system
        path = system.path.join(root, ".venv")
        status = system.lstat(path)
        if status is None:
            return ""
        if stat.S_ISDIR(status.st_mode):
            self.facts.mounted = is_local_mount(path, status.st_dev, system)
            return path if self.facts.mounted else ""
        if stat.S_ISLNK(status.st_mode):
            target = system.readlink(path) or ""
            self.facts.blocked = "as `.venv` is a dangling symlink"
        else:
            from uvlocal.shim.store import pointers

            if not self._uv_has(pointers.REDIRECT_FILES_FROM):
                self.facts.blocked = "as `.venv` is a file"
                return ""
            target = (pointers.lines_of(path, system) or [""])[0]
            self.facts.blocked = "as `.venv` is a dangling redirect file"
        if not target or "\0" in target:
            return ""
        if naming.is_our_environment(target, self.settings.store, system):
            self.facts.blocked = "as `.venv` is a pointer that uvlocal made"
            return ""
        target = system.path.join(root, target)
        there = system.stat(target)
        if there is not None:
            self.facts.blocked = ""
        if there is None or not naming.is_private(there, system.uid):
            return ""
        canonical = system.realpath(target)
        if _is_anothers(canonical, system):
            self.facts.blocked = "as `.venv` is a link to another project's environment"
            return ""
        volume = locate(canonical, canonical, system, self.settings, known_local=system.home)
        return canonical if volume.kind == "local" else ""


def _is_anothers(target: str, system: System) -> bool:
    """Return whether `target` is the default environment of another project."""
    above, name = system.path.split(target)
    return name == ".venv" and system.exists(system.path.join(above, "pyproject.toml"))
