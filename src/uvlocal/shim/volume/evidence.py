"""The signals of a sync client or of the user's settings, each as a small function.

They look for known names in the directories above the project, and never list a directory.
`uvlocal.shim.volume.locate` weighs what they find.
"""

from uvlocal.shim.machine.display import below_home
from uvlocal.shim.machine.early_os import stat
from uvlocal.shim.machine.host import System
from uvlocal.shim.machine.paths import comparable, components
from uvlocal.shim.volume.location import Sight
from uvlocal.shim.volume.providers.schema import Place, Provider
from uvlocal.shim.volume.providers.table import BY_ID, HIDES_FILES, PROVIDERS
from uvlocal.shim.volume.sync_roots import discovery
from uvlocal.shim.volume.sync_roots.model import SyncRoot

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

#: Ranks of signals for the same folder: the lowest wins.
LOCAL_ROOT, SYNCED_ROOT, CONFIGURED, SHAPE, MARKER, ATTRIBUTE, HIDDEN = range(7)

#: The folders that iCloud takes over when "Desktop & Documents" is on.
_TAKEN_OVER = ("desktop", "documents")
_CONTAINER = "com~apple~clouddocs"

#: A name that does not exist in any directory.
_NEVER_THERE = ".uvlocal-never-there"


class Signal:
    """One signal that fired.

    Attributes:
        rank: see above.
        top: the canonical folder that the signal is about, or "" if only the spelling of the path
            leads through one.
        provider: whose folder it is, or None for the user's own roots.
        said: a sentence that says what was seen and where.
        doubt: a sentence that says what would make it wrong.
        label: the name for people.
        confidence: `high`, `medium` or `low`.
        options: lines of the client's configuration, see `model.SyncRoot`.
        stale: why the client may not be in use, or "".
        shown: the user's own root for display, or "" for other signals.
    """

    __slots__ = (
        "confidence",
        "doubt",
        "label",
        "options",
        "provider",
        "rank",
        "said",
        "shown",
        "stale",
        "top",
    )

    def __init__(  # noqa: PLR0913 - as many fields as there are facts
        self,
        rank: int,
        top: str,
        provider: "Provider | None",
        *,
        said: str,
        doubt: str,
        label: str = "",
        confidence: str = "high",
        options: "tuple[str, ...]" = (),
        stale: str = "",
        shown: str = "",
    ) -> None:
        self.rank = rank
        self.top = top
        self.provider = provider
        self.said = said
        self.doubt = doubt
        self.label = label or (provider.label if provider else "")
        self.confidence = confidence
        self.options = options
        self.stale = stale
        self.shown = shown


def gather(sight: Sight) -> "list[Signal]":
    """Return every signal that fired."""
    found = [*_user_roots(sight), *_configured(sight)]
    found += [*_shapes(sight), *_back_links(sight)]
    found += _markers(sight, {signal.provider.id for signal in found if signal.provider})
    if not any(signal.provider for signal in found):
        found += _attributes(sight)  # on macOS this would cost an import and add nothing
    return found


def _places(sight: Sight, how: str) -> "Iterator[tuple[Provider, Place]]":
    platform = sight.system.platform
    for provider in PROVIDERS:
        for place in provider.places:
            if place.how == how and platform in place.platforms and sight.is_enabled(provider.id):
                yield provider, place


def _user_roots(sight: Sight) -> "Iterator[Signal]":
    for rank, key, folders in (
        (LOCAL_ROOT, "local-roots", sight.settings.local_roots),
        (SYNCED_ROOT, "synced-roots", sight.settings.synced_roots),
    ):
        for folder in folders:
            top = sight.folder_at(folder)
            if top is None and folder in sight.absent:
                sentence = f"{sight.shown(folder)}, listed in your `{key}`, cannot be found"
                sight.missing.append(sentence)
            if top is not None:
                said = f"{sight.shown(folder)} is listed in your `{key}`"
                doubt = "wrong if that setting is outdated"
                label = "a folder that you marked as synced" if rank == SYNCED_ROOT else ""
                shown = below_home(folder, sight.system)
                yield Signal(rank, top, None, said=said, doubt=doubt, label=label, shown=shown)


