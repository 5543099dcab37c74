"""What the user and the project ask for, and where each answer came from.

Precedence: environment variable, project (`[tool.uvlocal]`), user (`uvlocal.toml`), machine (the
administrator's `uvlocal.toml`, with the user's keys), default. A project says *whether* and *how*,
never *where*: a folder that others write to chooses nothing about this machine.
"""

from uvlocal.shim.environment import (
    config_directory,
    data_directory,
    printable,
)
from uvlocal.shim.system import System

MODES = ("auto", "always", "never")
STRATEGIES = ("redirect", "no-metadata")
POINTERS = ("none", "symlink", "file")
VOLUMES = ("synced", "network", "shared", "incapable")

#: What a value may be: one of these words, or a name of a kind.
CHOICES: "dict[str, tuple[str, ...]]" = {
    "mode": MODES,
    "strategy": STRATEGIES,
    "pointer": POINTERS,
}
PROJECT_KEYS = ("mode", "strategy", "pointer")
USER_KEYS = (
    *PROJECT_KEYS,
    "store",
    "require-opt-in",
    "volumes",
    "synced-roots",
    "local-roots",
    "providers",
)
VARIABLES = {"mode": "UVLOCAL_MODE", "strategy": "UVLOCAL_STRATEGY", "store": "UVLOCAL_STORE"}


class Settings:
    """Every setting, its origin, and what was wrong with what was asked for.

    `store` is absolute, or "" where the user has no home. `origins` names for each key where its
    value came from: `variable`, `project`, `user` or `machine`; a key with its default is not in
    it. A key of a provider's table stands there as `providers.dropbox.strategy`. `problems` are
    sentences, in uv's voice.
    """

    __slots__ = (
        "local_roots",
        "mode",
        "opted_in",
        "origins",
        "pointer",
        "problems",
        "providers",
        "require_opt_in",
        "store",
        "strategy",
        "synced_roots",
        "volumes",
    )

    def __init__(self) -> None:
        """Begin with the defaults."""
        self.mode = "auto"
        self.strategy = "redirect"
        self.pointer = "none"
        self.store = ""
        self.require_opt_in = False
        self.opted_in = False
        self.volumes: "frozenset[str]" = frozenset(("synced", "network", "incapable"))
        self.synced_roots: "tuple[str, ...]" = ()
        self.local_roots: "tuple[str, ...]" = ()
        self.providers: "dict[str, dict[str, object]]" = {}
        self.origins: "dict[str, str]" = {}
        self.problems: "list[str]" = []

    def strategy_for(self, provider: "str | None") -> str:
        """Return the strategy for a project below `provider`'s root.

        A provider's own table stands above the general word of the same file, and below what
        stands above that file.
        """
        own = self.providers.get(provider or "", {}).get("strategy")
        general = self.origins.get("strategy", "machine")
        below = ("machine", self.origins.get(f"providers.{provider}.strategy"))
        return own if isinstance(own, str) and general in below else self.strategy


def user_file(system: System) -> str:
    """Return where the user's settings lie, "" where there is no home."""
    folder = config_directory(system)
    return system.path.join(folder, "uvlocal.toml") if folder else ""


def machine_file(system: System) -> str:
    """Return where the machine's settings lie, "" where Windows names no folder for them."""
    if system.platform != "win32":
        return "/etc/uvlocal/uvlocal.toml"
    folder = system.environ.get("PROGRAMDATA", "")
    return system.path.join(folder, "uvlocal", "uvlocal.toml") if folder else ""


def load(system: System) -> Settings:
    """Read both files and the variables; the project's table is added by `add_project`.

    Nothing is raised: what is wrong is left out and described in `problems`.
    """
    settings = Settings()
    settings.store = data_directory(system)
    for origin, path in (("machine", machine_file(system)), ("user", user_file(system))):
        if path and system.lstat(path) is not None:
            from uvlocal.shim.settings_values import Source, apply, parse

            table = parse(path, system, settings.problems)
            apply(settings, table, Source(origin, path, USER_KEYS, system))
    for key, variable in VARIABLES.items():
        value = system.environ.get(variable, "")
        if value:
            from uvlocal.shim.settings_values import Source, apply

            apply(settings, {key: value}, Source("variable", f"${variable}", (key,), system))
    return settings


def add_project(settings: Settings, table: "dict[str, object]", path: str, system: System) -> None:
    """Add `[tool.uvlocal]` of the workspace root's `pyproject.toml` at `path`."""
    settings.opted_in = True
    above = {key for key, origin in settings.origins.items() if origin == "variable"}
    wanted = {key: value for key, value in table.items() if key not in above}
    place = f"{printable(path)}: [tool.uvlocal]"
    from uvlocal.shim.settings_values import Source, apply

    apply(settings, wanted, Source("project", place, PROJECT_KEYS, system))
