"""`uvlocal doctor`: each fault is found, reported with its fix, and fixed if that is safe."""

from __future__ import annotations

import os
import shutil
import sys
from typing import TYPE_CHECKING

import pytest

from uvlocal.manage.doctor import checkup, fixes, installation, projects, stores, sync_clients, uvs
from uvlocal.manage.doctor.facts import Facts
from uvlocal.manage.environments import store_lock, trash
from uvlocal.manage.environments.folder_identity import SilentError, identity_of
from uvlocal.manage.errors import UserError
from uvlocal.manage.files.tree import Cost
from uvlocal.manage.findings import FAIL, LEVELS, OK, WARN, Finding
from uvlocal.manage.installation import install, starting
from uvlocal.shim.machine import native
from uvlocal.shim.machine.host import System
from uvlocal.shim.volume.providers.table import PROVIDERS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from support.hosts.machines import Machine

if sys.platform == "win32":
    pytest.skip("the machines here are POSIX's", allow_module_level=True)


def program(path: str, text: str) -> str:
    """Write a program, and return its path."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(path, 0o755)  # noqa: S103 - a program must be executable
    return path


def a_uv(machine: Machine, version: str = "0.13.9", folder: str = "bin") -> str:
    """Write a fake uv of a version into a directory."""
    path = os.path.join(machine.root, folder, "uv")
    return program(path, f"#!/bin/sh\necho uv {version}\n")


@pytest.fixture
def healthy(machine: Machine) -> Machine:
    """Return a healthy machine: a uv, the shim before it, an environment."""
    a_uv(machine)
    shims = os.path.join(machine.root, "shims")
    machine.environ["PATH"] += os.pathsep + "/usr/bin" + os.pathsep + "/bin"
    install.make_shim(shims, machine.system())
    machine.environ["PATH"] = shims + os.pathsep + machine.environ["PATH"]
    machine.keep("foo")
    return machine


def examine(machine: Machine, *, fix: bool = False, cwd: str | None = None) -> checkup.Diagnosis:
    """Run every check on a machine."""
    facts = Facts(machine.system(cwd))
    return checkup.examine(facts=facts, fix=fix)


def found(machine: Machine, cwd: str | None = None) -> dict[str, checkup.Result]:
    """Return the problems found, by code."""
    results = examine(machine, cwd=cwd).results
    return {result.code: result for result in results if result.level != OK}


def test_all_is_well(healthy: Machine) -> None:
    """On a healthy machine there are no problems, and each group reports what it saw."""
    diagnosis = examine(healthy)
    assert [result for result in diagnosis.results if result.level != OK] == []
    assert diagnosis.worst == OK
    groups = {"shim", "uv", "store", "environments", "projects", "editors", "settings"}
    groups.add("sync clients")
    assert {result.group for result in diagnosis.results} == groups


def test_nothing_there(machine: Machine) -> None:
    """On a machine without uvlocal, what is missing is reported."""
    a_uv(machine)
    assert set(found(machine)) == {"shim-absent"}


# -- faults ------------------------------------------------------------------------------------


def configure(machine: Machine, key: str, value: str) -> None:
    """Change a line of the file beside the launcher."""
    path = os.path.join(machine.root, "shims", "uvlocal-launcher.conf")
    with open(path, encoding="utf-8") as file:
        lines = file.read().splitlines()
    text = "\n".join(f"{key} {value}" if line.startswith(key + " ") else line for line in lines)
    machine.write(path, text + "\n")


def outdated_shim(machine: Machine) -> None:
    """Make the shim differ from the current launcher."""
    with open(os.path.join(machine.root, "shims", "uv"), "ab") as file:
        file.write(b"x")


def broken_shim(machine: Machine) -> None:
    """Let the shim be damaged where the system looks first."""
    with open(os.path.join(machine.root, "shims", "uv"), "r+b") as file:
        file.write(b"?????")


def uvx_gone(machine: Machine) -> None:
    """Remove the `uvx` shim."""
    os.unlink(os.path.join(machine.root, "shims", "uvx"))


def python_gone(machine: Machine) -> None:
    """Make the shim's Python missing."""
    configure(machine, "python", "/nonexistent/python")


