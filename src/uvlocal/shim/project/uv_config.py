"""Find the user's uv settings for central environments and for the link mode.

uv reads them from the command line, from variables, and from its configuration:
`[tool.uv]` of the project or the `uv.toml` beside it, the user's and the system's `uv.toml`
(https://docs.astral.sh/uv/concepts/configuration-files/,
https://docs.astral.sh/uv/concepts/preview/).
"""

from uvlocal.shim.machine import directories
from uvlocal.shim.machine.host import System

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uvlocal.shim.project.discovery import Project
    from uvlocal.shim.request.parse import Request

#: The preview feature with which uv keeps environments centrally, and its first version.
FEATURE = "centralized-project-envs"
CENTRALIZES_FROM = (0, 11, 25)
_TRUE = ("1", "true", "t", "yes", "y", "on")


def centralized_by(request: "Request", project: "Project", system: System) -> str:
    """Return where central environments were turned on, for display, or "".

    The command line overrides the variables, which override the configuration.
    """
    if request.preview:
        return "by the command line" if _wants(request.preview) else ""
    features = system.environ.get("UV_PREVIEW_FEATURES", "")
    if features:
        return "`UV_PREVIEW_FEATURES`" if _wants(features) else ""
    switch = system.environ.get("UV_PREVIEW", "").lower()
    if switch:
        return "`UV_PREVIEW`" if switch in _TRUE else ""
    value, where = _configured(request, project, system)
    return where if value is True or (isinstance(value, list) and FEATURE in value) else ""


def link_mode_by(request: "Request", project: "Project", system: System) -> str:
    """Return where the user chose uv's link mode, for display, or ""."""
    if system.environ.get("UV_LINK_MODE"):
        return "`UV_LINK_MODE`"
    if request.config_file:
        files = [system.path.join(request.directory, request.config_file)]
    elif request.no_config:
        files = []
    else:
        beside = system.path.join(project.root, "uv.toml")
        if system.lstat(beside) is None:
            beside = system.path.join(project.root, "pyproject.toml")
        files = [beside, *_user_files(system)]
    for path in files:
        table: object = _parsed(path, b"link-mode", system)
        if system.path.basename(path) == "pyproject.toml":
            for key in ("tool", "uv"):
                table = table.get(key) if isinstance(table, dict) else None
        if isinstance(table, dict) and "link-mode" in table:
            return f"`{path}`"
    return ""


def _wants(text: str) -> bool:
    """Return whether `on` or a comma-separated list of features turns central environments on."""
    return text == "on" or FEATURE in [word.strip() for word in text.split(",")]


def _configured(request: "Request", project: "Project", system: System) -> "tuple[object, str]":
    """Return the first preview setting in the configuration, or None, and where it is."""
    if request.config_file:
        path = system.path.join(request.directory, request.config_file)
        return _file(path, system), f"`{path}`"
    if request.no_config:
        return None, ""
    beside = system.path.join(project.root, "uv.toml")
    if system.lstat(beside) is not None:  # uv then ignores the settings in `[tool.uv]`
        value, where = _file(beside, system), f"`{beside}`"
    else:
        value, where = project.preview, "`[tool.uv]`"
    for path in _user_files(system):
        if value is not None:
            break
        value, where = _file(path, system), f"`{path}`"
    return value, where


def _user_files(system: System) -> "list[str]":
    """Return the user's `uv.toml`, and the system's that uv uses.

    Source: `system_config_file` in uv's crate `uv-dirs`; an empty directory ends the list.
    """
    join = system.path.join
    home = directories.config_home(system)
    files = [join(home, "uv", "uv.toml")] if home else []
    if system.platform == "win32":
        drive = system.environ.get("SYSTEMDRIVE", "")
        return files + ([join(drive, "\\ProgramData", "uv", "uv.toml")] if drive else [])
    for folder in (system.environ.get("XDG_CONFIG_DIRS") or "/etc/xdg").split(":"):
        if not folder:
            break
        path = join(folder, "uv", "uv.toml")
        # uv accepts a relative path too. Decisions with relative paths are not recorded.
        if system.is_file(path):
            return [*files, path]
    return [*files, "/etc/uv/uv.toml"]


def _file(path: str, system: System) -> object:
    """Return the preview setting of a `uv.toml`: True, False, a list, or None."""
    table = _parsed(path, b"preview", system)
    features = table.get("preview-features")
    return table.get("preview") if features is None else features


def _parsed(path: str, word: bytes, system: System) -> "dict[str, object]":
    """Parse a TOML file that contains `word`; return {} for others, and for invalid ones."""
    data = system.read(path)
    if data is None or word not in data:
        return {}
    from uvlocal.shim.project import pyproject

    try:
        return dict(pyproject.parse(data.decode("utf-8-sig")))
    except (ValueError, RecursionError):
        return {}
