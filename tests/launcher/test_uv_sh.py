"""`uv.sh` under every installed sh: it runs Python, and fails open.

It preserves less than the native launcher, as its head comment says; only the launcher is tested
for that.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from typing import TYPE_CHECKING

import pytest
from support.hosts.launchers import MARKER, Machine
from support.tools import fetched

if TYPE_CHECKING:
    from pathlib import Path

if sys.platform == "win32":
    pytest.skip("there is no sh", allow_module_level=True)

SOURCE = os.path.join(fetched.SOURCE, "shims", "uv.sh")
#: Arguments that a careless shim would change.
ODD = [b"run", b"", b"a b", b"*", b"$HOME `id` \\", b"\"'", b"two\nlines\n", b"\xff", b"--", b"-c"]
#: A replacement for `launch.py` that prints how it was started.
TELLING = b"""import os, sys
def main():
    print([os.fsencode(word) for word in sys.argv], flush=True)
    os._exit(0)
"""
WARNING = "warning: uvlocal's Python or package is gone or damaged; running the real uv unchanged\n"


def _shells() -> dict[str, str]:
    """Return the installed shells, each once, by name: the text after `#!`."""
    found: dict[str, str] = {}
    for name, *words in (["sh"], ["dash"], ["bash"], ["busybox", "sh"]):
        path = os.path.realpath(shutil.which(name) or "")
        if os.path.isfile(path) and path not in found.values():
            found[name] = " ".join([path, *words])
    return found


@pytest.fixture(params=[pytest.param(words, id=name) for name, words in _shells().items()])
def shell(request: pytest.FixtureRequest, tmp_path: Path) -> Machine:
    """Return a machine whose shim is `uv.sh`, under each shell in turn."""
    with open(SOURCE, "rb") as file:
        _, _, rest = file.read().partition(b"\n")
    return Machine(str(tmp_path), f"#!{request.param}\n".encode() + rest)


def with_real_python(shell: Machine, launch: bytes) -> None:
    """Put a real Python and another `launch.py` into the configuration."""
    shell.put("package/uvlocal/shim/launch.py", launch, mode=0o644)
    python = os.path.realpath(sys.executable)
    shell.configure(python=python, package=shell.package, uv=shell.real)


# -- becoming Python -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "flags"),
    [pytest.param(None, b"L", id="LC_CTYPE absent"), pytest.param("C", b"-", id="present")],
)
def test_python_is_started_as_by_the_launcher(
    shell: Machine, value: str | None, flags: bytes
) -> None:
    """Python starts isolated, with the protocol of `launch.main` and uv's arguments unchanged."""
    shell.set("LC_CTYPE", value)
    result = shell.call(*ODD)
    record = shell.recorded()
    assert (result.code, result.stderr, record.pid) == (0, "", [result.pid])
    assert record.arguments[:6] == [shell.python.encode(), b"-I", b"-S", b"-X", b"utf8", b"-c"]
    own = [shell.package.encode(), shell.shim.encode(), flags, shell.shim.encode()]
    assert record.arguments[7:] == [*own, *ODD]


def test_a_real_python_runs_launch(shell: Machine) -> None:
    """The code that Python is given runs `main` of the package's `launch.py`."""
    with_real_python(shell, TELLING)
    result = shell.call(*ODD)
    assert (result.code, result.stderr) == (0, "")
    arguments = eval(result.stdout)  # noqa: S307 - a list of bytes that we had printed
    assert arguments[1:3] == [shell.package.encode(), shell.shim.encode()]
    assert arguments[5:] == ODD


def test_the_configuration_is_beside_the_real_file(shell: Machine) -> None:
    """A link to the script finds the configuration beside the script, whatever the folder's name.

    An environment's `bin/uv` is such a link.
    """
    os.rename(shell.path("shims"), shell.path("a -> 'b' $x *"))
    link = shell.link("environment/bin/uv", "../../a -> 'b' $x */uv")
    assert (shell.call(program=link).stderr, shell.became()) == ("", "python")
    assert shell.recorded().arguments[8] == shell.path("a -> 'b' $x */uv").encode()


