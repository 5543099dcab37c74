"""A launcher is started before it is trusted: what is said where it does not, and what stays."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from support.hosts import launchers
from support.hosts.homes import Home
from support.tools import fetched, real_mounts

from uvlocal.manage.errors import UserError
from uvlocal.manage.installation import install, shim_dir, starting
from uvlocal.shim import contract
from uvlocal.shim.machine.host import System

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the programs here are POSIX's")

ANSWER = f"echo {contract.MARKER} >&2"
#: What stands in the launcher's place, whether it may be executed, and what is said of it.
BROKEN = [
    pytest.param(b"\x7fELF damaged", 0o755, "exec format error", "--reinstall", id="corrupt"),
    pytest.param(b"", 0o755, "exec format error", "--reinstall", id="empty"),
    pytest.param(b"#!/bin/sh\nkill -9 $$\n", 0o755, "killed by SIGKILL", "policy", id="killed"),
    pytest.param(b"#!/bin/sh\nexec sleep 60\n", 0o755, "within 0.5 s", "policy", id="hangs"),
    pytest.param(
        b"#!/bin/sh\necho uv 0.13.9\n", 0o755, "something unexpected", "--reinstall", id="other"
    ),
    pytest.param(
        f"#!/bin/sh\n{ANSWER}; exit 3\n".encode(), 0o755, "exit code 3", "--reinstall", id="fails"
    ),
    pytest.param(b"#!/bin/sh\n", 0o644, "permission denied", "--shim-dir", id="may-not-run"),
]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Return a home directory without anything in it."""
    return Home(tmp_path)


@pytest.mark.parametrize("name", ["native", "script"])
def test_ours_start(name: str) -> None:
    """Each launcher of ours says who it is, and nothing else."""
    script = os.path.join(fetched.SOURCE, "shims", "uv.sh")
    path = launchers.launcher() if name == "native" else script
    assert starting.trouble(path) is None
    ended = subprocess.run([path, contract.PROBE], capture_output=True, check=True)
    assert (ended.stdout, ended.stderr) == (b"", contract.MARKER.encode() + b"\n")


@pytest.mark.parametrize(("content", "mode", "reason", "hint"), BROKEN)
def test_what_does_not(tmp_path: Path, content: bytes, mode: int, reason: str, hint: str) -> None:
    """What is wrong is told in words, with what helps against that."""
    path = tmp_path / "uv"
    path.write_bytes(content)
    path.chmod(mode)
    found = starting.trouble(str(path), 0.5)
    assert found is not None
    assert reason in found.reason
    assert hint in found.hint


