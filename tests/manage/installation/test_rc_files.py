"""Adding one marked line to a startup file, and removing it without a trace."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import systems

from uvlocal.manage.installation import rc_files
from uvlocal.manage.installation.rc_files import MARK
from uvlocal.shim.machine.host import System

if TYPE_CHECKING:
    from pathlib import Path

CODE = 'export PATH="/shims:$PATH"'
LINE = f"{CODE} {MARK}"


def everything(code: str) -> bool:
    """Accept every line of ours."""
    return bool(code)


def add(path: Path) -> rc_files.Edit:
    """Add the line to a file, if possible."""
    edit = rc_files.plan_add(str(path), CODE, System())
    rc_files.perform(edit)
    return edit


def undo(path: Path) -> rc_files.Edit:
    """Remove the line from a file."""
    edit = rc_files.plan_remove(str(path), System(), which=everything)
    rc_files.perform(edit)
    return edit


# -- text ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(None, f"{LINE}, with this file\n", id="no-file"),
        pytest.param("", f"{LINE}\n", id="empty"),
        pytest.param("a\n", f"a\n{LINE}\n", id="one-line"),
        pytest.param("a", f"a\n{LINE}, with the line end above\n", id="no-last-line-end"),
        pytest.param("a\r\n", f"a\r\n{LINE}\r\n", id="crlf"),
        pytest.param(
            "a\r\nb", f"a\r\nb\r\n{LINE}, with the line end above\r\n", id="crlf-without-the-last"
        ),
        pytest.param("a\r", f"a\r\n{LINE}, with the line end above\n", id="a-lone-cr"),
        pytest.param("\ufeff", f"\ufeff{LINE}\n", id="byte-order-mark-alone"),
        pytest.param("\n\n", f"\n\n{LINE}\n", id="empty-lines"),
    ],
)
def test_line_goes_in_and_out(before: str | None, after: str) -> None:
    """The line is last, with a marker for the undo, which restores the text."""
    assert rc_files.add(before, CODE) == after
    assert rc_files.add(after, CODE) == after
    assert rc_files.remove(after) == before
    assert rc_files.codes(after) == [CODE]


@given(st.binary(max_size=200), st.booleans())
def test_any_content_is_restored(content: bytes, wide: bool) -> None:
    """Any bytes in a file are restored."""
    content = b"\xff\xfe" + content if wide else content
    text = rc_files.decode(content)
    if text is None:
        return
    with_line = rc_files.encode(rc_files.add(text, CODE), content)
    again = rc_files.decode(with_line)
    assert again is not None
    assert rc_files.add(again, CODE) == again
    bare = rc_files.remove(again)
    assert bare is not None
    assert rc_files.encode(bare, content) == content


@pytest.mark.parametrize(
    ("later", "moves"),
    [
        pytest.param("alias l=ls\n", False, id="harmless"),
        pytest.param("# PATH is fine\n", False, id="comment"),
        pytest.param('. "$HOME/.local/bin/env"\n', True, id="the-installer-of-uv"),
        pytest.param("export PATH=~/bin:$PATH\n", True, id="path"),
        pytest.param('eval "$(brew shellenv)"\n', True, id="homebrew"),
        pytest.param("fish_add_path ~/bin\n", True, id="fish"),
    ],
)
def test_line_moves_behind_what_changes_path(later: str, moves: bool) -> None:
    """A line that later code may override moves to the end; others stay."""
    text = f"a\n{LINE}\n{later}"
    assert rc_files.add(text, CODE) == (f"a\n{later}{LINE}\n" if moves else text)


def test_old_lines_are_replaced() -> None:
    """Lines of another version or directory are replaced."""
    text = f"old {MARK}\na\nolder {MARK}, with this file\n"
    assert rc_files.add(text, CODE) == f"a\n{LINE}\n"


def test_line_end_stays_where_something_follows() -> None:
    """A line end that we added stays if lines were added after it."""
    assert rc_files.remove(rc_files.add("a", CODE) + "b\n") == "a\nb\n"


def test_file_made_for_the_line_stays_with_the_users_lines() -> None:
    """A file created for the line is removed only if nothing else is in it."""
    assert rc_files.remove(rc_files.add(None, CODE)) is None
    assert rc_files.remove(rc_files.add(None, CODE) + "b\n") == "b\n"


def test_only_the_wanted_lines_go() -> None:
    """A line that `which` rejects stays."""
    text = f"one {MARK}\ntwo {MARK}\n"
    assert rc_files.remove(text, which=lambda code: code == "one") == f"two {MARK}\n"


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("# uvlocal is nice", id="a-users-comment"),
        pytest.param(f"echo '{MARK}' today", id="mark-in-the-middle"),
    ],
)
def test_users_lines_are_not_ours(line: str) -> None:
    """A line that only mentions uvlocal is the user's."""
    assert not rc_files.is_ours(line)
    assert rc_files.remove(f"{line}\n") == f"{line}\n"