def python_broken(machine: Machine) -> None:
    """Make the shim's Python lack its library."""
    text = "#!/bin/sh\necho 'Could not find platform libraries' >&2\nexit 1\n"
    configure(machine, "python", program(os.path.join(machine.root, "broken", "python"), text))


def python_no_program(machine: Machine) -> None:
    """Make the shim's Python not executable."""
    configure(machine, "python", program(os.path.join(machine.root, "broken", "python"), "\x7fELF"))


def shadowed(machine: Machine) -> None:
    """Put another uv before the shim."""
    machine.environ["PATH"] = f"{machine.root}/first:{machine.environ['PATH']}"
    a_uv(machine, folder="first")


def second_uv(machine: Machine) -> None:
    """Put another version after the real uv."""
    a_uv(machine, "0.9.5", "second")
    machine.environ["PATH"] += f":{machine.root}/second"


def no_uv(machine: Machine) -> None:
    """Remove the real uv."""
    os.unlink(os.path.join(machine.root, "bin", "uv"))
    configure(machine, "uv", "/nonexistent/uv")


def bad_wish(machine: Machine) -> None:
    """Make `UVLOCAL_UV` invalid."""
    machine.environ["UVLOCAL_UV"] = "/nonexistent/uv"


def old_uv(machine: Machine) -> None:
    """Make the real uv very old."""
    a_uv(machine, "0.4.30")


def odd_uv(machine: Machine) -> None:
    """Make the real uv report no version."""
    a_uv(machine, "unknown")


def central(machine: Machine) -> None:
    """Turn uv's own central environments on."""
    text = 'preview-features = ["centralized-project-envs"]\n'
    machine.write(os.path.join(machine.home, ".config", "uv", "uv.toml"), text)


def open_store(machine: Machine) -> None:
    """Make the store readable for others."""
    os.chmod(os.path.join(machine.store, "envs"), 0o755)  # noqa: S103 - the fault


def synced_store(machine: Machine) -> None:
    """Put the store into a synced folder."""
    machine.environ["UVLOCAL_STORE"] = os.path.join(machine.dropbox, "store")


def leftovers(machine: Machine) -> None:
    """Leave a removal unfinished."""
    trash.put(machine.store, machine.environment(machine.keep("bar")))
    [name] = [name for name in machine.records() if name.startswith("bar-")]
    os.unlink(os.path.join(machine.store, "records", name))


def broken(machine: Machine) -> None:
    """Damage a record."""
    [name] = machine.records()
    machine.write(os.path.join(machine.store, "records", name), "x")


def gone(machine: Machine) -> None:
    """Remove a project."""
    machine.remove(os.path.join(machine.dropbox, "foo"))


def moved(machine: Machine) -> None:
    """Move a project."""
    project = os.path.join(machine.dropbox, "foo")
    identity = identity_of(project)
    if identity is None or not identity.born:
        pytest.skip("this disk does not tell when a folder was made")
    os.rename(project, project + "-new")


def replaced(machine: Machine) -> None:
    """Restore a project from a backup."""
    project = os.path.join(machine.dropbox, "foo")
    shutil.copytree(project, project + "2")
    shutil.rmtree(project)
    os.rename(project + "2", project)
    os.utime(os.path.join(project, "pyproject.toml"), (1, 1))


def stray(machine: Machine) -> None:
    """Create `.venv` with another uv, as a GUI program might."""
    machine.make_environment(os.path.join(machine.dropbox, "foo", ".venv"))


def conflicts(machine: Machine) -> None:
    """Create conflict copies of a sync client in `.venv`."""
    stray(machine)
    venv = os.path.join(machine.dropbox, "foo", ".venv")
    machine.write(os.path.join(venv, "pyvenv 2.cfg"))


def bad_settings(machine: Machine) -> None:
    """Write an unknown setting."""
    machine.write(os.path.join(machine.home, ".config", "uvlocal", "uvlocal.toml"), "moed = 1\n")


