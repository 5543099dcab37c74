"""Programs whose official packages are on npm, unpacked into the test cache."""

from __future__ import annotations

import io
import os
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile

from support.tools import fetched


def program(package: str, version: str, member: str) -> str:
    """Return the path of a program in a package for x86-64 Linux, or "" if it is unavailable.

    Args:
        package: the package's name.
        version: its version.
        member: the program's path in the package.
    """
    npm = shutil.which("npm")
    if npm is None or (sys.platform, platform.machine()) != ("linux", "x86_64"):
        return ""
    name = os.path.basename(member)

    def make(folder: str) -> None:
        fetched.tell(f"fetching {name} {version}")
        with tempfile.TemporaryDirectory(dir=folder) as draft:
            subprocess.run(
                [npm, "pack", "--silent", f"{package}@{version}"],
                cwd=draft,
                # By default npm has its cache in HOME, which must not change.
                env={**fetched.ENVIRONMENT, "npm_config_cache": os.path.join(folder, "npm")},
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=300,
                check=True,
            )
            [found] = os.listdir(draft)
            # Not every Python 3.11 supports the filters of `extract`.
            with (
                tarfile.open(os.path.join(draft, found)) as archive,
                archive.extractfile(f"package/{member}") or io.BytesIO() as source,
                open(os.path.join(folder, name), "wb") as target,
            ):
                shutil.copyfileobj(source, target)
        shutil.rmtree(os.path.join(folder, "npm"), ignore_errors=True)
        os.chmod(os.path.join(folder, name), 0o755)  # noqa: S103 - a program must be executable

    try:
        return os.path.join(fetched.provide(f"{name}-{version}-from-npm", make), name)
    except (OSError, subprocess.SubprocessError, ValueError):
        return ""
