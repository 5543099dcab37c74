"""The store's records: one TOML file beside each environment, never inside.

A record names its environment and its project, so that listing, pruning and recognising a moved
project need nothing else. uv deletes everything inside an environment when it recreates one, and
refuses a folder with a stray file in it; hence beside.
"""

from __future__ import annotations

import contextlib
import os
import time
from typing import TYPE_CHECKING

from uvlocal import __version__
from uvlocal.manage import drafts, identity
from uvlocal.shim import environment, mounts, pyproject, stores

if TYPE_CHECKING:
    from collections.abc import Iterator

    from uvlocal.shim.decide import Decision, Store
    from uvlocal.shim.gather import Call
    from uvlocal.shim.system import System

#: The version of the record's own shape.
RECORD_VERSION = 1
#: How long a first call waits for another first call to write its record, in seconds.
_PATIENCE = 5.0


def write_first(call: Call, decision: Decision) -> str | None:
    """Write the record of a project's first redirected call.

    Returns:
        None where another call wrote it: of several first calls at once, one does. Otherwise what
        the notice should say beside the decision, "" for nothing: that the project was moved.

    Raises:
        OSError: the store cannot be written.
        BusyError: another process holds the store's lock for long.
    """
    store, project, volume = call.facts.store, call.facts.project, call.facts.volume
    if store is None or project is None or volume is None:
        return None
    system = call.system
    if _is_refused(project.root, system):
        return None
    make_private(store)
    table = content(call, decision)
    path = stores.record_path(store.path, str(table["name"]), system)
    with lock(store.path):
        if os.path.lexists(path):
            return None
        write(path, table)
    return _offer(store.path, identity.identity_of(project.root), system)


def content(call: Call, decision: Decision) -> dict[str, object]:
    """Return what the record of a redirected project says today."""
    project, volume, system = call.facts.project, call.facts.volume, call.system
    if project is None or volume is None:
        msg = "a redirected project has a root and a volume"
        raise ValueError(msg)
    which = identity.identity_of(project.root)
    version = call.uv_version()
    # The decision may not have needed to know what the folder is mounted from.
    mount = mounts.find(project.root, which.device if which else None, system)
    return {
        "version": RECORD_VERSION,
        "name": system.path.basename(decision.environment),
        "root": environment.as_text(project.root),
        "key": environment.as_text(environment.key_of(project.root, system)),
        "mount-point": environment.as_text(mount.point if mount else volume.mount_point),
        "file-system": mount.type if mount else volume.file_system,
        "top": environment.as_text(volume.top),
        "device": which.device if which else 0,
        "inode": which.inode if which else 0,
        "born": which.born if which else 0,
        "provider": volume.provider or "",
        "strategy": decision.strategy or "",
        "uvlocal": __version__,
        "uv": ".".join(map(str, version)) if version else "",
        "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }


def write(path: str, table: dict[str, object]) -> None:
    """Write a record; the caller holds the store's lock.

    Raises:
        OSError: it cannot be written.
    """
    import tomli_w

    drafts.replace(path, tomli_w.dumps(table).encode())


def _offer(store: str, which: identity.Identity | None, system: System) -> str:
    """Say that the folder was known by another name, "" where it was not."""
    from uvlocal.manage import records

    former = records.moved_from(store, which, system)
    if former is None:
        return ""
    was = environment.contract_home(former.root, system)
    return f"; the project was `{was}` before, `uvlocal adopt` takes that environment along"


def _is_refused(root: str, system: System) -> bool:
    """Say whether uv will refuse the project, so that no environment comes to be.

    Then the message is uv's alone: no record, no line of ours. Only what is plain is looked at.
    """
    data = system.read(os.path.join(root, "pyproject.toml"))
    if data is None:
        return True
    try:
        project = pyproject.parse(data.decode("utf-8-sig")).get("project")
    except (ValueError, RecursionError):
        return True
    if not isinstance(project, dict):
        return project is not None
    dynamic = project.get("dynamic", [])
    has_version = "version" in project or (isinstance(dynamic, list) and "version" in dynamic)
    return "name" not in project or not has_version


class BusyError(Exception):
    """Another process holds the store for long."""


@contextlib.contextmanager
def lock(store: str) -> Iterator[None]:
    """Hold the lock that every writer of records takes.

    Raises:
        BusyError: another process holds it for long.
        OSError: it cannot be made.
    """
    from filelock import FileLock, Timeout

    file = FileLock(os.path.join(store, ".lock"), timeout=_PATIENCE, mode=0o600)
    try:
        file.acquire()
    except Timeout as error:
        raise BusyError(store) from error
    try:
        yield
    finally:
        file.release()


def make_private(store: Store) -> None:
    """Make the store and its folders, for this user alone whatever the umask is.

    Raises:
        OSError: they cannot be made.
    """
    for name in ("", *_FOLDERS):
        _make_private(os.path.join(store.path, name) if name else store.path)


def _make_private(folder: str) -> None:
    """Make a folder, and those above it that are missing: whoever may write there may swap it."""
    if os.path.isdir(folder):
        return
    above = os.path.dirname(folder)
    if above != folder:
        _make_private(above)
    with contextlib.suppress(FileExistsError):
        os.mkdir(folder, 0o700)


_FOLDERS = (environment.ENVIRONMENTS, environment.RECORDS)
