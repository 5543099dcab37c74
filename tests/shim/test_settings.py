"""Settings: precedence, and what is said of wrong ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fakes import FakeSystem, Special

from uvlocal.shim import settings

if TYPE_CHECKING:
    from uvlocal.shim.settings import Settings

FILE = "/home/me/.config/uvlocal/uvlocal.toml"


def load(
    content: object = None, project: dict[str, object] | None = None, **environ: str
) -> Settings:
    """Load settings from a user file, a project's table and variables."""
    system = FakeSystem({FILE: content} if content is not None else {}, environ=environ)
    found = settings.load(system)
    if project is not None:
        settings.add_project(found, project, "/p/pyproject.toml", system)
    return found


def test_defaults() -> None:
    """Without any setting everything is as the design says, and nothing is a problem."""
    found = load()
    assert (found.mode, found.strategy, found.pointer) == ("auto", "redirect", "none")
    assert found.store == "/home/me/.local/share/uvlocal"
    assert found.volumes == {"synced", "network", "incapable"}
    assert not found.require_opt_in
    assert (found.origins, found.problems) == ({}, [])


@pytest.mark.parametrize(
    ("user", "project", "variable", "expected"),
    [
        pytest.param(None, None, None, ("auto", None), id="default"),
        pytest.param("always", None, None, ("always", "user"), id="user"),
        pytest.param("always", "never", None, ("never", "project"), id="project-above-user"),
        pytest.param(None, "never", "auto", ("auto", "variable"), id="variable-above-project"),
        pytest.param("never", None, "always", ("always", "variable"), id="variable-above-user"),
    ],
)
def test_precedence(
    user: str | None, project: str | None, variable: str | None, expected: tuple[str, str | None]
) -> None:
    """Variable, project, user, default: in this order, and the origin is kept."""
    found = load(
        f'mode = "{user}"'.encode() if user else None,
        {"mode": project} if project else None,
        **({"UVLOCAL_MODE": variable} if variable else {}),
    )
    assert (found.mode, found.origins.get("mode")) == expected


def test_every_user_key() -> None:
    """Each key of the user's file is read, `~` in roots and store stands for home."""
    found = load(
        b"""
        mode = "always"
        strategy = "no-metadata"
        pointer = "symlink"
        store = "~/envs"
        require-opt-in = true
        volumes = ["synced", "shared"]
        synced-roots = ["~/Sync", "/srv/sync"]
        local-roots = ["~/Sync/local"]
        [providers.dropbox]
        enabled = false
        strategy = "redirect"
        """
    )
    assert found.problems == []
    assert found.store == "/home/me/envs"
    assert found.synced_roots == ("/home/me/Sync", "/srv/sync")
    assert found.local_roots == ("/home/me/Sync/local",)
    assert found.volumes == {"synced", "shared"}
    assert found.providers == {"dropbox": {"enabled": False, "strategy": "redirect"}}
    assert set(found.origins) == set(settings.USER_KEYS)


