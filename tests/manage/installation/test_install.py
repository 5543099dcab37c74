"""`uvlocal install`: what it creates, what it refuses, which real uv it records."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from support.hosts.fakes import FakeSystem
from support.hosts.homes import Home
from support.hosts.launchers import hook

from uvlocal.manage.errors import UserError
from uvlocal.manage.installation import (
    inspect,
    install,
    shim_dir,
    standing,
    uninstall,
    windows_path,
)
from uvlocal.manage.installation.install import Wish
from uvlocal.manage.views import install as install_view
from uvlocal.shim import contract
from uvlocal.shim.machine.host import System

if TYPE_CHECKING:
    from pathlib import Path

    from support.hosts.worlds import World


pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the homes here are POSIX's")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Return an empty home directory."""
    return Home(tmp_path)


# -- installing ------------------------------------------------------------------------------------


def test_install_and_uninstall_leave_no_trace(home: Home) -> None:
    """Everything created is removed; everything else is unchanged, byte for byte."""
    home.write(".bashrc", "alias l=ls")
    (home.path / ".bashrc").chmod(0o600)
    before = home.tree()

    made = home.install()

    assert (made.changed, made.real_uv) == (True, str(home.uv))
    assert [(line.path, line.state) for line in made.lines] == [
        (str(home.path / ".bashrc"), "added"),
        (str(home.path / ".profile"), "added"),
    ]
    assert stat.S_IMODE((home.path / ".local/share/uvlocal").stat().st_mode) == 0o700
    home.shim_first()
    assert home.findings() == []
    gone = home.uninstall()
    assert gone.problems == ()
    assert home.tree() == before


def test_second_install_changes_nothing(home: Home) -> None:
    """A second install changes nothing, and an uninstall still works."""
    before = home.tree()
    home.install()
    first = home.tree()
    again = install.plan(Wish(), home.system).result
    assert (again.changed, {line.state for line in again.lines}) == (False, {"current"})
    home.install()
    assert home.tree() == first
    home.uninstall()
    assert home.tree() == before


def test_plan_changes_nothing(home: Home) -> None:
    """A plan shows exactly the lines that the files then get, and changes nothing."""
    before = home.tree()
    planned = install.plan(Wish(), home.system).result
    assert home.tree() == before
    home.install()
    for line in planned.lines:
        with open(line.path) as file:
            assert file.read() == line.text + "\n"


def test_named_shells_only(home: Home) -> None:
    """Only the named shells' files get the line."""
    made = home.install(Wish(shells=("fish", "/bin/zsh", "zsh")))
    assert made.shells == ("fish", "zsh")
    assert not (home.path / ".bashrc").exists()
    assert (home.path / ".config/fish/conf.d/uvlocal.fish").exists()
    home.uninstall()
    assert home.tree() == {}


def test_no_startup_files(home: Home) -> None:
    """With `--no-rc` only the named directory is created, and later removed with its content."""
    folder = home.path / "my shims"
    made = home.install(Wish(str(folder), startup_files=False))
    assert made.lines == ()
    assert sorted(os.listdir(folder)) == [
        "uv",
        "uvlocal-installed.toml",
        "uvlocal-launcher.conf",
        "uvx",
    ]
    assert os.listdir(home.path) == ["my shims"]
    home.uninstall(str(folder))
    assert home.tree() == {}


def test_folder_that_was_there_stays(home: Home) -> None:
    """A directory that the user created stays, with their files."""
    folder = home.write("shims/other", "mine").parent
    before = home.tree()
    home.install(Wish(str(folder), startup_files=False))
    home.uninstall(str(folder))
    assert home.tree() == before


def test_alias_instead_of_path(home: Home) -> None:
    """`--alias` adds an alias instead of changing PATH, and uninstall removes it."""
    home.install(Wish(alias=True))
    content = (home.path / ".bashrc").read_text()
    assert " || alias uv='\"$HOME/.local/share/uvlocal/shims/uv\"'; " in content
    assert "PATH" not in content
    lines = inspect.inspect(None, home.system).lines
    assert {line.state for line in lines} == {"current"}
    home.install()
    assert "alias" not in (home.path / ".bashrc").read_text()
    home.uninstall()
    assert home.tree() == {}


def test_one_file_that_cannot_be_changed(home: Home) -> None:
    """A read-only file is reported and kept; the others get their line."""
    path = home.write(".bashrc", "a\n")
    path.chmod(0o444)
    made = home.install()
    assert [(line.state, line.reason) for line in made.lines] == [
        ("blocked", "is read-only"),
        ("added", ""),
    ]
    assert made.is_blocked
    assert path.read_text() == "a\n"


