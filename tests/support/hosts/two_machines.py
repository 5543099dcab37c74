"""Two machines of one person that share a folder with a real sync client, each with a Python."""

from __future__ import annotations

import functools
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from typing import TYPE_CHECKING, Any, Protocol, Self

import pytest
from support.hosts.worlds import World
from support.tools.real_mounts import free_port

from uvlocal.manage.files.tree import is_conflict

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    from support.hosts.worlds import Entry

#: The timeout for the two to be in sync, in seconds.
PATIENCE = 60
#: Python's bytecode beside the sources does not matter to uv or uvlocal.
_ENVIRON = {"PYTHONDONTWRITEBYTECODE": "1"}
#: The minor versions that the tests' projects may run on.
_MINORS = range(10, 15)
#: Files that show that there is an environment.
_OF_ENVIRONMENT = re.compile(r"(^|/)(\.venv|pyvenv\.cfg|site-packages|activate)($|/)")


@functools.cache
def pythons() -> tuple[str, str]:
    """Return two interpreters, of different minor versions if this machine has them.

    Otherwise return one interpreter by two paths.
    """
    mine = os.path.realpath(getattr(sys, "_base_executable", sys.executable))
    beside = os.path.dirname(sys.base_prefix)  # version managers keep all versions side by side
    names = [shutil.which(f"python3.{minor}") or "" for minor in _MINORS]
    names += [
        os.path.join(beside, name, "bin", "python3")
        for name in (sorted(os.listdir(beside)) if os.path.isdir(beside) else [])
    ]
    for path in filter(os.path.exists, names):
        code = "import sys; print(sys.version_info[1])"
        done = subprocess.run([path, "-I", "-c", code], capture_output=True, text=True, check=False)
        minor = done.stdout.strip()
        if minor.isdigit() and int(minor) in _MINORS and int(minor) != sys.version_info[1]:
            return mine, os.path.realpath(path)
    return mine, sys.executable


class Client(Protocol):
    """A sync client between two folders."""

    def start(self, worlds: tuple[World, World]) -> None:
        """Begin."""

    def settle(self) -> None:
        """Wait until both folders are in sync."""

    def stop(self) -> None:
        """End."""


class Unison:
    """Unison, which is run for each sync."""

    def start(self, worlds: tuple[World, World]) -> None:
        """Run the first sync."""
        self.worlds = worlds
        self.settle()

    def settle(self) -> None:
        """Sync; what changes in the meantime is sent the next time."""
        here, there = self.worlds
        words = ("unison", here.dropbox, there.dropbox, "-batch", "-ui", "text")
        state = {"UNISON": here.path("unison")}
        said = ""
        for _ in range(3):
            done = here.run(*words, "-confirmbigdel=false", env=state)
            if done.code == 0:
                return
            said += str(done)
        pytest.fail(said)

    def stop(self) -> None:
        """Do nothing, as it is not running."""


class Syncthing:
    """Two Syncthings that only talk to each other, over the loopback interface."""

    def start(self, worlds: tuple[World, World]) -> None:
        """Configure and start both, and wait until they are connected."""
        self.worlds = worlds
        self._processes: list[subprocess.Popen[str]] = []
        self._ports: list[int] = []
        homes = [os.path.join(world.home, ".config", "syncthing") for world in worlds]
        for world, home in zip(worlds, homes, strict=True):
            world.run("syncthing", "generate", "--no-default-folder", f"--home={home}").ok()
        texts = [_text(os.path.join(home, "config.xml")) for home in homes]
        devices = [re.findall(r'<device id="([^"]+)"', text)[0] for text in texts]
        self._keys = [re.findall(r"<apikey>([^<]+)</apikey>", text)[0] for text in texts]
        listen = [free_port(), free_port()]
        for number in (0, 1):
            text = _configured(texts[number], worlds[number].dropbox, devices, listen, number)
            path = os.path.join(homes[number], "config.xml")
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
            process = start_syncthing(worlds[number], homes[number])
            self._processes.append(process)
            self._ports.append(syncthing_port(process))
        self.settle()

    def settle(self) -> None:
        """Make both scan their folders, and wait until they are in sync."""
        end = time.monotonic() + PATIENCE
        while True:
            for number in (0, 1):
                self._ask(number, "POST", "db/scan?folder=f")
            states = [self._ask(number, "GET", "db/status?folder=f") for number in (0, 1)]
            met = self._ask(0, "GET", "system/connections")["connections"]
            is_met = any(one["connected"] for one in met.values())
            is_done = all(one["state"] == "idle" and not one["needTotalItems"] for one in states)
            if is_met and is_done and same(*self.worlds):
                return
            assert time.monotonic() < end, (states, met)
            time.sleep(0.1)  # Syncthing has no call to wait for another machine

    def _ask(self, number: int, method: str, what: str) -> dict[str, Any]:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self._ports[number]}/rest/{what}",
            headers={"X-API-Key": self._keys[number]},
            method=method,
        )
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310 - see above
            found: dict[str, Any] = json.loads(answer.read() or b"{}")
        return found

    def stop(self) -> None:
        """Stop both; each runs as two processes, and its pipe closes when both have ended."""
        if sys.platform == "win32":
            raise NotImplementedError
        for process in self._processes:
            os.killpg(process.pid, signal.SIGTERM)
            process.communicate()


