"""The native launcher becomes Python or uv, and changes nothing else."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
from support.hosts import launchers
from support.hosts.launchers import INTERPRETER, MARKER, Machine

import uvlocal
from uvlocal.shim import contract

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

if sys.platform == "win32":
    pytest.skip("what POSIX promises is tested on POSIX", allow_module_level=True)

#: Arguments that a careless shim would change.
ODD = [
    b"run",
    b"",
    b"a b",
    b"*",
    b"$HOME `id` \\",
    b"\"'",
    b"two\nlines\n",
    b"\xff\xfe\x80 no UTF-8",
    "é😀".encode(),
    b"--",
    b"-c",
]

INSTALL = "install uv (https://docs.astral.sh/uv/getting-started/installation/)"

STRACE = shutil.which("strace") or ""

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root to give files away")


# -- becoming Python -------------------------------------------------------------------------------


def test_python_gets_the_package_the_launcher_and_all_arguments(machine: Machine) -> None:
    """Python starts isolated, with the protocol of `launch.main` and uv's arguments unchanged."""
    result = machine.call(*ODD)

    assert result == launchers.Result(0, "", "", result.pid)
    arguments = machine.recorded().arguments
    assert arguments[0] == machine.python.encode()
    assert arguments[1:7] == INTERPRETER
    assert arguments[7:10] == [machine.package.encode(), machine.shim.encode(), b"L"]
    assert arguments[11:] == ODD


def test_the_package_is_imported_by_a_real_python(machine: Machine) -> None:
    """The code that Python is given finds `uvlocal.shim.launch` in the package and calls `main`."""
    machine.put("package/uvlocal/__init__.py", b"", mode=0o644)
    machine.put("package/uvlocal/shim/__init__.py", b"", mode=0o644)
    code = b"import os, sys\ndef main():\n sys.exit(str([os.fsencode(a) for a in sys.argv]))\n"
    machine.put("package/uvlocal/shim/launch.py", code, mode=0o644)
    machine.configure(python=os.path.realpath(sys.executable), package=machine.package)

    result = machine.call(*ODD)

    assert (result.code, result.stdout) == (1, "")
    arguments = eval(result.stderr)  # noqa: S307 - a list of bytes that we had printed
    assert arguments[:3] == [b"-c", machine.package.encode(), machine.shim.encode()]
    assert arguments[5:] == ODD


def test_argument_zero_is_passed_on(native: Machine) -> None:
    """The name under which uv was called reaches Python and uv unchanged, whatever it is."""
    for name in (b"uv", b"", b"\xff odd", b"/some/where/uv"):
        native.call(argv=[name, b"x"])
        assert native.recorded().arguments[10:] == [name, b"x"]
    native.without_python()
    for name in (b"uv", b"", b"\xff odd", b"/some/where/uv"):
        native.call(argv=[name, b"x"])
        assert native.recorded().arguments == [name, b"x"]


def test_no_arguments_at_all(machine: Machine) -> None:
    """A call without an argv[0] does not crash, and Python gets an empty one."""
    result = machine.call(argv=[])
    assert (result.code, machine.became()) == (0, "python")
    assert len(machine.recorded().arguments) == 11
    machine.without_python()
    assert machine.call(argv=[]).code == 0
    assert machine.became() == "uv"


@pytest.mark.parametrize(
    ("orders", "variables", "flags"),
    [
        pytest.param((), ("LC_CTYPE=C",), b"-=43", id="nothing, LC_CTYPE given back by its value"),
        pytest.param((), ("LC_CTYPE=",), b"-=", id="empty LC_CTYPE is not an absent one"),
        pytest.param((), ("LC_CTYPE=\udcff\n",), b"-=ff0a", id="LC_CTYPE that is no text"),
        pytest.param((), (), b"L", id="LC_CTYPE absent"),
        pytest.param((signal.SIGPIPE,), (), b"PL", id="SIGPIPE ignored"),
        pytest.param((signal.SIGXFSZ,), (), b"XL", id="SIGXFSZ ignored"),
        pytest.param(
            (signal.SIGPIPE, signal.SIGXFSZ), ("LC_CTYPE=POSIX",), b"PX=504f534958", id="both"
        ),
        pytest.param((signal.SIGHUP,), (), b"L", id="other signals survive Python anyway"),
    ],
)
def test_flags(
    native: Machine, orders: tuple[int, ...], variables: tuple[str, ...], flags: bytes
) -> None:
    """The flags preserve what starting Python destroys: ignored signals and LC_CTYPE."""
    for variable in variables:
        native.set(*variable.split("=", 1))
    native.call(orders=[f"ignore {number}" for number in orders])
    assert native.recorded().arguments[9] == flags


def test_environment_reaches_python(machine: Machine) -> None:
    """Python gets the user's environment, the marked variables included, and UVLOCAL_LOOP."""
    machine.set("UV_LINK_MODE", "copy")
    machine.set("UVLOCAL_SET_UV_LINK_MODE", "copy")
    machine.call()
    record = machine.recorded()
    assert set(machine.environ) <= set(record.variables)
    assert record.value("UVLOCAL_LOOP") is not None


# -- becoming uv -----------------------------------------------------------------------------------


def _overwrite(text: bytes) -> Callable[[Machine], None]:
    return lambda machine: _ignore(machine.put("shims/uvlocal-launcher.conf", text, mode=0o644))


def _ignore(_: object) -> None:
    """Accept a value and ignore it."""


def _replace_conf(make: Callable[[str], object]) -> Callable[[Machine], None]:
    def change(machine: Machine) -> None:
        os.unlink(machine.conf)
        make(machine.conf)

    return change


