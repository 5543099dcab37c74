"""`uvlocal list`: correct sizes, meaningful times, readable tables."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING

import pytest

from uvlocal.manage import parallel
from uvlocal.manage.environments import listing, pyvenv, records
from uvlocal.manage.environments.folder_identity import Disk, SilentError
from uvlocal.manage.files.sizes import Meter
from uvlocal.manage.views import environments

if TYPE_CHECKING:
    from pathlib import Path

    from support.hosts.machines import Machine

if sys.platform == "win32":
    pytest.skip("the machines here are POSIX's", allow_module_level=True)

MEGABYTE = 1 << 20
DAY = 86400.0


def listed(machine: Machine) -> dict[str, listing.Environment]:
    """Return the listed environments, by the name of the project's directory."""
    found = listing.of(machine.environ)
    return {os.path.basename(one.project) or one.name: one for one in found.environments}


# -- sizes -------------------------------------------------------------------------------------


def test_each_file_counts_once(tmp_path: Path) -> None:
    """Two links to one file in an environment count once."""
    (tmp_path / "a").write_bytes(os.urandom(MEGABYTE))
    one = Meter().add(str(tmp_path))
    os.link(tmp_path / "a", tmp_path / "b")
    two = Meter().add(str(tmp_path))
    assert one.own == two.own
    assert MEGABYTE <= two.own < MEGABYTE + 65536
    assert (one.files, two.files) == (1, 2)


def test_what_the_cache_has_too_does_not_count(tmp_path: Path) -> None:
    """A file with a link outside is shared: removing the environment does not free it."""
    cache, environment = tmp_path / "cache", tmp_path / "env"
    cache.mkdir()
    environment.mkdir()
    (cache / "a").write_bytes(os.urandom(MEGABYTE))
    os.link(cache / "a", environment / "a")
    size = Meter().add(str(environment))
    assert size.own < 65536
    assert MEGABYTE <= size.shared < MEGABYTE + 65536


def test_what_two_environments_share(tmp_path: Path) -> None:
    """A file shared by two environments is only freed when both are removed."""
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    (tmp_path / "a" / "file").write_bytes(os.urandom(MEGABYTE))
    os.link(tmp_path / "a" / "file", tmp_path / "b" / "file")
    meter = Meter()
    sizes = [meter.add(str(tmp_path / name)) for name in ("a", "b")]
    assert all(size.own < 65536 <= size.shared for size in sizes)
    assert meter.total().own >= MEGABYTE
    assert meter.total().shared == 0


def test_meters_add_up(tmp_path: Path) -> None:
    """Two meters together know what one would, also of files that are in both."""
    for name in ("a", "b", "cache"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "own").write_bytes(os.urandom(MEGABYTE))
    os.link(tmp_path / "a" / "own", tmp_path / "b" / "of a")
    os.link(tmp_path / "cache" / "own", tmp_path / "a" / "of cache")
    os.link(tmp_path / "cache" / "own", tmp_path / "b" / "of cache")
    one, first, second = Meter(), Meter(), Meter()
    for name in ("a", "b"):
        one.add(str(tmp_path / name))
    first.add(str(tmp_path / "a"))
    second.add(str(tmp_path / "b"))
    first.include(second)
    assert first.total() == one.total()
    assert 2 * MEGABYTE <= first.total().own < 3 * MEGABYTE <= first.total().shared + 2 * MEGABYTE


def test_links_are_not_followed(tmp_path: Path) -> None:
    """The target of a symlink does not count, whether it is a file, a directory, or everything."""
    (tmp_path / "big").write_bytes(os.urandom(MEGABYTE))
    inside = tmp_path / "env"
    inside.mkdir()
    (inside / "file").symlink_to(tmp_path / "big")
    (inside / "folder").symlink_to(tmp_path)
    assert Meter().add(str(inside)).own < 65536
    (tmp_path / "link").symlink_to(tmp_path)
    assert Meter().add(str(tmp_path / "link")).own == 0


def test_other_volumes_are_not_counted() -> None:
    """A mount inside a directory is reported, and nothing in it is counted."""
    if not os.path.ismount("/dev/shm"):  # noqa: S108 - nothing is written there
        pytest.skip("nothing is known to be mounted inside another volume")
    assert Meter().add("/dev").mount.startswith("/dev/")
    assert Meter().add("/dev/shm").mount == ""  # noqa: S108 - as above


@pytest.mark.parametrize("kind", ["absent", "file"])
def test_no_folder_has_no_size(tmp_path: Path, kind: str) -> None:
    """A path that is not a directory counts as 0, without an error."""
    path = tmp_path / "x"
    if kind == "file":
        path.write_bytes(b"x" * 10000)
    assert Meter().add(str(path)).own == 0


