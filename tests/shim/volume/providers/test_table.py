"""Every row of the table of providers, on a machine that has all of them."""

from __future__ import annotations

import re
from itertools import chain
from typing import TYPE_CHECKING

import pytest
from support.hosts.fakes import FakeSystem
from support.hosts.provider_examples import EXAMPLES, MISSES
from support.hosts.sample_clients import PLATFORMS, at_home, machine

from uvlocal.shim.settings.settings import Settings
from uvlocal.shim.volume import filesystems, ignore_patterns
from uvlocal.shim.volume.locate import locate
from uvlocal.shim.volume.providers.table import BY_ID, PROVIDERS
from uvlocal.shim.volume.sync_roots import config_files, discovery

if TYPE_CHECKING:
    from uvlocal.shim.volume.providers.schema import Provider

HOWS = {
    "file",
    "registry",
    "variable",
    "fixed",
    "shape",
    "marker",
    "attribute",
    "back-link",
    "flag",
}
EXCLUSIONS = {"attribute", "suffix", "file", "patterns", "listed", "option"}
LINKS = {"kept", "skipped", "followed", "refused", "unknown"}
CONFIDENCES = {"high", "medium", "low"}


def _cases(table: dict[str, dict[str, tuple[str, ...]]]) -> list[object]:
    return [
        pytest.param(provider, platform, example, id=f"{provider}-{platform}-{example}")
        for provider, platforms in table.items()
        for platform, examples in platforms.items()
        for example in examples
    ]


def _on(platform: str, table: dict[str, dict[str, tuple[str, ...]]]) -> dict[str, tuple[str, ...]]:
    """Return the folders of each provider on one system."""
    return {provider: platforms.get(platform, ()) for provider, platforms in table.items()}


@pytest.mark.parametrize(("provider", "platform", "example"), _cases(EXAMPLES))
def test_example(provider: str, platform: str, example: str) -> None:
    """Each example is recognised as its own row's, on a machine with every client."""
    system = machine(platform)
    path = at_home(platform, example)
    volume = locate(path, path, system, Settings())
    assert (volume.kind, volume.provider, volume.state) == ("synced", provider, "")
    assert volume.evidence
    assert volume.contest.startswith("uvlocal config add-root --local ")
    assert volume.confidence in CONFIDENCES


@pytest.mark.parametrize(("provider", "platform", "example"), _cases(MISSES))
def test_near_miss(provider: str, platform: str, example: str) -> None:
    """A folder that only looks like a row's is not recognised."""
    path = at_home(platform, example)
    volume = locate(path, path, machine(platform), Settings())
    assert (volume.provider, volume.kind) != (provider, "synced"), volume.evidence


@pytest.mark.parametrize(("provider", "platform", "example"), _cases(EXAMPLES))
def test_disabled(provider: str, platform: str, example: str) -> None:
    """`enabled = false` disables a row, and only that row."""
    settings = Settings()
    settings.providers = {provider: {"enabled": False}}
    path = at_home(platform, example)
    assert locate(path, path, machine(platform), settings).provider != provider


@pytest.mark.parametrize(("provider", "platform", "example"), _cases(EXAMPLES))
def test_local_root(provider: str, platform: str, example: str) -> None:
    """The command that corrects a result works: the folder is local then."""
    settings = Settings()
    path = at_home(platform, example)
    settings.local_roots = (path,)
    volume = locate(path, path, machine(platform), settings)
    assert (volume.kind, volume.provider) == ("local", None), provider


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_user_without_clients(platform: str) -> None:
    """On a machine without clients no example is synced, except by its path alone."""
    system = FakeSystem(platform=platform)
    by_path = re.compile(
        "Mobile Documents/|CloudStorage/|chromeos/GoogleDrive/|Volumes/GoogleDrive/"
    )
    for example in chain.from_iterable(_on(platform, EXAMPLES).values()):
        path = at_home(platform, example)
        volume = locate(path, path, system, Settings())
        wanted = "synced" if by_path.search(example) else "local"
        assert volume.kind == wanted, (example, volume.evidence)


