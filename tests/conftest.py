"""Fixtures for all tests: the real uv, a throwaway machine, a Python that skips hidden files.

A run uses the newest uv; with `UVLOCAL_TEST_UV=all` each test with the fixture `uv` runs with one
of each era, each with `every_uv` with eight versions.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING

import hypothesis
import pytest
from support import slow, systems
from support.hosts.worlds import World
from support.tools import fetched, hidden_python, real_uv
from support.tools.real_mounts import Mounts, Unavailable, need

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

# A slow machine is not a failure: no test asserts on time.
hypothesis.settings.register_profile("uvlocal", deadline=None)
hypothesis.settings.load_profile("uvlocal")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that accepts the current output of commands."""
    parser.addoption(
        "--update-transcripts",
        action="store_true",
        help="rewrite the transcripts in tests/manage/transcripts",
    )


def pytest_sessionstart(session: pytest.Session) -> None:
    """Fetch what is missing before the first test, with a message, as it can take minutes.

    Only the process that starts the workers fetches, so workers do not wait.
    """
    _heed_signals()
    config = session.config
    if hasattr(config, "workerinput") or config.option.collectonly:
        return
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None:
        fetched.tell = reporter.write_line
    try:
        for version in real_uv.selected(real_uv.VERSIONS):
            real_uv.path(version)
        fetched.wheelhouse()
        fetched.dependencies()
        if sys.platform != "win32":
            hidden_python.path()
        if config.option.markexpr != slow.FAST:
            fetched.tools()
    except (OSError, RuntimeError) as error:
        # Tests that need nothing from outside still run; the others will fail with this error.
        fetched.tell(f"warning: {error}")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that only `make test-all` runs."""
    for item in items:
        if isinstance(item, pytest.Function):
            parameters = item.callspec.params if hasattr(item, "callspec") else {}
            version = parameters.get("uv") or parameters.get("every_uv") or ""
            if slow.is_slow(str(item.path), item.function.__name__, str(version)):
                item.add_marker("slow")


def _heed_signals() -> None:
    """Restore signals that `nohup` or a shell's `&` ignores, as children would ignore them too."""
    for name in ("SIGHUP", "SIGINT", "SIGQUIT"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_IGN:
            usual = signal.default_int_handler if name == "SIGINT" else signal.SIG_DFL
            signal.signal(number, usual)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run each test with the fixture `uv` or `every_uv` with every selected version."""
    for name, versions in (("uv", real_uv.ERAS), ("every_uv", real_uv.VERSIONS)):
        if name in metafunc.fixturenames:
            found = real_uv.selected(versions)
            metafunc.parametrize(name, found, indirect=True, scope="session")


@pytest.fixture(scope="session")
def uv(request: pytest.FixtureRequest) -> str:
    """Return the path of a real uv, of each selected version in turn."""
    return real_uv.path(request.param)


@pytest.fixture(scope="session")
def every_uv(request: pytest.FixtureRequest) -> str:
    """Return the path of a real uv, of each version in turn, for cheap tests."""
    return real_uv.path(request.param)


@pytest.fixture(scope="session")
def newest_uv() -> str:
    """Return the path of the newest real uv."""
    return real_uv.path(real_uv.NEWEST)


@pytest.fixture(scope="session")
def uv_caches(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the directory of the session's uv caches, which tests share."""
    return tmp_path_factory.mktemp("uv-caches")


@pytest.fixture
def make_world(tmp_path: Path, uv_caches: Path) -> Callable[..., World]:
    """Return a function that creates a world with the given uv, and Python if needed."""
    systems.need_posix("the worlds here are POSIX's")

    def make(uv: str, *, python: str = "") -> World:
        version = os.path.basename(os.path.dirname(uv))
        python = python or os.path.realpath(getattr(sys, "_base_executable", sys.executable))
        root = tmp_path / "world"
        return World(str(root), uv, cache=str(uv_caches / version), python=python)

    return make


@pytest.fixture
def world(make_world: Callable[..., World], uv: str) -> World:
    """Return a world with each selected uv in turn."""
    return make_world(uv)


@pytest.fixture
def newest_world(make_world: Callable[..., World], newest_uv: str) -> World:
    """Return a world with the newest uv, for what does not depend on uv's version."""
    return make_world(newest_uv)


@pytest.fixture
def mounts(tmp_path: Path) -> Iterator[Mounts]:
    """Return an object that mounts, and unmounts everything after the test."""
    try:
        need("mount", "umount", root=True)
    except Unavailable as reason:
        pytest.skip(str(reason))
    found = Mounts(tmp_path.resolve())
    try:
        yield found
    finally:
        found.close()
