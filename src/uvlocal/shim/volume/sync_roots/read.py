"""Re-read sync clients' configuration when the cached result is stale."""

from uvlocal.shim.machine.host import System
from uvlocal.shim.volume.providers.schema import Place, Provider
from uvlocal.shim.volume.sync_roots import cache, config_files
from uvlocal.shim.volume.sync_roots.model import ABSENT, SyncRoot
from uvlocal.shim.volume.sync_roots.reader import Reader


def read(
    places: "list[tuple[Provider, Place, list[str]]]", expected: "list[str]", system: System
) -> "tuple[list[SyncRoot], list[str]]":
    """Return the folders that these places name, and the problems found; cache both.

    Args:
        places: each place, with the inputs that decide whether to read it.
        expected: all of these inputs.
        system: the machine.
    """
    reader = Reader(system)
    for provider, place, names in places:
        if any([reader.rely_on(name) != ABSENT for name in names]):  # noqa: C419 - all
            probe(reader, provider, place, names[0].removeprefix("&"))
    reader.conclude()
    all_inputs = dict.fromkeys([*expected, *reader.inputs])
    inputs = [(name, reader.rely_on(name)) for name in all_inputs]
    cache.save(inputs, reader.roots, reader.problems, system)
    return reader.roots, reader.problems


def probe(reader: Reader, provider: Provider, place: Place, where: str) -> None:
    """Run the probe of one place; a damaged file affects only its own folders."""
    reader.begin(provider, place)
    try:
        config_files.PROBES[place.probe](reader, where)
    except Exception:  # noqa: BLE001 - a parser may raise anything on a damaged file
        reader.complain(where, "is damaged")