def bad_client(machine: Machine) -> None:
    """Damage the sync client's configuration."""
    machine.write(os.path.join(machine.home, ".dropbox", "info.json"), "{")


def no_link(machine: Machine) -> None:
    """Remove the link by which editors find the environment."""
    shutil.rmtree(os.path.join(machine.home, ".virtualenvs"))


def old_link(machine: Machine) -> None:
    """Leave a link to a missing environment."""
    name = "old-0123456789"
    kept = os.path.join(machine.store, "envs", name)
    os.symlink(kept, os.path.join(machine.home, ".virtualenvs", name))


def copied(machine: Machine) -> None:
    """Point a copied project to the original's environment."""
    machine.keep("bar")
    environment = machine.environment(os.path.join(machine.dropbox, "bar"))
    os.symlink(environment, os.path.join(machine.dropbox, "foo", ".venv"))


def dangling(machine: Machine) -> None:
    """Make a project's pointer dangle, as after a rename."""
    target = os.path.join("..", "..", ".local", "share", "uvlocal", "envs", "old-0123456789")
    os.symlink(target, os.path.join(machine.dropbox, "foo", ".venv"))


FAULTS: list[tuple[Callable[[Machine], None], str, str, str]] = [
    (outdated_shim, "shim-outdated", WARN, "install"),
    (broken_shim, "shim-broken", FAIL, "install"),
    (uvx_gone, "uvx", WARN, "install"),
    (python_gone, "python-gone", FAIL, "install"),
    (python_broken, "python-broken", FAIL, "install"),
    (python_no_program, "python-broken", FAIL, "install"),
    (shadowed, "not-first", FAIL, ""),
    (second_uv, "uv-twice", WARN, ""),
    (no_uv, "no-real-uv", FAIL, ""),
    (bad_wish, "no-real-uv", FAIL, ""),
    (old_uv, "uv-old", WARN, ""),
    (odd_uv, "uv-version", WARN, ""),
    (central, "uv-centralizes", WARN, ""),
    (open_store, "store-not-private", WARN, "chmod"),
    (synced_store, "store-not-local", FAIL, ""),
    (leftovers, "leftovers", WARN, "empty-trash"),
    (broken, "record-broken", WARN, ""),
    (gone, "projects-gone", WARN, ""),
    (moved, "project-moved", WARN, ""),
    (replaced, "record-outdated", WARN, "update-records"),
    (stray, "stray-venv", WARN, ""),
    (conflicts, "conflict-copies", FAIL, ""),
    (no_link, "editors-link", WARN, "make-discoverable"),
    (old_link, "editors-link", WARN, "remove-link"),
    (copied, "pointer-astray", WARN, "mend-pointer"),
    (dangling, "pointer-astray", WARN, "mend-pointer"),
    (bad_settings, "settings-wrong", WARN, ""),
    (bad_client, "sync-configuration", WARN, ""),
]


@pytest.mark.parametrize(
    ("fault", "code", "level", "fix"),
    [pytest.param(*row, id=row[0].__name__.replace("_", "-")) for row in FAULTS],
)
def test_faults(
    healthy: Machine, fault: Callable[[Machine], None], code: str, level: str, fix: str
) -> None:
    """A fault is found with its level and fix; `--fix` fixes it if that is safe."""
    fault(healthy)
    result = found(healthy)[code]
    assert result.level == level
    assert result.seen
    assert result.command or result.advice or code == "uv-version"
    assert (result.fixable, result.fixed) == (bool(fix), False)
    mended = examine(healthy, fix=True)
    [after] = [result for result in mended.results if result.code == code]
    assert (after.fixed, after.trouble) == (bool(fix), "")
    assert (code in found(healthy)) == (not fix)


def test_many_missing_links_are_one_finding(healthy: Machine) -> None:
    """Missing links are told in one sentence, and fixed together."""
    healthy.keep("bar")
    no_link(healthy)
    result = found(healthy)["editors-link"]
    assert "and 1 more are missing, so editors do not find the environments" in result.seen
    assert len([one for one in examine(healthy).results if one.code == "editors-link"]) == 1
    examine(healthy, fix=True)
    assert len(os.listdir(os.path.join(healthy.home, ".virtualenvs"))) == 3  # and our mark
    assert "editors-link" not in found(healthy)


