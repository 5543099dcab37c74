"""The links by which editors find the environments: `~/.virtualenvs/<name>`.

Editors search for environments outside a project in `$WORKON_HOME`, or in `~/.virtualenvs` if that
is unset. It is the only directory that all of these search, on every system:

- VS Code (microsoft/python-environment-tools, `crates/pet-global-virtualenvs/src/lib.rs`), which
  follows links, and shows the name in `pyvenv.cfg`;
- PyCharm (JetBrains/intellij-community, `VirtualEnvReader.kt`, `getVEnvRootDir`);
- Emacs (jorgenschaefer/pyvenv, `pyvenv-workon-home`).

No `.project` file is written: VS Code ignores it in an environment of uv (its `Uv` locator comes
before those that read it), PyCharm always ignores it, and uv removes it when it recreates an
environment.
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

#: The directory below home; virtualenvwrapper and VS Code create environments there too.
USUAL = ".virtualenvs"
#: Marks a directory that we created, so that it is removed with the last link.
MARK = ".made-by-uvlocal"


def folder(system: System) -> str:
    """Return the directory for new links: `$WORKON_HOME` if it exists, else the default."""
    named = directories.expand_home(system.environ.get("WORKON_HOME", ""), system)
    if system.path.isabs(named) and system.is_directory(named):
        return named
    return system.path.join(system.home, USUAL) if system.path.isabs(system.home) else ""


def folders(system: System) -> list[str]:
    """Return every directory that may contain links: `WORKON_HOME` may have been set since."""
    usual = system.path.join(system.home, USUAL) if system.path.isabs(system.home) else ""
    return [place for place in dict.fromkeys((folder(system), usual)) if place]


def obstacle(system: System) -> str:
    """Return why no link can be created in the directory, or ""."""
    place = folder(system)
    if not place:
        return "cannot be found without a home directory"
    status = system.stat(place)
    if status is None:
        return "is a dangling symlink" if system.lstat(place) is not None else ""
    if not system.is_directory(place):
        return "is not a directory"
    if system.uid >= 0 and status.st_uid != system.uid:
        return "belongs to another user"
    return ""


def found(environment: str, system: System) -> str:
    """Return the link to an environment in the directory for new links, or ""."""
    path = system.path.join(folder(system), system.path.basename(environment))
    return path if _leads(path, environment, system) else ""


def make(environment: str, system: System) -> str:
    """Create the link to an environment, which need not exist yet; never replace other files.

    Returns:
        why there is no link, or "".
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


def make_all(stores: list[str], system: System) -> str:
    """Create links to all existing environments of these stores, except where a name is taken.

    Returns:
        why there is no link for one of the others, or "".
    """
    problem = ""
    for place in stores:
        kept = system.path.join(place, naming.ENVIRONMENTS)
        for name in system.listdir(kept):
            path = system.path.join(kept, name)
            if not naming.is_our_name(name) or not naming.exists(path, system):
                continue
            why = make(path, system)
            if why and not is_taken(name, system):
                problem = why
    return problem


def is_taken(name: str, system: System) -> bool:
    """Return whether anything exists at the place of the link for the environment `name`."""
    return system.exists(system.path.join(folder(system), name))


def remove(environment: str, system: System) -> None:
    """Remove the links to an environment."""
    for place in folders(system):
        path = system.path.join(place, system.path.basename(environment))
        if _leads(path, environment, system):
            system.remove(path)
    tidy(system)


def tidy(system: System) -> None:
    """Remove a directory that we created if nothing else is in it."""
    for place in folders(system):
        if system.listdir(place) == [MARK]:
            system.remove(system.path.join(place, MARK))
            with contextlib.suppress(OSError):
                os.rmdir(place)


def links(stores: list[str], system: System) -> Iterator[tuple[str, str]]:
    """Yield every link into one of these stores, and the environment that it points to."""
    known = {comparable(system.path.join(place, naming.ENVIRONMENTS), system) for place in stores}
    for place in folders(system):
        for name in system.listdir(place):
            path = system.path.join(place, name)
            target = target_of(path, system) if naming.is_our_name(name) else ""
            if target and comparable(system.path.dirname(target), system) in known:
                yield path, target


def target_of(path: str, system: System) -> str:
    """Return the target of a symlink, or of a junction on Windows, or ""."""
    target = system.readlink(path) or ""
    return without_prefix(target) if system.platform == "win32" else target


def _leads(path: str, environment: str, system: System) -> bool:
    target = target_of(path, system)
    return bool(target) and comparable(target, system) == comparable(environment, system)


def _put_junction(path: str, environment: str, system: System) -> bool:
    """Create a junction: on Windows, symlinks need a privilege that few users have."""
    if sys.platform != "win32" or system.lstat(path) is not None:
        return False
    import _winapi

    try:
        _winapi.CreateJunction(environment, path)
    except OSError:
        return False
    return True
