"""How long `uvlocal scan` takes and how much memory, over 200 projects with 200,000 files.

The tree has just been written, so the disk's own cache is warm: what is measured is uvlocal's work.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from timing import Way, compared, measure, within

if TYPE_CHECKING:
    from collections.abc import Callable

#: Into so many folders the projects are divided; some of them make a smaller tree.
_TEAMS = 8

_SCAN = """
import resource, sys, time
from uvlocal.manage.projects.scan import Scanner
start = time.perf_counter()
found = Scanner().scan(None)
seconds = time.perf_counter() - start
unit = 1 if sys.platform == "darwin" else 1024
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
print(len(found.projects), found.files, seconds, peak)
"""


def build(root: str, projects: int, files: int) -> None:
    """Write projects with an environment each, laid out like real ones."""
    each = files // projects
    for number in range(projects):
        project = os.path.join(root, f"team{number * _TEAMS // projects}", f"project{number}")
        packages = os.path.join(project, ".venv", "lib", "python3.12", "site-packages")
        write(os.path.join(project, "pyproject.toml"), f'[project]\nname = "p{number}"\n')
        write(os.path.join(project, "src", "package", "__init__.py"), "")
        write(os.path.join(project, ".venv", "pyvenv.cfg"), "version_info = 3.12.1\n")
        for module in range(each - 1):
            write(os.path.join(packages, f"package{module // 10}", f"module{module}.py"), "")


_ENTRY_POINT = """\
#!{python}
# -*- coding: utf-8 -*-
import sys
from uvlocal.manage.commands.main import main
if __name__ == "__main__":
    if sys.argv[0].endswith("-script.pyw"):
        sys.argv[0] = sys.argv[0][:-11]
    elif sys.argv[0].endswith(".exe"):
        sys.argv[0] = sys.argv[0][:-4]
    sys.exit(main())
"""


def entry_point(folder: str) -> str:
    """Write the command `uvlocal` as `uv tool install` does; return its path.

    The scripts of older versions of pip import `re`, which takes half as long as starting Python.
    """
    path = os.path.join(folder, "bin", "uvlocal")
    write(path, _ENTRY_POINT.format(python=sys.executable))
    os.chmod(path, 0o700)
    return path


def write(path: str, content: str) -> None:
    """Write a file and its folders."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(content)


def measured(
    folder: str, projects: int, files: int, rounds: int, tell: Callable[[str], None]
) -> dict[str, Any]:
    """Return seconds and MiB of a scan of so many projects with so many files in all.

    The whole command is measured against `du -s` of the same tree as well, in `rounds`, and over
    parts of the tree.

    Raises:
        RuntimeError: the scan did not find what is there.
    """
    home = os.path.join(os.path.realpath(folder), "scan")
    dropbox = os.path.join(home, "Dropbox")
    write(os.path.join(home, ".dropbox", "info.json"), json.dumps({"a": {"path": dropbox}}))
    tell(f"writing {files:,} files")
    build(dropbox, projects, files)
    tell("scanning them")
    result = subprocess.run(
        [sys.executable, "-c", _SCAN],
        env={"HOME": home, "PATH": os.defpath, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    found, counted, seconds, peak = map(float, result.stdout.split())
    if (found, counted) != (projects, files):
        raise RuntimeError(f"found {found:.0f} projects and {counted:.0f} files instead")
    memory = peak / 1024 / 1024
    environ = {"HOME": home, "PATH": os.defpath}
    program = entry_point(folder)
    series = []
    for teams in (1, 2, 4, _TEAMS):
        folders = [os.path.join(dropbox, f"team{number}") for number in range(teams)]
        ways = {
            "du -s": Way(("/usr/bin/du", "-s", *folders), environ, home),
            "uvlocal scan": Way((program, "scan", *folders), environ, home, exits=(1,)),
        }
        at = files * teams // _TEAMS
        taken = measure(ways, rounds, within(tell, f"{at:,} files"))
        series.append({"at": at, "ways": compared(taken, "du -s")})
    return {
        "rounds": rounds,
        "ways": series[-1]["ways"],
        "series": series,
        "projects": projects,
        "files": files,
        "seconds": round(seconds, 2),
        "mebibytes": round(memory, 1),
    }
