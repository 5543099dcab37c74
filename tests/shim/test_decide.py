"""The decision: a table over facts, and the order of precedence."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest
from support.hosts.fakes import FakeSystem

from uvlocal.shim.decide import CODES, Decision, Facts, decide
from uvlocal.shim.project.discovery import Project
from uvlocal.shim.request.parse import Request
from uvlocal.shim.settings import settings as settings_module
from uvlocal.shim.store.lookup import Store
from uvlocal.shim.volume.locate import Volume

if TYPE_CHECKING:
    from uvlocal.shim.settings.settings import Settings

ROOT = "/home/me/Dropbox/foo"
ENVIRONMENT = "/home/me/.local/share/uvlocal/envs/foo-0123456789"
LOCAL = Volume("local", "ext4")
KINDS = {
    "synced": Volume("synced", "Dropbox", provider="dropbox"),
    "network": Volume("network", "nfs4"),
    "shared": Volume("shared", "virtiofs"),
    "incapable": Volume("incapable", "exFAT"),
    "local": LOCAL,
}


def some_settings(**environ: str) -> Settings:
    """Return settings with these variables set."""
    return settings_module.load(FakeSystem(environ=environ))


def some_request(role: str = "project") -> Request:
    """Return `uv sync` in the root, or `uv pip list`."""
    command = "sync" if role == "project" else "pip list"
    request = Request(command, role, writes=role == "project", directory=ROOT)
    request.start = ROOT
    request.installs = request.writes
    return request


def some_store(volume: Volume = LOCAL, *, writable: bool = True, exists: bool = False) -> Store:
    """Return a store that has, or has not, an environment for the project."""
    return Store(
        path="/home/me/.local/share/uvlocal",
        environment=ENVIRONMENT,
        exists=exists,
        writable=writable,
        volume=volume,
        shown="~/.local/share/uvlocal",
        shown_environment="~/.local/share/uvlocal/envs/foo-0123456789",
    )


def some_facts(kind: str = "synced", **environ: str) -> Facts:
    """Return all the facts of `uv sync` in a project on a volume of this kind."""
    facts = Facts(environ)
    facts.request = some_request()
    facts.project = Project(root=ROOT, found=ROOT)
    facts.centralized = ""
    facts.settings = some_settings()
    facts.volume = KINDS[kind]
    facts.local_link = ""
    facts.store = some_store()
    facts.shown_root = "~/Dropbox/foo"
    return facts


def decided(facts: Facts) -> Decision:
    """Return the decision, which must exist."""
    decision = decide(facts)
    assert decision is not None
    return decision


# -- each rule alone ---------------------------------------------------------------------------


def make_bypassed(facts: Facts) -> None:
    """Set `UVLOCAL_BYPASS`."""
    facts.bypass = True


def make_not_a_project_command(facts: Facts) -> None:
    """Run a command without an environment."""
    assert facts.request is not None
    facts.request.settle("not-a-project-command", "`uv cache` does not use an environment")


def make_user_environment(facts: Facts) -> None:
    """Set `UV_PROJECT_ENVIRONMENT`."""
    facts.environ["UV_PROJECT_ENVIRONMENT"] = "/mine"


def make_uv_centralizes(facts: Facts) -> None:
    """Turn on uv's own feature."""
    facts.centralized = "`UV_PREVIEW`"


def make_no_project(facts: Facts) -> None:
    """Have no project."""
    facts.project = Project(root="", found="", code="no-project", why="no `pyproject.toml`")


def make_opted_out(facts: Facts) -> None:
    """Set the mode `never`."""
    facts.settings = some_settings(UVLOCAL_MODE="never")


def make_already_local(facts: Facts) -> None:
    """Point `.venv` off the volume."""
    facts.local_link = "/fast/env"


def make_local_volume(facts: Facts) -> None:
    """Put the project on a local volume."""
    facts.volume = LOCAL


def make_no_better_place(facts: Facts) -> None:
    """Put the store on a network volume."""
    facts.store = some_store(KINDS["network"])


def make_no_store(facts: Facts) -> None:
    """Make the store unwritable."""
    facts.store = some_store(writable=False)


