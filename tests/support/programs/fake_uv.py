"""A model of what the real uv does to an environment, which can be stopped anywhere.

Calls have the interface of `uvlocal.manage.projects.migration_jobs.start`.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field


@dataclass
class FakeUv:
    """A uv that installs `packages`, as `{name: version}`, into the project's environment.

    Attributes:
        packages: what `sync` installs.
        pythons: the requests that `python find` can satisfy, with the version of each.
        refuses: words; a call with one of them fails without doing anything.
        loses: how many `sync` calls omit the project's `.pth` file.
        calls: the calls so far, without the program.
        environs: the variables of each call.
        killed: the step at which a signal ends everything; each call has three: before it does
            anything, when the `.pth` file is still missing, and when it is done.
    """

    packages: dict[str, str] = field(default_factory=lambda: {"foo": "0.1.0", "iniconfig": "2.1.0"})
    pythons: dict[str, str] = field(default_factory=lambda: {"3.12": "3.12.1"})
    refuses: tuple[str, ...] = ()
    loses: int = 0
    calls: list[list[str]] = field(default_factory=list)
    environs: list[dict[str, str]] = field(default_factory=list)
    killed: int = 0

    def __call__(
        self, command: list[str], folder: str, environ: dict[str, str], *, quiet: bool
    ) -> int:
        """Execute the command, and return its exit code."""
        del folder, quiet
        words = command[1:]
        if os.path.basename(command[0]).startswith("python"):
            return int(not os.path.exists(command[0]) or "python" in self.refuses)
        self.calls.append(words)
        self.environs.append(environ)
        self._step()
        if any(word in words for word in self.refuses):
            return 2
        if words[:2] == ["python", "find"]:
            return int(words[2] not in self.pythons)
        environment = environ["UV_PROJECT_ENVIRONMENT"]
        if words[0] == "sync":
            code = self._sync(environment, words)
        else:
            code = 0
            for word in words[words.index("--reinstall") + 1 :]:
                self._install(environment, *word.split("==")) if "==" in word else None
        self._step()
        return code

    def _step(self) -> None:
        self.killed -= 1
        if self.killed == 0:
            raise Killed

    def _sync(self, environment: str, words: list[str]) -> int:
        if not os.path.exists(os.path.join(environment, "pyvenv.cfg")):
            if os.path.exists(environment) and os.listdir(environment):
                return 2  # like uv, without a `pyvenv.cfg`
            python = words[words.index("--python") + 1] if "--python" in words else ""
            make(environment, self.pythons.get(python, "3.11.0"))
        for name, version in self.packages.items():
            # Like uv: a package with metadata counts as installed, even if files are missing.
            if "--reinstall" in words or not is_installed(environment, name, version):
                self._install(environment, name, version)
        return 0

    def _install(self, environment: str, name: str, version: str) -> None:
        install(environment, name, version)
        self._step()
        install(environment, name, version, pth=True)


class Killed(BaseException):
    """Ends everything, like a signal that cannot be caught."""


def make(environment: str, python: str = "3.12.1") -> None:
    """Create an empty environment."""
    os.makedirs(os.path.join(environment, "bin"), exist_ok=True)
    os.makedirs(_packages(environment), exist_ok=True)
    write(os.path.join(environment, "bin", "python"), "")
    write(os.path.join(environment, "pyvenv.cfg"), f"version_info = {python}\n")


def install(environment: str, name: str, version: str, *, pth: bool = False) -> None:
    """Install a package: its module, then its metadata, its `.pth` file last."""
    metadata = _metadata(environment, name, version)
    if os.path.isdir(metadata):
        for file in os.listdir(metadata):
            os.remove(os.path.join(metadata, file))
        os.rmdir(metadata)
    os.mkdir(metadata)
    write(os.path.join(_packages(environment), f"{name}.py"), "x = 1\n")
    record = f"{name}.py,,\n" + (f"_{name}.pth,,\n" if name == "foo" else "")
    write(os.path.join(metadata, "RECORD"), record)
    if pth:
        write(os.path.join(_packages(environment), f"_{name}.pth"), "/src\n")


def is_installed(environment: str, name: str, version: str) -> bool:
    """Return whether a package's metadata is there."""
    return os.path.isdir(_metadata(environment, name, version))


def works(environment: str) -> bool:
    """Return whether the project and each package are complete."""
    folder = _packages(environment)
    if not is_installed(environment, "foo", "0.1.0"):
        return False
    names = [name.partition("-")[0] for name in os.listdir(folder) if name.endswith("-info")]
    return all(os.path.exists(os.path.join(folder, f"_{name}.pth")) for name in names)


def write(path: str, content: str) -> None:
    """Write a file."""
    with open(path, "w", encoding="utf-8") as file:
        file.write(content)


def _packages(environment: str) -> str:
    return os.path.join(environment, "lib", "python3.12", "site-packages")


def _metadata(environment: str, name: str, version: str) -> str:
    return os.path.join(_packages(environment), f"{name}-{version}.dist-info")
