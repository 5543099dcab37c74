"""The strategy that results from settings: whole calls on fake machines."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest
from support.hosts import sample_clients
from support.hosts.fakes import FakeSystem, Link
from support.hosts.provider_examples import EXAMPLES

from uvlocal.shim import prepare
from uvlocal.shim.call import Call
from uvlocal.shim.project.discovery import Project
from uvlocal.shim.project.uv_config import link_mode_by
from uvlocal.shim.request.parse import Request
from uvlocal.shim.store import naming

if TYPE_CHECKING:
    from uvlocal.shim.decide import Decision

DROPBOX = json.dumps({"personal": {"path": "/home/me/Dropbox"}}).encode()
PROJECT = b'[project]\nname = "foo"\nversion = "1"\n'
ROOT = "/home/me/Dropbox/foo"
DISK = "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n"
NFS = f"{DISK}2 1 0:40 / /net rw - nfs4 server:/x rw\n"
OURS = f"/home/me/.local/share/uvlocal/envs/{naming.name_of(ROOT, FakeSystem())}"
USER = "/home/me/.config/uv/uv.toml"
VARIABLE = "UV_NO_INSTALLER_METADATA"
NEWEST = (0, 13, 9)


def machine(strategy: str, files: dict[str, object] | None = None, **environ: str) -> FakeSystem:
    """Return a machine with a project in Dropbox, and a configured strategy."""
    tree = {"/home/me/.dropbox/info.json": DROPBOX, f"{ROOT}/pyproject.toml": PROJECT}
    variables = {"UVLOCAL_STRATEGY": strategy, **environ}
    system = FakeSystem({**tree, **(files or {})}, environ=variables, cwd=ROOT)
    system.mount_text = DISK
    return system


def settled(
    system: FakeSystem, *words: str, version: tuple[int, int, int] | None = NEWEST
) -> tuple[Call, Decision]:
    """Return a call with a uv of that version, and its decision."""
    call = Call(list(words) or ["sync"], system)
    call._version = version
    return call, call.settle()


# -- an environment that stays in the project ------------------------------------------------------


@pytest.mark.parametrize(
    ("venv", "strategy"),
    [
        pytest.param({}, "no-metadata", id="nothing"),
        pytest.param({f"{ROOT}/.venv/pyvenv.cfg": b""}, "no-metadata", id="folder"),
        pytest.param({f"{ROOT}/.venv": Link("/gone")}, "redirect", id="dangling-link"),
        pytest.param({f"{ROOT}/.venv": Link(OURS), OURS: None}, "redirect", id="our-pointer"),
        pytest.param(
            {f"{ROOT}/.venv": Link("env"), f"{ROOT}/env/x": b""}, "no-metadata", id="link"
        ),
        pytest.param({f"{ROOT}/.venv": b"/gone\n"}, "redirect", id="file-that-leads-nowhere"),
        pytest.param({f"{ROOT}/.venv": b"\0"}, "redirect", id="garbage"),
    ],
)
@pytest.mark.parametrize("version", [(0, 13, 9), (0, 9, 30)], ids=["newest", "older"])
def test_what_is_in_the_way(
    venv: dict[str, object], strategy: str, version: tuple[int, int, int]
) -> None:
    """If the project cannot contain an environment, it is kept outside, and that is reported."""
    _, decision = settled(machine("no-metadata", venv), version=version)
    assert decision.strategy == strategy
    assert ("`no-metadata` does not work here" in decision.sentence) == (strategy == "redirect")


@pytest.mark.parametrize(
    ("mounts", "root", "files", "expected"),
    [
        pytest.param(DISK, ROOT, {}, None, id="links-do-no-harm"),
        pytest.param(NFS, "/net/foo", {}, "copy", id="another-volume-than-the-cache"),
        pytest.param(NFS, "/net/foo", {USER: b'link-mode = "symlink"'}, None, id="user-file"),
        pytest.param(NFS, "/net/foo", {USER: b'# link-mode = "symlink"'}, "copy", id="remark"),
        pytest.param(
            NFS,
            "/net/foo",
            {"/net/foo/pyproject.toml": PROJECT + b'[tool.uv]\nlink-mode = "clone"\n'},
            None,
            id="project",
        ),
    ],
)
def test_link_mode(mounts: str, root: str, files: dict[str, object], expected: str | None) -> None:
    """uv copies where it cannot link, unless the user set the link mode anywhere."""
    system = machine("no-metadata", {f"{root}/pyproject.toml": PROJECT, **files})
    system.mount_text = mounts
    system.devices["/net"] = 40
    system.cwd = root
    _, decision = settled(system)
    assert decision.strategy == "no-metadata"
    assert decision.variables.get("UV_LINK_MODE") == expected


def test_link_mode_without_a_better_place() -> None:
    """If the cache is on the project's volume, links work."""
    system = machine("no-metadata")
    system.mount_text = "1 0 0:40 / / rw - nfs4 server:/x rw\n"
    system.devices["/"] = 40
    _, decision = settled(system)
    assert (decision.code, decision.variables) == ("no-better-place", {VARIABLE: "1"})


