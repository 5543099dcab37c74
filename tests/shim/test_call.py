"""Whole calls up to the decision, on machines made of dictionaries."""

from __future__ import annotations

import json

import pytest
from support.hosts.fakes import FakeSystem, Link, Special

from uvlocal.shim.call import Call
from uvlocal.shim.store import naming

DROPBOX = json.dumps({"personal": {"path": "/home/me/Dropbox"}}).encode()
PROJECT = b'[project]\nname = "foo"\nversion = "1"\n'
ROOT = "/home/me/Dropbox/foo"
DISK = "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n"
ENVIRONMENT = f"/home/me/.local/share/uvlocal/envs/{naming.name_of(ROOT, FakeSystem())}"


def machine(
    files: dict[str, object] | None = None, environ: dict[str, str] | None = None
) -> FakeSystem:
    """Return a Linux machine with a project in Dropbox, and the current directory there."""
    tree = {"/home/me/.dropbox/info.json": DROPBOX, f"{ROOT}/pyproject.toml": PROJECT}
    system = FakeSystem({**tree, **(files or {})}, environ=environ, cwd=ROOT)
    system.mount_text = DISK
    return system


def settle(system: FakeSystem, *arguments: str) -> tuple[str, dict[str, str]]:
    """Return the code of a call, and the environment that uv gets."""
    inherited = dict(system.environ)
    call = Call(list(arguments) or ["sync"], system)
    decision = call.settle()
    return decision.code, call.changes.applied_to(inherited)


def test_the_main_job() -> None:
    """A project in Dropbox gets its environment outside, with our markers."""
    code, environ = settle(machine())
    assert code == "synced"
    assert environ == {
        "UV_PROJECT_ENVIRONMENT": ENVIRONMENT,
        "UVLOCAL_SET_UV_PROJECT_ENVIRONMENT": ENVIRONMENT,
    }


@pytest.mark.parametrize(
    ("files", "code"),
    [
        pytest.param({f"{ROOT}/.venv/pyvenv.cfg": b""}, "synced", id="a-real-venv"),
        pytest.param(
            {f"{ROOT}/.venv": Link("/fast/env"), "/fast/env": None}, "already-local", id="link"
        ),
        pytest.param({f"{ROOT}/.venv": Link("/gone")}, "synced", id="dangling"),
        pytest.param(
            {
                f"{ROOT}/.venv": Link("/fast/bar/.venv"),
                "/fast/bar/.venv": None,
                "/fast/bar/pyproject.toml": PROJECT,
            },
            "synced",
            id="another-projects-environment",
        ),
        pytest.param(
            {f"{ROOT}/.venv": Link("../bar/env"), "/home/me/Dropbox/bar/env": None},
            "synced",
            id="link-within-the-volume",
        ),
        pytest.param(
            {f"{ROOT}/.venv": Link(ENVIRONMENT), ENVIRONMENT: None}, "synced", id="our-own-pointer"
        ),
        pytest.param(
            {f"{ROOT}/.venv": Link("/home/you/.local/share/uvlocal/envs/foo-0123456789")},
            "synced",
            id="another-machines-pointer",
        ),
        pytest.param(
            {f"{ROOT}/.venv": b"/fast/env\n", "/fast/env": None},
            "already-local",
            id="redirect-file",
        ),
        pytest.param({f"{ROOT}/.venv": b""}, "synced", id="empty-redirect-file"),
        pytest.param({f"{ROOT}/.venv": b"a\0b"}, "synced", id="redirect-file-with-nul"),
        pytest.param({f"{ROOT}/.venv": b"\xff" * 70000}, "synced", id="huge-redirect-file"),
        pytest.param({f"{ROOT}/.venv": Special()}, "synced", id="fifo"),
    ],
)
def test_dot_venv(files: dict[str, object], code: str) -> None:
    """Only a link to a suitable place off the volume means `already-local`."""
    assert settle(machine(files))[0] == code