def test_the_count_is_told(tmp_path: Path) -> None:
    """A long count reports progress."""
    for number in range(1001):
        (tmp_path / str(number)).touch()
    told: list[tuple[str, int, int]] = []
    Meter(lambda *said: told.append(said)).add(str(tmp_path))
    assert told == [("file", 1001, 0)]


# -- what is listed ----------------------------------------------------------------------------


@pytest.mark.skipif(sys.platform != "linux", reason="there is one process elsewhere")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_however_many_processes(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """A list that several processes make is the same, and so are the checked environments."""
    for name in ("ok", "gone", "old", "other", "empty", "more", "last"):
        machine.keep(name)
    machine.remove(os.path.join(machine.dropbox, "gone"))
    os.rename(os.path.join(machine.dropbox, "old"), os.path.join(machine.dropbox, "new"))
    machine.remove(os.path.join(machine.environment(os.path.join(machine.dropbox, "empty")), "bin"))
    alone, entries = listing.of(machine.environ), machine.entries()
    monkeypatch.setattr(parallel, "_available", lambda: 3)
    monkeypatch.setattr(listing, "_FEWEST", 1)
    monkeypatch.setattr(records, "_FEWEST", 1)
    fork, forks = os.fork, []

    def counted() -> int:
        forks.append(os.getpid())
        return fork()

    monkeypatch.setattr(os, "fork", counted)
    assert listing.of(machine.environ) == alone
    assert machine.entries() == entries
    assert len(forks) == 4
    assert {one.state for one in alone.environments} == {"ok", "project-gone", "moved"}


def test_what_is_known_of_an_environment(machine: Machine) -> None:
    """An environment is listed with its project, volume, size, Python and record."""
    project = machine.keep("foo", size=MEGABYTE)
    one = listed(machine)["foo"]
    assert one.project == project
    assert (one.volume, one.provider, one.state, one.python) == (
        "Dropbox",
        "dropbox",
        "ok",
        "3.12.1",
    )
    assert one.size is not None
    assert one.size >= MEGABYTE
    assert one.exists
    assert os.path.isfile(one.record)
    assert one.environment == machine.environment(project)


def test_sizes_can_be_left_out(machine: Machine) -> None:
    """Without sizes nothing is counted."""
    machine.keep("foo")
    found = listing.of(machine.environ, sizes=False)
    assert (found.size, found.environments[0].size) == (None, None)


def test_nothing_there(machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    """Without environments the list says so, and stdout is empty."""
    found = listing.of(machine.environ)
    assert (found.stores, found.environments) == ((), ())
    environments.listed(found)
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "no environments yet\n")


@pytest.mark.parametrize(
    ("content", "version"),
    [
        pytest.param("home = /x\nversion_info = 3.13.0\n", "3.13.0", id="uv"),
        pytest.param("version = 3.11.7\n", "3.11.7", id="venv"),
        pytest.param("version_info = 3.12.1.final.0\n", "3.12.1", id="virtualenv"),
        pytest.param("home = /x\n", "", id="none"),
        pytest.param("prompt = version = 3.9\n", "", id="in-a-value"),
    ],
)
def test_python_version(tmp_path: Path, content: str, version: str) -> None:
    """The version comes from `pyvenv.cfg`, whoever wrote it."""
    (tmp_path / "pyvenv.cfg").write_text(content)
    assert pyvenv.python_version(str(tmp_path)) == version


def test_strange_pyvenv(tmp_path: Path) -> None:
    """A FIFO or directory in place of `pyvenv.cfg` does not block."""
    os.mkfifo(tmp_path / "pyvenv.cfg")
    assert pyvenv.python_version(str(tmp_path)) == ""
    assert pyvenv.python_version("/dev/null") == ""
    (tmp_path / "b" / "pyvenv.cfg").mkdir(parents=True)
    assert pyvenv.python_version(str(tmp_path / "b")) == ""


# -- times -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "sign",
    [
        pytest.param("envs/bin", id="installed-a-script"),
        pytest.param("envs/lib/python3.12/site-packages", id="installed-a-package"),
        pytest.param("project/uv.lock", id="locked"),
        pytest.param("project/pyproject.toml", id="edited"),
    ],
)
def test_signs_of_use(machine: Machine, sign: str) -> None:
    """Changes made by using an environment or its project count as use."""
    project = machine.keep("foo")
    machine.write(os.path.join(project, "uv.lock"))
    now = time.time()
    environment = machine.age(project, 300)
    [entry] = machine.entries().values()
    used = listing.last_used(entry, Disk())
    assert used == pytest.approx(now - 300 * DAY, abs=2)
    top, _, below = sign.partition("/")
    os.utime(os.path.join(environment if top == "envs" else project, below), (now, now - 5 * DAY))
    assert listing.last_used(entry, Disk()) == pytest.approx(now - 5 * DAY, abs=2)


