"""What the real uv does to an environment, in a few lines, so that it can be stopped anywhere.

A call is started as `uvlocal.manage.new_environments` starts programs. Each file that it makes is
made by this process itself: a test that ends the process ends "uv" half-way too.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, field


@dataclass
class FakeUv:
    """A uv that installs `packages`, as `{name: version}`, into the project's environment.

    Attributes:
        packages: what `sync` installs.
        pythons: the requests that `python find` can satisfy.
        refuses: words; a call that has one of them fails without doing anything.
        loses: how many `sync` calls leave out the project's `.pth` file.
        more: what `sync` installs for an option such as `--extra docs`.
        calls: the calls so far, without the program.
        environs: the variables of each.
        locks: the descriptor that each was to hold.
    """

    packages: dict[str, str] = field(default_factory=lambda: {"foo": "0.1.0", "iniconfig": "2.1.0"})
    pythons: tuple[str, ...] = ("3.12.1", "3.12")
    refuses: tuple[str, ...] = ()
    loses: int = 0
    more: dict[str, dict[str, str]] = field(default_factory=dict)
    calls: list[list[str]] = field(default_factory=list)
    environs: list[dict[str, str]] = field(default_factory=list)
    locks: list[int] = field(default_factory=list)

    def __call__(
        self, command: list[str], folder: str, environ: dict[str, str], lock: int, *, quiet: bool
    ) -> int:
        """Do what the command says, and return its exit code."""
        del folder, quiet
        words = command[1:]
        if os.path.basename(command[0]).startswith("python"):
            return int(not os.path.exists(command[0]) or "python" in self.refuses)
        self.calls.append(words)
        self.environs.append(environ)
        self.locks.append(lock)
        if any(word in words for word in self.refuses):
            return 2
        if words[:2] == ["python", "find"]:
            return int(words[2] not in self.pythons)
        environment = environ["UV_PROJECT_ENVIRONMENT"]
        if words[0] == "sync":
            self._sync(environment, words)
        else:
            for word in words[words.index("--no-deps") + 1 :]:
                install(environment, *word.split("==")) if "==" in word else None
        return 0

    def _sync(self, environment: str, words: list[str]) -> None:
        if not os.path.exists(os.path.join(environment, "pyvenv.cfg")):
            python = words[words.index("--python") + 1] if "--python" in words else "3.11.0"
            make(environment, python)
        wanted = dict(self.packages)
        for option, packages in self.more.items():
            if option in " ".join(words):
                wanted |= packages
        for name, version in wanted.items():
            # As uv does: what has metadata is installed, whatever else is missing.
            if "--reinstall" in words or not is_installed(environment, name, version):
                install(environment, name, version, pth=name == "foo" and self.loses <= 0)
        self.loses -= 1


def make(environment: str, python: str = "3.12.1") -> None:
    """Make an environment with nothing in it."""
    os.makedirs(os.path.join(environment, "bin"), exist_ok=True)
    os.makedirs(_packages(environment), exist_ok=True)
    write(os.path.join(environment, "bin", "python"), "")
    write(os.path.join(environment, "pyvenv.cfg"), f"version_info = {python}\n")


def install(environment: str, name: str, version: str, *, pth: bool = False) -> None:
    """Install a package: its module, then its metadata, its `.pth` file last."""
    metadata = _metadata(environment, name, version)
    shutil.rmtree(metadata, ignore_errors=True)
    os.mkdir(metadata)
    write(os.path.join(_packages(environment), f"{name}.py"), "x = 1\n")
    record = f"{name}.py,,\n" + (f"_{name}.pth,,\n" if name == "foo" else "")
    write(os.path.join(metadata, "RECORD"), record)
    if pth:
        write(os.path.join(_packages(environment), f"_{name}.pth"), "/src\n")


def is_installed(environment: str, name: str, version: str) -> bool:
    """Say whether a package's metadata is there."""
    return os.path.isdir(_metadata(environment, name, version))


def works(environment: str) -> bool:
    """Say whether a package of every metadata folder is there in full."""
    folder = _packages(environment)
    if not os.path.isdir(folder) or not os.path.isdir(_metadata(environment, "foo", "0.1.0")):
        return False
    names = [name.partition("-")[0] for name in os.listdir(folder) if name.endswith("-info")]
    modules = all(os.path.exists(os.path.join(folder, f"{name}.py")) for name in names)
    return modules and os.path.exists(os.path.join(folder, "_foo.pth"))


def write(path: str, content: str) -> None:
    """Write a file."""
    with open(path, "w", encoding="utf-8") as file:
        file.write(content)


def _packages(environment: str) -> str:
    return os.path.join(environment, "lib", "python3.12", "site-packages")


def _metadata(environment: str, name: str, version: str) -> str:
    return os.path.join(_packages(environment), f"{name}-{version}.dist-info")
