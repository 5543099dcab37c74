"""`uvlocal scan` and `uvlocal migrate` as people and programs see them."""

from __future__ import annotations

import dataclasses
import os
import sys
from typing import TYPE_CHECKING, Any

import pexpect
import pytest
from support.compare.running import run
from support.hosts import forked_commands
from support.programs import fake_uv

from uvlocal.manage.projects.migration_results import Migration, Migrations
from uvlocal.manage.projects.scan import Found, Scan
from uvlocal.manage.views import projects

if TYPE_CHECKING:
    from support.compare.transcripts import Transcripts
    from support.hosts.machines import Machine

if sys.platform == "win32":
    pytest.skip("the stand-in for uv is a POSIX script", allow_module_level=True)

_UV = """\
#!/bin/sh
case "$1" in
    --version) echo "uv 0.13.9" ;;
    python) ;;
    sync) mkdir -p "$UV_PROJECT_ENVIRONMENT" && cp -R "{template}/." "$UV_PROJECT_ENVIRONMENT" ;;
    pip) [ -z "$UV_FAILS" ] ;;
esac
"""


@pytest.fixture
def populated(machine: Machine) -> Machine:
    """Return a machine with projects of every kind, and a fake uv."""
    template = os.path.join(machine.root, "template")
    environment(template, {"foo": "0.1.0", "iniconfig": "2.2.0"})
    uv = machine.write(f"{machine.root}/bin/uv", _UV.format(template=template))
    os.chmod(uv, 0o755)  # noqa: S103 - a program must be executable
    machine.environ["PATH"] += ":/usr/bin:/bin"
    machine.project("clean")
    big = machine.project("code/a project with a rather long name for a folder in a terminal/big")
    environment(f"{big}/.venv", {"foo": "0.1.0"}, size=3_000_000)
    machine.write(f"{big}/uv.lock", '[[package]]\nname = "foo"\n')
    packages = f"{big}/.venv/lib/python3.12/site-packages"
    machine.write(f"{packages}/foo 2.py")
    machine.write(f"{packages}/foo.sync-conflict-20260131-120000-ABCDEF.py")
    foo = machine.project("code/foo")
    environment(f"{foo}/.venv", {"foo": "0.1.0", "iniconfig": "2.1.0", "six": "1.17.0"}, size=9000)
    lock = '[[package]]\nname = "foo"\n[[package]]\nname = "iniconfig"\n'
    machine.write(f"{foo}/uv.lock", lock)
    stays = machine.project("stays", '[tool.uvlocal]\nstrategy = "no-metadata"\n')
    environment(f"{stays}/.venv", {}, size=100)
    machine.project("never", '[tool.uvlocal]\nmode = "never"\n')
    odd = machine.project("odd")
    machine.write(f"{odd}/.venv/thing", "x" * 50)
    machine.project(f"{machine.home}/local")
    return machine


def environment(path: str, packages: dict[str, str], *, size: int = 0) -> None:
    """Create an environment with a working Python and a file of `size` bytes."""
    fake_uv.make(path)
    fake_uv.write(os.path.join(path, "bin", "python"), "#!/bin/sh\n")
    os.chmod(os.path.join(path, "bin", "python"), 0o755)  # noqa: S103 - see above
    for name, version in packages.items():
        fake_uv.install(path, name, version, pth=name == "foo")
    if size:
        fake_uv.write(os.path.join(path, "lib", "data"), "x" * size)


def test_scan(populated: Machine, transcripts: Transcripts) -> None:
    """Each project at risk is shown with its cost, a bar and remarks; then the totals."""
    words = [
        [],
        ["Dropbox/code/foo", "local"],
        ["local"],
        ["--max-depth", "1"],
        ["none"],
        ["--json", "Dropbox/code"],
    ]
    transcripts.check("scan", [run(populated, "scan", *arguments) for arguments in words])


def test_scan_of_nothing(machine: Machine, transcripts: Transcripts) -> None:
    """Without a synced folder there is a hint how to add one."""
    machine.remove(f"{machine.home}/.dropbox")
    transcripts.check("scan-nothing", [run(machine, "scan")])


def test_migrate(populated: Machine, transcripts: Transcripts) -> None:
    """The output of plans, obstacles and results."""
    foo = f"{populated.dropbox}/code/foo"
    calls = [
        (foo, ["--dry-run"]),
        (foo, ["--dry-run", "--keep-extra"]),
        (foo, ["--dry-run", "--drop-extra"]),
        (foo, ["--drop-extra"]),
        (foo, ["--yes"]),
        (foo, ["--yes", "--keep-extra"]),
        (foo, ["--yes"]),
        (f"{populated.home}/local", ["--yes"]),
        (f"{populated.dropbox}/odd", ["--yes"]),
        (populated.home, ["--yes"]),
        (populated.home, ["--yes", "none"]),
        (foo, ["--keep-extra", "--drop-extra"]),
        (populated.home, ["--all", "Dropbox/never", "--yes"]),
        (populated.home, ["--all", "--dry-run"]),
        (populated.home, ["--all", "--yes"]),
        (populated.home, ["--all", "--yes"]),
    ]
    results = [run(populated, "migrate", *arguments, cwd=cwd) for cwd, arguments in calls]
    transcripts.check("migrate", results)


