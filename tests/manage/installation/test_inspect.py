"""An inspection finds problems of an installation, and installing again fixes them."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING

import pytest
from support.hosts.homes import Home

from uvlocal.manage.findings import FAIL, WARN
from uvlocal.manage.installation import inspect, windows_path
from uvlocal.shim import contract

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the homes here are POSIX's")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Return an empty home directory."""
    return Home(tmp_path)


def _nothing(home: Home) -> None:
    del home


def _outdated(home: Home) -> None:
    (home.shims / "uv").write_bytes(contract.MARKER.encode())


def _foreign(home: Home) -> None:
    (home.shims / "uv").unlink()
    (home.shims / "uv").symlink_to("/bin/true")


def _no_shim(home: Home) -> None:
    (home.shims / "uv").unlink()


def _configuration(key: str, value: str) -> Callable[[Home], None]:
    return lambda home: home.configure(key, value)


def _no_values(home: Home) -> None:
    (home.shims / contract.CONFIGURATION).write_text("")


def _no_configuration(home: Home) -> None:
    (home.shims / contract.CONFIGURATION).unlink()


def _open_configuration(home: Home) -> None:
    (home.shims / contract.CONFIGURATION).chmod(0o666)


def _other_uvlocal(home: Home) -> None:
    home.write("other/uvlocal/shim/launch.py", "")
    home.configure("package", str(home.path / "other"))


def _not_on_path(home: Home) -> None:
    home.set_path(str(home.uv.parent))


def _not_first(home: Home) -> None:
    home.set_path(str(home.uv.parent), str(home.shims))


def _other_shim(home: Home) -> None:
    other = home.root / "other" / "uv"
    other.parent.mkdir()
    shutil.copy(home.shims / "uv", other)
    home.set_path(str(home.shims), str(other.parent), str(home.uv.parent))


def _no_line(home: Home) -> None:
    (home.path / ".bashrc").unlink()


def _no_lines(home: Home) -> None:
    (home.path / ".bashrc").unlink()
    (home.path / ".profile").unlink()


def _overtaken_line(home: Home) -> None:
    with (home.path / ".bashrc").open("a") as file:
        file.write('. "$HOME/.local/bin/env"\n')


def _new_login_file(home: Home) -> None:
    home.write(".bash_profile", "")


def _own_alias(home: Home) -> None:
    home.write(".bash_aliases", "alias uv=/opt/uv\n")


@pytest.mark.parametrize(
    ("change", "findings"),
    [
        pytest.param(_nothing, [], id="fine"),
        pytest.param(_no_shim, ["shim-absent"], id="shim-gone"),
        pytest.param(_outdated, ["shim-outdated"], id="shim-of-another-version"),
        pytest.param(_foreign, ["shim-foreign"], id="something-else-there"),
        pytest.param(_no_configuration, ["configuration-absent"], id="no-configuration"),
        pytest.param(_no_values, ["configuration-damaged"], id="damaged-configuration"),
        pytest.param(_open_configuration, ["configuration-untrusted"], id="others-can-write-it"),
        pytest.param(_configuration("python", "/gone"), ["python-gone"], id="python-gone"),
        pytest.param(_configuration("package", "/gone"), ["package-gone"], id="uvlocal-moved"),
        pytest.param(_configuration("site", "/gone"), ["configuration-outdated"], id="new-python"),
        pytest.param(_other_uvlocal, ["other-uvlocal"], id="two-uvlocals"),
        pytest.param(_not_on_path, ["not-on-path"], id="not-on-path"),
        pytest.param(_not_first, ["not-first"], id="behind-the-real-uv"),
        pytest.param(_other_shim, ["other-shim"], id="two-shims"),
        pytest.param(_no_line, ["line-absent"], id="one-line-gone"),
        pytest.param(_no_lines, [], id="no-lines-is-a-choice"),
        pytest.param(_overtaken_line, ["line-outdated"], id="line-overtaken"),
        pytest.param(_new_login_file, ["line-absent"], id="new-login-file"),
        pytest.param(_own_alias, ["shadowed"], id="alias"),
    ],
)
def test_inspection(home: Home, change: Callable[[Home], None], findings: list[str]) -> None:
    """An inspection finds what breaks the shim, and installing again fixes it."""
    home.install()
    home.shim_first()
    change(home)

    found = inspect.inspect(None, home.system)
    assert [one.code for one in found.findings] == findings
    assert all(one.seen and (one.command or one.advice) for one in found.findings)

    mended = {"shim-foreign", "not-on-path", "not-first", "other-shim", "shadowed"}
    if not set(findings) & mended:
        home.install()
        assert home.findings() == []


@pytest.mark.parametrize(
    ("first", "codes"),
    [
        pytest.param("shim", [("machine-path", WARN)], id="this-shell-finds-the-shim"),
        pytest.param("machine", [("machine-path", FAIL)], id="this-shell-misses-it"),
        pytest.param("other", [("machine-path", FAIL), ("not-first", FAIL)], id="a-third"),
    ],
)
def test_a_uv_on_the_machines_path(
    home: Home, monkeypatch: pytest.MonkeyPatch, first: str, codes: list[tuple[str, str]]
) -> None:
    """On Windows such a uv comes first, and installing again does not help: the ways out do."""
    home.install()
    home.shim_first()
    machine = str(home.program("machine/uv", "true"))
    folders = {"shim": home.shims, "machine": home.root / "machine", "other": home.uv.parent}
    home.set_path(str(folders[first]), str(home.shims), str(home.root / "machine"))
    monkeypatch.setattr(windows_path, "machine_uv", lambda *_: machine)
    found = inspect.inspect(None, home.system).findings
    assert [(one.code, one.level) for one in found] == codes
    assert "--alias" in found[0].advice


def test_inspection_tells_what_stands(home: Home) -> None:
    """An inspection has the facts that `doctor` needs."""
    home.install()
    home.shim_first()
    found = inspect.inspect(None, home.system)
    assert (found.shim_state, found.configuration_state) == ("current", "current")
    assert (found.python, found.python_is_there) == (sys.executable, True)
    assert (found.package_is_there, found.is_this_uvlocal) == (True, True)
    assert found.uvs_on_path == (str(home.shims / "uv"), str(home.uv))
    assert found.shims_on_path == (str(home.shims / "uv"),)
    assert found.user_path == ""


def test_windows_shim_on_the_path_of_wsl(home: Home) -> None:
    """Under WSL, PATH has Windows' directories too, with another system's shim `uv.exe`."""
    home.install()
    windows = home.root / "mnt/c/Users/me/AppData/Local/uvlocal/shims/uv.exe"
    windows.parent.mkdir(parents=True)
    shutil.copy(home.shims / "uv", windows)
    home.set_path(str(home.shims), str(home.uv.parent), str(windows.parent))
    found = inspect.inspect(None, home.system)
    assert (found.findings, found.uvs_on_path[1:]) == ((), (str(home.uv),))
