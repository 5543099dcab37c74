"""The settings are shown with their origin, and changed in the right file."""

from __future__ import annotations

import os
import re
import sys
from typing import TYPE_CHECKING

import pytest

from uvlocal.manage.errors import UserError
from uvlocal.manage.files.toml_edit import MADE
from uvlocal.manage.settings import edit, show
from uvlocal.manage.settings.edit import Change
from uvlocal.shim.machine.host import System
from uvlocal.shim.settings import settings as rules

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


class Home:
    """A user's home with a project; tests may add to `environ`."""

    def __init__(self, root: Path) -> None:
        self.path = os.path.realpath(root)
        self.environ = {"HOME": self.path, "XDG_CONFIG_HOME": os.path.join(self.path, "config")}
        if sys.platform == "win32":
            self.environ = {"USERPROFILE": self.path, "APPDATA": os.path.join(self.path, "config")}
        self.cwd = self.path
        self.file = os.path.join(self.path, "config", "uvlocal", "uvlocal.toml")
        self.project_file = os.path.join(self.path, "code", "foo", "pyproject.toml")

    @property
    def system(self) -> System:
        """The machine of this home."""
        return System(environ=dict(self.environ), cwd=self.cwd)

    def write(self, path: str, text: str) -> None:
        """Write a file."""
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8", newline="") as file:
            file.write(text)

    def enter_project(self, table: str = "") -> None:
        """Write a project and change to it."""
        self.write(self.project_file, f'[project]\nname = "foo"\nversion = "0"\n{table}')
        self.cwd = os.path.dirname(self.project_file)

    def text(self, path: str = "") -> str:
        """Return the content of a file, by default the user's, without our first line, or ""."""
        try:
            with open(path or self.file, encoding="utf-8", newline="") as file:
                return file.read().removeprefix(MADE).removeprefix("\n")
        except FileNotFoundError:
            return ""

    def shown(self) -> Mapping[str, show.Setting]:
        """Return every setting by its key."""
        return {one.key: one for one in show.shown(self.system).settings}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Return a home without settings."""
    return Home(tmp_path)


@pytest.fixture
def administered(home: Home, monkeypatch: pytest.MonkeyPatch) -> Home:
    """Return a home on a machine whose administrator's file is `administrator.toml` in it."""
    path = os.path.join(home.path, "administrator.toml")
    monkeypatch.setattr(rules, "machine_file", lambda _: path)
    return home


# -- showing ---------------------------------------------------------------------------------------


def test_settings_of_the_machine(administered: Home) -> None:
    """Administrator settings are shown with their file."""
    home = administered
    path = rules.machine_file(home.system)
    home.write(path, 'mode = "never"\n[providers.dropbox]\nenabled = false\n')
    home.write(home.file, "[providers.onedrive]\nenabled = false\n")
    found = show.shown(home.system)
    assert (found.machine_file, found.machine_file_exists) == (path, True)
    origins = {one.key: (one.origin, one.place) for one in found.settings}
    assert origins["mode"] == origins["providers.dropbox.enabled"] == ("machine", path)
    assert origins["providers.onedrive.enabled"] == ("user", home.file)
    assert origins["strategy"] == ("default", "")


@pytest.mark.parametrize("text", ["[project\n", "[tool.uvlocal]\nmode = \n", "\0"])
def test_a_broken_project_is_told(home: Home, text: str) -> None:
    """A `pyproject.toml` that is not valid TOML is reported, and ignored."""
    home.enter_project()
    home.write(home.project_file, text)
    [problem] = show.shown(home.system).problems
    assert problem.startswith(f"`{home.project_file}` is not valid TOML: ")


def test_defaults(home: Home) -> None:
    """Without files every key is shown with its default, in a fixed order."""
    found = show.shown(home.system)
    assert [one.key for one in found.settings] == [k for k in rules.USER_KEYS if k != "providers"]
    assert {(one.origin, one.place) for one in found.settings} == {("default", "")}
    assert (found.user_file, found.user_file_exists) == (home.file, False)
    assert (found.project_file, found.opted_in, found.problems) == (None, False, ())