def make_opted_in(facts: Facts) -> None:
    """Set the mode `always`."""
    facts.settings = some_settings(UVLOCAL_MODE="always")


#: What makes each rule apply, in order of precedence.
ROWS = {
    "bypassed": make_bypassed,
    "not-a-project-command": make_not_a_project_command,
    "user-environment": make_user_environment,
    "uv-centralizes": make_uv_centralizes,
    "no-project": make_no_project,
    "opted-out": make_opted_out,
    "already-local": make_already_local,
    "no-better-place": make_no_better_place,
    "no-store": make_no_store,
    "opted-in": make_opted_in,
}


@pytest.mark.parametrize("code", [*ROWS, "local-volume"])
def test_each_row_alone(code: str) -> None:
    """A single rule that applies gives its code and sentence; only the last acts."""
    facts = some_facts()
    {**ROWS, "local-volume": make_local_volume}[code](facts)
    decision = decided(facts)
    assert decision.code == code
    assert decision.sentence
    assert bool(decision.variables) == (code == "opted-in")


@pytest.mark.parametrize(
    ("above", "below"),
    # A mode has one value, so these two cannot apply together.
    [pair for pair in itertools.combinations(ROWS, 2) if pair != ("opted-out", "opted-in")],
)
def test_precedence(above: str, below: str) -> None:
    """If two rules apply, the one higher in the table wins."""
    facts = some_facts()
    ROWS[below](facts)
    ROWS[above](facts)
    assert decided(facts).code == above


def test_the_rows_stand_in_the_order_of_the_codes() -> None:
    """The tests' order is the published one."""
    published = [code for code in CODES if code in ROWS]
    assert published == list(ROWS)


@pytest.mark.parametrize(
    ("kind", "volumes", "code"),
    [
        pytest.param("synced", None, "synced", id="synced"),
        pytest.param("network", None, "network", id="network"),
        pytest.param("incapable", None, "incapable", id="incapable"),
        pytest.param("shared", None, "shared", id="shared-by-default"),
        pytest.param("shared", frozenset({"synced"}), "opted-out", id="shared-turned-off"),
        pytest.param("synced", frozenset({"network"}), "opted-out", id="synced-disabled"),
        pytest.param("local", None, "local-volume", id="local"),
    ],
)
def test_kinds(kind: str, volumes: frozenset[str] | None, code: str) -> None:
    """A kind of volume is redirected exactly if it is enabled."""
    facts = some_facts(kind)
    assert facts.settings is not None
    if volumes is not None:
        facts.settings.volumes = volumes
    decision = decided(facts)
    assert decision.code == code
    assert (decision.strategy == "redirect") == (code == kind)


# -- actions -----------------------------------------------------------------------------------


def test_redirect() -> None:
    """A synced project's environment is kept in the store, and the sentence says where and why."""
    decision = decided(some_facts())
    assert decision.strategy == "redirect"
    assert decision.variables == {"UV_PROJECT_ENVIRONMENT": ENVIRONMENT}
    assert decision.environment == ENVIRONMENT
    assert decision.sentence == (
        "`~/Dropbox/foo` is synced by Dropbox, so its environment is kept in "
        "`~/.local/share/uvlocal/envs/foo-0123456789`"
    )


