"""The launchers in a wheel, and the build hook that compiles them."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import struct
import subprocess
import sys
import tarfile
import zipfile
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
from support.hosts import launchers
from support.hosts.launchers import MARKER, hook
from support.tools import fetched

import uvlocal

if TYPE_CHECKING:
    from pathlib import Path

TARGETS = list(hook.TARGETS)

every_target = pytest.mark.parametrize("name", TARGETS)


def content_of(name: str) -> bytes:
    """Return the launcher for a target."""
    with open(launchers.launcher(name), "rb") as file:
        return file.read()


# -- the launchers ---------------------------------------------------------------------------------


def test_what_is_built() -> None:
    """A wheel serves two processors on each of three systems, and five more on Linux."""
    everywhere = {
        f"{system}-{processor}"
        for system in ("linux", "macos", "windows")
        for processor in ("x86_64", "aarch64")
    }
    more = {f"linux-{name}" for name in ("arm", "i686", "ppc64le", "riscv64", "s390x")}
    assert set(TARGETS) == everywhere | more


@every_target
def test_size_and_marker(name: str) -> None:
    """Every launcher is small, and contains the marker as bytes."""
    content = content_of(name)
    # On macOS sections begin at multiples of the 16 KiB page of its arm64 kernel.
    assert len(content) <= (80 if name.startswith("macos-") else 48) * 1024
    assert MARKER in content


@every_target
def test_no_path_of_the_build_machine(name: str) -> None:
    """No launcher contains the path where it was built."""
    content = content_of(name)
    for path in (fetched.SOURCE, os.path.expanduser("~"), sys.prefix):
        assert os.fsencode(path) not in content


@pytest.mark.parametrize(
    ("name", "bits", "order", "machine"),
    [
        pytest.param("linux-x86_64", 64, "<", 62, id="x86_64"),
        pytest.param("linux-aarch64", 64, "<", 183, id="arm64"),
        pytest.param("linux-arm", 32, "<", 40, id="arm"),
        pytest.param("linux-i686", 32, "<", 3, id="i686"),
        pytest.param("linux-ppc64le", 64, "<", 21, id="ppc64le"),
        pytest.param("linux-riscv64", 64, "<", 243, id="riscv64"),
        pytest.param("linux-s390x", 64, ">", 22, id="s390x"),
    ],
)
def test_linux(name: str, bits: int, order: str, machine: int) -> None:
    """A Linux launcher is a static ELF program whose stack cannot be executed."""
    content = content_of(name)
    wide = bits == 64
    assert content[:7] == b"\x7fELF" + bytes([1 + wide, 1 + (order == ">"), 1])
    kind, processor = struct.unpack_from(f"{order}HH", content, 16)
    assert (kind in (2, 3), processor) == (True, machine)
    (table,) = struct.unpack_from(f"{order}{'Q' if wide else 'I'}", content, 32 if wide else 28)
    size, count = struct.unpack_from(f"{order}HH", content, 54 if wide else 42)
    places = [table + size * at for at in range(count)]
    kinds = [struct.unpack_from(f"{order}I", content, place)[0] for place in places]
    interpreter, stack, executable = 3, 0x6474E551, 1
    assert interpreter not in kinds
    (flags,) = struct.unpack_from(f"{order}I", content, places[kinds.index(stack)] + 24 - 20 * wide)
    assert flags & executable == 0


@pytest.mark.parametrize(
    ("name", "options"),
    [
        pytest.param("linux-arm", ["-cpu", "arm1176"], id="the oldest arm"),
        pytest.param("linux-i686", [], id="32 bits"),
        pytest.param("linux-s390x", [], id="the other byte order"),
    ],
)
def test_it_runs_elsewhere(name: str, options: list[str], tmp_path: Path) -> None:
    """A launcher for another processor becomes the real uv there, in an emulator."""
    processor = {"i686": "i386"}.get(name[6:], name[6:])
    emulator = shutil.which(f"qemu-{processor}")
    if emulator is None or sys.platform != "linux":
        pytest.skip(f"qemu-{processor} (Debian's qemu-user) is not installed")
    uv = tmp_path / "uv"
    uv.write_text('#!/bin/sh\necho "real uv $*"\n')
    uv.chmod(0o755)
    result = subprocess.run(
        [emulator, *options, launchers.launcher(name), "--version"],
        env={"PATH": str(tmp_path), "UVLOCAL_QUIET": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (result.returncode, result.stdout, result.stderr) == (0, "real uv --version\n", "")


def _load_commands(content: bytes) -> list[tuple[int, bytes]]:
    (count,) = struct.unpack_from("<I", content, 16)
    at, commands = 32, []
    for _ in range(count):
        command, size = struct.unpack_from("<II", content, at)
        commands.append((command, content[at : at + size]))
        at += size
    return commands


@pytest.mark.parametrize(
    ("name", "processor"),
    [
        pytest.param("macos-x86_64", 0x01000007, id="x86_64"),
        pytest.param("macos-aarch64", 0x0100000C, id="arm64"),
    ],
)
def test_macos(name: str, processor: int) -> None:
    """A macOS launcher is a Mach-O program for macOS 11 that needs the system's library alone.

    It has a UUID: the loader of recent systems refuses programs without one.
    """
    content = content_of(name)
    magic, found, _, kind = struct.unpack_from("<IIII", content)
    assert (magic, found, kind) == (0xFEEDFACF, processor, 2)
    commands = _load_commands(content)
    libraries = [data[24:].rstrip(b"\0") for command, data in commands if command == 0xC]
    assert libraries == [b"/usr/lib/libSystem.B.dylib"]
    (version,) = (data for command, data in commands if command == 0x32)
    system, oldest = struct.unpack_from("<II", version, 8)
    assert (system, oldest) == (1, 11 << 16)
    (uuid,) = (data[8:] for command, data in commands if command == 0x1B)
    assert len(uuid) == 16
    assert any(uuid)


@pytest.mark.parametrize("name", ["macos-x86_64", "macos-aarch64"])
def test_macos_signature(name: str) -> None:
    """A macOS launcher has a valid ad-hoc signature, which arm64 requires."""
    content = content_of(name)
    signatures = [data for command, data in _load_commands(content) if command == 0x1D]
    if name == "macos-x86_64" and not signatures:
        return  # only arm64 requires one
    ((_, _, start, _),) = (struct.unpack("<IIII", data) for data in signatures)
    magic, _, count = struct.unpack_from(">III", content, start)
    assert magic == 0xFADE0CC0
    blobs = dict(struct.unpack_from(">II", content, start + 12 + 8 * at) for at in range(count))
    directory = start + blobs[0]
    magic, _, _, flags, hashes, _, _, slots, limit = struct.unpack_from(">9I", content, directory)
    hash_size, hash_kind, _, page = struct.unpack_from(">4B", content, directory + 36)
    assert (magic, flags & 2, hash_size, hash_kind) == (0xFADE0C02, 2, 32, 2)
    assert limit == start
    for slot in range(slots):
        piece = content[slot << page : min((slot + 1) << page, limit)]
        at = directory + hashes + slot * hash_size
        assert content[at : at + hash_size] == hashlib.sha256(piece).digest()


def _sections(content: bytes) -> list[tuple[int, int, int, int]]:
    """Return size in memory, address, size and place of each section of a Windows program."""
    (header,) = struct.unpack_from("<I", content, 0x3C)
    (count,) = struct.unpack_from("<H", content, header + 6)
    (optional_size,) = struct.unpack_from("<H", content, header + 20)
    first = header + 24 + optional_size + 8
    return [struct.unpack_from("<IIII", content, first + 40 * at) for at in range(count)]


def _offset(content: bytes, address: int) -> int:
    """Return where in the file of a Windows program something stands that has an address."""
    for size, start, _, raw in _sections(content):
        if start <= address < start + size:
            return raw + address - start
    raise AssertionError(address)


def _resources(content: bytes) -> dict[int, dict[int, bytes]]:
    """Return the resources of a Windows program, by type and number, in the first language."""
    (header,) = struct.unpack_from("<I", content, 0x3C)
    (address,) = struct.unpack_from("<I", content, header + 24 + 112 + 16)
    root = _offset(content, address)

    def entries(at: int) -> list[tuple[int, int]]:
        named, numbered = struct.unpack_from("<HH", content, root + at + 12)
        assert named == 0
        places = [root + at + 16 + 8 * index for index in range(numbered)]
        pairs = [struct.unpack_from("<II", content, place) for place in places]
        return [(number, where & 0x7FFFFFFF) for number, where in pairs]

    def data(at: int) -> bytes:
        start, size = struct.unpack_from("<II", content, root + entries(at)[0][1])
        return content[_offset(content, start) :][:size]

    return {
        kind: {number: data(below) for number, below in entries(place)}
        for kind, place in entries(0)
    }


@pytest.mark.parametrize("name", ["windows-x86_64", "windows-aarch64"])
def test_windows_resources(name: str) -> None:
    """A Windows launcher tells what it is and whose version, takes long paths, and is UTF-8."""
    resources = _resources(content_of(name))
    manifest, version = 24, 16
    assert {kind: list(found) for kind, found in resources.items()} == {manifest: [1], version: [1]}
    root = ET.fromstring(resources[manifest][1])  # noqa: S314 - our own
    said = {element.tag.rpartition("}")[2]: element.text for element in root.iter()}
    assert (said["longPathAware"], said["activeCodePage"]) == ("true", "UTF-8")
    numbers = [*map(int, re.findall(r"\d+", uvlocal.__version__)), 0]
    about = resources[version][1]
    (fixed,) = (at for at in range(len(about)) if about[at : at + 4] == b"\xbd\x04\xef\xfe")
    for place in (8, 16):  # of the file, of the product
        high, low = struct.unpack_from("<II", about, fixed + place)
        assert [high >> 16, high & 0xFFFF, low >> 16, low & 0xFFFF] == numbers
    text = about.decode("utf-16-le", "replace")
    for key, value in (
        ("FileVersion", uvlocal.__version__),
        ("ProductVersion", uvlocal.__version__),
        ("ProductName", "uvlocal"),
        ("OriginalFilename", "uv.exe"),
    ):
        assert re.search(f"{key}\0+{re.escape(value)}\0", text)


@pytest.mark.parametrize(
    ("name", "machine"),
    [
        pytest.param("windows-x86_64", 0x8664, id="x86_64"),
        pytest.param("windows-aarch64", 0xAA64, id="arm64"),
    ],
)
def test_windows(name: str, machine: int) -> None:
    """A Windows launcher is a console program that needs only what every Windows has."""
    content = content_of(name)
    (header,) = struct.unpack_from("<I", content, 0x3C)
    assert (content[:2], content[header : header + 4]) == (b"MZ", b"PE\0\0")
    (processor,) = struct.unpack_from("<H", content, header + 4)
    optional = header + 24
    (magic,) = struct.unpack_from("<H", content, optional)
    subsystem, features = struct.unpack_from("<HH", content, optional + 68)
    assert (processor, magic, subsystem) == (machine, 0x20B, 3)
    high_entropy, dynamic_base, no_execute = 0x20, 0x40, 0x100
    wanted = high_entropy | dynamic_base | no_execute
    assert features & wanted == wanted

    (imports,) = struct.unpack_from("<I", content, optional + 112 + 8)
    place, libraries = _offset(content, imports), []
    while name_at := struct.unpack_from("<I", content, place + 12)[0]:
        library = content[_offset(content, name_at) :].split(b"\0", 1)[0]
        libraries.append(library.lower())
        place += 20
    assert libraries == [b"kernel32.dll", b"advapi32.dll"]


@every_target
def test_reproducible(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same source gives the same bytes, whatever the folder and the state of the cache."""
    monkeypatch.setenv("ZIG_LOCAL_CACHE_DIR", str(tmp_path / "cache"))
    source = os.path.join(fetched.SOURCE, hook.SOURCE)
    copy = shutil.copytree(os.path.dirname(source), tmp_path / "other")
    hook.compile_program(name, str(copy / os.path.basename(source)), str(tmp_path / "out" / "uv"))
    assert (tmp_path / "out" / "uv").read_bytes() == content_of(name)


