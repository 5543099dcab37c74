"""Build the native launchers for a wheel, and fill in the metadata of a release.

Any machine can build them for every target, with the compiler in the package `ziglang`. A wheel to
distribute gets all of them, an editable one only this machine's: the compiler's first build for a
target takes minutes. An sdist contains only the source and needs no compiler.
`python hatch_build.py` builds this machine's launcher in place.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import os
import platform
import re
import runpy
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from hatchling.builders.config import BuilderConfig
from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from hatchling.metadata.plugin.interface import MetadataHookInterface

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

#: The directory of each launcher, and the compiler's name of its target. With musl, Linux launchers
#: do not need the machine's C library; macOS 11 is the first that runs on both processors. The
#: launcher for arm runs on ARMv6 (Raspberry Pi 1 and Zero) and on every ARMv7: by default the
#: compiler uses vector instructions (NEON) that some lack.
TARGETS = {
    "linux-x86_64": "x86_64-linux-musl",
    "linux-aarch64": "aarch64-linux-musl",
    "linux-arm": "arm-linux-musleabihf -mcpu=arm1176jzf_s",
    "linux-i686": "x86-linux-musl",
    "linux-ppc64le": "powerpc64le-linux-musl",
    "linux-riscv64": "riscv64-linux-musl",
    "linux-s390x": "s390x-linux-musl",
    "macos-x86_64": "x86_64-macos.11.0",
    "macos-aarch64": "aarch64-macos.11.0",
    "windows-x86_64": "x86_64-windows-gnu",
    "windows-aarch64": "aarch64-windows-gnu",
}
#: Python's names of systems and processors if they differ from those in `TARGETS`; as in
#: `uvlocal.manage.installation.shim_dir`, which chooses the launcher.
_SYSTEMS = {"darwin": "macos", "win32": "windows"}
_PROCESSORS = {
    "amd64": "x86_64",
    "arm64": "aarch64",
    "armv6l": "arm",
    "armv7l": "arm",
    "armv8l": "arm",
    "x64": "x86_64",
}

#: Optimise for size: a launcher mostly does system calls.
_FLAGS = (
    "-std=gnu11",
    "-Oz",
    "-s",
    "-fno-asynchronous-unwind-tables",
    "-fno-unwind-tables",
    "-Wall",
    "-Wextra",
    "-Werror",
)
#: No room for more load commands, which would take macOS launchers another page.
_MACOS_FLAGS = ("-Wl,-headerpad,20",)
#: Windows launchers use no C library, and define their own entry point.
_WINDOWS_FLAGS = ("-ffreestanding", "-nostdlib", "-lkernel32", "-ladvapi32", "-Wl,--entry=start")
#: The compiler's copy of the Windows headers, which `-nostdlib` removes from the search path.
_WINDOWS_HEADERS = ("lib", "libc", "include", "any-windows-any")

#: What a launcher is made of: C, and the resources of Windows programs (`launcher.rc`).
_PARTS = (".c", ".h", ".rc", ".manifest")

SOURCE = os.path.join("shims", "launcher", "launcher.c")
#: The header of constants shared by C and Python, generated from a module.
SHARED = os.path.join("shims", "launcher", "contract.h")
_SHARED_MODULE = os.path.join("src", "uvlocal", "shim", "contract.py")
FOLDER = os.path.join("src", "uvlocal", "launchers")
#: The file with a hash of the launchers' sources. It may end up in a wheel, which does no harm.
STAMP = ".stamp"
#: The notice that must accompany musl, which is linked into Linux launchers.
NOTICE = "COPYRIGHT.musl"
_MUSL_NOTICE = ("lib", "libc", "musl", "COPYRIGHT")


class CustomBuildHook(BuildHookInterface[BuilderConfig]):
    """The hook of hatchling: compiles the launchers for a wheel or an editable install."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - its interface
        """Build missing or outdated launchers; `version` is the kind of wheel."""
        if self.target_name == "wheel":
            names = own_target() if version == "editable" else TARGETS
            build(self.root, self.app.display_info, names)


class CustomMetadataHook(MetadataHookInterface):
    """The hook of hatchling for the description and the URLs of the project."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Fill in the metadata; `UVLOCAL_REPOSITORY` is the URL of the published source."""
        metadata.update(description_of(self.root, os.environ.get("UVLOCAL_REPOSITORY", "")))


