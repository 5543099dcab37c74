"""In random folders, with random command lines, uvlocal finds the same root as the real uv.

`UVLOCAL_FUZZ_CASES` is the number of folders (each gets several command lines),
`UVLOCAL_FUZZ_SEED` the first seed. A failure names the seed, the folder and the command line.
"""

from __future__ import annotations

import os
import random
import shutil
import sys
from typing import TYPE_CHECKING

import pytest
from support.random_worlds import oracle
from support.random_worlds.oracle import Link, project, workspace, zipped

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="makes symbolic links")

CASES = int(os.environ.get("UVLOCAL_FUZZ_CASES", "50"))
SEED = int(os.environ.get("UVLOCAL_FUZZ_SEED", "0"))
CALLS_PER_FOLDER = 6

NAMES = ("a", "b", "p1", "pkg", "a", "b", "x y", ".h", "[z]", "ü")
GLOBS = (
    *(
        "*",
        "a",
        "a/*",
        "*/*",
        "p*",
        "p*/*",
        "**",
        "**/b",
        "a/**",
        "a/**/b",
        "**/",
        "*/b",
        "*b",
        "?",
    ),
    *("[ab]", "[!a]", "[[]z]", "a/[b-p]", "./a", "./*", "a/", "a/*/", "a//b", "../a", "a/../b"),
    *("a/./b", ".", "x y", "ü", "{R}/a", "{R}/*"),
)
#: Texts that uv refuses, or that only a TOML 1.1 parser reads.
BROKEN = ("[project\n", "a = \n", "[project]\nname = 'x'\nx = {\n", "[tool.uv]\nworkspace = 3\n")
TOML_1_1 = (
    "[tool.x]\na = {\n b = 1, # c\n}\n",
    "[tool.x]\nt = 07:32\n",
    '[tool.x]\ne = "\\e\\x41"\n',
    '[tool.uv."work\\x73pace"]\nmembers = ["*"]\n',
    '[tool.uv."work\\u0073pace"]\nmembers = ["*"]\n',
)
SCRIPT = "# /// script\n# requires-python = '>=3.8'\n# ///\n"
FILES: dict[str, str | bytes] = {
    "s.py": "",
    "q.py": SCRIPT,
    "late.py": "#!/usr/bin/env python3\r\n" + SCRIPT,
    "indented.py": " " + SCRIPT,
    "w.pyw": "",
    "app.pyz": zipped(),
    "tool": zipped(before=b"#!/usr/bin/env python3\n"),
    "other.pyz": zipped("main.py"),
    "plain": "x",
    "__main__.py": "",
}


