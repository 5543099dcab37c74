"""`uvlocal uninstall` removes everything that was created, and nothing else."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING

import pytest
from support.hosts.homes import NAME, SHIMS, Home

from uvlocal.manage.environments import remove_all, store_lock
from uvlocal.manage.errors import UserError
from uvlocal.manage.installation import memory, uninstall
from uvlocal.manage.installation.install import Wish

if TYPE_CHECKING:
    from pathlib import Path


pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the homes here are POSIX's")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Return an empty home directory."""
    return Home(tmp_path)


def test_uninstall_of_nothing(home: Home) -> None:
    """If nothing is installed, there is nothing to remove."""
    home.write(".bashrc", "# uvlocal is nice\n")
    assert uninstall.plan(None, home.system).result.is_empty


def test_a_lock_alone_goes(home: Home) -> None:
    """The lock of an empty store is removed with the store."""
    home.write(".local/share/uvlocal/.lock", "")
    assert home.uninstall().files == (str(home.path / ".local/share/uvlocal/.lock"),)
    assert not (home.path / ".local/share/uvlocal").exists()


def test_environments_stay(home: Home) -> None:
    """Environments, their records and the settings stay, and are listed."""
    home.install()
    folder = home.environment()
    settings = home.write(".config/uvlocal/uvlocal.toml", 'mode = "auto"\n')
    gone = home.uninstall()
    assert gone.kept == (str(folder), str(settings))
    assert folder.exists()
    assert (home.path / f".local/share/uvlocal/records/{NAME}.toml").exists()
    assert not home.shims.exists()


def test_environments_go_on_request(home: Home) -> None:
    """`--environments` removes them with their records and pointers, and then the store."""
    before = home.tree()
    home.install()
    folder = home.environment()
    pointer = home.path / "Dropbox/foo/.venv"
    pointer.symlink_to(folder)

    gone = home.uninstall(environments=True)

    assert [(one.path, one.stays) for one in gone.environments] == [(str(folder), "")]
    assert (gone.problems, gone.kept) == ((), ())
    assert set(home.tree()) - set(before) == {
        "Dropbox",
        "Dropbox/foo",
        "Dropbox/foo/pyproject.toml",
    }


def test_what_is_not_an_environment_of_ours_stays(home: Home) -> None:
    """Unknown directories, symlinks and foreign pointers stay, with the reason."""
    home.install()
    folder = home.environment()
    envs = folder.parent
    precious = home.write("precious/file", "mine")
    (envs / "link-0123456789").symlink_to(precious.parent)
    (envs / "strange").mkdir()
    pointer = home.path / "Dropbox/foo/.venv"
    pointer.symlink_to("/elsewhere")

    gone = home.uninstall(environments=True)

    assert {os.path.basename(one.path) for one in gone.problems} == {"link-0123456789", "strange"}
    assert not folder.exists()
    assert precious.exists()
    assert pointer.is_symlink()
    assert sorted(os.listdir(envs)) == ["link-0123456789", "strange"]


def test_environment_in_use_stays(home: Home) -> None:
    """An environment in use stays, and the rest is removed."""
    home.install()
    folder = home.environment()
    gone = home.uninstall(environments=True, running=str(folder / "bin/python"))
    [problem] = gone.problems
    assert (problem.path, problem.reason) == (str(folder), "in use by `python` (process 1)")
    assert folder.exists()
    assert not home.shims.exists()