def description_of(root: str, repository: str) -> dict[str, Any]:
    """Return the README for a package index, and the URLs of the project.

    An index resolves no relative links, so they become links into the repository, at the tag of
    this version.

    Args:
        root: the source tree.
        repository: the address of the repository at GitHub, "" where there is none (yet); the
            links stay as they are then.
    """
    with open(os.path.join(root, "README.md"), encoding="utf-8") as file:
        text = file.read()
    repository = repository.rstrip("/")
    urls = {}
    if repository:
        with open(os.path.join(root, "src", "uvlocal", "__init__.py"), encoding="utf-8") as file:
            [version] = re.findall(r'^__version__ = "(.+)"$', file.read(), re.MULTILINE)
        tag = f"v{version}"
        relative = r"\]\((?![a-z]+:|#)"
        text = re.sub(rf"(!\[[^\]]*){relative}", rf"\1]({repository}/raw/{tag}/", text)
        text = re.sub(relative, f"]({repository}/blob/{tag}/", text)
        urls = {
            "Source": repository,
            "Documentation": f"{repository}/tree/{tag}/docs",
            "Changelog": f"{repository}/blob/{tag}/CHANGELOG.md",
            "Issues": f"{repository}/issues",
        }
    return {"readme": {"content-type": "text/markdown", "text": text}, "urls": urls}


def build(root: str, say: Callable[[str], object], names: Iterable[str] = TARGETS) -> None:
    """Build the missing or outdated launchers of the source tree at `root`.

    Args:
        root: the source tree; the launchers go into `src/uvlocal/launchers/<name>/`.
        say: called with a line for each launcher built.
        names: which of `TARGETS`.
    """
    source = os.path.join(root, SOURCE)
    folder = os.path.join(root, FOLDER)
    write_shared(root)
    made_from = fingerprint(*parts_of(source))
    stamped = _read_stamp(folder, made_from)
    paths = {name: os.path.join(folder, name, file_name(name)) for name in names}
    missing = [name for name, path in paths.items() if _digest_of(path) != stamped.get(name)]

    def compile_one(name: str) -> float:
        began = time.monotonic()
        compile_program(name, source, paths[name])
        return time.monotonic() - began

    # The compiler uses one core.
    pool = ThreadPoolExecutor(os.cpu_count())
    try:
        for name, seconds in zip(missing, pool.map(compile_one, missing), strict=True):
            if name.startswith("linux-"):
                notice = os.path.join(_compiler(), *_MUSL_NOTICE)
                shutil.copyfile(notice, os.path.join(folder, NOTICE))
            stamped[name] = _digest_of(paths[name])
            _write_stamp(folder, made_from, stamped)
            say(f"launcher for {name}: {os.path.getsize(paths[name])} bytes, {seconds:.1f} s")
    finally:
        pool.shutdown(cancel_futures=True)


def target_of(platform_name: str = sys.platform, machine: str = "") -> str:
    """Return the name of a machine's target, if there is one."""
    machine = (machine or platform.machine()).lower()
    system = _SYSTEMS.get(platform_name, platform_name)
    return f"{system}-{_PROCESSORS.get(machine, machine)}"


def own_target() -> list[str]:
    """Return a list with the name of this machine's target, if there is one."""
    return [name for name in TARGETS if name == target_of()]


def file_name(name: str) -> str:
    """Return the file name of a target's launcher."""
    return "uv.exe" if name.startswith("windows-") else "uv"


def write_shared(root: str) -> None:
    """Write the header of shared constants if it is missing or outdated."""
    text = shared_header(os.path.join(root, _SHARED_MODULE)).encode("ascii")
    path = os.path.join(root, SHARED)
    try:
        with open(path, "rb") as file:
            if file.read() == text:
                return
    except OSError:
        pass
    _write(path, text)


def shared_header(module: str) -> str:
    """Return the uppercase names of a module that imports nothing, as a C header.

    Text becomes a literal; a tuple of text becomes a macro that applies another macro to each of
    its literals.
    """
    lines = ["/* Made by `hatch_build.py` of `src/uvlocal/shim/contract.py`. */", ""]
    for name, value in runpy.run_path(module).items():
        if not name.isupper() or name.startswith("_"):
            continue
        if isinstance(value, tuple):
            each = " ".join(f"EACH({_literal(text)})" for text in value)
            lines.append(f"#define {name}(EACH) {each}")
        else:
            lines.append(f"#define {name} {_literal(value) if isinstance(value, str) else value}")
    return "\n".join([*lines, ""])


