"""A real Nushell for the tests: its official npm package, unpacked into the test cache."""

from __future__ import annotations

import functools
import io
import os
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile

from support.tools import fetched

VERSION = "0.115.1"


@functools.cache
def path() -> str:
    """Return the path of Nushell, "" where there is none and none can be fetched."""
    here = shutil.which("nu")
    if here:
        return here
    npm = shutil.which("npm")
    if npm is None or (sys.platform, platform.machine()) != ("linux", "x86_64"):
        return ""

    def make(folder: str) -> None:
        fetched.tell(f"fetching nushell {VERSION}")
        with tempfile.TemporaryDirectory(dir=folder) as draft:
            package = f"@nushell/linux-x64@{VERSION}"
            subprocess.run(
                [npm, "pack", "--silent", package],
                cwd=draft,
                # By default npm keeps a cache in HOME, which is to stay as it was.
                env={**fetched.ENVIRONMENT, "npm_config_cache": os.path.join(folder, "npm")},
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=300,
                check=True,
            )
            [name] = os.listdir(draft)
            with (
                tarfile.open(os.path.join(draft, name)) as archive,
                archive.extractfile("package/bin/nu") or io.BytesIO() as source,
                open(os.path.join(folder, "nu"), "wb") as program,
            ):
                shutil.copyfileobj(source, program)
        shutil.rmtree(os.path.join(folder, "npm"), ignore_errors=True)
        os.chmod(os.path.join(folder, "nu"), 0o755)  # noqa: S103 - a program is for everybody

    try:
        return os.path.join(fetched.provide(f"nushell-{VERSION}", make), "nu")
    except (OSError, subprocess.SubprocessError, ValueError):
        return ""
