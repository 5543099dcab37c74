"""Change one value in a user's TOML file, keeping comments and order."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING, Any

from uvlocal.manage.errors import UserError
from uvlocal.shim.machine.display import contract_home
from uvlocal.shim.project import pyproject

if TYPE_CHECKING:
    from collections.abc import Sequence

    from uvlocal.shim.machine.host import System

#: The types of settings.
Value = str | bool | list[str]

_BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"

#: The first line of a settings file that uvlocal created. The file is removed once it contains
#: nothing else; without this line, it stays.
MADE = "# made by `uvlocal config`\n"


class TomlFile:
    """A TOML file as text, changed in memory until `write` is called.

    `path` may be a symlink (into a dotfiles repository, for example), whose target is changed. But
    in a project, a symlink to a file outside of it is rejected, as others may have created it.
    """

    def __init__(self, path: str, system: System, project: str = "") -> None:
        """Read the file; a missing one counts as empty, except for our first line.

        Args:
            path: the file.
            system: the machine.
            project: the root of the project that the file belongs to, or "" for the user's own.

        Raises:
            UserError: it cannot be read, is not valid TOML, or is a symlink out of the project.
        """
        self.path = path
        self.shown = contract_home(path, system)
        self._project = project
        target(path, project, self.shown)
        data = system.read(path)
        if data is None and system.exists(path):
            raise UserError(f"`{self.shown}` cannot be read")
        try:
            self.text = (MADE if data is None and not project else "") + (data or b"").decode()
            self.table: dict[str, Any] = _parsed(self.text)
        except (ValueError, RecursionError) as error:
            hint = "fix it by hand, then try again"
            raise UserError(f"`{self.shown}` is not valid TOML: {error}", hint) from None

    def get(self, keys: Sequence[str]) -> object:
        """Return the value at a path of keys, or None."""
        found: object = self.table
        for key in keys:
            if not isinstance(found, dict):
                return None
            found = found.get(key)
        return found

    def set(self, keys: Sequence[str], value: Value) -> None:
        """Set the value at a path of keys, creating missing tables.

        Raises:
            UserError: the file cannot be changed safely.
        """
        wanted, table = self._reach(keys[:-1])
        table[keys[-1]] = value
        if self.get(keys[:-1]) is not None and len(keys) > 1:
            text = self._edited(lambda table: _assign(_inside(table, keys[:-1]), keys[-1], value))
        elif len(keys) > 1:
            text = self._with_table(keys, value)
        elif keys[0] in self.table:
            text = self._edited(lambda table: _assign(table, keys[0], value))
        else:
            text = self._with_key(keys[0], value)
        self._accept(text, wanted)

    def unset(self, keys: Sequence[str], *, keep_table: bool = False) -> None:
        """Remove the value at a path of keys, and tables that become empty.

        Args:
            keys: the path, which has a value.
            keep_table: keep the table that contained it, even if it is empty.

        Raises:
            UserError: the file cannot be changed safely.
        """
        wanted, above = self._reach(keys[:-1])
        value = above.pop(keys[-1])
        before = None if keep_table else self._before_the_table(keys, value)
        if before is not None:
            self._accept(before, wanted, keys[:-1])
            return

        def remove(document: Any) -> None:  # noqa: ANN401 - tomlkit's containers have no common type
            _inside(document, keys[:-1]).remove(keys[-1])
            for length in range(len(keys) - 1, 0, -1):
                table = _inside(document, keys[:length])
                # A comment in a table counts as content.
                if keep_table or len(table) or "#" in table.as_string():
                    break
                _inside(document, keys[: length - 1]).remove(keys[length - 1])

        self._accept(self._edited(remove), wanted, () if keep_table else keys[:-1])

    def _reach(self, keys: Sequence[str]) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the parsed file, and in it the table at a path of keys, created if missing."""
        table = found = _parsed(self.text)
        for key in keys:
            found = found.setdefault(key, {})
            if not isinstance(found, dict):
                raise self._beyond()
        return table, found

    def _edited(self, change: Any) -> str:  # noqa: ANN401 - a function that takes a tomlkit container
        import tomlkit
        from tomlkit.exceptions import TOMLKitError

        try:
            document = tomlkit.parse(self.text.removeprefix(_BOM))
            change(document)
            return tomlkit.dumps(document)
        except (TOMLKitError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise self._beyond() from error

    def _with_key(self, key: str, value: Value) -> str:
        """Return the text with a new key at the top, before the tables and their comments."""
        lines = self.text.removeprefix(_BOM).splitlines(keepends=True)
        tables = [number for number, line in enumerate(lines) if line.lstrip().startswith("[")]
        end = tables[0] if tables else len(lines)
        while tables and end and lines[end - 1].lstrip().startswith("#"):
            end -= 1
        head, tail = "".join(lines[:end]).rstrip(), "".join(lines[end:])
        return (head and head + "\n") + _line(key, value) + (tail and "\n" + tail)

    def _with_table(self, keys: Sequence[str], value: Value) -> str:
        """Return the text with a new table at the end, keeping the file's line ends."""
        text = self._with_plain_ends()
        table = _table(keys, value)
        if not text or text.endswith("\n"):
            return (text and text + "\n") + table
        return text + "\n\n" + table.rstrip("\n")

    def _before_the_table(self, keys: Sequence[str], value: object) -> str | None:
        """Undo `_with_table`; return None if its table is not at the end."""
        if len(keys) == 1 or not isinstance(value, (str, bool, list)):
            return None
        text, table = self._with_plain_ends(), _table(keys, value)
        if text == table:
            return ""
        before = text.removesuffix("\n" + table)
        if before.endswith("\n") and before != text:
            return before
        before = text.removesuffix("\n\n" + table.rstrip("\n"))
        return None if before == text or before.endswith("\n") else before

    def _with_plain_ends(self) -> str:
        """Return the text, with CRLF replaced by LF if every line has it."""
        text = self.text.removeprefix(_BOM)
        return text.replace("\r\n", "\n") if self._is_of_windows() else text

    def _is_of_windows(self) -> bool:
        return self.text.count("\r\n") == self.text.count("\n") > 0

    def _accept(self, text: str, wanted: dict[str, Any], may_be_empty: Sequence[str] = ()) -> None:
        """Accept the new text if its content is exactly what is wanted.

        Empty tables on the path `may_be_empty` do not matter.
        """
        try:
            table = _parsed(text)
        except ValueError as error:
            raise self._beyond() from error
        for length in range(len(may_be_empty), 0, -1):
            _drop_empty(table, may_be_empty[:length])
            _drop_empty(wanted, may_be_empty[:length])
        if table != wanted:
            raise self._beyond()
        if self._is_of_windows():
            text = text.replace("\r\n", "\n").replace("\n", "\r\n")
        self.text = _BOM + text if self.text.startswith(_BOM) else text
        self.table = table

    def _beyond(self) -> UserError:
        return UserError(f"`{self.shown}` could not be changed safely", "edit it by hand")

    def write(self) -> None:
        """Write the file atomically, keeping its mode; a new file is private.

        An empty file is removed if uvlocal created it, and its directory too if that becomes empty.

        Raises:
            UserError: it cannot be written.
        """
        from uvlocal.manage.files import atomic

        path = target(self.path, self._project, self.shown)
        is_needless = not self._project and self.text.strip() == MADE.strip()
        try:
            if is_needless and not os.path.islink(self.path):
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(path)
                with contextlib.suppress(OSError):
                    os.rmdir(os.path.dirname(path))
            elif os.path.exists(path):
                atomic.rewrite(path, self.text.encode())
            else:
                os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
                atomic.replace(path, self.text.encode())
        except OSError as error:
            raise UserError(f"`{self.shown}` cannot be written: {error.strerror}") from error


def _parsed(text: str) -> dict[str, Any]:
    """Parse a TOML file as the shim does.

    Raises:
        ValueError: it is not valid TOML.
    """
    return dict(pyproject.parse(text.removeprefix(_BOM)))


def target(path: str, project: str, shown: str) -> str:
    """Return the path of a file with symlinks resolved.

    Raises:
        UserError: it is outside of `project`, if that is given.
    """
    there, root = os.path.realpath(path), os.path.realpath(project) if project else ""
    if root and not there.startswith(root.rstrip(os.sep) + os.sep):
        hint = "if the file it points to is yours, edit that file by hand"
        raise UserError(f"`{shown}` is a link to a file outside the project", hint)
    return there


def _drop_empty(table: dict[str, Any], keys: Sequence[str]) -> None:
    """Remove the table at a path of keys if it exists and is empty."""
    for key in keys[:-1]:
        table = table.get(key, {})
    if table.get(keys[-1]) == {}:
        del table[keys[-1]]


def _inside(document: Any, keys: Sequence[str]) -> Any:  # noqa: ANN401 - tomlkit's containers
    for key in keys:
        document = document[key]
    return document


def _assign(table: Any, key: str, value: Value) -> None:  # noqa: ANN401 - tomlkit's containers
    """Set a key; in a list, change only what differs, to keep its comments."""
    old = table.get(key)
    if not isinstance(old, list) or not isinstance(value, list):
        table[key] = value
        return
    for item in [str(item) for item in old if item not in value]:
        old.remove(item)
    for item in value:
        if item not in old:
            old.append(item)
    if list(old) != value:
        table[key] = value


def _table(keys: Sequence[str], value: Value) -> str:
    return "[" + ".".join(map(_key, keys[:-1])) + "]\n" + _line(keys[-1], value)


def _line(key: str, value: Value) -> str:
    import tomlkit

    return f"{_key(key)} = {tomlkit.item(value).as_string()}\n"


def _key(text: str) -> str:
    import tomlkit

    return tomlkit.key(text).as_string()
