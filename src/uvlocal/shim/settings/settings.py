"""The settings, and where each value comes from.

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

#: The possible values of each of these keys.
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
#: Keys that are `true` or `false`, besides a provider's `enabled`.
FLAGS = ("require-opt-in", "discoverable")
VARIABLES = {"mode": "UVLOCAL_MODE", "strategy": "UVLOCAL_STRATEGY", "store": "UVLOCAL_STORE"}

#: Removed strategies, and what to use instead.
GONE = {
    "centralize": "use `redirect`, or turn on uv's own `centralized-project-envs`",
    "unhide": "use `no-metadata`, which clears hidden flags too",
}
#: The longest value in a message, in characters, and the most problems reported.
_LINE = 120
_MOST_PROBLEMS = 20


class Settings:
    """Every setting, its origin, and the problems found.

    `store` is absolute, or "" if the user has no home directory. `origins` has the origin of each
    key: `variable`, `project`, `user` or `machine`; keys with their default are not in it. The keys
    of a provider's table look like `providers.dropbox.strategy`. `problems` are sentences in uv's
    voice.
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

        A provider's own table takes precedence over the general setting of the same file, but not
        over sources that take precedence over that file.
        """
        own = self.providers.get(provider or "", {}).get("strategy")
        general = self.origins.get("strategy", "machine")
        below = ("machine", self.origins.get(f"providers.{provider}.strategy"))
        return own if isinstance(own, str) and general in below else self.strategy


def user_file(system: System) -> str:
    """Return the path of the user's settings, or "" if there is no home directory."""
    folder = config_directory(system)
    return system.path.join(folder, "uvlocal.toml") if folder else ""


def machine_file(system: System) -> str:
    """Return the path of the machine's settings, or "" if `%PROGRAMDATA%` is unset."""
    if system.platform != "win32":
        return "/etc/uvlocal/uvlocal.toml"
    folder = system.environ.get("PROGRAMDATA", "")
    return system.path.join(folder, "uvlocal", "uvlocal.toml") if folder else ""


def load(system: System) -> Settings:
    """Read both files and the variables; `add_project` adds the project's table.

    Never raises: invalid settings are ignored and described in `problems`.
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


# -- sources ---------------------------------------------------------------------------------------


class Source:
    """A source of settings: its origin, the file or variable, and the keys it may set."""

    __slots__ = ("known", "origin", "place", "system")

    def __init__(self, origin: str, place: str, known: "tuple[str, ...]", system: System) -> None:
        self.origin = origin
        self.place = place
        self.known = known
        self.system = system


def parse(path: str, system: System, problems: "list[str]") -> "dict[str, object]":
    """Parse a settings file; add what is wrong with it to `problems`."""
    data = system.read(path)
    if data is None:
        problems.append(f"`{path}` cannot be read")
        return {}
    if not any(line.strip() and not line.lstrip().startswith(b"#") for line in data.split(b"\n")):
        return {}  # only comments: skip the import of a parser
    from uvlocal.shim.project import pyproject

    try:
        return dict(pyproject.parse(data.decode("utf-8-sig")))
    except (ValueError, RecursionError) as error:  # invalid TOML or UTF-8, both are ValueErrors
        problems.append(f"`{path}` is not valid TOML: {_one_line(str(error))}")
        return {}


def apply(settings: Settings, table: "dict[str, object]", source: Source) -> None:
    """Set each key of a table that the source may set; report the others in `problems`."""
    for key, value in table.items():
        if key in source.known:
            complaint = _SETTERS[key](settings, key, value, source)
        else:
            would_be = ", ".join(f"`{name}`" for name in source.known)
            complaint = f"is not a setting here; use one of {would_be}"
        if complaint and len(settings.problems) < _MOST_PROBLEMS:
            settings.problems.append(f"{source.place}: `{_one_line(key)}` {complaint}")
        if not complaint:
            settings.origins[key] = source.origin


# -- one setter for each type of value; each returns what is wrong, or "" --------------------------


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
    """Replace `$NAME` and `${NAME}`; return the text, and a variable that is unset, if any.

    A `$` that is not followed by a name is an ordinary character.
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
    """Return the variable name at the start of a text, by the rules of a shell."""
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
    return "is not a provider setting; use `enabled` or `strategy`"


def _not_one_of(value: object, choices: "tuple[str, ...]") -> str:
    if isinstance(value, str) and value in choices:
        return ""
    if choices is STRATEGIES and isinstance(value, str) and value in GONE:
        return f"`{value}` was removed; {GONE[value]}"
    would_be = ", ".join(f"`{choice}`" for choice in choices)
    return f"is {_one_line(repr(value))}, but must be one of {would_be}"


def _texts(value: object) -> "list[str] | None":
    """Return `value` if it is a list of texts, else None."""
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return value
    return None


def _one_line(text: str) -> str:
    """Return `text` escaped and shortened for one line of a terminal."""
    shown = printable(text)
    return shown if len(shown) <= _LINE else shown[: _LINE - 1] + "…"
