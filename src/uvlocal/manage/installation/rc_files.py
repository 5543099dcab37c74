"""Add one marked line to a shell's startup file, and remove it without a trace.

The marker in the line says what an undo needs: whether the file was created for it, and whether the
line end above was added. So nothing needs to be recorded elsewhere, and a file that another machine
shares (in a dotfiles repository) can be restored there too; `uninstall` warns if a sync client
shares it.

Everything else in the file stays byte for byte: bytes that are not UTF-8, CRLF, a missing final
line end, UTF-16 (which Windows PowerShell writes). A symlink is followed and stays a symlink; its
target keeps its mode, and if possible its inode.
"""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING

from uvlocal.manage.files import atomic

if TYPE_CHECKING:
    from collections.abc import Callable

    from uvlocal.shim.machine.host import System

#: The end of every line of ours. The CR in a CRLF file becomes part of the comment.
MARK = "# added by uvlocal install"
_WITH_FILE = ", with this file"
_WITH_LINE_END = ", with the line end above"
_MARKED = re.compile(
    rf"^\ufeff?(?P<code>.*?) *{re.escape(MARK)}(?P<how>{_WITH_FILE}|{_WITH_LINE_END}|) *\r?$",
    re.MULTILINE,
)
#: Later code in a file that may put other directories first on PATH.
_CHANGES_PATH = re.compile(r"PATH|path_add|add_path|shellenv|/env\b|activate", re.IGNORECASE)

#: The size limit of a startup file, in bytes.
LIMIT = 4 * 1024 * 1024
_BYTE_ORDER_MARKS = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}


@dataclass(frozen=True, slots=True)
class Edit:
    """A change to one startup file.

    `path` is the shell's path of the file, `target` the same with symlinks resolved. `before` and
    `after` are its contents, None if there is no file. `trouble` says why the file cannot be
    changed, or is "".
    """

    path: str
    target: str
    before: bytes | None
    after: bytes | None
    trouble: str = ""

    @property
    def changes(self) -> bool:
        """Whether there is anything to do."""
        return not self.trouble and self.before != self.after


# -- text --------------------------------------------------------------------------------------


def add(text: str | None, code: str) -> str:
    """Return a file's text with our marked line; None means no file.

    The line is added at the end, as later lines win. An existing one stays where it is, unless it
    differs or what follows it may change PATH.
    """
    if text is not None and _is_current(text, code):
        return text
    bare = remove(text) if text is not None else None
    mark = MARK
    if bare is None:
        bare, mark = "", MARK + _WITH_FILE
    line_end = "\r\n" if bare.endswith("\r\n") else "\n"
    if bare.removeprefix("\ufeff") and not bare.endswith("\n"):
        line_end = "\r\n" if "\r\n" in bare else "\n"
        bare, mark = bare + line_end, MARK + _WITH_LINE_END
    return f"{bare}{code} {mark}{line_end}"


def remove(text: str, *, which: Callable[[str], bool] = lambda _: True) -> str | None:
    """Return a file's text without our lines, or None if the file was created for them.

    Args:
        text: the file's text.
        which: returns whether to remove one of our lines, by its code.
    """
    made = False
    for found in reversed(list(_MARKED.finditer(text))):
        if not which(found["code"]):
            continue
        before, after = text[: found.start("code")], text[found.end() :].removeprefix("\n")
        if found["how"] == _WITH_LINE_END and not after:
            before = before.removesuffix("\r\n" if found[0].endswith("\r") else "\n")
        made = made or found["how"] == _WITH_FILE
        text = before + after
    return None if made and not text.strip("\ufeff") else text


def codes(text: str) -> list[str]:
    """Return the code in each of our lines."""
    return [found["code"] for found in _MARKED.finditer(text)]


def is_ours(line: str) -> bool:
    """Return whether a line is ours."""
    return _MARKED.search(line) is not None


def _is_current(text: str, code: str) -> bool:
    found = list(_MARKED.finditer(text))
    if [line["code"] for line in found] != [code]:
        return False
    later = (
        line for line in text[found[0].end() :].split("\n") if not line.lstrip().startswith("#")
    )
    return not any(map(_CHANGES_PATH.search, later))


def decode(content: bytes) -> str | None:
    """Decode a startup file, so that `encode` restores the same bytes, or return None."""
    codec = _BYTE_ORDER_MARKS.get(content[:2], "")
    try:
        if codec:
            text = content.decode(codec, "surrogatepass")
        else:
            text = content.decode("utf-8", "surrogateescape")
    except UnicodeDecodeError:
        return None
    return None if "\0" in text or encode(text, content) != content else text


