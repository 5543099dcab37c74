"""What an environment holds, read from its folders without starting its Python.

An environment in a synced folder may not be able to start: its Python was that of another machine,
its files were evicted. The names of its `.dist-info` folders still say what was installed
(https://packaging.python.org/specifications/recording-installed-packages/).
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass, field, replace
from urllib.parse import unquote, urlsplit

from uvlocal.manage.files.tree import Entry, Files, describe, is_conflict

#: What may be the name and the version of a package; anything else in a folder's name is somebody's
#: trick, and must not become a word on uv's command line.
#: https://packaging.python.org/specifications/name-normalization/
_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9.!+_-]*")
#: The folders in `lib` that hold those of packages.
_LIBRARY = re.compile(r"(python|pypy|graalpy)\d[\d.]*t?")
#: What tools put into a new environment so that it can install: nobody asked for them.
SEEDS = frozenset(("pip", "setuptools", "wheel"))
#: What an environment has at its top, put there by Python, by packages, and by file managers.
_USUAL = {
    *("bin", "cachedir.tag", "etc", "include", "lib", "lib32", "lib64", "man", "pyvenv.cfg"),
    *("scripts", "share", "desktop.ini", "thumbs.db", "icon\r"),
}


@dataclass(frozen=True, slots=True)
class Package:
    """One installed package; `name` is normalised (PEP 503).

    `requirement` installs it again as it was: `name==version`, or where it came from; `editable`
    is the folder of an editable one, "" otherwise; `made` is when it was installed, in nanoseconds.
    """

    name: str
    version: str
    requirement: str
    editable: str = ""
    made: int = field(default=0, compare=False)


def installed(environment: str, files: Files) -> dict[str, Package]:
    """Return what is installed in an environment, by normalised name."""
    libraries = os.path.join(environment, "lib")
    folders = [
        os.path.join(libraries, entry.name, "site-packages")
        for entry in sorted(files.entries(libraries, sizes=False))
        if entry.kind == "folder" and _LIBRARY.fullmatch(entry.name)
    ]
    found = {}
    # A disk that does not tell upper case from lower has one folder under both names.
    for folder in folders or [os.path.join(environment, "Lib", "site-packages")]:
        for entry in sorted(files.entries(folder, sizes=False)):
            package = _package(folder, entry, files)
            if package is not None:
                found[package.name] = package
    return found


def _package(folder: str, entry: Entry, files: Files) -> Package | None:
    """Return the package that a metadata folder stands for; None for everything else."""
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
    """Return the package with where it came from (PEP 610), if it did not come from an index."""
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
    # It is to be a word of a command line and a line on a terminal.
    is_text = (wanted + folder).isprintable()
    return replace(plain, requirement=wanted, editable=folder) if is_text else plain


def strangers(environment: str, files: Files) -> list[str]:
    """Return names at the top of an environment that nothing put there but a person.

    What sync clients and file managers leave behind is nobody's work.
    """
    names = {entry.name for entry in files.entries(environment, sizes=False)}
    return sorted(
        name
        for name in names
        if name.lower() not in _USUAL and not name.startswith(".") and not is_conflict(name, names)
    )
