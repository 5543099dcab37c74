"""The project and the workspace root, as uv finds them."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.hosts.fakes import FakeSystem, Link, Special
from support.random_worlds.oracle import project, workspace

from uvlocal.shim.machine.host import READ_LIMIT, System
from uvlocal.shim.project.discovery import discover

if TYPE_CHECKING:
    from collections.abc import Callable

Version = tuple[int, int, int]


def never() -> Version:
    """Fail, as the result must not depend on uv's version."""
    pytest.fail("uv was asked for its version")


def always(version: Version | None) -> Callable[[], Version | None]:
    """Return a function that returns a version."""
    return lambda: version


PLAIN = project().encode()
UNMANAGED = project(more="[tool.uv]\nmanaged = false\n").encode()
RUFF = b"[tool.ruff]\npreview = true\n"
WORKSPACE = project("r", workspace("m", "p/*", exclude=("p/out",))).encode()
VIRTUAL = workspace("m").encode()

TABLE = [
    # files, start, root, code
    pytest.param({}, "/w", None, None, id="nothing"),
    pytest.param({"/w": PLAIN}, "/w", "/w", None, id="here"),
    pytest.param({"/w": PLAIN}, "/w/a/b", "/w", None, id="above"),
    pytest.param({"/": PLAIN}, "/w/a", "/", None, id="root-directory"),
    pytest.param({"/w": PLAIN, "/w/a": PLAIN}, "/w/a/b", "/w/a", None, id="nearest"),
    pytest.param({"/w": RUFF}, "/w/a", "/w", None, id="no-project-table"),
    pytest.param({"/w": WORKSPACE, "/w/x": RUFF}, "/w/x/y", "/w/x", None, id="stops-at-any-file"),
    pytest.param({"/w": b""}, "/w/a", "/w", None, id="empty"),
    pytest.param({"/w": UNMANAGED}, "/w/a", "/w", "no-project", id="unmanaged"),
    pytest.param(
        {"/w": b"[tool.uv]\nmanaged = false\n"}, "/w", "/w", None, id="unmanaged-without-project"
    ),
    pytest.param({"/w": b"[project\n"}, "/w", "/w", None, id="broken-but-uninteresting"),
    pytest.param({"/w": b"[project\n#managed"}, "/w", "/w", "no-project", id="broken"),
    pytest.param({"/w": b"# \xe9"}, "/w", "/w", "no-project", id="latin-1"),
    pytest.param({"/w": b"#" * (READ_LIMIT + 1)}, "/w", "/w", "no-project", id="huge"),
    pytest.param({"/w": PLAIN, "/w/a": None}, "/w/a", "/w", None, id="directory-is-no-file"),
    pytest.param({"/w": PLAIN, "/w/a": Special()}, "/w/a", "/w", None, id="fifo-is-no-file"),
    pytest.param({"/w": PLAIN, "/w/a": Link("gone")}, "/w/a", "/w", None, id="dangling"),
    pytest.param({"/w": WORKSPACE, "/w/m": PLAIN}, "/w/m/src", "/w", None, id="member"),
    pytest.param({"/w": VIRTUAL, "/w/m": PLAIN}, "/w/m", "/w", None, id="virtual-member"),
    pytest.param({"/w": VIRTUAL}, "/w/x", "/w", None, id="virtual-root"),
    pytest.param({"/w": WORKSPACE, "/w/p/a": PLAIN}, "/w/p/a", "/w", None, id="glob-member"),
    pytest.param({"/w": WORKSPACE, "/w/p/out": PLAIN}, "/w/p/out", "/w/p/out", None, id="excluded"),
    pytest.param({"/w": WORKSPACE, "/w/x": PLAIN}, "/w/x", "/w/x", None, id="no-member"),
    pytest.param(
        {"/w": WORKSPACE, "/w/m": PLAIN, "/w/m/x": PLAIN},
        "/w/m/x",
        "/w/m/x",
        None,
        id="below-a-member",
    ),
    pytest.param(
        {"/w": WORKSPACE, "/w/m": WORKSPACE}, "/w/m", "/w/m", None, id="workspace-in-workspace"
    ),
    pytest.param(
        {"/w": WORKSPACE, "/w/m": UNMANAGED}, "/w/m", "/w/m", "no-project", id="unmanaged-member"
    ),
    pytest.param(
        {"/w": UNMANAGED + b"[tool.uv.workspace]\nmembers = ['m']", "/w/m": PLAIN},
        "/w/m",
        "/w",
        None,
        id="member-of-unmanaged",
    ),
    pytest.param(
        {"/w": b"[tool.uv.workspace\n", "/w/m": PLAIN},
        "/w/m",
        "/w/m",
        "no-project",
        id="broken-workspace",
    ),
    pytest.param(
        {"/w": b"[tool.uv.workspace\n", "/w/m": RUFF}, "/w/m", "/w/m", None, id="not-even-looked-at"
    ),
    pytest.param(
        {"/w": b"# \xe9", "/w/m": PLAIN}, "/w/m", "/w/m", "no-project", id="unreadable-workspace"
    ),
    pytest.param(
        {"/w": b"[tool.uv]\nworkspace = 3\n", "/w/m": PLAIN},
        "/w/m",
        "/w/m",
        "no-project",
        id="workspace-is-no-table",
    ),
    pytest.param(
        {"/w": workspace("m**").encode(), "/w/m": PLAIN},
        "/w/m",
        "/w/m",
        "no-project",
        id="workspace-with-bad-glob",
    ),
    pytest.param(
        {"/w": b"tool = {uv = {'work\\u0073pace' = {members = ['m']}}}", "/w/m": PLAIN},
        "/w/m",
        "/w/m",
        None,
        id="literal-keys-have-no-escapes",
    ),
    pytest.param(
        {"/w": b'tool = {uv = {"work\\u0073pace" = {members = ["m"]}}}', "/w/m": PLAIN},
        "/w/m",
        "/w",
        None,
        id="escaped-key",
    ),
    pytest.param({"/w": WORKSPACE, "/w/m": PLAIN}, "/w/m/../x", "/w", None, id="dots"),
    pytest.param({"/w": PLAIN}, "/w/gone/a", "/w", None, id="start-is-gone"),
]


