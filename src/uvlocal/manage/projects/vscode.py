"""The VS Code settings for an environment, to be pasted by the user; no file is written.

Two extensions search for environments, and expand paths differently:

- Python: `${env:NAME}` and `~` in `python.defaultInterpreterPath`, not `${userHome}`
  (https://github.com/microsoft/vscode-python/blob/main/src/client/common/configSettings.ts);
  `~` in each of `python.venvFolders`, whose subdirectories are environments
  (`nativePythonFinder.ts`).
- Python Environments: `${env:NAME}` and `${userHome}` in `python.defaultInterpreterPath`, not `~`
  (https://github.com/microsoft/vscode-python-environments/blob/main/src/common/utils/internalVariables.ts);
  `~` in each of `python-envs.globalSearchPaths`, not in `python.venvFolders`
  (.../blob/main/src/managers/common/nativePythonFinder.ts).

So the interpreter's path uses `${env:NAME}`, and the directory in both settings uses `~`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from uvlocal.manage.errors import UserError
from uvlocal.manage.projects.link import project_of
from uvlocal.shim.machine import paths
from uvlocal.shim.store import naming

if TYPE_CHECKING:
    from uvlocal.shim.machine.host import System


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings to paste, and where.

    `version` is the version of the JSON format. `path` is the workspace's settings file, absolute,
    or "" for the user's. `portable` says that the settings are valid on every machine on which the
    environment is at the same path below the home directory.
    """

    version: int
    root: str
    environment: str
    environment_exists: bool
    path: str
    settings: dict[str, str | list[str]]
    portable: bool


def settings(
    path: str | None, *, user: bool = False, environ: dict[str, str] | None = None
) -> Settings:
    """Return the VS Code settings for a project's environment, or for all environments.

    Args:
        path: a directory in the project.
        user: return user settings, with the directory of all environments.
        environ: the environment variables, by default those of this process.

    Raises:
        UserError: the project is not redirected, or its environment's path is not text.
    """
    call, root, kept = project_of(path, environ)
    system = call.system
    table: dict[str, str | list[str]]
    if user:
        folder = _from_home(system.path.dirname(kept), "~", system)
        table = {"python-envs.globalSearchPaths": [folder], "python.venvFolders": [folder]}
    else:
        windows = system.platform == "win32"
        python = system.path.join(
            kept, *(("Scripts", "python.exe") if windows else ("bin", "python"))
        )
        home = "${env:USERPROFILE}" if windows else "${env:HOME}"
        table = {"python.defaultInterpreterPath": _from_home(python, home, system)}
    return Settings(
        version=1,
        root=root,
        environment=kept,
        environment_exists=naming.exists(kept, system),
        path="" if user else system.path.join(root, ".vscode", "settings.json"),
        settings=table,
        portable=paths.relative_to(kept, system.home, system) is not None,
    )


def _from_home(path: str, home: str, system: System) -> str:
    """Return a path for VS Code's extensions, with `home` for the home directory."""
    below = paths.relative_to(path, system.home, system)
    if below is not None:
        path = home + system.path.sep + below
    try:
        path.encode()
    except UnicodeEncodeError:
        raise UserError(
            f"`{naming.as_text(path)}` cannot be read by VS Code, as it is not text"
        ) from None
    # Windows accepts both, and JSON would need doubled backslashes.
    return path.replace(system.path.sep, "/")
