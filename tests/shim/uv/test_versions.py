"""The real uv's version, asked once and cached."""

from __future__ import annotations

import os
import stat
import sys
from typing import TYPE_CHECKING

import pytest
from support import systems

from uvlocal.shim.machine.host import System
from uvlocal.shim.uv import versions
from uvlocal.shim.uv.versions import known, parsed

if TYPE_CHECKING:
    from pathlib import Path

posix = pytest.mark.skipif(sys.platform == "win32", reason="scripts stand in for uv")


class Uv:
    """A fake uv that counts how often it is asked."""

    def __init__(self, path: Path, answer: bytes = b"uv 0.9.30 (x86_64)\n") -> None:
        path.write_bytes(b"uv")
        self.path = str(path)
        self.answer = answer
        self.asked: list[dict[str, str]] = []

    def __call__(self, path: str, environ: dict[str, str]) -> bytes:
        """Answer `--version`."""
        assert path == self.path
        self.asked.append(environ)
        return self.answer


@pytest.fixture
def cache(tmp_path: Path) -> str:
    """Return the path of the version cache."""
    return str(tmp_path / "cache" / "uv-versions")


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("0.13.9", (0, 13, 9)),
        ("1.20.300", (1, 20, 300)),
        ("0.13.9+4", (0, 13, 9)),
        ("0.13.0rc1", (0, 13, 0)),
        ("0.13", None),
        ("0.13.9.1", None),
        ("a.b.c", None),
        ("", None),
        ("0..1", None),
        ("-1.0.0", None),
        ("9999999999.0.0", None),
    ],
)
def test_parsed(text: str, version: object) -> None:
    """A version is three numbers; the rest does not matter."""
    assert parsed(text) == version


def test_asked_once(tmp_path: Path, cache: str) -> None:
    """A binary is asked once, and the answer is cached for the next process."""
    uv = Uv(tmp_path / "uv")
    for _ in range(3):
        assert known(uv.path, System(), cache, uv) == (0, 9, 30)
    assert len(uv.asked) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX modes")
def test_modes(tmp_path: Path, cache: str) -> None:
    """The file and its directory are private."""
    uv = Uv(tmp_path / "uv")
    known(uv.path, System(), cache, uv)
    assert stat.S_IMODE(os.stat(cache).st_mode) == 0o600
    assert stat.S_IMODE(os.stat(os.path.dirname(cache)).st_mode) == 0o700


@pytest.mark.parametrize("kind", ["script", pytest.param("link", marks=systems.needs_links)])
def test_a_wrapper_is_asked_each_time(tmp_path: Path, cache: str, kind: str) -> None:
    """A wrapper, which may run another uv in each directory, is asked each time."""
    uv = Uv(tmp_path / "uv")
    if kind == "script":
        (tmp_path / "uv").write_bytes(b"#!/bin/sh\nexec pyenv exec uv\n")
    else:
        (tmp_path / "uv").rename(tmp_path / "mise")
        (tmp_path / "uv").symlink_to("mise")
    for answer, version in ((b"uv 0.9.30\n", (0, 9, 30)), (b"uv 0.13.9\n", (0, 13, 9))):
        uv.answer = answer
        assert known(uv.path, System(), cache, uv) == version
    assert not os.path.exists(cache)


@pytest.mark.parametrize("change", ["size", "time", "path"])
def test_asked_again(change: str, tmp_path: Path, cache: str) -> None:
    """A different or replaced binary is asked again, and the old line is removed."""
    uv = Uv(tmp_path / "uv")
    known(uv.path, System(), cache, uv)
    moment = os.stat(uv.path).st_mtime_ns
    other = Uv(tmp_path / ("uv 2" if change == "path" else "uv"), b"uv 0.12.0\n")
    if change == "size":
        (tmp_path / "uv").write_bytes(b"larger")
    os.utime(other.path, ns=(1, 5 if change == "time" else moment))
    for _ in range(2):
        assert known(other.path, System(), cache, other) == (0, 12, 0)
    assert len(other.asked) == 1
    with open(cache, encoding="utf-8") as file:
        assert len(file.readlines()) == (2 if change == "path" else 1)


def test_no_variables_of_ours_or_uv(tmp_path: Path) -> None:
    """uv is asked without the variables that could mislead it."""
    uv = Uv(tmp_path / "uv")
    environ = {"UVLOCAL_TRACE": "1", "UV_PROJECT": "", "HOME": "/h", "UVX": "x"}
    known(uv.path, System(environ=environ), "", uv)
    assert uv.asked == [{"HOME": "/h"}]


