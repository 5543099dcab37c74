"""The pointer for editors, on request: `.venv` in the project, or VS Code's own setting."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, replace

from uvlocal.manage import drafts, jsonc, toml_files
from uvlocal.manage.errors import UserError
from uvlocal.manage.status import folder
from uvlocal.shim import display, environment, paths, pointers
from uvlocal.shim.gather import Call
from uvlocal.shim.system import System

#: VS Code's name for the interpreter of a project
#: (https://code.visualstudio.com/docs/python/settings-reference), and for the home directory
#: (https://code.visualstudio.com/docs/reference/variables-reference).
SETTING = "python.defaultInterpreterPath"
_HOME = "${userHome}"
#: The folders of VS Code's user settings, and of editors that are made of it.
_EDITORS = ("Code", "Code - Insiders", "VSCodium", "Cursor")


@dataclass(frozen=True, slots=True)
class Linked:
    """What leads to a project's environment, and whether that is new.

    `version` is that of the JSON object made of it. `path` is the pointer or the settings file,
    absolute; `kind` is `symlink`, `file`, `vscode`, or `none` where nothing is there (any more);
    `says` is what is written there, `said` what was before. `portable` says that it holds on every
    machine on which the environment lies at the same place below the home directory.
    """

    version: int
    root: str
    environment: str
    environment_exists: bool
    path: str
    kind: str
    says: str
    said: str
    portable: bool
    changed: bool


# -- pointers --------------------------------------------------------------------------------------


def link(path: str | None, kind: str = "", environ: dict[str, str] | None = None) -> Linked:
    """Make the pointer of the project that `path` (the current directory) belongs to.

    Args:
        path: a folder of the project.
        kind: `symlink` or `file`; "" for what the settings say, or what fits.
        environ: the environment variables; those of this process if left out.

    Raises:
        UserError: there is no environment elsewhere to point to, a pointer would do harm, or
            something that is not ours is in its place.
    """
    call, root, kept = _project(path, environ)
    volume, version = call.facts.volume, call.uv_version()
    assert volume is not None  # noqa: S101 - the decision to redirect rests on it
    wishes = [kind] if kind else [call.settings.pointer]
    if wishes == ["none"]:
        wishes = [pointers.SYMLINK, pointers.FILE]
    obstacles = [pointers.obstacle(wish, volume, version) for wish in wishes]
    if all(obstacles):
        raise UserError(
            f"no pointer is made: {'; '.join(obstacles)}",
            "`uvlocal link --vscode` writes VS Code's setting, `uvlocal path` prints the path",
        )
    wish = wishes[obstacles.index("")]
    found = pointers.find(root, kept, call.system)
    says = pointers.target(root, kept, call.system)
    changed = False
    if not found.leads or (kind and found.kind != kind):
        _refuse(found, call.system)
        if not pointers.put(found, wish, says, call.system):
            raise UserError(f"`{_shown(found.path, call.system)}` cannot be made")
        found, changed = pointers.find(root, kept, call.system), True
    return replace(_leading(_nothing(call, root, kept), found.kind, found.target), changed=changed)


def unlink(path: str | None, environ: dict[str, str] | None = None) -> Linked:
    """Remove the pointer of a project, also one that another machine made.

    Raises:
        UserError: there is no project, or what is at `.venv` was not made by uvlocal.
    """
    call, root, kept = _any_project(path, environ)
    found = pointers.find(root, kept, call.system)
    if found.kind != pointers.NONE:
        _refuse(found, call.system)
        if not call.system.remove(found.path):
            raise UserError(f"`{_shown(found.path, call.system)}` cannot be removed")
    changed = found.kind != pointers.NONE
    return replace(_nothing(call, root, kept), said=found.target, changed=changed)


def _refuse(found: pointers.Pointer, system: System) -> None:
    """Leave alone what is not ours."""
    if found.kind == pointers.NONE or found.ours:
        return
    shown = _shown(found.path, system)
    if found.kind == pointers.FOLDER:
        raise UserError(f"`{shown}` is a folder", "`uvlocal migrate` takes care of it")
    raise UserError(f"`{shown}` was not made by uvlocal", "remove it if it is not needed")


# -- VS Code ---------------------------------------------------------------------------------------


def link_vscode(
    path: str | None, *, user: bool = False, environ: dict[str, str] | None = None
) -> Linked:
    """Write the interpreter of a project's environment into VS Code's settings.

    Args:
        path: a folder of the project.
        user: write the user's settings instead of the workspace's.
        environ: the environment variables; those of this process if left out.

    Raises:
        UserError: there is no environment elsewhere, or the file cannot be read or written.
    """
    call, root, kept = _project(path, environ)
    says = interpreter(kept, call.system)
    file = _SettingsFile(root, call.system, user=user)
    said = file.table.get(SETTING)
    if said != says:
        file.write(jsonc.with_value(file.text, SETTING, says))
    said = said if isinstance(said, str) else ""
    made = replace(_nothing(call, root, kept), path=file.path, said=said, changed=said != says)
    return _leading(made, "vscode", says)


def unlink_vscode(
    path: str | None, *, user: bool = False, environ: dict[str, str] | None = None
) -> Linked:
    """Take the interpreter out of VS Code's settings, if it is one of an environment of ours.

    Raises:
        UserError: there is no project, or the file cannot be read or written.
    """
    call, root, kept = _any_project(path, environ)
    file = _SettingsFile(root, call.system, user=user)
    said = file.table.get(SETTING)
    if said is None or not _is_ours(said, call.system):
        if said is not None:
            message = f"`{SETTING}` in `{_shown(file.path, call.system)}` was not set by uvlocal"
            raise UserError(message)
        return replace(_nothing(call, root, kept), path=file.path)
    file.write(jsonc.without(file.text, SETTING))
    gone = _nothing(call, root, kept)
    return replace(gone, path=file.path, said=str(said), changed=True)


def interpreter(kept: str, system: System) -> str:
    """Return an environment's Python as VS Code knows it: with `${userHome}` where it lies there.

    Raises:
        UserError: the path is no text, which a JSON file cannot hold.
    """
    parts = ("Scripts", "python.exe") if system.platform == "win32" else ("bin", "python")
    path = system.path.join(kept, *parts)
    below = paths.relative_to(path, system.home, system)
    if below is not None:
        path = _HOME + system.path.sep + below
    try:
        path.encode()
    except UnicodeEncodeError:
        raise UserError(f"`{environment.as_text(path)}` is no text that VS Code reads") from None
    # Windows takes both, and a backslash would have to be doubled.
    return path.replace(system.path.sep, "/")


def _is_ours(said: object, system: System) -> bool:
    """Say whether a setting names the Python of an environment of ours."""
    if not isinstance(said, str):
        return False
    kept = system.path.dirname(system.path.dirname(system.path.normpath(said)))
    return environment.is_our_environment(kept, "", system)


def _settings_path(root: str, system: System, *, user: bool) -> str:
    """Return where VS Code's settings are: of the workspace, or of the user."""
    join = system.path.join
    if not user:
        return join(root, ".vscode", "settings.json")
    if system.platform == "win32":
        base = system.environ.get("APPDATA", "")
    elif system.platform == "darwin":
        base = join(system.home, "Library", "Application Support") if system.home else ""
    else:
        base = system.environ.get("XDG_CONFIG_HOME", "")
        if not system.path.isabs(base):
            base = join(system.home, ".config") if system.home else ""
    if not base:
        raise UserError("there is no home directory with settings")
    there = [name for name in _EDITORS if system.is_directory(join(base, name, "User"))]
    return join(base, (there or _EDITORS)[0], "User", "settings.json")


