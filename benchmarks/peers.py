"""Measure what other tools add to a call, each against the same call without it.

Tools from a package registry are installed below `.cache/bench`, in the versions of this table; a
tool of the machine is measured as it is. A tool that is not available is reported with the reason.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from support.hosts.worlds import World
from support.tools import fetched, real_uv
from timing import Way, compared, measure, within

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

#: Where tools are installed, once for each version.
INSTALLED = os.path.join(fetched.SOURCE, ".cache", "bench", "peers")
_TRUE = "/usr/bin/true"
_UV_RUN = ("run", "--no-sync", "true")


class AbsentError(Exception):
    """A tool is not available here; the message says why."""


@dataclass(frozen=True, slots=True)
class Peer:
    """A tool: where it comes from, what of it is measured, and against what.

    `version` is pinned, "" for a tool of the machine. `python` is the oldest that it runs on.
    `origin` is `pypi`, `npm` or `machine`. `prepare` gets the project's folder ready.
    """

    name: str
    version: str
    origin: str
    package: str
    shown: str
    against: str
    prepare: Callable[[Prepared], tuple[Way, Way]]
    python: tuple[int, int] = (3, 9)


class Prepared:
    """A project of a peer's own on a throwaway machine.

    `program` is the peer's own path, `project` an empty folder, `environ` what every command gets.
    """

    def __init__(self, world: World, peer: Peer, program: str) -> None:
        self.world, self.program = world, program
        self.project = world.path(f"local/{peer.name}")
        os.makedirs(self.project)
        folders = (os.path.dirname(program), world.environment["PATH"])
        self.environ = world.environment | {"PATH": os.pathsep.join(folders)}

    def write(self, name: str, content: str) -> None:
        """Write a file of the project."""
        with open(os.path.join(self.project, name), "w", encoding="utf-8") as file:
            file.write(content)

    def run(self, *argv: str) -> None:
        """Run a command in the project.

        Raises:
            AbsentError: it failed.
        """
        done = self.world.run(*argv, cwd=self.project, env=self.environ)
        if done.code:
            said = (done.raw_err or done.raw_out).strip().splitlines() or ["nothing was said"]
            raise AbsentError(f"`{os.path.basename(argv[0])} {argv[1]}` failed: {said[-1][:100]}")

    def ways(self, plain: tuple[str, ...], peers: tuple[str, ...]) -> tuple[Way, Way]:
        """Return the call without the peer, and with it."""
        return Way(plain, self.environ, self.project), Way(peers, self.environ, self.project)

    def pyproject(self, extra: str = "") -> None:
        """Write the `pyproject.toml` of a project without dependencies."""
        lines = ("[project]", 'name = "project"', 'version = "0.1.0"', 'requires-python = ">=3.9"')
        self.write("pyproject.toml", "\n".join([*lines, extra, ""]))


# -- each peer -------------------------------------------------------------------------------------


def _uvlink(prepared: Prepared) -> tuple[Way, Way]:
    uv = prepared.world.real_uv
    prepared.pyproject()
    prepared.run(prepared.program, "link")
    prepared.run(uv, "sync")
    plain = prepared.world.project("local/uvlink-without", packaged=False)
    prepared.world.run(uv, "sync", cwd=plain).ok()
    without, linked = prepared.ways((uv, *_UV_RUN), (uv, *_UV_RUN))
    return Way(without.argv, without.environ, plain), linked


def _prime_uve(prepared: Prepared) -> tuple[Way, Way]:
    uv = prepared.world.real_uv
    prepared.pyproject()
    prepared.run(prepared.program, "init")
    uve = os.path.join(os.path.dirname(prepared.program), "uve")
    prepared.run(uve, "sync")
    return prepared.ways((uv, *_UV_RUN), (uve, *_UV_RUN))


def _direnv(prepared: Prepared) -> tuple[Way, Way]:
    prepared.write(".envrc", "layout python\n")
    prepared.run(prepared.program, "allow")
    prepared.run(prepared.program, "exec", ".", "true")
    return prepared.ways((_TRUE,), (prepared.program, "exec", ".", "true"))


def _mise(prepared: Prepared) -> tuple[Way, Way]:
    prepared.run(sys.executable, "-m", "venv", "--without-pip", ".venv")
    prepared.write("mise.toml", '[env]\n_.python.venv = ".venv"\n')
    prepared.run(prepared.program, "trust")
    prepared.run(prepared.program, "exec", "--", "true")
    return prepared.ways((_TRUE,), (prepared.program, "exec", "--", "true"))


def _pyenv(prepared: Prepared) -> tuple[Way, Way]:
    root = os.path.dirname(os.path.dirname(os.path.realpath(prepared.program)))
    shim = os.path.join(root, "shims", "python")
    versions = os.path.join(root, "versions")
    found = os.listdir(versions) if os.path.isdir(versions) else []
    for version in sorted(found, key=_numbers, reverse=True):
        python = os.path.join(versions, version, "bin", "python")
        if os.path.exists(python) and os.path.exists(shim):
            prepared.environ |= {"PYENV_ROOT": root, "PYENV_VERSION": version}
            return prepared.ways((python, "-c", "pass"), (shim, "-c", "pass"))
    raise AbsentError("it has no Python")


def _numbers(version: str) -> list[int]:
    return [int(part) for part in version.split(".") if part.isdecimal()]


def _poetry(prepared: Prepared) -> tuple[Way, Way]:
    prepared.pyproject("[tool.poetry]\npackage-mode = false")
    prepared.run(prepared.program, "env", "use", sys.executable)
    return prepared.ways((_TRUE,), (prepared.program, "run", "true"))


def _pipenv(prepared: Prepared) -> tuple[Way, Way]:
    prepared.write("Pipfile", "[packages]\n")
    prepared.environ |= {"PIPENV_IGNORE_VIRTUALENVS": "1"}
    prepared.run(prepared.program, "--python", sys.executable)
    return prepared.ways((_TRUE,), (prepared.program, "run", "true"))


def _pdm(prepared: Prepared) -> tuple[Way, Way]:
    prepared.pyproject()
    prepared.environ |= {"PDM_CHECK_UPDATE": "0", "PDM_VENV_IN_PROJECT": "0"}
    prepared.run(prepared.program, "venv", "create", "--name", "it", sys.executable)
    prepared.run(prepared.program, "use", "--venv", "it")
    return prepared.ways((_TRUE,), (prepared.program, "run", "true"))


def _hatch(prepared: Prepared) -> tuple[Way, Way]:
    prepared.pyproject("[tool.hatch.envs.default]\nskip-install = true")
    prepared.run(prepared.program, "env", "create")
    return prepared.ways((_TRUE,), (prepared.program, "run", "true"))


_RUN = "uv run --no-sync true"
PEERS = (
    Peer("uvlink", "0.9.1", "pypi", "uvlink", _RUN, _RUN, _uvlink, (3, 12)),
    Peer("mise", "2026.9.15", "npm", "@jdxcode/mise", "mise exec -- true", "true", _mise),
    Peer("pyenv", "", "machine", "pyenv", "python -c pass", "python -c pass", _pyenv),
    Peer("direnv", "", "machine", "direnv", "direnv exec . true", "true", _direnv),
    Peer(
        "prime-uve",
        "0.2.0",
        "pypi",
        "prime-uve",
        "uve run --no-sync true",
        _RUN,
        _prime_uve,
        (3, 13),
    ),
    Peer("hatch", "1.18.2", "pypi", "hatch", "hatch run true", "true", _hatch),
    Peer("pdm", "2.29.3", "pypi", "pdm", "pdm run true", "true", _pdm),
    Peer("pipenv", "2026.10.3", "pypi", "pipenv", "pipenv run true", "true", _pipenv),
    Peer("poetry", "2.5.1", "pypi", "poetry", "poetry run true", "true", _poetry),
)


# -- installing them -------------------------------------------------------------------------------


def program(peer: Peer) -> str:
    """Return the path of a peer's program, installed if it has to be.

    Raises:
        AbsentError: it is not available.
    """
    if peer.origin == "machine":
        found = shutil.which(peer.name) or os.path.expanduser(f"~/.{peer.name}/bin/{peer.name}")
        if not os.path.exists(found):
            raise AbsentError("it is not installed on this machine")
        return found
    folder = os.path.join(INSTALLED, f"{peer.name}-{peer.version}")
    path = os.path.join(folder, "node_modules/.bin" if peer.origin == "npm" else "bin", peer.name)
    if not os.path.exists(path):
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)
        (_by_npm if peer.origin == "npm" else _by_pip)(peer, folder)
    return path


def _by_pip(peer: Peer, folder: str) -> None:
    _install(_python(peer.python), "-m", "venv", folder)
    pip = os.path.join(folder, "bin", "python")
    _install(pip, "-m", "pip", "install", "--quiet", f"{peer.package}=={peer.version}")


def _by_npm(peer: Peer, folder: str) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise AbsentError("it comes from npm, which is not installed on this machine")
    _install(npm, "install", "--silent", "--prefix", folder, f"{peer.package}@{peer.version}")


def _python(oldest: tuple[int, int]) -> str:
    """Return a Python of at least this version: the current one, or one of PATH or pyenv."""
    if sys.version_info >= oldest:
        return sys.executable
    wanted = [f"{oldest[0]}.{minor}" for minor in range(oldest[1], oldest[1] + 5)]
    for version in wanted:
        found = shutil.which(f"python{version}")
        if found and ".pyenv/shims" not in found:
            return found
    versions = os.path.expanduser("~/.pyenv/versions")
    for name in sorted(os.listdir(versions) if os.path.isdir(versions) else ()):
        if name.startswith(tuple(f"{version}." for version in wanted)):
            return os.path.join(versions, name, "bin", "python")
    raise AbsentError(f"it needs Python {wanted[0]}")


def _install(*argv: str) -> None:
    done = subprocess.run(
        argv, env=fetched.ENVIRONMENT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise AbsentError(f"`{os.path.basename(argv[0])}` could not install it")


def version(peer: Peer, path: str, environ: Mapping[str, str]) -> str:
    """Return a peer's version: the pinned one, or what the machine's program prints."""
    if peer.version:
        return peer.version
    done = subprocess.run(
        [path, "--version"], env=dict(environ), capture_output=True, text=True, check=False
    )
    words = done.stdout.split() or ["unknown"]
    return words[-1]


def measured(folder: str, rounds: int, tell: Callable[[str], None]) -> dict[str, Any]:
    """Return the figures of each peer, or why there are none."""
    python = os.path.realpath(sys.executable)
    uv, cache = real_uv.path(real_uv.NEWEST), os.path.join(folder, "uv-cache")
    world = World(os.path.join(folder, "peers"), uv, cache=cache, python=python)
    results: dict[str, Any] = {}
    for peer in PEERS:
        figures: dict[str, Any] = {"shown": peer.shown, "against": peer.against}
        tell(f"{peer.name}: getting it ready")
        try:
            path = program(peer)
            prepared = Prepared(world, peer, path)
            without, with_it = peer.prepare(prepared)
        except (AbsentError, OSError) as error:
            results[peer.name] = figures | {"absent": str(error)}
            continue
        times = measure(
            {"without": without, "with": with_it},
            rounds,
            within(tell, peer.name),
        )
        figures["version"] = version(peer, path, prepared.environ)
        results[peer.name] = figures | compared(times, "without")
    return {"rounds": rounds, "peers": results}