def test_each_origin(home: Home) -> None:
    """Every value has the file or variable that it came from."""
    home.write(
        home.file,
        'mode = "never"\nstrategy = "redirect"\npointer = "file"\nlocal-roots = ["~/tmp"]\n'
        'volumes = ["shared", "synced"]\n'
        '[providers.dropbox]\nstrategy = "redirect"\nenabled = true\n',
    )
    home.enter_project('[tool.uvlocal]\npointer = "symlink"\n')
    home.environ["UVLOCAL_STRATEGY"] = "no-metadata"
    shown = home.shown()
    assert shown["mode"] == show.Setting("mode", "never", "user", home.file)
    assert shown["strategy"] == show.Setting(
        "strategy", "no-metadata", "variable", "UVLOCAL_STRATEGY"
    )
    assert shown["pointer"] == show.Setting("pointer", "symlink", "project", home.project_file)
    assert shown["local-roots"].value == (os.path.join(home.path, "tmp"),)
    assert shown["volumes"].value == ("synced", "shared")
    assert shown["providers.dropbox.enabled"] == show.Setting(
        "providers.dropbox.enabled", True, "user", home.file
    )
    assert shown["providers.dropbox.strategy"].value == "redirect"
    assert shown["store"].origin == "default"


def test_a_project_without_a_table(home: Home) -> None:
    """A project's file is shown even without our table."""
    home.enter_project()
    found = show.shown(home.system)
    assert (found.project_file, found.opted_in) == (home.project_file, False)


def test_problems(home: Home) -> None:
    """Invalid settings are reported with valid values."""
    home.write(home.file, 'mode = "sometimes"\nmood = "never"\n')
    problems = show.shown(home.system).problems
    assert [re.split("[,;]", problem.partition(": ")[2])[0] for problem in problems] == [
        "`mode` is 'sometimes'",
        "`mood` is not a setting here",
    ]


# -- setting ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "text", "written"),
    [
        pytest.param("mode", "never", 'mode = "never"\n', id="choice"),
        pytest.param("require-opt-in", "true", "require-opt-in = true\n", id="flag"),
        pytest.param("volumes", "synced, network", 'volumes = ["synced", "network"]\n', id="list"),
        pytest.param("volumes", '["shared"]', 'volumes = ["shared"]\n', id="toml-list"),
        pytest.param("synced-roots", "", "synced-roots = []\n", id="empty-list"),
        pytest.param("synced-roots", "~/a,~/b", 'synced-roots = ["~/a", "~/b"]\n', id="roots"),
        pytest.param("store", "~/envs", 'store = "~/envs"\n', id="store"),
        pytest.param(
            "providers.dropbox.enabled", "false", "[providers.dropbox]\nenabled = false\n", id="off"
        ),
        pytest.param(
            "providers.dropbox.strategy",
            "no-metadata",
            '[providers.dropbox]\nstrategy = "no-metadata"\n',
            id="provider-strategy",
        ),
    ],
)
def test_set(home: Home, key: str, text: str, written: str) -> None:
    """A value is written as TOML, and then applies."""
    changes = edit.set_value(key, text, project=False, system=home.system)
    assert home.text() == written
    [change] = changes.changes
    assert (change.file, change.key, change.before) == (home.file, key, None)
    assert show.shown(home.system).problems == ()
    assert home.shown()[key].origin == "user"


