"""`uvlocal config` as people and programs see it."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest
import typer
from support.compare.running import run

from uvlocal.manage.commands import settings

if TYPE_CHECKING:
    from support.compare.transcripts import Transcripts
    from support.hosts.machines import Machine


def test_transcript(machine: Machine, transcripts: Transcripts) -> None:
    """The output of showing, changing and rejecting settings."""
    project = machine.project("code/foo")
    os.mkdir(os.path.join(machine.home, "Shared"))
    words = [
        [],
        ["set", "strategy", "no-metadata"],
        ["set", "volumes", "synced,network"],
        ["set", "providers.onedrive.enabled", "false"],
        ["set", "--project", "mode", "never"],
        ["add-root", "~/Shared"],
        ["add-root", "--local", "~/Shared"],
        [],
        ["--json"],
        ["set", "mode", "sometimes"],
        ["set", "strategy", "unhide"],
        ["set", "moed", "never"],
        ["set", "--project", "store", "~/x"],
        ["add-root", "none"],
        ["remove-root", "~/Shared"],
        ["remove-root", "~/Shared"],
        ["unset", "strategy"],
        ["unset", "strategy"],
        ["unset", "--project", "mode", "--json"],
    ]
    results = [run(machine, "config", *arguments, cwd=project) for arguments in words]
    transcripts.check("config", results)


def test_problems_and_variables(machine: Machine, transcripts: Transcripts) -> None:
    """Invalid settings are reported on stderr, and variables are named as such."""
    machine.write(
        f"{machine.home}/.config/uvlocal/uvlocal.toml",
        'mode = "sometimes"\nstore = "here"\nmood = 1\nstrategy = "centralize"\n'
        "[providers.dropbox]\nstrategy = 1\n[providers.box]\nstrategy = 'unhide'\n",
    )
    shown = run(machine, "config", UVLOCAL_STRATEGY="no-metadata")
    mended = run(machine, "config", "set", "mode", "never", UVLOCAL_MODE="always")
    transcripts.check("config-problems", [shown, mended])


def test_a_broken_file(machine: Machine) -> None:
    """A file that is not valid TOML is shown as a problem, and not changed."""
    path = machine.write(f"{machine.home}/.config/uvlocal/uvlocal.toml", "mode = \n")
    shown = run(machine, "config")
    assert shown.code == 1
    assert "is not valid TOML" in shown.err
    refused = run(machine, "config", "set", "mode", "never")
    assert refused.code == 1
    assert refused.err.startswith("error: `~/.config/uvlocal/uvlocal.toml` is not valid TOML")
    with open(path, encoding="utf-8") as file:
        assert file.read() == "mode = \n"


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        pytest.param("mo", ["mode"], id="key"),
        pytest.param("s", ["strategy", "store", "synced-roots"], id="several"),
        pytest.param("x", [], id="none"),
        pytest.param(
            "providers.drop",
            ["providers.dropbox.enabled", "providers.dropbox.strategy"],
            id="provider",
        ),
    ],
)
def test_completion_of_keys(typed: str, offered: list[str]) -> None:
    """The shell completes settings."""
    assert settings.keys(typed) == offered


@pytest.mark.parametrize(
    ("key", "typed", "offered"),
    [
        pytest.param("mode", "a", ["auto", "always"], id="choice"),
        pytest.param("require-opt-in", "", ["true", "false"], id="flag"),
        pytest.param("providers.dropbox.enabled", "f", ["false"], id="provider-flag"),
        pytest.param("providers.dropbox.strategy", "re", ["redirect"], id="provider-strategy"),
        pytest.param("volumes", "sy", ["synced"], id="volumes"),
        pytest.param("store", "", [], id="path"),
        pytest.param("", "", [], id="no-key"),
    ],
)
def test_completion_of_values(key: str, typed: str, offered: list[str]) -> None:
    """The shell completes the values of a setting."""
    context = typer.Context(typer.main.get_command(settings.config))
    context.params["key"] = key
    assert settings.values(context, typed) == offered


@pytest.mark.parametrize("columns", ["40", "80", "120"])
def test_nothing_is_cut(machine: Machine, columns: str) -> None:
    """A long value is shown in full, whatever the width."""
    store = "/" + "long/" * 30 + "end"
    shown = run(machine, "config", UVLOCAL_STORE=store, COLUMNS=columns).ok()
    assert store in shown.raw_out
    lines = [line for line in shown.raw_out.splitlines() if store not in line]
    assert max(map(len, lines)) <= max(int(columns), 60)


def test_json_of_odd_values(machine: Machine) -> None:
    """Control characters and bytes that are not text are always escaped."""
    shown = run(machine, "config", "--json", UVLOCAL_STORE="/x\udcff\x1b[31m").ok()
    values = {one["key"]: one["value"] for one in json.loads(shown.raw_out)["settings"]}
    assert values["store"] == "/x\udcff\x1b[31m"
    assert "\x1b" not in run(machine, "config", UVLOCAL_STORE="/x\udcff\x1b[31m").ok().raw_out