@pytest.mark.parametrize(
    ("project", "variables", "provider", "expected"),
    [
        pytest.param(None, {}, "dropbox", "redirect", id="the-providers-own"),
        pytest.param(None, {}, "icloud-drive", "no-metadata", id="another-provider"),
        pytest.param(None, {}, None, "no-metadata", id="no-provider"),
        pytest.param("no-metadata", {}, "dropbox", "no-metadata", id="project-above-provider"),
        pytest.param(
            None, {"UVLOCAL_STRATEGY": "no-metadata"}, "dropbox", "no-metadata", id="variable"
        ),
    ],
)
def test_strategy_for_a_provider(
    project: str | None, variables: dict[str, str], provider: str | None, expected: str
) -> None:
    """A provider's strategy stands between the user's general one and the project's."""
    content = b'strategy = "no-metadata"\n[providers.dropbox]\nstrategy = "redirect"\n'
    found = load(content, {"strategy": project} if project else None, **variables)
    assert found.strategy_for(provider) == expected


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        pytest.param(b"mode = ", "is not valid TOML", id="broken"),
        pytest.param(b"\xff\xfe", "is not valid TOML", id="not-utf8"),
        pytest.param(b"a = " + b"[" * 9000, "is not valid TOML", id="deep"),
        pytest.param(Special(), "cannot be read", id="fifo"),
        pytest.param(b'mdoe = "auto"', "`mdoe` is no setting here, known are `mode`", id="unknown"),
        pytest.param(b'mode = "on"', "`mode` is 'on', must be one of `auto`", id="bad-choice"),
        pytest.param(b"mode = 1", "`mode` is 1, must be one of `auto`", id="bad-type"),
        pytest.param(b'store = "envs"', "`store` must be an absolute path", id="relative-store"),
        pytest.param(b"store = 1", "`store` must be an absolute path", id="store-type"),
        pytest.param(b'require-opt-in = "yes"', "must be `true` or `false`", id="flag"),
        pytest.param(b'volumes = "synced"', "`volumes` must be a list", id="volumes-type"),
        pytest.param(b'volumes = ["usb"]', "`volumes` is 'usb', must be one of", id="volumes"),
        pytest.param(b'local-roots = ["x"]', "must be a list of absolute paths", id="roots"),
        pytest.param(b"synced-roots = 3", "must be a list of absolute paths", id="roots-type"),
        pytest.param(b"providers = 3", "`providers` must be a table of tables", id="providers"),
        pytest.param(b"[providers]\nbox = 1", "`providers.box` must be a table", id="provider"),
        pytest.param(
            b"[providers.box]\nenabled = 1", "`providers.box.enabled` must be `true`", id="enabled"
        ),
        pytest.param(
            b'[providers.box]\nstrategy = "x"', "`providers.box.strategy` is 'x'", id="strategy"
        ),
        pytest.param(
            b"[providers.box]\nx = 1", "`providers.box.x` is no setting", id="provider-key"
        ),
    ],
)
def test_problems(content: object, problem: str) -> None:
    """A wrong setting is named with its file and what would be right, and the default holds."""
    found = load(content)
    assert len(found.problems) == 1
    assert problem in found.problems[0]
    assert FILE in found.problems[0]
    assert (found.mode, found.strategy) == ("auto", "redirect")
    assert found.store == "/home/me/.local/share/uvlocal"
    assert found.providers.get("box", {}) == {}
    assert "\n" not in found.problems[0]


def test_a_wrong_value_does_not_hide_the_others() -> None:
    """One bad line leaves the rest of the file in force."""
    found = load(b'mode = "x"\nstrategy = "no-metadata"\n')
    assert (found.mode, found.strategy) == ("auto", "no-metadata")


def test_a_project_never_says_where() -> None:
    """A shared folder chooses nothing about this machine: no store, no roots."""
    table: dict[str, object] = {
        "store": "/evil",
        "local-roots": ["/"],
        "providers": {},
        "volumes": [],
        "mode": "always",
    }
    found = load(None, table)
    assert found.mode == "always"
    assert found.store == "/home/me/.local/share/uvlocal"
    assert (found.local_roots, found.providers) == ((), {})
    assert len(found.problems) == 4


@pytest.mark.parametrize(
    ("name", "instead"), [("centralize", "`centralized-project-envs`"), ("unhide", "`no-metadata`")]
)
@pytest.mark.parametrize("place", ["variable", "project", "user", "provider"])
def test_a_strategy_that_is_gone(place: str, name: str, instead: str) -> None:
    """A strategy that earlier versions had is told in one line, with what to use instead."""
    text = f'strategy = "{name}"\n'
    found = {
        "variable": lambda: load(None, None, UVLOCAL_STRATEGY=name),
        "project": lambda: load(None, {"strategy": name}),
        "user": lambda: load(text.encode()),
        "provider": lambda: load(f"[providers.box]\n{text}".encode()),
    }[place]()
    [problem] = found.problems
    assert f"strategy` `{name}` is gone; " in problem
    assert instead in problem
    assert "\n" not in problem
    assert (found.strategy, found.strategy_for("box")) == ("redirect", "redirect")


def test_bad_variable_names_itself() -> None:
    """The message for a bad variable names the variable."""
    found = load(None, None, UVLOCAL_MODE="sometimes")
    assert found.mode == "auto"
    assert found.problems == [
        "$UVLOCAL_MODE: `mode` is 'sometimes', must be one of `auto`, `always`, `never`"
    ]


def test_a_file_of_comments_needs_no_parser(monkeypatch: pytest.MonkeyPatch) -> None:
    """The parser costs more than the whole decision, so it is imported only for content."""
    monkeypatch.setitem(__import__("sys").modules, "tomllib", None)
    assert load(b"# nothing\n\n  # here\n").problems == []
    with pytest.raises(ImportError):
        load(b"mode = 'auto'")