@pytest.mark.parametrize(
    ("key", "text", "said", "hint"),
    [
        pytest.param("mood", "never", "unknown setting `mood`", "did you mean `mode`?", id="typo"),
        pytest.param("xyzzy", "x", "unknown setting `xyzzy`", "use one of `mode`, ", id="unknown"),
        pytest.param(
            "mode", "sometimes", "`mode` is 'sometimes', but must be one of `auto`", "", id="choice"
        ),
        pytest.param("store", "here", "`store` must be an absolute path", "", id="relative"),
        pytest.param("require-opt-in", "yes", "`require-opt-in` must be `true`", "", id="flag"),
        pytest.param("volumes", "synced,local", "`volumes` is 'local'", "", id="kind"),
        pytest.param("volumes", "[1]", "`volumes` must be a list", "", id="list-of-numbers"),
        pytest.param("volumes", "[1", "`[1` is not a list in TOML", "", id="half-a-list"),
        pytest.param("synced-roots", "here", "`synced-roots` must be a list of", "", id="roots"),
        pytest.param(
            "providers", "x", "unknown setting `providers`", "use for example `", id="table"
        ),
        pytest.param(
            "providers.dropbox",
            "x",
            "unknown setting `providers.dropbox`",
            "use for",
            id="half-a-key",
        ),
        pytest.param(
            "providers.dropbox.mode",
            "x",
            "unknown setting `providers.dropbox.mode`",
            "use for example `",
            id="provider-key",
        ),
        pytest.param(
            "providers.dropbx.enabled",
            "false",
            "unknown provider `dropbx`",
            "did you mean `dropbox`?",
            id="provider",
        ),
        pytest.param(
            "providers.dropbox.enabled",
            "no",
            "`providers.dropbox.enabled` must be `true`",
            "",
            id="provider-flag",
        ),
    ],
)
def test_wrong(home: Home, key: str, text: str, said: str, hint: str) -> None:
    """A wrong key or value is rejected with a hint, and nothing is written."""
    with pytest.raises(UserError) as raised:
        edit.set_value(key, text, project=False, system=home.system)
    assert raised.value.message.startswith(said)
    assert raised.value.hint.startswith(hint)
    assert raised.value.code == 2
    assert home.text() == ""


def test_other_mistakes_do_not_stand_in_the_way(home: Home) -> None:
    """A file with another wrong value can be changed, which may fix it."""
    home.write(home.file, 'mode = "sometimes"\n')
    edit.set_value("mode", "never", project=False, system=home.system)
    assert home.text() == 'mode = "never"\n'


def test_set_what_is_set(home: Home) -> None:
    """Setting the same value writes nothing."""
    home.write(home.file, 'mode = "never"\n')
    os.utime(home.file, (1, 1))
    changes = edit.set_value("mode", "never", project=False, system=home.system)
    assert changes.changes == ()
    assert os.stat(home.file).st_mtime == 1


def test_set_in_a_project(home: Home) -> None:
    """A project's key is written to `[tool.uvlocal]` of the workspace root."""
    home.enter_project("[tool.uv.workspace]\nmembers = ['member']\n")
    member = os.path.join(home.cwd, "member", "pyproject.toml")
    home.write(member, '[project]\nname = "member"\nversion = "0"\n')
    home.cwd = os.path.dirname(member)
    edit.set_value("mode", "never", project=True, system=home.system)
    assert home.text(home.project_file).endswith('\n\n[tool.uvlocal]\nmode = "never"\n')
    assert "uvlocal" not in home.text(member)
    assert home.shown()["mode"].origin == "project"


def test_a_project_chooses_no_place(home: Home) -> None:
    """A shared folder cannot choose paths on this machine."""
    home.enter_project()
    with pytest.raises(UserError, match="`store` cannot be set for a project") as raised:
        edit.set_value("store", "~/x", project=True, system=home.system)
    assert raised.value.code == 2


def test_no_project(home: Home) -> None:
    """Without a project there is no file to change."""
    with pytest.raises(
        UserError, match=r"no `pyproject.toml` found in `~` or any parent directory"
    ):
        edit.set_value("mode", "never", project=True, system=home.system)


def test_no_home() -> None:
    """Without a home directory there is no settings file."""
    system = System(environ={}, home="")
    with pytest.raises(UserError, match="there is no home directory"):
        edit.set_value("mode", "never", project=False, system=system)


@pytest.mark.parametrize("project", [False, True])
def test_a_variable_stands_above(home: Home, project: bool) -> None:
    """There is a hint if a variable takes precedence over the new value."""
    home.enter_project()
    home.environ["UVLOCAL_MODE"] = "auto"
    changes = edit.set_value("mode", "never", project=project, system=home.system)
    assert changes.hints == ("`UVLOCAL_MODE` is set, and takes precedence over the files",)


def test_the_project_stands_above(home: Home) -> None:
    """There is a hint if this project has its own setting."""
    home.enter_project('[tool.uvlocal]\nmode = "auto"\n')
    changes = edit.set_value("mode", "never", project=False, system=home.system)
    assert changes.hints[0].startswith(
        "`~/code/foo/pyproject.toml` sets it too, and takes precedence"
    )


