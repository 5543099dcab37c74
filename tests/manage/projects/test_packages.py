"""The packages in an environment, found without starting its Python."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from uvlocal.manage.files.tree import Entry, Files
from uvlocal.manage.projects import packages
from uvlocal.manage.projects.packages import Package

if TYPE_CHECKING:
    from pathlib import Path


class Environment:
    """An environment written file by file."""

    def __init__(self, root: Path, *, library: str = "lib/python3.12") -> None:
        self.path = str(root / "env")
        self.packages = os.path.join(self.path, library, "site-packages")
        os.makedirs(self.packages)
        self.write("pyvenv.cfg", "home = /usr/bin\nversion_info = 3.12.1\n")

    def write(self, name: str, content: str | bytes) -> str:
        """Write a file below the environment."""
        path = os.path.join(self.path, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
        return path

    def install(self, folder: str, **files: str | bytes) -> None:
        """Write a metadata folder; `files` are its files, `direct_url` without the extension."""
        os.makedirs(os.path.join(self.packages, folder))
        for name, content in files.items():
            file = name + ".json" if name == "direct_url" else name
            self.write(os.path.join(self.packages, folder, file), content)

    @property
    def installed(self) -> dict[str, Package]:
        """The packages in it."""
        return packages.installed(self.path, Files())


@pytest.fixture
def env(tmp_path: Path) -> Environment:
    """Return an empty environment."""
    return Environment(tmp_path)


def origin(url: str, **more: object) -> str:
    """Return the content of `direct_url.json`."""
    return json.dumps({"url": url, **more})


@pytest.mark.parametrize(
    ("folder", "content", "expected"),
    [
        pytest.param(
            "iniconfig-2.1.0.dist-info",
            None,
            Package("iniconfig", "2.1.0", "iniconfig==2.1.0"),
            id="index",
        ),
        pytest.param(
            "Zope.Interface_x-5.0.dist-info",
            None,
            Package("zope-interface-x", "5.0", "zope-interface-x==5.0"),
            id="name-is-normalised",
        ),
        pytest.param(
            "torch-2.5.0+cu121.dist-info",
            None,
            Package("torch", "2.5.0+cu121", "torch==2.5.0+cu121"),
            id="local-version",
        ),
        pytest.param(
            "old-1.0-py3.12.egg-info",
            None,
            Package("old", "1.0", "old==1.0"),
            id="egg",
        ),
        pytest.param("odd.dist-info", None, Package("odd", "", "odd"), id="without-a-version"),
        pytest.param(
            "foo-0.1.0.dist-info",
            origin("file:///home/me/code%20of%20mine/foo", dir_info={"editable": True}),
            Package(
                "foo",
                "0.1.0",
                "foo @ file:///home/me/code%20of%20mine/foo",
                editable="/home/me/code of mine/foo",
            ),
            id="editable",
        ),
        pytest.param(
            "foo-0.1.0.dist-info",
            origin("file:///home/me/foo", dir_info={}),
            Package("foo", "0.1.0", "foo @ file:///home/me/foo"),
            id="folder",
        ),
        pytest.param(
            "foo-0.1.0.dist-info",
            origin("https://example.com/foo.git", vcs_info={"vcs": "git", "commit_id": "abc"}),
            Package("foo", "0.1.0", "foo @ git+https://example.com/foo.git@abc"),
            id="git",
        ),
        pytest.param(
            "foo-0.1.0.dist-info",
            origin("https://example.com/foo.zip", archive_info={}, subdirectory="py"),
            Package("foo", "0.1.0", "foo @ https://example.com/foo.zip#subdirectory=py"),
            id="archive",
        ),
        *(
            pytest.param(
                "foo-0.1.0.dist-info", content, Package("foo", "0.1.0", "foo==0.1.0"), id=name
            )
            for name, content in {
                "empty": "",
                "no-json": "{",
                "no-table": "[1]",
                "no-url": "{}",
                "odd-table": '{"url": "x", "dir_info": 1}',
                "odd-revision": '{"url": "x", "vcs_info": {"vcs": "git"}}',
                "no-text": b"\xff\xfe",
            }.items()
        ),
    ],
)
def test_a_package(
    env: Environment, folder: str, content: str | bytes | None, expected: Package
) -> None:
    """Name, version and origin come from the metadata directory."""
    files = {} if content is None else {"direct_url": content}
    env.install(folder, **files)
    assert env.installed == {expected.name: expected}


@pytest.mark.parametrize(
    "folder",
    ["certifi-2026.10.18 2.dist-info", "certifi", "__pycache__", ".dist-info", "certifi.libs"],
)
def test_no_package(env: Environment, folder: str) -> None:
    """Conflict copies and other directories are not packages."""
    env.install(folder)
    assert env.installed == {}


@pytest.mark.parametrize(
    "folder",
    [
        pytest.param("_r.dist-info", id="option"),
        pytest.param("__config-file=x-1.dist-info", id="long-option"),
        pytest.param("a\nerror: b-1.dist-info", id="newline"),
        pytest.param("a-1;x.dist-info", id="version"),
        pytest.param("~oo-1.0.dist-info", id="left-by-pip"),
    ],
)
def test_a_name_that_is_none(env: Environment, folder: str) -> None:
    """Only a valid package name can become an argument of uv."""
    env.install(folder)
    assert env.installed == {}


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(origin("--option", dir_info={"editable": True}), id="option"),
        pytest.param(origin("file:-x", dir_info={"editable": True}), id="short-option"),
        pytest.param(origin("file:///a\nb"), id="newline"),
        pytest.param(origin("file:///a\x1b[2J"), id="escape-sequence"),
        pytest.param(origin("https://x/y", subdirectory="a\nb"), id="subdirectory"),
        pytest.param(origin("https://x/\ud800"), id="no-text"),
    ],
)
def test_an_origin_that_is_none(env: Environment, content: str) -> None:
    """If the origin of a package is invalid, its name and version count."""
    env.install("x-1.0.dist-info", direct_url=content)
    assert env.installed == {"x": Package("x", "1.0", "x==1.0")}


def test_an_evicted_origin_is_not_fetched(env: Environment) -> None:
    """An evicted metadata directory is not opened."""
    env.install("foo-1.0.dist-info", direct_url=origin("https://example.com/foo.zip"))

    class Evicted(Files):
        def entries(self, folder: str, *, sizes: bool) -> list[Entry]:
            found = super().entries(folder, sizes=sizes)
            return [one._replace(evicted=one.name.endswith("-info")) for one in found]

        def read(self, path: str) -> bytes:
            raise AssertionError(path)

    assert packages.installed(env.path, Evicted()) == {"foo": Package("foo", "1.0", "foo==1.0")}


def test_a_folder_on_windows(tmp_path: Path) -> None:
    """On Windows packages are in `Lib`."""
    env = Environment(tmp_path, library="Lib")
    env.install("six-1.0.dist-info")
    assert set(env.installed) == {"six"}


def test_nothing_there(tmp_path: Path) -> None:
    """A missing directory has no packages."""
    assert packages.installed(str(tmp_path / "none"), Files()) == {}
    assert packages.strangers(str(tmp_path / "none"), Files()) == []


def test_when_a_package_was_installed(env: Environment) -> None:
    """A reinstalled package is recognised by its new metadata directory."""
    env.install("six-1.0.dist-info")
    os.utime(os.path.join(env.packages, "six-1.0.dist-info"), ns=(0, 12345))
    assert env.installed["six"].made == 12345


@pytest.mark.parametrize(
    ("name", "strange"),
    [
        pytest.param("bin/x", False, id="bin"),
        pytest.param("Scripts/x", False, id="scripts"),
        pytest.param("CACHEDIR.TAG", False, id="tag"),
        pytest.param(".lock", False, id="dot"),
        pytest.param("Thumbs.db", False, id="file-manager"),
        pytest.param("bin 2/x", False, id="conflict-copy"),
        pytest.param("share/jupyter/x", False, id="of-a-package"),
        pytest.param("src/mine/.git/HEAD", True, id="checkout"),
        pytest.param("notes.txt", True, id="notes"),
        pytest.param("my notes 2", True, id="number-without-original"),
    ],
)
def test_things_of_a_person(env: Environment, name: str, strange: bool) -> None:
    """The user's own files are found, so that they are not removed."""
    env.write("bin/python", "")
    env.write(name, "x")
    assert packages.strangers(env.path, Files()) == ([name.partition("/")[0]] if strange else [])
