"""The cache of roots gives right results whether it is valid, missing, stale or untrusted."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import systems
from support.hosts.fakes import FakeSystem, Special
from support.hosts.sample_clients import PLATFORMS, dropbox_info, machine, syncthing_config

import uvlocal
from uvlocal import __version__
from uvlocal.shim.machine.host import System
from uvlocal.shim.volume.sync_roots import cache, discovery, read
from uvlocal.shim.volume.sync_roots import reader as roots_reader
from uvlocal.shim.volume.sync_roots.model import SyncRoot

CACHE = "/home/me/.cache/uvlocal/roots"
INFO = "/home/me/.dropbox/info.json"
SYNCTHING = "/home/me/.config/syncthing/config.xml"


@pytest.fixture
def probed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the growing list of configurations that probes have read."""
    calls: list[str] = []
    probe = read.probe

    def counted(reader: roots_reader.Reader, *arguments: object) -> None:
        calls.append(str(arguments[-1]))
        probe(reader, *arguments)  # type: ignore[arg-type] # passed on unchanged

    monkeypatch.setattr(read, "probe", counted)
    return calls


def configured(system: System) -> tuple[list[SyncRoot], list[str]]:
    """Read like another process, without this one's caches."""
    system._known.clear()
    return discovery.configured(system)


def _paths(system: System) -> list[str]:
    return [root.path for root in configured(system)[0]]


def _dropbox(folder: str = "/home/me/Dropbox") -> FakeSystem:
    return FakeSystem({INFO: dropbox_info(personal=folder)})


@pytest.mark.parametrize("platform", PLATFORMS)
def test_same_answer_from_the_cache(platform: str, probed: list[str]) -> None:
    """The cache returns what was read, field by field, for all clients."""
    system = machine(platform)
    first, problems = configured(system)
    assert probed
    probed.clear()
    second, same_problems = configured(system)
    assert probed == []
    assert problems == same_problems

    def fields(found: list[SyncRoot]) -> list[list[object]]:
        return [[getattr(root, name) for name in SyncRoot.__slots__] for root in found]

    assert fields(first) == fields(second)


@pytest.mark.parametrize("platform", PLATFORMS)
def test_unchanged_machine_opens_one_file(platform: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """On an unchanged machine only the cache is read; configuration is only checked."""
    system = machine(platform)
    configured(system)
    opened: list[str] = []
    for name in ("read", "query", "listdir"):

        def recorded(
            self: FakeSystem, path: str, *more: object, real: object = getattr(FakeSystem, name)
        ) -> object:
            opened.append(path)
            return real(self, path, *more)  # type: ignore[operator] # a method of the class

        monkeypatch.setattr(FakeSystem, name, recorded)
    configured(system)
    assert [system.path.basename(path) for path in opened] == ["roots"]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({INFO: dropbox_info(personal="/home/me/Elsewhere!")}, id="file-changed"),
        pytest.param({SYNCTHING: syncthing_config("~/Sync")}, id="file-appeared"),
        pytest.param({"/home/me/.config/onedrive/refresh_token": b""}, id="sign-appeared"),
        pytest.param({"/home/me/.unison/work.prf": b"root = /srv/work\n"}, id="folder-appeared"),
    ],
)
def test_change_is_seen(change: dict[str, object]) -> None:
    """A changed, new or missing input invalidates the cache."""
    system = _dropbox()
    before = _paths(system)
    for path, content in change.items():
        system.put(path, content)
    after = _paths(system)
    assert after != before
    fresh = FakeSystem({path: system.tree[path] for path in system.tree if path != CACHE})
    assert after == _paths(fresh)


def test_vanished_file() -> None:
    """A client that was removed with its configuration is forgotten."""
    system = _dropbox()
    assert _paths(system) == ["/home/me/Dropbox"]
    del system.tree[INFO]
    assert _paths(system) == []


def test_file_inside_a_folder_changed() -> None:
    """A file found by listing a directory is an input too."""
    profile = "/home/me/.unison/a.prf"
    system = FakeSystem({profile: b"root = /a\n"})
    assert _paths(system) == ["/a"]
    system.put(profile, b"root = /b\n")
    assert _paths(system) == ["/b"]


def test_variables_are_part_of_the_key() -> None:
    """Another XDG directory invalidates the cache."""
    system = FakeSystem({SYNCTHING: syncthing_config("/a")})
    assert _paths(system) == ["/a"]
    system.put("/config/syncthing/config.xml", syncthing_config("/b"))
    system.environ["XDG_CONFIG_HOME"] = "/config"
    assert _paths(system) == ["/b", "/a"]


