"""The launcher reads any record and any configuration without memory errors.

`UVLOCAL_FUZZ_RUNS` is the number of inputs, `UVLOCAL_FUZZ_SEED` the seed. The sanitizers end the
program at the first out-of-bounds access, undefined operation, or failed assertion.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from support.compare.recorded import Recorded
from support.tools import fetched

if TYPE_CHECKING:
    from pathlib import Path

if sys.platform != "linux":
    pytest.skip("the fuzzer is built on Linux only", allow_module_level=True)

RUNS = os.environ.get("UVLOCAL_FUZZ_RUNS", "200000")
SEED = os.environ.get("UVLOCAL_FUZZ_SEED", "1")
SOURCE = os.path.join(fetched.SOURCE, "tests", "launcher", "fuzz_launcher.c")
FLAGS = ["-std=gnu11", "-g", "-O1", "-Wall", "-Wextra", "-Werror", "-fno-sanitize-recover=all"]
CLANG = shutil.which("clang") or ""

#: A record for the fuzzer's call, whose inputs are unchanged in its file system.
WHOLE = Recorded(
    launcher="/s/uv",
    how="run",
    directory="/d",
    words=["run", "--no-sync"],
    variables=["HOME=/h", "PATH=/p", "UV_PROJECT=x"],
    inputs=[
        ("a", "none"),
        ("s1:4:33188:0:0:1000000000:5", "/abc"),
        ("k1:4:33188:0", "/abc"),
        ("xuser.x=757365722e78", "/x"),
        ("w1", "/x"),
        ("t/x", "/x"),
        ("r3:6382179", "/x"),
        ("A", "none"),
    ],
    changes=["UV_PROJECT_ENVIRONMENT=/s/envs/foo-0123456789", "LANG"],
    uv="/real/uv",
)
CONFIGURATION = b"uvlocal 1\npython /p\npackage /q\nuv /u\ncache /c\n"


def _compiled(tmp_path: Path, compiler: list[str], *flags: str) -> str:
    """Return the fuzzer, or skip the test if this compiler cannot build it."""
    program = str(tmp_path / "fuzzer")
    result = subprocess.run(
        [*compiler, *FLAGS, *flags, SOURCE, "-o", program],
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode and "libclang_rt" in result.stderr:
        pytest.skip("`clang` has no fuzzer here (Debian: `libclang-rt-dev`)")
    assert result.returncode == 0, result.stderr
    return program


def _feed(program: str, *arguments: str, folder: Path) -> str:
    result = subprocess.run(
        [program, *arguments],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    assert result.returncode == 0, result.stderr[-4000:]
    return result.stdout + result.stderr


def test_valid_inputs_changed_at_random(tmp_path: Path) -> None:
    """Randomly changed records, configurations and counters cause no error."""
    program = _compiled(
        tmp_path, [sys.executable, "-m", "ziglang", "cc"], "-fsanitize=undefined", "-DALONE"
    )
    assert f"{RUNS} runs" in _feed(program, RUNS, SEED, folder=tmp_path)


@pytest.mark.skipif(not CLANG, reason="`clang` is not installed")
def test_inputs_changed_at_random_with_every_access_watched(tmp_path: Path) -> None:
    """The same with a watch on every access to memory."""
    program = _compiled(tmp_path, [CLANG], "-fsanitize=address,undefined", "-DALONE")
    assert f"{RUNS} runs" in _feed(program, RUNS, SEED, folder=tmp_path)


@pytest.mark.skipif(not CLANG, reason="`clang` is not installed")
def test_inputs_that_reach_further(tmp_path: Path) -> None:
    """Coverage-guided inputs (libFuzzer) cause no error either."""
    program = _compiled(tmp_path, [CLANG], "-fsanitize=fuzzer,address,undefined")
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    for number, data in enumerate((b"\0" + WHOLE.data, b"\3" + CONFIGURATION, b"\x04123:1:2")):
        (corpus / str(number)).write_bytes(data)
    said = _feed(
        program, f"-runs={RUNS}", f"-seed={SEED}", "-max_len=2048", str(corpus), folder=tmp_path
    )
    assert f"Done {RUNS} runs" in said