# -- failing open ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content"),
    [
        pytest.param("python/python", None, id="no Python"),
        pytest.param("package", None, id="no package"),
        pytest.param("shims/uvlocal-launcher.conf", None, id="no configuration"),
        pytest.param("shims/uvlocal-launcher.conf", b"\x7fELF\xff\n", id="a damaged one"),
        pytest.param("shims/uvlocal-launcher.conf", b"uvlocal 1\npython /x", id="one cut off"),
    ],
)
def test_whatever_is_wrong_with_uvlocal_uv_runs(
    shell: Machine, name: str, content: bytes | None
) -> None:
    """Without its configuration, Python or package the shim becomes uv, and says so."""
    os.rename(shell.path(name), shell.path("gone"))
    if content is not None:
        shell.put(name, content)
    result = shell.call(*ODD)
    assert (result.code, shell.became()) == (0, "uv")
    assert shell.recorded().arguments[1:] == ODD
    assert result.stderr.startswith(WARNING)
    assert f"delete `{shell.shim}`" in result.stderr
    shell.set("UVLOCAL_QUIET", "1")
    assert shell.call().stderr == ""


@pytest.mark.parametrize(
    "launch",
    [
        pytest.param(b"def main(", id="cut off"),
        pytest.param(b"", id="empty"),
        pytest.param(b"def main():\n import nowhere\n", id="a module gone"),
    ],
)
def test_a_damaged_package(shell: Machine, launch: bytes) -> None:
    """If Python cannot run the package, it executes the script again, which runs uv."""
    with_real_python(shell, launch)
    result = shell.call(*ODD)
    record = shell.recorded()
    assert (result.code, shell.became(), record.pid) == (0, "uv", [result.pid])
    assert record.arguments[1:] == ODD
    assert result.stderr.startswith(WARNING)
    assert (record.value("LC_CTYPE"), record.value("UVLOCAL_FAILED")) == (None, None)
    assert record.ignored == set()


@pytest.mark.parametrize(
    ("folders", "found"),
    [
        pytest.param("@shims:@link:@copy:@real", "real/uv", id="not ourselves"),
        pytest.param("@empty:@plain:@directory:@real", "real/uv", id="an executable file"),
        pytest.param("::relative:@real:@other", "real/uv", id="nothing from a relative folder"),
        pytest.param("@empty", "recorded/uv", id="the recorded one"),
        pytest.param(None, "recorded/uv", id="no PATH"),
    ],
)
def test_where_uv_is_looked_for(shell: Machine, folders: str | None, found: str) -> None:
    """The first uv on PATH that is not ours is used, then the recorded one."""
    here = b'#!/bin/sh\nprintf %s "$0"\n'
    for folder in ("real", "other", "recorded", "relative", "."):
        shell.put(f"{folder}/uv", here)
    shell.put("copy/uv", b"#!/bin/sh\n# " + MARKER + b"\nexit 66\n")
    shell.put("plain/uv", here, mode=0o644)
    os.makedirs(shell.path("directory/uv"))
    shell.link("link/uv", shell.shim)
    shell.configure(uv=shell.path("recorded/uv"))
    shell.set("UVLOCAL_QUIET", "1")
    shell.set("PATH", None if folders is None else folders.replace("@", shell.root + "/"))
    result = shell.call()
    assert (result.stdout, result.stderr) == (shell.path(found), "")
    shell.set("UVLOCAL_UV", shell.path("other/uv"))
    assert shell.call().stdout == shell.path("other/uv")


def test_no_uv_at_all(shell: Machine) -> None:
    """Without a real uv the shim exits with 127, and says what to do."""
    shell.configure()
    shell.set("PATH", shell.path("shims"))
    result = shell.call()
    assert (result.code, result.stdout) == (127, "")
    assert "error: no uv found on `PATH`\nhint: install uv, or set `UVLOCAL_UV`" in result.stderr


def test_a_reader_that_has_gone(shell: Machine) -> None:
    """A closed pipe instead of stderr does not stop uv."""
    os.unlink(shell.python)
    reader, writer = os.pipe()
    os.close(reader)
    try:
        assert shell.call(stderr=writer).code == 0
    finally:
        os.close(writer)
    assert (shell.became(), shell.recorded().ignored) == ("uv", set())


# -- what uv gets ----------------------------------------------------------------------------------