class _SettingsFile:
    """A settings file as text; a link (to a folder of dotfiles, say) is written through.

    That of a workspace is written through to no place outside of it: others can have put the link
    there.
    """

    def __init__(self, root: str, system: System, *, user: bool) -> None:
        """Read the user's file, or the workspace's at `root`; one that is not there is empty."""
        self.path = path = _settings_path(root, system, user=user)
        self._project = "" if user else root
        self._shown = _shown(path, system)
        toml_files.target(path, self._project, self._shown)
        data = system.read(path)
        if data is None and system.exists(path):
            raise UserError(f"`{self._shown}` cannot be read")
        try:
            self.text = (data or b"").decode()
            self.table = jsonc.load(self.text)
        except (jsonc.JsoncError, UnicodeDecodeError) as error:
            hint = "mend it by hand, then try again"
            raise UserError(f"`{self._shown}` is not valid JSON: {error}", hint) from None

    def write(self, text: str) -> None:
        """Replace the file in one step; it keeps its mode."""
        path = toml_files.target(self.path, self._project, self._shown)
        try:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            mode = stat.S_IMODE(os.stat(path).st_mode) if os.path.exists(path) else 0o644
            drafts.replace(path, text.encode(), mode)
        except OSError as error:
            raise UserError(f"`{self._shown}` cannot be written: {error.strerror}") from error


# -- the project -----------------------------------------------------------------------------------


def _any_project(path: str | None, environ: dict[str, str] | None) -> tuple[Call, str, str]:
    """Return the call, the root, and the environment that is kept elsewhere, "" for none."""
    call = Call(["sync"], System(environ=environ, cwd=folder(path)))
    decision = call.settle()
    project = call.facts.project
    if project is None or not project.root:
        raise UserError(decision.sentence, "run this in a project, or name one")
    kept = decision.environment if decision.strategy == "redirect" else ""
    return call, project.root, kept


def _project(path: str | None, environ: dict[str, str] | None) -> tuple[Call, str, str]:
    """Return the same of a project whose environment is kept elsewhere."""
    call, root, kept = _any_project(path, environ)
    if not kept:
        where = _shown(os.path.join(root, ".venv"), call.system)
        message = f"uv keeps the environment in `{where}`, where editors find it"
        raise UserError(message, "`uvlocal status` tells why")
    return call, root, kept


def _nothing(call: Call, root: str, kept: str) -> Linked:
    """Return the result for a project to which nothing leads."""
    return Linked(
        version=1,
        root=root,
        environment=kept,
        environment_exists=bool(kept) and environment.exists(kept, call.system),
        path=os.path.join(root, ".venv"),
        kind=pointers.NONE,
        says="",
        said="",
        portable=False,
        changed=False,
    )


def _leading(none: Linked, kind: str, says: str) -> Linked:
    """Return the result for a project to whose environment something leads."""
    return replace(none, kind=kind, says=says, portable=not os.path.isabs(says))


def _shown(path: str, system: System) -> str:
    return display.contract_home(path, system)