def _unfinished(machine: Machine) -> None:
    lines = f"uvlocal 1\npackage {machine.package}\npython {machine.python}"
    machine.put("shims/uvlocal-launcher.conf", lines.encode(), mode=0o644)


def _with_bytes(end: bytes) -> Callable[[Machine], None]:
    def change(machine: Machine) -> None:
        with open(machine.conf, "ab") as file:
            file.write(end)

    return change


CONF = "`{root}/shims/uvlocal-launcher.conf` "

TROUBLES = [
    pytest.param(lambda m: os.unlink(m.conf), CONF + "is missing", id="conf missing"),
    pytest.param(_overwrite(b""), CONF + "is damaged", id="conf empty"),
    pytest.param(_overwrite(b"uvlocal 1\n"), CONF + "is damaged", id="conf says nothing"),
    pytest.param(_overwrite(b"\x7fELF\xff\n" * 99), CONF + "is damaged", id="conf garbage"),
    pytest.param(
        lambda m: m.put("shims/uvlocal-launcher.conf", b"uvlocal 2\npython /p\npackage /p\n"),
        CONF + "is damaged",
        id="conf of another version",
    ),
    pytest.param(_unfinished, CONF + "is damaged", id="conf cut off within a line"),
    pytest.param(_with_bytes(b"x " * 40000 + b"\n"), CONF + "is damaged", id="conf huge"),
    pytest.param(_replace_conf(os.mkfifo), CONF + "is damaged", id="conf a FIFO"),
    pytest.param(_replace_conf(os.mkdir), CONF + "is damaged", id="conf a directory"),
    pytest.param(
        _replace_conf(lambda path: os.symlink("/nowhere/at/all", path)),
        CONF + "is missing",
        id="conf a dangling link",
    ),
    pytest.param(
        lambda m: os.chmod(m.conf, 0o664), CONF + "is writable by other users", id="group-writable"
    ),
    pytest.param(
        lambda m: os.chmod(m.conf, 0o646),  # noqa: S103 - the mode that is wrong
        CONF + "is writable by other users",
        id="world-writable",
    ),
    pytest.param(
        lambda m: os.chown(m.conf, 12345, 12345),
        CONF + "belongs to another user",
        id="foreign-owned",
        marks=needs_root,
    ),
    pytest.param(
        lambda m: os.unlink(m.python), "uvlocal's Python `{root}/python/python` is gone", id="gone"
    ),
    pytest.param(
        lambda m: os.chmod(m.python, 0o644),
        "uvlocal's Python `{root}/python/python` is gone",
        id="python not executable",
    ),
    pytest.param(
        lambda m: m.configure(python=m.root, package=m.package),
        "uvlocal's Python `{root}` is gone",
        id="python a directory",
    ),
    pytest.param(
        lambda m: m.configure(python="python/python", package=m.package),
        CONF + "is damaged",
        id="python relative",
    ),
    pytest.param(
        lambda m: m.configure(python=m.python, package="package"),
        CONF + "is damaged",
        id="package relative",
    ),
    pytest.param(
        lambda m: os.unlink(m.path("package/uvlocal/shim/launch.py")),
        "uvlocal's package in `{root}/package` is gone",
        id="launch.py gone",
    ),
    pytest.param(
        lambda m: shutil.rmtree(m.package),
        "uvlocal's package in `{root}/package` is gone",
        id="package gone",
    ),
]


def test_the_hint_names_what_works_without_our_python(machine: Machine) -> None:
    """The message names the installer that the configuration records, not `uvlocal install`."""
    with open(machine.conf, "ab") as file:
        file.write(b"repair pipx reinstall uvlocal\n")
    os.unlink(machine.python)
    [_, hint] = machine.call(*ODD).stderr.splitlines()
    assert hint.startswith("hint: run `pipx reinstall uvlocal`, then `uvlocal install`")
    assert machine.became() == "uv"


@pytest.mark.parametrize(("damage", "trouble"), TROUBLES)
def test_whatever_is_wrong_with_uvlocal_uv_runs(
    machine: Machine, damage: Callable[[Machine], object], trouble: str
) -> None:
    """Without its configuration, Python or package a shim becomes uv, and says so in one line."""
    damage(machine)

    result = machine.call(*ODD)

    assert machine.became() == "uv"
    assert machine.recorded().arguments[1:] == ODD
    assert (result.code, result.stdout) == (0, "")
    assert result.stderr.replace(machine.root, "{root}") == (
        f"warning: {trouble}; running the real uv unchanged\n"
        "hint: run `uvlocal install` to repair this, "
        "or delete `{root}/shims/uv` to remove the shim\n"
    )


def test_a_zero_byte_in_the_configuration(native: Machine) -> None:
    """A configuration with a zero byte anywhere is damaged."""
    _with_bytes(b"site /x\0y\n")(native)
    assert "is damaged" in native.call().stderr
    assert native.became() == "uv"


def test_a_python_that_cannot_be_started(native: Machine) -> None:
    """If the interpreter exists but does not start, uv runs."""
    native.put("python/python", b"#!/nowhere/at/all\n")
    result = native.call(b"x")
    assert native.became() == "uv"
    assert "python/python` cannot be started; running the real uv" in result.stderr


@needs_root
def test_a_configuration_that_cannot_be_read(public_machine: Machine) -> None:
    """A configuration that cannot be read counts as missing."""
    os.chmod(public_machine.conf, 0o600)
    result = public_machine.call(orders=["user 12345"])
    assert "uvlocal-launcher.conf` cannot be read; running" in result.stderr
    assert public_machine.became() == "uv"


