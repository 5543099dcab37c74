"""How long `uvlocal scan` takes and how much memory, over 2,000 projects with 200,000 files.

    python benchmarks/scan.py [PROJECTS] [FILES]

builds such a tree in a temporary folder, scans it in a process of its own, and prints time and
memory beside the stated limits; the exit code is 1 where one is exceeded. The tree has just been
written, so the disk's own cache is warm: what is measured is uvlocal's work.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time

#: The stated limits for the default tree: seconds, and MiB of resident memory.
SECONDS, MEMORY = 30.0, 100.0
PROJECTS, FILES = 2_000, 200_000

_SCAN = """
import resource, sys, time
from uvlocal.manage.scan import Scanner
start = time.perf_counter()
found = Scanner().scan(None)
seconds = time.perf_counter() - start
unit = 1 if sys.platform == "darwin" else 1024
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
print(len(found.projects), found.files, seconds, peak)
"""


def build(root: str, projects: int, files: int) -> None:
    """Write projects with an environment each, in folders as real ones have."""
    each = files // projects
    for number in range(projects):
        project = os.path.join(root, f"team{number // 50}", f"project{number}")
        packages = os.path.join(project, ".venv", "lib", "python3.12", "site-packages")
        write(os.path.join(project, "pyproject.toml"), f'[project]\nname = "p{number}"\n')
        write(os.path.join(project, "src", "package", "__init__.py"), "")
        write(os.path.join(project, ".venv", "pyvenv.cfg"), "version_info = 3.12.1\n")
        for module in range(each - 1):
            write(os.path.join(packages, f"package{module // 10}", f"module{module}.py"), "")


def write(path: str, content: str) -> None:
    """Write a file and its folders."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(content)


def main(projects: int = PROJECTS, files: int = FILES) -> int:
    """Build, scan, compare with the limits."""
    with tempfile.TemporaryDirectory(prefix="uvlocal-scan-") as folder:
        home = os.path.realpath(folder)
        dropbox = os.path.join(home, "Dropbox")
        write(os.path.join(home, ".dropbox", "info.json"), json.dumps({"a": {"path": dropbox}}))
        start = time.perf_counter()
        build(dropbox, projects, files)
        print(
            f"built {projects:,} projects, {files:,} files in {time.perf_counter() - start:.1f} s"
        )
        result = subprocess.run(
            [sys.executable, "-c", _SCAN],
            env={"HOME": home, "PATH": os.defpath, "PYTHONPATH": os.pathsep.join(sys.path)},
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
    found, counted, seconds, peak = map(float, result.stdout.split())
    if (found, counted) != (projects, files):
        print(f"found {found:.0f} projects and {counted:.0f} files instead")
        return 1
    memory = peak / 1024 / 1024
    print(f"scan  {seconds:5.1f} s    limit {SECONDS:.0f} s")
    print(f"      {memory:5.1f} MiB  limit {MEMORY:.0f} MiB")
    return int(seconds > SECONDS or memory > MEMORY)


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
