"""Changing one value in a TOML file keeps comments, order and everything else."""

from __future__ import annotations

import os
import stat
import sys
import tomllib
from typing import TYPE_CHECKING, Any

import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from uvlocal.manage.errors import UserError
from uvlocal.manage.files.toml_edit import TomlFile, Value
from uvlocal.shim.machine.host import System

if TYPE_CHECKING:
    from pathlib import Path


def file_with(tmp_path: Path, text: str | bytes) -> TomlFile:
    """Return a file with that content, read."""
    path = tmp_path / "x.toml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return TomlFile(str(path), System())


@pytest.mark.parametrize(
    ("before", "keys", "value", "after"),
    [
        pytest.param(
            "[x]\na = {\n  b = 1,\n}\n",
            "tool.uvlocal.mode",
            "never",
            '[x]\na = {\n  b = 1,\n}\n\n[tool.uvlocal]\nmode = "never"\n',
            id="toml-1.1",
        ),
        pytest.param("", "mode", "never", 'mode = "never"\n', id="empty"),
        pytest.param("# mine\n", "mode", "never", '# mine\nmode = "never"\n', id="after-comment"),
        pytest.param("# mine", "mode", "never", '# mine\nmode = "never"\n', id="no-line-end"),
        pytest.param(
            'mode = "auto" # why\nstrategy = "no-metadata"\n',
            "mode",
            "never",
            'mode = "never" # why\nstrategy = "no-metadata"\n',
            id="replaced-in-its-place",
        ),
        pytest.param(
            'store = "~/x" # why\n\n# about dropbox\n[providers.dropbox]\nenabled = false\n',
            "mode",
            "never",
            'store = "~/x" # why\nmode = "never"\n\n'
            "# about dropbox\n[providers.dropbox]\nenabled = false\n",
            id="before-tables-and-their-comments",
        ),
        pytest.param(
            "# about dropbox\n[providers.dropbox]\nenabled = false\n",
            "mode",
            "never",
            'mode = "never"\n\n# about dropbox\n[providers.dropbox]\nenabled = false\n',
            id="before-the-first-table",
        ),
        pytest.param(
            "require-opt-in = false\n", "require-opt-in", True, "require-opt-in = true\n", id="flag"
        ),
        pytest.param(
            'synced-roots = [\n  "~/a", # first\n  # more\n  "~/b",\n]\n',
            "synced-roots",
            ["~/a", "~/b", "~/c"],
            'synced-roots = [\n  "~/a", # first\n  # more\n  "~/b",\n  "~/c",\n]\n',
            id="list-grows",
        ),
        pytest.param(
            'synced-roots = [\n  "~/a", # first\n  "~/b", # second\n]\n',
            "synced-roots",
            ["~/b"],
            'synced-roots = [\n  "~/b", # second\n]\n',
            id="list-shrinks",
        ),
        pytest.param(
            'volumes = ["a", "b"] # why\n',
            "volumes",
            ["b", "a"],
            'volumes = ["b", "a"] # why\n',
            id="list-in-another-order",
        ),
        pytest.param(
            'mode = "auto"\r\n# x\r\n', "mode", "never", 'mode = "never"\r\n# x\r\n', id="crlf"
        ),
        pytest.param(
            "# x\r\n[providers.dropbox]\r\nenabled = false\r\n",
            "mode",
            "never",
            'mode = "never"\r\n\r\n# x\r\n[providers.dropbox]\r\nenabled = false\r\n',
            id="crlf-new-key",
        ),
        pytest.param(
            '\ufeffmode = "auto"\n', "mode", "never", '\ufeffmode = "never"\n', id="byte-order-mark"
        ),
        pytest.param(
            "[providers.dropbox]\nenabled = false # x\n",
            "providers.dropbox.strategy",
            "no-metadata",
            '[providers.dropbox]\nenabled = false # x\nstrategy = "no-metadata"\n',
            id="in-a-table",
        ),
        pytest.param(
            'mode = "auto"\n[providers.box]\nenabled = true\n',
            "providers.dropbox.strategy",
            "no-metadata",
            'mode = "auto"\n[providers.box]\nenabled = true\n\n'
            '[providers.dropbox]\nstrategy = "no-metadata"\n',
            id="new-table-beside",
        ),
        pytest.param(
            '[project]\nname = "x"\n\n[[tool.uv.index]] # mine\nurl = "u"\n',
            "tool.uvlocal.mode",
            "never",
            '[project]\nname = "x"\n\n[[tool.uv.index]] # mine\nurl = "u"\n\n'
            '[tool.uvlocal]\nmode = "never"\n',
            id="new-table-at-the-end",
        ),
        pytest.param(
            '[tool]\nuvlocal.mode = "auto"\n',
            "tool.uvlocal.mode",
            "never",
            '[tool]\nuvlocal.mode = "never"\n',
            id="dotted",
        ),
        pytest.param(
            'tool.uvlocal = { mode = "auto" } # x\n',
            "tool.uvlocal.mode",
            "never",
            'tool.uvlocal = { mode = "never" } # x\n',
            id="inline",
        ),
        pytest.param(
            '[tool.uvlocal]\nmode = "auto"\n\n[project]\nname = "x"\n\n[tool.uv]\n# c\n',
            "tool.uvlocal.mode",
            "never",
            '[tool.uvlocal]\nmode = "never"\n\n[project]\nname = "x"\n\n[tool.uv]\n# c\n',
            id="tables-apart",
        ),
        pytest.param(
            "",
            "store",
            'C:\\x "y"',
            'store = "C:\\\\x \\"y\\""\n',
            id="escapes",
        ),
    ],
)
def test_set(tmp_path: Path, before: str, keys: str, value: Value, after: str) -> None:
    """A value is set where a person would write it."""
    file = file_with(tmp_path, before)
    file.set(keys.split("."), value)
    file.write()
    assert (tmp_path / "x.toml").read_bytes().decode() == after
    assert TomlFile(file.path, System()).get(keys.split(".")) == value


