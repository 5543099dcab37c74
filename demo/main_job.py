"""See the main job: a uv project in a Dropbox folder, run through the shim.

Everything happens in a throwaway home; nothing of the user's is read or written, but for the real
uv that is fetched into a cache folder.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(HERE, "tests"))

import real_uv  # noqa: E402 - found through the line above

#: What the throwaway world inherits: how to reach the network, and nothing that steers uv.
_INHERITED = (
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "NO_PROXY",
    "LANG",
    "TMPDIR",
)


def main() -> int:
    """Run the demonstration; return 0 if everything was as promised."""
    bold = "\x1b[1m{}\x1b[0m" if sys.stdout.isatty() and not os.environ.get("NO_COLOR") else "{}"
    uv = real_uv.path(real_uv.NEWEST)
    with tempfile.TemporaryDirectory(prefix="uvlocal-demo-") as temporary:
        home = os.path.realpath(temporary)
        dropbox = os.path.join(home, "Dropbox")
        shims = os.path.join(home, "shims")
        environ = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        environ |= {
            "HOME": home,
            "NO_COLOR": "1",
            "UV_PYTHON_DOWNLOADS": "never",
            "PATH": os.pathsep.join(
                [shims, os.path.dirname(uv), os.path.dirname(sys.executable), os.defpath]
            ),
        }

        def run(*command: str, cwd: str = home, show: bool = True) -> None:
            if show:
                print(bold.format("$ " + " ".join(command)), flush=True)
            program = shutil.which(command[0], path=environ["PATH"]) or command[0]
            done = subprocess.run(
                [program, *command[1:]],
                cwd=cwd,
                env=environ,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                check=True,
            )
            if show:
                print(done.stdout.replace(home, "~"), end="", flush=True)

        print("a home with a Dropbox folder, and uvlocal's shim first on PATH:\n")
        os.makedirs(os.path.join(home, ".dropbox"))
        os.makedirs(dropbox)
        with open(os.path.join(home, ".dropbox", "info.json"), "w", encoding="utf-8") as file:
            file.write(f'{{"personal": {{"path": "{dropbox}"}}}}')
        run("uvlocal", "install", "--shim-dir", shims, "--no-rc", "--yes", show=False)

        project = os.path.join(dropbox, "hello")
        run("uv", "init", "--quiet", "--vcs", "none", "--package", "Dropbox/hello")
        for _ in range(2):
            print()
            run("uv", "run", "hello", cwd=project)
        print()
        run("uvlocal", "status", cwd=project)
        print()
        run("ls", "-A", cwd=project)

        left = _count(os.path.join(project, ".venv"))
        kept = _count(os.path.join(home, ".local", "share", "uvlocal", "envs"))
        print("\nand what plain uv leaves in the same folder:\n")
        environ["UVLOCAL_BYPASS"] = "1"
        run("uv", "sync", "--quiet", cwd=project)
        plain = _count(os.path.join(project, ".venv"))
        print(
            f"    through uvlocal: {left[0]} files for Dropbox to upload ({kept[0]} kept beside it)"
        )
        print(f"    plain uv:        {plain[0]} files, {plain[1]:,} bytes, with no dependency yet")
        return 0 if left[0] == 0 and kept[0] > 0 and plain[0] > 0 else 1


def _count(folder: str) -> tuple[int, int]:
    """Return how many files lie below `folder`, and their bytes."""
    sizes = [
        os.lstat(os.path.join(where, name)).st_size
        for where, _, names in os.walk(folder)
        for name in names
    ]
    return len(sizes), sum(sizes)


if __name__ == "__main__":
    sys.exit(main())
