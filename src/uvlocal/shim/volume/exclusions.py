"""Folders inside a sync root that are not synced: excluded ones, and clients that are paused.

Only what a client's vendor documents, or its code shows, changes the result; anything disputed is
only reported. What counts is the environment's directory, `.venv`, and every folder above it up to
the sync root.
"""

from uvlocal.shim.machine.directories import expand
from uvlocal.shim.machine.paths import comparable
from uvlocal.shim.volume.evidence import Signal
from uvlocal.shim.volume.location import Sight
from uvlocal.shim.volume.providers.schema import Exclusion

#: The size limit of a file of patterns, in bytes.
_LIMIT = 256 * 1024
#: The attribute values that exclude a folder.
_YES = (b"1", b"1\0")


def state_of(signal: Signal, sight: Sight) -> "tuple[str, str]":
    """Return the state of a project below a synced folder, and the sentence for it.

    ("", "") means that it is synced. The states are those of `locate.Volume`.
    """
    provider = signal.provider
    if provider is None:
        return "", ""
    perhaps = ("", "")
    for exclusion in provider.exclusions:
        if sight.system.platform not in exclusion.platforms:
            continue
        if exclusion.option and exclusion.option not in signal.options:
            continue
        why = _excluded_by(exclusion, signal, sight)
        if why and exclusion.certain:
            return "excluded", f"{why}, so {provider.label} does not sync it"
        if why:
            perhaps = ("perhaps-excluded", f"{why}, which {provider.label} may or may not respect")
    stale = signal.stale or _without_marker(signal, sight)
    if stale:
        return "stale", f"{provider.label} may not sync this folder: {stale}"
    return perhaps


def _without_marker(signal: Signal, sight: Sight) -> str:
    """Return why the client does not sync, if it refuses a folder without its marker, or ""."""
    for option in signal.options:
        key, _, name = option.partition("=")
        path = sight.system.path.join(signal.top, *name.split("/"))
        if key == "marker" and not sight.system.exists(path):
            return f"its marker {sight.shown(path)} is missing"
    return ""


def _excluded_by(exclusion: Exclusion, signal: Signal, sight: Sight) -> str:
    """Return what was seen of an exclusion, or ""."""
    if exclusion.how == "option":
        if exclusion.what in signal.options:
            return f"its configuration has `{exclusion.what}`"
        return ""
    if exclusion.how == "patterns":
        return _by_file(exclusion, signal, sight)
    if exclusion.how == "listed":
        key = exclusion.what + "="
        listed = [line.removeprefix(key) for line in signal.options if line.startswith(key)]
        line = _by_patterns("\n".join(listed), exclusion, signal, sight)
        return f"its configuration has `{exclusion.what}` with `{line}`" if line else ""
    for folder in _inside(sight, signal.top):
        if why := _by_folder(exclusion, folder, sight):
            return why
    return ""


def _by_folder(exclusion: Exclusion, folder: str, sight: Sight) -> str:
    system, shown = sight.system, sight.shown(folder)
    if exclusion.how == "attribute":
        if system.attribute(folder, exclusion.what) in _YES:
            return f"{shown} has the attribute `{exclusion.what}`"
    elif exclusion.how == "suffix":
        if system.path.basename(folder).endswith(exclusion.what):
            return f"the name of {shown} ends with `{exclusion.what}`"
    elif system.exists(system.path.join(folder, exclusion.what)):
        return f"{shown} contains a file `{exclusion.what}`"
    return ""


def _by_file(exclusion: Exclusion, signal: Signal, sight: Sight) -> str:
    path = exclusion.what
    if path[0] in "$%~":
        path = expand(path, sight.system)
    elif signal.top:
        path = sight.system.path.join(signal.top, *path.split("/"))
    else:
        return ""
    data = sight.system.read(path, _LIMIT) if path else None
    if data is None:
        return ""
    line = _by_patterns(data.decode("utf-8", "replace"), exclusion, signal, sight)
    return f"{sight.shown(path)} has the line `{line}`" if line else ""


def _by_patterns(text: str, exclusion: Exclusion, signal: Signal, sight: Sight) -> str:
    """Return the pattern that excludes the environment, by its path below the sync root, or ""."""
    from uvlocal.shim.volume.ignore_patterns import ignores  # few roots have a file of patterns

    names = [sight.system.path.basename(folder) for folder in _inside(sight, signal.top)]
    folds = sight.system.platform != "linux"
    return ignores(text, "/".join(reversed(names)), exclusion.dialect, folds_case=folds)


def _inside(sight: Sight, top: str) -> "list[str]":
    """Return the environment's directory and those above it, without the sync root."""
    folders = [sight.system.path.join(sight.root, ".venv")]
    for above in sight.above:
        if top and comparable(above, sight.system) == comparable(top, sight.system):
            break
        folders.append(above)
    return folders