@needs_root
@pytest.mark.parametrize(
    ("owner", "became"),
    [
        pytest.param(0, "python", id="root's"),
        pytest.param(12345, "python", id="the user's own"),
        pytest.param(54321, "uv", id="somebody else's"),
    ],
)
def test_whose_configuration_is_trusted(public_machine: Machine, owner: int, became: str) -> None:
    """A configuration counts if it belongs to the user who calls, or to root."""
    os.chown(public_machine.conf, owner, owner)
    public_machine.call(orders=["user 12345"])
    assert public_machine.became() == became


@pytest.mark.parametrize(
    ("value", "speaks"),
    [
        pytest.param(None, True, id="unset"),
        pytest.param("", True, id="empty is unset"),
        pytest.param("0", True, id="zero is off"),
        pytest.param("1", False, id="set"),
        pytest.param("00", False, id="any other word"),
    ],
)
def test_quiet(machine: Machine, value: str | None, *, speaks: bool) -> None:
    """UVLOCAL_QUIET suppresses the warning, and nothing else."""
    os.unlink(machine.python)
    machine.set("UVLOCAL_QUIET", value)
    assert bool(machine.call().stderr) is speaks
    assert machine.became() == "uv"


def test_what_the_configuration_may_say(machine: Machine) -> None:
    """Unknown keys are ignored, the last of two lines counts, paths may contain odd bytes."""
    folder = "o dd\udcff\t"
    python = machine.put(f"{folder}/python", machine.program)
    machine.put(f"{folder}/uvlocal/shim/launch.py", b"", mode=0o644)
    lines = ["uvlocal 1", "future", "", "color blue", "python /first/one", f"python {python}"]
    lines += [f"package {machine.path(folder)}", "cache relative", "", "half of a li"]
    machine.put("shims/uvlocal-launcher.conf", os.fsencode("\n".join(lines)), mode=0o644)

    result = machine.call()

    assert (result.stderr, machine.became()) == ("", "python")
    assert machine.recorded().arguments[0] == os.fsencode(python)
    assert machine.recorded().arguments[7] == os.fsencode(machine.path(folder))


# -- where the real uv is --------------------------------------------------------------------------

#: A uv that prints the path by which it was started.
HERE = b'#!/bin/sh\nprintf %s "$0"\nexit 0\n'


def _furnish(machine: Machine) -> None:
    """Create every kind of file that PATH may point to below the root."""
    for folder in ("real", "elsewhere", "recorded", "."):
        machine.put(f"{folder}/uv", HERE)
    with open(machine.shim, "rb") as file:
        machine.put("copy/uv", file.read())
    machine.put("marked/uv", b"#!/bin/sh\n# " + MARKER + b"\nexit 66\n")
    machine.put("large/uv", HERE + b"#" * contract.SHIM_LIMIT + MARKER + b"\n")
    machine.put("plain/uv", HERE, mode=0o644)
    os.makedirs(machine.path("directory/uv"))
    os.makedirs(machine.path("empty"))
    os.makedirs(machine.path("hard"))
    os.link(machine.shim, machine.path("hard/uv"))
    machine.link("relative-link/uv", "../shims/uv")
    machine.link("absolute-link/uv", machine.shim)
    machine.link("real-link/uv", machine.real)
    machine.link("dangling/uv", "/nowhere/at/all")
    machine.configure(uv=machine.path("recorded/uv"))
    machine.set("UVLOCAL_QUIET", "1")


@pytest.mark.parametrize(
    ("folders", "found"),
    [
        pytest.param("@shims:@real", "real", id="the shim first"),
        pytest.param("@real:@shims", "real", id="the shim last"),
        pytest.param("@shims:@empty:@shims:@real:@shims", "real", id="the shim spread"),
        pytest.param("@elsewhere:@real", "elsewhere", id="the first of two"),
        pytest.param("@relative-link:@real", "real", id="a relative link to the shim"),
        pytest.param("@absolute-link:@real", "real", id="an absolute link to the shim"),
        pytest.param("@hard:@real", "real", id="a hard link to the shim"),
        pytest.param("@copy:@shims:@real", "real", id="a copy of the shim"),
        pytest.param("@marked:@real", "real", id="another shim with the marker"),
        pytest.param("@large:@real", "large", id="a large file is no shim, whatever it holds"),
        pytest.param("@real-link:@elsewhere", "real-link", id="a link to the real uv, as found"),
        pytest.param("@dangling:@real", "real", id="a dangling link"),
        pytest.param("@directory:@real", "real", id="a directory called uv"),
        pytest.param("@plain:@real", "real", id="a file that is not executable"),
        pytest.param(":@real", "real", id="an empty entry is the current directory"),
        pytest.param("@empty::@real", "real", id="an empty entry between"),
        pytest.param(".:elsewhere:@real", "real", id="relative entries"),
        pytest.param("~/bin:@real", "real", id="a tilde that nobody expanded"),
        pytest.param("@real/:@elsewhere", "real", id="a slash at the end"),
        pytest.param("/nowhere/at/all:@real", "real", id="a folder that is not there"),
        pytest.param("@empty:", "recorded", id="nothing but the recorded one"),
        pytest.param("", "recorded", id="an empty PATH"),
        pytest.param(None, "recorded", id="no PATH"),
        pytest.param(":::", "recorded", id="only empty entries"),
    ],
)
def test_path(machine: Machine, folders: str | None, found: str) -> None:
    """PATH without ourselves comes first, then the recorded uv; relative entries are ignored."""
    _furnish(machine)
    machine.set("PATH", None if folders is None else folders.replace("@", machine.root + "/"))
    result = machine.call(b"x")
    assert (result.stdout, result.stderr) == (machine.path(f"{found}/uv"), "")