def test_ids() -> None:
    """Ids are kebab-case and unique, as they are keys of the user's settings."""
    ids = [provider.id for provider in PROVIDERS]
    assert len(set(ids)) == len(ids) == len(BY_ID)
    assert all(re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", identifier) for identifier in ids)


@pytest.mark.parametrize("platform", PLATFORMS)
def test_no_example_twice(platform: str) -> None:
    """No two rows have the same example, or the same near miss."""
    examples, misses = _on(platform, EXAMPLES), _on(platform, MISSES)
    everything = list(chain.from_iterable(examples.values()))
    assert len(set(everything)) == len(everything)
    for provider, folders in misses.items():
        assert not set(examples[provider]) & set(folders)


@pytest.mark.parametrize("row", PROVIDERS, ids=[row.id for row in PROVIDERS])
def test_columns(row: Provider) -> None:
    """Every column has a valid value, every probe exists, every row has a source."""
    assert row.label
    assert row.source.startswith("https://")
    assert row.links in LINKS
    assert set(row.copies_links) <= set(PLATFORMS)
    for place in row.places:
        assert place.how in HOWS
        assert place.confidence in CONFIDENCES
        assert place.platforms
        assert set(place.platforms) <= set(PLATFORMS)
        assert bool(place.probe) == (place.how in {"file", "registry"})
        assert not place.probe or place.probe in config_files.PROBES
        assert place.how == "registry" or "\\" not in place.where
    for exclusion in row.exclusions:
        assert exclusion.how in EXCLUSIONS
        assert set(exclusion.platforms) <= set(PLATFORMS)
        assert bool(exclusion.dialect) == (exclusion.how in {"patterns", "listed"})
        assert not exclusion.dialect or exclusion.dialect in ignore_patterns._COMMENTS


@pytest.mark.parametrize("row", PROVIDERS, ids=[row.id for row in PROVIDERS])
def test_every_place_is_shown(row: Provider) -> None:
    """Each system of a row has an example and a near miss."""
    for platform in {platform for place in row.places for platform in place.platforms}:
        assert EXAMPLES[row.id][platform]
        assert MISSES[row.id][platform]


def test_every_row_has_examples() -> None:
    """A row without examples is found only by its mount; no examples belong to a removed row."""
    mounted = {row.provider for row in filesystems.FILE_SYSTEMS}
    assert set(EXAMPLES) == set(MISSES)
    assert set(EXAMPLES) <= set(BY_ID) <= {*EXAMPLES, *mounted}


def test_every_probe_is_used() -> None:
    """Every probe is used."""
    used = {place.probe for row in PROVIDERS for place in row.places if place.probe}
    assert used == set(config_files.PROBES)


def test_rows_without_places_are_mounts() -> None:
    """A row without places is found by its mount, or by macOS' or Windows' own list."""
    mounted = {row.provider for row in filesystems.FILE_SYSTEMS}
    for row in PROVIDERS:
        assert row.places or row.windows_names or row.file_provider or row.id in mounted
    assert mounted <= {"", *BY_ID}


@pytest.mark.parametrize("platform", PLATFORMS)
def test_configurations_are_sound(platform: str) -> None:
    """On the machine with every client no configuration has problems."""
    found, problems = discovery.configured(machine(platform))
    assert problems == []
    assert len(found) > 10


@pytest.mark.parametrize(
    ("platform", "provider", "copies"),
    [
        pytest.param("win32", "~/OneDrive/foo", True, id="onedrive-windows"),
        pytest.param("darwin", "~/Library/CloudStorage/OneDrive-X/foo", True, id="onedrive-macos"),
        pytest.param("linux", "~/OneDrive/foo", False, id="onedrive-linux"),
        pytest.param("win32", "~/Dropbox/foo", False, id="dropbox-windows"),
    ],
)
def test_copies_links(platform: str, provider: str, *, copies: bool) -> None:
    """uv is told to copy where hard links would poison its cache: OneDrive's own clients."""
    path = at_home(platform, provider)
    assert locate(path, path, machine(platform), Settings()).copies_links is copies


def test_each_mark_is_of_one_provider() -> None:
    """A marker's name belongs to one provider."""
    names = [place.where for row in PROVIDERS for place in row.places if place.how == "marker"]
    assert len(names) == len(set(names)) > 5