@pytest.mark.parametrize(
    ("exists", "environ", "names_target", "expected"),
    [
        pytest.param(True, {}, False, {"VIRTUAL_ENV": ENVIRONMENT}, id="environment-is-there"),
        pytest.param(False, {}, False, {}, id="not-made-yet"),
        pytest.param(True, {"VIRTUAL_ENV": "/a"}, False, {}, id="active"),
        pytest.param(True, {"VIRTUAL_ENV": ""}, False, {"VIRTUAL_ENV": ENVIRONMENT}, id="empty"),
        pytest.param(True, {"CONDA_PREFIX": "/c"}, False, {}, id="conda"),
        pytest.param(
            True,
            {"CONDA_PREFIX": "/c", "CONDA_DEFAULT_ENV": "base"},
            False,
            {"VIRTUAL_ENV": ENVIRONMENT},
            id="conda-base-is-not-active",
        ),
        pytest.param(
            True,
            {"CONDA_PREFIX": "/c/envs/a/", "CONDA_DEFAULT_ENV": "a", "_CONDA_ROOT": "/c"},
            False,
            {},
            id="conda-by-name",
        ),
        pytest.param(
            True,
            {"CONDA_PREFIX": "/c/a", "CONDA_DEFAULT_ENV": "/c/a"},
            False,
            {},
            id="conda-by-path",
        ),
        pytest.param(
            True,
            {"CONDA_PREFIX": "/c/miniforge3", "CONDA_DEFAULT_ENV": "other"},
            False,
            {"VIRTUAL_ENV": ENVIRONMENT},
            id="conda-base-by-its-name-alone",
        ),
        pytest.param(
            True,
            {"CONDA_PREFIX": "/c/a", "CONDA_DEFAULT_ENV": "a", "_CONDA_ROOT": "/c/a"},
            False,
            {"VIRTUAL_ENV": ENVIRONMENT},
            id="conda-base-by-its-root",
        ),
        pytest.param(True, {}, True, {}, id="target-named"),
    ],
)
def test_commands_that_ignore_the_variable(
    *, exists: bool, environ: dict[str, str], names_target: bool, expected: dict[str, str]
) -> None:
    """`uv pip` and `uv python find` get `VIRTUAL_ENV`, unless the user chose an environment."""
    facts = some_facts(**environ)
    facts.request = some_request("environment")
    facts.request.names_target = names_target
    facts.store = some_store(exists=exists)
    assert decided(facts).variables == expected


def test_uv_pip_does_not_heed_the_users_project_environment() -> None:
    """`uv pip` ignores `UV_PROJECT_ENVIRONMENT`, so it does not matter there."""
    facts = some_facts(UV_PROJECT_ENVIRONMENT="/mine")
    facts.request = some_request("environment")
    assert decided(facts).code == "synced"


@pytest.mark.parametrize(
    ("installs", "environ", "expected"),
    [
        pytest.param(True, {}, {"UV_NO_INSTALLER_METADATA": "1"}, id="installs"),
        pytest.param(False, {}, {}, id="installs-nothing"),
        pytest.param(True, {"UV_NO_INSTALLER_METADATA": "0"}, {}, id="the-user-decides"),
    ],
)
def test_no_metadata(*, installs: bool, environ: dict[str, str], expected: dict[str, str]) -> None:
    """`no-metadata` leaves the environment in the project and tells uv how to install into it."""
    facts = some_facts(**environ)
    facts.settings = some_settings(UVLOCAL_STRATEGY="no-metadata")
    assert facts.request is not None
    facts.request.installs = installs
    decision = decided(facts)
    assert (decision.strategy, decision.variables) == ("no-metadata", expected)
    assert decision.environment == ""


@pytest.mark.parametrize(
    "store",
    [
        pytest.param(some_store(writable=False), id="unwritable"),
        pytest.param(some_store(KINDS["network"]), id="remote"),
    ],
)
def test_in_place_no_store_is_needed(store: Store) -> None:
    """Without a better place, a strategy that needs none is used."""
    facts = some_facts()
    facts.settings = some_settings(UVLOCAL_STRATEGY="no-metadata")
    facts.store = store
    decision = decided(facts)
    assert decision.strategy == "no-metadata"
    assert decision.code == ("synced" if store.volume is LOCAL else "no-better-place")


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        pytest.param({}, {"UV_LINK_MODE": "copy"}, id="default"),
        pytest.param({"UV_LINK_MODE": "symlink"}, {}, id="the-user-decides"),
    ],
)
def test_links_that_poison_the_cache_are_avoided_in_place(
    environ: dict[str, str], expected: dict[str, str]
) -> None:
    """An environment in a OneDrive folder gets copies, not links."""
    facts = some_facts(**environ)
    facts.settings = some_settings(UVLOCAL_STRATEGY="no-metadata")
    facts.volume = Volume("synced", "OneDrive", provider="onedrive", copies_links=True)
    assert decided(facts).variables == {"UV_NO_INSTALLER_METADATA": "1", **expected}


