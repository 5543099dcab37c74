"""The packages in an environment, found without starting its Python.

An environment in a synced folder may not start: its Python may be on another machine, or its files
evicted. The names of its `.dist-info` directories still say what was installed
(https://packaging.python.org/specifications/recording-installed-packages/).
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass, field, replace
from urllib.parse import unquote, urlsplit

from uvlocal.manage.files.tree import Entry, Files, describe, is_conflict

#: Valid names and versions of packages; anything else in a directory name may be an attack, and
#: must not become an argument of uv.
#: https://packaging.python.org/specifications/name-normalization/
_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9.!+_-]*")
#: The directories in `lib` that contain `site-packages`.
_LIBRARY = re.compile(r"(python|pypy|graalpy)\d[\d.]*t?")
#: Packages that tools install into every new environment.
SEEDS = frozenset(("pip", "setuptools", "wheel"))
#: The usual top-level names in an environment, from Python, packages, and file managers.
_USUAL = {
    *("bin", "cachedir.tag", "etc", "include", "lib", "lib32", "lib64", "man", "pyvenv.cfg"),
    *("scripts", "share", "desktop.ini", "thumbs.db", "icon\r"),
}


@dataclass(frozen=True, slots=True)
class Package:
    """One installed package; `name` is normalised (PEP 503).

    `requirement` installs it again: `name==version`, or its origin; `editable` is the directory of
    an editable one, or ""; `made` is when it was installed, in nanoseconds.
    """

    name: str
    version: str
    requirement: str
    editable: str = ""
    made: int = field(default=0, compare=False)


def installed(environment: str, files: Files) -> dict[str, Package]:
    """Return the packages in an environment, by normalised name."""
    libraries = os.path.join(environment, "lib")
    folders = [
        os.path.join(libraries, entry.name, "site-packages")
        for entry in sorted(files.entries(libraries, sizes=False))
        if entry.kind == "folder" and _LIBRARY.fullmatch(entry.name)
    ]
    found = {}
    # On a case-insensitive disk, both names are the same directory.
    for folder in folders or [os.path.join(environment, "Lib", "site-packages")]:
        for entry in sorted(files.entries(folder, sizes=False)):
            package = _package(folder, entry, files)
            if package is not None:
                found[package.name] = package
    return found


def _package(folder: str, entry: Entry, files: Files) -> Package | None:
    """Return the package of a metadata directory, or None for anything else."""
    stem, extension = os.path.splitext(entry.name)
    if extension not in (".dist-info", ".egg-info") or " " in entry.name:
        return None  # `x-1.0 2.dist-info` is a sync client's conflict copy
    name, _, version = stem.partition("-")
    if extension == ".egg-info":
        version = re.sub(r"-py\d.*$", "", version)
    if not _NAME.fullmatch(name) or (version and not _VERSION.fullmatch(version)):
        return None
    name = re.sub(r"[-_.]+", "-", name).lower()
    path = os.path.join(folder, entry.name)
    status = files.status(path)
    made = status.st_mtime_ns if status is not None else 0
    plain = Package(name, version, f"{name}=={version}" if version else name, "", made)
    if entry.kind != "folder" or entry.evicted:
        return plain
    path = os.path.join(path, "direct_url.json")
    status = files.status(path)
    if status is None or describe("", status).evicted:
        return plain
    return _with_origin(plain, files.read(path))


def _with_origin(plain: Package, data: bytes) -> Package:
    """Return the package with its origin (PEP 610), if that is not an index."""
    folder = ""
    try:
        origin = json.loads(data)
        url: str = origin["url"]
        revision = origin.get("vcs_info", {})
        if origin.get("dir_info", {}).get("editable"):
            folder = unquote(urlsplit(url).path)
            if os.name == "nt" and folder[2:3] == ":":
                folder = folder[1:]
            if not os.path.isabs(folder):
                return plain
        elif revision:
            url = f"{revision['vcs']}+{url}@{revision['commit_id']}"
        below = origin.get("subdirectory")
        url += f"#subdirectory={below}" if below else ""
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return plain
    wanted = f"{plain.name} @ {url}"
    # It becomes an argument on a command line, and a line on a terminal.
    is_text = (wanted + folder).isprintable()
    return replace(plain, requirement=wanted, editable=folder) if is_text else plain


def strangers(environment: str, files: Files) -> list[str]:
    """Return the top-level names in an environment that only a person can have created.

    Leftovers of sync clients and file managers do not count.
    """
    names = {entry.name for entry in files.entries(environment, sizes=False)}
    return sorted(
        name
        for name in names
        if name.lower() not in _USUAL and not name.startswith(".") and not is_conflict(name, names)
    )
