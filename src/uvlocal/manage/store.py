"""The store's records: one TOML file beside each environment, never inside.

A record names its environment and its project, so that listing, pruning and recognising a moved
project need nothing else. uv deletes everything inside an environment when it recreates one, and
refuses a folder with a stray file in it; hence beside.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
import time
import tomllib
from typing import TYPE_CHECKING

import tomli_w
from filelock import FileLock, Timeout

from uvlocal import __version__
from uvlocal.shim import environment, mounts, stores

if TYPE_CHECKING:
    from uvlocal.shim.decide import Decision, Store
    from uvlocal.shim.gather import Call

#: The version of the record's own shape.
RECORD_VERSION = 1
#: How long a first call waits for another first call to write its record, in seconds.
_PATIENCE = 5.0


def write_first(call: Call, decision: Decision) -> bool:
    """Write the record of a project's first redirected call.

    Returns:
        Whether this call wrote it; of several first calls at once, one does.

    Raises:
        OSError: the store cannot be written.
        filelock.Timeout: another process holds the store's lock for long.
    """
    store, project, volume = call.facts.store, call.facts.project, call.facts.volume
    if store is None or project is None or volume is None:
        return False
    system = call.system
    if _is_refused(project.root):
        return False
    make_private(store)
    name = system.path.basename(decision.environment)
    path = stores.record_path(store.path, name, system)
    status = system.stat(project.root)
    version = call.uv_version()
    # The decision may not have needed to know what the folder is mounted from.
    mount = mounts.find(project.root, status.st_dev if status else None, system)
    record: dict[str, object] = {
        "version": RECORD_VERSION,
        "name": name,
        "root": environment.as_text(project.root),
        "key": environment.as_text(environment.key_of(project.root, system)),
        "mount-point": environment.as_text(mount.point if mount else volume.mount_point),
        "file-system": mount.type if mount else volume.file_system,
        "device": status.st_dev if status else 0,
        "inode": status.st_ino if status else 0,
        "provider": volume.provider or "",
        "strategy": decision.strategy or "",
        "uvlocal": __version__,
        "uv": ".".join(map(str, version)) if version else "",
        "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }
    with lock(store.path):
        if os.path.lexists(path):
            return False
        replace(path, tomli_w.dumps(record).encode())
    return True


def _is_refused(root: str) -> bool:
    """Say whether uv will refuse the project, so that no environment comes to be.

    Then the message is uv's alone: no record, no line of ours. Only what is plain is looked at.
    """
    try:
        with open(os.path.join(root, "pyproject.toml"), "rb") as file:
            project = tomllib.load(file).get("project")
    except (OSError, ValueError, RecursionError):
        return True
    if not isinstance(project, dict):
        return project is not None
    dynamic = project.get("dynamic", [])
    has_version = "version" in project or (isinstance(dynamic, list) and "version" in dynamic)
    return "name" not in project or not has_version


def lock(store: str) -> FileLock:
    """Return the lock that every writer of records takes.

    Raises:
        filelock.Timeout: on entry, when another process holds it for long.
    """
    return FileLock(os.path.join(store, ".lock"), timeout=_PATIENCE, mode=0o600)


def make_private(store: Store) -> None:
    """Make the store and its folders, for this user alone whatever the umask is.

    Raises:
        OSError: they cannot be made.
    """
    os.makedirs(os.path.dirname(store.path), exist_ok=True)
    for folder in (store.path, *(os.path.join(store.path, n) for n in _FOLDERS)):
        with contextlib.suppress(FileExistsError):
            os.mkdir(folder, 0o700)


_FOLDERS = (environment.ENVIRONMENTS, environment.RECORDS)


def replace(path: str, content: bytes, mode: int = 0o600) -> None:
    """Write a file so that a reader sees the old content or the new, never a part.

    Raises:
        OSError: the folder cannot be written.
    """
    descriptor, temporary = tempfile.mkstemp(dir=os.path.dirname(path), prefix=".new-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, mode)
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


__all__ = ["RECORD_VERSION", "Timeout", "lock", "make_private", "replace", "write_first"]
