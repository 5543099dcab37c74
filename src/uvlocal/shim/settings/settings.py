"""What the user and the project ask for, and where each answer came from.

Precedence: environment variable, project (`[tool.uvlocal]`), user (`uvlocal.toml`), machine (the
administrator's `uvlocal.toml`, with the user's keys), default. A project says *whether* and *how*,
never *where*: a folder that others write to chooses nothing about this machine.
"""

from uvlocal.shim.machine.directories import config_directory, data_directory, expand_home
from uvlocal.shim.machine.display import printable
from uvlocal.shim.machine.host import System

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
    "discoverable",
    "volumes",
    "synced-roots",
    "local-roots",
    "providers",
)
#: Keys that are `true` or `false`; a provider's own is `enabled`.
FLAGS = ("require-opt-in", "discoverable")
VARIABLES = {"mode": "UVLOCAL_MODE", "strategy": "UVLOCAL_STRATEGY", "store": "UVLOCAL_STORE"}

#: Strategies that are gone, and what to use in their place.
GONE = {
    "centralize": "use `redirect`, or turn on uv's own `centralized-project-envs`",
    "unhide": "use `no-metadata`, which clears hidden flags too",
}
#: The most that is shown of a wrong value, in characters, and the most that is said of one file.
_LINE = 120
_MOST_PROBLEMS = 20