def test_registry_is_part_of_the_key() -> None:
    """A changed registry value invalidates the cache."""
    key = r"HKCU\Software\Microsoft\OneDrive\Accounts\Personal"
    system = FakeSystem(platform="win32")
    system.registry[key] = {"UserFolder": r"C:\A"}
    assert _paths(system) == [r"C:\A"]
    system.registry[key] = {"UserFolder": r"C:\B"}
    assert _paths(system) == [r"C:\B"]


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda _: b"", id="empty"),
        pytest.param(lambda data: data[:-5], id="cut-off"),
        pytest.param(lambda data: data.replace(b"roots 2", b"roots 1"), id="older-format"),
        pytest.param(
            lambda data: data.replace(f"roots 2 {__version__}".encode(), b"roots 2 0.0.1"),
            id="another-uvlocal",
        ),
        pytest.param(lambda data: b"\xff\xfe" + data, id="no-utf-8"),
        pytest.param(lambda data: data.replace(b"root\t", b"r00t\t"), id="unknown-line"),
        pytest.param(lambda data: data.replace(b"Dropbox\t`", b"Dropbox`"), id="field-missing"),
        pytest.param(lambda data: data.replace(b"\t/home/me/Dropbox\t", b"\tx\t"), id="relative"),
        pytest.param(lambda data: data.replace(b"input\t", b"input\t/x"), id="other-inputs"),
        pytest.param(lambda data: data.replace(b"\n/home/me\n", b"\n/home/you\n"), id="other-home"),
        pytest.param(lambda _: b"x" * (2 << 20), id="huge"),
        pytest.param(lambda _: b"\0" * 4096, id="zeros"),
        pytest.param(lambda _: None, id="directory"),
        pytest.param(lambda _: Special(), id="fifo"),
    ],
)
def test_damaged_cache(damage: object) -> None:
    """A modified cache is ignored, and written again if possible."""
    system = _dropbox()
    expected = _paths(system)
    data = system.tree[CACHE]
    assert isinstance(data, bytes)
    changed = damage(data)  # type: ignore[operator] # a function of the table above
    assert changed != data
    system.tree[CACHE] = changed
    assert _paths(system) == expected


@pytest.mark.parametrize(
    ("path", "mode"),
    [
        pytest.param(CACHE, 0o666, id="file-others-write"),
        pytest.param(CACHE, 0o660, id="file-group-writes"),
        pytest.param("/home/me/.cache/uvlocal", 0o777, id="folder-others-write"),
    ],
)
def test_cache_that_others_can_write(path: str, mode: int) -> None:
    """A cache that others can write to is not trusted."""
    system = _dropbox()
    configured(system)
    data = system.tree[CACHE]
    assert isinstance(data, bytes)
    system.tree[CACHE] = data.replace(b"/home/me/Dropbox\t", b"/home/me/Planted\t")
    assert _paths(system) == ["/home/me/Planted"], "the damage of this test is seen at all"
    system.modes[path] = mode
    assert _paths(system) == ["/home/me/Dropbox"]


def test_somebody_elses_cache() -> None:
    """Under `sudo` home is another user's, so the cache is neither trusted nor written."""
    system = _dropbox()
    configured(system)
    data = system.tree[CACHE]
    assert isinstance(data, bytes)
    system.tree[CACHE] = planted = data.replace(b"/home/me/Dropbox\t", b"/home/me/Planted\t")
    system.uid = 0
    assert _paths(system) == ["/home/me/Dropbox"]
    assert system.tree[CACHE] == planted


@pytest.mark.parametrize(
    "blocked", [("/home/me/.cache/uvlocal",), (CACHE,)], ids=["folder", "file"]
)
def test_cache_that_cannot_be_written(blocked: tuple[str, ...]) -> None:
    """Without a cache the answer is the same."""
    system = FakeSystem({INFO: dropbox_info(personal="/home/me/Dropbox")}, blocked=blocked)
    for _ in range(2):
        assert _paths(system) == ["/home/me/Dropbox"]


def test_problems_are_remembered() -> None:
    """Problems of a configuration are reported again without reading it again."""
    system = FakeSystem({INFO: b"{"})
    first = configured(system)
    assert first[1]
    assert CACHE in system.tree
    assert configured(system) == first


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b'{"personal": {"path": "/home/me', id="half-written"),
        pytest.param(Special(), id="cannot-be-read"),
    ],
)
def test_damage_does_not_forget(damage: object) -> None:
    """While a configuration is damaged, the folders it named before apply."""
    system = _dropbox()
    system.put(SYNCTHING, syncthing_config("/a"))
    assert _paths(system) == ["/home/me/Dropbox", "/a"]
    system.put(INFO, damage)
    system.put(SYNCTHING, syncthing_config("/b"))  # a valid file is used
    for _ in range(2):
        found, problems = configured(system)
        assert [root.path for root in found] == ["/b", "/home/me/Dropbox"]
        assert found[1].read_from == "`~/.dropbox/info.json` (when it could last be read)"
        [problem] = problems
        assert problem.endswith(", so uvlocal assumes the Dropbox folders that it named before")
    system.put(INFO, b"{")
    assert configured(system)[0][1].read_from.count("(") == 1
    system.put(INFO, dropbox_info(personal="/home/me/Elsewhere"))
    assert _paths(system) == ["/home/me/Elsewhere", "/b"]
    assert configured(system)[1] == []


def test_damage_that_goes() -> None:
    """A damaged configuration that is removed names nothing anymore."""
    system = _dropbox()
    configured(system)
    system.put(INFO, b"{")
    assert _paths(system) == ["/home/me/Dropbox"]
    del system.tree[INFO]
    assert configured(system) == ([], [])