# -- what is built when ----------------------------------------------------------------------------


class Compiler:
    """Replaces the compiler: creates a launcher from its source, and counts."""

    def __init__(self) -> None:
        self.compiled: list[str] = []

    def __call__(self, name: str, source: str, output: str) -> None:
        """Write a launcher whose bytes are its name and its source."""
        self.compiled.append(name)
        os.makedirs(os.path.dirname(output), exist_ok=True)
        with open(source, "rb") as file, open(output, "wb") as made:
            made.write(name.encode() + file.read())


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Return a source tree that holds a launcher's source."""
    (tmp_path / "shims" / "launcher").mkdir(parents=True)
    (tmp_path / "shims" / "launcher" / "launcher.c").write_text("first")
    (tmp_path / "src" / "uvlocal" / "shim").mkdir(parents=True)
    (tmp_path / "src" / "uvlocal" / "shim" / "contract.py").write_text('WORD = "x"\n')
    return tmp_path


@pytest.fixture
def compiler(monkeypatch: pytest.MonkeyPatch) -> Compiler:
    """Replace the compiler with one that counts."""
    compiler = Compiler()
    monkeypatch.setattr(hook, "compile_program", compiler)
    return compiler


def build_again(tree: Path, compiler: Compiler) -> list[str]:
    """Build, and return what was compiled for it, in the order in which it was said."""
    compiler.compiled.clear()
    said: list[str] = []
    hook.build(str(tree), said.append)
    names = [line.split(" ")[2].rstrip(":") for line in said]
    assert sorted(names) == sorted(compiler.compiled)
    return names


