"""Remove private names from text that a user sends to somebody else."""

from __future__ import annotations

import contextlib
import getpass
import re
import socket
from typing import TYPE_CHECKING

from uvlocal.manage.doctor import public_words
from uvlocal.shim.machine.display import printable
from uvlocal.shim.store import naming

if TYPE_CHECKING:
    from collections.abc import Iterator

    from uvlocal.shim.machine.host import System

#: Variables that hold the name of the user, and of the machine or its domain.
_USER = ("USER", "LOGNAME", "USERNAME", "SUDO_USER", "DOAS_USER")
_HOST = ("HOSTNAME", "HOST", "COMPUTERNAME", "USERDOMAIN", "USERDNSDOMAIN", "LOGONSERVER")

_URL = re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s`'\"<>]+", re.IGNORECASE)
_MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)*")
_ADDRESS = re.compile(r"(?<![\w.])\d+\.\d+\.\d+\.\d+(?![\w.])")
#: Text that may contain names: in quotes, or with a path separator.
_QUOTED = re.compile(r"`[^`\n]*`|(?<!\w)'[^'\n]*'|\"[^\"\n]*\"|[^\s`'\"]*[/\\][^\s`'\"]*")
_WORD = re.compile(r"(<[a-z]+(?:-\d+)?>)|\w+")


class PrivateNames:
    """The private names of a machine, each with its replacement in a report.

    Home is `~`, the user `<user>`, the machine `<host>`; projects, folders and other names are
    numbered, so that a name looks the same throughout a report. Words in `public_words` stay, and
    so do names that consist only of them.
    """

    def __init__(self, system: System) -> None:
        self._system = system
        self._known: dict[str, str] = {}
        self._spellings: set[str] = set()
        self._numbers: dict[tuple[str, str], int] = {}
        self._pattern: re.Pattern[str] | None = None
        home = system.home
        for path in filter(None, (home, system.realpath(home) if home else "")):
            self._note(path, "~")
            self._note(path.replace("\\", "/"), "~")
        users = [system.environ.get(name, "") for name in _USER]
        with contextlib.suppress(KeyError, ImportError, OSError):
            users.append(getpass.getuser())
        for name in (*users, system.path.basename(home)):
            self._name(name, "<user>")
        hosts = [system.environ.get(name, "").strip("\\") for name in _HOST]
        for name in (*hosts, socket.gethostname()):
            self._name(name, "<host>")
            self._name(name.partition(".")[0], "<host>")

    def add_project(self, root: str, *environments: str) -> None:
        """Remove the name of a project, and those of its environments, which contain it.

        Args:
            root: the project's directory, or "" if it is unknown.
            environments: names or paths of environments.
        """
        name = self._system.path.basename(root)
        shown = self._numbered(name or "".join(environments), "project")
        for variant in (name, naming.slug(name), re.sub(r"\W+", "_", name)):
            self._name(variant, shown)
        for environment in filter(None, environments):
            self._note(self._system.path.basename(environment), f"{shown}-environment")
        self.add_path(root)

    def add_path(self, path: str) -> None:
        """Remove the names of the directories in a path."""
        for part in _parts(path):
            if part.casefold() not in self._known:
                shown = self._component(part)
                if shown != part:
                    self._note(part, shown)

    def taken_out(self, text: str) -> str:
        """Return text without private names."""
        if self._pattern is None:
            longest_first = sorted(self._spellings, key=len, reverse=True)
            alternatives = "|".join(_bounded(name) for name in longest_first)
            self._pattern = re.compile(alternatives or r"(?!)", re.IGNORECASE)
        text = _URL.sub("<url>", text)
        text = self._pattern.sub(lambda found: self._of(found[0]), text)
        text = _MAIL.sub("<address>", text)
        return _QUOTED.sub(lambda found: self._of_words(found[0]), text)

    def _of(self, name: str) -> str:
        return self._known.get(name.casefold(), "<name>")

    def _of_words(self, text: str) -> str:
        def shown(found: re.Match[str]) -> str:
            word = found[0]
            return word if found[1] or _is_public(word) else self._numbered(word, "name")

        return _WORD.sub(shown, _ADDRESS.sub("<address>", text))

    def _component(self, part: str) -> str:
        """Return the replacement of a name, cut from its first to its last private word."""
        private = [found.span() for found in _WORD.finditer(part) if not _is_public(found[0])]
        if not private:
            return part if _WORD.search(part) or not part.strip(". ~") else "<folder>"
        return part[: private[0][0]] + self._numbered(part, "folder") + part[private[-1][1] :]

    def _name(self, name: str, shown: str) -> None:
        if name and any(not _is_public(found[0]) for found in _WORD.finditer(name)):
            self._note(name, shown)

    def _note(self, text: str, shown: str) -> None:
        self._pattern = None
        for variant in (text, printable(text), repr(text)[1:-1], text.replace("'", "'\\''")):
            self._known.setdefault(variant.casefold(), shown)
            self._spellings |= {variant, variant.casefold()}

    def _numbered(self, name: str, kind: str) -> str:
        key = (kind, name.casefold())
        if key not in self._numbers:
            self._numbers[key] = 1 + sum(known == kind for known, _ in self._numbers)
        return f"<{kind}-{self._numbers[key]}>"


def _parts(path: str) -> Iterator[str]:
    yield from filter(None, re.split(r"[/\\]", path))


def _is_public(word: str) -> bool:
    numbered = public_words.NUMBERED.fullmatch(word)
    return numbered is not None or word.casefold() in public_words.WORDS


def _bounded(name: str) -> str:
    """Return a pattern for a name that is not a part of a longer word."""
    before = r"(?<!\w)" if name[0].isalnum() or name[0] == "_" else ""
    after = r"(?!\w)" if name[-1].isalnum() or name[-1] == "_" else ""
    return before + re.escape(name) + after
