"""`uvlocal remove` removes one project's environment, with everything that points to it."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest
from support.compare.running import run

from uvlocal.manage.environments import prune
from uvlocal.manage.environments.in_use import Process
from uvlocal.manage.errors import USAGE, UserError
from uvlocal.manage.projects import remove

if TYPE_CHECKING:
    from support.hosts.machines import Machine

if sys.platform == "win32":
    pytest.skip("the machines here are POSIX's", allow_module_level=True)


def test_one_project(machine: Machine) -> None:
    """Its environment, record, pointer and link are removed; another project's stay."""
    foo, bar = machine.keep("foo"), machine.keep("bar")
    kept = machine.environment(bar)
    os.symlink(machine.environment(foo), os.path.join(foo, ".venv"))
    result = run(machine, "remove", "Dropbox/foo", "--yes")
    assert result.code == 0, result
    assert machine.environments() == [os.path.basename(kept)]
    assert machine.records() == [f"{os.path.basename(kept)}.toml"]
    assert not os.path.lexists(os.path.join(foo, ".venv"))
    links = os.listdir(os.path.join(machine.home, ".virtualenvs"))
    assert [name for name in links if name.startswith("foo")] == []


def test_all(machine: Machine) -> None:
    """`--all` removes every project's; directories without a record stay, with exit code 1."""
    machine.keep("foo")
    machine.keep("bar")
    os.makedirs(os.path.join(machine.store, "envs", "strange"))
    assert run(machine, "remove", "--all", "--yes").code == 1
    assert (machine.environments(), machine.records()) == (["strange"], [])


def test_in_use(machine: Machine) -> None:
    """An environment in use stays."""
    foo = machine.keep("foo")
    used = Process(7, "python", (os.path.join(machine.environment(foo), "bin", "python"),))
    wanted = remove.plan(foo, machine.environ, processes=[used])
    assert (wanted.remove, len(wanted.keep)) == ((), 1)
    assert "in use by `python` (process 7)" in wanted.keep[0].why
    idle = remove.plan(foo, machine.environ, processes=[])
    done = prune.apply(idle, machine.environ, processes=lambda: [used])
    assert (done.removed, len(done.problems)) == ((), 1)
    assert len(machine.environments()) == 1


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        pytest.param(["Dropbox/foo"], 1, "pass `--yes` to skip", id="unasked"),
        pytest.param(["Dropbox/new"], 1, "uvlocal keeps no environment for", id="none-kept"),
        pytest.param(["Dropbox"], 1, "no `pyproject.toml`", id="no-project"),
        pytest.param(["nonexistent"], USAGE, "does not exist", id="no-folder"),
        pytest.param(["Dropbox/foo", "--all"], USAGE, "cannot be used with PATH", id="both"),
    ],
)
def test_nothing_is_removed(machine: Machine, words: list[str], code: int, says: str) -> None:
    """Without confirmation, or with nothing to remove, everything stays, with the reason."""
    machine.keep("foo")
    machine.project("new")
    result = run(machine, "remove", *words)
    assert result.code == code, result
    assert says in result.raw_err
    assert len(machine.environments()) == 1


def test_a_dry_run_changes_nothing(machine: Machine) -> None:
    """`--dry-run` shows and exits with 0."""
    machine.keep("foo")
    result = run(machine, "remove", "Dropbox/foo", "--dry-run")
    assert (result.code, len(machine.environments())) == (0, 1)
    assert "~/Dropbox/foo" in result.raw_out


def test_outside_a_project(machine: Machine) -> None:
    """If there is no project, the error says so."""
    with pytest.raises(UserError, match=r"pyproject\.toml"):
        remove.plan(machine.home, machine.environ)
