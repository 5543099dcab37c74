"""What only concerns `uv.sh`: it must work in any sh, and leave the user's variables alone.

What it has in common with the native launcher is tested for both in `test_launcher.py`.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import fetched
import pytest
from launchers import STUB

if TYPE_CHECKING:
    from launchers import Machine

if sys.platform == "win32":
    pytest.skip("there is no sh", allow_module_level=True)

SOURCE = os.path.join(fetched.SOURCE, "shims", "uv.sh")


def test_all_its_variables_are_its_own() -> None:
    """Every variable that the script assigns has the prefix, or is one that it means to set."""
    with open(SOURCE, encoding="utf-8") as file:
        lines = [line for line in file if not line.lstrip().startswith("#")]
    assigned = {name for line in lines for name in re.findall(r"(?<![\w$])([A-Za-z_]\w*)=", line)}
    own = {name for name in assigned if name.startswith("_uvlocal_")}
    assert len(own) > 20
    # IFS is set for one `read` only, LC_ALL for one `grep`; the last three stand in the stub.
    assert assigned - own == {"IFS", "LC_ALL", "UVLOCAL_LOOP", "m", "name", "v"}


def test_the_same_stub_as_the_launcher(shell: Machine) -> None:
    """Python runs the same code, whichever shim starts it."""
    shell.call()
    assert shell.recorded().arguments[6] == STUB


@pytest.mark.parametrize(
    ("value", "flags"),
    [pytest.param(None, b"L", id="absent"), pytest.param("C", b"-", id="present")],
)
def test_flags(shell: Machine, value: str | None, flags: bytes) -> None:
    """The one thing that sh can see of what Python's start destroys is a missing LC_CTYPE."""
    shell.set("LC_CTYPE", value)
    shell.call()
    assert shell.recorded().arguments[9] == flags


def test_argument_zero_is_the_script(shell: Machine) -> None:
    """A script is not told the name it was called by: uv gets the path."""
    shell.call(argv=[b"another name", b"x"])
    assert shell.recorded().arguments[10:] == [shell.shim.encode(), b"x"]


def test_the_users_variables_stay(shell: Machine) -> None:
    """Exported variables of common names reach uv with the user's values."""
    shell.without_python()
    names = ["line", "path", "target", "name", "entry", "rest", "self", "conf", "found", "x", "i"]
    for name in [*names, *(name.upper() for name in names if name != "path")]:
        shell.set(name, "the user's")
    shell.call()
    assert set(shell.environ) <= set(shell.recorded().variables)


@pytest.mark.parametrize("where", ["uv", "python"])
def test_what_is_added_to_the_environment(shell: Machine, where: str) -> None:
    """Nothing but UVLOCAL_LOOP and what each sh exports by itself is added."""
    if where == "uv":
        shell.without_python()
    shell.call()
    added = set(shell.recorded().variables) - set(shell.environ)
    names = {entry.partition(b"=")[0] for entry in added}
    assert names - {b"PWD", b"OLDPWD", b"SHLVL", b"_"} == {b"UVLOCAL_LOOP"}


@pytest.mark.parametrize(
    "folder",
    [
        pytest.param("with a space", id="space"),
        pytest.param("new\nline", id="newline within"),
        pytest.param("at the end\n", id="newline at the end"),
        pytest.param("-n", id="like an option"),
        pytest.param("a -> b", id="like a link in a listing"),
        pytest.param("*?[x]", id="a pattern"),
        pytest.param("'\"$(id)`id`\\", id="quotes"),
        pytest.param("o\udcffdd", id="no UTF-8"),
    ],
)
def test_odd_folders(shell: Machine, folder: str) -> None:
    """Its own folder is found by way of links, whatever the folders are called."""
    os.mkdir(shell.path(folder))
    os.rename(shell.path("shims"), shell.path(f"{folder}/real {folder}"))
    link = shell.link(f"{folder}/bin/uv", f"../real {folder}/uv")
    result = shell.call(program=link)
    assert (result.code, result.stderr, shell.became()) == (0, "", "python")
    assert shell.recorded().arguments[8] == os.fsencode(shell.path(f"{folder}/real {folder}/uv"))


def test_a_link_to_a_name_with_a_newline(shell: Machine) -> None:
    """The target of a link is taken whole, a newline at its end included."""
    os.rename(shell.shim, shell.path("shims/uv\n"))
    link = shell.link("bin/uv", "../shims/uv\n")
    assert (shell.call(program=link).stderr, shell.became()) == ("", "python")
    assert shell.recorded().arguments[8] == os.fsencode(shell.path("shims/uv\n"))


def test_a_number_with_a_leading_zero(shell: Machine) -> None:
    """A number that sh would take for a bad octal one is no count, and no error."""
    shell.set("UVLOCAL_LOOP", "1:1:08")
    result = shell.call()
    assert (result.code, result.stderr) == (0, "")
    assert shell.recorded().value("UVLOCAL_LOOP") == f"{result.pid}:1:1"


def test_a_circle_of_links(shell: Machine) -> None:
    """A script whose links lead in a circle gives up on finding itself, and runs uv."""
    shell.link("circle/uv", "uv")
    shell.set("UVLOCAL_QUIET", "1")
    environ = dict(entry.split(b"=", 1) for entry in shell.environ)
    with open(shell.shim, "rb") as file:
        words = file.readline()[2:].split()
        script = file.read()
    # Such a file cannot be started; so the shell is given the script and told that name for it.
    command = [*words, b"-c", script, os.fsencode(shell.path("circle/uv")), b"x"]
    result = subprocess.run(command, env=environ, capture_output=True, check=False)
    assert (result.returncode, result.stderr, shell.became()) == (0, b"", "uv")


def test_a_python_that_cannot_be_started(shell: Machine) -> None:
    """What sh cannot do: after an `exec` that fails it ends, with the shell's own message."""
    shell.put("python/python", b"#!/nowhere/at/all\n")
    result = shell.call()
    assert (result.code in (126, 127), shell.became()) == (True, "nothing")
    assert "python/python" in result.stderr