@pytest.mark.parametrize(
    ("wish", "message"),
    [
        pytest.param(Wish("a:b"), "that PATH cannot hold", id="colon"),
        pytest.param(Wish("a\nb"), "that PATH cannot hold", id="line-break"),
        pytest.param(Wish(shells=("tcsh",)), "unknown shell `tcsh`", id="unknown-shell"),
        pytest.param(Wish("taken"), "already exists", id="foreign-file"),
        pytest.param(Wish("linked"), "already exists", id="link"),
        pytest.param(Wish("file"), "cannot be written", id="no-folder"),
    ],
)
def test_what_is_refused(
    home: Home, monkeypatch: pytest.MonkeyPatch, wish: Wish, message: str
) -> None:
    """What cannot work, or would harm other files, fails with a message."""
    home.write("taken/uv", "mine")
    (home.path / "linked").mkdir()
    (home.path / "linked/uv").symlink_to("/bin/true")
    home.write("file", "")
    monkeypatch.chdir(home.path)
    before = home.tree()
    with pytest.raises(UserError, match=message):
        home.install(wish)
    assert home.tree() == before


def test_file_that_changes_between_question_and_answer(home: Home) -> None:
    """A startup file that another program changes in the meantime is kept, and reported."""
    todo = install.plan(Wish(), home.system)
    path = home.write(".bashrc", "new\n")
    made = install.perform(todo)
    assert [(line.state, line.reason) for line in made.lines] == [
        ("blocked", "was changed by another program in the meantime"),
        ("added", ""),
    ]
    assert path.read_text() == "new\n"


def test_root_in_another_users_home() -> None:
    """`sudo uvlocal install` is refused, as it would create root's files in the user's home."""
    system = FakeSystem(environ={"HOME": "/home/me"})
    system.uid = 0
    with pytest.raises(UserError, match="another user's home"):
        install.plan(Wish(), system)


@pytest.mark.parametrize(
    ("prefix", "refused"),
    [
        pytest.param(
            r"C:\Program Files\WindowsApps\PythonSoftwareFoundation.Python.3.13_x64__q",
            True,
            id="store",
        ),
        pytest.param(r"C:\Users\me\AppData\Local\Microsoft\WindowsApps\Python", True, id="alias"),
        pytest.param(r"C:\Users\me\AppData\Roaming\uv\python\cpython-3.13", False, id="uv's"),
        pytest.param(r"C:\Program Files\WindowsApps2\Python313", False, id="another-name"),
    ],
)
def test_python_of_the_microsoft_store(
    monkeypatch: pytest.MonkeyPatch, prefix: str, *, refused: bool
) -> None:
    """What the Store's Python installs, no other program would see: the way that works is told."""
    monkeypatch.setattr(sys, "base_prefix", prefix)
    system = FakeSystem(platform="win32")
    if not refused:
        standing.refuse_bad_circumstances(system)
        return
    with pytest.raises(UserError, match="Microsoft Store") as refusal:
        standing.refuse_bad_circumstances(system)
    assert "--python-preference only-managed" in refusal.value.hint
    standing.refuse_bad_circumstances(FakeSystem(platform="linux"))


