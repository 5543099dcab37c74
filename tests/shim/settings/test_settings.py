"""Settings: precedence, and messages for invalid ones."""

from __future__ import annotations

import itertools

import pytest
from support.hosts.fakes import FakeSystem, Special

from uvlocal.shim.settings import settings
from uvlocal.shim.settings.settings import Settings

FILE = "/home/me/.config/uvlocal/uvlocal.toml"
MACHINE_FILE = "/etc/uvlocal/uvlocal.toml"


def load(
    content: object = None,
    project: dict[str, object] | None = None,
    machine: object = None,
    **environ: str,
) -> Settings:
    """Load settings from a user file, a project's table, the machine's file and variables."""
    files = {FILE: content, MACHINE_FILE: machine}
    system = FakeSystem({k: v for k, v in files.items() if v is not None}, environ=environ)
    found = settings.load(system)
    if project is not None:
        settings.add_project(found, project, "/p/pyproject.toml", system)
    return found


def test_defaults() -> None:
    """Without settings everything has its default, and there are no problems."""
    found = load()
    assert (found.mode, found.strategy, found.pointer) == ("auto", "redirect", "none")
    assert found.store == "/home/me/.local/share/uvlocal"
    assert found.volumes == {"synced", "network", "shared", "incapable"}
    assert not found.require_opt_in
    assert (found.origins, found.problems) == ({}, [])


#: The sources of a mode, by precedence.
ORIGINS = ("variable", "project", "user", "machine")


@pytest.mark.parametrize("who", [*itertools.product([True, False], repeat=4)])
def test_precedence(who: tuple[bool, ...]) -> None:
    """Precedence: variable, project, user, machine, default; the origin is kept."""
    speaks = dict(zip(ORIGINS, who, strict=True))
    wanted = next((origin for origin in ORIGINS if speaks[origin]), None)
    modes = {origin: "always" if origin == wanted else "never" for origin in ORIGINS}
    found = load(
        f'mode = "{modes["user"]}"'.encode() if speaks["user"] else None,
        {"mode": modes["project"]} if speaks["project"] else None,
        f'mode = "{modes["machine"]}"'.encode() if speaks["machine"] else None,
        **({"UVLOCAL_MODE": modes["variable"]} if speaks["variable"] else {}),
    )
    assert (found.mode, found.origins.get("mode")) == ("always" if wanted else "auto", wanted)