@pytest.mark.parametrize("answer", [b"", b"uv", b"\xff\xfe", b"pip 1.2.3", b"uv one.two.three"])
def test_unknown(answer: bytes, tmp_path: Path, cache: str) -> None:
    """An invalid answer gives no version, and is not cached."""
    uv = Uv(tmp_path / "uv", answer)
    assert known(uv.path, System(), cache, uv) is None
    assert not os.path.exists(cache)


def test_missing(cache: str, tmp_path: Path) -> None:
    """A binary that does not exist has no version, and is not asked."""
    uv = Uv(tmp_path / "uv")
    os.unlink(uv.path)
    assert known(uv.path, System(), cache, uv) is None
    assert not uv.asked


@pytest.mark.parametrize(
    "garbage", [b"", b"\xff\0\n\n", b"1 2\n" * 100, b"x" * (2 << 20), b"2 3 nonsense /uv\n"]
)
def test_garbage(garbage: bytes, tmp_path: Path, cache: str) -> None:
    """Garbage in the file is ignored and replaced."""
    uv = Uv(tmp_path / "uv")
    os.mkdir(os.path.dirname(cache), 0o700)
    with open(cache, "wb") as file:
        file.write(garbage)
    os.chmod(cache, 0o600)
    assert known(uv.path, System(), cache, uv) == (0, 9, 30)
    assert known(uv.path, System(), cache, uv) == (0, 9, 30)
    assert len(uv.asked) == 1
    with open(cache, "rb") as file:
        assert len(file.readlines()) <= versions._REMEMBERED


@posix
def test_a_file_that_others_write_is_not_believed(tmp_path: Path, cache: str) -> None:
    """A cache that others can write to is ignored."""
    uv = Uv(tmp_path / "uv")
    known(uv.path, System(), cache, uv)
    os.chmod(cache, 0o666)  # noqa: S103 - needed for this test
    known(uv.path, System(), cache, uv)
    assert len(uv.asked) == 2


def test_bounded(tmp_path: Path, cache: str) -> None:
    """Only a limited number of the newest binaries is cached."""
    binaries = [Uv(tmp_path / f"uv{n}") for n in range(versions._REMEMBERED + 5)]
    for uv in binaries:
        known(uv.path, System(), cache, uv)
    with open(cache, encoding="utf-8") as file:
        lines = file.readlines()
    assert len(lines) == versions._REMEMBERED
    assert lines[0].endswith(f"{binaries[-1].path}\n")


def test_a_cache_that_cannot_be_written(tmp_path: Path) -> None:
    """Without a cache uv is asked each time."""
    uv = Uv(tmp_path / "uv")
    for _ in range(2):
        assert known(uv.path, System(), os.path.join(uv.path, "below", "file"), uv) == (0, 9, 30)
    assert len(uv.asked) == 2


@posix
@pytest.mark.parametrize(
    ("script", "version"),
    [
        pytest.param("#!/bin/sh\necho uv 0.9.30\n", (0, 9, 30), id="answers"),
        pytest.param('#!/bin/sh\n[ "$*" = --version ] && echo uv 1.2.3', (1, 2, 3), id="argument"),
        pytest.param("#!/bin/sh\nread x; echo uv 1.2.3$x\n", (1, 2, 3), id="reads-nothing"),
        pytest.param("#!/bin/sh\necho uv 1.2.3 >&2\n", None, id="stderr-does-not-count"),
        pytest.param("#!/bin/sh\necho uv 1.2.3; exit 3\n", (1, 2, 3), id="exit-code"),
        pytest.param("#!/bin/sh\nexec sleep 600\n", None, id="hangs"),
        pytest.param("#!/bin/sh\necho uv 1.2.3; exec sleep 600\n", None, id="hangs-after-answer"),
        pytest.param("#!/nonexistent\n", None, id="cannot-start"),
        pytest.param("no program", None, id="no-program"),
    ],
)
def test_asking(
    script: str, version: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Any program can be asked, and is killed after a timeout."""
    monkeypatch.setattr(versions, "_PATIENCE", 0.5 if "600" in script else 10.0)
    path = tmp_path / "uv"
    path.write_text(script)
    path.chmod(0o755)
    assert known(str(path), System(), "") == version


def test_real_uv(every_uv: str) -> None:
    """A real uv's version matches its directory's name."""
    version = known(every_uv, System(), "")
    assert version is not None
    assert f"uv-{'.'.join(map(str, version))}-" in every_uv