@pytest.mark.parametrize(
    ("row", "code"),
    [
        pytest.param(f"8:1 /volumes/v {ROOT}/.venv", "already-local", id="of-the-same-disk"),
        pytest.param(f"8:1 / {ROOT}/.venv/lib", "synced", id="further-in"),
        pytest.param(f"8:1 / {ROOT}", "synced", id="the-project-itself"),
    ],
)
def test_dot_venv_that_is_a_mount(row: str, code: str) -> None:
    """A container's named volume at `.venv` is suitable, whoever owns it."""
    system = machine({f"{ROOT}/.venv/pyvenv.cfg": b""})
    system.modes[f"{ROOT}/.venv"] = 0o777
    system.mount_text = f"{DISK}2 1 {row} rw - ext4 /dev/sda1 rw\n"
    assert settle(system)[0] == code


def test_dot_venv_that_is_a_mount_of_another_machine() -> None:
    """A network volume at `.venv` is no better than the project's own."""
    system = machine({f"{ROOT}/.venv/pyvenv.cfg": b""})
    system.mount_text = f"{DISK}2 1 8:1 / {ROOT}/.venv rw - nfs4 nas:/v rw\n"
    assert settle(system)[0] == "synced"


@pytest.mark.parametrize("mode", [0o777, 0o775])
def test_a_link_to_a_place_that_others_may_write(mode: int) -> None:
    """A place where others could plant an interpreter is not suitable."""
    system = machine({f"{ROOT}/.venv": Link("/srv/env"), "/srv/env": None})
    system.modes["/srv/env"] = mode
    assert settle(system)[0] == "synced"


@pytest.mark.parametrize(
    ("inherited", "arguments", "expected"),
    [
        pytest.param(
            {"UV_PROJECT_ENVIRONMENT": "/mine"},
            ["sync"],
            ("user-environment", {"UV_PROJECT_ENVIRONMENT": "/mine"}),
            id="the-users",
        ),
        pytest.param(
            {"UV_PROJECT_ENVIRONMENT": ENVIRONMENT},
            ["cache", "dir"],
            ("not-a-project-command", {}),
            id="ours-although-the-mark-was-lost",
        ),
        pytest.param(
            {
                "UV_PROJECT_ENVIRONMENT": "/a/uvlocal/envs/other-0123456789",
                "UVLOCAL_SET_UV_PROJECT_ENVIRONMENT": "/a/uvlocal/envs/other-0123456789",
                "UVLOCAL_HAD_UV_PROJECT_ENVIRONMENT": "/mine",
            },
            ["sync"],
            ("user-environment", {"UV_PROJECT_ENVIRONMENT": "/mine"}),
            id="what-the-user-had-counts",
        ),
        pytest.param(
            {
                "UVLOCAL_BYPASS": "1",
                "UV_PROJECT_ENVIRONMENT": "/a",
                "UVLOCAL_SET_UV_PROJECT_ENVIRONMENT": "/a",
            },
            ["sync"],
            ("bypassed", {"UVLOCAL_BYPASS": "1"}),
            id="bypass-takes-ours-back-too",
        ),
        pytest.param(
            {"UVLOCAL_BYPASS": "0"},
            ["tool", "list"],
            ("not-a-project-command", {"UVLOCAL_BYPASS": "0"}),
            id="zero-is-off",
        ),
    ],
)
def test_inherited(
    inherited: dict[str, str], arguments: list[str], expected: tuple[str, dict[str, str]]
) -> None:
    """An outer uvlocal call's changes are undone before the decision."""
    assert settle(machine(environ=inherited), *arguments) == expected


def test_nested_call_in_another_project() -> None:
    """A nested call in another redirected project gets that project's environment."""
    other = "/home/me/Dropbox/bar"
    system = machine({f"{other}/pyproject.toml": PROJECT})
    _, environ = settle(system)
    nested = machine({f"{other}/pyproject.toml": PROJECT}, environ)
    nested.cwd = other
    _, environ = settle(nested)
    assert environ["UV_PROJECT_ENVIRONMENT"].endswith(naming.name_of(other, nested))