def _literal(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def parts_of(source: str) -> list[str]:
    """Return the files beside a source file, which it may include."""
    folder = os.path.dirname(source)
    names = [name for name in sorted(os.listdir(folder)) if name.endswith(_PARTS)]
    return [os.path.join(folder, name) for name in names]


def fingerprint(*sources: str) -> str:
    """Return a hash of everything that a launcher is built from: sources, flags, compiler."""
    recipe = repr(
        [sorted(TARGETS.items()), _FLAGS, _MACOS_FLAGS, _WINDOWS_FLAGS, _compiler_version()]
    )
    digest = hashlib.sha256(recipe.encode())
    for source in sources:
        with open(source, "rb") as file:
            content = file.read()
        digest.update(f"\n{os.path.basename(source)} {len(content)}\n".encode() + content)
    return digest.hexdigest()


def compile_program(name: str, source: str, output: str) -> None:
    """Compile one C file into a program for the target `name`.

    The program is renamed when it is complete, so that concurrent builds do no harm. The compiler
    runs in its own directory, so that its cache also works for the other copies of it that isolated
    builds unpack.

    Raises:
        RuntimeError: the compiler failed; the message contains its output.
    """
    os.makedirs(os.path.dirname(output), exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".", dir=os.path.dirname(output)) as draft:
        made = os.path.join(draft, os.path.basename(output))
        target = TARGETS[name].split()
        command = [sys.executable, "-m", "ziglang", "cc", "-target", *target, *_FLAGS]
        sources = [os.path.abspath(source)]
        if name.startswith("windows-"):
            resources = os.path.splitext(sources[0])[0] + ".rc"
            sources += [resources] if os.path.exists(resources) else []
            command += [*_WINDOWS_FLAGS, "-isystem", os.path.join(_compiler(), *_WINDOWS_HEADERS)]
        if name.startswith("macos-"):
            command += _MACOS_FLAGS
        result = subprocess.run(
            [*command, "-o", os.path.abspath(made), *sources],
            cwd=_compiler(),
            env=_compiler_environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
        if result.returncode != 0:
            msg = f"no launcher for {name}:\n{result.stdout}"
            raise RuntimeError(msg)
        os.replace(made, output)


def _compiler() -> str:
    """Return the directory of the package `ziglang`."""
    found = importlib.util.find_spec("ziglang")
    if found is None or not found.submodule_search_locations:
        msg = "the package `ziglang`, a build requirement, is not installed"
        raise RuntimeError(msg)
    return found.submodule_search_locations[0]


def _compiler_version() -> str:
    try:
        return importlib.metadata.version("ziglang")
    except importlib.metadata.PackageNotFoundError:
        return ""


def _compiler_environment() -> dict[str, str]:
    """Return the environment for the compiler, with its caches outside the source tree.

    The compiler builds its C library once per target, which takes most of the time of a first
    build; builds from other source trees and versions use the same cache.
    """
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    cache = os.path.join(base, "uvlocal-build")
    try:
        os.makedirs(cache, exist_ok=True)
    except OSError:  # a build without a home directory still works
        cache = os.path.join(tempfile.gettempdir(), "uvlocal-build")
    own = {
        "ZIG_GLOBAL_CACHE_DIR": os.path.join(cache, "global"),
        "ZIG_LOCAL_CACHE_DIR": os.path.join(cache, "local"),
    }
    return own | dict(os.environ)


def _read_stamp(folder: str, made_from: str) -> dict[str, str]:
    """Return the digests of the launchers built from these sources, by name."""
    try:
        with open(os.path.join(folder, STAMP), encoding="ascii") as file:
            first, *lines = file.read().splitlines() or [""]
    except (OSError, ValueError):
        return {}
    pairs = [line.split(" ") for line in lines if line.count(" ") == 1]
    return dict(pairs) if first == made_from else {}


def _write_stamp(folder: str, made_from: str, stamped: dict[str, str]) -> None:
    lines = [made_from, *(f"{name} {digest}" for name, digest in sorted(stamped.items()))]
    _write(os.path.join(folder, STAMP), "\n".join([*lines, ""]).encode("ascii"))


def _write(path: str, content: bytes) -> None:
    """Write a file atomically, for concurrent builds."""
    with tempfile.TemporaryDirectory(prefix=".", dir=os.path.dirname(path)) as draft:
        beside = os.path.join(draft, os.path.basename(path))
        with open(beside, "wb") as file:
            file.write(content)
        os.replace(beside, path)


def _digest_of(path: str) -> str:
    try:
        with open(path, "rb") as file:
            return hashlib.sha256(file.read()).hexdigest()
    except OSError:
        return ""


if __name__ == "__main__":
    root = os.path.dirname(os.path.abspath(__file__))
    build(root, lambda line: sys.stderr.write(f"{line}\n"), own_target())
