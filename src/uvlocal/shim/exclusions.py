"""Inside a sync root, and yet not synced: folders that are left out, clients that stand still.

Only what a client's maker documents, or its code shows, changes the answer; what is disputed is
told. What counts is the environment's own folder, `.venv`, and every folder above it up to the
root.
"""

from uvlocal.shim.paths import comparable
from uvlocal.shim.patterns import ignores
from uvlocal.shim.places import Exclusion
from uvlocal.shim.signals import Sight, Signal

#: The most that is read of a file of patterns, in bytes.
_LIMIT = 256 * 1024
#: A value of an excluding attribute, as text.
_YES = (b"1", b"1\0")


def state_of(signal: Signal, sight: Sight) -> "tuple[str, str]":
    """Return the state of a project below a synced folder, and the sentence for it.

    ("", "") stands for a plain yes. The states are those of `volume.Volume`.
    """
    provider = signal.provider
    if provider is None:
        return "", ""
    perhaps = ("", "")
    for exclusion in provider.exclusions:
        if sight.system.platform not in exclusion.platforms:
            continue
        if exclusion.option and exclusion.option not in signal.options.split(" "):
            continue
        why = _excluded_by(exclusion, signal, sight)
        if why and exclusion.certain:
            return "excluded", f"{why}, so {provider.label} leaves it out"
        if why:
            perhaps = ("perhaps-excluded", f"{why}, which {provider.label} may or may not heed")
    if signal.stale:
        return "stale", f"{provider.label} may not be in use: {signal.stale}"
    return perhaps


def _excluded_by(exclusion: Exclusion, signal: Signal, sight: Sight) -> str:
    """Return what was seen of one kind of exclusion, "" for nothing."""
    system = sight.system
    if exclusion.how == "patterns":
        path = system.path.join(signal.top, exclusion.what)
        data = system.read(path, _LIMIT)
        relative = _relative(sight, signal.top) if data is not None else None
        if data is None or relative is None:
            return ""
        folds = system.platform != "linux"
        line = ignores(data.decode("utf-8", "replace"), relative, folds_case=folds)
        return f"{sight.shown(path)} has the line `{line}`" if line else ""
    for folder in _inside(sight, signal.top):
        if exclusion.how == "attribute":
            if system.attribute(folder, exclusion.what) in _YES:
                return f"{sight.shown(folder)} has the attribute `{exclusion.what}`"
        elif exclusion.how == "suffix":
            if system.path.basename(folder).endswith(exclusion.what):
                return f"the name of {sight.shown(folder)} ends with `{exclusion.what}`"
        elif system.exists(system.path.join(folder, exclusion.what)):
            return f"{sight.shown(folder)} holds a file `{exclusion.what}`"
    return ""


def _inside(sight: Sight, top: str) -> "list[str]":
    """Return the environment's folder and those above it, without the root of the sync."""
    folders = [sight.system.path.join(sight.root, ".venv")]
    for above in sight.above:
        if comparable(above, sight.system) == comparable(top, sight.system):
            break
        folders.append(above)
    return folders


def _relative(sight: Sight, top: str) -> "str | None":
    """Return the environment's folder as the patterns see it: below the root, with slashes."""
    names = [sight.system.path.basename(folder) for folder in _inside(sight, top)]
    return "/".join(reversed(names)) if names else None