def test_a_uv_on_the_machines_path_is_told(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    """`install` says that Windows finds another uv first, and the ways out."""
    program = r"C:\ProgramData\chocolatey\bin\uv.exe"
    install_view.installed(replace(home.install(), machine_uv=program))
    said = " ".join(capsys.readouterr().err.split())
    assert f"`{program}` is on the machine's PATH" in said
    assert "--alias" in said


def test_without_a_home() -> None:
    """Without a home directory a shim directory must be named."""
    with pytest.raises(UserError, match="no home directory"):
        install.plan(Wish(startup_files=False), FakeSystem(home=""))
    with pytest.raises(UserError, match="no home directory"):
        install.plan(Wish("/shims"), FakeSystem(home=""))


@pytest.mark.parametrize(
    ("folder", "tagged", "expected"),
    [
        pytest.param("cache/archive-v0/abc/lib/uvlocal", True, True, id="uvx"),
        pytest.param("cache/environments-v2/abc/lib/uvlocal", True, True, id="script"),
        pytest.param("cache/archive-v0/abc/lib/uvlocal", False, False, id="no-cache"),
        pytest.param("tools/uvlocal/lib/uvlocal", True, False, id="uv-tool"),
    ],
)
def test_place_that_does_not_last(
    tmp_path: Path, folder: str, tagged: bool, expected: bool
) -> None:
    """A uvlocal in uv's cache (`uvx uvlocal install`) is recognised."""
    package = tmp_path / folder
    package.mkdir(parents=True)
    if tagged:
        (tmp_path / "cache").mkdir(exist_ok=True)
        (tmp_path / "cache/CACHEDIR.TAG").touch()
    assert standing.is_in_uv_cache(str(package)) is expected


# -- the recorded real uv --------------------------------------------------------------------------


def test_recorded_uv_is_no_virtual_environments(home: Home) -> None:
    """An active virtual environment's uv is recorded only if there is no other."""
    inside = home.program("venv/bin/uv", "echo venv")
    home.environ["VIRTUAL_ENV"] = str(inside.parent.parent)
    home.set_path(str(inside.parent), str(home.uv.parent))
    assert home.install().real_uv == str(home.uv)
    home.set_path(str(inside.parent))
    assert home.install().real_uv == str(inside)


def test_recorded_uv_outlives_an_odd_path(home: Home) -> None:
    """Without a uv on PATH, the recorded one stays; `UVLOCAL_UV` is only for one call."""
    home.install()
    home.set_path("/nowhere")
    home.environ["UVLOCAL_UV"] = "/bin/true"
    assert home.install().real_uv == str(home.uv)


def test_recorded_uv_keeps_a_package_managers_link(home: Home) -> None:
    """The symlink that `brew upgrade` keeps is recorded, not its versioned target."""
    link = home.root / "brew" / "uv"
    link.parent.mkdir()
    link.symlink_to(home.uv)
    home.set_path(str(link.parent))
    assert home.install().real_uv == str(link)


def test_uv_installed_over_the_shim(home: Home) -> None:
    """A real uv that replaced the shim is moved aside, used, and moved back at the end."""
    home.install()
    home.shim_first()
    home.uv.unlink()
    (home.shims / "uv").write_bytes(b"\x7fELF" + bytes(contract.SHIM_LIMIT))
    (home.shims / "uv").chmod(0o755)
    content = (home.shims / "uv").read_bytes()
    assert home.findings() == ["shim-replaced"]

    made = home.install()

    aside = home.shims / "real" / "uv"
    assert (made.moved_uv, made.real_uv) == (str(aside), str(aside))
    assert aside.read_bytes() == content
    assert home.findings() == []
    again = install.plan(Wish(), home.system).result
    assert (again.changed, again.real_uv) == (False, str(aside))

    gone = home.uninstall()
    assert gone.moved_back == (str(home.shims / "uv"),)
    assert (home.shims / "uv").read_bytes() == content
    assert os.listdir(home.shims) == ["uv"]


def test_uninstall_leaves_a_uv_that_took_the_shims_place(home: Home) -> None:
    """A real uv that replaced the shim stays after an uninstall."""
    home.install()
    (home.shims / "uv").write_bytes(b"\x7fELF real")
    home.uninstall()
    assert os.listdir(home.shims) == ["uv"]


# -- the user's PATH on Windows, simulated --------------------------------------------------------


class FakePath:
    """The user's PATH as a value."""

    def __init__(self, text: str | None, *, broken: bool = False) -> None:
        self.text = text
        self.broken = broken

    def read(self) -> windows_path.Value | None:
        """Return the value."""
        return None if self.text is None else windows_path.Value(self.text, windows_path.TEXT)

    def write(self, value: windows_path.Value | None) -> None:
        """Replace the value."""
        if self.broken:
            raise PermissionError(13, "denied")
        self.text = None if value is None else value.text


@pytest.mark.parametrize("before", [None, "", r"C:\a;%B%"], ids=["absent", "empty", "filled"])
def test_users_path_on_windows(tmp_path: Path, before: str | None) -> None:
    """On Windows the directory is put first on the user's PATH, and removed again."""
    system = System(platform="win32", environ={"LOCALAPPDATA": str(tmp_path)}, home=str(tmp_path))
    folder, path = str(tmp_path / "shims"), FakePath(before)
    todo = install.plan(Wish(folder), system, user_path=path)
    assert (todo.result.user_path, path.text) == ("absent", before)
    assert install.perform(todo).user_path == "added"
    assert path.text == (f"{folder};{before}" if before else folder)
    assert install.plan(Wish(folder), system, user_path=path).result.user_path == "current"
    assert inspect.inspect(folder, system, user_path=path).user_path == "current"

    gone = uninstall.perform(uninstall.plan(folder, system, user_path=path))

    assert (gone.user_path, path.text) == (True, before)
    assert not os.path.exists(folder)


def test_users_path_that_cannot_be_written(tmp_path: Path) -> None:
    """A registry that cannot be written is reported; the shim is still installed."""
    system = System(platform="win32", environ={"LOCALAPPDATA": str(tmp_path)}, home=str(tmp_path))
    path = FakePath("C:\\a", broken=True)
    made = install.perform(install.plan(Wish(str(tmp_path / "s")), system, user_path=path))
    assert (made.user_path, made.is_blocked) == ("blocked", True)
    assert os.path.exists(made.shim)


# -- the right launcher ----------------------------------------------------------------------------


#: `sys.platform` and `platform.machine()` of machines, and the file for each.
FITTING = [
    ("linux", "x86_64", "launchers/linux-x86_64/uv"),
    ("linux", "aarch64", "launchers/linux-aarch64/uv"),
    ("linux", "armv6l", "launchers/linux-arm/uv"),
    ("linux", "armv7l", "launchers/linux-arm/uv"),
    ("linux", "armv8l", "launchers/linux-arm/uv"),
    ("linux", "i686", "launchers/linux-i686/uv"),
    ("linux", "ppc64le", "launchers/linux-ppc64le/uv"),
    ("linux", "riscv64", "launchers/linux-riscv64/uv"),
    ("linux", "s390x", "launchers/linux-s390x/uv"),
    ("darwin", "x86_64", "launchers/macos-x86_64/uv"),
    ("darwin", "arm64", "launchers/macos-aarch64/uv"),
    ("win32", "AMD64", "launchers/windows-x86_64/uv.exe"),
    ("win32", "ARM64", "launchers/windows-aarch64/uv.exe"),
]
#: Machines without a launcher.
UNKNOWN = [("freebsd14", "amd64"), ("linux", "mips64"), ("linux", "armv5tel"), ("linux", "i586")]


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Replace our package by one with a file for every target, and `uv.sh`."""
    names = [f"launchers/{name}/{hook.file_name(name)}" for name in hook.TARGETS]
    for name in [*names, "shims/uv.sh"]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    monkeypatch.setattr(shim_dir, "PACKAGE", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize(
    ("platform", "machine", "expected"),
    [*FITTING, *((*unknown, "shims/uv.sh") for unknown in UNKNOWN)],
)
def test_launcher_for_a_machine(platform: str, machine: str, expected: str, package: Path) -> None:
    """The launcher is chosen by system and machine; if there is none, the script is used."""
    assert install.launcher_source(platform, machine) == str(package / expected)
    if expected.startswith("launchers"):
        assert hook.target_of(platform, machine) == expected.split("/")[1]


def test_every_launcher_is_for_some_machine() -> None:
    """Every built launcher is for some machine."""
    chosen = {expected.split("/")[1] for _, _, expected in FITTING}
    assert chosen == set(hook.TARGETS)


def test_windows_without_a_launcher(package: Path) -> None:
    """On Windows there is no script for a machine without a launcher, which is an error."""
    assert package.is_dir()
    with pytest.raises(UserError, match="no launcher for `windows-x86` in this installation"):
        install.launcher_source("win32", "x86")


def test_left_behind_shim_runs_the_real_uv(home: Home) -> None:
    """A shim whose uvlocal was removed runs the real uv, and says how to remove it."""
    home.install()
    home.shim_first()
    home.configure("package", "/gone")
    result = subprocess.run(
        [str(home.shims / "uv")],
        env=home.environ,
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stdout == "real uv\n"
    assert "`uvlocal install`" in result.stderr
    assert f"delete `{home.shims / 'uv'}`" in result.stderr


def test_world_is_used(newest_world: World) -> None:
    """Other tests rely on this: the shim in its own directory, and no startup file."""
    newest_world.install_shim()
    assert sorted(os.listdir(newest_world.home)) == [".dropbox", "Dropbox"]


@pytest.mark.parametrize(
    ("receipt", "command"),
    [
        ("uv-receipt.toml", "uv tool install --reinstall uvlocal"),
        ("pipx_metadata.json", "pipx reinstall uvlocal"),
        ("", "uv tool install --reinstall uvlocal"),
    ],
    ids=["uv-tool", "pipx", "pip"],
)
def test_the_command_that_repairs(tmp_path: Path, receipt: str, command: str) -> None:
    """The repair command fits the installation, and works without it."""
    (tmp_path / (receipt or "x")).write_text("")
    assert shim_dir.repair_command(str(tmp_path)) == command