def test_migrate_for_programs(populated: Machine, transcripts: Transcripts) -> None:
    """The same as JSON; progress goes to stderr."""
    foo = f"{populated.dropbox}/code/foo"
    calls = [["--dry-run"], ["--yes"], ["--yes", "--drop-extra"]]
    results = [run(populated, "migrate", *words, "--json", cwd=foo) for words in calls]
    transcripts.check("migrate-json", results)


class Terminal:
    """A command of uvlocal on a terminal 80 columns wide."""

    def __init__(self, machine: Machine, *arguments: str, cwd: str, colour: bool = False) -> None:
        environ = {**forked_commands.passed_on(), **machine.environ}
        environ |= {"TERM": "xterm", "COLUMNS": "80"}
        if not colour:
            environ["NO_COLOR"] = "1"
        self.process: pexpect.spawn[str] = pexpect.spawn(
            sys.executable,
            ["-m", "uvlocal", *arguments],
            cwd=cwd,
            env=environ,
            encoding="utf-8",
            timeout=30,
            dimensions=(24, 80),
        )

    def answer(self, question: str, answer: str) -> None:
        """Wait for a question, and answer it."""
        self.process.expect_exact(question)
        self.process.sendline(answer)

    def end(self) -> tuple[str, int | None]:
        """Wait for the end; return the output since the last question, and the exit code."""
        self.process.expect(pexpect.EOF)
        self.process.close()
        return self.process.before or "", self.process.exitstatus


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        pytest.param("y", "six==1.17.0 was kept", id="yes"),
        pytest.param("n", "cancelled, nothing was changed", id="no"),
        pytest.param("", "cancelled, nothing was changed", id="default-is-no"),
    ],
)
def test_the_question(populated: Machine, answer: str, said: str) -> None:
    """On a terminal the user is asked; a no is not an error."""
    foo = f"{populated.dropbox}/code/foo"
    terminal = Terminal(populated, "migrate", "--keep-extra", cwd=foo)
    terminal.answer("migrate 1 project? [y/N] ", answer)
    printed, status = terminal.end()
    assert said in printed
    assert status == 0
    assert os.path.isdir(f"{foo}/.venv") is (answer != "y")


@pytest.mark.parametrize("colour", [True, False])
def test_scan_on_a_terminal(populated: Machine, colour: bool) -> None:
    """The progress bar is cleared, and colours are only shown if wanted."""
    printed, status = Terminal(populated, "scan", cwd=populated.home, colour=colour).end()
    assert status == 1
    assert "4 projects at risk: 22 files, 2.9 MiB" in printed
    assert ("\x1b[33m" in printed) is colour
    assert ("\x1b[1m~/Dropbox" in printed) is colour


def test_extra_packages_that_cannot_be_had(populated: Machine) -> None:
    """If an extra package cannot be installed, the old environment stays."""
    foo = f"{populated.dropbox}/code/foo"
    result = run(populated, "migrate", "--yes", "--keep-extra", cwd=foo, UV_FAILS="1")
    assert result.code == 1
    assert "is not migrated: `uv pip install` failed, see above" in result.err
    assert os.path.isdir(f"{foo}/.venv")


