"""Check the real uv, other uvs on PATH, and uv's own central environments."""

from __future__ import annotations

import contextlib
import itertools
import os
import sys
from typing import TYPE_CHECKING

from uvlocal.manage.doctor.stores import uv_cache
from uvlocal.manage.findings import FAIL, OK, WARN, Finding
from uvlocal.manage.installation.on_path import uvs_on_path
from uvlocal.shim.machine import directories
from uvlocal.shim.machine.display import contract_home
from uvlocal.shim.project import uv_config
from uvlocal.shim.project.discovery import no_project
from uvlocal.shim.request.parse import parse
from uvlocal.shim.uv import handover, versions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from uvlocal.manage.doctor.facts import Facts

#: The oldest uv that the tests run with.
OLDEST = (0, 5, 9)
#: How a real uv was found, for people.
_ORIGINS = {"variable": "named by `UVLOCAL_UV`", "path": "on PATH", "recorded": "recorded"}
#: The error for a cloud file that cannot be linked (Windows,
#: `ERROR_CLOUD_FILE_INCOMPATIBLE_HARDLINKS`).
_POISONED = 396
#: Version managers that put shims on PATH.
_MANAGERS = ("asdf", "mise", "pyenv", "vfox")
#: The size limit of such a shim, in bytes; each has a few lines.
_SHIM_LIMIT = 64 * 1024
#: How many files in uv's cache are checked.
_SAMPLES = 50


def check(facts: Facts) -> list[Finding]:
    """Check the real uv, and the others on PATH."""
    real = facts.real_uv
    if not real.path:
        tried = f" (`UVLOCAL_UV` names `{real.wish}`, which {real.rejected})" if real.wish else ""
        mend = "unset `UVLOCAL_UV`" if real.wish else "install uv"
        return [Finding("no-real-uv", FAIL, f"there is no real uv{tried}", advice=mend)]
    version = _version(real.path, facts)
    text = _text(version)
    shown = contract_home(real.path, facts.system)
    seen = f"the real uv is `{shown}` ({text}, {_ORIGINS[real.origin]})"
    if version is None:
        return [Finding("uv-version", WARN, f"{seen}, which does not report its version", "medium")]
    if version < OLDEST:
        seen += f", older than {_text(OLDEST)}, the oldest version that uvlocal is tested with"
        return [Finding("uv-old", WARN, seen, command="uv self update", path=real.path)]
    found = [Finding("uv", OK, seen, path=real.path)]
    manager = manager_of(real.path, facts)
    if manager:
        follows = (
            f"`{shown}` is the shim of {manager}, which puts its own directory first on PATH for "
            "the programs it starts; a `uv` inside `uv run` still reaches uvlocal through a link "
            "in the environment, except in the call that creates the environment"
        )
        found.append(Finding("uv-managed", OK, follows, path=real.path))
    return [*found, *_others(real.path, version, facts)]


def manager_of(path: str, facts: Facts) -> str:
    """Return the version manager whose shim a uv is, or "".

    mise creates symlinks to itself; pyenv and asdf create scripts that mention them.
    """
    target = os.path.basename(os.path.realpath(path)).removesuffix(".exe")
    if target in _MANAGERS:
        return target
    script = (facts.system.read(path, _SHIM_LIMIT) or b"").lower()
    if not script.startswith(b"#!"):
        return ""
    named = [name for name in _MANAGERS if name.encode() in script]
    if named:
        return named[0]
    return "a version manager" if os.path.basename(os.path.dirname(path)) == "shims" else ""


def _version(path: str, facts: Facts) -> tuple[int, int, int] | None:
    cache = directories.cache_directory(facts.system)
    return versions.known(path, facts.system, os.path.join(cache, "uv-versions") if cache else "")


def _text(version: tuple[int, int, int] | None) -> str:
    return ".".join(map(str, version)) if version else "version unknown"


def _others(real: str, version: tuple[int, int, int], facts: Facts) -> list[Finding]:
    """Find uvs of another version on PATH: the order of PATH decides which one runs."""
    checks = []
    seen_paths = {os.path.realpath(real)}
    for path in uvs_on_path(facts.system):
        canonical = os.path.realpath(path)
        status = facts.system.stat(path)
        ours = status is not None and handover.is_shim(path, status, facts.system, "")
        if ours or canonical in seen_paths:
            continue
        seen_paths.add(canonical)
        other = _version(path, facts)
        if other != version:
            seen = (
                f"`{contract_home(path, facts.system)}` is another uv ({_text(other)}), "
                f"hidden by `{contract_home(real, facts.system)}` ({_text(version)})"
            )
            checks.append(Finding("uv-twice", WARN, seen, path=path, advice="remove one of them"))
    return checks


def check_centralizes(facts: Facts) -> list[Finding]:
    """Check whether uv itself keeps environments centrally, everywhere or in this project."""
    request = parse(["sync"], facts.system, lambda: None)
    project = facts.call.facts.project or no_project(facts.path)
    where = uv_config.centralized_by(request, project, facts.system)
    if not where:
        return []
    seen = (
        f"uv's own `{uv_config.FEATURE}` is on ({contract_home(where, facts.system)}), so uvlocal "
        "does nothing; `uv cache prune` removes those environments"
    )
    mend = "turn it off there to let uvlocal keep environments"
    return [Finding("uv-centralizes", WARN, seen, advice=mend)]


def check_cache(
    facts: Facts, link: Callable[[str, str], None] = os.link, platform: str = sys.platform
) -> list[Finding]:
    """Check whether files in uv's cache can still be linked.

    A cached file that was linked into an environment in OneDrive cannot be linked anywhere else
    afterwards (https://github.com/astral-sh/uv/issues/9500).
    """
    cache = uv_cache(facts)
    if platform != "win32" or not os.path.isdir(cache):
        return []
    trial = os.path.join(cache, ".uvlocal-trial")
    bad = 0
    for path in itertools.islice(_linked_files(cache), _SAMPLES):
        try:
            link(path, trial)
            os.unlink(trial)
        except OSError as error:
            bad += getattr(error, "winerror", None) == _POISONED
    if not bad:
        return []
    files, them = ("file", "it") if bad == 1 else ("files", "them")
    seen = f"{bad} {files} in uv's cache cannot be linked, as OneDrive has links to {them}"
    mend = "run `uvlocal migrate --all`, then `uv cache clean`"
    return [Finding("uv-cache-poisoned", FAIL, seen, "medium", path=cache, advice=mend)]


def _linked_files(cache: str) -> Iterator[str]:
    """Yield files in the cache with several links, which may be in an environment."""
    for folder, _, names in os.walk(cache):
        for name in names:
            path = os.path.join(folder, name)
            with contextlib.suppress(OSError):
                if os.lstat(path).st_nlink > 1:
                    yield path