def _configured(sight: Sight) -> "Iterator[Signal]":
    found, sight.problems = discovery.configured(sight.system)
    for root in found:
        provider = BY_ID.get(root.provider)
        if provider is None or not sight.is_enabled(provider.id):
            continue
        sight.configured.add(provider.id)
        top = sight.folder_at(root.path)
        if top is None:
            if not sight.was_reached_through(root.path):
                _note_missing(sight, root, provider)
                continue
            if provider.links != "followed":
                continue
            top = ""
        label = root.label or provider.label
        said = f"{root.read_from} names the {label} folder {sight.shown(root.path)}"
        if top == "":
            said += ", and this client follows a link in it that leads here"
        yield Signal(
            CONFIGURED,
            top,
            provider,
            said=said,
            doubt=f"wrong if {label} is no longer used and left that behind",
            label=root.label,
            confidence=root.confidence,
            options=root.options,
            stale=root.stale,
        )


def _note_missing(sight: Sight, root: SyncRoot, provider: Provider) -> None:
    """Record a configured folder that does not exist: the client may have moved or been removed."""
    if root.path in sight.absent:
        folder = f"{provider.label} folder {sight.shown(root.path)}"
        sight.missing.append(f"{root.read_from} names the {folder}, which cannot be found")


def _shapes(sight: Sight) -> "Iterator[Signal]":
    system = sight.system
    parts = components(sight.folded, system)
    for provider, place, wanted in system.once("shapes", lambda: _known_shapes(system)):
        # A shape that starts with `/` matches at the start of the path, others anywhere.
        starts = len(parts) - len(wanted) + 1
        for start in range(min(starts, 1) if place.where.startswith("/") else starts):
            if _has_shape(parts[start : start + len(wanted)], wanted):
                top = sight.above[len(parts) - start - len(wanted)]
                signal = _of_shape(sight, provider, top, place.confidence)
                if signal.provider is not None and sight.is_enabled(signal.provider.id):
                    yield signal
                break
    yield from _through_container(sight)


def _known_shapes(system: System) -> "list[tuple[Provider, Place, list[str]]]":
    return [
        (provider, place, components(comparable("/" + place.where, system), system))
        for provider in PROVIDERS
        for place in provider.places
        if place.how == "shape" and system.platform in place.platforms
    ]


def _has_shape(parts: "list[str]", wanted: "list[str]") -> bool:
    return all(want in ("*", part) for part, want in zip(parts, wanted, strict=True))


def _of_shape(sight: Sight, provider: Provider, top: str, confidence: str) -> Signal:
    """Return the signal for a shape; a File Provider's folder is named after its provider."""
    label = ""
    if provider.id == "file-provider":
        service = sight.system.path.basename(top).partition("-")[0]
        label = f"{service} (a File Provider)"
        for row in PROVIDERS:
            if row.file_provider and row.file_provider.casefold() == service.casefold():
                provider, label = row, ""
                break
    return Signal(
        SHAPE,
        top,
        provider,
        said=f"{sight.shown(top)} is where {label or provider.label} keeps its files",
        doubt="wrong if you created that folder yourself",
        label=label,
        confidence=confidence,
    )


def _through_container(sight: Sight) -> "Iterator[Signal]":
    """Yield a signal if the path leads through iCloud's container to its Documents."""
    provider = BY_ID["icloud"]
    if sight.system.platform != "darwin" or not sight.is_enabled(provider.id):
        return
    parts = components(sight.found, sight.system)
    if _CONTAINER not in parts:
        return
    following = parts[parts.index(_CONTAINER) + 1 :][:1]
    for above in sight.above:
        name = sight.system.path.basename(above).lower()
        if name in _TAKEN_OVER and following == [name]:
            said = f"the path leads through iCloud Drive to {sight.shown(above)}"
            doubt = "wrong if you created that link yourself"
            yield Signal(SHAPE, above, provider, said=said, doubt=doubt)


def _back_links(sight: Sight) -> "Iterator[Signal]":
    """Yield folders that iCloud links to: Desktop and Documents stay where they are.

    The link is in the container, so resolving the project's path does not show it. It is looked
    for relative to the folder itself, so that other users' homes are covered as well.
    """
    system = sight.system
    for provider, place in _places(sight, "back-link"):
        for above in sight.above:
            home, name = system.path.split(above)
            if name.lower() not in _TAKEN_OVER:
                continue
            link = system.path.join(home, *place.where.split("/"), name)
            target = system.readlink(link)
            if (
                target is not None
                and sight.folder_at(
                    system.path.normpath(system.path.join(system.path.dirname(link), target))
                )
                == above
            ):
                yield Signal(
                    SHAPE,
                    above,
                    provider,
                    said=f"{sight.shown(link)} links to {sight.shown(above)}",
                    doubt="wrong if iCloud Drive was turned off and left that link behind",
                )


