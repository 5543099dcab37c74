"""`uvlocal list`, `prune`, `adopt`, `status` and `doctor` as people see them."""

from __future__ import annotations

import dataclasses
import os
import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pexpect
import pytest
from support.compare.running import run
from support.hosts.worlds import Completed

from uvlocal.manage.doctor import checkup
from uvlocal.manage.doctor.facts import Facts
from uvlocal.manage.environments import trash
from uvlocal.manage.environments.folder_identity import identity_of
from uvlocal.manage.environments.listing import Environment, Environments
from uvlocal.manage.installation import install
from uvlocal.manage.views import doctor as doctor_view
from uvlocal.manage.views import environments

if TYPE_CHECKING:
    from support.compare.transcripts import Transcripts
    from support.hosts.machines import Machine

if sys.platform == "win32":
    pytest.skip("the machines here are POSIX's", allow_module_level=True)

#: About ten megabytes, so that the size of directories, which differs between disks, does not show.
SIZE = 10_470_000


@pytest.fixture
def populated(machine: Machine) -> Machine:
    """Return a machine with an environment in every state that does not need a mount."""
    identity = identity_of(machine.dropbox)
    if identity is None or not identity.born:
        pytest.skip("this disk does not tell when a folder was made")
    machine.keep("code/ok", size=SIZE)
    machine.age(machine.keep("code/old", size=SIZE), 100)
    machine.remove(machine.keep("code/gone", size=SIZE))
    moved = machine.keep("code/moved", size=SIZE)
    os.rename(moved, os.path.join(machine.dropbox, "code", "a new name"))
    copied = machine.keep("code/copied", size=SIZE)
    shutil.copytree(copied, copied + "-2")
    shutil.rmtree(copied)
    os.rename(copied + "-2", copied)
    os.utime(os.path.join(copied, "pyproject.toml"), (1, 1))
    machine.first_call(machine.project("code/never-made"))
    away = machine.project(
        os.path.join(machine.home, "away", "foo"), '[tool.uvlocal]\nmode="always"'
    )
    machine.write(f"{machine.home}/.config/uvlocal/uvlocal.toml", 'synced-roots = ["~/away"]\n')
    machine.first_call(away)
    shutil.rmtree(os.path.join(machine.home, "away"))
    machine.write(os.path.join(machine.store, "records", "bad-0123456789.toml"), "x")
    machine.write(os.path.join(machine.store, "envs", "notes.txt"))
    return machine


def words(result: Completed) -> Completed:
    """Return the output, without what differs between two runs."""
    out, err = (
        re.sub(r'("(?:size|shared_size|files|freed)": )\d+', r"\1[NUMBER]", text)
        for text in (result.out, result.err)
    )
    out = re.sub(r'("(?:created|last_used)": )"2.*?"', r'\1"[TIME]"', out)
    out = re.sub(r"(?<=\])\.[0-9a-f]{8}\b", ".[TAG]", out)
    out = re.sub(r'("file_system": )".+?"', r'\1"[TYPE]"', out)
    err = re.sub(r"[\d.]+ MiB in total", "[SIZE] in total", err)
    out = re.sub(r"since \d{4}-\d\d-\d\d", "since [DAY]", out)
    out = re.sub(r"last used \d{4}-\d\d-\d\d", "last used [DAY]", out)
    return dataclasses.replace(result, out=out, err=err)


def test_list(populated: Machine, transcripts: Transcripts) -> None:
    """The list shows every state, then remarks and hints."""
    calls = [["list"], ["list", "--no-size"], ["list", "--json"]]
    results = [words(run(populated, *call)) for call in calls]
    transcripts.check("list", results)


def test_list_wide(populated: Machine, transcripts: Transcripts) -> None:
    """On a wide terminal each environment has one line."""
    result = words(run(populated, "list", COLUMNS="120"))
    transcripts.check("list-wide", [result])
    assert all(len(line) <= 120 for line in result.out.splitlines())