@pytest.mark.parametrize(("files", "start", "root", "code"), TABLE)
def test_discover(files: dict[str, object], start: str, root: str | None, code: str | None) -> None:
    """The root is the one that uv finds; a project that uv ignores or rejects has a sentence."""
    tree = {os.path.join(folder, "pyproject.toml"): content for folder, content in files.items()}
    found = discover(start, FakeSystem(tree), uv_version=never)
    assert (found and found.root) == root
    if found is not None:
        assert found.found == root
        assert found.code == code
        assert bool(found.why) == (code is not None)


def test_no_start() -> None:
    """A deleted directory has no project."""
    assert discover("", FakeSystem({"/pyproject.toml": PLAIN})) is None


def test_links_on_the_way() -> None:
    """The search goes up the path as written; the root's real path is kept as well."""
    system = FakeSystem(
        {
            "/w/pyproject.toml": project("w", workspace("link")).encode(),
            "/w/link": Link("/real/m"),
            "/real/m/pyproject.toml": PLAIN,
            "/real/pyproject.toml": project("r", workspace("m")).encode(),
            "/other/link": Link("/real/m"),
        }
    )
    for start, found, root in (
        ("/w/link/x", "/w", "/w"),
        ("/real/m/x", "/real", "/real"),
        ("/other/link/x", "/other/link", "/real/m"),
    ):
        project_ = discover(start, system)
        assert project_ is not None
        assert (project_.found, project_.root) == (found, root)