def found(**facts: Any) -> Found:  # noqa: ANN401 - a fact is a field of any type
    """Return a project at risk with some facts changed."""
    plain = Found(
        root="/x/foo",
        code="synced",
        sentence="",
        volume_kind="synced",
        volume_label="iCloud Drive",
        provider="icloud",
        strategy="redirect",
        environment="/x/foo/.venv",
        state="environment",
        files=1,
        bytes=1,
        hidden_pth=0,
        conflict_copies=0,
        evicted=0,
        complete=True,
        saves=True,
    )
    return dataclasses.replace(plain, **facts)


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        pytest.param({}, "iCloud Drive", id="nothing"),
        pytest.param(
            {"hidden_pth": 1},
            "iCloud Drive, 1 hidden `.pth` file, which Python skips, so imports fail",
            id="hidden",
        ),
        pytest.param(
            {"hidden_pth": 2},
            "iCloud Drive, 2 hidden `.pth` files, which Python skips, so imports fail",
            id="hidden-many",
        ),
        pytest.param({"conflict_copies": 1}, "iCloud Drive, 1 conflict copy", id="conflict"),
        pytest.param({"conflict_copies": 1200}, "iCloud Drive, 1,200 conflict copies", id="many"),
        pytest.param(
            {"evicted": 1200}, "iCloud Drive, 1,200 files only in the cloud", id="evicted"
        ),
        pytest.param({"complete": False}, "iCloud Drive, count incomplete", id="limit"),
        pytest.param(
            {"strategy": "", "saves": False},
            "iCloud Drive, no better place for it",
            id="helpless",
        ),
    ],
)
def test_remarks(facts: dict[str, object], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Problems of an environment are shown in a line below it."""
    one = found(**facts)
    projects.scan(Scan(1, ("/x",), (one,), 0, 0, 1, 1, 0, 0, 0, ""))
    assert f"\n    {said}\n" in capsys.readouterr().out


def test_no_all_clear(capsys: pytest.CaptureFixture[str]) -> None:
    """If something could not be read, the output does not say that there is nothing."""
    projects.scan(Scan(1, ("/x",), (), 0, 0, 0, 0, 0, 0, 0, "", 1))
    printed = capsys.readouterr()
    assert "1 folder could not be read" in printed.err
    assert "no environment lies" not in printed.out


def test_no_all_clear_before_a_migration(capsys: pytest.CaptureFixture[str]) -> None:
    """The same of `uvlocal migrate --all`."""
    projects.summed(
        Migrations(1, dry_run=True, agreed=False, shimmed=True, migrations=(), unread_folders=2)
    )
    said = capsys.readouterr().err
    assert "2 folders could not be read" in said
    assert "nothing to migrate" not in said


def test_the_cure_of_hidden_files(capsys: pytest.CaptureFixture[str]) -> None:
    """If Python skips hidden files, the command that fixes it is shown."""
    projects.scan(Scan(1, ("/x",), (found(hidden_pth=1),), 0, 0, 1, 1, 1, 1, 0, ""))
    said = " ".join(capsys.readouterr().err.split())
    assert "`uvlocal migrate --all` removes 1 file (1 B) from there, and imports work again" in said


@pytest.mark.parametrize(
    ("evicted", "limit", "said"),
    [
        pytest.param(1, "", "skipped 1 folder whose content is", id="evicted"),
        pytest.param(0, "entries", "`--max-entries` raises the limit", id="entries"),
        pytest.param(0, "time", "`--max-seconds` raises the limit", id="time"),
    ],
)
def test_limits(evicted: int, limit: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    """An incomplete search is reported."""
    projects.scan(Scan(1, ("/x",), (), 2, 2, 0, 0, 0, 0, evicted, limit))
    printed = capsys.readouterr()
    assert said in printed.err
    assert "2 projects are clean" in printed.out
    assert "2 projects are left alone" in printed.out


@pytest.mark.parametrize(
    ("state", "said"),
    [
        pytest.param("own-files", "move your files out of `.venv`", id="own-files"),
        pytest.param("in-use", "stop every program that uses it", id="in-use"),
        pytest.param("extra-packages", "pass `--keep-extra` to keep", id="extra"),
        pytest.param("sync-failed", "", id="no-hint"),
    ],
)
def test_refusals(state: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Obstacles are reported with a hint."""
    projects.migrated(Migration("/x/foo", state, "because", "Dropbox", "/x/foo/.venv", "/e"))
    printed = capsys.readouterr().err
    assert printed.startswith("warning: `/x/foo` is not migrated: because\n")
    assert said in printed
    assert ("hint" in printed) is bool(said)


@pytest.mark.parametrize("columns", ["40", "80", "120"])
def test_width(populated: Machine, columns: str) -> None:
    """Only a path may be longer than the terminal's width, as it is not cut."""
    shown = run(populated, "scan", COLUMNS=columns)
    lines = [line for line in shown.raw_out.splitlines() if not line.startswith("~")]
    assert max(map(len, lines)) <= max(int(columns), 66)
    assert max(map(len, lines)) <= 100


def test_without_unicode(populated: Machine) -> None:
    """If the terminal cannot show block characters, the bar uses ASCII."""
    shown = run(populated, "scan", PYTHONIOENCODING="ascii")
    assert "####" in shown.raw_out
    assert shown.raw_out.isascii()


@pytest.mark.parametrize(
    ("value", "most", "bar"),
    [
        (0, 100, ""),
        (100, 100, "##########"),
        (50, 100, "#####"),
        (1, 10_000, "#"),
        (0, 0, ""),
    ],
)
def test_bars(value: int, most: int, bar: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bar's length is proportional, and only empty for 0."""

    class Ascii:
        encoding = "ascii"

    monkeypatch.setattr("sys.stdout", Ascii())
    assert projects._bar(value, most, 10) == bar