def _markers(sight: Sight, known: "set[str]") -> "Iterator[Signal]":
    for above in _folders_to_search(sight):
        for provider, place, path in _marks_in(above, sight):
            stale = ""
            listed = place.needs and provider.id in sight.configured
            if listed and provider.id not in known:
                stale = f"{provider.label} is set up on this machine, but not for this folder"
            yield Signal(
                MARKER,
                above,
                provider,
                said=f"{sight.shown(path)} exists, which is a sign of {provider.label}",
                doubt="wrong if it was left behind or copied here",
                confidence=place.confidence,
                stale=stale,
            )


def _marks_in(above: str, sight: Sight) -> "list[tuple[Provider, Place, str]]":
    """Return the markers in a directory; it may also contain the store and other projects."""
    system = sight.system

    def look() -> "list[tuple[Provider, Place, str]]":
        stem = system.path.join(above, "")
        marks = [
            (provider, place, stem + name)
            for provider, place, name in system.once("names of marks", names)
            if _is_marker(stem + name, place, system)
        ]
        # A file system on which every name exists (smbnetfs) has no markers.
        return [] if marks and system.exists(stem + _NEVER_THERE) else marks

    def names() -> "list[tuple[Provider, Place, str]]":
        return [
            (provider, place, place.where.rstrip("/").replace("/", system.path.sep))
            for provider, place in _places(sight, "marker")
        ]

    return system.once(f"marks in {above}", look)


def _is_marker(path: str, place: Place, system: System) -> bool:
    status = system.lstat(path)
    return status is not None and stat.S_ISDIR(status.st_mode) == place.where.endswith("/")


def _folders_to_search(sight: Sight) -> "list[str]":
    """Return the folders above the root that may have a marker: up to home, on the root's own disk.

    Nobody syncs the parent of all homes. No name is looked up beyond the mount point: in the
    directory of an automounter, that could start a search of the network.
    """
    system = sight.system
    home = comparable(system.home, system) if system.home else ""
    device = sight.device()
    folders = []
    for above in sight.above:
        status = sight.status(above)
        if status is not None and status.st_dev != device:
            break
        folders.append(above)
        if comparable(above, system) == home:
            break
    return folders


def _attributes(sight: Sight) -> "Iterator[Signal]":
    system = sight.system
    for provider, place in _places(sight, "attribute"):
        for above in sight.above[:-1]:  # without the outermost, which belongs to the system
            value = system.attribute(above, place.where)
            if value is None or not value.startswith(place.needs.encode()):
                continue
            label = ""
            if provider.id == "file-provider":
                domain = value.decode("utf-8", "replace").partition("/")[0]
                label = f"{domain} (a File Provider)" if domain.isprintable() else ""
            yield Signal(
                ATTRIBUTE,
                above,
                provider,
                said=f"{sight.shown(above)} has the attribute `{place.where}`",
                doubt="wrong if the folder was copied here from a synced place",
                label=label,
                confidence=place.confidence,
            )
            return


def hidden(sight: Sight, recorded: "Callable[[], str]") -> "Signal | None":
    """Return the signal that something hides the files in the project's dot-folders, or None.

    macOS hides `.git` and `.venv` by their names; the flag UF_HIDDEN comes from the program that
    damages the environment. It only counts without any other signal, and not on servers or FAT
    disks, which may have a hidden attribute of their own.

    Args:
        sight: the project.
        recorded: returns the provider in the record of the project's environment, because the
            project itself may contain nothing that could be hidden any more.
    """
    system, provider = sight.system, BY_ID[HIDES_FILES]
    if not system.has_hidden_flag() or not sight.is_enabled(provider.id):
        return None
    for place in provider.places:
        path = system.path.join(sight.root, place.where)
        if system.is_hidden(path):
            return Signal(
                HIDDEN,
                sight.root,
                provider,
                said=f"{sight.shown(path)} has the flag UF_HIDDEN, as sync clients of macOS set it",
                doubt="wrong if you hid it yourself",
                confidence=place.confidence,
            )
    if recorded() != provider.id:
        return None
    return Signal(
        HIDDEN,
        sight.root,
        provider,
        said="something hid files here when the project's environment was created",
        doubt="wrong if that no longer happens: `uvlocal remove` forgets it",
        confidence="medium",
    )
