"""On a (simulated) Mac, uvlocal causes no privacy prompt that uv itself would not cause."""

from __future__ import annotations

import posixpath

import pytest
from support.compare import mac_accesses
from support.compare.mac_accesses import CONTENT, ELSEWHERE, GUARDED, Guarded, WatchedMac

from uvlocal.manage.projects import sync_roots
from uvlocal.shim.settings.settings import Settings

#: The files that uv reads in a project, and above it.
READ_BY_UV = {"pyproject.toml", "uv.toml", ".python-version", "uv.lock", ".env"}
PROJECTS = [ELSEWHERE, *(one.project for one in GUARDED if one.project)]


def _read(touched: set[tuple[str, str]], guarded: Guarded) -> set[str]:
    return {path for kind, path in mac_accesses.within(touched, guarded) if kind in CONTENT}


@pytest.mark.parametrize("project", PROJECTS)
def test_nothing_is_read_that_uv_does_not_read(project: str) -> None:
    """In protected folders only files that uv reads as well are read."""
    touched = mac_accesses.accesses(project)
    assert touched
    for guarded in GUARDED:
        read = _read(touched, guarded)
        assert guarded.project == project or not read
        for path in read:
            assert posixpath.basename(path) in READ_BY_UV
            assert f"{project}/".startswith(posixpath.dirname(path) + "/")


@pytest.mark.parametrize("project", PROJECTS)
def test_no_other_apps_data(project: str) -> None:
    """Other apps' data folders are not accessed at all."""
    [guarded] = [one for one in GUARDED if not one.project]
    assert not mac_accesses.within(mac_accesses.accesses(project), guarded)


def test_known_folders_are_found_by_metadata() -> None:
    """The machine's synced folders are found without access to Desktop and similar folders."""
    system = mac_accesses.mac(ELSEWHERE)
    found = sync_roots.folders(system, Settings())
    assert {"/Users/me/Desktop", "/Users/me/Documents"} <= {one.path for one in found}
    assert not _read(system.accesses, GUARDED[0])


@pytest.mark.parametrize(
    "ask",
    [WatchedMac.listdir, WatchedMac.read, WatchedMac.can_change],
    ids=lambda ask: ask.__name__,
)
def test_a_read_would_be_seen(ask: object) -> None:
    """The guard itself works: a read in a protected folder is detected."""
    system = mac_accesses.mac("/Users/me/Documents/foo")
    assert callable(ask)
    ask(system, "/Users/me/Documents/foo/pyproject.toml")
    assert _read(system.accesses, GUARDED[0])