@pytest.mark.parametrize(
    ("line", "files", "expected"),
    [
        pytest.param("", {}, "", id="nowhere"),
        pytest.param("", {f"{ROOT}/uv.toml": b'link-mode = "copy"'}, "uv.toml", id="beside"),
        pytest.param("/x", {"/x": b'link-mode = "copy"', USER: b""}, "/x", id="named"),
        pytest.param("/x", {USER: b'link-mode = "copy"'}, "", id="named-one-alone"),
        pytest.param("none", {USER: b'link-mode = "copy"'}, "", id="no-config"),
        pytest.param("", {USER: b"link-mode = ["}, "", id="garbage"),
    ],
)
def test_link_mode_by(line: str, files: dict[str, object], expected: str) -> None:
    """The user's link mode is found like in uv."""
    request = Request("sync", directory=ROOT)
    request.config_file, request.no_config = ("", True) if line == "none" else (line, False)
    found = link_mode_by(request, Project(root=ROOT, found=ROOT), machine("no-metadata", files))
    assert (expected in found) if expected else (found == "")


# -- changes before uv starts ----------------------------------------------------------------------

PTH = f"{ROOT}/.venv/lib/python3.13/site-packages/_foo.pth"
ON_MACOS = "/Users/me/Library/Mobile Documents/com~apple~CloudDocs/foo"


def prepared(system: FakeSystem, *words: str, told: list[str] | None = None) -> Call:
    """Return a call after all preparations."""
    call = Call(list(words), system, tell=None if told is None else told.append)
    prepare.prepare(call, call.settle())
    return call


def macos() -> FakeSystem:
    """Return a Mac with a project in iCloud Drive whose `.pth` file is hidden."""
    files = {f"{ON_MACOS}/pyproject.toml": PROJECT, PTH.replace(ROOT, ON_MACOS): b""}
    environ = {"UVLOCAL_STRATEGY": "no-metadata"}
    system = FakeSystem(files, platform="darwin", environ=environ, cwd=ON_MACOS)
    system.hidden.add(PTH.replace(ROOT, ON_MACOS))
    return system


@pytest.mark.parametrize(
    ("words", "environ", "expected"),
    [
        pytest.param("sync", {}, True, id="sync"),
        pytest.param("sync --locked", {"UV_NO_SYNC": "1"}, True, id="sync-has-no-such-option"),
        pytest.param("run foo", {}, True, id="run"),
        pytest.param("run --frozen foo --no-sync", {}, True, id="an-argument-of-the-program"),
        pytest.param("run --no-sync foo", {}, False, id="run-no-sync"),
        pytest.param("run foo", {"UV_NO_SYNC": "1"}, False, id="run-variable"),
        pytest.param("run foo", {"UV_NO_SYNC": "0"}, True, id="run-variable-off"),
        pytest.param("add six", {}, True, id="add"),
        pytest.param("add --no-sync six", {}, False, id="add-no-sync"),
        pytest.param("remove six", {}, True, id="remove"),
        pytest.param("remove --frozen six", {}, False, id="remove-frozen"),
        pytest.param("version --bump minor", {}, True, id="version"),
        pytest.param("venv --seed", {}, True, id="venv"),
        pytest.param("sync --dry-run", {}, False, id="dry-run"),
        pytest.param("lock", {}, False, id="lock"),
        pytest.param("tree", {}, False, id="tree"),
        pytest.param("pip install six", {}, False, id="no-project-command"),
        pytest.param("sync", {VARIABLE: "0"}, False, id="the-user-decides"),
    ],
)
def test_who_gets_the_variable(words: str, environ: dict[str, str], *, expected: bool) -> None:
    """Every project command that may install gets the variable with our marker, and no other."""
    system = machine("no-metadata", None, **environ)
    call = prepared(system, *words.split())
    assert call.changes.values.get(VARIABLE) == ("1" if expected else None)
    assert (f"UVLOCAL_SET_{VARIABLE}" in call.changes.values) == expected


