"""What a process is besides its output: every shim hands on to uv what bare uv would get.

A program that `uv run` starts writes down what it was given; it must be the same by every way.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from support.compare.side_by_side import SideBySide

if not sys.platform.startswith("linux"):
    pytest.skip("compares processes as /proc shows them", allow_module_level=True)

import resource

from support.programs import reports

#: A word of 100 kB: the kernel takes no word of more than 128.
LONG = b"x" * 100_000

WORDS = [
    pytest.param([b""], id="empty"),
    pytest.param([b"", b" ", b"\t", b"\n", b""], id="white"),
    pytest.param([b"\xff\xfe", b"\x80", "é".encode(), "\u202e".encode()], id="no UTF-8"),
    pytest.param([b"*", b"$HOME", b"`id`", b"'", b'"', b"\\", b"%PATH%", b"!x"], id="quoting"),
    pytest.param([b"--", b"-", b"--project", b"x", b"-c"], id="dashes"),
    pytest.param([LONG], id="100 kB"),
    pytest.param([b"y" * 100] * 5000, id="many"),
]


@pytest.fixture(scope="module")
def calls(tmp_path_factory: pytest.TempPathFactory, newest_uv: str, uv_caches: Path) -> SideBySide:
    """Return the ways to call uv in a local project that was already synced."""
    root = tmp_path_factory.mktemp("process") / "world"
    return reports.local_calls(str(root), newest_uv, str(uv_caches))


@pytest.mark.parametrize("words", WORDS)
def test_arguments(calls: SideBySide, words: list[bytes]) -> None:
    """Whatever the arguments of a program are, it gets them."""
    found = calls.same(lambda way: reports.report(calls, way, *words))
    assert calls.recorded()
    assert found["arguments"] == [word.hex() for word in words]


def _limits() -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (99, 200))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (10**9, 2 * 10**9))


def _signals() -> None:
    for number in (signal.SIGHUP, signal.SIGPIPE, signal.SIGUSR1, signal.SIGXFSZ, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR2, signal.SIGALRM])


def _descriptors() -> None:
    for number in (3, 9, 50):
        os.dup2(os.open("/dev/zero", os.O_RDONLY), number)
        os.set_inheritable(number, True)


STATES = [
    pytest.param(lambda: None, id="nothing"),
    pytest.param(lambda: os.umask(0o027) and None, id="umask"),
    pytest.param(lambda: os.umask(0o777) and None, id="umask that forbids all"),
    pytest.param(_limits, id="limits"),
    pytest.param(lambda: os.nice(5) and None, id="nice"),
    pytest.param(_signals, id="signals"),
    pytest.param(_descriptors, id="descriptors"),
    pytest.param(lambda: os.close(0), id="stdin closed"),
    pytest.param(lambda: os.close(1), id="stdout closed"),
    pytest.param(lambda: os.close(2), id="stderr closed"),
    pytest.param(lambda: os.closerange(0, 3), id="all three closed"),
    pytest.param(os.setsid, id="a session of its own"),
    pytest.param(lambda: os.setpgid(0, 0), id="a process group of its own"),
]


@pytest.mark.parametrize("state", STATES)
def test_state(calls: SideBySide, state: Callable[[], None]) -> None:
    """What a process inherits reaches uv's program as it is."""
    found = calls.same(lambda way: reports.report(calls, way, preexec_fn=state, close_fds=False))
    assert found["code"] == 0