def test_a_silent_disk_tells_no_time(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the project's disk does not answer, the environment's own times count."""
    project = machine.keep("foo")
    machine.age(project, 300)
    [entry] = machine.entries().values()
    disk = Disk()

    def refuse(path: str, mount_point: str = "") -> None:
        raise SilentError(path, mount_point)

    monkeypatch.setattr(disk, "status", refuse)
    assert listing.last_used(entry, disk) == pytest.approx(time.time() - 300 * DAY, abs=60)


def test_starting_the_python_is_use(machine: Machine) -> None:
    """The access time of `pyvenv.cfg` counts, as Python reads it, but our own read does not."""
    project = machine.keep("foo")
    now = time.time()
    environment = machine.age(project, 300)
    config = os.path.join(environment, "pyvenv.cfg")
    os.utime(config, (now - 3 * DAY, now - 300 * DAY))
    [one] = listing.of(machine.environ).environments
    assert listing.as_seconds(one.last_used) == pytest.approx(now - 3 * DAY, abs=2)
    if hasattr(os, "O_NOATIME"):
        assert os.stat(config).st_atime == pytest.approx(now - 3 * DAY, abs=2)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        pytest.param("1970-01-02T00:00:00Z", DAY, id="time"),
        pytest.param("", None, id="empty"),
        pytest.param("yesterday", None, id="words"),
    ],
)
def test_times_as_text(text: str, seconds: float | None) -> None:
    """Times are written and parsed in one format; an invalid one is None."""
    assert listing.as_seconds(text) == seconds
    if seconds is not None:
        assert listing.as_time(seconds) == text


@pytest.mark.parametrize("seconds", [None, 1e30, -1e30], ids=["none", "future", "past"])
def test_times_that_are_none(seconds: float | None) -> None:
    """An impossible time is shown as none."""
    assert listing.as_time(seconds) == ""


@pytest.mark.parametrize(
    ("days", "text"),
    [
        pytest.param(-1, "today", id="clock-went-back"),
        pytest.param(0.5, "today", id="today"),
        pytest.param(1, "1 day", id="one-day"),
        pytest.param(13, "13 days", id="days"),
        pytest.param(15, "2 weeks", id="weeks"),
        pytest.param(62, "2 months", id="months"),
        pytest.param(400, "13 months", id="more-months"),
        pytest.param(730, "24 months", id="not-yet-years"),
        pytest.param(731, "2 years", id="first-years"),
        pytest.param(800, "2 years", id="years"),
    ],
)
def test_ages(days: float, text: str) -> None:
    """An age is shown in the largest suitable unit."""
    now = listing.as_seconds("2026-11-22T12:00:00Z")
    assert now is not None
    assert environments.age_text(listing.as_time(now - days * DAY), now) == text


# -- tables ------------------------------------------------------------------------------------

ROWS = [
    ["~/Dropbox/code/foo", "Dropbox", "1.2 GiB", "3.12.1", "today", "ok"],
    ["~/x", "OneDrive (abraunegg)", "3 B", "", "13 months", "volume not mounted"],
]


@pytest.mark.parametrize("width", [200, 80, 60])
def test_nothing_is_cut(width: int) -> None:
    """At any width, every cell is shown in full, in order."""
    headers = ("project", "volume", "size", "python", "last used", "state")
    text = "\n".join(environments.table(headers, ROWS, width))
    cells = [cell for row in [headers, *ROWS] for cell in row if cell]
    place = 0
    for cell in cells:
        place = text.index(cell, place) + len(cell)
    if width >= 80:
        assert max(map(len, text.splitlines())) <= width


def test_long_paths_go_on_below() -> None:
    """A long path is broken after a separator."""
    path = "~/" + "/".join(["folder"] * 12)
    lines = list(environments.folded(path, 40))
    assert all(len(line) <= 40 for line in lines)
    assert "".join(line.strip() for line in lines) == path
    assert all(line.endswith("/") for line in lines[:-1])


def test_a_name_longer_than_a_line() -> None:
    """A long name without a separator is broken too."""
    lines = list(environments.folded("x" * 95, 40))
    assert "".join(line.strip() for line in lines) == "x" * 95
    assert all(len(line) <= 40 for line in lines)