def test_nothing_is_built_twice(tree: Path, compiler: Compiler) -> None:
    """A second build compiles nothing, and leaves the files as they are."""
    assert build_again(tree, compiler) == TARGETS
    folder = tree / "src" / "uvlocal" / "launchers"
    names = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert names == {".stamp", "COPYRIGHT.musl"} | {
        f"{name}/{hook.file_name(name)}" for name in TARGETS
    }
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    assert build_again(tree, compiler) == []
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before


def test_another_source(tree: Path, compiler: Compiler) -> None:
    """A changed source or changed flags recompile everything."""
    build_again(tree, compiler)
    (tree / "shims" / "launcher" / "launcher.c").write_text("second")
    assert build_again(tree, compiler) == TARGETS
    assert (tree / hook.FOLDER / "linux-x86_64" / "uv").read_text() == "linux-x86_64second"


@pytest.mark.parametrize("name", ["more.c", "more.h"])
def test_another_part(tree: Path, compiler: Compiler, name: str) -> None:
    """Included files count like the source itself: a new file, and changed content."""
    for content in ("", "something"):
        build_again(tree, compiler)
        (tree / "shims" / "launcher" / name).write_text(content)
        assert build_again(tree, compiler) == TARGETS


def test_what_c_and_python_have_in_common(tree: Path, compiler: Compiler) -> None:
    """The header is generated from the module, beside the source, and counts as part of it."""
    assert build_again(tree, compiler) == TARGETS
    header = tree / "shims" / "launcher" / "contract.h"
    assert '#define WORD "x"\n' in header.read_text()
    header.write_text("")
    assert build_again(tree, compiler) == []
    (tree / "src" / "uvlocal" / "shim" / "contract.py").write_text("NUMBER = 4 * 1024\n")
    assert build_again(tree, compiler) == TARGETS
    assert "#define NUMBER 4096\n" in header.read_text()


