"""CI runs what the documents say, on a machine of each kind that the wheel has a launcher for."""

from __future__ import annotations

import os
import re
import tomllib

import pytest
from support.hosts.launchers import hook
from support.tools.fetched import SOURCE

#: The runner of each system and processor, by the name of its launcher.
RUNNERS = {
    "linux-x86_64": "ubuntu-24.04",
    "linux-aarch64": "ubuntu-24.04-arm",
    "macos-aarch64": "macos-15",
    "macos-x86_64": "macos-15-intel",
    "windows-x86_64": "windows-2025",
    "windows-aarch64": "windows-11-arm",
}


def _read(*parts: str) -> str:
    with open(os.path.join(SOURCE, *parts), encoding="utf-8") as file:
        return file.read()


WORKFLOW = _read(".github", "workflows", "ci.yml")
MATRIX = re.findall(r"^          - ([\w.-]+)$", WORKFLOW, re.MULTILINE)
PYTHONS = re.findall(r'"(3\.\d+)"', WORKFLOW)


def test_every_system_and_processor_has_a_runner() -> None:
    """Each launcher of macOS and Windows, and those of the usual Linux, start for real."""
    assert set(MATRIX) == set(RUNNERS.values())
    assert len(MATRIX) == len(RUNNERS)
    assert {name for name in hook.TARGETS if not name.startswith("linux")} <= set(RUNNERS)
    assert set(RUNNERS) <= set(hook.TARGETS)


def test_the_oldest_and_the_newest_python() -> None:
    """They are those that the package names."""
    project = tomllib.loads(_read("pyproject.toml"))["project"]
    named = re.findall(r"Python :: (3\.\d+)", "\n".join(project["classifiers"]))
    assert [project["requires-python"].removeprefix(">="), named[-1]] == PYTHONS


@pytest.mark.parametrize("command", ["make demo", "make test", "make test-all"])
def test_what_a_newcomer_types_is_run(command: str) -> None:
    """The commands that the README names are run: on Linux by `.ci/run`, elsewhere here."""
    assert command in _read("README.md")
    target = command.split()[1]
    elsewhere = re.findall(r"make ((?:[a-z-]+ ?)+)", WORKFLOW)
    on_linux = re.findall(r"make ((?:[a-z-]+ ?)+)", _read(".ci", "run") + "make demo")
    for lines in (elsewhere, on_linux):
        assert target in " ".join(lines).split()


def test_contributing_tells_where() -> None:
    """CONTRIBUTING names each runner and both Pythons."""
    [told] = re.findall(r"^CI \(.*?\n\n", _read("CONTRIBUTING.md"), re.MULTILINE | re.DOTALL)
    assert set(re.findall(r"`((?:ubuntu|macos|windows)-[\w.-]+)`", told)) == set(MATRIX)
    assert re.findall(r"\b3\.\d+\b", told) == PYTHONS


def test_it_is_bounded_and_may_little() -> None:
    """Each job has a time limit and may read only; each action is pinned, its version told."""
    for name in os.listdir(os.path.join(SOURCE, ".github", "workflows")):
        text = _read(".github", "workflows", name)
        jobs = text.partition("\njobs:\n")[2]
        bounded = re.findall(r"^    timeout-minutes: \d+$", jobs, re.MULTILINE)
        assert len(bounded) == len(re.findall(r"^    runs-on:", jobs, re.MULTILINE)) > 0
        assert "\npermissions: {}\n" in text
        uses = re.findall(r"uses: (.*)$", text, re.MULTILINE)
        assert [use for use in uses if not re.fullmatch(r"\S+@[0-9a-f]{40} # v[\d.]+", use)] == []
