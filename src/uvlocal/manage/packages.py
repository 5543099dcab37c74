"""What an environment holds, read from its folders without starting its Python.

An environment in a synced folder may not be able to start: its Python was that of another machine,
its files were evicted. The names of its `.dist-info` folders still say what was installed
(https://packaging.python.org/specifications/recording-installed-packages/).
"""

from __future__ import annotations

import csv
import json
import os
import re
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from uvlocal.manage.trees import READ_LIMIT, Entry, Files, describe, is_conflict

#: What may be the name and the version of a package; anything else in a folder's name is somebody's
#: trick, and must not become a word on uv's command line.
#: https://packaging.python.org/specifications/name-normalization/
_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9.!+_-]*")
#: The Pythons that are asked for by name, besides CPython.
_IMPLEMENTATIONS = ("graalpy", "pypy")
#: What tools put into a new environment so that it can install: nobody asked for them.
SEEDS = frozenset(("pip", "setuptools", "wheel"))
#: What an environment has at its top, put there by what makes environments and by Python itself.
_USUAL = frozenset(
    (
        "bin",
        "cachedir.tag",
        "etc",
        "include",
        "lib",
        "lib32",
        "lib64",
        "man",
        "pyvenv.cfg",
        "scripts",
        "share",
    )
)
_NOTES = frozenset(("desktop.ini", "thumbs.db", "icon\r"))


@dataclass(frozen=True, slots=True)
class Package:
    """One installed package; `name` is normalised (PEP 503).

    `requirement` installs it again as it was: `name==version`, or where it came from; `editable`
    is the folder of an editable one, "" otherwise.
    """

    name: str
    version: str
    requirement: str
    editable: str = ""


@dataclass(frozen=True, slots=True)
class Python:
    """The Python of an environment, as its `pyvenv.cfg` says.

    `version` is like `3.12.1`, "" where it does not say; `request` is how uv is asked for the same
    one; `has_seed` says that the user wanted pip in it (`uv venv --seed`).
    """

    version: str
    request: str
    has_seed: bool


