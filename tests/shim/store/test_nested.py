"""The symlink to the shim in an environment: created if nothing exists, else left alone."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from support.hosts.fakes import FakeSystem, Link

from uvlocal.shim.recall.recording_host import RecordingSystem
from uvlocal.shim.store import nested

if TYPE_CHECKING:
    from pathlib import Path

ENVIRONMENT = "/home/me/.local/share/uvlocal/envs/foo-0123456789"
SHIM = "/home/me/.local/share/uvlocal/shims/uv"


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        pytest.param({}, SHIM, id="nothing-there"),
        pytest.param({f"{ENVIRONMENT}/bin/uv": Link("/gone/uv")}, SHIM, id="leads-nowhere"),
        pytest.param(
            {f"{ENVIRONMENT}/bin/uv": Link("/old/uv"), "/old/uv": b"old"}, "/old/uv", id="elsewhere"
        ),
        pytest.param({f"{ENVIRONMENT}/bin/uv": b"real"}, None, id="the-projects-own"),
        pytest.param({f"{ENVIRONMENT}/bin/uv/x": b""}, None, id="a-folder"),
    ],
)
def test_what_is_there(files: dict[str, object], expected: str | None) -> None:
    """Only a missing or dangling symlink is replaced by ours."""
    system = FakeSystem({f"{ENVIRONMENT}/bin/python": b"", SHIM: b"shim", **files})
    assert nested.keep(ENVIRONMENT, SHIM, system)
    assert system.readlink(f"{ENVIRONMENT}/bin/uv") == expected
    if isinstance(files.get(f"{ENVIRONMENT}/bin/uv"), bytes):
        assert system.read(f"{ENVIRONMENT}/bin/uv") == b"real"


@pytest.mark.parametrize(
    "files",
    [
        pytest.param({f"{ENVIRONMENT}/pyvenv.cfg": b""}, id="no-bin"),
        pytest.param({f"{ENVIRONMENT}/bin": Link("/other"), "/other": None}, id="bin-is-a-link"),
        pytest.param({ENVIRONMENT: Link("/other"), "/other/bin": None}, id="all-is-a-link"),
    ],
)
def test_no_folder_of_ours(files: dict[str, object]) -> None:
    """Nothing is created through a symlinked directory."""
    system = FakeSystem({SHIM: b"shim", **files})
    assert not nested.keep(ENVIRONMENT, SHIM, system)
    assert not system.exists("/other/uv")
    assert not system.exists("/other/bin/uv")
    assert not system.exists(f"{ENVIRONMENT}/bin/uv")


@pytest.mark.parametrize(
    ("platform", "launcher"), [("win32", SHIM), ("linux", "")], ids=["windows", "no-shim"]
)
def test_nothing_to_do(platform: str, launcher: str) -> None:
    """On Windows, and without a shim, no symlink is created."""
    system = FakeSystem({f"{ENVIRONMENT}/bin/python": b""}, platform=platform)
    assert nested.keep(ENVIRONMENT, launcher, system)
    assert system.readlink(f"{ENVIRONMENT}/bin/uv") is None


@pytest.mark.skipif(os.name == "nt", reason="of POSIX")
@pytest.mark.parametrize("there", [False, True], ids=["made", "there-already"])
def test_it_is_an_input(tmp_path: Path, *, there: bool) -> None:
    """The symlink's state after the call is recorded, so that a replayed call detects its loss."""
    (tmp_path / "env/bin").mkdir(parents=True)
    shim, link = tmp_path / "uv", tmp_path / "env/bin/uv"
    shim.write_bytes(b"shim")
    if there:
        link.symlink_to(shim)
    system = RecordingSystem()
    assert nested.keep(str(tmp_path / "env"), str(shim), system)
    assert system.complete
    stamps = [stamp for (_, path), stamp in system.inputs.items() if path == str(link)]
    assert [stamp[0] for stamp in stamps] == ["s"]


@pytest.mark.skipif(os.name == "nt", reason="of POSIX")
def test_what_could_not_be_made_is_not_recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next call tries again."""

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError

    (tmp_path / "env/bin").mkdir(parents=True)
    monkeypatch.setattr(os, "symlink", refuse)
    system = RecordingSystem()
    assert not nested.keep(str(tmp_path / "env"), str(tmp_path / "uv"), system)
    assert not system.complete