def test_every_user_key() -> None:
    """Each key of the user's file is read, with `~` for home in roots and store."""
    found = load(
        b"""
        mode = "always"
        strategy = "no-metadata"
        pointer = "symlink"
        store = "~/envs"
        require-opt-in = true
        discoverable = false
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
    assert not found.discoverable
    assert found.volumes == {"synced", "shared"}
    assert found.providers == {"dropbox": {"enabled": False, "strategy": "redirect"}}
    assert {key for key in found.origins if "." not in key} == set(settings.USER_KEYS)


EVERY_KEY = b"""
mode = "always"
strategy = "no-metadata"
pointer = "symlink"
store = "$HERE/envs"
require-opt-in = true
discoverable = false
volumes = ["synced", "shared"]
synced-roots = ["~/Sync"]
local-roots = ["/srv"]
[providers.dropbox]
enabled = false
"""


def test_the_machine_has_the_users_keys() -> None:
    """Each key of the user's file may be in the administrator's, with each user's own home."""
    found, same = load(None, None, EVERY_KEY, HERE="/x"), load(EVERY_KEY, HERE="/x")
    assert set(found.origins.values()) == {"machine"}
    assert set(found.origins) == set(same.origins)
    for name in Settings.__slots__:
        assert name == "origins" or getattr(found, name) == getattr(same, name), name


@pytest.mark.parametrize(
    ("platform", "environ", "path"),
    [
        pytest.param("linux", {}, MACHINE_FILE, id="linux"),
        pytest.param("darwin", {}, MACHINE_FILE, id="macos"),
        pytest.param(
            "win32",
            {"ProgramData": "C:\\ProgramData"},
            "C:\\ProgramData\\uvlocal\\uvlocal.toml",
            id="windows",
        ),
        pytest.param("win32", {}, "", id="windows-without-the-variable"),
    ],
)
def test_where_the_machines_file_lies(platform: str, environ: dict[str, str], path: str) -> None:
    """The administrator's file has one place on each system."""
    system = FakeSystem(platform=platform, environ=environ)
    assert settings.machine_file(system) == path
    if path:
        system.put(path, b'mode = "never"')
        assert settings.load(system).origins == {"mode": "machine"}


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        pytest.param(b"store = ", "is not valid TOML", id="broken"),
        pytest.param(Special(), "cannot be read", id="fifo"),
        pytest.param(b'store = "$GONE/x"', "names the variable `GONE`", id="variable"),
        pytest.param(b'stroe = "/x"', "`stroe` is not a setting here", id="unknown"),
    ],
)
def test_a_wrong_machine_file(content: object, problem: str) -> None:
    """It is reported in one sentence, and the user's settings still apply."""
    found = load(b'mode = "always"', None, content)
    [line] = found.problems
    assert problem in line
    assert MACHINE_FILE in line
    assert (found.mode, found.store) == ("always", "/home/me/.local/share/uvlocal")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("$SCRATCH/uvlocal", "/scratch/me/uvlocal", id="at-the-start"),
        pytest.param("/scratch/$USER/uvlocal", "/scratch/me/uvlocal", id="inside"),
        pytest.param("/scratch/${USER}x/uvlocal", "/scratch/mex/uvlocal", id="braces"),
        pytest.param("$SCRATCH/$USER$_1", "/scratch/me/me1", id="several"),
        pytest.param("~/$USER", "/home/me/me", id="below-home"),
        pytest.param("/c$/$/a$-$5/x", "/c$/$/a$-$5/x", id="no-name"),
        pytest.param("$GONE/x", "names the variable `GONE`, which is not set", id="not-set"),
        pytest.param("/x/${GONE}", "names the variable `GONE`, which is not set", id="braces-gone"),
        pytest.param("$EMPTY/x", "names the variable `EMPTY`, which is not set", id="empty"),
        pytest.param("/x/${}", "names the variable `${}`, which is not set", id="no-name-at-all"),
        pytest.param("/x/${GONE", "names the variable `GONE`, which is not set", id="open"),
        pytest.param("/x/$USERé", "/x/meé", id="letters-of-a-name"),
        pytest.param("$USER/x", "must be an absolute path", id="relative"),
        pytest.param("$TILDE/x", "must be an absolute path", id="tilde-in-a-value"),
        pytest.param("$DOLLAR", "/$USER", id="nothing-in-a-value"),
    ],
)
@pytest.mark.parametrize("where", ["user", "machine", "variable"])
def test_variables_in_store(text: str, expected: str, where: str) -> None:
    """`store` may contain variables; if one is unset or empty, the default applies."""
    environ = {"SCRATCH": "/scratch/me", "USER": "me", "_1": "1", "EMPTY": "", "TILDE": "~"}
    environ["DOLLAR"] = "/$USER"
    content = f'store = "{text}"'.encode()
    if where == "variable":
        environ["UVLOCAL_STORE"] = text
    user, machine = (content if where == origin else None for origin in ("user", "machine"))
    found = load(user, None, machine, **environ)
    if expected.startswith("/"):
        assert (found.store, found.origins["store"], found.problems) == (expected, where, [])
    else:
        assert (found.store, found.origins) == ("/home/me/.local/share/uvlocal", {})
        [problem] = found.problems
        assert expected in problem


def test_a_void_entry_leaves_the_next_in_force() -> None:
    """If the user's `store` contains an unset variable, the administrator's applies."""
    found = load(b'store = "$GONE/x"', None, b'store = "/scratch/x"')
    assert (found.store, found.origins["store"], len(found.problems)) == (
        "/scratch/x",
        "machine",
        1,
    )


def test_variables_on_windows() -> None:
    """There names of variables are case-insensitive."""
    system = FakeSystem(platform="win32", environ={"Scratch": "D:\\scratch"})
    system.environ["UVLOCAL_STORE"] = "$scratch\\uvlocal"
    assert settings.load(system).store == "D:\\scratch\\uvlocal"


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
    """A provider's strategy has a precedence between the user's general one and the project's."""
    content = b'strategy = "no-metadata"\n[providers.dropbox]\nstrategy = "redirect"\n'
    found = load(content, {"strategy": project} if project else None, **variables)
    assert found.strategy_for(provider) == expected


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        pytest.param(b"x = {\n a = 1,\n}", "`x` is not a setting here", id="toml-1.1"),
        pytest.param(b"mode = ", "is not valid TOML", id="broken"),
        pytest.param(b"\xff\xfe", "is not valid TOML", id="not-utf8"),
        pytest.param(b"a = " + b"[" * 9000, "is not valid TOML", id="deep"),
        pytest.param(Special(), "cannot be read", id="fifo"),
        pytest.param(
            b'mdoe = "auto"', "`mdoe` is not a setting here; use one of `mode`", id="unknown"
        ),
        pytest.param(b'mode = "on"', "`mode` is 'on', but must be one of `auto`", id="bad-choice"),
        pytest.param(b"mode = 1", "`mode` is 1, but must be one of `auto`", id="bad-type"),
        pytest.param(b'store = "envs"', "`store` must be an absolute path", id="relative-store"),
        pytest.param(b"store = 1", "`store` must be an absolute path", id="store-type"),
        pytest.param(b'require-opt-in = "yes"', "must be `true` or `false`", id="flag"),
        pytest.param(b'volumes = "synced"', "`volumes` must be a list", id="volumes-type"),
        pytest.param(b'volumes = ["usb"]', "`volumes` is 'usb', but must be one of", id="volumes"),
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
            b"[providers.box]\nx = 1", "`providers.box.x` is not a provider", id="provider-key"
        ),
    ],
)
def test_problems(content: object, problem: str) -> None:
    """An invalid setting is reported with its file and valid values, and the default applies."""
    found = load(content)
    assert len(found.problems) == 1
    assert problem in found.problems[0]
    assert FILE in found.problems[0]
    assert (found.mode, found.strategy) == ("auto", "redirect")
    assert found.store == "/home/me/.local/share/uvlocal"
    assert found.providers.get("box", {}) == {}
    assert "\n" not in found.problems[0]