def test_the_wish_comes_first(machine: Machine) -> None:
    """UVLOCAL_UV takes precedence over PATH; an empty one is ignored, a relative one is valid."""
    _furnish(machine)
    for wish, found in (
        (machine.path("elsewhere/uv"), machine.path("elsewhere/uv")),
        ("", machine.path("real/uv")),
        ("elsewhere/uv", machine.path("elsewhere/uv")),
        ("uv", machine.path("uv")),
    ):
        machine.set("UVLOCAL_UV", wish)
        started = os.path.join(machine.root, machine.call().stdout)
        assert os.path.normpath(started) == found


@pytest.mark.parametrize(
    ("wish", "why"),
    [
        pytest.param("@nowhere/uv", "does not exist", id="not there"),
        pytest.param("nowhere", "does not exist", id="a bare name is not looked for on PATH"),
        pytest.param("@plain/uv", "is not an executable file", id="not executable"),
        pytest.param("@directory/uv", "is not an executable file", id="a directory"),
        pytest.param("@dangling/uv", "is not an executable file", id="a dangling link"),
        pytest.param("@shims/uv", "is uvlocal's own shim", id="the shim itself"),
        pytest.param("@absolute-link/uv", "is uvlocal's own shim", id="a link to the shim"),
        pytest.param("@copy/uv", "is uvlocal's own shim", id="a copy of the shim"),
    ],
)
def test_a_wish_that_cannot_be_fulfilled(machine: Machine, wish: str, why: str) -> None:
    """A UVLOCAL_UV that is not a uv is an error; it is not silently replaced."""
    _furnish(machine)
    wish = wish.replace("@", machine.root + "/")
    machine.set("UVLOCAL_UV", wish)
    result = machine.call()
    assert (result.code, result.stdout) == (127, "")
    assert result.stderr == (
        f"error: `UVLOCAL_UV` names `{wish}`, which {why}\n\n"
        "hint: set `UVLOCAL_UV` to the path of the real uv, or unset it\n"
    )


def test_no_uv_at_all(machine: Machine) -> None:
    """Without a real uv a shim fails with 127, and prints every place tried and what to do."""
    _furnish(machine)
    machine.configure(uv="/nowhere/recorded/uv")
    folders = ["shims", "empty", "plain", "directory", "dangling", "copy"]
    machine.set("PATH", ":".join(["bin", *(machine.path(name) for name in folders), ""]))

    result = machine.call()

    assert (result.code, result.stdout) == (127, "")
    assert result.stderr.replace(machine.root, "{root}") == (
        "error: no uv found in any of these places:\n"
        "  {root}/shims/uv (is uvlocal's own shim)\n"
        "  {root}/empty/uv\n"
        "  {root}/plain/uv (is not an executable file)\n"
        "  {root}/directory/uv (is not an executable file)\n"
        "  {root}/dangling/uv (is not an executable file)\n"
        "  {root}/copy/uv (is uvlocal's own shim)\n"
        "  /nowhere/recorded/uv\n\n"
        f"hint: {INSTALL}, or set `UVLOCAL_UV` to the path of the real uv\n"
    )


def test_no_place_to_look(machine: Machine) -> None:
    """The message makes sense even if there was no place to search."""
    os.unlink(machine.conf)
    machine.set("PATH", ":bin:")
    machine.set("UVLOCAL_QUIET", "1")
    result = machine.call()
    assert result.code == 127
    assert result.stderr == (
        "error: no uv found in any of these places:\n  `PATH` has no usable folder\n\n"
        f"hint: {INSTALL}, or set `UVLOCAL_UV` to the path of the real uv\n"
    )


@pytest.fixture
def uvx(machine: Machine) -> str:
    """Return the path of the shim's twin `uvx`, on a machine without Python."""
    machine.without_python()
    with open(machine.shim, "rb") as file:
        return machine.put("shims/uvx", file.read())


@pytest.mark.parametrize(
    ("programs", "variables", "found"),
    [
        pytest.param(["real/uvx", "b/uvx"], {}, "real/uvx", id="beside-uv"),
        pytest.param(["b/uvx"], {}, "b/uvx", id="on-path"),
        pytest.param(["a/uvx", "a/uv", "real/uvx"], {}, "a/uvx", id="beside-the-first-uv"),
        pytest.param(["real/uvx"], {"PATH": None}, "real/uvx", id="beside-the-recorded-uv"),
        pytest.param(["b/uvx", "real/uvx"], {"UVLOCAL_UV": "b/uv"}, "b/uvx", id="beside-the-wish"),
        pytest.param([], {}, "", id="nowhere"),
        pytest.param(["real/uvx"], {"UVLOCAL_UV": "gone"}, "", id="a-wish-that-leads-nowhere"),
    ],
)
def test_uvx(
    machine: Machine,
    uvx: str,
    programs: list[str],
    variables: dict[str, str | None],
    found: str,
) -> None:
    """By its own name the launcher becomes the uvx beside the real uv, or on PATH."""
    for name in [*programs, "b/uv"]:
        machine.put(name, machine.program)
    machine.set("PATH", ":".join(map(machine.path, ("shims", "a", "real", "b"))))
    for name, value in variables.items():
        machine.set(name, value if name == "PATH" or value is None else machine.path(value))
    result = machine.call(b"ty", b"check", argv=[b"uvx", b"ty", b"check"], program=uvx)
    assert machine.became() == ("uv" if found else "nothing")
    assert result.code == (0 if found else 127)
    if found:
        record = machine.recorded()
        assert record.arguments[1:] == [b"ty", b"check"]
        assert sys.platform != "linux" or record.program == [machine.path(found).encode()]
    elif "UVLOCAL_UV" not in variables:
        assert result.stderr.startswith("error: no uvx found")