def start_syncthing(world: World, home: str) -> subprocess.Popen[str]:
    """Start a Syncthing that chooses the port of its API; it leads a process group of its own."""
    command = ["syncthing", "serve", f"--home={home}", "--no-browser", "--no-restart"]
    return subprocess.Popen(
        [*command, "--gui-address=127.0.0.1:0"],
        env=world.environment | {"STNOUPGRADE": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def syncthing_port(process: subprocess.Popen[str]) -> int:
    """Wait until a Syncthing has scanned its folder and serves its API; return the API's port.

    On a slow machine the scan ends before the API is served.
    """
    said, port, is_scanned = "", 0, False
    assert process.stdout is not None
    for line in process.stdout:
        said += line
        is_scanned |= "Completed initial scan" in line
        if found := re.search(r"GUI and API listening on \S+:(\d+)", line):
            port = int(found[1])
        if is_scanned and port:
            return port
    pytest.fail(f"Syncthing ended before it was ready:\n{said}")


#: Settings that keep Syncthing from connecting to others, and from updating itself.
_QUIET = {
    "globalAnnounceEnabled": "false",
    "localAnnounceEnabled": "false",
    "relaysEnabled": "false",
    "natEnabled": "false",
    "urAccepted": "-1",
    "autoUpgradeIntervalH": "0",
    "crashReportingEnabled": "false",
    "reconnectionIntervalS": "1",
}


def quiet(text: str, port: int) -> str:
    """Return a Syncthing's configuration that listens on the loopback interface alone.

    Args:
        text: the configuration.
        port: the port to listen on; 0 for any.
    """
    for option, value in _QUIET.items():
        text = re.sub(f"<{option}>[^<]*</{option}>", f"<{option}>{value}</{option}>", text)
    own = f"<listenAddress>tcp://127.0.0.1:{port}</listenAddress>"
    return text.replace("<listenAddress>default</listenAddress>", own)


def _configured(text: str, folder: str, devices: list[str], ports: list[int], number: int) -> str:
    """Return a Syncthing's configuration with one folder, shared with the other machine."""
    text = quiet(text, ports[number])
    other = 1 - number
    members = "".join(f'<device id="{device}"></device>' for device in devices)
    added = (
        f'<folder id="f" label="" path="{folder}" type="sendreceive" fsWatcherEnabled="true" '
        f'fsWatcherDelayS="1">{members}</folder><device id="{devices[other]}" name="other">'
        f"<address>tcp://127.0.0.1:{ports[other]}</address></device>"
    )
    return text.replace("<device ", f"{added}<device ", 1)


def _text(path: str) -> str:
    with open(path, encoding="utf-8") as file:
        return file.read()


def shared(world: World) -> dict[str, Entry]:
    """Return the content of a machine's shared folder, without the client's markers."""
    found = world.tree(world.dropbox)
    return {name: entry for name, entry in found.items() if not name.startswith(".st")}


def same(here: World, there: World) -> bool:
    """Return whether both shared folders are equal; a file that disappears makes them differ."""
    try:
        return shared(here) == shared(there)
    except FileNotFoundError:
        return False


class Pair:
    """Both machines with a project `foo` in the shared folder, as a context manager."""

    def __init__(self, folder: Path, uv: str, cache: Path, client: Client) -> None:
        self.client = client
        here, there = (
            World(str(folder / name), uv, cache=str(cache / "pair"), python=python)
            for name, python in zip(("here", "there"), pythons(), strict=True)
        )
        self.worlds = here, there
        for world in self.worlds:
            world.environment |= _ENVIRON | {"UVLOCAL_STORE": world.store}
        here.project("home/Dropbox/foo")

    def __enter__(self) -> Self:
        """Start the client."""
        self.client.start(self.worlds)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop it."""
        self.client.stop()

    def start(self, world: World, *words: str) -> subprocess.Popen[str]:
        """Start uv on a machine, without waiting."""
        world.install_shim()
        return subprocess.Popen(
            [os.path.join(world.shim_directory, "uv"), *words],
            cwd=os.path.join(world.dropbox, "foo"),
            env=world.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def crossed(self) -> list[str]:
        """Return the environments and conflicts in both shared folders."""
        found = []
        for world in self.worlds:
            names = shared(world)
            of_folder: dict[str, set[str]] = {}
            for name in names:
                of_folder.setdefault(os.path.dirname(name), set()).add(os.path.basename(name))
            found += [
                name
                for name in names
                if _OF_ENVIRONMENT.search(name)
                or is_conflict(os.path.basename(name), of_folder[os.path.dirname(name)])
            ]
        return found

    def made(self) -> list[tuple[str, str, int]]:
        """Return each machine's environment: its name, its Python, and its identity."""
        found = []
        for world in self.worlds:
            [environment] = world.environments()
            code = "import sys; print(sys.version_info[:2])"
            python = world.run(os.path.join(environment, "bin", "python"), "-c", code).ok().out
            inode = os.stat(os.path.join(environment, "pyvenv.cfg")).st_ino
            found.append((os.path.basename(environment), python, inode))
        return found