def test_text_in_the_header(tmp_path: Path) -> None:
    """Text reaches C as it is in Python, with quotes, backslashes and newlines."""
    text = '"a"\n\\b\'\n'
    (tmp_path / "module.py").write_text(
        f"import sys\nTEXT = {text!r}\nBOTH = (TEXT, 'c')\n_X = 1\n"
    )
    header = hook.shared_header(str(tmp_path / "module.py"))
    assert header.count("#define") == 2
    source = tmp_path / "program.c"
    source.write_text(
        f"#include <stdio.h>\n{header}\n#define EACH(text) fputs(text, stdout);\n"
        "int main(void) { fputs(TEXT, stdout); BOTH(EACH) return 0; }\n"
    )
    program = str(tmp_path / hook.file_name(launchers.host()))
    hook.compile_program(launchers.host(), str(source), program)
    assert subprocess.run([program], capture_output=True, check=True).stdout == (
        f"{text}{text}c".replace("\n", os.linesep).encode()
    )


def test_other_flags(tree: Path, compiler: Compiler, monkeypatch: pytest.MonkeyPatch) -> None:
    """Other flags recompile everything."""
    build_again(tree, compiler)
    monkeypatch.setattr(hook, "_FLAGS", ("-O0",))
    assert build_again(tree, compiler) == TARGETS