def test_a_uv_that_cannot_be_started(native: Machine) -> None:
    """A broken uv on PATH is skipped for the next one."""
    native.without_python()
    native.put("broken/uv", b"#!/nowhere/at/all\n")
    native.set("PATH", f"{native.path('broken')}:{native.path('real')}")
    assert (native.call().code, native.became()) == (0, "uv")

    native.set("PATH", native.path("broken"))
    native.configure()
    result = native.call()
    assert result.code == 127
    assert f"\n  {native.path('broken/uv')} (cannot be started)\n" in result.stderr


@needs_root
def test_a_launcher_that_cannot_be_read(public_machine: Machine) -> None:
    """A launcher that can be executed but not read still recognises itself."""
    public_machine.without_python()
    os.chmod(public_machine.shim, 0o711)  # noqa: S103 - others must be able to start it
    folders = [public_machine.path("shims"), public_machine.path("real")]
    public_machine.set("PATH", ":".join(folders))
    public_machine.call(orders=["user 12345"])
    assert public_machine.became() == "uv"
    assert (public_machine.recorded().value("UVLOCAL_LOOP") or "")[-4:] == ":1:1"


def test_a_very_long_path(native: Machine) -> None:
    """A PATH of tens of thousands of folders is searched completely, and reported."""
    native.without_python()
    native.configure()
    native.set("PATH", ":".join(["/x"] * 40000))
    result = native.call()
    assert result.code == 127
    assert result.stderr.count("\n  /x/uv") == 40000


def test_the_configuration_is_beside_the_real_file(machine: Machine) -> None:
    """Called through a link, from any directory, a shim finds its own folder."""
    machine.link("bin/first", "second")
    machine.link("bin/second", "../shims/uv")
    assert machine.call(program=machine.path("bin/first")).stderr == ""
    assert machine.became() == "python"
    assert machine.recorded().arguments[8] == machine.shim.encode()


def test_called_by_a_relative_path(machine: Machine) -> None:
    """Called by a relative path, as from a relative PATH entry, a shim finds its own folder."""
    os.makedirs(machine.path("decoy/shims"))
    machine.set("CDPATH", machine.path("decoy"))
    machine.call(program="shims/uv", orders=[f"chdir {machine.root.encode().hex()}"])
    assert machine.became() == "python"
    assert machine.recorded().arguments[8] == machine.shim.encode()


@needs_root
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has /proc")
def test_without_proc(native: Machine) -> None:
    """Without /proc the launcher still finds itself."""
    native.put(
        "shims/uvlocal-launcher.conf", b"uvlocal 1\npython /python/python\npackage /package\n"
    )
    native.set("UVLOCAL_TEST_RECORD", "/record")
    orders = [f"chroot {native.root.encode().hex()}", f"chdir {b'/shims'.hex()}"]
    for program in ("/shims/uv", "uv", "../shims/./uv"):
        native.call(program=program, orders=orders)
        assert native.recorded().arguments[8] == b"/shims/uv"
        os.unlink(native.record)


# -- what uv gets ----------------------------------------------------------------------------------


def test_the_environment_byte_for_byte(native: Machine) -> None:
    """The variables reach uv in order, with odd names, duplicates and entries without `=`."""
    native.without_python()
    native.environ += [
        b"INPUT_NODE-VERSION=20",
        b"BASH_FUNC_x%%=() {  :\n}",
        b"no equals sign",
        b"",
        b"=starts with it",
        b"TWICE=1",
        b"TWICE=2",
        b"IFS=x",
        b"PWD=/wrong",
        b"LATIN=\xe9\xff",
        b"EMPTY=",
        b"UVLOCAL_SETTING=not a mark",
    ]
    result = native.call()
    assert result.code == 0
    loop = f"UVLOCAL_LOOP={result.pid}:1:1".encode()
    assert native.recorded().variables == [*native.environ, loop]


def test_an_empty_environment(native: Machine) -> None:
    """A call without any variables reaches Python, with UVLOCAL_LOOP only."""
    native.environ = []
    native.configure(
        python=native.put("python/python", b"#!/bin/sh\nenv\n"), package=native.package
    )
    result = native.call()
    assert f"UVLOCAL_LOOP={result.pid}:1:1" in result.stdout.splitlines()


@pytest.mark.parametrize("name", ["uv", "python"])
def test_the_same_process(machine: Machine, name: str) -> None:
    """The shim becomes the program: the process, exit code, directory and umask stay the same."""
    if name == "uv":
        machine.without_python()
    machine.set("UVLOCAL_TEST_END", "37")
    os.mkdir(machine.path("cwd"))

    result = machine.call(orders=[f"chdir {machine.path('cwd').encode().hex()}", "umask 23"])

    record = machine.recorded()
    assert (result.code, machine.became()) == (37, name)
    assert record.pid == [result.pid]
    assert record.cwd == [machine.path("cwd").encode()]
    assert record.umask == [23]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL, signal.SIGINT])
