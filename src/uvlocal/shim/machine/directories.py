"""Where programs keep their files on each system: XDG variables, `%APPDATA%`, the home directory.

By the XDG base directory specification, relative values are ignored
(https://specifications.freedesktop.org/basedir-spec/latest/).
"""

from uvlocal.shim.machine.host import System

#: Each directory with the variable that names it, and the default below home if that is unset.
_BASES = {
    "$CONFIG": ("XDG_CONFIG_HOME", ".config"),
    "$DATA": ("XDG_DATA_HOME", ".local/share"),
    "$STATE": ("XDG_STATE_HOME", ".local/state"),
    "$CACHE": ("XDG_CACHE_HOME", ".cache"),
    "%APPDATA%": ("APPDATA", "AppData/Roaming"),
    "%LOCALAPPDATA%": ("LOCALAPPDATA", "AppData/Local"),
    # Directories that clients use instead of their own if told so; these have no default.
    "$CCNET_CONF_DIR": ("CCNET_CONF_DIR", ""),
    "$MUTAGEN_DATA_DIRECTORY": ("MUTAGEN_DATA_DIRECTORY", ""),
    "$STCONFDIR": ("STCONFDIR", ""),
    "$STHOMEDIR": ("STHOMEDIR", ""),
}


def base(name: str, system: System) -> str:
    """Return one of the directories above, or "" if it is unknown."""
    variable, below = _BASES[name]
    path = system.environ.get(variable, "")
    if system.path.isabs(path):
        return path
    if not below or not system.path.isabs(system.home):
        return ""
    return system.path.join(system.home, *below.split("/"))


def config_home(system: System) -> str:
    """Return the user's configuration directory; on macOS for programs that follow XDG there."""
    return base("%APPDATA%" if system.platform == "win32" else "$CONFIG", system)


def cache_home(system: System) -> str:
    """Return the user's cache directory."""
    return base("%LOCALAPPDATA%" if system.platform == "win32" else "$CACHE", system)


def data_directory(system: System) -> str:
    """Return the default store: `$XDG_DATA_HOME/uvlocal`; on Windows in `%LOCALAPPDATA%`."""
    windows = system.platform == "win32"
    return _below(base("%LOCALAPPDATA%" if windows else "$DATA", system), system, "uvlocal")


def cache_directory(system: System) -> str:
    """Return our cache directory, for recorded decisions and other files that may be deleted."""
    names = ("uvlocal", "cache") if system.platform == "win32" else ("uvlocal",)
    return _below(cache_home(system), system, *names)


def config_directory(system: System) -> str:
    """Return the directory of the user's `uvlocal.toml`."""
    return _below(config_home(system), system, "uvlocal")


def uv_cache(system: System) -> str:
    """Return uv's default cache directory, or "" if there is none.

    Source: https://docs.astral.sh/uv/concepts/cache/#cache-directory
    """
    names = ("uv", "cache") if system.platform == "win32" else ("uv",)
    return _below(cache_home(system), system, *names)


def _below(folder: str, system: System, *names: str) -> str:
    return system.path.join(folder, *names) if folder else ""


def expand(template: str, system: System) -> str:
    """Expand a path template of the tables; return "" if there is no home directory.

    A template starts with `~` or with one of the directories above.
    """
    first, _, rest = template.partition("/")
    folder = base(first, system) if first in _BASES else system.home
    if not system.path.isabs(folder):
        return ""
    return system.path.join(folder, *rest.split("/")) if rest else folder


def expand_home(text: str, system: System) -> str:
    """Replace a leading `~` by the home directory; `~user` is not supported."""
    if text == "~":
        return system.home
    if text[:2] in ("~/", "~" + system.path.sep):
        return system.path.join(system.home, text[2:])
    return text
