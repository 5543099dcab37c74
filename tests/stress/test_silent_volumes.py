"""A volume whose server never answers holds up nobody who is elsewhere."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
from support.faults import hard_cases
from support.hosts import hard_machine

if sys.platform != "linux":
    pytest.skip("the mounts of these tests are Linux'", allow_module_level=True)

from support.tools import real_mounts
from support.tools.real_mounts import Mounts, Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from support.hosts.hard_machine import HardMachine

#: What a call that is held up is given, in seconds; ten times what a slow machine takes.
HELD_UP = 5
#: How old content must be before a decision is recorded, in seconds.
SETTLED = 2.2


class Volume:
    """A folder that a program serves (FUSE), which may stop to answer at any time."""

    def __init__(self, point: str, program: subprocess.Popen[bytes]) -> None:
        self.point = point
        self.program = program

    def hang(self) -> None:
        """Answer no more; what the kernel remembers of the volume is forgotten first."""
        self.program.send_signal(signal.SIGSTOP)
        # The kernel keeps names and attributes for a second (mount.fuse3(8), `attr_timeout`).
        time.sleep(1.1)

    def answer(self) -> None:
        """Answer again."""
        self.program.send_signal(signal.SIGCONT)


@pytest.fixture
def mount(tmp_path: Path) -> Iterator[Callable[[], Volume]]:
    """Return a function that mounts a volume; it is gone after the test, hung or not."""
    mounts = Mounts(tmp_path.resolve())
    made: list[Volume] = []

    def now() -> Volume:
        try:
            real_mounts.need("bindfs")
            point, back = mounts.make("volume"), mounts.make("back/sub")
            program = mounts.start("bindfs", "-f", os.path.dirname(back), point)
            # The program that ends with the test must be able to: whoever waits for it is let go.
            made.append(Volume(mounts.await_mount(point, program), program))
        except Unavailable as reason:
            pytest.skip(str(reason))
        return made[-1]

    try:
        yield now
    finally:
        for volume in made:
            volume.program.kill()
        mounts.close()


def link(machine: HardMachine, name: str, target: str) -> str:
    """Put a link into the machine; return its path."""
    os.symlink(target, machine.path(name))
    return machine.path(name)


def dropbox(machine: HardMachine, *folders: str) -> None:
    """Let Dropbox say where its folders are."""
    accounts = zip(("personal", "business"), folders, strict=False)
    text = json.dumps({name: {"path": folder} for name, folder in accounts})
    machine.write("home/.dropbox/info.json", text)


def settings(machine: HardMachine, key: str, folder: str) -> None:
    """Let the user name a folder."""
    machine.write("home/.config/uvlocal/uvlocal.toml", f"{key} = ['{folder}']\n")


WAYS = [
    pytest.param(dropbox, id="the-folder-itself"),
    pytest.param(lambda machine, point: dropbox(machine, f"{point}/sub"), id="a-folder-in-it"),
    pytest.param(
        lambda machine, point: dropbox(machine, link(machine, "home/drive", point)), id="a-link"
    ),
    pytest.param(
        lambda machine, point: dropbox(
            machine, link(machine, "home/up", f"{point}/..") + "/volume"
        ),
        id="a-link-through-it",
    ),
    pytest.param(
        lambda machine, point: settings(machine, "synced-roots", point), id="the-users-synced-root"
    ),
    pytest.param(
        lambda machine, point: settings(machine, "local-roots", point), id="the-users-local-root"
    ),
]


@pytest.mark.parametrize("name", WAYS)
def test_a_project_elsewhere(
    machine: HardMachine,
    mount: Callable[[], Volume],
    monkeypatch: pytest.MonkeyPatch,
    name: Callable[[HardMachine, str], None],
) -> None:
    """While a folder that is synced by what is set up here hangs, a project elsewhere runs."""
    monkeypatch.setattr(hard_machine, "PATIENCE", HELD_UP)
    project = machine.add_project("local/bar")
    volume = mount()
    name(machine, volume.point)
    volume.hang()
    for _ in range(2):
        assert machine.call("sync", cwd=project) == machine.bare("sync", cwd=project)


def test_a_decision_from_before_it_was_mounted(
    machine: HardMachine, mount: Callable[[], Volume], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was recorded while the volume was not mounted is not asked of it when it hangs."""
    monkeypatch.setattr(hard_machine, "PATIENCE", HELD_UP)
    project = machine.add_project("local/bar")
    point = os.path.join(os.path.dirname(machine.root), "volume")
    os.mkdir(point)
    dropbox(machine, point)
    machine.call("sync", cwd=project)
    time.sleep(SETTLED)
    machine.call("sync", cwd=project)
    assert hard_machine.names(os.path.join(machine.cache, "decisions"))
    volume = mount()
    assert volume.point == point
    volume.hang()
    assert machine.call("sync", cwd=project) == machine.bare("sync", cwd=project)
    time.sleep(SETTLED)
    for _ in range(2):  # recorded, and recalled
        assert machine.call("sync", cwd=project) == machine.bare("sync", cwd=project)


def test_a_project_on_it(machine: HardMachine, mount: Callable[[], Volume]) -> None:
    """A call on the volume waits as uv would, and goes on as if nothing had been."""
    volume = mount()
    dropbox(machine, volume.point)
    project = os.path.join(volume.point, "sub")
    with open(os.path.join(project, "pyproject.toml"), "w", encoding="utf-8") as file:
        file.write(hard_machine.PROJECT.format("sub"))
    first = machine.call("sync", cwd=project)
    assert first.environment.startswith(os.path.join(machine.store, "envs", "sub-"))
    # In the folder already: to go there would hold this process up.
    process = machine.start(
        *("sh", "-c", 'read line && exec "$@"', "sh"), *machine.command("run", "x"), cwd=project
    )
    volume.hang()
    try:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(1)
    finally:
        volume.answer()
    said = hard_machine.end(process)
    assert said == (hard_machine.CODE, f"{first.environment}|run x\n", "")


#: Each takes seconds, as it gives the volume time to answer; an ordinary run asks two.
COMMANDS = (("list",), ("doctor",), ("prune", "--yes"), ("status",), ("config",))


@pytest.mark.parametrize("command", COMMANDS[: hard_cases.count(2, len(COMMANDS))])
def test_commands(
    machine: HardMachine, mount: Callable[[], Volume], command: tuple[str, ...]
) -> None:
    """While a project's volume hangs, the commands end, and its environment stays."""
    volume = mount()
    dropbox(machine, volume.point)
    project = os.path.join(volume.point, "sub")
    with open(os.path.join(project, "pyproject.toml"), "w", encoding="utf-8") as file:
        file.write(hard_machine.PROJECT.format("sub"))
    kept = machine.call("sync", cwd=project).environment
    assert os.path.isdir(kept)
    volume.hang()
    said = machine.uvlocal(*command, cwd=machine.home)
    assert said.code in (0, 1), said
    assert "Traceback" not in said.err
    assert os.path.isdir(kept)
    assert len(machine.records()) == 1
