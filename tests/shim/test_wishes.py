"""Which strategy comes of a wish: whole calls on invented machines."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest
from fakes import FakeSystem, Link

from uvlocal.shim import environment, prepare, turns
from uvlocal.shim.gather import Call
from uvlocal.shim.preview import link_mode_by
from uvlocal.shim.project import Project
from uvlocal.shim.request import Request

if TYPE_CHECKING:
    from uvlocal.shim.decide import Decision

DROPBOX = json.dumps({"personal": {"path": "/home/me/Dropbox"}}).encode()
PROJECT = b'[project]\nname = "foo"\nversion = "1"\n'
ROOT = "/home/me/Dropbox/foo"
DISK = "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n"
NFS = f"{DISK}2 1 0:40 / /net rw - nfs4 server:/x rw\n"
OURS = f"/home/me/.local/share/uvlocal/envs/{environment.name_of(ROOT, FakeSystem())}"
USER = "/home/me/.config/uv/uv.toml"
VARIABLE = "UV_NO_INSTALLER_METADATA"
NEWEST = (0, 13, 9)


def machine(strategy: str, files: dict[str, object] | None = None, **environ: str) -> FakeSystem:
    """Return a machine with a project in Dropbox, and a wish for a strategy."""
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


# -- strategies that stay in the project -----------------------------------------------------------


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
    """Where no environment can be in the project it is kept elsewhere, and that is said."""
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
    """uv copies where it cannot link, unless the user chose, in whatever place."""
    system = machine("no-metadata", {f"{root}/pyproject.toml": PROJECT, **files})
    system.mount_text = mounts
    system.devices["/net"] = 40
    system.cwd = root
    _, decision = settled(system)
    assert decision.strategy == "no-metadata"
    assert decision.variables.get("UV_LINK_MODE") == expected


def test_link_mode_without_a_better_place() -> None:
    """Where the cache lies on the same volume as the project, links are no trouble."""
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
    """Where the user chose how uv links is found as uv would find it."""
    request = Request("sync", directory=ROOT)
    request.config_file, request.no_config = ("", True) if line == "none" else (line, False)
    found = link_mode_by(request, Project(root=ROOT, found=ROOT), machine("no-metadata", files))
    assert (expected in found) if expected else (found == "")


# -- what is done before uv starts -----------------------------------------------------------------

SITE = f"{ROOT}/.venv/lib/python3.13/site-packages"
BROKEN: dict[str, object] = {
    f"{ROOT}/.venv/pyvenv.cfg": b"",
    f"{SITE}/foo-1.dist-info/RECORD": b"_foo.pth,,\n",
    f"{SITE}/foo-1.dist-info/direct_url.json": b'{"dir_info":{"editable":true}}',
    f"{SITE}/foo-1.dist-info/INSTALLER": b"uv",
}


def prepared(system: FakeSystem, *words: str) -> tuple[Call, Decision]:
    """Return a call for which everything was done."""
    system.mount_text = DISK
    call, decision = settled(system, *words)
    prepare.prepare(call, decision)
    return call, decision


def synced_by_the_user(strategy: str, files: dict[str, object]) -> FakeSystem:
    """Return a machine with a synced folder of the user's own, whose client knows no marks."""
    roots = {"/home/me/.config/uvlocal/uvlocal.toml": b'synced-roots = ["/home/me/Dropbox"]\n'}
    system = machine(strategy, {**files, **roots})
    system.remove("/home/me/.dropbox/info.json")
    return system


def test_no_metadata_heals_and_sets_the_variable() -> None:
    """A broken environment is made such that uv installs again, and uv is told so."""
    system = synced_by_the_user("no-metadata", BROKEN)
    call, decision = prepared(system)
    assert decision.variables == {VARIABLE: "1"}
    assert call.changes.values[VARIABLE] == "1"
    assert not system.exists(f"{SITE}/foo-1.dist-info/direct_url.json")


@pytest.mark.parametrize("given", [None, "0"])
def test_no_metadata_as_a_follower(monkeypatch: pytest.MonkeyPatch, given: str | None) -> None:
    """A call that another one spared the repair gives uv what the user had, marks and all."""
    monkeypatch.setattr(turns.Turns, "take", lambda _: False)
    system = synced_by_the_user("no-metadata", BROKEN)
    system.environ |= {f"UVLOCAL_SET_{VARIABLE}": "1", VARIABLE: "1"}
    if given is not None:
        system.environ[f"UVLOCAL_HAD_{VARIABLE}"] = given
    inherited = dict(system.environ)
    call, _ = prepared(system)
    environ = call.changes.applied_to(inherited)
    assert environ.get(VARIABLE) == given
    assert not [name for name in environ if name.startswith(("UVLOCAL_SET", "UVLOCAL_HAD"))]


@pytest.mark.parametrize(
    "words", [["run", "--no-sync", "foo"], ["lock"], ["pip", "list"]], ids=lambda words: words[0]
)
def test_nothing_is_healed_by_a_call_that_installs_nothing(words: list[str]) -> None:
    """A call in which uv would not install again takes nothing away."""
    system = synced_by_the_user("no-metadata", BROKEN)
    prepared(system, *words)
    assert system.exists(f"{SITE}/foo-1.dist-info/direct_url.json")


def test_fallback_is_news_once(capfd: pytest.CaptureFixture[str]) -> None:
    """What a project falls back to is said once, and again only when the reason changes."""
    record = f"/home/me/.local/share/uvlocal/records/{os.path.basename(OURS)}.toml"
    system = machine("no-metadata", {record: b""})
    link, file = Link("/gone"), b"/gone\n"
    for words, venv, lines in ((["-q"], link, 0), ([], link, 1), ([], link, 0), ([], file, 1)):
        system.environ["UVLOCAL_STRATEGY"] = "no-metadata"
        system.tree.pop(f"{ROOT}/.venv", None)
        system.put(f"{ROOT}/.venv", venv)
        prepared(system, "sync", *words)
        assert capfd.readouterr().err.count("\n") == lines
