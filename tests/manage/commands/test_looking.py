"""The commands that only read: what could not be read makes their exit code 1."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from uvlocal.manage.commands import quick
from uvlocal.manage.errors import FINDINGS, FINE

if TYPE_CHECKING:
    from support.hosts.machines import Machine

if sys.platform == "win32":
    pytest.skip("the machines here are POSIX's", allow_module_level=True)


@pytest.mark.parametrize("flags", [[], ["--json"]], ids=["text", "json"])
@pytest.mark.parametrize("words", ["list", "list --no-size", "prune --dry-run", "scan"])
def test_what_could_not_be_read(
    machine: Machine,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    words: str,
    flags: list[str],
) -> None:
    """A command that could not look everywhere says so, and does not end as if all were well."""
    machine.keep("foo")
    for name in list(os.environ):
        monkeypatch.delenv(name)
    for name, value in machine.environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(machine.home)
    command = [*words.split(), *flags]
    assert quick.answered(command) == FINE
    assert "could not be read" not in capfd.readouterr().err
    refused = {os.path.join(machine.store, "envs"), machine.project("foo")}
    scandir = os.scandir

    def refuse(path: str) -> object:
        if path in refused:
            raise PermissionError(path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    assert quick.answered(command) == FINDINGS
    printed = capfd.readouterr()
    if flags:
        assert '"unread_folders": 1' in printed.out
    else:
        assert "1 folder could not be read" in printed.err