def test_an_environment_in_an_unwritable_store_is_used() -> None:
    """Environments in a store that became read-only are still used."""
    facts = some_facts()
    facts.store = some_store(writable=False, exists=True)
    assert decided(facts).code == "synced"


@pytest.mark.parametrize(
    ("start", "code"),
    [
        pytest.param(ROOT, "synced", id="root"),
        pytest.param(ROOT + "/sub", "not-a-project-command", id="below"),
    ],
)
def test_uv_venv_uses_the_projects_environment_only_in_the_root(start: str, code: str) -> None:
    """`uv venv` below the root always creates `.venv` there."""
    facts = some_facts()
    assert facts.request is not None
    facts.request.only_at_root = True
    facts.request.start = start
    assert decided(facts).code == code


@pytest.mark.parametrize(
    ("mode", "opted_in", "code"),
    [
        pytest.param("auto", False, "opted-out", id="asked-for-and-absent"),
        pytest.param("auto", True, "synced", id="table-in-the-project"),
        pytest.param("always", False, "opted-in", id="always"),
    ],
)
def test_require_opt_in(*, mode: str, opted_in: bool, code: str) -> None:
    """With `require-opt-in` only projects that opted in are touched."""
    facts = some_facts()
    facts.settings = some_settings(UVLOCAL_MODE=mode)
    facts.settings.require_opt_in = True
    facts.settings.opted_in = opted_in
    assert decided(facts).code == code


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("strategy", "store", "code", "then"),
    [
        pytest.param(
            "redirect",
            some_store(),
            "opted-in",
            "so its environment is kept in `~/.local/share/uvlocal/envs/foo-0123456789`",
            id="redirect",
        ),
        pytest.param(
            "no-metadata",
            some_store(),
            "opted-in",
            "so uv is told to install without metadata",
            id="no-metadata",
        ),
        pytest.param(
            "redirect",
            some_store(KINDS["network"]),
            "no-better-place",
            "but the store `~/.local/share/uvlocal` is on a network volume (nfs4)",
            id="no-better-place",
        ),
        pytest.param(
            "redirect",
            some_store(writable=False),
            "no-store",
            "but the store `~/.local/share/uvlocal` is not writable",
            id="no-store",
        ),
    ],
)
def test_always(kind: str, strategy: str, store: Store, code: str, then: str) -> None:
    """With the mode `always` the reason is the mode and its origin, for any volume."""
    facts = some_facts(kind)
    facts.settings = some_settings(UVLOCAL_MODE="always", UVLOCAL_STRATEGY=strategy)
    facts.store = store
    decision = decided(facts)
    assert decision.code == code
    assert decision.sentence == f"the mode is `always` (variable), {then}"


# -- laziness ----------------------------------------------------------------------------------

GATHERED = (
    "request",
    "project",
    "centralized",
    "settings",
    "volume",
    "local_link",
    "store",
)


@pytest.mark.parametrize("missing", GATHERED)
def test_more_facts_are_asked_for(missing: str) -> None:
    """A missing fact that matters is requested, not guessed."""
    facts = some_facts()
    setattr(facts, missing, None)
    assert decide(facts) is None


@pytest.mark.parametrize(
    ("code", "needed"),
    [
        pytest.param("bypassed", 0, id="bypassed"),
        pytest.param("not-a-project-command", 1, id="not-a-project-command"),
        pytest.param("user-environment", 1, id="user-environment"),
        pytest.param("no-project", 3, id="no-project"),
        pytest.param("opted-out", 4, id="opted-out"),
        pytest.param("local-volume", 5, id="local-volume"),
        pytest.param("already-local", 6, id="already-local"),
    ],
)
def test_no_fact_is_gathered_that_cannot_matter(code: str, needed: int) -> None:
    """A decision that the first facts settle needs no others."""
    facts = some_facts()
    {**ROWS, "local-volume": make_local_volume}[code](facts)
    for name in GATHERED[needed:]:
        setattr(facts, name, None)
    assert decided(facts).code == code
