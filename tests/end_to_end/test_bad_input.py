"""Bad input of every kind: uv runs, with at most one line about it."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from support.hosts.worlds import World

SETTINGS = "home/.config/uvlocal/uvlocal.toml"
INFO = "home/.dropbox/info.json"
GARBAGE = [
    pytest.param(SETTINGS, b"mode = [", 1, id="settings-no-toml"),
    pytest.param(SETTINGS, b"mode = 'sometimes'\n", 1, id="settings-bad-value"),
    pytest.param(SETTINGS, b"colour = 1\nsynced-roots = 'x'\n", 1, id="settings-two-mistakes"),
    pytest.param(SETTINGS, b"\xff\xfe\x00m", 1, id="settings-no-utf-8"),
    pytest.param(SETTINGS, None, 1, id="settings-directory"),
    pytest.param(INFO, b"", 0, id="info-empty"),
    pytest.param(INFO, b"{", 0, id="info-no-json"),
    pytest.param(INFO, b"[" * 100_000, 0, id="info-deep"),
    pytest.param(INFO, b'{"personal": {"path": 5}, "business": 7}', 0, id="info-wrong-types"),
    pytest.param(INFO, b'{"personal": {"path": "\\u0000"}}', 0, id="info-null"),
    pytest.param(INFO, b"\xff\x00", 0, id="info-no-utf-8"),
    pytest.param(INFO, None, 0, id="info-directory"),
]


@pytest.mark.parametrize("folder", ["home/Dropbox", "local"], ids=["synced", "local"])
@pytest.mark.parametrize(("name", "content", "lines"), GARBAGE)
def test_garbage_does_not_stop_uv(
    newest_world: World, name: str, content: bytes | None, lines: int, folder: str
) -> None:
    """With garbage in a configuration file uv runs, with at most one line about it."""
    world = newest_world
    if content is None:
        world.run("rm", "-f", world.path(name)).ok()
        os.makedirs(world.path(name))
    else:
        world.write(name, content)
    project = world.project(f"{folder}/foo", packaged=False)
    world.uv("run", "-q", "python", "-V", cwd=project).ok()  # prints the first-use notice
    result = world.uv("run", "python", "-c", "print(1)", cwd=project).ok()
    assert result.out == "1\n"
    assert len(result.ours) == lines


@pytest.mark.parametrize("name", [SETTINGS, INFO], ids=["settings", "info"])
def test_fifo_does_not_stop_uv(newest_world: World, name: str) -> None:
    """A FIFO where a configuration file should be is not waited for."""
    if sys.platform == "win32":
        pytest.skip("Windows has no FIFOs among its files")
    world = newest_world
    world.run("rm", "-f", world.path(name)).ok()
    os.makedirs(os.path.dirname(world.path(name)), exist_ok=True)
    os.mkfifo(world.path(name))
    project = world.project("local/foo", packaged=False)
    result = world.uv("run", "python", "-c", "print(1)", cwd=project).ok()
    assert result.out == "1\n"
    assert len(result.ours) <= 1


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("[project\n", id="no-toml"),
        pytest.param(b"\xff\xfe", id="no-utf-8"),
        pytest.param('[project]\nname = "foo"\n', id="no-version"),
    ],
)
def test_what_uv_complains_about_is_uvs_to_report(
    newest_world: World, content: str | bytes
) -> None:
    """With a `pyproject.toml` that uv cannot use, the message is uv's alone."""
    world = newest_world
    project = os.path.dirname(world.write("home/Dropbox/foo/pyproject.toml", content))
    plain = world.plain("sync", cwd=project)
    ours = world.uv("sync", cwd=project)
    assert plain.code != 0
    assert (ours.code, ours.out) == (plain.code, plain.out)
    assert not any("pyproject" in line for line in ours.ours)
    assert ours.err.splitlines()[-1] == plain.err.splitlines()[-1]


def test_bad_project_table(newest_world: World) -> None:
    """A bad value in `[tool.uvlocal]` is reported in one line, and the default is used."""
    world = newest_world
    extra = '[tool.uvlocal]\nmode = "sometimes"\nstore = "/elsewhere"'
    project = world.project("home/Dropbox/foo", packaged=False, extra=extra)
    world.uv("sync", cwd=project).ok()
    [line] = world.uv("sync", cwd=project).ok().ours
    assert "sometimes" in line
    assert len(world.environments()) == 1


@pytest.mark.parametrize(
    "home",
    [
        pytest.param("/nonexistent", id="missing"),
        pytest.param("relative", id="relative"),
        pytest.param("", id="empty"),
    ],
)
def test_strange_home(newest_world: World, home: str) -> None:
    """Without a usable home directory uv runs."""
    world = newest_world
    project = world.project("local/foo", packaged=False)
    places = {
        "HOME": home,
        "XDG_CACHE_HOME": world.path("cache"),
        "XDG_CONFIG_HOME": world.path("config"),
        "XDG_DATA_HOME": world.path("data"),
    }
    result = world.uv("run", "python", "-c", "print(1)", cwd=project, env=places).ok()
    assert (result.out, result.ours) == ("1\n", [])


@pytest.mark.parametrize("named", [True, False], ids=["named", "default"])
def test_store_that_cannot_be_made(newest_world: World, *, named: bool) -> None:
    """If there is no store for environments, uv runs as without us, and one line says so."""
    world = newest_world
    blocked = "home/blocked" if named else "home/.local/share/uvlocal"
    path = world.write(blocked, "a file where a folder should be")
    project = world.project("home/Dropbox/foo", packaged=False)
    environ = {"UVLOCAL_STORE": path} if named else {}
    result = world.uv("run", "python", "-c", "print(1)", cwd=project, env=environ).ok()
    assert result.out == "1\n"
    assert len(result.ours) == 1
    assert os.path.isdir(os.path.join(project, ".venv"))


def test_deleted_directory(newest_world: World) -> None:
    """In a deleted directory uv prints what it prints without us."""
    world = newest_world
    world.install_shim()
    script = "mkdir -p gone && cd gone && rmdir ../gone && exec {} --version"
    plain = world.run("sh", "-c", script.format(world.real_uv), cwd=world.local)
    ours = world.run("sh", "-c", script.format("uv"), cwd=world.local)
    assert (ours.code, ours.out, ours.err) == (plain.code, plain.out, plain.err)