def test_a_taken_name_is_a_finding_of_its_own(healthy: Machine) -> None:
    """A file of the user's in the place of a link is told, and stays."""
    no_link(healthy)
    name = os.path.basename(healthy.environment(os.path.join(healthy.dropbox, "foo")))
    taken = os.path.join(healthy.home, ".virtualenvs", name)
    healthy.write(taken)
    result = found(healthy)["editors-link"]
    assert "is not a link to the environment" in result.seen
    assert (result.fixable, os.path.isfile(taken)) == (False, True)


def test_a_taken_name_does_not_keep_others_from_a_link(healthy: Machine) -> None:
    """`--fix` creates the missing links, and says so, beside a name that is taken."""
    no_link(healthy)
    healthy.keep("bar")
    links = os.path.join(healthy.home, ".virtualenvs")
    name = os.path.basename(healthy.environment(os.path.join(healthy.dropbox, "foo")))
    shutil.rmtree(links)
    healthy.write(os.path.join(links, name))
    results = [one for one in examine(healthy, fix=True).results if one.code == "editors-link"]
    assert [(one.fixable, one.fixed, one.trouble) for one in results] == [
        (False, False, ""),
        (True, True, ""),
    ]
    [left] = [one for one in examine(healthy).results if one.code == "editors-link"]
    assert "is not a link to the environment" in left.seen