def normalised(name: str) -> str:
    """Return a package's name in its one form (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def is_name(text: str) -> bool:
    """Say whether a text can be a name of a package, an extra or a group."""
    return _NAME.fullmatch(text) is not None


def python(environment: str, files: Files) -> Python:
    """Return what `pyvenv.cfg` says about the Python of an environment."""
    text = _read(os.path.join(environment, "pyvenv.cfg"), files).decode("utf-8", "replace")
    keys = {}
    for line in text.splitlines():
        key, equals, value = line.partition("=")
        if equals:
            keys[key.strip().lower()] = value.strip()
    found = re.match(r"\d+\.\d+(\.\d+)?", keys.get("version_info") or keys.get("version", ""))
    version = found.group() if found else ""
    request = version
    if version and any(name.endswith("t") for name in _libraries(environment, files)):
        request = ".".join(version.split(".")[:2]) + "t"  # built without the global lock
    implementation = keys.get("implementation", "CPython").lower()
    if version and implementation in _IMPLEMENTATIONS:  # uv takes other words for paths
        request = f"{implementation}@{version}"
    return Python(version, request, keys.get("seed", "").lower() == "true")


def _libraries(environment: str, files: Files) -> list[str]:
    """Return the names such as `python3.12` in `lib`."""
    folder = os.path.join(environment, "lib")
    names = (e.name for e in files.entries(folder, sizes=False) if e.kind == "folder")
    return sorted(name for name in names if re.fullmatch(r"(python|pypy|graalpy)\d[\d.]*t?", name))


def site_packages(environment: str, files: Files) -> list[str]:
    """Return the folders in which the packages of an environment lie."""
    windows = os.path.join(environment, "Lib", "site-packages")
    folders = [
        os.path.join(environment, "lib", name, "site-packages")
        for name in _libraries(environment, files)
    ]
    # A disk that does not tell upper case from lower has one folder under both names.
    return folders or [windows]


def installed(environment: str, files: Files) -> dict[str, Package]:
    """Return what is installed in an environment, by normalised name."""
    found = {}
    for folder in site_packages(environment, files):
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
    if not is_name(name) or (version and not _VERSION.fullmatch(version)):
        return None
    name = normalised(name)
    plain = Package(name, version, f"{name}=={version}" if version else name)
    if entry.kind != "folder" or entry.evicted:
        return plain
    return _with_origin(plain, _read(os.path.join(folder, entry.name, "direct_url.json"), files))


def _with_origin(plain: Package, data: bytes) -> Package:
    """Return the package with where it came from (PEP 610), if it did not come from an index."""
    try:
        origin = json.loads(data)
        url: str = origin["url"]
        directory = origin.get("dir_info", {})
        revision = origin.get("vcs_info", {})
        if directory.get("editable"):
            folder = _path_of(url)
            wanted = f"{plain.name} @ {url}"
            is_plain = os.path.isabs(folder) and _is_plain(wanted + folder)
            return Package(plain.name, plain.version, wanted, folder) if is_plain else plain
        if revision:
            url = f"{revision['vcs']}+{url}@{revision['commit_id']}"
        below = origin.get("subdirectory")
        url += f"#subdirectory={below}" if below else ""
        wanted = f"{plain.name} @ {url}"
        return Package(plain.name, plain.version, wanted) if _is_plain(wanted) else plain
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return plain


def _is_plain(text: str) -> bool:
    """Say whether a text can be a word of a command line and a line on a terminal."""
    return text.isprintable()  # which half of a surrogate pair is not


def _path_of(url: str) -> str:
    """Return the folder that a `file:` URL names."""
    path = unquote(urlsplit(url).path)
    return path[1:] if os.name == "nt" and path[2:3] == ":" else path


def missing_files(environment: str, files: Files) -> list[str]:
    """Return the `.pth` files that are recorded as installed but are not there.

    An installation that was killed leaves the metadata of a package without its `.pth` file; uv
    takes the package for installed, and does not repair it.
    """
    missing = []
    for folder in site_packages(environment, files):
        for entry in files.entries(folder, sizes=False):
            if entry.kind == "folder" and entry.name.endswith(".dist-info"):
                for path in _recorded(os.path.join(folder, entry.name), files):
                    target = os.path.join(folder, path)
                    if path.endswith(".pth") and files.status(target) is None:
                        missing.append(target)
    return sorted(missing)


def strangers(environment: str, files: Files) -> list[str]:
    """Return names at the top of an environment that nothing put there but a person.

    Packages may bring folders of their own; those are in their records. What sync clients and
    file managers leave behind is nobody's work.
    """
    names = {entry.name for entry in files.entries(environment, sizes=False)}
    found = []
    for name in names:
        usual = name.lower() in _USUAL or name.lower() in _NOTES or name.startswith(".")
        if not usual and not is_conflict(name, names):
            found.append(name)
    if not found:
        return []
    owned = set()
    for folder in site_packages(environment, files):
        for entry in files.entries(folder, sizes=False):
            if entry.name.endswith(".dist-info"):
                for path in _recorded(os.path.join(folder, entry.name), files):
                    target = os.path.normpath(os.path.join(folder, path))
                    owned.add(os.path.relpath(target, environment).split(os.sep)[0])
    return sorted(name for name in found if name not in owned)


def _recorded(metadata: str, files: Files) -> list[str]:
    """Return the paths in a `RECORD`, relative to the folder of packages."""
    text = _read(os.path.join(metadata, "RECORD"), files).decode("utf-8", "replace")
    try:
        return [row[0] for row in csv.reader(text.splitlines()) if row and row[0]]
    except csv.Error:
        return []


def _read(path: str, files: Files) -> bytes:
    """Return a file's content; b"" where there is none, or where it would have to be fetched."""
    status = files.status(path)
    if status is None:
        return b""
    entry = describe("", status)
    if entry.kind != "file" or entry.evicted or entry.size > READ_LIMIT:
        return b""
    return files.read(path)