@pytest.mark.parametrize(
    ("number", "said", "hint"),
    [
        pytest.param(
            4551, "An Application Control policy has blocked this file", "policy", id="sac"
        ),
        pytest.param(225, "the file contains a virus", "security program", id="antivirus"),
        pytest.param(193, "%1 is not a valid Win32 application", "--reinstall", id="damaged"),
    ],
)
def test_what_windows_says(
    monkeypatch: pytest.MonkeyPatch, number: int, said: str, hint: str
) -> None:
    """What Windows refuses by a policy is told from a file that is damaged."""
    error = type("Refusal", (OSError,), {"winerror": number})(22, said)

    def refuse(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(subprocess, "run", refuse)
    found = starting.trouble("C:\\shims\\uv.exe")
    assert found is not None
    assert (found.reason, hint in found.hint) == (said.lower(), True)


def broken(tmp_path: Path) -> Callable[[], str]:
    """Return what stands for `shim_dir.launcher_source`: it names a damaged launcher."""
    path = tmp_path / "broken"
    path.write_bytes(b"\x7fELF damaged " + contract.MARKER.encode())
    return lambda: str(path)


def test_nothing_is_installed_that_does_not_start(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A launcher that does not start leaves no file, no folder and no line behind."""
    home.write(".bashrc", "a\n")
    before = home.tree()
    monkeypatch.setattr(shim_dir, "launcher_source", broken(tmp_path))
    with pytest.raises(UserError) as refusal:
        home.install()
    assert refusal.value.message == (
        f"the shim does not start in `{home.shims}`, so it was not installed: exec format error"
    )
    assert refusal.value.hint
    assert home.tree() == before


def test_a_shim_that_works_is_not_replaced_by_one_that_does_not(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What stood before, stands and works as before."""
    home.install()
    before = home.tree()
    with monkeypatch.context() as patch:
        patch.setattr(shim_dir, "launcher_source", broken(tmp_path))
        with pytest.raises(UserError, match="does not start"):
            home.install()
    assert home.tree() == before
    assert starting.trouble(str(home.shims / "uv")) is None


def test_a_shim_that_stands_is_started_too(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing has to be written, `install` finds out all the same whether the shim starts."""
    home.install()
    refused = starting.Trouble("permission denied", "a hint")
    monkeypatch.setattr(starting, "trouble", lambda _: refused)
    with pytest.raises(UserError, match="does not start: permission denied"):
        home.install()


@pytest.mark.slow
def test_a_home_on_a_disk_without_programs(home: Home) -> None:
    """On a disk that lets no program run (`noexec`), nothing is installed, and that is said."""
    mounts = real_mounts.Mounts(home.root)
    try:
        real_mounts.need("mount", root=True)
        mounts.run("mount", "-t", "tmpfs", "-o", "noexec", "tmpfs", str(home.path))
        mounts.await_mount(str(home.path))
    except real_mounts.Unavailable as why:
        pytest.skip(str(why))
    try:
        with pytest.raises(UserError, match="permission denied") as refusal:
            home.install()
        assert "--shim-dir" in refusal.value.hint
        assert home.tree() == {}
    finally:
        mounts.close()


# -- programs that run, on Windows -----------------------------------------------------------------


class Running:
    """Windows' rule: a file that a program runs from can be renamed, not replaced or removed."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Begin with nothing running."""
        self.inodes: set[int] = set()
        self.replace, self.unlink = os.replace, os.unlink
        monkeypatch.setattr(os, "replace", self._replace)
        monkeypatch.setattr(os, "unlink", self._unlink)

    def start(self, path: Path) -> None:
        """Let a program run from this file."""
        self.inodes.add(path.stat().st_ino)

    def _check(self, path: str) -> None:
        if os.path.exists(path) and os.stat(path).st_ino in self.inodes:
            raise PermissionError(13, "Access is denied", path)

    def _replace(self, source: str, target: str) -> None:
        self._check(target)
        self.replace(source, target)

    def _unlink(self, path: str) -> None:
        self._check(path)
        self.unlink(path)


def test_a_program_that_runs_gives_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A running `uv.exe` is renamed aside, and goes once it has ended; what is not ours stays."""
    system, running = System(platform="win32", environ={}), Running(monkeypatch)
    uv, draft = tmp_path / "uv.exe", tmp_path / "draft"
    shutil.copyfile(launchers.launcher(), uv)
    strange = tmp_path / "uv.exe.old-00000000"
    strange.write_text("mine")
    running.start(uv)
    draft.write_text("new")
    starting.put(str(draft), str(uv), system)
    assert uv.read_text() == "new"
    (aside,) = starting.old(str(tmp_path), system)
    starting.clear(str(tmp_path), system)
    assert os.path.exists(aside)
    running.inodes.clear()
    starting.clear(str(tmp_path), system)
    assert sorted(os.listdir(tmp_path)) == ["uv.exe", strange.name]


def test_a_file_that_cannot_be_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing can take the place, what stood there stands there again."""
    uv, draft = tmp_path / "uv.exe", tmp_path / "draft"
    uv.write_text("old")
    draft.write_text("new")

    def refuse(_: str, target: str) -> None:
        raise PermissionError(13, "Access is denied", target)

    monkeypatch.setattr(os, "replace", refuse)
    for platform in ("win32", "linux"):
        with pytest.raises(PermissionError):
            starting.put(str(draft), str(uv), System(platform=platform, environ={}))
        assert (uv.read_text(), sorted(os.listdir(tmp_path))) == ("old", ["draft", "uv.exe"])


def test_uninstall_takes_what_was_renamed(home: Home) -> None:
    """`uninstall` removes the programs that an install had renamed aside."""
    home.install()
    aside = home.shims / "uv.exe.old-0123abcd"
    shutil.copyfile(home.shims / "uv", aside)
    home.uninstall()
    assert home.tree() == {}


def test_install_clears_what_was_renamed(home: Home) -> None:
    """So does the next `install` that writes the shim."""
    home.install()
    aside = home.shims / "uv.exe.old-0123abcd"
    shutil.copyfile(home.shims / "uv", aside)
    (home.shims / "uv").unlink()
    install.make_shim(None, home.system)
    assert not aside.exists()
