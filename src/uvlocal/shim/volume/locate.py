"""Find out which volume a project is on, with the evidence.

Every signal is about a folder: one of the user's own roots, a folder that a sync client is set up
with, a folder with a known name or marker (`evidence`), or the mount point (`mounts`). The
innermost folder wins; at a tie the user's settings do. No directory inside a synced tree is listed.
"""

from uvlocal.shim.machine.display import below_home, quoted
from uvlocal.shim.machine.host import System
from uvlocal.shim.machine.paths import depth, is_anonymous
from uvlocal.shim.volume.evidence import LOCAL_ROOT, SYNCED_ROOT, Signal, gather, hidden
from uvlocal.shim.volume.location import Sight

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from uvlocal.shim.settings.settings import Settings
    from uvlocal.shim.volume.filesystems import FileSystem
    from uvlocal.shim.volume.mounts import Mount

#: How deep mounts backed by other folders may nest (an encrypted folder in a bind mount ...).
_MOST_BACKINGS = 3


class Volume:
    """The volume that a project is on.

    Attributes:
        kind: `synced`, `network`, `shared`, `incapable` or `local`.
        label: the name for people: `Dropbox`, `sshfs`, `ext4`.
        provider: the id in the table of providers, or None.
        file_system: the type as the system names it, or "" if it was not needed.
        mount_point: the mount point, or "" if it was not needed.
        top: the sync root or mount point, or "".
        evidence: sentences: what was seen, where, and what would make it wrong.
        confidence: `high`, `medium` or `low`.
        contest: the command with which a user corrects the result.
        state: a special case, or "": `excluded` (inside a sync root, but not synced),
            `perhaps-excluded`, `stale` (the client may be gone), `root-missing` (a configured root
            cannot be found), `unmounted`.
        links: what the provider does to symlinks, or "" without a provider.
        copies_links: uv should copy instead of linking (`UV_LINK_MODE=copy`) when it writes here.
    """

    __slots__ = (
        "confidence",
        "contest",
        "copies_links",
        "evidence",
        "file_system",
        "kind",
        "label",
        "links",
        "mount_point",
        "provider",
        "state",
        "top",
    )

    def __init__(  # noqa: PLR0913 - as many fields as there are facts
        self,
        kind: str,
        label: str,
        *,
        provider: "str | None" = None,
        file_system: str = "",
        mount_point: str = "",
        top: str = "",
        evidence: "list[str] | None" = None,
        confidence: str = "high",
        contest: str = "",
        state: str = "",
        links: str = "",
        copies_links: bool = False,
    ) -> None:
        self.kind = kind
        self.label = label
        self.provider = provider
        self.file_system = file_system
        self.mount_point = mount_point
        self.top = top
        self.evidence = evidence or []
        self.confidence = confidence
        self.contest = contest
        self.state = state
        self.links = links
        self.copies_links = copies_links


def locate(  # noqa: PLR0913 - a place, and what is known of it
    root: str,
    found: str,
    system: System,
    settings: "Settings",
    known_local: str = "",
    *,
    binds: bool = True,
    recorded: "Callable[[], str]" = str,
) -> Volume:
    """Return the volume of the project at `root`.

    Args:
        root: the canonical root.
        found: the root as the user spelled it, perhaps through symlinks.
        system: the machine.
        settings: the user's; only `synced_roots`, `local_roots` and `providers` are used.
        known_local: a directory, usually the store. For a root on the same disk, the mount table is
            not read. A home directory on a network file system does not count: only a disk has a
            device number of its own.
        binds: also check whether a bind mount shows a folder inside a sync root here, which reads
            the mount table, and whether files are hidden here. Not needed for the store.
        recorded: returns the provider in the record of the project's environment, or "".
    """
    sight = Sight(root, found, system, settings)
    symptom = (lambda: hidden(sight, recorded)) if binds else None
    return _locate(sight, known_local, _MOST_BACKINGS, binds=binds, symptom=symptom)


def _locate(
    sight: Sight,
    known_local: str,
    backings: int,
    *,
    binds: bool = True,
    symptom: "Callable[[], Signal | None] | None" = None,
) -> Volume:
    system = sight.system
    signal = _strongest(gather(sight), system)
    device = sight.device()
    mount, row = None, None
    if not _is_known_local(device, known_local, sight):
        from uvlocal.shim.volume import mounts  # not needed on a known disk

        mount = mounts.find(sight.root, device, system)
        row = mounts.classify(mount, system) if mount is not None else None
    if mount is not None and row is not None:
        volume = None
        if signal is None or not _is_inner(signal, mount, system):
            volume = _of_mount(mount, row, sight, backings)
        if volume is not None:
            return volume
    if signal is None and binds and backings:
        elsewhere = _behind_bind_mount(mount, sight, backings)
        if elsewhere is not None:
            return elsewhere
    if signal is None and symptom is not None:
        signal = symptom()
    if signal is None or signal.rank == LOCAL_ROOT:
        return _local(sight, signal, mount, row)
    return _synced(sight, signal, mount)


