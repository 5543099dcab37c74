"""The links by which editors find the kept environments: `~/.virtualenvs/<name>`.

Editors that look for environments outside a project look into `$WORKON_HOME`, or `~/.virtualenvs`
where that is unset; no other folder is read by all of these, on every system:

- VS Code (microsoft/python-environment-tools, `crates/pet-global-virtualenvs/src/lib.rs`), which
  follows links, and shows the name in `pyvenv.cfg`;
- PyCharm (JetBrains/intellij-community, `VirtualEnvReader.kt`, `getVEnvRootDir`);
- Emacs (jorgenschaefer/pyvenv, `pyvenv-workon-home`).

No `.project` file is written: VS Code reads none for an environment that uv made (the locator `Uv`
comes before those that do), PyCharm reads none at all, and uv takes one away when it makes an
environment anew.
"""

from __future__ import annotations

import contextlib
import os
import sys
from typing import TYPE_CHECKING

from uvlocal.shim.machine import directories
from uvlocal.shim.machine.paths import comparable, without_prefix
from uvlocal.shim.store import naming

if TYPE_CHECKING:
    from collections.abc import Iterator

    from uvlocal.shim.machine.host import System

#: The folder below home; virtualenvwrapper and VS Code make environments there too.
USUAL = ".virtualenvs"
#: Stands in a folder that we made, so that it goes with the last link.
MARK = ".made-by-uvlocal"


def folder(system: System) -> str:
    """Return the folder for new links: `$WORKON_HOME` if it is there, else the usual one."""
    named = directories.expand_home(system.environ.get("WORKON_HOME", ""), system)
    if system.path.isabs(named) and system.is_directory(named):
        return named
    return system.path.join(system.home, USUAL) if system.path.isabs(system.home) else ""


def folders(system: System) -> list[str]:
    """Return every folder that may hold links: `WORKON_HOME` may have been set since."""
    usual = system.path.join(system.home, USUAL) if system.path.isabs(system.home) else ""
    return [place for place in dict.fromkeys((folder(system), usual)) if place]


def obstacle(system: System) -> str:
    """Return why no link can be made in the folder, "" where one can, or nobody has tried yet."""
    place = folder(system)
    if not place:
        return "there is no home directory"
    status = system.stat(place)
    if status is None:
        return "is a dangling symlink" if system.lstat(place) is not None else ""
    if not system.is_directory(place):
        return "is not a directory"
    if system.uid >= 0 and status.st_uid != system.uid:
        return "belongs to another user"
    return ""


def found(environment: str, system: System) -> str:
    """Return what leads to an environment from the folder for new links, or ""."""
    path = system.path.join(folder(system), system.path.basename(environment))
    return path if _leads(path, environment, system) else ""


def make(environment: str, system: System) -> str:
    """Make the link to an environment, which need not be there yet; what is not ours stays.

    Returns:
        why it is not there, "" where it is.
    """
    why = obstacle(system)
    if why:
        return why
    place = folder(system)
    path = system.path.join(place, system.path.basename(environment))
    if _leads(path, environment, system):
        return ""
    target = target_of(path, system)
    ours = system.path.basename(target) == system.path.basename(path) and (
        naming.is_our_environment(target, "", system)
    )
    if system.lstat(path) is not None and not ours:
        return f"contains another `{system.path.basename(path)}`"
    try:
        if system.lstat(place) is None:
            os.mkdir(place, 0o700)
            os.close(
                os.open(os.path.join(place, MARK), os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
            )
    except FileExistsError:
        pass  # another call was faster
    except OSError:
        return "cannot be created"
    made = system.put_link(path, environment, over=ours) or _put_junction(path, environment, system)
    return "" if made else "is not writable, or does not support links"


def remove(environment: str, system: System) -> None:
    """Remove the links to an environment."""
    for place in folders(system):
        path = system.path.join(place, system.path.basename(environment))
        if _leads(path, environment, system):
            system.remove(path)
    tidy(system)


def tidy(system: System) -> None:
    """Remove a folder that we made where nothing else is in it."""
    for place in folders(system):
        if system.listdir(place) == [MARK]:
            system.remove(system.path.join(place, MARK))
            with contextlib.suppress(OSError):
                os.rmdir(place)


def links(stores: list[str], system: System) -> Iterator[tuple[str, str]]:
    """Yield every link into one of these stores, and the environment that it leads to."""
    known = {comparable(system.path.join(place, naming.ENVIRONMENTS), system) for place in stores}
    for place in folders(system):
        for name in system.listdir(place):
            path = system.path.join(place, name)
            target = target_of(path, system) if naming.is_our_name(name) else ""
            if target and comparable(system.path.dirname(target), system) in known:
                yield path, target


def target_of(path: str, system: System) -> str:
    """Return where a link, or a junction of Windows, leads, or "" if it is none."""
    target = system.readlink(path) or ""
    return without_prefix(target) if system.platform == "win32" else target


def _leads(path: str, environment: str, system: System) -> bool:
    target = target_of(path, system)
    return bool(target) and comparable(target, system) == comparable(environment, system)


def _put_junction(path: str, environment: str, system: System) -> bool:
    """Make a junction: on Windows, links take a privilege that few have, and junctions none."""
    if sys.platform != "win32" or system.lstat(path) is not None:
        return False
    import _winapi

    try:
        _winapi.CreateJunction(environment, path)
    except OSError:
        return False
    return True