def test_too_much_to_remember() -> None:
    """A cache that would be too large to be read is not written."""
    folders = (f"/{number}/{'x' * 8000}" for number in range(200))
    system = FakeSystem({SYNCTHING: syncthing_config(*folders)})
    assert len(_paths(system)) == len(_paths(system)) == 200
    assert CACHE not in system.tree


def test_no_home() -> None:
    """Without a home there is neither configuration nor cache."""
    assert configured(FakeSystem(home="", cwd="/")) == ([], [])


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("\udcff", id="byte"),
        pytest.param(chr(0xD800), id="lone-surrogate"),
        pytest.param("a\tb", id="tab"),
        pytest.param("a\nb", id="newline"),
        pytest.param("a\\nb", id="backslash"),
        pytest.param("a\rb", id="return"),
    ],
)
def test_odd_names(name: str) -> None:
    """Names that are not UTF-8, or contain separators, are cached exactly."""
    system = _dropbox(f"/home/me/{name}")
    assert _paths(system) == _paths(system) == [f"/home/me/{name}"]
    assert CACHE in system.tree


@given(st.lists(st.text(st.characters(exclude_characters="\0")), min_size=1, max_size=4))
def test_any_field_survives(fields: list[str]) -> None:
    """Tabs, newlines and backslashes in names are restored."""
    line = cache._line(*fields)
    assert "\n" not in line
    assert [cache._unescape(field) for field in line.split("\t")] == fields


@given(st.text())
def test_any_text_as_cache(text: str) -> None:
    """No content of a cache raises an error."""
    cache._parse(text, FakeSystem())


# -- on a real disk --------------------------------------------------------------------------------


@pytest.fixture
def real(tmp_path: Path) -> System:
    """Return the real system with its own home, and Dropbox in it."""
    systems.need_posix("the homes here are POSIX's")
    (tmp_path / ".dropbox").mkdir()
    (tmp_path / "Dropbox").mkdir()
    info = dropbox_info(personal=str(tmp_path / "Dropbox"))
    (tmp_path / ".dropbox" / "info.json").write_bytes(info)
    return System(platform="linux", environ={"HOME": str(tmp_path)}, home=str(tmp_path))


def test_modes(real: System) -> None:
    """The cache is private for any umask."""
    before = os.umask(0)
    try:
        configured(real)
    finally:
        os.umask(before)
    folder = Path(real.home, ".cache", "uvlocal")
    modes = [
        stat.S_IMODE(path.stat().st_mode) for path in (folder.parent, folder, folder / "roots")
    ]
    assert modes == [0o700, 0o700, 0o600]
    assert [path.name for path in folder.iterdir()] == ["roots"], "nothing is left beside it"


def test_cache_folder_is_a_link(real: System) -> None:
    """A symlinked cache directory is left alone."""
    elsewhere = Path(real.home, "elsewhere")
    elsewhere.mkdir()
    Path(real.home, ".cache").mkdir()
    Path(real.home, ".cache", "uvlocal").symlink_to(elsewhere)
    assert _paths(real) == [f"{real.home}/Dropbox"]
    assert list(elsewhere.iterdir()) == []


def test_many_at_once(real: System) -> None:
    """Concurrent calls leave one valid cache."""
    program = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from uvlocal.shim.volume.sync_roots.discovery import configured\n"
        "from uvlocal.shim.machine.host import System\n"
        "system = System(environ={}, home=sys.argv[2])\n"
        "print([root.path for root in configured(system)[0]])\n"
    )
    source = str(Path(uvlocal.__file__).parents[1])
    running = [
        subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", program, source, real.home],
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(6)
    ]
    answers = {process.communicate()[0] for process in running}
    assert answers == {f"['{real.home}/Dropbox']\n"}
    assert [path.name for path in Path(real.home, ".cache", "uvlocal").iterdir()] == ["roots"]


def test_no_parser_on_an_unchanged_machine(real: System) -> None:
    """The second time imports only built-in or frozen modules, and no probe."""
    program = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from uvlocal.shim.settings.settings import Settings\n"
        "from uvlocal.shim.machine.host import System\n"
        "from uvlocal.shim.volume.locate import locate\n"
        "system = System(environ={}, home=sys.argv[2])\n"
        "path = sys.argv[2] + '/Dropbox/foo'\n"
        "print(locate(path, path, system, Settings()).kind)\n"
        "print(*sorted(sys.modules))\n"
    )
    source = str(Path(uvlocal.__file__).parents[1])
    command = [sys.executable, "-I", "-S", "-c", program, source, real.home]

    def run() -> tuple[str, set[str]]:
        shown = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
        kind, modules = shown.splitlines()
        return kind, set(modules.split())

    first_kind, first = run()
    second_kind, second = run()
    assert first_kind == second_kind == "synced"
    assert "json" in first
    parsers = {"json", "re", "sqlite3", "xml", "tomllib", "configparser", "plistlib", "ctypes"}
    assert not second & {*parsers, "uvlocal.shim.volume.sync_roots.config_files", "psutil"}