def test_death_by_a_signal(machine: Machine, number: signal.Signals) -> None:
    """If a signal kills uv, the caller sees that, whoever sent it."""
    machine.without_python()
    machine.set("UVLOCAL_TEST_END", f"s{int(number)}")
    assert machine.call().code == -number
    os.unlink(machine.record)

    machine.set("UVLOCAL_TEST_END", "w")
    process = machine.start()
    while not os.path.exists(machine.record):
        assert process.poll() is None
        time.sleep(0.001)
    process.send_signal(number)
    process.communicate(timeout=60)
    assert process.returncode == -number


def test_signals_reach_uv_as_they_were(native: Machine) -> None:
    """uv inherits ignored and blocked signals, even after a warning."""
    os.unlink(native.python)
    numbers = {signal.SIGPIPE, signal.SIGXFSZ, signal.SIGINT, signal.SIGHUP}
    assert native.call(orders=[f"ignore {int(number)}" for number in numbers]).stderr != ""
    assert native.recorded().ignored == numbers
    assert native.call(orders=[f"block {int(number)}" for number in numbers]).stderr != ""
    assert (native.recorded().ignored, native.recorded().blocked) == (set(), numbers)


@pytest.mark.parametrize("name", ["uv", "python"])
@pytest.mark.parametrize(
    ("orders", "expected"),
    [
        pytest.param([], {0, 1, 2}, id="all three"),
        pytest.param(["close 0"], {1, 2}, id="no stdin"),
        pytest.param(["close 1"], {0, 2}, id="no stdout"),
        pytest.param(["close 2"], {0, 1}, id="no stderr"),
        pytest.param(["close 0", "close 1", "close 2"], set(), id="none"),
        pytest.param(["open 3", "open 9"], {0, 1, 2, 3, 9}, id="more"),
    ],
)
def test_descriptors(machine: Machine, name: str, orders: list[str], expected: set[int]) -> None:
    """Open descriptors stay open, closed ones closed, and none is added."""
    if name == "uv":
        os.unlink(machine.python)  # causes a warning, on a stderr that may be closed
    assert machine.call(orders=orders).code == 0
    assert (machine.became(), machine.recorded().open) == (name, expected)


def test_a_reader_that_has_gone(machine: Machine) -> None:
    """A closed pipe instead of stderr stops neither the warning's writer nor uv."""
    os.unlink(machine.python)
    reader, writer = os.pipe()
    os.close(reader)
    try:
        assert machine.call(stderr=writer).code == 0
    finally:
        os.close(writer)
    assert machine.became() == "uv"
    assert signal.SIGPIPE not in machine.recorded().ignored


# -- restoring the user's variables ----------------------------------------------------------------


@pytest.mark.parametrize("name", contract.MANAGED)
@pytest.mark.parametrize(
    "values",  # the current value, ours, the user's; the expected one
    [
        pytest.param(("/ours", "/ours", None, None), id="ours goes"),
        pytest.param(("/ours", "/ours", "/theirs", "/theirs"), id="theirs comes back"),
        pytest.param(("/ours", "/ours", "", ""), id="theirs was empty"),
        pytest.param(("/new", "/ours", "/theirs", "/new"), id="changed since, so theirs"),
        pytest.param((None, "/ours", "/theirs", None), id="taken away since"),
        pytest.param(("", "", None, None), id="we set it empty"),
        pytest.param(("", "/ours", None, ""), id="made empty since"),
        pytest.param(("/theirs", None, None, "/theirs"), id="never ours"),
        pytest.param(("/theirs", None, "/stray", "/theirs"), id="half a mark"),
        pytest.param(("/a'b $x \udcff\n", "/a'b $x \udcff\n", "`y` \\", "`y` \\"), id="odd bytes"),
    ],
)
def test_restore(machine: Machine, name: str, values: tuple[str | None, ...]) -> None:
    """Before uv starts, the variables of an outer call are restored, and no others."""
    now, set_to, had, left = values
    machine.without_python()
    machine.set("OTHER", "1")
    machine.set(name, now)
    machine.set(f"UVLOCAL_SET_{name}", set_to)
    machine.set(f"UVLOCAL_HAD_{name}", had)
    machine.call()
    record = machine.recorded()
    assert record.value(name) == left
    assert record.value(f"UVLOCAL_SET_{name}") is None
    assert record.value(f"UVLOCAL_HAD_{name}") is None
    assert record.value("OTHER") == "1"


# -- a Python that fails ---------------------------------------------------------------------------