def test_dots_are_kept_while_walking() -> None:
    """A start with `..` is searched as written; afterwards uv normalises the project's path."""
    tree: dict[str, object] = {
        "/w/link": Link("/real/deep"),
        "/real/pyproject.toml": PLAIN,
        "/w/x": None,
    }
    project_ = discover("/w/link/..", FakeSystem(tree))
    assert project_ is not None
    assert project_.found == "/w"
    tree["/real/pyproject.toml"] = RUFF
    project_ = discover("/w/link/..", FakeSystem(tree))
    assert project_ is not None
    assert (project_.found, project_.root) == ("/w/link/..", "/real")


def test_globs_of_old_versions() -> None:
    """If versions disagree about members, the real uv's version decides."""
    tree = {"/w/pyproject.toml": workspace("./m").encode(), "/w/m/pyproject.toml": PLAIN}
    system = FakeSystem(tree)
    for version, root in (((0, 9, 2), "/w/m"), ((0, 9, 3), "/w"), (None, "/w")):
        project_ = discover("/w/m", system, uv_version=always(version))
        assert project_ is not None
        assert project_.root == root


@pytest.mark.parametrize(
    ("cache_directory", "environ"),
    [
        pytest.param("/w/m", {}, id="named"),
        pytest.param("/w/x/../m/", {}, id="named-with-dots"),
        pytest.param("", {"XDG_CACHE_HOME": "/w"}, id="default"),
    ],
)
def test_uv_spares_its_cache(cache_directory: str, environ: dict[str, str]) -> None:
    """Since 0.11.20, a project in uv's cache directory belongs to no workspace above."""
    tree = {
        "/w/pyproject.toml": workspace("**").encode(),
        "/w/m/p/pyproject.toml": PLAIN,
        "/w/uv/p/pyproject.toml": PLAIN,
    }
    start = "/w/m/p" if cache_directory else "/w/uv/p"
    system = FakeSystem(tree, environ=environ)
    for version, root in (((0, 11, 19), "/w"), ((0, 11, 20), start)):
        project_ = discover(
            start,
            system,
            uv_version=always(version),
            cache_directory=cache_directory,
        )
        assert project_ is not None
        assert project_.root == root


@pytest.mark.parametrize(
    ("text", "table", "preview"),
    [
        ("", None, None),
        ("[tool.uvlocal]\nmode = 'never'\n", {"mode": "never"}, None),
        ("[tool.uvlocal]\n", {}, None),
        ("tool.uvlocal.mode = 'auto'\n", {"mode": "auto"}, None),
        ("[tool]\nuvlocal = 3\n", None, None),
        ("# uvlocal\n", None, None),
        ("[tool.uv]\npreview = true\n", None, True),
        ("[tool.uv]\npreview = false\n", None, False),
        ("[tool.uv]\npreview-features = ['a']\n", None, ["a"]),
        ("[tool.uv]\npreview-features = true\n", None, True),
        ("[tool.uv]\npreview = false\npreview-features = ['a']\n", None, ["a"]),
        ("[tool.uv]\npreview = true\npreview-features = ['a']\n", None, True),
        ("[tool.ruff]\npreview = true\n[tool.uv]\n", None, None),
    ],
)
def test_tables(text: str, table: object, preview: object) -> None:
    """Our table and the preview setting in the root's file are kept."""
    found = discover("/w", FakeSystem({"/w/pyproject.toml": text.encode()}))
    assert found is not None
    assert (found.table, found.preview, found.code) == (table, preview, None)


def test_tables_of_the_root() -> None:
    """A member's own tables do not count."""
    tree = {
        "/w/pyproject.toml": (workspace("m") + "[tool.uvlocal]\nmode = 'always'\n").encode(),
        "/w/m/pyproject.toml": project(more="[tool.uvlocal]\nmode = 'never'\n").encode(),
    }
    found = discover("/w/m", FakeSystem(tree))
    assert found is not None
    assert found.table == {"mode": "always"}