@pytest.mark.parametrize(
    ("before", "keys", "after"),
    [
        pytest.param(
            'mode = "auto"\n# about it\nstrategy = "no-metadata" # x\npointer = "none"\n',
            "strategy",
            'mode = "auto"\n# about it\npointer = "none"\n',
            id="key",
        ),
        pytest.param(
            'mode = "auto"\n\n[providers.dropbox]\nenabled = false\n',
            "providers.dropbox.enabled",
            'mode = "auto"\n',
            id="last-of-a-table",
        ),
        pytest.param(
            "[providers.dropbox]\n# mine\nenabled = false\n",
            "providers.dropbox.enabled",
            "[providers.dropbox]\n# mine\n",
            id="table-with-a-comment-stays",
        ),
        pytest.param(
            '[tool.uvlocal]\nmode = "auto"\npointer = "none"\n[tool.uv]\n',
            "tool.uvlocal.mode",
            '[tool.uvlocal]\npointer = "none"\n[tool.uv]\n',
            id="table-with-more-stays",
        ),
        pytest.param(
            'tool.uvlocal.mode = "auto"\nx = 1\n', "tool.uvlocal.mode", "x = 1\n", id="dotted"
        ),
    ],
)
def test_unset(tmp_path: Path, before: str, keys: str, after: str) -> None:
    """A value is removed, and a table that becomes empty."""
    file = file_with(tmp_path, before)
    file.unset(keys.split("."))
    file.write()
    assert (tmp_path / "x.toml").read_text(encoding="utf-8") == after


def test_an_empty_table_can_be_kept(tmp_path: Path) -> None:
    """A table that is significant itself stays."""
    file = file_with(tmp_path, '[tool.uvlocal]\nmode = "auto"\n')
    file.unset(["tool", "uvlocal", "mode"], keep_table=True)
    assert file.text == "[tool.uvlocal]\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("mode = ", "is not valid TOML: ", id="syntax"),
        pytest.param(b"mode = '\xff'", "is not valid TOML: ", id="no-utf-8"),
    ],
)
def test_a_broken_file(tmp_path: Path, text: str | bytes, said: str) -> None:
    """A file that is not valid TOML is left alone, with a message."""
    with pytest.raises(UserError, match=said):
        file_with(tmp_path, text)


def test_a_folder_in_its_place(tmp_path: Path) -> None:
    """A folder instead of the file is reported, not raised."""
    with pytest.raises(UserError, match="cannot be read"):
        TomlFile(str(tmp_path), System())


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        pytest.param('providers = "x"\n', "providers.dropbox.enabled", id="a-text-for-a-table"),
        pytest.param("[[providers]]\na = 1\n", "providers.dropbox.enabled", id="an-array"),
        pytest.param('x = """\n[not.a.table]\n"""\ny = 1\n', "mode", id="what-looks-like-a-table"),
    ],
)
def test_what_cannot_be_changed_safely(tmp_path: Path, text: str, keys: str) -> None:
    """A file written in an unforeseen way is not touched."""
    file = file_with(tmp_path, text)
    with pytest.raises(UserError, match="could not be changed safely"):
        file.set(keys.split("."), "never")
    assert file.text == text