def test_a_shim_that_may_not_run(healthy: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """A whole shim that does not start is told with what helps; to install it again does not."""
    refused = starting.Trouble("it was killed by SIGKILL", "allow it")
    monkeypatch.setattr(starting, "trouble", lambda _: refused)
    result = found(healthy)["shim-broken"]
    assert (result.level, result.advice, result.fixable) == (FAIL, "allow it", False)
    assert result.seen.endswith("does not start: it was killed by SIGKILL")


def test_commands_can_be_typed() -> None:
    """Every fix that a check names exists."""
    named = {fix for _, _, _, fix in FAULTS if fix}
    assert named == set(fixes.FIXES)


@pytest.mark.parametrize(("question", "name"), [("stat", "foo"), ("lstat", "foo/.venv")])
def test_what_may_not_be_looked_at_is_a_finding(
    healthy: Machine, monkeypatch: pytest.MonkeyPatch, question: str, name: str
) -> None:
    """A project that this user may not access is reported."""
    refused = os.path.join(healthy.dropbox, name)
    ask: Callable[..., os.stat_result] = getattr(os, question)

    def refuse(path: str, **how: object) -> os.stat_result:
        if path == refused:
            raise PermissionError(path)
        return ask(path, **how)

    monkeypatch.setattr(os, question, refuse)
    results = {result.code: result for result in examine(healthy).results}
    assert results["unread-folders"].level == WARN
    assert "1 folder could not be read: `~/Dropbox/foo`" in results["unread-folders"].seen
    assert "stray-venv" not in results or question == "stat"


def test_unmounted_is_no_finding(healthy: Machine) -> None:
    """An unmounted volume is reported, but not a problem."""
    healthy.remove(healthy.dropbox)
    results = {result.code: result for result in examine(healthy).results}
    assert results["volume-not-mounted"].level == OK
    assert "records" not in results


def test_a_fix_that_fails(healthy: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fix that fails leaves the finding, with the reason."""
    open_store(healthy)

    def refuse(path: str, mode: int) -> None:
        raise PermissionError(1, "Operation not permitted", path, mode)

    monkeypatch.setattr(os, "chmod", refuse)
    [result] = [r for r in examine(healthy, fix=True).results if r.code == "store-not-private"]
    assert (result.fixed, result.trouble) == (False, "operation not permitted")


def test_fixes_that_need_the_store(healthy: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """While another process locks the store, fixes that need it fail."""
    leftovers(healthy)
    replaced(healthy)
    monkeypatch.setattr(store_lock, "_PATIENCE", 0.01)
    with store_lock.lock(healthy.store):
        results = examine(healthy, fix=True).results
    troubles = {result.code: result.trouble for result in results if result.trouble}
    assert set(troubles) == {"leftovers", "record-outdated"}
    assert all("another process" in trouble for trouble in troubles.values())


@pytest.mark.parametrize("projects", [1, 3])
def test_a_restored_home(healthy: Machine, projects: int) -> None:
    """Projects restored from a backup are reported once, and fixed by one command."""
    for number in range(projects - 1):
        healthy.keep(f"more{number}")
    back = healthy.dropbox + "-back"
    shutil.copytree(healthy.dropbox, back)
    shutil.rmtree(healthy.dropbox)
    os.rename(back, healthy.dropbox)
    for name in healthy.states():
        os.utime(os.path.join(healthy.dropbox, name, "pyproject.toml"), (1, 1))
    assert set(healthy.states().values()) == {"copy"}
    [one] = [result for result in examine(healthy).results if result.group == "environments"]
    assert (one.code, one.command) == ("record-outdated", "uvlocal doctor --fix")
    assert ("and 2 more" in one.seen) == (projects == 3)
    examine(healthy, fix=True)
    assert set(healthy.states().values()) == {"ok"}
    assert set(found(healthy)) == set()


def test_another_project_inherits_nothing(healthy: Machine) -> None:
    """The record of a project that was cloned again is not fixed."""
    path = os.path.join(healthy.dropbox, "foo")
    born = native.born(path)
    if not born:
        pytest.skip("this disk does not tell when a folder was made")
    while born == native.born(path):  # a disk's clock has steps of some milliseconds
        shutil.rmtree(path)
        healthy.project("foo")
    before = healthy.states()
    [one] = [result for result in examine(healthy, fix=True).results if "uv sync" in result.seen]
    assert (one.code, one.level, one.fixed) == ("project-replaced", OK, False)
    assert healthy.states() == before == {"foo": "copy"}


def test_a_record_whose_project_went(healthy: Machine) -> None:
    """A record is not updated if the project has disappeared in the meantime."""
    gone(healthy)
    check = Finding("record-outdated", WARN, "", fix="update-records", path=healthy.store)
    assert fixes.apply(check, healthy.system()) == ""
    assert healthy.states() == {"foo": "project-gone"}


def test_a_check_that_fails_itself(healthy: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """A crash of one check is a finding, and the other checks still run."""

    def fail(facts: Facts) -> list[Finding]:
        raise RuntimeError(facts.path)

    monkeypatch.setattr(checkup, "GROUPS", (("broken", fail), *checkup.GROUPS))
    diagnosis = examine(healthy)
    assert diagnosis.worst == FAIL
    assert [result.code for result in diagnosis.results][:2] == ["check-failed", "shim"]


def test_levels() -> None:
    """The levels are ordered from good to bad."""
    assert LEVELS == (OK, WARN, FAIL)


# -- the shim ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("profile", "code", "level"),
    [
        pytest.param('PATH="{shims}:$PATH"', "login-shell", OK, id="shim"),
        pytest.param('PATH="{bin}:$PATH"', "login-shell-misses", WARN, id="other-uv"),
        pytest.param("", "login-shell-misses", WARN, id="nothing"),
        pytest.param("echo noise; echo more noise >&2", "login-shell-misses", WARN, id="noisy"),
        pytest.param("exit 3", "login-shell-silent", WARN, id="ends"),
    ],
)
def test_login_shell(healthy: Machine, profile: str, code: str, level: str) -> None:
    """What a login shell finds depends only on its startup files, not on PATH here."""
    shims, folder = (os.path.join(healthy.root, name) for name in ("shims", "bin"))
    text = profile.format(shims=shims, bin=folder)
    healthy.write(os.path.join(healthy.home, ".profile"), text)
    healthy.environ["SHELL"] = "/bin/sh"
    [result] = [r for r in examine(healthy).results if r.code.startswith("login-shell")]
    assert (result.code, result.level) == (code, level)


@pytest.mark.parametrize("shell", ["/nonexistent/bash", "/bin/true", ""])
def test_a_shell_that_is_none(healthy: Machine, shell: str) -> None:
    """A shell that does not exist, or is unknown, is not started."""
    healthy.environ["SHELL"] = shell
    assert not [r for r in examine(healthy).results if r.code.startswith("login-shell")]


def test_a_shell_that_cannot_start(tmp_path: Path) -> None:
    """A shell that does not start, or hangs, gives no finding."""
    shell = program(str(tmp_path / "bash"), "#!/nonexistent/interpreter\n")
    assert installation.login_path(shell, {}) is None


def test_a_shell_that_hangs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A shell that hangs is killed."""
    monkeypatch.setattr(installation, "PATIENCE", 0.2)
    shell = program(str(tmp_path / "bash"), "#!/bin/sh\nexec sleep 600\n")
    assert installation.login_path(shell, {"PATH": "/usr/bin:/bin"}) is None


def test_no_home(machine: Machine) -> None:
    """A missing home directory is reported."""
    machine.environ["HOME"] = "relative"
    assert "shim-absent" in found(machine)
    system = System(platform="win32", environ={}, cwd="/", home="")
    assert [check.code for check in stores.check(Facts(system))] == ["store-nowhere"]


# -- the store ---------------------------------------------------------------------------------


class Locked(System):
    """A system where no directory is writable."""

    def can_write(self, path: str) -> bool:
        """Return False."""
        del path
        return False


def test_a_store_that_cannot_be_written(machine: Machine) -> None:
    """A store without write permission is a failure, with the command that fixes it."""
    system = Locked(environ=dict(machine.environ), cwd=machine.home)
    codes = {check.code: check for check in stores.check(Facts(system))}
    assert codes["store-not-writable"].command == "chmod -R u+rwX ~/.local/share/uvlocal"


def test_a_store_of_another_user(healthy: Machine) -> None:
    """A store that belongs to someone else is a failure."""
    system = healthy.system()
    system.uid = system.uid + 1
    codes = {check.code for check in stores.check(Facts(system))}
    assert "store-not-yours" in codes


def test_a_store_on_another_disk(healthy: Machine) -> None:
    """A store that is not on the cache's disk makes uv copy, which is fine if it is configured."""
    other = "/dev/shm"  # noqa: S108 - nothing is written there
    if not os.path.isdir(other) or os.stat(other).st_dev == os.stat(healthy.root).st_dev:
        pytest.skip("there is no second disk")
    healthy.environ["UV_CACHE_DIR"] = f"{other}/cache"
    assert set(found(healthy)) == {"store-other-disk"}
    healthy.environ["UV_LINK_MODE"] = "copy"
    assert found(healthy) == {}


@pytest.mark.parametrize(
    ("platform", "environ", "cache"),
    [
        pytest.param("linux", {"UV_CACHE_DIR": "/x"}, "/x", id="variable"),
        pytest.param("linux", {"UV_CACHE_DIR": "x"}, "/here/x", id="relative"),
        pytest.param("linux", {"XDG_CACHE_HOME": "/c"}, "/c/uv", id="xdg"),
        pytest.param("linux", {"XDG_CACHE_HOME": "c"}, "/home/me/.cache/uv", id="xdg-relative"),
        pytest.param("darwin", {}, "/home/me/.cache/uv", id="macos"),
        pytest.param("win32", {"LOCALAPPDATA": r"C:\L"}, r"C:\L\uv\cache", id="windows"),
    ],
)
def test_where_uvs_cache_is(platform: str, environ: dict[str, str], cache: str) -> None:
    """The cache is searched where uv has it."""
    system = System(platform=platform, environ=environ, cwd="/here", home="/home/me")
    assert stores.uv_cache(Facts(system)) == cache


# -- uv's cache --------------------------------------------------------------------------------


class LinkRefusedError(OSError):
    """Windows' error for a file that OneDrive has linked."""

    winerror = 396


@pytest.mark.parametrize("poisoned", [False, True])
def test_a_poisoned_cache(machine: Machine, *, poisoned: bool) -> None:
    """A cached file that can no longer be linked is a failure; nothing is left there."""
    cache = os.path.join(machine.root, "cache")
    first = machine.write(os.path.join(cache, "archive", "a"))
    machine.write(os.path.join(cache, "archive", "single"))
    os.link(first, os.path.join(machine.root, "linked"))
    machine.environ["UV_CACHE_DIR"] = cache
    tried = []

    def link(source: str, target: str) -> None:
        tried.append(source)
        if poisoned:
            raise LinkRefusedError
        os.link(source, target)

    facts = Facts(machine.system())
    checks = uvs.check_cache(facts, link, "win32")
    assert [check.code for check in checks] == (["uv-cache-poisoned"] if poisoned else [])
    assert tried == [first]
    assert os.listdir(cache) == ["archive"]
    assert uvs.check_cache(facts, link, "linux") == []


# -- projects ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cost", "expected"),
    [
        pytest.param(Cost(), [], id="none"),
        pytest.param(Cost(hidden=1), [("hidden-pth", FAIL)], id="hidden"),
        pytest.param(Cost(conflicts=2), [("conflict-copies", FAIL)], id="conflicts"),
        pytest.param(Cost(evicted=3), [("evicted-files", WARN)], id="evicted"),
        pytest.param(
            Cost(hidden=2, evicted=1), [("hidden-pth", FAIL), ("evicted-files", WARN)], id="two"
        ),
    ],
)
def test_damage(cost: Cost, expected: list[tuple[str, str]]) -> None:
    """Each kind of damage is a finding of its own, at its level."""
    assert [(code, level) for code, level, _ in projects._damage(cost)] == expected
    assert projects._sure(cost) == "high"
    assert projects._sure(cost._replace(complete=False)) == "medium"


def test_the_current_project_is_looked_at(healthy: Machine) -> None:
    """A `.venv` of a project at risk is checked, redirected or not."""
    project = healthy.project("bar", '[tool.uvlocal]\nmode = "never"\n')
    venv = os.path.join(project, ".venv")
    healthy.make_environment(venv)
    healthy.write(os.path.join(venv, "x.sync-conflict-20260101-1.py"))
    assert found(healthy) == {}
    assert set(found(healthy, project)) == {"conflict-copies"}


def test_a_pointer_is_no_stray(healthy: Machine) -> None:
    """A `.venv` that points to the environment is fine."""
    project = os.path.join(healthy.dropbox, "foo")
    os.symlink(healthy.environment(project), os.path.join(project, ".venv"))
    assert found(healthy) == {}


def test_a_silent_disk(healthy: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """A project on a disk that does not answer is skipped."""
    stray(healthy)
    facts = Facts(healthy.system())
    assert facts.entries

    def refuse(path: str, mount_point: str = "") -> None:
        raise SilentError(path, mount_point)

    monkeypatch.setattr(facts.disk, "status", refuse)
    assert [check.code for check in projects.check(facts) if check.level != OK] == []


# -- sync clients ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("platform", "names", "providers"),
    [
        pytest.param("linux", ["dropbox", "bash"], {"dropbox"}, id="dropbox"),
        pytest.param("win32", ["Dropbox.exe"], {"dropbox"}, id="exe"),
        pytest.param("linux", ["onedrive"], {"onedrive-abraunegg"}, id="onedrive-on-linux"),
        pytest.param("darwin", ["OneDrive"], {"onedrive"}, id="onedrive-on-macos"),
        pytest.param("linux", ["bird"], set(), id="bird-on-linux"),
        pytest.param("darwin", ["bird"], {"icloud"}, id="bird-on-macos"),
        pytest.param("linux", ["dropbox-old"], set(), id="near-miss"),
    ],
)
def test_which_clients_run(platform: str, names: list[str], providers: set[str]) -> None:
    """A client is recognised by its program names, on the systems that have it."""
    assert sync_clients.running(platform, names) == providers


def test_programs_belong_to_providers() -> None:
    """Every id in the table of programs is a provider."""
    assert set(sync_clients.PROGRAMS) <= {provider.id for provider in PROVIDERS}
    programs = [name for names in sync_clients.PROGRAMS.values() for name in names]
    assert all(name == name.lower() for name in programs)


@pytest.mark.parametrize(
    ("names", "code", "says"),
    [
        pytest.param(
            ["dropbox"],
            "sync-client",
            "Dropbox is running; it is set up to sync `~/Drop",
            id="runs",
        ),
        pytest.param([], "sync-client", "Dropbox is not running", id="rests"),
        pytest.param(
            ["syncthing"], "sync-client-unknown", "Syncthing is running, but none", id="unknown"
        ),
    ],
)
def test_clients(machine: Machine, names: list[str], code: str, says: str) -> None:
    """Clients and their folders are reported; one without a known folder is a finding."""
    checks = sync_clients.check(Facts(machine.system()), names)
    assert any(check.code == code and says in check.seen for check in checks)


def test_a_client_that_is_turned_off(machine: Machine) -> None:
    """A client that the settings turn off is reported as such."""
    path = os.path.join(machine.home, ".config", "uvlocal", "uvlocal.toml")
    machine.write(path, "[providers.dropbox]\nenabled = false\n")
    [check] = sync_clients.check(Facts(machine.system()), [])
    assert "turned off" in check.seen


def test_processes_of_this_machine() -> None:
    """The process names include at least this one's."""
    assert any("python" in name or "pytest" in name for name in sync_clients.process_names())


def test_no_such_folder(machine: Machine) -> None:
    """A path that is not a directory is wrong usage."""
    with pytest.raises(UserError):
        checkup.examine(os.path.join(machine.root, "nothing"), machine.environ)


def test_a_broken_project_is_told(healthy: Machine) -> None:
    """A `pyproject.toml` that is not valid TOML is a finding in its project."""
    project = os.path.join(healthy.dropbox, "foo")
    healthy.write(os.path.join(project, "pyproject.toml"), "[project\n")
    done = examine(healthy, cwd=project)
    [told] = [one for one in done.results if one.code == "settings-wrong"]
    assert "~/Dropbox/foo/pyproject.toml` is not valid TOML" in told.seen
    assert (told.command, told.advice) == ("", "correct the file by hand")


PYENV = '#!/usr/bin/env bash\nexec "/opt/pyenv/libexec/pyenv" exec "${0##*/}" "$@"\n'


@pytest.mark.parametrize(
    ("folder", "text", "manager"),
    [
        pytest.param("p/shims", PYENV, "pyenv", id="pyenv"),
        pytest.param("a/shims", '#!/bin/sh\nexec asdf exec "uv" "$@"\n', "asdf", id="asdf"),
        pytest.param("m/shims", None, "mise", id="mise"),
        pytest.param("x/shims", '#!/bin/sh\nexec /x/uv "$@"\n', "a version manager", id="another"),
        pytest.param("bin", '#!/bin/sh\nexec /x/uv "$@"\n', "", id="a-wrapper"),
        pytest.param("b/shims", "\x7fELF pyenv", "", id="no-script"),
    ],
)
def test_version_managers(machine: Machine, folder: str, text: str | None, manager: str) -> None:
    """A real uv that is a version manager's shim is reported by its name."""
    path = os.path.join(machine.root, folder, "uv")
    if text is None:
        os.makedirs(os.path.dirname(path))
        os.symlink(program(os.path.join(machine.root, "mise"), "\x7fELF"), path)
    else:
        program(path, text)
    assert uvs.manager_of(path, Facts(machine.system())) == manager


def test_what_follows_from_a_version_manager(healthy: Machine) -> None:
    """A real uv that is such a shim is not a problem, and its effect is explained."""
    shim = os.path.join(healthy.root, "pyenv", "shims", "uv")
    program(shim, "#!/bin/sh\n# pyenv exec\necho uv 0.13.9\n")
    first, *rest = healthy.environ["PATH"].split(os.pathsep)
    healthy.environ["PATH"] = os.pathsep.join([first, os.path.dirname(shim), *rest])
    results = {result.code: result for result in examine(healthy).results}
    assert results["uv-managed"].level == OK
    assert "the shim of pyenv" in results["uv-managed"].seen
