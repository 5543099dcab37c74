"""The real uv in several versions, as wheels from the package index, unpacked into the test cache.

`path(version)` returns the binary. A run uses the newest version; with `UVLOCAL_TEST_UV=all` all of
`ERAS`, and all of `VERSIONS` for tests that only compare uv's results with ours; with a
comma-separated list the given ones.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import zipfile

from support.tools import fetched

#: The last version of each era: the oldest supported, no target discovery, unknown preview features
#: are errors, central environments, and the newest.
ERAS = ("0.5.9", "0.7.20", "0.9.30", "0.11.33", "0.13.9")
#: Those, and one of each other minor version that changed uv's commands or options.
VERSIONS = ("0.5.9", "0.7.20", "0.8.24", "0.9.30", "0.10.12", "0.11.33", "0.12.24", "0.13.9")
NEWEST = VERSIONS[-1]

_BINARY = "uv.exe" if sys.platform == "win32" else "uv"


def selected(versions: tuple[str, ...] = ERAS) -> tuple[str, ...]:
    """Return those of some versions that this test run uses."""
    wish = fetched.ENVIRONMENT.get("UVLOCAL_TEST_UV", "")
    if wish == "all":
        return versions
    return (NEWEST,) if wish in ("", "newest") else tuple(wish.split(","))


def path(version: str) -> str:
    """Return the absolute path of a version's uv, alone in its directory."""

    def make(folder: str) -> None:
        fetched.tell(f"fetching uv {version}")
        with tempfile.TemporaryDirectory(dir=folder) as wheels:
            fetched.pip(
                "download", "--no-deps", "--only-binary", ":all:", "-d", wheels, f"uv=={version}"
            )
            [wheel] = os.listdir(wheels)
            _unpack(os.path.join(wheels, wheel), os.path.join(folder, _BINARY))

    return os.path.join(fetched.provide(f"uv-{version}-{fetched.MACHINE}", make), _BINARY)


def beside_uvx(version: str) -> str:
    """Return the absolute path of a version's uv, with its uvx in the same directory."""

    def make(folder: str) -> None:
        fetched.tell(f"fetching uvx {version}")
        shutil.copy2(path(version), os.path.join(folder, _BINARY))
        with tempfile.TemporaryDirectory(dir=folder) as wheels:
            fetched.pip(
                "download", "--no-deps", "--only-binary", ":all:", "-d", wheels, f"uv=={version}"
            )
            [wheel] = os.listdir(wheels)
            name = _BINARY.replace("uv", "uvx")
            _unpack(os.path.join(wheels, wheel), os.path.join(folder, name))

    return os.path.join(fetched.provide(f"uv-{version}-uvx-{fetched.MACHINE}", make), _BINARY)


def version(path: str) -> tuple[int, ...]:
    """Return the version of a binary that `path` returned, from its directory's name."""
    name = os.path.basename(os.path.dirname(path))
    return tuple(map(int, name.split("-")[1].split(".")))


def _unpack(wheel: str, target: str) -> None:
    """Extract the wheel's binary with the name of `target` to `target`."""
    binary = os.path.basename(target)
    with zipfile.ZipFile(wheel) as archive:
        [member] = [name for name in archive.namelist() if name.endswith(f"/scripts/{binary}")]
        with archive.open(member) as source, open(target, "wb") as copy:
            shutil.copyfileobj(source, copy)
    os.chmod(target, 0o755)  # noqa: S103 - a program must be executable
