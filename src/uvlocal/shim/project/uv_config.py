"""Find out what the user told uv of central environments, and of how it links files.

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

#: uv keeps environments centrally with this preview feature, which it has since that version.
FEATURE = "centralized-project-envs"
CENTRALIZES_FROM = (0, 11, 25)
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
    value, where = _configured(request, project, system)
    return where if value is True or (isinstance(value, list) and FEATURE in value) else ""


def link_mode_by(request: "Request", project: "Project", system: System) -> str:
    """Return where the user chose how uv links files, for people; "" where nowhere."""
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
    """Return whether `on` or a comma list of features turns central environments on."""
    return text == "on" or FEATURE in [word.strip() for word in text.split(",")]


def _configured(request: "Request", project: "Project", system: System) -> "tuple[object, str]":
    """Return what the configuration says first of preview features, and where; None for nothing."""
    if request.config_file:
        path = system.path.join(request.directory, request.config_file)
        return _file(path, system), f"`{path}`"
    if request.no_config:
        return None, ""
    beside = system.path.join(project.root, "uv.toml")
    if system.lstat(beside) is not None:  # then uv does not read `[tool.uv]` for settings
        value, where = _file(beside, system), f"`{beside}`"
    else:
        value, where = project.preview, "`[tool.uv]`"
    for path in _user_files(system):
        if value is not None:
            break
        value, where = _file(path, system), f"`{path}`"
    return value, where


def _user_files(system: System) -> "list[str]":
    """Return the `uv.toml` of the user, and the one of the machine that uv takes.

    Source: `system_config_file` in uv's crate `uv-dirs`; an empty folder ends the list.
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
        # uv takes a relative one too. What is relative cannot be recorded, which only costs time.
        if system.is_file(path):
            return [*files, path]
    return [*files, "/etc/uv/uv.toml"]


def _file(path: str, system: System) -> object:
    """Return what a `uv.toml` says of preview features: True, False, a list, None for nothing."""
    table = _parsed(path, b"preview", system)
    features = table.get("preview-features")
    return table.get("preview") if features is None else features


def _parsed(path: str, word: bytes, system: System) -> "dict[str, object]":
    """Return a TOML file that has `word` in it; empty for any other, which uv reports."""
    data = system.read(path)
    if data is None or word not in data:
        return {}
    from uvlocal.shim.project import pyproject

    try:
        return dict(pyproject.parse(data.decode("utf-8-sig")))
    except (ValueError, RecursionError):
        return {}
