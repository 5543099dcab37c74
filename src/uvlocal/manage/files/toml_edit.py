"""Change one value in a TOML file of the user's, and nothing else: comments and order stay."""

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

#: What a setting can be.
Value = str | bool | list[str]

_BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"

#: How a file of the user's begins that was made here: once nothing else is left in it, it goes.
#: Whoever takes the line out keeps the file.
MADE = "# made by `uvlocal config`\n"


class TomlFile:
    """A TOML file as text, changed in memory until `write` is called.

    `path` is as the user knows it; a link (to a folder of dotfiles, say) is written through, but
    one in a project not out of that: others can have put it there.
    """

    def __init__(self, path: str, system: System, project: str = "") -> None:
        """Read the file; one that is not there is empty, but for a first line of ours.

        Args:
            path: the file.
            system: the machine.
            project: the root of the project that the file belongs to, "" for the user's own.

        Raises:
            UserError: it is there but cannot be read, or is no TOML, or is a link out of the
                project.
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
        """Return the value at a path of keys, None where there is none."""
        found: object = self.table
        for key in keys:
            if not isinstance(found, dict):
                return None
            found = found.get(key)
        return found

    def set(self, keys: Sequence[str], value: Value) -> None:
        """Set the value at a path of keys, and make the tables that are missing on the way.

        Raises:
            UserError: the file is written in a way that this cannot change safely.
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
        """Remove the value at a path of keys, and the tables that this leaves without content.

        Args:
            keys: the path; there is a value.
            keep_table: leave the table that held it, even without content.

        Raises:
            UserError: the file is written in a way that this cannot change safely.
        """
        wanted, above = self._reach(keys[:-1])
        value = above.pop(keys[-1])
        before = None if keep_table else self._before_the_table(keys, value)
        if before is not None:
            self._accept(before, wanted, keys[:-1])
            return

        def remove(document: Any) -> None:  # noqa: ANN401 - what tomlkit's containers have in common
            _inside(document, keys[:-1]).remove(keys[-1])
            for length in range(len(keys) - 1, 0, -1):
                table = _inside(document, keys[:length])
                # A remark in a table is content too.
                if keep_table or len(table) or "#" in table.as_string():
                    break
                _inside(document, keys[: length - 1]).remove(keys[length - 1])

        self._accept(self._edited(remove), wanted, () if keep_table else keys[:-1])

    def _reach(self, keys: Sequence[str]) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return what the file says, and in it the table at a path of keys, made where missing."""
        table = found = _parsed(self.text)
        for key in keys:
            found = found.setdefault(key, {})
            if not isinstance(found, dict):
                raise self._beyond()
        return table, found

    def _edited(self, change: Any) -> str:  # noqa: ANN401 - a function of a tomlkit container
        import tomlkit
        from tomlkit.exceptions import TOMLKitError

        try:
            document = tomlkit.parse(self.text.removeprefix(_BOM))
            change(document)
            return tomlkit.dumps(document)
        except (TOMLKitError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise self._beyond() from error

    def _with_key(self, key: str, value: Value) -> str:
        """Return the text with a new key at the top, before the tables and what is said of them."""
        lines = self.text.removeprefix(_BOM).splitlines(keepends=True)
        tables = [number for number, line in enumerate(lines) if line.lstrip().startswith("[")]
        end = tables[0] if tables else len(lines)
        while tables and end and lines[end - 1].lstrip().startswith("#"):
            end -= 1
        head, tail = "".join(lines[:end]).rstrip(), "".join(lines[end:])
        return (head and head + "\n") + _line(key, value) + (tail and "\n" + tail)

    def _with_table(self, keys: Sequence[str], value: Value) -> str:
        """Return the text with a new table at its end, which ends as the file did."""
        text = self._with_plain_ends()
        table = _table(keys, value)
        if not text or text.endswith("\n"):
            return (text and text + "\n") + table
        return text + "\n\n" + table.rstrip("\n")

    def _before_the_table(self, keys: Sequence[str], value: object) -> str | None:
        """Return the text as before `_with_table`, None where its table is not at the end."""
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
        """Return the text; where every line ends as on Windows, with plain ends."""
        text = self.text.removeprefix(_BOM)
        return text.replace("\r\n", "\n") if self._is_of_windows() else text

    def _is_of_windows(self) -> bool:
        return self.text.count("\r\n") == self.text.count("\n") > 0

    def _accept(self, text: str, wanted: dict[str, Any], may_be_empty: Sequence[str] = ()) -> None:
        """Take the new text if it says what is wanted and nothing else.

        Empty tables on the path `may_be_empty` may be there or not.
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
        return UserError(f"`{self.shown}` could not be changed safely", "change it by hand")

    def write(self) -> None:
        """Write the file in one step, with the mode it had; a new one is the user's alone.

        One that was made here and in which nothing is left is removed, and its folder if that is
        empty.

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
    """Return what a TOML file says, as the shim reads it.

    Raises:
        ValueError: it is no TOML.
    """
    return dict(pyproject.parse(text.removeprefix(_BOM)))


def target(path: str, project: str, shown: str) -> str:
    """Return where a file is written to: what its links lead to.

    Raises:
        UserError: that is not in the project `project`, where one is given.
    """
    there, root = os.path.realpath(path), os.path.realpath(project) if project else ""
    if root and not there.startswith(root.rstrip(os.sep) + os.sep):
        hint = "change the file that it leads to by hand, if that is yours"
        raise UserError(f"`{shown}` is a link that leads out of the project", hint)
    return there


def _drop_empty(table: dict[str, Any], keys: Sequence[str]) -> None:
    """Drop the table at a path of keys if it is there and empty."""
    for key in keys[:-1]:
        table = table.get(key, {})
    if table.get(keys[-1]) == {}:
        del table[keys[-1]]


def _inside(document: Any, keys: Sequence[str]) -> Any:  # noqa: ANN401 - tomlkit's containers
    for key in keys:
        document = document[key]
    return document


def _assign(table: Any, key: str, value: Value) -> None:  # noqa: ANN401 - tomlkit's containers
    """Set a key; of a list only what is different changes, so that remarks in it stay."""
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