# -- files -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"a\n", id="plain"),
        pytest.param(b"a", id="no-last-line-end"),
        pytest.param(b"a\r\nb", id="crlf"),
        pytest.param(b"caf\xe9\n", id="no-utf8"),
        pytest.param(b"\xef\xbb\xbfa\n", id="utf8-with-byte-order-mark"),
        pytest.param(b"\xff\xfea\0\r\0\n\0", id="utf16"),
        pytest.param(b"\xfe\xff\0a", id="utf16-big-endian"),
        pytest.param(b"", id="empty"),
    ],
)
@pytest.mark.parametrize("mode", [0o644, 0o600, 0o755])
@systems.posix_only("modes are of POSIX, and Windows needs no startup files")
def test_file_is_restored(tmp_path: Path, content: bytes, mode: int) -> None:
    """Content, mode and inode are the same after removing the line."""
    path = tmp_path / "rc"
    path.write_bytes(content)
    path.chmod(mode)
    inode = path.stat().st_ino

    assert add(path).changes
    assert len(path.read_bytes()) > len(content)
    assert not add(path).changes
    assert undo(path).changes

    assert path.read_bytes() == content
    assert (stat.S_IMODE(path.stat().st_mode), path.stat().st_ino) == (mode, inode)
    assert os.listdir(tmp_path) == ["rc"]


def test_new_file_and_its_folders(tmp_path: Path) -> None:
    """A missing file is created with its directories, and removed with the line."""
    path = tmp_path / "conf.d" / "uvlocal.fish"
    assert add(path).before is None
    assert path.read_text() == f"{LINE}, with this file\n"
    undo(path)
    assert not path.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
def test_link_into_a_dotfiles_repository(tmp_path: Path) -> None:
    """A symlink stays, and its target gets the line."""
    real = tmp_path / "dotfiles" / "bashrc"
    real.parent.mkdir()
    real.write_bytes(b"a\n")
    path = tmp_path / ".bashrc"
    path.symlink_to("dotfiles/bashrc")

    assert add(path).target == str(real)
    assert real.read_text() == f"a\n{LINE}\n"
    assert os.readlink(path) == "dotfiles/bashrc"
    undo(path)
    assert real.read_bytes() == b"a\n"
    assert path.is_symlink()


@pytest.mark.parametrize("linked", [False, True], ids=["alone", "hard-linked"])
@systems.posix_only("modes are of POSIX, and Windows needs no startup files")
def test_line_in_the_middle(tmp_path: Path, linked: bool) -> None:
    """A line followed by others is removed too; mode, hard links and other lines stay."""
    path = tmp_path / "rc"
    path.write_bytes(b"a")
    path.chmod(0o640)
    add(path)
    with path.open("ab") as file:
        file.write(b"b\n")
    if linked:
        (tmp_path / "other").hardlink_to(path)

    undo(path)

    assert path.read_bytes() == b"a\nb\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    names = {"rc", "other"} if linked else {"rc"}
    assert set(os.listdir(tmp_path)) == names
    if linked:
        assert (tmp_path / "other").samefile(path)