def test_prune(populated: Machine, transcripts: Transcripts) -> None:
    """The plan is shown; without an answer nothing changes, with one it is executed."""
    unfinished = os.path.join(populated.store, "envs", "unfinished-0123456789")
    populated.make_environment(unfinished, size=SIZE)
    trash.put(populated.store, unfinished)
    calls = [
        ["prune", "--dry-run"],
        ["prune"],
        ["prune", "--older-than", "90d", "--dry-run"],
        ["prune", "--older-than", "soon"],
        ["prune", "--yes"],
        ["prune", "--yes"],
        ["prune", "--dry-run", "--json"],
    ]
    transcripts.check("prune", [words(run(populated, *call)) for call in calls])


def test_adopt(populated: Machine, transcripts: Transcripts) -> None:
    """A moved project reuses its environment; in all other cases the reason is shown."""
    here = os.path.join(populated.dropbox, "code", "a new name")
    populated.first_call(here)
    populated.make_environment(populated.environment(here))
    calls = [
        (["adopt"], populated.home),
        (["adopt", "--dry-run"], here),
        (["adopt"], here),
        (["adopt"], here),
        (["adopt", "--from", "~/Dropbox/code/ok"], here),
        (["adopt", "--from", "nothing"], here),
        (["adopt", "nowhere"], populated.home),
    ]
    transcripts.check("adopt", [words(run(populated, *call, cwd=cwd)) for call, cwd in calls])
    assert populated.states()["a new name"] == "ok"


def test_status(populated: Machine, transcripts: Transcripts) -> None:
    """The decision for a project is shown with its evidence, and with hints."""
    code = os.path.join(populated.dropbox, "code")
    os.mkdir(os.path.join(code, "old", ".venv"))
    local = populated.project(os.path.join(populated.home, "code", "local"))
    always = '[tool.uvlocal]\nmode = "always"'
    wished = populated.project(os.path.join(populated.home, "code", "wished"), always)
    calls = [
        (["status"], os.path.join(code, "ok")),
        (["status"], os.path.join(code, "never-made")),
        (["status"], os.path.join(code, "a new name")),
        (["status"], os.path.join(code, "old")),
        (["status"], local),
        (["status"], wished),
        (["status"], populated.home),
        (["status", "nowhere"], populated.home),
        (["status", "--json"], os.path.join(code, "ok")),
        (["path"], os.path.join(code, "ok")),
        (["path"], local),
    ]
    transcripts.check("status", [words(run(populated, *call, cwd=cwd)) for call, cwd in calls])