def _cut_off(machine: Machine) -> None:
    path = machine.path("package/uvlocal/shim/launch.py")
    os.truncate(path, os.path.getsize(path) // 2)


def _without_its_end(machine: Machine) -> None:
    """Write a `main` that returns without doing anything."""
    with open(machine.path("package/uvlocal/shim/launch.py"), "a", encoding="utf-8") as file:
        file.write("\ndef main():\n    pass\n")


def _without(name: str) -> Callable[[Machine], object]:
    return lambda machine: os.unlink(machine.path(f"package/uvlocal/{name}"))


def _failing(name: str) -> Callable[[Machine], object]:
    def fail(machine: Machine) -> None:
        with open(machine.path(f"package/uvlocal/{name}"), "a", encoding="utf-8") as file:
            file.write("\nraise RuntimeError('damaged')\n")

    return fail


#: Ways to damage a package, and the expected report.
DAMAGES = [
    pytest.param(_cut_off, "damaged", id="launch.py cut off"),
    pytest.param(_without_its_end, "damaged", id="main comes back"),
    pytest.param(_failing("shim/launch.py"), "damaged", id="launch.py fails"),
    pytest.param(_without("shim/uv/handover.py"), "damaged", id="a module is missing"),
    pytest.param(_failing("__init__.py"), "damaged", id="__init__ fails"),
    pytest.param(_failing("shim/machine/early_os.py"), "damaged", id="a module fails"),
    pytest.param(lambda machine: shutil.rmtree(machine.package), "gone", id="package gone"),
]


def _install(machine: Machine) -> Machine:
    """Set up a real Python and a complete package; PATH points to no uv there."""
    made = shutil.ignore_patterns("__pycache__", "launchers", "manage")
    source = os.path.dirname(os.path.abspath(uvlocal.__file__))
    shutil.rmtree(machine.package)
    shutil.copytree(source, machine.path("package/uvlocal"), ignore=made)
    machine.configure(
        python=os.path.realpath(sys.executable), package=machine.package, uv=machine.real
    )
    machine.set("PATH", machine.path("shims"))
    machine.set("HOME", machine.root)
    return machine


@pytest.fixture
def installed(machine: Machine) -> Machine:
    """Return a machine whose uv only the configuration names, with each shim in turn."""
    return _install(machine)


def test_a_whole_package(installed: Machine) -> None:
    """An undamaged package causes no report, so that the tests below show damage."""
    assert installed.call(*ODD).stderr == ""
    assert installed.recorded().arguments[1:] == ODD


@pytest.mark.parametrize(("damage", "what"), DAMAGES)
def test_a_damaged_package(
    installed: Machine, damage: Callable[[Machine], object], what: str
) -> None:
    """With a damaged package, the uv in the configuration runs, and one line says why."""
    damage(installed)
    installed.set("VIRTUAL_ENV", "/ours")
    installed.set("UVLOCAL_SET_VIRTUAL_ENV", "/ours")
    result = installed.call(*ODD)
    assert (result.code, result.stdout) == (0, "")
    assert result.stderr == (
        f"warning: uvlocal's package in `{installed.package}` is {what}; "
        "running the real uv unchanged\n"
        "hint: run `uvlocal install` to repair this, "
        f"or delete `{installed.shim}` to remove the shim\n"
    )
    record = installed.recorded()
    assert record.arguments[1:] == ODD
    assert record.pid == [result.pid]
    assert record.value("UVLOCAL_FAILED") is None
    assert record.value("VIRTUAL_ENV") is None
    installed.set("UVLOCAL_QUIET", "1")
    assert installed.call().stderr == ""


def test_a_damaged_package_under_trace(installed: Machine) -> None:
    """Whoever asks why sees where the package failed."""
    _failing("shim/launch.py")(installed)
    installed.set("UVLOCAL_TRACE", "1")
    assert "RuntimeError: damaged\nwarning: uvlocal's package" in installed.call().stderr
    installed.set("UVLOCAL_TRACE", "0")
    assert "RuntimeError" not in installed.call().stderr


@pytest.mark.parametrize("locale", [None, "C", "", "C.UTF-8", "\udcff\n"])
@pytest.mark.parametrize(
    "ignored", [(), (signal.SIGPIPE,), (signal.SIGXFSZ, signal.SIGINT)], ids=str
)
@pytest.mark.parametrize(
    "damage", [_cut_off, _without("shim/uv/handover.py")], ids=["first", "later"]
)
def test_a_failed_python_leaves_no_trace(
    native: Machine,
    damage: Callable[[Machine], object],
    ignored: tuple[int, ...],
    locale: str | None,
) -> None:
    """Signals, LC_CTYPE and all other variables are unchanged."""
    installed = _install(native)
    damage(installed)
    installed.set("LC_CTYPE", locale)
    installed.environ += [b"no equals sign", b"TWICE=1", b"TWICE=2", b"odd-name=\xff"]
    result = installed.call(orders=[f"ignore {int(number)}" for number in ignored])
    record = installed.recorded()
    assert (record.ignored, record.blocked, record.open) == (set(ignored), set(), {0, 1, 2})
    loop = f"UVLOCAL_LOOP={result.pid}:2:1".encode()
    assert record.variables == [*installed.environ, loop]


def test_a_failed_python_is_not_tried_again(installed: Machine) -> None:
    """A shim that Python executed again runs uv, whatever its Python would do now."""
    installed.set("UVLOCAL_FAILED", "")
    result = installed.call()
    assert (result.code, installed.became()) == (0, "uv")
    assert "is damaged; running the real uv" in result.stderr
    assert installed.recorded().value("UVLOCAL_FAILED") is None


@pytest.mark.parametrize("argv", [[], [b""], [b"", b"x"]])
def test_a_damaged_package_and_no_name(installed: Machine, argv: list[bytes]) -> None:
    """A call without a name, which Python refuses to pass on, reaches uv too."""
    _cut_off(installed)
    assert installed.call(argv=argv).code == 0
    assert installed.recorded().arguments[1:] == argv[1:]


def test_a_damaged_package_and_no_uv(installed: Machine) -> None:
    """If there is no uv either, that is reported, with the exit code of a shell."""
    _cut_off(installed)
    os.unlink(installed.real)
    result = installed.call()
    assert (result.code, installed.became()) == (127, "nothing")
    assert "error: no uv found in any of these places:\n" in result.stderr


def test_a_damaged_package_and_a_loop(installed: Machine) -> None:
    """A uv that starts the shim again is still detected."""
    _cut_off(installed)
    installed.set("UVLOCAL_TEST_END", "r" + installed.shim)
    result = installed.call()
    assert result.code == 127
    assert "error: endless loop" in result.stderr


# -- the guard against loops -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(None, "{pid}:1:1", id="the first pass"),
        pytest.param(":1:1", "{pid}:2:1", id="this process again"),
        pytest.param(":4:7", "{pid}:5:7", id="for the fifth time"),
        pytest.param(":0:0", "{pid}:1:1", id="a count that no shim leaves"),
        pytest.param("1:5:3", "{pid}:1:4", id="another process, nested"),
        pytest.param("1:1:99", "{pid}:1:100", id="as deep as uv allows"),
        pytest.param("", "{pid}:1:1", id="empty"),
        pytest.param("1", "{pid}:1:1", id="too short"),
        pytest.param("1:2:", "{pid}:1:1", id="a number missing"),
        pytest.param("1:2:3:4", "{pid}:1:1", id="too long"),
        pytest.param("1:2:-3", "{pid}:1:1", id="negative"),
        pytest.param("1:2: 3", "{pid}:1:1", id="a space"),
        pytest.param("1:2:0x99", "{pid}:1:1", id="hexadecimal"),
        pytest.param("1:2:99999999999999999999999", "{pid}:1:1", id="too large"),
        pytest.param("a\n:\udcff:c", "{pid}:1:1", id="no numbers"),
    ],
)
def test_loop_count(machine: Machine, before: str | None, after: str) -> None:
    """UVLOCAL_LOOP counts this process's passes and the depth of calls; garbage is ignored."""
    orders = []
    if before is not None and before[:1] == ":":
        orders = [f"loop {before}"]
    else:
        machine.set("UVLOCAL_LOOP", before)
    result = machine.call(orders=orders)
    assert machine.recorded().value("UVLOCAL_LOOP") == after.format(pid=result.pid)