def _read_only(path: Path) -> None:
    path.write_bytes(b"a\n")
    path.chmod(0o444)


def _folder(path: Path) -> None:
    path.mkdir()


def _pipe(path: Path) -> None:
    if sys.platform != "win32":
        os.mkfifo(path)


def _dangling(path: Path) -> None:
    path.symlink_to("nowhere")


def _binary(path: Path) -> None:
    path.write_bytes(b"a\0b\n")


def _half_utf16(path: Path) -> None:
    path.write_bytes(b"\xff\xfea")


def _continued(path: Path) -> None:
    path.write_bytes(b"alias x=a\\\n")


def _huge(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(rc_files.LIMIT + 1)


@pytest.mark.skipif(sys.platform == "win32", reason="modes and pipes are POSIX")
@pytest.mark.parametrize(
    ("make", "trouble"),
    [
        pytest.param(_read_only, "is read-only", id="read-only"),
        pytest.param(_folder, "is not a file", id="folder"),
        pytest.param(_pipe, "is not a file", id="pipe"),
        pytest.param(_dangling, "is a dangling link", id="dangling-link"),
        pytest.param(_binary, "is not text", id="binary"),
        pytest.param(_half_utf16, "is not text", id="half-a-character"),
        pytest.param(
            _continued,
            "ends with a `\\`, so its last line would join the new one",
            id="continued-line",
        ),
        pytest.param(_huge, "cannot be read", id="huge"),
    ],
)
def test_what_cannot_be_changed_is_reported(tmp_path: Path, make: object, trouble: str) -> None:
    """A file that should not or cannot be changed is kept, with the reason."""
    assert callable(make)
    path = tmp_path / "rc"
    make(path)
    status = os.lstat(path)
    edit = add(path)
    assert (edit.trouble, edit.changes) == (trouble, False)
    after = os.lstat(path)  # ctime changes with everything; reading changes only atime
    assert (after.st_ino, after.st_ctime_ns) == (status.st_ino, status.st_ctime_ns)


@pytest.mark.skipif(sys.platform == "win32", reason="modes are POSIX")
def test_read_only_file_with_the_line_is_fine(tmp_path: Path) -> None:
    """A read-only file that already has the line (of a dotfiles manager) is fine."""
    path = tmp_path / "rc"
    path.write_text(f"{LINE}\n")
    path.chmod(0o444)
    edit = add(path)
    assert (edit.trouble, edit.changes) == ("", False)
    assert undo(path).trouble == "is read-only"


def test_folder_that_cannot_be_made(tmp_path: Path) -> None:
    """A file in a directory's place is reported, and the other files are changed."""
    (tmp_path / "conf.d").write_bytes(b"")
    edit = add(tmp_path / "conf.d" / "uvlocal.fish")
    assert edit.trouble.startswith("cannot be created in")


def test_file_that_changed_meanwhile_is_left_alone(tmp_path: Path) -> None:
    """A change by another program after the plan is not overwritten."""
    path = tmp_path / "rc"
    path.write_bytes(b"a\n")
    edit = rc_files.plan_add(str(path), CODE, System())
    path.write_bytes(b"other\n")
    with pytest.raises(OSError, match="in the meantime"):
        rc_files.perform(edit)
    assert path.read_bytes() == b"other\n"


@pytest.mark.skipif(sys.platform == "win32", reason="limits of a process are POSIX")
def test_full_disk_leaves_no_half_line(tmp_path: Path) -> None:
    """A line that does not fit on the disk is removed completely."""
    path = tmp_path / "rc"
    path.write_bytes(b"a\n")
    code = f"""
        import resource
        from uvlocal.manage.installation import rc_files
        from uvlocal.shim.machine.host import System
        edit = rc_files.plan_add({str(path)!r}, {CODE!r}, System())
        resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10))
        try:
            rc_files.perform(edit)
        except OSError as error:
            print(error.strerror)
    """
    result = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=True
    )
    assert result.stdout == "File too large\n"
    assert path.read_bytes() == b"a\n"