def is_local_mount(path: str, device: int, system: System) -> bool:
    """Return whether a directory is the mount point of a local file system."""
    if system.platform == "win32":
        return False
    if system.platform != "linux":  # elsewhere each mount has its own device number
        above = system.stat(system.path.dirname(path))
        if above is None or above.st_dev == device:
            return False
    from uvlocal.shim.volume import mounts

    mount = mounts.find(path, device, system)
    if mount is None or mount.point != path:
        return False
    row = mounts.classify(mount, system)
    return row.kind == "local" and not row.backed


def _behind_bind_mount(mount: "Mount | None", sight: Sight, backings: int) -> "Volume | None":
    """Return the volume of the folder behind a bind mount if it is synced, else None.

    The path of a bind mount does not show the sync root that the folder is in. Without a configured
    sync client, the mount table need not be read for this.
    """
    system = sight.system
    if not (sight.configured or sight.settings.synced_roots) or system.platform != "linux":
        return None
    from uvlocal.shim.volume import mounts

    mount = mount or mounts.find(sight.root, sight.device(), system)
    if mount is None:
        return None
    here = system.stat(mount.point)
    for path in mounts.origins(mount, sight.root, system):
        folder = path[: len(path) - len(sight.root) + len(mount.point.rstrip("/"))]
        there = system.stat(folder)
        if here is None or there is None:
            continue
        if (here.st_dev, here.st_ino) != (there.st_dev, there.st_ino):
            continue  # another mount covers it
        volume = _locate(Sight(path, path, system, sight.settings), "", backings - 1)
        if volume.kind == "synced":
            said = f"{sight.shown(mount.point)} is a bind mount of {sight.shown(folder)}"
            volume.evidence.insert(0, f"{said} (read from {mount.read_from})")
            volume.contest = _contest(sight, local=True)
            return volume
    return None


def _strongest(found: "list[Signal]", system: System) -> "Signal | None":
    """Return the signal with the innermost folder; at a tie, the strongest one."""
    best: "Signal | None" = None
    for signal in found:
        if best is None or (-depth(signal.top, system), signal.rank) < (
            -depth(best.top, system),
            best.rank,
        ):
            best = signal
    return best


def _is_inner(signal: Signal, mount: "Mount", system: System) -> bool:
    """Return whether a signal's folder is inside a mount, or is its mount point."""
    return depth(signal.top, system) >= depth(mount.point, system)


# -- the disk --------------------------------------------------------------------------------------


def _is_known_local(device: "int | None", known_local: str, sight: Sight) -> bool:
    """Return whether a device is known to be a local disk, without reading the mount table.

    On Linux a disk has its own device number, while network file systems, FUSE, and memory have
    anonymous ones. On macOS the startup disk is local.
    """
    system = sight.system
    if device is None:
        return False
    if system.platform == "darwin":
        return any(
            status is not None and status.st_dev == device
            for status in (system.stat("/System/Volumes/Data"), system.stat("/"))
        )
    if system.platform != "linux" or not known_local or is_anonymous(device):
        return False
    return Sight(known_local, known_local, system, sight.settings).device() == device


def _holder(mount: "Mount", system: System) -> str:
    """Return the folder that contains the files of a mount, or "" if it is unknown.

    EncFS does not show it in the mount table, but is started as `encfs OPTIONS FOLDER MOUNTPOINT`.
    """
    _, slash, rest = mount.device.partition("/")
    if slash:
        return slash + rest
    for line in system.command_lines(mount.device):
        words = [word.rstrip("/") for word in line]
        at = words.index(mount.point) - 1 if mount.point in words else 0
        if at > 0 and system.path.isabs(words[at]):
            return words[at]
    return ""


def _behind(mount: "Mount", row: "FileSystem", sight: Sight, backings: int) -> "Volume | None":
    """Return the volume of the folder that backs a mount, or None if that is local.

    An encrypted folder in Dropbox is synced, wherever it is mounted.
    """
    system = sight.system
    folder = _holder(mount, system)
    if folder in ("", mount.point) or not system.exists(folder):
        return None
    from uvlocal.shim.volume import mounts

    label = mounts.label_of(row, mount, sight.root, system)
    inner = Sight(system.realpath(folder), folder, system, sight.settings)
    volume = _locate(inner, "", backings - 1)
    if volume.kind == "local" and not volume.state:
        return None
    said = f"{sight.shown(mount.point)} shows the content of {sight.shown(folder)} ({label})"
    volume.evidence.insert(0, said)
    volume.contest = _contest(sight, local=volume.kind != "local")
    return volume


# -- results ---------------------------------------------------------------------------------------


def _contest(sight: Sight, *, local: bool) -> str:
    """Return the command that marks the root as local, or as synced."""
    root = quoted(below_home(sight.root, sight.system), sight.system)
    return f"uvlocal config add-root {'--local ' if local else ''}{root}"