def test_a_new_file_is_private(tmp_path: Path) -> None:
    """A new file is private, and so is its directory."""
    if sys.platform == "win32":
        pytest.skip("Windows has no such modes")
    file = TomlFile(str(tmp_path / "new" / "x.toml"), System())
    file.set(["mode"], "never")
    file.write()
    assert stat.S_IMODE(os.stat(file.path).st_mode) == 0o600
    assert stat.S_IMODE(os.stat(tmp_path / "new").st_mode) == 0o700


def test_mode_and_link_stay(tmp_path: Path) -> None:
    """A symlinked file stays where it is, with its mode."""
    if sys.platform == "win32":
        pytest.skip("Windows has no such modes")
    real = tmp_path / "dotfiles.toml"
    real.write_text('mode = "auto"\n', encoding="utf-8")
    real.chmod(0o644)
    link = tmp_path / "x.toml"
    link.symlink_to(real)
    file = TomlFile(str(link), System())
    file.set(["mode"], "never")
    file.write()
    assert link.is_symlink()
    assert real.read_text(encoding="utf-8") == 'mode = "never"\n'
    assert stat.S_IMODE(real.stat().st_mode) == 0o644


def test_what_cannot_be_written(tmp_path: Path) -> None:
    """A folder that cannot be made is reported, not raised."""
    (tmp_path / "file").write_text("")
    file = TomlFile(str(tmp_path / "file" / "x.toml"), System())
    file.set(["mode"], "never")
    with pytest.raises(UserError, match="cannot be written"):
        file.write()


_KEY = st.sampled_from(["mode", "store", "volumes", "a b", "providers", "x"])
_LEAF: st.SearchStrategy[Any] = st.one_of(
    st.booleans(), st.text(max_size=5), st.lists(st.text(max_size=3), max_size=3)
)
_TABLES = st.dictionaries(
    _KEY, st.one_of(_LEAF, st.dictionaries(_KEY, st.one_of(_LEAF, st.dictionaries(_KEY, _LEAF))))
)


@given(_TABLES, st.lists(_KEY, min_size=1, max_size=3), _LEAF)
def test_set_changes_one_value(
    tmp_path_factory: pytest.TempPathFactory, table: dict[str, Any], keys: list[str], value: Value
) -> None:
    """For any file, exactly one value changes, or nothing."""
    folder = tmp_path_factory.mktemp("toml", numbered=True)
    file = file_with(folder, tomli_w.dumps(table))
    text = file.text
    try:
        file.set(keys, value)
    except UserError:
        assert file.text == text
        return
    expected = tomllib.loads(text)
    inner = expected
    for key in keys[:-1]:
        inner = inner.setdefault(key, {})
    inner[keys[-1]] = value
    assert tomllib.loads(file.text) == expected


@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["plain", "windows"])
@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param('[project]\nname = "x"\n', id="usual"),
        pytest.param('[project]\nname = "x"', id="no-end-of-line"),
        pytest.param('[project]\nname = "x"  \n\n\n', id="blank-lines-at-the-end"),
        pytest.param("[tool.ruff]\n\n# end\n", id="remark-at-the-end"),
        pytest.param('\ufeff[project]\nname = "x"\n', id="byte-order-mark"),
        pytest.param('[tool.uvlocal]\npointer = "none" # x\n\n[tool.z]\n', id="in-the-table"),
        pytest.param('[project]\r\nname = "x"\nversion = "0"\r\n', id="mixed"),
    ],
)
def test_set_and_unset_leave_no_trace(tmp_path: Path, text: str, end: str) -> None:
    """Setting and unsetting a value restores the file byte for byte."""
    before = (text if "\r" in text else text.replace("\n", end)).encode()
    path = tmp_path / "pyproject.toml"
    path.write_bytes(before)
    key = ("tool", "uvlocal", "strategy")
    file = TomlFile(str(path), System(), project=str(tmp_path))
    file.set(key, "redirect")
    file.write()
    file = TomlFile(str(path), System(), project=str(tmp_path))
    file.unset(key)
    file.write()
    assert path.read_bytes() == before