def test_another_store_leaves_the_old_one(home: Home) -> None:
    """There is a hint that existing environments do not move."""
    edit.set_value("store", "~/one", project=False, system=home.system)
    os.mkdir(os.path.join(home.path, "one"))
    changes = edit.set_value("store", "~/two", project=False, system=home.system)
    assert changes.hints == ("existing environments stay in `~/one`",)


# -- unsetting -------------------------------------------------------------------------------------


def test_unset(home: Home) -> None:
    """A key is removed, the others stay."""
    home.write(home.file, '# mine\nmode = "never"\npointer = "file"\n')
    changes = edit.unset("mode", project=False, system=home.system)
    assert changes.changes == (Change(home.file, "mode", "never", None),)
    assert home.text() == '# mine\npointer = "file"\n'


@pytest.mark.parametrize("before", [None, "", "# a\n"], ids=["none", "empty", "remark"])
def test_unset_the_last_key(home: Home, before: str | None) -> None:
    """A file that was created for a setting is removed with the last one; the user's own stays."""
    if before is not None:
        home.write(home.file, before)
    edit.set_value("mode", "never", project=False, system=home.system)
    with open(home.file, encoding="utf-8") as file:
        assert file.read().startswith(MADE) == (before is None)
    edit.unset("mode", project=False, system=home.system)
    assert os.path.exists(home.file) == os.path.exists(os.path.dirname(home.file))
    assert (home.text() if os.path.exists(home.file) else None) == before


def test_unset_a_wrong_key(home: Home) -> None:
    """An unknown key can be removed from the file."""
    home.write(home.file, 'mood = 2026-11-22\nmode = "never"\n')
    changes = edit.unset("mood", project=False, system=home.system)
    assert changes.changes == (Change(home.file, "mood", "2026-11-22", None),)
    assert home.text() == 'mode = "never"\n'


def test_unset_what_is_not_set(home: Home) -> None:
    """Unsetting a missing setting is not an error, unsetting an unknown one is."""
    assert edit.unset("mode", project=False, system=home.system).changes == ()
    with pytest.raises(UserError, match="unknown setting `mood`"):
        edit.unset("mood", project=False, system=home.system)
    assert home.text() == ""


@pytest.mark.parametrize(
    ("opt_in", "after"),
    [
        pytest.param("", "", id="goes-with-its-last-key"),
        pytest.param("require-opt-in = true\n", "[tool.uvlocal]\n", id="is-the-opt-in"),
    ],
)
def test_unset_the_last_key_of_a_project(home: Home, opt_in: str, after: str) -> None:
    """The project's table is removed with its last key, unless it opts in."""
    home.write(home.file, opt_in)
    home.enter_project('[tool.uvlocal]\nmode = "auto"\n')
    edit.unset("mode", project=True, system=home.system)
    assert home.text(home.project_file) == f'[project]\nname = "foo"\nversion = "0"\n{after}'


# -- roots -----------------------------------------------------------------------------------------


def test_add_root_to_those_of_the_machine(administered: Home) -> None:
    """The user's list replaces the administrator's, so it starts as a copy."""
    home = administered
    home.write(rules.machine_file(home.system), 'synced-roots = ["/data/sync"]\n')
    shared = os.path.join(home.path, "Shared")
    os.mkdir(shared)
    made = edit.add_root(shared, local=False, system=home.system)
    assert [(one.before, one.after) for one in made.changes] == [(None, ["/data/sync", "~/Shared"])]
    assert home.shown()["synced-roots"].value == ("/data/sync", shared)


def test_the_machines_file_is_not_the_users(administered: Home) -> None:
    """Errors in the administrator's file do not prevent changing user settings."""
    home = administered
    home.write(rules.machine_file(home.system), 'mode = "sometimes"\n')
    edit.set_value("mode", "never", project=False, system=home.system)
    assert home.text() == 'mode = "never"\n'