@pytest.mark.parametrize(
    ("platform", "example", "provider"),
    [
        pytest.param(platform, example, provider, id=f"{provider}-{platform}-{example}")
        for provider, systems in EXAMPLES.items()
        for platform, examples in systems.items()
        for example in examples
    ],
)
def test_in_every_providers_folder(platform: str, example: str, provider: str) -> None:
    """uv gets the variable in any synced folder, nothing is created, and `redirect` works again."""
    system = sample_clients.machine(platform)
    root = sample_clients.at_home(platform, example)
    system.put(system.path.join(root, "pyproject.toml"), PROJECT)
    system.cwd = root
    if platform == "win32":
        system.environ["LOCALAPPDATA"] = system.path.join(system.home, "AppData", "Local")
    environ, attributes = dict(system.environ), dict(system.attributes)
    system.environ = {**environ, "UVLOCAL_STRATEGY": "no-metadata"}
    call = prepared(system, "sync")
    assert call.facts.volume is not None
    assert call.facts.volume.provider == provider
    assert call.changes.values[VARIABLE] == "1"
    assert system.listdir(root) == ["pyproject.toml"]
    assert system.attributes == attributes
    system.put(system.path.join(root, ".venv", "pyvenv.cfg"), b"")  # created by uv
    system.environ = {**environ, "UVLOCAL_STRATEGY": "redirect"}
    assert settled(system)[1].strategy == "redirect"


@pytest.mark.parametrize("words", ["sync", "run foo", "run --no-sync foo", "lock"])
def test_what_is_hidden_is_shown(words: str) -> None:
    """If the system has the flag, it is cleared before uv starts, for any command."""
    system = macos()
    told: list[str] = []
    prepared(system, *words.split(), told=told)
    assert system.hidden == set()
    assert "hidden flags cleared: 1" in told


def test_nothing_is_looked_for_where_there_is_no_flag() -> None:
    """On other systems the environment in the project is not accessed."""
    system = machine("no-metadata", {PTH: b""})
    system.hidden.add(PTH)
    prepared(system, "sync")
    assert system.hidden == {PTH}
    assert not [path for path in system.touched if path.startswith(f"{ROOT}/.venv/")]


def test_flags_are_not_cleared_for_uv_pip() -> None:
    """A command that does not run the project leaves the environment alone."""
    system = macos()
    prepared(system, "pip", "list")
    assert system.hidden


def test_an_act_that_fails_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """If an action fails, the decision is kept and uv runs."""

    def fail(_: str, __: FakeSystem) -> int:
        raise OSError("no")

    monkeypatch.setattr("uvlocal.shim.in_place.hidden_flags.clear", fail)
    told: list[str] = []
    call = prepared(macos(), "sync", told=told)
    assert call.changes.values[VARIABLE] == "1"
    assert "act: failed (OSError: no)" in told


def test_fallback_is_news_once(capfd: pytest.CaptureFixture[str]) -> None:
    """A fallback is reported once, and again only when the reason changes."""
    record = f"/home/me/.local/share/uvlocal/records/{os.path.basename(OURS)}.toml"
    system = machine("no-metadata", {record: b""})
    link, file = Link("/gone"), b"/gone\n"
    for words, venv, lines in ((["-q"], link, 0), ([], link, 1), ([], link, 0), ([], file, 1)):
        system.environ["UVLOCAL_STRATEGY"] = "no-metadata"
        system.tree.pop(f"{ROOT}/.venv", None)
        system.put(f"{ROOT}/.venv", venv)
        prepared(system, "sync", *words)
        assert capfd.readouterr().err.count("\n") == lines