def test_doctor(
    populated: Machine,
    transcripts: Transcripts,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Each group shows its findings, each finding its fix; then a summary."""
    uv = populated.write(os.path.join(populated.root, "bin", "uv"), "#!/bin/sh\necho uv 0.13.9\n")
    os.chmod(uv, 0o755)  # noqa: S103 - a program must be executable
    populated.environ["PATH"] += ":/bin"
    shims = install.make_shim(os.path.join(populated.root, "shims"), populated.system())
    populated.environ["PATH"] = f"{shims}:{populated.environ['PATH']}"
    old = os.path.join(populated.dropbox, "code", "old")
    populated.make_environment(os.path.join(old, ".venv"))
    populated.write(os.path.join(old, ".venv", "pyvenv 2.cfg"))
    os.chmod(populated.store, 0o755)  # noqa: S103 - a fault
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("HOME", populated.home)
    monkeypatch.setattr("uvlocal.manage.doctor.sync_clients.process_names", lambda: ["dropbox"])
    results = []
    for fix in (False, True):
        found = checkup.examine(facts=Facts(populated.system()), fix=fix)
        doctor_view.diagnosis(fixed_paths(found, populated))
        captured = capsys.readouterr()
        call = ("uvlocal", "doctor", *(["--fix"] if fix else []))
        results.append(Completed(call, 1, captured.out, captured.err, "", ""))
    transcripts.check("doctor", results)


def fixed_paths(found: checkup.Diagnosis, machine: Machine) -> checkup.Diagnosis:
    """Return a diagnosis with paths of the same length on every machine."""

    def fixed(text: str) -> str:
        return text.replace(sys.executable, "/usr/bin/python3").replace(machine.root, "/there")

    results = [
        dataclasses.replace(
            one,
            seen=re.sub(r"-[0-9a-f]{10}\b", "-0123456789", fixed(one.seen)),
            advice=fixed(one.advice),
        )
        for one in found.results
    ]
    return dataclasses.replace(found, results=tuple(results))


@pytest.mark.parametrize("command", ["list", "prune", "adopt", "status", "path", "doctor"])
def test_help(machine: Machine, command: str) -> None:
    """The help of each command has examples that call it."""
    text = run(machine, command, "--help").ok().out
    assert "Examples" in text
    assert text.count(f"uvlocal {command}") + text.count("$(uvlocal path)") >= 2


def test_what_the_list_says_of_sharing(capsys: pytest.CaptureFixture[str]) -> None:
    """The size shared with uv's cache is shown separately."""
    texts = {field.name: "" for field in dataclasses.fields(Environment) if field.type == "str"}
    texts |= {"name": "x", "state": "ok", "project": "/x", "store": "/s"}
    one = Environment(**texts, exists=True, size=5, shared_size=2048, files=1)
    environments.listed(Environments(1, ("/s",), (one,), 5, 2048, 0))
    assert "5 B, and 2.0 KiB shared with uv's cache in total" in capsys.readouterr().err


def test_colour_only_on_a_terminal(populated: Machine) -> None:
    """Without a terminal there are no colours, whatever `TERM` is."""
    for command in ("list", "doctor", "prune"):
        result = run(populated, command, TERM="xterm-256color")
        assert "\x1b" not in result.raw_out + result.raw_err


@pytest.mark.parametrize(
    ("answer", "removed"),
    [
        pytest.param("y", True, id="yes"),
        pytest.param("n", False, id="no"),
        pytest.param("", False, id="return"),
        pytest.param("\x04", False, id="end-of-input"),
    ],
)
def test_prune_asks(populated: Machine, answer: str, *, removed: bool) -> None:
    """On a terminal the plan is shown and confirmed; only a yes removes anything."""
    environ = {**populated.environ, "TERM": "xterm", "COLUMNS": "80"}
    command = ["-m", "uvlocal", "prune"]
    before = populated.environments()
    with pexpect.spawn(sys.executable, command, env=environ, encoding="utf-8", timeout=60) as child:
        child.expect_exact("this frees 10.0 MiB")
        child.expect_exact("continue? [y/N] ")
        child.send(answer) if answer == "\x04" else child.sendline(answer)
        child.expect_exact("removed 1 environment" if removed else "cancelled, nothing was changed")
        child.expect(pexpect.EOF)
        child.wait()
        assert child.exitstatus == 0
    assert (populated.environments() != before) == removed


def test_colour_on_a_terminal(populated: Machine) -> None:
    """On a terminal states are coloured, unless `NO_COLOR` is set; the progress is cleared."""
    for no_color in ("", "1"):
        environ = {**populated.environ, "TERM": "xterm", "COLUMNS": "120", "NO_COLOR": no_color}
        command = ["-m", "uvlocal", "list"]
        text = pexpect.run(
            f"{sys.executable} {' '.join(command)}", env=environ, encoding="utf-8", timeout=60
        )
        assert ("\x1b[33mproject gone\x1b[0m" in text) == (not no_color)
        assert "project gone" in text


def test_a_closed_pipe_is_no_error(populated: Machine) -> None:
    """A reader that stops early, such as `head`, ends the list quietly."""
    script = f"'{sys.executable}' -m uvlocal list --json | head -n 1"
    result = subprocess.run(
        ["/bin/sh", "-c", script],
        env=populated.environ | {"PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert (result.stdout, result.stderr) == ("{\n", "")
