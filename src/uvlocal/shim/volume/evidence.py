"""The signals that tell of a sync client or of the user's own word, each as a small function.

They ask for names that are known beforehand, in the folders above the project, and never for what
else is there. `uvlocal.shim.volume.locate` weighs what they find.
"""

from uvlocal.shim.machine.display import below_home
from uvlocal.shim.machine.early_os import stat
from uvlocal.shim.machine.host import System
from uvlocal.shim.machine.paths import comparable, components
from uvlocal.shim.volume.location import Sight
from uvlocal.shim.volume.providers.schema import Place, Provider
from uvlocal.shim.volume.providers.table import BY_ID, PROVIDERS
from uvlocal.shim.volume.sync_roots import discovery
from uvlocal.shim.volume.sync_roots.model import SyncRoot

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

#: How strong a signal is where two speak of the same folder: the least first.
LOCAL_ROOT, SYNCED_ROOT, CONFIGURED, SHAPE, MARKER, ATTRIBUTE = range(6)

#: The folders that iCloud takes over when "Desktop & Documents" is on.
_TAKEN_OVER = ("desktop", "documents")
_CONTAINER = "com~apple~clouddocs"

#: A name that no folder has.
_NEVER_THERE = ".uvlocal-never-there"


class Signal:
    """One signal that fired.

    Attributes:
        rank: how strong it is, see above.
        top: the folder that it speaks of, canonical; "" where only the spelling of the path led
            through one.
        provider: whose folder it is, None for the user's own roots.
        said: the sentence that says what was seen and where.
        doubt: the sentence that says what would make it wrong.
        label: what people call it.
        confidence: `high`, `medium` or `low`.
        options: lines of the client's configuration, see `roots_model.SyncRoot`.
        stale: what speaks against the client being in use, "" for nothing.
        shown: the user's own root as it is shown, "" for other signals.
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
        """Fill the signal."""
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
        found += _attributes(sight)  # on macOS this costs an import, and says nothing more
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
                sentence = f"{sight.shown(folder)}, one of your `{key}`, cannot be found"
                sight.missing.append(sentence)
            if top is not None:
                said = f"{sight.shown(folder)} is one of your `{key}`"
                doubt = "wrong if it should not be in your settings any more"
                label = "a synced folder of yours" if rank == SYNCED_ROOT else ""
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
            said += ", which a link leads out of, and this client follows links"
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
    """Remember a configured folder that is not there: the client may have been moved or removed."""
    if root.path in sight.absent:
        folder = f"{provider.label} folder {sight.shown(root.path)}"
        sight.missing.append(f"{root.read_from} names the {folder}, which cannot be found")


def _shapes(sight: Sight) -> "Iterator[Signal]":
    system = sight.system
    parts = components(sight.folded, system)
    for provider, place, wanted in system.once("shapes", lambda: _known_shapes(system)):
        # A shape that begins with `/` stands at the beginning of the path, others anywhere.
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
    """Return the signal of a shape; a File Provider's folder is named after its provider."""
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
        doubt="wrong if that folder was made by hand",
        label=label,
        confidence=confidence,
    )


def _through_container(sight: Sight) -> "Iterator[Signal]":
    """Yield what the user's spelling says: a path through iCloud's container to its Documents."""
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
            doubt = "wrong if that link was made by hand"
            yield Signal(SHAPE, above, provider, said=said, doubt=doubt)


def _back_links(sight: Sight) -> "Iterator[Signal]":
    """Yield folders that iCloud links to: Desktop and Documents stay where they are.

    The link is in the container, so that resolving the project's path does not show it. It is
    looked for beside the folder itself, so that other users' homes are seen as well.
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
                said=f"{sight.shown(path)} is there, a mark of {provider.label}",
                doubt="wrong if the mark was left behind or copied here",
                confidence=place.confidence,
                stale=stale,
            )


def _marks_in(above: str, sight: Sight) -> "list[tuple[Provider, Place, str]]":
    """Return the marks in a folder, which lies above the store and other projects perhaps too."""
    system = sight.system

    def look() -> "list[tuple[Provider, Place, str]]":
        stem = system.path.join(above, "")
        marks = [
            (provider, place, stem + name)
            for provider, place, name in system.once("names of marks", names)
            if _is_marker(stem + name, place, system)
        ]
        # A file system that claims to have every name (smbnetfs) has no marks.
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
    """Return the folders above the root that may have a mark: up to home, on the root's own disk.

    Nobody syncs the folder of all homes. Beyond the mount point no name is asked for: in the folder
    of an automounter that could start a search of the network.
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
        for above in sight.above[:-1]:  # not the outermost, which is the system's
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