def test_nested_call_in_a_local_project() -> None:
    """A nested call in a local project sees none of our variables."""
    _, environ = settle(machine())
    nested = machine({"/home/me/src/bar/pyproject.toml": PROJECT}, environ)
    nested.cwd = "/home/me/src/bar"
    assert settle(nested) == ("local-volume", {})


def test_the_projects_table_is_heard() -> None:
    """`[tool.uvlocal]` of the root sets whether and how, never where."""
    table = PROJECT + b'[tool.uvlocal]\nmode = "never"\nstore = "/evil"\n'
    system = machine({f"{ROOT}/pyproject.toml": table})
    call = Call(["sync"], system)
    assert call.settle().code == "opted-out"
    assert call.settings.store == "/home/me/.local/share/uvlocal"
    assert "`store` is not a setting here" in call.settings.problems[0]


def test_uv_that_centralizes_is_left_alone() -> None:
    """The user's choice of uv's own feature is respected."""
    features = b'[tool.uv]\npreview-features = ["centralized-project-envs"]\n'
    system = machine({f"{ROOT}/pyproject.toml": PROJECT + features})
    assert settle(system)[0] == "uv-centralizes"


def test_a_directory_that_is_gone() -> None:
    """In a deleted current directory uv reports the error, not uvlocal."""
    system = machine()
    system.cwd = ""
    assert settle(system)[0] == "no-project"


def test_no_home() -> None:
    """Without a home there is no store, and uv runs unchanged."""
    system = FakeSystem(
        {"/p/pyproject.toml": PROJECT}, home="", cwd="/p", environ={"UVLOCAL_MODE": "always"}
    )
    system.uid = -1
    assert settle(system)[0] == "no-store"


def test_every_fact_is_told() -> None:
    """Under `UVLOCAL_TRACE` each fact is a line, the decision the last."""
    lines: list[str] = []
    Call(["sync"], machine(), tell=lines.append).settle()
    assert [line.partition(":")[0] for line in lines if not line.startswith("evidence")] == [
        "command",
        "project",
        "volume",
        "store",
        "decision",
    ]
    assert lines[-1].startswith("decision: synced: `~/Dropbox/foo` is synced by Dropbox")


@pytest.mark.parametrize(
    ("below", "expected"),
    [
        pytest.param({}, ENVIRONMENT, id="none"),
        pytest.param({f"{ROOT}/a/.venv/pyvenv.cfg": b""}, None, id="nearer"),
        pytest.param({f"{ROOT}/.venv/pyvenv.cfg": b""}, ENVIRONMENT, id="the-roots-own-is-stale"),
    ],
)
def test_uv_pip_finds_a_nearer_environment_itself(
    below: dict[str, object], expected: str | None
) -> None:
    """`uv pip` uses the nearest `.venv` upwards; one below the root is the user's choice."""
    system = machine({f"{ENVIRONMENT}/pyvenv.cfg": b"", f"{ROOT}/a/b/x": b"", **below})
    system.cwd = f"{ROOT}/a/b"
    code, environ = settle(system, "pip", "list")
    assert code == "synced"
    assert environ.get("VIRTUAL_ENV") == expected


@pytest.mark.parametrize(
    ("command", "given"),
    [
        ("python find", False),
        ("run --no-project x", False),
        ("tool run x", False),
        ("build", False),
        ("pip list", True),
    ],
)
@pytest.mark.parametrize("broken", [True, False], ids=["broken", "whole"])
def test_an_environment_without_its_python(command: str, *, given: bool, broken: bool) -> None:
    """uv fails with a broken active environment, but skips a broken `.venv`."""
    python: dict[str, object] = {} if broken else {f"{ENVIRONMENT}/bin/python": b""}
    system = machine({f"{ENVIRONMENT}/pyvenv.cfg": b"", **python})
    _, environ = settle(system, *command.split())
    assert ("VIRTUAL_ENV" in environ) is (given or not broken)