@pytest.mark.parametrize(
    ("counted", "deepest"),
    [
        pytest.param("1", 100, id="within-one"),
        pytest.param("100", 199, id="uv's-own-limit"),
        pytest.param("3000", 3099, id="a-limit-of-the-user"),
        pytest.param("x", 99, id="no-number"),
        pytest.param("99999999999999999999", 99, id="too-large"),
    ],
)
def test_what_uv_counts_is_left_to_uv(machine: Machine, counted: str, deepest: int) -> None:
    """uv stops `uv run` that starts itself, with a message of its own, before we do."""
    machine.set("UV_RUN_RECURSION_DEPTH", counted)
    machine.set("UVLOCAL_LOOP", f"1:1:{deepest}")
    assert machine.call().code == 0
    machine.set("UVLOCAL_LOOP", f"1:1:{deepest + 1}")
    assert machine.call().code == 127


@pytest.mark.parametrize(
    ("loop", "tells"),
    [
        pytest.param(":5:1", "which starts the shim again", id="the sixth pass"),
        pytest.param(":1:101", "and calls are nested more than 100 deep", id="too deep again"),
        pytest.param("1:1:100", "and calls are nested more than 100 deep", id="too deep"),
    ],
)
def test_loop_message(machine: Machine, loop: str, tells: str) -> None:
    """An endless loop ends with 127, and the message names both files."""
    orders = []
    if loop[0] == ":":
        orders = [f"loop {loop}"]
    else:
        machine.set("UVLOCAL_LOOP", loop)
    result = machine.call(orders=orders)
    assert (result.code, result.stdout, machine.became()) == (127, "", "nothing")
    assert result.stderr.replace(machine.root, "{root}") == (
        "error: endless loop: `{root}/shims/uv` starts `{root}/real/uv`, "
        f"{tells}\n\n"
        "hint: check what `{root}/real/uv` starts, "
        "or set `UVLOCAL_UV` to the path of the real uv\n"
    )


def test_a_loop_of_two_programs_ends(machine: Machine) -> None:
    """A wrapper of uv that starts the shim again is detected after a few rounds."""
    machine.without_python()
    machine.set("UVLOCAL_TEST_END", "r" + machine.shim)
    result = machine.call(b"x")
    assert result.code == 127
    assert f"`{machine.shim}` starts `{machine.real}`, which starts the shim" in result.stderr
    assert machine.recorded().value("UVLOCAL_LOOP") == f"{result.pid}:5:1"


def test_a_loop_without_a_uv(machine: Machine) -> None:
    """If something else causes the loop and there is no uv, the message says so."""
    machine.set("PATH", "")
    machine.configure(python=machine.python, package=machine.package)
    result = machine.call(orders=["loop :5:1"])
    assert (result.code, result.stderr[:22]) == (127, "error: no uv found in ")


# -- the file itself -------------------------------------------------------------------------------


def test_the_launcher_carries_the_marker(machine: Machine) -> None:
    """The launcher is small and contains the marker, so that other shims recognise it."""
    with open(machine.shim, "rb") as file:
        content = file.read()
    assert MARKER in content
    assert len(content) <= 64 * 1024


@pytest.mark.skipif(STRACE == "", reason="needs strace")
def test_the_launcher_starts_no_process(native: Machine, tmp_path: Path) -> None:
    """The launcher calls `execve` once and starts no process, whatever it becomes."""
    for quiet in (False, True):
        if quiet:
            native.without_python()
        trace = str(tmp_path / "trace")
        environ = dict(entry.split(b"=", 1) for entry in native.environ)
        command = [STRACE, "-f", "-o", trace, "-e", "trace=process", native.shim, "x"]
        subprocess.run(
            command, env={**environ, b"PATH": os.fsencode(native.path("real"))}, check=True
        )
        with open(trace, encoding="utf-8", errors="replace") as file:
            calls = [line.split()[1].split("(")[0] for line in file]
        assert calls.count("execve") == 2  # strace's own, then the launcher's
        assert not {"fork", "vfork", "clone", "clone3"} & set(calls)