@pytest.mark.parametrize(
    ("files", "start", "touched"),
    [
        pytest.param(
            {"/w/p": PLAIN},
            "/w/p/src",
            ["/w/p/src", "/w/p", "/w/p", "/w", "/"],
            id="single",
        ),
        pytest.param({}, "/w/p", ["/w/p", "/w", "/"], id="none"),
    ],
)
def test_what_is_touched(files: dict[str, object], start: str, touched: list[str]) -> None:
    """Only `pyproject.toml` files up from the start are checked and read."""
    tree = {os.path.join(folder, "pyproject.toml"): content for folder, content in files.items()}
    system = FakeSystem(tree)
    discover(start, system)
    names = [os.path.join(folder, "pyproject.toml") for folder in touched]
    assert [name for name in system.touched if name.endswith("pyproject.toml")] == names


def test_a_single_project_is_not_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A normal project needs no parser, even if it is below another one."""
    monkeypatch.setitem(sys.modules, "tomllib", None)
    more = "[tool.ruff]\npreview = true\n[build-system]\nrequires = ['hatchling']\n"
    tree = {"/w/a/pyproject.toml": project(more=more).encode(), "/w/pyproject.toml": PLAIN}
    for start in ("/w/a/src", "/w"):
        found = discover(start, FakeSystem(tree))
        assert found is not None
        assert found.code is None


def test_a_path_longer_than_any() -> None:
    """A start that is longer than any path is not searched."""

    class Empty(System):
        """A machine without files that counts accesses."""

        asked = 0

        def stat(self, path: str) -> None:
            """Count."""
            assert len(path) < 5000
            Empty.asked += 1

    assert discover("/a" * 100_000, Empty()) is None
    assert 1 < Empty.asked < 5000


@pytest.mark.skipif(sys.platform == "win32", reason="makes a FIFO")
def test_real_files(tmp_path: os.PathLike[str]) -> None:
    """On a real disk, a FIFO in place of a file does not block, and symlinks are resolved."""
    if sys.platform == "win32":
        return
    base = os.path.realpath(tmp_path)
    os.makedirs(os.path.join(base, "p", "fifo"))
    with open(os.path.join(base, "p", "pyproject.toml"), "wb") as file:
        file.write(PLAIN)
    os.mkfifo(os.path.join(base, "p", "fifo", "pyproject.toml"))
    os.symlink("p", os.path.join(base, "link"))
    found = discover(os.path.join(base, "link", "fifo"), System())
    assert found is not None
    assert (found.found, found.root) == (os.path.join(base, "link"), os.path.join(base, "p"))


def test_windows() -> None:
    """On Windows the search ends at the drive."""
    tree = {
        r"C:\w\pyproject.toml": workspace("m").encode(),
        r"C:\w\m\pyproject.toml": PLAIN,
        "D:\\pyproject.toml": PLAIN,
    }
    system = FakeSystem(tree, platform="win32")
    for start, root in ((r"C:\w\m\src", r"C:\w"), (r"D:\a\b", "D:\\"), (r"C:\x", None)):
        found = discover(start, system)
        assert (found and found.root) == root


def test_macos_letter_case() -> None:
    """On macOS the root has the disk's spelling, and `found` the user's."""
    system = FakeSystem({"/Users/me/Code/pyproject.toml": PLAIN}, platform="darwin")
    found = discover("/users/ME/code", system)
    assert found is not None
    assert found.found == "/users/ME/code"


@given(
    st.dictionaries(
        st.sampled_from(["/", "/w", "/w/a", "/w/a/b", "/x"]),
        st.binary(max_size=30)
        | st.text("[]{}tol.uvworkspacemanaged=\"'\\\n ", max_size=60).map(str.encode)
        | st.sampled_from([PLAIN, WORKSPACE, VIRTUAL, UNMANAGED, None, Special(), Link("/w")]),
    ),
    st.sampled_from(["/w/a/b", "/w/../x", "/", "/w/a/", "//w", "/\0", ""]),
)
def test_any_files_are_answered(files: dict[str, object], start: str) -> None:
    """For any files there is a project or none, without an error."""
    tree = {os.path.join(folder, "pyproject.toml"): content for folder, content in files.items()}
    found = discover(start, FakeSystem(tree))
    assert found is None or found.code in {None, "no-project"}
