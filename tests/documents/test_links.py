"""Every link in the documents points to an existing file, and an existing heading in it."""

from __future__ import annotations

import os
import posixpath

import pytest
from support.compare import documented
from support.tools.fetched import SOURCE


@pytest.mark.parametrize("name", documented.documents())
def test_links_lead_somewhere(name: str) -> None:
    """A relative link points to a file of the project, and its anchor to a heading of that file."""
    broken = []
    for target in documented.links(documented.read(name)):
        if target.startswith(("https:", "http:")):
            continue
        path, _, anchor = target.partition("#")
        file = posixpath.normpath(posixpath.join(posixpath.dirname(name), path)) if path else name
        is_there = os.path.isfile(os.path.join(SOURCE, file))
        if not is_there or (anchor and anchor not in documented.anchors(documented.read(file))):
            broken.append(target)
    assert not broken
