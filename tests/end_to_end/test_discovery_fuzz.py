"""Random folders and command lines: the real uv and we find the same root.

`UVLOCAL_FUZZ_CASES` is the number of folders (each gets several command lines),
`UVLOCAL_FUZZ_SEED` the first seed. A failure names the seed, the folder and the command line.
"""

from __future__ import annotations

import os
import random
import shutil
import sys
from typing import TYPE_CHECKING

import oracle
import pytest
from oracle import Link, project, workspace, zipped

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="makes symbolic links")

CASES = int(os.environ.get("UVLOCAL_FUZZ_CASES", "25"))
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
FILES = {
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
        """Invent it."""
        self.random = random.Random(seed)
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
        """Link to a folder, never to one around the link: uv itself gets lost in loops."""
        above, target = self.random.choice(self.folders), self.random.choice(self.folders)
        if target and not f"{above}/".startswith(f"{target}/"):
            self.links.append(os.path.join(above, name))
            self.layout[self.links[-1]] = Link(os.path.relpath(target, above or "."))

    def path(self, cwd: str) -> str:
        """Return some way to write some folder, seen from `cwd`."""
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
        choose, chance = self.random.choice, self.random.random
        cwd = choose(self.folders + self.links)
        variables = {}
        before: list[str] = []
        after: list[str] = []

        def put(name: str, *values: str) -> None:
            words = [f"{name}={values[0]}"] if values and chance() < 0.4 else [name, *values]
            (before if chance() < 0.4 else after).extend(words)

        if chance() < 0.2:
            put("--directory", self.path(cwd))
        if chance() < 0.3:
            put("--project", os.path.join(self.path(cwd), choose(("", "", "", "pyproject.toml"))))
        for name, likely in (("WORKING_DIR", 0.06), ("WORKING_DIRECTORY", 0.06), ("PROJECT", 0.1)):
            if chance() < likely:
                variables[f"UV_{name}"] = self.path(cwd)
        for name in ("NO_PROJECT", "ISOLATED", "PREVIEW"):
            if chance() < 0.05:
                variables[f"UV_{name}"] = choose(("1", "true", "0", "Yes", "off"))
        if chance() < 0.05:
            variables["UV_PREVIEW_FEATURES"] = "target-workspace-discovery"
        if chance() < 0.15:
            put(*choose((("-q",), ("--no-cache",), ("--color", "never"), ("--no-config",))))
        if chance() < 0.1:
            feature = ("--preview-features", "target-workspace-discovery")
            put(*choose((("--preview",), ("--no-preview",), feature)))
        if chance() < 0.03:
            put("--cache-dir", os.path.join(self.base, choose(self.folders)))
        if chance() < 0.15:
            return cwd, variables, [*before, "sync", "--dry-run", *after]
        after += self.random.sample(
            ("--no-sync", "-p3", "--python=3", "--env-file=/dev/null", "-vp 3"[:2]), 2
        )
        if chance() < 0.05:
            after.append(choose(("--no-project", "--isolated", "--no_workspace")))
        return cwd, variables, [*before, "run", *after, *self._target(cwd)]

    def _target(self, cwd: str) -> list[str]:
        choose = self.random.choice
        if self.random.random() < 0.4:
            return choose((["true"], ["--", "true"], ["python", "-c", "0"], ["-m", "this"]))
        name = choose((*FILES, "s.py", "", "missing.py"))
        folder = self.path(cwd) if self.random.random() < 0.8 else ""
        flags = choose(([], [], [], [], ["--script"], ["-s"], ["-m"], ["--gui-script"], ["--"]))
        return [*flags, os.path.join(folder, name) or "."]


@pytest.mark.parametrize("seed", range(SEED, SEED + CASES))
def test_random_folders(seed: int, uv: str, uv_caches: Path, tmp_path: Path) -> None:
    """In a random folder, random command lines find the root that uv finds."""
    base = os.path.join(os.path.realpath(tmp_path), "w")
    os.mkdir(base)
    world = World(seed, base)
    oracle.build(base, world.layout)
    version = oracle.version_of(uv)
    for _ in range(CALLS_PER_FOLDER):
        cwd, variables, arguments = world.call()
        environ = oracle.environment(str(uv_caches / "oracle"), variables)
        expected = oracle.root_by_uv(uv, arguments, os.path.join(base, cwd), environ)
        if expected != oracle.REFUSED:
            found = oracle.root_by_us(arguments, os.path.join(base, cwd), environ, version)
            assert found == expected, (
                f"seed {seed}: {variables} uv {arguments} in {cwd!r} of {world.layout}"
            )
    shutil.rmtree(tmp_path)
