"""The output of commands, kept as text files beside the tests, to see every change.

`pytest --update-transcripts` rewrites them; then `git diff` shows what changed.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from support.tools.fetched import SOURCE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from support.hosts.worlds import Completed

_FOLDER = os.path.join(SOURCE, "tests", "manage", "transcripts")


class Transcripts:
    """The transcripts; with `update` they are rewritten instead of compared."""

    def __init__(self, *, update: bool) -> None:
        self._update = update

    def check(self, name: str, results: Iterable[Completed]) -> None:
        """Compare the output of commands with the file `name`."""
        text = "\n".join(map(_told, results))
        path = os.path.join(_FOLDER, f"{name}.txt")
        if self._update:
            os.makedirs(_FOLDER, exist_ok=True)
            with open(path, "w", encoding="utf-8", newline="\n") as file:
                file.write(text)
        with open(path, encoding="utf-8") as file:
            assert text == file.read(), "`pytest --update-transcripts` accepts what is printed now"


def _told(result: Completed) -> str:
    """Return one command with its output: stdout, then stderr, with each line marked."""
    words = ["uvlocal" if word.endswith("uvlocal") else word for word in result.command]
    words = words[words.index("uvlocal") :] if "uvlocal" in words else words
    lines = [f"$ {' '.join(words)}"]
    lines += [f"  {line}".rstrip() for line in result.out.splitlines()]
    lines += [f"! {line}".rstrip() for line in result.err.splitlines()]
    return "\n".join([*lines, f"exit code {result.code}", ""])