@pytest.mark.parametrize("damage", ["gone", "changed"])
def test_one_launcher_damaged(tree: Path, compiler: Compiler, damage: str) -> None:
    """Only a launcher that is missing or modified is compiled again."""
    build_again(tree, compiler)
    launcher = tree / hook.FOLDER / "macos-aarch64" / "uv"
    if damage == "gone":
        launcher.unlink()
    else:
        launcher.write_bytes(b"something else")
    assert build_again(tree, compiler) == ["macos-aarch64"]
    assert launcher.read_text() == "macos-aarch64first"


@pytest.mark.parametrize("stamp", [b"", b"\xff\xfe", b"x y z\n" * 9, b"\n\n"])
def test_a_damaged_stamp(tree: Path, compiler: Compiler, stamp: bytes) -> None:
    """An invalid stamp recompiles everything."""
    build_again(tree, compiler)
    (tree / hook.FOLDER / ".stamp").write_bytes(stamp)
    assert build_again(tree, compiler) == TARGETS


def test_some_launchers_only(tree: Path, compiler: Compiler) -> None:
    """A build of one target leaves the others for later."""
    hook.build(str(tree), lambda _: None, ["linux-aarch64"])
    assert compiler.compiled == ["linux-aarch64"]
    assert build_again(tree, compiler) == [name for name in TARGETS if name != "linux-aarch64"]


def test_a_source_with_a_mistake(tmp_path: Path) -> None:
    """A failed build names the target, shows the compiler's output, and leaves no file."""
    source = tmp_path / "wrong.c"
    source.write_text("int main(void) { return nothing; }\n")
    with pytest.raises(RuntimeError, match=r"(?s)no launcher for macos-aarch64.*'nothing'"):
        hook.compile_program("macos-aarch64", str(source), str(tmp_path / "out" / "uv"))
    assert list((tmp_path / "out").iterdir()) == []


def test_a_warning_is_a_mistake(tmp_path: Path) -> None:
    """The compiler's warnings fail the build."""
    source = tmp_path / "careless.c"
    source.write_text("int main(void) { int unused; return 0; }\n")
    with pytest.raises(RuntimeError, match="unused"):
        hook.compile_program("windows-x86_64", str(source), str(tmp_path / "out" / "uv.exe"))


