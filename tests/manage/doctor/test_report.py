"""`uvlocal doctor --report`: what a machine is like, and nothing of whose it is."""

from __future__ import annotations

import json
import os
import re
import socket
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.hosts.fakes import FakeSystem
from support.hosts.machines import Machine

from uvlocal.manage.doctor import checkup, private_names, report
from uvlocal.manage.doctor.facts import Facts
from uvlocal.manage.doctor.private_names import PrivateNames
from uvlocal.shim.machine.display import printable
from uvlocal.shim.store import naming

if TYPE_CHECKING:
    from pathlib import Path

if sys.platform == "win32":
    pytest.skip("the machines here are POSIX's", allow_module_level=True)


def text_of(machine: Machine, cwd: str | None = None) -> str:
    """Return the report on a machine as it is printed."""
    facts = Facts(machine.system(cwd))
    told = report.of(facts, checkup.examine(facts=facts))
    lines = [f"{what}: {text}" for section in told.sections for what, text in section.rows]
    return "\n".join(lines)


def private_machine(root: Path, word: str, monkeypatch: pytest.MonkeyPatch) -> tuple[Machine, str]:
    """Return a machine with private names everywhere, each with `word` in it, and a project."""
    machine = Machine(str(root / f"disk {word}"))
    home = os.path.join(machine.root, f"home{word}")
    os.rename(machine.home, home)
    machine.home, machine.dropbox = home, os.path.join(home, "Dropbox")
    machine.store = os.path.join(home, ".local", "share", "uvlocal")
    note = json.dumps({"personal": {"path": machine.dropbox}})
    machine.write(os.path.join(home, ".dropbox", "info.json"), note)
    secret_url = f"https://{word}:token@{word}.example/simple?key={word}"
    machine.environ |= {
        "HOME": home,
        "USER": f"u{word}",
        "HOSTNAME": f"h{word}.{word}.example",
        "PATH": f"{home}/tools/{word}:/opt/{word}/bin:{machine.environ['PATH']}",
        "UV_INDEX_URL": secret_url,
        f"UV_INDEX_{word}_PASSWORD": word,
        "UVLOCAL_UV": f"{machine.root}/none/{word}",
    }
    monkeypatch.setattr(socket, "gethostname", lambda: f"h{word}")
    roots = [f"~/Sync {word}/a", f"/srv/{word}"]
    text = f"synced-roots = {json.dumps(roots)}\n{json.dumps(word)} = {json.dumps(secret_url)}\n"
    machine.write(os.path.join(home, ".config", "uvlocal", "uvlocal.toml"), text)
    for name in (f"client {word}/p{word}", f"{word}-local", f"gone{word}"):
        machine.keep(name)
    os.rename(os.path.join(machine.dropbox, f"gone{word}"), os.path.join(home, f"moved{word}"))
    return machine, os.path.join(machine.dropbox, f"client {word}", f"p{word}")


@pytest.mark.parametrize(
    "word",
    [
        pytest.param("zwölfzig", id="letters"),
        pytest.param("Qu Xanadu", id="blank"),
        pytest.param("qx'nadu`qx", id="quotes"),
        pytest.param("qx\nnadu\x1b[1m", id="control"),
        pytest.param("$qx;na*du", id="shell"),
        pytest.param("\u202eqxnadu☃", id="direction"),
    ],
)
def test_no_private_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, word: str) -> None:
    """What is planted in every name of a machine is nowhere in its report."""
    machine, project = private_machine(tmp_path, word, monkeypatch)
    text = text_of(machine, project).casefold()
    parts = [part for part in (word, printable(word), *word.split()) if len(part) > 2]
    assert [part for part in parts if part.casefold() in text] == []
    assert "token" not in text
    assert "dropbox" in text
    assert "<project-1>" in text
    assert "failed:" not in text


def test_what_it_tells(machine: Machine) -> None:
    """It names versions, the decision and its evidence, the settings, the clients, the checks."""
    project = machine.keep("foo")
    machine.keep("bar")
    machine.environ["UVLOCAL_STRATEGY"] = "redirect"
    text = text_of(machine, project)
    for wanted in (
        "uvlocal: ",
        "root: `~/Dropbox/<project-1>`",
        "decision: synced: `~/Dropbox/<project-1>` is synced by Dropbox",
        "environment: `~/.local/share/uvlocal/envs/<project-1>-environment`",
        "evidence: `~/.dropbox/info.json` names the Dropbox folder `~/Dropbox`",
        "strategy: `redirect` (variable)",
        "dropbox: `~/Dropbox`",
        "ok: 2",
        "fail: no-real-uv: ",
        "variables: UVLOCAL_STRATEGY",
    ):
        assert wanted in text, text


def test_a_part_that_fails_is_told(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """What goes wrong in one part stands there, without names, and the others are there."""

    def broken(*_: object, **__: object) -> None:
        raise ValueError(f"no `{machine.home}/secret`")

    monkeypatch.setattr(report, "locate", broken)
    text = text_of(machine)
    assert re.search(r"failed: ValueError in test_report\.py:\d+: 'no `~/<name-", text)
    assert "secret" not in text
    assert "mode: " in text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("see https://me:tok3n@host.example/x?k=v there", "see <url> there"),
        ("sent to joe.public@firm.example", "sent to <address>"),
        (r"`\\192.168.1.20\share` is uv 0.9.30", r"`\\<address>\share` is uv 0.9.30"),
        ("`~/OneDrive - Firm Inc/a`", "`~/OneDrive - <name-1> <name-2>/a`"),
        ("`uvlocal config set store DIR` does it", "`uvlocal config set store DIR` does it"),
    ],
    ids=["url", "mail", "address", "provider", "command"],
)
def test_what_goes_and_what_stays(text: str, expected: str) -> None:
    """Addresses go whole; the words of systems, providers and uvlocal stay."""
    assert PrivateNames(FakeSystem()).taken_out(text) == expected


_NAMES = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="/\\\0"), min_size=4, max_size=12
).filter(lambda name: sum(one.isalpha() for one in name) > 2 and name == name.strip(" ."))


@given(user=_NAMES, host=_NAMES, project=_NAMES, folder=_NAMES, unknown=_NAMES)
def test_any_name_is_taken_out(
    user: str, host: str, project: str, folder: str, unknown: str
) -> None:
    """Whatever a name is made of, and however it is shown, none of it is left."""
    home = f"/Users/{user}"
    system = FakeSystem(platform="darwin", home=home, environ={"HOSTNAME": host})
    names = PrivateNames(system)
    root = f"{home}/Dropbox/{folder}/{project}"
    environment = naming.name_of(root, system)
    names.add_project(root, environment)
    names.add_path(f"/Volumes/{unknown}")
    text = "\n".join(
        (
            f"`{root}` and {root}, `{printable(root)}`, {root!r}, {root.upper()}",
            f"/Volumes/{folder}/{project}.bak is on {host}, of {user}",
            f"`/Volumes/{printable(unknown)}/x`, `{environment}`, and {printable(unknown)} alone",
        )
    )
    found = names.taken_out(text)
    private = {name for name in (user, host, project, folder, unknown) if _says_something(name)}
    spelled = private | {printable(name) for name in private}
    assert {name for name in spelled if name.casefold() in found.casefold()} == set()


def _says_something(name: str) -> bool:
    words = private_names._WORD.finditer(name)
    return any(not private_names._is_public(word[0]) for word in words)