def test_environments_held_by_another_process(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """If another process locks the store, its environments stay, with the reason."""
    folder = home.environment()
    going = remove_all.plan([str(folder.parent.parent)], home.system, list)
    monkeypatch.setattr(store_lock, "_PATIENCE", 0.1)
    with store_lock.lock(str(folder.parent.parent)):
        [one] = remove_all.remove(going, home.system, list)
    assert one.stays.startswith("the store is locked by another process")
    assert folder.exists()


def test_what_the_shim_left_goes_by_name(home: Home) -> None:
    """In the cache, only files and directories of the shim are removed."""
    home.install()
    cache = ".cache/uvlocal"
    names = ["roots", "uv-versions", "code-cpython-311-0123456789abcdef"]
    names += ["code-pypy39-0123456789abcdef.77", "decisions/0123456789abcdef", f"pointers/{NAME}"]
    names += [f"said/{NAME}.12", "said/editors"]
    for name in names:
        home.write(f"{cache}/{name}", "x")
    kept = ["notes", "decisions/notes", "code-of-conduct", "said/more/0123456789abcdef"]
    for name in kept:
        home.write(f"{cache}/{name}", "x")
    (home.path / cache / "empty").mkdir()
    (home.path / cache / "pointers/out-0123456789").symlink_to("/usr")
    home.uninstall()
    left = {str(path.relative_to(home.path / cache)) for path in (home.path / cache).rglob("*")}
    folders = {"decisions", "said", "said/more", "empty", "pointers", "pointers/out-0123456789"}
    assert left == {*kept, *folders}


@pytest.mark.parametrize(
    ("variable", "store"),
    [
        pytest.param("XDG_DATA_HOME", ".cache/uvlocal", id="data-and-cache-are-one"),
        pytest.param("UVLOCAL_STORE", ".cache/uvlocal", id="the-cache-folder"),
        pytest.param("UVLOCAL_STORE", ".cache/uvlocal/decisions", id="in-our-folder"),
        pytest.param("UVLOCAL_STORE", ".cache/uvlocal/deep/store", id="further-down"),
    ],
)
def test_a_store_in_the_cache_folder_stays(home: Home, variable: str, store: str) -> None:
    """Environments stay complete even if the store is in the cache directory."""
    path = home.path / store
    home.environ[variable] = str(path if variable == "UVLOCAL_STORE" else path.parent)
    home.install()
    home.environment()
    (home.path / ".local/share/uvlocal").rename(home.path / "aside")
    path.mkdir(parents=True, exist_ok=True)
    for name in ("envs", "records"):
        (home.path / "aside" / name).rename(path / name)
    (path / "envs" / NAME / "lib").mkdir()
    home.write(".cache/uvlocal/roots", "x")
    home.uninstall()
    assert (path / "envs" / NAME / "lib").is_dir()
    assert (path / "envs" / NAME / "pyvenv.cfg").exists()
    assert (path / f"records/{NAME}.toml").exists()
    assert not (home.path / ".cache/uvlocal/roots").exists()


def test_cache_behind_a_link_is_not_followed(home: Home) -> None:
    """If the cache directory is a symlink, its target is left alone."""
    home.install()
    elsewhere = home.write("elsewhere/roots", "x")
    (home.path / ".cache").mkdir()
    (home.path / ".cache/uvlocal").symlink_to(elsewhere.parent)
    home.uninstall()
    assert elsewhere.exists()


def test_other_shims_lines_stay(home: Home) -> None:
    """`--shim-dir` removes only that directory's shim and lines."""
    home.install()
    before = home.tree()
    other = str(home.path / "other")
    home.install(Wish(other, shells=("zsh",)))
    home.uninstall(other)
    assert home.tree() == before


def test_all_shims_of_this_uvlocal_go(home: Home) -> None:
    """By default, every shim of this uvlocal on PATH is removed, and no other."""
    mine, others = home.path / "mine", home.path / "others"
    home.install(Wish(str(mine), startup_files=False))
    home.install(Wish(str(others), startup_files=False))
    home.configure("package", "/elsewhere", folder=others)
    home.set_path(str(mine), str(others), str(home.uv.parent))
    home.uninstall()
    assert not mine.exists()
    assert (others / "uv").exists()


def test_uninstall_tells_what_it_cannot_do(home: Home) -> None:
    """A read-only startup file is reported, and everything else is removed."""
    home.install()
    (home.path / ".bashrc").chmod(0o444)
    gone = home.uninstall()
    assert [(one.path, one.reason) for one in gone.problems] == [
        (str(home.path / ".bashrc"), "is read-only")
    ]
    assert not home.shims.exists()


def test_world_that_changes_between_question_and_answer(home: Home) -> None:
    """A missing file is fine; a changed one is kept and reported."""
    home.install()
    todo = uninstall.plan(None, home.system)
    (home.shims / "uv").unlink()
    path = home.write(".bashrc", "new\n")
    gone = uninstall.perform(todo)
    assert [(one.path, one.reason) for one in gone.problems] == [
        (str(path), "was changed by another program in the meantime")
    ]
    assert path.read_text() == "new\n"
    assert not home.shims.exists()


def test_uninstall_refuses_what_is_not_ours(home: Home) -> None:
    """A `uv` that is not a shim is not removed."""
    path = home.write("folder/uv", "mine")
    with pytest.raises(UserError, match="is not a uvlocal shim"):
        home.uninstall(str(path.parent))


@pytest.mark.parametrize("content", ["", "folders = 1", "folders = [1]", "= garbage", "\xff"])
def test_damaged_memory(home: Home, content: str) -> None:
    """If it is unknown which directories were created, only they stay."""
    home.install(Wish(shells=("bash",)))
    (home.shims / memory.MEMORY).write_bytes(content.encode("latin-1"))
    home.uninstall()
    assert set(home.tree()) <= {".local", ".local/share", ".local/share/uvlocal", SHIMS}


@pytest.mark.parametrize("way", ["link", "in-place", "not-synced"])
def test_a_startup_file_that_other_machines_share(home: Home, way: str) -> None:
    """There is a warning if a sync client will remove the line on other machines too."""
    home.write("Dropbox/dot/bashrc", "export EDITOR=vi\n")
    synced = home.path if way == "in-place" else home.path / "Dropbox"
    if way != "not-synced":
        home.write(".dropbox/info.json", json.dumps({"personal": {"path": str(synced)}}))
    os.symlink(home.path / "Dropbox/dot/bashrc", home.path / ".bashrc")
    home.install()
    before = home.tree()
    bashrc = str(home.path / ".bashrc")
    shared = uninstall.plan(None, home.system).result.shared_files
    expected = {} if way == "not-synced" else {bashrc: "Dropbox"}
    assert {path: client for path, client in shared.items() if path == bashrc} == expected
    assert home.tree() == before
    shown = home.command("uninstall", "--dry-run")
    assert ("`~/.bashrc` is synced by Dropbox" in shown.stderr) is bool(expected)