def test_the_compiler_is_not_installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """If a build requirement is missing, the message names it."""
    monkeypatch.setattr(hook.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(RuntimeError, match="`ziglang`, a build requirement, is not installed"):
        hook.compile_program("windows-x86_64", "launcher.c", str(tmp_path / "out" / "uv.exe"))


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        pytest.param({"XDG_CACHE_HOME": "{root}/xdg"}, "{root}/xdg/uvlocal-build/", id="XDG"),
        pytest.param({"HOME": "{root}/home"}, "{root}/home/.cache/uvlocal-build/", id="home"),
        pytest.param({"HOME": "/dev/null/home"}, "{tmp}/uvlocal-build/", id="no home"),
        pytest.param(
            {"ZIG_GLOBAL_CACHE_DIR": "/g/global", "ZIG_LOCAL_CACHE_DIR": "/g/local"},
            "/g/",
            id="the user's own",
        ),
    ],
)
@pytest.mark.skipif(sys.platform == "win32", reason="home is another variable there")
def test_caches_lie_outside_the_source(
    environ: dict[str, str], expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The compiler's caches go into a cache folder of the user, never into the source tree."""
    monkeypatch.setattr(hook.tempfile, "gettempdir", lambda: str(tmp_path / "tmp"))
    for name in ("XDG_CACHE_HOME", "ZIG_GLOBAL_CACHE_DIR", "ZIG_LOCAL_CACHE_DIR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value.format(root=tmp_path))
    found = hook._compiler_environment()
    expected = expected.format(root=tmp_path, tmp=tmp_path / "tmp")
    assert found["ZIG_GLOBAL_CACHE_DIR"] == expected + "global"
    assert found["ZIG_LOCAL_CACHE_DIR"] == expected + "local"


# -- packing ---------------------------------------------------------------------------------------


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a copy of what a build of the project needs, without any launcher."""
    root = tmp_path / "project"
    (root / "src" / "uvlocal").mkdir(parents=True)
    for name in ("pyproject.toml", "hatch_build.py", "README.md", "LICENSE"):
        shutil.copy(os.path.join(fetched.SOURCE, name), root / name)
    made = shutil.ignore_patterns("contract.h")
    shutil.copytree(os.path.join(fetched.SOURCE, "shims"), root / "shims", ignore=made)
    for name in ("__init__.py", "shim/contract.py"):
        source = os.path.join(fetched.SOURCE, "src", "uvlocal", name)
        os.makedirs(os.path.dirname(root / "src" / "uvlocal" / name), exist_ok=True)
        shutil.copy(source, root / "src" / "uvlocal" / name)
    return root


def pack(project: Path, how: str, **environ: str) -> tuple[str, str]:
    """Build the project by PEP 517 and 660; return the file and the output."""
    code = f"import sys, hatchling.build as b; sys.stdout.write(b.build_{how}(sys.argv[1]))"
    result = subprocess.run(
        [sys.executable, "-c", code, str(project / "dist")],
        cwd=project,
        env={**fetched.ENVIRONMENT, **environ},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return str(project / "dist" / result.stdout.splitlines()[-1]), result.stderr


LAUNCHERS = {f"uvlocal/launchers/{name}/{hook.file_name(name)}" for name in TARGETS}


def test_a_wheel_carries_all_launchers(project: Path) -> None:
    """One wheel for every system has all launchers; missing ones are built."""
    launchers.build_all(str(project))
    missing = project / "src" / "uvlocal" / "launchers" / "windows-aarch64"
    shutil.rmtree(missing)
    wheel, said = pack(project, "wheel")
    assert wheel.endswith("-py3-none-any.whl")
    with zipfile.ZipFile(wheel) as file:
        names = set(file.namelist())
        assert LAUNCHERS | {"uvlocal/shims/uv.sh"} <= names
        assert not [name for name in names if name.endswith((".c", ".h"))]
        assert b"musl" in file.read("uvlocal/launchers/COPYRIGHT.musl")
        for name in ("linux-x86_64", "windows-aarch64"):
            path = f"uvlocal/launchers/{name}/{hook.file_name(name)}"
            assert file.read(path) == content_of(name)
    assert [name for name in TARGETS if f"launcher for {name}: " in said] == ["windows-aarch64"]


def test_an_editable_wheel_has_its_launcher_in_the_tree(project: Path) -> None:
    """An editable installation has this machine's launcher alone, in the source tree."""
    wheel, said = pack(project, "editable")
    assert wheel.endswith("-py3-none-any.whl")
    assert said.count("launcher for ") == 1
    made = {f"uvlocal/launchers/{path.name}" for path in (project / hook.FOLDER).glob("*-*")}
    assert made == {f"uvlocal/launchers/{launchers.host()}"}
    [name] = [name for name in LAUNCHERS if launchers.host() in name]
    assert (project / "src" / name).read_bytes() == content_of(launchers.host())


def test_a_build_in_place_makes_one_launcher(project: Path) -> None:
    """`python hatch_build.py` makes this machine's launcher, and no other."""
    subprocess.run([sys.executable, "hatch_build.py"], cwd=project, check=True)
    assert [path.name for path in (project / hook.FOLDER).glob("*-*")] == [launchers.host()]


@pytest.mark.parametrize(("machine", "expected"), [("x86_64", ["linux-x86_64"]), ("mips64", [])])
def test_own_target(machine: str, expected: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """If no launcher fits, none is built, and that is not an error."""
    monkeypatch.setattr(hook, "target_of", lambda: f"linux-{machine}")
    assert hook.own_target() == expected


def test_an_sdist_needs_no_compiler(project: Path, tmp_path: Path) -> None:
    """An sdist holds the sources, no launcher, and is packed without the compiler."""
    broken = tmp_path / "broken" / "ziglang"
    broken.mkdir(parents=True)
    (broken / "__init__.py").write_text("raise RuntimeError\n")
    (broken / "__main__.py").write_text("raise RuntimeError\n")
    stale = project / "src" / "uvlocal" / "launchers" / "linux-x86_64" / "uv"
    stale.parent.mkdir(parents=True)
    stale.write_bytes(b"stale")

    sdist, said = pack(project, "sdist", PYTHONPATH=str(broken.parent))

    with tarfile.open(sdist) as file:
        names = {name.partition("/")[2] for name in file.getnames()}
    sources = {f"shims/launcher/{path.name}" for path in (project / "shims/launcher").iterdir()}
    assert sources <= names
    assert {"shims/uv.sh", "hatch_build.py", "pyproject.toml"} <= names
    assert not [name for name in names if "launchers" in name]
    assert "launcher for" not in said
