"""A wheel's description on an index: its links work there."""

from __future__ import annotations

import re

import pytest
from support.compare import documented
from support.hosts.launchers import hook
from support.tools.fetched import SOURCE

import uvlocal

REPOSITORY = "https://github.com/someone/uvlocal"


def test_without_a_repository() -> None:
    """A build without a known repository uses the README unchanged, and has no URLs."""
    made = hook.description_of(SOURCE, "")
    assert made["readme"]["text"] == documented.read("README.md")
    assert made["urls"] == {}


@pytest.mark.parametrize("given", [REPOSITORY, REPOSITORY + "/"])
def test_with_a_repository(given: str) -> None:
    """Every link and picture of the README is absolute, at the tag of this version."""
    made = hook.description_of(SOURCE, given)
    text = made["readme"]["text"]
    targets = documented.links(text)
    assert [target for target in targets if not target.startswith("https://")] == []
    tag = f"v{uvlocal.__version__}"
    assert "](docs/demo.svg)" not in text
    assert f"]({REPOSITORY}/raw/{tag}/docs/demo.svg)" in text
    assert f"]({REPOSITORY}/blob/{tag}/SECURITY.md)" in text
    assert re.sub(rf"{REPOSITORY}/(raw|blob)/{tag}/", "", text) == documented.read("README.md")
    assert all(url.startswith(REPOSITORY) for url in made["urls"].values())
    assert {"Source", "Documentation", "Changelog", "Issues"} == set(made["urls"])
