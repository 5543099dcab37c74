"""Find out whether the user turned on uv's own central environments.

uv reads preview features from the command line, from variables, and from its configuration:
`[tool.uv]` of the project or the `uv.toml` beside it, the user's and the system's `uv.toml`
(https://docs.astral.sh/uv/concepts/configuration-files/,
https://docs.astral.sh/uv/concepts/preview/).
"""

from uvlocal.shim.system import System

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uvlocal.shim.project import Project
    from uvlocal.shim.request import Request

FEATURE = "centralized-project-envs"
_TRUE = ("1", "true", "t", "yes", "y", "on")


def centralized_by(request: "Request", project: "Project", system: System) -> str:
    """Return where central environments were turned on, for people; "" where nowhere.

    The command line replaces the variables, these replace the configuration.
    """
    if request.preview:
        return "by the command line" if _wants(request.preview) else ""
    features = system.environ.get("UV_PREVIEW_FEATURES", "")
    if features:
        return "`UV_PREVIEW_FEATURES`" if _wants(features) else ""
    switch = system.environ.get("UV_PREVIEW", "").lower()
    if switch:
        return "`UV_PREVIEW`" if switch in _TRUE else ""
    return _configured(request, project, system)


def _wants(text: str) -> bool:
    """Say whether `on` or a comma list of features turns central environments on."""
    return text == "on" or FEATURE in [word.strip() for word in text.split(",")]


def _configured(request: "Request", project: "Project", system: System) -> str:
    if request.config_file:
        path = system.path.join(request.directory, request.config_file)
        return _file(path, system) or ""
    if request.no_config:
        return ""
    beside = system.path.join(project.root, "uv.toml")
    if system.lstat(beside) is not None:  # then uv does not read `[tool.uv]` for settings
        answer = _file(beside, system)
    else:
        answer = _word(project.preview, "`[tool.uv]`")
    for path in _user_files(system):
        if answer is not None:
            break
        answer = _file(path, system)
    return answer or ""


def _user_files(system: System) -> "list[str]":
    join = system.path.join
    if system.platform == "win32":
        variables = ("APPDATA", "SYSTEMDRIVE")
        below = (("uv",), ("\\ProgramData", "uv"))
        bases = [system.environ.get(name, "") for name in variables]
        return [
            join(base, *parts, "uv.toml") for base, parts in zip(bases, below, strict=True) if base
        ]
    base = system.environ.get("XDG_CONFIG_HOME", "")
    if not system.path.isabs(base):
        base = join(system.home, ".config") if system.home else ""
    return ([join(base, "uv", "uv.toml")] if base else []) + ["/etc/uv/uv.toml"]


def _file(path: str, system: System) -> "str | None":
    """Return what a `uv.toml` says: where on, "" off, None nothing."""
    data = system.read(path)
    if data is None or b"preview" not in data:
        return None
    import tomllib

    try:
        table = tomllib.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return None  # uv reports it
    features = table.get("preview-features")
    return _word(table.get("preview") if features is None else features, f"`{path}`")


def _word(value: object, where: str) -> "str | None":
    if value is None:
        return None
    if value is True or (isinstance(value, list) and FEATURE in value):
        return where
    return ""
