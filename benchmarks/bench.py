"""What the shim costs: `make bench` prints a table of added time, side by side with bare uv.

Every way of a row is run in turn, round after round, so that what else the machine does falls on
all of them alike. Quoted are medians, the spread between the quartiles, and what is added to the
first way of the row. Nothing is asserted: a figure belongs to the machine that it was taken on.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(HERE, "tests"))

import real_uv  # noqa: E402 - found through the line above

ROUNDS = int(os.environ.get("UVLOCAL_BENCH_ROUNDS", "60"))
#: A decision is recorded only when what it rests on has not changed for two seconds.
_SETTLED = 2.5

COMMANDS = {
    "uv --version": ["--version"],
    "uv run --no-sync true": ["run", "--no-sync", "true"],
    "uv run python -c pass": ["run", "python", "-c", "pass"],
    "uv sync (nothing to do)": ["sync", "--offline"],
}


class World:
    """A throwaway home with a packaged project in its Dropbox folder, and the shim installed."""

    def __init__(self, root: str) -> None:
        """Make it, and run the project once so that its environment is there."""
        self.home = os.path.realpath(root)
        self.uv = real_uv.path(real_uv.NEWEST)
        self.shims = os.path.join(self.home, "shims")
        self.sh = os.path.join(self.home, "sh")
        self.project = os.path.join(self.home, "Dropbox", "hello")
        self.environ = {
            "HOME": self.home,
            "PATH": os.pathsep.join([os.path.dirname(self.uv), "/usr/bin", "/bin"]),
            "UV_PYTHON_DOWNLOADS": "never",
            "UV_PYTHON": sys.executable,
        }
        os.makedirs(os.path.join(self.home, ".dropbox"))
        os.makedirs(os.path.join(self.home, "Dropbox"))
        with open(os.path.join(self.home, ".dropbox", "info.json"), "w", encoding="utf-8") as file:
            json.dump({"personal": {"path": os.path.join(self.home, "Dropbox")}}, file)
        self.run(
            [self.uv, "init", "--quiet", "--vcs", "none", "--package", self.project], self.home
        )
        install = [sys.executable, "-m", "uvlocal", "install", "--no-rc", "--yes", "--shim-dir"]
        self.run([*install, self.shims], self.home)
        os.makedirs(self.sh)
        shutil.copy(os.path.join(HERE, "shims", "uv.sh"), os.path.join(self.sh, "uv"))
        shutil.copy(os.path.join(self.shims, "uvlocal-launcher.conf"), self.sh)
        os.chmod(os.path.join(self.sh, "uv"), 0o755)  # noqa: S103 - a program
        self.shim = os.path.join(self.shims, "uv")
        self.run([self.shim, "sync"], self.project)
        path = [sys.executable, "-m", "uvlocal", "path"]
        self.environment = self.run(path, self.project).strip()
        time.sleep(_SETTLED)
        for arguments in COMMANDS.values():
            self.run([self.shim, *arguments], self.project)

    def run(self, command: list[str], cwd: str) -> str:
        """Run a command that must succeed, and return what it printed."""
        done = subprocess.run(
            command, cwd=cwd, env=self.environ, capture_output=True, text=True, check=False
        )
        if done.returncode:
            sys.exit(f"{' '.join(command)} failed:\n{done.stderr}")
        return done.stdout

    def ways(self, arguments: list[str]) -> dict[str, tuple[list[str], dict[str, str]]]:
        """Return each way to run uv with these arguments: the command and its environment."""
        preset = {**self.environ, "UV_PROJECT_ENVIRONMENT": self.environment}
        decided = {**self.environ, "UVLOCAL_TRACE": "1"}
        return {
            "uv, variable preset": ([self.uv, *arguments], preset),
            "recalled": ([self.shim, *arguments], self.environ),
            "decided": ([self.shim, *arguments], decided),
            "`uv.sh`": ([os.path.join(self.sh, "uv"), *arguments], self.environ),
        }


def measure(ways: dict[str, tuple[list[str], dict[str, str]]], cwd: str) -> dict[str, list[float]]:
    """Run every way in turn, `ROUNDS` times; return the times of each, in milliseconds."""
    times: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(ROUNDS + 3):
        for name, (command, environ) in ways.items():
            began = time.perf_counter()
            subprocess.run(
                command,
                cwd=cwd,
                env=environ,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                check=True,
            )
            if number >= 3:  # noqa: PLR2004 - the first rounds warm the caches
                times[name].append((time.perf_counter() - began) * 1000)
        if sys.stderr.isatty():
            print(f"\r{number + 1}/{ROUNDS + 3}", end="", file=sys.stderr, flush=True)
    return times


def table(title: str, times: dict[str, list[float]]) -> None:
    """Print the rows of one command."""
    base = statistics.median(next(iter(times.values())))
    for name, values in times.items():
        low, middle, high = statistics.quantiles(values, n=4)
        added, ratio = middle - base, middle / base
        row = f"| {title} | {name} | {middle:.2f} | {low:.2f} … {high:.2f} "
        print(row + f"| {added:+.2f} | {ratio:.2f} |")


def main() -> None:
    """Measure and print."""
    print("| command | way | median ms | quartiles | added ms | ratio |\n|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory(prefix="uvlocal-bench-") as root:
        world = World(root)
        for title, arguments in COMMANDS.items():
            table(f"`{title}`", measure(world.ways(arguments), world.project))
        plain = {
            "python -I -S -c pass": ([sys.executable, "-I", "-S", "-c", "pass"], world.environ),
            "uvlocal --version": ([sys.executable, "-m", "uvlocal", "--version"], world.environ),
            "uvlocal status": ([sys.executable, "-m", "uvlocal", "status"], world.environ),
        }
        table("our own", measure(plain, world.project))


if __name__ == "__main__":
    main()