def test_the_users_variables_stay(shell: Machine) -> None:
    """Exported variables with usual names reach uv; only variables of sh itself are added."""
    shell.without_python()
    for name in ("line", "path", "self", "conf", "rest", "flags", "depth", "PYTHON", "PACKAGE"):
        shell.set(name, "the user's")
    shell.call()
    variables = set(shell.recorded().variables)
    assert set(shell.environ) <= variables
    added = {entry.partition(b"=")[0] for entry in variables - set(shell.environ)}
    assert added - {b"PWD", b"OLDPWD", b"SHLVL", b"_"} == {b"UVLOCAL_LOOP"}


def test_all_its_variables_are_its_own() -> None:
    """Every variable that the script assigns has the prefix, or is set intentionally."""
    with open(SOURCE, encoding="utf-8") as file:
        code = re.sub(r'-c "import sys.*?" \\', "", file.read(), flags=re.DOTALL)
    lines = [line for line in code.splitlines() if not line.lstrip().startswith("#")]
    assigned = {name for line in lines for name in re.findall(r"(?<![\w$])([A-Za-z_]\w*)=", line)}
    own = {name for name in assigned if name.startswith("_uvlocal_")}
    assert len(own) > 5
    assert assigned - own == {"IFS", "UVLOCAL_LOOP"}  # IFS for one `read` only


def test_the_hint_names_what_works_without_our_python(shell: Machine) -> None:
    """The message names the installer that the configuration records, not `uvlocal install`."""
    with open(shell.conf, "ab") as file:
        file.write(b"repair pipx reinstall uvlocal\n")
    os.unlink(shell.python)
    said = shell.call().stderr
    assert "\nhint: run `pipx reinstall uvlocal`, then `uvlocal install` to repair this" in said


# -- the guard against loops -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after"),
    [(None, "1"), ("1:1:7", "8"), ("1:5:99", "100"), ("1:1:08", "1"), ("a\nb", "1"), ("9999", "1")],
)
def test_depth_is_counted(shell: Machine, before: str | None, after: str) -> None:
    """Each pass is counted; a value that is not a number is ignored."""
    shell.set("UVLOCAL_LOOP", before)
    result = shell.call()
    assert shell.recorded().value("UVLOCAL_LOOP") == f"{result.pid}:1:{after}"


def test_what_uv_counts_is_left_to_uv(shell: Machine) -> None:
    """uv stops `uv run` that starts itself, with a message of its own, before we do."""
    shell.set("UVLOCAL_LOOP", "1:1:150")
    assert shell.call().code == 127
    shell.set("UV_RUN_RECURSION_DEPTH", "100")
    assert shell.call().code == 0


def test_a_loop_of_two_programs_ends(shell: Machine) -> None:
    """A wrapper of uv that starts the shim again ends with 127."""
    shell.without_python()
    shell.set("UVLOCAL_TEST_END", "r" + shell.shim)
    result = shell.call(b"x")
    assert (result.code, result.stdout) == (127, "")
    assert result.stderr.startswith("error: endless loop")


# -- the file itself -------------------------------------------------------------------------------


def test_it_carries_the_marker(shell: Machine) -> None:
    """The script contains the marker, so that other shims recognise it."""
    with open(shell.shim, "rb") as file:
        assert MARKER in file.read()


@pytest.mark.parametrize(
    ("programs", "wish", "found"),
    [
        pytest.param(["b/uvx"], "", "b/uvx", id="on-path"),
        pytest.param(["b/uvx", "c/uvx"], "c/uv", "c/uvx", id="beside-the-wish"),
        pytest.param([], "", "", id="nowhere"),
    ],
)
def test_uvx(shell: Machine, programs: list[str], wish: str, found: str) -> None:
    """Called as uvx, the script becomes uvx, and never uv."""
    shell.without_python()
    with open(shell.shim, "rb") as file:
        twin = shell.put("shims/uvx", file.read())
    for name in programs:
        shell.put(name, shell.program)
    shell.set("PATH", ":".join(map(shell.path, ("shims", "real", "b"))))
    shell.set("UVLOCAL_UV", shell.path(wish) if wish else None)
    result = shell.call(b"ty", argv=[b"uvx", b"ty"], program=twin)
    assert result.code == (0 if found else 127)
    assert shell.became() == ("uv" if found else "nothing")
    if found and sys.platform == "linux":
        assert shell.recorded().program == [shell.path(found).encode()]
