"""Many calls at once: one environment and one record for each project, and no call fails."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import sys
import threading
from typing import TYPE_CHECKING, Self

import pytest
from support.faults import hard_cases
from support.hosts.hard_machine import CODE, end, names

if sys.platform == "win32":
    pytest.skip("the program in uv's place is a shell script", allow_module_level=True)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from support.hosts.hard_machine import HardMachine, Said
    from support.hosts.worlds import Completed, World

#: How many first calls meet, and how often.
AT_ONCE = 16
ROUNDS = hard_cases.count(2, 60)


def together(machine: HardMachine, calls: Iterable[tuple[str, ...]], cwd: str = "") -> list[Said]:
    """Make calls simultaneously: each waits for a line, and all get it at once."""
    wait = ("sh", "-c", 'read line; exec "$@"', "sh")
    started = [machine.start(*wait, *machine.command(*words), cwd=cwd) for words in calls]
    for process in started:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    return [end(process) for process in started]


def mixed(count: int) -> list[tuple[str, ...]]:
    """Return calls of both kinds in turn."""
    return [("sync",) if number % 2 else ("run", "x") for number in range(count)]


def test_first_calls(machine: HardMachine) -> None:
    """Of many simultaneous first calls, one prints the notice, and all are right."""
    for _ in range(ROUNDS):
        shutil.rmtree(machine.store, ignore_errors=True)
        shutil.rmtree(machine.cache, ignore_errors=True)
        calls = mixed(AT_ONCE)
        said = together(machine, calls)
        assert all(machine.is_right(one, *words) for one, words in zip(said, calls, strict=True))
        spoken = [one.lines for one in said if one.err]
        assert len(spoken) == 1
        assert len(spoken[0]) == 1
        name = os.path.basename(machine.expected)
        assert machine.environments() == [name]
        assert machine.records() == [f"{name}.toml"]
        _nothing_unfinished(machine)


def _nothing_unfinished(machine: HardMachine) -> None:
    """Check that no temporary file was left."""
    for folder in (machine.cache, os.path.join(machine.cache, "decisions")):
        assert not [name for name in names(folder) if "." in name]


def test_many_projects(machine: HardMachine) -> None:
    """Simultaneous first calls in many projects: one environment and one record for each."""
    folders = [machine.add_project(f"home/Dropbox/p{number}") for number in range(8)]
    for _ in range(ROUNDS):
        shutil.rmtree(machine.store, ignore_errors=True)
        shutil.rmtree(machine.cache, ignore_errors=True)
        started = [
            machine.start(*machine.command("sync"), cwd=folder) for folder in folders for _ in "ab"
        ]
        said = [end(process) for process in started]
        assert {one.code for one in said} == {CODE}
        assert len({one.environment for one in said}) == len(folders)
        assert sum(bool(one.err) for one in said) == len(folders)
        assert len(machine.environments()) == len(machine.records()) == len(folders)
        _nothing_unfinished(machine)


class Calls:
    """Calls that run in a thread until the end of `with`."""

    def __init__(self, make: Callable[[], Said]) -> None:
        self.said: list[Said] = []
        self._make = make
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._go_on)

    def _go_on(self) -> None:
        while not self._over.is_set():
            self.said.append(self._make())

    def fewer_than(self, count: int) -> bool:
        """Return whether there were fewer calls than that, with more to come; let some happen."""
        self._over.wait(0.02)
        return len(self.said) < count and self._thread.is_alive()

    def __enter__(self) -> Self:
        """Begin."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self._over.set()
        self._thread.join()


def test_prune_beside_calls(machine: HardMachine) -> None:
    """While `prune` removes orphaned environments, calls in another project are right."""
    with Calls(lambda: machine.call("run", "x")) as calls:
        for number in range(ROUNDS):
            gone = machine.add_project(f"home/Dropbox/gone{number}")
            environment = machine.call("sync", cwd=gone).environment
            assert os.path.isdir(environment)
            shutil.rmtree(gone)
            pruned = machine.uvlocal("prune", "--yes", cwd=machine.home)
            assert pruned.code == 0, pruned
            assert not os.path.exists(environment)
    assert len(calls.said) > 2
    assert all(machine.is_right(one, "run", "x") for one in calls.said), calls.said


def test_decisions_thrown_away_beside_calls(machine: HardMachine) -> None:
    """While every cache is deleted again and again, every call is right."""
    machine.call("sync")
    with Calls(lambda: machine.call("run", "x")) as calls, Calls(lambda: machine.call("sync")):
        while calls.fewer_than(5 * ROUNDS):
            shutil.rmtree(machine.cache, ignore_errors=True)
    assert all(machine.is_right(one, "run", "x") for one in calls.said), calls.said
    assert all(not one.err for one in calls.said), calls.said