def test_add_root(home: Home) -> None:
    """A directory is added once, in a form that works on all of the user's machines."""
    shared = os.path.join(home.path, "Shared")
    os.mkdir(shared)
    first = edit.add_root(shared, local=False, system=home.system)
    second = edit.add_root(shared, local=False, system=home.system)
    assert home.text() == 'synced-roots = ["~/Shared"]\n'
    assert (len(first.changes), second.changes) == (1, ())
    assert rules.load(home.system).synced_roots == (shared,)


@pytest.mark.parametrize("spelled", ["Shared", "./Shared/", "~/Shared", "x/../Shared"])
def test_add_root_as_typed(home: Home, spelled: str) -> None:
    """A directory is resolved from the current one, in any spelling."""
    os.mkdir(os.path.join(home.path, "Shared"))
    edit.add_root(spelled, local=True, system=home.system)
    assert home.text() == 'local-roots = ["~/Shared"]\n'


def test_add_root_changes_sides(home: Home) -> None:
    """A directory is only in one of the lists: the last command wins."""
    os.mkdir(os.path.join(home.path, "Shared"))
    home.write(home.file, 'synced-roots = ["~/Shared"] # mine\n')
    changes = edit.add_root("Shared", local=True, system=home.system)
    assert home.text() == 'local-roots = ["~/Shared"]\n'
    assert changes.changes == (
        Change(home.file, "synced-roots", ["~/Shared"], None),
        Change(home.file, "local-roots", None, ["~/Shared"]),
    )


@pytest.mark.parametrize(
    ("name", "said"), [("none", "`none` does not exist"), ("file", "`file` is not a directory")]
)
def test_add_no_root(home: Home, name: str, said: str) -> None:
    """A path that is not a directory is rejected, as a typo would go unnoticed."""
    home.write(os.path.join(home.path, "file"), "")
    with pytest.raises(UserError) as raised:
        edit.add_root(name, local=False, system=home.system)
    assert (raised.value.message, raised.value.code) == (said, 2)


def test_remove_root(home: Home) -> None:
    """A directory is removed from its list, even if it no longer exists."""
    home.write(
        home.file, 'synced-roots = [\n  "~/a", # one\n  "~/b", # two\n]\nlocal-roots = ["~/a/"]\n'
    )
    changes = edit.remove_root("a", system=home.system)
    assert home.text() == 'synced-roots = [\n  "~/b", # two\n]\n'
    assert [change.key for change in changes.changes] == ["synced-roots", "local-roots"]


def test_remove_no_root(home: Home) -> None:
    """A directory in neither list is an error that shows the lists."""
    home.write(home.file, 'synced-roots = ["~/b"]\n')
    with pytest.raises(UserError) as raised:
        edit.remove_root("a", system=home.system)
    assert raised.value.message == "`~/a` is in neither `synced-roots` nor `local-roots`"
    assert raised.value.hint == "the lists have `~/b`"
    home.write(home.file, "synced-roots = 1\n")
    with pytest.raises(UserError) as raised:
        edit.remove_root("a", system=home.system)
    assert raised.value.hint == ""


def test_a_link_to_a_root(home: Home) -> None:
    """A root is the directory itself, not a symlink to it."""
    if sys.platform == "win32":
        pytest.skip("links need a privilege on Windows")
    os.mkdir(os.path.join(home.path, "Shared"))
    os.symlink("Shared", os.path.join(home.path, "link"))
    edit.add_root("link", local=False, system=home.system)
    assert home.text() == 'synced-roots = ["~/Shared"]\n'
    home.write(home.file, 'synced-roots = ["~/link"]\n')
    assert edit.remove_root("Shared", system=home.system).changes


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege on Windows")
def test_a_project_file_that_leads_out(tmp_path: Path) -> None:
    """A `pyproject.toml` that is a symlink out of the project is not changed."""
    home = Home(tmp_path)
    mine = os.path.join(home.path, "mine.toml")
    home.write(mine, "[project]\n")
    os.makedirs(os.path.dirname(home.project_file))
    os.symlink(mine, home.project_file)
    home.cwd = os.path.dirname(home.project_file)
    with pytest.raises(UserError, match="outside the project"):
        edit.set_value("mode", "never", project=True, system=home.system)
    with open(mine, encoding="utf-8") as file:
        assert file.read() == "[project]\n"
