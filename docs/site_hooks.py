"""Pages of the site that lie elsewhere in the tree, such as the README, which is the front page.

Links are written so that they work in the tree; here they are turned into links between pages.
"""

from __future__ import annotations

import os
import posixpath
import re
from typing import TYPE_CHECKING

from mkdocs.structure.files import File, Files

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.pages import Page

#: Files beside the folder `docs`, and the pages that they become.
PAGES = {
    "README.md": "index.md",
    "SECURITY.md": "security.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "LICENSE": "license.md",
}
_SOURCES = {page: source for source, page in PAGES.items()}
_LINK = re.compile(r"(?<=\]\()(?![a-z]+:|#)([^)#\s]+)")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that lie elsewhere."""
    root = os.path.dirname(config.config_file_path)
    for source, page in PAGES.items():
        path = os.path.join(root, source)
        files.append(File.generated(config, page, abs_src_path=path))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Return the page's text with its links as the site has them."""
    del config, files
    folder = "" if page.file.src_uri in _SOURCES else "docs"

    def target(found: re.Match[str]) -> str:
        path = posixpath.normpath(posixpath.join(folder, found[1]))
        return PAGES.get(path) or posixpath.relpath(path, "docs")

    return _LINK.sub(target, markdown)
