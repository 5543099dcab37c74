"""Work that is divided among processes: the same results, whatever happens to a process."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import textwrap
import threading
from typing import TYPE_CHECKING

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from uvlocal.manage import parallel
from uvlocal.manage.telling import nobody

if TYPE_CHECKING:
    from collections.abc import Callable

    from uvlocal.manage.telling import Tell

if sys.platform != "linux":
    pytest.skip("there is one process elsewhere", allow_module_level=True)

# The threads of the tests' own processes do not matter to what is done here.
pytestmark = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")


def squared(part: list[int], tell: Tell) -> list[tuple[int, int]]:
    """Return each number with its square."""
    found = []
    for number in part:
        found.append((number, number * number))
        tell("number", len(found), len(part))
    return found


def processes() -> set[int]:
    """Return the processes that this one has started, ended ones that were not waited for too."""
    return {process.pid for process in psutil.Process().children()}


@given(st.lists(st.integers()), st.integers(1, 4), st.integers(1, 3))
def test_every_item_is_done_once(items: list[int], processes: int, fewest: int) -> None:
    """The parts together are the items, however they are divided."""
    parts = parallel.in_parts(squared, items, "number", nobody, fewest=fewest, processes=processes)
    assert sorted(pair for part in parts for pair in part) == sorted(squared(items, nobody))
    assert len(parts) <= processes


def test_in_other_processes() -> None:
    """The parts are done by as many processes, none of which is left."""
    before = processes()
    parts = parallel.in_parts(
        lambda part, _: (os.getpid(), part), [1, 2, 3, 4], "x", nobody, fewest=1, processes=3
    )
    assert len({process for process, _ in parts}) == 3
    assert parts[0] == (os.getpid(), [1, 4])
    assert processes() == before


@pytest.mark.parametrize(
    ("items", "fewest"), [pytest.param(4, 5, id="few"), pytest.param(0, 1, id="none")]
)
def test_not_worth_a_process(items: int, fewest: int) -> None:
    """Few items are done here."""
    [(process, part)] = parallel.in_parts(
        lambda part, _: (os.getpid(), part),
        list(range(items)),
        "x",
        nobody,
        fewest=fewest,
        processes=2,
    )
    assert (process, part) == (os.getpid(), list(range(items)))


def _fails(part: list[int]) -> None:
    msg = f"part {part}"
    raise ValueError(msg)


def _is_killed(part: list[int]) -> None:
    del part
    os.kill(os.getpid(), signal.SIGKILL)


def _ends(part: list[int]) -> None:
    del part
    os._exit(0)


@pytest.mark.parametrize("fate", [_fails, _is_killed, _ends])
def test_a_process_that_does_not_answer(fate: Callable[[list[int]], None]) -> None:
    """The part of a process that fails, or is killed, is done here."""
    here = os.getpid()

    def work(part: list[int], tell: Tell) -> list[tuple[int, int]]:
        if os.getpid() != here:
            fate(part)
        return squared(part, tell)

    parts = parallel.in_parts(work, [1, 2, 3], "x", nobody, fewest=1, processes=2)
    assert parts == [[(1, 1), (3, 9)], [(2, 4)]]


@pytest.mark.parametrize("refused", ["fork", "pipe"])
def test_no_process_can_be_started(monkeypatch: pytest.MonkeyPatch, refused: str) -> None:
    """If the system refuses more processes or pipes, everything is done here."""

    def refuse() -> None:
        raise BlockingIOError

    monkeypatch.setattr(os, refused, refuse)
    before = os.listdir("/proc/self/fd")
    parts = parallel.in_parts(squared, [1, 2], "x", nobody, fewest=1, processes=2)
    assert parts == [[(1, 1)], [(2, 4)]]
    assert os.listdir("/proc/self/fd") == before


def test_sigchld_is_ignored() -> None:
    """A parent process that ignores SIGCHLD changes nothing: children then leave no status."""
    before = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        parts = parallel.in_parts(squared, [1, 2], "x", nobody, fewest=1, processes=2)
    finally:
        signal.signal(signal.SIGCHLD, before)
    assert parts == [[(1, 1)], [(2, 4)]]


def test_an_error_here_ends_the_others() -> None:
    """An error in this process's part is raised, and no other process goes on."""
    here, before = os.getpid(), processes()

    def work(part: list[int], tell: Tell) -> None:
        del tell
        if os.getpid() == here:
            _fails(part)
        signal.pause()

    with pytest.raises(ValueError, match=r"part \[1"):
        parallel.in_parts(work, [1, 2], "x", nobody, fewest=1, processes=2)
    assert processes() == before


def test_progress_of_all() -> None:
    """The progress counts what the other processes did, too, while this one waits."""
    here = os.getpid()
    told: list[tuple[str, int, int]] = []
    begun, ended = os.pipe(), os.pipe()

    def work(part: list[int], tell: Tell) -> None:
        squared(part, tell)
        if os.getpid() == here:
            os.read(begun[0], 1)
        else:
            os.write(begun[1], b"x")
            os.read(ended[0], 1)  # until this process was seen waiting

    def tell(what: str, done: int, total: int) -> None:
        told.append((what, done, total))
        if done == total:
            os.write(ended[1], b"x")

    parallel.in_parts(work, [1, 2, 3, 4, 5], "number", tell, fewest=1, processes=2)
    for end in (*begun, *ended):
        os.close(end)
    assert told[-1] == ("number", 5, 5)
    assert [done for _, done, _ in told] == sorted(done for _, done, _ in told)


def test_no_fork_beside_threads() -> None:
    """With other threads running, there is one process: a lock of theirs would stay held."""
    release = threading.Event()
    thread = threading.Thread(target=release.wait)
    thread.start()
    try:
        assert parallel._available() == 1
    finally:
        release.set()
        thread.join()


def test_ctrl_c_ends_all() -> None:
    """Ctrl-C ends every process, without a word from the others."""
    code = """
        import os, time
        from uvlocal.manage import parallel
        from uvlocal.manage.telling import nobody

        def work(part, tell):
            os.write(1, b"%d\\n" % os.getpid())
            while True:
                time.sleep(0.01)

        try:
            parallel.in_parts(work, [1, 2, 3], "x", nobody, fewest=1, processes=3)
        except KeyboardInterrupt:
            print("interrupted", flush=True)
    """
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            assert process.stdout is not None
            workers = [int(process.stdout.readline()) for _ in range(3)]
            assert process.pid in workers
            os.killpg(process.pid, signal.SIGINT)
            out, err = process.communicate(timeout=60)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
    assert (out, err, process.returncode) == ("interrupted\n", "", 0)
    for worker in workers:
        with pytest.raises(ProcessLookupError):
            os.kill(worker, 0)