class World:
    """A random folder: its directories, links to them, and all of its files."""

    def __init__(self, seed: int, base: str) -> None:
        self.random = random.Random(seed)  # noqa: S311 - the same seed gives the same folder
        self.base = base
        self.folders = [""]
        self.links: list[str] = []
        self.layout: dict[str, str | bytes | Link | None] = {}
        for _ in range(self.random.randrange(2, 9)):
            above = self.random.choice(self.folders)
            if above.count("/") < 4:
                self.folders.append(os.path.join(above, self.random.choice(NAMES)))
        self.folders = sorted(set(self.folders))
        for number, folder in enumerate(self.folders):
            self._fill(folder, number)
        for number in range(self.random.choice((0, 0, 1, 2))):
            self._link(f"l{number}")

    def _fill(self, folder: str, number: int) -> None:
        if folder:
            self.layout[folder] = None
        kind = self.random.random()
        path = os.path.join(folder, "pyproject.toml")
        if kind < 0.7:
            text = self._pyproject(f"n{number}")
            self.layout[path] = text.replace("{R}", self.base)
        elif kind < 0.71:
            self.layout[path] = None
        elif kind < 0.73:
            self.layout[path] = Link("missing.toml")
        elif kind < 0.75:
            self.layout[path] = Link(self.random.choice(("../pyproject.toml", "a/pyproject.toml")))
        for name, content in FILES.items():
            if self.random.random() < 0.25:
                self.layout[os.path.join(folder, name)] = content

    def _pyproject(self, name: str) -> str:
        choose = self.random.choice
        kind = self.random.randrange(20)
        if kind < 9:
            return project(name)
        if kind < 12:
            return project(name, self._workspace())
        if kind < 15:
            return self._workspace()
        return choose(
            (
                project(name, "[tool.uv]\nmanaged = false\n"),
                choose(("", "[tool.ruff]\npreview = true\n", "[tool.uv]\nmanaged = false\n")),
                choose(BROKEN),
                project(name, choose(TOML_1_1)),
                choose(("\ufeff" + project(name), project(name).replace("\n", "\r\n"))),
                f'tool.uv.workspace.members = ["*", "a/*"]\n{project(name)}',
                'tool = {uv = {workspace = {members = ["*", "*/*"]}}}\n',
                project(name, "[tool]\nuv = {managed = false}\n"),
                project(name, "[tool.uv.sources]\n# workspace managed preview\n"),
            )
        )

    def _workspace(self) -> str:
        members = self.random.sample(GLOBS, self.random.randrange(1, 4))
        return workspace(*members, exclude=self.random.sample(GLOBS, self.random.choice((0, 0, 1))))

    def _link(self, name: str) -> None:
        """Link to a folder, never to a parent of the link: uv does not end in such loops."""
        above, target = self.random.choice(self.folders), self.random.choice(self.folders)
        if target and not f"{above}/".startswith(f"{target}/"):
            self.links.append(os.path.join(above, name))
            self.layout[self.links[-1]] = Link(os.path.relpath(target, above or "."))

    def path(self, cwd: str) -> str:
        """Return a random path of a random folder, relative to `cwd` or absolute."""
        choose, kind = self.random.choice, self.random.random()
        target = choose(self.folders + self.links * 2)
        if kind < 0.1:
            return choose(("..", ".", "../..", "none", "../none", "a/../b", "a/.."))
        if kind < 0.4:
            return os.path.join(self.base, target)
        written = os.path.relpath(target or ".", cwd or ".")
        kind = self.random.random()
        if kind < 0.1 and self.links:
            link = os.path.relpath(choose(self.links), cwd or ".")
            return os.path.join(link, "..", os.path.basename(target) or ".")
        return choose((written, written, f"./{written}", f"{written}/", f".//{written}"))

    def call(self) -> tuple[str, dict[str, str], list[str]]:
        """Return a working directory, variables, and uv's arguments."""
        cwd = self.random.choice(self.folders + self.links)
        before: list[str] = []
        after: list[str] = []
        for name, *values in self._options(cwd):
            joined = values and self.random.random() < 0.4
            words = [f"{name}={values[0]}"] if joined else [name, *values]
            (before if self.random.random() < 0.4 else after).extend(words)
        if self.random.random() < 0.15:
            return cwd, self._variables(cwd), [*before, "sync", "--dry-run", *after]
        more = ("--no-sync", "-p3", "--python=3", "--env-file=/dev/null", "-v")
        after += self.random.sample(more, 2)
        if self.random.random() < 0.05:
            after.append(self.random.choice(("--no-project", "--isolated", "--no_workspace")))
        return cwd, self._variables(cwd), [*before, "run", *after, *self._target(cwd)]

    def _options(self, cwd: str) -> list[tuple[str, ...]]:
        """Return some of uv's global options."""
        choose = self.random.choice
        folder = os.path.join(self.path(cwd), choose(("", "", "", "pyproject.toml")))
        plain = (("-q",), ("--no-cache",), ("--color", "never"), ("--no-config",))
        features = ("--preview-features", "target-workspace-discovery")
        likely: list[tuple[float, tuple[str, ...]]] = [
            (0.2, ("--directory", self.path(cwd))),
            (0.3, ("--project", folder)),
            (0.15, choose(plain)),
            (0.1, choose((("--preview",), ("--no-preview",), features))),
            (0.03, ("--cache-dir", os.path.join(self.base, choose(self.folders)))),
        ]
        return [option for chance, option in likely if self.random.random() < chance]

    def _variables(self, cwd: str) -> dict[str, str]:
        """Return some of uv's variables."""
        word = self.random.choice(("1", "true", "0", "Yes", "off"))
        likely = {
            "UV_WORKING_DIR": (0.06, self.path(cwd)),
            "UV_WORKING_DIRECTORY": (0.06, self.path(cwd)),
            "UV_PROJECT": (0.1, self.path(cwd)),
            "UV_NO_PROJECT": (0.05, word),
            "UV_ISOLATED": (0.05, word),
            "UV_PREVIEW": (0.05, word),
            "UV_PREVIEW_FEATURES": (0.05, "target-workspace-discovery"),
        }
        return {
            name: value for name, (chance, value) in likely.items() if self.random.random() < chance
        }

    def _target(self, cwd: str) -> list[str]:
        choose = self.random.choice
        if self.random.random() < 0.4:
            return choose((["true"], ["--", "true"], ["python", "-c", "0"], ["-m", "this"]))
        name = choose((*FILES, "s.py", "", "missing.py"))
        folder = self.path(cwd) if self.random.random() < 0.8 else ""
        flags = choose(([], [], [], [], ["--script"], ["-s"], ["-m"], ["--gui-script"], ["--"]))
        return [*flags, os.path.join(folder, name) or "."]


@pytest.mark.parametrize("seed", range(SEED, SEED + CASES))
def test_random_folders(seed: int, every_uv: str, uv_caches: Path, tmp_path: Path) -> None:
    """In a random folder, random command lines find the root that uv finds."""
    base = os.path.join(os.path.realpath(tmp_path), "w")
    os.mkdir(base)
    world = World(seed, base)
    oracle.build(base, world.layout)
    version = oracle.version_of(every_uv)
    for _ in range(CALLS_PER_FOLDER):
        cwd, variables, arguments = world.call()
        environ = oracle.environment(str(uv_caches / "oracle"), variables)
        expected = oracle.root_by_uv(every_uv, arguments, os.path.join(base, cwd), environ)
        if expected != oracle.REFUSED:
            found = oracle.root_by_us(arguments, os.path.join(base, cwd), environ, version)
            assert found == expected, (
                f"seed {seed}: {variables} uv {arguments} in {cwd!r} of {world.layout}"
            )
    shutil.rmtree(tmp_path)