@pytest.mark.parametrize(
    ("machine", "user", "winner"),
    [
        pytest.param("o", "", "machine-own", id="machines-own"),
        pytest.param("go", "", "machine-own", id="own-above-general"),
        pytest.param("go", "g", "user-general", id="users-general-above-machines-own"),
        pytest.param("g", "o", "user-own", id="users-own-above-machines-general"),
        pytest.param("go", "o", "user-own", id="users-own-above-machines-own"),
    ],
)
@pytest.mark.parametrize(
    ("wins", "loses"), [("no-metadata", "redirect"), ("redirect", "no-metadata")]
)
def test_strategies_of_two_files(
    machine: str, user: str, winner: str, wins: str, loses: str
) -> None:
    """A provider's strategy takes precedence over the general one in the same and later files."""

    def content(file: str, keys: str) -> bytes:
        general = wins if winner == f"{file}-general" else loses
        own = wins if winner == f"{file}-own" else loses
        lines = [f'strategy = "{general}"' if "g" in keys else ""]
        lines += ["[providers.dropbox]", f'strategy = "{own}"'] if "o" in keys else []
        return "\n".join(lines).encode()

    found = load(content("user", user), None, content("machine", machine))
    assert found.strategy_for("dropbox") == wins


def test_a_providers_table_in_two_files() -> None:
    """Each key of a provider's table is the user's, or else the machine's."""
    machine = b'[providers.dropbox]\nenabled = false\nstrategy = "no-metadata"\n'
    found = load(b"[providers.dropbox]\nenabled = true\n", None, machine)
    assert found.providers == {"dropbox": {"enabled": True, "strategy": "no-metadata"}}
    assert found.origins["providers.dropbox.enabled"] == "user"
    assert found.origins["providers.dropbox.strategy"] == "machine"


def test_a_wrong_value_does_not_hide_the_others() -> None:
    """One invalid key does not affect the rest of the file."""
    found = load(b'mode = "x"\nstrategy = "no-metadata"\n')
    assert (found.mode, found.strategy) == ("auto", "no-metadata")


def test_a_project_never_says_where() -> None:
    """A shared folder cannot set paths on this machine: no store, no roots."""
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
    """A removed strategy is reported in one line, with a replacement."""
    text = f'strategy = "{name}"\n'
    found = {
        "variable": lambda: load(None, None, UVLOCAL_STRATEGY=name),
        "project": lambda: load(None, {"strategy": name}),
        "user": lambda: load(text.encode()),
        "provider": lambda: load(f"[providers.box]\n{text}".encode()),
    }[place]()
    [problem] = found.problems
    assert f"strategy` `{name}` was removed; " in problem
    assert instead in problem
    assert "\n" not in problem
    assert (found.strategy, found.strategy_for("box")) == ("redirect", "redirect")


def test_bad_variable_names_itself() -> None:
    """The message for a bad variable names the variable."""
    found = load(UVLOCAL_MODE="sometimes")
    assert found.mode == "auto"
    assert found.problems == [
        "$UVLOCAL_MODE: `mode` is 'sometimes', but must be one of `auto`, `always`, `never`"
    ]


def test_a_file_of_comments_needs_no_parser(monkeypatch: pytest.MonkeyPatch) -> None:
    """The parser costs more than the whole decision, so it is imported only for content."""
    monkeypatch.setitem(__import__("sys").modules, "tomllib", None)
    assert load(b"# nothing\n\n  # here\n").problems == []
    with pytest.raises(ImportError):
        load(b"mode = 'auto'")
