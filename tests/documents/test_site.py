"""The documentation site: it builds without the network, and a broken link stops the build."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support.tools.fetched import SOURCE

pytest.importorskip("mkdocs", reason="the site's tools are not installed: `make setup`")
pytestmark = pytest.mark.slow


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """Return a copy of the sources of the site."""
    root = tmp_path / "project"
    shutil.copytree(os.path.join(SOURCE, "docs"), root / "docs")
    names = [*Path(SOURCE).glob("*.md"), Path(SOURCE, "mkdocs.yml"), Path(SOURCE, "LICENSE")]
    for path in names:
        shutil.copy(path, root / path.name)
    return root


def build(root: Path) -> subprocess.CompletedProcess[str]:
    """Build the site as `make docs` does, without network access."""
    command = [sys.executable, "-m", "mkdocs", "build", "--strict"]
    nowhere = "http://localhost:9"
    environ = {**os.environ, "NO_MKDOCS_2_WARNING": "1", "HTTPS_PROXY": nowhere}
    return subprocess.run(
        command,
        cwd=root,
        env=environ | {"HTTP_PROXY": nowhere},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_site_needs_nothing_from_elsewhere(sources: Path) -> None:
    """No font, script, style or picture of the site comes from another host."""
    done = build(sources)
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr
    pages = list((sources / "build" / "site").glob("*.html"))
    assert len(pages) > 20
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert not re.findall(r"<(?:link|script|img|iframe)\b[^>]*(?:src|href)=\"?https?:", text)
    for style in (sources / "build" / "site").rglob("*.css"):
        assert not re.search(r"url\(\W*https?:", style.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "link",
    ["[x](nowhere.md)", "[x](install.md#nowhere)", "[x](../Makefile)", "![x](nowhere.svg)"],
    ids=["page", "anchor", "outside", "picture"],
)
def test_a_broken_link_stops_the_build(sources: Path, link: str) -> None:
    """A link to a page, a heading, a file outside or a picture that does not exist is an error."""
    with open(sources / "docs" / "faq.md", "a", encoding="utf-8") as file:
        file.write(f"\n{link}\n")
    assert build(sources).returncode != 0


def test_a_page_that_is_in_no_menu_stops_the_build(sources: Path) -> None:
    """Every page is in the menu."""
    (sources / "docs" / "new.md").write_text("# New\n", encoding="utf-8")
    assert build(sources).returncode != 0
