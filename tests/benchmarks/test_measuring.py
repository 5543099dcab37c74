"""Measurements are paired, and fail if a call was not what its figure's name says."""

from __future__ import annotations

import dataclasses
import os
import sys
from typing import TYPE_CHECKING

import pytest

if sys.platform == "win32":
    pytest.skip("`make bench` measures POSIX systems only", allow_module_level=True)

import calls
import peers
import scaling
import shim_copies
import timing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def stay() -> Iterator[None]:
    """Restore the current directory, as measured commands run in others."""
    here = os.getcwd()
    yield
    os.chdir(here)


@pytest.mark.parametrize(
    ("count", "rank"),
    [
        pytest.param(6, 0, id="6: the first to the 6th"),
        pytest.param(10, 1, id="10: the 2nd to the 9th"),
        pytest.param(20, 5, id="20: the 6th to the 15th"),
        pytest.param(100, 39, id="100: the 40th to the 61st"),
    ],
)
def test_interval_of_the_median(count: int, rank: int) -> None:
    """The interval around a median is that of the published tables of order statistics."""
    assert timing.interval_rank(count) == rank


def test_added_is_told_from_pairs() -> None:
    """A slow round that hits both ways alike does not blur what one adds to the other."""
    base = [10.0, 90.0, 11.0, 300.0, 10.0, 12.0, 10.5, 50.0, 10.0, 10.0]
    result = timing.added([value + 2 for value in base], base)
    assert result == {"added": 2.0, "low": 2.0, "high": 2.0, "ratio": round(1 + 2 / 10.75, 4)}


@pytest.mark.usefixtures("stay")
def test_ways_are_run_in_turn(tmp_path: Path) -> None:
    """Each way runs once a round, in its folder, with its variables; failures are no figures."""
    log = tmp_path / "log"
    command = ("/bin/sh", "-c", 'echo "$NAME $PWD" >> "$LOG"')
    ways = {
        name: timing.Way(command, {"NAME": name, "LOG": str(log)}, str(tmp_path)) for name in "ab"
    }
    taken = timing.measure(ways, 4, lambda _: None)
    with pytest.raises(RuntimeError, match="failed with exit code 1"):
        timing.run(timing.Way(("/bin/false",), {}, str(tmp_path)))
    assert {name: len(values) for name, values in taken.items()} == {"a": 4, "b": 4}
    lines = log.read_text().splitlines()
    rounds = [set(lines[at : at + 2]) for at in range(0, len(lines), 2)]
    assert rounds == [{f"a {tmp_path}", f"b {tmp_path}"}] * 7


@pytest.mark.usefixtures("stay")
def test_calls_are_what_they_are_called(tmp_path: Path) -> None:
    """Every way to run uv works, and a call that was not replayed as intended is noticed."""
    subject = calls.Calls(str(tmp_path))
    found = subject.ways(calls.COMMANDS[calls.PROMISED])
    for way in found.values():
        timing.run(way)
    watch = shim_copies.Watch(subject.recalled)
    recalled = dataclasses.replace(found["recalled"], after=watch)
    timing.run(recalled)
    assert (watch.calls, watch.decided) == (1, 0)
    subject.recalled.forget()
    timing.run(recalled)
    assert (watch.calls, watch.decided) == (2, 1)
    with pytest.raises(RuntimeError, match="1 of 2 calls were decided"):
        watch.must_have_seen_few()


@pytest.mark.usefixtures("stay")
def test_a_decided_call_must_be_recorded(tmp_path: Path) -> None:
    """A way that is reported as decided and recorded fails the run where nothing is recorded."""
    subject = calls.Calls(str(tmp_path))
    way = subject.ways(("run", "--no-sync", "true"))["decided"]
    timing.run(way)
    os.utime(os.path.join(subject.redirected, "pyproject.toml"))  # not settled: not recorded
    with pytest.raises(RuntimeError, match="nothing is recorded"):
        timing.run(way)


@pytest.mark.usefixtures("stay")
def test_series_grow_as_they_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A deeper folder and more roots are more inputs; more records and a larger file are not."""
    monkeypatch.setattr(scaling, "RECORDS", (1, 3))
    monkeypatch.setattr(scaling, "DEPTHS", (0, 2))
    monkeypatch.setattr(scaling, "SIZES", (1, 9))
    monkeypatch.setattr(scaling, "ROOTS", (0, 5))
    series = scaling.measured(str(tmp_path), 2, lambda _: None)["series"]
    more = {name: points[1]["inputs"] - points[0]["inputs"] for name, points in series.items()}
    assert (more["records"], more["size"]) == (0, 0)
    assert more["depth"] >= 2
    assert more["inputs"] >= 5
    assert all(point["median"] > 0 for points in series.values() for point in points)


@pytest.mark.usefixtures("stay")
def test_absent_peers_fail_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tool that is not available is reported with the reason, and the run continues."""

    def refuse(_: peers.Prepared) -> tuple[timing.Way, timing.Way]:
        raise peers.AbsentError("it has no Python")

    def fine(prepared: peers.Prepared) -> tuple[timing.Way, timing.Way]:
        return prepared.ways(("/bin/true",), ("/bin/true",))

    there = os.path.join(tmp_path, "bin")
    os.mkdir(there)
    for name in ("refuses", "works"):
        os.symlink("/bin/true", os.path.join(there, name))
    monkeypatch.setenv("PATH", there, prepend=os.pathsep)
    monkeypatch.setattr(
        peers,
        "PEERS",
        [
            peers.Peer(name, "", "machine", name, f"{name} true", "true", prepare)
            for name, prepare in (("is-not-there", fine), ("refuses", refuse), ("works", fine))
        ],
    )
    results = peers.measured(str(tmp_path), 3, lambda _: None)["peers"]
    assert results["is-not-there"]["absent"] == "it is not installed on this machine"
    assert results["refuses"]["absent"] == "it has no Python"
    assert results["works"]["with"]["median"] > 0


def test_peers_are_pinned() -> None:
    """Every tool from a registry has a version, every tool of the machine has none."""
    assert [
        peer.name for peer in peers.PEERS if bool(peer.version) == (peer.origin == "machine")
    ] == []
    assert len({peer.name for peer in peers.PEERS}) == len(peers.PEERS)
