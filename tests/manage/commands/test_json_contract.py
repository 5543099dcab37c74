"""The JSON output of the commands: one object with a version and stable fields."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING

import pytest
from support.compare.running import run
from support.hosts.worlds import Completed

from uvlocal.manage.doctor import checkup, report
from uvlocal.manage.environments import adopt, listing, prune
from uvlocal.manage.environments.project_state import STATES
from uvlocal.manage.projects import status
from uvlocal.shim.decide import CODES

if TYPE_CHECKING:
    from support.compare.transcripts import Transcripts
    from support.hosts.machines import Machine

if sys.platform == "win32":
    pytest.skip("the machines here are POSIX's", allow_module_level=True)

#: The result types of each command.
RESULTS = {
    "status": (status.Status,),
    "list": (listing.Environments, listing.Environment),
    "prune": (prune.Pruned, prune.Candidate),
    "remove": (prune.Pruned, prune.Candidate),
    "adopt": (adopt.Adopted,),
    "doctor": (checkup.Diagnosis, checkup.Result),
    "doctor --report": (report.Report, report.Section),
}


def fields(kind: type) -> dict[str, object]:
    """Return the fields of a command's result, with their declared types."""
    return {
        name: getattr(type_, "__forward_arg__", type_)
        for name, type_ in kind.__annotations__.items()
    }


def test_fields(transcripts: Transcripts) -> None:
    """Fields and their types match the contract."""
    lines = []
    for command, classes in RESULTS.items():
        lines.append(f"uvlocal {command} --json")
        for number, kind in enumerate(classes):
            lines += [f"  {kind.__name__}:"] if number else []
            indent = "    " if number else "  "
            lines += [f"{indent}{name}: {type_}" for name, type_ in fields(kind).items()]
    text = "\n".join(lines) + "\n"
    transcripts.check("json-contract", [Completed(("fields",), 0, text, "", text, "")])


@pytest.fixture
def populated(machine: Machine) -> Machine:
    """Return a machine with an environment in every state that does not need a mount."""
    machine.keep("ok")
    machine.remove(machine.keep("gone"))
    machine.write(os.path.join(machine.store, "records", "bad-0123456789.toml"), "x")
    return machine


@pytest.mark.parametrize(
    ("words", "code"),
    [
        pytest.param(["status", "Dropbox/ok"], 0, id="status"),
        pytest.param(["list"], 0, id="list"),
        pytest.param(["list", "--no-size"], 0, id="list-no-size"),
        pytest.param(["prune", "--dry-run"], 0, id="prune-dry-run"),
        pytest.param(["prune"], 1, id="prune-unasked"),
        pytest.param(["prune", "--yes"], 0, id="prune"),
        pytest.param(["remove", "Dropbox/ok", "--yes"], 0, id="remove"),
        pytest.param(["remove", "--all"], 1, id="remove-unasked"),
        pytest.param(["doctor"], 1, id="doctor"),
        pytest.param(["adopt", "Dropbox/new", "--from", "~/Dropbox/gone"], 0, id="adopt"),
    ],
)
def test_one_object(populated: Machine, words: list[str], code: int) -> None:
    """With `--json`, stdout is one object with a version, whose fields match the contract."""
    populated.project("new")
    result = run(populated, *words, "--json")
    assert result.code == code, result
    found = json.loads(result.raw_out)
    assert found["version"] == 1
    top, *nested = RESULTS[words[0]]
    assert list(found) == list(fields(top))
    for kind in nested:
        names = list(fields(kind))
        lists = [value for value in found.values() if isinstance(value, list)]
        objects = [one for value in lists for one in value if isinstance(one, dict)]
        assert objects
        assert all(list(one) == names for one in objects)


def test_words_are_stable(populated: Machine) -> None:
    """The documentation lists all states and codes."""
    entries = json.loads(run(populated, "list", "--json").raw_out)["environments"]
    assert {entry["state"] for entry in entries} == {"ok", "project-gone", "broken"} <= set(STATES)
    told = json.loads(run(populated, "status", "Dropbox/ok", "--json").raw_out)
    assert told["code"] in CODES


def test_an_error_is_no_object(populated: Machine) -> None:
    """If there is no result, stdout is empty, and the message is on stderr."""
    result = run(populated, "status", "--json")
    assert (result.code, result.raw_out) == (1, "")
    assert result.raw_err.startswith("error: ")


def test_prune_without_an_answer_changes_nothing(populated: Machine) -> None:
    """Without `--yes` and without a terminal, the plan is printed with `agreed` false."""
    before = populated.environments()
    found = json.loads(run(populated, "prune", "--json").raw_out)
    assert (found["agreed"], found["dry_run"]) == (False, False)
    assert len(found["removed"]) == 1
    assert populated.environments() == before
    assert json.loads(run(populated, "prune", "--yes", "--json").raw_out)["agreed"]
    assert populated.environments() != before