def test_the_store_vanishes_beside_calls(machine: HardMachine) -> None:
    """While the store is removed again and again, every call runs, and the next is right."""
    with Calls(lambda: machine.call("sync")) as calls, Calls(lambda: machine.call("run", "x")):
        while calls.fewer_than(5 * ROUNDS):
            shutil.rmtree(machine.store, ignore_errors=True)
    assert all(one.came_through for one in calls.said), calls.said
    assert all(one.environment == machine.expected for one in calls.said), calls.said
    assert machine.is_right(machine.call("sync"), "sync")
    assert machine.records() == [f"{os.path.basename(machine.expected)}.toml"]


def test_a_client_writes_its_configuration_beside_calls(machine: HardMachine) -> None:
    """While a client writes its configuration in place, even partially, every call is right."""
    machine.project = machine.add_project("home/work/foo")  # a path that reveals nothing by itself
    said = json.dumps({"personal": {"path": machine.path("home/work")}}).encode()
    path = machine.write("home/.dropbox/info.json", said)
    machine.call("sync")
    stages = itertools.cycle([*(said[:length] for length in range(0, len(said), 7)), said])
    with Calls(lambda: machine.call("run", "x")) as calls, Calls(lambda: machine.call("sync")):
        while calls.fewer_than(5 * ROUNDS):
            with open(path, "wb") as file:
                file.write(next(stages))
    assert all(machine.is_right(one, "run", "x") for one in calls.said), calls.said
    assert all(not one.err for one in calls.said), calls.said


def test_install_beside_calls(machine: HardMachine) -> None:
    """While the shim is installed and uninstalled, `uv` on PATH always runs."""
    folder = machine.path("home/installed")
    path = os.pathsep.join((folder, machine.path("bin"), "/usr/bin", "/bin"))
    environ = {"PATH": path}

    def call() -> Said:
        return end(machine.start("sh", "-c", "exec uv run x", env=environ))

    machine.environ["PATH"] = path
    with Calls(call) as calls, Calls(call) as others:
        for _ in range(ROUNDS):
            for command in ("install", "uninstall"):
                rest = ("--no-rc",) if command == "install" else ()
                words = (command, "--shim-dir", folder, "--yes", *rest)
                said = machine.uvlocal(*words, cwd=machine.home)
                assert said.code == 0, said
    found = [*calls.said, *others.said]
    assert len(found) > 4
    assert {one.environment for one in found} <= {"", machine.expected}
    assert all(one.came_through for one in found), [one for one in found if not one.came_through]


def test_with_the_real_uv(world: World) -> None:
    """Many simultaneous first calls with the real uv: all succeed, in one environment."""
    if world.version < (0, 7):
        pytest.skip("this uv does not lock environments: its parallel calls break each other")
    world.environment["UVLOCAL_STORE"] = world.store
    project = world.project("home/Dropbox/foo")
    world.install_shim()
    results: list[tuple[tuple[str, ...], Completed]] = []

    def call(words: tuple[str, ...]) -> None:
        results.append((words, world.uv(*words, cwd=project)))

    calls = [("sync",) if number % 2 else ("run", "foo") for number in range(AT_ONCE)]
    threads = [threading.Thread(target=call, args=(words,)) for words in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == AT_ONCE
    spoken = 0
    for words, result in results:
        result.ok()
        assert result.out == ("" if words == ("sync",) else "hello from foo\n")
        spoken += len(result.ours)
    assert spoken == len(world.environments()) == len(world.records()) == 1
    assert not os.path.lexists(os.path.join(project, ".venv"))


def test_migrate_beside_calls(newest_world: World) -> None:
    """While calls run in a project, a migration succeeds or is refused; then calls are right.

    A call that starts while uv reinstalls packages may not find them, as during any `uv sync`.
    """
    world = newest_world
    world.environment["UVLOCAL_STORE"] = world.store
    project = world.project("home/Dropbox/foo")
    world.plain("sync", cwd=project).ok()
    world.install_shim()
    called = threading.Event()
    over = threading.Event()

    def go_on() -> None:
        while not over.is_set():
            world.uv("run", "foo", cwd=project)
            called.set()

    thread = threading.Thread(target=go_on)
    thread.start()
    try:
        for _ in range(hard_cases.count(1, 10)):
            done = world.uvlocal("migrate", "--yes", project, cwd=world.home)
            assert done.code == 0 or "in use by" in done.err, done
            assert os.path.isdir(os.path.join(project, ".venv")) is (done.code != 0)
            world.plain("sync", cwd=project).ok()
    finally:
        called.wait()
        over.set()
        thread.join()
    world.uvlocal("migrate", "--yes", project, cwd=world.home).ok()
    assert world.uv("run", "foo", cwd=project).ok().out == "hello from foo\n"
    assert len(world.environments()) == len(world.records()) == 1
