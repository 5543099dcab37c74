"""Real sync clients: Syncthing, Unison and Nextcloud's, by the files that they themselves write."""

from __future__ import annotations

import os
import re
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.hosts import two_machines
from support.hosts.sample_clients import nextcloud_config
from support.programs.fake_nextcloud import FakeNextcloud
from support.tools.real_mounts import Unavailable, need

from uvlocal.shim.machine.host import System
from uvlocal.shim.settings.settings import Settings
from uvlocal.shim.volume.locate import Volume, locate

if TYPE_CHECKING:
    from support.hosts.worlds import World


def _need(*programs: str) -> None:
    try:
        need(*programs, root=True)
    except Unavailable as error:
        pytest.skip(str(error))


def _located(path: str, world: World) -> Volume:
    system = System(environ={}, home=world.home)
    return locate(system.realpath(path), path, system, Settings())


def _works(path: str, world: World) -> None:
    """Check that a project in a synced folder runs, and that no environment is there."""
    project = world.project(os.path.join(path, "foo"))
    assert world.uv("run", "foo", cwd=project).ok().out == "hello from foo\n"
    assert len(world.environments()) == 1
    assert not os.path.lexists(os.path.join(project, ".venv"))


def _syncthing_home(world: World, folder: str) -> str:
    """Let Syncthing write its own configuration, add a folder, and keep it off the network."""
    home = os.path.join(world.home, ".config", "syncthing")
    world.run("syncthing", "generate", "--no-default-folder", f"--home={home}").ok()
    config = Path(home, "config.xml")
    text = two_machines.quiet(config.read_text(encoding="utf-8"), 0)
    added = f'<folder id="f" label="" path="{folder}" type="sendreceive"></folder>'
    config.write_text(text.replace("<device ", f"{added}<device ", 1), encoding="utf-8")
    return home


def test_syncthing(newest_world: World) -> None:
    """A folder of a running Syncthing is found by its configuration and by its marker."""
    if sys.platform == "win32":
        pytest.skip("processes are ended together as Unix does it")
    _need("syncthing")
    world = newest_world
    folder = os.path.join(world.home, "Shared & more")
    os.mkdir(folder)
    home = _syncthing_home(world, folder.replace("&", "&amp;"))
    assert _located(folder, world).state == "stale", "before its first run there is no marker"
    with two_machines.start_syncthing(world, home) as process:
        try:
            two_machines.syncthing_port(process)
            volume = _located(os.path.join(folder, "foo"), world)
            assert (volume.provider, volume.top, volume.state) == ("syncthing", folder, "")
            assert volume.confidence == "high"
            _works(folder, world)
        finally:
            # Syncthing runs as two processes. The pipe ends when both have ended.
            os.killpg(process.pid, signal.SIGTERM)
            assert process.stdout is not None
            process.stdout.read()
    os.unlink(os.path.join(home, "config.xml"))
    by_marker = _located(os.path.join(folder, "foo"), world)
    assert (by_marker.provider, by_marker.confidence) == ("syncthing", "medium")
    Path(folder, ".stignore").write_text(".venv\n", encoding="utf-8")
    assert _located(os.path.join(folder, "foo"), world).state == "excluded"


def test_unison(newest_world: World) -> None:
    """The local roots of a Unison profile are synced folders, with low confidence."""
    _need("unison")
    world = newest_world
    here, there = os.path.join(world.home, "work"), os.path.join(world.root, "there")
    profile = f"root = {here}\nroot = {there}\nbatch = true\nauto = true\n"
    world.write("home/.unison/work.prf", profile)
    world.write("home/work/a.txt", "a")
    os.mkdir(there)
    world.run("unison", "-ui", "text", "work").ok()
    assert os.path.exists(os.path.join(there, "a.txt"))
    for folder in (here, there):
        volume = _located(os.path.join(folder, "foo"), world)
        assert (volume.kind, volume.provider, volume.confidence) == ("synced", "unison", "low")
    _works(here, world)


def test_nextcloud(newest_world: World) -> None:
    """Nextcloud's folder is found by the client's configuration; its journal shows it is in use.

    The name of the journal cannot be predicted, and directories are not listed: a folder that only
    the command-line client syncs is found through `synced-roots` alone.
    """
    _need("nextcloudcmd")
    world = newest_world
    folder = os.path.dirname(world.write("home/Nextcloud/a.txt", "a"))
    with FakeNextcloud() as server:
        world.run(
            *("nextcloudcmd", "--non-interactive", "-s", "-u", "me", "-p", "secret"),
            folder,
            server.url,
            env={"QT_QPA_PLATFORM": "offscreen"},
        ).ok()
    assert [path.rsplit("/", 1)[1] for path in server.uploads] == ["a.txt"]
    [journal] = [name for name in os.listdir(folder) if name != "a.txt"]
    assert re.fullmatch(r"\.sync_[0-9a-f]{12}\.db", journal)
    assert _located(folder, world).kind == "local"
    world.write("home/.config/Nextcloud/nextcloud.cfg", nextcloud_config(folder, journal=journal))
    volume = _located(os.path.join(folder, "foo"), world)
    assert (volume.provider, volume.state, volume.confidence) == ("nextcloud", "", "high")
    _works(folder, world)
    os.unlink(os.path.join(folder, journal))
    assert _located(folder, world).state == "stale"
