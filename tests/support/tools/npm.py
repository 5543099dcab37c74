"""Programs whose official packages are on npm, unpacked into the test cache."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile

from support.tools import fetched


def program(package: str, version: str, member: str) -> str:
    """Return the path of one program of a package for x86-64 Linux, "" where it cannot be had.

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
                env=fetched.ENVIRONMENT,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=300,
                check=True,
            )
            [found] = os.listdir(draft)
            with tarfile.open(os.path.join(draft, found)) as archive:
                archive.extract(f"package/{member}", draft, filter="data")
            os.replace(os.path.join(draft, "package", member), os.path.join(folder, name))
        os.chmod(os.path.join(folder, name), 0o755)  # noqa: S103 - a program is for everybody

    try:
        return os.path.join(fetched.provide(f"{name}-{version}-from-npm", make), name)
    except (OSError, subprocess.SubprocessError, ValueError):
        return ""