def _of_mount(mount: "Mount", row: "FileSystem", sight: Sight, backings: int) -> "Volume | None":
    """Return the volume for a mount, or None if it is local or its provider is disabled."""
    if row.backed:
        return _behind(mount, row, sight, backings) if backings else None
    if row.kind == "local" or (row.provider and not sight.is_enabled(row.provider)):
        return None
    from uvlocal.shim.volume import mounts

    label = mounts.label_of(row, mount, sight.root, sight.system)
    said = f"{sight.shown(mount.point)} is {label}, of type `{mount.type}`"
    if mount.device:
        said += f" from `{mount.device}`"
    evidence = [f"{said} (read from {mount.read_from})"]
    if row.note:
        evidence.append(row.note)
    if row.confidence == "low":
        evidence.append("wrong if the program behind it keeps its files on this machine")
    else:
        evidence.append("wrong only if something else has the same name")
    return Volume(
        row.kind,
        label,
        provider=row.provider or None,
        file_system=mount.type,
        mount_point=mount.point,
        top=mount.point,
        evidence=evidence,
        confidence=row.confidence,
        contest=_contest(sight, local=True),
        state="unmounted" if mount.type == "autofs" else "",
    )


def unmounted(root: str, system: System, settings: "Settings") -> "Volume | None":
    """Return the unmounted volume of a project that cannot be found, or None if none is known.

    Not a part of `locate`, which is also called for directories that do not exist yet.
    """
    from uvlocal.shim.volume import mounts
    from uvlocal.shim.volume import unmounted as absent

    missing = absent.unmounted(root, system)
    if missing is None:
        return None
    sight = Sight(root, root, system, settings)
    signal = _strongest(gather(sight), system)
    row = mounts.classify(missing, sight.system) if missing.type else None
    provider = signal.provider if signal else None
    kind = row.kind if row else "local"
    if signal is not None:
        kind = "local" if signal.rank == LOCAL_ROOT else "synced"
    said = f"{sight.shown(missing.point)} is not mounted (known from {missing.read_from})"
    return Volume(
        kind,
        "a volume that is not mounted",
        provider=provider.id if provider else None,
        file_system=missing.type,
        mount_point=missing.point,
        top=missing.point,
        evidence=[said, *([signal.said] if signal else [])],
        confidence="medium",
        contest=_contest(sight, local=kind != "local"),
        state="unmounted",
        links=provider.links if provider else "",
    )


def _synced(sight: Sight, signal: Signal, mount: "Mount | None") -> Volume:
    from uvlocal.shim.volume import exclusions  # only needed in synced folders

    state, sentence = exclusions.state_of(signal, sight)
    provider = signal.provider
    excluded = state == "excluded"
    evidence = [signal.said, signal.doubt]
    if sentence:
        evidence.insert(1, sentence)
    contest = _contest(sight, local=not excluded)
    if signal.rank == SYNCED_ROOT:
        contest = f"uvlocal config remove-root {quoted(signal.shown, sight.system)}"
    platforms = provider.copies_links if provider else ()
    return Volume(
        "local" if excluded else "synced",
        f"{signal.label}, excluded from sync" if excluded else signal.label,
        provider=provider.id if provider else None,
        file_system=mount.type if mount else "",
        mount_point=mount.point if mount else "",
        top=signal.top,
        evidence=evidence,
        confidence="low" if state in ("stale", "perhaps-excluded") else signal.confidence,
        contest=contest,
        state=state,
        links=provider.links if provider else "",
        copies_links=not excluded and sight.system.platform in platforms,
    )


def _local(
    sight: Sight, signal: "Signal | None", mount: "Mount | None", row: "FileSystem | None"
) -> Volume:
    system = sight.system
    label, confidence, evidence = "local disk", "high", []
    contest = _contest(sight, local=False)
    if mount is not None and row is not None:
        from uvlocal.shim.volume import mounts

        label = mounts.label_of(row, mount, sight.root, system)
        confidence = row.confidence
        said = f"{sight.shown(mount.point)} is of type `{mount.type}`, which is local"
        if row.kind != "local":
            said = f"{sight.shown(mount.point)} is of type `{mount.type}`"
        evidence.append(f"{said} (read from {mount.read_from})")
    if signal is not None:
        evidence.insert(0, signal.said)
        evidence.append(signal.doubt)
        confidence = signal.confidence
        contest = f"uvlocal config remove-root {quoted(signal.shown, system)}"
    else:
        evidence.append("no known sync client syncs this folder")
        evidence += sight.problems + sight.missing
    return Volume(
        "local",
        label,
        file_system=mount.type if mount else "",
        mount_point=mount.point if mount else "",
        top=signal.top if signal else (mount.point if mount else ""),
        evidence=evidence,
        confidence=confidence,
        contest=contest,
        state="root-missing" if signal is None and sight.missing else "",
    )