class Settings:
    """Every setting, its origin, and what was wrong with what was asked for.

    `store` is absolute, or "" where the user has no home. `origins` names for each key where its
    value came from: `variable`, `project`, `user` or `machine`; a key with its default is not in
    it. A key of a provider's table stands there as `providers.dropbox.strategy`. `problems` are
    sentences, in uv's voice.
    """

    __slots__ = (
        "discoverable",
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
        self.mode = "auto"
        self.strategy = "redirect"
        self.pointer = "none"
        self.store = ""
        self.require_opt_in = False
        self.opted_in = False
        self.discoverable = True
        self.volumes: "frozenset[str]" = frozenset(VOLUMES)
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
    """Return where the user's settings lie, or "" if there is no home."""
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
            table = parse(path, system, settings.problems)
            apply(settings, table, Source(origin, path, USER_KEYS, system))
    for key, variable in VARIABLES.items():
        value = system.environ.get(variable, "")
        if value:
            apply(settings, {key: value}, Source("variable", f"${variable}", (key,), system))
    return settings


def add_project(settings: Settings, table: "dict[str, object]", path: str, system: System) -> None:
    """Add `[tool.uvlocal]` of the workspace root's `pyproject.toml` at `path`."""
    settings.opted_in = True
    above = {key for key, origin in settings.origins.items() if origin == "variable"}
    wanted = {key: value for key, value in table.items() if key not in above}
    place = f"{printable(path)}: [tool.uvlocal]"
    apply(settings, wanted, Source("project", place, PROJECT_KEYS, system))


# -- what somebody asks for --------------------------------------------------------------------


class Source:
    """Somebody who may set something: who, where it is written, and which keys are theirs."""

    __slots__ = ("known", "origin", "place", "system")

    def __init__(self, origin: str, place: str, known: "tuple[str, ...]", system: System) -> None:
        self.origin = origin
        self.place = place
        self.known = known
        self.system = system


def parse(path: str, system: System, problems: "list[str]") -> "dict[str, object]":
    """Return the content of a settings file; what is wrong with it goes to `problems`."""
    data = system.read(path)
    if data is None:
        problems.append(f"`{path}` cannot be read")
        return {}
    if not any(line.strip() and not line.lstrip().startswith(b"#") for line in data.split(b"\n")):
        return {}  # nothing but comments: no parser is worth its import
    from uvlocal.shim.project import pyproject

    try:
        return dict(pyproject.parse(data.decode("utf-8-sig")))
    except (ValueError, RecursionError) as error:  # TOML or UTF-8, both are ValueErrors
        problems.append(f"`{path}` is not valid TOML: {_one_line(str(error))}")
        return {}


def apply(settings: Settings, table: "dict[str, object]", source: Source) -> None:
    """Set each key of a table that the source may set; what cannot be goes to `problems`."""
    for key, value in table.items():
        if key in source.known:
            complaint = _SETTERS[key](settings, key, value, source)
        else:
            would_be = ", ".join(f"`{name}`" for name in source.known)
            complaint = f"is not a setting here, use one of {would_be}"
        if complaint and len(settings.problems) < _MOST_PROBLEMS:
            settings.problems.append(f"{source.place}: `{_one_line(key)}` {complaint}")
        if not complaint:
            settings.origins[key] = source.origin


# -- one function for each shape of value; each returns what is wrong, or "" if nothing is ---------


def _set_choice(settings: Settings, key: str, value: object, source: Source) -> str:
    del source
    complaint = _not_one_of(value, CHOICES[key])
    if not complaint:
        setattr(settings, key, value)
    return complaint


def _set_store(settings: Settings, key: str, value: object, source: Source) -> str:
    del key
    path = source.system.path
    text = expand_home(value, source.system) if isinstance(value, str) else ""
    store, missing = _with_variables(text, source.system)
    if missing:
        return f"names the variable `{_one_line(missing)}`, which is not set"
    if not path.isabs(store):
        return "must be an absolute path, or begin with `~` or a variable"
    settings.store = path.normpath(store)
    return ""


def _with_variables(text: str, system: System) -> "tuple[str, str]":
    """Replace `$NAME` and `${NAME}`; return the text, and a variable that is not set, or empty.

    A `$` without a name after it is an ordinary character.
    """
    result, *parts = text.split("$")
    for part in parts:
        if part.startswith("{"):
            name, _, rest = part[1:].partition("}")
        else:
            name = _name_at_the_start(part)
            rest = part[len(name) :]
            if not name:
                result += "$" + part
                continue
        value = system.variable(name)
        if not value:
            return "", name or "${}"
        result += value + rest
    return result, ""


def _name_at_the_start(text: str) -> str:
    """Return the name of a variable with which a text begins, as a shell reads it."""
    end = 0
    while end < len(text) and text[end].isascii() and (text[end].isalnum() or text[end] == "_"):
        end += 1
    return "" if text[:1].isdigit() else text[:end]


def _set_flag(settings: Settings, key: str, value: object, source: Source) -> str:
    del source
    if not isinstance(value, bool):
        return "must be `true` or `false`"
    setattr(settings, key.replace("-", "_"), value)
    return ""


def _set_volumes(settings: Settings, key: str, value: object, source: Source) -> str:
    del key, source
    kinds = _texts(value)
    if kinds is None:
        return "must be a list"
    for kind in kinds:
        if complaint := _not_one_of(kind, VOLUMES):
            return complaint
    settings.volumes = frozenset(kinds)
    return ""


def _set_roots(settings: Settings, key: str, value: object, source: Source) -> str:
    roots = _texts(value)
    expanded = tuple(expand_home(root, source.system) for root in roots or ())
    if roots is None or not all(source.system.path.isabs(root) for root in expanded):
        return "must be a list of absolute paths, which may begin with `~`"
    setattr(settings, key.replace("-", "_"), expanded)
    return ""


def _set_providers(settings: Settings, key: str, value: object, source: Source) -> str:
    del key
    if not isinstance(value, dict):
        return "must be a table of tables, such as `[providers.dropbox]`"
    for provider, table in value.items():
        name = _one_line(f"providers.{provider}")
        if not isinstance(table, dict):
            settings.problems.append(f"{source.place}: `{name}` must be a table")
            continue
        kept: "dict[str, object]" = {}
        for wish, wanted in table.items():
            complaint = _provider_complaint(wish, wanted)
            if complaint:
                problem = f"{source.place}: `{name}.{_one_line(wish)}` {complaint}"
                settings.problems.append(problem)
            else:
                kept[wish] = wanted
                settings.origins[f"providers.{provider}.{wish}"] = source.origin
        settings.providers[provider] = {**settings.providers.get(provider, {}), **kept}
    return ""


_SETTERS = {
    "mode": _set_choice,
    "strategy": _set_choice,
    "pointer": _set_choice,
    "store": _set_store,
    "require-opt-in": _set_flag,
    "discoverable": _set_flag,
    "volumes": _set_volumes,
    "synced-roots": _set_roots,
    "local-roots": _set_roots,
    "providers": _set_providers,
}


def _provider_complaint(key: str, value: object) -> str:
    if key == "enabled":
        return "" if isinstance(value, bool) else "must be `true` or `false`"
    if key == "strategy":
        return _not_one_of(value, STRATEGIES)
    return "is not a provider's setting, use `enabled` or `strategy`"


def _not_one_of(value: object, choices: "tuple[str, ...]") -> str:
    if isinstance(value, str) and value in choices:
        return ""
    if choices is STRATEGIES and isinstance(value, str) and value in GONE:
        return f"`{value}` is gone; {GONE[value]}"
    would_be = ", ".join(f"`{choice}`" for choice in choices)
    return f"is {_one_line(repr(value))}, must be one of {would_be}"


def _texts(value: object) -> "list[str] | None":
    """Return a list of texts, or None where `value` is something else."""
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return value
    return None


def _one_line(text: str) -> str:
    """Return `text` fit for one line of a terminal: printable and short."""
    shown = printable(text)
    return shown if len(shown) <= _LINE else shown[: _LINE - 1] + "…"