def encode(text: str, like: bytes | None) -> bytes:
    """Encode text like the file content `like`."""
    codec = _BYTE_ORDER_MARKS.get((like or b"")[:2], "")
    if codec:
        return text.encode(codec, "surrogatepass")
    return text.encode("utf-8", "surrogateescape")


# -- files -------------------------------------------------------------------------------------


def plan_add(path: str, code: str, system: System) -> Edit:
    """Return the edit that adds the marked line."""
    target, before, trouble = _look(path, system)
    text = decode(before) if before is not None else None
    if not trouble and before is not None and text is None:
        trouble = "is not text"
    if not trouble and text is not None and text.rstrip("\r\n").endswith("\\"):
        trouble = "ends with a `\\`, so its last line would join the new one"
    if trouble:
        return Edit(path, target, before, before, trouble)
    after = encode(add(text, code), before)
    if after != before:
        trouble = _write_trouble(target, before, system)
    return Edit(path, target, before, before if trouble else after, trouble)


def plan_remove(path: str, system: System, *, which: Callable[[str], bool]) -> Edit:
    """Return the edit that removes those of our lines whose code `which` accepts."""
    target, before, trouble = _look(path, system)
    text = decode(before) if before is not None and not trouble else None
    if before is None or text is None:
        return Edit(path, target, before, before)  # an unreadable file has no line of ours
    bare = remove(text, which=which)
    after = None if bare is None else encode(bare, before)
    if after != before:
        trouble = _write_trouble(target, before, system)
    return Edit(path, target, before, before if trouble else after, trouble)


def _look(path: str, system: System) -> tuple[str, bytes | None, str]:
    """Return a path's target, its content, and what is wrong with it."""
    target = system.realpath(path)
    status = system.stat(target)
    if status is None:
        there = system.lstat(path) is not None
        return target, None, "is a dangling link" if there else ""
    if not stat.S_ISREG(status.st_mode):
        return target, None, "is not a file"
    content = system.read(target, LIMIT)
    return target, content, "cannot be read" if content is None else ""


def _write_trouble(target: str, before: bytes | None, system: System) -> str:
    """Return why a file cannot be changed, or "". Root also respects a read-only mode."""
    if before is None:
        folder = os.path.dirname(target)
        while not os.path.lexists(folder):
            folder = os.path.dirname(folder)
        return "" if system.can_write(folder) else f"cannot be created in `{folder}`"
    status = system.stat(target)
    writable = status is not None and bool(status.st_mode & stat.S_IWUSR)
    return "" if writable and os.access(target, os.W_OK) else "is read-only"


def perform(edit: Edit) -> None:
    """Apply an edit.

    Raises:
        OSError: the file cannot be written, or has changed since the edit was planned; it is left
            unchanged.
    """
    if not edit.changes:
        return
    atomic.sweep(os.path.dirname(edit.target))
    if _content(edit.target) != edit.before:
        raise OSError(None, "was changed by another program in the meantime")
    if edit.before is None:
        os.makedirs(os.path.dirname(edit.target), exist_ok=True)
        atomic.create(edit.target, edit.after or b"")
    elif edit.after is None:
        os.unlink(edit.target)
    elif edit.after.startswith(edit.before):
        _append(edit.target, len(edit.before), edit.after[len(edit.before) :])
    elif edit.before.startswith(edit.after):
        os.truncate(edit.target, len(edit.after))
    else:
        _rewrite(edit.target, edit.after)


def _content(path: str) -> bytes | None:
    try:
        with open(path, "rb") as file:
            return file.read(LIMIT + 1)
    except FileNotFoundError:
        return None


def _append(path: str, size: int, more: bytes) -> None:
    """Append to a file, completely or not at all."""
    with open(path, "ab", buffering=0) as file:
        try:
            while more:
                more = more[file.write(more) :]
            os.fsync(file.fileno())
        except OSError:
            file.truncate(size)
            raise


def _rewrite(path: str, content: bytes) -> None:
    """Replace a file's content, keeping its mode and owner; atomically if possible."""
    status = os.stat(path)
    folder = os.path.dirname(path)
    if status.st_nlink > 1 or not os.access(folder, os.W_OK):
        with open(path, "r+b") as file:
            file.write(content)
            file.truncate()
        return
    atomic.rewrite(path, content)
